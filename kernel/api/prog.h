/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the load pipeline keeps of a program for later commands.
 *
 * Layer: api (private).
 */
#ifndef _LBPF_API_PROG_H
#define _LBPF_API_PROG_H

#include <linux/types.h>

union bpf_attr;
struct lbpf_call;
struct lbpf_code;
struct lbpf_log;
struct lbpf_prog;
struct lbpf_rejection;

/* prog_load.c: BPF_PROG_LOAD; with @rejection no program is left, and 0 means accepted. */
int lbpf_prog_load(const struct lbpf_call *call, struct lbpf_rejection *rejection);

/**
 * struct lbpf_records - Records of one kind
 * @ptr: User pointer.
 * @nr: Number of them.
 * @user_bytes: Size of one as the caller has it.
 * @known_bytes: Size of one as it is known here.
 * @name: For messages.
 * @is_kernel: @ptr is an address of kernel memory.
 */
struct lbpf_records {
	u64		ptr;
	u32		nr;
	u32		user_bytes;
	u32		known_bytes;
	const char	*name;
	bool		is_kernel;
};

bool lbpf_records_fit(const struct lbpf_records *records);
int lbpf_record_read(const struct lbpf_records *records, u32 i, void *record,
		     struct lbpf_log *log);
/* prog_relos.c: changes @code by the relocations of @attr. */
int lbpf_prog_relocate(const struct lbpf_prog *prog, const union bpf_attr *attr,
		       struct lbpf_code *code);

/* prog_records.c: before the verifier; after the rewriter; behind the JIT. */
int lbpf_prog_read_records(struct lbpf_prog *prog, const union bpf_attr *attr,
			   const struct lbpf_code *code);
int lbpf_prog_place_records(struct lbpf_prog *prog, const struct lbpf_code *code);
void lbpf_prog_finish_lines(struct lbpf_prog *prog, const struct lbpf_code *code);
/* prog_facts.c: behind the JIT. */
void lbpf_prog_keep_facts(struct lbpf_prog *prog, struct lbpf_code *code);
/* prog_dump.c: after the rewriter. */
int lbpf_prog_keep_dump(struct lbpf_prog *prog, const struct lbpf_code *code);

#endif /* _LBPF_API_PROG_H */
