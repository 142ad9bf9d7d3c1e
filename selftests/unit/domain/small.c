// SPDX-License-Identifier: GPL-2.0
/*
 * The value domain with registers of a few bits, against all their values.
 *
 * The set of an abstract value (its members) is a bit map; what an operation
 * must cover is computed from the sets, one concrete value after the other.
 * "best" says how often the result is the least abstract value that does.
 */
#include <linux/bpf.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <kselftest.h>
#include "verifier/domain.h"
#include "chance.h"

#define FULL LBPF_FULL_BITS
#define LOW LBPF_LOW_BITS
#define NR_NUMBERS ((int)(1U << FULL))
#define MAX_VALUES 40000

typedef u64 set;

static struct lbpf_scalar values[MAX_VALUES];
static set members[MAX_VALUES];
static int nr_values;

static u64 trunc_to(int width, u64 x)
{
	return x & ((1ULL << width) - 1);
}

static s64 sign_of(int width, u64 x)
{
	return (s64)(x << (64 - width)) >> (64 - width);
}

static set members_of(const struct lbpf_scalar *s)
{
	set out = 0;
	int x;

	for (x = 0; x < NR_NUMBERS; x++) {
		if (lbpf_scalar_has(s, x))
			out |= 1ULL << x;
	}
	return out;
}

/* The least abstract value that holds a set. */
static void least_of(set of, struct lbpf_scalar *s)
{
	struct lbpf_scalar one;
	int x;

	lbpf_scalar_set_empty(s);
	for (x = 0; x < NR_NUMBERS; x++) {
		if (!(of >> x & 1))
			continue;
		lbpf_scalar_set_const(&one, x);
		if (lbpf_scalar_is_empty(s)) {
			*s = one;
			continue;
		}
		s->bits.mask |= s->bits.value ^ one.bits.value;
		s->bits.value &= ~s->bits.mask;
		s->r64.umin = min(s->r64.umin, one.r64.umin);
		s->r64.umax = max(s->r64.umax, one.r64.umax);
		s->r64.smin = min(s->r64.smin, one.r64.smin);
		s->r64.smax = max(s->r64.smax, one.r64.smax);
		s->r32.umin = min(s->r32.umin, one.r32.umin);
		s->r32.umax = max(s->r32.umax, one.r32.umax);
		s->r32.smin = min(s->r32.smin, one.r32.smin);
		s->r32.smax = max(s->r32.smax, one.r32.smax);
	}
}

/* Counts of one operation. */
struct score {
	unsigned long nr;
	unsigned long nr_unsound;
	unsigned long nr_best;
	unsigned long nr_extra;
	unsigned long nr_needed;
};

static bool judge(struct score *score, const struct lbpf_scalar *got, set needed)
{
	set got_members = members_of(got);
	struct lbpf_scalar least;
	bool is_sound = !(needed & ~got_members);

	least_of(needed, &least);
	score->nr++;
	score->nr_unsound += !is_sound;
	score->nr_best += lbpf_scalar_equal(got, &least);
	score->nr_extra += hweight64(got_members);
	score->nr_needed += hweight64(members_of(&least));
	return is_sound;
}

static void report(const struct score *score, const char *name)
{
	ksft_test_result(score->nr && !score->nr_unsound,
			 "%d/%d bits: %s: sound in %lu cases, best in %.2f%%, %.3f x the members of the best\n",
			 FULL, LOW, name, score->nr - score->nr_unsound,
			 100.0 * score->nr_best / score->nr,
			 score->nr_needed ? 1.0 * score->nr_extra / score->nr_needed : 1);
}

/* Where the best is expected, but for one case in a thousand. */
static void report_best(const struct score *score, const char *name)
{
	report(score, name);
	ksft_test_result(score->nr_best * 1000 >= score->nr * 999,
			 "%d/%d bits: %s: the best but for %lu cases\n",
			 FULL, LOW, name, score->nr - score->nr_best);
}

static void show(const char *what, const struct lbpf_scalar *s)
{
	char buf[256];

	lbpf_scalar_print(buf, sizeof(buf), s);
	ksft_print_msg("%s members %llx: %s\n", what, members_of(s), buf);
}

/* The set of abstract values: everything that one view can say, and meets. */

static void add_value(const struct lbpf_scalar *s)
{
	set of = members_of(s);
	int i;

	for (i = 0; i < nr_values; i++) {
		if (members[i] == of && lbpf_scalar_equal(&values[i], s))
			return;
	}
	if (nr_values == MAX_VALUES)
		return;
	values[nr_values] = *s;
	members[nr_values++] = of;
}

static void add_low(u64 umin, u64 umax, s64 smin, s64 smax)
{
	struct lbpf_scalar s;

	lbpf_scalar_set_unknown(&s);
	s.r32 = (struct lbpf_range){ umin, umax, smin, smax };
	lbpf_scalar_sync(&s);
	add_value(&s);
}

static void add_views(void)
{
	struct lbpf_scalar s;
	s64 half = 1LL << (LOW - 1);
	u64 i, j;

	lbpf_scalar_set_unknown(&s);
	add_value(&s);
	lbpf_scalar_set_empty(&s);
	add_value(&s);
	for (i = 0; i < NR_NUMBERS; i++) {
		for (j = 0; j < NR_NUMBERS; j++) {
			lbpf_scalar_set_urange(&s, i, j);
			add_value(&s);
			lbpf_scalar_set_srange(&s, sign_of(FULL, i), sign_of(FULL, j));
			add_value(&s);
			if (i & j)
				continue;
			lbpf_scalar_set_tnum(&s, (struct lbpf_tnum){ i, j });
			add_value(&s);
		}
	}
	for (i = 0; i < 1 << LOW; i++) {
		for (j = i; j < 1 << LOW; j++) {
			add_low(i, j, -half, half - 1);
			add_low(0, 2 * half - 1, (s64)i - half, (s64)j - half);
		}
	}
}

static void add_meets(int nr_wanted)
{
	int nr_views = nr_values;
	struct lbpf_scalar s;
	int i, j, tries;

	for (tries = 0; tries < 20 * nr_wanted && nr_values < nr_wanted; tries++) {
		s = values[unit_random() % nr_views];
		for (j = 0; j < 4; j++) {
			struct lbpf_scalar old = s;

			i = unit_random() % nr_views;
			if (lbpf_scalar_meet(&s, &values[i]))
				continue;
			s = old;
		}
		add_value(&s);
	}
}

/* Keep @nr of the values, evenly spread. */
static void thin_out(int nr)
{
	int i;

	for (i = 0; i < nr && nr < nr_values; i++) {
		values[i] = values[(long)i * nr_values / nr];
		members[i] = members[(long)i * nr_values / nr];
	}
	nr_values = min(nr, nr_values);
}

/* What instructions do, from the instruction set document. */

struct operation {
	const char *name;
	u8 op;
	bool is_signed;
	bool is_compare;
	u64 (*compute)(int width, u64 x, u64 y);
};

#define define_operation(name, result)				\
	static u64 compute_##name(int width, u64 x, u64 y)	\
	{							\
		s64 sx __maybe_unused = sign_of(width, x);	\
		s64 sy __maybe_unused = sign_of(width, y);	\
								\
		return trunc_to(width, result);			\
	}

define_operation(add, x + y)
define_operation(sub, x - y)
define_operation(mul, 1 * x * y)
define_operation(div, y ? x / y : 0)
define_operation(mod, y ? x % y : x)
define_operation(and, ~(~x | ~y))
define_operation(or, x | y)
define_operation(xor, x ^ y)
define_operation(lsh, y < width ? x << y : 0)
define_operation(rsh, y < width ? x >> y : 0)
define_operation(arsh, y < width ? sx >> y : 0)
define_operation(neg, -x)
define_operation(mov, y)
define_operation(sdiv, y ? sx / sy : 0)
define_operation(smod, y ? sx % sy : x)
define_operation(jeq, x == y)
define_operation(jne, x != y)
define_operation(jgt, x > y)
define_operation(jge, x >= y)
define_operation(jlt, x < y)
define_operation(jle, x <= y)
define_operation(jsgt, sx > sy)
define_operation(jsge, sx >= sy)
define_operation(jslt, sx < sy)
define_operation(jsle, sx <= sy)
define_operation(jset, (x & y) != 0)

#define ALU(name, op) { #name, op, false, false, compute_##name }
#define SIGNED(name, op) { #name, op, true, false, compute_##name }
#define JUMP(name, op) { #name, op, false, true, compute_##name }

static const struct operation operations[] = {
	ALU(add, BPF_ADD), ALU(sub, BPF_SUB), ALU(mul, BPF_MUL),
	ALU(div, BPF_DIV), ALU(mod, BPF_MOD), ALU(and, BPF_AND),
	ALU(or, BPF_OR), ALU(xor, BPF_XOR), ALU(lsh, BPF_LSH),
	ALU(rsh, BPF_RSH), ALU(arsh, BPF_ARSH), ALU(neg, BPF_NEG),
	ALU(mov, BPF_MOV), SIGNED(sdiv, BPF_DIV), SIGNED(smod, BPF_MOD),
	JUMP(jeq, BPF_JEQ), JUMP(jne, BPF_JNE), JUMP(jgt, BPF_JGT),
	JUMP(jge, BPF_JGE), JUMP(jlt, BPF_JLT), JUMP(jle, BPF_JLE),
	JUMP(jsgt, BPF_JSGT), JUMP(jsge, BPF_JSGE), JUMP(jslt, BPF_JSLT),
	JUMP(jsle, BPF_JSLE), JUMP(jset, BPF_JSET),
};

static bool is_shift(const struct operation *o)
{
	return !o->is_compare &&
	       (o->op == BPF_LSH || o->op == BPF_RSH || o->op == BPF_ARSH);
}

/* Results of the operation under test, one row for each first operand. */
static set results[NR_NUMBERS][NR_NUMBERS];

static void tabulate(const struct operation *o, bool is_64)
{
	int width = is_64 ? FULL : LOW;
	set all = FULL == 6 ? ~0ULL : (1ULL << (NR_NUMBERS & 63)) - 1;
	set defined_all = is_64 ? all : (1ULL << (1 << LOW)) - 1;
	u64 x, y;

	for (x = 0; x < NR_NUMBERS; x++) {
		for (y = 0; y < NR_NUMBERS; y++) {
			u64 b = trunc_to(width, y);
			u64 out = o->compute(width, trunc_to(width, x), b);

			results[x][y] = o->is_compare ? out : 1ULL << out;
			if (is_shift(o) && b >= width)
				results[x][y] = defined_all;
		}
	}
}

#define for_each_member(x, of) \
	for (set left_##x = (of); \
	     left_##x && ((x) = __builtin_ctzll(left_##x), true); \
	     left_##x &= left_##x - 1)

static set image(set a, set b)
{
	set out = 0;
	int x, y;

	for_each_member(x, a) {
		for_each_member(y, b)
			out |= results[x][y];
	}
	return out;
}

static void try_alu(const struct operation *o, bool is_64, int i, int j,
		    struct score *score)
{
	struct lbpf_scalar out = values[i];

	if (o->is_signed)
		lbpf_scalar_alu_signed(o->op, is_64, &out, &values[j]);
	else
		lbpf_scalar_alu(o->op, is_64, &out, &values[j]);
	if (judge(score, &out, image(members[i], members[j])) ||
	    score->nr_unsound > 3)
		return;
	show("dst", &values[i]);
	show("src", &values[j]);
	show("got", &out);
	ksft_print_msg("needed %llx\n", image(members[i], members[j]));
}

/* Which members of either are in a pair for which the jump goes that way. */
static void split_sets(set a, set b, bool is_taken, set *a_side, set *b_side)
{
	int x, y;

	*a_side = 0;
	*b_side = 0;
	for_each_member(x, a) {
		for_each_member(y, b) {
			if (results[x][y] != is_taken)
				continue;
			*a_side |= 1ULL << x;
			*b_side |= 1ULL << y;
		}
	}
}

static void try_side(const struct operation *o, bool is_64, bool is_taken,
		     int i, int j, struct score *score)
{
	struct lbpf_scalar a = values[i], b = values[j];
	set a_side, b_side;
	bool is_possible;

	split_sets(members[i], members[j], is_taken, &a_side, &b_side);
	is_possible = lbpf_scalar_refine(o->op, is_64, is_taken, &a, &b);
	if (a_side && !is_possible)
		score->nr_unsound++;
	if (is_possible == lbpf_scalar_is_empty(&a) ||
	    is_possible == lbpf_scalar_is_empty(&b))
		score->nr_unsound++;
	if ((judge(score, &a, a_side) & judge(score, &b, b_side)) ||
	    score->nr_unsound > 3)
		return;
	ksft_print_msg("taken %d\n", is_taken);
	show("a", &values[i]);
	show("b", &values[j]);
	show("a got", &a);
	show("b got", &b);
}

static void try_taken(const struct operation *o, bool is_64, int i, int j,
		      struct score *score, struct score *decided)
{
	int got = lbpf_scalar_branch_taken(o->op, is_64, &values[i], &values[j]);
	set outcomes = 0;
	int x, y;

	for_each_member(x, members[i]) {
		for_each_member(y, members[j])
			outcomes |= 1ULL << results[x][y];
	}
	decided->nr++;
	decided->nr_unsound += (got == 0 && outcomes & 2) || (got == 1 && outcomes & 1);
	decided->nr_best += (got < 0) == (outcomes == 3) || !outcomes;
	try_side(o, is_64, true, i, j, score);
	try_side(o, is_64, false, i, j, score);
}

static void test_pairs(const struct operation *o, bool is_64, long nr_pairs)
{
	long all = (long)nr_values * nr_values;
	struct score score = {}, decided = {};
	char name[32];
	long k;

	tabulate(o, is_64);
	for (k = 0; k < min(all, nr_pairs); k++) {
		long pair = all <= nr_pairs ? k : unit_random() % all;
		int i = pair / nr_values, j = pair % nr_values;

		if (o->is_compare)
			try_taken(o, is_64, i, j, &score, &decided);
		else
			try_alu(o, is_64, i, j, &score);
	}
	snprintf(name, sizeof(name), "%s%s", o->name, is_64 ? "" : "32");
	report(&score, name);
	if (o->is_compare)
		ksft_test_result(decided.nr && !decided.nr_unsound,
				 "%d/%d bits: %s: decides rightly, whenever possible in %.2f%%\n",
				 FULL, LOW, name, 100.0 * decided.nr_best / decided.nr);
}

static void test_operations(long nr_pairs)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		test_pairs(&operations[i], true, nr_pairs);
		test_pairs(&operations[i], false, nr_pairs);
	}
}

static void test_extensions(void)
{
	struct score movsx = {}, end = {};
	struct lbpf_scalar out;
	int i, x, from;
	set needed;

	for (i = 0; i < nr_values; i++) {
		for (from = 1; from <= FULL; from++) {
			needed = 0;
			for_each_member(x, members[i])
				needed |= 1ULL << trunc_to(FULL, sign_of(from, x));
			lbpf_scalar_movsx(&out, &values[i], from, true);
			judge(&movsx, &out, needed);

			needed = 0;
			for_each_member(x, members[i])
				needed |= 1ULL << trunc_to(from, x);
			out = values[i];
			lbpf_scalar_end(&out, from, false);
			judge(&end, &out, needed);

			if (from > LOW)
				continue;
			needed = 0;
			for_each_member(x, members[i])
				needed |= 1ULL << trunc_to(LOW, sign_of(from, x));
			lbpf_scalar_movsx(&out, &values[i], from, false);
			judge(&movsx, &out, needed);
		}
	}
	report(&movsx, "movsx");
	report(&end, "zero extension");
}

static void test_lattice(long nr_pairs)
{
	struct score join = {}, meet = {};
	long all = (long)nr_values * nr_values;
	unsigned long nr_wrong = 0, nr_unseen = 0, nr_subsets = 0;
	struct lbpf_scalar s;
	long k;

	for (k = 0; k < min(all, nr_pairs); k++) {
		long pair = all <= nr_pairs ? k : unit_random() % all;
		int i = pair / nr_values, j = pair % nr_values;
		bool is_subset = !(members[j] & ~members[i]);

		nr_subsets += is_subset;
		nr_wrong += lbpf_scalar_subset(&values[i], &values[j]) && !is_subset;
		nr_unseen += !lbpf_scalar_subset(&values[i], &values[j]) && is_subset;
		s = values[i];
		lbpf_scalar_join(&s, &values[j]);
		nr_wrong += !lbpf_scalar_subset(&s, &values[i]);
		nr_wrong += !lbpf_scalar_subset(&s, &values[j]);
		judge(&join, &s, members[i] | members[j]);
		s = values[i];
		lbpf_scalar_meet(&s, &values[j]);
		judge(&meet, &s, members[i] & members[j]);
	}
	ksft_test_result(!nr_wrong, "%d/%d bits: subset: right, %lu of %lu not seen\n",
			 FULL, LOW, nr_unseen, nr_subsets);
	report_best(&join, "join");
	report_best(&meet, "meet");
}

static void random_view(struct lbpf_scalar *s)
{
	u64 r = unit_random();
	s64 half = 1LL << (FULL - 1), low_half = 1LL << (LOW - 1);

	lbpf_scalar_set_unknown(s);
	s->bits.mask = trunc_to(FULL, r | r >> 8);
	s->bits.value = trunc_to(FULL, r >> 16) & ~s->bits.mask;
	if (r >> 40 & 1)
		s->bits = lbpf_tnum_unknown();
	s->r64.umin = trunc_to(FULL, unit_random());
	s->r64.umax = trunc_to(FULL, unit_random());
	if (r >> 41 & 1)
		s->r64.umin = 0;
	s->r64.smin = (s64)trunc_to(FULL, unit_random()) - half;
	s->r64.smax = (s64)trunc_to(FULL, unit_random()) - half;
	if (r >> 42 & 1)
		s->r64.smax = half - 1;
	s->r32.umin = trunc_to(LOW, unit_random());
	s->r32.umax = trunc_to(LOW, unit_random());
	if (r >> 43 & 1)
		s->r32.umax = 2 * low_half - 1;
	s->r32.smin = (s64)trunc_to(LOW, unit_random()) - low_half;
	s->r32.smax = (s64)trunc_to(LOW, unit_random()) - low_half;
	if (r >> 44 & 1)
		s->r32.smin = -low_half;
}

/* Any views at all: nothing that satisfies all of them may be lost. */
static void test_sync(long nr)
{
	struct score score = {};
	struct lbpf_scalar s, again;
	unsigned long nr_unstable = 0, nr_wrong = 0;
	bool is_possible;
	set needed;

	while (score.nr < nr) {
		random_view(&s);
		needed = members_of(&s);
		if (!needed && score.nr % 8)
			continue;
		is_possible = lbpf_scalar_sync(&s);
		judge(&score, &s, needed);
		nr_wrong += is_possible == lbpf_scalar_is_empty(&s);
		again = s;
		lbpf_scalar_sync(&again);
		nr_unstable += !lbpf_scalar_equal(&s, &again);
	}
	report_best(&score, "sync");
	ksft_test_result(!nr_unstable && !nr_wrong, "%d/%d bits: sync: stable\n", FULL, LOW);
}

int main(void)
{
	long depth = unit_depth();
	int i, nr_plan = 10;

	for (i = 0; i < ARRAY_SIZE(operations); i++)
		nr_plan += operations[i].is_compare ? 4 : 2;
	ksft_print_header();
	ksft_set_plan(nr_plan);
	add_views();
	add_meets(4000);
	ksft_print_msg("%d/%d bits: %d abstract values found\n", FULL, LOW, nr_values);
	thin_out(NR_SPREAD * depth);
	ksft_print_msg("%d/%d bits: %d abstract values used\n", FULL, LOW, nr_values);
	test_sync(20000 * depth);
	test_lattice(NR_PAIRS * depth);
	test_extensions();
	test_operations(NR_PAIRS * depth);
	ksft_finished();
}
