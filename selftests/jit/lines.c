// SPDX-License-Identifier: GPL-2.0
/*
 * Names and lines of compiled functions: a program that libbpf loads with its records.
 */
#include <kselftest.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <lbpf_test.h>

#define PIN		"/sys/fs/bpf/lines_prog"
#define SEEN_AS		"/sys/fs/lbpf/lines_prog"
#define MAX_LINES	64
#define NR_FUNCS	2

static struct bpf_prog_info info;
static __u64 addrs[MAX_LINES], funcs[NR_FUNCS];
static __u32 lens[NR_FUNCS];
static struct bpf_line_info lines[MAX_LINES];

/* How many symbols of /proc/kallsyms end in @name, and are at @addr. */
static int count_symbols(const char *name, __u64 addr)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[512], symbol[256];
	unsigned long long at;
	int nr = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%llx %*c %255s", &at, symbol) == 2 && at == addr &&
		    strlen(symbol) > strlen(name) && !strncmp(symbol, "bpf_prog_", 9))
			nr += !strcmp(symbol + strlen(symbol) - strlen(name), name);
	if (file)
		fclose(file);
	return nr;
}

static bool read_info(void)
{
	union bpf_attr attr = { .pathname = (unsigned long)SEEN_AS };
	int fd = test_bpf(SIDE_LBPF, BPF_OBJ_GET, &attr, sizeof(attr));
	int err;

	memset(&attr, 0, sizeof(attr));
	info.nr_line_info = MAX_LINES;
	info.line_info_rec_size = sizeof(*lines);
	info.line_info = (unsigned long)lines;
	info.nr_jited_line_info = MAX_LINES;
	info.jited_line_info_rec_size = sizeof(*addrs);
	info.jited_line_info = (unsigned long)addrs;
	info.nr_jited_ksyms = NR_FUNCS;
	info.jited_ksyms = (unsigned long)funcs;
	info.nr_jited_func_lens = NR_FUNCS;
	info.jited_func_lens = (unsigned long)lens;
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (unsigned long)&info;
	err = fd < 0 ? -1 : test_bpf(SIDE_LBPF, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
	if (fd >= 0)
		close(fd);
	return !err;
}

/* Addresses rise; each is in a function; each function starts with a line. */
static bool lines_are_placed(void)
{
	unsigned int i, f, starts = 0;

	for (i = 0; i < info.nr_jited_line_info; i++) {
		for (f = 0; f < NR_FUNCS; f++)
			if (addrs[i] >= funcs[f] && addrs[i] < funcs[f] + lens[f])
				break;
		if (f == NR_FUNCS || (i && addrs[i] < addrs[i - 1]))
			return false;
		starts += addrs[i] == funcs[f];
	}
	return info.nr_jited_line_info == info.nr_line_info && starts == NR_FUNCS;
}

int main(void)
{
	int err;

	ksft_print_header();
	ksft_set_plan(4);
	err = system("/lbpf/lbpf-run bpftool prog load lines_prog.bpf.o " PIN);
	ksft_test_result(!err && read_info() && info.nr_jited_ksyms == NR_FUNCS,
			 "a program with records of two functions\n");
	ksft_test_result(count_symbols("_count_odd_bytes_of_packets", funcs[0]) == 1 &&
			 count_symbols("_odd_bytes", funcs[1]) == 1,
			 "functions have the names that types give them\n");
	ksft_test_result(info.nr_jited_line_info >= 4 && lines_are_placed(),
			 "%u lines lead to machine code of their functions\n",
			 info.nr_jited_line_info);
	err = system("/lbpf/lbpf-run bpftool prog dump xlated pinned " PIN " linum >/tmp/lines.txt");
	if (!err)
		err = system("grep -q 'int odd = odd_bytes(skb);.*line_num:16' /tmp/lines.txt");
	ksft_test_result(!err, "a dump shows them\n");
	unlink(SEEN_AS);
	ksft_finished();
}
