// SPDX-License-Identifier: GPL-2.0
/*
 * Step a: maps, places in their values and kernel variables become addresses.
 *
 * Layer: rewrite (p).
 */
#include <lbpf/map.h>

#include "builder.h"
#include "make.h"

#define WANTED		(LBPF_INSN_MAP_ADDR | LBPF_INSN_MAP_VALUE_ADDR | LBPF_INSN_KERNEL_VAR)

static bool applies(const struct lbpf_code *code, u32 index)
{
	return lbpf_rw_is_imm64(&code->insns[index]) && (code->aux[index].flags & WANTED);
}

static u64 find_address(struct lbpf_rewrite *rw)
{
	const struct lbpf_map *map = rw->aux->map;
	u64 addr = (unsigned long)map;
	int err;

	if (rw->aux->flags & LBPF_INSN_KERNEL_VAR)
		return rw->aux->key;
	if (!(rw->aux->flags & LBPF_INSN_MAP_VALUE_ADDR))
		return addr;
	if (!map->ops->value_addr) {
		rw->err = rw->err ?: -EINVAL;
		return 0;
	}
	err = map->ops->value_addr(map, &addr, rw->aux->key);
	if (err && !rw->err)
		rw->err = err;
	return addr;
}

/* The flags stay: a dump shows which map it was. */
static void replace(struct lbpf_rewrite *rw)
{
	u64 addr = find_address(rw);

	lbpf_rw_put_heir(rw, make_insn(BPF_LD | BPF_IMM | BPF_DW, rw->insn->dst_reg, 0, 0, addr),
			 0);
	lbpf_rw_put(rw, make_insn(0, 0, 0, 0, addr >> 32));
}

const struct lbpf_step lbpf_step_addresses = {
	.letter		= 'a',
	.name		= "addresses",
	.flags		= WANTED,
	.applies	= applies,
	.replace	= replace,
};
