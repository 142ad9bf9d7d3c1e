/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs with a target, loaded on both sides: verdict and log.
 */
#ifndef AGREE_H
#define AGREE_H

#include <lbpf_test.h>
#include <linux/bpf.h>

/**
 * struct target - What a program attaches to
 * @type: BPF_PROG_TYPE_*.
 * @attach: BPF_*.
 * @flags: Of the load.
 * @id: attach_btf_id.
 * @btf_fds: By side: attach_btf_obj_fd, 0: vmlinux.
 */
struct target {
	unsigned int type;
	unsigned int attach;
	unsigned int flags;
	unsigned int id;
	int btf_fds[2];
};

/* All that differs is printed, and on later kernels than the reference compared too. */
extern bool agree_is_verbose;
/* lbpf accepted the program that was compared last. */
extern bool agree_is_accepted;
/* License of the programs; NULL: GPL. */
extern const char *agree_license;
/* What bpf(2) said of it. */
extern char agree_kernel_log[65536];

/* Loads: 0, or -errno with what was said in verifier_log. */
int try_target(enum test_side side, const struct target *target, const struct bpf_insn *insns,
	       unsigned int nr);
/* Are both logs the same, but for source lines and effort?  Cuts them up; prints what differs. */
bool is_same_log(char *want, char *got);
/* Loads on both sides: are verdict and log the same, but for what only lbpf says? */
bool agrees(const char *what, const struct target *target, const struct bpf_insn *insns,
	    unsigned int nr);

#endif
