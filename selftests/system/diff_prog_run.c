// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: TEST_RUN, and what programs compute.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

#define NR_RANDOM	200	/* programs */
#define BODY_INSNS	60	/* random instructions of each */

static unsigned char data_in[9000], data_out[9000];

static union bpf_attr run_attr(int fd, uint32_t len)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = PTR(data_in);
	attr.test.data_size_in = len;
	attr.test.repeat = 1;
	return attr;
}

static void run_traced(union bpf_attr *attr, const char *what)
{
	int ret = bpf_call(BPF_PROG_TEST_RUN, attr, sizeof(*attr)), err = errno;
	char result[128];

	snprintf(result, sizeof(result), "%s, retval %#x, data %u, ctx %u",
		 ret ? error_name(err) : "ok",
		 ret ? 0 : attr->test.retval, attr->test.data_size_out, attr->test.ctx_size_out);
	trace(result, "%s", what);
}

/* Loads, runs and traces one program; what is refused is traced too. */
static void run_insns(const struct bpf_insn *insns, uint32_t nr, uint32_t len, const char *what)
{
	union bpf_attr attr = load_attr(insns, nr);
	int fd = bpf_traced(BPF_PROG_LOAD, &attr, "%s load", what);

	if (fd < 0)
		return;
	attr = run_attr(fd, len);
	run_traced(&attr, what);
	close(fd);
}

static void fill_data(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(data_in); i++)
		data_in[i] = i * 7 + 3;
	/* An IPv4 frame. */
	data_in[12] = 0x08;
	data_in[13] = 0x00;
}

/* Sizes of data in and out, repeat, flags, and the context. */
static void arguments(void)
{
	static const uint32_t lens[] = { 0, 1, 13, 14, 15, 33, 34, 64, 1500, 3000, 3500, 3800, 4096,
					 8192, 1 << 20, ~0U };
	static const uint32_t rooms[] = { 0, 1, 13, 64, 9000 };
	static const struct bpf_insn ret7[] = { MOV_IMM(0, 7), EXIT() };
	int fd = make_prog(ret7, ARRAY_SIZE_OF(ret7));
	unsigned int l, r, p;
	union bpf_attr attr;
	char what[96];

	fill_data();
	for (l = 0; l < ARRAY_SIZE_OF(lens); l++)
		for (r = 0; r < ARRAY_SIZE_OF(rooms); r++)
			for (p = 0; p < 4; p++) {
				memset(data_out, 0, sizeof(data_out));
				attr = run_attr(fd, lens[l]);
				attr.test.data_size_out = rooms[r];
				attr.test.data_out = p & 1 ? PTR(data_out) : 0;
				if (p & 2)
					attr.test.data_in = 0x1000;
				snprintf(what, sizeof(what), "in %u out %u pointers %u", lens[l],
					 rooms[r], p);
				run_traced(&attr, what);
				trace_bytes(data_out, sizeof(data_out), "%s data", what);
			}
	for (p = 0; p < 32; p++) {
		attr = run_attr(fd, 64);
		attr.test.flags = 1U << p;
		snprintf(what, sizeof(what), "flag %#x", attr.test.flags);
		run_traced(&attr, what);
	}
	for (p = 0; p < 4; p++) {
		attr = run_attr(fd, 64);
		attr.test.cpu = p;
		snprintf(what, sizeof(what), "cpu %u", p);
		run_traced(&attr, what);
		attr = run_attr(fd, 64);
		attr.test.batch_size = p;
		snprintf(what, sizeof(what), "batch_size %u", p);
		run_traced(&attr, what);
		attr = run_attr(fd, 64);
		attr.test.repeat = p * 100;
		snprintf(what, sizeof(what), "repeat %u", attr.test.repeat);
		run_traced(&attr, what);
	}
	attr = run_attr(make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0), 64);
	run_traced(&attr, "map as prog");
	attr = run_attr(999, 64);
	run_traced(&attr, "closed");
	attr = run_attr(0, 64);
	run_traced(&attr, "stdin");
}

/* What each program type says to a test run: with nothing, data, a context, or both. */
static void each_type(void)
{
	static const struct bpf_insn ret1[] = { MOV_IMM(0, 1), EXIT() };
	static const struct {
		uint32_t type, attach;
	} types[] = {
		{ BPF_PROG_TYPE_KPROBE, 0 }, { BPF_PROG_TYPE_SCHED_CLS, 0 },
		{ BPF_PROG_TYPE_SCHED_ACT, 0 }, { BPF_PROG_TYPE_TRACEPOINT, 0 },
		{ BPF_PROG_TYPE_XDP, 0 }, { BPF_PROG_TYPE_PERF_EVENT, 0 },
		{ BPF_PROG_TYPE_CGROUP_SKB, 0 }, { BPF_PROG_TYPE_CGROUP_SOCK, 0 },
		{ BPF_PROG_TYPE_LWT_IN, 0 }, { BPF_PROG_TYPE_LWT_OUT, 0 },
		{ BPF_PROG_TYPE_LWT_XMIT, 0 }, { BPF_PROG_TYPE_SOCK_OPS, 0 },
		{ BPF_PROG_TYPE_SK_SKB, 0 }, { BPF_PROG_TYPE_CGROUP_DEVICE, 0 },
		{ BPF_PROG_TYPE_SK_MSG, 0 }, { BPF_PROG_TYPE_RAW_TRACEPOINT, 0 },
		{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT },
		{ BPF_PROG_TYPE_LWT_SEG6LOCAL, 0 }, { BPF_PROG_TYPE_SK_REUSEPORT, 0 },
		{ BPF_PROG_TYPE_FLOW_DISSECTOR, 0 }, { BPF_PROG_TYPE_CGROUP_SYSCTL, 0 },
		{ BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, 0 },
		{ BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT },
		{ BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP },
	};
	static unsigned char ctx[256];
	unsigned int i, what;
	union bpf_attr attr;
	char name[64];
	int fd;

	fill_data();
	for (i = 0; i < ARRAY_SIZE_OF(types); i++) {
		attr = load_attr(ret1, ARRAY_SIZE_OF(ret1));
		attr.prog_type = types[i].type;
		attr.expected_attach_type = types[i].attach;
		fd = bpf_traced(BPF_PROG_LOAD, &attr, "type %u", types[i].type);
		for (what = 0; fd >= 0 && what < 8; what++) {
			memset(ctx, 0, sizeof(ctx));
			memset(data_out, 0, sizeof(data_out));
			attr = run_attr(fd, 64);
			if (!(what & 1))
				attr.test.data_in = 0;
			attr.test.data_size_in = what & 1 ? 64 : 0;
			if (what & 2) {
				attr.test.ctx_in = PTR(ctx);
				attr.test.ctx_size_in = 64;
			}
			if (what & 4) {
				attr.test.data_out = PTR(data_out);
				attr.test.data_size_out = sizeof(data_out);
				attr.test.repeat = 0;
			}
			snprintf(name, sizeof(name), "type %u with %u", types[i].type, what);
			run_traced(&attr, name);
			trace_bytes(data_out, 128, "%s data", name);
		}
		if (fd >= 0)
			close(fd);
	}
}

/* A test run with a context of each word changed, and its context and data afterwards. */
static void run_words(int fd, uint32_t len, const uint32_t *ctx, uint32_t nr_words,
		      const char *what)
{
	static const uint32_t values[] = { 1, 2, 4, 10, 64, 65, 0x10000, ~0U };
	uint32_t words[64], out[64], i, v;
	union bpf_attr attr;
	char name[64];

	for (i = 0; i <= nr_words; i++) {
		for (v = 0; v < (i < nr_words ? ARRAY_SIZE_OF(values) : 1); v++) {
			memcpy(words, ctx, nr_words * 4);
			memset(out, 0, sizeof(out));
			memset(data_out, 0, sizeof(data_out));
			if (i < nr_words)
				words[i] = values[v];
			attr = run_attr(fd, len);
			if (!len)
				attr.test.data_in = 0;
			attr.test.ctx_in = PTR(words);
			attr.test.ctx_size_in = nr_words * 4;
			attr.test.ctx_out = PTR(out);
			attr.test.ctx_size_out = sizeof(out);
			attr.test.data_out = len ? PTR(data_out) : 0;
			attr.test.data_size_out = len ? sizeof(data_out) : 0;
			snprintf(name, sizeof(name), "%s word %u = %u", what, i,
				 i < nr_words ? values[v] : 0);
			run_traced(&attr, name);
			trace_bytes(out, sizeof(out), "%s ctx", name);
			trace_bytes(data_out, 128, "%s data", name);
		}
	}
}

static int load_type(const struct bpf_insn *insns, uint32_t nr, uint32_t type, uint32_t attach)
{
	union bpf_attr attr = load_attr(insns, nr);

	attr.prog_type = type;
	attr.expected_attach_type = attach;
	return bpf_traced(BPF_PROG_LOAD, &attr, "load type %u", type);
}

/* Frames with metadata, devices and queues. */
static void xdp_context(void)
{
	static const struct bpf_insn insns[] = {
		LDX(BPF_W, 0, 1, offsetof(struct xdp_md, data)),
		LDX(BPF_W, 2, 1, offsetof(struct xdp_md, data_meta)),
		LDX(BPF_W, 3, 1, offsetof(struct xdp_md, ingress_ifindex)),
		LDX(BPF_W, 4, 1, offsetof(struct xdp_md, rx_queue_index)),
		ALU64(BPF_SUB, 0, 2), MOV(5, 0),
		ALU64_IMM(BPF_LSH, 3, 8), ALU64_IMM(BPF_LSH, 4, 16),
		ALU64(BPF_OR, 5, 3), ALU64(BPF_OR, 5, 4), MOV(0, 5),
		EXIT(),
	};
	uint32_t ctx[sizeof(struct xdp_md) / 4] = { 0, 64 };
	int fd = load_type(insns, ARRAY_SIZE_OF(insns), BPF_PROG_TYPE_XDP, 0);
	uint32_t data;
	char what[32];

	fill_data();
	for (data = 0; fd >= 0 && data <= 16; data += 4) {
		ctx[0] = data;
		snprintf(what, sizeof(what), "data %u", data);
		run_words(fd, 64, ctx, ARRAY_SIZE_OF(ctx), what);
	}
	for (data = 3300; fd >= 0 && data < 3900; data += 8) {
		union bpf_attr attr = run_attr(fd, data);

		snprintf(what, sizeof(what), "frame of %u", data);
		run_traced(&attr, what);
	}
	if (fd >= 0)
		close(fd);
}

/* Addresses and ports; nothing is looked up. */
static void lookup_context(void)
{
	static const struct bpf_insn insns[] = {
		LDX(BPF_W, 6, 1, offsetof(struct bpf_sk_lookup, local_port)),
		LDX(BPF_W, 0, 1, offsetof(struct bpf_sk_lookup, remote_ip4)),
		ALU64(BPF_ADD, 6, 0),
		LDX(BPF_W, 0, 1, offsetof(struct bpf_sk_lookup, local_ip6[3])),
		ALU64(BPF_ADD, 6, 0),
		LDX(BPF_W, 0, 1, offsetof(struct bpf_sk_lookup, protocol)),
		ALU64(BPF_ADD, 6, 0), ALU64_IMM(BPF_AND, 6, 1), MOV(0, 6),
		EXIT(),
	};
	uint32_t ctx[sizeof(struct bpf_sk_lookup) / 4] = { 0 };
	int fd = load_type(insns, ARRAY_SIZE_OF(insns), BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP);

	if (fd < 0)
		return;
	ctx[2] = 2;
	run_words(fd, 0, ctx, ARRAY_SIZE_OF(ctx), "IPv4");
	ctx[2] = 10;
	run_words(fd, 0, ctx, ARRAY_SIZE_OF(ctx), "IPv6");
	run_words(fd, 64, ctx, 4, "with data");
	close(fd);
}

/* What the program leaves in the flow keys. */
static void flow_context(void)
{
	static const struct bpf_insn insns[] = {
		LDX(BPF_DW, 2, 1, offsetof(struct __sk_buff, flow_keys)),
		LDX(BPF_H, 3, 2, offsetof(struct bpf_flow_keys, thoff)),
		ALU64_IMM(BPF_ADD, 3, 100),
		STX(BPF_H, 2, 3, offsetof(struct bpf_flow_keys, thoff)),
		LDX(BPF_H, 3, 2, offsetof(struct bpf_flow_keys, nhoff)),
		ALU64_IMM(BPF_SUB, 3, 5),
		STX(BPF_H, 2, 3, offsetof(struct bpf_flow_keys, nhoff)),
		LDX(BPF_W, 0, 2, offsetof(struct bpf_flow_keys, flags)),
		EXIT(),
	};
	uint32_t ctx[sizeof(struct bpf_flow_keys) / 4] = { 0 };
	int fd = load_type(insns, ARRAY_SIZE_OF(insns), BPF_PROG_TYPE_FLOW_DISSECTOR, 0);
	static const uint32_t lens[] = { 0, 13, 14, 15, 64, 1500, 4096, 4097, 8192 };
	union bpf_attr attr;
	char what[32];
	uint32_t i;

	if (fd < 0)
		return;
	fill_data();
	run_words(fd, 64, ctx, ARRAY_SIZE_OF(ctx), "flow");
	for (i = 0; i < ARRAY_SIZE_OF(lens); i++) {
		attr = run_attr(fd, lens[i]);
		attr.test.data_out = PTR(data_out);
		attr.test.data_size_out = sizeof(data_out);
		attr.test.repeat = i;
		memset(data_out, 0, sizeof(data_out));
		snprintf(what, sizeof(what), "flow of %u", lens[i]);
		run_traced(&attr, what);
		trace_bytes(data_out, 128, "%s data", what);
	}
	close(fd);
}

/* Each byte of the context that is passed in. */
static void context(void)
{
	static const struct bpf_insn insns[] = { LDX(BPF_W, 0, 1, offsetof(struct __sk_buff, mark)),
						 EXIT() };
	static const uint32_t lens[] = { 0, 4, 8, 12, 100, 192, 193, 200, 4096, 4097 };
	int fd = make_prog(insns, ARRAY_SIZE_OF(insns));
	static unsigned char ctx[8192], ctx_out[8192];
	unsigned int i;
	union bpf_attr attr;
	char what[64];

	fill_data();
	for (i = 0; i < sizeof(struct __sk_buff); i++) {
		memset(ctx, 0, sizeof(ctx));
		ctx[i] = 1;
		attr = run_attr(fd, 64);
		attr.test.ctx_in = PTR(ctx);
		attr.test.ctx_size_in = sizeof(struct __sk_buff);
		attr.test.ctx_out = PTR(ctx_out);
		attr.test.ctx_size_out = sizeof(ctx_out);
		snprintf(what, sizeof(what), "ctx byte %u", i);
		run_traced(&attr, what);
	}
	memset(ctx, 0, sizeof(ctx));
	for (i = 0; i < ARRAY_SIZE_OF(lens); i++) {
		attr = run_attr(fd, 64);
		attr.test.ctx_in = PTR(ctx);
		attr.test.ctx_size_in = lens[i];
		snprintf(what, sizeof(what), "ctx in %u", lens[i]);
		run_traced(&attr, what);
		attr = run_attr(fd, 64);
		attr.test.ctx_in = 0x1000;
		attr.test.ctx_size_in = lens[i];
		snprintf(what, sizeof(what), "bad ctx in %u", lens[i]);
		run_traced(&attr, what);
		attr = run_attr(fd, 64);
		attr.test.ctx_out = PTR(ctx_out);
		attr.test.ctx_size_out = lens[i];
		snprintf(what, sizeof(what), "ctx out %u", lens[i]);
		run_traced(&attr, what);
	}
}

static const int64_t corners[] = {
	0, 1, 2, 3, 7, -1, -2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000,
	0xffffffff,
	0x100000000, 0x7fffffffffffffff, -0x7fffffffffffffff - 1, 0x123456789abcdef, 31, 32, 33, 63,
	64, 65,
};

static const uint8_t alu_ops[] = {
	BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR,
	BPF_MOV, BPF_ARSH,
};

/* Folds the 64 bits of r0 into the 32 that TEST_RUN returns. */
#define FOLD_R0()							\
	MOV(1, 0), ALU64_IMM(BPF_RSH, 1, 32),				\
	ALU64_IMM(BPF_MUL, 1, 0x01000193), ALU64(BPF_XOR, 0, 1)

/* Every ALU operation on pairs of corner values. */
static void alu(void)
{
	unsigned int op, width, a, b;
	char what[96];

	for (op = 0; op < ARRAY_SIZE_OF(alu_ops); op++)
		for (width = 0; width < 2; width++)
			for (a = 0; a < ARRAY_SIZE_OF(corners); a++)
				for (b = op % 4; b < ARRAY_SIZE_OF(corners); b += 4) {
					struct bpf_insn insns[] = {
						LD_IMM64(0, corners[a]), LD_IMM64(2, corners[b]),
						width ? ALU64(alu_ops[op], 0,
							      2) : ALU32(alu_ops[op], 0, 2),
						FOLD_R0(), EXIT(),
					};

					snprintf(what, sizeof(what), "op %#x width %u values %u %u",
						 alu_ops[op],
						 width ? 64 : 32, a, b);
					run_insns(insns, ARRAY_SIZE_OF(insns), 64, what);
				}
}

static void endian(void)
{
	static const uint8_t orders[] = { BPF_TO_LE, BPF_TO_BE };
	static const int bits[] = { 8, 16, 32, 64, 0 };
	unsigned int o, b, a;
	char what[64];

	for (o = 0; o < 2; o++)
		for (b = 0; b < ARRAY_SIZE_OF(bits); b++)
			for (a = 0; a < ARRAY_SIZE_OF(corners); a++) {
				struct bpf_insn insns[] = {
					LD_IMM64(0, corners[a]), ENDIAN(orders[o], 0, bits[b]),
					FOLD_R0(), EXIT(),
				};

				snprintf(what, sizeof(what), "order %u bits %d value %u", o,
					 bits[b], a);
				run_insns(insns, ARRAY_SIZE_OF(insns), 64, what);
			}
}

static void jumps(void)
{
	static const uint8_t ops[] = {
		BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT,
		BPF_JSLE, BPF_JSET,
	};
	unsigned int op, width, a, b;
	char what[96];

	for (op = 0; op < ARRAY_SIZE_OF(ops); op++)
		for (width = 0; width < 2; width++)
			for (a = 0; a < ARRAY_SIZE_OF(corners); a += 2)
				for (b = 0; b < ARRAY_SIZE_OF(corners); b += 3) {
					struct bpf_insn insns[] = {
						LD_IMM64(3, corners[a]), LD_IMM64(2, corners[b]),
						MOV_IMM(0, 1),
						width ? JMP(ops[op], 3, 2, 1) : JMP32(ops[op], 3, 2,
										      1),
						MOV_IMM(0, 0),
						width ? JMP_IMM(ops[op], 3, (int)corners[b], 1)
						      : JMP32_IMM(ops[op], 3, (int)corners[b], 1),
						ALU64_IMM(BPF_ADD, 0, 2), EXIT(),
					};

					snprintf(what, sizeof(what),
						 "jump %#x width %u values %u %u", ops[op],
						 width ? 64 : 32, a, b);
					run_insns(insns, ARRAY_SIZE_OF(insns), 64, what);
				}
}

static void atomics(void)
{
	static const int ops[] = {
		BPF_ADD, BPF_OR, BPF_AND, BPF_XOR, BPF_ADD | BPF_FETCH, BPF_OR | BPF_FETCH,
		BPF_AND | BPF_FETCH,
		BPF_XOR | BPF_FETCH, BPF_XCHG, BPF_CMPXCHG, BPF_FETCH, BPF_SUB, 0xe0, 0xf0,
	};
	static const uint8_t sizes[] = { BPF_W, BPF_DW, BPF_H, BPF_B };
	unsigned int op, s, a, b;
	char what[96];

	for (op = 0; op < ARRAY_SIZE_OF(ops); op++)
		for (s = 0; s < ARRAY_SIZE_OF(sizes); s++)
			for (a = 0; a < ARRAY_SIZE_OF(corners); a += 4)
				for (b = 0; b < 3; b++) {
					struct bpf_insn insns[] = {
						LD_IMM64(3, corners[a]), STX(BPF_DW, 10, 3, -8),
						LD_IMM64(2, 0x0102030405060708ULL),
						LD_IMM64(0, corners[b]),
						ATOMIC(sizes[s], ops[op], 10, 2, -8),
						LDX(BPF_DW, 4, 10, -8), ALU64(BPF_XOR, 0, 4),
						ALU64_IMM(BPF_MUL, 0, 31),
						ALU64(BPF_XOR, 0, 2), FOLD_R0(), EXIT(),
					};

					snprintf(what, sizeof(what),
						 "atomic %#x size %#x values %u %u", ops[op],
						 sizes[s], a, b);
					run_insns(insns, ARRAY_SIZE_OF(insns), 64, what);
				}
}

/* Loads from the packet at each end of it, and far outside. */
static void packet_loads(void)
{
	static const int offs[] = {
		0, 1, 12, 14, 59, 60, 61, 62, 63, 64, 65, 1000, 0x7fffffff, -1, -0x1000, -0xff000,
		-0xff001, -0x100000,
		-0x100000 + 9, -0x200000, -0x80000000LL,
	};
	static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	unsigned int s, o, i;
	char what[64];

	fill_data();
	for (s = 0; s < ARRAY_SIZE_OF(sizes); s++)
		for (o = 0; o < ARRAY_SIZE_OF(offs); o++) {
			struct bpf_insn abs[] = {
				MOV(6, 1), MOV_IMM(0, 0), LD_ABS(sizes[s], offs[o]),
				ALU64_IMM(BPF_XOR, 0, 0x55), EXIT(),
			};

			snprintf(what, sizeof(what), "abs size %#x at %d", sizes[s], offs[o]);
			run_insns(abs, ARRAY_SIZE_OF(abs), 64, what);
			for (i = 0; i < ARRAY_SIZE_OF(offs); i += 3) {
				struct bpf_insn ind[] = {
					MOV(6, 1), MOV_IMM(0, 0), MOV_IMM(7, offs[i]),
					LD_IND(sizes[s], 7, offs[o]),
					ALU64_IMM(BPF_XOR, 0, 0x55), EXIT(),
				};

				snprintf(what, sizeof(what), "ind size %#x at %d + %d", sizes[s],
					 offs[i], offs[o]);
				run_insns(ind, ARRAY_SIZE_OF(ind), 64, what);
			}
		}
}

/* One random instruction on r0, r2 to r5 and the stack from -64 on. */
static struct bpf_insn random_insn(uint32_t left)
{
	static const uint8_t regs[] = { 0, 2, 3, 4, 5 };
	static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	static const uint8_t bytes[] = { 1, 2, 4, 8 };
	uint8_t dst = regs[rnd_below(5)], src = regs[rnd_below(5)], s = rnd_below(4);
	uint8_t op = alu_ops[rnd_below(ARRAY_SIZE_OF(alu_ops))];
	int imm = rnd_below(3) ? (int)corners[rnd_below(ARRAY_SIZE_OF(corners))] : (int)rnd();
	int off = -64 + (int)rnd_below(64 / bytes[s]) * bytes[s];

	if ((op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH))
		imm &= 31;
	if ((op == BPF_DIV || op == BPF_MOD) && !imm)
		imm = 3;
	switch (rnd_below(10)) {
	case 0: case 1:
		return ALU64(op, dst, src);
	case 2:
		return ALU64_IMM(op, dst, imm);
	case 3:
		return ALU32(op, dst, src);
	case 4:
		return ALU32_IMM(op, dst, imm);
	case 5:
		return ENDIAN(rnd_below(2) ? BPF_TO_LE : BPF_TO_BE, dst, 16 << rnd_below(3));
	case 6:
		return LDX(sizes[s], dst, 10, off);
	case 7:
		return STX(sizes[s], 10, src, off);
	case 8:
		return ST_IMM(sizes[s], 10, off, imm);
	}
	/* Forward only, within the body. */
	if (left < 2)
		return MOV_IMM(dst, imm);
	if (rnd_below(2))
		return JMP_IMM(BPF_JGT, dst, imm, rnd_below(left < 8 ? left : 8));
	return JMP32(BPF_JSLE, dst, src, rnd_below(left < 8 ? left : 8));
}

static void random_programs(void)
{
	static struct bpf_insn insns[BODY_INSNS + 64];
	unsigned int p, i, n;
	char what[64];

	for (p = 0; p < NR_RANDOM; p++) {
		static const struct bpf_insn fold[] = { FOLD_R0(), EXIT() };
		static const uint8_t regs[] = { 2, 3, 4, 5 };

		n = 0;
		insns[n++] = MOV(6, 1);
		/* Numbers that the verifier does not know. */
		for (i = 0; i < 8; i++) {
			insns[n++] = LDX(BPF_W, 2, 6, offsetof(struct __sk_buff, len));
			insns[n++] = ALU64_IMM(BPF_MUL, 2, (int)rnd());
			insns[n++] = STX(BPF_DW, 10, 2, -8 - 8 * (int)i);
		}
		for (i = 0; i < 4; i++)
			insns[n++] = LDX(BPF_DW, regs[i], 10, -8 * (int)(i + 1));
		insns[n++] = MOV_IMM(0, (int)rnd());
		for (i = 0; i < BODY_INSNS; i++)
			insns[n++] = random_insn(BODY_INSNS - 1 - i);
		for (i = 0; i < 4; i++)
			insns[n++] = ALU64(BPF_XOR, 0, regs[i]);
		memcpy(insns + n, fold, sizeof(fold));
		n += ARRAY_SIZE_OF(fold);
		snprintf(what, sizeof(what), "program %u", p);
		run_insns(insns, n, 64 + rnd_below(1000), what);
	}
}

/* A raw tracepoint program wants the context that it reads. */
static void raw_contexts(void)
{
	static const uint32_t sizes[] = { 0, 1, 7, 8, 15, 16, 17, 24, 95, 96, 97, 104, 4096 };
	static uint64_t ctx[512];
	union bpf_attr attr;
	unsigned int at, s;
	int prog;

	for (at = 0; at < 14; at++) {
		struct bpf_insn insns[] = {
			at ? LDX(BPF_DW, 0, 1, (at - 1) * 8) : MOV_IMM(0, 0),
			MOV_IMM(0, 0), EXIT(),
		};

		attr = load_attr(insns, ARRAY_SIZE_OF(insns));
		attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
		prog = bpf_traced(BPF_PROG_LOAD, &attr, "load, reads word %u", at);
		if (prog < 0)
			continue;
		for (s = 0; s < ARRAY_SIZE_OF(sizes); s++) {
			memset(&attr, 0, sizeof(attr));
			attr.test.prog_fd = prog;
			attr.test.ctx_in = sizes[s] ? PTR(ctx) : 0;
			attr.test.ctx_size_in = sizes[s];
			bpf_traced(BPF_PROG_TEST_RUN, &attr, "reads word %u of %u bytes", at,
				   sizes[s]);
		}
		close(prog);
	}
}

const struct scenario prog_run_scenarios[] = {
	{ "run arguments", arguments },
	{ "run types", each_type },
	{ "run xdp", xdp_context },
	{ "run lookup", lookup_context },
	{ "run flow", flow_context },
	{ "run context", context },
	{ "run alu", alu },
	{ "run endian", endian },
	{ "run jumps", jumps },
	{ "run atomics", atomics },
	{ "run packet_loads", packet_loads },
	{ "run random_programs", random_programs },
	{ "run raw_contexts", raw_contexts },
	{ }
};
