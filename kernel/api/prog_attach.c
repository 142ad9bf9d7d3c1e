// SPDX-License-Identifier: GPL-2.0
/*
 * Places where bpf(2) attaches programs and lbpf does not: BPF_PROG_ATTACH, and those of
 * BPF_LINK_CREATE.  A request that bpf(2) refuses is refused alike; one that it grants answers
 * EOPNOTSUPP.
 *
 * Layer: api.
 */
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/if_link.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <net/net_namespace.h>

#include <lbpf/map.h>
#include <lbpf/prog.h>

#include "api.h"

enum point_flag {
	POINT_SAID	= BIT(0),	/* the program named it when it was loaded */
	POINT_NET_ADMIN	= BIT(1),	/* needs CAP_NET_ADMIN */
};

/**
 * struct attach_point - A place
 * @attach_type: BPF_*.
 * @prog_type: BPF_PROG_TYPE_* of its programs.
 * @flags: OR of enum point_flag.
 * @attach: What is wrong with a BPF_PROG_ATTACH; -EOPNOTSUPP: nothing.  NULL: bpf(2) has only links
 *	there.
 * @link: Likewise of a BPF_LINK_CREATE.
 */
struct attach_point {
	u16	attach_type;
	u16	prog_type;
	u16	flags;
	int	(*attach)(const struct lbpf_call *call, const struct lbpf_prog *prog);
	int	(*link)(const struct lbpf_call *call, const struct lbpf_prog *prog);
};

static int check_cgroup(int fd)
{
	struct cgroup *cgroup = cgroup_get_from_fd(fd);

	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup);
	cgroup_put(cgroup);
	return 0;
}

/* A program that is to be replaced must be one of the type; no cgroup has any of lbpf. */
static int check_replaced(int fd, u32 prog_type)
{
	struct lbpf_prog *prog = lbpf_prog_from_fd(fd);
	bool is_same;

	if (IS_ERR(prog))
		return PTR_ERR(prog);
	is_same = prog->type == prog_type;
	lbpf_prog_put(prog);
	return is_same ? 0 : -EINVAL;
}

static int attach_cgroup(const struct lbpf_call *call, const struct lbpf_prog *prog)
{
	u32 flags = call->attr.attach_flags;
	int err = check_cgroup(call->attr.target_fd);

	if (!err && flags & BPF_F_ALLOW_MULTI && flags & BPF_F_REPLACE)
		err = check_replaced(call->attr.replace_bpf_fd, prog->type);
	if (err)
		return err;
	switch (flags) {
	case 0:
	case BPF_F_ALLOW_OVERRIDE:
	case BPF_F_ALLOW_MULTI:
		return -EOPNOTSUPP;
	case BPF_F_ALLOW_MULTI | BPF_F_REPLACE:
		return -ENOENT;
	default:
		return -EINVAL;
	}
}

static int link_cgroup(const struct lbpf_call *call, const struct lbpf_prog *prog)
{
	if (call->attr.link_create.flags)
		return -EINVAL;
	return check_cgroup(call->attr.link_create.target_fd) ?: -EOPNOTSUPP;
}

/* To the name space of the caller, which nothing names. */
static int attach_netns(const struct lbpf_call *call, const struct lbpf_prog *prog)
{
	if (call->attr.target_fd || call->attr.attach_flags || call->attr.replace_bpf_fd)
		return -EINVAL;
	return -EOPNOTSUPP;
}

static int link_netns(const struct lbpf_call *call, const struct lbpf_prog *prog)
{
	struct net *net;

	if (call->attr.link_create.flags)
		return -EINVAL;
	net = get_net_ns_by_fd(call->attr.link_create.target_fd);
	if (IS_ERR(net))
		return PTR_ERR(net);
	put_net(net);
	return -EOPNOTSUPP;
}

static int check_device(const struct net_device *dev, u32 flags, const struct lbpf_prog *prog)
{
	if (flags & XDP_FLAGS_DRV_MODE && !dev->netdev_ops->ndo_bpf)
		return -EOPNOTSUPP;
	if (prog->expected_attach_type == BPF_XDP_DEVMAP ||
	    prog->expected_attach_type == BPF_XDP_CPUMAP)
		return -EINVAL;
	return -EOPNOTSUPP;
}

static int link_device(const struct lbpf_call *call, const struct lbpf_prog *prog)
{
	u32 flags = call->attr.link_create.flags;
	struct net_device *dev;
	int err;

	if (flags & ~XDP_FLAGS_MODES || hweight32(flags) > 1)
		return -EINVAL;
	dev = dev_get_by_index(current->nsproxy->net_ns, call->attr.link_create.target_ifindex);
	if (!dev)
		return -EINVAL;
	err = check_device(dev, flags, prog);
	dev_put(dev);
	return err;
}

/* No map here is one of sockets for redirection. */
static int attach_map(const struct lbpf_call *call, const struct lbpf_prog *prog)
{
	struct lbpf_map *map;

	if (call->attr.attach_flags || call->attr.replace_bpf_fd)
		return -EINVAL;
	map = lbpf_map_from_fd(call->attr.target_fd);
	if (IS_ERR(map))
		return PTR_ERR(map);
	lbpf_map_put(map);
	return -EOPNOTSUPP;
}

#define CGROUP(prog, at, flags)	\
	{ BPF_CGROUP_ ## at, BPF_PROG_TYPE_CGROUP_ ## prog, flags, attach_cgroup, link_cgroup }
#define POINT(prog, at, flags, attach, link)	\
	{ BPF_ ## at, BPF_PROG_TYPE_ ## prog, flags, attach, link }

/* Source: Linux 6.1, observed: selftests/prog/points.c. */
static const struct attach_point points[] = {
	CGROUP(SKB, INET_INGRESS, POINT_NET_ADMIN),
	CGROUP(SKB, INET_EGRESS, POINT_NET_ADMIN),
	CGROUP(SOCK, INET_SOCK_CREATE, POINT_SAID),
	CGROUP(SOCK, INET_SOCK_RELEASE, POINT_SAID),
	CGROUP(SOCK, INET4_POST_BIND, POINT_SAID),
	CGROUP(SOCK, INET6_POST_BIND, POINT_SAID),
	CGROUP(SOCK_ADDR, INET4_BIND, POINT_SAID),
	CGROUP(SOCK_ADDR, INET6_BIND, POINT_SAID),
	CGROUP(SOCK_ADDR, INET4_CONNECT, POINT_SAID),
	CGROUP(SOCK_ADDR, INET6_CONNECT, POINT_SAID),
	CGROUP(SOCK_ADDR, INET4_GETPEERNAME, POINT_SAID),
	CGROUP(SOCK_ADDR, INET6_GETPEERNAME, POINT_SAID),
	CGROUP(SOCK_ADDR, INET4_GETSOCKNAME, POINT_SAID),
	CGROUP(SOCK_ADDR, INET6_GETSOCKNAME, POINT_SAID),
	CGROUP(SOCK_ADDR, UDP4_SENDMSG, POINT_SAID),
	CGROUP(SOCK_ADDR, UDP6_SENDMSG, POINT_SAID),
	CGROUP(SOCK_ADDR, UDP4_RECVMSG, POINT_SAID),
	CGROUP(SOCK_ADDR, UDP6_RECVMSG, POINT_SAID),
	CGROUP(DEVICE, DEVICE, 0),
	CGROUP(SYSCTL, SYSCTL, 0),
	CGROUP(SOCKOPT, GETSOCKOPT, POINT_SAID),
	CGROUP(SOCKOPT, SETSOCKOPT, POINT_SAID),
	POINT(SOCK_OPS, CGROUP_SOCK_OPS, 0, attach_cgroup, link_cgroup),
	POINT(FLOW_DISSECTOR, FLOW_DISSECTOR, 0, attach_netns, link_netns),
	POINT(SK_LOOKUP, SK_LOOKUP, POINT_SAID, NULL, link_netns),
	POINT(XDP, XDP, 0, NULL, link_device),
	POINT(SK_SKB, SK_SKB_STREAM_PARSER, 0, attach_map, NULL),
	POINT(SK_SKB, SK_SKB_STREAM_VERDICT, 0, attach_map, NULL),
	POINT(SK_SKB, SK_SKB_VERDICT, 0, attach_map, NULL),
	POINT(SK_MSG, SK_MSG_VERDICT, 0, attach_map, NULL),
	/* No program of the type is there, or link_create.c attaches it. */
	POINT(LIRC_MODE2, LIRC_MODE2, 0, NULL, NULL),
	POINT(TRACING, TRACE_RAW_TP, 0, NULL, NULL),
	POINT(TRACING, TRACE_FENTRY, 0, NULL, NULL),
	POINT(TRACING, TRACE_FEXIT, 0, NULL, NULL),
	POINT(TRACING, MODIFY_RETURN, 0, NULL, NULL),
	POINT(TRACING, TRACE_ITER, 0, NULL, NULL),
	POINT(LSM, LSM_MAC, 0, NULL, NULL),
	POINT(LSM, LSM_CGROUP, 0, NULL, NULL),
};

static const struct attach_point *find_point(u32 attach_type)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (points[i].attach_type == attach_type)
			return &points[i];
	return NULL;
}

/* 0, or why a program does not belong there. */
static int check_prog(const struct attach_point *point, const struct lbpf_prog *prog)
{
	if (prog->type != point->prog_type)
		return -EINVAL;
	if (point->flags & POINT_SAID && prog->expected_attach_type != point->attach_type)
		return -EINVAL;
	if (point->flags & POINT_NET_ADMIN && !capable(CAP_NET_ADMIN))
		return -EPERM;
	return 0;
}

/**
 * lbpf_link_refuse() - Answer a BPF_LINK_CREATE for a place where lbpf does not attach
 * @call: Command.
 * @prog: Its program.
 *
 * Context: Process context, may sleep.
 * Return: -EOPNOTSUPP where bpf(2) would make a link, otherwise as bpf(2) refuses.
 */
int lbpf_link_refuse(const struct lbpf_call *call, const struct lbpf_prog *prog)
{
	const struct attach_point *point = find_point(call->attr.link_create.attach_type);

	if (!point)
		return -EINVAL;
	return check_prog(point, prog) ?: point->link ? point->link(call, prog) : -EINVAL;
}

static int refuse(const struct lbpf_call *call, const struct attach_point *point,
		  const struct lbpf_prog *prog)
{
	if (check_prog(point, prog) || !point->attach)
		return -EINVAL;
	return point->attach(call, prog);
}

/**
 * lbpf_cmd_prog_attach() - BPF_PROG_ATTACH
 * @call: Command.
 *
 * Context: Process context, may sleep.
 * Return: -EOPNOTSUPP where bpf(2) would attach the program, otherwise as bpf(2) refuses.
 */
int lbpf_cmd_prog_attach(struct lbpf_call *call)
{
	const u32 known = BPF_F_ALLOW_OVERRIDE | BPF_F_ALLOW_MULTI | BPF_F_REPLACE;
	const struct attach_point *point = find_point(call->attr.attach_type);
	struct lbpf_prog *prog;
	int err;

	if (call->attr.attach_flags & ~known || !point)
		return -EINVAL;
	prog = lbpf_prog_from_fd(call->attr.attach_bpf_fd);
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	err = refuse(call, point, prog);
	lbpf_prog_put(prog);
	return err;
}
