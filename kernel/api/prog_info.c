// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_OBJ_GET_INFO_BY_FD for programs.
 *
 * Layer: api.
 */
#include <linux/capability.h>
#include <linux/uaccess.h>

#include <lbpf/btf_object.h>
#include <lbpf/jit.h>
#include <lbpf/map.h>
#include <lbpf/prog.h>

#include "api.h"
#include "prog_info.h"

/**
 * struct info_job - One question
 * @prog: Program asked for.
 * @info: Answer; on entry, what room the caller has for each array.
 * @is_raw: The caller may see kernel addresses.
 */
struct info_job {
	struct lbpf_prog	*prog;
	struct bpf_prog_info	info;
	bool			is_raw;
};

static void put_plain(struct info_job *job)
{
	const struct lbpf_prog *prog = job->prog;
	struct bpf_prog_info *info = &job->info;
	struct lbpf_prog_counts counts;

	info->type = prog->type;
	info->id = prog->obj.id;
	memcpy(info->tag, prog->tag, sizeof(info->tag));
	info->load_time = prog->load_time_ns;
	info->created_by_uid = prog->uid;
	memcpy(info->name, prog->name, sizeof(info->name));
	info->ifindex = 0;
	info->gpl_compatible = prog->is_gpl;
	info->netns_dev = 0;
	info->netns_ino = 0;
	info->btf_id = lbpf_btf_id(prog->btf);
	info->attach_btf_obj_id = lbpf_btf_id(prog->attach_btf);
	info->attach_btf_id = prog->attach_btf_id;
	info->verified_insns = prog->verified_insns;
	lbpf_prog_read_counts(prog, &counts);
	info->run_time_ns = counts.run_ns;
	info->run_cnt = counts.nr_runs;
	info->recursion_misses = counts.nr_misses;
}

/*
 * The caller says how large it thinks the records are.
 * Source: func_info_rec_size, line_info_rec_size, jited_line_info_rec_size.
 */
static int check_record_sizes(struct bpf_prog_info *info)
{
	if ((info->nr_func_info || info->func_info_rec_size) &&
	    info->func_info_rec_size != sizeof(struct bpf_func_info))
		return -EINVAL;
	if ((info->nr_line_info || info->line_info_rec_size) &&
	    info->line_info_rec_size != sizeof(struct bpf_line_info))
		return -EINVAL;
	if ((info->nr_jited_line_info || info->jited_line_info_rec_size) &&
	    info->jited_line_info_rec_size != sizeof(__u64))
		return -EINVAL;
	info->func_info_rec_size = sizeof(struct bpf_func_info);
	info->line_info_rec_size = sizeof(struct bpf_line_info);
	info->jited_line_info_rec_size = sizeof(__u64);
	return 0;
}

static int put_map_ids(struct info_job *job)
{
	u32 __user *to = u64_to_user_ptr(job->info.map_ids);
	struct lbpf_prog *prog = job->prog;
	u32 room = job->info.nr_map_ids;
	int err = 0;
	u32 i;

	mutex_lock(&prog->bind_lock);
	job->info.nr_map_ids = prog->nr_used_maps;
	for (i = 0; i < min(room, prog->nr_used_maps) && !err; i++)
		err = put_user(prog->used_maps[i]->obj.id, to + i);
	mutex_unlock(&prog->bind_lock);
	return err;
}

/* Everything that only somebody with CAP_BPF gets to see. */
static void clear_private(struct bpf_prog_info *info)
{
	info->jited_prog_len = 0;
	info->xlated_prog_len = 0;
	info->nr_jited_ksyms = 0;
	info->nr_jited_func_lens = 0;
	info->nr_func_info = 0;
	info->nr_line_info = 0;
	info->nr_jited_line_info = 0;
}

static int put_xlated(struct info_job *job)
{
	u32 room = job->info.xlated_prog_len;

	job->info.xlated_prog_len = job->prog->nr_insns * sizeof(struct bpf_insn);
	return lbpf_prog_copy_dump(job->prog, u64_to_user_ptr(job->info.xlated_prog_insns),
				   room, job->is_raw);
}

static int put_jited(struct info_job *job)
{
	u8 __user *to = u64_to_user_ptr(job->info.jited_prog_insns);
	const struct lbpf_image *image = job->prog->image;
	u32 room = job->info.jited_prog_len;
	u32 bytes;
	u32 i;

	job->info.jited_prog_len = image->size_bytes;
	if (room && !job->is_raw)
		job->info.jited_prog_insns = 0;
	if (!job->is_raw)
		return 0;
	for (i = 0; i < image->nr_funcs; i++) {
		bytes = min(room, image->funcs[i].size_bytes);
		if (copy_to_user(to, image->funcs[i].addr, bytes))
			return -EFAULT;
		to += bytes;
		room -= bytes;
	}
	return 0;
}

static int put_ksyms(struct info_job *job)
{
	u64 __user *to = u64_to_user_ptr(job->info.jited_ksyms);
	const struct lbpf_image *image = job->prog->image;
	u32 room = job->info.nr_jited_ksyms;
	u32 i;

	job->info.nr_jited_ksyms = image->nr_funcs;
	if (room && !job->is_raw)
		job->info.jited_ksyms = 0;
	for (i = 0; job->is_raw && i < min(room, image->nr_funcs); i++)
		if (put_user((u64)(unsigned long)image->funcs[i].addr, to + i))
			return -EFAULT;
	return 0;
}

static int put_func_lens(struct info_job *job)
{
	u32 __user *to = u64_to_user_ptr(job->info.jited_func_lens);
	const struct lbpf_image *image = job->prog->image;
	u32 room = job->info.nr_jited_func_lens;
	u32 i;

	job->info.nr_jited_func_lens = image->nr_funcs;
	for (i = 0; i < min(room, image->nr_funcs); i++)
		if (put_user(image->funcs[i].size_bytes, to + i))
			return -EFAULT;
	return 0;
}

/* Functions have no tags of their own: each shows that of the program. */
static int put_tags(struct info_job *job)
{
	u8 __user *to = u64_to_user_ptr(job->info.prog_tags);
	u32 nr = job->prog->image->nr_funcs;
	u32 room = job->info.nr_prog_tags;
	u32 i;

	job->info.nr_prog_tags = nr;
	for (i = 0; i < min(room, nr); i++, to += BPF_TAG_SIZE)
		if (copy_to_user(to, job->prog->tag, BPF_TAG_SIZE))
			return -EFAULT;
	return 0;
}

/* As many records as fit; their number becomes how many there are. */
static int put_array(u64 to, u32 *nr, const void *records, u32 nr_there, u32 record_bytes)
{
	u32 nr_wanted = min(*nr, nr_there);

	*nr = nr_there;
	if (!nr_wanted)
		return 0;
	return copy_to_user(u64_to_user_ptr(to), records, (size_t)nr_wanted * record_bytes) ?
	       -EFAULT : 0;
}

static int put_records(struct info_job *job)
{
	const struct lbpf_prog *prog = job->prog;
	struct bpf_prog_info *info = &job->info;
	int err;

	err = put_array(info->func_info, &info->nr_func_info, prog->func_infos,
			prog->nr_func_infos, sizeof(*prog->func_infos));
	if (!err)
		err = put_array(info->line_info, &info->nr_line_info, prog->line_infos,
				prog->nr_line_infos, sizeof(*prog->line_infos));
	if (err)
		return err;
	if (!job->is_raw) {
		info->jited_line_info = 0;
		info->nr_jited_line_info = prog->nr_line_infos;
		return 0;
	}
	return put_array(info->jited_line_info, &info->nr_jited_line_info, prog->line_addrs,
			 prog->nr_line_infos, sizeof(*prog->line_addrs));
}

/* Parts of the answer that need CAP_BPF. */
static int (* const private_parts[])(struct info_job *job) = {
	put_xlated,
	put_jited,
	put_ksyms,
	put_func_lens,
	put_records,
	put_tags,
};

static int fill_info(struct info_job *job)
{
	size_t i;
	int err;

	put_plain(job);
	err = put_map_ids(job);
	if (!err)
		err = check_record_sizes(&job->info);
	if (err)
		return err;
	if (!bpf_capable()) {
		clear_private(&job->info);
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(private_parts) && !err; i++)
		err = private_parts[i](job);
	return err;
}

/**
 * lbpf_prog_info_get() - Information about a program
 * @prog: Program.
 * @call: BPF_OBJ_GET_INFO_BY_FD.
 *
 * Each array has a number beside it: in, the room of the caller; out, what
 * there is.  As much as fits is copied.
 *
 * Source: struct bpf_prog_info in <linux/bpf.h>.
 * Context: Process context, may sleep.
 * Return: 0, -E2BIG, -EFAULT, -EINVAL.
 */
int lbpf_prog_info_get(struct lbpf_prog *prog, struct lbpf_call *call)
{
	struct info_job job = { .prog = prog };
	int bytes;
	int err;

	bytes = lbpf_info_size(call, sizeof(job.info));
	if (bytes < 0)
		return bytes;
	if (copy_from_user(&job.info, u64_to_user_ptr(call->attr.info.info), bytes))
		return -EFAULT;
	/* Stands for what kernel.kptr_restrict decides, which modules cannot read. */
	job.is_raw = ns_capable_noaudit(&init_user_ns, CAP_SYSLOG);
	err = fill_info(&job);
	if (err)
		return err;
	return lbpf_info_put(call, &job.info, bytes);
}
