// SPDX-License-Identifier: GPL-2.0
/*
 * Following types to what they lead to: second round of the check.
 *
 * Layer: btf (p).  A depth-first walk with a stack of its own.  A type waits
 * while another one that it needs is looked at; one that is needed while it
 * waits closes a loop.  What is found is kept: see lbpf_btf::resolved_ids.
 */
#include <linux/errno.h>

#include "check.h"

/**
 * lbpf_btf_is_settled() - Is it known where a type leads?
 * @check: Check.
 * @id: Id in range.
 *
 * Context: Any.
 * Return: true if it is.
 */
bool lbpf_btf_is_settled(const struct lbpf_btf_check *check, u32 id)
{
	return check->states[id] == RESOLVED;
}

/* Is the question that the types on the stack ask answered by this type as it is? */
static bool is_answer(const struct lbpf_btf_check *check, const struct btf_type *type)
{
	if (check->mode == WANT_POINTEE)
		return !lbpf_btf_is_modifier(type) && !is_kind(type, BTF_KIND_PTR);
	if (check->mode == WANT_SIZE)
		return !lbpf_btf_is_modifier(type) && !lbpf_btf_is_struct(type) &&
		       !is_kind(type, BTF_KIND_ARRAY);
	return !has_kind_flag(type, KIND_RESOLVES);
}

static int push(struct lbpf_btf_check *check, const struct btf_type *type, u32 id)
{
	struct lbpf_btf_waiting *at = &check->stack[check->depth];

	if (check->depth == MAX_RESOLVE_DEPTH)
		return -E2BIG;
	if (check->states[id] != NOT_SEEN)
		return -EEXIST;
	check->states[id] = WAITING;
	check->depth++;
	at->type = type;
	at->id = id;
	at->next_member = 0;
	if (check->mode != WANT_ANY)
		return 0;
	if (is_kind(type, BTF_KIND_PTR))
		check->mode = WANT_POINTEE;
	else if (lbpf_btf_is_struct(type) || is_kind(type, BTF_KIND_ARRAY))
		check->mode = WANT_SIZE;
	return 0;
}

/**
 * lbpf_btf_await() - Let the type on top of the stack wait for another one
 * @check: Check.
 * @id: The other one; it exists.
 *
 * Context: Process context.
 * Return: 0 when it waits: its resolve step ends and is repeated later; 1 when
 * there is no need to; -E2BIG or -EEXIST.
 */
int lbpf_btf_await(struct lbpf_btf_check *check, u32 id)
{
	const struct btf_type *type = lbpf_btf_type(check->btf, id);

	if (is_answer(check, type) || lbpf_btf_is_settled(check, id))
		return 1;
	return push(check, type, id);
}

/**
 * lbpf_btf_settle() - Keep what the type on top of the stack leads to
 * @check: Check.
 * @id: What it leads to.
 * @bytes: Size of an array or a variable; 0 for others.
 *
 * Context: Process context.
 */
void lbpf_btf_settle(struct lbpf_btf_check *check, u32 id, u32 bytes)
{
	u32 own_id = check->stack[--check->depth].id;

	check->btf->resolved_ids[own_id] = id;
	check->btf->resolved_bytes[own_id] = bytes;
	check->states[own_id] = RESOLVED;
}

/* What a settled type leads to is never a modifier that leads further. */
static bool is_sound(const struct lbpf_btf_check *check, const struct btf_type *type, u32 id)
{
	const struct lbpf_btf *btf = check->btf;
	const struct btf_type *end;
	u32 bytes;

	if (!lbpf_btf_is_settled(check, id))
		return false;
	if (lbpf_btf_is_modifier(type) || is_kind(type, BTF_KIND_PTR) ||
	    is_kind(type, BTF_KIND_VAR)) {
		end = lbpf_btf_type(btf, btf->resolved_ids[id]);
		return end && !lbpf_btf_is_modifier(end) && !is_kind(end, BTF_KIND_VAR) &&
		       !is_kind(end, BTF_KIND_DATASEC);
	}
	if (!is_kind(type, BTF_KIND_ARRAY))
		return true;
	end = lbpf_btf_sized(btf, btf->resolved_ids[id], NULL, &bytes);
	return end && !lbpf_btf_is_modifier(end) &&
	       lbpf_btf_array(type)->nelems * bytes == btf->resolved_bytes[id];
}

static int walk_stack(struct lbpf_btf_check *check)
{
	struct lbpf_btf_waiting *at;
	int err = 0;

	while (check->depth && !err) {
		at = &check->stack[check->depth - 1];
		check->log_id = at->id;
		err = lbpf_btf_kind_row(lbpf_btf_kind(at->type))->resolve(check, at);
	}
	return err;
}

static int resolve(struct lbpf_btf_check *check, u32 id)
{
	const struct btf_type *type = lbpf_btf_type(check->btf, id);
	u32 log_id = check->log_id;
	int err;

	check->mode = WANT_ANY;
	check->depth = 0;
	err = push(check, type, id) ?: walk_stack(check);
	check->log_id = id;
	if (err == -E2BIG)
		lbpf_btf_refuse(check, type, "Exceeded max resolving depth:%u", MAX_RESOLVE_DEPTH);
	else if (err == -EEXIST)
		lbpf_btf_refuse(check, type, "Loop detected");
	else if (!err && !is_sound(check, type, id))
		err = lbpf_btf_refuse(check, type, "Invalid resolve state");
	check->log_id = log_id;
	return err;
}

/* Type of a return value or parameter: settled on demand, and with a size. */
static bool is_value_type(struct lbpf_btf_check *check, u32 id, int *err)
{
	const struct btf_type *type = lbpf_btf_type(check->btf, id);

	if (!type || has_kind_flag(type, KIND_SOURCE))
		return false;
	if (has_kind_flag(type, KIND_RESOLVES) && !lbpf_btf_is_settled(check, id)) {
		*err = resolve(check, id);
		if (*err)
			return true;
	}
	return lbpf_btf_sized(check->btf, id, NULL, NULL);
}

static bool is_param_name(const struct lbpf_btf *btf, u32 off)
{
	return !off || lbpf_btf_name_is_identifier(btf, off);
}

/**
 * lbpf_btf_resolve_proto() - Check the types of a function's return value and parameters
 * @check: Check.
 * @type: Function prototype.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_btf_resolve_proto(struct lbpf_btf_check *check, const struct btf_type *type)
{
	const struct btf_param *params = lbpf_btf_params(type);
	u32 i, nr = lbpf_btf_vlen(type);
	int err = 0;

	if (type->type && !is_value_type(check, type->type, &err))
		return lbpf_btf_refuse(check, type, "Invalid return type");
	if (err || !nr)
		return err;
	/* The last one without a type stands for any number of others. */
	if (!params[nr - 1].type) {
		if (params[nr - 1].name_off)
			return lbpf_btf_refuse(check, type, "Invalid arg#%u", nr);
		nr--;
	}
	for (i = 0; i < nr; i++) {
		if (!is_param_name(check->btf, params[i].name_off) ||
		    !is_value_type(check, params[i].type, &err))
			return lbpf_btf_refuse(check, type, "Invalid arg#%u", i + 1);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Tags of a type come before what else modifies it, so that they are found at the pointer.
 * Chains end: the second round saw to that.
 */
static bool are_tags_in_front(const struct lbpf_btf *btf, u32 id)
{
	const struct btf_type *type = lbpf_btf_type(btf, id);
	bool in_tags = is_kind(type, BTF_KIND_PTR) || is_kind(type, BTF_KIND_TYPE_TAG);

	if (!in_tags && !lbpf_btf_is_modifier(type))
		return true;
	for (type = lbpf_btf_type(btf, type->type); lbpf_btf_is_modifier(type);
	     type = lbpf_btf_type(btf, type->type)) {
		if (!is_kind(type, BTF_KIND_TYPE_TAG))
			in_tags = false;
		else if (!in_tags)
			return false;
	}
	return true;
}

/**
 * lbpf_btf_check_tags() - Third round of the check: the order of tags
 * @check: Check, the second round done.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_check_tags(struct lbpf_btf_check *check)
{
	u32 id;

	for (id = check->btf->first_id; id < check->btf->nr_ids; id++) {
		if (are_tags_in_front(check->btf, id))
			continue;
		lbpf_log(check->log, "Type tags don't precede modifiers");
		return -EINVAL;
	}
	return 0;
}

/**
 * lbpf_btf_resolve_all() - Second round of the check
 * @check: Check, the first round done.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_btf_resolve_all(struct lbpf_btf_check *check)
{
	const struct btf_type *type;
	int err = 0;
	u32 id;

	for (id = check->btf->first_id; id < check->btf->nr_ids && !err; id++) {
		type = lbpf_btf_type(check->btf, id);
		check->log_id = id;
		if (has_kind_flag(type, KIND_RESOLVES) && !lbpf_btf_is_settled(check, id))
			err = resolve(check, id);
		else if (is_kind(type, BTF_KIND_FUNC_PROTO))
			err = lbpf_btf_resolve_proto(check, type);
	}
	return err;
}
