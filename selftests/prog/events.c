// SPDX-License-Identifier: GPL-2.0
/*
 * Programs at tracepoints, functions and samples: lbpf's and bpf(2)'s see the same events, and
 * none after they are detached.  The sides take turns: a function has one direct call.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <linux/bpf_perf_event.h>
#include <linux/perf_event.h>
#include "kernel_btf.h"
#include "prog_test.h"

#define NR_FIRED	20
#define NR_ROUNDS	12
#define EVENT_DIR	"/sys/kernel/tracing"
#define FUNCTION	"__x64_sys_getpgid"

/* How a program is attached. */
enum way { BY_LINK, BY_EVENT, BY_TYPE };

static const char * const way_name[] = { "link", "bound to the event", "raw_tracepoint_open" };

/**
 * struct place - Where programs run
 * @name: For messages.
 * @type: BPF_PROG_TYPE_*.
 * @attach_type: BPF_*.
 * @off: Number of the context that they add up, bytes.
 * @open: Descriptor of the perf event, or -errno; NULL: FUNCTION itself.
 * @config: For it.
 */
struct place {
	const char	*name;
	unsigned int	type;
	unsigned int	attach_type;
	int		off;
	int		(*open)(unsigned int config);
	unsigned int	config;
};

struct seen {
	__u64	nr;
	__u64	sum;
};

static int open_event(struct perf_event_attr *attr, int cpu)
{
	attr->size = sizeof(*attr);
	return syscall(SYS_perf_event_open, attr, cpu < 0 ? 0 : -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static int open_tracepoint(unsigned int config)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT };

	attr.config = read_number(EVENT_DIR "/events/syscalls/sys_enter_getpgid/id");
	return open_event(&attr, 0);
}

static int open_kprobe(unsigned int is_return)
{
	struct perf_event_attr attr = { .config = is_return, .config1 = PTR(FUNCTION) };

	attr.type = read_number("/sys/bus/event_source/devices/kprobe/type");
	return open_event(&attr, 0);
}

static const struct place places[] = {
	{ "tracepoint", BPF_PROG_TYPE_TRACEPOINT, BPF_PERF_EVENT, 16, open_tracepoint, 0 },
	{ "kprobe", BPF_PROG_TYPE_KPROBE, BPF_PERF_EVENT, 136, open_kprobe, 0 },
	{ "kretprobe", BPF_PROG_TYPE_KPROBE, BPF_PERF_EVENT, 80, open_kprobe, 1 },
	{ "fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, -1, NULL, 0 },
	{ "fexit", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, 8, NULL, 0 },
	{ "lsm", BPF_PROG_TYPE_LSM, BPF_LSM_MAC, -1, NULL, 0 },
};

/* What FUNCTION asks whether it may. */
#define HOOK	"bpf_lsm_task_getpgid"

static unsigned int function_of(const struct place *place)
{
	return kernel_type(place->type == BPF_PROG_TYPE_LSM ? HOOK : FUNCTION, BTF_KIND_FUNC);
}

/* The kernel calls the hooks of programs only where it was started so. */
static bool has_lsm(void)
{
	FILE *list = fopen("/sys/kernel/security/lsm", "re");
	char names[256] = "";

	if (list && !fgets(names, sizeof(names), list))
		names[0] = 0;
	if (list)
		fclose(list);
	return strstr(names, "bpf");
}

/* Counts events of this process, and adds up the number at @off of the context; -1: none. */
static int load(enum test_side side, const struct place *place, int map, int off)
{
	struct bpf_insn insns[] = {
		MOV_X(BPF_REG_6, BPF_REG_1),
		CALL(BPF_FUNC_get_current_pid_tgid),
		ALU(BPF_RSH, BPF_REG_0, 32),
		JMP(BPF_JNE, BPF_REG_0, getpid(), 9),
		LD_IMM64(BPF_REG_7, BPF_PSEUDO_MAP_VALUE, map, 0),
		LDX(BPF_DW, BPF_REG_1, BPF_REG_7, 0),
		ALU(BPF_ADD, BPF_REG_1, 1),
		STX(BPF_DW, BPF_REG_7, BPF_REG_1, 0),
		off < 0 ? MOV(BPF_REG_2, 1) : LDX(BPF_DW, BPF_REG_2, BPF_REG_6, off),
		LDX(BPF_DW, BPF_REG_1, BPF_REG_7, 8),
		ALU_X(BPF_ADD, BPF_REG_1, BPF_REG_2),
		STX(BPF_DW, BPF_REG_7, BPF_REG_1, 8),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};
	union bpf_attr attr = load_attr(insns, NR(insns));

	attr.prog_type = place->type;
	if (!place->open) {
		attr.expected_attach_type = place->attach_type;
		attr.attach_btf_id = function_of(place);
	}
	return side_bpf(side, BPF_PROG_LOAD, &attr);
}

static int make_link(enum test_side side, int prog, int target, unsigned int attach_type)
{
	union bpf_attr attr = {};

	attr.link_create.prog_fd = prog;
	attr.link_create.target_fd = target;
	attr.link_create.attach_type = attach_type;
	return side_bpf(side, BPF_LINK_CREATE, &attr);
}

static int open_by_type(enum test_side side, int prog)
{
	union bpf_attr attr = {};

	attr.raw_tracepoint.prog_fd = prog;
	return side_bpf(side, BPF_RAW_TRACEPOINT_OPEN, &attr);
}

/* What is closed to detach the program, or -errno. */
static int attach(enum test_side side, const struct place *place, enum way way, int prog)
{
	int event = place->open ? place->open(place->config) : 0, ret;

	if (event < 0)
		ksft_exit_fail_msg("%s: no perf event: %m\n", place->name);
	if (way == BY_EVENT) {
		ret = attach_event(side, event, prog);
		return ret ?: event;
	}
	ret = way == BY_TYPE ? open_by_type(side, prog) :
	      make_link(side, prog, event, place->attach_type);
	if (event)
		close(event);
	return ret;
}

static struct seen read_seen(enum test_side side, int map)
{
	static const unsigned int zero;
	struct seen seen = {};
	union bpf_attr attr = { .map_fd = map, .key = PTR(&zero), .value = PTR(&seen) };

	if (side_bpf(side, BPF_MAP_LOOKUP_ELEM, &attr))
		ksft_exit_fail_msg("%s: lookup\n", side_name[side]);
	return seen;
}

static void fire(void)
{
	for (int i = 0; i < NR_FIRED; i++)
		if (syscall(SYS_getpgid, getpid()) < 0)
			ksft_exit_fail_msg("getpgid\n");
}

/* Several programs, then none: what the last one to leave has seen. */
static bool see(enum test_side side, const struct place *place, enum way way, struct seen *seen)
{
	int map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, sizeof(*seen), 1);
	int prog[2], fd[2];

	for (int i = 0; i < 2; i++) {
		prog[i] = load(side, place, map, place->off);
		if (prog[i] < 0)
			ksft_exit_fail_msg("%s: %s: load: %s\n%s\n", side_name[side], place->name,
					   strerror(-prog[i]), verifier_log);
		fd[i] = attach(side, place, way, prog[i]);
		if (fd[i] < 0) {
			ksft_print_msg("%s: attach: %s\n", side_name[side], strerror(-fd[i]));
			return false;
		}
	}
	fire();
	close(fd[0]);
	fire();
	close(fd[1]);
	*seen = read_seen(side, map);
	fire();
	for (int i = 0; i < 2; i++)
		close(prog[i]);
	*seen = read_seen(side, map);
	close(map);
	return true;
}

static void compare(const struct place *place, enum way way)
{
	struct seen seen[2] = {};

	if (place->type == BPF_PROG_TYPE_LSM && !has_lsm()) {
		ksft_test_result_skip("%s, %s: not on this kernel\n", place->name, way_name[way]);
		return;
	}
	bool ok = see(SIDE_LBPF, place, way, &seen[0]) && see(SIDE_KERNEL, place, way, &seen[1]);

	ksft_test_result(ok && seen[0].nr == 3 * NR_FIRED &&
			 !memcmp(&seen[0], &seen[1], sizeof(seen[0])),
			 "%s, %s: %llu and %llu events\n", place->name, way_name[way],
			 seen[0].nr, seen[1].nr);
}

static void refuse(void)
{
	int err[2][9];

	for (int side = 0; side < 2; side++) {
		int map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct seen), 1);
		int tp = load(side, &places[0], map, 16), far = load(side, &places[0], map, 64);
		int probe = load(side, &places[1], map, 16);
		int fentry = load(side, &places[3], map, -1);
		int event = open_tracepoint(0), link;

		err[side][0] = make_link(side, tp, -1, BPF_PERF_EVENT);
		err[side][1] = make_link(side, tp, map, BPF_PERF_EVENT);
		err[side][2] = make_link(side, tp, event, BPF_TRACE_FENTRY);
		err[side][3] = make_link(side, far, event, BPF_PERF_EVENT);
		err[side][4] = make_link(side, probe, event, BPF_PERF_EVENT);
		err[side][5] = attach_event(side, event, tp);
		err[side][6] = attach_event(side, event, tp);
		link = make_link(side, fentry, 0, BPF_TRACE_FENTRY);
		err[side][7] = make_link(side, fentry, 0, BPF_TRACE_FENTRY);
		err[side][8] = make_link(side, fentry, 0, BPF_TRACE_FEXIT);
		close(link);
		close(event);
		close(tp);
		close(far);
		close(probe);
		close(fentry);
		close(map);
	}
	for (unsigned int i = 0; i < NR(err[0]); i++)
		ksft_print_msg("%d %d\n", err[0][i], err[1][i]);
	ksft_test_result(!memcmp(err[0], err[1], sizeof(err[0])), "refusals\n");
}

/* A program that the kernel asks says no, to this process. */
static bool is_denied(enum test_side side)
{
	static const struct place hook = { .type = BPF_PROG_TYPE_LSM, .attach_type = BPF_LSM_MAC };
	struct bpf_insn insns[] = {
		CALL(BPF_FUNC_get_current_pid_tgid), ALU(BPF_RSH, BPF_REG_0, 32),
		JMP(BPF_JEQ, BPF_REG_0, getpid(), 2), MOV(BPF_REG_0, 0), EXIT(),
		MOV(BPF_REG_0, -EPERM), EXIT(),
	};
	union bpf_attr attr = load_attr(insns, NR(insns));
	int prog, link;
	bool is_asked;

	attr.prog_type = hook.type;
	attr.expected_attach_type = hook.attach_type;
	attr.attach_btf_id = function_of(&hook);
	prog = side_bpf(side, BPF_PROG_LOAD, &attr);
	link = make_link(side, prog, 0, BPF_LSM_MAC);
	is_asked = link >= 0 && syscall(SYS_getpgid, getpid()) < 0 && errno == EPERM;
	close(link);
	close(prog);
	return is_asked && syscall(SYS_getpgid, getpid()) > 0;
}

static void deny(void)
{
	if (!has_lsm()) {
		ksft_test_result_skip("no programs are asked on this kernel\n");
		return;
	}
	ksft_test_result(is_denied(SIDE_LBPF) && is_denied(SIDE_KERNEL),
			 "an lsm program says no, until it is detached\n");
}

#define NR_PAGES	16
#define PAGE_BYTES	4096

/* A fault for each page, each time. */
static void touch(char *pages)
{
	madvise(pages, NR_PAGES * PAGE_BYTES, MADV_DONTNEED);
	for (int i = 0; i < NR_PAGES; i++)
		pages[i * PAGE_BYTES] = 1;
}

/* Counts samples with addresses in @pages, and adds up their periods. */
static int load_sampler(enum test_side side, int map, const char *pages)
{
	struct bpf_insn insns[] = {
		LDX(BPF_DW, BPF_REG_2, BPF_REG_1, offsetof(struct bpf_perf_event_data, addr)),
		LD_IMM64(BPF_REG_3, 0, PTR(pages), PTR(pages) >> 32),
		ALU_X(BPF_SUB, BPF_REG_2, BPF_REG_3),
		JMP(BPF_JGE, BPF_REG_2, NR_PAGES * PAGE_BYTES, 9),
		LD_IMM64(BPF_REG_7, BPF_PSEUDO_MAP_VALUE, map, 0),
		LDX(BPF_DW, BPF_REG_3, BPF_REG_7, 0),
		ALU(BPF_ADD, BPF_REG_3, 1),
		STX(BPF_DW, BPF_REG_7, BPF_REG_3, 0),
		LDX(BPF_DW, BPF_REG_2, BPF_REG_1,
		    offsetof(struct bpf_perf_event_data, sample_period)),
		LDX(BPF_DW, BPF_REG_3, BPF_REG_7, 8),
		ALU_X(BPF_ADD, BPF_REG_3, BPF_REG_2),
		STX(BPF_DW, BPF_REG_7, BPF_REG_3, 8),
		MOV(BPF_REG_0, 0), EXIT(),
	};
	union bpf_attr attr = load_attr(insns, NR(insns));

	attr.prog_type = BPF_PROG_TYPE_PERF_EVENT;
	return side_bpf(side, BPF_PROG_LOAD, &attr);
}

static struct seen see_samples(enum test_side side, enum way way)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .sample_period = 1,
					.config = PERF_COUNT_SW_PAGE_FAULTS };
	int map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct seen), 1), prog, event, link;
	char *pages = mmap(NULL, NR_PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct seen seen;

	event = open_event(&attr, -1);
	prog = load_sampler(side, map, pages);
	if (event < 0 || prog < 0)
		ksft_exit_fail_msg("%s: event %d, program %d\n", side_name[side], event, prog);
	link = way == BY_LINK ? make_link(side, prog, event, BPF_PERF_EVENT) :
				attach_event(side, event, prog);
	if (link < 0)
		ksft_exit_fail_msg("%s: attach: %d\n", side_name[side], link);
	touch(pages);
	if (way == BY_LINK)
		close(link);
	close(event);
	touch(pages);
	seen = read_seen(side, map);
	munmap(pages, NR_PAGES * PAGE_BYTES);
	close(prog);
	close(map);
	return seen;
}

static void sample(enum way way)
{
	struct seen ours = see_samples(SIDE_LBPF, way), theirs = see_samples(SIDE_KERNEL, way);

	ksft_test_result(ours.nr == NR_PAGES && !memcmp(&ours, &theirs, sizeof(ours)),
			 "samples, %s: %llu and %llu, periods %llu and %llu\n", way_name[way],
			 ours.nr, theirs.nr, ours.sum, theirs.sum);
}

static atomic_bool is_over;

static void *fire_always(void *arg)
{
	while (!is_over)
		fire();
	return NULL;
}

/* Programs come and go at a function that another CPU is in. */
static void race(void)
{
	int map = make_map(SIDE_LBPF, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct seen), 1);
	int prog[NR(places)], fd[NR(places)];
	/* The last place is there only where hooks of programs are called. */
	unsigned int nr = NR(places) - !has_lsm();
	bool ok = true;
	pthread_t thread;

	for (unsigned int i = 0; i < nr; i++)
		prog[i] = load(SIDE_LBPF, &places[i], map, places[i].off);
	if (pthread_create(&thread, NULL, fire_always, NULL))
		ksft_exit_fail_msg("thread\n");
	for (int round = 0; round < NR_ROUNDS; round++) {
		for (unsigned int i = 0; i < nr; i++) {
			fd[i] = attach(SIDE_LBPF, &places[i],
				       round & 1 && places[i].open ? BY_EVENT : BY_LINK, prog[i]);
			ok &= fd[i] >= 0;
		}
		for (unsigned int i = 0; i < nr; i++)
			close(fd[(i + round) % nr]);
	}
	is_over = true;
	pthread_join(thread, NULL);
	ksft_test_result(ok && read_seen(SIDE_LBPF, map).nr, "attached while the function runs\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(2 * NR(places) + 5);
	mount("tracefs", EVENT_DIR, "tracefs", 0, NULL);
	for (unsigned int i = 0; i < NR(places); i++) {
		compare(&places[i], BY_LINK);
		compare(&places[i], places[i].open ? BY_EVENT : BY_TYPE);
	}
	deny();
	sample(BY_LINK);
	sample(BY_EVENT);
	refuse();
	race();
	ksft_finished();
}
