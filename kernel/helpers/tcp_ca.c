// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of TCP congestion control.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/tcp.h>
#include <net/tcp.h>

#include <lbpf/compat.h>

#include "helper.h"
#include "protos.h"

HELPER_2(send_ack, struct tcp_sock *, tp, u32, rcv_nxt)
{
	/* A pointer that was read from memory may be NULL. */
	if (tp)
		lbpf_tcp_send_ack((struct sock *)tp, rcv_nxt);
	return 0;
}

const struct lbpf_proto lbpf_tcp_send_ack_proto = {
	.name		= "tcp_send_ack",
	.id		= BPF_FUNC_tcp_send_ack,
	.fn		= send_ack,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_BTF_ID, LBPF_ARG_ANYTHING },
	.arg_btf_name	= "tcp_sock",
};
