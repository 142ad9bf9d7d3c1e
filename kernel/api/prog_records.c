// SPDX-License-Identifier: GPL-2.0
/*
 * Records about the functions and lines of a program.
 *
 * Layer: api.  They are checked, and not kept: nothing reads them yet.
 *
 * Source: func_info and line_info of BPF_PROG_LOAD; words and order of the
 * refusals are those of Linux 6.1.
 */
#include <linux/err.h>
#include <linux/uaccess.h>

#include <lbpf/btf_object.h>
#include <lbpf/log.h>

#include "prog.h"

#define MAX_RECORD_BYTES	252

/**
 * struct records - Records of one kind
 * @ptr: User pointer.
 * @nr: Number of them.
 * @user_bytes: Size of one as the caller has it.
 * @known_bytes: Size of one as it is known here.
 * @name: For messages.
 */
struct records {
	u64		ptr;
	u32		nr;
	u32		user_bytes;
	u32		known_bytes;
	const char	*name;
};

/* What may follow a known record is zero. */
static int read_record(const struct records *records, u32 i, void *record, struct lbpf_log *log)
{
	const void __user *from = u64_to_user_ptr(records->ptr) + (u64)i * records->user_bytes;
	int zero = 1;

	if (records->user_bytes > records->known_bytes)
		zero = check_zeroed_user(from + records->known_bytes,
					 records->user_bytes - records->known_bytes);
	if (zero < 0)
		return zero;
	if (!zero) {
		lbpf_log(log, "nonzero tailing record in %s", records->name);
		return -E2BIG;
	}
	return copy_from_user(record, from, records->known_bytes) ? -EFAULT : 0;
}

static bool is_size(const struct records *records)
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
		lbpf_log(log, "same or smaller insn offset (%u) than previous func info record (%u)",
			 func->insn_off, last_off);
		return -EINVAL;
	}
	if (!is_func(btf, func->type_id)) {
		lbpf_log(log, "invalid type id %d in func info", func->type_id);
		return -EINVAL;
	}
	return 0;
}

static int check_funcs(const struct lbpf_btf *btf, const union bpf_attr *attr,
		       struct lbpf_log *log)
{
	struct records records = {
		attr->func_info, attr->func_info_cnt, attr->func_info_rec_size,
		sizeof(struct bpf_func_info), "func info"
	};
	struct bpf_func_info func;
	u32 i, last_off = 0;
	int err = 0;

	if (records.nr && !is_size(&records)) {
		lbpf_log(log, "invalid func info rec size %u\n", records.user_bytes);
		return -EINVAL;
	}
	for (i = 0; i < records.nr && !err; i++) {
		err = read_record(&records, i, &func, log);
		if (!err)
			err = check_func(btf, &func, i, last_off, log);
		last_off = func.insn_off;
	}
	return err;
}

static int check_line(const struct lbpf_btf *btf, const struct bpf_line_info *line, u32 i,
		      const union bpf_attr *attr, struct lbpf_log *log)
{
	if (line->insn_off < attr->insn_cnt && lbpf_btf_name(btf, line->line_off) &&
	    lbpf_btf_name(btf, line->file_name_off))
		return 0;
	if (line->insn_off >= attr->insn_cnt)
		lbpf_log(log, "Invalid line_info[%u].insn_off:%u (prog->len:%u)\n", i,
			 line->insn_off, attr->insn_cnt);
	else
		lbpf_log(log, "Invalid line_info[%u].line_off or .file_name_off\n", i);
	return -EINVAL;
}

static int check_lines(const struct lbpf_btf *btf, const union bpf_attr *attr,
		       struct lbpf_log *log)
{
	struct records records = {
		attr->line_info, attr->line_info_cnt, attr->line_info_rec_size,
		sizeof(struct bpf_line_info), "line_info"
	};
	struct bpf_line_info line;
	u32 i, last_off = 0;
	int err = 0;

	if (records.nr && !is_size(&records))
		return -EINVAL;
	if (records.nr > INT_MAX / records.known_bytes)
		return -EINVAL;
	for (i = 0; i < records.nr && !err; i++) {
		err = read_record(&records, i, &line, log);
		if (err)
			break;
		if (i && line.insn_off <= last_off)
			err = -EINVAL;
		else
			err = check_line(btf, &line, i, attr, log);
		last_off = line.insn_off;
	}
	return err;
}

/**
 * lbpf_prog_check_records() - Check the records that a program comes with
 * @attr: Attributes of BPF_PROG_LOAD.
 * @log: Where refusals are explained.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_prog_check_records(const union bpf_attr *attr, struct lbpf_log *log)
{
	struct lbpf_btf *btf;
	int err;

	if (!attr->func_info_cnt && !attr->line_info_cnt)
		return 0;
	btf = lbpf_btf_from_fd(attr->prog_btf_fd);
	if (IS_ERR(btf))
		return PTR_ERR(btf);
	err = check_funcs(btf, attr, log) ?: check_lines(btf, attr, log);
	lbpf_btf_put(btf);
	return err;
}
