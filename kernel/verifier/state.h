/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the verifier knows at one point of one path: registers, stack, frames.
 *
 * Layer: verifier (state).  Private to kernel/verifier/.
 */
#ifndef LBPF_VERIFIER_STATE_H
#define LBPF_VERIFIER_STATE_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <lbpf/code.h>
#include <lbpf/types.h>

#include "domain.h"

struct lbpf_env;

#define LBPF_NR_REGS		(MAX_BPF_REG)
#define LBPF_REG_FP		BPF_REG_10
#define LBPF_SLOT_BYTES		8
#define LBPF_NR_SLOTS		(LBPF_STACK_BYTES / LBPF_SLOT_BYTES)

/* Largest fixed or variable offset a pointer may have, as Linux bounds it. */
#define LBPF_MAX_VAR_OFF	(1 << 29)
/* Largest known size of a packet, bytes. */
#define LBPF_MAX_PACKET_OFF	0xffff

/* Liveness of a register or slot between the checkpoint above it and here. */
enum lbpf_live {
	LBPF_LIVE_READ		= BIT(0),	/* the value at the checkpoint is read later */
	LBPF_LIVE_WRITTEN	= BIT(1),	/* written since the checkpoint: reads stop here */
};

/* Values of packet range of a register compared with the end of the packet. */
enum lbpf_at_pkt_end {
	LBPF_AT_PKT_END		= -1,
	LBPF_BEYOND_PKT_END	= -2,
};

/**
 * struct lbpf_reg - What is known of one register or one spilled register
 * @type: enum lbpf_reg_type with flags.
 * @off: Fixed part of a pointer's offset, bytes.  0 for scalars.
 * @map: PTR_CONST_MAP, PTR_MAP_KEY, PTR_MAP_VALUE.
 * @range: Packet pointers: bytes proved to be readable from off 0; or enum lbpf_at_pkt_end.
 * @mem_size: PTR_MEM, PTR_BUF: bytes.
 * @subprog: PTR_FUNC: number of the function.
 * @btf: PTR_BTF_ID: where the type is described.
 * @btf_id: PTR_BTF_ID: type in @btf.
 * @detail: The members above as two words, to compare them at once.
 * @map_uid: Inner maps: the lookup they come from; PTR_MEM: the dynamic pointer it was reached
 *	through; 0 otherwise.
 * @var: The number (scalar), or the variable part of the offset (pointer).
 * @id: Values with the same id are equal (scalars), or have the same variable part
 *	(packet), or come from the same maybe-NULL value (pointers).  0: unrelated.
 * @ref_id: Reference it holds or is derived from; 0: none.
 * @frame: PTR_STACK: frame that the stack belongs to.
 * @live: OR of enum lbpf_live.
 * @is_precise: Scalar: an exact comparison is needed when pruning.
 * @parent: Same register at the checkpoint above, for liveness; NULL: none.
 */
struct lbpf_reg {
	u32			type;
	s32			off;
	union {
		struct lbpf_map	*map;
		s32		range;
		u32		mem_size;
		u32		subprog;
		struct {
			const struct lbpf_btf *btf;
			u32	btf_id;
		};
		u64		detail[2];
	};
	u32			map_uid;
	u32			frame;
	struct lbpf_scalar	var;
	u32			id;
	u32			ref_id;
	struct lbpf_reg		*parent;
	u8			live;
	bool			is_precise;
};

/* What one byte of the stack holds. */
enum lbpf_slot_kind {
	LBPF_SLOT_INVALID,	/* never written */
	LBPF_SLOT_SPILL,	/* part of a spilled register */
	LBPF_SLOT_MISC,		/* some number */
	LBPF_SLOT_ZERO,		/* zero */
	LBPF_SLOT_DYNPTR,	/* part of a dynamic pointer, see state_dynptr.c */
	LBPF_NR_SLOT_KINDS,
};

/**
 * struct lbpf_slot - Eight aligned bytes of stack
 * @spilled: The register in it when kind[7] is LBPF_SLOT_SPILL; its liveness in any case.
 * @kind: enum lbpf_slot_kind of each byte, from the highest address down: byte fp-1 is kind[0] of
 *	slot 0.
 */
struct lbpf_slot {
	struct lbpf_reg	spilled;
	u8		kind[LBPF_SLOT_BYTES];
};

/**
 * struct lbpf_frame - One activation of one function
 * @regs: Registers.
 * @callsite: Index of the call instruction in the frame below; main function: LBPF_NO_CALLSITE.
 * @frameno: Place in lbpf_state::frame.
 * @subprog: Function.
 * @in_callback: Called by a helper, now.
 * @in_async_callback: Called by the kernel, later.
 * @callback_max: Greatest value a callback may return (the least is 0).
 * @nr_slots: Slots in use: slot 0 is fp-8..fp-1.
 * @max_slots: Room at @slots.
 * @slots: Stack.
 * @next_free: Next frame waiting for reuse.
 */
struct lbpf_frame {
	struct lbpf_reg		regs[LBPF_NR_REGS];
	u32			callsite;
	u32			frameno;
	u32			subprog;
	u32			callback_max;
	bool			in_callback;
	bool			in_async_callback;
	u32			nr_slots;
	u32			max_slots;
	struct lbpf_slot	*slots;
	struct lbpf_frame	*next_free;
};

#define LBPF_NO_CALLSITE	U32_MAX

/**
 * struct lbpf_ref - A reference that must be released
 * @id: As lbpf_reg::ref_id.
 * @insn_idx: Call that acquired it.
 * @callback_frame: Frame number of the callback it was acquired in, 0: none.
 */
struct lbpf_ref {
	u32	id;
	u32	insn_idx;
	u32	callback_frame;
};

/*
 * Place of a register or stack slot: frame << 7, | 0x40 and the slot, or the register + 1.  0: no
 * place.
 */
#define LBPF_PLACE_REG(frame, reg)	((frame) << 7 | ((reg) + 1))
#define LBPF_PLACE_SLOT(frame, slot)	((frame) << 7 | 0x40 | (slot))
#define LBPF_PLACE_BITS			10
#define LBPF_PLACES_PER_HOP		6

/**
 * struct lbpf_hop - What walking back must know of one step of the path
 * @idx: Instruction.
 * @prev_idx: Instruction walked before it.
 * @linked: Places that learned from its comparison together, LBPF_PLACE_BITS each; 0: none.
 * @slot: Stack slot that it loads or stores through another register than R10: LBPF_PLACE_SLOT, or
 *	0.
 */
struct lbpf_hop {
	u32	idx;
	u32	prev_idx;
	u64	linked;
	u32	slot;
};

/**
 * struct lbpf_state - Everything known at one point of one path
 * @frame: Frames, [0] the main function.
 * @curframe: Index of the running one.
 * @is_speculative: This path is one that only a mispredicted processor takes.
 * @lock_id: lbpf_reg::id of the value whose bpf_spin_lock is held; 0: none.
 * @is_last_turn: The function that a helper calls, at whose call this is, has ended the helper.
 * @turns: Turns of functions that helpers call, on the way here.
 * @nr_refs: References held.
 * @max_refs: Room at @refs.
 * @refs: References held.
 * @parent: Checkpoint above.
 * @branches: Paths from here that are still being walked.
 * @insn_idx: Checkpoint: its instruction.
 * @first_idx: First instruction of the stretch since the checkpoint above.
 * @last_idx: Last instruction of it.
 * @nr_hops: Jumps in the stretch.
 * @max_hops: Room at @hops.
 * @hops: Jumps in the stretch, for walking back.
 * @next: Next checkpoint of the same instruction, or next in the list of free or dropped states.
 * @prev: Previous one in the list of dropped states.
 * @hits: Paths that ended at the checkpoint.
 * @misses: Paths that met it and went on.
 * @is_dropped: Checkpoint that is in no list any more, and freed when its last path ends.
 */
struct lbpf_state {
	struct lbpf_frame	*frame[LBPF_MAX_FRAMES];
	u32			curframe;
	bool			is_speculative;
	bool			is_last_turn;
	u32			lock_id;
	u32			turns;
	u32			nr_refs;
	u32			max_refs;
	struct lbpf_ref		*refs;
	struct lbpf_state	*parent;
	u32			branches;
	u32			insn_idx;
	u32			first_idx;
	u32			last_idx;
	u32			nr_hops;
	u32			max_hops;
	struct lbpf_hop		*hops;
	struct lbpf_state	*next;
	struct lbpf_state	*prev;
	u32			hits;
	u32			misses;
	bool			is_dropped;
};

static inline struct lbpf_frame *lbpf_cur_frame(const struct lbpf_state *state)
{
	return state->frame[state->curframe];
}

static inline struct lbpf_reg *lbpf_cur_regs(const struct lbpf_state *state)
{
	return lbpf_cur_frame(state)->regs;
}

static inline bool lbpf_slot_is_spill(const struct lbpf_slot *slot)
{
	return slot->kind[LBPF_SLOT_BYTES - 1] == LBPF_SLOT_SPILL;
}

/* Bytes of the spilled register in @slot, from the lowest address up; 0: there is none. */
static inline u32 lbpf_slot_spilled_bytes(const struct lbpf_slot *slot)
{
	u32 bytes = 0;

	while (bytes < LBPF_SLOT_BYTES &&
	       slot->kind[LBPF_SLOT_BYTES - 1 - bytes] == LBPF_SLOT_SPILL)
		bytes++;
	return bytes;
}

static inline bool lbpf_slot_is_dynptr(const struct lbpf_slot *slot)
{
	return slot->kind[0] == LBPF_SLOT_DYNPTR;
}

/* Is @reg a scalar of one value? */
static inline bool lbpf_reg_is_const(const struct lbpf_reg *reg)
{
	return reg->type == LBPF_SCALAR && lbpf_tnum_is_const(reg->var.bits);
}

/* Is it NULL, or the number 0? */
static inline bool lbpf_reg_is_null(const struct lbpf_reg *reg)
{
	return lbpf_reg_is_const(reg) && !reg->var.bits.value;
}

static inline bool lbpf_type_is_packet(u32 type)
{
	return LBPF_TYPE_BASE(type) == LBPF_PTR_PACKET ||
	       LBPF_TYPE_BASE(type) == LBPF_PTR_PACKET_META;
}

static inline bool lbpf_type_is_sock(u32 type)
{
	u32 base = LBPF_TYPE_BASE(type);

	return base == LBPF_PTR_SOCKET || base == LBPF_PTR_SOCK_COMMON ||
	       base == LBPF_PTR_TCP_SOCK || base == LBPF_PTR_XDP_SOCK;
}

/* Registers: state_reg.c.  None of these touches liveness or the parent. */

void lbpf_reg_set_not_init(struct lbpf_reg *reg);
void lbpf_reg_set_unknown(const struct lbpf_env *env, struct lbpf_reg *reg);
void lbpf_reg_set_const(const struct lbpf_env *env, struct lbpf_reg *reg, u64 value);
void lbpf_reg_set_pointer(struct lbpf_reg *reg, u32 type);
void lbpf_reg_set_btf(struct lbpf_reg *reg, u32 flags, const struct lbpf_btf *btf, u32 id);
const char *lbpf_reg_type_name(const struct lbpf_reg *reg);
void lbpf_reg_assign(struct lbpf_reg *dst, const struct lbpf_reg *src);
const char *lbpf_type_name(struct lbpf_env *env, u32 type);

/* Frames and states: state_frame.c. */

struct lbpf_state *lbpf_state_alloc(struct lbpf_env *env);
void lbpf_state_free(struct lbpf_env *env, struct lbpf_state *state);
void lbpf_state_release_all(struct lbpf_env *env);
int lbpf_state_copy(struct lbpf_env *env, struct lbpf_state *dst, const struct lbpf_state *src);
struct lbpf_frame *lbpf_frame_push(struct lbpf_env *env, struct lbpf_state *state, u32 callsite,
				   u32 subprog);
void lbpf_frame_pop(struct lbpf_env *env, struct lbpf_state *state);
int lbpf_frame_grow(struct lbpf_frame *frame, u32 slot);
int lbpf_hop_push(struct lbpf_state *state, u32 idx, u32 prev_idx);
int lbpf_ref_acquire(struct lbpf_env *env, u32 insn_idx);
int lbpf_ref_drop(struct lbpf_state *state, u32 ref_id);

/* Dynamic pointers: state_dynptr.c. */

int lbpf_dynptr_make(struct lbpf_env *env, struct lbpf_frame *frame, u32 slot, u32 type);
void lbpf_dynptr_clear(struct lbpf_env *env, struct lbpf_frame *frame, u32 slot);
void lbpf_dynptr_overwrite(struct lbpf_env *env, struct lbpf_frame *frame, u32 slot);

/* Liveness: state_live.c. */

void lbpf_live_read(struct lbpf_env *env, struct lbpf_reg *reg);
void lbpf_live_link(struct lbpf_state *cur, struct lbpf_state *above);
void lbpf_live_propagate(struct lbpf_env *env, const struct lbpf_state *old);
void lbpf_live_read_all(struct lbpf_state *state);

/* Precision: state_precise.c. */

int lbpf_precise_reg(struct lbpf_env *env, u32 regno);
int lbpf_precise_slot(struct lbpf_env *env, u32 frameno, u32 slot);
int lbpf_precise_propagate(struct lbpf_env *env, const struct lbpf_state *old);
void lbpf_precise_until(struct lbpf_env *env, const struct lbpf_state *last);
void lbpf_precise_forget(struct lbpf_state *state);

/* Source lines: state_line.c. */

const struct bpf_line_info *lbpf_line_of(const struct lbpf_env *env, u32 idx);
const char *lbpf_line_text(const struct lbpf_env *env, const struct bpf_line_info *line);
void lbpf_print_line(struct lbpf_env *env, u32 idx, const char *prefix);

/* Text: state_print.c. */

void lbpf_print_frame(struct lbpf_env *env, const struct lbpf_frame *frame, bool is_all);
void lbpf_print_insn_state(struct lbpf_env *env);
void lbpf_print_insn(struct lbpf_env *env, u32 idx);
void lbpf_touch_all(struct lbpf_env *env);

#endif /* LBPF_VERIFIER_STATE_H */
