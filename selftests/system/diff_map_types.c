// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: queues, stacks, bloom filters, maps of maps, LPM tries.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

#define NR_OPS		2000
#define NR_INNER	6

static unsigned char value[512];
static unsigned char key[512];

static const struct {
	enum bpf_map_type type;
	const char *name;
	uint32_t key_size, value_size, flags;
} types[] = {
	{ BPF_MAP_TYPE_QUEUE, "queue", 0, 8, 0 },
	{ BPF_MAP_TYPE_STACK, "stack", 0, 8, 0 },
	{ BPF_MAP_TYPE_BLOOM_FILTER, "bloom", 0, 8, 0 },
	{ BPF_MAP_TYPE_ARRAY_OF_MAPS, "array_of_maps", 4, 4, 0 },
	{ BPF_MAP_TYPE_HASH_OF_MAPS, "hash_of_maps", 4, 4, 0 },
	{ BPF_MAP_TYPE_LPM_TRIE, "lpm_trie", 8, 8, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, "reuseport_sockarray", 4, 8, 0 },
	{ BPF_MAP_TYPE_CGROUP_ARRAY, "cgroup_array", 4, 4, 0 },
};

static const uint32_t sizes[] = {
	0, 1, 3, 4, 5, 7, 8, 64, 256, 260, 261, 512, 0x400000, 0x80000000,
};

static int create(union bpf_attr *attr, const char *what)
{
	int fd = bpf_call(BPF_MAP_CREATE, attr, sizeof(*attr));

	trace(fd < 0 ? error_name(errno) : "ok", "%s", what);
	return fd;
}

static int inner_map(void)
{
	return make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
}

static void try_shape(union bpf_attr attr, const char *what, uint32_t n)
{
	char text[128];
	int fd;

	snprintf(text, sizeof(text), "%s %#x", what, n);
	fd = create(&attr, text);
	if (fd >= 0)
		close(fd);
}

static void shapes(void)
{
	int inner = inner_map();
	union bpf_attr base, attr;
	uint32_t i;
	size_t t;

	for (t = 0; t < ARRAY_SIZE_OF(types); t++) {
		memset(&base, 0, sizeof(base));
		base.map_type = types[t].type;
		base.key_size = types[t].key_size;
		base.value_size = types[t].value_size;
		base.map_flags = types[t].flags;
		base.max_entries = 4;
		base.inner_map_fd = types[t].key_size ? inner : 0;
		trace(types[t].name, "type");
		for (i = 0; i < ARRAY_SIZE_OF(sizes); i++) {
			attr = base;
			attr.key_size = sizes[i];
			try_shape(attr, "key_size", sizes[i]);
			attr = base;
			attr.value_size = sizes[i];
			/* So much memory may be there, or not. */
			if (sizes[i] < 0x80000000)
				try_shape(attr, "value_size", sizes[i]);
		}
		for (i = 0; i < 32; i++) {
			attr = base;
			attr.map_flags |= 1U << i;
			try_shape(attr, "flag", 1U << i);
			attr = base;
			attr.map_flags ^= types[t].flags;
			attr.map_flags |= 1U << i;
			try_shape(attr, "only flag", 1U << i);
		}
		for (i = 0; i < 20; i++) {
			attr = base;
			attr.map_extra = i;
			try_shape(attr, "extra", i);
		}
		attr = base;
		attr.max_entries = 0;
		try_shape(attr, "max_entries", 0);
		attr = base;
		attr.map_flags |= BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
		try_shape(attr, "both", 0);
	}
}

static int typed_map(size_t t, uint32_t max_entries)
{
	static char what[64];
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = types[t].type;
	attr.key_size = types[t].key_size;
	attr.value_size = types[t].value_size;
	attr.map_flags = types[t].flags;
	attr.max_entries = max_entries;
	if (types[t].key_size)
		attr.inner_map_fd = inner_map();
	snprintf(what, sizeof(what), "make %s", types[t].name);
	return create(&attr, what);
}

static void op_traced(int cmd, int fd, uint64_t key_ptr, uint64_t value_ptr, uint64_t flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = key_ptr;
	attr.value = value_ptr;
	attr.flags = flags;
	bpf_traced(cmd, &attr, "cmd %d flags %#llx key %d", cmd, (unsigned long long)flags,
		   !!key_ptr);
}

/* Every command with flags and pointers, on a map with nothing and with something in it. */
static void commands(void)
{
	static const int cmds[] = {
		BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
		BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_AND_DELETE_ELEM,
	};
	static const uint64_t flags[] = { 0, 1, 2, 3, 4, 5, 6, 8, 1ULL << 32, ~0ULL };
	size_t t, c, f;
	int fd;

	for (t = 0; t < ARRAY_SIZE_OF(types); t++)
		for (c = 0; c < ARRAY_SIZE_OF(cmds); c++)
			for (f = 0; f < ARRAY_SIZE_OF(flags); f++) {
				fd = typed_map(t, 2);
				memset(key, 0, sizeof(key));
				memset(value, 0, sizeof(value));
				if (types[t].key_size)
					*(int *)value = inner_map();
				op_traced(cmds[c], fd, 0, PTR(value), flags[f]);
				op_traced(cmds[c], fd, PTR(key), PTR(value), flags[f]);
				op_traced(cmds[c], fd, PTR(key), 0x1000, flags[f]);
				op_traced(BPF_MAP_UPDATE_ELEM, fd,
					  types[t].key_size ? PTR(key) : 0, PTR(value), 0);
				if (types[t].key_size && cmds[c] == BPF_MAP_UPDATE_ELEM)
					*(int *)value = inner_map();
				op_traced(cmds[c], fd, PTR(key), PTR(value), flags[f]);
				op_traced(cmds[c], fd, 0, PTR(value), flags[f]);
				if (!types[t].key_size)
					trace_bytes(value, 8, "value");
				close(fd);
			}
}

static void push_random(int fd, size_t t)
{
	uint64_t flags = rnd_below(4) ? 0 : rnd_below(4);
	uint32_t op = rnd_below(4);

	memset(value, 0, sizeof(value));
	*(uint32_t *)value = rnd_below(8);
	if (op < 2)
		op_traced(BPF_MAP_UPDATE_ELEM, fd, 0, PTR(value), flags);
	else
		op_traced(op == 2 ? BPF_MAP_LOOKUP_ELEM : BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, 0,
			  PTR(value), 0);
	/* What a filter says of values never put in is up to its hash. */
	if (types[t].type != BPF_MAP_TYPE_BLOOM_FILTER)
		trace_bytes(value, 8, "then");
}

static void queues(void)
{
	static const uint32_t max[] = { 1, 2, 7, 64 };
	size_t t, m;
	int i, fd;

	for (t = 0; t < 2; t++)
		for (m = 0; m < ARRAY_SIZE_OF(max); m++) {
			fd = typed_map(t, max[m]);
			for (i = 0; i < NR_OPS; i++)
				push_random(fd, t);
			close(fd);
		}
}

/* Who may read, write, freeze. */
static void access_of_queue(void)
{
	static const uint32_t flags[] = { BPF_F_RDONLY, BPF_F_WRONLY, 0 };
	union bpf_attr attr;
	size_t t, f;
	int fd;

	for (t = 0; t < 3; t++)
		for (f = 0; f < ARRAY_SIZE_OF(flags); f++) {
			fd = make_map(types[t].type, 0, 8, 4, flags[f]);
			memset(&attr, 0, sizeof(attr));
			attr.map_fd = fd;
			op_traced(BPF_MAP_UPDATE_ELEM, fd, 0, PTR(value), 0);
			if (!flags[f])
				bpf_traced(BPF_MAP_FREEZE, &attr, "freeze");
			op_traced(BPF_MAP_UPDATE_ELEM, fd, 0, PTR(value), 0);
			op_traced(BPF_MAP_LOOKUP_ELEM, fd, 0, PTR(value), 0);
			op_traced(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, 0, PTR(value), 0);
			close(fd);
		}
}

/* Programs: the value is at 16 in the packet, the operation says what to do with it. */
static void queue_prog_traced(int fd, int helper, uint64_t flags)
{
	static unsigned char packet[64];
	struct bpf_insn insns[] = {
		MOV(6, 1), LD_ABS(BPF_W, 16), STX(BPF_DW, 10, 0, -8), MOV(2, 10),
		ALU64_IMM(BPF_ADD, 2, -8), MOV_IMM(3, flags), LD_MAP_FD(1, fd), CALL(helper),
		LDX(BPF_DW, 1, 10, -8),
		ALU64_IMM(BPF_LSH, 0, 8), ALU64(BPF_ADD, 0, 1), EXIT(),
	};
	union bpf_attr attr = load_attr(insns, ARRAY_SIZE_OF(insns));
	char text[64];
	int prog;

	prog = bpf_call(BPF_PROG_LOAD, &attr, sizeof(attr));
	trace(prog < 0 ? error_name(errno) : "ok", "load helper %d", helper);
	if (prog < 0)
		return;
	packet[19] = rnd_below(200);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	if (bpf_call(BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		give_up("test run");
	snprintf(text, sizeof(text), "%#x", attr.test.retval);
	trace(text, "run helper %d flags %#llx", helper, (unsigned long long)flags);
	close(prog);
}

static void queue_programs(void)
{
	static const int helpers[] = {
		BPF_FUNC_map_push_elem, BPF_FUNC_map_pop_elem, BPF_FUNC_map_peek_elem,
		BPF_FUNC_map_push_elem, BPF_FUNC_map_lookup_elem, BPF_FUNC_map_update_elem,
		BPF_FUNC_map_delete_elem,
	};
	size_t t;
	int i, fd;

	for (t = 0; t < 3; t++) {
		fd = typed_map(t, t == 2 ? 1000 : 5);
		for (i = 0; i < 150; i++)
			queue_prog_traced(fd, helpers[i < 7 ? i : (int)rnd_below(4)],
					  rnd_below(3) ? 0 : rnd_below(5));
		close(fd);
	}
}

static uint32_t id_of(int fd)
{
	struct bpf_map_info info = {};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = PTR(&info);
	if (bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		give_up("info");
	return info.id;
}

/* What may be inside of what. */
static const struct {
	enum bpf_map_type type;
	uint32_t key_size, value_size, max_entries, flags;
} inners[] = {
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_INNER_MAP },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 2, BPF_F_INNER_MAP },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 2, BPF_F_RDONLY_PROG },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_MMAPABLE },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 2, 0 },
	{ BPF_MAP_TYPE_HASH, 4, 8, 1, 0 },
	{ BPF_MAP_TYPE_HASH, 4, 8, 2, 0 },
	{ BPF_MAP_TYPE_HASH, 4, 8, 1, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_HASH, 8, 8, 1, 0 },
	{ BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 3, 0 },
	{ BPF_MAP_TYPE_LRU_HASH, 4, 8, 3, 0 },
	{ BPF_MAP_TYPE_LRU_HASH, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_QUEUE, 0, 8, 1, 0 },
	{ BPF_MAP_TYPE_QUEUE, 0, 8, 2, 0 },
	{ BPF_MAP_TYPE_STACK, 0, 8, 1, 0 },
	{ BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 1, 0 },
	{ BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 2, 0 },
	{ BPF_MAP_TYPE_LPM_TRIE, 8, 8, 2, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 2, 0 },
	{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 3, 0 },
	{ BPF_MAP_TYPE_STACK_TRACE, 4, 16, 2, 0 },
	{ BPF_MAP_TYPE_STACK_TRACE, 4, 16, 4, 0 },
	{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2, 0 },
	{ BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
	{ BPF_MAP_TYPE_RINGBUF, 0, 0, 8192, 0 },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_CGROUP_STORAGE, 16, 8, 0, 0 },
	{ BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8, 2, 0 },
	{ BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8, 3, 0 },
	{ BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 2, 0 },
	{ BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 4096, 0 },
	{ BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 8192, 0 },
};

static void inner_types(void)
{
	int fds[ARRAY_SIZE_OF(inners)], outer, other;
	union bpf_attr attr;
	size_t t, i, j;
	uint32_t zero = 0;

	for (i = 0; i < ARRAY_SIZE_OF(inners); i++)
		fds[i] = make_map(inners[i].type, inners[i].key_size, inners[i].value_size,
				  inners[i].max_entries, inners[i].flags);
	for (t = 3; t < 5; t++)
		for (i = 0; i < ARRAY_SIZE_OF(inners); i++) {
			memset(&attr, 0, sizeof(attr));
			attr.map_type = types[t].type;
			attr.key_size = 4;
			attr.value_size = 4;
			attr.max_entries = 2;
			attr.inner_map_fd = fds[i];
			outer = create(&attr, "outer");
			/* Each change waits for a grace period: others than its own kind, a few. */
			for (j = 0; j < ARRAY_SIZE_OF(inners); j++)
				if (inners[i].type == inners[j].type || (i + j) % 7 == 0)
					op_traced(BPF_MAP_UPDATE_ELEM, outer, PTR(&zero),
						  PTR(&fds[j]), 0);
			/* No deeper, and not into itself. */
			attr.inner_map_fd = outer;
			other = create(&attr, "outer of outer");
			op_traced(BPF_MAP_UPDATE_ELEM, outer, PTR(&zero), PTR(&outer), 0);
			close(outer);
			if (other >= 0)
				close(other);
		}
	attr.inner_map_fd = 0;
	create(&attr, "no map");
	attr.inner_map_fd = 12345;
	create(&attr, "no descriptor");
}

static void trace_inner(int outer, uint32_t at, const uint32_t *ids)
{
	char text[32];
	uint32_t id = 0, i;

	if (elem_op(BPF_MAP_LOOKUP_ELEM, outer, &at, &id, 0)) {
		trace(error_name(errno), "inner at %u", at);
		return;
	}
	for (i = 0; i < NR_INNER && ids[i] != id; i++)
		;
	snprintf(text, sizeof(text), "map %u", i);
	trace(text, "inner at %u", at);
}

/* r0 = inner_map[outer[key at 16 of the packet]][0] + 1000 or 0. */
static int lookup_prog(int outer)
{
	struct bpf_insn insns[] = {
		MOV(6, 1),
		LD_ABS(BPF_W, 16),
		STX(BPF_W, 10, 0, -4),
		MOV(2, 10),
		ALU64_IMM(BPF_ADD, 2, -4),
		LD_MAP_FD(1, outer),
		CALL(BPF_FUNC_map_lookup_elem),
		JMP_IMM(BPF_JNE, 0, 0, 1),
		EXIT(),
		ST_IMM(BPF_W, 10, -4, 0),
		MOV(2, 10),
		ALU64_IMM(BPF_ADD, 2, -4),
		MOV(1, 0),
		CALL(BPF_FUNC_map_lookup_elem),
		JMP_IMM(BPF_JNE, 0, 0, 1),
		EXIT(),
		LDX(BPF_DW, 0, 0, 0),
		ALU64_IMM(BPF_ADD, 0, 1000),
		EXIT(),
	};

	return make_prog(insns, ARRAY_SIZE_OF(insns));
}

static void run_traced(int prog, uint32_t at)
{
	unsigned char packet[64] = { [19] = at };
	union bpf_attr attr;
	char text[32];

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	if (bpf_call(BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		give_up("test run");
	snprintf(text, sizeof(text), "%u", attr.test.retval);
	trace(text, "program at %u", at);
}

static void batch_of_maps(int outer, const int *fds)
{
	uint32_t keys[4] = { 0, 1, 2, 3 }, got[8], ids[8], pos, i;
	static const int cmds[] = { BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH,
				    BPF_MAP_UPDATE_BATCH, BPF_MAP_LOOKUP_BATCH,
				    BPF_MAP_LOOKUP_AND_DELETE_BATCH, BPF_MAP_LOOKUP_BATCH };
	union bpf_attr attr;
	char text[64];
	size_t c;
	int ret;

	for (c = 0; c < ARRAY_SIZE_OF(cmds); c++) {
		for (i = 0; i < 4; i++)
			got[i] = fds[i];
		memset(&attr, 0, sizeof(attr));
		attr.batch.map_fd = outer;
		attr.batch.count = 4;
		attr.batch.keys = PTR(c < 3 ? keys : got);
		attr.batch.values = PTR(c < 3 ? got : ids);
		attr.batch.out_batch = PTR(&pos);
		ret = bpf_call(cmds[c], &attr, sizeof(attr));
		snprintf(text, sizeof(text), "%s, count %u", ret ? error_name(errno) : "ok",
			 attr.batch.count);
		/* Whether a hash says at once that it was the last is up to its buckets. */
		if (c < 3 || !ret || errno != ENOENT)
			trace(text, "batch %d", cmds[c]);
	}
}

static void maps_of_maps(void)
{
	uint32_t ids[NR_INNER], at, which;
	int fds[NR_INNER], outer, prog, i;
	uint32_t zero = 0;
	size_t t;

	for (i = 0; i < NR_INNER; i++) {
		fds[i] = inner_map();
		ids[i] = id_of(fds[i]);
		*(uint64_t *)value = i;
		elem_op(BPF_MAP_UPDATE_ELEM, fds[i], &zero, value, 0);
	}
	for (t = 3; t < 5; t++) {
		outer = typed_map(t, 5);
		prog = lookup_prog(outer);
		for (i = 0; i < 300; i++) {
			at = rnd_below(7);
			which = rnd_below(NR_INNER);
			if (rnd_below(3))
				op_traced(BPF_MAP_UPDATE_ELEM, outer, PTR(&at), PTR(&fds[which]),
					  rnd_below(3));
			else
				op_traced(BPF_MAP_DELETE_ELEM, outer, PTR(&at), 0, 0);
			run_traced(prog, at);
			trace_inner(outer, at, ids);
		}
		close(outer);
		outer = typed_map(t, 4);
		batch_of_maps(outer, fds);
		close(outer);
		close(prog);
	}
}

/* What an LPM trie is asked. */
struct lpm {
	int fd;
	uint32_t data_bytes;
};

/* Dense, so that prefixes contain each other. */
static void random_prefix(const struct lpm *lpm)
{
	uint32_t i, bits = lpm->data_bytes * 8;

	*(uint32_t *)key = rnd_below(20) ? rnd_below(bits + 1) : bits + rnd_below(3);
	for (i = 0; i < lpm->data_bytes; i++)
		key[4 + i] = rnd_below(3) ? rnd_below(3) * 0x40 : rnd();
	*(uint64_t *)value = rnd();
}

static void trace_all_keys(const struct lpm *lpm)
{
	uint32_t nr = 0;

	if (elem_op(BPF_MAP_GET_NEXT_KEY, lpm->fd, NULL, key, 0))
		return;
	do {
		trace_bytes(key, 4 + lpm->data_bytes, "key %u", nr++);
		elem_op(BPF_MAP_LOOKUP_ELEM, lpm->fd, key, value, 0);
		trace_bytes(value, 8, "its value");
	} while (nr < 1000 && !elem_op(BPF_MAP_GET_NEXT_KEY, lpm->fd, key, key, 0));
}

static void lpm_op(const struct lpm *lpm)
{
	static const int cmds[] = {
		BPF_MAP_UPDATE_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
		BPF_MAP_DELETE_ELEM, BPF_MAP_LOOKUP_ELEM, BPF_MAP_LOOKUP_ELEM,
		BPF_MAP_GET_NEXT_KEY,
	};
	unsigned char next[512] = {};
	int cmd = cmds[rnd_below(8)];

	random_prefix(lpm);
	if (cmd == BPF_MAP_GET_NEXT_KEY) {
		op_traced(cmd, lpm->fd, PTR(key), PTR(next), 0);
		trace_bytes(next, 4 + lpm->data_bytes, "next");
		return;
	}
	op_traced(cmd, lpm->fd, PTR(key), PTR(value),
		  cmd == BPF_MAP_UPDATE_ELEM ? rnd_below(8) / 2 : 0);
	trace_bytes(value, 8, "value");
}

static void lpm_random(void)
{
	static const uint32_t bytes[] = { 1, 2, 4, 8, 16, 256 };
	static const uint32_t max[] = { 1, 40, 300 };
	size_t b, m;
	int i;

	for (b = 0; b < ARRAY_SIZE_OF(bytes); b++)
		for (m = 0; m < ARRAY_SIZE_OF(max); m++) {
			struct lpm lpm = { .data_bytes = bytes[b] };

			lpm.fd = make_map(BPF_MAP_TYPE_LPM_TRIE, 4 + bytes[b], 8, max[m],
					  BPF_F_NO_PREALLOC);
			for (i = 0; i < NR_OPS / 4; i++) {
				lpm_op(&lpm);
				if (i % 100 == 99)
					trace_all_keys(&lpm);
			}
			close(lpm.fd);
		}
}

static void lpm_batch_traced(int cmd, int fd, union bpf_attr *attr)
{
	char text[64];
	int ret;

	attr->batch.map_fd = fd;
	ret = bpf_call(cmd, attr, sizeof(*attr));
	snprintf(text, sizeof(text), "%s, count %u", ret ? error_name(errno) : "ok",
		 attr->batch.count);
	trace(text, "batch %d", cmd);
}

static void lpm_batches(void)
{
	static struct { uint32_t len; uint8_t data[4]; } keys[64], got[64], pos;
	static const uint32_t steps[] = { 1, 7, 60, 61, 64 };
	static uint64_t values[64];
	union bpf_attr attr;
	size_t s;
	int fd, i;

	fd = make_map(BPF_MAP_TYPE_LPM_TRIE, 8, 8, 64, BPF_F_NO_PREALLOC);
	for (i = 0; i < 60; i++) {
		keys[i].len = 8 + i % 25;
		keys[i].data[0] = i % 3;
		keys[i].data[1] = i * 37;
		values[i] = i;
	}
	memset(&attr, 0, sizeof(attr));
	attr.batch.count = 60;
	attr.batch.keys = PTR(keys);
	attr.batch.values = PTR(values);
	lpm_batch_traced(BPF_MAP_UPDATE_BATCH, fd, &attr);
	for (s = 0; s < ARRAY_SIZE_OF(steps); s++) {
		memset(&attr, 0, sizeof(attr));
		for (i = 0; i < 70; i++) {
			attr.batch.count = steps[s];
			attr.batch.keys = PTR(got);
			attr.batch.values = PTR(values);
			attr.batch.out_batch = PTR(&pos);
			memset(got, 0, sizeof(got));
			lpm_batch_traced(BPF_MAP_LOOKUP_BATCH, fd, &attr);
			trace_bytes(got, sizeof(got), "keys");
			trace_bytes(values, 64 * 8, "values");
			trace_bytes(&pos, sizeof(pos), "position");
			attr.batch.in_batch = PTR(&pos);
		}
	}
	memset(&attr, 0, sizeof(attr));
	attr.batch.count = 60;
	attr.batch.keys = PTR(keys);
	lpm_batch_traced(BPF_MAP_DELETE_BATCH, fd, &attr);
	lpm_batch_traced(BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, &attr);
	attr.batch.out_batch = PTR(&pos);
	lpm_batch_traced(BPF_MAP_LOOKUP_BATCH, fd, &attr);
	close(fd);
}

/* r0 = helper(prefix of 8 bytes at 16 of the packet), or what a lookup found. */
static int lpm_prog(int fd, int helper)
{
	struct bpf_insn insns[] = {
		MOV(6, 1), LD_ABS(BPF_W, 16), STX(BPF_W, 10, 0, -8), LD_ABS(BPF_W, 20),
		STX(BPF_W, 10, 0, -4), LD_ABS(BPF_W, 24), STX(BPF_DW, 10, 0, -16),
		MOV(2, 10), ALU64_IMM(BPF_ADD, 2, -8), MOV(3, 10), ALU64_IMM(BPF_ADD, 3, -16),
		MOV_IMM(4, 0), LD_MAP_FD(1, fd), CALL(helper), JMP_IMM(BPF_JEQ, 0, 0, 1),
		helper == BPF_FUNC_map_lookup_elem ? LDX(BPF_W, 0, 0, 0) : MOV(0, 0), EXIT(),
	};

	return make_prog(insns, ARRAY_SIZE_OF(insns));
}

static void lpm_programs(void)
{
	static const int helpers[] = { BPF_FUNC_map_lookup_elem, BPF_FUNC_map_update_elem,
				       BPF_FUNC_map_delete_elem };
	struct lpm lpm = { .data_bytes = 4 };
	unsigned char packet[64] = {};
	union bpf_attr attr;
	int progs[3], i;
	char text[32];

	lpm.fd = make_map(BPF_MAP_TYPE_LPM_TRIE, 8, 8, 100, BPF_F_NO_PREALLOC);
	for (i = 0; i < 3; i++)
		progs[i] = lpm_prog(lpm.fd, helpers[i]);
	for (i = 0; i < 1500; i++) {
		uint32_t op = rnd_below(5) / 2;

		random_prefix(&lpm);
		packet[19] = key[0];
		memcpy(packet + 20, key + 4, 4);
		packet[27] = value[0];
		memset(&attr, 0, sizeof(attr));
		attr.test.prog_fd = progs[op];
		attr.test.data_in = PTR(packet);
		attr.test.data_size_in = sizeof(packet);
		if (bpf_call(BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
			give_up("test run");
		snprintf(text, sizeof(text), "%#x", attr.test.retval);
		trace(text, "program %u", op);
	}
	trace_all_keys(&lpm);
}

const struct scenario map_type_scenarios[] = {
	{ "types shapes", shapes },
	{ "types commands", commands },
	{ "types queues", queues },
	{ "types access", access_of_queue },
	{ "types programs", queue_programs },
	{ "types inner", inner_types },
	{ "types maps_of_maps", maps_of_maps },
	{ "types lpm_random", lpm_random },
	{ "types lpm_batches", lpm_batches },
	{ "types lpm_programs", lpm_programs },
	{ NULL, NULL },
};
