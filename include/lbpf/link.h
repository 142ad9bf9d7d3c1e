/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links: programs at the places where they run, as objects.
 *
 * Layer: core.
 */
#ifndef _LBPF_LINK_H
#define _LBPF_LINK_H

#include <linux/workqueue.h>

#include <lbpf/object.h>

struct bpf_link_info;
struct lbpf_link;
struct lbpf_prog;
struct seq_file;

/**
 * struct lbpf_fd_info - What a descriptor of an event, or of a link to one, is about
 * @prog_id: Program.
 * @fd_type: BPF_FD_TYPE_*.
 * @name: Of the tracepoint or function, there as long as the descriptor; or NULL.
 * @probe_offset: Where in the function, bytes.
 * @probe_addr: Address of a probe without a function.
 */
struct lbpf_fd_info {
	u32		prog_id;
	u32		fd_type;
	const char	*name;
	u64		probe_offset;
	u64		probe_addr;
};

/**
 * struct lbpf_link_ops - A kind of link
 * @type: BPF_LINK_TYPE_*.
 * @name: As the kernel calls it in fdinfo.
 * @detach: Ends the runs of the program: none is under way when it returns.  Called once, in
 *	process context; may sleep.
 * @free: Frees the link, nothing else.
 * @fill_info: Fills in what the kind has to tell; @info has the caller's pointers and sizes.
 *	0 or -errno.  NULL: nothing.
 * @fill_fd_info: Says what its descriptor is about; NULL: that cannot be asked.
 * @show_fdinfo: Lines of its own; NULL: none.
 */
struct lbpf_link_ops {
	u32		type;
	const char	*name;
	void (*detach)(struct lbpf_link *link);
	void (*free)(struct lbpf_link *link);
	int (*fill_info)(const struct lbpf_link *link, struct bpf_link_info *info);
	void (*fill_fd_info)(const struct lbpf_link *link, struct lbpf_fd_info *info);
	void (*show_fdinfo)(const struct lbpf_link *link, struct seq_file *seq);
};

/**
 * struct lbpf_link - Head of every link
 * @obj: Id and references.
 * @ops: Kind.
 * @prog: Program, with a reference.
 * @is_detached: ops->detach has been called.
 * @work: Used once the last reference is gone.
 */
struct lbpf_link {
	struct lbpf_object		obj;
	const struct lbpf_link_ops	*ops;
	struct lbpf_prog		*prog;
	atomic_t			is_detached;
	struct work_struct		work;
};

static inline struct lbpf_link *lbpf_link_of(struct lbpf_object *obj)
{
	return container_of(obj, struct lbpf_link, obj);
}

/*
 * A new link, attached already; takes over the caller's reference on @prog, and gives the caller a
 * user reference.  From here on only putting that ends it, detaching first.  A command's context.
 */
void lbpf_link_init(struct lbpf_link *link, const struct lbpf_link_ops *ops,
		    struct lbpf_prog *prog);

/* Link behind @fd with a new reference, or ERR_PTR(-EBADF / -EINVAL). */
struct lbpf_link *lbpf_link_from_fd(u32 fd);

/*
 * For fill_info of links that have names: copies @name to the @room bytes, 1 or more, at @to,
 * always with a NUL: 0, -EFAULT, or -ENOSPC where it was cut.
 */
int lbpf_link_put_name(char __user *to, u32 room, const char *name);

int lbpf_link_core_init(void);

#endif /* _LBPF_LINK_H */
