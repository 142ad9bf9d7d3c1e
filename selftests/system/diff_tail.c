// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: program arrays, and tail calls through them.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

#define LIMIT	33	/* tail calls in a row */

#define COUNT_RUN(map_fd)						\
	MOV(6, 1), ST_IMM(BPF_W, 10, -4, 0), MOV(2, 10),		\
	ALU64_IMM(BPF_ADD, 2, -4), LD_MAP_FD(1, map_fd),		\
	CALL(BPF_FUNC_map_lookup_elem), MOV_IMM(7, 0),			\
	JMP_IMM(BPF_JEQ, 0, 0, 3), LDX(BPF_DW, 7, 0, 0),		\
	ALU64_IMM(BPF_ADD, 7, 1), STX(BPF_DW, 0, 7, 0), MOV(1, 6)

static int make_array(uint32_t nr)
{
	return make_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, nr, 0);
}

static int set_slot(int array_fd, uint32_t index, int prog_fd)
{
	return elem_op(BPF_MAP_UPDATE_ELEM, array_fd, &index, &prog_fd, 0);
}

static int return_prog(int value)
{
	struct bpf_insn insns[] = { MOV_IMM(0, value), EXIT() };

	return make_prog(insns, ARRAY_SIZE_OF(insns));
}

static void run_traced(int fd, const char *what)
{
	static unsigned char packet[64] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	union bpf_attr attr;
	char result[64];
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	ret = bpf_call(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	snprintf(result, sizeof(result), "%s, %d", ret ? error_name(errno) : "ok",
		 (int)attr.test.retval);
	trace(result, "%s", what);
}

static void create_traced(uint32_t key, uint32_t value, uint32_t nr, uint32_t flags)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = key,
				.value_size = value, .max_entries = nr, .map_flags = flags };
	int fd = bpf_traced(BPF_MAP_CREATE, &attr, "create %u %u %u %#x", key, value, nr, flags);

	if (fd >= 0)
		close(fd);
}

static void create(void)
{
	static const uint32_t sizes[] = { 0, 1, 2, 4, 8, 16 };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE_OF(sizes); i++)
		for (j = 0; j < ARRAY_SIZE_OF(sizes); j++)
			create_traced(sizes[i], sizes[j], 3, 0);
	for (i = 0; i < 16; i++)
		create_traced(4, 4, 3, 1U << i);
	create_traced(4, 4, 3, BPF_F_RDONLY | BPF_F_WRONLY);
	create_traced(4, 4, 0, 0);
	create_traced(4, 4, 1U << 20, 0);
}

static void elem_traced(int cmd, int fd, uint32_t index, uint32_t value, uint64_t flags)
{
	int ret = elem_op(cmd, fd, &index, &value, flags);

	trace(ret ? error_name(errno) : "ok", "cmd %d index %u flags %#llx", cmd, index,
	      (unsigned long long)flags);
}

static uint32_t id_of(int prog_fd)
{
	struct bpf_prog_info info;
	union bpf_attr attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = prog_fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = PTR(&info);
	if (bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		give_up("info");
	return info.id;
}

static void elements(void)
{
	int array = make_array(3), prog = return_prog(1), other = make_array(1);
	uint32_t index = 1, value = 0, i;

	for (i = 0; i < 5; i++)
		elem_traced(BPF_MAP_UPDATE_ELEM, array, 0, prog, i);
	elem_traced(BPF_MAP_UPDATE_ELEM, array, 1, prog, 0);
	elem_traced(BPF_MAP_UPDATE_ELEM, array, 1, prog, 0);
	elem_traced(BPF_MAP_UPDATE_ELEM, array, 3, prog, 0);
	elem_traced(BPF_MAP_UPDATE_ELEM, array, 3, prog, 1);
	elem_traced(BPF_MAP_UPDATE_ELEM, array, -1, prog, 0);
	elem_traced(BPF_MAP_UPDATE_ELEM, array, 2, other, 0);
	elem_traced(BPF_MAP_UPDATE_ELEM, array, 2, 1, 0);
	elem_traced(BPF_MAP_UPDATE_ELEM, array, 2, -1, 0);
	elem_traced(BPF_MAP_UPDATE_ELEM, array, 7, -1, 0);
	trace(elem_op(BPF_MAP_LOOKUP_ELEM, array, &index, &value, 0) ? error_name(errno) :
	      value == id_of(prog) ? "its id" : "something else", "lookup");
	elem_traced(BPF_MAP_LOOKUP_ELEM, array, 2, 0, 0);
	elem_traced(BPF_MAP_LOOKUP_ELEM, array, 3, 0, 0);
	elem_traced(BPF_MAP_LOOKUP_ELEM, array, 1, 0, BPF_F_LOCK);
	elem_traced(BPF_MAP_LOOKUP_AND_DELETE_ELEM, array, 1, 0, 0);
	elem_traced(BPF_MAP_GET_NEXT_KEY, array, 0, 0, 0);
	elem_traced(BPF_MAP_GET_NEXT_KEY, array, 2, 0, 0);
	elem_traced(BPF_MAP_GET_NEXT_KEY, array, 9, 0, 0);
	elem_traced(BPF_MAP_DELETE_ELEM, array, 1, 0, 0);
	elem_traced(BPF_MAP_DELETE_ELEM, array, 1, 0, 0);
	elem_traced(BPF_MAP_DELETE_ELEM, array, 3, 0, 0);
	elem_traced(BPF_MAP_FREEZE, array, 0, 0, 0);
	elem_traced(BPF_MAP_UPDATE_ELEM, array, 1, prog, 0);
	elem_traced(BPF_MAP_DELETE_ELEM, array, 0, 0, 0);
	close(array);
	close(other);
	close(prog);
}

static void batches(void)
{
	static const int cmds[] = { BPF_MAP_LOOKUP_BATCH, BPF_MAP_UPDATE_BATCH,
				    BPF_MAP_DELETE_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH };
	int array = make_array(3);
	uint32_t keys[3] = { 0 }, values[3] = { 0 }, out = 0;
	union bpf_attr attr;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE_OF(cmds); i++) {
		memset(&attr, 0, sizeof(attr));
		attr.batch.map_fd = array;
		attr.batch.keys = PTR(keys);
		attr.batch.values = PTR(values);
		attr.batch.out_batch = PTR(&out);
		attr.batch.count = 3;
		bpf_traced(cmds[i], &attr, "batch %d", cmds[i]);
	}
	close(array);
}

static int load_typed(enum bpf_prog_type type, enum bpf_attach_type attach, uint32_t flags,
		      int array_fd)
{
	struct bpf_insn insns[] = {
		LD_MAP_FD(2, array_fd), MOV_IMM(3, 0), CALL(BPF_FUNC_tail_call),
		MOV_IMM(0, 0), EXIT(),
	};
	struct bpf_insn plain[] = { MOV_IMM(0, 0), EXIT() };
	union bpf_attr attr = array_fd < 0 ? load_attr(plain, ARRAY_SIZE_OF(plain)) :
					     load_attr(insns, ARRAY_SIZE_OF(insns));
	int fd;

	attr.prog_type = type;
	attr.expected_attach_type = attach;
	attr.prog_flags = flags;
	fd = bpf_call(BPF_PROG_LOAD, &attr, sizeof(attr));
	trace(fd < 0 ? error_name(errno) : "ok", "load type %d attach %d flags %#x user %d", type,
	      attach, flags, array_fd >= 0);
	return fd;
}

static const struct {
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
	uint32_t flags;
} kinds[] = {
	{ BPF_PROG_TYPE_SOCKET_FILTER, 0, 0 },
	{ BPF_PROG_TYPE_SCHED_CLS, 0, 0 },
	{ BPF_PROG_TYPE_XDP, 0, 0 },
	{ BPF_PROG_TYPE_XDP, 0, BPF_F_XDP_HAS_FRAGS },
	{ BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP, 0 },
	{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, 0 },
	{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 0 },
	{ BPF_PROG_TYPE_TRACEPOINT, 0, 0 },
};

/* The first kind that touches the array owns it. */
static void compatibility(void)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE_OF(kinds); i++)
		for (j = 0; j < ARRAY_SIZE_OF(kinds); j++) {
			int array = make_array(2);
			int user = load_typed(kinds[i].type, kinds[i].attach, kinds[i].flags,
					      array);
			int prog = load_typed(kinds[j].type, kinds[j].attach, kinds[j].flags, -1);
			int again;

			if (prog >= 0)
				elem_traced(BPF_MAP_UPDATE_ELEM, array, 0, prog, 0);
			again = load_typed(kinds[j].type, kinds[j].attach, kinds[j].flags, array);
			close(array);
			close(user);
			close(prog);
			close(again);
		}
}

/* Counts its run, and goes to @index; what its successor leaves undone it returns. */
static int chain_prog(int array_fd, int counter_fd, int index)
{
	struct bpf_insn insns[] = {
		COUNT_RUN(counter_fd),
		LD_MAP_FD(2, array_fd), MOV_IMM(3, index), CALL(BPF_FUNC_tail_call),
		MOV(0, 7), EXIT(),
	};

	return make_prog(insns, ARRAY_SIZE_OF(insns));
}

static void chain(uint32_t nr)
{
	int array = make_array(nr + 1), counter = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	int fds[LIMIT + 4];
	char what[32];
	uint32_t i;

	for (i = 0; i < nr; i++) {
		fds[i] = chain_prog(array, counter, i + 1);
		if (set_slot(array, i, fds[i]))
			give_up("slot");
	}
	snprintf(what, sizeof(what), "chain of %u", nr);
	run_traced(fds[0], what);
	run_traced(fds[0], what);
	for (i = 0; i < nr; i++)
		close(fds[i]);
	run_traced(fds[0], "closed");
	close(array);
	close(counter);
}

static void chains(void)
{
	uint32_t nr;

	for (nr = 1; nr <= LIMIT + 4; nr += nr < LIMIT - 3 ? 7 : 1)
		chain(nr);
}

/* The index is taken from the packet, sign-extended or with noise above 32 bits. */
static void indices(void)
{
	int array = make_array(5), fd, i, at;
	struct bpf_insn insns[] = {
		MOV(6, 1), LDX(BPF_W, 3, 1, 0), ALU64_IMM(BPF_ADD, 3, 0),
		LD_MAP_FD(2, array), CALL(BPF_FUNC_tail_call), MOV_IMM(0, 77), EXIT(),
	};
	/* The length of the packet, less this, is the index. */
	static const int adds[] = { -50, -49, -48, -47, -46, -45, -51, -52, 0, INT32_MAX };

	for (i = 0; i < 5; i++) {
		fd = return_prog(100 + i);
		if (i != 3 && set_slot(array, i, fd))
			give_up("slot");
		close(fd);
	}
	for (at = 0; at < 2; at++)
		for (i = 0; i < (int)ARRAY_SIZE_OF(adds); i++) {
			insns[2] = at ? ALU32_IMM(BPF_ADD, 3, adds[i]) :
					ALU64_IMM(BPF_ADD, 3, adds[i]);
			fd = make_prog(insns, ARRAY_SIZE_OF(insns));
			run_traced(fd, "index");
			close(fd);
		}
	for (i = -2; i < 8; i++) {
		struct bpf_insn constant[] = {
			LD_MAP_FD(2, array), MOV_IMM(3, i), CALL(BPF_FUNC_tail_call),
			MOV_IMM(0, 77), EXIT(),
		};

		fd = make_prog(constant, ARRAY_SIZE_OF(constant));
		run_traced(fd, "constant");
		close(fd);
	}
	close(array);
}

static void dumps(void)
{
	struct bpf_insn xlated[32];
	int array = make_array(2), fd, at;
	struct bpf_prog_info info;
	union bpf_attr attr;

	for (at = 0; at < 2; at++) {
		struct bpf_insn insns[] = {
			LDX(BPF_W, 3, 1, 0), LD_MAP_FD(2, array), ALU64_IMM(BPF_AND, 3, at),
			CALL(BPF_FUNC_tail_call), MOV_IMM(0, 0), EXIT(),
		};

		fd = make_prog(insns, ARRAY_SIZE_OF(insns));
		memset(&info, 0, sizeof(info));
		memset(&attr, 0, sizeof(attr));
		info.xlated_prog_len = sizeof(xlated);
		info.xlated_prog_insns = PTR(xlated);
		attr.info.bpf_fd = fd;
		attr.info.info_len = sizeof(info);
		attr.info.info = PTR(&info);
		if (bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
			give_up("info");
		trace_bytes(&xlated[info.xlated_prog_len / 8 - 3], 3 * sizeof(*xlated), "dump");
		close(fd);
	}
	close(array);
}

static void refused_traced(struct bpf_insn *insns, uint32_t nr, const char *what)
{
	union bpf_attr attr = load_attr(insns, nr);
	int fd = bpf_traced(BPF_PROG_LOAD, &attr, "%s", what);

	if (fd >= 0)
		close(fd);
}

static void refusals(void)
{
	int array = make_array(2), plain = make_map(BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	struct bpf_insn other_map[] = {
		LD_MAP_FD(2, plain), MOV_IMM(3, 0), CALL(BPF_FUNC_tail_call), MOV_IMM(0, 0), EXIT(),
	};
	struct bpf_insn no_ctx[] = {
		MOV_IMM(1, 0), LD_MAP_FD(2, array), MOV_IMM(3, 0), CALL(BPF_FUNC_tail_call),
		MOV_IMM(0, 0), EXIT(),
	};
	struct bpf_insn result[] = {
		LD_MAP_FD(2, array), MOV_IMM(3, 0), CALL(BPF_FUNC_tail_call), EXIT(),
	};
	struct bpf_insn lookup[] = {
		ST_IMM(BPF_W, 10, -4, 0), MOV(2, 10), ALU64_IMM(BPF_ADD, 2, -4),
		LD_MAP_FD(1, array), CALL(BPF_FUNC_map_lookup_elem), MOV_IMM(0, 0), EXIT(),
	};
	struct bpf_insn callback[] = {
		MOV_IMM(1, 3), LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, 7), MOV(3, 10), MOV_IMM(4, 0),
		CALL(BPF_FUNC_loop), MOV_IMM(0, 0), EXIT(),
		MOV_IMM(0, 1), LD_MAP_FD(2, array), EXIT(),
	};

	struct bpf_insn in_function[] = {
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1), EXIT(),
		LD_MAP_FD(2, array), MOV_IMM(3, 0), CALL(BPF_FUNC_tail_call), MOV_IMM(0, 0), EXIT(),
	};
	struct bpf_insn load_in_function[] = {
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1), EXIT(),
		MOV(6, 1), LD_ABS(BPF_B, 0), EXIT(),
	};

	refused_traced(other_map, ARRAY_SIZE_OF(other_map), "not a program array");
	refused_traced(no_ctx, ARRAY_SIZE_OF(no_ctx), "no context");
	refused_traced(result, ARRAY_SIZE_OF(result), "result of a tail call");
	refused_traced(lookup, ARRAY_SIZE_OF(lookup), "lookup in a program array");
	refused_traced(callback, ARRAY_SIZE_OF(callback), "map in a callback");
	refused_traced(in_function, ARRAY_SIZE_OF(in_function), "in a function without types");
	refused_traced(load_in_function, ARRAY_SIZE_OF(load_in_function), "likewise LD_ABS");
	close(array);
	close(plain);
}

const struct scenario tail_scenarios[] = {
	{ "tail create", create },
	{ "tail elements", elements },
	{ "tail batches", batches },
	{ "tail compatibility", compatibility },
	{ "tail chains", chains },
	{ "tail indices", indices },
	{ "tail dumps", dumps },
	{ "tail refusals", refusals },
	{ }
};
