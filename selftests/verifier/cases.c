// SPDX-License-Identifier: GPL-2.0
/*
 * Verifier cases as data: reading them.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cases.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct name_value {
	const char *name;
	unsigned int value;
};

static const struct name_value types[] = {
	{ "socket_filter", BPF_PROG_TYPE_SOCKET_FILTER },
	{ "socket", BPF_PROG_TYPE_SOCKET_FILTER },
	{ "kprobe", BPF_PROG_TYPE_KPROBE },
	{ "sched_cls", BPF_PROG_TYPE_SCHED_CLS },
	{ "sched_act", BPF_PROG_TYPE_SCHED_ACT },
	{ "tracepoint", BPF_PROG_TYPE_TRACEPOINT },
	{ "xdp", BPF_PROG_TYPE_XDP },
	{ "perf_event", BPF_PROG_TYPE_PERF_EVENT },
	{ "cgroup_skb", BPF_PROG_TYPE_CGROUP_SKB },
	{ "cgroup_sock", BPF_PROG_TYPE_CGROUP_SOCK },
	{ "lwt_in", BPF_PROG_TYPE_LWT_IN },
	{ "lwt_xmit", BPF_PROG_TYPE_LWT_XMIT },
	{ "sock_ops", BPF_PROG_TYPE_SOCK_OPS },
	{ "sk_skb", BPF_PROG_TYPE_SK_SKB },
	{ "cgroup_device", BPF_PROG_TYPE_CGROUP_DEVICE },
	{ "sk_msg", BPF_PROG_TYPE_SK_MSG },
	{ "raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT },
	{ "cgroup_sock_addr", BPF_PROG_TYPE_CGROUP_SOCK_ADDR },
	{ "sk_reuseport", BPF_PROG_TYPE_SK_REUSEPORT },
	{ "flow_dissector", BPF_PROG_TYPE_FLOW_DISSECTOR },
	{ "cgroup_sysctl", BPF_PROG_TYPE_CGROUP_SYSCTL },
	{ "cgroup_sockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT },
	{ "sk_lookup", BPF_PROG_TYPE_SK_LOOKUP },
};

static const struct name_value load_flags[] = {
	{ "strict", BPF_F_STRICT_ALIGNMENT },
	{ "any", BPF_F_ANY_ALIGNMENT },
	{ "sleepable", BPF_F_SLEEPABLE },
	{ "rnd_hi32", BPF_F_TEST_RND_HI32 },
	{ "state_freq", BPF_F_TEST_STATE_FREQ },
};

static const struct name_value errors[] = {
	{ "EPERM", EPERM }, { "EACCES", EACCES }, { "EINVAL", EINVAL }, { "E2BIG", E2BIG },
	{ "ENOSPC", ENOSPC }, { "EFAULT", EFAULT }, { "ENOTSUPP", 524 }, { "EBADF", EBADF },
	{ "ENOENT", ENOENT }, { "ENOMEM", ENOMEM }, { "EOPNOTSUPP", EOPNOTSUPP },
};

static int find_value(const struct name_value *table, size_t nr, const char *name,
		      unsigned int *value)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (strcmp(table[i].name, name))
			continue;
		*value = table[i].value;
		return 0;
	}
	printf("# unknown word \"%s\"\n", name);
	return -1;
}

/* Quoted texts; returns -1 if there is anything else. */
static int read_texts(struct verdict *v, char *at)
{
	char *end;

	for (;;) {
		at += strspn(at, " \t\n");
		if (!*at)
			return 0;
		end = *at == '"' ? strchr(at + 1, '"') : NULL;
		if (!end || v->nr_texts == CASE_MAX_TEXTS)
			return -1;
		*end = '\0';
		v->texts[v->nr_texts++] = at + 1;
		at = end + 1;
	}
}

static int read_verdict(struct verdict *v, char *text)
{
	char *rest = text + strcspn(text, " \t\n");

	if (*rest)
		*rest++ = '\0';
	v->is_accepted = true;
	if (!strcmp(text, "accept"))
		return read_texts(v, rest);
	if (!strcmp(text, "returns")) {
		v->returns = true;
		v->result = strtoll(rest, &rest, 0);
		return read_texts(v, rest);
	}
	v->is_accepted = false;
	return strcmp(text, "reject") ? -1 : read_texts(v, rest);
}

static int read_name(struct test_case *c, char *text)
{
	c->name = text;
	return 0;
}

static int read_type(struct test_case *c, char *text)
{
	return find_value(types, ARRAY_SIZE(types), text, &c->type);
}

static int read_license(struct test_case *c, char *text)
{
	c->license = text;
	return 0;
}

static int read_flags(struct test_case *c, char *text)
{
	unsigned int flag;
	char *word;

	for (word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		if (find_value(load_flags, ARRAY_SIZE(load_flags), word, &flag))
			return -1;
		c->flags |= flag;
	}
	return 0;
}

static int read_attach(struct test_case *c, char *text)
{
	c->attach_type = strtoul(text, NULL, 0);
	return 0;
}

static int read_maps(struct test_case *c, char *text)
{
	char *word, *spec;

	for (word = strtok(text, " \t\n"); word; word = strtok(NULL, " \t\n")) {
		spec = strchr(word, '=');
		if (!spec || c->nr_maps == CASE_MAX_MAPS)
			return -1;
		*spec++ = '\0';
		c->maps[c->nr_maps].name = word;
		c->maps[c->nr_maps++].spec = spec;
	}
	return 0;
}

static int read_code(struct test_case *c, char *text)
{
	c->code = text;
	return 0;
}

static int read_expect(struct test_case *c, char *text)
{
	c->has_expect = true;
	return read_verdict(&c->expect, text);
}

static int read_errno(struct test_case *c, char *text)
{
	return find_value(errors, ARRAY_SIZE(errors), text, (unsigned int *)&c->err);
}

static int read_log(struct test_case *c, char *text)
{
	return read_texts(&c->log, text);
}

static int read_kernel(struct test_case *c, char *text)
{
	c->has_kernel = true;
	return read_verdict(&c->kernel, text);
}

static int read_why(struct test_case *c, char *text)
{
	c->why = text;
	return 0;
}

struct key {
	const char *name;
	int (*read)(struct test_case *c, char *text);
};

static const struct key keys[] = {
	{ "name", read_name }, { "type", read_type }, { "license", read_license },
	{ "flags", read_flags }, { "attach", read_attach }, { "maps", read_maps },
	{ "code", read_code }, { "expect", read_expect }, { "errno", read_errno },
	{ "log", read_log }, { "kernel", read_kernel }, { "why", read_why },
};

static int apply_key(struct test_case *c, char *line)
{
	char *text = strchr(line, ':');
	size_t i;

	if (!text)
		return -1;
	*text++ = '\0';
	text += strspn(text, " \t\n");
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!strcmp(keys[i].name, line))
			return c ? keys[i].read(c, text) : -1;
	}
	return -1;
}

static char *read_file(const char *file)
{
	FILE *stream = fopen(file, "r");
	char *text = NULL;
	size_t size = 0;

	if (!stream)
		return NULL;
	if (getdelim(&text, &size, '\0', stream) < 0) {
		free(text);
		text = NULL;
	}
	fclose(stream);
	return text;
}

static struct test_case *new_case(const char *file, int line, struct test_case ***tail)
{
	struct test_case *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->file = file;
	c->line = line;
	c->type = BPF_PROG_TYPE_SOCKET_FILTER;
	c->license = "GPL";
	**tail = c;
	*tail = &c->next;
	return c;
}

/* The end of an entry: the next line that is neither indented nor empty. */
static char *end_of_entry(char *at, int *line)
{
	char *end;

	for (;;) {
		end = at + strcspn(at, "\n");
		if (!*end)
			return end;
		++*line;
		if (end[1] != ' ' && end[1] != '\t')
			return end;
		at = end + 1;
	}
}

static bool is_complete(const struct test_case *c)
{
	return c->name && c->code && c->has_expect;
}

int cases_read(const char *file, struct test_case **list)
{
	struct test_case **tail = list, *c = NULL;
	char *at = read_file(file), *end;
	int line = 1, start, nr = 0;

	while (*tail)
		tail = &(*tail)->next;
	for (; at && *at; at = end) {
		start = line;
		end = end_of_entry(at, &line);
		if (*end)
			*end++ = '\0';
		if (!*at || *at == '#')
			continue;
		if (!strncmp(at, "name:", 5)) {
			if (c && !is_complete(c))
				break;
			c = new_case(file, start, &tail);
			nr++;
		}
		if (apply_key(c, at)) {
			printf("# %s:%d: \"%s\" is not understood\n", file, start, at);
			return -1;
		}
	}
	if (c && is_complete(c))
		return nr;
	printf("# %s:%d: case without name, code or expect\n", file, c ? c->line : 0);
	return -1;
}
