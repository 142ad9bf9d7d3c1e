/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel structs of functions that programs may implement.
 *
 * Layer: core.  One file in kernel/struct_ops/ fills in one of these and registers it; the map
 * type and the program type find it by the type's id in the kernel's BTF.
 */
#ifndef _LBPF_STRUCT_OPS_H
#define _LBPF_STRUCT_OPS_H

#include <linux/btf.h>
#include <linux/types.h>

struct lbpf_btf;
struct lbpf_code;
struct lbpf_kernel_writes;
struct lbpf_prog;
struct lbpf_proto;
struct lbpf_run;

/**
 * struct lbpf_struct_progs - What the programs are that implement the functions of a struct
 * @check_member: May programs implement the function at byte @off of the struct?  0 or -errno.
 *	NULL: all of them.
 * @arg_struct: Arguments that point to this struct,
 * @arg_as: point to that one, which it begins; NULL: as their type says.
 * @writes: What programs may write, or NULL: nothing.
 * @helper: Prototype of helper @id for a program that implements the function at byte @off, or
 *	NULL.  NULL: they call none.
 * @test_run: BPF_PROG_TEST_RUN; NULL answers EOPNOTSUPP.
 */
struct lbpf_struct_progs {
	int		(*check_member)(u32 off);
	const char	*arg_struct;
	const char	*arg_as;
	const struct lbpf_kernel_writes *writes;
	const struct lbpf_proto *(*helper)(u32 id, const struct lbpf_code *code, u32 off);
	int		(*test_run)(const struct lbpf_prog *prog, struct lbpf_run *run);
};

/**
 * struct lbpf_struct_entries - How a program becomes a function of the kernel
 * @make: Makes a function with prototype @proto in @btf that runs @prog, and keeps it.  A handle
 *	for @free, or ERR_PTR.  May sleep.
 * @addr: What the kernel calls.
 * @free: Nobody finds it any more: frees it, and drops its program, once nobody runs it.  May
 *	sleep.
 */
struct lbpf_struct_entries {
	void	*(*make)(struct lbpf_prog *prog, const struct lbpf_btf *btf,
			 const struct btf_type *proto);
	void	*(*addr)(const void *entry);
	void	(*free)(void *entry);
};

/**
 * struct lbpf_struct_ops - A kernel struct of functions
 * @name: Its name.
 * @bytes: Its size, as lbpf knows it.
 * @progs: Programs that implement its functions.
 * @entries: How they become functions.
 * @init_member: Member at byte @off of @data, which userspace has set: 1: copied to @kdata; 0: it
 *	is a function, or must be zero; -errno.
 * @reg: Hands @kdata to the kernel: 0 or -errno.  May sleep.
 * @unreg: Takes it back: nobody can find it afterwards, users of it may go on.  May sleep.
 */
struct lbpf_struct_ops {
	const char			*name;
	u32				bytes;
	const struct lbpf_struct_progs	*progs;
	const struct lbpf_struct_entries *entries;
	int	(*init_member)(u32 off, void *kdata, const void *data);
	int	(*reg)(void *kdata);
	void	(*unreg)(void *kdata);
};

/* Module init: @rows, @nr of them, are there.  They stay. */
void lbpf_struct_ops_register(const struct lbpf_struct_ops *const *rows, u32 nr);
/* The row of the struct @id in @btf, which is the kernel's, or NULL. */
const struct lbpf_struct_ops *lbpf_struct_ops_find(const struct lbpf_btf *btf, u32 id);
/*
 * The row of the struct that @value_id is the map value of ("bpf_struct_ops_..."), or NULL.
 * *@id is its id, *@data_off where it is in the value.
 */
const struct lbpf_struct_ops *lbpf_struct_ops_of_value(const struct lbpf_btf *btf, u32 value_id,
						       u32 *id, u32 *data_off);
/* The prototype of the function that a @member points to, or NULL: it does not. */
const struct btf_type *lbpf_struct_ops_proto(const struct lbpf_btf *btf,
					     const struct btf_member *member);

#endif /* _LBPF_STRUCT_OPS_H */
