// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_LOAD: the checks of its attributes, and the pipeline behind them.
 *
 * Layer: api.
 */
#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/license.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include <lbpf/alloc.h>
#include <lbpf/btf.h>
#include <lbpf/btf_object.h>
#include <lbpf/code.h>
#include <lbpf/jit.h>
#include <lbpf/kernel_btf.h>
#include <lbpf/map.h>
#include <lbpf/prog.h>
#include <lbpf/progtype.h>
#include <lbpf/rewrite.h>
#include <lbpf/tables.h>
#include <lbpf/user.h>
#include <lbpf/verifier.h>

#include "api.h"
#include "prog.h"

#define LICENSE_BYTES	128

/* Source: prog_flags of BPF_PROG_LOAD in <linux/bpf.h>. */
#define KNOWN_PROG_FLAGS						\
	(BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT |			\
	 BPF_F_TEST_STATE_FREQ | BPF_F_SLEEPABLE |			\
	 BPF_F_TEST_RND_HI32 | BPF_F_XDP_HAS_FRAGS)

/**
 * struct load - One BPF_PROG_LOAD
 * @attr: Attributes.
 * @code: Program under construction.
 * @log: Its log.
 * @prog: Program to be.
 */
struct load {
	const union bpf_attr	*attr;
	struct lbpf_code	code;
	struct lbpf_log		log;
	struct lbpf_prog	*prog;
};

static u32 effective_caps(void)
{
	u32 caps = 0;

	if (bpf_capable())
		caps |= LBPF_CAP_BPF;
	if (perfmon_capable())
		caps |= LBPF_CAP_PERFMON;
	if (capable(CAP_NET_ADMIN) || capable(CAP_SYS_ADMIN))
		caps |= LBPF_CAP_NET_ADMIN;
	if (capable(CAP_SYS_ADMIN))
		caps |= LBPF_CAP_SYS_ADMIN;
	return caps;
}

static bool read_kernel_text(char *text, u64 from, u32 bytes)
{
	u32 i;

	for (i = 0; i < bytes; i++) {
		if (!lbpf_read(&text[i], from + i, 1, true))
			return false;
		if (!text[i])
			break;
	}
	return true;
}

static int read_license(struct load *load)
{
	u64 from = load->attr->license;
	char license[LICENSE_BYTES];

	if (load->code.is_kernel) {
		if (!read_kernel_text(license, from, sizeof(license) - 1))
			return -EFAULT;
	} else if (strncpy_from_user(license, u64_to_user_ptr(from), sizeof(license) - 1) < 0) {
		return -EFAULT;
	}
	license[sizeof(license) - 1] = 0;
	load->code.is_gpl = license_is_gpl_compatible(license);
	return 0;
}

static int check_count(const struct load *load)
{
	u32 max = lbpf_code_may(&load->code, LBPF_CAP_BPF) ? LBPF_MAX_INSNS :
							     LBPF_MAX_INSNS_UNPRIV;
	u32 nr = load->attr->insn_cnt;

	return nr && nr <= max ? 0 : -E2BIG;
}

/* Types that nobody has heard of need CAP_BPF too, before they are refused. */
static int check_caps(struct load *load)
{
	u32 flags = load->code.pt ? load->code.pt->flags : 0;

	if (!(flags & LBPF_PT_UNPRIV) && !lbpf_code_may(&load->code, LBPF_CAP_BPF))
		return -EPERM;
	if ((flags & LBPF_PT_NET_ADMIN) && !lbpf_code_may(&load->code, LBPF_CAP_NET_ADMIN))
		return -EPERM;
	if ((flags & LBPF_PT_PERFMON) && !lbpf_code_may(&load->code, LBPF_CAP_PERFMON))
		return -EPERM;
	return 0;
}

/* BTF that attach_btf_id names a type of, with a reference: vmlinux', unless a descriptor says. */
static const struct lbpf_btf *get_attach_btf(const union bpf_attr *attr)
{
	const struct lbpf_btf *btf;

	if (attr->attach_btf_obj_fd) {
		btf = lbpf_kernel_btf_from_fd(attr->attach_btf_obj_fd);
		return btf == ERR_PTR(-EBADF) ? ERR_PTR(-EINVAL) : btf;
	}
	btf = lbpf_kernel_btf();
	if (!IS_ERR(btf))
		lbpf_btf_get(btf);
	return btf == ERR_PTR(-ENOENT) ? ERR_PTR(-EINVAL) : btf;
}

static int find_attach_btf(struct load *load)
{
	const union bpf_attr *attr = load->attr;
	const struct lbpf_btf *btf;

	if (!attr->attach_btf_obj_fd && !attr->attach_btf_id)
		return 0;
	btf = get_attach_btf(attr);
	if (IS_ERR(btf))
		return PTR_ERR(btf);
	load->prog->attach_btf = btf;
	load->prog->attach_btf_id = attr->attach_btf_id;
	load->code.attach.btf = btf;
	load->code.attach.id = attr->attach_btf_id;
	return 0;
}

/* Nothing that is built so far attaches to a program, or runs on a network device. */
static int check_attach(struct load *load)
{
	const union bpf_attr *attr = load->attr;
	const struct lbpf_progtype *pt = load->code.pt;
	int err = find_attach_btf(load);

	if (err)
		return err;
	if (attr->attach_btf_id && (attr->attach_btf_id > BTF_MAX_TYPE || !pt ||
				    !(pt->flags & LBPF_PT_BTF_TARGET)))
		return -EINVAL;
	if (load->code.attach.btf && !attr->attach_btf_id)
		return -EINVAL;
	if (pt && pt->expected_attach_ok && !pt->expected_attach_ok(attr->expected_attach_type))
		return -EINVAL;
	return 0;
}

static int copy_insns(struct load *load)
{
	struct lbpf_code *code = &load->code;
	u32 nr = load->attr->insn_cnt;

	code->insns = lbpf_area_alloc_raw(nr, sizeof(*code->insns), NUMA_NO_NODE);
	if (!code->insns)
		return -ENOMEM;
	code->nr_insns = nr;
	code->nr_orig_insns = nr;
	if (!lbpf_read(code->insns, load->attr->insns, nr * sizeof(*code->insns),
		       code->is_kernel))
		return -EFAULT;
	return 0;
}

static int check_type(struct load *load)
{
	return load->code.pt && !load->attr->prog_ifindex ? 0 : -EINVAL;
}

/* Source: prog_name of BPF_PROG_LOAD: letters, digits, '_' and '.', and a closing NUL. */
static int copy_name(struct load *load)
{
	const char *name = load->attr->prog_name;
	size_t len = strnlen(name, BPF_OBJ_NAME_LEN);
	size_t i;

	if (len == BPF_OBJ_NAME_LEN)
		return -EINVAL;
	for (i = 0; i < len; i++)
		if (!isalnum(name[i]) && name[i] != '_' && name[i] != '.')
			return -EINVAL;
	memcpy(load->prog->name, name, len);
	return 0;
}

/* What the passes make contains kernel addresses. */
static int open_log(struct load *load)
{
	if (load->attr->log_level & LBPF_LOG_PASSES &&
	    !ns_capable_noaudit(&init_user_ns, CAP_SYSLOG))
		return -EINVAL;
	return lbpf_log_open(&load->log, load->attr->log_level,
			     u64_to_user_ptr(load->attr->log_buf), load->attr->log_size);
}

/* Source: BPF_F_SLEEPABLE in <linux/bpf.h>. */
static int check_sleepable(struct load *load)
{
	u32 flags = load->code.pt->flags;

	if (flags & LBPF_PT_ALWAYS_SLEEPABLE && !(load->code.prog_flags & BPF_F_SLEEPABLE)) {
		lbpf_log(&load->log, "Syscall programs can only be sleepable\n");
		return -EINVAL;
	}
	if (!(load->code.prog_flags & BPF_F_SLEEPABLE) || flags & LBPF_PT_SLEEPABLE)
		return 0;
	lbpf_log(&load->log,
		 "Only fentry/fexit/fmod_ret, lsm, and kprobe/uprobe programs can be sleepable\n");
	return -EINVAL;
}

static int check_records(struct load *load)
{
	const struct lbpf_prog *prog = load->prog;
	struct lbpf_code *code = &load->code;
	int err = lbpf_prog_read_records(load->prog, load->attr, code);

	code->btf = prog->btf;
	code->func_infos = prog->func_infos;
	code->nr_func_infos = prog->nr_func_infos;
	code->line_infos = prog->line_infos;
	code->nr_line_infos = prog->nr_line_infos;
	return err;
}

/* Source: Linux 6.1 looks at relocations only of a program that has other records, observed. */
static int relocate(struct load *load)
{
	const union bpf_attr *attr = load->attr;

	if (!attr->core_relo_cnt || (!attr->func_info_cnt && !attr->line_info_cnt))
		return 0;
	return lbpf_prog_relocate(load->prog, attr, &load->code);
}

static int place_records(struct load *load)
{
	return lbpf_prog_place_records(load->prog, &load->code);
}

static int finish_lines(struct load *load)
{
	lbpf_prog_finish_lines(load->prog, &load->code);
	return 0;
}

/* Time that all loads have taken, by stage. */
static atomic64_t stage_ns[NR_LBPF_LOAD_STAGES];

/**
 * lbpf_load_ns() - Time that a stage of PROG_LOAD has taken so far
 * @stage: Stage.
 *
 * Context: Any.
 * Return: ns, of all programs since the module was loaded.
 */
u64 lbpf_load_ns(enum lbpf_load_stage stage)
{
	return atomic64_read(&stage_ns[stage]);
}

static void add_time(enum lbpf_load_stage stage, u64 start_ns)
{
	atomic64_add(ktime_get_ns() - start_ns, &stage_ns[stage]);
}

static int alloc_aux(struct lbpf_code *code)
{
	u32 i;

	code->aux = lbpf_area_alloc_raw(code->nr_insns, sizeof(*code->aux), NUMA_NO_NODE);
	if (!code->aux)
		return -ENOMEM;
	for (i = 0; i < code->nr_insns; i++)
		code->aux[i] = (struct lbpf_insn_aux){ .orig = i };
	return 0;
}

/* The tag, and room for what is found out, are made where bpf(2) makes them, and counted there. */
static int verify(struct load *load)
{
	u64 start_ns = ktime_get_ns();
	int err;

	lbpf_prog_calc_tag(load->code.insns, load->code.nr_insns, load->prog->tag);
	err = alloc_aux(&load->code);
	if (!err)
		err = lbpf_verify(&load->code);
	add_time(LBPF_LOAD_VERIFY, start_ns);
	return err;
}

static int keep_facts(struct load *load)
{
	load->prog->verified_insns = load->code.processed_insns;
	lbpf_prog_keep_facts(load->prog, &load->code);
	return 0;
}

static char steps_off[32];
module_param_string(steps_off, steps_off, sizeof(steps_off), 0600);
MODULE_PARM_DESC(steps_off,
		 "for measurements: letters of steps that make better code, not to be taken: "
		 LBPF_ALL_STEPS);

static int choose_steps(struct load *load)
{
	const char *letter;

	kernel_param_lock(THIS_MODULE);
	for (letter = steps_off; *letter; letter++)
		if (strchr(LBPF_ALL_STEPS, *letter))
			load->code.steps_off |= lbpf_step_bit(*letter);
	kernel_param_unlock(THIS_MODULE);
	return 0;
}

static int rewrite(struct load *load)
{
	u64 start_ns = ktime_get_ns();
	int err = lbpf_rewrite(&load->code);

	add_time(LBPF_LOAD_REWRITE, start_ns);
	return err;
}

static int keep_dump(struct load *load)
{
	return lbpf_prog_keep_dump(load->prog, &load->code);
}

/* Whose constants are kept out of the machine code.  Source: net.core.bpf_jit_harden. */
enum harden {
	HARDEN_NOBODY,
	HARDEN_UNPRIV,
	HARDEN_ALL,
};

static uint jit_harden = HARDEN_UNPRIV;
module_param(jit_harden, uint, 0600);
MODULE_PARM_DESC(jit_harden,
		 "constants blinded: 0 never, 1 of unprivileged programs, 2 of all programs");

static int blind(struct load *load)
{
	uint wanted = READ_ONCE(jit_harden);

	if (wanted == HARDEN_NOBODY ||
	    (wanted == HARDEN_UNPRIV && lbpf_code_may(&load->code, LBPF_CAP_BPF)))
		return 0;
	return lbpf_blind(&load->code);
}

/* By the types that the program came with. */
static const char *func_name(const void *ctx, u32 func)
{
	const struct lbpf_prog *prog = ctx;
	const struct btf_type *type;

	if (func >= prog->nr_func_infos)
		return NULL;
	type = lbpf_btf_type(prog->btf, prog->func_infos[func].type_id);
	return type ? lbpf_btf_name(prog->btf, type->name_off) : NULL;
}

static void name_image(struct lbpf_image *image, const struct lbpf_prog *prog)
{
	struct lbpf_image_names names = {
		.tag		= prog->tag,
		.tag_bytes	= sizeof(prog->tag),
		.name		= prog->name,
		.func_name	= func_name,
		.ctx		= prog,
	};

	lbpf_image_name(image, &names);
}

static int emit(struct load *load)
{
	u64 start_ns = ktime_get_ns();
	struct lbpf_image *image = lbpf_jit(&load->code);

	add_time(LBPF_LOAD_EMIT, start_ns);
	if (IS_ERR(image))
		return PTR_ERR(image);
	name_image(image, load->prog);
	load->prog->image = image;
	load->prog->free_image = lbpf_image_free;
	load->prog->func = image->entry;
	load->prog->tail_entry = image->tail_entry;
	return 0;
}

/* The maps' references go over to the program. */
static int keep_maps(struct load *load)
{
	struct lbpf_code *code = &load->code;
	struct lbpf_prog *prog = load->prog;
	size_t bytes = code->nr_used_maps * sizeof(*prog->used_maps);

	if (!bytes)
		return 0;
	prog->used_maps = lbpf_zalloc(bytes, GFP_KERNEL);
	if (!prog->used_maps)
		return -ENOMEM;
	memcpy(prog->used_maps, code->used_maps, bytes);
	prog->nr_used_maps = code->nr_used_maps;
	code->nr_used_maps = 0;
	return 0;
}

/* So do those on types of modules. */
static int keep_btfs(struct load *load)
{
	struct lbpf_code *code = &load->code;
	struct lbpf_prog *prog = load->prog;
	size_t bytes = code->nr_used_btfs * sizeof(*prog->used_btfs);

	if (!bytes)
		return 0;
	prog->used_btfs = lbpf_zalloc(bytes, GFP_KERNEL);
	if (!prog->used_btfs)
		return -ENOMEM;
	memcpy(prog->used_btfs, code->used_btfs, bytes);
	prog->nr_used_btfs = code->nr_used_btfs;
	code->nr_used_btfs = 0;
	return 0;
}

static int describe(struct load *load)
{
	const struct lbpf_code *code = &load->code;
	struct lbpf_prog *prog = load->prog;

	prog->pt = code->pt;
	prog->type = code->pt->type;
	prog->expected_attach_type = code->expected_attach_type;
	prog->prog_flags = code->prog_flags;
	prog->is_gpl = code->is_gpl;
	prog->is_sleepable = code->prog_flags & BPF_F_SLEEPABLE;
	prog->nr_orig_insns = code->nr_orig_insns;
	prog->uid = from_kuid_munged(current_user_ns(), current_uid());
	prog->load_time_ns = ktime_get_boottime_ns();
	return 0;
}

/* What the verifier has found out.  A program that is jumped to may do anything. */
static int describe_effects(struct load *load)
{
	const struct lbpf_code *code = &load->code;
	struct lbpf_prog *prog = load->prog;

	prog->tp_buffer_bytes = code->tp_buffer_bytes;
	prog->attach_proto = code->attach.proto;
	prog->has_tail_call = code->has_tail_call;
	prog->ctx_end = code->ctx_end;
	prog->uses_cb = code->uses_cb || code->has_tail_call;
	prog->changes_packet = code->changes_packet || code->has_tail_call;
	return 0;
}

/* Maps of programs hold one kind. */
static int check_admission(struct load *load)
{
	struct lbpf_map *map;
	u32 i;

	for (i = 0; i < load->code.nr_used_maps; i++) {
		map = load->code.used_maps[i];
		if (map->ops->admit && !map->ops->admit(map, load->prog))
			return -EINVAL;
	}
	return 0;
}

/* A pass of the pipeline: 0, or -errno, which ends it. */
typedef int (*pass_fn)(struct load *load);

/* What can be refused without looking at the program. */
static const pass_fn attribute_passes[] = {
	check_caps,
	check_attach,
	copy_insns,
	check_type,
	copy_name,
	open_log,
};

/* From instructions to machine code. */
static const pass_fn program_passes[] = {
	describe,
	check_sleepable,
	check_records,
	relocate,
	verify,
	describe_effects,
	check_admission,
	choose_steps,
	rewrite,
	keep_dump,
	place_records,
	blind,
	emit,
	finish_lines,
	keep_facts,
	keep_maps,
	keep_btfs,
};

static int run_passes(struct load *load, const pass_fn *passes, size_t nr_passes)
{
	size_t i;
	int err;

	for (i = 0; i < nr_passes; i++) {
		err = passes[i](load);
		if (err)
			return err;
	}
	return 0;
}

static int build_prog(struct load *load)
{
	int err;

	err = run_passes(load, attribute_passes, ARRAY_SIZE(attribute_passes));
	if (err)
		return err;
	err = run_passes(load, program_passes, ARRAY_SIZE(program_passes));
	/* A log that could not be written is an error of its own, whatever the verdict. */
	return lbpf_log_error(&load->log) ?: err;
}

static void free_load(struct load *load)
{
	u32 i;

	for (i = 0; i < load->code.nr_used_maps; i++)
		lbpf_map_put(load->code.used_maps[i]);
	lbpf_used_btfs_put(load->code.used_btfs, load->code.nr_used_btfs);
	lbpf_area_free(load->code.facts);
	lbpf_area_free(load->code.aux);
	lbpf_area_free(load->code.insns);
	if (load->prog)
		lbpf_prog_discard(load->prog);
	lbpf_area_free(load);
}

/*
 * Visible from here on: only the descriptor can still fail, and dropping the reference undoes it.
 */
static int publish(struct load *load)
{
	struct lbpf_prog *prog = load->prog;
	int ret;

	ret = lbpf_object_publish(&prog->obj);
	if (ret)
		return ret;
	load->prog = NULL;
	ret = lbpf_object_fd(&prog->obj, O_RDWR);
	if (ret < 0)
		lbpf_object_put_user(&prog->obj);
	return ret;
}

static int load_prog(struct load *load)
{
	int err;

	err = read_license(load);
	if (err)
		return err;
	err = check_count(load);
	if (err)
		return err;
	load->prog = lbpf_prog_alloc();
	if (!load->prog)
		return -ENOMEM;
	load->code.prog = load->prog;
	err = build_prog(load);
	if (err || load->code.rejection)
		return err;
	return publish(load);
}

/**
 * lbpf_prog_load() - Load a program, or find out why not
 * @call: Attributes of BPF_PROG_LOAD.
 * @rejection: Zeroed; gets what the verifier refuses, and then no program is left.  Or NULL.
 *
 * Source: BPF_PROG_LOAD of bpf(2): its attributes are checked in the same order.
 * Context: Process context, may sleep.
 * Return: Descriptor (with @rejection: 0), or -errno.
 */
int lbpf_prog_load(const struct lbpf_call *call, struct lbpf_rejection *rejection)
{
	const union bpf_attr *attr = &call->attr;
	struct load *load;
	int ret;

	if (attr->prog_flags & ~KNOWN_PROG_FLAGS)
		return -EINVAL;
	load = lbpf_area_alloc(sizeof(*load), NUMA_NO_NODE);
	if (!load)
		return -ENOMEM;
	load->attr = attr;
	load->code.caps = effective_caps();
	load->code.pt = lbpf_prog_type(attr->prog_type);
	load->code.expected_attach_type = attr->expected_attach_type;
	load->code.prog_flags = attr->prog_flags;
	load->code.needs_rnd_hi32 = attr->prog_flags & BPF_F_TEST_RND_HI32;
	load->code.is_kernel = call->is_kernel;
	load->code.fd_array = attr->fd_array;
	load->code.log = &load->log;
	load->code.rejection = rejection;
	ret = load_prog(load);
	free_load(load);
	return ret;
}

/**
 * lbpf_cmd_prog_load() - BPF_PROG_LOAD
 * @call: Command.
 *
 * Context: Process context, may sleep.
 * Return: Descriptor, or -errno.
 */
int lbpf_cmd_prog_load(struct lbpf_call *call)
{
	return lbpf_prog_load(call, NULL);
}
