// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that change packets or ask about them, beside bpf(2): result, packet and context.
 *
 * A program takes its arguments from cb[], calls the helper, and mixes its result with fields of
 * the context; test runs of it go through all combinations of values.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include "prog_test.h"

#define NR_ARGS		4
#define NR_VALUES	10
#define MAX_BYTES	2048
#define MAX_INSNS	64
#define CB(i)		((int)offsetof(struct __sk_buff, cb[i]))
#define FIELD(name)	((int)offsetof(struct __sk_buff, name))

/* A list of values of one argument; what is not given is 0. */
struct values {
	int nr;
	unsigned long long v[NR_VALUES];
};

#define VALUES(...)	{ sizeof((unsigned long long[]){ __VA_ARGS__ }) / 8, { __VA_ARGS__ } }

/*
 * A helper, the program types that have it, and the values of its arguments behind the packet.
 * Only the third argument has more than 32 bits.  @then is called afterwards, with zeros.
 * @is_6_1: later kernels answer differently.
 */
struct sweep {
	const char *name;
	int id, then;
	bool no_tc, is_xmit, is_cgroup, is_6_1;
	struct values args[NR_ARGS];
};

#define HUGE	0xffffffffULL

static const struct sweep sweeps[] = {
	{ "l3_csum_replace", BPF_FUNC_l3_csum_replace, .is_xmit = true,
	  .args = { VALUES(0, 1, 24, 62, 63, 64, 0xfffe, 0x10000, HUGE), VALUES(0, 7, 0x12345678),
		    VALUES(0, 0x4321, 0xfedcba98), VALUES(0, 2, 3, 4, 8, 16) } },
	{ "l4_csum_replace", BPF_FUNC_l4_csum_replace, .is_xmit = true,
	  .args = { VALUES(0, 50, 51, 62, 64), VALUES(0, 7, 0x12345678),
		    VALUES(0, 0x4321, 0xfedcba98),
		    VALUES(0, 2, 4, 8, 0x12, 0x14, 0x22, 0x62, 0x34, 0x80) } },
	{ "csum_level", BPF_FUNC_csum_level, BPF_FUNC_csum_level, .is_xmit = true,
	  .args = { VALUES(0, 1, 2, 3, 4, HUGE) } },
	{ "csum_update", BPF_FUNC_csum_update, .is_xmit = true, .args = { VALUES(0, 1, HUGE) } },
	{ "set_hash", BPF_FUNC_set_hash, BPF_FUNC_get_hash_recalc,
	  .args = { VALUES(1, 77, HUGE) } },
	{ "skb_change_tail", BPF_FUNC_skb_change_tail, .is_xmit = true,
	  .args = { VALUES(0, 13, 14, 34, 54, 64, 100, 2000, 1 << 20, HUGE), VALUES(0, 1) } },
	{ "skb_change_type", BPF_FUNC_skb_change_type, .args = { VALUES(0, 1, 3, 4, 7, HUGE) } },
	{ "skb_change_proto", BPF_FUNC_skb_change_proto,
	  .args = { VALUES(0, 0x0008, 0xdd86, 0x0608, 0x10008), VALUES(0, 1) } },
	{ "skb_adjust_room", BPF_FUNC_skb_adjust_room,
	  .args = { VALUES(0, 4, 40, 200, 0xfff, 0x1000, -4 & HUGE, -20 & HUGE, -60 & HUGE,
			   0x80000000),
		    VALUES(0, 1, 2), VALUES(0, 1, 32, 64, 1 << 20) } },
	{ "skb_adjust_room, tunnels", BPF_FUNC_skb_adjust_room, BPF_FUNC_skb_adjust_room,
	  .args = { VALUES(20, 28, 60, -4 & HUGE), VALUES(0, 1),
		    VALUES(2, 4, 6, 2 | 8, 4 | 16, 2 | 8 | 16, 2 | 14ULL << 56,
			   2 | 16 | 64 | 14ULL << 56, 2 | 64 | 4ULL << 56, 4 | 255ULL << 56) } },
	{ "get_route_realm", BPF_FUNC_get_route_realm, .is_xmit = true },
	{ "get_cgroup_classid", BPF_FUNC_get_cgroup_classid, .is_xmit = true },
	{ "skb_cgroup_classid", .id = BPF_FUNC_skb_cgroup_classid },
	{ "skb_cgroup_id", BPF_FUNC_skb_cgroup_id, .is_cgroup = true },
	{ "skb_ancestor_cgroup_id", BPF_FUNC_skb_ancestor_cgroup_id, .is_cgroup = true,
	  .args = { VALUES(0, 1, 2, 100, HUGE) } },
	{ "skb_ecn_set_ce", BPF_FUNC_skb_ecn_set_ce, .is_cgroup = true },
	{ "skb_set_tstamp", BPF_FUNC_skb_set_tstamp, .is_6_1 = true,
	  .args = { VALUES(0, 5, HUGE), VALUES(0, 1, 2, HUGE) } },
};

/* Frames; the checksum of TCP is in bytes 50 and 51 of the first. */
struct frame {
	const char *name;
	unsigned int bytes;
	unsigned char start[MAX_BYTES];
};

static struct frame frames[] = {
	{ "IPv4", 64, { [12] = 0x08, 0, 0x45, 2, 0, 50, 0, 1, 0, 0, 64, 6, 0xb1, 0xc9,
			127, 0, 0, 1, 127, 0, 0, 1, 0x12, 0x34, 0, 80, [46] = 0x50, 0x10,
			[50] = 0xab, 0xcd } },
	{ "IPv6", 90, { [12] = 0x86, 0xdd, 0x60, 0x10, 0, 0, 0, 36, 6, 64, [53] = 1 } },
	{ "ARP", 60, { [12] = 0x08, 0x06, 1, 2, 3 } },
	{ "no ECN", 1500, { [12] = 0x08, 0, 0x45, 0, 5, 0xce, [22] = 64, 17 } },
};

/* What a test run gave. */
struct outcome {
	int err;
	unsigned int retval, bytes;
	struct __sk_buff ctx;
	unsigned char data[MAX_BYTES * 3];
};

static struct outcome outcomes[2];
static int nr_runs;

static unsigned int put_mixed(struct bpf_insn *insns, unsigned int nr, int off)
{
	insns[nr++] = LDX(BPF_W, BPF_REG_1, BPF_REG_6, off);
	insns[nr++] = ALU(BPF_MUL, BPF_REG_7, 31);
	insns[nr++] = ALU_X(BPF_ADD, BPF_REG_7, BPF_REG_1);
	return nr;
}

/* A second call, whose result is mixed with that of the first. */
static unsigned int put_then(struct bpf_insn *insns, unsigned int nr, int id)
{
	insns[nr++] = MOV_X(BPF_REG_1, BPF_REG_6);
	for (int reg = BPF_REG_2; reg <= BPF_REG_5; reg++)
		insns[nr++] = MOV(reg, 0);
	insns[nr++] = CALL(id);
	insns[nr++] = ALU(BPF_MUL, BPF_REG_7, 31);
	insns[nr++] = ALU_X(BPF_ADD, BPF_REG_7, BPF_REG_0);
	return nr;
}

/* The data that the program may reach. */
static unsigned int put_data(struct bpf_insn *insns, unsigned int nr)
{
	insns[nr++] = LDX(BPF_W, BPF_REG_2, BPF_REG_6, FIELD(data));
	insns[nr++] = LDX(BPF_W, BPF_REG_3, BPF_REG_6, FIELD(data_end));
	insns[nr++] = MOV_X(BPF_REG_4, BPF_REG_2);
	insns[nr++] = ALU(BPF_ADD, BPF_REG_4, 44);
	insns[nr++] = INSN(BPF_JMP | BPF_JGT | BPF_X, BPF_REG_4, BPF_REG_3, 3, 0);
	insns[nr++] = LDX(BPF_W, BPF_REG_1, BPF_REG_2, 40);
	insns[nr++] = ALU(BPF_MUL, BPF_REG_7, 31);
	insns[nr++] = ALU_X(BPF_ADD, BPF_REG_7, BPF_REG_1);
	return nr;
}

static int load_sweep(enum test_side side, const struct sweep *sweep, int type)
{
	struct bpf_insn insns[MAX_INSNS] = {
		MOV_X(BPF_REG_6, BPF_REG_1),
		LDX(BPF_W, BPF_REG_2, BPF_REG_6, CB(0)), LDX(BPF_W, BPF_REG_3, BPF_REG_6, CB(1)),
		LDX(BPF_W, BPF_REG_4, BPF_REG_6, CB(4)), ALU(BPF_LSH, BPF_REG_4, 32),
		LDX(BPF_W, BPF_REG_5, BPF_REG_6, CB(2)), ALU_X(BPF_OR, BPF_REG_4, BPF_REG_5),
		LDX(BPF_W, BPF_REG_5, BPF_REG_6, CB(3)),
		CALL(sweep->id), MOV_X(BPF_REG_7, BPF_REG_0),
	};
	unsigned int nr = 10;
	union bpf_attr attr;

	if (sweep->then)
		nr = put_then(insns, nr, sweep->then);
	nr = put_mixed(insns, nr, FIELD(len));
	nr = put_mixed(insns, nr, FIELD(protocol));
	nr = put_mixed(insns, nr, FIELD(pkt_type));
	nr = put_mixed(insns, nr, FIELD(gso_size));
	if (sweep->id == BPF_FUNC_skb_set_tstamp) {
		nr = put_mixed(insns, nr, FIELD(tstamp_type));
		insns[nr - 3].code = BPF_LDX | BPF_B | BPF_MEM;
	}
	/* Test runs of bpf(2) give programs of cgroups no data_end. */
	if (type != BPF_PROG_TYPE_CGROUP_SKB)
		nr = put_data(insns, nr);
	insns[nr++] = MOV_X(BPF_REG_0, BPF_REG_7);
	/* What programs of cgroups return is 0 or 1; what was mixed goes to the mark. */
	if (type == BPF_PROG_TYPE_CGROUP_SKB) {
		insns[nr++] = STX(BPF_W, BPF_REG_6, BPF_REG_0, FIELD(mark));
		insns[nr++] = MOV(BPF_REG_0, 1);
	}
	insns[nr++] = EXIT();
	attr = load_attr(insns, nr);
	attr.prog_type = type;
	return side_bpf(side, BPF_PROG_LOAD, &attr);
}

static void run_on(enum test_side side, int fd, const struct frame *frame, struct __sk_buff *ctx)
{
	struct outcome *out = &outcomes[side];
	union bpf_attr attr;

	memset(out, 0, sizeof(*out));
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = PTR(frame->start);
	attr.test.data_size_in = frame->bytes;
	attr.test.data_out = PTR(out->data);
	attr.test.data_size_out = sizeof(out->data);
	attr.test.ctx_in = PTR(ctx);
	attr.test.ctx_size_in = sizeof(*ctx);
	attr.test.ctx_out = PTR(&out->ctx);
	attr.test.ctx_size_out = sizeof(out->ctx);
	out->err = side_bpf(side, BPF_PROG_TEST_RUN, &attr);
	out->retval = attr.test.retval;
	out->bytes = attr.test.data_size_out;
}

static void set_args(struct __sk_buff *ctx, const struct sweep *sweep, unsigned int nth)
{
	for (int i = 0; i < NR_ARGS; i++) {
		const struct values *values = &sweep->args[i];
		unsigned long long value = 0;

		if (values->nr) {
			value = values->v[nth % values->nr];
			nth /= values->nr;
		}
		ctx->cb[i] = value;
		if (i == 2)
			ctx->cb[4] = value >> 32;
	}
}

static bool is_same(const int *fds, const struct frame *frame, struct __sk_buff *ctx)
{
	run_on(SIDE_LBPF, fds[SIDE_LBPF], frame, ctx);
	run_on(SIDE_KERNEL, fds[SIDE_KERNEL], frame, ctx);
	nr_runs++;
	return !memcmp(&outcomes[0], &outcomes[1], sizeof(outcomes[0]));
}

static unsigned int first_difference(const void *a, const void *b, unsigned int bytes)
{
	unsigned int i = 0;

	while (i < bytes && ((const char *)a)[i] == ((const char *)b)[i])
		i++;
	return i;
}

static void show(const struct sweep *sweep, const struct frame *frame, const struct __sk_buff *ctx)
{
	const struct outcome *a = &outcomes[SIDE_KERNEL], *b = &outcomes[SIDE_LBPF];
	unsigned int byte = first_difference(a->data, b->data, sizeof(a->data));
	unsigned int field = first_difference(&a->ctx, &b->ctx, sizeof(a->ctx));

	ksft_print_msg("%s(%#x, %#x, %#x+%#x, %#x) on %s, gso %u: bpf(2) %d %#x, %u bytes; lbpf %d %#x, %u bytes; byte %u, context %u\n",
		       sweep->name, ctx->cb[0], ctx->cb[1], ctx->cb[2], ctx->cb[4], ctx->cb[3],
		       frame->name, ctx->gso_size, a->err, a->retval, a->bytes, b->err, b->retval,
		       b->bytes, byte, field);
}

static bool is_fault(const struct sweep *sweep)
{
	return !sweep->is_6_1 || test_kernel_is_reference();
}

static int sweep_frame(const int *fds, const struct sweep *sweep, const struct frame *frame)
{
	unsigned int nr = 1, nth, gso;
	int nr_wrong = 0;

	for (int i = 0; i < NR_ARGS; i++)
		nr *= sweep->args[i].nr ? sweep->args[i].nr : 1;
	for (nth = 0; nth < nr; nth++)
		for (gso = 0; gso < 2; gso++) {
			struct __sk_buff ctx = { .gso_size = gso * 1000, .gso_segs = gso * 2 };

			set_args(&ctx, sweep, nth);
			if (!is_same(fds, frame, &ctx) && is_fault(sweep) && !nr_wrong++)
				show(sweep, frame, &ctx);
		}
	return nr_wrong;
}

static void sweep_type(const struct sweep *sweep, int type, const char *name)
{
	int fds[2] = { load_sweep(SIDE_LBPF, sweep, type), load_sweep(SIDE_KERNEL, sweep, type) };
	int nr_wrong = 0;

	if (fds[0] < 0 || fds[1] < 0) {
		ksft_test_result_fail("%s: %s: load: lbpf %d, bpf(2) %d\n", sweep->name, name,
				      fds[SIDE_LBPF], fds[SIDE_KERNEL]);
		return;
	}
	nr_runs = 0;
	for (unsigned int i = 0; i < NR(frames); i++)
		nr_wrong += sweep_frame(fds, sweep, &frames[i]);
	ksft_test_result(!nr_wrong, "%s: %s: %d of %d runs differ\n", sweep->name, name, nr_wrong,
			 nr_runs);
	close(fds[0]);
	close(fds[1]);
}

static int nr_tests(void)
{
	int nr = 0;

	for (unsigned int i = 0; i < NR(sweeps); i++)
		nr += !sweeps[i].no_tc + sweeps[i].is_xmit + sweeps[i].is_cgroup;
	return nr;
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(nr_tests());
	for (unsigned int i = 0; i < NR(frames); i++)
		for (unsigned int j = 54; j < frames[i].bytes; j++)
			frames[i].start[j] = j * 7;
	for (unsigned int i = 0; i < NR(sweeps); i++) {
		if (!sweeps[i].no_tc)
			sweep_type(&sweeps[i], BPF_PROG_TYPE_SCHED_CLS, "tc");
		if (sweeps[i].is_xmit)
			sweep_type(&sweeps[i], BPF_PROG_TYPE_LWT_XMIT, "lwt_xmit");
		if (sweeps[i].is_cgroup)
			sweep_type(&sweeps[i], BPF_PROG_TYPE_CGROUP_SKB, "cgroup_skb");
	}
	ksft_finished();
}
