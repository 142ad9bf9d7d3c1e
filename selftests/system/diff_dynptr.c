// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: dynamic pointers, what is refused of them and what they do.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"
#include "raw_types.h"

#define VALUE_BYTES	64
#define RING_BYTES	4096
#define FUNCS_MAX	3

static int value_fd, ring_fd, const_fd, lock_fd;

#define FP(reg, at)	MOV(reg, 10), ALU64_IMM(BPF_ADD, reg, at)
#define VALUE(reg)	LD_IMM64_RAW(reg, BPF_PSEUDO_MAP_VALUE, (uint32_t)value_fd)
#define END()		MOV_IMM(0, 0), EXIT()

/* Each leaves its result in R0. */
#define FROM_MEM_SIZE(at, size)						\
	VALUE(1), MOV_IMM(2, size), MOV_IMM(3, 0), FP(4, at), CALL(BPF_FUNC_dynptr_from_mem)
#define FROM_MEM(at)	FROM_MEM_SIZE(at, VALUE_BYTES)
#define RESERVE_SIZE(at, size)						\
	LD_MAP_FD(1, ring_fd), MOV_IMM(2, size), MOV_IMM(3, 0), FP(4, at),	\
	CALL(BPF_FUNC_ringbuf_reserve_dynptr)
#define RESERVE(at)	RESERVE_SIZE(at, 16)
#define SUBMIT(at)	FP(1, at), MOV_IMM(2, 0), CALL(BPF_FUNC_ringbuf_submit_dynptr)
#define DISCARD(at)	FP(1, at), MOV_IMM(2, 0), CALL(BPF_FUNC_ringbuf_discard_dynptr)
#define READ(to, len, at, off)						\
	FP(1, to), MOV_IMM(2, len), FP(3, at), MOV_IMM(4, off), MOV_IMM(5, 0),	\
	CALL(BPF_FUNC_dynptr_read)
#define WRITE(at, off, from, len)					\
	FP(1, at), MOV_IMM(2, off), FP(3, from), MOV_IMM(4, len), MOV_IMM(5, 0),	\
	CALL(BPF_FUNC_dynptr_write)
#define DATA(at, off, len)						\
	FP(1, at), MOV_IMM(2, off), MOV_IMM(3, len), CALL(BPF_FUNC_dynptr_data)
#define RANDOM()	CALL(BPF_FUNC_get_prandom_u32)
#define CALL_FUNC(away)	INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, away)

static int load_types(void)
{
	struct raw_types raw;
	union bpf_attr attr = {};
	int fd;

	make_raw_types(&raw);
	attr.btf = PTR(&raw);
	attr.btf_size = sizeof(raw);
	fd = bpf_call(BPF_BTF_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		give_up("types");
	return fd;
}

/* Where a function begins that the instruction calls or takes the address of, or 0. */
static uint32_t target_of(const struct bpf_insn *insns, uint32_t i)
{
	bool is_addr = insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
		       insns[i].src_reg == BPF_PSEUDO_FUNC;
	bool is_call = insns[i].code == (BPF_JMP | BPF_CALL) &&
		       insns[i].src_reg == BPF_PSEUDO_CALL;

	return is_addr || is_call ? i + 1 + insns[i].imm : 0;
}

/* Functions are called in the order in which they stand. */
static int load(const struct bpf_insn *insns, uint32_t nr_insns, const char *what)
{
	struct bpf_func_info funcs[FUNCS_MAX + 1] = { { 0, RAW_FUNC_ID } };
	union bpf_attr attr = load_attr(insns, nr_insns);
	int types_fd = load_types(), fd;
	uint32_t i, nr = 1;

	for (i = 0; i < nr_insns; i++)
		if (target_of(insns, i) > funcs[nr - 1].insn_off && nr <= FUNCS_MAX)
			funcs[nr++] = (struct bpf_func_info){ target_of(insns, i), RAW_FUNC_ID };
	attr.prog_btf_fd = types_fd;
	attr.func_info = PTR(funcs);
	attr.func_info_rec_size = sizeof(funcs[0]);
	attr.func_info_cnt = nr;
	fd = bpf_traced(BPF_PROG_LOAD, &attr, "%s", what);
	close(types_fd);
	return fd;
}

static void fill_value(void)
{
	uint8_t value[VALUE_BYTES];
	uint32_t zero = 0, i;

	for (i = 0; i < VALUE_BYTES; i++)
		value[i] = i + 1;
	elem_op(BPF_MAP_UPDATE_ELEM, value_fd, &zero, value, 0);
}

static void run_traced(int prog, const char *what)
{
	unsigned char packet[64] = {}, value[VALUE_BYTES];
	union bpf_attr attr = {};
	uint32_t zero = 0;
	char text[32];
	int err;

	attr.test.prog_fd = prog;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	err = bpf_call(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	trace(err ? error_name(errno) : "ok", "%s: run", what);
	snprintf(text, sizeof(text), "%d", (int)attr.test.retval);
	trace(text, "%s: returned", what);
	elem_op(BPF_MAP_LOOKUP_ELEM, value_fd, &zero, value, 0);
	trace_bytes(value, sizeof(value), "%s: value", what);
}

static void try(const struct bpf_insn *insns, uint32_t nr_insns, bool is_run, const char *what)
{
	int fd = load(insns, nr_insns, what);

	if (fd < 0)
		return;
	fill_value();
	if (is_run)
		run_traced(fd, what);
	close(fd);
}

#define TRY_RUN(what, is_run, ...) do {					\
	const struct bpf_insn try_insns[] = { __VA_ARGS__ };		\
									\
	try(try_insns, ARRAY_SIZE_OF(try_insns), is_run, what);		\
} while (0)
#define TRY(what, ...)	TRY_RUN(what, false, __VA_ARGS__)
#define RUN(what, ...)	TRY_RUN(what, true, __VA_ARGS__)

static void make_maps(void)
{
	union bpf_attr attr = {};
	int types_fd = load_types();

	value_fd = make_map(BPF_MAP_TYPE_ARRAY, 4, VALUE_BYTES, 1, 0);
	ring_fd = make_map(BPF_MAP_TYPE_RINGBUF, 0, 0, RING_BYTES, 0);
	const_fd = make_map(BPF_MAP_TYPE_ARRAY, 4, VALUE_BYTES, 1, BPF_F_RDONLY_PROG);
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = RAW_VALUE_BYTES;
	attr.max_entries = 1;
	attr.btf_fd = types_fd;
	attr.btf_key_type_id = RAW_U32_ID;
	attr.btf_value_type_id = RAW_VALUE_ID;
	lock_fd = bpf_call(BPF_MAP_CREATE, &attr, sizeof(attr));
	close(types_fd);
}

/* What they do. */
static void runs(void)
{
	make_maps();
	RUN("from_mem", FROM_MEM(-16), EXIT());
	RUN("from_mem, nothing", FROM_MEM_SIZE(-16, 0), EXIT());
	RUN("from_mem, flags", VALUE(1), MOV_IMM(2, 8), MOV_IMM(3, 1), FP(4, -16),
	    CALL(BPF_FUNC_dynptr_from_mem), MOV(6, 0), READ(-24, 4, -16, 0), ALU64(BPF_ADD, 0, 6),
	    EXIT());
	RUN("read", FROM_MEM(-16), READ(-24, 8, -16, 3), LDX(BPF_W, 0, 10, -24), EXIT());
	RUN("read, last", FROM_MEM(-16), READ(-24, 8, -16, 56), LDX(BPF_W, 0, 10, -20), EXIT());
	RUN("read, past", FROM_MEM(-16), READ(-24, 8, -16, 57), EXIT());
	RUN("read, far", FROM_MEM(-16), READ(-24, 8, -16, -4), EXIT());
	RUN("read, wraps", FROM_MEM(-16), READ(-24, 8, -16, -8), EXIT());
	RUN("read, nothing", FROM_MEM(-16), READ(-24, 0, -16, 64), EXIT());
	RUN("read, nothing past", FROM_MEM(-16), READ(-24, 0, -16, 65), EXIT());
	RUN("read, flags", FROM_MEM(-16), FP(1, -24), MOV_IMM(2, 8), FP(3, -16), MOV_IMM(4, 0),
	    MOV_IMM(5, 1), CALL(BPF_FUNC_dynptr_read), EXIT());
	RUN("write", FROM_MEM(-16), ST_IMM(BPF_DW, 10, -24, -1), WRITE(-16, 5, -24, 8), EXIT());
	RUN("write, past", FROM_MEM(-16), ST_IMM(BPF_DW, 10, -24, -1), WRITE(-16, 57, -24, 8),
	    EXIT());
	RUN("data", FROM_MEM(-16), DATA(-16, 9, 4), JMP_IMM(BPF_JEQ, 0, 0, 2),
	    ST_IMM(BPF_W, 0, 0, -2), LDX(BPF_B, 0, 0, 1), EXIT());
	RUN("data, past", FROM_MEM(-16), DATA(-16, 61, 4), JMP_IMM(BPF_JEQ, 0, 0, 1),
	    MOV_IMM(0, 1), EXIT());
	RUN("data, nothing", FROM_MEM(-16), DATA(-16, 64, 0), JMP_IMM(BPF_JEQ, 0, 0, 1),
	    MOV_IMM(0, 1), EXIT());
	RUN("data, huge", FROM_MEM(-16), DATA(-16, 0, -1), JMP_IMM(BPF_JEQ, 0, 0, 1),
	    MOV_IMM(0, 1), EXIT());
	RUN("over itself", FROM_MEM(-16), VALUE(1), ALU64_IMM(BPF_ADD, 1, 4), MOV_IMM(2, 16),
	    FP(3, -16), MOV_IMM(4, 0), MOV_IMM(5, 0), CALL(BPF_FUNC_dynptr_read), EXIT());
	RUN("reserve", RESERVE(-16), MOV(6, 0), SUBMIT(-16), MOV(0, 6), EXIT());
	RUN("reserve, much", RESERVE_SIZE(-16, 1 << 20), MOV(6, 0), DISCARD(-16), MOV(0, 6),
	    EXIT());
	RUN("reserve, 24 bits", RESERVE_SIZE(-16, 1 << 24), MOV(6, 0), DISCARD(-16), MOV(0, 6),
	    EXIT());
	RUN("reserve, -1", RESERVE_SIZE(-16, -1), MOV(6, 0), DISCARD(-16), MOV(0, 6), EXIT());
	RUN("reserve, flags", LD_MAP_FD(1, ring_fd), MOV_IMM(2, 8), MOV_IMM(3, 4), FP(4, -16),
	    CALL(BPF_FUNC_ringbuf_reserve_dynptr), MOV(6, 0), DISCARD(-16), MOV(0, 6), EXIT());
	RUN("reserve, failed, read", RESERVE_SIZE(-16, 1 << 20), READ(-24, 4, -16, 0), MOV(6, 0),
	    DISCARD(-16), MOV(0, 6), EXIT());
	RUN("reserve, data", RESERVE(-16), DATA(-16, 8, 8), JMP_IMM(BPF_JEQ, 0, 0, 1),
	    ST_IMM(BPF_DW, 0, 0, 7), READ(-24, 8, -16, 8), SUBMIT(-16), LDX(BPF_DW, 0, 10, -24),
	    EXIT());
}

/* On the stack. */
static void slots(void)
{
	make_maps();
	TRY("never made", READ(-24, 8, -16, 0), END());
	TRY("never made, submitted", SUBMIT(-16), END());
	TRY("made twice", FROM_MEM(-16), FROM_MEM(-16), END());
	TRY("made over a half", FROM_MEM(-16), FROM_MEM(-24), END());
	TRY("made over the other half", FROM_MEM(-24), FROM_MEM(-16), END());
	TRY("reserved over", FROM_MEM(-16), RESERVE(-16), SUBMIT(-16), END());
	TRY("local submitted", FROM_MEM(-16), SUBMIT(-16), END());
	TRY("leak", RESERVE(-16), END());
	TRY("submitted twice", RESERVE(-16), SUBMIT(-16), SUBMIT(-16), END());
	TRY("submitted, read", RESERVE(-16), SUBMIT(-16), READ(-24, 8, -16, 0), END());
	TRY("submitted, again", RESERVE(-16), SUBMIT(-16), RESERVE(-16), DISCARD(-16), END());
	TRY("second half read", FROM_MEM(-24), READ(-8, 8, -16, 0), END());
	TRY("second half submitted", RESERVE(-24), SUBMIT(-16), END());
	TRY("half before", FROM_MEM(-16), READ(-32, 4, -24, 0), END());
	TRY("two, half of each", FROM_MEM(-32), FROM_MEM(-16), READ(-40, 4, -24, 0), END());
	TRY("unaligned", FROM_MEM(-17), END());
	TRY("unaligned by 4", FROM_MEM(-20), END());
	TRY("unaligned read", FROM_MEM(-16), READ(-24, 4, -15, 0), END());
	TRY("unaligned read by 7", FROM_MEM(-24), READ(-32, 4, -17, 0), END());
	TRY("at the top", FROM_MEM(-8), END());
	TRY("beyond the top", FROM_MEM(0), END());
	TRY("at the bottom", FROM_MEM(-512), END());
	TRY("below the bottom", FROM_MEM(-520), END());
	TRY("far below", READ(-24, 4, -1024, 0), END());
	TRY("variable", FROM_MEM(-16), FROM_MEM(-32), RANDOM(), ALU64_IMM(BPF_AND, 0, 16),
	    FP(3, -32),
	    ALU64(BPF_ADD, 3, 0), FP(1, -40), MOV_IMM(2, 4), MOV_IMM(4, 0), MOV_IMM(5, 0),
	    CALL(BPF_FUNC_dynptr_read), END());
	TRY("variable, made", RANDOM(), ALU64_IMM(BPF_AND, 0, 16), FP(4, -32), ALU64(BPF_ADD, 4, 0),
	    VALUE(1), MOV_IMM(2, 8), MOV_IMM(3, 0), CALL(BPF_FUNC_dynptr_from_mem), END());
	TRY("loaded", FROM_MEM(-16), LDX(BPF_DW, 0, 10, -16), EXIT());
	TRY("second half loaded", FROM_MEM(-16), LDX(BPF_DW, 0, 10, -8), EXIT());
	TRY("byte loaded", FROM_MEM(-16), LDX(BPF_B, 0, 10, -9), EXIT());
	TRY("as a key", FROM_MEM(-16), LD_MAP_FD(1, value_fd), FP(2, -16),
	    CALL(BPF_FUNC_map_lookup_elem), END());
	TRY("as a value", FROM_MEM(-16), ST_IMM(BPF_W, 10, -84, 0), LD_MAP_FD(1, value_fd),
	    FP(2, -84), FP(3, -64), MOV_IMM(4, 0), CALL(BPF_FUNC_map_update_elem), END());
	TRY("in a map", LD_MAP_FD(1, ring_fd), MOV_IMM(2, 8), MOV_IMM(3, 0), VALUE(4),
	    CALL(BPF_FUNC_ringbuf_reserve_dynptr), END());
	TRY("a number", MOV_IMM(1, 0), MOV_IMM(2, 0), MOV_IMM(3, 4), CALL(BPF_FUNC_dynptr_data),
	    END());
	TRY("context", MOV_IMM(2, 0), MOV_IMM(3, 4), CALL(BPF_FUNC_dynptr_data), END());
}

/* Written to by something else. */
static void overwritten(void)
{
	make_maps();
	TRY("store, first half", FROM_MEM(-16), ST_IMM(BPF_DW, 10, -16, 1), READ(-24, 4, -16, 0),
	    END());
	TRY("store, second half", FROM_MEM(-16), ST_IMM(BPF_DW, 10, -8, 1), READ(-24, 4, -16, 0),
	    END());
	TRY("store, a byte", FROM_MEM(-16), ST_IMM(BPF_B, 10, -9, 1), READ(-24, 4, -16, 0), END());
	TRY("store, second half, submitted", RESERVE(-16), ST_IMM(BPF_DW, 10, -8, 1), SUBMIT(-16),
	    END());
	TRY("store, first half, submitted", RESERVE(-16), ST_IMM(BPF_DW, 10, -16, 1), SUBMIT(-16),
	    END());
	TRY("store, a byte, submitted", RESERVE(-16), ST_IMM(BPF_B, 10, -8, 1), SUBMIT(-16), END());
	TRY("store, last byte, submitted", RESERVE(-16), ST_IMM(BPF_B, 10, -1, 1), SUBMIT(-16),
	    END());
	TRY("spill", FROM_MEM(-16), STX(BPF_DW, 10, 10, -8), READ(-24, 4, -16, 0), END());
	TRY("spill, submitted", RESERVE(-16), STX(BPF_DW, 10, 10, -8), SUBMIT(-16), END());
	TRY("atomic", FROM_MEM(-16), MOV_IMM(0, 1),
	    INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 10, 0, -8, BPF_ADD), END());
	TRY("variable store", FROM_MEM(-16), RANDOM(), ALU64_IMM(BPF_AND, 0, 7), FP(1, -8),
	    ALU64(BPF_ADD, 1, 0), ST_IMM(BPF_B, 1, 0, 1), READ(-24, 4, -16, 0), END());
	TRY("variable store, submitted", RESERVE(-16), RANDOM(), ALU64_IMM(BPF_AND, 0, 7),
	    FP(1, -8), ALU64(BPF_ADD, 1, 0), ST_IMM(BPF_B, 1, 0, 1), SUBMIT(-16), END());
	TRY("helper", FROM_MEM(-16), FP(1, -8), MOV_IMM(2, 8), FP(3, -16), MOV_IMM(4, 0),
	    MOV_IMM(5, 0), CALL(BPF_FUNC_dynptr_read), READ(-24, 4, -16, 0), END());
	TRY("helper, submitted", RESERVE(-16), READ(-8, 8, -16, 0), SUBMIT(-16), END());
	TRY("helper, both", RESERVE(-16), READ(-16, 16, -16, 0), SUBMIT(-16), END());
	TRY("helper, number of bytes", FROM_MEM(-16), RANDOM(), ALU64_IMM(BPF_AND, 0, 8),
	    FP(1, -24),
	    MOV(2, 0), FP(3, -16), MOV_IMM(4, 0), MOV_IMM(5, 0), CALL(BPF_FUNC_dynptr_read), END());
	TRY("overwritten, made again", FROM_MEM(-16), ST_IMM(BPF_DW, 10, -8, 1),
	    ST_IMM(BPF_DW, 10, -16, 1), FROM_MEM(-16), READ(-24, 4, -16, 0), END());
	TRY("half overwritten, made again", FROM_MEM(-16), ST_IMM(BPF_DW, 10, -8, 1), FROM_MEM(-16),
	    READ(-24, 4, -16, 0), END());
	TRY("half overwritten, other loaded", FROM_MEM(-16), ST_IMM(BPF_DW, 10, -8, 1),
	    LDX(BPF_DW, 0, 10, -16), END());
}

/* Paths that meet: what is known of a dynamic pointer on one is not known on the other. */
static void joins(void)
{
	make_maps();
	TRY("made on one path", RANDOM(), JMP_IMM(BPF_JEQ, 0, 1, 9), FROM_MEM(-16), MOV_IMM(0, 0),
	    READ(-24, 4, -16, 0), END());
	TRY("reserved on one path", RANDOM(), JMP_IMM(BPF_JEQ, 0, 1, 9), RESERVE(-16),
	    MOV_IMM(0, 0), SUBMIT(-16), END());
	TRY("submitted on one path", RESERVE(-16), RANDOM(), JMP_IMM(BPF_JEQ, 0, 1, 4), SUBMIT(-16),
	    MOV_IMM(0, 0), END());
	TRY("submitted on both", RESERVE(-16), RANDOM(), JMP_IMM(BPF_JEQ, 0, 1, 5), SUBMIT(-16),
	    END(), DISCARD(-16), END());
	TRY("overwritten on one path", FROM_MEM(-16), RANDOM(), JMP_IMM(BPF_JEQ, 0, 1, 1),
	    ST_IMM(BPF_DW, 10, -8, 1), READ(-24, 4, -16, 0), END());
	TRY("two kinds", RANDOM(), JMP_IMM(BPF_JEQ, 0, 1, 9), FROM_MEM(-16),
	    JMP_IMM(BPF_JA, 0, 0, 8),
	    RESERVE(-16), READ(-24, 4, -16, 0), END());
	TRY("two places", RANDOM(), MOV(6, 0), JMP_IMM(BPF_JEQ, 6, 1, 9), RESERVE(-16),
	    JMP_IMM(BPF_JA, 0, 0, 8), RESERVE(-32), JMP_IMM(BPF_JEQ, 6, 1, 5), SUBMIT(-16), END(),
	    SUBMIT(-32), END());
	TRY("in a loop", MOV_IMM(6, 0), RESERVE(-16), SUBMIT(-16), ALU64_IMM(BPF_ADD, 6, 1),
	    JMP_IMM(BPF_JLT, 6, 5, -14), END());
	TRY("in a loop, lost", MOV_IMM(6, 0), RESERVE(-16), ALU64_IMM(BPF_ADD, 6, 1),
	    JMP_IMM(BPF_JLT, 6, 5, -10), SUBMIT(-16), END());
}

/* Memory that was reached through one. */
static void slices(void)
{
	make_maps();
	TRY("unchecked", FROM_MEM(-16), DATA(-16, 0, 4), ST_IMM(BPF_W, 0, 0, 1), END());
	TRY("past its end", FROM_MEM(-16), DATA(-16, 0, 4), JMP_IMM(BPF_JEQ, 0, 0, 1),
	    ST_IMM(BPF_W, 0, 1, 1), END());
	TRY("before its start", FROM_MEM(-16), DATA(-16, 8, 4), JMP_IMM(BPF_JEQ, 0, 0, 1),
	    ST_IMM(BPF_W, 0, -4, 1), END());
	TRY("of no bytes", FROM_MEM(-16), DATA(-16, 0, 0), JMP_IMM(BPF_JEQ, 0, 0, 1),
	    ST_IMM(BPF_B, 0, 0, 1), END());
	TRY("of unknown size", FROM_MEM(-16), RANDOM(), MOV(3, 0), FP(1, -16), MOV_IMM(2, 0),
	    CALL(BPF_FUNC_dynptr_data), END());
	TRY("at an unknown offset", FROM_MEM(-16), RANDOM(), MOV(2, 0), FP(1, -16), MOV_IMM(3, 4),
	    CALL(BPF_FUNC_dynptr_data), JMP_IMM(BPF_JEQ, 0, 0, 1), LDX(BPF_W, 0, 0, 0), END());
	TRY("of 2^32 bytes", FROM_MEM(-16), FP(1, -16), MOV_IMM(2, 0), LD_IMM64(3, 1ULL << 32),
	    CALL(BPF_FUNC_dynptr_data), JMP_IMM(BPF_JEQ, 0, 0, 1), LDX(BPF_B, 0, 0, 0), END());
	TRY("of 2^32 + 8 bytes", FROM_MEM(-16), FP(1, -16), MOV_IMM(2, 0),
	    LD_IMM64(3, (1ULL << 32) + 8), CALL(BPF_FUNC_dynptr_data), JMP_IMM(BPF_JEQ, 0, 0, 1),
	    LDX(BPF_B, 0, 0, 8), END());
	TRY("submitted as a record", RESERVE(-16), DATA(-16, 0, 8), JMP_IMM(BPF_JEQ, 0, 0, 3),
	    MOV(1, 0), MOV_IMM(2, 0), CALL(BPF_FUNC_ringbuf_submit), SUBMIT(-16), END());
	TRY("after the submission", RESERVE(-16), DATA(-16, 0, 8), MOV(6, 0), SUBMIT(-16),
	    JMP_IMM(BPF_JEQ, 6, 0, 1), ST_IMM(BPF_W, 6, 0, 1), END());
	TRY("checked, after the submission", RESERVE(-16), DATA(-16, 0, 8), MOV(6, 0),
	    JMP_IMM(BPF_JEQ, 6, 0, 5), SUBMIT(-16), ST_IMM(BPF_W, 6, 0, 1), END(), DISCARD(-16),
	    END());
	TRY("kept on the stack, after the submission", RESERVE(-16), DATA(-16, 0, 8),
	    STX(BPF_DW, 10, 0, -24), SUBMIT(-16), LDX(BPF_DW, 6, 10, -24),
	    JMP_IMM(BPF_JEQ, 6, 0, 1), LDX(BPF_W, 6, 6, 0), END());
	TRY("of two, one submitted", RESERVE(-16), RESERVE(-32), DATA(-16, 0, 8), MOV(6, 0),
	    SUBMIT(-32), JMP_IMM(BPF_JEQ, 6, 0, 1), ST_IMM(BPF_W, 6, 0, 1), SUBMIT(-16), END());
	TRY("local, overwritten", FROM_MEM(-16), DATA(-16, 0, 8), MOV(6, 0),
	    ST_IMM(BPF_DW, 10, -8, 1), JMP_IMM(BPF_JEQ, 6, 0, 1), LDX(BPF_W, 6, 6, 0), END());
	TRY("as memory of a helper", FROM_MEM(-16), DATA(-16, 0, 8), JMP_IMM(BPF_JEQ, 0, 0, 5),
	    MOV(2, 0), LD_MAP_FD(1, value_fd), CALL(BPF_FUNC_map_lookup_elem), MOV_IMM(0, 1),
	    END());
}

/* What one may be made of. */
static void sources(void)
{
	make_maps();
	TRY("past the value", FROM_MEM_SIZE(-16, VALUE_BYTES + 1), END());
	TRY("of unknown size", RANDOM(), MOV(2, 0), VALUE(1), MOV_IMM(3, 0), FP(4, -16),
	    CALL(BPF_FUNC_dynptr_from_mem), END());
	TRY("of some size", RANDOM(), MOV(2, 0), ALU64_IMM(BPF_AND, 2, 63), VALUE(1), MOV_IMM(3, 0),
	    FP(4, -16), CALL(BPF_FUNC_dynptr_from_mem), END());
	TRY("of -1 bytes", VALUE(1), MOV_IMM(2, -1), MOV_IMM(3, 0), FP(4, -16),
	    CALL(BPF_FUNC_dynptr_from_mem), END());
	TRY("the stack", ST_IMM(BPF_DW, 10, -24, 0), FP(1, -24), MOV_IMM(2, 8), MOV_IMM(3, 0),
	    FP(4, -16), CALL(BPF_FUNC_dynptr_from_mem), END());
	TRY("the stack, new", FP(1, -24), MOV_IMM(2, 8), MOV_IMM(3, 0), FP(4, -16),
	    CALL(BPF_FUNC_dynptr_from_mem), END());
	TRY("context", MOV_IMM(2, 8), MOV_IMM(3, 0), FP(4, -16), CALL(BPF_FUNC_dynptr_from_mem),
	    END());
	TRY("read-only map", LD_IMM64_RAW(1, BPF_PSEUDO_MAP_VALUE, (uint32_t)const_fd),
	    MOV_IMM(2, 8), MOV_IMM(3, 0), FP(4, -16), CALL(BPF_FUNC_dynptr_from_mem), END());
	TRY("lock in it", LD_IMM64_RAW(1, BPF_PSEUDO_MAP_VALUE, (uint32_t)lock_fd),
	    MOV_IMM(2, RAW_VALUE_BYTES), MOV_IMM(3, 0), FP(4, -16), CALL(BPF_FUNC_dynptr_from_mem),
	    END());
	TRY("a slice", FROM_MEM(-16), DATA(-16, 0, 8), JMP_IMM(BPF_JEQ, 0, 0, 6), MOV(1, 0),
	    MOV_IMM(2, 8), MOV_IMM(3, 0), FP(4, -32), CALL(BPF_FUNC_dynptr_from_mem), END());
	TRY("a record", LD_MAP_FD(1, ring_fd), MOV_IMM(2, 8), MOV_IMM(3, 0),
	    CALL(BPF_FUNC_ringbuf_reserve), JMP_IMM(BPF_JEQ, 0, 0, 10), MOV(6, 0), MOV(1, 0),
	    MOV_IMM(2, 8), MOV_IMM(3, 0), FP(4, -16), CALL(BPF_FUNC_dynptr_from_mem), MOV(1, 6),
	    MOV_IMM(2, 0), CALL(BPF_FUNC_ringbuf_submit), END());
	TRY("looked up, unchecked", ST_IMM(BPF_W, 10, -20, 0), LD_MAP_FD(1, value_fd), FP(2, -20),
	    CALL(BPF_FUNC_map_lookup_elem), MOV(1, 0), MOV_IMM(2, 8), MOV_IMM(3, 0), FP(4, -16),
	    CALL(BPF_FUNC_dynptr_from_mem), END());
	TRY("another map than a ring", LD_MAP_FD(1, value_fd), MOV_IMM(2, 8), MOV_IMM(3, 0),
	    FP(4, -16), CALL(BPF_FUNC_ringbuf_reserve_dynptr), SUBMIT(-16), END());
}

/* Several functions. */
static void functions(void)
{
	make_maps();
	TRY("of the caller", FROM_MEM(-16), FP(1, -16), CALL_FUNC(2), END(),
	    MOV_IMM(2, 0), MOV_IMM(3, 4), CALL(BPF_FUNC_dynptr_data), END());
	TRY("submitted by the callee", RESERVE(-16), FP(1, -16), CALL_FUNC(2), END(),
	    MOV_IMM(2, 0), CALL(BPF_FUNC_ringbuf_submit_dynptr), END());
	TRY("made by the callee", FP(1, -16), CALL_FUNC(5), SUBMIT(-16), EXIT(),
	    MOV(4, 1), LD_MAP_FD(1, ring_fd), MOV_IMM(2, 8), MOV_IMM(3, 0),
	    CALL(BPF_FUNC_ringbuf_reserve_dynptr), END());
	TRY("lost in the callee", CALL_FUNC(1), EXIT(), RESERVE(-16), END());
	TRY("overwritten by the callee", RESERVE(-16), FP(1, -16), CALL_FUNC(5), SUBMIT(-16),
	    EXIT(), ST_IMM(BPF_DW, 1, 8, 0), END());
	TRY("slice of the callee's", RESERVE(-16), FP(1, -16), CALL_FUNC(6), MOV(6, 0),
	    SUBMIT(-16), EXIT(), MOV_IMM(2, 0), MOV_IMM(3, 4), CALL(BPF_FUNC_dynptr_data), EXIT());
	TRY("submitted in each turn", RESERVE(-16), MOV_IMM(1, 2),
	    LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, 5), FP(3, -16), MOV_IMM(4, 0), CALL(BPF_FUNC_loop),
	    END(), MOV(1, 2), MOV_IMM(2, 0), CALL(BPF_FUNC_ringbuf_submit_dynptr), END());
	TRY("overwritten in a turn", FROM_MEM(-16), MOV_IMM(1, 2),
	    LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, 11), FP(3, -16), MOV_IMM(4, 0), CALL(BPF_FUNC_loop),
	    READ(-24, 4, -16, 0), END(), ST_IMM(BPF_DW, 2, 8, 1), END());
	TRY("reserved in a turn", MOV_IMM(1, 2), LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, 5), MOV_IMM(3, 0),
	    MOV_IMM(4, 0), CALL(BPF_FUNC_loop), END(), RESERVE(-16), END());
	TRY("reserved and submitted in a turn", MOV_IMM(1, 2), LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, 5),
	    MOV_IMM(3, 0), MOV_IMM(4, 0), CALL(BPF_FUNC_loop), END(), RESERVE(-16), SUBMIT(-16),
	    END());
	TRY("read in a turn", FROM_MEM(-16), MOV_IMM(1, 3), LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, 5),
	    FP(3, -16), MOV_IMM(4, 0), CALL(BPF_FUNC_loop), END(),
	    MOV(3, 2), FP(1, -8), MOV_IMM(2, 8), MOV_IMM(4, 0), MOV_IMM(5, 0),
	    CALL(BPF_FUNC_dynptr_read), END());
}

/* A program that drains the user ring buffer; what follows is the function. */
#define DRAIN(flags)							\
	ST_IMM(BPF_DW, 10, -8, 0), LD_MAP_FD(1, user_fd), LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, 7), \
	FP(3, -8), MOV_IMM(4, flags), CALL(BPF_FUNC_user_ringbuf_drain), MOV(6, 0), MOV(0, 6), \
	EXIT()
/* Adds the sample's first bytes to the value. */
#define ADD_UP(result)							\
	MOV(3, 1), FP(1, -8), MOV_IMM(2, 4), MOV_IMM(4, 0), MOV_IMM(5, 0),	\
	ST_IMM(BPF_DW, 10, -8, 0), CALL(BPF_FUNC_dynptr_read), LDX(BPF_DW, 1, 10, -8), VALUE(2), \
	INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 2, 1, 0, BPF_ADD), MOV_IMM(0, result), EXIT()

static int user_fd;

/* What a function may do with what it gets. */
static void drained(void)
{
	make_maps();
	user_fd = make_map(BPF_MAP_TYPE_USER_RINGBUF, 0, 0, RING_BYTES, 0);
	TRY("nothing", DRAIN(0), END());
	TRY("returns 1", DRAIN(0), MOV_IMM(0, 1), EXIT());
	TRY("returns 2", DRAIN(0), MOV_IMM(0, 2), EXIT());
	TRY("returns anything", DRAIN(0), RANDOM(), EXIT());
	TRY("returns it", DRAIN(0), MOV(0, 1), EXIT());
	TRY("read", DRAIN(0), ADD_UP(0));
	TRY("loaded", DRAIN(0), LDX(BPF_DW, 0, 1, 0), END());
	TRY("stored to", DRAIN(0), ST_IMM(BPF_DW, 1, 0, 0), END());
	TRY("compared", DRAIN(0), JMP_IMM(BPF_JEQ, 1, 0, 0), END());
	TRY("moved", DRAIN(0), ALU64_IMM(BPF_ADD, 1, 8), MOV_IMM(2, 0), MOV_IMM(3, 1),
	    CALL(BPF_FUNC_dynptr_data), END());
	TRY("moved back", DRAIN(0), ALU64_IMM(BPF_ADD, 1, -8), MOV_IMM(2, 0), MOV_IMM(3, 1),
	    CALL(BPF_FUNC_dynptr_data), END());
	TRY("moved and back", DRAIN(0), ALU64_IMM(BPF_ADD, 1, 8), ALU64_IMM(BPF_ADD, 1, -8),
	    MOV_IMM(2, 0), MOV_IMM(3, 1), CALL(BPF_FUNC_dynptr_data), END());
	TRY("moved at random", DRAIN(0), MOV(6, 1), RANDOM(), ALU64_IMM(BPF_AND, 0, 8),
	    ALU64(BPF_ADD, 6, 0), MOV(1, 6), MOV_IMM(2, 0), MOV_IMM(3, 1),
	    CALL(BPF_FUNC_dynptr_data), END());
	TRY("moved at random, loaded", DRAIN(0), MOV(6, 1), RANDOM(), ALU64_IMM(BPF_AND, 0, 8),
	    ALU64(BPF_ADD, 6, 0), LDX(BPF_B, 0, 6, 0), END());
	TRY("loaded from before", DRAIN(0), LDX(BPF_B, 0, 1, -1), END());
	TRY("moved by nothing", DRAIN(0), ALU64_IMM(BPF_ADD, 1, 0), MOV_IMM(2, 0), MOV_IMM(3, 1),
	    CALL(BPF_FUNC_dynptr_data), END());
	TRY("data", DRAIN(0), MOV_IMM(2, 0), MOV_IMM(3, 1), CALL(BPF_FUNC_dynptr_data),
	    JMP_IMM(BPF_JEQ, 0, 0, 1), LDX(BPF_B, 0, 0, 0), END());
	TRY("data, past", DRAIN(0), MOV_IMM(2, 0), MOV_IMM(3, 1), CALL(BPF_FUNC_dynptr_data),
	    JMP_IMM(BPF_JEQ, 0, 0, 1), LDX(BPF_B, 0, 0, 1), END());
	TRY("submitted", DRAIN(0), MOV_IMM(2, 0), CALL(BPF_FUNC_ringbuf_submit_dynptr), END());
	TRY("discarded", DRAIN(0), MOV_IMM(2, 0), CALL(BPF_FUNC_ringbuf_discard_dynptr), END());
	TRY("made again", DRAIN(0), MOV(4, 1), VALUE(1), MOV_IMM(2, 8), MOV_IMM(3, 0),
	    CALL(BPF_FUNC_dynptr_from_mem), END());
	TRY("reserved over", DRAIN(0), MOV(4, 1), LD_MAP_FD(1, ring_fd), MOV_IMM(2, 8),
	    MOV_IMM(3, 0), CALL(BPF_FUNC_ringbuf_reserve_dynptr), END());
	TRY("kept by the caller", DRAIN(0), STX(BPF_DW, 2, 1, 0), END());
	TRY("kept by the caller, used", ST_IMM(BPF_DW, 10, -8, 0), LD_MAP_FD(1, user_fd),
	    LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, 11), FP(3, -8), MOV_IMM(4, 0),
	    CALL(BPF_FUNC_user_ringbuf_drain), LDX(BPF_DW, 1, 10, -8), MOV_IMM(2, 0),
	    MOV_IMM(3, 1), CALL(BPF_FUNC_dynptr_data), END(), STX(BPF_DW, 2, 1, 0), END());
	TRY("drained in a drain", DRAIN(0), LD_MAP_FD(1, user_fd),
	    LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, 5),
	    MOV_IMM(3, 0), MOV_IMM(4, 0), CALL(BPF_FUNC_user_ringbuf_drain), END(), END());
	TRY("another map", LD_MAP_FD(1, ring_fd), LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, 5),
	    MOV_IMM(3, 0),
	    MOV_IMM(4, 0), CALL(BPF_FUNC_user_ringbuf_drain), END(), END());
	TRY("reserved in it", LD_MAP_FD(1, user_fd), MOV_IMM(2, 8), MOV_IMM(3, 0), FP(4, -16),
	    CALL(BPF_FUNC_ringbuf_reserve_dynptr), SUBMIT(-16), END());
}

#define PAGE_BYTES	4096
#define SAMPLES_MAX	8

/* Heads of samples, each behind the last one, and where the producer says to be: 0: at the end. */
static const struct {
	const char *what;
	uint32_t heads[SAMPLES_MAX];
	uint32_t nr, pos;
} produced[] = {
	{ "nothing", {}, 0, 0 },
	{ "one", { 8 }, 1, 0 },
	{ "three", { 8, 4, 16 }, 3, 0 },
	{ "an empty one", { 0, 8 }, 2, 0 },
	{ "odd sizes", { 1, 9, 15 }, 3, 0 },
	{ "discarded", { 8, 8 | BPF_RINGBUF_DISCARD_BIT, 8 }, 3, 0 },
	{ "all discarded", { 8 | BPF_RINGBUF_DISCARD_BIT, 8 | BPF_RINGBUF_DISCARD_BIT }, 2, 0 },
	{ "busy", { 8, 8 | BPF_RINGBUF_BUSY_BIT, 8 }, 3, 0 },
	{ "busy and discarded", { 8, 8 | BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT, 8 }, 3,
	  0 },
	{ "longer than produced", { 8, 64 }, 2, 48 },
	{ "as long as the ring", { 4088 }, 1, 4096 },
	{ "longer than the ring", { 4089 }, 1, 8192 },
	{ "much longer", { 0x3fffffff }, 1, 0x40000000 },
	{ "longer than 24 bits", { 0x1000000 }, 1, 0x1000008 },
	{ "position unaligned", { 8 }, 1, 17 },
	{ "position by 4", { 8 }, 1, 20 },
	{ "more produced than there is", { 8, 8, 8 }, 3, 8000 },
};

static void produce(uint32_t p)
{
	uint8_t *area = mmap(NULL, 3 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, user_fd,
			     PAGE_BYTES);
	uint32_t i, at = 0, len;

	if (area == MAP_FAILED)
		give_up("mmap");
	for (i = 0; i < produced[p].nr && at < PAGE_BYTES; i++) {
		len = produced[p].heads[i] & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		*(uint32_t *)(area + PAGE_BYTES + at) = produced[p].heads[i];
		*(uint64_t *)(area + PAGE_BYTES + at + 8) = 0x0101010101010101 << i;
		at += (len + 15) & ~7;
	}
	*(uint64_t *)area = produced[p].pos ? produced[p].pos : at;
	munmap(area, 3 * PAGE_BYTES);
}

static void trace_consumer(const char *what)
{
	uint64_t *page = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, user_fd, 0);

	if (page == MAP_FAILED)
		give_up("mmap");
	trace_bytes(page, 8, "%s: consumed", what);
	munmap(page, PAGE_BYTES);
}

static void samples(void)
{
	static const uint32_t flags[] = { 0, 1, 2, 3, 4, 0x80000000 };
	char what[64];
	uint32_t p, i;

	make_maps();
	for (p = 0; p < ARRAY_SIZE_OF(produced); p++)
		for (i = 0; i < 2 + ARRAY_SIZE_OF(flags); i++) {
			bool ends = i == 1;
			uint32_t flag = i < 2 ? 0 : flags[i - 2];

			user_fd = make_map(BPF_MAP_TYPE_USER_RINGBUF, 0, 0, RING_BYTES, 0);
			produce(p);
			snprintf(what, sizeof(what), "%s, returns %d, flags %#x", produced[p].what,
				 ends, flag);
			if (ends)
				RUN(what, DRAIN(0), ADD_UP(1));
			else
				RUN(what, DRAIN((int)flag), ADD_UP(0));
			trace_consumer(what);
			close(user_fd);
		}
}

const struct scenario dynptr_scenarios[] = {
	{ "dynptr drained", drained },
	{ "dynptr samples", samples },
	{ "dynptr runs", runs },
	{ "dynptr slots", slots },
	{ "dynptr overwritten", overwritten },
	{ "dynptr joins", joins },
	{ "dynptr slices", slices },
	{ "dynptr sources", sources },
	{ "dynptr functions", functions },
	{}
};
