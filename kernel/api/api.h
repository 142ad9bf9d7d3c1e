/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the command files share.
 *
 * Layer: api (private).  A command is one function and one row of the table in
 * dispatch.c; the dispatcher has copied the attributes and checked their size,
 * tail and capability before the function runs.
 */
#ifndef _LBPF_API_PRIVATE_H
#define _LBPF_API_PRIVATE_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <lbpf.h>

struct lbpf_link;
struct lbpf_map;
struct lbpf_object;
struct lbpf_prog;

/**
 * struct lbpf_call - One command of one caller
 * @attr: Attributes of a bpf(2) command, copied once; what the caller did not pass reads as zero.
 * @sock_attach: The same, of LBPF_SOCK_ATTACH and LBPF_SOCK_DETACH.
 * @prog_facts: Of LBPF_PROG_FACTS.
 * @stats: Of LBPF_STATS.
 * @map_count: Of LBPF_MAP_COUNT.
 * @map_walk: Of LBPF_MAP_WALK.
 * @prog_explain: Of LBPF_PROG_EXPLAIN.
 * @perf_attach: Of LBPF_PERF_ATTACH.
 * @perf_query: Of LBPF_PERF_QUERY.
 * @uattr: The caller's attributes, for fields that are written back.  Never read again.
 * @size_bytes: Size of @uattr as the caller gave it: a field behind it must not be written.
 * @is_kernel: A program makes the command: addresses in @attr of what is read are kernel ones, and
 *	@uattr is NULL.
 */
struct lbpf_call {
	union {
		union bpf_attr			attr;
		struct lbpf_sock_attach		sock_attach;
		struct lbpf_prog_facts_attr	prog_facts;
		struct lbpf_stats		stats;
		struct lbpf_map_count		map_count;
		struct lbpf_map_walk		map_walk;
		struct lbpf_prog_explain	prog_explain;
		struct lbpf_perf_attach		perf_attach;
		struct lbpf_perf_query		perf_query;
	};
	union bpf_attr __user	*uattr;
	u32			size_bytes;
	bool			is_kernel;
};

/* A command: its non-negative result (a descriptor, 0), or -errno. */
typedef int (*lbpf_command_fn)(struct lbpf_call *call);

/* Stages of PROG_LOAD whose time is counted. */
enum lbpf_load_stage {
	LBPF_LOAD_VERIFY,
	LBPF_LOAD_REWRITE,
	LBPF_LOAD_EMIT,
	NR_LBPF_LOAD_STAGES,
};

/* prog_load.c: time that @stage has taken so far, ns. */
u64 lbpf_load_ns(enum lbpf_load_stage stage);

/* dispatch.c: the call behind ioctl(@nr, @size_bytes, @uattr). */
long lbpf_dispatch(u32 nr, u32 size_bytes, void __user *uattr);
/* ... that a program makes: @attr is kernel memory. */
long lbpf_dispatch_kernel(u32 nr, const void *attr, u32 size_bytes);
/* ... of a command inside of another one. */
int lbpf_call_open(struct lbpf_call *call, u32 nr, void __user *uattr, u32 size_bytes);
/* What bpf(2) calls unprivileged_bpf_disabled, the other way round. */
bool lbpf_unprivileged_allowed(void);

/* map_create.c, for every kind of object */
int lbpf_open_flags(u32 flags);
bool lbpf_name_is_valid(const char *name);

/* pin.c */
int lbpf_cmd_obj_pin(struct lbpf_call *call);
int lbpf_cmd_obj_get(struct lbpf_call *call);

/* map_create.c, map_elem.c, map_batch.c, map_freeze.c */
int lbpf_cmd_map_create(struct lbpf_call *call);
int lbpf_cmd_map_lookup(struct lbpf_call *call);
int lbpf_cmd_map_update(struct lbpf_call *call);
int lbpf_cmd_map_delete(struct lbpf_call *call);
int lbpf_cmd_map_next_key(struct lbpf_call *call);
int lbpf_cmd_map_lookup_delete(struct lbpf_call *call);
int lbpf_cmd_map_freeze(struct lbpf_call *call);
int lbpf_cmd_map_lookup_batch(struct lbpf_call *call);
int lbpf_cmd_map_lookup_delete_batch(struct lbpf_call *call);
int lbpf_cmd_map_update_batch(struct lbpf_call *call);
int lbpf_cmd_map_delete_batch(struct lbpf_call *call);
int lbpf_cmd_map_count(struct lbpf_call *call);

/* map_walk.c */
int lbpf_cmd_map_walk(struct lbpf_call *call);

/* map_types.c */
int lbpf_map_take_types(struct lbpf_map *map, const union bpf_attr *attr);

/* btf.c */
int lbpf_cmd_btf_load(struct lbpf_call *call);
int lbpf_btf_info_get(struct lbpf_object *obj, struct lbpf_call *call);

/* ids.c */
int lbpf_cmd_map_next_id(struct lbpf_call *call);
int lbpf_cmd_prog_next_id(struct lbpf_call *call);
int lbpf_cmd_btf_next_id(struct lbpf_call *call);
int lbpf_cmd_link_next_id(struct lbpf_call *call);
int lbpf_cmd_map_fd_by_id(struct lbpf_call *call);
int lbpf_cmd_prog_fd_by_id(struct lbpf_call *call);
int lbpf_cmd_btf_fd_by_id(struct lbpf_call *call);
int lbpf_cmd_link_fd_by_id(struct lbpf_call *call);

/* link.c */
int lbpf_cmd_raw_tp_open(struct lbpf_call *call);
struct lbpf_link *lbpf_link_tracing(struct lbpf_prog *prog);
int lbpf_link_give(struct lbpf_link *link);
int lbpf_link_info_get(struct lbpf_object *obj, struct lbpf_call *call);

/* link_create.c, perf.c */
int lbpf_cmd_link_create(struct lbpf_call *call);
int lbpf_cmd_link_update(struct lbpf_call *call);
int lbpf_cmd_link_detach(struct lbpf_call *call);
int lbpf_cmd_perf_attach(struct lbpf_call *call);
int lbpf_cmd_perf_query(struct lbpf_call *call);
int lbpf_cmd_task_fd_query(struct lbpf_call *call);

/* prog_attach.c */
int lbpf_cmd_prog_attach(struct lbpf_call *call);
int lbpf_link_refuse(const struct lbpf_call *call, const struct lbpf_prog *prog);

/* info.c */
int lbpf_cmd_obj_info(struct lbpf_call *call);
/*
 * How much of an information struct of @size_bytes to exchange with the user
 * struct of @call->attr.info: that size, or -E2BIG (non-zero unknown tail),
 * -EFAULT.  The same rule for every kind of object.
 */
int lbpf_info_size(const struct lbpf_call *call, u32 size_bytes);
/* Copies out @info_bytes of @info and their number. */
int lbpf_info_put(struct lbpf_call *call, const void *info, u32 info_bytes);
/* map_info.c and prog_info.c: one kind each. */
int lbpf_map_info_get(struct lbpf_map *map, struct lbpf_call *call);
int lbpf_prog_info_get(struct lbpf_prog *prog, struct lbpf_call *call);

/* stats.c */
int lbpf_cmd_stats(struct lbpf_call *call);
int lbpf_cmd_enable_stats(struct lbpf_call *call);

/* prog_load.c, prog_run.c, prog_bind.c, prog_facts.c, sock.c */
int lbpf_cmd_prog_load(struct lbpf_call *call);
int lbpf_cmd_prog_test_run(struct lbpf_call *call);
int lbpf_cmd_prog_bind_map(struct lbpf_call *call);
int lbpf_cmd_prog_facts(struct lbpf_call *call);
int lbpf_cmd_prog_explain(struct lbpf_call *call);
int lbpf_cmd_sock_attach(struct lbpf_call *call);
int lbpf_cmd_sock_detach(struct lbpf_call *call);

#endif /* _LBPF_API_PRIVATE_H */
