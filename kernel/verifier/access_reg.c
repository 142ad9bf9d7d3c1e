// SPDX-License-Identifier: GPL-2.0
/*
 * Reads and writes of registers.
 *
 * Layer: verifier (access).
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "walk.h"

/**
 * lbpf_is_leak() - Would storing this value where the program can read it as a number reveal an
 * address?
 * @env: The run.
 * @reg: Value.
 *
 * Return: True for pointers, unless the loader may see them.
 */
bool lbpf_is_leak(const struct lbpf_env *env, const struct lbpf_reg *reg)
{
	return !env->may_leak && reg->type != LBPF_SCALAR;
}

/**
 * lbpf_use_reg() - An instruction reads or writes a register
 * @env: The run.
 * @regno: Register number, as in the instruction.
 * @use: How it is used.
 *
 * Return: 0, -EINVAL for a number that is no register, -EACCES.
 */
int lbpf_use_reg(struct lbpf_env *env, u32 regno, enum lbpf_use use)
{
	struct lbpf_reg *reg;

	if (regno >= LBPF_NR_REGS)
		return reject(env, -EINVAL, "R%d is invalid", regno);
	env->touched_regs |= BIT(regno);
	env->judged_reg = regno;
	reg = lbpf_reg_of(env, regno);
	if (use == LBPF_REG_SRC) {
		if (reg->type == LBPF_NOT_INIT)
			return reject(env, -EACCES, "R%d !read_ok", regno);
		/* R10 is the same everywhere. */
		if (regno != LBPF_REG_FP)
			lbpf_live_read(env, reg);
		return 0;
	}
	if (regno == LBPF_REG_FP)
		return reject(env, -EACCES, "frame pointer is read only");
	reg->live |= LBPF_LIVE_WRITTEN;
	if (use == LBPF_REG_DST)
		lbpf_reg_set_unknown(env, reg);
	return 0;
}
