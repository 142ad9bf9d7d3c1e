// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that read memory which may not be there, beside bpf(2).
 */
#include <sys/mman.h>
#include "prog_test.h"

#define PAGE_BYTES	4096
#define TO_BYTES	64

/* The value of a map: what is read, when that is the kernel's memory, and where to. */
struct state {
	char	from[128];
	char	to[TO_BYTES];
	__u64	ret;
};

#define LD_VALUE(dst, fd, off)	LD_IMM64(dst, BPF_PSEUDO_MAP_VALUE, fd, off)

/* Where to read. */
enum place { MINE, AT_PAGE_END, BEFORE_HOLE, MAP, NOWHERE, LOW, HIGH, NOT_CANONICAL, NR_PLACES };

static const char *const place_names[] = {
	"memory of the process", "end of a page", "before a hole", "a map", "NULL",
	"low address", "high address", "no canonical address",
};

static const int helpers[] = {
	BPF_FUNC_probe_read, BPF_FUNC_probe_read_user, BPF_FUNC_probe_read_kernel,
	BPF_FUNC_probe_read_str, BPF_FUNC_probe_read_user_str, BPF_FUNC_probe_read_kernel_str,
};

/* Two pages and a hole. */
static char *pages;

static __u64 address_of(enum place place, unsigned int off)
{
	switch (place) {
	case MINE:		return PTR(pages + off);
	case AT_PAGE_END:	return PTR(pages + PAGE_BYTES - 10 + off);
	case BEFORE_HOLE:	return PTR(pages + 2 * PAGE_BYTES - 7 + off);
	case LOW:		return 0x1000 + off;
	case HIGH:		return 0xfffffffffffff000 + off;
	case NOT_CANONICAL:	return 0x8000000000000000 + off;
	default:		return off;
	}
}

static int load(enum test_side side, int helper, int map, enum place place, unsigned int off,
		int size)
{
	__u64 addr = address_of(place, off);
	struct bpf_insn from_map[] = { LD_VALUE(BPF_REG_3, map, off) };
	struct bpf_insn from[] = { LD_IMM64(BPF_REG_3, 0, (__u32)addr, addr >> 32) };
	struct bpf_insn insns[] = {
		LD_VALUE(BPF_REG_1, map, offsetof(struct state, to)),
		MOV(BPF_REG_2, size),
		INSN(0, 0, 0, 0, 0), INSN(0, 0, 0, 0, 0),
		CALL(helper),
		LD_VALUE(BPF_REG_1, map, offsetof(struct state, ret)),
		STX(BPF_DW, BPF_REG_1, BPF_REG_0, 0),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};
	union bpf_attr attr;

	memcpy(&insns[3], place == MAP ? from_map : from, sizeof(from));
	attr = load_attr(insns, NR(insns));
	attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	return side_bpf(side, BPF_PROG_LOAD, &attr);
}

static void read_one(enum test_side side, int helper, enum place place, unsigned int off,
		     int size, struct state *state)
{
	static const unsigned int zero;
	int map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, sizeof(*state), 1);
	int prog = load(side, helper, map, place, off, size);
	union bpf_attr value = { .map_fd = map, .key = PTR(&zero), .value = PTR(state) };
	union bpf_attr run = {};

	memset(state, '#', sizeof(*state));
	strcpy(state->from, "a string in a map, longer than the room that there is for it: 0123456789");
	run.test.prog_fd = prog;
	if (prog < 0 || side_bpf(side, BPF_MAP_UPDATE_ELEM, &value) ||
	    side_bpf(side, BPF_PROG_TEST_RUN, &run) ||
	    side_bpf(side, BPF_MAP_LOOKUP_ELEM, &value))
		ksft_exit_fail_msg("%s: helper %d: %d, %s\n", side_name[side], helper, prog,
				   strerror(errno));
	close(prog);
	close(map);
}

static void compare(int helper, enum place place)
{
	static const int sizes[] = { 0, 1, 2, 7, 8, 9, 17, 64 };
	struct state state[2];
	unsigned int s, off, nr = 0;

	for (s = 0; s < NR(sizes); s++)
		for (off = 0; off < 9; off += off == 2 ? 3 : 1) {
			for (int side = 0; side < 2; side++)
				read_one(side, helper, place, off, sizes[s], &state[side]);
			if (!memcmp(&state[0], &state[1], sizeof(state[0])))
				continue;
			if (!nr++)
				ksft_print_msg("offset %u size %d: lbpf %lld, bpf(2) %lld\n", off,
					       sizes[s], state[0].ret, state[1].ret);
		}
	ksft_test_result(!nr, "helper %d, %s: %u differ\n", helper, place_names[place], nr);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(NR(helpers) * NR_PLACES);
	pages = mmap(NULL, 3 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0);
	if (pages == MAP_FAILED || munmap(pages + 2 * PAGE_BYTES, PAGE_BYTES))
		ksft_exit_fail_msg("mmap\n");
	memset(pages + PAGE_BYTES - 10, 'x', PAGE_BYTES + 10);
	strcpy(pages, "short");
	strcpy(pages + PAGE_BYTES + 3, "across");
	for (unsigned int h = 0; h < NR(helpers); h++)
		for (unsigned int place = 0; place < NR_PLACES; place++)
			compare(helpers[h], place);
	ksft_finished();
}
