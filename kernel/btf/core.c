// SPDX-License-Identifier: GPL-2.0
/*
 * Relocations: from a relocation to what its instruction is to have.
 *
 * Layer: btf (p).
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "core.h"

/**
 * struct candidates - Types of the kernel that may be the local one
 * @btf: BTF of them all; NULL: there are none.
 * @name: Name of the local one.
 * @kind: Its kind.
 */
struct candidates {
	const struct lbpf_btf	*btf;
	const char		*name;
	u32			kind;
};

/* Ids rise; 0: no more. */
static u32 next_candidate(const struct candidates *candidates, u32 id)
{
	const struct btf_type *type;

	do {
		id = lbpf_btf_next_essential(candidates->btf, candidates->name, id);
		type = lbpf_btf_type(candidates->btf, id);
	} while (id && !is_kind(type, candidates->kind) &&
		 !(lbpf_btf_is_enum(type) &&
		   (candidates->kind == BTF_KIND_ENUM || candidates->kind == BTF_KIND_ENUM64)));
	return id;
}

static void list_candidates(struct lbpf_core *core, const struct candidates *candidates)
{
	const struct btf_type *type;
	u32 id = 0;

	if (!core->log->level)
		return;
	while ((id = next_candidate(candidates, id))) {
		type = lbpf_btf_type(candidates->btf, id);
		lbpf_log(core->log, "CO-RE relocating %s %s: found target candidate [%u]\n",
			 lbpf_btf_kind_name(lbpf_btf_kind(type)),
			 lbpf_btf_type_name(candidates->btf, type), id);
	}
}

static int find_candidates(struct lbpf_core *core, const struct bpf_core_relo *relo,
			   struct candidates *candidates)
{
	const struct btf_type *type = lbpf_btf_type(core->local, relo->type_id);
	u32 i;

	candidates->name = lbpf_btf_type_name(core->local, type);
	candidates->kind = lbpf_btf_kind(type);
	if (!*candidates->name || !lbpf_btf_essential_bytes(candidates->name)) {
		lbpf_log(core->log, "target candidate search failed for %u\n", relo->type_id);
		return -EINVAL;
	}
	for (i = 0; i < core->nr_targets; i++) {
		candidates->btf = core->targets[i];
		if (next_candidate(candidates, 0)) {
			list_candidates(core, candidates);
			return 0;
		}
	}
	candidates->btf = NULL;
	return 0;
}

/**
 * lbpf_core_log() - Say something of the relocation under way
 * @core: Relocations, with their log.
 * @fmt: As of printf(), with the end of the line.
 *
 * Context: Process context.
 */
void lbpf_core_log(const struct lbpf_core *core, const char *fmt, ...)
{
	va_list args;

	lbpf_log(core->log, "prog '': relo #%u: ", core->index);
	va_start(args, fmt);
	lbpf_vlog(core->log, fmt, args);
	va_end(args);
}

/* All candidates that have it must say the same. */
static int compare(struct lbpf_core *core, const struct lbpf_core_value *first,
		   const struct lbpf_core_value *value)
{
	if (core->tried.bit_off != core->found.bit_off) {
		lbpf_core_log(core, "field offset ambiguity: %llu != %llu\n", core->tried.bit_off,
			      core->found.bit_off);
		return -EINVAL;
	}
	if (value->is_poison != first->is_poison || value->new_value != first->new_value) {
		lbpf_core_log(core, "relocation decision ambiguity: %s %llu != %s %llu\n",
			      value->is_poison ? "failure" : "success", value->new_value,
			      first->is_poison ? "failure" : "success", first->new_value);
		return -EINVAL;
	}
	return 0;
}

static int try_candidate(struct lbpf_core *core, const struct candidates *candidates, u32 id,
			 u32 number)
{
	int ret = lbpf_core_find(core, candidates->btf, id);

	if (!core->log->level)
		return ret;
	lbpf_core_text(core, &core->tried);
	if (ret < 0)
		lbpf_core_log(core, "error matching candidate #%u %s: %d\n", number, core->text,
			      ret);
	else
		lbpf_core_log(core, "%s candidate #%u %s\n", ret ? "matching" : "non-matching",
			      number, core->text);
	return ret;
}

/* The value by the candidates; 0: none has it, 1, or -errno. */
static int ask_candidates(struct lbpf_core *core, const struct bpf_core_relo *relo,
			  const struct candidates *candidates, struct lbpf_core_value *value)
{
	struct lbpf_core_value other;
	u32 id = 0, number = 0;
	bool is_found = false;
	int ret;

	while (candidates->btf && (id = next_candidate(candidates, id))) {
		ret = try_candidate(core, candidates, id, number++);
		if (ret < 0)
			return ret;
		if (!ret)
			continue;
		ret = lbpf_core_value(core, relo, &core->tried, is_found ? &other : value);
		if (!ret && is_found)
			ret = compare(core, value, &other);
		if (ret)
			return ret;
		if (!is_found)
			core->found = core->tried;
		is_found = true;
	}
	return is_found;
}

/**
 * lbpf_core_resolve() - What the instruction of a relocation is to have
 * @core: Relocations.
 * @relo: One of them.
 * @value: Gets it.
 *
 * Context: Process context.
 * Return: 0 or -errno, with the reason in the log.
 */
int lbpf_core_resolve(struct lbpf_core *core, const struct bpf_core_relo *relo,
		      struct lbpf_core_value *value)
{
	const struct btf_type *type = lbpf_btf_type(core->local, relo->type_id);
	struct candidates candidates = { 0 };
	const char *path;
	int err, ret;

	if (!type) {
		lbpf_log(core->log, "relo #%u: bad type id %u\n", core->index, relo->type_id);
		return -EINVAL;
	}
	if (relo->kind != BPF_CORE_TYPE_ID_LOCAL) {
		err = find_candidates(core, relo, &candidates);
		if (err)
			return err;
	}
	path = lbpf_btf_name(core->local, relo->access_str_off);
	err = path ? lbpf_core_parse(core, relo, path) : -EINVAL;
	if (err) {
		const char *name = lbpf_btf_type_name(core->local, type);

		lbpf_core_log(core, "parsing [%u] %s %s + %s failed: %d\n", relo->type_id,
			      lbpf_btf_kind_name(lbpf_btf_kind(type)), *name ? name : "<anon>",
			      path ?: "<?>", err);
		return -EINVAL;
	}
	if (core->log->level)
		lbpf_core_log(core, "%s\n", lbpf_core_text(core, &core->wanted));
	if (relo->kind == BPF_CORE_TYPE_ID_LOCAL)
		return lbpf_core_value(core, relo, &core->wanted, value);
	ret = ask_candidates(core, relo, &candidates, value);
	if (ret)
		return min(ret, 0);
	lbpf_core_log(core, "no matching targets found\n");
	return lbpf_core_value(core, relo, NULL, value);
}
