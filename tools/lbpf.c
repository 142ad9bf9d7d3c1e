// SPDX-License-Identifier: GPL-2.0
/*
 * lbpf: what only lbpf can tell.
 *
 *	lbpf facts ID		what the verifier believed of program ID, by instruction
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <lbpf.h>

#define TYPE_MASK	0xff
#define MAYBE_NULL	0x100

/* Source: struct lbpf_reg_fact, "type". */
static const char *const type_names[] = {
	"-", "number", "ctx", "map", "map_value", "map_key", "stack", "packet_meta", "packet",
	"packet_end", "flow_keys", "socket", "sock_common", "tcp_sock", "tp_buffer", "xdp_sock",
	"kernel object", "memory", "buffer", "function", "dynptr",
};

static void print_number(const struct lbpf_reg_fact *fact)
{
	if (!fact->tnum_mask) {
		printf(" %" PRId64, (int64_t)fact->tnum_value);
		return;
	}
	if (fact->umin || fact->umax != UINT64_MAX)
		printf(" %" PRIu64 "..%" PRIu64, (uint64_t)fact->umin, (uint64_t)fact->umax);
	if (fact->smin < 0 && (fact->smin != INT64_MIN || fact->smax != INT64_MAX))
		printf(" s%" PRId64 "..%" PRId64, (int64_t)fact->smin, (int64_t)fact->smax);
	if (~fact->tnum_mask)
		printf(" bits %#" PRIx64 "/%#" PRIx64, (uint64_t)fact->tnum_value,
		       (uint64_t)fact->tnum_mask);
}

static void print_fact(const char *name, const struct lbpf_reg_fact *fact)
{
	uint32_t type = fact->type & TYPE_MASK;

	if (!type)
		return;
	printf("  %s: %s%s", name,
	       type < sizeof(type_names) / sizeof(*type_names) ? type_names[type] : "?",
	       fact->type & MAYBE_NULL ? " or NULL" : "");
	/* A pointer without a variable offset has none to tell of. */
	if (type == 1 || fact->tnum_mask)
		print_number(fact);
}

static int read_facts(int dev, int prog_fd, struct lbpf_insn_fact **facts, uint32_t *nr)
{
	struct lbpf_prog_facts_attr attr = { .prog_fd = prog_fd,
					     .fact_size_bytes = sizeof(**facts) };

	if (ioctl(dev, LBPF_IOC(LBPF_PROG_FACTS, sizeof(attr)), &attr))
		return -1;
	*nr = attr.nr_facts;
	*facts = calloc(*nr, sizeof(**facts));
	if (!*facts)
		return -1;
	attr.facts = (uintptr_t)*facts;
	return ioctl(dev, LBPF_IOC(LBPF_PROG_FACTS, sizeof(attr)), &attr);
}

static int print_facts(int dev, uint32_t id)
{
	static const char *const jumps[] = { "", "  always jumps", "  never jumps" };
	union bpf_attr attr = { .prog_id = id };
	struct lbpf_insn_fact *facts = NULL;
	uint32_t nr = 0, i;
	int prog_fd;

	prog_fd = ioctl(dev, LBPF_IOC(BPF_PROG_GET_FD_BY_ID, sizeof(attr)), &attr);
	if (prog_fd < 0 || read_facts(dev, prog_fd, &facts, &nr)) {
		fprintf(stderr, "lbpf: program %u: %s\n", id, strerror(errno));
		return 1;
	}
	for (i = 0; i < nr; i++) {
		printf("%u: walked %u times", i, facts[i].visits);
		print_fact("dst", &facts[i].dst);
		print_fact("src", &facts[i].src);
		printf("%s\n", facts[i].jump < 3 ? jumps[facts[i].jump] : "");
	}
	free(facts);
	close(prog_fd);
	return 0;
}

int main(int argc, char **argv)
{
	int dev;

	if (argc != 3 || strcmp(argv[1], "facts")) {
		fprintf(stderr, "usage: lbpf facts ID\n");
		return 2;
	}
	dev = open(LBPF_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0) {
		perror(LBPF_DEVICE);
		return 1;
	}
	return print_facts(dev, strtoul(argv[2], NULL, 0));
}
