/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verifier cases as data.
 *
 * A file is a list of cases; a case is a list of "key: text" lines, its first is
 * its name; indented lines go on with the text before.  A line that starts with
 * '#' is a comment.
 *
 *	name: load past data_end
 *	type: xdp                       program type (default socket_filter)
 *	license: MIT                    default GPL
 *	flags: strict any sleepable     BPF_F_STRICT_ALIGNMENT, BPF_F_ANY_ALIGNMENT, ...
 *	attach: 8                       expected_attach_type
 *	maps: h=hash/8/48/4 a=array/4/48/1/rdonly_prog
 *	                                name=type/key bytes/value bytes/entries[/flag]...
 *	code: r2 = *(u32 *)(r1 + 0); r0 = *(u8 *)(r2 + 0); exit
 *	expect: reject "packet offset is unchecked"
 *	expect: accept
 *	expect: returns 5               accepted, and BPF_PROG_TEST_RUN gives 5
 *	errno: EACCES                   of the refused load
 *	log: "R1_w=scalar(umax=255"     texts in the log of a load with log level 2, in order
 *	kernel: accept                  where Linux 6.1 decides otherwise, and why:
 *	why: ...
 */
#ifndef VERIFIER_CASES_H
#define VERIFIER_CASES_H

#include <stdbool.h>

#define CASE_MAX_TEXTS	8
#define CASE_MAX_MAPS	8

/**
 * struct verdict - What a load should end with
 * @is_accepted: The program loads.
 * @returns: It is run, and returns @result.
 * @result: Return value.
 * @texts: What the log must contain, in this order.
 * @nr_texts: How many.
 */
struct verdict {
	bool is_accepted;
	bool returns;
	unsigned int result;
	char *texts[CASE_MAX_TEXTS];
	int nr_texts;
};

struct case_map {
	char *name;
	char *spec;
};

/**
 * struct test_case - A case
 * @file: Where it stands; not owned.
 * @line: Line of its name.
 * @expect: What lbpf must do, and Linux 6.1 too unless @kernel is set.
 * @log: Texts of the log of log level 2.
 * @err: errno of a refused load, 0: any.
 */
struct test_case {
	const char *file;
	int line;
	char *name;
	char *code;
	char *license;
	char *why;
	unsigned int type;
	unsigned int flags;
	unsigned int attach_type;
	int err;
	struct case_map maps[CASE_MAX_MAPS];
	int nr_maps;
	struct verdict expect;
	struct verdict log;
	struct verdict kernel;
	bool has_expect;
	bool has_kernel;
	struct test_case *next;
};

/*
 * Append the cases of a file to a list.  Returns how many, or -1 after saying
 * on standard output what is wrong.
 */
int cases_read(const char *file, struct test_case **list);

#endif
