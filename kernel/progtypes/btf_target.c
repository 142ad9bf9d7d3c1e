// SPDX-License-Identifier: GPL-2.0
/*
 * What programs attach to that name it by a BTF id: functions, tracepoints, iterators, LSM hooks.
 *
 * Layer: progtypes.
 * Source: attach_btf_id of BPF_PROG_LOAD; words and order of the refusals are those of Linux 6.1.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <lbpf/btf.h>
#include <lbpf/code.h>
#include <lbpf/func_model.h>
#include <lbpf/log.h>

#include "btf_target.h"

#define TRACE_PREFIX	"btf_trace_"
#define LSM_PREFIX	"bpf_lsm_"
#define ITER_PREFIX	"bpf_iter_"

static bool starts_with(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

/* The type with attach_btf_id, which has a name. */
static const struct btf_type *find_type(struct lbpf_code *code)
{
	struct lbpf_attach *attach = &code->attach;
	const struct btf_type *type = NULL;

	if (!attach->id) {
		lbpf_log(code->log, "Tracing programs must provide btf_id\n");
		return NULL;
	}
	if (attach->btf)
		type = lbpf_btf_type(attach->btf, attach->id);
	if (!type) {
		lbpf_log(code->log, "attach_btf_id %u is invalid\n", attach->id);
		return NULL;
	}
	attach->name = lbpf_btf_name(attach->btf, type->name_off);
	if (attach->name)
		return type;
	lbpf_log(code->log, "attach_btf_id %u doesn't have a name\n", attach->id);
	return NULL;
}

static int find_proto(struct lbpf_attach *attach, u32 id)
{
	const struct btf_type *proto = lbpf_btf_type(attach->btf, id);

	if (!proto || lbpf_btf_kind(proto) != BTF_KIND_FUNC_PROTO)
		return -EINVAL;
	attach->proto = proto;
	return 0;
}

/* typedef of a pointer to a function, whose first parameter is not the program's. */
static int find_tracepoint(struct lbpf_code *code, const struct btf_type *type)
{
	struct lbpf_attach *attach = &code->attach;

	if (lbpf_btf_kind(type) != BTF_KIND_TYPEDEF)
		return refuse(code, -EINVAL, "attach_btf_id %u is not a typedef", attach->id);
	if (!starts_with(attach->name, TRACE_PREFIX))
		return refuse(code, -EINVAL, "attach_btf_id %u points to wrong type name %s",
			      attach->id, attach->name);
	attach->name += strlen(TRACE_PREFIX);
	type = lbpf_btf_type(attach->btf, type->type);
	if (!type || lbpf_btf_kind(type) != BTF_KIND_PTR)
		return -EINVAL;
	attach->nr_skipped_args = 1;
	return find_proto(attach, type->type);
}

static int find_function(struct lbpf_code *code, const struct btf_type *type)
{
	struct lbpf_attach *attach = &code->attach;

	if (lbpf_btf_kind(type) != BTF_KIND_FUNC)
		return refuse(code, -EINVAL, "attach_btf_id %u is not a function", attach->id);
	return find_proto(attach, type->type);
}

/* Arguments in registers, and a result that is one; what a trampoline cannot do is refused. */
static int check_proto(struct lbpf_code *code)
{
	const struct lbpf_attach *attach = &code->attach;
	const struct btf_type *proto = attach->proto;
	const struct btf_param *params = lbpf_btf_params(proto);
	const struct btf_type *result = lbpf_btf_skip_mods(attach->btf, proto->type, NULL);
	u32 i, bytes, nr = lbpf_btf_vlen(proto);

	if (nr > LBPF_FUNC_MAX_ARGS)
		return refuse(code, -EINVAL,
			      "The function %s has %d arguments. Too many.", attach->name, nr);
	if (proto->type && (!lbpf_func_passed_bytes(attach->btf, proto->type) ||
			    (result && lbpf_btf_kind(result) == BTF_KIND_STRUCT)))
		return refuse(code, -EINVAL, "The function %s return type %s is unsupported.",
			      attach->name,
			      lbpf_btf_kind_name(result ? lbpf_btf_kind(result) : 0));
	for (i = 0; i < nr; i++) {
		if (i == nr - 1 && !params[i].type)
			return refuse(code, -EINVAL,
				      "The function %s with variable args is unsupported.",
				      attach->name);
		bytes = lbpf_func_passed_bytes(attach->btf, params[i].type);
		if (!bytes || bytes > 16)
			return refuse(code, -EINVAL,
				      "The function %s arg%d type is unsupported.",
				      attach->name, i);
	}
	return 0;
}

/*
 * Security hooks have a result that may be replaced.  Linux also takes functions that errors may be
 * injected into, and lets programs sleep at those; the kernels that lbpf runs on are built without.
 */
static bool is_modifiable(const char *name)
{
	return starts_with(name, "security_");
}

/*
 * What is called on the way into and out of each program: it would enter itself there.  Linux
 * refuses most of them, without a word.
 */
static const char * const ways_in[] = {
	"__rcu_read_lock", "__rcu_read_unlock", "migrate_disable", "migrate_enable",
	"preempt_count_add", "preempt_count_sub", "rcu_read_unlock_strict",
	"rcu_read_unlock_trace_special",
};

static bool is_way_in(const char *name)
{
	return match_string(ways_in, ARRAY_SIZE(ways_in), name) >= 0;
}

static int check_function(struct lbpf_code *code)
{
	const struct lbpf_attach *attach = &code->attach;

	if (is_way_in(attach->name))
		return -EINVAL;
	if (code->prog_flags & BPF_F_SLEEPABLE)
		return refuse(code, -EINVAL, "%s is not sleepable", attach->name);
	if (code->expected_attach_type == BPF_MODIFY_RETURN && !is_modifiable(attach->name))
		return refuse(code, -EINVAL, "%s() is not modifiable", attach->name);
	return 0;
}

/**
 * struct iterator - What programs can iterate over
 * @name: Behind "bpf_iter_".
 * @arg_types: As lbpf_attach::arg_types.
 */
struct iterator {
	const char	*name;
	u32		arg_types[LBPF_ATTACH_ARGS];
};

#define OBJECT		(LBPF_PTR_BTF_ID | LBPF_MAYBE_NULL)
#define BUFFER		(LBPF_PTR_BUF | LBPF_MAYBE_NULL)

/* Source: struct bpf_iter__* in vmlinux BTF. */
static const struct iterator iterators[] = {
	{ "bpf_link", { 0, OBJECT } },
	{ "bpf_map", { 0, OBJECT } },
	{ "bpf_map_elem", { 0, OBJECT, BUFFER | LBPF_RDONLY, BUFFER } },
	{ "bpf_prog", { 0, OBJECT } },
	{ "bpf_sk_storage_map", { 0, OBJECT, OBJECT, BUFFER } },
	{ "cgroup", { 0, OBJECT } },
	{ "ipv6_route", { 0, OBJECT } },
	{ "ksym", { 0, OBJECT } },
	{ "netlink", { 0, OBJECT } },
	{ "sockmap", { 0, OBJECT, BUFFER | LBPF_RDONLY, OBJECT } },
	{ "task", { 0, OBJECT } },
	{ "task_file", { 0, OBJECT, 0, OBJECT } },
	{ "task_vma", { 0, OBJECT, OBJECT } },
	{ "tcp", { 0, OBJECT } },
	{ "udp", { 0, OBJECT } },
	{ "unix", { 0, OBJECT } },
};

static int find_iterator(struct lbpf_code *code)
{
	struct lbpf_attach *attach = &code->attach;
	u32 i;

	if (!starts_with(attach->name, ITER_PREFIX))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(iterators); i++) {
		if (strcmp(attach->name + strlen(ITER_PREFIX), iterators[i].name))
			continue;
		memcpy(attach->arg_types, iterators[i].arg_types, sizeof(attach->arg_types));
		return 0;
	}
	return -EINVAL;
}

/**
 * lbpf_tracing_target() - What a tracing program attaches to
 * @code: Program.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EINVAL with the reason in the log.
 */
int lbpf_tracing_target(struct lbpf_code *code)
{
	const struct btf_type *type = find_type(code);
	int err;

	if (!type)
		return -EINVAL;
	switch (code->expected_attach_type) {
	case BPF_TRACE_RAW_TP:
		return find_tracepoint(code, type);
	case BPF_TRACE_ITER:
		return find_function(code, type) ?: check_proto(code) ?: find_iterator(code);
	case BPF_TRACE_FEXIT:
		code->attach.result = LBPF_RESULT_SHOWN;
		break;
	case BPF_MODIFY_RETURN:
		code->attach.result = LBPF_RESULT_NUMBER;
		break;
	case BPF_TRACE_FENTRY:
		break;
	default:
		return -EINVAL;
	}
	err = find_function(code, type) ?: check_proto(code);
	return err ?: check_function(code);
}

/* A function at a hook is named after it; all hooks are members of one union. */
static bool is_hook(const struct lbpf_attach *attach)
{
	int id = lbpf_btf_find(attach->btf, "security_list_options", BTF_KIND_UNION);
	const struct btf_member *member;
	const struct btf_type *type;
	u32 i;

	if (id < 0 || !starts_with(attach->name, LSM_PREFIX))
		return false;
	type = lbpf_btf_type(attach->btf, id);
	lbpf_btf_for_each_member(i, type, member)
		if (!strcmp(lbpf_btf_name(attach->btf, member->name_off) ?: "",
			    attach->name + strlen(LSM_PREFIX)))
			return true;
	return false;
}

/**
 * lbpf_lsm_target() - What an LSM program attaches to
 * @code: Program.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EINVAL with the reason in the log.
 */
int lbpf_lsm_target(struct lbpf_code *code)
{
	const struct btf_type *type = find_type(code);
	struct lbpf_attach *attach = &code->attach;
	int err;

	if (!type)
		return -EINVAL;
	err = find_function(code, type) ?: check_proto(code);
	if (err)
		return err;
	if (code->prog_flags & BPF_F_SLEEPABLE && !lbpf_lsm_may_sleep(attach->name))
		return refuse(code, -EINVAL, "%s is not sleepable", attach->name);
	if (!code->is_gpl)
		return refuse(code, -EINVAL, "LSM programs must have a GPL compatible license");
	if (!is_hook(attach))
		return refuse(code, -EINVAL, "attach_btf_id %u points to wrong type name %s",
			      attach->id, attach->name);
	if (lbpf_lsm_is_disabled(attach->name))
		return refuse(code, -EINVAL, "attach_btf_id %u points to disabled hook %s",
			      attach->id, attach->name);
	if (code->expected_attach_type != BPF_LSM_MAC)
		return -EINVAL;
	attach->result = LBPF_RESULT_SHOWN;
	attach->has_no_result = !attach->proto->type;
	return 0;
}
