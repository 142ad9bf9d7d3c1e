// SPDX-License-Identifier: GPL-2.0
/*
 * The value domain with registers as they are: chance, and examples.
 *
 * The exhaustive tests are in domain/; here the widths are those of the kernel,
 * so that overflow at bit 63 and the 32-bit half are real.  A scalar is made
 * around a number that it must hold; after each operation it must hold the
 * result for that number.
 */
#include <linux/bpf.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <kselftest.h>
#include "verifier/domain.h"
#include "domain/chance.h"

#define NR_CHANCE 15000

/* Numbers near those where things change. */
static u64 random_number(void)
{
	static const u64 edges[] = {
		0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000,
		0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000,
		0xffffffff00000000, 0xffffffff80000000, 0xffffffffffffffff,
	};
	u64 r = unit_random();
	u64 edge = edges[r % ARRAY_SIZE(edges)];

	switch (r >> 60) {
	case 0 ... 3:
		return unit_random();
	case 4 ... 7:
		return unit_random() >> (r >> 32 & 63);
	case 8 ... 9:
		return -(unit_random() >> (r >> 32 & 63));
	default:
		return edge + (s64)(r >> 16 & 15) - 8;
	}
}

/* A scalar that holds @x, and usually more. */
static void random_scalar(u64 x, struct lbpf_scalar *s)
{
	u64 r = unit_random();
	u64 y = random_number();

	lbpf_scalar_set_unknown(s);
	if (r & 1) {
		s->bits.mask = unit_random() & unit_random();
		if (r & 2)
			s->bits.mask |= unit_random() | 0xffffffff00000000ULL;
		s->bits.value = x & ~s->bits.mask;
	}
	if (r & 4) {
		s->r64.umin = min(x, y);
		s->r64.umax = max(x, y);
	}
	y = random_number();
	if (r & 8) {
		s->r64.smin = min_t(s64, x, y);
		s->r64.smax = max_t(s64, x, y);
	}
	y = random_number();
	if (r & 16) {
		s->r32.umin = min_t(u32, x, y);
		s->r32.umax = max_t(u32, x, y);
	}
	if (r & 32) {
		s->r32.smin = min_t(s32, x, y);
		s->r32.smax = max_t(s32, x, y);
	}
	if (!(r & 0x1c0))
		lbpf_scalar_set_const(s, x);
	lbpf_scalar_sync(s);
}

/* What instructions do, from the instruction set document. */

struct operation {
	const char *name;
	u8 op;
	bool is_64;
	bool is_signed;
	bool (*compute)(u64 x, u64 y, u64 *out);
};

#define define_alu(name, utype, stype, is_defined, result)			\
	static bool compute_##name(u64 ux, u64 uy, u64 *out)			\
	{									\
		utype x __maybe_unused = ux, y __maybe_unused = uy;		\
		stype sx __maybe_unused = ux, sy __maybe_unused = uy;		\
										\
		*out = (is_defined) ? (utype)(result) : 0;			\
		return is_defined;						\
	}

#define define_both(name, is_defined, result)					\
	define_alu(name##64, u64, s64, is_defined, result)			\
	define_alu(name##32, u32, s32, is_defined, result)

define_both(add, true, x + y)
define_both(sub, true, x - y)
define_both(mul, true, (x) * (y))
define_both(div, true, y ? x / y : 0)
define_both(mod, true, y ? x % y : x)
define_both(and, true, ~(~x | ~y))
define_both(or, true, x | y)
define_both(xor, true, x ^ y)
define_both(neg, true, -x)
define_both(mov, true, y)
define_both(lsh, y < 8 * sizeof(x), x << y)
define_both(rsh, y < 8 * sizeof(x), x >> y)
define_both(arsh, y < 8 * sizeof(x), sx >> y)
/* The quotient of the least number by -1 is itself. */
define_both(sdiv, true, y == 0 ? 0 : sy == -1 ? -x : sx / sy)
define_both(smod, true, y == 0 ? x : sy == -1 ? 0 : sx % sy)
define_both(jeq, true, x == y)
define_both(jne, true, x != y)
define_both(jgt, true, x > y)
define_both(jge, true, x >= y)
define_both(jlt, true, x < y)
define_both(jle, true, x <= y)
define_both(jsgt, true, sx > sy)
define_both(jsge, true, sx >= sy)
define_both(jslt, true, sx < sy)
define_both(jsle, true, sx <= sy)
define_both(jset, true, (x & y) != 0)

#define BOTH(name, op, is_signed)						\
	{ #name "64", op, true, is_signed, compute_##name##64 },		\
	{ #name "32", op, false, is_signed, compute_##name##32 }

static const struct operation alu[] = {
	BOTH(add, BPF_ADD, false), BOTH(sub, BPF_SUB, false), BOTH(mul, BPF_MUL, false),
	BOTH(div, BPF_DIV, false), BOTH(mod, BPF_MOD, false), BOTH(and, BPF_AND, false),
	BOTH(or, BPF_OR, false), BOTH(xor, BPF_XOR, false), BOTH(neg, BPF_NEG, false),
	BOTH(mov, BPF_MOV, false), BOTH(lsh, BPF_LSH, false), BOTH(rsh, BPF_RSH, false),
	BOTH(arsh, BPF_ARSH, false), BOTH(sdiv, BPF_DIV, true), BOTH(smod, BPF_MOD, true),
};

static const struct operation jumps[] = {
	BOTH(jeq, BPF_JEQ, false), BOTH(jne, BPF_JNE, false), BOTH(jgt, BPF_JGT, false),
	BOTH(jge, BPF_JGE, false), BOTH(jlt, BPF_JLT, false), BOTH(jle, BPF_JLE, false),
	BOTH(jsgt, BPF_JSGT, false), BOTH(jsge, BPF_JSGE, false), BOTH(jslt, BPF_JSLT, false),
	BOTH(jsle, BPF_JSLE, false), BOTH(jset, BPF_JSET, false),
};

static void show(const char *what, const struct lbpf_scalar *s)
{
	char buf[256];

	lbpf_scalar_print(buf, sizeof(buf), s);
	ksft_print_msg("%s: %s\n", what, buf);
}

static bool try_alu(const struct operation *o)
{
	u64 x = random_number(), y = random_number(), out;
	struct lbpf_scalar a, b, got;

	if (unit_random() & 1 && (o->op == BPF_LSH || o->op == BPF_RSH || o->op == BPF_ARSH))
		y &= o->is_64 ? 63 : 31;
	random_scalar(x, &a);
	random_scalar(y, &b);
	got = a;
	if (o->is_signed)
		lbpf_scalar_alu_signed(o->op, o->is_64, &got, &b);
	else
		lbpf_scalar_alu(o->op, o->is_64, &got, &b);
	if (!o->compute(x, y, &out) || lbpf_scalar_has(&got, out))
		return true;
	ksft_print_msg("%llx, %llx give %llx\n", x, y, out);
	show("a", &a);
	show("b", &b);
	show("got", &got);
	return false;
}

static bool try_jump(const struct operation *o)
{
	u64 x = random_number(), y = random_number(), is_taken;
	struct lbpf_scalar a, b, a_got, b_got;
	int decided;

	if (unit_random() % 4 == 0)
		y = x + unit_random() % 3 - 1;
	random_scalar(x, &a);
	random_scalar(y, &b);
	o->compute(x, y, &is_taken);
	decided = lbpf_scalar_branch_taken(o->op, o->is_64, &a, &b);
	a_got = a;
	b_got = b;
	if ((decided < 0 || decided == is_taken) &&
	    lbpf_scalar_refine(o->op, o->is_64, is_taken, &a_got, &b_got) &&
	    lbpf_scalar_has(&a_got, x) && lbpf_scalar_has(&b_got, y) &&
	    lbpf_scalar_subset(&a, &a_got) && lbpf_scalar_subset(&b, &b_got))
		return true;
	ksft_print_msg("%llx, %llx: %lld, decided %d\n", x, y, is_taken, decided);
	show("a", &a);
	show("b", &b);
	show("a got", &a_got);
	show("b got", &b_got);
	return false;
}

static void test_chance(const struct operation *o, bool (*try)(const struct operation *o))
{
	unsigned long i, nr = NR_CHANCE * unit_depth(), nr_wrong = 0;

	for (i = 0; i < nr && nr_wrong < 3; i++)
		nr_wrong += !try(o);
	ksft_test_result(!nr_wrong, "%s: %lu random cases\n", o->name, i);
}

static u64 swap_low(u64 x, unsigned int nr_bits)
{
	return __builtin_bswap64(x) >> (64 - nr_bits);
}

static u64 extend(u64 x, unsigned int nr_bits)
{
	return (s64)(x << (64 - nr_bits)) >> (64 - nr_bits);
}

static bool try_conversions(u64 x)
{
	unsigned int nr_bits = 16 << unit_random() % 3;
	struct lbpf_scalar s, swapped, extended, extended_32, truncated;
	u64 low = ~0ULL >> (64 - nr_bits);

	random_scalar(x, &s);
	swapped = s;
	lbpf_scalar_end(&swapped, nr_bits, true);
	truncated = s;
	lbpf_scalar_truncate(&truncated, nr_bits / 8);
	lbpf_scalar_movsx(&extended, &s, nr_bits, true);
	lbpf_scalar_movsx(&extended_32, &s, 16, false);
	return lbpf_scalar_has(&swapped, swap_low(x, nr_bits)) &&
	       lbpf_scalar_has(&truncated, x & low) && lbpf_scalar_umax(&truncated) <= low &&
	       lbpf_scalar_has(&extended, extend(x, nr_bits)) &&
	       lbpf_scalar_has(&extended_32, (u32)extend(x, 16));
}

static bool try_lattice(u64 x, u64 y)
{
	struct lbpf_scalar a, b, both, either;

	random_scalar(x, &a);
	random_scalar(unit_random() & 1 ? x : y, &b);
	either = a;
	lbpf_scalar_join(&either, &b);
	both = a;
	if (lbpf_scalar_has(&b, x) &&
	    !(lbpf_scalar_meet(&both, &b) && lbpf_scalar_has(&both, x)))
		return false;
	return lbpf_scalar_subset(&either, &a) && lbpf_scalar_subset(&either, &b) &&
	       lbpf_scalar_has(&either, x);
}

static void test_others(void)
{
	unsigned long i, nr = NR_CHANCE * unit_depth(), nr_wrong[2] = {};

	for (i = 0; i < nr; i++) {
		nr_wrong[0] += !try_conversions(random_number());
		nr_wrong[1] += !try_lattice(random_number(), random_number());
	}
	ksft_test_result(!nr_wrong[0], "byte swap, extension, truncation: %lu random cases\n", i);
	ksft_test_result(!nr_wrong[1], "join, meet, subset: %lu random cases\n", i);
}

/* Text: each line was seen in the log of Linux 6.1 for the same knowledge. */

static void set_full(struct lbpf_scalar *s)
{
	lbpf_scalar_set_unknown(s);
}

static void set_minus_7(struct lbpf_scalar *s)
{
	lbpf_scalar_set_const(s, -7);
}

static void set_byte(struct lbpf_scalar *s)
{
	lbpf_scalar_set_load(s, 1);
}

static void set_signed(struct lbpf_scalar *s)
{
	lbpf_scalar_set_srange(s, -8, 7);
}

static void set_below(struct lbpf_scalar *s)
{
	lbpf_scalar_set_srange(s, S64_MIN, 9);
}

static void set_above(struct lbpf_scalar *s)
{
	lbpf_scalar_set_urange(s, 9, U64_MAX);
}

static void set_positive(struct lbpf_scalar *s)
{
	lbpf_scalar_set_srange(s, 9, S64_MAX);
}

static void set_low_above(struct lbpf_scalar *s)
{
	struct lbpf_scalar ten;

	lbpf_scalar_set_unknown(s);
	lbpf_scalar_set_const(&ten, 10);
	lbpf_scalar_refine(BPF_JGE, false, true, s, &ten);
	s->r64.umin = 0;
	s->r64.smin = S64_MIN;
}

static void set_shifted(struct lbpf_scalar *s)
{
	struct lbpf_scalar four;

	lbpf_scalar_set_load(s, 1);
	lbpf_scalar_set_const(&four, 4);
	lbpf_scalar_alu(BPF_LSH, true, s, &four);
}

struct text {
	const char *expect;
	void (*make)(struct lbpf_scalar *s);
};

static const struct text texts[] = {
	{ "", set_full },
	{ "-7", set_minus_7 },
	{ "umax=255,var_off=(0x0; 0xff)", set_byte },
	{ "smax=9", set_below },
	{ "umin=9", set_above },
	{ "umin=9,umax=9223372036854775807,var_off=(0x0; 0x7fffffffffffffff)", set_positive },
	{ "u32_min=10", set_low_above },
	{ "umax=4080,var_off=(0x0; 0xff0)", set_shifted },
	{ "smin=-8,smax=7", set_signed },
};

static void test_text(void)
{
	struct lbpf_scalar s;
	char buf[256], tiny[8];
	size_t len, i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		texts[i].make(&s);
		len = lbpf_scalar_print(buf, sizeof(buf), &s);
		ksft_test_result(!strcmp(buf, texts[i].expect) && len == strlen(buf),
				 "text \"%s\": \"%s\"\n", texts[i].expect, buf);
	}
	lbpf_scalar_set_load(&s, 1);
	memset(tiny, 'x', sizeof(tiny));
	len = lbpf_scalar_print(tiny, sizeof(tiny), &s);
	ksft_test_result(len == sizeof(tiny) - 1 && !strcmp(tiny, "umax=25"),
			 "text is cut to the buffer\n");
	ksft_test_result(!lbpf_scalar_print(NULL, 0, &s), "text into no buffer\n");
}

/* Examples of what was hard. */

static void test_examples(void)
{
	struct lbpf_scalar a, b;

	lbpf_scalar_set_srange(&a, -5, 5);
	lbpf_scalar_set_const(&b, 0);
	lbpf_scalar_refine(BPF_JSGE, true, true, &a, &b);
	ksft_test_result(lbpf_scalar_umax(&a) == 5, "a sign test bounds the unsigned value\n");

	lbpf_scalar_set_urange(&a, 10, 0x1fffffffffULL);
	lbpf_scalar_set_const(&b, 16);
	lbpf_scalar_refine(BPF_JLT, false, true, &a, &b);
	ksft_test_result(lbpf_scalar_umin(&a) == 10 && lbpf_scalar_umax(&a) == 0x1f0000000fULL,
			 "a bound of the low half moves the ends of the whole\n");

	lbpf_scalar_set_urange(&a, 0, 8);
	lbpf_scalar_set_const(&b, 0);
	lbpf_scalar_refine(BPF_JNE, true, true, &a, &b);
	ksft_test_result(lbpf_scalar_umin(&a) == 1, "an inequality cuts the end\n");

	lbpf_scalar_set_load(&a, 8);
	lbpf_scalar_set_const(&b, 0);
	ksft_test_result(lbpf_scalar_branch_taken(BPF_JGE, true, &a, &b) == 1 &&
			 lbpf_scalar_branch_taken(BPF_JLT, true, &a, &b) == 0 &&
			 lbpf_scalar_branch_taken(BPF_JSGE, true, &a, &b) == -1 &&
			 lbpf_scalar_branch_taken(0xe0, true, &a, &b) == -1,
			 "what is decided without knowing anything\n");

	lbpf_scalar_set_const(&a, 1);
	ksft_test_result(!lbpf_scalar_alu(BPF_END, true, &a, &b) && lbpf_scalar_is_unknown(&a) &&
			 !lbpf_scalar_alu_signed(BPF_ADD, true, &a, &b),
			 "what is no operation gives an unknown number\n");

	lbpf_scalar_set_urange(&a, 2, 1);
	lbpf_scalar_set_const(&b, 1);
	lbpf_scalar_alu(BPF_ADD, true, &b, &a);
	ksft_test_result(lbpf_scalar_is_empty(&a) && lbpf_scalar_is_empty(&b) &&
			 lbpf_scalar_subset(&a, &b), "nothing stays nothing\n");
}

int main(void)
{
	int i;

	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(alu) + ARRAY_SIZE(jumps) + 2 + ARRAY_SIZE(texts) + 2 + 6);
	for (i = 0; i < ARRAY_SIZE(alu); i++)
		test_chance(&alu[i], try_alu);
	for (i = 0; i < ARRAY_SIZE(jumps); i++)
		test_chance(&jumps[i], try_jump);
	test_others();
	test_text();
	test_examples();
	ksft_finished();
}
