/* SPDX-License-Identifier: GPL-2.0 */
/*
 * EMIT: machine code of a rewritten program, and the text arena it lives in.
 *
 * Layer: jit.
 */
#ifndef _LBPF_JIT_H
#define _LBPF_JIT_H

#include <linux/types.h>

struct bpf_insn;
struct lbpf_code;
struct lbpf_jump_site;

/* Entry of an image: R1 is the context; the second argument is ignored (the kernel passes one). */
typedef unsigned int (*lbpf_func_t)(const void *ctx, const struct bpf_insn *insn);

/**
 * struct lbpf_image_func - Machine code of one function
 * @addr: First byte, in executable memory.
 * @size_bytes: Length.
 */
struct lbpf_image_func {
	const void	*addr;
	u32		size_bytes;
};

/**
 * struct lbpf_image - Machine code of one program
 * @entry: What runs it.
 * @tail_entry: Where tail calls enter it: the tail calls made so far count on.
 * @funcs: One for each subprogram; funcs[0] is the main function.
 * @nr_funcs: Subprograms.
 * @size_bytes: All functions together.
 * @insn_off: Offset of the machine code of each rewritten instruction from funcs[0].addr;
 *	nr_insns + 1 entries.
 * @first_name: First of the names of its functions; belongs to lbpf_image_name().
 * @nr_names: Their number, 0: it has none.
 * @text: The arena's handle.
 * @sites: First of its direct jumps to programs of maps.
 */
struct lbpf_image {
	lbpf_func_t		entry;
	const void		*tail_entry;
	struct lbpf_image_func	*funcs;
	u32			nr_funcs;
	u32			size_bytes;
	u32			*insn_off;
	u32			first_name;
	u32			nr_names;
	void			*text;
	struct lbpf_jump_site	*sites;
};

/**
 * lbpf_jit() - Compile a rewritten program
 * @code: Output of lbpf_rewrite().
 *
 * Context: Process context, may sleep.
 * Return: Image, or ERR_PTR(-ENOMEM), ERR_PTR(-ENOSPC) when the text arena is full (with a
 * log line), ERR_PTR(-EINVAL) for what cannot be encoded (a bug: with a log line).
 */
struct lbpf_image *lbpf_jit(struct lbpf_code *code);

/**
 * struct lbpf_image_names - What the functions of an image are called
 * @tag: The program's tag.
 * @tag_bytes: Its length.
 * @name: Name of the program, may be empty.
 * @func_name: Name of function @func; NULL: it has none of its own.
 * @ctx: For @func_name.
 */
struct lbpf_image_names {
	const u8	*tag;
	u32		tag_bytes;
	const char	*name;
	const char	*(*func_name)(const void *ctx, u32 func);
	const void	*ctx;
};

/* Names its functions in stack traces and /proc/kallsyms, as Linux does; or not, without room. */
void lbpf_image_name(struct lbpf_image *image, const struct lbpf_image_names *names);

/* Frees at once: call it after a grace period of everyone who could be running the image. */
void lbpf_image_free(struct lbpf_image *image);

/* Arena use, for LBPF_STATS. */
u64 lbpf_text_used_bytes(void);
u64 lbpf_text_size_bytes(void);

int lbpf_jit_init(void);
void lbpf_jit_exit(void);

#endif /* _LBPF_JIT_H */
