// SPDX-License-Identifier: GPL-2.0
/*
 * Programs at raw tracepoints: lbpf's and bpf(2)'s see the same events with the same arguments.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "kernel_btf.h"
#include "prog_test.h"

#define MAX_ARGS	12
#define ATTEMPTS	5

/* What a program has seen: events, and the sum of each of their arguments. */
struct seen {
	__u64	nr;
	__u64	sums[MAX_ARGS];
};

struct side_state {
	int		map;
	int		prog;
	int		link;
	struct seen	seen;
};

static const char *const names[] = {
	"sys_enter", "sys_exit", "signal_generate", "task_rename", "sched_switch",
	"kmem_cache_alloc", "kmalloc", "mm_page_alloc", "sched_process_exit",
};

#define LD_VALUE(dst, fd, off)	LD_IMM64(dst, BPF_PSEUDO_MAP_VALUE, fd, off)

/* A program that adds up the first @nr_args arguments of events of process @pid. */
static int load(enum test_side side, int map, unsigned int nr_args, int pid)
{
	struct bpf_insn insns[16 + 4 * MAX_ARGS] = {
		MOV_X(BPF_REG_6, BPF_REG_1),
		CALL(BPF_FUNC_get_current_pid_tgid),
		ALU(BPF_RSH, BPF_REG_0, 32),
		JMP(BPF_JNE, BPF_REG_0, pid, 5 + 4 * nr_args),
		LD_VALUE(BPF_REG_7, map, 0),
		LDX(BPF_DW, BPF_REG_1, BPF_REG_7, 0),
		ALU(BPF_ADD, BPF_REG_1, 1),
		STX(BPF_DW, BPF_REG_7, BPF_REG_1, 0),
	};
	unsigned int nr = 9;
	union bpf_attr attr;

	for (unsigned int i = 0; i < nr_args; i++) {
		insns[nr++] = LDX(BPF_DW, BPF_REG_1, BPF_REG_6, 8 * i);
		insns[nr++] = LDX(BPF_DW, BPF_REG_2, BPF_REG_7, 8 + 8 * i);
		insns[nr++] = ALU_X(BPF_ADD, BPF_REG_2, BPF_REG_1);
		insns[nr++] = STX(BPF_DW, BPF_REG_7, BPF_REG_2, 8 + 8 * i);
	}
	insns[nr++] = MOV(BPF_REG_0, 0);
	insns[nr++] = EXIT();
	attr = load_attr(insns, nr);
	attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	return side_bpf(side, BPF_PROG_LOAD, &attr);
}

static int open_tp(enum test_side side, const char *name, int prog)
{
	union bpf_attr attr = {};

	attr.raw_tracepoint.name = PTR(name);
	attr.raw_tracepoint.prog_fd = prog;
	return side_bpf(side, BPF_RAW_TRACEPOINT_OPEN, &attr);
}

static void attach(enum test_side side, struct side_state *state, const char *name,
		   unsigned int nr_args, int pid)
{
	state->map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct seen), 1);
	state->prog = load(side, state->map, nr_args, pid);
	if (state->prog < 0)
		ksft_exit_fail_msg("%s: load: %s\n%s\n", side_name[side], strerror(-state->prog),
				   verifier_log);
	state->link = open_tp(side, name, state->prog);
}

static void read_seen(enum test_side side, struct side_state *state)
{
	static const unsigned int zero;
	union bpf_attr attr = { .map_fd = state->map, .key = PTR(&zero),
				.value = PTR(&state->seen) };

	if (side_bpf(side, BPF_MAP_LOOKUP_ELEM, &attr))
		ksft_exit_fail_msg("%s: lookup\n", side_name[side]);
}

static void detach(struct side_state *state)
{
	close(state->link);
	close(state->prog);
	close(state->map);
}

/* Something for every tracepoint. */
static void be_busy(int gate)
{
	char c;

	signal(SIGUSR1, SIG_IGN);
	if (read(gate, &c, 1) != 1)
		_exit(1);
	for (int i = 0; i < 20; i++) {
		char *page = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		memset(page, i, 65536);
		munmap(page, 65536);
		close(open("/proc/self/status", O_RDONLY));
		prctl(PR_SET_NAME, i & 1 ? "one" : "two");
		kill(getpid(), SIGUSR1);
		usleep(100);
	}
	_exit(0);
}

/* The most arguments that a program may read, or -errno. */
static int count_args(enum test_side side, const char *name)
{
	for (int nr = MAX_ARGS; nr >= 0; nr--) {
		struct side_state state;
		int link;

		attach(side, &state, name, nr, 1);
		link = state.link;
		detach(&state);
		if (link >= 0)
			return nr;
		if (link != -EINVAL)
			return link;
	}
	return -EINVAL;
}

/* A child's events as both sides see them. */
static bool sees_same(const char *name, unsigned int nr_args, struct seen *seen)
{
	struct side_state state[2];
	int gate[2], pid, status;

	if (pipe(gate))
		ksft_exit_fail_msg("pipe\n");
	pid = fork();
	if (!pid)
		be_busy(gate[0]);
	for (int side = 0; side < 2; side++)
		attach(side, &state[side], name, nr_args, pid);
	if (write(gate[1], "x", 1) != 1 || waitpid(pid, &status, 0) != pid || status)
		ksft_exit_fail_msg("child\n");
	for (int side = 0; side < 2; side++) {
		read_seen(side, &state[side]);
		detach(&state[side]);
	}
	close(gate[0]);
	close(gate[1]);
	*seen = state[0].seen;
	return !memcmp(&state[0].seen, &state[1].seen, sizeof(*seen));
}

/* An interrupt within one side's program hides its events from that side only: try again. */
static void compare(const char *name)
{
	int nr[2] = { count_args(SIDE_LBPF, name), count_args(SIDE_KERNEL, name) };
	struct seen seen = {};
	bool same = false;

	for (int i = 0; i < ATTEMPTS && !same && nr[0] >= 0; i++)
		same = sees_same(name, nr[0], &seen);
	ksft_test_result(nr[0] == nr[1] && same && seen.nr, "%s: %d and %d arguments, %llu events\n",
			 name, nr[0], nr[1], seen.nr);
}

static void refuse(void)
{
	static const struct bpf_insn ret0[] = { MOV(BPF_REG_0, 0), EXIT() };
	char longer[300];
	int err[2][6];

	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = 0;
	for (int side = 0; side < 2; side++) {
		int map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct seen), 1);
		int prog = load(side, map, 1, 1), filter = load_insns(side, ret0, NR(ret0));

		err[side][0] = open_tp(side, "no_such_tracepoint", prog);
		err[side][1] = open_tp(side, "sys_enter", filter);
		err[side][2] = open_tp(side, "sys_enter", map);
		err[side][3] = open_tp(side, "sys_enter", -1);
		err[side][4] = open_tp(side, NULL, prog);
		err[side][5] = open_tp(side, longer, prog);
		close(filter);
		close(prog);
		close(map);
	}
	ksft_print_msg("lbpf %d %d %d %d %d %d\n", err[0][0], err[0][1], err[0][2], err[0][3],
		       err[0][4], err[0][5]);
	ksft_test_result(!memcmp(err[0], err[1], sizeof(err[0])), "refusals\n");
}

/* Information about a link, with @room bytes for the name: all but ids. */
static int get_info(enum test_side side, int link, char *name, unsigned int room,
		    struct bpf_link_info *info)
{
	union bpf_attr attr = {};
	int err;

	memset(info, 0, sizeof(*info));
	info->raw_tracepoint.tp_name = name ? PTR(name) : 0;
	info->raw_tracepoint.tp_name_len = room;
	attr.info.bpf_fd = link;
	attr.info.info_len = sizeof(*info);
	attr.info.info = PTR(info);
	err = side_bpf(side, BPF_OBJ_GET_INFO_BY_FD, &attr);
	if (!err && (!info->id || !info->prog_id))
		return -1;
	info->id = 0;
	info->prog_id = 0;
	return err;
}

static void compare_info(void)
{
	static const unsigned int rooms[] = { 0, 1, 5, 9, 10, 64 };
	struct bpf_link_info info[2];
	struct side_state state[2];
	char name[2][64];
	int err[2];

	for (int side = 0; side < 2; side++)
		attach(side, &state[side], "sys_enter", 1, 1);
	for (unsigned int r = 0; r < 2 * NR(rooms); r++) {
		memset(name, '#', sizeof(name));
		for (int side = 0; side < 2; side++)
			err[side] = get_info(side, state[side].link, r & 1 ? name[side] : NULL,
					     rooms[r / 2], &info[side]);
		info[0].raw_tracepoint.tp_name = 0;
		info[1].raw_tracepoint.tp_name = 0;
		ksft_test_result(err[0] == err[1] && !memcmp(name[0], name[1], 64) &&
				 !memcmp(&info[0], &info[1], sizeof(info[0])),
				 "information, %u bytes: %d, %d\n", rooms[r / 2], err[0], err[1]);
	}
	for (int side = 0; side < 2; side++)
		detach(&state[side]);
}

/* Lines of fdinfo behind the general ones, without ids. */
static void read_fdinfo(int fd, char *text)
{
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	*text = 0;
	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, "link_type") || strstr(line, "prog_tag") ||
		    strstr(line, "tp_name"))
			strcat(text, line);
	if (file)
		fclose(file);
}

/* fdinfo; an id leads back to the link; and nothing runs any more when it is closed. */
static void compare_life(void)
{
	struct side_state state[2];
	char text[2][1024];
	bool found[2] = {}, ends = true;

	for (int side = 0; side < 2; side++) {
		struct side_state *s = &state[side];
		union bpf_attr attr = {};
		int again;

		attach(side, s, "sys_enter", 1, getpid());
		read_fdinfo(s->link, text[side]);
		while (!side_bpf(side, BPF_LINK_GET_NEXT_ID, &attr)) {
			attr = (union bpf_attr){ .link_id = attr.next_id };
			again = side_bpf(side, BPF_LINK_GET_FD_BY_ID, &attr);
			found[side] |= again >= 0;
			close(again);
		}
		close(s->link);
		read_seen(side, s);
		ends &= s->seen.nr > 0;
		attr = (union bpf_attr){};
		attr.start_id = s->seen.nr;
		for (int i = 0; i < 100; i++)
			getppid();
		read_seen(side, s);
		ends &= s->seen.nr == attr.start_id;
		close(s->prog);
		close(s->map);
	}
	if (strcmp(text[0], text[1]))
		ksft_print_msg("lbpf:\n%sbpf(2):\n%s", text[0], text[1]);
	ksft_test_result(!strcmp(text[0], text[1]) && *text[0], "fdinfo\n");
	ksft_test_result(found[0] && found[1], "ids\n");
	ksft_test_result(ends, "no run after close\n");
}

/* A program that knows its argument's type adds up the pids of tasks that are renamed. */
static int load_typed(enum test_side side, int map, int pid_off)
{
	struct bpf_insn insns[] = {
		LDX(BPF_DW, BPF_REG_6, BPF_REG_1, 0),
		LDX(BPF_W, BPF_REG_6, BPF_REG_6, pid_off),
		LD_VALUE(BPF_REG_7, map, 0),
		LDX(BPF_DW, BPF_REG_1, BPF_REG_7, 0),
		ALU_X(BPF_ADD, BPF_REG_1, BPF_REG_6),
		STX(BPF_DW, BPF_REG_7, BPF_REG_1, 0),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};
	union bpf_attr attr = load_attr(insns, NR(insns));

	attr.prog_type = BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = BPF_TRACE_RAW_TP;
	attr.attach_btf_id = kernel_type("btf_trace_task_rename", BTF_KIND_TYPEDEF);
	return side_bpf(side, BPF_PROG_LOAD, &attr);
}

static void compare_typed(void)
{
	int off = kernel_member("task_struct", "pid"), err[2];
	struct side_state state[2];

	for (int side = 0; side < 2; side++) {
		state[side].map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct seen), 1);
		state[side].prog = load_typed(side, state[side].map, off);
		err[side] = open_tp(side, "task_rename", state[side].prog);
		state[side].link = open_tp(side, NULL, state[side].prog);
	}
	for (int i = 0; i < 10; i++)
		prctl(PR_SET_NAME, "other");
	for (int side = 0; side < 2; side++) {
		read_seen(side, &state[side]);
		detach(&state[side]);
	}
	ksft_test_result(state[0].link >= 0 && state[1].link >= 0 && err[0] == err[1] &&
			 state[0].seen.nr == state[1].seen.nr && state[0].seen.nr >= 10 * getpid(),
			 "typed: sums of pids %llu and %llu, with a name error %d\n",
			 state[0].seen.nr, state[1].seen.nr, err[0]);
}

int main(void)
{
	ksft_print_header();
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		ksft_exit_skip("the kernel has no BTF\n");
	ksft_set_plan(NR(names) + 1 + 12 + 3 + 1);
	for (unsigned int i = 0; i < NR(names); i++)
		compare(names[i]);
	refuse();
	compare_info();
	compare_life();
	compare_typed();
	ksft_finished();
}
