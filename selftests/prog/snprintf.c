// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_snprintf() beside bpf(2): text, result, errors of call and load.
 */
#include "prog_test.h"

#define FMT_BYTES	128
#define MAX_ARGS	12
#define OUT_BYTES	256

/* What programs get through a map: a constant format, arguments, and room for the text. */
struct state {
	__u64	args[MAX_ARGS + 1];
	char	text[OUT_BYTES];
	char	string[64];
};

/**
 * struct call - A call to compare
 * @fmt: Format.
 * @args_bytes: Size of the arguments.
 * @out_bytes: Room for the text.
 */
struct call {
	const char	*fmt;
	int		args_bytes;
	int		out_bytes;
};

#define LD_VALUE(dst, fd, off)	LD_IMM64(dst, BPF_PSEUDO_MAP_VALUE, fd, off)

static int put(enum test_side side, int fd, const void *value)
{
	static const unsigned int zero;
	union bpf_attr attr = { .map_fd = fd, .key = PTR(&zero), .value = PTR(value) };

	return side_bpf(side, BPF_MAP_UPDATE_ELEM, &attr);
}

/* A format that nobody can change any more. */
static int make_format(enum test_side side, const char *fmt)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
				.value_size = FMT_BYTES, .max_entries = 1,
				.map_flags = BPF_F_RDONLY_PROG };
	int fd = side_bpf(side, BPF_MAP_CREATE, &attr);
	union bpf_attr freeze = { .map_fd = fd };
	char value[FMT_BYTES] = {};

	snprintf(value, sizeof(value), "%s", fmt);
	if (fd < 0 || put(side, fd, value) || side_bpf(side, BPF_MAP_FREEZE, &freeze))
		ksft_exit_fail_msg("%s: format: %s\n", side_name[side], strerror(errno));
	return fd;
}

static int load(enum test_side side, const struct call *call, int fmt, int state)
{
	struct bpf_insn insns[] = {
		LD_VALUE(BPF_REG_1, state, offsetof(struct state, text)),
		MOV(BPF_REG_2, call->out_bytes),
		LD_VALUE(BPF_REG_3, fmt, 0),
		LD_VALUE(BPF_REG_4, state, 0),
		MOV(BPF_REG_5, call->args_bytes),
		CALL(BPF_FUNC_snprintf),
		EXIT(),
	};

	return load_insns(side, insns, NR(insns));
}

static int run(enum test_side side, int fd, unsigned int *ret)
{
	char packet[64] = {};
	union bpf_attr attr = {};
	int err;

	attr.test.prog_fd = fd;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	err = side_bpf(side, BPF_PROG_TEST_RUN, &attr);
	*ret = attr.test.retval;
	return err;
}

static void fill(struct state *state)
{
	memset(state, '#', sizeof(*state));
	for (unsigned int i = 0; i < NR(state->args); i++)
		state->args[i] = i == 2 ? PTR(state->string) : 0x1122334455667788 + i;
	strcpy(state->string, "a string of the process");
}

/* Writes what happened to @result: the error of the load, or R0 and the text. */
static void call_one(enum test_side side, const struct call *call, char *result)
{
	static const unsigned int zero;
	static struct state state;
	int map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, sizeof(state), 1);
	int fmt = make_format(side, call->fmt), prog;
	union bpf_attr attr = { .map_fd = map, .key = PTR(&zero), .value = PTR(&state) };
	unsigned int ret;

	fill(&state);
	if (put(side, map, &state))
		ksft_exit_fail_msg("state\n");
	prog = load(side, call, fmt, map);
	if (prog < 0) {
		sprintf(result, "load %d%s", prog,
			strstr(verifier_log, "Invalid format string") ? ", format" : "");
	} else if (run(side, prog, &ret) || side_bpf(side, BPF_MAP_LOOKUP_ELEM, &attr)) {
		strcpy(result, "no run");
	} else {
		state.text[OUT_BYTES - 1] = 0;
		sprintf(result, "%d '%s'", ret, state.text);
	}
	close(prog);
	close(fmt);
	close(map);
}

static const struct call calls[] = {
	{ "plain", 0, 64 },
	{ "plain", 8, 64 },
	{ "plain", 0, 6 },
	{ "plain", 0, 5 },
	{ "plain", 0, 1 },
	{ "plain", 0, 0 },
	{ "", 0, 8 },
	{ "%d", 8, 64 },
	{ "%d", 0, 64 },
	{ "%d %d", 8, 64 },
	{ "%d", 7, 64 },
	{ "%d", 12, 64 },
	{ "%d", 16, 64 },
	{ "%d %u %s %x %llx %lu %lld %i %X %c %5d %-5d|", 96, 256 },
	{ "%d %u %s %x %llx %lu %lld %i %X %c %5d %-5d|", 88, 256 },
	{ "%d %u %s %x %llx %lu %lld %i %X %c %5d %-5d| %d", 104, 256 },
	{ "plain", 104, 256 },
	{ "%d %d %s", 24, 20 },
	{ "%d %d %10s|%-30s|", 32, 100 },
	{ "%d %d %s %pi4 %pI6", 40, 100 },
	{ "%d %d %pus", 24, 100 },
	{ "%d %d %pks", 24, 100 },
	{ "%%", 0, 10 },
	{ "100%%%d", 8, 30 },
	{ "%", 8, 10 },
	{ "%f", 8, 10 },
	{ "%n", 8, 10 },
	{ "%p %px %pK", 24, 100 },
	{ "%pX", 8, 10 },
	{ "%00000000000000000000000000005d", 8, 10 },
	{ "bell\a", 0, 10 },
	{ "high\xe4", 0, 10 },
};

static void compare(const struct call *call)
{
	char result[2][1024];

	for (int side = 0; side < 2; side++)
		call_one(side, call, result[side]);
	if (strcmp(result[0], result[1]))
		ksft_print_msg("lbpf: %s; bpf(2): %s\n", result[0], result[1]);
	ksft_test_result(!strcmp(result[0], result[1]), "call %u, %d bytes of arguments\n",
			 (unsigned int)(call - calls), call->args_bytes);
}

/* A format that somebody may change is refused. */
static void refuse_writable(void)
{
	static const struct call call = { "", 0, 8 };
	int fd[2];

	for (int side = 0; side < 2; side++) {
		int map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct state), 1);

		fd[side] = load(side, &call, map, map);
		close(map);
	}
	ksft_test_result(fd[0] == -EACCES && fd[0] == fd[1], "a writable format: %d\n", fd[0]);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(NR(calls) + 1);
	for (unsigned int i = 0; i < NR(calls); i++)
		compare(&calls[i]);
	refuse_writable();
	ksft_finished();
}
