// SPDX-License-Identifier: GPL-2.0
/*
 * Each step that makes better code does something: a program that is there for it has machine code
 * of another length without it (or calls something else), and the same result with it, without it,
 * and on bpf(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <kselftest.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <insns.h>
#include <lbpf_test.h>
#include "../system/raw_types.h"

#define PARAM		"/sys/module/lbpf/parameters/steps_off"
#define MAX_INSNS	256
#define NR_FILLERS	80
#define PACKET_BYTES	64

static struct bpf_insn insns[MAX_INSNS];
static unsigned int nr_insns;
static enum test_side side;
static int map_fd;

static void put(struct bpf_insn insn)
{
	insns[nr_insns++] = insn;
}

static void put_map(int reg)
{
	const struct bpf_insn load[] = { LD_MAP_FD(reg, map_fd) };

	put(load[0]);
	put(load[1]);
}

/* Where the function that is called begins, and types for both functions. */
static unsigned int callback_at;
static struct bpf_func_info funcs[2];
static struct raw_types types;

static void add_types(union bpf_attr *attr)
{
	union bpf_attr btf = { .btf = (unsigned long)&types, .btf_size = sizeof(types) };

	make_raw_types(&types);
	attr->prog_btf_fd = test_bpf(side, BPF_BTF_LOAD, &btf, sizeof(btf));
	funcs[0] = (struct bpf_func_info){ 0, RAW_FUNC_ID };
	funcs[1] = (struct bpf_func_info){ callback_at, RAW_FUNC_ID };
	attr->func_info = (unsigned long)funcs;
	attr->func_info_cnt = 2;
	attr->func_info_rec_size = sizeof(*funcs);
}

/* A number of which the verifier knows that it is 32 bits wide. */
static void put_length(int reg)
{
	put(LDX(BPF_W, reg, 1, offsetof(struct __sk_buff, len)));
}

/* 16 bytes of the packet on the stack, of which the verifier knows nothing. */
static void put_packet_bytes(void)
{
	put(MOV_IMM(2, 0));
	put(MOV(3, 10));
	put(ALU64_IMM(BPF_ADD, 3, -16));
	put(MOV_IMM(4, 16));
	put(CALL(BPF_FUNC_skb_load_bytes));
	put(MOV_IMM(0, 0));
}

static void put_dead_branch(void)
{
	put_length(0);
	put(JMP_IMM(BPF_JGT, 0, 127, 3));
	put(ALU64_IMM(BPF_AND, 0, 127));
	put(JMP_IMM(BPF_JGT, 0, 127, 1));
	put(EXIT());
	put(MOV_IMM(0, 99));
	put(EXIT());
}

static void put_loop(void)
{
	put(MOV_IMM(1, 8));
	put(INSN(BPF_LD | BPF_IMM | BPF_DW, 2, BPF_PSEUDO_FUNC, 0, 5));
	put(INSN(0, 0, 0, 0, 0));
	put(MOV_IMM(3, 0));
	put(MOV_IMM(4, 0));
	put(CALL(BPF_FUNC_loop));
	put(EXIT());
	callback_at = nr_insns;
	put(MOV_IMM(0, 0));
	put(EXIT());
}

static void put_known_number(void)
{
	put_length(0);
	put(MOV(2, 0));
	put(ALU64_IMM(BPF_AND, 2, 7));
	put(ALU64_IMM(BPF_RSH, 2, 3));
	put(ALU64(BPF_ADD, 0, 2));
	put(EXIT());
}

/* What is in the value at the key at @off of the stack. */
static void put_lookup(int off)
{
	put(MOV(2, 10));
	put(ALU64_IMM(BPF_ADD, 2, off));
	put_map(1);
	put(CALL(BPF_FUNC_map_lookup_elem));
	put(JMP_IMM(BPF_JEQ, 0, 0, 1));
	put(LDX(BPF_W, 0, 0, 0));
	put(EXIT());
}

static void put_array_lookup(void)
{
	put(ST_IMM(BPF_W, 10, -4, 1));
	put_lookup(-4);
}

static void put_zero_key(int bytes)
{
	int off;

	for (off = -bytes; off < 0; off += 8)
		put(ST_IMM(BPF_DW, 10, off, 0));
	put_lookup(-bytes);
}

/* Long enough that a lookup is compiled in place. */
static void put_table_lookup(void)
{
	unsigned int i;

	put_length(7);
	for (i = 0; i < NR_FILLERS; i++)
		put(ALU64_IMM(i & 1 ? BPF_XOR : BPF_ADD, 7, 2 * i + 1));
	put_zero_key(8);
}

static void put_stack_copy(void)
{
	put_length(2);
	put(STX(BPF_DW, 10, 2, -8));
	put(LDX(BPF_DW, 0, 10, -8));
	put(EXIT());
}

static void put_byte_loads(void)
{
	unsigned int i;

	put_packet_bytes();
	put(LDX(BPF_B, 0, 10, -16));
	for (i = 1; i < 4; i++) {
		put(LDX(BPF_B, 2, 10, -16 + (int)i));
		put(ALU64_IMM(BPF_LSH, 2, 8 * i));
		put(ALU64(BPF_OR, 0, 2));
	}
	put(EXIT());
}

static void put_useless(void)
{
	put_length(0);
	put(MOV(3, 0));
	put(ALU64_IMM(BPF_MUL, 3, 77));
	put(EXIT());
}

static void put_cpu(void)
{
	put(CALL(BPF_FUNC_get_smp_processor_id));
	put(EXIT());
}

static void put_sum(void)
{
	put_length(2);
	put(MOV(0, 2));
	put(ALU64_IMM(BPF_ADD, 0, 1000));
	put(ALU64(BPF_XOR, 0, 2));
	put(EXIT());
}

static void put_operand(void)
{
	put_packet_bytes();
	put(LDX(BPF_DW, 1, 10, -8));
	put(ALU64(BPF_ADD, 0, 1));
	put(EXIT());
}

static void put_narrow(void)
{
	put_length(0);
	put(ALU64_IMM(BPF_AND, 0, 127));
	put(ALU64_IMM(BPF_ADD, 0, 5));
	put(ALU64_IMM(BPF_XOR, 0, 3));
	put(EXIT());
}

static void put_division(void)
{
	put_length(0);
	put(ALU64_IMM(BPF_ADD, 0, 1000));
	put(ALU64_IMM(BPF_DIV, 0, 10));
	put(EXIT());
}

static void put_shift(void)
{
	put_length(2);
	put(MOV(4, 2));
	put(ALU64_IMM(BPF_AND, 2, 7));
	put(MOV_IMM(0, 3));
	put(ALU64(BPF_LSH, 0, 2));
	put(ALU64(BPF_ADD, 0, 4));
	put(EXIT());
}

static void put_countdown(void)
{
	put_length(2);
	put(ALU64_IMM(BPF_AND, 2, 63));
	put(MOV_IMM(0, 5));
	put(ALU64_IMM(BPF_SUB, 2, 1));
	put(JMP_IMM(BPF_JNE, 2, 0, 1));
	put(MOV_IMM(0, 6));
	put(EXIT());
}

static void put_jump(void)
{
	put_length(2);
	put(MOV_IMM(0, 5));
	put(JMP_IMM(BPF_JGT, 2, 10, 1));
	put(MOV_IMM(0, 6));
	put(EXIT());
}

/* The place is empty. */
static void put_tail_call(void)
{
	put_map(2);
	put(MOV_IMM(3, 0));
	put(CALL(BPF_FUNC_tail_call));
	put(MOV_IMM(0, 8));
	put(EXIT());
}

static void put_leaf(void)
{
	put(MOV(6, 1));
	put(LDX(BPF_W, 0, 6, offsetof(struct __sk_buff, len)));
	put(EXIT());
}

static void put_long_key(void)
{
	put_zero_key(64);
}

/**
 * struct effect - A step
 * @letter: Its letter.
 * @name: What it does.
 * @put: Writes its program.
 * @map_type: Map of the program; 0: none.
 * @key_bytes: Its key size.
 * @grows: The step makes the machine code longer, not shorter.
 * @is_call: It makes neither, but something else is called.
 * @feature: What the CPU must have, as /proc/cpuinfo calls it; NULL: nothing.
 */
struct effect {
	char		letter;
	const char	*name;
	void		(*put)(void);
	uint32_t	map_type;
	uint32_t	key_bytes;
	bool		grows;
	bool		is_call;
	const char	*feature;
};

static const struct effect effects[] = {
	{ 'd', "branches decided by facts", .put = put_dead_branch },
	{ 'r', "loops of calls in place", .put = put_loop, .grows = true },
	{ 'v', "numbers known by facts", .put = put_known_number },
	{ 'i', "lookups by address", .put = put_array_lookup, .map_type = BPF_MAP_TYPE_ARRAY,
	  .key_bytes = 4, .grows = true },
	{ 'o', "values forwarded through the stack", .put = put_stack_copy },
	{ 'j', "loads joined", .put = put_byte_loads },
	{ 'u', "useless instructions dropped", .put = put_useless },
	{ 'f', "map functions called directly", .put = put_long_key, .map_type = BPF_MAP_TYPE_HASH,
	  .key_bytes = 64, .is_call = true },
	{ 't', "hash lookups in place", .put = put_table_lookup, .map_type = BPF_MAP_TYPE_HASH,
	  .key_bytes = 8, .grows = true },
	{ 'C', "number of the CPU without a call", .put = put_cpu },
	{ 'L', "sums by LEA", .put = put_sum },
	{ 'M', "memory operands", .put = put_operand },
	{ 'W', "32-bit forms", .put = put_narrow },
	{ 'D', "division by multiplication", .put = put_division, .grows = true },
	{ 'X', "BMI2", .put = put_shift, .feature = " bmi2" },
	{ 'Z', "flags used again", .put = put_countdown },
	{ 'S', "short jumps", .put = put_jump },
	{ 'J', "constant tail calls jump directly", .put = put_tail_call,
	  .map_type = BPF_MAP_TYPE_PROG_ARRAY, .key_bytes = 4, .grows = true },
	{ 'R', "frames where needed", .put = put_leaf },
};

#define NR_EFFECTS	(sizeof(effects) / sizeof(*effects))

/**
 * struct outcome - What is seen of a program
 * @len: Bytes of its machine code.
 * @result: Of a run.
 * @log: Its passes.
 */
struct outcome {
	uint32_t	len;
	uint32_t	result;
	char		log[1 << 16];
};

static void set_off(char letter)
{
	const char text[] = { letter, '\n' };
	int fd = open(PARAM, O_WRONLY);

	if (fd < 0 || write(fd, text, sizeof(text)) != sizeof(text))
		ksft_exit_fail_msg("%s: %s\n", PARAM, strerror(errno));
	close(fd);
}

/* With the value 41 at the key that programs ask for. */
static int make_map(const struct effect *effect)
{
	uint32_t key[16] = { effect->map_type == BPF_MAP_TYPE_ARRAY }, value = 41;
	union bpf_attr attr = { .map_type = effect->map_type, .key_size = effect->key_bytes,
				.value_size = 4, .max_entries = 4 };
	int fd = test_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = (unsigned long)key;
	attr.value = (unsigned long)&value;
	if (effect->map_type != BPF_MAP_TYPE_PROG_ARRAY &&
	    test_bpf(side, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)))
		ksft_exit_fail_msg("map: %s\n", strerror(errno));
	return fd;
}

static int load(struct outcome *outcome)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SCHED_CLS, .insn_cnt = nr_insns,
				.insns = (unsigned long)insns, .license = (unsigned long)"GPL" };
	int fd;

	if (callback_at)
		add_types(&attr);
	if (side == SIDE_LBPF) {
		attr.log_level = LBPF_LOG_LEVEL_PASSES;
		attr.log_buf = (unsigned long)outcome->log;
		attr.log_size = sizeof(outcome->log);
	}
	fd = test_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (callback_at)
		close(attr.prog_btf_fd);
	return fd;
}

static bool measure(int fd, struct outcome *outcome)
{
	uint8_t packet[PACKET_BYTES] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { 0 };

	attr.info.bpf_fd = fd;
	attr.info.info = (unsigned long)&info;
	attr.info.info_len = sizeof(info);
	if (test_bpf(side, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		return false;
	outcome->len = info.jited_prog_len;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = (unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	if (test_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		return false;
	outcome->result = attr.test.retval;
	return true;
}

static bool try(enum test_side which, const struct effect *effect, struct outcome *outcome)
{
	bool is_good;
	int fd;

	memset(outcome, 0, sizeof(*outcome));
	side = which;
	map_fd = effect->map_type ? make_map(effect) : -1;
	nr_insns = 0;
	callback_at = 0;
	effect->put();
	fd = load(outcome);
	is_good = fd >= 0 && measure(fd, outcome);
	if (!is_good)
		ksft_print_msg("side %d: %s\n%s\n", which, strerror(errno), outcome->log);
	close(fd);
	if (map_fd >= 0)
		close(map_fd);
	return is_good;
}

static bool has_feature(const char *feature)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	bool is_there = false;
	char line[8192];

	while (file && !is_there && fgets(line, sizeof(line), file))
		is_there = !strncmp(line, "flags", 5) && strstr(line, feature);
	if (file)
		fclose(file);
	return is_there;
}

/* Where the first call in the machine code goes. */
static unsigned long find_target(const struct outcome *outcome)
{
	const char *at = strstr(outcome->log, "machine code:");
	unsigned int b[4];
	unsigned long from;

	at = at ? strstr(at, "(85) call ") : NULL;
	at = at ? strstr(at, "\n\t") : NULL;
	if (!at || sscanf(at, " %lx: e8 %x %x %x %x", &from, b, b + 1, b + 2, b + 3) != 5)
		return 0;
	return from + 5 + (int)(b[0] | b[1] << 8 | b[2] << 16 | b[3] << 24);
}

static bool differs(const struct effect *effect, const struct outcome *with,
		    const struct outcome *without)
{
	if (effect->is_call)
		return find_target(with) && find_target(without) &&
		       find_target(with) != find_target(without);
	return effect->grows ? with->len > without->len : with->len < without->len;
}

static void test_effect(const struct effect *effect)
{
	static struct outcome with, without, theirs;
	bool is_good;

	if (effect->feature && !has_feature(effect->feature)) {
		ksft_test_result_skip("%c, %s: the CPU has not%s\n", effect->letter, effect->name,
				      effect->feature);
		return;
	}
	set_off(' ');
	is_good = try(SIDE_LBPF, effect, &with) && try(SIDE_KERNEL, effect, &theirs);
	set_off(effect->letter);
	is_good = is_good && try(SIDE_LBPF, effect, &without);
	set_off(' ');
	ksft_print_msg("%u bytes, %u without; %u, %u, bpf(2) %u\n", with.len, without.len,
		       with.result, without.result, theirs.result);
	ksft_test_result(is_good && with.result == without.result &&
			 with.result == theirs.result && differs(effect, &with, &without),
			 "%c, %s\n", effect->letter, effect->name);
}

int main(void)
{
	unsigned int i;

	/* A program tells which it runs on. */
	if (!test_pin(0))
		ksft_exit_fail_msg("sched_setaffinity\n");
	ksft_print_header();
	ksft_set_plan(NR_EFFECTS);
	for (i = 0; i < NR_EFFECTS; i++)
		test_effect(&effects[i]);
	ksft_finished();
}
