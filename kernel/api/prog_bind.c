// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_BIND_MAP: let a program keep a map that it does not refer to.
 *
 * Layer: api.
 */
#include <linux/err.h>

#include <lbpf/map.h>
#include <lbpf/prog.h>

#include "api.h"

static int bind_map(struct lbpf_prog *prog, u32 map_fd)
{
	struct lbpf_map *map = lbpf_map_from_fd(map_fd);
	int err;

	if (IS_ERR(map))
		return PTR_ERR(map);
	err = lbpf_prog_add_map(prog, map);
	if (err)
		lbpf_map_put(map);
	/* Bound already is as good. */
	return err == -EEXIST ? 0 : err;
}

/**
 * lbpf_cmd_prog_bind_map() - BPF_PROG_BIND_MAP
 * @call: Command.
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL, -EBADF, -ENOMEM.
 */
int lbpf_cmd_prog_bind_map(struct lbpf_call *call)
{
	struct lbpf_prog *prog;
	int err;

	if (call->attr.prog_bind_map.flags)
		return -EINVAL;
	prog = lbpf_prog_from_fd(call->attr.prog_bind_map.prog_fd);
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	err = bind_map(prog, call->attr.prog_bind_map.map_fd);
	lbpf_prog_put(prog);
	return err;
}
