// SPDX-License-Identifier: GPL-2.0
/*
 * Every x86 encoder, over registers, sizes, displacements and constants, as
 * objdump reads it back.
 */
#include "shim.h"
#include "jit/emit.h"
#include <kselftest.h>

#define MAX_BYTES	(1 << 22)
#define MAX_LINES	(1 << 19)
#define LINE_BYTES	64

static u8 code[MAX_BYTES];
static struct lbpf_x86_buf buf = { .bytes = code, .max = MAX_BYTES };
static char (*want)[LINE_BYTES];
static u32 *want_off;
static u32 nr_want;

static const char *const names[4][16] = {
	{ "al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b",
	  "r13b", "r14b", "r15b" },
	{ "ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w", "r12w",
	  "r13w", "r14w", "r15w" },
	{ "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d",
	  "r12d", "r13d", "r14d", "r15d" },
	{ "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
	  "r13", "r14", "r15" },
};

static const u32 sizes[] = { 1, 2, 4, 8 };
static const s32 constants[] = { 0, 1, -1, 5, 127, -128, 128, 255, 256, 0x1234, -0x1234,
				 0x12345678, 0x7fffffff, -0x7fffffff - 1 };
static const s32 disps[] = { 0, 1, -1, 127, -128, 128, -129, 0x7fff, -0x8000 };

static const char *reg_name(u32 size, u8 reg)
{
	return names[ilog2(size)][reg];
}

static const char *ptr_name(u32 size)
{
	static const char *const ptrs[] = { "BYTE PTR ", "WORD PTR ", "DWORD PTR ", "QWORD PTR " };

	return ptrs[ilog2(size)];
}

static u64 as_size(u32 size, s64 imm)
{
	return size == 8 ? (u64)imm : (u64)imm & ((1ULL << (8 * size)) - 1);
}

__attribute__((format(printf, 1, 2)))
static void expect(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (nr_want < MAX_LINES) {
		vsnprintf(want[nr_want], LINE_BYTES, fmt, args);
		want_off[nr_want++] = buf.len;
	}
	va_end(args);
}

/* Text of a memory operand, without its size. */
static const char *mem_name(struct lbpf_x86_mem mem)
{
	static char text[LINE_BYTES];
	int len;

	if (mem.base == X_NONE) {
		snprintf(text, sizeof(text), "ds:0x%x", mem.disp);
		return text;
	}
	len = snprintf(text, sizeof(text), "[%s", reg_name(8, mem.base));
	if (mem.index != X_NONE)
		len += snprintf(text + len, sizeof(text) - len, "+%s*%d", reg_name(8, mem.index),
				1 << mem.scale_shift);
	if (mem.disp || (mem.base & 7) == X_RBP)
		len += snprintf(text + len, sizeof(text) - len, "%c0x%x", mem.disp < 0 ? '-' : '+',
				mem.disp < 0 ? -mem.disp : mem.disp);
	snprintf(text + len, sizeof(text) - len, "]");
	return text;
}

struct named_op {
	u32		op;
	const char	*name;
	bool		is_load;	/* the result goes to the register */
	u32		min_size;
	u32		rm_size;	/* fixed size of the r/m operand, 0: as the other */
};

static const struct named_op reg_ops[] = {
	{ X_ADD, "add", false, 1 }, { X_OR, "or", false, 1 }, { X_AND, "and", false, 1 },
	{ X_SUB, "sub", false, 1 }, { X_XOR, "xor", false, 1 }, { X_CMP, "cmp", false, 1 },
	{ X_TEST, "test", false, 1 }, { X_MOV, "mov", false, 1 }, { X_XADD, "xadd", false, 1 },
	{ X_CMPXCHG, "cmpxchg", false, 1 }, { X_ADD_LOAD, "add", true, 1 },
		{ X_OR_LOAD, "or", true, 1 },
	{ X_AND_LOAD, "and", true, 1 }, { X_SUB_LOAD, "sub", true, 1 },
		{ X_XOR_LOAD, "xor", true, 1 },
	{ X_CMP_LOAD, "cmp", true, 1 }, { X_MOV_LOAD, "mov", true, 1 }, { X_IMUL, "imul", true, 2 },
	{ X_BSF, "bsf", true, 2 },
	{ X_MOVZX8, "movzx", true, 4, 1 }, { X_MOVZX16, "movzx", true, 4, 2 },
	{ X_MOVSX8, "movsx", true, 4, 1 }, { X_MOVSX16, "movsx", true, 4, 2 },
	{ X_MOVSX32, "movsxd", true, 8, 4 }, { X_CMOV(X_E), "cmove", true, 4 },
	{ X_CMOV(X_B), "cmovb", true, 4 },
};

static void test_reg_ops(void)
{
	u32 i, s, a, b;

	for (i = 0; i < ARRAY_SIZE(reg_ops); i++)
		for (s = 0; s < 4; s++)
			for (a = 0; a < 256; a++) {
				const struct named_op *op = &reg_ops[i];
				u32 rm_size = op->rm_size ? op->rm_size : sizes[s];

				if (sizes[s] < op->min_size)
					continue;
				b = a >> 4;
				if (op->is_load)
					expect("%s %s,%s", op->name, reg_name(sizes[s], b),
					       reg_name(rm_size, a & 15));
				else
					expect("%s %s,%s", op->name, reg_name(rm_size, a & 15),
					       reg_name(sizes[s], b));
				lbpf_x86_rr(&buf, op->op, sizes[s], b, a & 15);
			}
}

static void check_mem(const struct named_op *op, u32 size, u8 reg, struct lbpf_x86_mem mem,
		      u32 flags)
{
	const char *lock = flags & X_LOCK ? "lock " : "";
	u32 rm_size = op->rm_size ? op->rm_size : size;

	if (op->op == X_LEA)
		expect("lea %s,%s", reg_name(size, reg), mem_name(mem));
	else if (op->is_load)
		expect("%s%s %s,%s%s", lock, op->name, reg_name(size, reg), ptr_name(rm_size),
		       mem_name(mem));
	else
		expect("%s%s %s%s,%s", lock, op->name, ptr_name(rm_size), mem_name(mem),
		       reg_name(size, reg));
	lbpf_x86_rm(&buf, op->op | flags, size, reg, mem);
}

static void test_mem_ops(void)
{
	static const struct named_op lea = { X_LEA, "lea", true, 8 };
	u32 i, s, r, d;

	for (i = 0; i < ARRAY_SIZE(reg_ops); i++)
		for (s = 0; s < 4; s++)
			for (r = 0; r < 256; r++) {
				struct lbpf_x86_mem
					mem = lbpf_x86_at(r & 15,
							  disps[(r + i) % ARRAY_SIZE(disps)]);

				if (sizes[s] >= reg_ops[i].min_size)
					check_mem(&reg_ops[i], sizes[s], r >> 4, mem, 0);
			}
	for (s = 0; s < 4; s++)
		for (r = 0; r < 256; r++)
			for (d = 0; d < ARRAY_SIZE(disps); d++)
				check_mem(&reg_ops[d & 1 ? 7 : 16], sizes[s], r >> 4,
					  lbpf_x86_at(r & 15, disps[d]), 0);
	for (r = 0; r < 16 * 16 * 4; r++)
		for (d = 0; d < ARRAY_SIZE(disps); d++) {
			struct lbpf_x86_mem mem = { .base = r & 15, .index = r >> 4 & 15,
						    .scale_shift = r >> 8,
						    .disp = disps[d] };

			if (mem.index == X_RSP)
				continue;
			check_mem(&lea, 8, (r + d) & 15, mem, 0);
			check_mem(&reg_ops[7], 1 << (r & 3), (r + d) & 15, mem, 0);
		}
	for (i = 0; i < ARRAY_SIZE(reg_ops); i++)
		for (r = 0; r < 256 && (i < 5 || i == 8 || i == 9); r++)
			for (s = 0; s < 4; s++)
				check_mem(&reg_ops[i], sizes[s], r >> 4,
					  lbpf_x86_at(r & 15, disps[r % 9]), X_LOCK);
}

static void test_percpu(void)
{
	struct lbpf_x86_mem mem = { .base = X_NONE, .index = X_NONE, .disp = 0x12340 };
	u32 r;

	for (r = 0; r < 16; r++) {
		expect("add %s,QWORD PTR gs:0x12340", reg_name(8, r));
		lbpf_x86_rm(&buf, X_ADD_LOAD | X_GS, 8, r, mem);
		expect("mov %s,DWORD PTR gs:0x12340", reg_name(4, r));
		lbpf_x86_rm(&buf, X_MOV_LOAD | X_GS, 4, r, mem);
	}
	for (r = 2; r < 64; r++) {
		expect("sar QWORD PTR gs:0x12340,0x%x", r);
		lbpf_x86_percpu_sar(&buf, 0x12340, r);
	}
}

/* Those of BPF instructions, whose registers a table has. */
static void test_jit_operands(void)
{
	static const char *const alu[] = { "add", "or", "adc", "sbb", "and", "sub", "xor", "cmp" };
	static struct bpf_insn insn;
	struct lbpf_jit jit = { .buf = buf, .insn = &insn };
	u32 regs, s, c, op;

	for (regs = 0; regs < 12 * 12 * 2; regs++) {
		s = regs & 1 ? 8 : 4;
		insn.dst_reg = regs / 2 % 12;
		insn.src_reg = regs / 24;
		expect("xor %s,%s", reg_name(s, lbpf_jit_dst(&jit)),
		       reg_name(s, lbpf_jit_src(&jit)));
		lbpf_jit_put_rr(&jit, X_OPCODE(X_XOR), s);
		buf.len = jit.buf.len;
		for (c = 0; c < ARRAY_SIZE(constants); c++) {
			op = (regs + c) % 8;
			insn.src_reg = 0;
			expect("%s %s,0x%llx", alu[op], reg_name(s, lbpf_jit_dst(&jit)),
			       (unsigned long long)as_size(s, constants[c]));
			lbpf_jit_put_imm(&jit, op, s, constants[c]);
			buf.len = jit.buf.len;
		}
	}
	buf.overflow = jit.buf.overflow;
}

static void test_xchg(void)
{
	u32 r, s;

	for (s = 0; s < 4; s++)
		for (r = 0; r < 256; r++) {
			struct lbpf_x86_mem mem = lbpf_x86_at(r & 15, disps[r % 9]);

			expect("xchg %s%s,%s", ptr_name(sizes[s]), mem_name(mem),
			       reg_name(sizes[s], r >> 4));
			lbpf_x86_rm(&buf, X_XCHG, sizes[s], r >> 4, mem);
		}
}

static void test_constants(void)
{
	static const char *const alu[] = { "add", "or", "adc", "sbb", "and", "sub", "xor", "cmp" };
	u32 c, op, r, s;

	for (c = 0; c < ARRAY_SIZE(constants); c++)
		for (r = 0; r < 16; r++)
			for (s = 0; s < 4; s++) {
				struct lbpf_x86_mem mem = lbpf_x86_at(r, disps[(r + c) % 9]);
				s32 imm = constants[c];

				if (imm != (s32)as_size(sizes[s], imm) && imm < -128)
					continue;
				for (op = 0; op < 8; op++) {
					expect("%s %s,0x%llx", alu[op], reg_name(sizes[s], r),
					       (unsigned long long)as_size(sizes[s], imm));
					lbpf_x86_alu_imm(&buf, op, sizes[s], r, imm);
					expect("%s %s%s,0x%llx", alu[op], ptr_name(sizes[s]),
					       mem_name(mem),
					       (unsigned long long)as_size(sizes[s], imm));
					lbpf_x86_alu_mem_imm(&buf, op, sizes[s], mem, imm);
				}
				expect("mov %s%s,0x%llx", ptr_name(sizes[s]), mem_name(mem),
				       (unsigned long long)as_size(sizes[s], imm));
				lbpf_x86_store_imm(&buf, sizes[s], mem, imm);
			}
	for (c = 0; c < ARRAY_SIZE(constants); c++)
		for (r = 0; r < 256; r++)
			for (s = 4; s <= 8; s += 4) {
				expect("imul %s,%s,0x%llx", reg_name(s, r >> 4),
				       reg_name(s, r & 15),
				       (unsigned long long)as_size(s, constants[c]));
				lbpf_x86_imul_imm(&buf, s, r >> 4, r & 15, constants[c]);
			}
}

static void test_test_imm(void)
{
	u32 c, r, s;

	for (c = 0; c < ARRAY_SIZE(constants); c++)
		for (r = 0; r < 16; r++)
			for (s = 4; s <= 8; s += 4) {
				s32 imm = constants[c];
				u32 form = imm >= 0 && imm <= 255 ? 1 : imm >= 0 ? 4 : s;

				expect("test %s,0x%llx", reg_name(form, r),
				       (unsigned long long)as_size(form, imm));
				lbpf_x86_test_imm(&buf, s, r, imm);
			}
}

static void test_mov_imm(void)
{
	static const u64 values[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, -1ULL,
				      0xffffffff80000000, 0xffffffff7fffffff, 0x123456789abcdef0 };
	u32 i, r;

	for (i = 0; i < ARRAY_SIZE(values); i++)
		for (r = 0; r < 16; r++) {
			u64 v = values[i];

			if (v >> 32 && (s64)v != (s32)v)
				expect("movabs %s,0x%llx", reg_name(8, r), (unsigned long long)v);
			else
				expect("mov %s,0x%llx", reg_name(v >> 32 ? 8 : 4, r),
				       (unsigned long long)v);
			lbpf_x86_mov_imm(&buf, r, v);
		}
}

static void test_unary_and_shift(void)
{
	static const struct { u8 op; const char *name; } unary[] = {
		{ X_UNARY_NOT, "not" }, { X_UNARY_NEG, "neg" }, { X_UNARY_MUL, "mul" },
		{ X_UNARY_IMUL, "imul" }, { X_UNARY_DIV, "div" }, { X_UNARY_IDIV, "idiv" },
	}, shift[] = {
		{ X_SHIFT_ROL, "rol" }, { X_SHIFT_ROR, "ror" }, { X_SHIFT_SHL, "shl" },
		{ X_SHIFT_SHR, "shr" }, { X_SHIFT_SAR, "sar" },
	};
	u32 i, n, r, s;

	for (r = 0; r < 16; r++)
		for (s = 0; s < 4; s++) {
			const char *name = reg_name(sizes[s], r);

			for (i = 0; i < ARRAY_SIZE(unary); i++) {
				struct lbpf_x86_mem mem = lbpf_x86_at(r, disps[(r + i) % 9]);

				expect("%s %s", unary[i].name, name);
				lbpf_x86_unary(&buf, unary[i].op, sizes[s], r);
				expect("%s %s%s", unary[i].name, ptr_name(sizes[s]), mem_name(mem));
				lbpf_x86_unary_mem(&buf, unary[i].op, sizes[s], mem);
			}
			for (i = 0; i < ARRAY_SIZE(shift); i++) {
				expect("%s %s,cl", shift[i].name, name);
				lbpf_x86_shift_cl(&buf, shift[i].op, sizes[s], r);
				expect("%s %s,1", shift[i].name, name);
				lbpf_x86_shift_imm(&buf, shift[i].op, sizes[s], r, 1);
				for (n = 2; n < 8 * sizes[s]; n++) {
					expect("%s %s,0x%x", shift[i].name, name, n);
					lbpf_x86_shift_imm(&buf, shift[i].op, sizes[s], r, n);
				}
			}
		}
}

static void test_bmi2(void)
{
	u32 r, s;

	for (r = 0; r < 16 * 16 * 16; r++)
		for (s = 4; s <= 8; s += 4) {
			const char *a = reg_name(s, r & 15), *b = reg_name(s, r >> 4 & 15),
				*c = reg_name(s, r >> 8);

			expect("shlx %s,%s,%s", a, b, c);
			lbpf_x86_shiftx(&buf, X_SHIFT_SHL, s, r & 15, r >> 4 & 15, r >> 8);
			expect("shrx %s,%s,%s", a, b, c);
			lbpf_x86_shiftx(&buf, X_SHIFT_SHR, s, r & 15, r >> 4 & 15, r >> 8);
			expect("sarx %s,%s,%s", a, b, c);
			lbpf_x86_shiftx(&buf, X_SHIFT_SAR, s, r & 15, r >> 4 & 15, r >> 8);
			expect("mulx %s,%s,%s", a, b, c);
			lbpf_x86_mulx(&buf, s, r & 15, r >> 4 & 15, r >> 8);
			if (r >> 8)
				continue;
			expect("rorx %s,%s,0x11", a, b);
			lbpf_x86_rorx(&buf, s, r & 15, r >> 4, 17);
		}
}

static void test_one_reg(void)
{
	u32 a, r, s;

	for (r = 0; r < 16; r++) {
		for (s = 4; s <= 8; s += 4) {
			expect("bswap %s", reg_name(s, r));
			lbpf_x86_bswap(&buf, s, r);
			for (a = 0; a < 16; a++) {
				expect("mov %s,%s", reg_name(s, r), reg_name(s, a));
				lbpf_x86_mov(&buf, s, r, a);
			}
		}
		expect("push %s", reg_name(8, r));
		lbpf_x86_push(&buf, r);
		expect("pop %s", reg_name(8, r));
		lbpf_x86_pop(&buf, r);
		expect("jmp %s", reg_name(8, r));
		lbpf_x86_jmp_reg(&buf, r);
		expect("lea %s,[rip+0x1234]", reg_name(8, r));
		lbpf_x86_lea_rip(&buf, r, 0x1234);
	}
}

static void test_jumps(void)
{
	static const char *const conds[] = { "jo", "jno", "jb", "jae", "je", "jne", "jbe", "ja",
					     "js", "jns", "jp", "jnp", "jl", "jge", "jle", "jg" };
	u32 c;

	for (c = 0; c < 16; c++) {
		expect("%s 0x%x", conds[c], buf.len + 2 + 100);
		lbpf_x86_jcc_short(&buf, c, 100);
		expect("%s 0x%x", conds[c], buf.len + 2 - 100);
		lbpf_x86_jcc_short(&buf, c, -100);
		expect("%s 0x%x", conds[c], buf.len + 6 + 100000);
		lbpf_x86_jcc_near(&buf, c, 100000);
		expect("%s 0x%x", conds[c], buf.len + 6 - 10000);
		lbpf_x86_jcc_near(&buf, c, -10000);
	}
	expect("jmp 0x%x", buf.len + 2 - 128);
	lbpf_x86_jmp_short(&buf, -128);
	expect("jmp 0x%x", buf.len + 5 - 12800);
	lbpf_x86_jmp_near(&buf, -12800);
	expect("call 0x%x", buf.len + 5 + 12800);
	lbpf_x86_call(&buf, 12800);
}

static void test_plain(void)
{
	expect("endbr64");
	lbpf_x86_put(&buf, X_ENDBR64);
	expect("lfence");
	lbpf_x86_put(&buf, X_LFENCE);
	expect("ret");
	lbpf_x86_put(&buf, X_RET);
	expect("int3");
	lbpf_x86_put(&buf, X_INT3);
	expect("leave");
	lbpf_x86_put(&buf, X_LEAVE);
	expect("cdq");
	lbpf_x86_put(&buf, X_CDQ);
	expect("cqo");
	lbpf_x86_put(&buf, X_CQO);
}

/* One space between mnemonic and operands, no comment, no space at the end. */
static void normalize(char *text)
{
	char *out = text, *in = text;

	text[strcspn(text, "#\n")] = 0;
	for (; *in; in++)
		if (*in != ' ' || (out > text && out[-1] != ' '))
			*out++ = *in;
	while (out > text && out[-1] == ' ')
		out--;
	*out = 0;
}

/* The disassembler's lines against what was asked for: number that differ. */
static u32 compare(u32 first, u32 end_off)
{
	char path[] = "/tmp/x86_encoders.XXXXXX", command[256], line[256];
	u32 i = first, bad = 0;
	int fd = mkstemp(path);
	FILE *out;

	if (fd < 0 || write(fd, code, end_off) != end_off)
		return 1;
	close(fd);
	snprintf(command, sizeof(command),
		 "objdump -D -w -b binary -mi386:x86-64 -Mintel --start-address=%#x --stop-address=%#x %s",
		 want_off[first], end_off, path);
	out = popen(command, "r");
	while (out && fgets(line, sizeof(line), out)) {
		char *text = strchr(line, '\t');
		u32 off = strtoul(line, NULL, 16);

		text = text ? strchr(text + 1, '\t') : NULL;
		if (!text)
			continue;
		normalize(text + 1);
		if (i < nr_want && off == want_off[i] && !strcmp(text + 1, want[i])) {
			i++;
			continue;
		}
		if (bad++ < 5)
			ksft_print_msg("at 0x%x: is \"%s\", not \"%s\"\n", off, text + 1,
				       i < nr_want ? want[i] : "");
		i++;
	}
	if (!out || pclose(out))
		bad++;
	unlink(path);
	return bad + (i != nr_want);
}

static const struct { void (*run)(void); const char *name; } tests[] = {
	{ test_reg_ops, "register, register" },
	{ test_mem_ops, "register, memory" },
	{ test_percpu, "per-CPU memory" },
	{ test_xchg, "exchange" },
	{ test_constants, "constants" },
	{ test_test_imm, "test with a constant" },
	{ test_mov_imm, "constants of 64 bits" },
	{ test_unary_and_shift, "one operand, and shifts" },
	{ test_bmi2, "BMI2" },
	{ test_one_reg, "moves, stack, byte order" },
	{ test_jumps, "jumps and calls" },
	{ test_plain, "no operand" },
	{ test_jit_operands, "operands of BPF instructions" },
};

int main(void)
{
	u32 i;

	want = calloc(MAX_LINES, sizeof(*want));
	want_off = calloc(MAX_LINES, sizeof(*want_off));
	if (!want || !want_off)
		return KSFT_FAIL;
	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(tests));
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		u32 first = nr_want;

		/* Jumps backward must not leave the file. */
		if (!first)
			for (buf.len = 0; buf.len < 1 << 15; )
				code[buf.len++] = 0x90;
		tests[i].run();
		ksft_test_result(nr_want > first && !buf.overflow && !compare(first, buf.len),
				 "%s: %u instructions\n", tests[i].name, nr_want - first);
	}
	free(want);
	free(want_off);
	ksft_finished();
}
