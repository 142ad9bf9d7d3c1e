// SPDX-License-Identifier: GPL-2.0
/*
 * LBPF_SOCK_ATTACH and LBPF_SOCK_DETACH.
 *
 * Layer: api.
 */
#include <lbpf/attach.h>

#include "api.h"

/**
 * lbpf_cmd_sock_attach() - LBPF_SOCK_ATTACH
 * @call: Command.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno as setsockopt(2).
 */
int lbpf_cmd_sock_attach(struct lbpf_call *call)
{
	return lbpf_sock_attach(&call->sock_attach);
}

/**
 * lbpf_cmd_sock_detach() - LBPF_SOCK_DETACH
 * @call: Command.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno as setsockopt(2).
 */
int lbpf_cmd_sock_detach(struct lbpf_call *call)
{
	return lbpf_sock_detach(&call->sock_attach);
}

/**
 * lbpf_cmd_perf_attach() - LBPF_PERF_ATTACH
 * @call: Command.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno as PERF_EVENT_IOC_SET_BPF.
 */
int lbpf_cmd_perf_attach(struct lbpf_call *call)
{
	return lbpf_perf_attach(&call->perf_attach);
}
