// SPDX-License-Identifier: GPL-2.0
/*
 * Running what the JIT makes, in this process.
 */
#include "jit_test.h"
#include "jit/emit.h"
#include <cpuid.h>
#include <sys/mman.h>

#define CODE_BYTES	(1 << 20)

static u8 *text;

/* Near this program, so that calls reach it. */
static u8 *map_text(void)
{
	unsigned long near = ((unsigned long)test_helpers[0] & ~0xfffffful) + (256ul << 20);
	void *map = mmap((void *)near, CODE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return map == MAP_FAILED ? NULL : map;
}

static bool cpu_has_bmi2(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & BIT(8));
}

native_func native_make(struct lbpf_code *code)
{
	struct lbpf_jit_target target = { .has_bmi2 = chance(2) && cpu_has_bmi2(),
					  .has_endbr = chance(2) };
	struct lbpf_jit jit;
	int err;

	if (!text)
		text = map_text();
	err = lbpf_jit_open(&jit, code, &target);
	if (!err)
		err = lbpf_jit_compile(&jit);
	if (!err && jit.size_bytes > CODE_BYTES)
		err = -E2BIG;
	if (!err)
		err = lbpf_jit_link(&jit, (unsigned long)text);
	if (!err)
		memcpy(text, jit.buf.bytes, jit.size_bytes);
	lbpf_jit_close(&jit);
	return err || !text ? NULL : (native_func)text;
}

void native_free(void)
{
	munmap(text, CODE_BYTES);
	text = NULL;
}

/* Calls with known values in callee-saved registers: they must come back. */
static u64 guarded_call(native_func func, void *ctx, bool *is_kept)
{
	u64 r0, bad;

	__asm__ __volatile__(
		"mov $0x1111, %%rbx\n mov $0x2222, %%r12\n mov $0x3333, %%r13\n"
		"mov $0x4444, %%r14\n mov $0x5555, %%r15\n"
		"mov %%rsp, %%rax\n push %%rbp\n push %%rax\n mov $0x6666, %%ebp\n"
		"call *%2\n"
		"mov %%rsp, %%rcx\n pop %%rdx\n"
		"sub $16, %%rdx\n xor %%rcx, %%rdx\n"
		"xor $0x6666, %%rbp\n or %%rbp, %%rdx\n pop %%rbp\n"
		"xor $0x1111, %%rbx\n or %%rbx, %%rdx\n"
		"xor $0x2222, %%r12\n or %%r12, %%rdx\n"
		"xor $0x3333, %%r13\n or %%r13, %%rdx\n"
		"xor $0x4444, %%r14\n or %%r14, %%rdx\n"
		"xor $0x5555, %%r15\n or %%r15, %%rdx\n"
		: "=&a" (r0), "=&d" (bad), "+S" (func), "+D" (ctx)
		: : "rbx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory",
			"cc");
	*is_kept = !bad;
	return r0;
}

void native_run(native_func func, const u8 *input, struct outcome *outcome)
{
	bool is_kept;

	memcpy(outcome->mem, input, MEM_BYTES);
	test_helper_calls = 0;
	memset(test_values, 0x55, VALUE_BYTES);
	outcome->r0 = guarded_call(func, outcome->mem, &is_kept);
	outcome->nr_calls = test_helper_calls;
	memcpy(outcome->values, test_values, VALUE_BYTES);
	if (!is_kept)
		outcome->nr_calls = ~outcome->nr_calls;
}
