/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module that tests attach to.
 */
#ifndef LBPF_TARGET_H
#define LBPF_TARGET_H

#include <linux/sched.h>
#include <linux/types.h>

/**
 * struct lbpf_target_object - What its functions are called with
 * @number: As written to the parameter "hit".
 * @task: Who wrote it.
 * @inner: A struct of its own.
 * @inner.twice: Twice @number.
 */
struct lbpf_target_object {
	u64			number;
	struct task_struct	*task;
	struct {
		u32		twice;
	} inner;
};

int lbpf_target_add(struct lbpf_target_object *object, int number);
u32 lbpf_target_read(void);

#endif /* LBPF_TARGET_H */
