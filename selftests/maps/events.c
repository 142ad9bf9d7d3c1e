// SPDX-License-Identifier: GPL-2.0
/*
 * What programs tell userspace: ring buffers, perf events, stack traces.
 *
 * A client of libbpf that knows nothing of lbpf.  It runs itself twice, the
 * second time with the preloaded library, and prints what it sees as lines;
 * both must print the same.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <kselftest.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "insns.h"

#define PRELOAD		"/lbpf/liblbpf-preload.so"
#define RING_BYTES	4096
#define NR(a)		((int)(sizeof(a) / sizeof((a)[0])))
#define OUTPUT_MAX	65536

static int load(enum bpf_prog_type type, const struct bpf_insn *insns, int nr)
{
	static char log[65536];

	LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_buf = log, .log_size = sizeof(log),
		    .log_level = 1);
	int fd = bpf_prog_load(type, NULL, "GPL", insns, nr, &opts);

	if (fd < 0)
		printf("load: %s\n%s\n", strerror(-fd), log);
	return fd;
}

#define LOAD(type, ...)								\
	load(type, (const struct bpf_insn[]){ __VA_ARGS__ },			\
	     NR(((const struct bpf_insn[]){ __VA_ARGS__ })))

/* Result of a run on a packet. */
static int run(int prog)
{
	static char packet[64];

	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	int err = bpf_prog_test_run_opts(prog, &opts);

	return err ? err : (int)opts.retval;
}

static int run_raw(int prog)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int err = bpf_prog_test_run_opts(prog, &opts);

	return err ? err : (int)opts.retval;
}

static int run_and_close(int prog)
{
	int ret = run(prog);

	close(prog);
	return ret;
}

/* Puts 16 bytes, the first word being @word, into the ring. */
static int load_output(int ring, int word, int flags)
{
	return LOAD(BPF_PROG_TYPE_SOCKET_FILTER,
		ST_IMM(BPF_DW, BPF_REG_10, -16, word), ST_IMM(BPF_DW, BPF_REG_10, -8, 7),
		LD_MAP_FD(BPF_REG_1, ring),
		MOV(BPF_REG_2, BPF_REG_10), ALU64_IMM(BPF_ADD, BPF_REG_2, -16),
		MOV_IMM(BPF_REG_3, 16), MOV_IMM(BPF_REG_4, flags),
		CALL(BPF_FUNC_ringbuf_output), EXIT());
}

static int output(int ring, int word, int flags)
{
	return run_and_close(load_output(ring, word, flags));
}

/* Reserves @bytes, writes @word, and submits or discards: 1, or 0 if there is no room. */
static int load_reserve(int ring, int bytes, int word, int helper, int flags)
{
	return LOAD(BPF_PROG_TYPE_SOCKET_FILTER,
		LD_MAP_FD(BPF_REG_1, ring), MOV_IMM(BPF_REG_2, bytes), MOV_IMM(BPF_REG_3, 0),
		CALL(BPF_FUNC_ringbuf_reserve),
		JMP_IMM(BPF_JNE, BPF_REG_0, 0, 1), EXIT(),
		ST_IMM(BPF_DW, BPF_REG_0, 0, word),
		MOV(BPF_REG_1, BPF_REG_0), MOV_IMM(BPF_REG_2, flags), CALL(helper),
		MOV_IMM(BPF_REG_0, 1), EXIT());
}

static int reserve(int ring, int bytes, int word, int helper, int flags)
{
	return run_and_close(load_reserve(ring, bytes, word, helper, flags));
}

static int query(int ring, int what)
{
	return run_and_close(LOAD(BPF_PROG_TYPE_SOCKET_FILTER,
		LD_MAP_FD(BPF_REG_1, ring), MOV_IMM(BPF_REG_2, what),
		CALL(BPF_FUNC_ringbuf_query), EXIT()));
}

static void print_queries(int ring)
{
	printf("available %d, size %d, read to %d, written to %d, unknown %d\n",
	       query(ring, BPF_RB_AVAIL_DATA), query(ring, BPF_RB_RING_SIZE),
	       query(ring, BPF_RB_CONS_POS), query(ring, BPF_RB_PROD_POS), query(ring, 77));
}

static int print_sample(void *ctx, void *data, size_t size)
{
	printf("sample %llu, %zu bytes\n", (unsigned long long)*(__u64 *)data, size);
	return 0;
}

static void test_ring_order(int map, struct ring_buffer *ring)
{
	printf("nothing: %d\n", ring_buffer__poll(ring, 0));
	printf("output %d %d\n", output(map, 1, 0), output(map, 2, 0));
	printf("reserve %d\n", reserve(map, 24, 3, BPF_FUNC_ringbuf_submit, 0));
	printf("discard %d\n", reserve(map, 8, 4, BPF_FUNC_ringbuf_discard, 0));
	printf("reserve %d\n", reserve(map, 8, 5, BPF_FUNC_ringbuf_submit, 0));
	print_queries(map);
	printf("poll: %d\n", ring_buffer__poll(ring, 1000));
	print_queries(map);
	printf("wrong flags: %d\n", output(map, 6, 4));
}

static void test_ring_wakeup(int map, struct ring_buffer *ring)
{
	printf("silent %d\n", output(map, 10, BPF_RB_NO_WAKEUP));
	printf("poll: %d\n", ring_buffer__poll(ring, 50));
	printf("consume: %d\n", ring_buffer__consume(ring));
	printf("silent %d, forced %d\n", output(map, 11, BPF_RB_NO_WAKEUP),
	       output(map, 12, BPF_RB_FORCE_WAKEUP));
	printf("poll: %d\n", ring_buffer__poll(ring, 1000));
	printf("silent, then plain: %d %d\n", output(map, 13, BPF_RB_NO_WAKEUP),
	       output(map, 14, 0));
	printf("poll: %d\n", ring_buffer__poll(ring, 50));
	printf("consume: %d\n", ring_buffer__consume(ring));
}

static void test_ring_full(int map, struct ring_buffer *ring)
{
	int silent = load_output(map, 5, BPF_RB_NO_WAKEUP), nr = 0;
	int submit = load_reserve(map, 40, 6, BPF_FUNC_ringbuf_submit, 0);
	int discard = load_reserve(map, 40, 7, BPF_FUNC_ringbuf_discard, 0);

	while (nr < 1000 && !run(silent))
		nr++;
	printf("holds %d, then %d\n", nr, output(map, 0, 0));
	printf("no room to reserve: %d\n", reserve(map, 64, 0, BPF_FUNC_ringbuf_submit, 0));
	print_queries(map);
	printf("consume: %d\n", ring_buffer__consume(ring));
	for (nr = 0; nr < 300; nr++) {
		if (run(nr % 3 ? submit : discard) != 1)
			printf("reserve failed at %d\n", nr);
		ring_buffer__consume(ring);
	}
	close(silent);
	close(submit);
	close(discard);
	print_queries(map);
	printf("larger than the ring: %d, as large: %d, all of it: %d\n",
	       reserve(map, RING_BYTES + 8, 0, BPF_FUNC_ringbuf_submit, 0),
	       reserve(map, RING_BYTES - 8, 0, BPF_FUNC_ringbuf_submit, 0),
	       reserve(map, RING_BYTES - 16, 0, BPF_FUNC_ringbuf_discard, 0));
}

/* A consumer that lies about its position must not have busy records overwritten. */
static void test_ring_liar(int map)
{
	unsigned long *pos = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	int prog;

	if (pos == MAP_FAILED)
		return;
	*pos = 0x123456789;
	printf("position from nowhere: %d\n", output(map, 1, 0));
	*pos = -1UL;
	printf("position from the end: %d\n", output(map, 1, 0));
	*pos = 0;
	prog = query(map, BPF_RB_CONS_POS);
	printf("position: %d\n", prog);
	munmap(pos, 4096);
}

static const char *map_result(int map, size_t bytes, int prot, int flags, off_t off)
{
	void *p;

	errno = 0;
	p = mmap(NULL, bytes, prot, flags, map, off);
	if (p == MAP_FAILED)
		return strerror(errno);
	if (prot == PROT_READ && mprotect(p, bytes, PROT_READ | PROT_WRITE))
		return "read-only";
	munmap(p, bytes);
	return "mapped";
}

static void test_ring_mmap(int map)
{
	static const struct {
		size_t pages;
		int prot;
		int first;
	} rows[] = {
		{ 1, PROT_READ | PROT_WRITE, 0 }, { 2, PROT_READ | PROT_WRITE, 0 },
		{ 1, PROT_READ | PROT_WRITE, 1 }, { 1, PROT_READ | PROT_WRITE, 2 },
		{ 1, PROT_READ, 0 }, { 1, PROT_READ, 1 }, { 3, PROT_READ, 1 }, { 4, PROT_READ, 0 },
		{ 4, PROT_READ, 1 }, { 1, PROT_READ, 4 }, { 1, PROT_READ, 1 << 20 },
		{ 1, PROT_WRITE, 0 }, { 1, PROT_NONE, 0 },
	};

	for (int i = 0; i < NR(rows); i++) {
		printf("mmap %zu pages from %d, prot %d: %s", rows[i].pages, rows[i].first,
		       rows[i].prot, map_result(map, rows[i].pages * 4096, rows[i].prot, MAP_SHARED,
						rows[i].first * 4096L));
		printf("; private: %s\n", map_result(map, rows[i].pages * 4096, rows[i].prot,
						     MAP_PRIVATE, rows[i].first * 4096L));
	}
}

static void test_poll(int map)
{
	struct pollfd p = { .fd = map, .events = POLLIN | POLLOUT };
	int n = poll(&p, 1, 0);

	printf("poll(2): %d, %#x\n", n, p.revents);
}

static void test_ring(void)
{
	int map = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, RING_BYTES, NULL);
	struct ring_buffer *ring = ring_buffer__new(map, print_sample, NULL, NULL);
	__u32 key = 0, value = 0;

	if (!ring) {
		printf("no ring: %s\n", strerror(errno));
		return;
	}
	test_poll(map);
	test_ring_order(map, ring);
	test_ring_wakeup(map, ring);
	test_ring_full(map, ring);
	output(map, 99, 0);
	test_poll(map);
	ring_buffer__free(ring);
	test_ring_liar(map);
	test_ring_mmap(map);
	printf("as other maps: %d %d %d %d\n", bpf_map_lookup_elem(map, NULL, &value),
	       bpf_map_update_elem(map, &key, &value, 0), bpf_map_delete_elem(map, &key),
	       bpf_map_get_next_key(map, NULL, &key));
	close(map);
}

static void test_create(void)
{
	static const struct {
		int type, key, value, nr, flags;
	} rows[] = {
		{ BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 }, { BPF_MAP_TYPE_RINGBUF, 4, 0, 4096, 0 },
		{ BPF_MAP_TYPE_RINGBUF, 0, 4, 4096, 0 }, { BPF_MAP_TYPE_RINGBUF, 0, 0, 0, 0 },
		{ BPF_MAP_TYPE_RINGBUF, 0, 0, 4095, 0 }, { BPF_MAP_TYPE_RINGBUF, 0, 0, 12288, 0 },
		{ BPF_MAP_TYPE_RINGBUF, 0, 0, 2048, 0 }, { BPF_MAP_TYPE_RINGBUF, 0, 0, 65536, 0 },
		{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 2, 0 },
		{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 8, 2, 0 },
		{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, 8, 4, 2, 0 },
		{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 0, 0 },
		{ BPF_MAP_TYPE_STACK_TRACE, 4, 8 * 127, 10, 0 },
		{ BPF_MAP_TYPE_STACK_TRACE, 4, 8 * 128, 10, 0 },
		{ BPF_MAP_TYPE_STACK_TRACE, 4, 4, 10, 0 },
		{ BPF_MAP_TYPE_STACK_TRACE, 4, 12, 10, 0 },
		{ BPF_MAP_TYPE_STACK_TRACE, 8, 8, 10, 0 }, { BPF_MAP_TYPE_STACK_TRACE, 4, 8, 0, 0 },
		{ BPF_MAP_TYPE_STACK_TRACE, 4, 32, 4, BPF_F_STACK_BUILD_ID },
		{ BPF_MAP_TYPE_STACK_TRACE, 4, 40, 4, BPF_F_STACK_BUILD_ID },
		{ BPF_MAP_TYPE_STACK_TRACE, 4, 32 * 128, 4, BPF_F_STACK_BUILD_ID },
	};

	for (int i = 0; i < NR(rows); i++) {
		LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = rows[i].flags);
		int fd = bpf_map_create(rows[i].type, "m", rows[i].key, rows[i].value, rows[i].nr,
					&opts);

		printf("create %d %d %d %d %#x: %s\n", rows[i].type, rows[i].key, rows[i].value,
		       rows[i].nr, rows[i].flags, fd < 0 ? strerror(-fd) : "ok");
		if (fd >= 0)
			close(fd);
	}
	for (int type = BPF_MAP_TYPE_PERF_EVENT_ARRAY; type <= BPF_MAP_TYPE_RINGBUF; type++) {
		bool is_ring = type == BPF_MAP_TYPE_RINGBUF;

		if (type != BPF_MAP_TYPE_PERF_EVENT_ARRAY && type != BPF_MAP_TYPE_STACK_TRACE &&
		    !is_ring)
			continue;
		for (int bit = 0; bit < 32; bit++) {
			LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = 1U << bit);
			int fd = bpf_map_create(type, "m", is_ring ? 0 : 4,
				is_ring ? 0 : type == BPF_MAP_TYPE_STACK_TRACE ? 32 : 4,
				4096, &opts);

			printf("type %d flag %d: %s\n", type, bit, fd < 0 ? strerror(-fd) : "ok");
			if (fd >= 0)
				close(fd);
		}
	}
}

static void perf_sample(void *ctx, int cpu, void *data, __u32 size)
{
	/* The kernel pads samples to 8 bytes, with 4 bytes of size before them. */
	printf("event %u of %u bytes:", *(__u32 *)data, size);
	for (__u32 i = 8; i < size && i < 24; i++)
		printf(" %02x", ((unsigned char *)data)[i]);
	printf("\n");
}

/* Sends 12 bytes and @ctx_bytes of the packet. */
static int send_event(int map, long flags)
{
	return run_and_close(LOAD(BPF_PROG_TYPE_SOCKET_FILTER,
		ST_IMM(BPF_DW, BPF_REG_10, -16, 42), ST_IMM(BPF_DW, BPF_REG_10, -8, 0x0102),
		LD_MAP_FD(BPF_REG_2, map), LD_IMM64(BPF_REG_3, flags),
		MOV(BPF_REG_4, BPF_REG_10), ALU64_IMM(BPF_ADD, BPF_REG_4, -16),
		MOV_IMM(BPF_REG_5, 12), CALL(BPF_FUNC_perf_event_output), EXIT()));
}

static void test_perf_buffer(void)
{
	int map = bpf_map_create(BPF_MAP_TYPE_PERF_EVENT_ARRAY, "events", 4, 4,
				 libbpf_num_possible_cpus(), NULL);
	struct perf_buffer *buffer;
	__u32 key = 0, value = 0;

	/* Events of one CPU are in one buffer. */
	test_pin(0);
	printf("no event: %d\n", send_event(map, BPF_F_CURRENT_CPU));
	buffer = perf_buffer__new(map, 2, perf_sample, NULL, NULL, NULL);
	if (!buffer) {
		printf("no perf buffer: %s\n", strerror(errno));
		return;
	}
	printf("sent %d %d\n", send_event(map, BPF_F_CURRENT_CPU),
	       send_event(map, BPF_F_CURRENT_CPU));
	printf("with packet: %d\n", send_event(map, BPF_F_CURRENT_CPU | 16L << 32));
	printf("too much packet: %d\n", send_event(map, BPF_F_CURRENT_CPU | 4096L << 32));
	printf("index beyond: %d\n", send_event(map, 1000));
	printf("wrong flags: %d\n", send_event(map, 1L << 60));
	printf("poll: %d\n", perf_buffer__poll(buffer, 1000));
	printf("lookup: %d, ", bpf_map_lookup_elem(map, &key, &value));
	printf("no perf event: %d, ", bpf_map_update_elem(map, &key, &value, 0));
	value = 12345;
	printf("no file: %d, ", bpf_map_update_elem(map, &key, &value, 0));
	printf("NOEXIST: %d, ", bpf_map_update_elem(map, &key, &value, BPF_NOEXIST));
	key = 1000;
	printf("index: %d %d, ", bpf_map_update_elem(map, &key, &value, 0),
	       bpf_map_delete_elem(map, &key));
	key = 0;
	printf("delete: %d", bpf_map_delete_elem(map, &key));
	printf(" %d\n", bpf_map_delete_elem(map, &key));
	perf_buffer__free(buffer);
	close(map);
}

static int open_event(__u32 type, __u64 config, bool inherit)
{
	struct perf_event_attr attr = {
		.type = type, .size = sizeof(attr), .config = config, .inherit = inherit,
		.sample_type = PERF_SAMPLE_RAW,
	};

	return syscall(SYS_perf_event_open, &attr, inherit ? getpid() : -1, inherit ? -1 : 0, -1,
		       0);
}

static int read_counter(int map, int index, bool is_value)
{
	struct bpf_insn value[] = {
		LD_MAP_FD(BPF_REG_1, map), MOV_IMM(BPF_REG_2, index), MOV(BPF_REG_3, BPF_REG_10),
		ALU64_IMM(BPF_ADD, BPF_REG_3, -24), MOV_IMM(BPF_REG_4, 24),
		CALL(BPF_FUNC_perf_event_read_value), JMP_IMM(BPF_JNE, BPF_REG_0, 0, 5),
		LDX(BPF_DW, BPF_REG_1, BPF_REG_10, -16), LDX(BPF_DW, BPF_REG_2, BPF_REG_10, -8),
		/* Enabled all the time, and running as long. */
		JMP(BPF_JNE, BPF_REG_1, BPF_REG_2, 2),
		MOV_IMM(BPF_REG_0, 1), JMP_IMM(BPF_JNE, BPF_REG_1, 0, 0), EXIT(),
	};
	int prog = is_value ? load(BPF_PROG_TYPE_RAW_TRACEPOINT, value, NR(value)) :
		   LOAD(BPF_PROG_TYPE_RAW_TRACEPOINT, LD_MAP_FD(BPF_REG_1, map),
			MOV_IMM(BPF_REG_2, index), CALL(BPF_FUNC_perf_event_read), EXIT());
	int ret = run_raw(prog);

	close(prog);
	return ret;
}

static void test_perf_read(void)
{
	int map = bpf_map_create(BPF_MAP_TYPE_PERF_EVENT_ARRAY, "events", 4, 4, 2, NULL);
	int clock = open_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, false);
	int child = open_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, true);
	__u32 key = 0;
	int a, b;

	/* Where the events count. */
	test_pin(0);
	printf("events: %d %d\n", clock >= 0, child >= 0);
	printf("empty: %d %d\n", read_counter(map, 0, false), read_counter(map, 0, true));
	printf("store: %d, ", bpf_map_update_elem(map, &key, &clock, 0));
	key = 1;
	printf("inherited: %d\n", bpf_map_update_elem(map, &key, &child, 0));
	a = read_counter(map, 0, false);
	b = read_counter(map, 0, false);
	printf("it counts: %d, as a value: %d, beyond: %d\n", a > 0 && b > a,
	       read_counter(map, 0, true), read_counter(map, 2, false));
	close(map);
}

static int load_stackid(int map, long flags)
{
	return LOAD(BPF_PROG_TYPE_RAW_TRACEPOINT, LD_MAP_FD(BPF_REG_2, map),
		    LD_IMM64(BPF_REG_3, flags), CALL(BPF_FUNC_get_stackid), EXIT());
}

static int store_stack(int map, long flags)
{
	int prog = load_stackid(map, flags), ret = run_raw(prog);

	close(prog);
	return ret;
}

/* The same program from the same place stores the same stack. */
static int store_twice(int map)
{
	int prog = load_stackid(map, 0), ids[2];

	for (int i = 0; i < 2; i++)
		ids[i] = run_raw(prog);
	close(prog);
	printf("stored: %d, the same again: %d\n", ids[0] >= 0 && ids[0] < 128, ids[1] == ids[0]);
	return ids[0];
}

static void test_stack_map(void)
{
	int map = bpf_map_create(BPF_MAP_TYPE_STACK_TRACE, "stacks", 4, 8 * 32, 100, NULL);
	__u64 ips[32] = {};
	__u32 key = 7, next;
	int err;

	printf("empty: %d %d %d %d\n", bpf_map_lookup_elem(map, &key, ips),
	       bpf_map_delete_elem(map, &key), bpf_map_get_next_key(map, NULL, &next),
	       bpf_map_update_elem(map, &key, ips, 0));
	key = 128;
	printf("beyond: %d %d\n", bpf_map_lookup_elem(map, &key, ips),
	       bpf_map_delete_elem(map, &key));
	printf("wrong flags: %d\n", store_stack(map, 1 << 20));
	printf("all skipped: %d\n", store_stack(map, 255));
	key = store_twice(map);
	err = bpf_map_lookup_elem(map, &key, ips);
	printf("found: %d, kernel addresses: %d %d\n", err, ips[0] >> 63 ? 1 : 0,
	       ips[2] >> 63 ? 1 : 0);
	printf("user: %d\n", store_stack(map, BPF_F_USER_STACK | BPF_F_REUSE_STACKID) >= 0);
	printf("next: %d\n", bpf_map_get_next_key(map, NULL, &next));
	printf("delete: %d", bpf_map_delete_elem(map, &key));
	printf(" %d, lookup %d\n", bpf_map_delete_elem(map, &key),
	       bpf_map_lookup_elem(map, &key, ips));
	close(map);
}

static void test_get_stack(void)
{
	int prog = LOAD(BPF_PROG_TYPE_RAW_TRACEPOINT, MOV(BPF_REG_2, BPF_REG_10),
			ALU64_IMM(BPF_ADD, BPF_REG_2, -128), MOV_IMM(BPF_REG_3, 128),
			MOV_IMM(BPF_REG_4, 0), CALL(BPF_FUNC_get_stack), EXIT());
	int bytes = run_raw(prog);

	printf("stack: %d\n", bytes > 8 && bytes % 8 == 0);
	close(prog);
	prog = LOAD(BPF_PROG_TYPE_RAW_TRACEPOINT, MOV(BPF_REG_2, BPF_REG_10),
		    ALU64_IMM(BPF_ADD, BPF_REG_2, -128), MOV_IMM(BPF_REG_3, 100),
		    MOV_IMM(BPF_REG_4, 0), CALL(BPF_FUNC_get_stack), EXIT());
	printf("size: %d\n", run_raw(prog));
	close(prog);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "create", test_create },
	{ "ring buffer", test_ring },
	{ "perf buffer", test_perf_buffer },
	{ "perf counters", test_perf_read },
	{ "stack map", test_stack_map },
	{ "stacks", test_get_stack },
};

/* What case @i prints, with or without the preloaded library. */
static char *output_of(const char *self, int i, bool preloaded)
{
	char *text = calloc(1, OUTPUT_MAX), cmd[512];
	size_t used = 0, n;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "%s%s %d 2>&1", preloaded ? "LD_PRELOAD=" PRELOAD " " : "", self,
		 i);
	f = popen(cmd, "r");
	while (f && (n = fread(text + used, 1, OUTPUT_MAX - 1 - used, f)))
		used += n;
	if (!f || pclose(f))
		strcat(text, "(it did not end well)\n");
	return text;
}

/* First lines that differ. */
static void show_difference(char *kernel, char *lbpf)
{
	char *a, *b;

	do {
		a = strsep(&kernel, "\n");
		b = strsep(&lbpf, "\n");
		if (strcmp(a ?: "", b ?: ""))
			ksft_print_msg("kernel \"%s\", lbpf \"%s\"\n", a ?: "", b ?: "");
	} while (a || b);
}

int main(int argc, char **argv)
{
	char *kernel, *lbpf;
	bool ok;

	setbuf(stdout, NULL);
	if (argc > 1) {
		libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
		libbpf_set_print(NULL);
		cases[atoi(argv[1])].run();
		return 0;
	}
	ksft_print_header();
	ksft_set_plan(NR(cases));
	for (int i = 0; i < NR(cases); i++) {
		kernel = output_of(argv[0], i, false);
		lbpf = output_of(argv[0], i, true);
		ok = !strcmp(kernel, lbpf) && *kernel;
		ksft_test_result(ok, "%s: a libbpf client sees the same\n", cases[i].name);
		if (!ok)
			show_difference(kernel, lbpf);
		free(kernel);
		free(lbpf);
	}
	ksft_finished();
}
