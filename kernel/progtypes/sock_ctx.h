/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows of struct bpf_sock that contexts and socket pointers share.
 *
 * Layer: progtypes (private).
 */
#ifndef _LBPF_SOCK_CTX_H
#define _LBPF_SOCK_CTX_H

#include <linux/bpf.h>
#include <net/sock.h>

#include <lbpf/progtype.h>

int lbpf_sock_emit_queue(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			 const struct lbpf_ctx_field *field, bool is_write);

/* The port, and zeros beside it: whole, or a part of its two bytes. */
#define LBPF_SOCK_PORT_ROW						\
	{								\
		.name = "dst_port", .off = offsetof(struct bpf_sock, dst_port),	\
		.size = sizeof(__u32),					\
		.access = LBPF_CTX_READ | LBPF_CTX_NARROW | LBPF_CTX_NARROW_LOW,	\
		.kind = LBPF_CTX_MEMBER, .type = LBPF_SCALAR,		\
		.k_off = offsetof(struct sock_common, skc_dport),	\
		.k_size = sizeof_field(struct sock_common, skc_dport),	\
	}

#define LBPF_SOCK_QUEUE_ROW						\
	{								\
		.name = "rx_queue_mapping", .off = offsetof(struct bpf_sock, rx_queue_mapping),	\
		.size = sizeof(__s32),					\
		.access = LBPF_CTX_READ | LBPF_CTX_NARROW | LBPF_CTX_NARROW_START,	\
		.kind = LBPF_CTX_EMIT, .type = LBPF_SCALAR, .emit = lbpf_sock_emit_queue,	\
	}

#endif /* _LBPF_SOCK_CTX_H */
