// SPDX-License-Identifier: GPL-2.0
/*
 * From what was emitted to the image: short jumps, and distances.
 *
 * Layer: jit (p).
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "emit.h"

/* Rounds of jump shortening; what is still long then stays long. */
#define MAX_ROUNDS	16

static bool can_be_short(const struct lbpf_jit *jit, const struct lbpf_jit_jump *jump)
{
	s32 disp = jit->off[jump->to] - jump->end;

	/* Forward, the end moves with what is saved; backward it moves towards the target. */
	if (disp < 0)
		disp += jump->saving;
	return lbpf_x86_is_s8(disp);
}

/* Distances only shrink, so that what fits now fits in the end. */
static bool shorten_jumps(struct lbpf_jit *jit)
{
	bool has_changed = false;
	u32 i;

	for (i = 0; i < jit->nr_jumps; i++) {
		struct lbpf_jit_jump *jump = &jit->jumps[i];

		jump->is_new = !jump->is_short && can_be_short(jit, jump);
		jump->is_short |= jump->is_new;
		has_changed |= jump->is_new;
	}
	return has_changed;
}

static u32 move_insns(struct lbpf_jit *jit, u32 from, u32 to, u32 shift)
{
	for (; from < to; from++)
		jit->off[from] -= shift;
	return from;
}

/* Offsets after a round: all are nearer by what the jumps before them have saved. */
static void move_offsets(struct lbpf_jit *jit)
{
	const struct lbpf_code *code = jit->code;
	struct lbpf_jit_jump *jump = jit->jumps;
	struct lbpf_jit_jump *end = jump + jit->nr_jumps;
	u32 shift = 0, i = 0, f;

	for (f = 0; f < code->nr_subprogs; f++) {
		jit->funcs[f].start_off -= shift;
		for (; jump < end && jump->index < code->subprogs[f + 1].start; jump++) {
			i = move_insns(jit, i, jump->index + 1, shift);
			shift += jump->is_new ? jump->saving : 0;
			jump->end -= shift;
		}
		i = move_insns(jit, i, code->subprogs[f + 1].start, shift);
		jit->off[code->nr_insns + 1 + f] -= shift;
	}
	jit->off[code->nr_insns] -= shift;
}

/**
 * struct move - Moving the code together
 * @bytes: Image.
 * @from: Where what is next lies.
 * @to: Where it goes; at or before @from.
 * @link: Link that comes next.
 */
struct move {
	u8	*bytes;
	u32	from;
	u32	to;
	u32	link;
};

/* Moves what lies before @end. */
static void move_part(struct lbpf_jit *jit, struct move *move, u32 end)
{
	u32 shift = move->from - move->to;

	if (shift)
		memmove(move->bytes + move->to, move->bytes + move->from, end - move->from);
	for (; move->link < jit->nr_links && jit->links[move->link].end <= end; move->link++)
		jit->links[move->link].end -= shift;
	move->to += end - move->from;
	move->from = end;
}

/* The long form that is next becomes a short one; its distance comes later. */
static void put_short(struct move *move, const struct lbpf_jit_jump *jump)
{
	const u8 *bytes = move->bytes + move->from;
	u8 opcode = bytes[0] == 0x0f ? bytes[1] - 0x10 : 0xeb;

	move->bytes[move->to] = opcode;
	move->to += LBPF_X86_JMP_SHORT_BYTES;
	move->from = jump->long_end;
}

static void move_together(struct lbpf_jit *jit)
{
	struct move move = { .bytes = jit->buf.bytes };
	u32 i;

	for (i = 0; i < jit->nr_jumps; i++) {
		const struct lbpf_jit_jump *jump = &jit->jumps[i];

		if (!jump->is_short)
			continue;
		move_part(jit, &move, jump->long_end - jump->saving - LBPF_X86_JMP_SHORT_BYTES);
		put_short(&move, jump);
	}
	move_part(jit, &move, jit->buf.len);
	jit->buf.len = move.to;
}

/**
 * lbpf_jit_place() - Shorten jumps
 * @jit: Compilation; everything has been emitted.
 *
 * Afterwards @jit->size_bytes and all offsets are final.
 */
void lbpf_jit_place(struct lbpf_jit *jit)
{
	u32 max = lbpf_code_wants(jit->code, LBPF_STEP_SHORT) ? MAX_ROUNDS : 0;
	u32 round, f;

	for (round = 0; round < max && shorten_jumps(jit); round++)
		move_offsets(jit);
	if (round)
		move_together(jit);
	for (f = 0; f < jit->code->nr_subprogs; f++)
		jit->funcs[f].epilogue_off = jit->off[jit->code->nr_insns + 1 + f];
	jit->size_bytes = jit->buf.len;
}

static void put_distance(struct lbpf_jit *jit, u32 end, s32 disp)
{
	memcpy(jit->buf.bytes + end - sizeof(disp), &disp, sizeof(disp));
}

static void link_jumps(struct lbpf_jit *jit)
{
	u32 i;

	for (i = 0; i < jit->nr_jumps; i++) {
		const struct lbpf_jit_jump *jump = &jit->jumps[i];
		s32 disp = jit->off[jump->to] - jump->end;

		if (jump->is_short)
			jit->buf.bytes[jump->end - 1] = disp;
		else
			put_distance(jit, jump->end, disp);
	}
}

static s64 link_distance(const struct lbpf_jit *jit, const struct lbpf_jit_link *link,
			 unsigned long base)
{
	const struct lbpf_jit_func *func = &jit->funcs[link->func];

	/* To the INT3 behind it, until it is aimed. */
	if (link->site)
		return 0;
	if (link->to)
		return (unsigned long)link->to - (base + link->end);
	return (s64)func->start_off + (link->to_body ? func->body_off : 0) - link->end;
}

/**
 * lbpf_jit_link() - Fill in distances
 * @jit: Placed compilation.
 * @base: Address that the code will run at.
 *
 * Return: 0, or -EINVAL when something is too far away (a bug).
 */
int lbpf_jit_link(struct lbpf_jit *jit, unsigned long base)
{
	u32 i;

	link_jumps(jit);
	for (i = 0; i < jit->nr_links; i++) {
		s64 disp = link_distance(jit, &jit->links[i], base);

		if (!lbpf_x86_is_s32(disp))
			return -EINVAL;
		put_distance(jit, jit->links[i].end, disp);
	}
	return 0;
}
