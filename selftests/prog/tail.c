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
	for (int i = 0; i < 200 && nr_progs() != nr; i++)
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

static unsigned long long nr_direct(void)
{
	struct lbpf_stats stats;

	lbpf_stats_read(&stats);
	return stats.nr_direct_jumps;
}

static bool gets_direct(unsigned long long nr)
{
	for (int i = 0; i < 1000 && nr_direct() != nr; i++)
		usleep(20000);
	return nr_direct() == nr;
}

static int load_value(int value)
{
	struct bpf_insn insns[] = { MOV(BPF_REG_0, value), EXIT() };
	union bpf_attr attr = load_attr(insns, NR(insns));

	return side_bpf(SIDE_LBPF, BPF_PROG_LOAD, &attr);
}

static bool set_value(int fd, int value)
{
	int prog = load_value(value);
	bool ok = prog >= 0 && !set_slot(fd, 0, prog);

	close(prog);
	return ok;
}

/* What is put in is what runs, before and after the jump has been aimed at it. */
static void test_direct(void)
{
	unsigned long long before = nr_direct();
	int fd = make_array(), prog = load_jumper(fd, 0, 1), late;
	bool ok = run(prog, 1) == 1;

	for (int i = 10; i < 14; i++) {
		ok = ok && set_value(fd, i) && run(prog, 1) == i;
		ok = ok && gets_direct(before + 1) && run(prog, 1) == i;
	}
	for (int i = 20; i < 60; i++)
		ok = ok && set_value(fd, i) && run(prog, 1) == i;
	late = load_jumper(fd, 0, 2);
	ok = ok && gets_direct(before + 2) && run(prog, 1) == 59 && run(late, 1) == 59;
	ok = ok && !set_slot(fd, 0, -1) && nr_direct() == before;
	ok = ok && run(prog, 1) == 1 && run(late, 1) == 2;
	ok = ok && set_value(fd, 5) && gets_direct(before + 2);
	close(prog);
	ok = ok && gets_direct(before + 1) && run(late, 1) == 5;
	close(late);
	close(fd);
	ksft_test_result(ok && gets_direct(before), "a direct jump follows its slot\n");
}

/* 33 of them, whichever way. */
static void test_direct_limit(void)
{
	unsigned long long before = nr_direct();
	int fd = make_array(), progs[NR_SLOTS];
	bool ok = fd >= 0;

	for (int i = 0; i < NR_SLOTS; i++) {
		progs[i] = load_jumper(fd, (i + 1) % NR_SLOTS, 70 + i);
		ok = ok && !set_slot(fd, i, progs[i]);
	}
	for (int i = 0; i < NR_SLOTS; i++)
		ok = ok && run(progs[i], 3) == 70 + (i + 33) % NR_SLOTS;
	ok = ok && gets_direct(before + NR_SLOTS);
	for (int i = 0; i < NR_SLOTS; i++)
		ok = ok && run(progs[i], 3) == 70 + (i + 33) % NR_SLOTS;
	for (int i = 0; i < NR_SLOTS; i++)
		close(progs[i]);
	close(fd);
	ksft_test_result(ok && gets_direct(before), "33 direct jumps in a row\n");
}

/* Versions of a slot: runs see one between those set before and after them. */
static atomic_int version_set, version_next;
static int other_slot_prog;

static void *run_versions(void *arg)
{
	while (!is_over) {
		int least = version_set, ret = run(*(int *)arg, 50), most = version_next;

		if (ret < least || ret > most)
			return "a run went to a program that was not there";
	}
	return NULL;
}

static bool change_versions(int fd, unsigned long long direct)
{
	for (int i = 1; i <= NR_ROUNDS; i++) {
		version_next = i;
		if (i % 7 == 3 && set_slot(fd, 1, -1))
			return false;
		if (!set_value(fd, i))
			return false;
		version_set = i;
		if (i % 28 == 0 && !gets_direct(direct))
			return false;
		if (i % 7 == 2 && set_slot(fd, 1, other_slot_prog))
			return false;
	}
	return true;
}

static void test_direct_race(void)
{
	unsigned long long before = nr_direct();
	int fd = make_array(), prog, other;
	pthread_t runners[2];
	bool ok;

	is_over = 0;
	prog = load_jumper(fd, 0, 0);
	other = load_jumper(fd, 1, 0);
	other_slot_prog = load_value(1);
	for (int i = 0; i < 2; i++)
		pthread_create(&runners[i], NULL, run_versions, &prog);
	ok = change_versions(fd, before + 1);
	is_over = 1;
	for (int i = 0; i < 2; i++) {
		void *why;

		pthread_join(runners[i], &why);
		ok = ok && !why;
	}
	close(other_slot_prog);
	close(other);
	close(prog);
	close(fd);
	ksft_test_result(ok && gets_direct(before), "direct jumps are aimed while they are used\n");
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

static int do_load_direct(void)
{
	int prog = load_jumper(array, 2, 0);

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
	set_slot(array, 2, slot_prog);
	sweep("load with a direct jump", do_load_direct);
	sweep("update", do_update);
	sweep("delete", do_delete);
	close(slot_prog);
	close(array);
}

int main(void)
{
	struct lbpf_stats before;

	ksft_print_header();
	ksft_set_plan(2 + 1 + 3 + 5 + 1);
	lbpf_stats_begin(&before);
	test_closed_in_array();
	test_cycle();
	test_race();
	test_direct();
	test_direct_limit();
	test_direct_race();
	test_sweeps();
	ksft_test_result(lbpf_nothing_left(&before), "nothing is left\n");
	ksft_finished();
}
