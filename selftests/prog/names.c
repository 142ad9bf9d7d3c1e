// SPDX-License-Identifier: GPL-2.0
/*
 * Stack traces go through compiled code, and name its functions.
 *
 * A kprobe on the function behind a helper prints the stack of the program that
 * calls it.
 */
#include <fcntl.h>
#include <sys/mount.h>
#include "prog_test.h"

#define TRACEFS		"/sys/kernel/tracing"
#define NAME		"stack_test"

/* Main function, and a function of it that calls a helper. */
static const struct bpf_insn insns[] = {
	INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1), EXIT(),
	MOV(BPF_REG_6, 1), ST(BPF_DW, BPF_REG_10, -256, 0), CALL(BPF_FUNC_get_prandom_u32),
	MOV(BPF_REG_0, 0), EXIT(),
};

static char main_name[64], func_name[80];
static char text[1 << 20];

static bool write_file(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	bool ok = fd >= 0 && write(fd, what, strlen(what)) == (ssize_t)strlen(what);

	close(fd);
	return ok;
}

static const char *read_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = 0, part;

	while (fd >= 0 && n < (ssize_t)sizeof(text) - 1 &&
	       (part = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += part;
	text[n] = 0;
	close(fd);
	return text;
}

static int load(void)
{
	union bpf_attr attr = load_attr(insns, NR(insns));

	strcpy(attr.prog_name, NAME);
	return side_bpf(SIDE_LBPF, BPF_PROG_LOAD, &attr);
}

/* As Linux makes them. */
static void make_names(int prog)
{
	struct bpf_prog_info info;
	union bpf_attr attr;
	int len = 0;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = prog;
	attr.info.info_len = sizeof(info);
	attr.info.info = PTR(&info);
	if (side_bpf(SIDE_LBPF, BPF_OBJ_GET_INFO_BY_FD, &attr))
		ksft_exit_fail_msg("info\n");
	len = sprintf(main_name, "bpf_prog_");
	for (int i = 0; i < BPF_TAG_SIZE; i++)
		len += sprintf(main_name + len, "%02x", info.tag[i]);
	sprintf(func_name, "%s_F", main_name);
	strcat(main_name, "_" NAME);
}

/* How often kallsyms has one of the two. */
static int count_symbols(void)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[512];
	int nr = 0;

	while (file && fgets(line, sizeof(line), file))
		nr += strstr(line, main_name) || strstr(line, func_name);
	if (file)
		fclose(file);
	return nr;
}

static int run(int prog)
{
	unsigned char packet[64] = {};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	return side_bpf(SIDE_LBPF, BPF_PROG_TEST_RUN, &attr);
}

static bool set_probe(void)
{
	mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	return write_file(TRACEFS "/kprobe_events", "p:lbpf_stack lbpf:get_prandom_u32") &&
	       write_file(TRACEFS "/options/stacktrace", "1") &&
	       write_file(TRACEFS "/events/kprobes/lbpf_stack/enable", "1");
}

static void clear_probe(void)
{
	write_file(TRACEFS "/events/kprobes/lbpf_stack/enable", "0");
	write_file(TRACEFS "/options/stacktrace", "0");
	write_file(TRACEFS "/kprobe_events", "");
	write_file(TRACEFS "/trace", "");
}

/* Innermost first: function, main function, who ran it. */
static void test_trace(int prog)
{
	const char *trace, *func, *outer, *caller;

	if (!set_probe()) {
		clear_probe();
		ksft_test_result_skip("the kernel takes no kprobe event\n");
		return;
	}
	run(prog);
	trace = read_file(TRACEFS "/trace");
	func = strstr(trace, func_name);
	outer = func ? strstr(func, main_name) : NULL;
	caller = outer ? strstr(outer, "lbpf_cmd_prog_test_run") : NULL;
	if (!caller)
		ksft_print_msg("%s\n", trace);
	ksft_test_result(caller, "a stack trace names both functions and their caller\n");
	clear_probe();
}

int main(void)
{
	struct lbpf_stats before;
	int prog, others[600];
	bool ok = true;

	ksft_print_header();
	ksft_set_plan(4);
	lbpf_stats_begin(&before);
	prog = load();
	if (prog < 0)
		ksft_exit_fail_msg("load: %s\n", strerror(-prog));
	make_names(prog);
	ksft_test_result(count_symbols() == 2, "kallsyms has both functions\n");
	test_trace(prog);
	/* More functions than there is room for: the others have no name. */
	for (unsigned int i = 0; i < NR(others); i++) {
		others[i] = load();
		ok = ok && others[i] >= 0;
	}
	ksft_test_result(ok && !run(others[NR(others) - 1]), "programs beyond the names run\n");
	for (unsigned int i = 0; i < NR(others); i++)
		close(others[i]);
	close(prog);
	for (int i = 0; i < 100 && count_symbols(); i++)
		usleep(100000);
	ksft_test_result(!count_symbols(), "names go with the programs\n");
	ksft_finished();
}
