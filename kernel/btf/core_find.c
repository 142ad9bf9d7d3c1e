// SPDX-License-Identifier: GPL-2.0
/*
 * What a relocation names, found in a type of the kernel.
 *
 * Layer: btf (p).  Members are found by their names, wherever they are, in anonymous structs and
 * unions too; elements by their index.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "core.h"

/* Functions inside each other, where types must be alike; each takes kernel stack. */
#define MAX_ALIKE_DEPTH	16
/* Structs and functions inside each other, where they must match.  Source: Linux 6.1, observed. */
#define MAX_MATCH_DEPTH	2
/* Anonymous structs inside each other. */
#define MAX_NESTING	16

static int find_type(struct lbpf_core *core, struct lbpf_core_spec *spec)
{
	const struct lbpf_core_spec *wanted = &core->wanted;

	if (spec->kind == BPF_CORE_TYPE_MATCHES)
		return lbpf_core_types_match(wanted->btf, wanted->root_id, spec->btf,
					     spec->root_id, false, MAX_MATCH_DEPTH);
	return lbpf_core_types_alike(wanted->btf, wanted->root_id, spec->btf, spec->root_id,
				     MAX_ALIKE_DEPTH);
}

static int find_enumerator(struct lbpf_core *core, struct lbpf_core_spec *spec)
{
	const struct lbpf_core_step *wanted = &core->wanted.steps[0];
	const struct btf_type *type;
	const char *name;
	u32 i, id;
	u64 value;

	type = lbpf_btf_skip_mods(spec->btf, spec->root_id, &id);
	if (!type || !lbpf_btf_is_enum(type))
		return 0;
	for (i = 0; i < lbpf_btf_vlen(type); i++) {
		name = lbpf_btf_enumerator(spec->btf, type, i, &value);
		if (!lbpf_core_same_name(wanted->name, name))
			continue;
		spec->nr_path = 1;
		spec->path[0] = i;
		return lbpf_core_add_step(spec, id, i, name) ?: 1;
	}
	return 0;
}

static u32 member_type(const struct lbpf_btf *btf, const struct lbpf_core_step *step)
{
	return lbpf_btf_members(lbpf_btf_type(btf, step->id))[step->index].type;
}

/* The member has the name: is it the same sort of thing? */
static int take_member(struct lbpf_core *core, const struct lbpf_core_step *wanted,
		       struct lbpf_core_spec *spec, u32 id, u32 index)
{
	const struct btf_member *member = lbpf_btf_members(lbpf_btf_type(spec->btf, id)) + index;
	int ret;

	ret = lbpf_core_fields_alike(core->local, member_type(core->local, wanted), spec->btf,
				     member->type);
	if (ret <= 0)
		return ret;
	return lbpf_core_add_step(spec, id, index, wanted->name) ?: 1;
}

static int find_member(struct lbpf_core *core, const struct lbpf_core_step *wanted,
		       struct lbpf_core_spec *spec, u32 id, u32 nesting)
{
	const struct btf_type *type = lbpf_btf_skip_mods(spec->btf, id, &id);
	const struct btf_member *member;
	u64 bit_off = spec->bit_off;
	u32 i;

	if (!type)
		return -EINVAL;
	if (!lbpf_btf_is_struct(type) || !nesting)
		return 0;
	lbpf_btf_for_each_member(i, type, member) {
		const char *name = lbpf_btf_name(spec->btf, member->name_off) ?: "";
		int ret;

		if (lbpf_core_add_path(spec, i))
			return -E2BIG;
		spec->bit_off = bit_off + lbpf_btf_member_bit_off(type, member);
		if (*name && !strcmp(name, wanted->name))
			return take_member(core, wanted, spec, id, i);
		ret = *name ? 0 : find_member(core, wanted, spec, member->type, nesting - 1);
		if (ret)
			return ret;
		spec->bit_off = bit_off;
		spec->nr_path--;
	}
	return 0;
}

static int find_element(struct lbpf_core_spec *spec, u32 index, u32 *id)
{
	const struct btf_type *type = lbpf_btf_skip_mods(spec->btf, *id, id);

	if (!type)
		return -EINVAL;
	if (!is_kind(type, BTF_KIND_ARRAY))
		return 0;
	if (!lbpf_core_is_open_array(spec, type) && index >= lbpf_btf_array(type)->nelems)
		return 0;
	return lbpf_btf_skip_mods(spec->btf, lbpf_btf_array(type)->type, id) ? 1 : -EINVAL;
}

static int take_element(struct lbpf_core_spec *spec, u32 index, u32 id)
{
	return lbpf_core_add_path(spec, index) ?: lbpf_core_add_step(spec, id, index, NULL) ?:
	       lbpf_core_add_element(spec, id, index) ?: 1;
}

static int find_field(struct lbpf_core *core, struct lbpf_core_spec *spec)
{
	const struct lbpf_core_step *wanted = core->wanted.steps, *last;
	u32 id = spec->root_id, i;
	int ret = 1;

	for (i = 0; i < core->wanted.nr_steps && ret > 0; i++) {
		if (wanted[i].name) {
			ret = find_member(core, &wanted[i], spec, id, MAX_NESTING);
			last = &spec->steps[spec->nr_steps - 1];
			if (ret > 0)
				id = member_type(spec->btf, last);
			continue;
		}
		ret = i ? find_element(spec, wanted[i].index, &id) : 1;
		if (ret > 0)
			ret = take_element(spec, wanted[i].index, id);
	}
	return ret;
}

/**
 * lbpf_core_find() - Find what a relocation names
 * @core: Relocations: ->wanted is looked for; ->tried gets where it is.
 * @btf: BTF.
 * @id: Type of it to look in.
 *
 * Context: Any.
 * Return: 1: there it is, 0: it is not there, -errno.
 */
int lbpf_core_find(struct lbpf_core *core, const struct lbpf_btf *btf, u32 id)
{
	struct lbpf_core_spec *spec = &core->tried;

	*spec = (struct lbpf_core_spec){
		.btf = btf, .root_id = id, .kind = core->wanted.kind,
	};
	switch (lbpf_core_subject(spec->kind)) {
	case CORE_TYPE:
		return find_type(core, spec);
	case CORE_ENUMERATOR:
		return find_enumerator(core, spec);
	case CORE_FIELD:
		return find_field(core, spec);
	default:
		return -EINVAL;
	}
}
