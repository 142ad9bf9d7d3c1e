// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of kernel variables, beside bpf(2): verdict, log, and what is found there.
 */
#include "agree.h"
#include "kernel_btf.h"
#include "prog_test.h"

static char kernel_log[sizeof(verifier_log)];

static unsigned int prog_type = BPF_PROG_TYPE_SCHED_CLS;

static int load(enum test_side side, struct bpf_insn *insns, unsigned int nr)
{
	union bpf_attr attr = load_attr(insns, nr);

	attr.prog_type = prog_type;
	attr.log_buf = PTR(verifier_log);
	attr.log_size = sizeof(verifier_log);
	attr.log_level = 1;
	verifier_log[0] = 0;
	return side_bpf(side, BPF_PROG_LOAD, &attr);
}

static long long run(enum test_side side, int prog)
{
	static char packet[64];
	union bpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	ret = side_bpf(side, BPF_PROG_TEST_RUN, &attr);
	return ret ? ret : (long long)attr.test.retval;
}

/*
 * Loads on both sides, and runs: the same verdict, log, and, where that can be, result?  On later
 * kernels the result of what lbpf accepts.
 */
static bool is_same(const char *what, struct bpf_insn *insns, unsigned int nr, bool has_result)
{
	int want = load(SIDE_KERNEL, insns, nr), got;
	long long a = 0, b = 0;
	bool same;

	memcpy(kernel_log, verifier_log, sizeof(kernel_log));
	got = load(SIDE_LBPF, insns, nr);
	if (want >= 0 && got >= 0 && has_result) {
		a = run(SIDE_KERNEL, want);
		b = run(SIDE_LBPF, got);
	}
	/* Later kernels allow more, and refuse in other ways. */
	if (test_kernel_is_reference())
		same = (want < 0 ? want : 0) == (got < 0 ? got : 0) && a == b;
	else
		same = got < 0 || (want >= 0 && a == b);
	if (!same)
		ksft_print_msg("%s: bpf(2) %d (%llx), lbpf %d (%llx)\n%s\n%s\n", what, want, a,
			       got, b, kernel_log, verifier_log);
	if (want >= 0)
		close(want);
	if (got >= 0)
		close(got);
	return same && (!test_kernel_is_reference() || is_same_log(kernel_log, verifier_log));
}

/* The first bytes of CPU 0's and of this CPU's; @is_fixed: those do not change. */
static bool agrees_on(const char *name, bool is_fixed)
{
	struct bpf_insn insns[] = {
		LD_IMM64(BPF_REG_1, BPF_PSEUDO_BTF_ID, kernel_type(name, BTF_KIND_VAR), 0),
		MOV(BPF_REG_2, 0),
		CALL(BPF_FUNC_per_cpu_ptr),
		JMP(BPF_JEQ, BPF_REG_0, 0, 1),
		LDX(BPF_B, BPF_REG_0, BPF_REG_0, 0),
		EXIT(),
	};
	static const int sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	bool same = true;
	unsigned int i;

	for (i = 0; i < NR(sizes); i++) {
		insns[5].code = BPF_LDX | sizes[i] | BPF_MEM;
		same &= is_same(name, insns, NR(insns), is_fixed);
	}
	insns[2] = MOV(BPF_REG_6, 0);
	insns[3].imm = BPF_FUNC_this_cpu_ptr;
	insns[4] = JA(0);
	same &= is_same(name, insns, NR(insns), false);
	insns[5] = ST(BPF_W, BPF_REG_0, 0, 0);
	/* Of a tc program bpf(2) would not say why. */
	prog_type = BPF_PROG_TYPE_KPROBE;
	same &= is_same(name, insns, NR(insns), false);
	prog_type = BPF_PROG_TYPE_SCHED_CLS;
	return same;
}

static void test_values(void)
{
	static const char *const fixed[] = {
		"cpu_info", "this_cpu_off", "cpu_number", "numa_node", "x86_cpu_to_apicid",
		"cpu_sibling_map", "gdt_page",
	};
	unsigned int i, nr = 0, nr_wrong = 0;

	for (i = 0; i < NR(fixed); i++) {
		if (!kernel_type(fixed[i], BTF_KIND_VAR))
			continue;
		nr_wrong += !agrees_on(fixed[i], true);
		nr++;
	}
	ksft_test_result(!nr_wrong && nr > 4, "values of %u variables\n", nr);
}

static char exported[1 << 20];

/* Names of what modules may refer to, each between line ends. */
static void read_exported(void)
{
	FILE *symbols = fopen("/proc/kallsyms", "r");
	size_t len = 1;
	char line[512], *name;

	exported[0] = '\n';
	while (symbols && fgets(line, sizeof(line), symbols)) {
		name = strstr(line, " __ksymtab_");
		if (name && !strchr(name, '\t') && len + strlen(name) < sizeof(exported)) {
			strcpy(exported + len, name + strlen(" __ksymtab_"));
			len += strlen(exported + len);
		}
	}
	if (symbols)
		fclose(symbols);
}

static bool is_exported(const char *name)
{
	char want[128];

	snprintf(want, sizeof(want), "\n%s\n", name);
	return strstr(exported, want);
}

static void test_exported(void)
{
	unsigned int id, kind, nr = 0, nr_wrong = 0;
	const char *name;

	read_exported();
	for (id = 1; (name = kernel_type_name(id, &kind)); id++) {
		if (kind != BTF_KIND_VAR || !is_exported(name))
			continue;
		nr_wrong += !agrees_on(name, false);
		nr++;
	}
	ksft_test_result(!nr_wrong && nr > 30, "all %u exported variables\n", nr);
}

/* What can be done with the address itself. */
static void test_uses(void)
{
	static const char *const names[] = { "cpu_info", "this_cpu_off" };
	struct bpf_insn uses[] = {
		LDX(BPF_W, BPF_REG_0, BPF_REG_1, 0),
		ST(BPF_W, BPF_REG_1, 0, 0),
		ALU(BPF_ADD, BPF_REG_1, 8),
		ALU(BPF_ADD, BPF_REG_1, -8),
		MOV_X(BPF_REG_0, BPF_REG_1),
		MOV_X(BPF_REG_2, BPF_REG_1),
		JMP(BPF_JEQ, BPF_REG_1, 0, 0),
		CALL(BPF_FUNC_get_prandom_u32),
		STX(BPF_DW, BPF_REG_10, BPF_REG_1, -8),
	};
	unsigned int i, j, nr_wrong = 0;

	for (i = 0; i < NR(names); i++) {
		for (j = 0; j < NR(uses); j++) {
			struct bpf_insn insns[] = {
				LD_IMM64(BPF_REG_1, BPF_PSEUDO_BTF_ID,
					 kernel_type(names[i], BTF_KIND_VAR), 0),
				MOV(BPF_REG_0, 0),
				uses[j],
				CALL(BPF_FUNC_this_cpu_ptr),
				LDX(BPF_W, BPF_REG_0, BPF_REG_0, 4),
				EXIT(),
			};

			nr_wrong += !is_same(names[i], insns, NR(insns), false);
		}
	}
	ksft_test_result(!nr_wrong, "uses of the address\n");
}

static void test_refused(void)
{
	unsigned int ids[] = {
		0, 1, -1U, 1 << 24, kernel_type("task_struct", BTF_KIND_STRUCT),
		kernel_type("vfs_read", BTF_KIND_FUNC),
	};
	struct bpf_insn insns[] = {
		LD_IMM64(BPF_REG_1, BPF_PSEUDO_BTF_ID, 0, 0),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};
	unsigned int i, nr_wrong = 0;

	for (i = 0; i < NR(ids); i++) {
		/* Later kernels also take functions. */
		if (i == NR(ids) - 1 && !test_kernel_is_reference())
			continue;
		insns[0].imm = ids[i];
		nr_wrong += !is_same("id", insns, NR(insns), false);
	}
	insns[0].imm = kernel_type("cpu_info", BTF_KIND_VAR);
	insns[0].off = 1;
	nr_wrong += !is_same("offset", insns, NR(insns), false);
	insns[0].off = 0;
	insns[1].imm = 12345;
	nr_wrong += !is_same("descriptor", insns, NR(insns), false);
	insns[1].imm = -1;
	nr_wrong += !is_same("descriptor", insns, NR(insns), false);
	ksft_test_result(!nr_wrong, "what is no variable\n");
}

/* The kernel finds them all, a module only what is exported. */
static void test_not_exported(void)
{
	static const char *const names[] = { "runqueues", "bpf_prog_active" };
	struct bpf_insn insns[] = {
		LD_IMM64(BPF_REG_1, BPF_PSEUDO_BTF_ID, 0, 0),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};
	char line[128];
	unsigned int i, nr_wrong = 0;

	for (i = 0; i < NR(names); i++) {
		insns[0].imm = kernel_type(names[i], BTF_KIND_VAR);
		snprintf(line, sizeof(line),
			 "ldimm64 failed to find the address for kernel symbol '%s'.\n", names[i]);
		nr_wrong += load(SIDE_LBPF, insns, NR(insns)) != -ENOENT ||
			    !strstr(verifier_log, line);
	}
	ksft_test_result(!nr_wrong, "variables that are not exported\n");
}

int main(void)
{
	ksft_print_header();
	if (!kernel_type("cpu_info", BTF_KIND_VAR))
		ksft_exit_skip("this kernel has no BTF of variables\n");
	ksft_set_plan(5);
	test_values();
	test_exported();
	test_uses();
	test_refused();
	test_not_exported();
	ksft_finished();
}
