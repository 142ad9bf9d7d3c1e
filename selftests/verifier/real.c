// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that clang made, on lbpf and on bpf(2): the same verdicts, and the
 * effort beside each other.
 *
 * libbpf loads each program by itself, once in this process and once in one
 * with lbpf's library in front of bpf(2).
 *
 *	real			compare
 *	real effort FILE...	compare the effort of programs of other files
 *	real list FILE...	one line for each program: name, error, instructions walked
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

#define MAX_PROGS	2048
#define PRELOAD		"/lbpf/liblbpf-preload.so"

static const char *const files[] = {
	"real_o1.bpf.o", "real_o2.bpf.o", "real_more_o1.bpf.o", "real_more_o2.bpf.o",
};

struct verdict {
	char		name[96];
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

static int judge_all(const char *const *files, int nr_files, struct verdict *verdicts)
{
	int nr = 0, i, f;

	memset(verdicts, 0, MAX_PROGS * sizeof(*verdicts));
	for (f = 0; f < nr_files; f++)
		for (i = 0; nr < MAX_PROGS && judge(files[f], i, &verdicts[nr]); i++)
			nr++;
	return nr;
}

static int list(const char *const *files, int nr_files)
{
	static struct verdict verdicts[MAX_PROGS];
	int nr = judge_all(files, nr_files, verdicts), i;

	for (i = 0; i < nr; i++)
		printf("%s %d %u\n", verdicts[i].name, verdicts[i].err, verdicts[i].walked);
	return 0;
}

/* The same in a process whose bpf(2) is lbpf. */
static int read_other(const char *self, const char *const *files, int nr_files,
		      struct verdict *verdicts)
{
	static char command[1 << 16];
	FILE *pipe;
	int nr = 0, len, i;

	len = snprintf(command, sizeof(command), "LD_PRELOAD=" PRELOAD " %s list", self);
	for (i = 0; i < nr_files && len < (int)sizeof(command); i++)
		len += snprintf(command + len, sizeof(command) - len, " %s", files[i]);
	pipe = popen(command, "r");
	while (pipe && nr < MAX_PROGS) {
		struct verdict *v = &verdicts[nr];

		if (fscanf(pipe, "%95s %d %u", v->name, &v->err, &v->walked) != 3)
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
			 "instructions walked by %d, beside bpf(2): median %.2f, most %.2f\n",
			 nr_ratios, ratios[nr_ratios / 2], ratios[nr_ratios - 1]);
}

/* Programs that both accept. */
static int compare_others(const char *self, const char *const *files, int nr_files,
			  struct verdict *ours, struct verdict *theirs)
{
	int nr = judge_all(files, nr_files, theirs), i;

	if (read_other(self, files, nr_files, ours) != nr)
		return KSFT_FAIL;
	for (i = 0; i < nr; i++)
		if (!ours[i].err && !theirs[i].err && ours[i].walked != theirs[i].walked)
			ksft_print_msg("%s: walked %u and %u\n", theirs[i].name, ours[i].walked,
				       theirs[i].walked);
	ksft_set_plan(1);
	compare_effort(ours, theirs, nr);
	return KSFT_PASS;
}

int main(int argc, char **argv)
{
	static struct verdict ours[MAX_PROGS], theirs[MAX_PROGS];
	int nr_files = sizeof(files) / sizeof(*files), nr_ours, nr_theirs, i;

	libbpf_set_print(be_silent);
	if (argc > 2 && !strcmp(argv[1], "list"))
		return list((const char *const *)argv + 2, argc - 2);
	ksft_print_header();
	if (argc > 2)
		return compare_others(argv[0], (const char *const *)argv + 2, argc - 2, ours,
				      theirs);
	nr_theirs = judge_all(files, nr_files, theirs);
	nr_ours = read_other(argv[0], files, nr_files, ours);
	ksft_set_plan(nr_theirs + 2);
	ksft_test_result(nr_theirs > 50 && nr_ours == nr_theirs, "%d programs, and %d\n", nr_ours,
			 nr_theirs);
	for (i = 0; i < nr_theirs; i++)
		ksft_test_result(ours[i].err == theirs[i].err &&
				 !theirs[i].err == !strstr(theirs[i].name, ":bad_"),
				 "%s: %d and %d, walked %u and %u\n", theirs[i].name, ours[i].err,
				 theirs[i].err, ours[i].walked, theirs[i].walked);
	compare_effort(ours, theirs, nr_theirs);
	ksft_finished();
}
