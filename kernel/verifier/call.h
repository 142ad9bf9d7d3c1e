/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A helper call under way.
 *
 * Layer: verifier (call).  Private to kernel/verifier/.
 */
#ifndef LBPF_VERIFIER_CALL_H
#define LBPF_VERIFIER_CALL_H

#include <lbpf/map.h>

#include "walk.h"

/**
 * struct lbpf_call - A helper call under way
 * @proto: Helper.
 * @map: Map argument seen so far, or NULL.
 * @map_uid: Its lbpf_reg::map_uid.
 * @is_filled: The last memory argument is written by the helper.
 * @region: Stack memory that it fills: lbpf_region::fills is set then.
 * @ref_id: Reference of an argument, 0: none.
 * @release_regno: Argument that is released, 0: none.
 * @max_size: Largest value of the last size argument.
 * @mem_size: Size of the memory that is returned.
 * @dynptr_frame: Frame of the dynamic pointer that is an argument, or that the helper makes.
 * @dynptr_slot: Its slot there; 0: no argument is one on the stack.
 * @dynptr_id: lbpf_reg::id of it.
 * @new_dynptr: Argument where the helper makes one; 0: none.
 * @subprog: Callback.
 * @string: Constant string, or NULL.
 * @callee: Its frame in the newest branch that waits, when it is called now; NULL otherwise.
 * @kptr: Place in a map value that was passed, or NULL.
 * @percpu_btf: Where the type of a per-CPU object that was passed is described, or NULL.
 * @percpu_id: Its type.
 */
struct lbpf_call {
	const struct lbpf_proto	*proto;
	struct lbpf_map		*map;
	u32			map_uid;
	bool			is_filled;
	struct lbpf_region	region;
	u32			ref_id;
	u32			release_regno;
	u64			max_size;
	u32			mem_size;
	struct lbpf_frame	*dynptr_frame;
	u32			dynptr_slot;
	u32			dynptr_id;
	u32			new_dynptr;
	u32			subprog;
	const char		*string;
	struct lbpf_frame	*callee;
	const struct lbpf_kptr	*kptr;
	const struct lbpf_btf	*percpu_btf;
	u32			percpu_id;
};

/* call_arg.c */
int lbpf_call_arg(struct lbpf_env *env, struct lbpf_call *call, u32 arg);
int lbpf_call_note_ref(struct lbpf_env *env, u32 *ref_id, u32 regno);
/* call_type.c */
int lbpf_call_arg_type(struct lbpf_env *env, u32 regno, u32 arg_type);
bool lbpf_call_may_be_moved(u32 reg_type);
bool lbpf_call_is_ctx(const struct lbpf_progtype *pt, const struct lbpf_btf *btf,
		      const struct btf_type *type);
/* call_btf.c */
int lbpf_call_btf_arg(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type);
int lbpf_call_btf_result(struct lbpf_env *env, const struct lbpf_call *call,
			 struct lbpf_reg *r0);
/* call_dynptr.c */
int lbpf_call_dynptr_arg(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type);
int lbpf_call_dynptr_made(struct lbpf_env *env, const struct lbpf_call *call);
/* access_kptr.c */
int lbpf_call_kptr(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type);
/* call_helper.c */
int lbpf_call_check_run(struct lbpf_env *env, u32 effects);
/* call_lock.c */
int lbpf_call_lock(struct lbpf_env *env, const struct lbpf_call *call, u32 regno);
int lbpf_call_timer(struct lbpf_env *env, const struct lbpf_call *call, u32 regno);
/* call_callback.c */
int lbpf_call_callback(struct lbpf_env *env, struct lbpf_call *call);
void lbpf_call_enter(struct lbpf_env *env, const struct lbpf_call *call);
int lbpf_call_turn(struct lbpf_env *env);
void lbpf_call_async_args(struct lbpf_env *env, struct lbpf_frame *frame,
			  const struct lbpf_async *async);

#endif /* LBPF_VERIFIER_CALL_H */
