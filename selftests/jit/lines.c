// SPDX-License-Identifier: GPL-2.0
/*
 * Names and lines of compiled functions: a program that libbpf loads with its records, on lbpf and
 * on bpf(2).
 */
#include <kselftest.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <lbpf_test.h>

#define LBPF_RUN	"/lbpf/lbpf-run"
#define PIN		"/sys/fs/bpf/lines_prog"
#define SEEN_AS		"/sys/fs/lbpf/lines_prog"
/* A mount of the kernel's own, for its copy. */
#define KERNEL_DIR	"/tmp/lines_bpf"
#define KERNEL_PIN	KERNEL_DIR "/lines_prog"
#define MAX_LINES	64
#define MAX_IMAGE	4096
#define NR_FUNCS	2

/* What is told of the program. */
struct copy {
	struct bpf_prog_info	info;
	__u64			addrs[MAX_LINES];
	__u64			funcs[NR_FUNCS];
	__u32			lens[NR_FUNCS];
	struct bpf_line_info	lines[MAX_LINES];
	unsigned char		image[MAX_IMAGE];
};

static struct copy copies[2];

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

static bool read_info(enum test_side side, const char *path)
{
	struct copy *copy = &copies[side];
	struct bpf_prog_info *info = &copy->info;
	union bpf_attr attr = { .pathname = (unsigned long)path };
	int fd = test_bpf(side, BPF_OBJ_GET, &attr, sizeof(attr));
	int err;

	memset(&attr, 0, sizeof(attr));
	info->jited_prog_insns = (unsigned long)copy->image;
	info->jited_prog_len = MAX_IMAGE;
	info->nr_line_info = MAX_LINES;
	info->line_info_rec_size = sizeof(*copy->lines);
	info->line_info = (unsigned long)copy->lines;
	info->nr_jited_line_info = MAX_LINES;
	info->jited_line_info_rec_size = sizeof(*copy->addrs);
	info->jited_line_info = (unsigned long)copy->addrs;
	info->nr_jited_ksyms = NR_FUNCS;
	info->jited_ksyms = (unsigned long)copy->funcs;
	info->nr_jited_func_lens = NR_FUNCS;
	info->jited_func_lens = (unsigned long)copy->lens;
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(*info);
	attr.info.info = (unsigned long)info;
	err = fd < 0 ? -1 : test_bpf(side, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
	if (fd >= 0)
		close(fd);
	return !err;
}

/* The function that an address is in; NR_FUNCS: none. */
static unsigned int func_of(const struct copy *copy, __u64 addr)
{
	unsigned int f;

	for (f = 0; f < NR_FUNCS; f++)
		if (addr >= copy->funcs[f] && addr < copy->funcs[f] + copy->lens[f])
			break;
	return f;
}

/* Addresses rise; each is in a function; each function starts with a line. */
static bool lines_are_placed(const struct copy *copy)
{
	const struct bpf_prog_info *info = &copy->info;
	unsigned int i, f, starts = 0;

	for (i = 0; i < info->nr_jited_line_info; i++) {
		f = func_of(copy, copy->addrs[i]);
		if (f == NR_FUNCS || (i && copy->addrs[i] < copy->addrs[i - 1]))
			return false;
		starts += copy->addrs[i] == copy->funcs[f];
	}
	return info->nr_jited_line_info == info->nr_line_info && starts == NR_FUNCS;
}

/* bpf(2)'s records in the same order and function; some, whose code is gone, are left out. */
static bool has_lines_of_kernel(void)
{
	const struct copy *ours = &copies[SIDE_LBPF], *theirs = &copies[SIDE_KERNEL];
	unsigned int i, k = 0, nr = theirs->info.nr_jited_line_info;

	for (i = 0; i < ours->info.nr_jited_line_info; i++, k++) {
		while (k < nr && theirs->lines[k].line_col != ours->lines[i].line_col)
			k++;
		if (k >= nr ||
		    func_of(ours, ours->addrs[i]) != func_of(theirs, theirs->addrs[k]))
			return false;
	}
	return ours->info.nr_jited_line_info > 0;
}

static bool has_funcs_of_kernel(void)
{
	const struct bpf_prog_info *ours = &copies[SIDE_LBPF].info;
	const struct bpf_prog_info *theirs = &copies[SIDE_KERNEL].info;
	const __u32 *lens = copies[SIDE_LBPF].lens;

	return ours->nr_jited_ksyms == theirs->nr_jited_ksyms &&
	       ours->nr_jited_func_lens == theirs->nr_jited_func_lens &&
	       ours->nr_func_info == theirs->nr_func_info &&
	       ours->jited_line_info_rec_size == theirs->jited_line_info_rec_size &&
	       lens[0] + lens[1] == ours->jited_prog_len;
}

static bool load_on_kernel(void)
{
	mkdir(KERNEL_DIR, 0700);
	return !mount("bpf", KERNEL_DIR, "bpf", 0, NULL) &&
	       !system("bpftool prog load lines_prog.bpf.o " KERNEL_PIN) &&
	       read_info(SIDE_KERNEL, KERNEL_PIN);
}

/* Machine code, as bpftool writes it to a file. */
static bool dumps_image(void)
{
	static unsigned char bytes[MAX_IMAGE];
	const struct copy *copy = &copies[SIDE_LBPF];
	size_t nr = 0;
	FILE *file;

	if (system(LBPF_RUN " bpftool prog dump jited pinned " PIN " file /tmp/lines.bin"))
		return false;
	file = fopen("/tmp/lines.bin", "r");
	if (!file)
		return false;
	nr = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return nr == copy->info.jited_prog_len && !memcmp(bytes, copy->image, nr);
}

/* A bpftool without disassembler says so on both sides; with one, it shows lines of the source. */
static bool dumps_alike(void)
{
	int theirs = system("bpftool prog dump jited pinned " KERNEL_PIN
			    " linum opcodes >/tmp/lines.theirs 2>&1");
	int ours = system(LBPF_RUN " bpftool prog dump jited pinned " PIN
			  " linum opcodes >/tmp/lines.ours 2>&1");

	if (ours != theirs)
		return false;
	if (ours)
		return !system("cmp /tmp/lines.ours /tmp/lines.theirs");
	return !system("grep -q 'int odd = odd_bytes(skb);.*line_num:16' /tmp/lines.ours");
}

int main(void)
{
	const struct copy *copy = &copies[SIDE_LBPF];
	bool has_kernel;
	int err;

	ksft_print_header();
	ksft_set_plan(8);
	err = system(LBPF_RUN " bpftool prog load lines_prog.bpf.o " PIN);
	ksft_test_result(!err && read_info(SIDE_LBPF, SEEN_AS) &&
			 copy->info.nr_jited_ksyms == NR_FUNCS,
			 "a program with records of two functions\n");
	ksft_test_result(count_symbols("_count_odd_bytes_of_packets", copy->funcs[0]) == 1 &&
			 count_symbols("_odd_bytes", copy->funcs[1]) == 1,
			 "functions have the names that types give them\n");
	ksft_test_result(copy->info.nr_jited_line_info >= 4 && lines_are_placed(copy),
			 "%u lines lead to machine code of their functions\n",
			 copy->info.nr_jited_line_info);
	err = system(LBPF_RUN " bpftool prog dump xlated pinned " PIN " linum >/tmp/lines.txt");
	if (!err)
		err = system("grep -q 'int odd = odd_bytes(skb);.*line_num:16' /tmp/lines.txt");
	ksft_test_result(!err, "a dump shows them\n");
	has_kernel = load_on_kernel();
	ksft_test_result(has_kernel && has_funcs_of_kernel(), "as many functions as on bpf(2)\n");
	ksft_test_result(has_kernel && has_lines_of_kernel(), "lines of the same functions\n");
	ksft_test_result(has_kernel && dumps_alike(), "a dump of machine code with lines\n");
	/* It wants a disassembler even to write bytes into a file. */
	if (system("bpftool version | grep -qE 'libbfd|llvm'"))
		ksft_test_result_skip("this bpftool cannot dump machine code\n");
	else
		ksft_test_result(dumps_image(), "a dump has the machine code\n");
	unlink(SEEN_AS);
	unlink(KERNEL_PIN);
	umount(KERNEL_DIR);
	rmdir(KERNEL_DIR);
	ksft_finished();
}
