// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: each access to each place of a socket filter's context.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
static const int lens[] = { 1, 2, 4, 8 };

static int load_traced(const struct bpf_insn *insns, uint32_t nr, const char *what)
{
	union bpf_attr attr = load_attr(insns, nr);

	return bpf_traced(BPF_PROG_LOAD, &attr, "%s", what);
}

static void reads(void)
{
	static unsigned char data[64];
	unsigned int s;
	int off, fd, ret;
	char what[64], result[64];

	data[12] = 8;
	for (s = 0; s < ARRAY_SIZE_OF(sizes); s++)
		for (off = -8; off < 208; off++) {
			struct bpf_insn insns[] = { LDX(sizes[s], 0, 1, off), EXIT() };
			union bpf_attr attr;

			snprintf(what, sizeof(what), "read %d at %d", lens[s], off);
			fd = load_traced(insns, 2, what);
			if (fd < 0)
				continue;
			memset(&attr, 0, sizeof(attr));
			attr.test.prog_fd = fd;
			attr.test.data_in = PTR(data);
			attr.test.data_size_in = sizeof(data);
			ret = bpf_call(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
			snprintf(result, sizeof(result), "%s, %#x", ret ? error_name(errno) : "ok",
				 attr.test.retval);
			/* Hash and time of arrival are no business of ours; sk is an address. */
			if (off / 4 == offsetof(struct __sk_buff, hash) / 4 ||
			    off / 8 == offsetof(struct __sk_buff, tstamp) / 8 ||
			    off / 8 == offsetof(struct __sk_buff, sk) / 8)
				snprintf(result, sizeof(result), "%s",
					 ret ? error_name(errno) : "ok");
			trace(result, "run %s", what);
			close(fd);
		}
}

static void writes(void)
{
	unsigned int s, imm;
	int off, fd;
	char what[64];

	for (s = 0; s < ARRAY_SIZE_OF(sizes); s++)
		for (off = -8; off < 208; off++)
			for (imm = 0; imm < 2; imm++) {
				struct bpf_insn insns[] = {
					MOV_IMM(0, 0),
					imm ? ST_IMM(sizes[s], 1, off, 0) : STX(sizes[s], 1, 0,
										off), EXIT(),
				};

				snprintf(what, sizeof(what), "write %d at %d imm %u", lens[s], off,
					 imm);
				fd = load_traced(insns, ARRAY_SIZE_OF(insns), what);
				if (fd >= 0)
					close(fd);
			}
}

/* What is written to cb[] is read back, in parts too. */
static void control_block(void)
{
	static unsigned char data[64];
	unsigned int s, w;
	int off, fd, ret;
	char what[64], result[64];

	for (w = 0; w < ARRAY_SIZE_OF(sizes); w++)
		for (s = 0; s < ARRAY_SIZE_OF(sizes); s++)
			for (off = 0; off < 20; off++) {
				int cb = offsetof(struct __sk_buff, cb);
				struct bpf_insn insns[] = {
					LD_IMM64(2, 0x1122334455667788ULL), STX(sizes[w], 1, 2,
										cb + off / 8 * 8),
					LDX(sizes[s], 0, 1, cb + off), EXIT(),
				};
				union bpf_attr attr;

				snprintf(what, sizeof(what), "cb written %d read %d at %d", lens[w],
					 lens[s], off);
				fd = load_traced(insns, ARRAY_SIZE_OF(insns), what);
				if (fd < 0)
					continue;
				memset(&attr, 0, sizeof(attr));
				attr.test.prog_fd = fd;
				attr.test.data_in = PTR(data);
				attr.test.data_size_in = sizeof(data);
				ret = bpf_call(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
				snprintf(result, sizeof(result), "%s, %#x",
					 ret ? error_name(errno) : "ok",
					 attr.test.retval);
				trace(result, "run %s", what);
				close(fd);
			}
}

const struct scenario ctx_scenarios[] = {
	{ "ctx reads", reads },
	{ "ctx writes", writes },
	{ "ctx control_block", control_block },
	{ }
};
