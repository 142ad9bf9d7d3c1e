// SPDX-License-Identifier: GPL-2.0
/*
 * Rewritten instructions as information shows them.
 *
 * Layer: api.  No address is kept: maps are ids, functions of the program are
 * distances, kernel functions are distances from __bpf_call_base.
 */
#include <linux/filter.h>
#include <linux/uaccess.h>

#include <lbpf/alloc.h>
#include <lbpf/code.h>
#include <lbpf/insn.h>
#include <lbpf/map.h>
#include <lbpf/prog.h>
#include <lbpf/proto.h>

#include "prog.h"
#include "prog_info.h"

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL);
}

static bool is_imm64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

/* bpftool shows @off as the distance and looks function @imm up in jited_ksyms. */
static void show_subprog_call(struct bpf_insn *insn, const struct lbpf_code *code,
			      const struct lbpf_insn_aux *aux, u32 index)
{
	insn->src_reg = BPF_PSEUDO_CALL;
	insn->off = (s32)code->subprogs[aux->subprog].start - (s32)index - 1;
	insn->imm = aux->subprog;
}

/* Modules and the kernel are within 2 GB of each other. */
static void show_native_call(struct bpf_insn *insn, const struct lbpf_insn_aux *aux)
{
	insn->src_reg = 0;
	insn->imm = (s32)((unsigned long)aux->call_fn - (unsigned long)__bpf_call_base);
}

static void show_imm64(struct bpf_insn *insn, const struct lbpf_code *code,
		       const struct lbpf_insn_aux *aux, u32 index)
{
	if (aux->flags & LBPF_INSN_MAP_ADDR) {
		insn[0].src_reg = BPF_PSEUDO_MAP_FD;
		insn[0].imm = aux->map->obj.id;
		insn[1].imm = 0;
	} else if (aux->flags & LBPF_INSN_MAP_VALUE_ADDR) {
		insn[0].src_reg = BPF_PSEUDO_MAP_VALUE;
		insn[0].imm = aux->map->obj.id;
		insn[1].imm = (s32)aux->key;
	} else if (aux->flags & LBPF_INSN_FUNC_ADDR) {
		insn[0].src_reg = BPF_PSEUDO_FUNC;
		insn[0].imm = (s32)code->subprogs[aux->subprog].start - (s32)index - 1;
		insn[1].imm = 0;
	} else if (aux->flags & (LBPF_INSN_PROG_ADDR | LBPF_INSN_KERNEL_VAR)) {
		insn[0].imm = 0;
		insn[1].imm = 0;
	}
}

static void show_insn(struct bpf_insn *insn, const struct lbpf_code *code, u32 index)
{
	const struct lbpf_insn_aux *aux = &code->aux[index];

	if (is_imm64(insn))
		show_imm64(insn, code, aux, index);
	else if (aux->flags & LBPF_INSN_SUBPROG_CALL)
		show_subprog_call(insn, code, aux, index);
	else if (insn->code == LBPF_CODE_NATIVE && insn->imm == LBPF_NATIVE_TAIL_CALL)
		*insn = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = aux->proto->id };
	else if (is_call(insn) && (aux->flags & LBPF_INSN_NATIVE_CALL))
		show_native_call(insn, aux);
	else if (BPF_CLASS(insn->code) == BPF_LDX && (aux->flags & LBPF_INSN_PROBE_MEM))
		insn->code = BPF_LDX | BPF_SIZE(insn->code) | BPF_MEM;
}

/**
 * lbpf_prog_keep_dump() - Keep the instructions of a program for information
 * @prog: Program; its instructions are set.
 * @code: As the rewriter left it.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lbpf_prog_keep_dump(struct lbpf_prog *prog, const struct lbpf_code *code)
{
	u32 i;

	prog->insns = lbpf_area_alloc_array(code->nr_insns, sizeof(*prog->insns), NUMA_NO_NODE);
	if (!prog->insns)
		return -ENOMEM;
	prog->nr_insns = code->nr_insns;
	memcpy(prog->insns, code->insns, code->nr_insns * sizeof(*prog->insns));
	for (i = 0; i < code->nr_insns; i++) {
		show_insn(&prog->insns[i], code, i);
		if (is_imm64(&prog->insns[i]))
			i++;
	}
	return 0;
}

/* Distances of kernel functions tell where the kernel is: not for everybody. */
static struct bpf_insn hide_call(struct bpf_insn insn)
{
	if (is_call(&insn) && insn.src_reg == 0 && !lbpf_helper_name(insn.imm))
		insn.imm = 0;
	return insn;
}

/**
 * lbpf_prog_copy_dump() - Copy the instructions of a program to a user
 * @prog: Program.
 * @to: User buffer.
 * @room_bytes: Its size; what does not fit is cut.
 * @is_raw: Show where kernel functions are.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EFAULT.
 */
int lbpf_prog_copy_dump(const struct lbpf_prog *prog, void __user *to, u32 room_bytes, bool is_raw)
{
	struct bpf_insn insn;
	u32 pos = 0;
	u32 i;

	for (i = 0; i < prog->nr_insns && pos < room_bytes; i++, pos += sizeof(insn)) {
		insn = is_raw ? prog->insns[i] : hide_call(prog->insns[i]);
		if (copy_to_user(to + pos, &insn, min_t(u32, sizeof(insn), room_bytes - pos)))
			return -EFAULT;
		if (i % 4096 == 0)
			cond_resched();
	}
	return 0;
}
