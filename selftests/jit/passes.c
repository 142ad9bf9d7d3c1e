// SPDX-License-Identifier: GPL-2.0
/*
 * The dump of the passes: every letter once, the program before and after, and
 * all bytes of the machine code in their order.
 */
#include <errno.h>
#include <kselftest.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <insns.h>
#include <lbpf_test.h>

static char log_text[1 << 20];
static unsigned char image[4096], dumped[4096];

static int load(unsigned int level)
{
	static const struct bpf_insn insns[] = {
		MOV(6, 1), LDX(BPF_W, 7, 1, 0), MOV_IMM(8, 3), JMP_IMM(BPF_JEQ, 8, 3, 1),
		MOV_IMM(7, 9), LD_ABS(BPF_B, 3), ALU64(BPF_DIV, 7, 0), MOV_IMM(5, 1),
		CALL(BPF_FUNC_get_smp_processor_id), MOV(0, 7), EXIT(),
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (unsigned long)insns;
	attr.insn_cnt = sizeof(insns) / sizeof(*insns);
	attr.license = (unsigned long)"GPL";
	attr.log_level = level;
	attr.log_buf = (unsigned long)log_text;
	attr.log_size = sizeof(log_text);
	return lbpf_sys(BPF_PROG_LOAD, &attr);
}

static unsigned int read_image(int fd)
{
	struct bpf_prog_info info;
	union bpf_attr attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	info.jited_prog_insns = (unsigned long)image;
	info.jited_prog_len = sizeof(image);
	attr.info.bpf_fd = fd;
	attr.info.info = (unsigned long)&info;
	attr.info.info_len = sizeof(info);
	if (lbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr))
		ksft_exit_fail_msg("info: %s\n", strerror(errno));
	return info.jited_prog_len;
}

/* Lines "\t<address>: <byte> <byte> ...". */
static unsigned int read_dump(const char *text)
{
	unsigned int nr = 0;

	for (; text; text = strchr(text, '\n')) {
		text++;
		if (*text != '\t')
			continue;
		text = strchr(text, ':') + 1;
		while (*text == ' ')
			dumped[nr++] = strtoul(text, (char **)&text, 16);
	}
	return nr;
}

static void test_letters(void)
{
	static const char letters[] = "0dnesclavmifojuh";
	const char *at = log_text;
	char line[16];
	unsigned int i;

	for (i = 0; letters[i] && at; i++) {
		snprintf(line, sizeof(line), "pass %c, ", letters[i]);
		at = strstr(at, line);
	}
	ksft_test_result(at, "each pass has its letter, in order\n");
}

/* What a pass does is seen from one dump to the next. */
static void test_change(void)
{
	char *before = strstr(log_text, "pass s,"), *after = strstr(log_text, "pass c,");
	char *end = strstr(log_text, "pass l,"), *code = strstr(log_text, "machine code:");

	ksft_test_result(before && after && end && code, "the dump is complete\n");
	if (!code)
		return;
	*end = 0;
	ksft_test_result(strstr(after, "(61) r7 = *(u32 *)(r1 +") &&
			 strstr(log_text, "(61) r7 = *(u32 *)(r1 +0)") &&
			 !strstr(after, "(61) r7 = *(u32 *)(r1 +0)"),
			 "a context field has another offset afterwards\n");
	*end = 'p';
}

int main(void)
{
	unsigned int len;
	int fd;

	ksft_print_header();
	ksft_set_plan(5);
	fd = load(LBPF_LOG_LEVEL_PASSES);
	if (fd < 0)
		ksft_exit_fail_msg("load: %s\n%s\n", strerror(errno), log_text);
	len = read_image(fd);
	test_letters();
	test_change();
	ksft_test_result(read_dump(strstr(log_text, "machine code:")) == len &&
			 !memcmp(dumped, image, len), "the dump has every byte of the image\n");
	close(fd);
	fd = load(1);
	ksft_test_result(fd >= 0 && !strstr(log_text, "pass "), "only who asks gets it\n");
	close(fd);
	ksft_finished();
}
