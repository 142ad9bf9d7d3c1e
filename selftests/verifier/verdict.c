// SPDX-License-Identifier: GPL-2.0
/*
 * Verdicts: loads the programs of *.txt, and compares what becomes of them with
 * what the file says (its form: cases.h).
 *
 * On Linux 6.1 the kernel's own bpf(2) is asked too: each expected verdict is
 * one that Linux gives, or the case says that and why it differs.
 *
 *	verdict [-k | -l] [-v] [-n PATTERN] [FILE...]
 *
 *	-k          ask the kernel only
 *	-l          ask lbpf only
 *	-v          show the log of every load
 *	-n PATTERN  only cases whose name contains it
 */
#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <kselftest.h>
#include <lbpf_test.h>
#include "asm.h"
#include "cases.h"

#define LOG_BYTES (16 << 20)

static char *log_text;
static bool is_verbose;

static const char *const side_names[] = { "lbpf", "kernel" };

struct map_type {
	const char *name;
	unsigned int type;
};

static const struct map_type map_types[] = {
	{ "hash", BPF_MAP_TYPE_HASH }, { "array", BPF_MAP_TYPE_ARRAY },
	{ "percpu_hash", BPF_MAP_TYPE_PERCPU_HASH }, { "percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY },
	{ "prog_array", BPF_MAP_TYPE_PROG_ARRAY }, { "lru_hash", BPF_MAP_TYPE_LRU_HASH },
	{ "perf_event_array", BPF_MAP_TYPE_PERF_EVENT_ARRAY },
};

static const struct map_type map_flags[] = {
	{ "rdonly_prog", BPF_F_RDONLY_PROG }, { "wronly_prog", BPF_F_WRONLY_PROG },
	{ "no_prealloc", BPF_F_NO_PREALLOC }, { "mmapable", BPF_F_MMAPABLE },
};

static int find_type(const struct map_type *table, size_t nr, const char *name)
{
	size_t i;

	for (i = 0; i < nr && name; i++) {
		if (!strcmp(table[i].name, name))
			return table[i].type;
	}
	return -1;
}

/* "type/key bytes/value bytes/entries[/flag]..."; a frozen map is read-only for programs. */
static int create_map(enum test_side side, const char *spec)
{
	union bpf_attr attr = {}, freeze = {};
	char *copy = strdup(spec), *word;
	bool is_frozen = false;
	int flag, fd;

	attr.map_type = find_type(map_types, ARRAY_SIZE(map_types), strtok(copy, "/"));
	attr.key_size = strtoul(strtok(NULL, "/") ?: "0", NULL, 0);
	attr.value_size = strtoul(strtok(NULL, "/") ?: "0", NULL, 0);
	attr.max_entries = strtoul(strtok(NULL, "/") ?: "0", NULL, 0);
	while ((word = strtok(NULL, "/"))) {
		flag = find_type(map_flags, ARRAY_SIZE(map_flags), word);
		if (!strcmp(word, "frozen"))
			is_frozen = true;
		else
			attr.map_flags |= flag;
	}
	free(copy);
	fd = test_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
	freeze.map_fd = fd;
	if (fd >= 0 && is_frozen)
		test_bpf(side, BPF_MAP_FREEZE, &freeze, sizeof(freeze));
	return fd;
}

/* Maps are made once for each description: cases do not change them. */
struct made_map {
	const char *spec;
	int fd;
};

static int get_map(enum test_side side, const char *spec)
{
	static struct made_map made[2][256];
	static int nr_made[2];
	int i;

	for (i = 0; i < nr_made[side]; i++) {
		if (!strcmp(made[side][i].spec, spec))
			return made[side][i].fd;
	}
	if (i == ARRAY_SIZE(made[side]))
		return -1;
	made[side][i].spec = spec;
	made[side][i].fd = create_map(side, spec);
	nr_made[side]++;
	return made[side][i].fd;
}

static int find_map(void *data, const char *name)
{
	struct test_case *c = data;
	int i;

	for (i = 0; i < c->nr_maps; i++) {
		if (!strcmp(c->maps[i].name, name))
			return i;
	}
	return -1;
}

/* Put descriptors in the place of map indices.  Returns -1 if a map cannot be made. */
static int relocate(enum test_side side, const struct test_case *c, struct bpf_insn *insns,
		    int nr_insns)
{
	int i, fd;

	for (i = 0; i < nr_insns; i++) {
		if (insns[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (insns[i].src_reg == BPF_PSEUDO_MAP_FD ||
		    insns[i].src_reg == BPF_PSEUDO_MAP_VALUE) {
			if (insns[i].imm < 0 || insns[i].imm >= c->nr_maps)
				continue;
			fd = get_map(side, c->maps[insns[i].imm].spec);
			if (fd < 0)
				return -1;
			insns[i].imm = fd;
		}
		i++;
	}
	return 0;
}

static int load(enum test_side side, const struct test_case *c, const struct bpf_insn *insns,
		int nr_insns)
{
	union bpf_attr attr = {};

	attr.prog_type = c->type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = nr_insns;
	attr.license = (uintptr_t)c->license;
	attr.prog_flags = c->flags;
	attr.expected_attach_type = c->attach_type;
	attr.log_level = c->log.nr_texts || is_verbose ? 2 : 4;
	attr.log_buf = (uintptr_t)log_text;
	attr.log_size = LOG_BYTES;
	log_text[0] = '\0';
	return test_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int test_run(enum test_side side, int fd, unsigned int *result)
{
	union bpf_attr attr = {};
	unsigned char packet[64] = { [12] = 8 };
	int err;

	attr.test.prog_fd = fd;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	err = test_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	*result = attr.test.retval;
	return err;
}

/* All of the log that is worth a look: its last lines. */
static void show_log(void)
{
	const char *at = log_text + strlen(log_text);
	int nr_lines = is_verbose ? 10000 : 6;

	while (at > log_text && nr_lines) {
		if (*--at == '\n')
			nr_lines--;
	}
	while (*at) {
		ksft_print_msg("  | %.*s\n", (int)strcspn(at, "\n"), at);
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
}

static const char *missing_text(const struct verdict *v)
{
	const char *at = log_text;
	int i;

	for (i = 0; i < v->nr_texts; i++) {
		at = strstr(at, v->texts[i]);
		if (!at)
			return v->texts[i];
		at += strlen(v->texts[i]);
	}
	return NULL;
}

static bool has_run(enum test_side side, const struct verdict *v, int fd)
{
	unsigned int result;

	if (!v->returns)
		return true;
	if (test_run(side, fd, &result)) {
		ksft_print_msg("%s: test run fails: %s\n", side_names[side], strerror(errno));
		return false;
	}
	if (result == v->result)
		return true;
	ksft_print_msg("%s: returns %d (0x%x), not %d\n", side_names[side], result, result,
		       v->result);
	return false;
}

static bool meets(enum test_side side, const struct test_case *c, const struct verdict *v, int fd,
		  int err)
{
	const char *missing = missing_text(v);
	bool is_met = false;

	if (!missing && !(side == SIDE_KERNEL && c->has_kernel))
		missing = missing_text(&c->log);
	if (fd >= 0 && !v->is_accepted)
		ksft_print_msg("%s: accepts\n", side_names[side]);
	else if (fd < 0 && v->is_accepted)
		ksft_print_msg("%s: refuses: %s\n", side_names[side], strerror(err));
	else if (missing)
		ksft_print_msg("%s: log lacks \"%s\"\n", side_names[side], missing);
	else if (fd < 0 && c->err && c->err != err)
		ksft_print_msg("%s: errno %d, not %d\n", side_names[side], err, c->err);
	else
		is_met = fd < 0 || has_run(side, v, fd);
	if (!is_met || is_verbose)
		show_log();
	return is_met;
}

static bool try_side(enum test_side side, struct test_case *c)
{
	const struct verdict *v = &c->expect;
	struct asm_program program = { .find_map = find_map, .data = c };
	bool is_met = false;
	int fd, err;

	if (side == SIDE_KERNEL && c->has_kernel)
		v = &c->kernel;
	if (asm_assemble(&program, c->code)) {
		ksft_print_msg("%s\n", program.error);
		goto free_insns;
	}
	if (relocate(side, c, program.insns, program.nr_insns)) {
		ksft_print_msg("%s: a map cannot be made: %s\n", side_names[side],
			       strerror(errno));
		goto free_insns;
	}
	fd = load(side, c, program.insns, program.nr_insns);
	err = errno;
	is_met = meets(side, c, v, fd, err);
	if (fd >= 0)
		close(fd);

free_insns:
	free(program.insns);
	return is_met;
}

static bool is_linux_6_1(void)
{
	struct utsname name;

	return !uname(&name) && !strncmp(name.release, "6.1.", 4);
}

static int read_cases(int nr_files, char **files, struct test_case **list)
{
	int i, nr, nr_cases = 0;
	glob_t found = {};

	if (!nr_files) {
		glob("*.txt", 0, NULL, &found);
		nr_files = found.gl_pathc;
		files = found.gl_pathv;
	}
	for (i = 0; i < nr_files; i++) {
		nr = cases_read(files[i], list);
		if (nr < 0)
			ksft_exit_fail_msg("%s cannot be read\n", files[i]);
		nr_cases += nr;
	}
	return nr_cases;
}

int main(int argc, char **argv)
{
	bool ask_kernel = is_linux_6_1(), ask_lbpf = true, is_met;
	struct test_case *list = NULL, *c;
	const char *pattern = "";
	int option, nr_chosen = 0;

	while ((option = getopt(argc, argv, "klvn:")) >= 0) {
		ask_lbpf &= option != 'k';
		ask_kernel = (ask_kernel || option == 'k') && option != 'l';
		is_verbose |= option == 'v';
		if (option == 'n')
			pattern = optarg;
	}
	ksft_print_header();
	read_cases(argc - optind, argv + optind, &list);
	log_text = malloc(LOG_BYTES);
	for (c = list; c; c = c->next)
		nr_chosen += !!strstr(c->name, pattern);
	ksft_set_plan(nr_chosen);
	for (c = list; c && log_text; c = c->next) {
		if (!strstr(c->name, pattern))
			continue;
		is_met = !ask_lbpf || try_side(SIDE_LBPF, c);
		is_met &= !ask_kernel || try_side(SIDE_KERNEL, c);
		ksft_test_result(is_met, "%s: %s\n", c->file, c->name);
	}
	ksft_finished();
}
