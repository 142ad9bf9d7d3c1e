/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Relocations: what the files core_*.c share.
 *
 * Layer: btf (p, private).
 */
#ifndef _LBPF_BTF_CORE_H
#define _LBPF_BTF_CORE_H

#include <lbpf/core_relo.h>
#include <lbpf/log.h>

#include "check.h"

/* What a kind of relocation asks about. */
enum core_subject {
	CORE_NOTHING,	/* no such kind */
	CORE_FIELD,
	CORE_TYPE,
	CORE_ENUMERATOR,
};

/* core_spec.c */
enum core_subject lbpf_core_subject(u32 kind);
const char *lbpf_core_kind_name(u32 kind);
/* Fills in core->wanted: 0 or -errno. */
int lbpf_core_parse(struct lbpf_core *core, const struct bpf_core_relo *relo, const char *path);
/* Text of a place, in core->text. */
const char *lbpf_core_text(struct lbpf_core *core, const struct lbpf_core_spec *spec);
/* One step more: 0 or -E2BIG. */
int lbpf_core_add_path(struct lbpf_core_spec *spec, u32 index);
int lbpf_core_add_step(struct lbpf_core_spec *spec, u32 id, u32 index, const char *name);
/* Adds the offset of an element of type @id: 0 or -EINVAL. */
int lbpf_core_add_element(struct lbpf_core_spec *spec, u32 id, u32 index);
/* The way has led to an array of elements that nobody has counted. */
bool lbpf_core_is_open_array(const struct lbpf_core_spec *spec, const struct btf_type *array);

/* core_alike.c: 1: alike, 0: not, or -errno */
bool lbpf_core_same_name(const char *a, const char *b);
int lbpf_core_fields_alike(const struct lbpf_btf *a_btf, u32 a_id, const struct lbpf_btf *b_btf,
			   u32 b_id);
int lbpf_core_types_alike(const struct lbpf_btf *a_btf, u32 a_id, const struct lbpf_btf *b_btf,
			  u32 b_id, u32 depth);

/* core_match.c: does @b have all that @a has?  1, 0, or -errno */
int lbpf_core_types_match(const struct lbpf_btf *a_btf, u32 a_id, const struct lbpf_btf *b_btf,
			  u32 b_id, bool is_behind_pointer, u32 depth);

/* core_find.c: core->wanted in type @id of @btf, as core->tried: 1, 0, or -errno */
int lbpf_core_find(struct lbpf_core *core, const struct lbpf_btf *btf, u32 id);

/* core_value.c: what instructions have, where core->wanted is @found (NULL: nowhere). */
int lbpf_core_value(struct lbpf_core *core, const struct bpf_core_relo *relo,
		    const struct lbpf_core_spec *found, struct lbpf_core_value *value);

#endif /* _LBPF_BTF_CORE_H */
