// SPDX-License-Identifier: GPL-2.0
/*
 * Functions of the program that helpers call.
 *
 * Layer: verifier (call).
 */
#include <linux/errno.h>

#include "call.h"

/**
 * lbpf_call_callback() - A helper gets a function to call
 * @env: The run.
 * @call: The call.
 *
 * Return: 0 or -errno with the reason in the log.
 */
int lbpf_call_callback(struct lbpf_env *env, const struct lbpf_call *call)
{
	return reject(env, -EOPNOTSUPP, "callbacks are not supported by %s", lbpf_helper_name(call->proto->id));
}
