// SPDX-License-Identifier: GPL-2.0
/*
 * Machine code beside the instructions that it was made of, in the log
 * (LBPF_LOG_PASSES).
 *
 * Layer: jit.  Bytes in hexadecimal: objdump -D -b binary -m i386:x86-64 reads
 * the same from the image that information about the program gives.
 */
#include <linux/kernel.h>

#include <lbpf/insn.h>
#include <lbpf/log.h>

#include "emit.h"

#define TEXT_BYTES	160
#define BYTES_PER_LINE	16

static void print_bytes(const struct lbpf_jit *jit, const u8 *bytes, unsigned long base, u32 off,
			u32 end)
{
	u32 part;

	for (; off < end; off += part) {
		part = min_t(u32, end - off, BYTES_PER_LINE);
		lbpf_log(jit->code->log, "\t%lx: %*ph\n", base + off, (int)part, bytes + off);
	}
}

static void print_insn(const struct lbpf_jit *jit, u32 index)
{
	const struct bpf_insn *insn = &jit->code->insns[index];
	const char *note = jit->marks[index] & JIT_MARK_FUSED ? " (done by the one before)" :
			   jit->marks[index] & JIT_MARK_USELESS ? " (useless)" : "";
	char text[TEXT_BYTES];

	if (insn->code == LBPF_CODE_NATIVE)
		scnprintf(text, sizeof(text), "(%02x) native %d", insn->code, insn->imm);
	else if (insn->code == LBPF_CODE_BARRIER)
		scnprintf(text, sizeof(text), "(%02x) speculation barrier", insn->code);
	else
		lbpf_disasm(text, sizeof(text), insn, NULL, NULL);
	lbpf_log(jit->code->log, "%6u %6u: %s%s\n", index, jit->code->aux[index].orig, text, note);
}

static void print_func(const struct lbpf_jit *jit, u32 func, const u8 *bytes, unsigned long base)
{
	const struct lbpf_subprog *subprog = &jit->code->subprogs[func];
	const struct lbpf_jit_func *jited = &jit->funcs[func];
	u32 end, i;

	lbpf_log(jit->code->log, "function %u, start:\n", func);
	print_bytes(jit, bytes, base, jited->start_off, jited->start_off + jited->prologue_len);
	for (i = subprog->start; i < subprog[1].start; i++) {
		/* The second half of a 16-byte load has no code. */
		if (!jit->code->insns[i].code)
			continue;
		end = i + 1 < subprog[1].start ? jit->off[i + 1] : jited->epilogue_off;
		print_insn(jit, i);
		print_bytes(jit, bytes, base, jit->off[i], end);
	}
	lbpf_log(jit->code->log, "function %u, end:\n", func);
	print_bytes(jit, bytes, base, jited->epilogue_off,
		    jited->epilogue_off + jited->epilogue_len);
}

/**
 * lbpf_jit_dump() - Write the image into the log
 * @jit: Compilation, produced; nothing happens unless the program's log wants passes.
 * @bytes: Image.
 * @base: Address that it will run at.
 *
 * Context: Process context, may sleep.
 */
void lbpf_jit_dump(const struct lbpf_jit *jit, const u8 *bytes, unsigned long base)
{
	u32 i;

	if (!jit->code->log || !lbpf_log_wants(jit->code->log, LBPF_LOG_PASSES))
		return;
	lbpf_log(jit->code->log, "machine code: %u bytes\n", jit->size_bytes);
	for (i = 0; i < jit->code->nr_subprogs; i++)
		print_func(jit, i, bytes, base);
}
