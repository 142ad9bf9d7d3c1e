// SPDX-License-Identifier: GPL-2.0
/*
 * Programs with relocations against the kernel's types, one function each.
 */
#include <linux/bpf.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

/* As the kernel has them, and not. */
struct list_head {
	struct list_head *next;
} CORE;

struct hlist_node;
struct pid;
struct files_struct;

typedef struct {
	int	counter;
} CORE my_counter;

struct task_struct {
	int			pid;
	int			tgid;
	char			comm[16];
	struct task_struct	*parent;
	struct list_head	tasks;
	int			exit_code;
	unsigned int		in_execve : 1;
	unsigned int		sched_reset_on_fork : 1;
	unsigned long long	start_time;
	long			nothing_like_it;
} CORE;

struct task_struct___other {
	unsigned long	pid;
	unsigned int	tgid;
	short		exit_code;
	struct pid	*parent;
	char		*comm;
} CORE;

struct task_struct___wider {
	unsigned long long	pid;
} CORE;

struct sk_buff {
	union {
		struct {
			struct sk_buff	*next;
			struct sk_buff	*prev;
		};
	};
	unsigned int	len;
	unsigned int	data_len;
	__u16		mac_len;
	__u8		cloned : 1;
	__u8		nohdr : 1;
	__u8		pfmemalloc : 1;
	__u8		pkt_type : 3;
	__u8		ip_summed : 2;
	__u32		hash;
	__u16		vlan_tci;
	unsigned char	*data;
} CORE;

struct nobody_has_this {
	int field;
} CORE;

struct callback_head {
	struct callback_head	*next;
	void			(*func)(struct callback_head *head);
} CORE;

struct callback_head___args {
	void	(*func)(struct callback_head *head, int more);
} CORE;

struct path {
	void	*mnt;
	void	*dentry;
} CORE;

union thread_union {
	unsigned long stack[4];
} CORE;

typedef int		(*initcall_t)(void);
typedef unsigned long	sector_t;
typedef long		pgprot_t;
typedef struct { unsigned int val; } kuid_t;

enum pid_type {
	PIDTYPE_PID,
	PIDTYPE_TGID = 7,
	PIDTYPE_NONE_SUCH,
};

enum pid_type___64 {
	PIDTYPE_MAX = 0x100000000ULL,
};

enum no_such_enum {
	NO_SUCH_VALUE = 3,
};

SEC("socket/bytes")
int read_fields(struct __sk_buff *skb)
{
	struct task_struct *task = (void *)skb;

	return __builtin_preserve_field_info(task->pid, BPF_FIELD_BYTE_OFFSET) +
	       __builtin_preserve_field_info(task->comm[3], BPF_FIELD_BYTE_OFFSET) +
	       __builtin_preserve_field_info(task->tasks.next, BPF_FIELD_BYTE_OFFSET) +
	       __builtin_preserve_field_info(task->comm, BPF_FIELD_BYTE_SIZE) +
	       __builtin_preserve_field_info(task->comm[2], BPF_FIELD_BYTE_SIZE) +
	       __builtin_preserve_field_info(task->tgid, BPF_FIELD_SIGNED) +
	       __builtin_preserve_field_info(task->exit_code, BPF_FIELD_RSHIFT_U64) +
	       __builtin_preserve_field_info(task->start_time, BPF_FIELD_LSHIFT_U64) +
	       bpf_core_field_exists(task->nothing_like_it) +
	       bpf_core_field_exists(task->parent);
}

SEC("socket/bits")
int read_bits(struct __sk_buff *skb)
{
	struct task_struct *task = (void *)skb;
	struct sk_buff *buff = (void *)skb;

	return __builtin_preserve_field_info(task->in_execve, BPF_FIELD_BYTE_OFFSET) +
	       __builtin_preserve_field_info(task->sched_reset_on_fork, BPF_FIELD_LSHIFT_U64) +
	       __builtin_preserve_field_info(task->sched_reset_on_fork, BPF_FIELD_RSHIFT_U64) +
	       __builtin_preserve_field_info(buff->pkt_type, BPF_FIELD_BYTE_OFFSET) +
	       __builtin_preserve_field_info(buff->pkt_type, BPF_FIELD_BYTE_SIZE) +
	       __builtin_preserve_field_info(buff->pkt_type, BPF_FIELD_LSHIFT_U64) +
	       __builtin_preserve_field_info(buff->pkt_type, BPF_FIELD_RSHIFT_U64) +
	       __builtin_preserve_field_info(buff->pkt_type, BPF_FIELD_SIGNED) +
	       __builtin_preserve_field_info(buff->prev, BPF_FIELD_BYTE_OFFSET) +
	       __builtin_preserve_field_info(buff->cloned, BPF_FIELD_EXISTS);
}

SEC("socket/types")
int ask_types(struct __sk_buff *skb)
{
	return bpf_core_type_id_local(struct task_struct) +
	       bpf_core_type_id_kernel(struct task_struct) +
	       bpf_core_type_id_kernel(struct nobody_has_this) +
	       bpf_core_type_exists(struct sk_buff) + bpf_core_type_exists(struct nobody_has_this) +
	       bpf_core_type_size(struct task_struct) + bpf_core_type_size(struct path) +
	       bpf_core_type_exists(union thread_union) + bpf_core_type_size(union thread_union) +
	       bpf_core_type_exists(initcall_t) + bpf_core_type_size(initcall_t) +
	       bpf_core_type_exists(sector_t) + bpf_core_type_size(sector_t) +
	       bpf_core_type_exists(pgprot_t) + bpf_core_type_size(kuid_t) +
	       bpf_core_type_exists(my_counter) +
	       bpf_core_type_exists(struct callback_head) +
	       bpf_core_type_exists(struct callback_head___args) +
	       bpf_core_type_exists(enum pid_type) + bpf_core_type_size(enum pid_type) +
	       bpf_core_type_matches(struct bpf_prog_info) +
	       bpf_core_type_matches(struct bpf_sock_ops) +
	       bpf_core_type_matches(struct tcphdr) + bpf_core_type_matches(struct ipv6hdr) +
	       bpf_core_type_matches(enum bpf_map_type) + bpf_core_type_matches(struct path) +
	       bpf_core_type_matches(struct callback_head) +
	       bpf_core_type_matches(struct list_head);
}

/* Structs and functions inside each other, some of them wrong. */
struct callback_head___wrong {
	void	(*func)(int number);
} CORE;

struct callback_head___result {
	int	(*func)(struct callback_head *head);
} CORE;

struct callback_head___fwd {
	void	(*func)(struct task_struct *head);
} CORE;

struct timer_list {
	struct {
		struct hlist_node	*next, **pprev;
	}			entry;
	unsigned long		expires;
	void			(*function)(struct timer_list *timer);
} CORE;

struct timer_list___flat {
	unsigned long		expires;
	void			(*function)(struct timer_list *timer);
	unsigned int		flags;
} CORE;

struct timer_list___signed {
	long			expires;
} CORE;

struct notifier_block {
	int			(*notifier_call)(struct notifier_block *nb, unsigned long action,
						 void *data);
	struct notifier_block	*next;
	int			priority;
} CORE;

struct rb_root {
	struct rb_node	*rb_node;
} CORE;

struct rb_root___struct {
	struct callback_head	*rb_node;
} CORE;

struct rb_root_cached {
	struct rb_root	rb_root;
} CORE;

struct kernfs_node {
	struct rb_node	{
		unsigned long	__rb_parent_color;
	}		rb;
} CORE;

typedef int	(*proc_handler)(int *table, int write, void *buffer, unsigned long *lenp,
				unsigned long long *ppos);
typedef void	(*smp_call_func_t)(void *info);
typedef void	(*work_func_t)(int work);
typedef int	(*cmp_func_t)(const void *a, const void *b);

enum rx_handler_result {
	RX_HANDLER_CONSUMED,
};

typedef enum rx_handler_result rx_handler_func_t(struct sk_buff **pskb);
typedef void	(*call_rcu_func_t)(struct callback_head *head,
				   void (*func)(struct callback_head *head));

struct bio_vec {
	struct page	*bv_page;
	unsigned int	bv_len;
	unsigned short	bv_offset;
} CORE;

SEC("socket/matches")
int match_types(struct __sk_buff *skb)
{
	return bpf_core_type_matches(struct callback_head___args) +
	       bpf_core_type_matches(struct callback_head___wrong) +
	       bpf_core_type_matches(struct callback_head___result) +
	       bpf_core_type_matches(struct callback_head___fwd) +
	       bpf_core_type_matches(struct timer_list___flat) +
	       bpf_core_type_matches(struct timer_list___signed) +
	       bpf_core_type_matches(struct notifier_block) +
	       bpf_core_type_matches(struct rb_root) +
	       bpf_core_type_matches(struct rb_root___struct) +
	       bpf_core_type_matches(proc_handler) + bpf_core_type_matches(smp_call_func_t) +
	       bpf_core_type_matches(work_func_t) + bpf_core_type_matches(cmp_func_t) +
	       bpf_core_type_exists(proc_handler) + bpf_core_type_exists(smp_call_func_t) +
	       bpf_core_type_exists(work_func_t) + bpf_core_type_exists(cmp_func_t) +
	       bpf_core_type_matches(struct bio_vec) + bpf_core_type_matches(sector_t) +
	       bpf_core_type_matches(enum pid_type) + bpf_core_type_matches(enum pid_type___64);
}

SEC("socket/calls")
int match_calls(struct __sk_buff *skb)
{
	return bpf_core_type_exists(rx_handler_func_t) + bpf_core_type_matches(rx_handler_func_t);
}

SEC("socket/inner")
int match_inner(struct __sk_buff *skb)
{
	return bpf_core_type_exists(call_rcu_func_t);
}

SEC("socket/inner2")
int match_inner_calls(struct __sk_buff *skb)
{
	return bpf_core_type_matches(call_rcu_func_t);
}

SEC("socket/nested")
int match_nested(struct __sk_buff *skb)
{
	return bpf_core_type_matches(struct rb_root_cached);
}

SEC("socket/union")
int match_union(struct __sk_buff *skb)
{
	return bpf_core_type_matches(union bpf_attr);
}

SEC("socket/anonymous")
int match_anonymous(struct __sk_buff *skb)
{
	return bpf_core_type_matches(struct timer_list);
}

SEC("socket/deep")
int match_deep(struct __sk_buff *skb)
{
	return bpf_core_type_matches(struct kernfs_node);
}

SEC("socket/enums")
int ask_enums(struct __sk_buff *skb)
{
	return bpf_core_enum_value_exists(enum pid_type, PIDTYPE_PID) +
	       bpf_core_enum_value(enum pid_type, PIDTYPE_TGID) +
	       bpf_core_enum_value_exists(enum pid_type, PIDTYPE_NONE_SUCH) +
	       bpf_core_enum_value_exists(enum no_such_enum, NO_SUCH_VALUE) +
	       bpf_core_enum_value(enum pid_type___64, PIDTYPE_MAX);
}

SEC("socket/flavors")
int ask_flavors(struct __sk_buff *skb)
{
	struct task_struct___other *task = (void *)skb;

	return bpf_core_field_exists(task->pid) + bpf_core_field_size(task->tgid) +
	       bpf_core_field_offset(task->exit_code) + bpf_core_field_exists(task->parent) +
	       bpf_core_field_exists(task->comm) +
	       __builtin_preserve_field_info(task->pid, BPF_FIELD_SIGNED);
}

/* Loads whose offset and width are relocated.  Only some are of a program that may do them. */
SEC("socket/load")
int load_fields(struct __sk_buff *skb)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();

	return task->pid + task->tgid + (long)task->parent->start_time + task->tasks.next->next -
	       (struct list_head *)0;
}

SEC("socket/wider")
int load_wider(struct __sk_buff *skb)
{
	struct task_struct___wider *task = (void *)bpf_get_current_task_btf();

	return task->pid;
}

SEC("socket/store")
int store_fields(struct __sk_buff *skb)
{
	struct sk_buff *buff = (void *)skb;

	buff->len = 1;
	buff->hash = skb->len;
	return 0;
}
