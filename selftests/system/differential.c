// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: the same operations on lbpf and on the kernel's bpf(2).
 *
 * usage: differential [-k] [-p SIDE] [SCENARIO-PATTERN]
 *	-k: the kernel against itself, which must be equal too
 *	-p: print the trace of one side ("kernel", "lbpf"), compare nothing
 */
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <kselftest.h>
#include "diff.h"
#include "diff_trace.h"

#define SHOWN_MAX	20	/* differences printed per scenario */
#define LINE_MAX_BYTES	1024
#define SCENARIO_S	240	/* a scenario that hangs is killed after that, times LBPF_SLOW */

static const struct scenario * const groups[] = {
	map_create_scenarios, map_elem_scenarios, map_random_scenarios, map_access_scenarios,
	info_scenarios, attr_scenarios, prog_load_scenarios, prog_run_scenarios,
	prog_map_scenarios, ctx_scenarios, sock_scenarios, pin_scenarios,
	show_scenarios, tail_scenarios, btf_scenarios,
	map_type_scenarios, map_fd_scenarios, map_cmd_scenarios, for_each_scenarios, func_scenarios,
	ctx_type_scenarios, log_scenarios,
	dynptr_scenarios,
};

static struct utsname host;
static enum test_side reference_side = SIDE_KERNEL, tested_side = SIDE_LBPF;

/* The same for those without capabilities on both sides; ends with the guest. */
static void agree_on_unprivileged(void)
{
	FILE *kernel = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "r");
	FILE *lbpf = fopen("/sys/module/lbpf/parameters/unprivileged", "w");

	if (kernel && lbpf)
		fprintf(lbpf, "%c", fgetc(kernel) == '0' ? 'Y' : 'N');
	if (kernel)
		fclose(kernel);
	if (lbpf)
		fclose(lbpf);
}

/* The trace of @scenario on @side; NULL if it did not come to its end. */
static char *run_side(const struct scenario *scenario, enum test_side side)
{
	const char *slow = getenv("LBPF_SLOW");
	int status;
	pid_t pid;

	diff_trace->used = 0;
	diff_trace->is_full = false;
	diff_trace->text[0] = '\0';
	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(SCENARIO_S * (slow ? atoi(slow) : 1));
		diff_side = side;
		rnd_seed(1);
		scenario->run();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return NULL;
	if (status || diff_trace->is_full) {
		ksft_print_msg("%s: side %d ended with status %#x%s; last lines:\n", scenario->name,
			       side,
			       status, diff_trace->is_full ? ", trace full" : "");
		ksft_print_msg("%.300s\n", diff_trace->text +
			       (diff_trace->used > 300 ? diff_trace->used - 300 : 0));
		return NULL;
	}
	return strdup(diff_trace->text);
}

/* Takes the next line off @text: "what" to @what, and the result is returned. */
static const char *next_line(char **text, char **what)
{
	char *line = strsep(text, "\n"), *result;

	if (!line || !*line)
		return NULL;
	*what = line;
	result = strstr(line, " => ");
	*result = '\0';
	return result + 4;
}

static bool is_known(const struct scenario *scenario, const char *what, const char *kernel,
		     const char *lbpf)
{
	char full[LINE_MAX_BYTES];
	unsigned int i;

	snprintf(full, sizeof(full), "%s: %s", scenario->name, what);
	for (i = 0; i < nr_known_diffs; i++) {
		const struct known_diff *diff = &known_diffs[i];

		if (!strncmp(host.release, diff->release, strlen(diff->release)) &&
		    !fnmatch(diff->what, full, 0) && !fnmatch(diff->kernel, kernel, 0) &&
		    !fnmatch(diff->lbpf, lbpf, 0))
			return true;
	}
	return false;
}

static bool is_same(const struct scenario *scenario, char *kernel, char *lbpf)
{
	unsigned int nr_lines = 0, nr_known = 0, nr_diffs = 0;
	const char *expected, *got;
	char *what, *what2;

	while ((expected = next_line(&kernel, &what))) {
		got = next_line(&lbpf, &what2);
		if (!got || strcmp(what, what2)) {
			ksft_print_msg("%s: line %u: kernel does '%s', lbpf '%s'\n", scenario->name,
				       nr_lines, what, got ? what2 : "nothing");
			return false;
		}
		nr_lines++;
		if (!strcmp(expected, got))
			continue;
		if (is_known(scenario, what, expected, got)) {
			nr_known++;
			continue;
		}
		if (nr_diffs++ < SHOWN_MAX)
			ksft_print_msg("%s: %s: kernel %s, lbpf %s\n", scenario->name, what,
				       expected, got);
	}
	if (next_line(&lbpf, &what2)) {
		ksft_print_msg("%s: lbpf also does '%s'\n", scenario->name, what2);
		return false;
	}
	ksft_print_msg("%s: %u results, %u known to differ, %u differ\n", scenario->name, nr_lines,
		       nr_known, nr_diffs);
	/* No result is no test. */
	return nr_lines && !nr_diffs;
}

static void compare(const struct scenario *scenario)
{
	char *kernel = run_side(scenario, reference_side);
	char *lbpf = kernel ? run_side(scenario, tested_side) : NULL;

	if (lbpf && is_same(scenario, kernel, lbpf))
		ksft_test_result_pass("%s\n", scenario->name);
	else
		ksft_test_result_fail("%s\n", scenario->name);
	free(kernel);
	free(lbpf);
}

/* Calls @visit for each scenario that matches; returns their number. */
static unsigned int for_each(const char *pattern, void (*visit)(const struct scenario *))
{
	const struct scenario *scenario;
	unsigned int i, nr = 0;

	for (i = 0; i < ARRAY_SIZE_OF(groups); i++)
		for (scenario = groups[i]; scenario->name; scenario++) {
			if (fnmatch(pattern, scenario->name, 0))
				continue;
			nr++;
			if (visit)
				visit(scenario);
		}
	return nr;
}

static void print_trace(const struct scenario *scenario)
{
	char *text = run_side(scenario, tested_side), *rest = text, *line;

	while ((line = strsep(&rest, "\n")) && *line)
		printf("%s: %s\n", scenario->name, line);
	free(text);
}

int main(int argc, char **argv)
{
	const char *print = NULL, *pattern;
	int opt;

	while ((opt = getopt(argc, argv, "kp:")) != -1) {
		if (opt == 'k')
			tested_side = SIDE_KERNEL;
		else if (opt == 'p')
			print = optarg;
		else
			return 2;
	}
	pattern = optind < argc ? argv[optind] : "*";
	uname(&host);
	diff_trace = mmap(NULL, sizeof(*diff_trace), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (diff_trace == MAP_FAILED)
		return KSFT_FAIL;
	if (print) {
		tested_side = strcmp(print, "kernel") ? SIDE_LBPF : SIDE_KERNEL;
		for_each(pattern, print_trace);
		return 0;
	}
	ksft_print_header();
	agree_on_unprivileged();
	/* Open in both processes, so that descriptors have the same numbers. */
	if (tested_side == SIDE_LBPF)
		lbpf_dev();
	ksft_set_plan(for_each(pattern, NULL));
	for_each(pattern, compare);
	ksft_finished();
}
