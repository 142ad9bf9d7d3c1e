// SPDX-License-Identifier: GPL-2.0
/*
 * The instruction set, executed one instruction at a time, and facts gathered
 * on the way: they hold for the inputs that were run, and for no others.
 */
#include "jit_test.h"

#define MAX_STEPS	200000
#define MAX_DEPTH	8

struct machine {
	struct lbpf_code	*code;
	u64			reg[11];
	u32			pc;
	u32			depth;
	struct {
		u64	saved[5];
		u32	return_pc;
	} frames[MAX_DEPTH];
	u64			stacks[MAX_DEPTH][LBPF_STACK_BYTES / 8];
};

static u64 top_of_stack(struct machine *m)
{
	return (unsigned long)m->stacks[m->depth] + LBPF_STACK_BYTES;
}

static void join(struct lbpf_fact *fact, u64 value)
{
	if (fact->type == LBPF_NOT_INIT) {
		*fact = (struct lbpf_fact){ .type = LBPF_SCALAR, .tnum_value = value, .umin = value,
					    .umax = value, .smin = value, .smax = value };
		return;
	}
	fact->tnum_mask |= fact->tnum_value ^ value;
	fact->tnum_value &= ~fact->tnum_mask;
	fact->umin = min(fact->umin, value);
	fact->umax = max(fact->umax, value);
	fact->smin = min(fact->smin, (s64)value);
	fact->smax = max(fact->smax, (s64)value);
}

static u64 swap_bytes(u64 v, u32 bits)
{
	u64 out = 0;
	u32 i;

	for (i = 0; i < bits; i += 8)
		out |= (v >> i & 0xff) << (bits - 8 - i);
	return out;
}

static u64 divide(u64 a, u64 b, bool is64, bool is_signed, bool is_mod)
{
	if (!b)
		return is_mod ? a : 0;
	if (!is_signed)
		return is_mod ? a % b : a / b;
	if (is64) {
		if ((s64)b == -1)
			return is_mod ? 0 : -a;
		return is_mod ? (u64)((s64)a % (s64)b) : (u64)((s64)a / (s64)b);
	}
	if ((s32)b == -1)
		return is_mod ? 0 : (u32)-(u32)a;
	return is_mod ? (u32)((s32)a % (s32)b) : (u32)((s32)a / (s32)b);
}

static u64 extend_sign(u64 v, u32 bits)
{
	return (u64)((s64)(v << (64 - bits)) >> (64 - bits));
}

static u64 byte_order(const struct bpf_insn *insn, u64 a)
{
	if (BPF_CLASS(insn->code) == BPF_ALU64 || BPF_SRC(insn->code) == BPF_TO_BE)
		return swap_bytes(a, insn->imm);
	return insn->imm == 64 ? a : a & ((1ULL << insn->imm) - 1);
}

static u64 alu(const struct bpf_insn *insn, u64 a, u64 b)
{
	bool is64 = BPF_CLASS(insn->code) == BPF_ALU64;
	u32 bits = is64 ? 64 : 32;
	bool is_signed = insn->off == 1;

	if (BPF_OP(insn->code) == BPF_END)
		return byte_order(insn, a);
	if (!is64) {
		a = (u32)a;
		b = (u32)b;
	}
	switch (BPF_OP(insn->code)) {
	case BPF_ADD: a += b; break;
	case BPF_SUB: a -= b; break;
	case BPF_MUL: a *= b; break;
	case BPF_DIV: a = divide(a, b, is64, is_signed, false); break;
	case BPF_MOD: a = divide(a, b, is64, is_signed, true); break;
	case BPF_OR: a |= b; break;
	case BPF_AND: a &= b; break;
	case BPF_XOR: a ^= b; break;
	case BPF_LSH: a <<= b & (bits - 1); break;
	case BPF_RSH: a >>= b & (bits - 1); break;
	case BPF_ARSH: a = (s64)extend_sign(a, bits) >> (b & (bits - 1)); break;
	case BPF_NEG: a = -a; break;
	case BPF_MOV: a = insn->off ? extend_sign(b, insn->off) : b; break;
	}
	return is64 ? a : (u32)a;
}

static u32 bytes_of(u8 code)
{
	static const u32 bytes[] = { 4, 2, 1, 8 };

	return bytes[BPF_SIZE(code) >> 3];
}

static u64 load(u64 addr, u32 bytes)
{
	u64 v = 0;

	memcpy(&v, (void *)addr, bytes);
	return v;
}

static void store(u64 addr, u64 v, u32 bytes)
{
	memcpy((void *)addr, &v, bytes);
}

static void atomic(struct machine *m, const struct bpf_insn *insn)
{
	u32 bytes = bytes_of(insn->code);
	u64 addr = m->reg[insn->dst_reg] + insn->off;
	u64 old = load(addr, bytes);
	u64 src = bytes == 4 ? (u32)m->reg[insn->src_reg] : m->reg[insn->src_reg];
	u64 new = old;

	switch (insn->imm & ~BPF_FETCH) {
	case BPF_ADD: new = old + src; break;
	case BPF_AND: new = old & src; break;
	case BPF_OR: new = old | src; break;
	case BPF_XOR: new = old ^ src; break;
	case BPF_XCHG & ~BPF_FETCH: new = src; break;
	case BPF_CMPXCHG & ~BPF_FETCH:
		if (old == (bytes == 4 ? (u32)m->reg[0] : m->reg[0]))
			new = src;
		m->reg[0] = old;
		break;
	}
	store(addr, new, bytes);
	if ((insn->imm & BPF_FETCH) && insn->imm != BPF_CMPXCHG)
		m->reg[insn->src_reg] = old;
}

static bool compare(const struct bpf_insn *insn, u64 a, u64 b)
{
	s64 sa = a, sb = b;

	if (BPF_CLASS(insn->code) == BPF_JMP32) {
		a = (u32)a;
		b = (u32)b;
		sa = (s32)a;
		sb = (s32)b;
	}
	switch (BPF_OP(insn->code)) {
	case BPF_JEQ: return a == b;
	case BPF_JNE: return a != b;
	case BPF_JGT: return a > b;
	case BPF_JGE: return a >= b;
	case BPF_JLT: return a < b;
	case BPF_JLE: return a <= b;
	case BPF_JSGT: return sa > sb;
	case BPF_JSGE: return sa >= sb;
	case BPF_JSLT: return sa < sb;
	case BPF_JSLE: return sa <= sb;
	default: return a & b;
	}
}

static void enter(struct machine *m, u32 subprog)
{
	m->depth++;
	memcpy(m->frames[m->depth].saved, m->reg + 6, sizeof(m->frames[0].saved));
	m->frames[m->depth].return_pc = m->pc;
	m->reg[10] = top_of_stack(m);
	m->pc = m->code->subprogs[subprog].start;
}

static void leave(struct machine *m)
{
	memcpy(m->reg + 6, m->frames[m->depth].saved, sizeof(m->frames[0].saved));
	m->pc = m->frames[m->depth].return_pc;
	m->depth--;
}

static void call(struct machine *m, const struct bpf_insn *insn, const struct lbpf_insn_aux *aux)
{
	if (aux->flags & LBPF_INSN_SUBPROG_CALL)
		enter(m, aux->subprog);
	else
		m->reg[0] = test_helpers[insn->imm](m->reg[1], m->reg[2], m->reg[3], m->reg[4],
						    m->reg[5]);
}

/* False at the end of the program. */
static bool jump(struct machine *m, const struct bpf_insn *insn, struct lbpf_insn_aux *aux)
{
	u64 b = BPF_SRC(insn->code) == BPF_X ? m->reg[insn->src_reg] : (u64)(s64)insn->imm;

	if (insn->code == (BPF_JMP | BPF_EXIT)) {
		if (!m->depth)
			return false;
		leave(m);
	} else if (insn->code == (BPF_JMP | BPF_CALL)) {
		call(m, insn, aux);
	} else if (insn->code == (BPF_JMP32 | BPF_JA)) {
		m->pc += insn->imm;
	} else if (BPF_OP(insn->code) == BPF_JA) {
		m->pc += insn->off;
	} else if (compare(insn, m->reg[insn->dst_reg], b)) {
		aux->flags &= ~LBPF_INSN_NEVER;
		m->pc += insn->off;
	} else {
		aux->flags &= ~LBPF_INSN_ALWAYS;
	}
	return true;
}

static void memory(struct machine *m, const struct bpf_insn *insn)
{
	u32 bytes = bytes_of(insn->code);
	u64 to = m->reg[insn->dst_reg] + insn->off;
	u64 from = m->reg[insn->src_reg] + insn->off;

	if (insn->code == (BPF_LD | BPF_IMM | BPF_DW)) {
		m->reg[insn->dst_reg] = lbpf_insn_imm64(insn);
		m->pc++;
	} else if (BPF_CLASS(insn->code) == BPF_LDX && BPF_MODE(insn->code) == BPF_MEMSX) {
		m->reg[insn->dst_reg] = extend_sign(load(from, bytes), bytes * 8);
	} else if (BPF_CLASS(insn->code) == BPF_LDX) {
		m->reg[insn->dst_reg] = load(from, bytes);
	} else if (BPF_CLASS(insn->code) == BPF_ST) {
		store(to, insn->imm, bytes);
	} else if (BPF_MODE(insn->code) == BPF_ATOMIC) {
		atomic(m, insn);
	} else {
		store(to, m->reg[insn->src_reg], bytes);
	}
}

/* Registers below 10 hold numbers, but for the one that points to the input: no facts of it. */
static void gather(struct machine *m, const struct bpf_insn *insn, const u8 *mem)
{
	struct lbpf_insn_aux *aux = &m->code->aux[insn - m->code->insns];
	u64 dst = m->reg[insn->dst_reg < 10 ? insn->dst_reg : 0];
	u64 src = m->reg[insn->src_reg < 10 ? insn->src_reg : 0];

	if (!(aux->flags & LBPF_INSN_SEEN))
		aux->flags |= LBPF_INSN_SEEN | LBPF_INSN_ALWAYS | LBPF_INSN_NEVER;
	if (insn->dst_reg < 10 && dst != (unsigned long)mem)
		join(&aux->facts->dst, dst);
	if (insn->src_reg < 10 && src != (unsigned long)mem)
		join(&aux->facts->src, src);
}

bool interpret(struct lbpf_code *code, const u8 *input, struct outcome *outcome)
{
	static struct machine machine;
	struct machine *m = &machine;
	u32 steps;

	memset(m, 0, sizeof(*m));
	m->code = code;
	memcpy(outcome->mem, input, MEM_BYTES);
	m->reg[1] = (unsigned long)outcome->mem;
	m->reg[10] = top_of_stack(m);
	test_helper_calls = 0;
	memset(test_values, 0x55, VALUE_BYTES);
	for (steps = 0; steps < MAX_STEPS; steps++) {
		const struct bpf_insn *insn = &code->insns[m->pc];
		u8 class = BPF_CLASS(insn->code);

		gather(m, insn, outcome->mem);
		m->pc++;
		if (class == BPF_ALU || class == BPF_ALU64) {
			u64 b = BPF_SRC(insn->code) == BPF_X ? m->reg[insn->src_reg] :
				(u64)(s64)insn->imm;

			m->reg[insn->dst_reg] = alu(insn, m->reg[insn->dst_reg], b);
		} else if (class != BPF_JMP && class != BPF_JMP32) {
			memory(m, insn);
		} else if (!jump(m, insn, &code->aux[insn - code->insns])) {
			outcome->r0 = m->reg[0];
			outcome->nr_calls = test_helper_calls;
			memcpy(outcome->values, test_values, VALUE_BYTES);
			return true;
		}
	}
	return false;
}
