/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a program type is: context fields, helpers, return range.
 *
 * Layer: core (p).  One file in kernel/progtypes/ fills in one of these; a
 * context field is one row that both the verifier's check and the rewriter read.
 */
#ifndef _LBPF_PROGTYPE_H
#define _LBPF_PROGTYPE_H

#include <lbpf/types.h>

struct bpf_insn;
struct lbpf_code;
struct lbpf_insn_buf;
struct lbpf_kfunc;
struct lbpf_prog;
struct lbpf_proto;
struct lbpf_run;
struct lbpf_synthesis;

enum lbpf_ctx_access {
	LBPF_CTX_READ	= BIT(0),
	LBPF_CTX_WRITE	= BIT(1),
	LBPF_CTX_NARROW	= BIT(2),	/* may be read in parts */
	LBPF_CTX_PERFMON = BIT(3),	/* only with CAP_PERFMON */
	LBPF_CTX_NARROW_WRITE = BIT(4),	/* may be written in parts */
	/* byte for byte: any aligned access inside the row, 8 bytes too */
	LBPF_CTX_MEMORY	= BIT(5),
	LBPF_CTX_CAP_BPF = BIT(6),	/* only with CAP_BPF */
	LBPF_CTX_WRITE_CAP_BPF = BIT(7),	/* written only with CAP_BPF */
	LBPF_CTX_NARROW_LOW = BIT(8),	/* parts only of the lower half */
	LBPF_CTX_NARROW_START = BIT(9),	/* parts only from the first byte */
	LBPF_CTX_NARROW_HALF = BIT(10),	/* parts only of half the size or more */
	/* two elements that lie at a multiple of their size may be one access */
	LBPF_CTX_WIDE	= BIT(11),
};

/* How the field is found in the kernel object behind the context. */
enum lbpf_ctx_kind {
	LBPF_CTX_MEMBER,	/* a member: k_off, k_size */
	/* a member of what a pointer member points to; 0 when that is NULL */
	LBPF_CTX_DEREF,
	LBPF_CTX_BITS,		/* k_mask, then >> k_shift, of the member */
	LBPF_CTX_EMIT,		/* @emit writes the instructions */
};

/**
 * struct lbpf_ctx_field - One field of a context
 * @name: As in <linux/bpf.h>.
 * @off: Offset in the user-visible struct, bytes.
 * @size: Size there, bytes.  A row may describe an array of equal fields: @count.
 * @count: Consecutive fields of @size; 0 is 1.
 * @access: OR of enum lbpf_ctx_access.
 * @kind: enum lbpf_ctx_kind.
 * @type: enum lbpf_reg_type of what a load gives (LBPF_SCALAR mostly).
 * @k_off: Offset of the member in the kernel's struct, bytes (of the pointer for DEREF).
 * @k_size: Its size, bytes.
 * @k_off2: DEREF: offset of the member (of the first element) behind the pointer.
 * @k_mask: BITS: mask applied before the shift.
 * @k_shift: BITS: right shift.
 * @bswap: Convert from network order after the load.
 * @btf_name: Type that an LBPF_PTR_BTF_ID points to.
 * @emit: EMIT: appends to @buf the instructions that load the whole field into dst_reg of @insn
 *	(which may be its src_reg), or store its src_reg; @is_write says which. BPF_REG_AX is free.
 *	The rewriter adds the shift and mask of a narrow load. 0 or -errno.
 *
 * A row with LBPF_CTX_MEMORY is an LBPF_CTX_MEMBER where byte @off + n is byte @k_off + n of the
 * kernel's object.
 */
struct lbpf_ctx_field {
	const char	*name;
	u16		off;
	u16		size;
	u16		count;
	u16		access;
	u8		kind;
	u32		type;
	u16		k_off;
	u16		k_off2;
	u8		k_size;
	u8		k_shift;
	bool		bswap;
	u64		k_mask;
	const char	*btf_name;
	int (*emit)(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
		    const struct lbpf_ctx_field *field, bool is_write);
};

/**
 * struct lbpf_object_rows - Fields of an object that programs get pointers to
 * @reg_type: enum lbpf_reg_type of the pointer; LBPF_NOT_INIT ends a list.
 * @fields: Rows in order of @off; loads and stores are checked and converted like those of a
 *	context.
 * @nr_fields: Rows.
 */
struct lbpf_object_rows {
	u32				reg_type;
	const struct lbpf_ctx_field	*fields;
	u32				nr_fields;
};

enum lbpf_progtype_flag {
	LBPF_PT_UNPRIV		= BIT(0),	/* may be loaded without CAP_BPF */
	LBPF_PT_NET_ADMIN	= BIT(1),	/* needs CAP_NET_ADMIN beside CAP_BPF */
	LBPF_PT_PERFMON		= BIT(2),	/* needs CAP_PERFMON beside CAP_BPF */
	LBPF_PT_LD_ABS		= BIT(3),	/* LD_ABS and LD_IND are allowed */
	LBPF_PT_PKT_READ	= BIT(4),	/* direct packet access */
	LBPF_PT_PKT_WRITE	= BIT(5),
	LBPF_PT_SLEEPABLE	= BIT(6),
	/* cb[] is the caller's and must be saved around a run */
	LBPF_PT_CTX_IN_CB	= BIT(7),
	LBPF_PT_MAC_HEADER	= BIT(9),	/* packets begin with the mac header */
	LBPF_PT_NO_LOCK		= BIT(20),	/* values of its maps hold no lock */
	/* attach_btf_id names what it attaches to; ->find_target knows it */
	LBPF_PT_BTF_TARGET	= BIT(21),
	/* the context is the arguments of what it attaches to */
	LBPF_PT_CTX_ARGS	= BIT(22),
	/* ... and loads of them are aligned, and of 12 at most */
	LBPF_PT_ARGS_ALIGNED	= BIT(23),
	LBPF_PT_ALWAYS_SLEEPABLE = BIT(26),	/* BPF_F_SLEEPABLE is demanded */
	LBPF_PT_TRACING		= BIT(8),	/* runs anywhere: NMI, locks held */
	/* runs at events: no locks and timers in values of its maps */
	LBPF_PT_AT_EVENTS	= BIT(24),
	/* runs while it is under way on the CPU, where it is entered through a trampoline */
	LBPF_PT_REENTRANT	= BIT(25),
};

/**
 * struct lbpf_progtype - A program type
 * @type: BPF_PROG_TYPE_*.
 * @name: As bpftool prints it ("socket_filter").
 * @flags: OR of enum lbpf_progtype_flag.
 * @ctx_size: Size of the user-visible context, bytes.
 * @ctx_name: Name of its struct in BTF, or NULL: it has none.
 * @ctx_alias: Another one, or NULL.
 * @fields: Rows in order of @off; gaps are not accessible.
 * @nr_fields: Rows.
 * @objects: Objects that its programs get pointers to, or NULL.
 * @helper: Prototype of helper @id for this type with the capabilities of @code, or NULL.
 * @field_ok: May field be read or written (@is_write) by @code, beyond what its row says?
 *	NULL: it may.
 * @expected_attach_ok: May expected_attach_type be @attach_type? NULL: any may, it means nothing to
 *	the type.
 * @return_range: Sets the range that R0 must be in at exit; returns false when any value will do.
 * @ld_abs: Functions that load 1, 2, 4 bytes of a packet: s64 (*)(ctx, data, len, offset);
 *	negative: exit with 0.
 * @prologue: Optional instructions before the first one.
 * @kfunc: Kernel function @name that its programs may call, or NULL; NULL: none.
 * @find_target: LBPF_PT_BTF_TARGET: fills in the rest of code->attach, whose btf and id are known:
 *	0, or -errno with the reason in code->log.
 * @test_run: BPF_PROG_TEST_RUN; NULL answers ENOTSUPP (524).
 * @synthesis: How a context is made for lbpf_synthetic_run(); NULL: it is not.
 */
struct lbpf_progtype {
	u32				type;
	const char			*name;
	u32				flags;
	u32				ctx_size;
	const char			*ctx_name;
	const char			*ctx_alias;
	const struct lbpf_ctx_field	*fields;
	u32				nr_fields;
	const struct lbpf_object_rows	*objects;
	const struct lbpf_proto *(*helper)(u32 id, const struct lbpf_code *code);
	bool (*field_ok)(const struct lbpf_code *code, const struct lbpf_ctx_field *field,
			 bool is_write);
	bool (*expected_attach_ok)(u32 attach_type);
	bool (*return_range)(const struct lbpf_code *code, s64 *min, s64 *max);
	const void			*ld_abs[3];
	int (*prologue)(struct lbpf_insn_buf *buf, const struct lbpf_code *code);
	const struct lbpf_kfunc *(*kfunc)(const char *name);
	int (*find_target)(struct lbpf_code *code);
	int (*test_run)(const struct lbpf_prog *prog, struct lbpf_run *run);
	const struct lbpf_synthesis	*synthesis;
};

/*
 * The row that covers bytes @off..@off+@size-1 of a context, or NULL.  Binary search over @fields.
 */
const struct lbpf_ctx_field *lbpf_ctx_field_find(const struct lbpf_progtype *pt, u32 off, u32 size);
/* Likewise in any list of rows. */
const struct lbpf_ctx_field *lbpf_row_find(const struct lbpf_ctx_field *fields, u32 nr_fields,
					   u32 off, u32 size);

#endif /* _LBPF_PROGTYPE_H */
