// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that clang made, on lbpf and on bpf(2): the same verdicts, and the
 * effort beside each other.
 *
 * libbpf loads each program by itself, once in this process and once in one
 * with lbpf's library in front of bpf(2).
 *
 *	real			compare
 *	real list		one line for each program: name, error, instructions walked
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <kselftest.h>

#define MAX_PROGS	128
#define PRELOAD		"/lbpf/liblbpf-preload.so"

static const char *const files[] = { "real_o1.bpf.o", "real_o2.bpf.o" };

struct verdict {
	char		name[64];
	int		err;
	uint32_t	walked;
};

static int be_silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

/* What the kernel says of program number @wanted of @file; false: there is no such program. */
static bool judge(const char *file, int wanted, struct verdict *verdict)
{
	struct bpf_object *object = bpf_object__open_file(file, NULL);
	struct bpf_program *prog, *chosen = NULL;
	struct bpf_prog_info info = { 0 };
	uint32_t info_bytes = sizeof(info);
	int nr = 0;

	if (!object)
		return false;
	bpf_object__for_each_program(prog, object) {
		bpf_program__set_autoload(prog, nr == wanted);
		if (nr++ == wanted)
			chosen = prog;
	}
	if (chosen) {
		snprintf(verdict->name, sizeof(verdict->name), "%s:%s", file,
			 bpf_program__name(chosen));
		verdict->err = -bpf_object__load(object);
		if (!verdict->err &&
		    !bpf_obj_get_info_by_fd(bpf_program__fd(chosen), &info, &info_bytes))
			verdict->walked = info.verified_insns;
	}
	bpf_object__close(object);
	return chosen;
}

static int judge_all(struct verdict *verdicts)
{
	int nr = 0, i;
	size_t f;

	memset(verdicts, 0, MAX_PROGS * sizeof(*verdicts));
	for (f = 0; f < sizeof(files) / sizeof(*files); f++)
		for (i = 0; nr < MAX_PROGS && judge(files[f], i, &verdicts[nr]); i++)
			nr++;
	return nr;
}

static int list(void)
{
	static struct verdict verdicts[MAX_PROGS];
	int nr = judge_all(verdicts), i;

	for (i = 0; i < nr; i++)
		printf("%s %d %u\n", verdicts[i].name, verdicts[i].err, verdicts[i].walked);
	return 0;
}

/* The same in a process whose bpf(2) is lbpf. */
static int read_other(const char *self, struct verdict *verdicts)
{
	char command[256];
	FILE *pipe;
	int nr = 0;

	snprintf(command, sizeof(command), "LD_PRELOAD=" PRELOAD " %s list", self);
	pipe = popen(command, "r");
	while (pipe && nr < MAX_PROGS) {
		struct verdict *v = &verdicts[nr];

		if (fscanf(pipe, "%63s %d %u", v->name, &v->err, &v->walked) != 3)
			break;
		nr++;
	}
	if (pipe)
		pclose(pipe);
	return nr;
}

static int compare_ratios(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void compare_effort(const struct verdict *ours, const struct verdict *theirs, int nr)
{
	double ratios[MAX_PROGS];
	int nr_ratios = 0, i;

	for (i = 0; i < nr; i++)
		if (ours[i].walked && theirs[i].walked)
			ratios[nr_ratios++] = (double)ours[i].walked / theirs[i].walked;
	qsort(ratios, nr_ratios, sizeof(*ratios), compare_ratios);
	if (!nr_ratios) {
		ksft_test_result_skip("nobody says how many instructions were walked\n");
		return;
	}
	ksft_test_result(ratios[nr_ratios / 2] <= 1 && ratios[nr_ratios - 1] <= 2,
			 "instructions walked, beside bpf(2): median %.2f, most %.2f\n",
			 ratios[nr_ratios / 2], ratios[nr_ratios - 1]);
}

int main(int argc, char **argv)
{
	static struct verdict ours[MAX_PROGS], theirs[MAX_PROGS];
	int nr_ours, nr_theirs, i;

	libbpf_set_print(be_silent);
	if (argc > 1)
		return list();
	ksft_print_header();
	nr_theirs = judge_all(theirs);
	nr_ours = read_other(argv[0], ours);
	ksft_set_plan(nr_theirs + 2);
	ksft_test_result(nr_theirs > 20 && nr_ours == nr_theirs, "%d programs, and %d\n", nr_ours,
			 nr_theirs);
	for (i = 0; i < nr_theirs; i++)
		ksft_test_result(ours[i].err == theirs[i].err &&
				 !theirs[i].err == !strstr(theirs[i].name, ":bad_"),
				 "%s: %d and %d, walked %u and %u\n", theirs[i].name, ours[i].err,
				 theirs[i].err, ours[i].walked, theirs[i].walked);
	compare_effort(ours, theirs, nr_theirs);
	ksft_finished();
}
