/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hash of a key, and comparing keys.
 *
 * Layer: maps (p).  A folded multiplication (both halves of a 128-bit product
 * XORed) of the key, masked with secrets of the map, for each 16 bytes of key,
 * and one more at the end: two for keys up to 16 bytes, so that the JIT can
 * inline it.
 * Reads of a key that is being overwritten give any value, never more.
 */
#ifndef _LBPF_MAPS_HASH_H
#define _LBPF_MAPS_HASH_H

#include <linux/bits.h>
#include <linux/random.h>
#include <linux/types.h>

#define SEED_MASK	0x9e3779b97f4a7c15ULL
#define SEED_FACTOR	0xbf58476d1ce4e5b9ULL

/* How a key is read: by its size where that is common, so that the code for it is straight. */
enum key_kind {
	KEY_4,
	KEY_8,
	KEY_16,
	KEY_64,
	KEY_ANY,
	NR_KEY_KINDS,
};

/**
 * struct hash_seed - Secrets of a map
 * @mask: XORed to the key.
 * @factor: What is multiplied with: odd, and its top bit set.
 */
struct hash_seed {
	u64	mask;
	u64	factor;
};

/* New secrets; with @is_zero always the same (BPF_F_ZERO_SEED). */
static inline void hash_seed_init(struct hash_seed *seed, bool is_zero)
{
	seed->mask = SEED_MASK;
	seed->factor = SEED_FACTOR;
	if (is_zero)
		return;
	seed->mask ^= get_random_u64();
	seed->factor ^= get_random_u64();
	seed->factor |= BIT(63) | 1;
}

static inline enum key_kind key_kind_of(u32 size_bytes)
{
	switch (size_bytes) {
	case 4:
		return KEY_4;
	case 8:
		return KEY_8;
	case 16:
		return KEY_16;
	case 64:
		return KEY_64;
	default:
		return KEY_ANY;
	}
}

/* Not by __int128: the compiler would align the stack of each function with one. */
static __always_inline u64 fold(u64 a, u64 b)
{
	u64 high;

	asm("mulq %2" : "+a" (a), "=&d" (high) : "rm" (b) : "cc");
	return a ^ high;
}

static __always_inline u64 read_8(const void *from)
{
	u64 v;

	__builtin_memcpy(&v, from, sizeof(v));
	return v;
}

static __always_inline u32 read_4(const void *from)
{
	u32 v;

	__builtin_memcpy(&v, from, sizeof(v));
	return v;
}

/* 1 to 8 bytes as a number; for one size, different bytes give different numbers. */
static __always_inline u64 read_short(const u8 *key, u32 size_bytes)
{
	if (size_bytes == 8)
		return read_8(key);
	if (size_bytes == 4)
		return read_4(key);
	if (size_bytes > 4)
		return (u64)read_4(key) << 32 | read_4(key + size_bytes - 4);
	return (u64)key[0] << 16 | (u64)key[size_bytes / 2] << 8 | key[size_bytes - 1];
}

/* One multiplication alone spreads evenly spaced keys badly for some factors. */
static __always_inline u64 hash_short(const struct hash_seed *seed, u64 key)
{
	return fold(fold(key ^ seed->mask, seed->factor) ^ seed->mask, seed->factor);
}

static inline u64 hash_any(const struct hash_seed *seed, const u8 *key, u32 size_bytes)
{
	u64 h = seed->mask, i;

	if (size_bytes <= 8)
		return hash_short(seed, read_short(key, size_bytes));
	for (i = 0; i + 16 < size_bytes; i += 16)
		h = fold(read_8(key + i) ^ h, read_8(key + i + 8) ^ seed->factor);
	/* The last 9 to 16 bytes; the two words overlap when there are fewer than 16. */
	h = fold(read_8(key + i) ^ h, read_8(key + size_bytes - 8) ^ seed->factor);
	return fold(h ^ seed->mask, seed->factor);
}

/* As hash_any(). */
static __always_inline u64 hash_64_bytes(const struct hash_seed *seed, const u8 *key)
{
	u64 h = seed->mask, i;

#pragma GCC unroll 4
	for (i = 0; i < 64; i += 16)
		h = fold(read_8(key + i) ^ h, read_8(key + i + 8) ^ seed->factor);
	return fold(h ^ seed->mask, seed->factor);
}

/**
 * hash_key() - Hash of a key
 * @seed: Secrets of the map.
 * @key: Key, aligned or not.
 * @size_bytes: Its size, 1 or more.
 * @kind: key_kind_of(@size_bytes), a constant where it matters; or KEY_ANY, with the same result.
 *
 * Context: Any.
 * Return: 64 bits; all of them depend on all of the key.
 */
static __always_inline u64
hash_key(const struct hash_seed *seed, const void *key, u32 size_bytes, enum key_kind kind)
{
	switch (kind) {
	case KEY_4:
		return hash_short(seed, read_4(key));
	case KEY_8:
		return hash_short(seed, read_8(key));
	case KEY_16:
		return fold(fold(read_8(key) ^ seed->mask, read_8(key + 8) ^ seed->factor) ^
			    seed->mask, seed->factor);
	case KEY_64:
		return hash_64_bytes(seed, key);
	default:
		return hash_any(seed, key, size_bytes);
	}
}

static inline bool equal_any(const u8 *a, const u8 *b, u32 size_bytes)
{
	u64 i, last = size_bytes - 8;

	if (size_bytes < 8)
		return read_short(a, size_bytes) == read_short(b, size_bytes);
	for (i = 0; i + 8 < last; i += 16)
		if ((read_8(a + i) ^ read_8(b + i)) | (read_8(a + i + 8) ^ read_8(b + i + 8)))
			return false;
	/* The last 1 to 16 bytes, with those before them. */
	if (i < last && read_8(a + i) != read_8(b + i))
		return false;
	return read_8(a + last) == read_8(b + last);
}

static __always_inline bool equal_64_bytes(const u8 *a, const u8 *b)
{
	u64 different = 0, i;

#pragma GCC unroll 8
	for (i = 0; i < 64; i += 8)
		different |= read_8(a + i) ^ read_8(b + i);
	return !different;
}

/**
 * is_same_key() - Compare two keys
 * @a: Key.
 * @b: Key of the same map.
 * @size_bytes: Their size.
 * @kind: key_kind_of(@size_bytes).
 *
 * Context: Any.
 * Return: true if they are equal.
 */
static __always_inline bool
is_same_key(const void *a, const void *b, u32 size_bytes, enum key_kind kind)
{
	switch (kind) {
	case KEY_4:
		return read_4(a) == read_4(b);
	case KEY_8:
		return read_8(a) == read_8(b);
	case KEY_16:
		return !((read_8(a) ^ read_8(b)) | (read_8(a + 8) ^ read_8(b + 8)));
	case KEY_64:
		return equal_64_bytes(a, b);
	default:
		return equal_any(a, b, size_bytes);
	}
}

#endif /* _LBPF_MAPS_HASH_H */
