/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small BTF with a value that has a lock and a timer, as bytes.
 */
#ifndef _RAW_TYPES_H
#define _RAW_TYPES_H

#include <linux/btf.h>
#include <stdint.h>

#define RAW_INFO(kind, vlen)	((uint32_t)(kind) << 24 | (vlen))

enum { RAW_U32_ID = 1, RAW_LOCK_ID, RAW_TIMER_ID, RAW_VALUE_ID, RAW_PROTO_ID, RAW_FUNC_ID };

/* Bytes of the value RAW_VALUE_ID: u32, lock, timer. */
#define RAW_VALUE_BYTES	24

static const char raw_names[] = "\0u32\0bpf_spin_lock\0bpf_timer\0value\0000";

/* Path of relocations of types: "0". */
#define RAW_PATH	35

#define NR_RAW_WORDS	28

static const uint32_t raw_words[NR_RAW_WORDS] = {
	1, RAW_INFO(BTF_KIND_INT, 0), 4, 32,
	5, RAW_INFO(BTF_KIND_STRUCT, 0), 4,
	19, RAW_INFO(BTF_KIND_STRUCT, 0), 16,
	29, RAW_INFO(BTF_KIND_STRUCT, 3), RAW_VALUE_BYTES,
		1, RAW_U32_ID, 0, 5, RAW_LOCK_ID, 32, 19, RAW_TIMER_ID, 64,
	0, RAW_INFO(BTF_KIND_FUNC_PROTO, 0), RAW_U32_ID,
	29, RAW_INFO(BTF_KIND_FUNC, 0), RAW_PROTO_ID,
};

struct raw_types {
	struct btf_header header;
	uint32_t words[NR_RAW_WORDS];
	char names[sizeof(raw_names)];
} __attribute__((packed));

static inline void make_raw_types(struct raw_types *types)
{
	types->header = (struct btf_header){
		.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(types->header),
		.type_len = sizeof(raw_words), .str_off = sizeof(raw_words),
		.str_len = sizeof(raw_names),
	};
	__builtin_memcpy(types->words, raw_words, sizeof(raw_words));
	__builtin_memcpy(types->names, raw_names, sizeof(raw_names));
}

#endif /* _RAW_TYPES_H */
