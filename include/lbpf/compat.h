/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between the target kernels; the only place with version checks.
 *
 * Layer: compat.
 */
#ifndef _LBPF_COMPAT_H
#define _LBPF_COMPAT_H

#include <linux/bpf.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ftrace.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/smp.h>
#include <linux/version.h>
#include <net/ip_tunnels.h>
#include <net/sock.h>
#include <net/tcp.h>

/* Receive queues moved to a header of their own in 6.6. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#include <net/netdev_rx_queue.h>
#endif

/* Segmentation offload likewise in 6.5. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

#ifndef fd_file
/* struct fd is opaque since 6.12. */
#define fd_file(f)	((f).file)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
/* Flags of a mapping are written through functions since 6.3. */
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

/*
 * A packet has a VLAN tag when LBPF_SKB_VLAN_MASK of the BPF_SIZE
 * LBPF_SKB_VLAN_SIZE at LBPF_SKB_VLAN_OFF of struct sk_buff is not zero.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define LBPF_SKB_VLAN_OFF	PKT_VLAN_PRESENT_OFFSET
#define LBPF_SKB_VLAN_SIZE	BPF_B
#define LBPF_SKB_VLAN_MASK	BIT(PKT_VLAN_PRESENT_BIT)
#else
#define LBPF_SKB_VLAN_OFF	offsetof(struct sk_buff, vlan_all)
#define LBPF_SKB_VLAN_SIZE	BPF_W
#define LBPF_SKB_VLAN_MASK	(-1)
#endif

/* An ACK of bytes before @rcv_nxt; the flags of AccECN came in a stable release. */
static inline void lbpf_tcp_send_ack(struct sock *sk, u32 rcv_nxt)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	__tcp_send_ack(sk, rcv_nxt);
#else
	__tcp_send_ack(sk, rcv_nxt, 0);
#endif
}

/* Bytes of options that a socket may have; a sysctl of each network namespace since 6.8. */
static inline int lbpf_optmem_max(const struct sock *sk)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	return READ_ONCE(sysctl_optmem_max);
#else
	return READ_ONCE(sock_net(sk)->core.sysctl_optmem_max);
#endif
}

/* Is the time of a packet one of the monotonic clock?  Its field has more clocks since 6.11. */
static inline void lbpf_skb_mark_monotonic(struct sk_buff *skb, bool is_monotonic)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
	skb->mono_delivery_time = is_monotonic;
#else
	skb->tstamp_type = is_monotonic ? SKB_CLOCK_MONOTONIC : SKB_CLOCK_REALTIME;
#endif
}

/* Where struct sk_buff says what the time of a packet is: a bit, two since 6.11. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define LBPF_SKB_TSTAMP_TYPE_OFF	PKT_VLAN_PRESENT_OFFSET
#define LBPF_SKB_TSTAMP_TYPE_MASK	SKB_MONO_DELIVERY_TIME_MASK
#else
#define LBPF_SKB_TSTAMP_TYPE_OFF	SKB_BF_MONO_TC_OFFSET
#define LBPF_SKB_TSTAMP_TYPE_MASK	SKB_TSTAMP_TYPE_MASK
#endif

/*
 * Is the number that a packet acknowledges a SYN cookie?  Its maximum segment size, or 0; the
 * functions take the number from the header since 6.8.
 */
static inline int lbpf_cookie_v4_check(const struct iphdr *ip, const struct tcphdr *th)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	return __cookie_v4_check(ip, th, ntohl(th->ack_seq) - 1);
#else
	return __cookie_v4_check(ip, th);
#endif
}

static inline int lbpf_cookie_v6_check(const struct ipv6hdr *ip, const struct tcphdr *th)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	return __cookie_v6_check(ip, th, ntohl(th->ack_seq) - 1);
#else
	return __cookie_v6_check(ip, th);
#endif
}

/* Flags of a tunnel's key are a bitmap since 6.10; programs know the 16 of before. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define LBPF_TUNNEL_FLAG(name)	TUNNEL_ ## name
static inline void lbpf_tunnel_add_flag(struct ip_tunnel_info *info, __be16 flag)
{
	info->key.tun_flags |= flag;
}

static inline __be16 lbpf_tunnel_flags(const struct ip_tunnel_info *info)
{
	return info->key.tun_flags;
}

static inline bool lbpf_tunnel_has_options(const struct ip_tunnel_info *info)
{
	return info->key.tun_flags & TUNNEL_OPTIONS_PRESENT;
}

static inline void lbpf_tunnel_set_options(struct ip_tunnel_info *info, const void *from, int len)
{
	ip_tunnel_info_opts_set(info, from, len, TUNNEL_OPTIONS_PRESENT);
}
#else
#define LBPF_TUNNEL_FLAG(name)	IP_TUNNEL_ ## name ## _BIT
static inline void lbpf_tunnel_add_flag(struct ip_tunnel_info *info, unsigned int flag)
{
	__set_bit(flag, info->key.tun_flags);
}

static inline __be16 lbpf_tunnel_flags(const struct ip_tunnel_info *info)
{
	return ip_tunnel_flags_to_be16(info->key.tun_flags);
}

static inline bool lbpf_tunnel_has_options(const struct ip_tunnel_info *info)
{
	return ip_tunnel_is_options_present(info->key.tun_flags);
}

static inline void lbpf_tunnel_set_options(struct ip_tunnel_info *info, const void *from, int len)
{
	IP_TUNNEL_DECLARE_FLAGS(present) = { };

	ip_tunnel_set_options_present(present);
	ip_tunnel_info_opts_set(info, from, len, present);
}
#endif

/* A kernel map without special fields; zero means that since 6.2. */
static inline void lbpf_plain_map_init(struct bpf_map *map)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	map->spin_lock_off = -EINVAL;
	map->timer_off = -EINVAL;
#endif
}

/* Offset of the CPU's own number in per-CPU memory. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define lbpf_cpu_number_off()	((s32)(unsigned long)&pcpu_hot.cpu_number)
#else
#define lbpf_cpu_number_off()	((s32)(unsigned long)&cpu_number)
#endif

/* Offset there of the depth of calls, where the kernel counts it; else 0. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define lbpf_call_depth_off()							\
	(boot_cpu_has(X86_FEATURE_CALL_DEPTH) ? (s32)(unsigned long)&pcpu_hot.call_depth : 0)
#else
#define lbpf_call_depth_off()	0
#endif

/* What maps the owners of a mount's files. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define lbpf_idmap		user_namespace
#define LBPF_NOP_IDMAP		(&init_user_ns)
#else
#define lbpf_idmap		mnt_idmap
#define LBPF_NOP_IDMAP		(&nop_mnt_idmap)
#endif

/* Times of an inode are set through functions since 6.6. */
static inline void lbpf_inode_init_times(struct inode *inode)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	inode->i_ctime = current_time(inode);
	inode->i_mtime = inode->i_ctime;
	inode->i_atime = inode->i_ctime;
#else
	simple_inode_init_ts(inode);
#endif
}

static inline void lbpf_inode_changed(struct inode *inode)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	inode->i_ctime = current_time(inode);
	inode->i_mtime = inode->i_ctime;
#else
	inode_set_mtime_to_ts(inode, inode_set_ctime_current(inode));
#endif
}

/* Argument @nr of the function that the tracer is called for; a function does it since 6.2. */
static inline unsigned long lbpf_ftrace_arg(struct ftrace_regs *regs, unsigned int nr)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	return regs_get_kernel_argument(&regs->regs, nr);
#else
	return ftrace_regs_get_argument(regs, nr);
#endif
}

/*
 * Process of a pidfd, which @file keeps, or NULL: it is none.  What tells pidfds from other files
 * is not exported: they have a file system of their own since 6.9, and a name before.
 */
static inline struct pid *lbpf_pid_of_file(const struct file *file)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
	const struct dentry *dentry = file->f_path.dentry;

	if (dentry->d_sb->s_magic != ANON_INODE_FS_MAGIC || !file->f_op->show_fdinfo ||
	    strcmp(dentry->d_name.name, "[pidfd]"))
		return NULL;
	return file->private_data;
#else
	struct inode *inode = file_inode(file);

	return inode->i_sb->s_magic == PID_FS_MAGIC ? inode->i_private : NULL;
#endif
}

/* Direct calls of functions by name are the only kind since 6.6; before that they had a name. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
static inline int lbpf_ftrace_direct_register(struct ftrace_ops *ops, unsigned long addr)
{
	return register_ftrace_direct_multi(ops, addr);
}

static inline int lbpf_ftrace_direct_modify(struct ftrace_ops *ops, unsigned long addr)
{
	return modify_ftrace_direct_multi(ops, addr);
}

static inline void lbpf_ftrace_direct_unregister(struct ftrace_ops *ops, unsigned long addr)
{
	unregister_ftrace_direct_multi(ops, addr);
}
#else
static inline int lbpf_ftrace_direct_register(struct ftrace_ops *ops, unsigned long addr)
{
	return register_ftrace_direct(ops, addr);
}

static inline int lbpf_ftrace_direct_modify(struct ftrace_ops *ops, unsigned long addr)
{
	return modify_ftrace_direct(ops, addr);
}

static inline void lbpf_ftrace_direct_unregister(struct ftrace_ops *ops, unsigned long addr)
{
	unregister_ftrace_direct(ops, addr, false);
}
#endif

#endif /* _LBPF_COMPAT_H */
