// SPDX-License-Identifier: GPL-2.0
/*
 * Text of instructions.
 *
 * Layer: insn (p).  The syntax is that of the verifier log of Linux 6.1 and of
 * bpftool prog dump xlated.
 */
#include <linux/bpf.h>
#include <linux/kernel.h>

#include <lbpf/insn.h>

/**
 * struct text - Where one instruction is written
 * @buf: Buffer of the caller.
 * @size_bytes: Its size.
 * @ops: Names that the caller knows, or NULL.
 * @ctx: Passed to @ops.
 */
struct text {
	char *buf;
	size_t size_bytes;
	const struct lbpf_disasm_ops *ops;
	void *ctx;
};

__printf(3, 4)
static int put(const struct text *t, const struct bpf_insn *insn, const char *fmt, ...)
{
	va_list args;
	int len;

	len = scnprintf(t->buf, t->size_bytes, "(%02x) ", insn->code);
	va_start(args, fmt);
	len += vscnprintf(t->buf + len, t->size_bytes - len, fmt, args);
	va_end(args);
	return len;
}

static const char *const alu_signs[16] = {
	[BPF_ADD >> 4] = "+=",
	[BPF_SUB >> 4] = "-=",
	[BPF_MUL >> 4] = "*=",
	[BPF_DIV >> 4] = "/=",
	[BPF_OR >> 4] = "|=",
	[BPF_AND >> 4] = "&=",
	[BPF_LSH >> 4] = "<<=",
	[BPF_RSH >> 4] = ">>=",
	[BPF_MOD >> 4] = "%=",
	[BPF_XOR >> 4] = "^=",
	[BPF_MOV >> 4] = "=",
	[BPF_ARSH >> 4] = "s>>=",
};

static const char *const jump_signs[16] = {
	[BPF_JEQ >> 4] = "==",
	[BPF_JGT >> 4] = ">",
	[BPF_JLT >> 4] = "<",
	[BPF_JGE >> 4] = ">=",
	[BPF_JLE >> 4] = "<=",
	[BPF_JSET >> 4] = "&",
	[BPF_JNE >> 4] = "!=",
	[BPF_JSGT >> 4] = "s>",
	[BPF_JSLT >> 4] = "s<",
	[BPF_JSGE >> 4] = "s>=",
	[BPF_JSLE >> 4] = "s<=",
};

static const char *const size_names[4] = {
	[BPF_W >> 3] = "u32",
	[BPF_H >> 3] = "u16",
	[BPF_B >> 3] = "u8",
	[BPF_DW >> 3] = "u64",
};

static const char *const signed_names[4] = {
	[BPF_W >> 3] = "s32",
	[BPF_H >> 3] = "s16",
	[BPF_B >> 3] = "s8",
	[BPF_DW >> 3] = "s64",
};

static const char *size_name(const struct bpf_insn *insn)
{
	if (BPF_CLASS(insn->code) == BPF_LDX && BPF_MODE(insn->code) == BPF_MEMSX)
		return signed_names[BPF_SIZE(insn->code) >> 3];
	return size_names[BPF_SIZE(insn->code) >> 3];
}

static char reg_letter(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);

	return class == BPF_ALU || class == BPF_JMP32 ? 'w' : 'r';
}

static int show_unknown(const struct text *t, const struct bpf_insn *insn)
{
	return put(t, insn, "unknown");
}

/* Of an arithmetic instruction; offset 1 makes a division signed. */
static const char *alu_sign(const struct bpf_insn *insn)
{
	u8 op = BPF_OP(insn->code);

	if (insn->off == 1 && op == BPF_DIV)
		return "s/=";
	return insn->off == 1 && op == BPF_MOD ? "s%=" : alu_signs[op >> 4];
}

static int show_alu_k(const struct text *t, const struct bpf_insn *insn)
{
	return put(t, insn, "%c%d %s %d", reg_letter(insn), insn->dst_reg,
		   alu_sign(insn), insn->imm);
}

static int show_alu_x(const struct text *t, const struct bpf_insn *insn)
{
	char r = reg_letter(insn);

	return put(t, insn, "%c%d %s %c%d", r, insn->dst_reg,
		   alu_sign(insn), r, insn->src_reg);
}

static int show_mov_x(const struct text *t, const struct bpf_insn *insn)
{
	char r = reg_letter(insn);

	if (!insn->off)
		return show_alu_x(t, insn);
	return put(t, insn, "%c%d = (s%d)%c%d", r, insn->dst_reg, insn->off, r, insn->src_reg);
}

static int show_neg(const struct text *t, const struct bpf_insn *insn)
{
	char r = reg_letter(insn);

	return put(t, insn, "%c%d = -%c%d", r, insn->dst_reg, r, insn->dst_reg);
}

static int show_end(const struct text *t, const struct bpf_insn *insn)
{
	return put(t, insn, "r%d = %s%d r%d", insn->dst_reg,
		   BPF_SRC(insn->code) == BPF_TO_BE ? "be" : "le", insn->imm, insn->dst_reg);
}

static int show_bswap(const struct text *t, const struct bpf_insn *insn)
{
	return put(t, insn, "r%d = bswap%d r%d", insn->dst_reg, insn->imm, insn->dst_reg);
}

static int show_ldx(const struct text *t, const struct bpf_insn *insn)
{
	return put(t, insn, "r%d = *(%s *)(r%d %+d)", insn->dst_reg, size_name(insn),
		   insn->src_reg, insn->off);
}

static int show_st(const struct text *t, const struct bpf_insn *insn)
{
	return put(t, insn, "*(%s *)(r%d %+d) = %d", size_name(insn), insn->dst_reg,
		   insn->off, insn->imm);
}

static int show_stx(const struct text *t, const struct bpf_insn *insn)
{
	return put(t, insn, "*(%s *)(r%d %+d) = r%d", size_name(insn), insn->dst_reg,
		   insn->off, insn->src_reg);
}

static const char *fetch_name(s32 imm)
{
	switch (imm) {
	case BPF_ADD | BPF_FETCH:
		return "fetch_add";
	case BPF_AND | BPF_FETCH:
		return "fetch_and";
	case BPF_OR | BPF_FETCH:
		return "fetch_or";
	case BPF_XOR | BPF_FETCH:
		return "fetch_xor";
	case BPF_XCHG:
		return "xchg";
	default:
		return NULL;
	}
}

static int show_atomic(const struct text *t, const struct bpf_insn *insn)
{
	const char *width = BPF_SIZE(insn->code) == BPF_DW ? "64" : "";
	const char *fetch = fetch_name(insn->imm);

	if (fetch)
		return put(t, insn, "r%d = atomic%s_%s((%s *)(r%d %+d), r%d)", insn->src_reg,
			   width, fetch, size_name(insn), insn->dst_reg, insn->off, insn->src_reg);
	if (insn->imm == BPF_CMPXCHG)
		return put(t, insn, "r0 = atomic%s_cmpxchg((%s *)(r%d %+d), r0, r%d)", width,
			   size_name(insn), insn->dst_reg, insn->off, insn->src_reg);
	if (lbpf_insn_is_atomic_op(insn->imm))
		return put(t, insn, "lock *(%s *)(r%d %+d) %s r%d", size_name(insn),
			   insn->dst_reg, insn->off, alu_signs[BPF_OP(insn->imm) >> 4],
			   insn->src_reg);
	return scnprintf(t->buf, t->size_bytes, "BUG_%02x", insn->code);
}

static int show_ld_abs(const struct text *t, const struct bpf_insn *insn)
{
	return put(t, insn, "r0 = *(%s *)skb[%d]", size_name(insn), insn->imm);
}

static int show_ld_ind(const struct text *t, const struct bpf_insn *insn)
{
	return put(t, insn, "r0 = *(%s *)skb[r%d + %d]", size_name(insn), insn->src_reg,
		   insn->imm);
}

static int show_imm64(const struct text *t, const struct bpf_insn *insn)
{
	u64 imm = lbpf_insn_imm64(insn);
	const char *name = NULL;
	char buf[64];

	if (t->ops && t->ops->imm64_name)
		name = t->ops->imm64_name(t->ctx, insn, imm, buf, sizeof(buf));
	if (name)
		return put(t, insn, "r%d = %s", insn->dst_reg, name);
	return put(t, insn, "r%d = 0x%llx", insn->dst_reg, (unsigned long long)imm);
}

static int show_ja(const struct text *t, const struct bpf_insn *insn)
{
	return put(t, insn, "goto pc%+d", insn->off);
}

static int show_ja32(const struct text *t, const struct bpf_insn *insn)
{
	return put(t, insn, "gotol pc%+d", insn->imm);
}

static int show_jcc_k(const struct text *t, const struct bpf_insn *insn)
{
	return put(t, insn, "if %c%d %s 0x%x goto pc%+d", reg_letter(insn), insn->dst_reg,
		   jump_signs[BPF_OP(insn->code) >> 4], insn->imm, insn->off);
}

static int show_jcc_x(const struct text *t, const struct bpf_insn *insn)
{
	char r = reg_letter(insn);

	return put(t, insn, "if %c%d %s %c%d goto pc%+d", r, insn->dst_reg,
		   jump_signs[BPF_OP(insn->code) >> 4], r, insn->src_reg, insn->off);
}

static int show_call(const struct text *t, const struct bpf_insn *insn)
{
	const char *name = NULL;
	char buf[64];

	if (t->ops && t->ops->call_name)
		name = t->ops->call_name(t->ctx, insn, buf, sizeof(buf));
	if (insn->src_reg == BPF_PSEUDO_CALL) {
		if (name)
			return put(t, insn, "call pc%s", name);
		return put(t, insn, "call pc%+d", insn->imm);
	}
	return put(t, insn, "call %s#%d", name ? name : "unknown", insn->imm);
}

static int show_exit(const struct text *t, const struct bpf_insn *insn)
{
	return put(t, insn, "exit");
}

static int (*const shows[LBPF_NR_FORMS])(const struct text *t, const struct bpf_insn *insn) = {
	[LBPF_FORM_UNKNOWN] = show_unknown,
	[LBPF_FORM_ALU_K] = show_alu_k,
	[LBPF_FORM_ALU_X] = show_alu_x,
	[LBPF_FORM_MOV_K] = show_alu_k,
	[LBPF_FORM_MOV_X] = show_mov_x,
	[LBPF_FORM_NEG] = show_neg,
	[LBPF_FORM_END] = show_end,
	[LBPF_FORM_BSWAP] = show_bswap,
	[LBPF_FORM_LDX] = show_ldx,
	[LBPF_FORM_ST] = show_st,
	[LBPF_FORM_STX] = show_stx,
	[LBPF_FORM_ATOMIC] = show_atomic,
	[LBPF_FORM_LD_ABS] = show_ld_abs,
	[LBPF_FORM_LD_IND] = show_ld_ind,
	[LBPF_FORM_LD_IMM64] = show_imm64,
	[LBPF_FORM_JA] = show_ja,
	[LBPF_FORM_JA32] = show_ja32,
	[LBPF_FORM_JCC_K] = show_jcc_k,
	[LBPF_FORM_JCC_X] = show_jcc_x,
	[LBPF_FORM_CALL] = show_call,
	[LBPF_FORM_EXIT] = show_exit,
};

/**
 * lbpf_disasm() - Text of one instruction
 * @buf: Where to write; always NUL-terminated.
 * @buf_bytes: Size of @buf, at least 1.
 * @insn: Instruction; for a 16-byte load the next one is read too.
 * @ops: Names of functions and constants, or NULL.
 * @ctx: Passed to @ops.
 *
 * Context: Any.
 * Return: Length of the text in bytes, without the NUL.
 */
int lbpf_disasm(char *buf, size_t buf_bytes, const struct bpf_insn *insn,
		const struct lbpf_disasm_ops *ops, void *ctx)
{
	struct text t = { .buf = buf, .size_bytes = buf_bytes, .ops = ops, .ctx = ctx };

	return shows[lbpf_insn_form(insn->code)](&t, insn);
}
