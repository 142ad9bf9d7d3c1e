// SPDX-License-Identifier: GPL-2.0
/*
 * Source lines of instructions.
 *
 * Layer: verifier (state) (p).
 * Source: line_info of BPF_PROG_LOAD; the log as observed on Linux 6.1.
 */
#include <linux/bpf.h>
#include <linux/ctype.h>
#include <linux/kernel.h>

#include <lbpf/btf.h>

#include "env.h"

/**
 * lbpf_line_of() - Line that an instruction stems from
 * @env: The run.
 * @idx: Instruction.
 *
 * Return: Its record, or NULL: the program has none.
 */
const struct bpf_line_info *lbpf_line_of(const struct lbpf_env *env, u32 idx)
{
	const struct bpf_line_info *lines = env->code->line_infos;
	u32 low = 0, high = env->code->nr_line_infos, mid;

	if (!high)
		return NULL;
	while (high - low > 1) {
		mid = low + (high - low) / 2;
		if (lines[mid].insn_off <= idx)
			low = mid;
		else
			high = mid;
	}
	return &lines[low];
}

/**
 * lbpf_line_text() - Text of a line
 * @env: The run.
 * @line: Its record.
 *
 * Return: Text without what it is indented by; "" when the program came without it.
 */
const char *lbpf_line_text(const struct lbpf_env *env, const struct bpf_line_info *line)
{
	const char *text = lbpf_btf_name(env->code->btf, line->line_off);

	while (text && isspace(*text))
		text++;
	return text ?: "";
}

/**
 * lbpf_print_line() - The line of an instruction goes to the log, unless it was the last one there
 * @env: The run.
 * @idx: Instruction.
 * @prefix: What goes before it.
 */
void lbpf_print_line(struct lbpf_env *env, u32 idx, const char *prefix)
{
	const struct bpf_line_info *line = lbpf_line_of(env, idx);

	if (!line || line == env->prev_line)
		return;
	env->prev_line = line;
	verbose(env, "%s%s\n", prefix, lbpf_line_text(env, line));
}
