// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier as a list of passes.
 *
 * Layer: verifier.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#ifdef __KERNEL__
#include <linux/ktime.h>
#endif

#include <lbpf/verifier.h>

#include "walk.h"

/**
 * lbpf_reject() - Say why a program is refused
 * @env: The run.
 * @err: -errno.
 * @fmt: Text, a line or its end, as for printf().
 *
 * Return: @err.
 */
int lbpf_reject(struct lbpf_env *env, int err, const char *fmt, ...)
{
	va_list args;
	size_t len;

	va_start(args, fmt);
	lbpf_vlog(env->log, fmt, args);
	va_end(args);
	va_start(args, fmt);
	len = vscnprintf(env->refusal, sizeof(env->refusal), fmt, args);
	va_end(args);
	if (len && env->refusal[len - 1] == '\n')
		env->refusal[len - 1] = '\0';
	return err;
}

static void set_powers(struct lbpf_env *env)
{
	const struct lbpf_code *code = env->code;
	bool may_trace = lbpf_code_may(code, LBPF_CAP_PERFMON | LBPF_CAP_SYS_ADMIN);

	env->is_capable = lbpf_code_may(code, LBPF_CAP_BPF | LBPF_CAP_SYS_ADMIN);
	env->may_leak = may_trace;
	env->may_read_uninit = may_trace;
	env->no_spec_v1 = may_trace;
	env->no_spec_v4 = may_trace;
	env->is_strict = code->prog_flags & BPF_F_STRICT_ALIGNMENT;
	env->is_sleepable = code->prog_flags & BPF_F_SLEEPABLE;
	env->is_test_freq = env->is_capable && code->prog_flags & BPF_F_TEST_STATE_FREQ;
}

static int walk_program(struct lbpf_env *env)
{
	return lbpf_explore(env, 0);
}

/* What the program attaches to must be there, and suit it. */
static int find_target(struct lbpf_env *env)
{
	const struct lbpf_progtype *pt = env->code->pt;

	return pt->find_target ? pt->find_target(env->code) : 0;
}

/* Masking of a tail call's index needs to know the map. */
static int check_tail_calls(struct lbpf_env *env)
{
	u32 i;

	for (i = 0; i < env->code->nr_insns && !env->no_spec_v1; i++) {
		const struct lbpf_insn_aux *aux = &env->aux[i];

		if (aux->proto && aux->proto->effects & LBPF_EFF_TAIL_CALL &&
		    aux->flags & LBPF_INSN_CALL_POISON)
			return reject(env, -EINVAL, "tail_call abusing map_ptr");
	}
	return 0;
}

/* In this order; each says why when it refuses. */
static int (*const passes[])(struct lbpf_env *env) = {
	lbpf_pass_subprogs,
	lbpf_pass_btf,
	find_target,
	lbpf_pass_resolve,
	lbpf_pass_cfg,
	lbpf_explore_globals,
	walk_program,
	lbpf_explore_asyncs,
	lbpf_pass_stack,
	check_tail_calls,
	lbpf_facts_finish,
};

/* Everything that is there once for each instruction. */
static int alloc_tables(struct lbpf_env *env)
{
	struct lbpf_code *code = env->code;
	u32 i;

	env->info = lbpf_area_alloc_array(code->nr_insns, sizeof(*env->info), NUMA_NO_NODE);
	code->facts = lbpf_area_alloc_array(code->nr_insns, sizeof(*code->facts), NUMA_NO_NODE);
	if (!env->info || !code->facts)
		return -ENOMEM;
	for (i = 0; i < code->nr_insns; i++) {
		code->aux[i].orig = i;
		code->aux[i].facts = &code->facts[i];
	}
	return 0;
}

static u64 now_ns(void)
{
#ifdef __KERNEL__
	return ktime_get_ns();
#else
	return 0;
#endif
}

static void print_stats(struct lbpf_env *env, u64 start_ns)
{
	const struct lbpf_code *code = env->code;
	u32 i;

	if (env->log->level & LBPF_LOG_STATS) {
		verbose(env, "verification time %llu usec\n", (now_ns() - start_ns) / 1000);
		verbose(env, "stack depth ");
		for (i = 0; i < code->nr_subprogs; i++)
			verbose(env, "%s%d", i ? "+" : "", code->subprogs[i].stack_bytes);
		verbose(env, "\n");
	}
	verbose(env,
		"processed %d insns (limit %d) max_states_per_insn %d total_states %d peak_states %d mark_read %d\n",
		code->processed_insns, LBPF_MAX_INSNS, code->max_states_per_insn,
		code->total_states, code->peak_states, code->mark_read);
}

static void free_list(struct lbpf_env *env, struct lbpf_state *list)
{
	struct lbpf_state *next;

	for (; list; list = next) {
		next = list->next;
		lbpf_state_free(env, list);
	}
}

static void release(struct lbpf_env *env)
{
	u32 i;

	lbpf_explore_release(env);
	for (i = 0; env->info && i < env->code->nr_insns; i++)
		free_list(env, env->info[i].explored);
	free_list(env, env->dropped);
	lbpf_state_release_all(env);
	lbpf_area_free(env->info);
	lbpf_area_free(env);
}

/* Stack in whole slots, facts of unseen instructions empty: what comes after relies on it. */
static void finish(struct lbpf_env *env)
{
	struct lbpf_code *code = env->code;
	u32 i;

	for (i = 0; i < code->nr_subprogs; i++)
		code->subprogs[i].stack_bytes = round_up(code->subprogs[i].stack_bytes,
							 LBPF_SLOT_BYTES);
	code->peak_states = env->peak_states;
}

/**
 * lbpf_verify() - Prove that a program is safe, and write down what is known of it
 * @code: Program; see <lbpf/verifier.h>.
 *
 * Context: Process context, may sleep.  Killable.
 * Return: 0, or -errno with the reason in @code->log.
 */
int lbpf_verify(struct lbpf_code *code)
{
	u64 start_ns = now_ns();
	struct lbpf_env *env;
	int err;
	u32 i;

	env = lbpf_area_alloc(sizeof(*env), NUMA_NO_NODE);
	if (!env)
		return -ENOMEM;
	env->code = code;
	env->log = code->log;
	env->insns = code->insns;
	env->aux = code->aux;
	set_powers(env);
	err = alloc_tables(env);
	for (i = 0; i < ARRAY_SIZE(passes) && !err; i++)
		err = passes[i](env);
	if (err)
		lbpf_explain(env, err);
	finish(env);
	print_stats(env, start_ns);
	release(env);
	return err;
}
