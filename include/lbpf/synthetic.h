/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test runs of programs whose events cannot be had, on a context made for them.
 *
 * Layer: core.
 */
#ifndef _LBPF_SYNTHETIC_H
#define _LBPF_SYNTHETIC_H

#include <linux/bpf.h>
#include <linux/types.h>

struct lbpf_prog;
struct lbpf_run;
struct sk_buff;
struct sock;

/**
 * struct lbpf_synthetic - A context that was made
 * @area: Zeroed memory that begins with the kernel's context and has what it points to.
 * @ctx: What the program is given: @area, or an object of the kernel.
 * @user: Context of the caller, in the layout of <linux/bpf.h>; zeros when none is given.
 * @sk: A TCP socket that is not connected.
 * @skb: A packet of the caller's data, of @sk.
 * @data: The caller's data.
 * @data_bytes: Their number.
 * @cgroup: What the kernel keeps with a task in which programs of cgroups run.
 */
struct lbpf_synthetic {
	void			*area;
	void			*ctx;
	void			*user;
	struct sock		*sk;
	struct sk_buff		*skb;
	void			*data;
	u32			data_bytes;
	struct bpf_cg_run_ctx	cgroup;
};

/**
 * struct lbpf_synthesis - How a program type's context is made
 * @area_bytes: Size of lbpf_synthetic::area.
 * @has_data: It has a place for data.
 * @link: Sets the pointers.  Then the scalar fields are filled in that lie in the area, or that
 *	programs may write.  NULL: the area has no pointers.
 * @collect: After the run: takes what no row describes back to lbpf_synthetic::user.  May be NULL.
 */
struct lbpf_synthesis {
	u32	area_bytes;
	bool	has_data;
	void	(*link)(struct lbpf_synthetic *made);
	void	(*collect)(struct lbpf_synthetic *made);
};

/* Runs a program as LBPF_F_TEST_SYNTHETIC asks: 0 or -errno. */
int lbpf_synthetic_run(const struct lbpf_prog *prog, struct lbpf_run *run);

#endif /* _LBPF_SYNTHETIC_H */
