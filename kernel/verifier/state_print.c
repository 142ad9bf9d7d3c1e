// SPDX-License-Identifier: GPL-2.0
/*
 * States as text, in the words and columns of Linux 6.1.
 *
 * Layer: verifier (state).
 * Source: log_level of BPF_PROG_LOAD, as observed on Linux 6.1.
 */
#include <linux/kernel.h>

#include <lbpf/btf.h>
#include <lbpf/kernel_btf.h>
#include <lbpf/map.h>

#include "env.h"

/* Column of the comment behind an instruction, bytes. */
#define COMMENT_COLUMN	40

struct text {
	char	*buf;
	size_t	len;
	size_t	max;
	const char *sep;
};

static __printf(2, 3) void put(struct text *text, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	text->len += vscnprintf(text->buf + text->len, text->max - text->len, fmt, args);
	va_end(args);
}

#define put_item(text, fmt, ...) do {					\
	put(text, "%s" fmt, (text)->sep, ##__VA_ARGS__);		\
	(text)->sep = ",";						\
} while (0)

static bool may_hold_ref(u32 type)
{
	u32 base = LBPF_TYPE_BASE(type);

	return lbpf_type_is_sock(type) || base == LBPF_PTR_MEM || base == LBPF_PTR_BTF_ID;
}

static void put_details(struct text *text, const struct lbpf_reg *reg)
{
	u32 base = LBPF_TYPE_BASE(reg->type);

	if (reg->id)
		put_item(text, "id=%d", reg->id);
	if (reg->ref_id && may_hold_ref(reg->type))
		put_item(text, "ref_obj_id=%d", reg->ref_id);
	if (base != LBPF_SCALAR)
		put_item(text, "off=%d", reg->off);
	if (lbpf_type_is_packet(reg->type))
		put_item(text, "r=%d", reg->range);
	else if (base == LBPF_PTR_CONST_MAP || base == LBPF_PTR_MAP_VALUE ||
		 base == LBPF_PTR_MAP_KEY)
		put_item(text, "ks=%d,vs=%d", reg->map->key_size, reg->map->value_size);
	if (lbpf_tnum_is_const(reg->var.bits)) {
		put_item(text, "imm=%llx", reg->var.bits.value);
	} else if (!lbpf_scalar_is_unknown(&reg->var)) {
		put_item(text, "%s", "");
		text->len += lbpf_scalar_print(text->buf + text->len, text->max - text->len,
					       &reg->var);
	}
}

static void put_reg(struct lbpf_env *env, struct text *text, const struct lbpf_reg *reg)
{
	u32 base = LBPF_TYPE_BASE(reg->type);

	if (base == LBPF_SCALAR && reg->is_precise)
		put(text, "P");
	if ((base == LBPF_SCALAR || base == LBPF_PTR_STACK) && lbpf_tnum_is_const(reg->var.bits)) {
		put(text, "%s%lld", base == LBPF_SCALAR ? "" : lbpf_type_name(env, reg->type),
		    (s64)reg->var.bits.value + reg->off);
		return;
	}
	put(text, "%s%s(", lbpf_type_name(env, reg->type),
	    base == LBPF_PTR_BTF_ID ? lbpf_reg_type_name(reg) : "");
	text->sep = "";
	put_details(text, reg);
	put(text, ")");
}

static void put_live(struct text *text, u8 live)
{
	put(text, "%s%s%s", live ? "_" : "", live & LBPF_LIVE_READ ? "r" : "",
	    live & LBPF_LIVE_WRITTEN ? "w" : "");
}

/* Of what is spilled, the kind and the value of constants, as Linux 6.1 prints it. */
static void put_spill(struct lbpf_env *env, struct text *text, const struct lbpf_reg *reg)
{
	if (LBPF_TYPE_BASE(reg->type) != LBPF_SCALAR) {
		put(text, "%s", lbpf_type_name(env, reg->type));
		return;
	}
	if (reg->is_precise)
		put(text, "P");
	if (lbpf_tnum_is_const(reg->var.bits))
		put(text, "%lld", (s64)reg->var.bits.value + reg->off);
}

static void print_slot(struct lbpf_env *env, const struct lbpf_slot *slot, u32 i)
{
	static const char kinds[LBPF_NR_SLOT_KINDS] = "?rm0d";
	struct text text = { .buf = env->text, .max = sizeof(env->text) };
	bool is_valid = false;
	u32 j;

	for (j = 0; j < LBPF_SLOT_BYTES; j++)
		is_valid |= slot->kind[j] != LBPF_SLOT_INVALID;
	if (!is_valid)
		return;
	put(&text, " fp%d", -(int)(i + 1) * LBPF_SLOT_BYTES);
	put_live(&text, slot->spilled.live);
	put(&text, "=");
	if (lbpf_slot_is_spill(slot))
		put_spill(env, &text, &slot->spilled);
	else
		for (j = 0; j < LBPF_SLOT_BYTES; j++)
			put(&text, "%c", kinds[slot->kind[j]]);
	verbose(env, "%s", env->text);
}

static void print_refs(struct lbpf_env *env, const struct lbpf_frame *frame)
{
	const struct lbpf_state *state = env->cur;
	u32 i;

	for (i = 0; state && i < state->nr_refs; i++)
		verbose(env, "%s%d", i ? "," : " refs=", state->refs[i].id);
	if (frame->in_callback)
		verbose(env, " cb");
	if (frame->in_async_callback)
		verbose(env, " async_cb");
}

/**
 * lbpf_print_frame() - One line with what is known in a frame
 * @env: The run.
 * @frame: Frame.
 * @is_all: All registers and slots, not just those that were touched.
 */
void lbpf_print_frame(struct lbpf_env *env, const struct lbpf_frame *frame, bool is_all)
{
	u32 i;

	if (frame->frameno)
		verbose(env, " frame%d:", frame->frameno);
	for (i = 0; i < LBPF_NR_REGS; i++) {
		struct text text = { .buf = env->text, .max = sizeof(env->text) };

		if (frame->regs[i].type == LBPF_NOT_INIT ||
		    (!is_all && !(env->touched_regs & BIT(i))))
			continue;
		put(&text, " R%d", i);
		put_live(&text, frame->regs[i].live);
		put(&text, "=");
		put_reg(env, &text, &frame->regs[i]);
		verbose(env, "%s", env->text);
	}
	for (i = 0; i < frame->nr_slots; i++)
		if (is_all || env->touched_slots & BIT_ULL(i))
			print_slot(env, &frame->slots[i], i);
	print_refs(env, frame);
	verbose(env, "\n");
	if (is_all)
		return;
	env->touched_regs = 0;
	env->touched_slots = 0;
}

/**
 * lbpf_print_insn_state() - What the instruction just walked changed, behind its text
 * @env: The run.
 */
void lbpf_print_insn_state(struct lbpf_env *env)
{
	int column = round_up(max_t(int, env->prev_insn_len + 4, COMMENT_COLUMN), 8) -
		     env->prev_insn_len - 1;

	if (env->prev_log_bytes && env->prev_log_bytes == env->log->used_bytes) {
		lbpf_log_rewind(env->log, env->prev_log_bytes - 1);
		verbose(env, "%*c;", column, ' ');
	} else {
		verbose(env, "%d:", env->idx);
	}
	lbpf_print_frame(env, lbpf_cur_frame(env->cur), false);
}

/**
 * lbpf_touch_all() - The next state printed shows everything
 * @env: The run.
 */
void lbpf_touch_all(struct lbpf_env *env)
{
	env->touched_regs = U32_MAX;
	env->touched_slots = U64_MAX;
}

static const char *name_call(void *ctx, const struct bpf_insn *insn, char *buf, size_t buf_bytes)
{
	const struct btf_type *type = NULL;
	const struct lbpf_env *env = ctx;
	const struct lbpf_btf *btf;

	if (insn->src_reg == BPF_PSEUDO_CALL)
		return NULL;
	if (insn->src_reg != BPF_PSEUDO_KFUNC_CALL)
		return lbpf_helper_name(insn->imm);
	btf = insn->off ? lbpf_code_btf_at(env->code, insn->off) : lbpf_kernel_btf_peek();
	if (btf)
		type = lbpf_btf_type(btf, insn->imm);
	return type ? lbpf_btf_type_name(btf, type) : NULL;
}

static const char *name_imm64(void *ctx, const struct bpf_insn *insn, u64 imm, char *buf,
			      size_t buf_bytes)
{
	struct lbpf_env *env = ctx;
	bool is_address = insn->src_reg == BPF_PSEUDO_MAP_FD ||
			  insn->src_reg == BPF_PSEUDO_MAP_VALUE ||
			  insn->src_reg == BPF_PSEUDO_MAP_IDX ||
			  insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;

	if (is_address && !env->may_leak)
		imm = 0;
	if (insn->src_reg == BPF_PSEUDO_BTF_ID)
		imm = env->may_leak ? env->aux[insn - env->insns].key : 0;
	scnprintf(buf, buf_bytes, "0x%llx", imm);
	return buf;
}

/**
 * lbpf_print_insn() - Text of one instruction, with newline
 * @env: The run.
 * @idx: Its index.
 */
void lbpf_print_insn(struct lbpf_env *env, u32 idx)
{
	static const struct lbpf_disasm_ops ops = { .call_name = name_call,
						    .imm64_name = name_imm64 };

	lbpf_disasm(env->text, sizeof(env->text), &env->insns[idx], &ops, env);
	verbose(env, "%s\n", env->text);
}
