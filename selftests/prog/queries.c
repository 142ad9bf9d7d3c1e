// SPDX-License-Identifier: GPL-2.0
/*
 * What is behind descriptors of events, beside bpf(2): TASK_FD_QUERY, and the programs at a
 * tracepoint.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/perf_event.h>
#include "prog_test.h"

#define EVENT_DIR	"/sys/kernel/debug/tracing"
#define FUNCTION	"__x64_sys_getpgid"
#define NAME_BYTES	64

/* One query, and what came of it. */
struct answer {
	int		ret;
	char		name[NAME_BYTES];
	__u32		len;
	__u32		fd_type;
	__u64		offset;
	__u64		addr;
	bool		has_prog;
};

static struct answer query(enum test_side side, int pid, int fd, unsigned int room,
			   unsigned int prog_id)
{
	struct answer answer;
	union bpf_attr attr = {};

	memset(&answer, 0, sizeof(answer));
	memset(answer.name, '#', sizeof(answer.name));
	attr.task_fd_query.pid = pid;
	attr.task_fd_query.fd = fd;
	attr.task_fd_query.buf = room ? PTR(answer.name) : 0;
	attr.task_fd_query.buf_len = room;
	answer.ret = side_bpf(side, BPF_TASK_FD_QUERY, &attr);
	answer.len = attr.task_fd_query.buf_len;
	answer.fd_type = attr.task_fd_query.fd_type;
	answer.offset = attr.task_fd_query.probe_offset;
	answer.addr = attr.task_fd_query.probe_addr;
	answer.has_prog = prog_id && attr.task_fd_query.prog_id == prog_id;
	return answer;
}

static bool is_same(const char *what, const struct answer *got, const struct answer *want)
{
	struct answer expected = *want;

	/* Later kernels tell the address of a function that was named, too. */
	if (!test_kernel_is_reference() && !got->addr)
		expected.addr = 0;
	if (!memcmp(got, &expected, sizeof(*got)))
		return true;
	ksft_print_msg("%s: lbpf %d %.*s %u %u %llx %llx %d, bpf(2) %d %.*s %u %u %llx %llx %d\n",
		       what, got->ret, 20, got->name, got->len, got->fd_type,
		       (unsigned long long)got->offset, (unsigned long long)got->addr,
		       got->has_prog, want->ret, 20, want->name, want->len, want->fd_type,
		       (unsigned long long)want->offset, (unsigned long long)want->addr,
		       want->has_prog);
	return false;
}

static unsigned int id_of(enum test_side side, int prog)
{
	struct bpf_prog_info info = {};
	union bpf_attr attr = {};

	attr.info.bpf_fd = prog;
	attr.info.info_len = sizeof(info);
	attr.info.info = PTR(&info);
	return side_bpf(side, BPF_OBJ_GET_INFO_BY_FD, &attr) ? 0 : info.id;
}

static int load(enum test_side side, unsigned int type)
{
	struct bpf_insn insns[] = { MOV(BPF_REG_0, 0), EXIT() };
	union bpf_attr attr = load_attr(insns, NR(insns));

	attr.prog_type = type;
	return side_bpf(side, BPF_PROG_LOAD, &attr);
}

static int open_event(struct perf_event_attr *attr)
{
	attr->size = sizeof(*attr);
	return syscall(SYS_perf_event_open, attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

static int open_tracepoint(unsigned int config)
{
	static const char *const paths[] = {
		EVENT_DIR "/events/sched/sched_switch/id",
		EVENT_DIR "/events/syscalls/sys_enter_getpgid/id",
	};
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT };

	attr.config = read_number(paths[config]);
	return open_event(&attr);
}

static int open_kprobe(unsigned int config)
{
	struct perf_event_attr attr = { .config = config & 1, .config1 = PTR(FUNCTION) };
	int fd;

	/* Where an instruction begins: behind a call, which ENDBR64 may precede. */
	if (config & 2)
		attr.config2 = 5;
	attr.type = read_number("/sys/bus/event_source/devices/kprobe/type");
	fd = open_event(&attr);
	if (fd >= 0 || !(config & 2))
		return fd;
	attr.config2 = 9;
	return open_event(&attr);
}

static const struct {
	const char	*name;
	unsigned int	type;
	int		(*open)(unsigned int config);
	unsigned int	config;
} rows[] = {
	{ "tracepoint", BPF_PROG_TYPE_TRACEPOINT, open_tracepoint, 0 },
	{ "system call", BPF_PROG_TYPE_TRACEPOINT, open_tracepoint, 1 },
	{ "kprobe", BPF_PROG_TYPE_KPROBE, open_kprobe, 0 },
	{ "kprobe inside", BPF_PROG_TYPE_KPROBE, open_kprobe, 2 },
	{ "kretprobe", BPF_PROG_TYPE_KPROBE, open_kprobe, 1 },
	{ "raw tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, NULL, 0 },
};

static int open_raw(enum test_side side, int prog)
{
	union bpf_attr attr = {};

	attr.raw_tracepoint.name = PTR("task_rename");
	attr.raw_tracepoint.prog_fd = prog;
	return side_bpf(side, BPF_RAW_TRACEPOINT_OPEN, &attr);
}

/* Without room, with some, with enough; then of another process. */
#define NR_ANSWERS	5

static void ask(enum test_side side, unsigned int row, struct answer *answers)
{
	static const unsigned int rooms[] = { 0, 1, 5, NAME_BYTES };
	int fd = rows[row].open ? rows[row].open(rows[row].config) : -1, pid;
	int prog = load(side, rows[row].type);
	unsigned int id = id_of(side, prog);

	/* An event without a program. */
	answers[0] = query(side, getpid(), fd, NAME_BYTES, 0);
	if (!rows[row].open)
		fd = open_raw(side, prog);
	else if (attach_event(side, fd, prog))
		ksft_exit_fail_msg("%s: bind\n", side_name[side]);
	for (unsigned int i = 0; i < NR(rooms); i++)
		answers[1 + i] = query(side, getpid(), fd, rooms[i], id);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	answers[1 + NR(rooms)] = query(side, pid, fd, NAME_BYTES, id);
	kill(pid, 9);
	waitpid(pid, NULL, 0);
	close(fd);
	close(prog);
}

static void test_rows(void)
{
	static struct answer answers[2][NR_ANSWERS + 1];

	for (unsigned int row = 0; row < NR(rows); row++) {
		bool same = true;

		for (int side = 0; side < 2; side++)
			ask(side, row, answers[side]);
		for (unsigned int i = 0; i <= NR_ANSWERS; i++)
			same &= is_same(rows[row].name, &answers[SIDE_LBPF][i],
					&answers[SIDE_KERNEL][i]);
		ksft_test_result(same && !answers[SIDE_LBPF][NR_ANSWERS].ret &&
				 answers[SIDE_LBPF][NR_ANSWERS].has_prog, "%s\n", rows[row].name);
	}
}

/* What is no event, and what is nobody's. */
static void test_errors(void)
{
	int null = open("/dev/null", O_RDONLY), map[2], nr_wrong = 0;
	union bpf_attr attr = {};

	for (int side = 0; side < 2; side++)
		map[side] = make_map(side, BPF_MAP_TYPE_ARRAY, 4, 4, 1);
	attr.task_fd_query.flags = 1;
	nr_wrong += side_bpf(SIDE_LBPF, BPF_TASK_FD_QUERY, &attr) != -EINVAL ||
		    side_bpf(SIDE_KERNEL, BPF_TASK_FD_QUERY, &attr) != -EINVAL;
	for (int i = 0; i < 4; i++) {
		struct answer got, want;
		int pid = i == 3 ? 0x3fffffff : getpid();
		int fds[2] = { i == 1 ? 999 : null, i == 1 ? 999 : null };

		if (i == 2)
			memcpy(fds, map, sizeof(fds));
		got = query(SIDE_LBPF, pid, fds[SIDE_LBPF], NAME_BYTES, 0);
		want = query(SIDE_KERNEL, pid, fds[SIDE_KERNEL], NAME_BYTES, 0);
		nr_wrong += !is_same("error", &got, &want) || !got.ret;
	}
	close(map[0]);
	close(map[1]);
	close(null);
	ksft_test_result(!nr_wrong, "what is no event\n");
}

/* Programs at one tracepoint, through events of their own; @ids: as they are listed, from 0. */
#define NR_PROGS	3

static int list(enum test_side side, int event, unsigned int room, __u32 *ids, __u32 *nr)
{
	struct lbpf_perf_query own = {
		.perf_fd = event, .nr_ids = room, .ids = PTR(ids), .count = PTR(nr),
	};
	struct {
		__u32 ids_len, prog_cnt, ids[100];
	} kernel = { .ids_len = room };
	int ret;

	if (side == SIDE_LBPF)
		return test_bpf(side, LBPF_PERF_QUERY, &own, sizeof(own)) ? -errno : 0;
	ret = ioctl(event, PERF_EVENT_IOC_QUERY_BPF, &kernel) ? -errno : 0;
	*nr = kernel.prog_cnt;
	memcpy(ids, kernel.ids, room * sizeof(*ids));
	return ret;
}

static void list_side(enum test_side side, int *rets, __u32 *counts, bool *is_right)
{
	static const unsigned int rooms[] = { 0, 2, NR_PROGS, 10, 65 };
	int events[NR_PROGS], progs[NR_PROGS];
	__u32 ids[100];

	*is_right = true;
	for (int i = 0; i < NR_PROGS; i++) {
		progs[i] = load(side, BPF_PROG_TYPE_TRACEPOINT);
		events[i] = open_tracepoint(1);
		if (attach_event(side, events[i], progs[i]))
			ksft_exit_fail_msg("%s: bind\n", side_name[side]);
	}
	for (unsigned int i = 0; i < NR(rooms); i++) {
		counts[i] = 0;
		memset(ids, 0, sizeof(ids));
		rets[i] = list(side, events[i % NR_PROGS], rooms[i], ids, &counts[i]);
		for (unsigned int j = 0; j < rooms[i] && j < NR_PROGS && i < 4; j++)
			*is_right &= ids[j] == id_of(side, progs[j]);
	}
	for (int i = 0; i < NR_PROGS; i++) {
		close(events[i]);
		close(progs[i]);
	}
}

static void test_list(void)
{
	__u32 counts[2][5];
	int rets[2][5];
	bool right[2];

	for (int side = 0; side < 2; side++)
		list_side(side, rets[side], counts[side], &right[side]);
	for (int i = 0; i < 5; i++)
		ksft_print_msg("%d %u, bpf(2) %d %u\n", rets[0][i], counts[0][i], rets[1][i],
			       counts[1][i]);
	ksft_test_result(right[0] && right[1] && !memcmp(rets[0], rets[1], sizeof(rets[0])) &&
			 !memcmp(counts[0], counts[1], sizeof(counts[0])),
			 "programs at a tracepoint\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(NR(rows) + 2);
	test_rows();
	test_errors();
	test_list();
	ksft_finished();
}
