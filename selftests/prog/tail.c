// SPDX-License-Identifier: GPL-2.0
/*
 * Tail calls: who keeps whom alive, changes while programs run, and every
 * allocation failing once.  What they compute is compared with bpf(2) elsewhere.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include "prog_test.h"

#define NR_SLOTS	4
#define NR_ROUNDS	300

static atomic_int is_over;
static int array;

static int set_slot(int fd, __u32 index, int prog)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = PTR(&index);
	if (prog >= 0)
		attr.value = PTR(&prog);
	return side_bpf(SIDE_LBPF, prog < 0 ? BPF_MAP_DELETE_ELEM : BPF_MAP_UPDATE_ELEM, &attr);
}

static int make_array(void)
{
	return make_map(SIDE_LBPF, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, NR_SLOTS);
}

/*
 * Goes to the slot that @index or, if that is negative, a random number says; else returns @value.
 */
static int load_jumper(int fd, int index, int value)
{
	struct bpf_insn insns[] = {
		MOV_X(BPF_REG_6, BPF_REG_1), CALL(BPF_FUNC_get_prandom_u32),
		ALU(BPF_AND, BPF_REG_0, NR_SLOTS - 1),
		index < 0 ? MOV_X(BPF_REG_3, BPF_REG_0) : MOV(BPF_REG_3, index),
		MOV_X(BPF_REG_1, BPF_REG_6), LD_MAP(BPF_REG_2, fd), CALL(BPF_FUNC_tail_call),
		MOV(BPF_REG_0, value), EXIT(),
	};

	union bpf_attr attr = load_attr(insns, NR(insns));

	return side_bpf(SIDE_LBPF, BPF_PROG_LOAD, &attr);
}

static int run(int prog, unsigned int nr_times)
{
	unsigned char packet[64] = {};
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = nr_times;
	err = side_bpf(SIDE_LBPF, BPF_PROG_TEST_RUN, &attr);
	return err ? err : (int)attr.test.retval;
}

static unsigned long long nr_progs(void)
{
	struct lbpf_stats stats;

	lbpf_stats_read(&stats);
	return stats.nr_progs;
}

static bool reaches(unsigned long long nr)
{
	for (int i = 0; i < 100 && nr_progs() != nr; i++)
		usleep(100000);
	return nr_progs() == nr;
}

/* The array keeps what is in it; taken out, it goes. */
static void test_closed_in_array(void)
{
	unsigned long long before = nr_progs(), nr = before + 2;
	int fd = make_array(), prog = load_jumper(fd, 0, 1), other = load_jumper(fd, 3, 42);
	bool ok;

	ok = !set_slot(fd, 0, other);
	close(other);
	ok = ok && run(prog, 1) == 42 && nr_progs() == nr;
	ok = ok && !set_slot(fd, 0, -1) && run(prog, 1) == 1 && reaches(nr - 1);
	close(prog);
	close(fd);
	ksft_test_result(ok && reaches(before),
			 "a closed program lives in the array until it is taken out\n");
}

/* Programs that use the array they are in. */
static void test_cycle(void)
{
	unsigned long long nr = nr_progs();
	int fd = make_array();
	bool ok = fd >= 0;

	for (int i = 0; i < NR_SLOTS; i++) {
		int prog = load_jumper(fd, (i + 1) % NR_SLOTS, i);

		ok = ok && !set_slot(fd, i, prog);
		close(prog);
	}
	ok = ok && nr_progs() == nr + NR_SLOTS;
	close(fd);
	ksft_test_result(ok && reaches(nr), "programs that refer to each other go with the array\n");
}

static void *run_all(void *arg)
{
	while (!is_over) {
		int ret = run(*(int *)arg, 100);

		if (ret < 0 || ret > 100)
			return "a run returned what no program returns";
	}
	return NULL;
}

/* Programs come and go in all slots. */
static void *change_slots(void *arg)
{
	unsigned int seed = (unsigned long)arg;

	for (int i = 0; i < NR_ROUNDS; i++) {
		int prog = load_jumper(array, rand_r(&seed) % (NR_SLOTS + 1) - 1, i % 100);

		if (prog < 0)
			return "load";
		set_slot(array, rand_r(&seed) % NR_SLOTS, prog);
		close(prog);
		set_slot(array, rand_r(&seed) % NR_SLOTS, -1);
	}
	return NULL;
}

static void test_race(void)
{
	pthread_t runners[2], changers[2];
	bool ok = true;
	void *why;
	int prog;

	array = make_array();
	prog = load_jumper(array, -1, 100);
	for (long i = 0; i < 2; i++) {
		pthread_create(&runners[i], NULL, run_all, &prog);
		pthread_create(&changers[i], NULL, change_slots, (void *)(i + 1));
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(changers[i], &why);
		ok = ok && !why;
	}
	is_over = 1;
	for (int i = 0; i < 2; i++) {
		pthread_join(runners[i], &why);
		ok = ok && !why;
	}
	close(prog);
	close(array);
	ksft_test_result(ok, "programs run while slots change\n");
}

static int do_create(void)
{
	int fd = make_array();

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int do_load(void)
{
	int prog = load_jumper(array, -1, 0);

	if (prog < 0)
		return prog;
	close(prog);
	return 0;
}

static int slot_prog;

static int do_update(void)
{
	return set_slot(array, 1, slot_prog);
}

static int do_delete(void)
{
	int err = set_slot(array, 1, -1);

	return err == -ENOENT ? 0 : err;
}

/* Each allocation fails in turn, until the command gets through. */
static void sweep(const char *name, int (*command)(void))
{
	int control, n, err = -ENOMEM;
	char text[16];

	for (n = 1; n < 1000 && err == -ENOMEM; n++) {
		control = open("/sys/kernel/debug/lbpf/fail_nth", O_RDWR | O_CLOEXEC);
		snprintf(text, sizeof(text), "%d", n);
		if (control < 0 || write(control, text, strlen(text)) < 0)
			ksft_exit_fail_msg("fail_nth: %s\n", strerror(errno));
		err = command();
		close(control);
	}
	ksft_test_result(!err, "each of %d allocations fails: %s\n", n - 2, name);
}

static void test_sweeps(void)
{
	array = make_array();
	slot_prog = load_jumper(array, 0, 0);
	sweep("create", do_create);
	sweep("load", do_load);
	sweep("update", do_update);
	sweep("delete", do_delete);
	close(slot_prog);
	close(array);
}

static void test_balance(const struct lbpf_stats *before)
{
	struct lbpf_stats after;

	for (int i = 0; i < 200; i++) {
		lbpf_stats_read(&after);
		if (lbpf_holds_same(&after, before))
			break;
		usleep(100000);
	}
	ksft_test_result(lbpf_holds_same(&after, before), "nothing is left\n");
}

int main(void)
{
	struct lbpf_stats before;

	ksft_print_header();
	ksft_set_plan(2 + 1 + 4 + 1);
	lbpf_stats_read(&before);
	test_closed_in_array();
	test_cycle();
	test_race();
	test_sweeps();
	test_balance(&before);
	ksft_finished();
}
