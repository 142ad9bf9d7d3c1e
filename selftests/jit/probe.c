// SPDX-License-Identifier: GPL-2.0
/*
 * Loads that may fault: what is there where something is, 0 where nothing is,
 * and 0 for user memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <kselftest.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CONTROL	"/sys/kernel/debug/lbpf/probe_read"

static int control;

static uint64_t load(unsigned int bytes, bool is_signed, uint64_t addr)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "%u %u %" PRIx64, bytes, is_signed, addr);

	if (write(control, text, len) != len)
		ksft_exit_fail_msg("%s: %s: %s\n", CONTROL, text, strerror(errno));
	memset(text, 0, sizeof(text));
	if (pread(control, text, sizeof(text) - 1, 0) <= 0)
		ksft_exit_fail_msg("%s\n", CONTROL);
	return strtoull(text, NULL, 16);
}

static uint64_t find_symbol(const char *name)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[512], found[256], type;
	unsigned long addr;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%lx %c %255s", &addr, &type, found) == 3 &&
		    !strcmp(found, name)) {
			fclose(file);
			return addr;
		}
	if (file)
		fclose(file);
	return 0;
}

static bool is_nothing(uint64_t addr)
{
	unsigned int log2;
	bool ok = true;

	for (log2 = 0; log2 < 4; log2++)
		ok = ok && !load(1 << log2, false, addr) && !load(1 << log2, true, addr);
	if (!ok)
		ksft_print_msg("something at %" PRIx64 "\n", addr);
	return ok;
}

/* "Linux version ..." */
static void test_there(void)
{
	uint64_t addr = find_symbol("linux_banner"), word;

	if (!addr) {
		ksft_test_result_skip("no address of linux_banner\n");
		return;
	}
	memcpy(&word, "Linux ve", sizeof(word));
	ksft_test_result(load(8, false, addr) == word && load(4, false, addr) == (uint32_t)word &&
			 load(2, false, addr) == (uint16_t)word && load(1, true, addr) == 'L' &&
			 load(1, false, addr + 1) == 'i', "what is there is loaded\n");
}

static void test_nothing(void)
{
	static const uint64_t addrs[] = {
		0, 1, 0x1000, 0x7fffffffeff8, 0x7fffffffffff, 0x800000000000, 0x7fffffffffffffff,
		0x8000000000000000, 0xdead000000000100, 0xffff7fffffffffff, 0xffff800000000000,
		0xfffffffffffff000, 0xfffffffffffffff9, 0xffffffffffffffff,
	};
	bool ok = true;
	unsigned int i;

	for (i = 0; i < sizeof(addrs) / sizeof(*addrs); i++)
		ok = is_nothing(addrs[i]) && ok;
	ksft_test_result(ok, "nothing is 0\n");
}

static void test_user(void)
{
	uint64_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);

	*page = ~0ULL;
	ksft_test_result(is_nothing((uint64_t)page), "user memory is 0\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(3);
	control = open(CONTROL, O_RDWR | O_CLOEXEC);
	if (control < 0)
		ksft_exit_fail_msg("%s: %s\n", CONTROL, strerror(errno));
	test_there();
	test_nothing();
	test_user();
	ksft_finished();
}
