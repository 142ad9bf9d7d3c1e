// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: bpf_for_each_map_elem() on every map type.
 *
 * The order of a hash map's entries is nobody's promise: what is compared of a
 * walk are sums over all entries, and of a walk that ends early the numbers only.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"
#include "raw_types.h"

#define NR_ENTRIES	64
#define FUNCS_MAX	3
/* On the stack of the program, which a callback reaches through R4. */
#define SUMS_AT		-48
#define NR_SUMS		5

/* The last one is a zero that the verifier knows nothing of. */
enum { SUM_CALLS, SUM_KEYS, SUM_PRODUCTS, SUM_VALUES, SUM_RESULTS, SUM_ZERO };

static const struct {
	const char *name;
	enum bpf_map_type type;
	uint32_t flags;
	bool is_array, is_percpu;
} types[] = {
	{ "array", BPF_MAP_TYPE_ARRAY, 0, true, false },
	{ "array, mmapable", BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE, true, false },
	{ "percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 0, true, true },
	{ "hash", BPF_MAP_TYPE_HASH, 0, false, false },
	{ "hash, not preallocated", BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, false, false },
	{ "percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 0, false, true },
	{ "percpu_hash, not preallocated", BPF_MAP_TYPE_PERCPU_HASH, BPF_F_NO_PREALLOC, false,
	  true },
	{ "lru_hash", BPF_MAP_TYPE_LRU_HASH, 0, false, false },
	{ "lru_hash, lists per CPU", BPF_MAP_TYPE_LRU_HASH, BPF_F_NO_COMMON_LRU, false, false },
	{ "lru_percpu_hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, 0, false, true },
};

/* A program of up to FUNCS_MAX functions; @starts ends with 0. */
struct source {
	const struct bpf_insn *insns;
	uint32_t nr_insns;
	uint32_t starts[FUNCS_MAX];
};

static int load_types(void)
{
	struct raw_types raw;
	union bpf_attr attr;
	int fd;

	make_raw_types(&raw);
	memset(&attr, 0, sizeof(attr));
	attr.btf = PTR(&raw);
	attr.btf_size = sizeof(raw);
	fd = bpf_call(BPF_BTF_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		give_up("types");
	return fd;
}

static int load(const struct source *source, const char *what)
{
	struct bpf_func_info funcs[FUNCS_MAX + 1] = { { 0, RAW_FUNC_ID } };
	union bpf_attr attr = load_attr(source->insns, source->nr_insns);
	int types_fd = load_types(), fd;

	attr.prog_btf_fd = types_fd;
	attr.func_info = PTR(funcs);
	attr.func_info_rec_size = sizeof(funcs[0]);
	attr.func_info_cnt = 1;
	for (int i = 0; i < FUNCS_MAX && source->starts[i]; i++)
		funcs[attr.func_info_cnt++] =
			(struct bpf_func_info){ source->starts[i], RAW_FUNC_ID };
	fd = bpf_traced(BPF_PROG_LOAD, &attr, "load %s", what);
	close(types_fd);
	return fd;
}

/* Keys 3, 10, 17, ...; in arrays: indices. */
static uint32_t key_at(size_t t, uint32_t i)
{
	return types[t].is_array ? i : 7 * i + 3;
}

static int make_filled(size_t t, uint32_t nr)
{
	int fd = make_map(types[t].type, 4, 8, NR_ENTRIES, types[t].flags);
	uint64_t value[512];
	uint32_t i, cpu, key;

	for (i = 0; i < nr; i++) {
		key = key_at(t, i);
		for (cpu = 0; cpu < ARRAY_SIZE_OF(value); cpu++)
			value[cpu] = (uint64_t)key << 20 | (cpu + 1);
		if (elem_op(BPF_MAP_UPDATE_ELEM, fd, &key, value, 0))
			give_up("fill");
	}
	return fd;
}

static void trace_number(uint64_t number, const char *what, const char *of)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	trace(text, "%s: %s", of, what);
}

/* What is in the map: number of keys, and their sum. */
static void trace_map(size_t t, int fd, const char *what)
{
	uint32_t key, next, nr = 0, sum = 0;
	uint64_t value[512] = {}, values = 0;
	void *at = NULL;

	while (nr <= NR_ENTRIES && !elem_op(BPF_MAP_GET_NEXT_KEY, fd, at, &next, 0)) {
		key = next;
		at = &key;
		nr++;
		sum += key;
		if (!elem_op(BPF_MAP_LOOKUP_ELEM, fd, &key, value, 0))
			values += value[0];
	}
	trace_number(nr, "keys left", what);
	trace_number(types[t].is_array ? sum : 0, "their sum", what);
	trace_number(values, "their values", what);
}

static void run_traced(int prog, int out, const char *what, bool is_ordered)
{
	static const char * const names[NR_SUMS] = {
		"calls", "keys", "keys times values", "values", "results",
	};
	unsigned char packet[64] = {};
	uint64_t sums[NR_SUMS] = {};
	union bpf_attr attr;
	uint32_t zero = 0;
	int err;

	elem_op(BPF_MAP_UPDATE_ELEM, out, &zero, sums, 0);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	err = bpf_call(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	trace(err ? error_name(errno) : "ok", "%s: run", what);
	trace_number((uint64_t)(int64_t)(int)attr.test.retval, "returned", what);
	if (elem_op(BPF_MAP_LOOKUP_ELEM, out, &zero, sums, 0))
		give_up("results");
	for (int i = 0; i < NR_SUMS; i++)
		if (is_ordered || i == SUM_CALLS || i == SUM_RESULTS)
			trace_number(sums[i], names[i], what);
}

#define SUM(n)	(SUMS_AT + 8 * (n))

#define CLEAR_SUMS()							\
	CALL(BPF_FUNC_ktime_get_ns), MOV(1, 0), ALU64(BPF_SUB, 0, 1),	\
	STX(BPF_DW, 10, 0, SUM(SUM_ZERO)),				\
	ST_IMM(BPF_DW, 10, SUM(0), 0), ST_IMM(BPF_DW, 10, SUM(1), 0),	\
	ST_IMM(BPF_DW, 10, SUM(2), 0), ST_IMM(BPF_DW, 10, SUM(3), 0),	\
	ST_IMM(BPF_DW, 10, SUM(4), 0)

/* Calls the function that is @away instructions after this; 7 instructions. */
#define WALK(map, away, flags)						\
	LD_MAP_FD(1, map), LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, (away) - 3),	\
	MOV(3, 10), ALU64_IMM(BPF_ADD, 3, SUMS_AT), MOV_IMM(4, flags),	\
	CALL(BPF_FUNC_for_each_map_elem)

#define COPY_SUM(n)	LDX(BPF_DW, 1, 10, SUM(n)), STX(BPF_DW, 0, 1, 8 * (n))

/* R0 is kept; 22 instructions. */
#define COPY_SUMS(out)							\
	MOV(6, 0), ST_IMM(BPF_W, 10, -52, 0), MOV(2, 10), ALU64_IMM(BPF_ADD, 2, -52),	\
	LD_MAP_FD(1, out), CALL(BPF_FUNC_map_lookup_elem), JMP_IMM(BPF_JEQ, 0, 0, 10),	\
	COPY_SUM(0), COPY_SUM(1), COPY_SUM(2), COPY_SUM(3), COPY_SUM(4),	\
	MOV(0, 6), EXIT()

#define PROG_INSNS	(9 + 8 + 20)
#define PROG(map, out, flags)						\
	CLEAR_SUMS(), WALK(map, PROG_INSNS - 9, flags), COPY_SUMS(out)

/* To a sum of the context in @ctx, with R5 lost. */
#define ADD_TO(ctx, n, reg)						\
	LDX(BPF_DW, 5, ctx, 8 * (n)), ALU64(BPF_ADD, 5, reg), STX(BPF_DW, ctx, 5, 8 * (n))

/* R6 = map, R7 = key, R8 = value, R9 = context; all sums but that of results. */
#define ADD_UP()							\
	MOV(6, 1), MOV(7, 2), MOV(8, 3), MOV(9, 4),			\
	MOV_IMM(1, 1), ADD_TO(9, SUM_CALLS, 1),				\
	LDX(BPF_W, 1, 7, 0), ADD_TO(9, SUM_KEYS, 1),			\
	LDX(BPF_DW, 2, 8, 0), ADD_TO(9, SUM_VALUES, 2),			\
	ALU64(BPF_MUL, 1, 2), ADD_TO(9, SUM_PRODUCTS, 1)

/*
 * Ends the walk with call number @stop.  A comparison of the number itself would make the
 * verifier follow every call on its own.
 */
#define STOP_AT(stop)							\
	LDX(BPF_DW, 1, 9, 8 * SUM_CALLS), LDX(BPF_DW, 2, 9, 8 * SUM_ZERO),	\
	ALU64(BPF_ADD, 1, 2), MOV_IMM(0, 1),				\
	JMP_IMM(BPF_JEQ, 1, stop, 1), MOV_IMM(0, 0), EXIT()

static int make_out(void)
{
	return make_map(BPF_MAP_TYPE_ARRAY, 4, 8 * NR_SUMS, 1, 0);
}

static void walk_with(size_t t, uint32_t nr, int stop, int flags)
{
	int map = make_filled(t, nr), out = make_out(), prog;
	const struct bpf_insn insns[] = { PROG(map, out, flags), ADD_UP(), STOP_AT(stop) };
	struct source source = { insns, ARRAY_SIZE_OF(insns), { PROG_INSNS } };
	char what[128];

	snprintf(what, sizeof(what), "%s, %u in it, stop %d, flags %#x", types[t].name, nr, stop,
		 flags);
	prog = load(&source, what);
	if (prog >= 0)
		run_traced(prog, out, what, types[t].is_array || stop < 1 || (uint32_t)stop >= nr);
	trace_map(t, map, what);
	close(prog);
	close(out);
	close(map);
}

static void walks(void)
{
	static const uint32_t fills[] = { 0, 1, 2, 17, NR_ENTRIES };
	static const int stops[] = { -1, 1, 2, 16, NR_ENTRIES };
	size_t t, f, s;

	for (t = 0; t < ARRAY_SIZE_OF(types); t++) {
		for (f = 0; f < ARRAY_SIZE_OF(fills); f++)
			for (s = 0; s < ARRAY_SIZE_OF(stops); s++)
				walk_with(t, fills[f], stops[s], 0);
		walk_with(t, 5, -1, 1);
		walk_with(t, 5, -1, -1);
	}
}

/* The callback deletes the element that it sees. */
static void delete_from(size_t t, uint32_t nr, int stop)
{
	int map = make_filled(t, nr), out = make_out(), prog;
	const struct bpf_insn insns[] = {
		PROG(map, out, 0), ADD_UP(),
		MOV(1, 6), MOV(2, 7), CALL(BPF_FUNC_map_delete_elem),
		/* Later kernels extend the sign to 64 bits, and lbpf does. */
		ALU32(BPF_MOV, 0, 0),
		ADD_TO(9, SUM_RESULTS, 0), STOP_AT(stop),
	};
	struct source source = { insns, ARRAY_SIZE_OF(insns), { PROG_INSNS } };
	char what[128];

	snprintf(what, sizeof(what), "delete from %s, %u in it, stop %d", types[t].name, nr, stop);
	prog = load(&source, what);
	if (prog >= 0) {
		run_traced(prog, out, what, types[t].is_array || stop < 0);
		if (stop < 0)
			trace_map(t, map, what);
		snprintf(what, sizeof(what), "%s, again", types[t].name);
		run_traced(prog, out, what, types[t].is_array || stop < 0);
	}
	close(prog);
	close(out);
	close(map);
}

static void deletes(void)
{
	for (size_t t = 0; t < ARRAY_SIZE_OF(types); t++) {
		delete_from(t, 1, -1);
		delete_from(t, 17, -1);
		/* What lists per CPU evict before is a matter of batches. */
		if (types[t].flags & BPF_F_NO_COMMON_LRU)
			continue;
		delete_from(t, NR_ENTRIES, -1);
		delete_from(t, NR_ENTRIES, 20);
	}
}

/*
 * The callback writes into the value, and replaces the element by one with that value.  The
 * entries are few enough that no LRU map evicts one.
 */
static void write_in(size_t t, bool replaces)
{
	int map = make_filled(t, 20), out = make_out(), prog;
	struct bpf_insn insns[] = {
		PROG(map, out, 0), ADD_UP(),
		LDX(BPF_DW, 3, 8, 0), ALU64_IMM(BPF_ADD, 3, 5), STX(BPF_DW, 8, 3, 0),
		STX(BPF_DW, 10, 3, -8), MOV(1, 6), MOV(2, 7), MOV(3, 10),
		ALU64_IMM(BPF_ADD, 3, -8), MOV_IMM(4, BPF_EXIST),
		replaces ? CALL(BPF_FUNC_map_update_elem) : MOV_IMM(0, 0),
		ADD_TO(9, SUM_RESULTS, 0), STOP_AT(-1),
	};
	struct source source = { insns, ARRAY_SIZE_OF(insns), { PROG_INSNS } };
	char what[128];

	snprintf(what, sizeof(what), "%s in %s", replaces ? "replace" : "write", types[t].name);
	prog = load(&source, what);
	if (prog >= 0)
		run_traced(prog, out, what, true);
	trace_map(t, map, what);
	close(prog);
	close(out);
	close(map);
}

/* The callback walks the map too. */
static void nest_in(size_t t, uint32_t nr)
{
	int map = make_filled(t, nr), out = make_out(), prog;
	/* The first callback: 5 instructions and its end. */
	const struct bpf_insn insns[] = {
		PROG(map, out, 0),
		MOV(3, 4), LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, 5), MOV_IMM(4, 0),
		CALL(BPF_FUNC_for_each_map_elem), MOV_IMM(0, 0), EXIT(),
		ADD_UP(), STOP_AT(-1),
	};
	struct source source = { insns, ARRAY_SIZE_OF(insns), { PROG_INSNS, PROG_INSNS + 7 } };
	char what[128];

	snprintf(what, sizeof(what), "nest in %s, %u in it", types[t].name, nr);
	prog = load(&source, what);
	if (prog >= 0)
		run_traced(prog, out, what, true);
	close(prog);
	close(out);
	close(map);
}

static void changes(void)
{
	for (size_t t = 0; t < ARRAY_SIZE_OF(types); t++) {
		write_in(t, false);
		write_in(t, true);
		nest_in(t, 0);
		nest_in(t, 9);
		nest_in(t, NR_ENTRIES);
	}
}

/* A program whose callback is @body. */
static void try(int map, const struct bpf_insn *body, uint32_t nr, const char *what)
{
	struct bpf_insn insns[64] = { CLEAR_SUMS(), WALK(map, 10, 0), MOV_IMM(0, 0), EXIT() };
	struct source source = { insns, 19 + nr, { 19 } };
	int fd;

	memcpy(insns + 19, body, nr * sizeof(*body));
	fd = load(&source, what);
	if (fd >= 0)
		close(fd);
}

#define TRY(what, ...)								\
	try(map, (const struct bpf_insn[]){ __VA_ARGS__ },			\
	    sizeof((const struct bpf_insn[]){ __VA_ARGS__ }) / sizeof(struct bpf_insn), what)
#define END()	MOV_IMM(0, 0), EXIT()

static void try_bodies(int map, const char *of)
{
	trace("", "callbacks on %s", of);
	TRY("nothing", END());
	TRY("result 1", MOV_IMM(0, 1), EXIT());
	TRY("result 2", MOV_IMM(0, 2), EXIT());
	TRY("result -1", MOV_IMM(0, -1), EXIT());
	TRY("result unknown", LDX(BPF_DW, 0, 3, 0), EXIT());
	TRY("no result", EXIT());
	TRY("result pointer", MOV(0, 3), EXIT());
	TRY("key", LDX(BPF_W, 0, 2, 0), END());
	TRY("key, too long", LDX(BPF_DW, 0, 2, 0), END());
	TRY("key, past", LDX(BPF_B, 0, 2, 4), END());
	TRY("key, before", LDX(BPF_B, 0, 2, -1), END());
	TRY("key, moved", ALU64_IMM(BPF_ADD, 2, 2), LDX(BPF_H, 0, 2, 0), END());
	TRY("key, written", ST_IMM(BPF_W, 2, 0, 1), END());
	TRY("value", LDX(BPF_DW, 0, 3, 0), END());
	TRY("value, past", LDX(BPF_DW, 0, 3, 1), END());
	TRY("value, written", ST_IMM(BPF_DW, 3, 0, 1), END());
	TRY("value, written past", ST_IMM(BPF_DW, 3, 8, 1), END());
	TRY("map, read", LDX(BPF_DW, 0, 1, 0), END());
	TRY("map, written", ST_IMM(BPF_DW, 1, 0, 1), END());
	TRY("context", LDX(BPF_DW, 0, 4, 0), END());
	TRY("context, past", LDX(BPF_DW, 0, 4, 48), END());
	TRY("fifth", MOV(0, 5), END());
	TRY("saved register", MOV(0, 6), END());
	TRY("lookup", CALL(BPF_FUNC_map_lookup_elem), END());
	TRY("delete", CALL(BPF_FUNC_map_delete_elem), END());
	TRY("value as key", MOV(2, 3), CALL(BPF_FUNC_map_delete_elem), END());
	TRY("key as value", MOV(3, 2), MOV_IMM(4, 0), CALL(BPF_FUNC_map_update_elem), END());
	TRY("itself", MOV(3, 4), LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, -2), MOV_IMM(4, 0),
	    CALL(BPF_FUNC_for_each_map_elem), END());
}

static void refused_callbacks(void)
{
	static const uint32_t access[] = { 0, BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG };
	char what[128];
	int map;

	for (size_t t = 0; t < ARRAY_SIZE_OF(types); t++)
		for (size_t a = 0; a < ARRAY_SIZE_OF(access); a++) {
			map = make_map(types[t].type, 4, 8, 4, types[t].flags | access[a]);
			snprintf(what, sizeof(what), "%s, access %#x", types[t].name, access[a]);
			try_bodies(map, what);
			close(map);
		}
}

static void refused_arguments(void)
{
	int map = make_map(BPF_MAP_TYPE_HASH, 4, 8, 4, 0), fd;
	/* MOV to R3 is the fifth instruction. */
	struct bpf_insn insns[] = {
		LD_MAP_FD(1, map), LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, 6), MOV_IMM(3, 0),
		MOV_IMM(4, 0), CALL(BPF_FUNC_for_each_map_elem), MOV_IMM(0, 0), EXIT(),
		LDX(BPF_DW, 0, 4, 0), MOV_IMM(0, 0), EXIT(),
	};
	static const struct {
		const char *what;
		struct bpf_insn third, first_of_callback;
	} cases[] = {
		{ "no context", MOV_IMM(3, 0), MOV_IMM(0, 0) },
		{ "no context, read", MOV_IMM(3, 0), LDX(BPF_DW, 0, 4, 0) },
		{ "a number", MOV_IMM(3, 1), MOV_IMM(0, 0) },
		{ "the stack", MOV(3, 10), LDX(BPF_DW, 0, 4, -8) },
		{ "the stack, past", MOV(3, 10), LDX(BPF_DW, 0, 4, 0) },
		{ "a map", MOV(3, 1), MOV_IMM(0, 0) },
		{ "a function", MOV(3, 2), MOV_IMM(0, 0) },
		{ "nothing", MOV(3, 7), MOV_IMM(0, 0) },
	};
	struct source source = { insns, ARRAY_SIZE_OF(insns), { 9 } };

	for (size_t i = 0; i < ARRAY_SIZE_OF(cases); i++) {
		insns[4] = cases[i].third;
		insns[9] = cases[i].first_of_callback;
		fd = load(&source, cases[i].what);
		if (fd >= 0)
			close(fd);
	}
	insns[4] = MOV_IMM(3, 0);
	insns[2] = INSN(BPF_LD | BPF_IMM | BPF_DW, 2, 0, 0, 5);
	fd = load(&source, "a number as the function");
	if (fd >= 0)
		close(fd);
	close(map);
}

static void refused_types(void)
{
	static const struct {
		const char *name;
		enum bpf_map_type type;
		uint32_t key_size, value_size, nr, flags;
	} others[] = {
		{ "queue", BPF_MAP_TYPE_QUEUE, 0, 8, 4, 0 },
		{ "stack", BPF_MAP_TYPE_STACK, 0, 8, 4, 0 },
		{ "bloom", BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 4, 0 },
		{ "lpm_trie", BPF_MAP_TYPE_LPM_TRIE, 8, 8, 4, BPF_F_NO_PREALLOC },
		{ "prog_array", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0 },
		{ "perf_event_array", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4, 0 },
		{ "cgroup_array", BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 4, 0 },
		{ "stack_trace", BPF_MAP_TYPE_STACK_TRACE, 4, 8, 4, 0 },
		{ "reuseport_sockarray", BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8, 4, 0 },
		{ "ringbuf", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
	};
	union bpf_attr attr;
	int map;

	for (size_t i = 0; i < ARRAY_SIZE_OF(others); i++) {
		map = make_map(others[i].type, others[i].key_size, others[i].value_size,
			       others[i].nr, others[i].flags);
		TRY(others[i].name, END());
		close(map);
	}
	for (int type = BPF_MAP_TYPE_ARRAY_OF_MAPS; type <= BPF_MAP_TYPE_HASH_OF_MAPS; type++) {
		memset(&attr, 0, sizeof(attr));
		attr.map_type = type;
		attr.key_size = 4;
		attr.value_size = 4;
		attr.max_entries = 4;
		attr.inner_map_fd = make_out();
		map = bpf_traced(BPF_MAP_CREATE, &attr, "map of maps");
		TRY("map of maps", END());
		close(map);
	}
}

/* One element of a per-CPU map, not any. */
static void on_one_cpu(void (*test)(void))
{
	if (!test_pin(0))
		give_up("sched_setaffinity");
	test();
}

static void walks_pinned(void)
{
	on_one_cpu(walks);
}

static void deletes_pinned(void)
{
	on_one_cpu(deletes);
}

static void changes_pinned(void)
{
	on_one_cpu(changes);
}

const struct scenario for_each_scenarios[] = {
	{ "for_each walks", walks_pinned },
	{ "for_each deletes", deletes_pinned },
	{ "for_each changes", changes_pinned },
	{ "for_each callbacks", refused_callbacks },
	{ "for_each arguments", refused_arguments },
	{ "for_each types", refused_types },
	{ }
};
