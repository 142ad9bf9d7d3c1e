// SPDX-License-Identifier: GPL-2.0
/*
 * The program as each pass leaves it, in the log (LBPF_LOG_PASSES).
 *
 * Layer: rewrite (p).
 */
#include <linux/kernel.h>

#include <lbpf/log.h>

#include "builder.h"

#define TEXT_BYTES	160

static const char * const native_names[LBPF_NR_NATIVES] = {
	[LBPF_NATIVE_THIS_CPU_ADDR]	= "address of this CPU's",
	[LBPF_NATIVE_CPU_NUMBER]	= "number of this CPU",
	[LBPF_NATIVE_TAIL_CALL]		= "tail call",
};

static bool is_native(const struct bpf_insn *insn)
{
	return insn->code == LBPF_CODE_NATIVE && insn->imm >= 0 && insn->imm < LBPF_NR_NATIVES;
}

static void print_insn(const struct lbpf_code *code, u32 index)
{
	const struct bpf_insn *insn = &code->insns[index];
	char text[TEXT_BYTES];

	if (is_native(insn))
		scnprintf(text, sizeof(text), "(%02x) %s, r%d, r%d", insn->code,
			  native_names[insn->imm] ?: "native", insn->dst_reg, insn->src_reg);
	else if (insn->code == LBPF_CODE_BARRIER)
		scnprintf(text, sizeof(text), "(%02x) speculation barrier", insn->code);
	else
		lbpf_disasm(text, sizeof(text), insn, NULL, NULL);
	lbpf_log(code->log, "%6u %6u: %s%s\n", index, code->aux[index].orig, text,
		 code->aux[index].flags & LBPF_INSN_USELESS ? " (useless)" : "");
}

/**
 * lbpf_dump_pass() - Write the program into the log
 * @code: Program; nothing happens unless its log wants passes.
 * @letter: Letter of the pass that it comes from.
 * @name: Its name.
 * @has_changed: It has changed the program; else its name is enough.
 *
 * Context: Process context, may sleep.
 */
void lbpf_dump_pass(const struct lbpf_code *code, char letter, const char *name, bool has_changed)
{
	u32 func = 0;
	u32 i;

	if (!code->log || !lbpf_log_wants(code->log, LBPF_LOG_PASSES))
		return;
	lbpf_log(code->log, "pass %c, %s: %u instructions%s\n", letter, name, code->nr_insns,
		 has_changed ? "" : ", unchanged");
	for (i = 0; has_changed && i < code->nr_insns; i++) {
		if (func < code->nr_subprogs && i == code->subprogs[func].start)
			lbpf_log(code->log, "function %u:\n", func++);
		print_insn(code, i);
		if (lbpf_rw_is_imm64(&code->insns[i]))
			i++;
	}
}

/**
 * lbpf_dump_sum() - Tell a program from what it becomes
 * @code: Program.
 *
 * Context: Any.
 * Return: A number that differs, very likely, between two programs; 0 when nobody wants it.
 */
u64 lbpf_dump_sum(const struct lbpf_code *code)
{
	const u8 *bytes = (const u8 *)code->insns;
	u64 sum = 0xcbf29ce484222325ULL;
	size_t i;

	if (!code->log || !lbpf_log_wants(code->log, LBPF_LOG_PASSES))
		return 0;
	for (i = 0; i < code->nr_insns * sizeof(*code->insns); i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3ULL;
	for (i = 0; i < code->nr_insns; i++)
		sum = (sum ^ (code->aux[i].flags & LBPF_INSN_USELESS)) * 0x100000001b3ULL;
	return sum;
}
