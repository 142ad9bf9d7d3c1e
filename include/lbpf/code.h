/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program on its way from PROG_LOAD to machine code, and the facts about it.
 *
 * Layer: core (p).  The load pipeline fills in the request, the verifier proves
 * and writes facts, the rewriter changes the instructions by them, the JIT
 * emits.  Everything downstream of the verifier reads the facts; nothing
 * derives them again.
 */
#ifndef _LBPF_CODE_H
#define _LBPF_CODE_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <lbpf/log.h>
#include <lbpf/types.h>

struct lbpf_btf;
struct btf_type;
struct lbpf_ctx_field;
struct lbpf_map;
struct lbpf_prog;
struct lbpf_progtype;
struct lbpf_proto;
struct lbpf_rejection;

#define LBPF_MAX_INSNS		1000000
#define LBPF_MAX_INSNS_UNPRIV	4096
#define LBPF_MAX_SUBPROGS	256
#define LBPF_MAX_USED_MAPS	64
#define LBPF_MAX_FRAMES		8
#define LBPF_MAX_TAIL_CALLS	33
#define LBPF_STACK_BYTES	512

/**
 * struct lbpf_fact - What is known of one register before one instruction, joined over all visits
 * @type: enum lbpf_reg_type with flags; LBPF_NOT_INIT: the register is not read here, or was of
 *	several types.
 * @reserved: Zero; pads to 8 bytes.
 * @tnum_value: Bits known to be one.  For pointers: of the variable offset.
 * @tnum_mask: Bits that are unknown.
 * @umin: Least unsigned value, 64 bits.
 * @umax: Greatest unsigned value.
 * @smin: Least signed value.
 * @smax: Greatest signed value.
 */
struct lbpf_fact {
	u32	type;
	u32	reserved;
	u64	tnum_value;
	u64	tnum_mask;
	u64	umin;
	u64	umax;
	s64	smin;
	s64	smax;
};

/**
 * struct lbpf_insn_facts - What the verifier believed of one instruction
 * @visits: Times the verifier walked it, saturating.
 * @jump: 1: its condition was always true, 2: always false, else 0.
 * @dst: Fact of the destination register.
 * @src: Fact of the source register.
 */
struct lbpf_insn_facts {
	u32		visits;
	u32		jump;
	struct lbpf_fact dst;
	struct lbpf_fact src;
};

enum lbpf_insn_flag {
	LBPF_INSN_SEEN		= BIT(0),	/* the verifier walked it; others may be removed */
	LBPF_INSN_ALWAYS	= BIT(1),	/* conditional jump: taken at every visit */
	LBPF_INSN_NEVER		= BIT(2),	/* conditional jump: at no visit */
	LBPF_INSN_NOSPEC	= BIT(3),	/* a speculation barrier goes before it */
	/* store that must not be bypassed: clear the slot first */
	LBPF_INSN_SANITIZE_SPILL = BIT(4),
	LBPF_INSN_ALU_MASK	= BIT(5),	/* pointer arithmetic masked by alu_limit */
	LBPF_INSN_MASK_NEG	= BIT(6),	/* ... the register is subtracted */
	LBPF_INSN_MASK_IMM	= BIT(7),	/* ... by a constant */
	/* native call that looks up in the table of @map; the rewriter */
	LBPF_INSN_TABLE_LOOKUP	= BIT(24),
	/* store that is left out where its address is near NULL */
	LBPF_INSN_GUARD_STORE	= BIT(25),
	LBPF_INSN_MASK_DST	= BIT(20),	/* ... the number is in dst, the pointer in src */
	LBPF_INSN_PROBE_MEM	= BIT(8),	/* load that may fault: 0 then */
	LBPF_INSN_CTX		= BIT(9),	/* load or store of @ctx_field */
	LBPF_INSN_CALL_POISON	= BIT(10),	/* call reached with different maps */
	LBPF_INSN_KEY_POISON	= BIT(11),	/* call reached with different or unknown keys */
	/* @key is the map key at every visit (4-byte keys) */
	LBPF_INSN_KEY_CONST	= BIT(12),
	LBPF_INSN_MAP_ADDR	= BIT(13),	/* 16-byte load of the address of @map */
	LBPF_INSN_MAP_VALUE_ADDR = BIT(14),	/* 16-byte load of an address inside @map's value */
	/* 16-byte load of the address of subprogram @subprog */
	LBPF_INSN_FUNC_ADDR	= BIT(15),
	LBPF_INSN_SUBPROG_CALL	= BIT(16),	/* call of subprogram @subprog */
	/* call of @call_fn; set by the rewriter, read by the JIT */
	LBPF_INSN_NATIVE_CALL	= BIT(17),
	LBPF_INSN_MADE		= BIT(18),	/* made by the rewriter: no facts of its own */
	/* call of a helper that calls subprogram @subprog, with flags 0, at every visit */
	LBPF_INSN_CALLBACK_CONST = BIT(22),
	LBPF_INSN_PROG_ADDR	= BIT(21),	/* 16-byte load of the address of the program */
	LBPF_INSN_KERNEL_VAR	= BIT(26),	/* 16-byte load of the address @key of a variable */
	LBPF_INSN_PERCPU_VAR	= BIT(27),	/* ... of which each CPU has one */
	LBPF_INSN_ZEXT_DEAD	= BIT(19),	/* upper half of dst is never read afterwards */
	/* nobody needs what it does, the JIT leaves it out; the rewriter's last step */
	LBPF_INSN_USELESS	= BIT(23),
};

/**
 * struct lbpf_insn_aux - What travels with one instruction
 * @flags: OR of enum lbpf_insn_flag.
 * @orig: Index of the instruction in the program as it was loaded.
 * @alu_limit: LBPF_INSN_ALU_MASK: limit of the masked offset.
 * @subprog: Subprogram called or pointed to, or what LBPF_INSN_CALLBACK_CONST says.
 * @live_out: Bit n: register n is read later.  Written by the rewriter's last step, for the JIT.
 * @facts: Its facts, of those of the program; NULL: the rewriter made it.
 * @ctx_field: LBPF_INSN_CTX; or
 * @btf: LBPF_INSN_KERNEL_VAR: what describes the variable.
 * @proto: Helper called.
 * @map: Map loaded, or map that a helper call or tail call gets when it is one and the same at
 *	every visit.
 * @key: LBPF_INSN_KEY_CONST; LBPF_INSN_MAP_VALUE_ADDR: offset in the value; LBPF_INSN_KERNEL_VAR:
 *	address.
 * @call_fn: LBPF_INSN_NATIVE_CALL.
 */
struct lbpf_insn_aux {
	u32				flags;
	u32				orig;
	u32				alu_limit;
	u16				subprog;
	u16				live_out;
	struct lbpf_insn_facts		*facts;
	union {
		const struct lbpf_ctx_field	*ctx_field;
		const struct lbpf_btf		*btf;
	};
	const struct lbpf_proto		*proto;
	struct lbpf_map			*map;
	u64				key;
	const void			*call_fn;
};

/**
 * struct lbpf_subprog - One function of the program
 * @start: Index of its first instruction (moves with rewriting).
 * @stack_bytes: Stack it uses, rounded up to 8.
 * @has_tail_call: A tail call occurs in it.
 * @has_ld_abs: LD_ABS or LD_IND occurs in it.
 * @is_callback: Called by a helper.
 * @is_async: ... after the program has returned.
 * @runs_later: Global, or called by such a one: called after the program has returned.
 * @is_later_checked: What it calls may be called then.
 * @is_reachable: Walked by the verifier.
 * @changes_packet: Packets may move while it runs, by a helper or by another program.  Of a
 *	global function also by what it calls.
 * @is_global: Verified by itself, callers trust only its signature.
 * @is_loosely_typed: Static, and a call does not meet its signature.
 * @has_loop_slots: @stack_bytes counts what loops made by the rewriter need.
 */
struct lbpf_subprog {
	u32	start;
	u16	stack_bytes;
	bool	has_tail_call;
	bool	has_ld_abs;
	bool	is_callback;
	bool	is_async;
	bool	runs_later;
	bool	is_later_checked;
	bool	is_reachable;
	bool	changes_packet;
	bool	is_global;
	bool	is_loosely_typed;
	bool	has_loop_slots;
};

/* Whether a program sees the result of the function that it attaches to. */
enum lbpf_attach_result {
	LBPF_RESULT_HIDDEN,
	LBPF_RESULT_SHOWN,
	LBPF_RESULT_NUMBER,	/* if it is a number */
};

/* Arguments that may be something else than their type says. */
#define LBPF_ATTACH_ARGS	4

/**
 * struct lbpf_span - Bytes of a kernel object
 * @off: First one.
 * @end: Behind the last one.
 * @is_whole: Accesses begin at @off; else anywhere inside.
 */
struct lbpf_span {
	u32	off;
	u32	end;
	bool	is_whole;
};

/**
 * struct lbpf_kernel_writes - What programs may write in kernel objects
 * @name: Struct of the object; others are not written.
 * @spans: Where it may be written; NULL: wherever it has a member.
 * @nr_spans: Number of them.
 * @is_alone: Other objects are not read either.
 */
struct lbpf_kernel_writes {
	const char		*name;
	const struct lbpf_span	*spans;
	u32			nr_spans;
	bool			is_alone;
};

/**
 * struct lbpf_attach - What a program is made for, where that is named by a BTF id
 * @btf: BTF of @id, which the program holds; NULL: nothing.
 * @id: attach_btf_id.
 * @name: Name of the function, tracepoint or member.
 * @proto: Prototype whose arguments are the context; NULL: not known.
 * @nr_skipped_args: Leading parameters that the program does not get.
 * @result: enum lbpf_attach_result.
 * @has_no_result: R0 means nothing at the end of the program.
 * @arg_types: Of the first arguments: enum lbpf_reg_type with flags, 0: as their type says.
 * @arg_id: Arguments that point to this type,
 * @arg_as_id: point to that one; 0: to no other.
 * @writes: What the program may write in kernel objects, or NULL.
 * @ops: Struct whose function the program is, or NULL.
 * @member_off: That function's offset in the struct, bytes.
 */
struct lbpf_attach {
	const struct lbpf_btf	*btf;
	u32			id;
	const char		*name;
	const struct btf_type	*proto;
	u32			nr_skipped_args;
	u32			result;
	bool			has_no_result;
	u32			arg_types[LBPF_ATTACH_ARGS];
	u32			arg_id;
	u32			arg_as_id;
	const struct lbpf_kernel_writes *writes;
	const struct lbpf_struct_ops *ops;
	u32			member_off;
};

/* How many modules a program may refer to the types of.  Source: MAX_USED_BTFS of Linux 6.1. */
#define LBPF_MAX_USED_BTFS	64

/**
 * struct lbpf_used_btf - Types of a module that a program refers to
 * @btf: Types, with a reference.
 * @module: The module, held.
 * @fd_index: Entry of fd_array that named them; 0: none.
 */
struct lbpf_used_btf {
	const struct lbpf_btf	*btf;
	struct module		*module;
	u32			fd_index;
};

/* What the loader may do: effective capabilities, read once at the start of the command. */
enum lbpf_cap {
	LBPF_CAP_BPF		= BIT(0),
	LBPF_CAP_PERFMON	= BIT(1),
	LBPF_CAP_NET_ADMIN	= BIT(2),
	LBPF_CAP_SYS_ADMIN	= BIT(3),
};

/**
 * struct lbpf_code - The program under construction
 * @pt: Program type.
 * @expected_attach_type: As loaded.
 * @attach: What it attaches to.
 * @prog_flags: As loaded (BPF_F_STRICT_ALIGNMENT, ...).
 * @steps_off: Steps that make better code and are switched off; lbpf_step_bit() of each letter.
 * @caps: OR of enum lbpf_cap.
 * @is_gpl: License is GPL compatible.
 * @prog: What it becomes: its address, for helpers that must know it.
 * @log: Where refusals are explained.
 * @is_kernel: A program loads it: @fd_array is an address of kernel memory.
 * @fd_array: User pointer of BPF_PSEUDO_MAP_IDX, 0 when absent; already bounded.
 * @insns: Instructions.
 * @aux: One for each instruction.
 * @nr_insns: Number of both.
 * @rejection: Where to write why the program is refused, zeroed; NULL: nowhere.
 * @facts: One for each instruction as loaded.  Made by the verifier, freed by the load pipeline.
 * @nr_orig_insns: As loaded.
 * @subprogs: Functions, in order of start; subprogs[nr_subprogs].start == nr_insns.
 * @nr_subprogs: Number of them.
 * @used_maps: Maps referred to; each holds one reference.
 * @nr_used_maps: Number of them.
 * @used_btfs: Types of modules referred to.
 * @nr_used_btfs: Number of them.
 * @btf: Types of the program, or NULL.
 * @func_infos: Types of its functions, in @btf, with offsets in the program as loaded, or NULL.
 * @nr_func_infos: Number of them.
 * @line_infos: Source lines, likewise.
 * @nr_line_infos: Number of them.
 * @processed_insns: Statistics: instructions walked.
 * @max_states_per_insn: Statistics: most explored states at one instruction.
 * @total_states: Statistics: explored states ever kept.
 * @peak_states: Statistics: most explored states at a time.
 * @mark_read: Statistics: length of the longest chain of read marks.
 * @nr_table_lookups: Instructions with LBPF_INSN_TABLE_LOOKUP.
 * @max_stack_bytes: Deepest stack of a call chain.
 * @tp_buffer_bytes: How much of a tracepoint's buffer is reached.
 * @ctx_end: First byte of the context behind those that are read or written.
 * @uses_cb: cb[] of the context is read or written.
 * @has_ld_abs: LD_ABS or LD_IND occurs in it.
 * @has_tail_call: A tail call occurs in it.
 * @changes_packet: Calls a helper that may move the packet.
 * @uses_get_stack: Walks its stack.
 * @needs_rnd_hi32: Loaded with BPF_F_TEST_RND_HI32.
 */
struct lbpf_code {
	const struct lbpf_progtype	*pt;
	u32				expected_attach_type;
	struct lbpf_attach		attach;
	u32				prog_flags;
	u64				steps_off;
	u32				caps;
	bool				is_gpl;
	bool				uses_cb;
	bool				has_ld_abs;
	bool				has_tail_call;
	bool				changes_packet;
	bool				uses_get_stack;
	bool				needs_rnd_hi32;
	struct lbpf_prog		*prog;
	struct lbpf_log			*log;
	bool				is_kernel;
	u64				fd_array;
	struct bpf_insn			*insns;
	struct lbpf_insn_aux		*aux;
	struct lbpf_rejection		*rejection;
	struct lbpf_insn_facts		*facts;
	u32				nr_insns;
	u32				nr_orig_insns;
	struct lbpf_subprog		subprogs[LBPF_MAX_SUBPROGS + 1];
	u32				nr_subprogs;
	struct lbpf_map			*used_maps[LBPF_MAX_USED_MAPS];
	u32				nr_used_maps;
	struct lbpf_used_btf		used_btfs[LBPF_MAX_USED_BTFS];
	u32				nr_used_btfs;
	const struct lbpf_btf		*btf;
	const struct bpf_func_info	*func_infos;
	u32				nr_func_infos;
	const struct bpf_line_info	*line_infos;
	u32				nr_line_infos;
	u32				processed_insns;
	u32				max_states_per_insn;
	u32				total_states;
	u32				peak_states;
	u32				mark_read;
	u32				nr_table_lookups;
	u32				max_stack_bytes;
	u32				tp_buffer_bytes;
	u32				ctx_end;
};

/*
 * Steps that make better code, by letter; small ones are those of passes over the program.
 * selftests/bench/README.md says what each is worth (make bench-steps).
 */
#define LBPF_STEP_DEAD		'd'	/* branches that are always or never taken */
#define LBPF_STEP_LOOPS		'r'	/* loops that call functions in place */
#define LBPF_STEP_FOLD		'v'	/* numbers that are known as constants */
#define LBPF_STEP_LOOKUPS	'i'	/* lookups by address */
#define LBPF_STEP_FORWARD	'o'	/* values forwarded through the stack */
#define LBPF_STEP_JOIN		'j'	/* loads joined */
#define LBPF_STEP_USELESS	'u'	/* instructions without use dropped */
#define LBPF_STEP_DIRECT	'f'	/* the map type's function called instead of the helper */
#define LBPF_STEP_TABLES	't'	/* hash lookups in place */
#define LBPF_STEP_CPU		'C'	/* number and memory of the CPU without a call */
#define LBPF_STEP_LEA		'L'	/* moves, shifts and sums in one instruction */
#define LBPF_STEP_OPERANDS	'M'	/* loads, and stores, as operands of arithmetic */
#define LBPF_STEP_NARROW	'W'	/* 32-bit forms where upper halves are 0 */
#define LBPF_STEP_DIVIDE	'D'	/* division by constants as multiplication */
#define LBPF_STEP_BMI2		'X'	/* shifts and products of BMI2 */
#define LBPF_STEP_FLAGS		'Z'	/* flags of the instruction before used again */
#define LBPF_STEP_SHORT		'S'	/* short jumps */
#define LBPF_STEP_JUMPS		'J'	/* direct jumps for constant tail calls */
#define LBPF_STEP_FRAMES	'R'	/* no frame, no saved registers where none is needed */

#define LBPF_ALL_STEPS		"drviojuftCLMWDXZSJR"

static inline u64 lbpf_step_bit(char letter)
{
	return BIT_ULL(letter & 0x3f);
}

static inline bool lbpf_code_wants(const struct lbpf_code *code, char step)
{
	return !(code->steps_off & lbpf_step_bit(step));
}

static inline bool lbpf_code_may(const struct lbpf_code *code, u32 cap)
{
	return code->caps & cap;
}

/* Types of the module that entry @fd_index of fd_array, not 0, named before; NULL: none. */
static inline const struct lbpf_btf *lbpf_code_btf_at(const struct lbpf_code *code, u32 fd_index)
{
	u32 i;

	for (i = 0; i < code->nr_used_btfs; i++)
		if (code->used_btfs[i].fd_index == fd_index)
			return code->used_btfs[i].btf;
	return NULL;
}

/*
 * Lets the program refer to @btf of a module, which then stays, as the types do: takes over the
 * reference in any case.  0; -E2BIG: to too many; -ENXIO: the module has gone.  May sleep.
 */
int lbpf_code_use_btf(struct lbpf_code *code, const struct lbpf_btf *btf, u32 fd_index);
void lbpf_used_btfs_put(const struct lbpf_used_btf *used, u32 nr);

#endif /* _LBPF_CODE_H */
