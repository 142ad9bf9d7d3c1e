/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differential test: what its parts share.
 *
 * A scenario makes calls and writes what came of them into a trace, one line
 * per result.  It runs once against the kernel's bpf(2) and once against
 * lbpf, each in a process of its own that starts in the same state (same free
 * descriptors, same addresses), and the two traces are compared.
 */
#ifndef _DIFF_H
#define _DIFF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "lbpf_test.h"

struct scenario {
	const char *name;
	void (*run)(void);
};

/* Ends with a row without name. */
extern const struct scenario map_create_scenarios[];
extern const struct scenario map_elem_scenarios[];
extern const struct scenario map_random_scenarios[];
extern const struct scenario map_access_scenarios[];
extern const struct scenario map_type_scenarios[];
extern const struct scenario map_fd_scenarios[];
extern const struct scenario map_cmd_scenarios[];
extern const struct scenario info_scenarios[];
extern const struct scenario attr_scenarios[];
extern const struct scenario prog_load_scenarios[];
extern const struct scenario prog_run_scenarios[];
extern const struct scenario prog_map_scenarios[];
extern const struct scenario ctx_scenarios[];
extern const struct scenario sock_scenarios[];
extern const struct scenario pin_scenarios[];
extern const struct scenario show_scenarios[];
extern const struct scenario btf_scenarios[];
extern const struct scenario tail_scenarios[];
extern const struct scenario for_each_scenarios[];
extern const struct scenario func_scenarios[];
extern const struct scenario ctx_type_scenarios[];
extern const struct scenario log_scenarios[];
extern const struct scenario dynptr_scenarios[];

/* A difference that is meant to be there. */
struct known_diff {
	const char *release;	/* kernels it holds on: prefix of uname -r, "" for all */
	const char *what;	/* fnmatch(3) pattern for "scenario: what" */
	const char *kernel;	/* pattern for the kernel's result */
	const char *lbpf;	/* pattern for lbpf's result */
	const char *reason;
};

extern const struct known_diff known_diffs[];
extern const unsigned int nr_known_diffs;

/* Who is asked; set by the runner before a scenario. */
extern enum test_side diff_side;

/* Appends the line "what => result". */
void trace(const char *result, const char *what_fmt, ...)
	__attribute__((format(printf, 2, 3)));
void trace_bytes(const void *bytes, size_t len, const char *what_fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Name of errno; never NULL. */
const char *error_name(int err);

/* One command of the side under test; like bpf(2), and nothing is traced. */
int bpf_call(int cmd, union bpf_attr *attr, unsigned int size_bytes);
/* The same with all of union bpf_attr, and the result traced as "ok" or the errno. */
int bpf_traced(int cmd, union bpf_attr *attr, const char *what_fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* An empty map; ends the scenario when it cannot be made. */
int make_map(enum bpf_map_type type, uint32_t key_size, uint32_t value_size, uint32_t max_entries,
	     uint32_t flags);
/* A loaded socket filter; ends the scenario when it cannot be loaded. */
int make_prog(const struct bpf_insn *insns, uint32_t nr_insns);
/* Attributes that load a socket filter. */
union bpf_attr load_attr(const struct bpf_insn *insns, uint32_t nr_insns);

/* Loads a program; the outcome is traced, and the log of @level line by line (0: no log). */
void load_log_traced(union bpf_attr *attr, uint32_t level, const char *what);

int elem_op(int cmd, int map_fd, const void *key, void *value, uint64_t flags);

/* The same numbers at each run of a scenario. */
uint32_t rnd(void);
void rnd_seed(uint32_t seed);
/* A number below @limit. */
uint32_t rnd_below(uint32_t limit);

/* Ends the scenario: a precondition failed. */
void give_up(const char *what) __attribute__((noreturn));

/* Bytes of a value as user space sees it: every CPU's for per-CPU maps. */
size_t user_value_size(enum bpf_map_type type, uint32_t value_size);
bool is_percpu(enum bpf_map_type type);
bool is_hash(enum bpf_map_type type);
const char *map_type_name(enum bpf_map_type type);

/* The four types that are compared. */
extern const enum bpf_map_type diff_map_types[4];

#define ARRAY_SIZE_OF(a)	(sizeof(a) / sizeof((a)[0]))
#define PTR(p)			((uint64_t)(uintptr_t)(p))

#endif /* _DIFF_H */
