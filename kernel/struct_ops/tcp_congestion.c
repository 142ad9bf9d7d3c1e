// SPDX-License-Identifier: GPL-2.0
/*
 * struct tcp_congestion_ops: TCP congestion control.
 *
 * Layer: struct_ops.  A socket that uses one holds its owner; the map is the owner.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <net/tcp.h>

#include <lbpf/progtypes.h>
#include <lbpf/struct_kinds.h>

/* Letters, digits, '_' and '.', at least one, and a closing NUL. */
static int copy_name(struct tcp_congestion_ops *to, const struct tcp_congestion_ops *from)
{
	size_t i, len = strnlen(from->name, sizeof(from->name));

	if (!len || len == sizeof(from->name))
		return -EINVAL;
	for (i = 0; i < len; i++)
		if (!isalnum(from->name[i]) && from->name[i] != '_' && from->name[i] != '.')
			return -EINVAL;
	memcpy(to->name, from->name, len);
	return 1;
}

static int init_member(u32 off, void *kdata, const void *data)
{
	const struct tcp_congestion_ops *from = data;
	struct tcp_congestion_ops *to = kdata;

	switch (off) {
	case offsetof(struct tcp_congestion_ops, name):
		return copy_name(to, from);
	case offsetof(struct tcp_congestion_ops, flags):
		if (from->flags & ~TCP_CONG_MASK)
			return -EINVAL;
		to->flags = from->flags;
		return 1;
	}
	return 0;
}

static int register_ca(void *kdata)
{
	return tcp_register_congestion_control(kdata);
}

static void unregister_ca(void *kdata)
{
	tcp_unregister_congestion_control(kdata);
}

const struct lbpf_struct_ops lbpf_tcp_congestion_ops = {
	.name		= "tcp_congestion_ops",
	.bytes		= sizeof(struct tcp_congestion_ops),
	.progs		= &lbpf_tcp_ca_progs,
	.entries	= &lbpf_struct_entries,
	.init_member	= init_member,
	.reg		= register_ca,
	.unreg		= unregister_ca,
};
