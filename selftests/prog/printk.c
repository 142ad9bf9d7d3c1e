// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_trace_printk() and bpf_trace_vprintk(): the same lines in trace_pipe, and the same errors.
 */
#include <fcntl.h>
#include "prog_test.h"

#define FMT_BYTES	64

static int trace_pipe;
static const char packet[64];

/* Does conversion @nr of @fmt want an address?  Others get a number that is always the same. */
static bool is_address(const char *fmt, int nr)
{
	for (; *fmt; fmt++)
		if (*fmt == '%' && nr-- == 0)
			break;
	if (*fmt)
		fmt += 1 + strspn(fmt + 1, "-0123456789");
	return *fmt == 's' || !strncmp(fmt, "pi", 2) || !strncmp(fmt, "pI", 2);
}

/* Calls trace_printk(@fmt, @size, args): R0.  @where: what the third argument is, enum below. */
/* From THIRD_LONG on the rest says where in that string the fourth argument begins. */
enum { THIRD_NUMBER, THIRD_STACK, THIRD_LONG };

#define LONG_BYTES	400

static int print(enum test_side side, const char *fmt, int size, int third)
{
	struct bpf_insn insns[FMT_BYTES / 4 + LONG_BYTES / 4 + 32];
	unsigned int nr = 0, words[FMT_BYTES / 4] = {};

	memcpy(words, fmt, size > FMT_BYTES ? FMT_BYTES : size);
	for (unsigned int i = 0; i < FMT_BYTES / 4; i++)
		insns[nr++] = ST(BPF_W, BPF_REG_10, -FMT_BYTES + i * 4, words[i]);
	/* A string, and an IPv4 and an IPv6 address. */
	insns[nr++] = ST(BPF_W, BPF_REG_10, -80, 0x0100007f);
	insns[nr++] = ST(BPF_W, BPF_REG_10, -76, 0x63626100);
	insns[nr++] = ST(BPF_DW, BPF_REG_10, -72, 0x646362);
	insns[nr++] = MOV_X(BPF_REG_1, BPF_REG_10);
	insns[nr++] = ALU(BPF_ADD, BPF_REG_1, -FMT_BYTES);
	insns[nr++] = MOV(BPF_REG_2, size);
	insns[nr++] = MOV(BPF_REG_3, -5);
	insns[nr++] = MOV(BPF_REG_4, 0x12345678);
	insns[nr++] = MOV(BPF_REG_5, 42);
	if (third == THIRD_STACK) {
		insns[nr++] = MOV_X(BPF_REG_3, BPF_REG_10);
		insns[nr++] = ALU(BPF_ADD, BPF_REG_3, -80);
	}
	if (third >= THIRD_LONG) {
		for (int i = 0; i < LONG_BYTES / 4; i++)
			insns[nr++] = ST(BPF_W, BPF_REG_10, -80 - LONG_BYTES + i * 4,
					 i < LONG_BYTES / 4 - 1 ? 0x61616161 + i % 20 : 0);
		for (int i = 0; i < 3; i++) {
			if (!is_address(fmt, i))
				continue;
			insns[nr++] = MOV_X(BPF_REG_3 + i, BPF_REG_10);
			insns[nr++] = ALU(BPF_ADD, BPF_REG_3 + i,
					  -80 - LONG_BYTES + (i == 1 ? third - THIRD_LONG : 0));
		}
	}
	insns[nr++] = CALL(BPF_FUNC_trace_printk);
	insns[nr++] = EXIT();
	return run_insns(side, insns, nr, packet, sizeof(packet));
}

/* Calls trace_vprintk() with an array of @args_bytes: R0. */
static int print_array(enum test_side side, const char *fmt, int args_bytes)
{
	struct bpf_insn insns[FMT_BYTES / 4 + 64];
	unsigned int nr = 0, words[FMT_BYTES / 4] = {};

	memcpy(words, fmt, strlen(fmt));
	for (unsigned int i = 0; i < FMT_BYTES / 4; i++)
		insns[nr++] = ST(BPF_W, BPF_REG_10, -FMT_BYTES + i * 4, words[i]);
	for (int i = 0; i < 14; i++)
		insns[nr++] = ST(BPF_DW, BPF_REG_10, -FMT_BYTES - 14 * 8 + i * 8, -i);
	insns[nr++] = MOV_X(BPF_REG_1, BPF_REG_10);
	insns[nr++] = ALU(BPF_ADD, BPF_REG_1, -FMT_BYTES);
	insns[nr++] = MOV(BPF_REG_2, FMT_BYTES);
	insns[nr++] = MOV_X(BPF_REG_3, BPF_REG_10);
	insns[nr++] = ALU(BPF_ADD, BPF_REG_3, -FMT_BYTES - 14 * 8);
	if (!args_bytes)
		insns[nr++] = MOV(BPF_REG_3, 0);
	insns[nr++] = MOV(BPF_REG_4, args_bytes);
	insns[nr++] = CALL(BPF_FUNC_trace_vprintk);
	insns[nr++] = EXIT();
	return run_insns(side, insns, nr, packet, sizeof(packet));
}

/* What trace_pipe has now, behind the name of the event; cut to @size. */
static void read_pipe(char *to, size_t size)
{
	char buf[4096], *text;
	ssize_t len = read(trace_pipe, buf, sizeof(buf) - 1);

	buf[len < 0 ? 0 : len] = 0;
	text = strstr(buf, "bpf_trace_printk: ");
	snprintf(to, size, "%s", text ? text : "nothing");
}

static void compare(const char *fmt, int third)
{
	int size = strlen(fmt) + 1;
	char text[2][2048], name[2 * FMT_BYTES], *to = name;
	int ret[2];

	for (int side = 0; side < 2; side++) {
		ret[side] = print(side, fmt, size, third);
		read_pipe(text[side], sizeof(text[side]));
	}
	for (; *fmt; fmt++)
		*to++ = *fmt == '\n' || *fmt == '#' || *fmt < 0 ? '~' : *fmt;
	*to = 0;
	if (ret[0] != ret[1] || strcmp(text[0], text[1]))
		ksft_print_msg("bpf(2) %d '%s', lbpf %d '%s'\n", ret[1], text[1], ret[0], text[0]);
	ksft_test_result(ret[0] == ret[1] && !strcmp(text[0], text[1]) &&
			 (ret[0] < 0 || strstr(text[0], "bpf_trace_printk: ")),
			 "'%s': %d\n", name, ret[1]);
}

static void compare_size(const char *fmt, int size)
{
	char text[512];
	int ret[2];

	for (int side = 0; side < 2; side++) {
		ret[side] = print(side, fmt, size, THIRD_NUMBER);
		read_pipe(text, sizeof(text));
	}
	ksft_test_result(ret[0] == ret[1], "%d bytes of format: %d\n", size, ret[1]);
}

static void compare_array(const char *fmt, int args_bytes)
{
	char text[2][512];
	int ret[2];

	for (int side = 0; side < 2; side++) {
		ret[side] = print_array(side, fmt, args_bytes);
		read_pipe(text[side], sizeof(text[side]));
	}
	if (strcmp(text[0], text[1]))
		ksft_print_msg("bpf(2) '%s', lbpf '%s'\n", text[1], text[0]);
	ksft_test_result(ret[0] == ret[1] && !strcmp(text[0], text[1]),
			 "array of %d bytes: %d, %d\n", args_bytes, ret[0], ret[1]);
}

static const char *const numbers[] = {
	"plain",
	"",
	"line\n",
	"%d",
	"%d %u",
	"%d %u %x",
	"%i %X %d",
	"%ld %lu %lx",
	"%lld %llu %llx",
	"%d %d %d %d",
	"%%",
	"100%%",
	"%d%%",
	"%5d|%-5d|%05d",
	"%+d",
	"% d",
	"%08x",
	"%10llx|",
	"%c%c",
	"%3c|",
	"%",
	"%l",
	"%llld",
	"%hd",
	"%hhd",
	"%f",
	"%n",
	"%z",
	"%zd",
	"%o",
	"%*d",
	"%.3d",
	"%#x",
	"%p",
	"%px",
	"%pK",
	"%ps",
	"%pS",
	"%pB",
	"%pX",
	"%pI",
	"%pI5",
	"%pd",
	"%pks",
	"%pus",
	"%pksx",
	"%s",
	"%sx",
	"%s.",
	"%-10s|",
	"%10s|",
	"%\t",
	"%5",
	"tab\there",
	"bell\a",
	"high\xe4",
};

static const char * const strings[] = {
	"%pI4", "%pi4", "%pI6", "%pi6", "%pI4x", "%pks", "%s %d", "%pks %x %d", "%pi4 %d",
};

static const char *const long_strings[] = {
	"%s|", "%s|%s|", "%s|%s|%d", "%s|%s|%s", "%d|%s|%s", "%d|%d|%s", "%s%pi4%x", "%s%pI6%s",
	"%s%pi6%d", "%s|%c", "%s%pI4%pi6", "%600s|",
	"%-1000d|%s", "%1010d|%s", "%1020dabcdefg", "%500d|%s|%s",
	"%s|%pi6|%pi6",
};

/* With little room, or none, left for the last argument. */
static const char *const last[] = {
	"%s%s%d", "%s%s%x", "%s%s%lx", "%s%s%llu", "%s%s%c", "%s%c%d", "%s%c%lx", "%s%s%s",
	"%s%s%pi4", "%s%s%pI4",
	"%s%s%pi6", "%s%s%pI6", "%s%s%p", "%s%s%px", "%s%s",
};

static const int last_off[] = { 285, 286, 288, 290, 291, 293, 298, 299, 300, 310 };

int main(void)
{
	char text[512];

	ksft_print_header();
	ksft_set_plan(NR(numbers) + NR(strings) + NR(long_strings) +
		      NR(last) * NR(last_off) + 3 + 6);
	trace_pipe = open("/sys/kernel/tracing/trace_pipe", O_RDONLY | O_NONBLOCK);
	if (trace_pipe < 0)
		ksft_exit_fail_msg("trace_pipe: %s\n", strerror(errno));
	read_pipe(text, sizeof(text));
	for (unsigned int i = 0; i < NR(numbers); i++)
		compare(numbers[i], THIRD_NUMBER);
	for (unsigned int i = 0; i < NR(strings); i++)
		compare(strings[i], THIRD_STACK);
	for (unsigned int i = 0; i < NR(long_strings); i++)
		compare(long_strings[i], THIRD_LONG);
	for (unsigned int i = 0; i < NR(last) * NR(last_off); i++)
		compare(last[i % NR(last)], THIRD_LONG + last_off[i / NR(last)]);
	compare_size("without end", 5);
	compare_size("ab", 10);
	compare_size("x", 1);
	compare_array("%d", 0);
	compare_array("none", 0);
	compare_array("%d%d%d%d%d", 40);
	compare_array("%d%d%d%d%d", 39);
	compare_array("%x%x%x%x%x%x%x%x%x%x%x%x", 96);
	compare_array("%x%x%x%x%x%x%x%x%x%x%x%x", 104);
	ksft_finished();
}
