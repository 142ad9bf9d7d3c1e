/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Relocations: what a program says of its own copy of a type, found in the kernel's types.
 *
 * Layer: btf (p).  "Compile once, run everywhere" (CO-RE): the compiler notes that an instruction
 * has the offset of a member, the size of a type, the value of an enumerator; here that is found
 * in the types of the kernel that runs, by names, and the instruction is changed.
 *
 * The local type is that of the program.  A target is one of the kernel; those of the same kind
 * and the same essential name (what comes before "___") are candidates.
 *
 * Source: struct bpf_core_relo and enum bpf_core_relo_kind in <linux/bpf.h>.
 */
#ifndef _LBPF_CORE_RELO_H
#define _LBPF_CORE_RELO_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <lbpf/btf.h>

/* Members inside of each other that one relocation passes.  Source: Linux 6.1, observed. */
#define LBPF_CORE_MAX_STEPS	64
#define LBPF_CORE_TEXT_BYTES	256

/**
 * struct lbpf_core_step - One step on the way to a member
 * @id: Struct that the member is in; of an array: type of its elements.
 * @index: Number of the member, element or enumerator.
 * @name: Name of the member or enumerator; NULL: an element.
 */
struct lbpf_core_step {
	u32		id;
	u32		index;
	const char	*name;
};

/**
 * struct lbpf_core_spec - A place in types
 * @btf: BTF of it.
 * @root_id: Type that it begins with.
 * @kind: enum bpf_core_relo_kind: what is asked of it.
 * @nr_steps: Number of @steps.
 * @steps: The way, without anonymous members.
 * @nr_path: Number of @path.
 * @path: The way, with anonymous members: indices.
 * @bit_off: Where it leads to in the root, bits.
 */
struct lbpf_core_spec {
	const struct lbpf_btf	*btf;
	u32			root_id;
	u32			kind;
	u32			nr_steps;
	struct lbpf_core_step	steps[LBPF_CORE_MAX_STEPS];
	u32			nr_path;
	u32			path[LBPF_CORE_MAX_STEPS];
	u64			bit_off;
};

/**
 * struct lbpf_core_value - What an instruction has, and is to have
 * @old_value: Value by the program's types.
 * @new_value: Value by the kernel's.
 * @old_bytes: Width of the member by the program's types, where the width of a load must follow;
 *	0: it need not.
 * @new_bytes: Width by the kernel's.
 * @is_checked: The instruction must have @old_value.
 * @is_misfit: A load of another width would not give the same number.
 * @is_poison: There is none: an instruction that cannot be reached in vain.
 */
struct lbpf_core_value {
	u64	old_value;
	u64	new_value;
	u32	old_bytes;
	u32	new_bytes;
	bool	is_checked;
	bool	is_misfit;
	bool	is_poison;
};

/**
 * struct lbpf_core - Relocations of one program
 * @local: Its types.
 * @targets: BTF to search: a later one only where an earlier one has no candidate.
 * @nr_targets: Number of @targets.
 * @log: Where all is told.
 * @index: Number of the relocation, for messages.
 * @wanted: Place that it names, by the local types.
 * @tried: The same in a candidate.
 * @found: The same in the first candidate that has it.
 * @text: Where one is formatted.
 */
struct lbpf_core {
	const struct lbpf_btf		*local;
	const struct lbpf_btf * const	*targets;
	u32				nr_targets;
	struct lbpf_log			*log;
	u32				index;
	struct lbpf_core_spec		wanted;
	struct lbpf_core_spec		tried;
	struct lbpf_core_spec		found;
	char				text[LBPF_CORE_TEXT_BYTES];
};

/* Says something of the relocation under way. */
__printf(2, 3) void lbpf_core_log(const struct lbpf_core *core, const char *fmt, ...);

/*
 * What the instruction of @relo, number @core->index, is to have: 0 or -errno, with the reason in
 * the log.
 */
int lbpf_core_resolve(struct lbpf_core *core, const struct bpf_core_relo *relo,
		      struct lbpf_core_value *value);

#endif /* _LBPF_CORE_RELO_H */
