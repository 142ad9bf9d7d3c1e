/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs written as instructions, loaded and run on either side.
 */
#ifndef PROG_TEST_H
#define PROG_TEST_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <kselftest.h>
#include <linux/bpf.h>
#include <linux/bpf_common.h>
#include <lbpf_test.h>

#define INSN(code_, dst_, src_, off_, imm_)					\
	((struct bpf_insn){ .code = (code_), .dst_reg = (dst_),			\
			    .src_reg = (src_), .off = (off_), .imm = (imm_) })
#define MOV(dst, imm)		INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define MOV_X(dst, src)		INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define ALU(op, dst, imm)	INSN(BPF_ALU64 | (op) | BPF_K, dst, 0, 0, imm)
#define ALU_X(op, dst, src)	INSN(BPF_ALU64 | (op) | BPF_X, dst, src, 0, 0)
#define LDX(size, dst, src, off)	INSN(BPF_LDX | (size) | BPF_MEM, dst, src, off, 0)
#define STX(size, dst, src, off)	INSN(BPF_STX | (size) | BPF_MEM, dst, src, off, 0)
#define ST(size, dst, off, imm)	INSN(BPF_ST | (size) | BPF_MEM, dst, 0, off, imm)
#define LD_ABS(size, imm)	INSN(BPF_LD | (size) | BPF_ABS, 0, 0, 0, imm)
#define LD_IND(size, src, imm)	INSN(BPF_LD | (size) | BPF_IND, 0, src, 0, imm)
#define LD_IMM64(dst, src, lo, hi)						\
	INSN(BPF_LD | BPF_DW | BPF_IMM, dst, src, 0, lo), INSN(0, 0, 0, 0, hi)
#define LD_MAP(dst, fd)		LD_IMM64(dst, BPF_PSEUDO_MAP_FD, fd, 0)
#define JMP(op, dst, imm, off)	INSN(BPF_JMP | (op) | BPF_K, dst, 0, off, imm)
#define JA(off)			INSN(BPF_JMP | BPF_JA, 0, 0, off, 0)
#define CALL(id)		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, id)
#define EXIT()			INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

#define NR(array)	((unsigned int)(sizeof(array) / sizeof((array)[0])))
#define PTR(ptr)	((__u64)(unsigned long)(ptr))

extern const char * const side_name[2];

/* Attributes that load @insns as a GPL socket filter. */
union bpf_attr load_attr(const struct bpf_insn *insns, unsigned int nr_insns);
/* Loads them: a descriptor, or -errno; what the verifier said is in verifier_log. */
int load_insns(enum test_side side, const struct bpf_insn *insns, unsigned int nr_insns);
extern char verifier_log[65536];
/* Loads and forgets a program: 0 or -errno; the whole log in verifier_log. */
int try_load(enum test_side side, union bpf_attr *attr);
/* Loads them, runs them once on @packet: R0.  What does not load or run ends the test. */
unsigned int run_insns(enum test_side side, const struct bpf_insn *insns, unsigned int nr_insns,
		       const void *packet, unsigned int packet_bytes);

/* One command with all of union bpf_attr: its result, or -errno. */
int side_bpf(enum test_side side, int cmd, union bpf_attr *attr);
int make_map(enum test_side side, unsigned int type, unsigned int key_bytes,
	     unsigned int value_bytes, unsigned int nr_entries);
/* Attaches to a socket by whichever way the side has: 0, or -errno. */
int attach_sock(enum test_side side, int sock, int prog);
int detach_sock(enum test_side side, int sock);
/* Attaches to a perf event likewise. */
int attach_event(enum test_side side, int event, int prog);
/* The number that begins the file, or -1. */
int read_number(const char *path);
/* Drops or restores all effective capabilities of the process. */
void drop_caps(void);
void restore_caps(void);

#endif
