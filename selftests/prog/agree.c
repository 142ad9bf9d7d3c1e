// SPDX-License-Identifier: GPL-2.0
/*
 * Programs with a target, loaded on both sides: verdict and log, line by line.
 */
#include <logs.h>
#include "agree.h"
#include "prog_test.h"

bool agree_is_verbose, agree_is_accepted;
const char *agree_license;
char agree_kernel_log[65536];

int try_target(enum test_side side, const struct target *target, const struct bpf_insn *insns,
	       unsigned int nr)
{
	union bpf_attr attr = load_attr(insns, nr);

	attr.prog_type = target->type;
	attr.expected_attach_type = target->attach;
	attr.prog_flags = target->flags;
	attr.attach_btf_id = target->id;
	attr.attach_btf_obj_fd = target->btf_fds[side];
	if (agree_license)
		attr.license = PTR(agree_license);
	return try_load(side, &attr);
}

/* Source lines and effort. */
static bool is_left_out(char *line)
{
	return !*line || !strncmp(line, "; ", 2) || !strncmp(line, "processed ", 10);
}

bool is_same_log(char *want, char *got)
{
	return logs_agree(want, got, is_left_out);
}

bool agrees(const char *what, const struct target *target, const struct bpf_insn *insns,
	    unsigned int nr)
{
	int want = try_target(SIDE_KERNEL, target, insns, nr), got;

	memcpy(agree_kernel_log, verifier_log, sizeof(agree_kernel_log));
	got = try_target(SIDE_LBPF, target, insns, nr);
	agree_is_accepted = !got;
	/* Later kernels allow more, and refuse in other ways. */
	if (!agree_is_verbose && !test_kernel_is_reference() && (got || !want))
		return true;
	if (want != got)
		ksft_print_msg("%s: bpf(2) %d, lbpf %d\n%s\n%s\n", what, want, got,
			       agree_kernel_log, verifier_log);
	if (want != got)
		return false;
	if (is_same_log(agree_kernel_log, verifier_log))
		return true;
	ksft_print_msg("%s: logs differ\n", what);
	return false;
}
