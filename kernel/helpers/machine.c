// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on the machine: random numbers, CPU, memory node.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/percpu.h>
#include <linux/prandom.h>
#include <linux/smp.h>
#include <linux/topology.h>

#include <lbpf/helpers.h>

#include "helper.h"
#include "protos.h"
#include "signal.h"
#include "trace.h"

/*
 * Programs get a generator of their own: a program can learn its state, but no other part of the
 * kernel uses it.
 */
static DEFINE_PER_CPU(struct rnd_state, random_state);

HELPER_0(get_prandom_u32)
{
	struct rnd_state *state = get_cpu_ptr(&random_state);
	u32 value = prandom_u32_state(state);

	put_cpu_ptr(&random_state);
	return value;
}

const struct lbpf_proto lbpf_prandom_u32_proto = {
	.name	= "get_prandom_u32",
	.id	= BPF_FUNC_get_prandom_u32,
	.fn	= get_prandom_u32,
	.ret	= LBPF_RET_INTEGER,
};

HELPER_0(get_cpu_id)
{
	return raw_smp_processor_id();
}

const struct lbpf_proto lbpf_cpu_id_proto = {
	.name		= "get_smp_processor_id",
	.id		= BPF_FUNC_get_smp_processor_id,
	.fn		= get_cpu_id,
	.effects	= LBPF_EFF_CPU_ID,
	.ret		= LBPF_RET_INTEGER,
	.inline_as	= LBPF_INLINE_CPU_ID,
};

HELPER_0(get_numa_node_id)
{
	return numa_node_id();
}

const struct lbpf_proto lbpf_numa_node_id_proto = {
	.name	= "get_numa_node_id",
	.id	= BPF_FUNC_get_numa_node_id,
	.fn	= get_numa_node_id,
	.ret	= LBPF_RET_INTEGER,
};

/**
 * lbpf_helpers_init() - Set up what helpers need
 *
 * Context: Module init.
 * Return: 0.
 */
int lbpf_helpers_init(void)
{
	prandom_seed_full_state(&random_state);
	lbpf_signal_init();
	lbpf_trace_init();
	return 0;
}

/**
 * lbpf_helpers_exit() - Wait for what helpers have left to do
 *
 * Context: Module exit: no program runs any more.
 */
void lbpf_helpers_exit(void)
{
	lbpf_signal_exit();
}
