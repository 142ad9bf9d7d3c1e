// SPDX-License-Identifier: GPL-2.0
/*
 * Records about the functions and lines of a program.
 *
 * Layer: api.  They are read and checked before the verifier runs, which matches them
 * with the program, and kept with offsets in the rewritten program.
 *
 * Source: func_info and line_info of BPF_PROG_LOAD; words and order of the
 * refusals are those of Linux 6.1.
 */
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/numa.h>
#include <linux/uaccess.h>

#include <lbpf/alloc.h>
#include <lbpf/btf_object.h>
#include <lbpf/code.h>
#include <lbpf/jit.h>
#include <lbpf/log.h>
#include <lbpf/prog.h>
#include <lbpf/user.h>

#include "prog.h"

#define MAX_RECORD_BYTES	252

/* Are the bytes behind what is known of a record zero?  1, 0, -EFAULT. */
static int is_tail_zero(const struct lbpf_records *records, u64 from)
{
	u32 i, nr = records->user_bytes - records->known_bytes;
	u8 byte;

	from += records->known_bytes;
	if (!nr)
		return 1;
	if (!records->is_kernel)
		return check_zeroed_user(u64_to_user_ptr(from), nr);
	for (i = 0; i < nr; i++) {
		if (!lbpf_read(&byte, from + i, 1, true))
			return -EFAULT;
		if (byte)
			return 0;
	}
	return 1;
}

/**
 * lbpf_record_read() - Read a record
 * @records: Records of one kind.
 * @i: Which one.
 * @record: Gets what is known of it; what may follow is zero.
 * @log: Where a refusal is explained.
 *
 * Context: Process context, may sleep.
 * Return: 0, -E2BIG or -EFAULT.
 */
int lbpf_record_read(const struct lbpf_records *records, u32 i, void *record,
		     struct lbpf_log *log)
{
	u64 from = records->ptr + (u64)i * records->user_bytes;
	int zero = is_tail_zero(records, from);

	if (zero < 0)
		return zero;
	if (!zero) {
		lbpf_log(log, "nonzero tailing record in %s", records->name);
		return -E2BIG;
	}
	return lbpf_read(record, from, records->known_bytes, records->is_kernel) ? 0 : -EFAULT;
}

/**
 * lbpf_records_fit() - May records have the size that the caller says?
 * @records: Records of one kind.
 *
 * Context: Any.
 * Return: true if they may.
 */
bool lbpf_records_fit(const struct lbpf_records *records)
{
	return records->user_bytes >= records->known_bytes &&
	       records->user_bytes <= MAX_RECORD_BYTES && !(records->user_bytes % sizeof(u32));
}

static bool is_func(const struct lbpf_btf *btf, u32 id)
{
	const struct btf_type *type = lbpf_btf_type(btf, id);

	return type && lbpf_btf_kind(type) == BTF_KIND_FUNC;
}

static int check_func(const struct lbpf_btf *btf, const struct bpf_func_info *func, u32 i,
		      u32 last_off, struct lbpf_log *log)
{
	if (!i && func->insn_off) {
		lbpf_log(log, "nonzero insn_off %u for the first func info record",
			 func->insn_off);
		return -EINVAL;
	}
	if (i && func->insn_off <= last_off) {
		lbpf_log(log,
			 "same or smaller insn offset (%u) than previous func info record (%u)",
			 func->insn_off, last_off);
		return -EINVAL;
	}
	if (!is_func(btf, func->type_id)) {
		lbpf_log(log, "invalid type id %d in func info", func->type_id);
		return -EINVAL;
	}
	return 0;
}

/* Functions and lines are bounded by instructions, of which there is at least one for each. */
static int read_funcs(struct lbpf_prog *prog, const union bpf_attr *attr,
		      const struct lbpf_code *code)
{
	struct lbpf_records records = {
		attr->func_info, attr->func_info_cnt, attr->func_info_rec_size,
		sizeof(struct bpf_func_info), "func info", code->is_kernel
	};
	struct lbpf_log *log = code->log;
	u32 i, last_off = 0;
	int err = 0;

	if (!records.nr)
		return 0;
	if (!lbpf_records_fit(&records)) {
		lbpf_log(log, "invalid func info rec size %u\n", records.user_bytes);
		return -EINVAL;
	}
	if (records.nr > LBPF_MAX_SUBPROGS) {
		lbpf_log(log, "number of funcs in func_info doesn't match number of subprogs\n");
		return -EINVAL;
	}
	prog->func_infos = lbpf_area_alloc_array(records.nr, sizeof(*prog->func_infos),
						 NUMA_NO_NODE);
	if (!prog->func_infos)
		return -ENOMEM;
	prog->nr_func_infos = records.nr;
	for (i = 0; i < records.nr && !err; i++) {
		err = lbpf_record_read(&records, i, &prog->func_infos[i], log);
		if (!err)
			err = check_func(prog->btf, &prog->func_infos[i], i, last_off, log);
		last_off = prog->func_infos[i].insn_off;
	}
	return err;
}

static int check_line(const struct lbpf_prog *prog, u32 i, u32 nr_insns, struct lbpf_log *log)
{
	const struct bpf_line_info *line = &prog->line_infos[i];
	u32 last_off = i ? line[-1].insn_off : 0;

	if ((i && line->insn_off <= last_off) || line->insn_off >= nr_insns) {
		lbpf_log(log, "Invalid line_info[%u].insn_off:%u (prev_offset:%u prog->len:%u)\n",
			 i, line->insn_off, last_off, nr_insns);
		return -EINVAL;
	}
	if (lbpf_btf_name(prog->btf, line->line_off) &&
	    lbpf_btf_name(prog->btf, line->file_name_off))
		return 0;
	lbpf_log(log, "Invalid line_info[%u].line_off or .file_name_off\n", i);
	return -EINVAL;
}

static int read_lines(struct lbpf_prog *prog, const union bpf_attr *attr,
		      const struct lbpf_code *code)
{
	struct lbpf_records records = {
		attr->line_info, attr->line_info_cnt, attr->line_info_rec_size,
		sizeof(struct bpf_line_info), "line_info", code->is_kernel
	};
	struct lbpf_log *log = code->log;
	int err = 0;
	u32 i;

	if (!records.nr)
		return 0;
	if (!lbpf_records_fit(&records) || records.nr > INT_MAX / sizeof(struct bpf_line_info))
		return -EINVAL;
	/* Offsets rise: the first one more than there are instructions is refused. */
	records.nr = min(records.nr, attr->insn_cnt + 1);
	prog->line_infos = lbpf_area_alloc_array(records.nr, sizeof(*prog->line_infos),
						 NUMA_NO_NODE);
	prog->line_addrs = lbpf_area_alloc_array(records.nr, sizeof(*prog->line_addrs),
						 NUMA_NO_NODE);
	if (!prog->line_infos || !prog->line_addrs)
		return -ENOMEM;
	prog->nr_line_infos = records.nr;
	for (i = 0; i < records.nr && !err; i++) {
		err = lbpf_record_read(&records, i, &prog->line_infos[i], log);
		if (!err)
			err = check_line(prog, i, attr->insn_cnt, log);
	}
	return err;
}

/**
 * lbpf_prog_read_records() - Read and check the records that a program comes with
 * @prog: Program under construction; gets them, and its BTF.
 * @attr: Attributes of BPF_PROG_LOAD.
 * @code: Its code: where refusals are explained, and whose addresses @attr has.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_prog_read_records(struct lbpf_prog *prog, const union bpf_attr *attr,
			   const struct lbpf_code *code)
{
	struct lbpf_btf *btf;

	if (!attr->func_info_cnt && !attr->line_info_cnt)
		return 0;
	btf = lbpf_btf_from_fd(attr->prog_btf_fd);
	if (IS_ERR(btf))
		return PTR_ERR(btf);
	prog->btf = btf;
	return read_funcs(prog, attr, code) ?: read_lines(prog, attr, code);
}

/* First instruction from @at on that stems from one of @line, or U32_MAX: all are gone. */
static u32 find_line(const struct lbpf_prog *prog, const struct lbpf_code *code, u32 line,
		     u32 *at)
{
	u32 start = prog->line_infos[line].insn_off;
	u32 end = line + 1 < prog->nr_line_infos ? prog->line_infos[line + 1].insn_off :
						   code->nr_orig_insns;

	while (*at < code->nr_insns && code->aux[*at].orig < start)
		++*at;
	return *at < code->nr_insns && code->aux[*at].orig < end ? *at : U32_MAX;
}

/* Functions that nobody calls are gone.  Each one left stems from the record it lies behind. */
static void place_funcs(struct lbpf_prog *prog, const struct lbpf_code *code)
{
	struct bpf_func_info *infos = prog->func_infos;
	u32 i, start, from = 0;

	if (!prog->nr_func_infos)
		return;
	for (i = 0; i < code->nr_subprogs; i++) {
		start = code->subprogs[i].start;
		while (from + 1 < prog->nr_func_infos &&
		       infos[from + 1].insn_off <= code->aux[start].orig)
			from++;
		infos[i] = infos[from];
		infos[i].insn_off = start;
	}
	prog->nr_func_infos = code->nr_subprogs;
}

/**
 * lbpf_prog_place_records() - Find records in the rewritten program
 * @prog: Program under construction.
 * @code: As the rewriter left it, and as info shows it.
 *
 * Lines keep their offsets for lbpf_prog_finish_lines(); the new ones wait in ->line_addrs.
 *
 * Context: Process context, may sleep.
 * Return: 0.
 */
int lbpf_prog_place_records(struct lbpf_prog *prog, const struct lbpf_code *code)
{
	u32 i, at = 0;

	place_funcs(prog, code);
	for (i = 0; i < prog->nr_line_infos; i++)
		prog->line_addrs[i] = find_line(prog, code, i, &at);
	return 0;
}

static bool begins_func(const struct lbpf_code *code, u32 insn)
{
	u32 i;

	for (i = 0; i < code->nr_subprogs; i++)
		if (code->subprogs[i].start == insn)
			return true;
	return false;
}

/**
 * lbpf_prog_finish_lines() - Find lines in the machine code, and drop those without any
 * @prog: Program under construction, with its image.
 * @code: As the JIT got it.
 *
 * Addresses rise, as readers of the records expect; a function begins with a line.
 *
 * Context: Process context, may sleep.
 */
void lbpf_prog_finish_lines(struct lbpf_prog *prog, const struct lbpf_code *code)
{
	const struct lbpf_image *image = prog->image;
	u32 i, insn, last_insn = 0, nr = 0, at = 0;
	u64 addr, shown;

	for (i = 0; i < prog->nr_line_infos; i++) {
		insn = find_line(prog, code, i, &at);
		shown = prog->line_addrs[i];
		if (insn == U32_MAX || shown == U32_MAX)
			continue;
		addr = (unsigned long)image->funcs[0].addr + image->insn_off[insn];
		/* Nothing was emitted for the line before. */
		if (nr && prog->line_addrs[nr - 1] == addr) {
			nr--;
			if (begins_func(code, last_insn)) {
				shown = prog->line_infos[nr].insn_off;
				insn = last_insn;
			}
		}
		prog->line_addrs[nr] = addr;
		prog->line_infos[nr] = prog->line_infos[i];
		prog->line_infos[nr++].insn_off = shown;
		last_insn = insn;
	}
	prog->nr_line_infos = nr;
}
