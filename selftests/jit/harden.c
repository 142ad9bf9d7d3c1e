// SPDX-License-Identifier: GPL-2.0
/*
 * Constants of hardened programs: not in the machine code, and the results are
 * the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <kselftest.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <insns.h>
#include <lbpf_test.h>

#define PARAM	"/sys/module/lbpf/parameters/jit_harden"

/* Found in machine code only if it was put there. */
#define SECRET	0x51deca7e

static const struct bpf_insn insns[] = {
	MOV_IMM(0, SECRET), ALU64_IMM(BPF_ADD, 0, SECRET), ALU32_IMM(BPF_XOR, 0, SECRET),
	ALU64_IMM(BPF_MUL, 0, SECRET), ALU64_IMM(BPF_DIV, 0, SECRET), ALU32_IMM(BPF_OR, 0, SECRET),
	LD_IMM64(1, SECRET * 0x100000001ULL), ALU64(BPF_ADD, 0, 1),
	ST_IMM(BPF_W, 10, -8, SECRET), ST_IMM(BPF_W, 10, -4, SECRET), LDX(BPF_DW, 2, 10, -8),
	ALU64(BPF_SUB, 0, 2), JMP_IMM(BPF_JEQ, 0, SECRET, 1), ALU64_IMM(BPF_ADD, 0, 7),
	JMP32_IMM(BPF_JSGT, 0, SECRET, 1), ALU32_IMM(BPF_SUB, 0, 9),
	ALU64_IMM(BPF_LSH, 0, 3), ALU64_IMM(BPF_MOD, 0, SECRET), EXIT(),
};

static unsigned char code[2][4096];

static void set_param(char level)
{
	int fd = open(PARAM, O_WRONLY);

	if (fd < 0 || write(fd, &level, 1) != 1)
		ksft_exit_fail_msg("%s: %s\n", PARAM, strerror(errno));
	close(fd);
}

/* Loads, runs: the result.  The machine code goes to code[@copy]. */
static uint32_t run(int fd, int copy, unsigned int *len)
{
	struct bpf_prog_info info;
	unsigned char packet[64] = { };
	union bpf_attr attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	info.jited_prog_insns = (unsigned long)code[copy];
	info.jited_prog_len = sizeof(code[copy]);
	attr.info.bpf_fd = fd;
	attr.info.info = (unsigned long)&info;
	attr.info.info_len = sizeof(info);
	if (lbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr))
		ksft_exit_fail_msg("info: %s\n", strerror(errno));
	*len = info.jited_prog_len;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = (unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	if (lbpf_sys(BPF_PROG_TEST_RUN, &attr))
		ksft_exit_fail_msg("run: %s\n", strerror(errno));
	return attr.test.retval;
}

static int load(void)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (unsigned long)insns;
	attr.insn_cnt = sizeof(insns) / sizeof(*insns);
	attr.license = (unsigned long)"GPL";
	fd = lbpf_sys(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		ksft_exit_fail_msg("load: %s\n", strerror(errno));
	return fd;
}

static bool has_secret(int copy, unsigned int len)
{
	const uint32_t secret = SECRET;

	return memmem(code[copy], len, &secret, sizeof(secret));
}

static int set_caps(bool is_on)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -1;
	data[0].effective = is_on ? data[0].permitted : 0;
	data[1].effective = is_on ? data[1].permitted : 0;
	return syscall(SYS_capset, &header, data);
}

static int load_unprivileged(void)
{
	int fd;

	if (set_caps(false))
		ksft_exit_fail_msg("capset\n");
	fd = load();
	set_caps(true);
	return fd;
}

int main(void)
{
	unsigned int len[2];
	uint32_t plain;
	int fds[2];

	ksft_print_header();
	ksft_set_plan(6);
	set_param('1');
	fds[0] = load();
	plain = run(fds[0], 0, &len[0]);
	ksft_test_result(has_secret(0, len[0]), "constants are there as a rule\n");
	close(fds[0]);

	set_param('2');
	fds[0] = load();
	fds[1] = load();
	ksft_test_result(run(fds[0], 0, &len[0]) == plain && run(fds[1], 1, &len[1]) == plain,
			 "hardened programs compute the same\n");
	ksft_test_result(!has_secret(0, len[0]) && !has_secret(1, len[1]),
			 "their constants are not in the machine code\n");
	ksft_test_result(len[0] != len[1] || memcmp(code[0], code[1], len[0]),
			 "and what is there is not the same twice\n");
	close(fds[0]);
	close(fds[1]);

	set_param('1');
	fds[0] = load_unprivileged();
	ksft_test_result(run(fds[0], 0, &len[0]) == plain && !has_secret(0, len[0]),
			 "unprivileged programs are hardened\n");
	close(fds[0]);
	set_param('0');
	fds[0] = load_unprivileged();
	ksft_test_result(run(fds[0], 0, &len[0]) == plain && has_secret(0, len[0]),
			 "but for those who do not want it\n");
	close(fds[0]);
	set_param('1');
	ksft_finished();
}
