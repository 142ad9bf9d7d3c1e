// SPDX-License-Identifier: GPL-2.0
/*
 * What is asked of a place: a number.
 *
 * Layer: btf (p).
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "core.h"

/* There is no such place, and so no number. */
#define NO_PLACE	(-EUCLEAN)

/**
 * struct answer - A number, and how it may be used
 * @value: The number.
 * @bytes: Width of the member, of an offset that a load may have; 0: nothing is loaded.
 * @id: Type of that member.
 * @is_checked: An instruction must have it.
 */
struct answer {
	u64	value;
	u32	bytes;
	u32	id;
	bool	is_checked;
};

/**
 * struct unit - The bytes that are loaded for a member
 * @off: First of them in the root.
 * @bytes: Their number.
 * @bit_off: First bit of the member in the root.
 * @bits: Its width.
 */
struct unit {
	u64	off;
	u32	bytes;
	u64	bit_off;
	u32	bits;
};

/* A bit field is loaded with the least aligned number, from that of its type up, that has it. */
static int place_bits(struct lbpf_core *core, const struct bpf_core_relo *relo,
		      struct unit *unit)
{
	unit->off = unit->bit_off / 8 / unit->bytes * unit->bytes;
	while (unit->bit_off + unit->bits - unit->off * 8 > (u64)unit->bytes * 8) {
		if (unit->bytes >= 8) {
			lbpf_log(core->log,
				 "prog '': relo %u at insn #%u can't be satisfied for bitfield\n",
				 relo->kind, relo->insn_off / (u32)sizeof(struct bpf_insn));
			return -E2BIG;
		}
		unit->bytes *= 2;
		unit->off = unit->bit_off / 8 / unit->bytes * unit->bytes;
	}
	return 0;
}

static int measure(struct lbpf_core *core, const struct bpf_core_relo *relo,
		   const struct lbpf_core_spec *spec, const struct btf_member *member,
		   struct unit *unit)
{
	const struct lbpf_core_step *last = &spec->steps[spec->nr_steps - 1];
	const struct btf_type *parent = lbpf_btf_type(spec->btf, last->id);

	unit->bit_off = spec->bit_off;
	unit->bits = lbpf_btf_member_bits(parent, member);
	if (!lbpf_btf_sized(spec->btf, member->type, NULL, &unit->bytes))
		return -EINVAL;
	if (unit->bits && unit->bytes)
		return place_bits(core, relo, unit);
	unit->bits = unit->bytes * 8;
	unit->off = unit->bit_off / 8;
	return 0;
}

static bool is_signed(const struct lbpf_btf *btf, u32 id)
{
	const struct btf_type *type = lbpf_btf_skip_mods(btf, id, NULL);

	if (type && lbpf_btf_is_enum(type))
		return lbpf_btf_kflag(type);
	return type && is_kind(type, BTF_KIND_INT) &&
	       BTF_INT_ENCODING(lbpf_btf_int(type)) & BTF_INT_SIGNED;
}

static int ask_member(struct lbpf_core *core, const struct bpf_core_relo *relo,
		      const struct lbpf_core_spec *spec, struct answer *answer)
{
	const struct lbpf_core_step *last = &spec->steps[spec->nr_steps - 1];
	const struct btf_type *parent = lbpf_btf_type(spec->btf, last->id);
	const struct btf_member *member = lbpf_btf_members(parent) + last->index;
	bool is_bits = lbpf_btf_member_bits(parent, member);
	struct unit unit;
	int err;

	err = measure(core, relo, spec, member, &unit);
	if (err)
		return err;
	/* Which bits of a number those of a bit field are depends on what surrounds it. */
	answer->is_checked = !is_bits;
	switch (relo->kind) {
	case BPF_CORE_FIELD_BYTE_OFFSET:
		answer->value = unit.off;
		answer->bytes = is_bits ? 0 : unit.bytes;
		answer->id = is_bits ? 0 : member->type;
		break;
	case BPF_CORE_FIELD_BYTE_SIZE:
		answer->value = unit.bytes;
		break;
	case BPF_CORE_FIELD_SIGNED:
		answer->value = is_signed(spec->btf, member->type);
		answer->is_checked = true;
		break;
	case BPF_CORE_FIELD_LSHIFT_U64:
		answer->value = 64 - (u32)(unit.bit_off + unit.bits - unit.off * 8);
		break;
	case BPF_CORE_FIELD_RSHIFT_U64:
		answer->value = 64 - unit.bits;
		answer->is_checked = true;
		break;
	default:
		return -EOPNOTSUPP;
	}
	return 0;
}

/* Of elements, there are only a place and a size. */
static int ask_element(struct lbpf_core *core, const struct bpf_core_relo *relo,
		       const struct lbpf_core_spec *spec, struct answer *answer)
{
	const struct lbpf_core_step *last = &spec->steps[spec->nr_steps - 1];
	u32 bytes;

	if (relo->kind != BPF_CORE_FIELD_BYTE_OFFSET && relo->kind != BPF_CORE_FIELD_BYTE_SIZE) {
		lbpf_log(core->log,
			 "prog '': relo %u at insn #%u can't be applied to array access\n",
			 relo->kind, relo->insn_off / (u32)sizeof(struct bpf_insn));
		return -EINVAL;
	}
	if (!lbpf_btf_sized(spec->btf, last->id, NULL, &bytes))
		return -EINVAL;
	answer->is_checked = true;
	if (relo->kind == BPF_CORE_FIELD_BYTE_SIZE) {
		answer->value = bytes;
		return 0;
	}
	answer->value = spec->bit_off / 8;
	answer->bytes = bytes;
	answer->id = last->id;
	return 0;
}

static int ask_field(struct lbpf_core *core, const struct bpf_core_relo *relo,
		     const struct lbpf_core_spec *spec, struct answer *answer)
{
	if (relo->kind == BPF_CORE_FIELD_EXISTS) {
		answer->value = spec ? 1 : 0;
		answer->is_checked = true;
		return 0;
	}
	if (!spec)
		return NO_PLACE;
	return spec->steps[spec->nr_steps - 1].name ? ask_member(core, relo, spec, answer) :
						      ask_element(core, relo, spec, answer);
}

static int ask_type(const struct bpf_core_relo *relo, const struct lbpf_core_spec *spec,
		    struct answer *answer)
{
	u32 bytes;

	/* The compiler does not know the ids that types end up with. */
	answer->is_checked = relo->kind != BPF_CORE_TYPE_ID_LOCAL &&
			     relo->kind != BPF_CORE_TYPE_ID_TARGET;
	answer->value = 0;
	if (!spec)
		return 0;
	switch (relo->kind) {
	case BPF_CORE_TYPE_ID_LOCAL:
	case BPF_CORE_TYPE_ID_TARGET:
		answer->value = spec->root_id;
		return 0;
	case BPF_CORE_TYPE_EXISTS:
	case BPF_CORE_TYPE_MATCHES:
		answer->value = 1;
		return 0;
	case BPF_CORE_TYPE_SIZE:
		if (!lbpf_btf_sized(spec->btf, spec->root_id, NULL, &bytes))
			return -EINVAL;
		answer->value = bytes;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int ask_enumerator(const struct bpf_core_relo *relo, const struct lbpf_core_spec *spec,
			  struct answer *answer)
{
	answer->is_checked = true;
	if (relo->kind == BPF_CORE_ENUMVAL_EXISTS) {
		answer->value = spec ? 1 : 0;
		return 0;
	}
	if (!spec)
		return NO_PLACE;
	lbpf_btf_enumerator(spec->btf, lbpf_btf_type(spec->btf, spec->steps[0].id),
			    spec->steps[0].index, &answer->value);
	return 0;
}

static int ask(struct lbpf_core *core, const struct bpf_core_relo *relo,
	       const struct lbpf_core_spec *spec, struct answer *answer)
{
	*answer = (struct answer){ 0 };
	switch (lbpf_core_subject(relo->kind)) {
	case CORE_FIELD:
		return ask_field(core, relo, spec, answer);
	case CORE_TYPE:
		return ask_type(relo, spec, answer);
	case CORE_ENUMERATOR:
		return ask_enumerator(relo, spec, answer);
	default:
		return -EOPNOTSUPP;
	}
}

static bool is_unsigned_int(const struct btf_type *type)
{
	return is_kind(type, BTF_KIND_INT) &&
	       !(BTF_INT_ENCODING(lbpf_btf_int(type)) & BTF_INT_SIGNED);
}

/* Loads of pointers and of numbers without sign may become wider or narrower. */
static void compare_widths(const struct lbpf_core *core, const struct lbpf_core_spec *found,
			   const struct answer *was, const struct answer *is,
			   struct lbpf_core_value *value)
{
	const struct btf_type *a, *b;

	if (was->bytes == is->bytes)
		return;
	value->old_bytes = was->bytes;
	value->new_bytes = is->bytes;
	a = lbpf_btf_skip_mods(core->wanted.btf, was->id, NULL);
	b = lbpf_btf_skip_mods(found->btf, is->id, NULL);
	if (a && b && is_kind(a, BTF_KIND_PTR) && is_kind(b, BTF_KIND_PTR))
		return;
	if (a && b && is_unsigned_int(a) && is_unsigned_int(b))
		return;
	value->is_misfit = true;
}

/**
 * lbpf_core_value() - What an instruction has, and is to have
 * @core: Relocations: ->wanted is the place by the program's types.
 * @relo: Relocation.
 * @found: The same by the kernel's types, or NULL.
 * @value: Gets the result.
 *
 * Context: Any.
 * Return: 0 or -errno.
 */
int lbpf_core_value(struct lbpf_core *core, const struct bpf_core_relo *relo,
		    const struct lbpf_core_spec *found, struct lbpf_core_value *value)
{
	struct answer was, is;
	int err;

	*value = (struct lbpf_core_value){ 0 };
	err = ask(core, relo, &core->wanted, &was) ?: ask(core, relo, found, &is);
	value->old_value = was.value;
	if (!err) {
		value->is_checked = was.is_checked;
		value->new_value = is.value;
		if (was.bytes && is.bytes)
			compare_widths(core, found, &was, &is, value);
	} else if (err == NO_PLACE) {
		value->is_poison = true;
		err = 0;
	} else if (err == -EOPNOTSUPP) {
		lbpf_core_log(core, "unrecognized CO-RE relocation %s (%u) at insn #%u\n",
			      lbpf_core_kind_name(relo->kind), relo->kind,
			      relo->insn_off / (u32)sizeof(struct bpf_insn));
	}
	return err;
}
