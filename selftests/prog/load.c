// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_LOAD: the same answer to every mistake, on both sides.
 */
#include <sys/mman.h>
#include "prog_test.h"

static const struct bpf_insn trivial[] = { MOV(BPF_REG_0, 0), EXIT() };
static char log_text[4096];

/* Something that a caller may do to the attributes of a correct load. */
struct mistake {
	const char *name;
	void (*make)(union bpf_attr *attr);
};

#define CASE(name_, code)						\
	static void make_##name_(union bpf_attr *attr) { code; }

CASE(nothing, (void)attr)
CASE(no_insns, attr->insn_cnt = 0)
CASE(too_many_insns, attr->insn_cnt = 1000001)
CASE(unpriv_limit, attr->insn_cnt = 4097)
CASE(bad_license, attr->license = 8)
CASE(no_license, attr->license = 0)
CASE(bad_license_no_insns, attr->license = 8; attr->insn_cnt = 0)
CASE(unknown_flag, attr->prog_flags = 1 << 20)
CASE(unknown_flag_bad_license, attr->prog_flags = 1 << 20; attr->license = 8)
CASE(strict_alignment, attr->prog_flags = BPF_F_STRICT_ALIGNMENT)
CASE(any_alignment, attr->prog_flags = BPF_F_ANY_ALIGNMENT)
CASE(rnd_hi32, attr->prog_flags = BPF_F_TEST_RND_HI32)
CASE(state_freq, attr->prog_flags = BPF_F_TEST_STATE_FREQ)
CASE(sleepable, attr->prog_flags = BPF_F_SLEEPABLE)
CASE(type_unspec, attr->prog_type = 0)
CASE(type_unknown, attr->prog_type = 200)
CASE(type_unknown_bad_insns, attr->prog_type = 200; attr->insns = 8)
CASE(type_unknown_bad_name, attr->prog_type = 200; strcpy(attr->prog_name, "a b"))
CASE(type_unknown_no_insns, attr->prog_type = 200; attr->insn_cnt = 0)
CASE(type_huge, attr->prog_type = ~0u)
CASE(bad_insns, attr->insns = 8)
CASE(null_insns, attr->insns = 0)
CASE(many_bad_insns, attr->insns = 8; attr->insn_cnt = 100000)
CASE(name_space, strcpy(attr->prog_name, "a b"))
CASE(name_dash, strcpy(attr->prog_name, "a-b"))
CASE(name_dots, strcpy(attr->prog_name, "a.b_C9"))
CASE(name_full, memset(attr->prog_name, 'a', 16))
CASE(name_15, memset(attr->prog_name, 'a', 15))
CASE(name_tail, attr->prog_name[0] = 'a'; attr->prog_name[2] = 'b')
CASE(name_high, attr->prog_name[0] = (char)0xe4)
CASE(attach_type_1, attr->expected_attach_type = 1)
CASE(attach_type_200, attr->expected_attach_type = 200)
CASE(ifindex, attr->prog_ifindex = 1)
CASE(attach_prog, attr->attach_prog_fd = 1)
CASE(attach_btf, attr->attach_btf_id = 1)
CASE(kern_version, attr->kern_version = 1)
CASE(fd_array, attr->fd_array = 8)
CASE(btf_fd, attr->prog_btf_fd = 777)
CASE(log_level_only, attr->log_level = 1)
CASE(log_buf_only, attr->log_buf = PTR(log_text); attr->log_size = sizeof(log_text))
CASE(log_no_size, attr->log_level = 1; attr->log_buf = PTR(log_text))
CASE(log_127, attr->log_level = 1; attr->log_buf = PTR(log_text); attr->log_size = 127)
CASE(log_128, attr->log_level = 1; attr->log_buf = PTR(log_text); attr->log_size = 128)
CASE(log_level_2_128, attr->log_level = 2; attr->log_buf = PTR(log_text); attr->log_size = 128)
CASE(log_level_8, attr->log_level = 8; attr->log_buf = PTR(log_text); attr->log_size = 4096)
CASE(log_bad_buf, attr->log_level = 1; attr->log_buf = 8; attr->log_size = 4096)
CASE(log_huge, attr->log_level = 1; attr->log_buf = PTR(log_text); attr->log_size = ~0u)
CASE(log_and_bad_insns, attr->log_level = 64; attr->insns = 8)
CASE(log_and_bad_type, attr->log_level = 64; attr->prog_type = 200)
CASE(log_and_bad_name, attr->log_level = 64; attr->prog_name[0] = '!')
CASE(func_info, attr->func_info_cnt = 1)
CASE(line_info, attr->line_info_cnt = 1)

#define ROW(name_) { #name_, make_##name_ }
static const struct mistake mistakes[] = {
	ROW(nothing), ROW(no_insns), ROW(too_many_insns), ROW(unpriv_limit), ROW(bad_license),
	ROW(no_license), ROW(bad_license_no_insns), ROW(unknown_flag),
	ROW(unknown_flag_bad_license), ROW(strict_alignment), ROW(any_alignment), ROW(rnd_hi32),
	ROW(state_freq), ROW(sleepable), ROW(type_unspec), ROW(type_unknown),
	ROW(type_unknown_bad_insns), ROW(type_unknown_bad_name), ROW(type_unknown_no_insns),
	ROW(type_huge), ROW(bad_insns), ROW(null_insns), ROW(many_bad_insns), ROW(name_space),
	ROW(name_dash), ROW(name_dots), ROW(name_full), ROW(name_15), ROW(name_tail),
	ROW(name_high), ROW(attach_type_1), ROW(attach_type_200), ROW(ifindex), ROW(attach_prog),
	ROW(attach_btf), ROW(kern_version), ROW(fd_array), ROW(btf_fd), ROW(log_level_only),
	ROW(log_buf_only), ROW(log_no_size), ROW(log_127), ROW(log_128), ROW(log_level_2_128),
	ROW(log_level_8), ROW(log_bad_buf), ROW(log_huge), ROW(log_and_bad_insns),
	ROW(log_and_bad_type), ROW(log_and_bad_name), ROW(func_info), ROW(line_info),
};

static int try_mistake(enum test_side side, const struct mistake *mistake)
{
	union bpf_attr attr = load_attr(trivial, NR(trivial));
	int fd;

	mistake->make(&attr);
	fd = side_bpf(side, BPF_PROG_LOAD, &attr);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* What later kernels answer otherwise, and the answer of 6.1. */
static const struct {
	const char *name;
	int want;
} changed_later[] = {
	{ "bad_license_no_insns", -EFAULT },
	{ "log_level_only", -EINVAL },
	{ "log_127", -EINVAL },
	{ "log_level_8", -EINVAL },
};

static int answer_of_reference(const struct mistake *mistake)
{
	for (unsigned int i = 0; !test_kernel_is_reference() && i < NR(changed_later); i++)
		if (!strcmp(changed_later[i].name, mistake->name))
			return changed_later[i].want;
	return try_mistake(SIDE_KERNEL, mistake);
}

static void compare_mistakes(const char *who)
{
	for (unsigned int i = 0; i < NR(mistakes); i++) {
		int want = answer_of_reference(&mistakes[i]);
		int got = try_mistake(SIDE_LBPF, &mistakes[i]);

		if (want != got)
			ksft_print_msg("bpf(2): %s, lbpf: %s\n", strerror(-want), strerror(-got));
		ksft_test_result(want == got, "%s: %s\n", who, mistakes[i].name);
	}
}

/* The text that both sides write into a small buffer, its end, and the verdict. */
static void compare_log(unsigned int size, unsigned int level)
{
	struct bpf_insn insns[] = {
		MOV(BPF_REG_0, 1), MOV(BPF_REG_1, 2), MOV(BPF_REG_2, 3), MOV(BPF_REG_3, 4),
		ALU_X(BPF_ADD, BPF_REG_0, BPF_REG_1), EXIT(),
	};
	static char text[2][2048];
	size_t same;
	int err[2];

	if (!test_kernel_is_reference()) {
		ksft_test_result_skip("log of %u bytes, level %u: later kernels keep the end of a log, not its start\n",
				      size, level);
		return;
	}
	memset(text, '#', sizeof(text));
	for (int side = 0; side < 2; side++) {
		union bpf_attr attr = load_attr(insns, NR(insns));

		attr.log_level = level;
		attr.log_buf = PTR(text[side]);
		attr.log_size = size;
		err[side] = side_bpf(side, BPF_PROG_LOAD, &attr);
		if (err[side] >= 0) {
			close(err[side]);
			err[side] = 0;
		}
	}
	/* What a full log ends with is the begin of a line: its last blanks may differ. */
	same = strnlen(text[1], size);
	if (err[1] == -ENOSPC)
		same -= 40;
	ksft_test_result(err[0] == err[1] && text[0][size] == '#' &&
			 strnlen(text[0], size) == strnlen(text[1], size) &&
			 strnlen(text[0], size) < size && !memcmp(text[0], text[1], same),
			 "log of %u bytes, level %u: %s\n", size, level,
			 err[1] ? strerror(-err[1]) : "loaded");
}

/* A license that is not GPL compatible: the same helpers are refused. */
static int try_license(enum test_side side, const char *license, int helper)
{
	struct bpf_insn insns[] = { MOV(BPF_REG_0, 0), CALL(helper), MOV(BPF_REG_0, 0), EXIT() };
	union bpf_attr attr = load_attr(insns, NR(insns));
	int fd;

	attr.license = PTR(license);
	fd = side_bpf(side, BPF_PROG_LOAD, &attr);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void compare_licenses(void)
{
	static const char * const licenses[] = {
		"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL",
		"Dual MPL/GPL", "BSD", "", "gpl", "GPL ", "Proprietary",
	};
	static const int helpers[] = {
		BPF_FUNC_ktime_get_ns, BPF_FUNC_get_prandom_u32, BPF_FUNC_jiffies64,
		BPF_FUNC_ktime_get_boot_ns, BPF_FUNC_ktime_get_coarse_ns,
	};

	for (unsigned int i = 0; i < NR(licenses); i++) {
		bool same = true;

		for (unsigned int j = 0; j < NR(helpers); j++)
			same &= try_license(SIDE_LBPF, licenses[i], helpers[j]) ==
				try_license(SIDE_KERNEL, licenses[i], helpers[j]);
		ksft_test_result(same, "license '%s'\n", licenses[i]);
	}
}

/* trace_printk() is for GPL programs only. */
static void test_gpl_only(enum test_side side)
{
	int err[2];

	for (int i = 0; i < 2; i++) {
		struct bpf_insn insns[] = {
			ST(BPF_DW, BPF_REG_10, -8, 0x41),
			MOV_X(BPF_REG_1, BPF_REG_10), ALU(BPF_ADD, BPF_REG_1, -8),
			MOV(BPF_REG_2, 8), CALL(BPF_FUNC_trace_printk),
			MOV(BPF_REG_0, 0), EXIT(),
		};
		union bpf_attr attr = load_attr(insns, NR(insns));

		if (i)
			attr.license = PTR("BSD");
		attr.log_buf = PTR(log_text);
		attr.log_size = sizeof(log_text);
		attr.log_level = 1;
		err[i] = side_bpf(side, BPF_PROG_LOAD, &attr);
		if (err[i] >= 0)
			close(err[i]);
	}
	ksft_test_result(err[0] >= 0 && err[1] == -EINVAL &&
			 strstr(log_text,
				"cannot call GPL-restricted function from non-GPL"),
			 "trace_printk wants GPL: %s\n", side_name[side]);
}

static void compare_one_size(unsigned int size)
{
	union bpf_attr attr = load_attr(trivial, NR(trivial));
	int fd[2];

	if (size < 8 && !test_kernel_is_reference()) {
		ksft_test_result_skip("%u bytes of attributes: later kernels look at the license last\n",
				      size);
		return;
	}
	for (int side = 0; side < 2; side++) {
		fd[side] = test_bpf(side, BPF_PROG_LOAD, &attr, size);
		if (fd[side] < 0) {
			fd[side] = -errno;
			continue;
		}
		close(fd[side]);
		fd[side] = 0;
	}
	ksft_test_result(fd[0] == fd[1], "%u bytes of attributes\n", size);
}

/* A map by its place in fd_array: @at where, @value at which byte of its value, or -1. */
static int try_place(enum test_side side, const int *fds, unsigned int at, int value)
{
	bool is_value = value >= 0;
	struct bpf_insn insns[] = {
		LD_IMM64(BPF_REG_1, is_value ? BPF_PSEUDO_MAP_IDX_VALUE : BPF_PSEUDO_MAP_IDX, at,
			 is_value ? value : 0),
		is_value ? LDX(BPF_B, BPF_REG_0, BPF_REG_1, 0) : MOV(BPF_REG_0, 0),
		EXIT(),
	};
	union bpf_attr attr = load_attr(insns, NR(insns));

	attr.fd_array = PTR(fds);
	return try_load(side, &attr);
}

static void test_places(void)
{
	static const int values[] = { -1, 0, 7, 8, 1 << 29 };
	static const unsigned int places[] = { 0, 1, 2, 3, 1 << 20 };
	unsigned int i, j, nr_wrong = 0, nr_accepted = 0;
	int verdict[2];
	enum test_side side;

	for (i = 0; i < NR(places) * 2; i++) {
		for (j = 0; j < NR(values); j++) {
			for (side = SIDE_LBPF; side <= SIDE_KERNEL; side++) {
				int array = make_map(side, BPF_MAP_TYPE_ARRAY, 4, 8, 1);
				int hash = make_map(side, BPF_MAP_TYPE_HASH, 4, 8, 1);
				int fds[] = { array, hash, 0, 777 };

				verdict[side] = try_place(side, i % 2 ? NULL : fds, places[i / 2],
							  values[j]);
				close(array);
				close(hash);
			}
			nr_accepted += !verdict[SIDE_LBPF];
			if (verdict[SIDE_LBPF] == verdict[SIDE_KERNEL])
				continue;
			ksft_print_msg("place %u, value %d: lbpf %d, bpf(2) %d\n", places[i / 2],
				       values[j], verdict[SIDE_LBPF], verdict[SIDE_KERNEL]);
			nr_wrong++;
		}
	}
	ksft_test_result(!nr_wrong && nr_accepted, "maps in fd_array, %u programs accepted\n",
			 nr_accepted);
}

int main(void)
{
	static const unsigned int log_sizes[] = { 128, 130, 150, 200, 250, 300, 350, 400 };
	static const unsigned int attr_sizes[] = { 4, 8, 16, 24, 28, 32, 48, 64, 72 };

	ksft_print_header();
	ksft_set_plan(2 * NR(mistakes) + 2 * NR(log_sizes) + NR(attr_sizes) + 11 + 3);
	compare_mistakes("root");
	drop_caps();
	compare_mistakes("unprivileged");
	restore_caps();
	for (unsigned int i = 0; i < NR(log_sizes); i++) {
		compare_log(log_sizes[i], 1);
		compare_log(log_sizes[i], 2);
	}
	for (unsigned int i = 0; i < NR(attr_sizes); i++)
		compare_one_size(attr_sizes[i]);
	compare_licenses();
	test_gpl_only(SIDE_KERNEL);
	test_gpl_only(SIDE_LBPF);
	test_places();
	ksft_finished();
}
