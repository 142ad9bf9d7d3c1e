/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One run of the verifier.
 *
 * Layer: verifier.  Private to kernel/verifier/.
 */
#ifndef LBPF_VERIFIER_ENV_H
#define LBPF_VERIFIER_ENV_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <lbpf/alloc.h>
#include <lbpf/code.h>
#include <lbpf/insn.h>
#include <lbpf/log.h>
#include <lbpf/progtype.h>
#include <lbpf/proto.h>

#include "state.h"

/* Branches waiting to be walked.  Linux 6.1 has 8192; ten thousand joins in a row need more. */
#define LBPF_MAX_PENDING	32768

/*
 * What the passes know of one instruction.
 *
 * PRUNE: a checkpoint may be taken before it.  pass_cfg sets it on every
 * conditional jump, every target of a jump, every call of a subprogram, the
 * instruction after every call (helper or subprogram) and unconditional jump,
 * every instruction that calls a synchronous callback, and the first
 * instruction of every subprogram.
 * JUMP: control may come here from elsewhere than the instruction before:
 * every jump target, the instruction after an unconditional jump or a call of a
 * subprogram, the first instruction of a subprogram.  Walking back needs it.
 */
enum lbpf_info_flag {
	LBPF_INFO_PRUNE		= BIT(0),
	LBPF_INFO_JUMP		= BIT(1),
	LBPF_INFO_FORCE		= BIT(2),	/* a checkpoint must be taken */
	LBPF_INFO_CALLBACK	= BIT(3),	/* calls a synchronous callback */
	LBPF_INFO_HIGH_HALF	= BIT(4),	/* second half of a 16-byte load */
	LBPF_INFO_CHECKED	= BIT(5),	/* its reserved fields are zero */
};

/**
 * struct lbpf_insn_info - What the verifier remembers of one instruction
 * @explored: Checkpoints taken before it.
 * @flags: OR of enum lbpf_info_flag.
 * @subprog: Function it belongs to; pass_subprogs.
 * @ptr_type: Load or store: type of the pointer at the first visit; 0: not visited.
 * @alu_state: Pointer arithmetic: how it was masked at the first visit.
 * @taint: Registers whose numbers later visits may have had otherwise, see facts.c.
 */
struct lbpf_insn_info {
	struct lbpf_state	*explored;
	u32			flags;
	u32			subprog;
	u32			ptr_type;
	u32			alu_state;
	u32			taint;
};

/**
 * struct lbpf_pending - A branch to walk later
 * @state: State at its start.
 * @idx: Its first instruction.
 * @prev_idx: The one before it on the path.
 * @log_bytes: Length of the log when it was pushed.
 * @next: Pushed before.
 */
struct lbpf_pending {
	struct lbpf_state	*state;
	u32			idx;
	u32			prev_idx;
	u32			log_bytes;
	struct lbpf_pending	*next;
};

/**
 * struct lbpf_async - A function that a helper keeps, and calls when the program has returned
 * @subprog: The function.
 * @map: Map of its arguments.
 * @kind: enum lbpf_callback.
 * @is_walked: It has been, or is being walked.
 * @next: One that was found earlier.
 */
struct lbpf_async {
	u32			subprog;
	struct lbpf_map		*map;
	u32			kind;
	bool			is_walked;
	struct lbpf_async	*next;
};

/* Pairs of ids found to mean the same in two states. */
#define LBPF_ID_PAIRS		(LBPF_NR_REGS * 2 + LBPF_NR_SLOTS * 2)
struct lbpf_id_pair {
	u32	old;
	u32	cur;
};

/**
 * struct lbpf_env - One run of the verifier
 * @code: The program.
 * @log: Its log.
 * @insns: Those of @code.
 * @aux: Likewise.
 * @info: One for each instruction.
 * @cur: The state being walked.
 * @idx: Instruction being walked.
 * @prev_idx: The one before on the path.
 * @pending: Branches to walk later, newest first.
 * @free_pending: Memory to reuse.
 * @nr_pending: Branches in @pending.
 * @asyncs: Functions to walk when the program is walked, newest first.
 * @free_states: Memory to reuse.
 * @free_frames: Memory to reuse.
 * @dropped: Checkpoints in no list of an instruction whose paths are still being walked.
 * @is_tainted: Some instruction has taint.
 * @last_id: Last lbpf_reg::id or ref_id given out.
 * @may_leak: Pointers may be turned into numbers (CAP_PERFMON).
 * @may_read_uninit: Stack that was not written may be read (CAP_PERFMON).
 * @is_capable: CAP_BPF: loops, precision, more.
 * @no_spec_v1: No sanitation against speculative paths (CAP_PERFMON).
 * @no_spec_v4: No sanitation against store bypass (CAP_PERFMON).
 * @is_strict: Natural alignment is required.
 * @is_sleepable: BPF_F_SLEEPABLE.
 * @is_async: What is walked is called later, when the program has returned.
 * @is_test_freq: BPF_F_TEST_STATE_FREQ: a checkpoint wherever it is possible.
 * @seen_direct_write: The packet is written.
 * @jumps: Jumps walked.
 * @prev_jumps: Jumps walked when the last checkpoint was taken.
 * @prev_insns: Instructions walked when the last checkpoint was taken.
 * @counter: Register that told two turns of a loop apart last.
 * @nr_states: Checkpoints alive now.
 * @peak_states: Checkpoints alive at most.
 * @touched_regs: Registers that the instruction changed, for the log.
 * @touched_slots: Stack slots that it changed, for the log.
 * @prev_log_bytes: Where the instruction was printed, for the log.
 * @prev_insn_len: Length of what was printed, for the log.
 * @prev_line: Source line printed last.
 * @ids: Scratch of the state comparison: ids found to mean the same.
 * @nr_ids: Pairs in @ids.
 * @spare_id: Scratch of the state comparison: stands for numbers without id.
 * @is_exact: Scratch of the state comparison: nothing may differ.
 * @explore_numbers: Masks depend on numbers: paths that differ in them are all walked.
 * @type_text: Scratch for the name of a register type.
 * @judged_reg: Register looked at last: the one that a refusal is about.
 * @is_explained: lbpf_explain() has run.
 * @refusal: Message of the last refusal.
 * @text: Scratch for messages.
 */
struct lbpf_env {
	struct lbpf_code	*code;
	struct lbpf_log		*log;
	const struct bpf_insn	*insns;
	struct lbpf_insn_aux	*aux;
	struct lbpf_insn_info	*info;
	struct lbpf_state	*cur;
	u32			idx;
	u32			prev_idx;
	struct lbpf_pending	*pending;
	struct lbpf_pending	*free_pending;
	u32			nr_pending;
	struct lbpf_async	*asyncs;
	struct lbpf_state	*free_states;
	struct lbpf_frame	*free_frames;
	struct lbpf_state	*dropped;
	u32			last_id;
	bool			may_leak;
	bool			may_read_uninit;
	bool			is_capable;
	bool			no_spec_v1;
	bool			no_spec_v4;
	bool			is_strict;
	bool			is_sleepable;
	bool			is_async;
	bool			is_test_freq;
	bool			seen_direct_write;
	bool			is_tainted;
	u32			jumps;
	u32			prev_jumps;
	u32			prev_insns;
	u32			counter;
	u32			nr_states;
	u32			peak_states;
	u32			touched_regs;
	u64			touched_slots;
	u32			prev_log_bytes;
	u32			prev_insn_len;
	const struct bpf_line_info *prev_line;
	struct lbpf_id_pair	ids[LBPF_ID_PAIRS];
	u32			nr_ids;
	u32			spare_id;
	bool			is_exact;
	bool			explore_numbers;
	char			type_text[64];
	u32			judged_reg;
	bool			is_explained;
	char			refusal[256];
	char			text[LBPF_LOG_LINE_BYTES];
};

/* Writes why to the log and returns @err. */
__printf(3, 4) int lbpf_reject(struct lbpf_env *env, int err, const char *fmt, ...);
#define reject(env, err, fmt, ...)	lbpf_reject(env, err, fmt "\n", ##__VA_ARGS__)

/* Writes to the log whatever its level, if there is one. */
#define verbose(env, fmt, ...)		lbpf_log((env)->log, fmt, ##__VA_ARGS__)

/* Passes before the walk, in this order: each 0 or -errno after a message in the log. */

/*
 * Finds the functions: code->subprogs, info->subprog, aux->subprog and flags
 * LBPF_INSN_SUBPROG_CALL / LBPF_INSN_FUNC_ADDR, has_tail_call, has_ld_abs; no jump leaves its
 * function.
 */
int lbpf_pass_subprogs(struct lbpf_env *env);
/* call_kfunc.c: the kernel function that instruction @idx calls is there. */
int lbpf_kfunc_resolve(struct lbpf_env *env, u32 idx);
/* pass_var.c: the kernel variable whose address instruction @idx loads is there. */
int lbpf_var_resolve(struct lbpf_env *env, u32 idx);
/* Matches func_info and line_info with the functions: subprog->is_global, changes_packet. */
int lbpf_pass_btf(struct lbpf_env *env);
/*
 * 16-byte loads: aux->map, aux->key, LBPF_INSN_MAP_ADDR / LBPF_INSN_MAP_VALUE_ADDR,
 * code->used_maps; LBPF_INFO_HIGH_HALF; opcodes and reserved fields of all instructions.
 */
int lbpf_pass_resolve(struct lbpf_env *env);
int lbpf_fd_array_read(struct lbpf_env *env, u32 index, u32 *fd);
/*
 * Jumps within range, nothing unreachable, no back-edge without CAP_BPF; LBPF_INFO_PRUNE and
 * LBPF_INFO_JUMP.
 */
int lbpf_pass_cfg(struct lbpf_env *env);

#endif /* LBPF_VERIFIER_ENV_H */
