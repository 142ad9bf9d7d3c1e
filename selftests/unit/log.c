// SPDX-License-Identifier: GPL-2.0
/*
 * The bounded log: what is refused, what is cut, what is reported.
 */
#include <lbpf/log.h>
#include <kselftest.h>

#define SIZE_BYTES	128

static char buf[SIZE_BYTES + 1];
static struct lbpf_log log_;

static int open_log(u32 level, char *ubuf, u32 size_bytes)
{
	memset(&log_, 0, sizeof(log_));
	memset(buf, 'Z', sizeof(buf));
	return lbpf_log_open(&log_, level, ubuf, size_bytes);
}

static void test_open(void)
{
	ksft_test_result(!open_log(0, NULL, 0) && !lbpf_log_wants(&log_, ~0U), "no log\n");
	ksft_test_result(open_log(0, buf, SIZE_BYTES) == -EINVAL &&
			 open_log(1, NULL, SIZE_BYTES) == -EINVAL &&
			 open_log(1, buf, 0) == -EINVAL, "one of the three is missing\n");
	ksft_test_result(open_log(1, buf, 127) == -EINVAL && !open_log(1, buf, 128) &&
			 !open_log(1, buf, U32_MAX >> 2) &&
			 open_log(1, buf, (U32_MAX >> 2) + 1) == -EINVAL, "size\n");
	ksft_test_result(open_log(8, buf, SIZE_BYTES) == -EINVAL && !open_log(4, buf, SIZE_BYTES) &&
			 !open_log(7, buf, SIZE_BYTES), "level\n");
}

/* @len characters into the smallest buffer. */
static void test_fill(u32 len, u32 want_len, int want_err)
{
	u32 i;

	open_log(1, buf, SIZE_BYTES);
	for (i = 0; i < len; i += 3)
		lbpf_log(&log_, "%.*s", (int)min(len - i, 3U), "abc");
	ksft_test_result(strlen(buf) == want_len && log_.used_bytes == want_len &&
			 lbpf_log_error(&log_) == want_err && buf[SIZE_BYTES] == 'Z',
			 "%u characters\n", len);
}

static void test_rewind(void)
{
	open_log(1, buf, SIZE_BYTES);
	lbpf_log(&log_, "kept ");
	lbpf_log(&log_, "lost");
	lbpf_log_rewind(&log_, 5);
	lbpf_log(&log_, "and more");
	ksft_test_result(!strcmp(buf, "kept and more") && !lbpf_log_error(&log_), "rewound\n");
	lbpf_log(&log_, "%0200d", 0);
	lbpf_log_rewind(&log_, 5);
	ksft_test_result(lbpf_log_error(&log_) == -ENOSPC, "a full log stays full\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(10);
	test_open();
	test_fill(1, 1, 0);
	test_fill(126, 126, 0);
	test_fill(127, 127, -ENOSPC);
	test_fill(500, 127, -ENOSPC);
	test_rewind();
	ksft_finished();
}
