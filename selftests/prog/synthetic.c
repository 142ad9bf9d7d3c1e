// SPDX-License-Identifier: GPL-2.0
/*
 * LBPF_F_TEST_SYNTHETIC: programs of types whose events cannot be had, on contexts made for them.
 */
#include <asm/ptrace.h>
#include <linux/bpf_perf_event.h>
#include <sys/socket.h>
#include <lbpf.h>
#include "prog_test.h"

#define LBPF_ENOTSUPP	524
#define MAX_INSNS	16
#define OFF(type, field)	((int)offsetof(struct type, field))

/*
 * A type, a program, and what a run of it must give.  The context has a 4-byte number at @in_off,
 * and after the run one at @out_off; the data is 16 bytes that count up from 1.
 */
struct made_case {
	const char *name;
	int type, attach;
	struct bpf_insn insns[MAX_INSNS];
	unsigned int ctx_bytes;
	int in_off;
	unsigned int in;
	unsigned int retval;
	int out_off;
	unsigned int out;
	bool has_data;
	int byte;	/* data[1] afterwards */
};

#define READ(size, off)	{ LDX(size, 0, 1, off), EXIT() }

static const struct made_case cases[] = {
	{ "kprobe: a register", BPF_PROG_TYPE_KPROBE, 0, READ(BPF_DW, OFF(pt_regs, rdi)),
	  sizeof(struct pt_regs), OFF(pt_regs, rdi), 42, 42, OFF(pt_regs, rdi),
	  .out = 42 },
	{ "tracepoint: a field", BPF_PROG_TYPE_TRACEPOINT, 0, READ(BPF_W, 16),
	  64, 16, 43, 43, 16,
	  .out = 43 },
	{ "perf_event: a register", BPF_PROG_TYPE_PERF_EVENT, 0,
	  READ(BPF_DW, OFF(bpf_perf_event_data, regs) + OFF(pt_regs, rip)),
	  sizeof(struct bpf_perf_event_data),
	  OFF(bpf_perf_event_data, regs) + OFF(pt_regs, rip), 44, 44,
	  OFF(bpf_perf_event_data, addr),
	  .out = 0 },
	{ "perf_event: the period", BPF_PROG_TYPE_PERF_EVENT, 0,
	  READ(BPF_DW, OFF(bpf_perf_event_data, sample_period)),
	  sizeof(struct bpf_perf_event_data), OFF(bpf_perf_event_data, sample_period), 1000,
	  1000, OFF(bpf_perf_event_data, sample_period),
	  .out = 1000 },
	{ "raw_tracepoint_writable: the buffer", BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, 0,
	  { LDX(BPF_DW, 2, 1, 0), LDX(BPF_B, 0, 2, 1), ST(BPF_B, 2, 1, 99), EXIT() },
	  96, 8, 1, 2, 8, 1, .has_data = true, .byte = 99 },
	{ "cgroup_sock: the mark", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE,
	  { LDX(BPF_W, 2, 1, OFF(bpf_sock, mark)), ALU(BPF_ADD, 2, 1),
	    STX(BPF_W, 1, 2, OFF(bpf_sock, mark)), MOV(0, 1), EXIT() },
	  sizeof(struct bpf_sock), OFF(bpf_sock, mark), 6, 1, OFF(bpf_sock, mark),
	  .out = 7 },
	{ "cgroup_sock: the family", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE,
	  { MOV(0, 1), EXIT() },
	  sizeof(struct bpf_sock), OFF(bpf_sock, family), 77, 1, OFF(bpf_sock, family),
	  .out = AF_INET },
	{ "cgroup_sock_addr: the address", BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	  BPF_CGROUP_INET4_CONNECT,
	  { LDX(BPF_W, 2, 1, OFF(bpf_sock_addr, user_ip4)), ALU(BPF_XOR, 2, 3),
	    STX(BPF_W, 1, 2, OFF(bpf_sock_addr, user_ip4)), MOV(0, 1), EXIT() },
	  sizeof(struct bpf_sock_addr), OFF(bpf_sock_addr, user_ip4), 0x0100007f,
	  1, OFF(bpf_sock_addr, user_ip4),
	  .out = 0x0100007c },
	{ "cgroup_sock_addr: IPv6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG,
	  { LDX(BPF_W, 2, 1, OFF(bpf_sock_addr, msg_src_ip6[3])), ALU(BPF_ADD, 2, 1),
	    STX(BPF_W, 1, 2, OFF(bpf_sock_addr, user_ip6[2])), MOV(0, 1), EXIT() },
	  sizeof(struct bpf_sock_addr), OFF(bpf_sock_addr, msg_src_ip6[3]), 8,
	  1, OFF(bpf_sock_addr, user_ip6[2]),
	  .out = 9 },
	{ "cgroup_device: the major number", BPF_PROG_TYPE_CGROUP_DEVICE, 0,
	  { LDX(BPF_W, 2, 1, OFF(bpf_cgroup_dev_ctx, major)), MOV(0, 0),
	    JMP(BPF_JNE, 2, 5, 1), MOV(0, 1), EXIT() },
	  sizeof(struct bpf_cgroup_dev_ctx), OFF(bpf_cgroup_dev_ctx, major), 5,
	  1, OFF(bpf_cgroup_dev_ctx, major),
	  .out = 5 },
	{ "cgroup_sysctl: the position", BPF_PROG_TYPE_CGROUP_SYSCTL, 0,
	  { LDX(BPF_W, 2, 1, OFF(bpf_sysctl, file_pos)), ALU(BPF_ADD, 2, 10),
	    STX(BPF_W, 1, 2, OFF(bpf_sysctl, file_pos)), MOV(0, 1), EXIT() },
	  sizeof(struct bpf_sysctl), OFF(bpf_sysctl, file_pos), 20,
	  1, OFF(bpf_sysctl, file_pos),
	  .out = 30 },
	{ "cgroup_sysctl: the name", BPF_PROG_TYPE_CGROUP_SYSCTL, 0,
	  { ST(BPF_DW, 10, -16, 0), ST(BPF_DW, 10, -8, 0), MOV_X(6, 1), MOV_X(2, 10),
	    ALU(BPF_ADD, 2, -16), MOV(3, 16), MOV(4, 0), CALL(BPF_FUNC_sysctl_get_name),
	    STX(BPF_W, 6, 0, OFF(bpf_sysctl, file_pos)), LDX(BPF_B, 2, 10, -6), MOV(0, 0),
	    JMP(BPF_JNE, 2, 'v', 1), MOV(0, 1), EXIT() },
	  sizeof(struct bpf_sysctl), OFF(bpf_sysctl, file_pos), 20,
	  1, OFF(bpf_sysctl, file_pos),
	  .out = 15 },
	{ "cgroup_sysctl: no room for the name", BPF_PROG_TYPE_CGROUP_SYSCTL, 0,
	  { ST(BPF_DW, 10, -8, -1), MOV_X(6, 1), MOV_X(2, 10), ALU(BPF_ADD, 2, -8), MOV(3, 5),
	    MOV(4, BPF_F_SYSCTL_BASE_NAME), CALL(BPF_FUNC_sysctl_get_name),
	    STX(BPF_W, 6, 0, OFF(bpf_sysctl, file_pos)), LDX(BPF_W, 2, 10, -4), MOV(0, 0),
	    JMP(BPF_JNE, 2, -256, 1), MOV(0, 1), EXIT() },
	  sizeof(struct bpf_sysctl), OFF(bpf_sysctl, file_pos), 20,
	  0, OFF(bpf_sysctl, file_pos),
	  .out = -E2BIG },
	{ "cgroup_sysctl: the value", BPF_PROG_TYPE_CGROUP_SYSCTL, 0,
	  { MOV_X(6, 1), MOV_X(2, 10), ALU(BPF_ADD, 2, -24), MOV(3, 24),
	    CALL(BPF_FUNC_sysctl_get_current_value), LDX(BPF_B, 2, 10, -9),
	    ALU_X(BPF_ADD, 2, 0), STX(BPF_W, 6, 2, OFF(bpf_sysctl, file_pos)), MOV(0, 1),
	    EXIT() },
	  sizeof(struct bpf_sysctl), OFF(bpf_sysctl, write), 0,
	  1, OFF(bpf_sysctl, file_pos),
	  .out = 32, .has_data = true, .byte = 2 },
	{ "cgroup_sysctl: another value", BPF_PROG_TYPE_CGROUP_SYSCTL, 0,
	  { ST(BPF_DW, 10, -8, 0x4241), MOV_X(6, 1), MOV_X(2, 10), ALU(BPF_ADD, 2, -8),
	    MOV(3, 2), CALL(BPF_FUNC_sysctl_set_new_value), MOV_X(7, 0), MOV_X(1, 6),
	    MOV_X(2, 10), ALU(BPF_ADD, 2, -16), MOV(3, 8), CALL(BPF_FUNC_sysctl_get_new_value),
	    ALU_X(BPF_ADD, 0, 7), ALU(BPF_SUB, 0, 1), ALU(BPF_AND, 0, 1), EXIT() },
	  sizeof(struct bpf_sysctl), OFF(bpf_sysctl, write), 1,
	  1, OFF(bpf_sysctl, write),
	  .out = 1, .has_data = true, .byte = 0x42 },
	{ "cgroup_device: the result", BPF_PROG_TYPE_CGROUP_DEVICE, 0,
	  { MOV(1, -7), CALL(BPF_FUNC_set_retval), MOV_X(6, 0), CALL(BPF_FUNC_get_retval),
	    ALU_X(BPF_ADD, 6, 0), MOV(0, 0), JMP(BPF_JNE, 6, -7, 1), MOV(0, 1), EXIT() },
	  sizeof(struct bpf_cgroup_dev_ctx), OFF(bpf_cgroup_dev_ctx, major), 5,
	  1, OFF(bpf_cgroup_dev_ctx, major),
	  .out = 5 },
	{ "sock_ops: calls that are wanted", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS,
	  { MOV_X(6, 1), MOV(2, 0x183), CALL(BPF_FUNC_sock_ops_cb_flags_set),
	    LDX(BPF_W, 2, 6, OFF(bpf_sock_ops, bpf_sock_ops_cb_flags)), ALU_X(BPF_ADD, 2, 0),
	    STX(BPF_W, 6, 2, OFF(bpf_sock_ops, reply)), MOV(0, 1), EXIT() },
	  sizeof(struct bpf_sock_ops), OFF(bpf_sock_ops, is_fullsock), 1, 1,
	  OFF(bpf_sock_ops, reply),
	  .out = 0x183 },
	{ "cgroup_sockopt: the value", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT,
	  { LDX(BPF_DW, 2, 1, OFF(bpf_sockopt, optval)),
	    LDX(BPF_DW, 3, 1, OFF(bpf_sockopt, optval_end)), MOV_X(4, 2), ALU(BPF_ADD, 4, 2),
	    MOV(0, 0), INSN(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 3, 0), LDX(BPF_B, 0, 2, 0),
	    ST(BPF_B, 2, 1, 50), ALU(BPF_AND, 0, 1), EXIT() },
	  sizeof(struct bpf_sockopt), OFF(bpf_sockopt, optname), 3, 1, OFF(bpf_sockopt, optname), 3,
	  .has_data = true, .byte = 50 },
	{ "cgroup_sockopt: the result", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT,
	  { LDX(BPF_W, 2, 1, OFF(bpf_sockopt, retval)), ALU(BPF_SUB, 2, 1),
	    STX(BPF_W, 1, 2, OFF(bpf_sockopt, retval)), MOV(0, 1), EXIT() },
	  sizeof(struct bpf_sockopt), OFF(bpf_sockopt, retval), 12, 1, OFF(bpf_sockopt, retval),
	  .out = 11 },
	{ "sock_ops: operation and reply", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS,
	  { LDX(BPF_W, 2, 1, OFF(bpf_sock_ops, op)), ALU(BPF_ADD, 2, 100),
	    STX(BPF_W, 1, 2, OFF(bpf_sock_ops, reply)), MOV(0, 1), EXIT() },
	  sizeof(struct bpf_sock_ops), OFF(bpf_sock_ops, op), 3, 1, OFF(bpf_sock_ops, reply),
	  .out = 103 },
	{ "sock_ops: the window of a real socket", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS,
	  { LDX(BPF_W, 2, 1, OFF(bpf_sock_ops, snd_cwnd)), MOV(0, 0), JMP(BPF_JNE, 2, 10, 1),
	    MOV(0, 1), EXIT() },
	  sizeof(struct bpf_sock_ops), OFF(bpf_sock_ops, is_fullsock), 1,
	  1, OFF(bpf_sock_ops, is_fullsock),
	  .out = 1 },
	{ "sk_msg: data", BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT,
	  { LDX(BPF_DW, 2, 1, OFF(sk_msg_md, data)), LDX(BPF_DW, 3, 1, OFF(sk_msg_md, data_end)),
	    MOV_X(4, 2), ALU(BPF_ADD, 4, 2), MOV(0, 0),
	    INSN(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 2, 0), LDX(BPF_B, 0, 2, 0),
	    ST(BPF_B, 2, 1, 51), EXIT() },
	  sizeof(struct sk_msg_md), OFF(sk_msg_md, size), 16, 1, OFF(sk_msg_md, size), 16,
	  .has_data = true, .byte = 51 },
	{ "sk_reuseport: the hash", BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT,
	  READ(BPF_W, OFF(sk_reuseport_md, hash)),
	  sizeof(struct sk_reuseport_md), OFF(sk_reuseport_md, hash), 1234,
	  1234, OFF(sk_reuseport_md, len), 16, .has_data = true, .byte = 2 },
	{ "sk_reuseport: the protocol", BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT,
	  READ(BPF_W, OFF(sk_reuseport_md, ip_protocol)),
	  sizeof(struct sk_reuseport_md), OFF(sk_reuseport_md, ip_protocol), 17, 6,
	  OFF(sk_reuseport_md, ip_protocol),
	  .out = 6 },
	{ "lwt_seg6local: the packet", BPF_PROG_TYPE_LWT_SEG6LOCAL, 0,
	  { LDX(BPF_W, 2, 1, OFF(__sk_buff, data)), LDX(BPF_W, 3, 1, OFF(__sk_buff, data_end)),
	    MOV_X(4, 2), ALU(BPF_ADD, 4, 4), MOV(0, 0),
	    INSN(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 1, 0), LDX(BPF_B, 0, 2, 3), EXIT() },
	  sizeof(struct __sk_buff), OFF(__sk_buff, mark), 1, 4, OFF(__sk_buff, len), 16,
	  .has_data = true, .byte = 2 },
};

static unsigned char data_in[16], data_out[16], ctx_in[512], ctx_out[512];

static int load_case(const struct made_case *c)
{
	unsigned int nr = 0;
	union bpf_attr attr;

	while (nr < MAX_INSNS && (c->insns[nr].code || c->insns[nr].imm))
		nr++;
	attr = load_attr(c->insns, nr);
	attr.prog_type = c->type;
	attr.expected_attach_type = c->attach;
	return side_bpf(SIDE_LBPF, BPF_PROG_LOAD, &attr);
}

static union bpf_attr run_attr(const struct made_case *c, int fd)
{
	union bpf_attr attr;
	unsigned int i;

	memset(ctx_in, 0, sizeof(ctx_in));
	memset(ctx_out, 0, sizeof(ctx_out));
	memset(data_out, 0, sizeof(data_out));
	memcpy(ctx_in + c->in_off, &c->in, sizeof(c->in));
	for (i = 0; i < sizeof(data_in); i++)
		data_in[i] = i + 1;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.flags = LBPF_F_TEST_SYNTHETIC;
	attr.test.ctx_in = PTR(ctx_in);
	attr.test.ctx_size_in = c->ctx_bytes;
	attr.test.ctx_out = PTR(ctx_out);
	attr.test.ctx_size_out = sizeof(ctx_out);
	if (c->has_data) {
		attr.test.data_in = PTR(data_in);
		attr.test.data_size_in = sizeof(data_in);
		attr.test.data_out = PTR(data_out);
		attr.test.data_size_out = sizeof(data_out);
	}
	return attr;
}

static void run_case(const struct made_case *c)
{
	int fd = load_case(c), err;
	union bpf_attr attr = run_attr(c, fd);
	unsigned int out;

	err = fd < 0 ? fd : side_bpf(SIDE_LBPF, BPF_PROG_TEST_RUN, &attr);
	/* The context of a tracepoint is larger than what is asked for. */
	if (err == -ENOSPC)
		err = 0;
	memcpy(&out, ctx_out + c->out_off, sizeof(out));
	ksft_test_result(!err && attr.test.retval == c->retval && out == c->out &&
			 (!c->has_data || data_out[1] == c->byte),
			 "%s: error %d, retval %u, context %u, data %u\n", c->name, err,
			 attr.test.retval, out, data_out[1]);
	if (fd >= 0)
		close(fd);
}

/* Without the flag the answer is that of Linux. */
static void run_without_flag(void)
{
	int nr_wrong = 0;

	for (unsigned int i = 0; i < NR(cases); i++) {
		int fd = load_case(&cases[i]);
		union bpf_attr attr = run_attr(&cases[i], fd);

		attr.test.flags = 0;
		nr_wrong += side_bpf(SIDE_LBPF, BPF_PROG_TEST_RUN, &attr) != -LBPF_ENOTSUPP;
		close(fd);
	}
	ksft_test_result(!nr_wrong, "524 without the flag\n");
}

static int run_changed(int fd, void (*change)(union bpf_attr *attr))
{
	union bpf_attr attr = run_attr(&cases[0], fd);

	change(&attr);
	return side_bpf(SIDE_LBPF, BPF_PROG_TEST_RUN, &attr);
}

static void want_cpu(union bpf_attr *attr)
{
	attr->test.cpu = 1;
}

static void give_data(union bpf_attr *attr)
{
	attr->test.data_in = PTR(data_in);
	attr->test.data_size_in = 1;
}

static void want_more(union bpf_attr *attr)
{
	attr->test.flags |= BPF_F_TEST_RUN_ON_CPU;
}

static void give_bad_ctx(union bpf_attr *attr)
{
	attr->test.ctx_in = 0x1000;
}

static void refuse(void)
{
	static const struct bpf_insn ret0[] = { MOV(0, 0), EXIT() };
	static const struct bpf_insn reach[] = {
		LDX(BPF_DW, 2, 1, 0), LDX(BPF_B, 0, 2, 8), EXIT()
	};
	static const struct bpf_insn before[] = {
		LDX(BPF_DW, 2, 1, 0), ALU(BPF_ADD, 2, -8), LDX(BPF_B, 0, 2, 0), EXIT()
	};
	int kprobe = load_case(&cases[0]);
	union bpf_attr attr;
	int filter, err;

	ksft_test_result(run_changed(kprobe, want_cpu) == -EINVAL, "a CPU is refused\n");
	ksft_test_result(run_changed(kprobe, give_data) == -EINVAL, "data without a place\n");
	ksft_test_result(run_changed(kprobe, want_more) == -EINVAL, "other flags\n");
	ksft_test_result(run_changed(kprobe, give_bad_ctx) == -EFAULT, "a bad pointer\n");
	close(kprobe);
	attr = load_attr(reach, NR(reach));
	attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE;
	filter = side_bpf(SIDE_LBPF, BPF_PROG_LOAD, &attr);
	attr = run_attr(&cases[0], filter);
	attr.test.ctx_size_in = 8;
	give_data(&attr);
	err = side_bpf(SIDE_LBPF, BPF_PROG_TEST_RUN, &attr);
	ksft_test_result(filter >= 0 && err == -EINVAL,
			 "a buffer shorter than what the program reaches: %d, error %d\n",
			 filter, err);
	close(filter);
	attr = load_attr(before, NR(before));
	attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE;
	ksft_test_result(side_bpf(SIDE_LBPF, BPF_PROG_LOAD, &attr) == -EACCES &&
			 side_bpf(SIDE_KERNEL, BPF_PROG_LOAD, &attr) == -EACCES,
			 "before the buffer\n");
	attr = load_attr(ret0, NR(ret0));
	filter = side_bpf(SIDE_LBPF, BPF_PROG_LOAD, &attr);
	attr = run_attr(&cases[0], filter);
	ksft_test_result(side_bpf(SIDE_LBPF, BPF_PROG_TEST_RUN, &attr) == -EINVAL,
			 "a type with a test run of its own\n");
	close(filter);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(NR(cases) + 8);
	for (unsigned int i = 0; i < NR(cases); i++)
		run_case(&cases[i]);
	run_without_flag();
	refuse();
	ksft_finished();
}
