// SPDX-License-Identifier: GPL-2.0
/*
 * Instructions as relocations change them.
 *
 * Layer: core (p).
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/kernel.h>

#include <lbpf/core_patch.h>
#include <lbpf/insn.h>
#include <lbpf/log.h>

/* Helper that no kernel has; what is refused says which relocation it was.  Source: as libbpf. */
#define POISON_HELPER	195896080

/**
 * struct site - An instruction and what it is to have
 * @core: Relocations.
 * @value: What it is to have.
 * @insn: Instruction.
 * @index: Its number.
 * @nr_left: Instructions from it on.
 */
struct site {
	struct lbpf_core		*core;
	const struct lbpf_core_value	*value;
	struct bpf_insn			*insn;
	u32				index;
	u32				nr_left;
};

static bool is_ldimm64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static int poison(const struct site *site)
{
	u32 i, nr = is_ldimm64(site->insn) && site->nr_left > 1 ? 2 : 1;

	for (i = 0; i < nr; i++) {
		lbpf_core_log(site->core, "substituting insn #%u w/ invalid insn\n",
			      site->index + i);
		site->insn[i] = (struct bpf_insn){
			.code = BPF_JMP | BPF_CALL,
			.imm = POISON_HELPER + site->core->index,
		};
	}
	return 0;
}

static int refuse(const struct site *site)
{
	const struct bpf_insn *insn = site->insn;

	lbpf_core_log(site->core,
		      "trying to relocate unrecognized insn #%u, code:0x%x, src:0x%x, dst:0x%x, off:0x%x, imm:0x%x\n",
		      site->index, insn->code, insn->src_reg, insn->dst_reg, insn->off, insn->imm);
	return -EINVAL;
}

static int patch_alu(const struct site *site)
{
	const struct lbpf_core_value *value = site->value;
	struct bpf_insn *insn = site->insn;
	s32 was = insn->imm;

	if (BPF_SRC(insn->code) != BPF_K)
		return refuse(site);
	if (value->is_poison)
		return poison(site);
	if (value->is_checked && was != value->old_value) {
		lbpf_core_log(site->core,
			      "unexpected insn #%u (ALU/ALU64) value: got %u, exp %llu -> %llu\n",
			      site->index, was, value->old_value, value->new_value);
		return -EINVAL;
	}
	insn->imm = value->new_value;
	lbpf_core_log(site->core, "patched insn #%u (ALU/ALU64) imm %d -> %d\n", site->index, was,
		      insn->imm);
	return 0;
}

static int patch_width(const struct site *site)
{
	const struct lbpf_core_value *value = site->value;
	u32 was = lbpf_insn_access_bytes(site->insn->code);
	int size = lbpf_insn_size_code(value->new_bytes);

	if (was != value->old_bytes) {
		lbpf_core_log(site->core,
			      "insn #%u (LDX/ST/STX) unexpected mem size: got %u, exp %u\n",
			      site->index, was, value->old_bytes);
		return -EINVAL;
	}
	if (size < 0) {
		lbpf_core_log(site->core, "insn #%u (LDX/ST/STX) invalid new mem size: %u\n",
			      site->index, value->new_bytes);
		return -EINVAL;
	}
	site->insn->code = BPF_MODE(site->insn->code) | size | BPF_CLASS(site->insn->code);
	lbpf_core_log(site->core, "patched insn #%u (LDX/ST/STX) mem_sz %u -> %u\n", site->index,
		      value->old_bytes, value->new_bytes);
	return 0;
}

static int patch_memory(const struct site *site)
{
	const struct lbpf_core_value *value = site->value;
	struct bpf_insn *insn = site->insn;
	s16 was = insn->off;

	if (value->is_poison)
		return poison(site);
	if (value->is_checked && was != value->old_value) {
		lbpf_core_log(site->core,
			      "unexpected insn #%u (LDX/ST/STX) value: got %u, exp %llu -> %llu\n",
			      site->index, was, value->old_value, value->new_value);
		return -EINVAL;
	}
	if (value->new_value > S16_MAX) {
		lbpf_core_log(site->core, "insn #%u (LDX/ST/STX) value too big: %llu\n",
			      site->index, value->new_value);
		return -ERANGE;
	}
	if (value->is_misfit) {
		lbpf_core_log(site->core,
			      "insn #%u (LDX/ST/STX) accesses field incorrectly. Make sure you are accessing pointers, unsigned integers, or fields of matching type and size.\n",
			      site->index);
		return poison(site);
	}
	insn->off = value->new_value;
	lbpf_core_log(site->core, "patched insn #%u (LDX/ST/STX) off %d -> %d\n", site->index, was,
		      insn->off);
	return value->new_bytes == value->old_bytes ? 0 : patch_width(site);
}

static int patch_ldimm64(const struct site *site)
{
	const struct lbpf_core_value *value = site->value;
	struct bpf_insn *insn = site->insn;
	u64 was;

	if (!is_ldimm64(insn) || insn->src_reg || insn->off || site->nr_left < 2 ||
	    insn[1].code || insn[1].dst_reg || insn[1].src_reg || insn[1].off) {
		lbpf_core_log(site->core, "insn #%u (LDIMM64) has unexpected form\n", site->index);
		return -EINVAL;
	}
	if (value->is_poison)
		return poison(site);
	was = (u32)insn->imm | (u64)insn[1].imm << 32;
	if (value->is_checked && was != value->old_value) {
		lbpf_core_log(site->core,
			      "unexpected insn #%u (LDIMM64) value: got %llu, exp %llu -> %llu\n",
			      site->index, was, value->old_value, value->new_value);
		return -EINVAL;
	}
	insn[0].imm = value->new_value;
	insn[1].imm = value->new_value >> 32;
	lbpf_core_log(site->core, "patched insn #%u (LDIMM64) imm64 %llu -> %llu\n", site->index,
		      was, value->new_value);
	return 0;
}

/**
 * lbpf_core_patch() - Change an instruction
 * @core: Relocations.
 * @relo: Relocation.
 * @value: What it is to have.
 * @insn: Instruction.
 * @nr_left: Instructions from it on.
 *
 * Context: Any.
 * Return: 0 or -errno, with the reason in the log.
 */
int lbpf_core_patch(struct lbpf_core *core, const struct bpf_core_relo *relo,
		    const struct lbpf_core_value *value, struct bpf_insn *insn, u32 nr_left)
{
	struct site site = {
		.core = core, .value = value, .insn = insn, .nr_left = nr_left,
		.index = relo->insn_off / sizeof(*insn),
	};

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return patch_alu(&site);
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return patch_memory(&site);
	case BPF_LD:
		return patch_ldimm64(&site);
	default:
		return refuse(&site);
	}
}
