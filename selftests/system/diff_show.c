// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: what the files of pinned maps say, in the kernel's format.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/btf.h>
#include "diff.h"

#define DIR	"/tmp/pins"

/* Ids of the types that values are made of. */
struct types {
	struct btf *btf;
	int u8, s8, u16, s16, u32, s32, u64, s64, u128, char_, bool_;
};

static void add_ints(struct types *t)
{
	t->btf = btf__new_empty();
	t->u8 = btf__add_int(t->btf, "u8", 1, 0);
	t->s8 = btf__add_int(t->btf, "s8", 1, BTF_INT_SIGNED);
	t->u16 = btf__add_int(t->btf, "u16", 2, 0);
	t->s16 = btf__add_int(t->btf, "s16", 2, BTF_INT_SIGNED);
	t->u32 = btf__add_int(t->btf, "u32", 4, 0);
	t->s32 = btf__add_int(t->btf, "s32", 4, BTF_INT_SIGNED);
	t->u64 = btf__add_int(t->btf, "u64", 8, 0);
	t->s64 = btf__add_int(t->btf, "s64", 8, BTF_INT_SIGNED);
	t->u128 = btf__add_int(t->btf, "u128", 16, 0);
	t->char_ = btf__add_int(t->btf, "char", 1, BTF_INT_CHAR);
	t->bool_ = btf__add_int(t->btf, "bool", 1, BTF_INT_BOOL);
}

/* Each adds a type and gives its id; *bytes is its size. */
static int all_ints(struct types *t, uint32_t *bytes)
{
	int id = btf__add_struct(t->btf, "ints", *bytes = 64);

	btf__add_field(t->btf, "a", t->u8, 0, 0);
	btf__add_field(t->btf, "b", t->s8, 8, 0);
	btf__add_field(t->btf, "c", t->u16, 16, 0);
	btf__add_field(t->btf, "d", t->s16, 32, 0);
	btf__add_field(t->btf, "e", t->u32, 64, 0);
	btf__add_field(t->btf, "f", t->s32, 96, 0);
	btf__add_field(t->btf, "g", t->u64, 128, 0);
	btf__add_field(t->btf, "h", t->s64, 192, 0);
	btf__add_field(t->btf, "i", t->u128, 256, 0);
	btf__add_field(t->btf, "j", t->char_, 384, 0);
	btf__add_field(t->btf, "k", t->bool_, 392, 0);
	btf__add_field(t->btf, "l", t->bool_, 400, 0);
	return id;
}

static int bit_fields(struct types *t, uint32_t *bytes)
{
	int id = btf__add_struct(t->btf, "bits", *bytes = 48);

	btf__add_field(t->btf, "a", t->u32, 0, 1);
	btf__add_field(t->btf, "b", t->s32, 1, 3);
	btf__add_field(t->btf, "c", t->u32, 4, 13);
	btf__add_field(t->btf, "d", t->u64, 64, 33);
	btf__add_field(t->btf, "e", t->u64, 97, 31);
	btf__add_field(t->btf, "f", t->u8, 130, 5);
	btf__add_field(t->btf, "g", t->s64, 192, 63);
	btf__add_field(t->btf, "h", t->u16, 256, 16);
	btf__add_field(t->btf, "i", t->s16, 272, 0);
	btf__add_field(t->btf, "j", t->bool_, 289, 1);
	return id;
}

static int enums(struct types *t, uint32_t *bytes)
{
	int e32, neg, e8, e64, s64, id;

	e32 = btf__add_enum(t->btf, "e32", 4);
	btf__add_enum_value(t->btf, "ZERO", 0);
	btf__add_enum_value(t->btf, "ONE", 1);
	btf__add_enum_value(t->btf, "ALSO_ONE", 1);
	neg = btf__add_enum(t->btf, "neg", 4);
	btf__add_enum_value(t->btf, "MINUS", -1);
	e8 = btf__add_enum(t->btf, "e8", 1);
	btf__add_enum_value(t->btf, "SEVEN", 7);
	e64 = btf__add_enum64(t->btf, "e64", 8, false);
	btf__add_enum64_value(t->btf, "BIG", 1ULL << 40);
	s64 = btf__add_enum64(t->btf, "s64e", 8, true);
	btf__add_enum64_value(t->btf, "NEG", (uint64_t)-5);
	id = btf__add_struct(t->btf, "enums", *bytes = 64);
	btf__add_field(t->btf, "a", e32, 0, 0);
	btf__add_field(t->btf, "b", e32, 32, 0);
	btf__add_field(t->btf, "c", e32, 64, 0);
	btf__add_field(t->btf, "d", neg, 96, 0);
	btf__add_field(t->btf, "e", neg, 128, 0);
	btf__add_field(t->btf, "f", e8, 160, 0);
	btf__add_field(t->btf, "g", e8, 168, 0);
	btf__add_field(t->btf, "h", e64, 192, 0);
	btf__add_field(t->btf, "i", e64, 256, 0);
	btf__add_field(t->btf, "j", s64, 320, 0);
	btf__add_field(t->btf, "k", s64, 384, 0);
	return id;
}

static int nested(struct types *t, uint32_t *bytes)
{
	int inner, choice, row, grid, text, ptr, alias, konst, none, tail, id;

	inner = btf__add_struct(t->btf, "inner", 8);
	btf__add_field(t->btf, "x", t->s32, 0, 0);
	btf__add_field(t->btf, "y", t->u32, 32, 3);
	choice = btf__add_union(t->btf, "choice", 8);
	btf__add_field(t->btf, "n", t->u64, 0, 0);
	btf__add_field(t->btf, "s", inner, 0, 0);
	btf__add_field(t->btf, "b", t->u8, 0, 0);
	row = btf__add_array(t->btf, t->u32, t->u16, 2);
	grid = btf__add_array(t->btf, t->u32, row, 2);
	text = btf__add_array(t->btf, t->u32, t->char_, 8);
	ptr = btf__add_ptr(t->btf, t->u32);
	alias = btf__add_typedef(t->btf, "alias", inner);
	konst = btf__add_const(t->btf, alias);
	none = btf__add_array(t->btf, t->u32, t->u32, 0);
	tail = btf__add_array(t->btf, t->u32, t->s8, 4);
	id = btf__add_struct(t->btf, "nested", *bytes = 56);
	btf__add_field(t->btf, "a", inner, 0, 0);
	btf__add_field(t->btf, "b", choice, 64, 0);
	btf__add_field(t->btf, "c", grid, 128, 0);
	btf__add_field(t->btf, "d", text, 192, 0);
	btf__add_field(t->btf, "e", ptr, 256, 0);
	btf__add_field(t->btf, "f", konst, 320, 0);
	btf__add_field(t->btf, "g", none, 384, 0);
	btf__add_field(t->btf, "h", tail, 384, 0);
	return id;
}

/* Arrays of what begins with a bracket itself. */
static int arrays(struct types *t, uint32_t *bytes)
{
	int pair, outer, text, words, lines, mixed, id;

	pair = btf__add_struct(t->btf, "pair", 4);
	btf__add_field(t->btf, "x", t->u8, 0, 0);
	btf__add_field(t->btf, "y", t->s16, 16, 0);
	text = btf__add_array(t->btf, t->u32, t->u8, 4);
	outer = btf__add_struct(t->btf, "outer", 12);
	btf__add_field(t->btf, "p", pair, 0, 0);
	btf__add_field(t->btf, "t", text, 32, 0);
	btf__add_field(t->btf, "q", pair, 64, 0);
	words = btf__add_array(t->btf, t->u32, pair, 2);
	lines = btf__add_array(t->btf, t->u32, text, 3);
	mixed = btf__add_array(t->btf, t->u32, outer, 2);
	id = btf__add_struct(t->btf, "arrays", *bytes = 60);
	btf__add_field(t->btf, "a", words, 0, 0);
	btf__add_field(t->btf, "b", lines, 64, 0);
	btf__add_field(t->btf, "c", mixed, 160, 0);
	btf__add_field(t->btf, "d", pair, 352, 0);
	btf__add_field(t->btf, "e", text, 384, 0);
	btf__add_field(t->btf, "f", t->u8, 416, 0);
	return id;
}

static int other_kinds(struct types *t, uint32_t *bytes)
{
	int real, fn, proto, any, list, e8, enum_array, id;

	real = btf__add_float(t->btf, "double", 8);
	proto = btf__add_func_proto(t->btf, 0);
	fn = btf__add_ptr(t->btf, proto);
	any = btf__add_ptr(t->btf, 0);
	list = btf__add_array(t->btf, t->u32, any, 2);
	e8 = btf__add_enum(t->btf, "small", 1);
	btf__add_enum_value(t->btf, "NONE", 0);
	enum_array = btf__add_array(t->btf, t->u32, t->bool_, 4);
	id = btf__add_struct(t->btf, "others", *bytes = 48);
	btf__add_field(t->btf, "a", real, 0, 0);
	btf__add_field(t->btf, "b", fn, 64, 0);
	btf__add_field(t->btf, "c", list, 128, 0);
	btf__add_field(t->btf, "d", enum_array, 256, 0);
	btf__add_field(t->btf, "e", e8, 288, 3);
	return id;
}

/* Arrays of pointers of all kinds, each where fill() makes the elements equal. */
static int pointers(struct types *t, uint32_t *bytes)
{
	int pair, word, list, id, type[6], i;

	pair = btf__add_struct(t->btf, "pair", 8);
	btf__add_field(t->btf, "x", t->u32, 0, 0);
	btf__add_field(t->btf, "y", t->s32, 32, 0);
	list = btf__add_array(t->btf, t->u32, t->u32, 2);
	word = btf__add_typedef(t->btf, "word", t->u32);
	type[0] = btf__add_ptr(t->btf, t->u32);
	type[1] = btf__add_ptr(t->btf, pair);
	type[2] = btf__add_ptr(t->btf, type[0]);
	type[3] = btf__add_ptr(t->btf, btf__add_const(t->btf, pair));
	type[4] = btf__add_ptr(t->btf, list);
	type[5] = btf__add_typedef(t->btf, "pair_ptr", btf__add_ptr(t->btf, word));
	for (i = 0; i < 6; i++)
		type[i] = btf__add_array(t->btf, t->u32, type[i], 2);
	id = btf__add_struct(t->btf, "pointers", *bytes = 304);
	for (i = 0; i < 6; i++)
		btf__add_field(t->btf, "m", type[i], 64 + 14 * 32 * i, 0);
	return id;
}

/* Structs and arrays by other names. */
static int modified(struct types *t, uint32_t *bytes)
{
	int pair, list, id, type[8], i;

	pair = btf__add_struct(t->btf, "pair", 8);
	btf__add_field(t->btf, "x", t->u32, 0, 0);
	btf__add_field(t->btf, "y", t->s32, 32, 0);
	list = btf__add_array(t->btf, t->u32, t->u32, 2);
	type[0] = btf__add_typedef(t->btf, "pair_t", pair);
	type[1] = btf__add_const(t->btf, pair);
	type[2] = btf__add_const(t->btf, type[0]);
	type[3] = btf__add_typedef(t->btf, "const_pair", type[1]);
	type[4] = btf__add_typedef(t->btf, "list_t", list);
	type[5] = btf__add_const(t->btf, type[4]);
	type[6] = btf__add_volatile(t->btf, list);
	type[7] = btf__add_typedef(t->btf, "again", type[0]);
	id = btf__add_struct(t->btf, "modified", *bytes = 64);
	for (i = 0; i < 8; i++)
		btf__add_field(t->btf, "m", type[i], 64 * i, 0);
	return id;
}

static int section(struct types *t, uint32_t *bytes)
{
	int pair, v1, v2, v3, id;

	pair = btf__add_struct(t->btf, "pair", 8);
	btf__add_field(t->btf, "x", t->u32, 0, 0);
	btf__add_field(t->btf, "y", t->s32, 32, 0);
	v1 = btf__add_var(t->btf, "first", BTF_VAR_STATIC, t->u32);
	v2 = btf__add_var(t->btf, "second", BTF_VAR_GLOBAL_ALLOCATED, pair);
	v3 = btf__add_var(t->btf, "third", BTF_VAR_GLOBAL_ALLOCATED, t->s64);
	id = btf__add_datasec(t->btf, ".data", *bytes = 24);
	btf__add_datasec_var_info(t->btf, v1, 0, 4);
	btf__add_datasec_var_info(t->btf, v2, 4, 8);
	btf__add_datasec_var_info(t->btf, v3, 16, 8);
	return id;
}

static int one_int(struct types *t, uint32_t *bytes)
{
	*bytes = 8;
	return t->s64;
}

static int with_lock(struct types *t, uint32_t *bytes)
{
	int lock = btf__add_struct(t->btf, "bpf_spin_lock", 4), timer, id;

	btf__add_field(t->btf, "val", t->u32, 0, 0);
	timer = btf__add_struct(t->btf, "bpf_timer", 16);
	id = btf__add_struct(t->btf, "locked", *bytes = 32);
	btf__add_field(t->btf, "a", t->u32, 0, 0);
	btf__add_field(t->btf, "lock", lock, 32, 0);
	btf__add_field(t->btf, "timer", timer, 64, 0);
	btf__add_field(t->btf, "b", t->u64, 192, 0);
	return id;
}

/**
 * struct shape - A map to show
 * @name: For the trace.
 * @type: BPF_MAP_TYPE_*.
 * @key: Adds its key type; NULL: u32.
 * @value: Adds its value type.
 */
struct shape {
	const char		*name;
	enum bpf_map_type	type;
	int			(*key)(struct types *t, uint32_t *bytes);
	int			(*value)(struct types *t, uint32_t *bytes);
};

static const struct shape shapes[] = {
	{ "array of ints", BPF_MAP_TYPE_ARRAY, NULL, all_ints },
	{ "array of bit fields", BPF_MAP_TYPE_ARRAY, NULL, bit_fields },
	{ "array of enums", BPF_MAP_TYPE_ARRAY, NULL, enums },
	{ "array of structs", BPF_MAP_TYPE_ARRAY, NULL, nested },
	{ "array of arrays", BPF_MAP_TYPE_ARRAY, NULL, arrays },
	{ "array of other kinds", BPF_MAP_TYPE_ARRAY, NULL, other_kinds },
	{ "array of modified types", BPF_MAP_TYPE_ARRAY, NULL, modified },
	{ "array of pointers", BPF_MAP_TYPE_ARRAY, NULL, pointers },
	{ "section", BPF_MAP_TYPE_ARRAY, NULL, section },
	{ "array of numbers", BPF_MAP_TYPE_ARRAY, NULL, one_int },
	{ "array with locks", BPF_MAP_TYPE_ARRAY, NULL, with_lock },
	{ "hash of structs", BPF_MAP_TYPE_HASH, nested, all_ints },
	{ "hash of numbers", BPF_MAP_TYPE_HASH, one_int, one_int },
	{ "lru hash", BPF_MAP_TYPE_LRU_HASH, one_int, nested },
	{ "percpu array", BPF_MAP_TYPE_PERCPU_ARRAY, NULL, nested },
	{ "percpu hash", BPF_MAP_TYPE_PERCPU_HASH, nested, one_int },
	{ "lru percpu hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, one_int, one_int },
};

static int load_types(struct types *t)
{
	union bpf_attr attr;
	uint32_t bytes;

	memset(&attr, 0, sizeof(attr));
	attr.btf = PTR(btf__raw_data(t->btf, &bytes));
	attr.btf_size = bytes;
	return bpf_call(BPF_BTF_LOAD, &attr, 28);
}

/*
 * Elements of an array of arrays, or of pointers, are equal: Linux 6.1 shows the first one again
 * and again.
 */
static uint32_t word(uint32_t i)
{
	/* Values of per-CPU maps have 14 words. */
	i %= 14;
	return 0x61428103 * (i >= 2 && i < 8 ? 3 : i + 1);
}

static void fill(int fd, const struct shape *shape, uint32_t key_bytes, uint32_t value_bytes)
{
	uint32_t key_words[32], value_words[1024], key, i;

	for (key = 0; key < 3; key++) {
		for (i = 0; i < ARRAY_SIZE_OF(key_words); i++)
			key_words[i] = key * (i ? 0x1010101 : 1);
		/* All zero, all ones, and something in between. */
		for (i = 0; i < ARRAY_SIZE_OF(value_words); i++)
			value_words[i] = key == 0 ? 0 : key == 1 ? ~0U : word(i);
		trace(elem_op(BPF_MAP_UPDATE_ELEM, fd, key_words, value_words, 0) ?
		      error_name(errno) : "ok", "update");
	}
	(void)key_bytes;
	(void)value_bytes;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lines in order of their text where the map has no order of its own. */
static void trace_file(const char *path, bool sorted)
{
	static char text[65536];
	char *lines[512], *line;
	size_t len = 0, nr = 0, i;
	ssize_t got;
	int fd = open(path, O_RDONLY);

	if (fd < 0) {
		trace(error_name(errno), "open");
		return;
	}
	/* In pieces, as any reader may. */
	while ((got = read(fd, text + len, 100)) > 0)
		len += got;
	text[len] = '\0';
	trace(got < 0 ? error_name(errno) : "ok", "read");
	for (line = strtok(text, "\n"); line && nr < ARRAY_SIZE_OF(lines);
	     line = strtok(NULL, "\n"))
		lines[nr++] = line;
	if (sorted)
		qsort(lines, nr, sizeof(*lines), by_text);
	for (i = 0; i < nr; i++)
		trace(lines[i], "line %zu", i);
	close(fd);
}

static void show(const struct shape *shape)
{
	uint32_t key_bytes = 4, value_bytes;
	union bpf_attr attr;
	struct types t;
	int fd;

	memset(&attr, 0, sizeof(attr));
	add_ints(&t);
	attr.btf_key_type_id = shape->key ? shape->key(&t, &key_bytes) : t.u32;
	attr.btf_value_type_id = shape->value(&t, &value_bytes);
	attr.btf_fd = load_types(&t);
	attr.map_type = shape->type;
	attr.key_size = key_bytes;
	attr.value_size = value_bytes;
	attr.max_entries = 4;
	fd = bpf_call(BPF_MAP_CREATE, &attr, sizeof(attr));
	trace(fd < 0 ? error_name(errno) : "ok", "create %s", shape->name);
	if (fd < 0)
		return;
	fill(fd, shape, key_bytes, value_bytes);
	memset(&attr, 0, sizeof(attr));
	attr.pathname = PTR(DIR "/map");
	attr.bpf_fd = fd;
	trace(bpf_call(BPF_OBJ_PIN, &attr, sizeof(attr)) ? error_name(errno) : "ok", "pin");
	trace_file(DIR "/map", is_hash(shape->type) || shape->type == BPF_MAP_TYPE_LRU_HASH ||
		   shape->type == BPF_MAP_TYPE_LRU_PERCPU_HASH);
	unlink(DIR "/map");
	close(fd);
	btf__free(t.btf);
}

static void pretty_print(void)
{
	unsigned int i;

	mkdir(DIR, 0700);
	if (unshare(CLONE_NEWNS) ||
	    mount("pins", DIR, diff_side == SIDE_LBPF ? "lbpf" : "bpf", 0, NULL))
		give_up("mount");
	for (i = 0; i < ARRAY_SIZE_OF(shapes); i++)
		show(&shapes[i]);
}

const struct scenario show_scenarios[] = {
	{ "show pretty_print", pretty_print },
	{ }
};
