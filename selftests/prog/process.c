// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on the process that a program interrupts, beside bpf(2): its memory, signals for it, its
 * name space, its registers.
 */
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "agree.h"
#include "kernel_btf.h"
#include "prog_test.h"

#define PAGE_BYTES	4096
#define DATA_BYTES	16

/* The value of a map: four arguments, memory for the helper, what it returned. */
struct state {
	__u64	in[4];
	char	data[DATA_BYTES];
	__s64	ret;
};

#define LD_VALUE(dst, fd, off)	LD_IMM64(dst, BPF_PSEUDO_MAP_VALUE, fd, off)
#define LOAD_IN(dst, i)		LDX(BPF_DW, dst, BPF_REG_9, (i) * 8)

/* A program in R9's map value, and what runs it. */
struct runner {
	enum test_side side;
	int map;
	int prog;
};

static const __u32 zero;

/* @body leaves its result in R0 and keeps R9. */
static struct runner load(enum test_side side, unsigned int type, const struct bpf_insn *body,
			  unsigned int nr)
{
	struct runner runner = { .side = side };
	struct bpf_insn insns[32];
	union bpf_attr attr;

	runner.map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct state), 1);
	struct bpf_insn head[] = { LD_VALUE(BPF_REG_9, runner.map, 0) };
	struct bpf_insn tail[] = {
		STX(BPF_DW, BPF_REG_9, BPF_REG_0, offsetof(struct state, ret)),
		MOV(BPF_REG_0, 0), EXIT(),
	};
	memcpy(insns, head, sizeof(head));
	memcpy(insns + NR(head), body, nr * sizeof(*body));
	memcpy(insns + NR(head) + nr, tail, sizeof(tail));
	attr = load_attr(insns, NR(head) + nr + NR(tail));
	attr.prog_type = type;
	attr.prog_flags = type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0;
	runner.prog = try_load(side, &attr);
	if (!runner.prog)
		runner.prog = side_bpf(side, BPF_PROG_LOAD, &attr);
	if (runner.map < 0 || runner.prog < 0)
		ksft_exit_fail_msg("%s: load: %d\n%s\n", side_name[side], runner.prog,
				   verifier_log);
	return runner;
}

static void unload(struct runner *runner)
{
	close(runner->prog);
	close(runner->map);
}

/* On @cpu; negative: here.  What became of @state. */
static void run(const struct runner *runner, int cpu, struct state *state)
{
	union bpf_attr value = { .map_fd = runner->map, .key = PTR(&zero), .value = PTR(state) };
	union bpf_attr attr = {};

	attr.test.prog_fd = runner->prog;
	attr.test.flags = cpu < 0 ? 0 : BPF_F_TEST_RUN_ON_CPU;
	attr.test.cpu = cpu < 0 ? 0 : cpu;
	if (side_bpf(runner->side, BPF_MAP_UPDATE_ELEM, &value) ||
	    side_bpf(runner->side, BPF_PROG_TEST_RUN, &attr) ||
	    side_bpf(runner->side, BPF_MAP_LOOKUP_ELEM, &value))
		ksft_exit_fail_msg("%s: run: %s\n", side_name[runner->side], strerror(errno));
}

/* A page that may be written, one that may be read, and a hole. */
static char *pages;

static const struct {
	const char *name;
	long off;
} places[] = {
	{ "writable", 8 }, { "across", PAGE_BYTES - 3 }, { "read-only", PAGE_BYTES + 8 },
	{ "before a hole", 2 * PAGE_BYTES - 3 }, { "hole", 2 * PAGE_BYTES },
};

static void reset_pages(void)
{
	if (mprotect(pages, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE))
		ksft_exit_fail_msg("mprotect\n");
	for (int i = 0; i < 2 * PAGE_BYTES; i++)
		pages[i] = 'a' + i % 23;
	mprotect(pages + PAGE_BYTES, PAGE_BYTES, PROT_READ);
}

/* The same result, and the same in memory and value, for addresses of all kinds. */
static void test_memory(const char *what, unsigned int type, const struct bpf_insn *body,
			unsigned int nr, __u64 extra)
{
	static char after[2][2 * PAGE_BYTES];
	static const __u64 others[] = { 0, 0x1000, 0xfffffffffffff000, 0x8000000000000000 };
	unsigned int nr_wrong = 0;

	for (unsigned int i = 0; i < NR(places) + NR(others); i++) {
		struct state state[2];

		for (int side = 0; side < 2; side++) {
			struct runner runner = load(side, type, body, nr);

			memset(&state[side], '#', sizeof(state[side]));
			state[side].in[0] = i < NR(places) ? PTR(pages + places[i].off) :
							     others[i - NR(places)];
			state[side].in[1] = extra;
			reset_pages();
			run(&runner, -1, &state[side]);
			memcpy(after[side], pages, sizeof(after[side]));
			unload(&runner);
		}
		if (!memcmp(&state[0], &state[1], sizeof(state[0])) &&
		    !memcmp(after[0], after[1], sizeof(after[0])))
			continue;
		nr_wrong++;
		ksft_print_msg("%s, %llx: lbpf %lld, bpf(2) %lld\n", what, state[0].in[0],
			       state[0].ret, state[1].ret);
	}
	ksft_test_result(!nr_wrong, "%s\n", what);
}

static void test_write(void)
{
	const struct bpf_insn body[] = {
		LOAD_IN(BPF_REG_1, 0), MOV_X(BPF_REG_2, BPF_REG_9),
		ALU(BPF_ADD, BPF_REG_2, offsetof(struct state, data)), MOV(BPF_REG_3, 8),
		CALL(BPF_FUNC_probe_write_user),
	};

	test_memory("write to a process", BPF_PROG_TYPE_RAW_TRACEPOINT, body, NR(body), 0);
}

static void test_copy(void)
{
	const struct bpf_insn body[] = {
		MOV_X(BPF_REG_1, BPF_REG_9), ALU(BPF_ADD, BPF_REG_1, offsetof(struct state, data)),
		MOV(BPF_REG_2, 8), LOAD_IN(BPF_REG_3, 0), CALL(BPF_FUNC_copy_from_user),
	};
	const struct bpf_insn of_task[] = {
		CALL(BPF_FUNC_get_current_task_btf), MOV_X(BPF_REG_4, BPF_REG_0),
		MOV_X(BPF_REG_1, BPF_REG_9), ALU(BPF_ADD, BPF_REG_1, offsetof(struct state, data)),
		MOV(BPF_REG_2, 8), LOAD_IN(BPF_REG_3, 0), LOAD_IN(BPF_REG_5, 1),
		CALL(BPF_FUNC_copy_from_user_task),
	};

	test_memory("copy from the process", BPF_PROG_TYPE_SYSCALL, body, NR(body), 0);
	test_memory("copy from a task", BPF_PROG_TYPE_SYSCALL, of_task, NR(of_task), 0);
	test_memory("copy from a task, flags", BPF_PROG_TYPE_SYSCALL, of_task, NR(of_task), 1);
}

static sig_atomic_t nr_signals;

static void count_signal(int nr)
{
	nr_signals++;
}

static void test_signals(const char *what, int helper)
{
	const struct bpf_insn body[] = { LOAD_IN(BPF_REG_1, 0), CALL(helper) };
	const int signals[] = { SIGUSR1, SIGRTMIN, 0, 64, 65, -1 };
	unsigned int nr_wrong = 0;

	signal(SIGUSR1, count_signal);
	signal(SIGRTMIN, count_signal);
	signal(64, count_signal);
	for (unsigned int i = 0; i < NR(signals); i++) {
		struct state state[2] = {};
		int nr[2];

		for (int side = 0; side < 2; side++) {
			struct runner runner = load(side, BPF_PROG_TYPE_RAW_TRACEPOINT, body,
						    NR(body));

			nr_signals = 0;
			state[side].in[0] = signals[i];
			run(&runner, -1, &state[side]);
			nr[side] = nr_signals;
			unload(&runner);
		}
		if (state[0].ret == state[1].ret && nr[0] == nr[1])
			continue;
		nr_wrong++;
		ksft_print_msg("signal %d: lbpf %lld, %d came; bpf(2) %lld, %d\n", signals[i],
			       state[0].ret, nr[0], state[1].ret, nr[1]);
	}
	ksft_test_result(!nr_wrong, "%s\n", what);
}

static void pin(int cpu)
{
	if (!test_pin(cpu))
		ksft_exit_fail_msg("sched_setaffinity\n");
}

/* Interrupts are off where the program runs: the signal comes all the same. */
static void test_late_signal(void)
{
	const struct bpf_insn body[] = {
		CALL(BPF_FUNC_get_current_pid_tgid), LOAD_IN(BPF_REG_1, 1),
		INSN(BPF_JMP32 | BPF_JNE | BPF_X, BPF_REG_0, BPF_REG_1, 2, 0),
		LOAD_IN(BPF_REG_1, 0), CALL(BPF_FUNC_send_signal),
	};
	struct runner runner = load(SIDE_LBPF, BPF_PROG_TYPE_RAW_TRACEPOINT, body, NR(body));
	struct state state;
	int status = 0, i;
	pid_t child;

	pin(0);
	child = fork();
	if (!child) {
		pin(1);
		for (;;)
			;
	}
	for (i = 0; i < 500 && !waitpid(child, &status, WNOHANG); i++) {
		memset(&state, 0, sizeof(state));
		state.in[0] = SIGTERM;
		state.in[1] = child;
		run(&runner, 1, &state);
		usleep(10000);
	}
	ksft_test_result(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM,
			 "signal from an interrupt, after %d runs\n", i);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	unload(&runner);
}

static void test_name_space(void)
{
	static const struct {
		int dev, inode, bytes;
	} cases[] = {
		{ 0, 0, 8 }, { 1, 0, 8 }, { 0, 1, 8 }, { 0, 0, 4 }, { 0, 0, 12 },
	};
	unsigned int nr_wrong = 0;
	struct stat st;

	if (stat("/proc/self/ns/pid", &st))
		ksft_exit_fail_msg("stat\n");
	for (unsigned int i = 0; i < NR(cases); i++) {
		const struct bpf_insn body[] = {
			LOAD_IN(BPF_REG_1, 0), LOAD_IN(BPF_REG_2, 1), MOV_X(BPF_REG_3, BPF_REG_9),
			ALU(BPF_ADD, BPF_REG_3, offsetof(struct state, data)),
			MOV(BPF_REG_4, cases[i].bytes), CALL(BPF_FUNC_get_ns_current_pid_tgid),
		};
		struct state state[2];

		for (int side = 0; side < 2; side++) {
			struct runner runner = load(side, BPF_PROG_TYPE_RAW_TRACEPOINT, body,
						    NR(body));

			memset(&state[side], '#', sizeof(state[side]));
			state[side].in[0] = st.st_dev + cases[i].dev;
			state[side].in[1] = st.st_ino + cases[i].inode;
			run(&runner, -1, &state[side]);
			unload(&runner);
		}
		if (!memcmp(&state[0], &state[1], sizeof(state[0])))
			continue;
		nr_wrong++;
		ksft_print_msg("case %u: lbpf %lld, bpf(2) %lld\n", i, state[0].ret, state[1].ret);
	}
	ksft_test_result(!nr_wrong, "ids in a name space\n");
}

/* The registers of the system call that runs the program: number, and stack of the process. */
static void test_registers(void)
{
	const struct bpf_insn body[] = {
		CALL(BPF_FUNC_get_current_task_btf), MOV_X(BPF_REG_1, BPF_REG_0),
		CALL(BPF_FUNC_task_pt_regs), MOV_X(BPF_REG_6, BPF_REG_0),
		LDX(BPF_DW, BPF_REG_1, BPF_REG_6, kernel_member("pt_regs", "sp")),
		STX(BPF_DW, BPF_REG_9, BPF_REG_1, offsetof(struct state, data)),
		LDX(BPF_DW, BPF_REG_0, BPF_REG_6, kernel_member("pt_regs", "orig_ax")),
	};
	struct state state[2] = {};
	long here = PTR(&state), sp[2];

	for (int side = 0; side < 2; side++) {
		struct runner runner = load(side, BPF_PROG_TYPE_RAW_TRACEPOINT, body, NR(body));

		run(&runner, -1, &state[side]);
		memcpy(&sp[side], state[side].data, sizeof(sp[side]));
		unload(&runner);
	}
	ksft_test_result(state[SIDE_LBPF].ret == SYS_ioctl && state[SIDE_KERNEL].ret == SYS_bpf &&
			 labs(sp[0] - here) < 65536 && labs(sp[1] - here) < 65536,
			 "registers of the process\n");
}

static void test_verdicts(void)
{
	static const struct target raw = { .type = BPF_PROG_TYPE_RAW_TRACEPOINT };
	static const struct target event = { .type = BPF_PROG_TYPE_PERF_EVENT };
	static const int helpers[] = {
		BPF_FUNC_copy_from_user, BPF_FUNC_copy_from_user_task, BPF_FUNC_probe_write_user,
		BPF_FUNC_send_signal, BPF_FUNC_send_signal_thread, BPF_FUNC_task_pt_regs,
		BPF_FUNC_get_ns_current_pid_tgid, BPF_FUNC_perf_prog_read_value,
		BPF_FUNC_read_branch_records, BPF_FUNC_get_task_stack,
	};
	unsigned int nr_wrong = 0;

	for (unsigned int i = 0; i < NR(helpers); i++) {
		const struct bpf_insn bare[] = { CALL(helpers[i]), MOV(BPF_REG_0, 0), EXIT() };
		const struct bpf_insn numbers[] = {
			MOV(BPF_REG_1, 0), MOV(BPF_REG_2, 0), MOV(BPF_REG_3, 0), MOV(BPF_REG_4, 0),
			MOV(BPF_REG_5, 0), CALL(helpers[i]), EXIT(),
		};

		nr_wrong += !agrees("bare", &raw, bare, NR(bare));
		nr_wrong += !agrees("numbers", &raw, numbers, NR(numbers));
		nr_wrong += !agrees("bare", &event, bare, NR(bare));
		nr_wrong += !agrees("numbers", &event, numbers, NR(numbers));
	}
	ksft_test_result(!nr_wrong, "verdicts and logs\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(10);
	pages = mmap(NULL, 3 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0);
	if (pages == MAP_FAILED || munmap(pages + 2 * PAGE_BYTES, PAGE_BYTES))
		ksft_exit_fail_msg("mmap\n");
	test_verdicts();
	test_write();
	test_copy();
	test_name_space();
	test_registers();
	test_signals("signal to the process", BPF_FUNC_send_signal);
	test_signals("signal to the thread", BPF_FUNC_send_signal_thread);
	test_late_signal();
	ksft_finished();
}
