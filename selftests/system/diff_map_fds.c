// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: maps of sockets and of cgroups, rings that a process writes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

#ifndef SO_ATTACH_REUSEPORT_EBPF
#define SO_ATTACH_REUSEPORT_EBPF 52
#endif

#define PORT		4711
#define PAGE		4096
/* Ends of maps wait for grace periods. */
#define END_TRIES	2000

struct kind {
	const char *name;
	int family, type;
	bool is_group, is_bound, listens;
};

static const struct kind kinds[] = {
	{ "udp", AF_INET, SOCK_DGRAM, false, false, false },
	{ "udp bound", AF_INET, SOCK_DGRAM, false, true, false },
	{ "udp group", AF_INET, SOCK_DGRAM, true, true, false },
	{ "udp group unbound", AF_INET, SOCK_DGRAM, true, false, false },
	{ "udp6 group", AF_INET6, SOCK_DGRAM, true, true, false },
	{ "tcp", AF_INET, SOCK_STREAM, false, false, false },
	{ "tcp group bound", AF_INET, SOCK_STREAM, true, true, false },
	{ "tcp listener", AF_INET, SOCK_STREAM, false, true, true },
	{ "tcp group", AF_INET, SOCK_STREAM, true, true, true },
	{ "tcp6 group", AF_INET6, SOCK_STREAM, true, true, true },
	{ "unix", AF_UNIX, SOCK_DGRAM, false, false, false },
	{ "unix stream", AF_UNIX, SOCK_STREAM, false, false, false },
};

static int make_socket(const struct kind *kind, int port)
{
	struct sockaddr_in6 addr6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port) };
	bool is_6 = kind->family == AF_INET6;
	int sock = socket(kind->family, kind->type, 0), one = 1;

	if (sock < 0)
		give_up("socket");
	if (is_6)
		setsockopt(sock, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr6.sin6_addr = in6addr_loopback;
	if (kind->is_group && setsockopt(sock, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)))
		give_up("SO_REUSEPORT");
	if (kind->is_bound && bind(sock, is_6 ? (void *)&addr6 : (void *)&addr,
				   is_6 ? sizeof(addr6) : sizeof(addr)))
		give_up("bind");
	if (kind->listens && listen(sock, 5))
		give_up("listen");
	return sock;
}

static void up_loopback(void)
{
	if (system("ip link set lo up 2>/dev/null || ifconfig lo up"))
		give_up("loopback");
}

static int update(int map, uint32_t index, uint64_t fd, uint64_t flags)
{
	return elem_op(BPF_MAP_UPDATE_ELEM, map, &index, &fd, flags);
}

static void trace_update(int map, uint32_t index, uint64_t fd, uint64_t flags, const char *what)
{
	int err = update(map, index, fd, flags);

	trace(err ? error_name(errno) : "ok", "put %s at %u, flags %#llx", what, index,
	      (unsigned long long)flags);
}

static void trace_delete(int map, uint32_t index)
{
	int err = elem_op(BPF_MAP_DELETE_ELEM, map, &index, NULL, 0);

	trace(err ? error_name(errno) : "ok", "delete %u", index);
}

/* Is the socket at @index the one that is expected there? */
static void trace_cookie(int map, uint32_t index, int sock)
{
	uint64_t got = 0, cookie = 0;
	socklen_t len = sizeof(cookie);

	if (elem_op(BPF_MAP_LOOKUP_ELEM, map, &index, &got, 0)) {
		trace(error_name(errno), "socket at %u", index);
		return;
	}
	getsockopt(sock, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	trace(got == cookie ? "the socket" : "another", "socket at %u", index);
}

static void sockets_admitted(void)
{
	static const uint64_t flags[] = { BPF_EXIST, BPF_NOEXIST, BPF_ANY, BPF_ANY, BPF_NOEXIST,
					  BPF_EXIST, 3, BPF_F_LOCK };
	unsigned int k, f, size;
	int map, sock;

	up_loopback();
	for (size = 4; size <= 8; size += 4)
		for (k = 0; k < ARRAY_SIZE_OF(kinds); k++) {
			map = make_map(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, size, 3, 0);
			sock = make_socket(&kinds[k], PORT);
			for (f = 0; f < ARRAY_SIZE_OF(flags); f++) {
				trace_update(map, 1, sock, flags[f], kinds[k].name);
				trace_cookie(map, 1, sock);
			}
			trace_update(map, 3, sock, 0, kinds[k].name);
			trace_update(map, 0, sock, 0, kinds[k].name);
			trace_delete(map, 0);
			trace_delete(map, 1);
			trace_delete(map, 1);
			trace_delete(map, 3);
			trace_update(map, 0, sock, 0, kinds[k].name);
			trace_update(map, 2, map, 0, "a map");
			trace_update(map, 2, 9999, 0, "no descriptor");
			trace_update(map, 2, ~0U, 0, "-1");
			trace_update(map, 2, (1ULL << 32) + sock, 0, "a large number");
			trace_cookie(map, 0, sock);
			close(sock);
			trace_cookie(map, 0, sock);
			close(map);
		}
}

/* A socket is in one place; it comes free by deletion, by replacement, and by the map's end. */
static void sockets_busy(void)
{
	int map = make_map(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8, 3, 0);
	int other = make_map(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8, 3, 0);
	int a, b, i, err = -1;
	union bpf_attr attr;

	up_loopback();
	a = make_socket(&kinds[2], PORT);
	b = make_socket(&kinds[2], PORT);
	trace_update(map, 0, a, BPF_NOEXIST, "a");
	trace_update(map, 1, a, BPF_NOEXIST, "a again");
	trace_update(other, 0, a, BPF_ANY, "a into another map");
	trace_update(map, 0, b, BPF_EXIST, "b in its place");
	trace_cookie(map, 0, b);
	trace_update(other, 0, a, BPF_ANY, "a into another map");
	trace_update(map, 0, a, BPF_ANY, "a");
	trace_delete(map, 0);
	trace_update(map, 2, b, BPF_ANY, "b");
	close(map);
	for (i = 0; err && i < END_TRIES; i++) {
		err = update(other, 1, b, 0);
		if (err)
			usleep(10000);
	}
	trace(err ? error_name(errno) : "ok", "b after the end of its map");
	trace_cookie(other, 1, b);
	close(b);
	trace_cookie(other, 1, b);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = other;
	bpf_traced(BPF_MAP_FREEZE, &attr, "freeze");
	trace_update(other, 2, a, 0, "a when frozen");
	trace_delete(other, 0);
	trace_cookie(other, 0, a);
}

static void attach_group(int sock, int prog)
{
	struct lbpf_sock_attach attr = { .sock_fd = sock, .prog_fd = prog,
					 .hook = LBPF_SOCK_REUSEPORT };
	int err;

	if (diff_side == SIDE_LBPF)
		err = test_bpf(SIDE_LBPF, LBPF_SOCK_ATTACH, &attr, sizeof(attr));
	else
		err = setsockopt(sock, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, &prog, sizeof(prog));
	trace(err ? error_name(errno) : "ok", "attach");
}

/* Chooses by the first byte behind the UDP header, and tells what the choice said. */
static int choosing_prog(int map, int results)
{
	struct bpf_insn insns[] = {
		MOV(6, 1), ST_IMM(BPF_W, 10, -4, 0), MOV_IMM(2, 8), MOV(3, 10),
		ALU64_IMM(BPF_ADD, 3, -4), MOV_IMM(4, 1), CALL(BPF_FUNC_skb_load_bytes),
		MOV(1, 6), LD_MAP_FD(2, map), MOV(3, 10), ALU64_IMM(BPF_ADD, 3, -4),
		LDX(BPF_W, 4, 10, -4), ALU64_IMM(BPF_RSH, 4, 7), CALL(BPF_FUNC_sk_select_reuseport),
		STX(BPF_DW, 10, 0, -16), ST_IMM(BPF_W, 10, -4, 0), LD_MAP_FD(1, results),
		MOV(2, 10), ALU64_IMM(BPF_ADD, 2, -4), MOV(3, 10), ALU64_IMM(BPF_ADD, 3, -16),
		MOV_IMM(4, 0), CALL(BPF_FUNC_map_update_elem),
		LDX(BPF_DW, 1, 10, -16), MOV_IMM(0, SK_PASS),
		JMP_IMM(BPF_JEQ, 1, 0, 1), MOV_IMM(0, SK_DROP), EXIT(),
	};
	union bpf_attr attr = load_attr(insns, ARRAY_SIZE_OF(insns));
	int prog;

	attr.prog_type = BPF_PROG_TYPE_SK_REUSEPORT;
	prog = bpf_call(BPF_PROG_LOAD, &attr, sizeof(attr));
	trace(prog < 0 ? error_name(errno) : "ok", "load");
	if (prog < 0)
		give_up("load");
	return prog;
}

static void send_traced(uint8_t byte, int results, const int *socks, int nr)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int sock = socket(AF_INET, SOCK_DGRAM, 0), i;
	uint64_t result = 0;
	uint32_t zero = 0;
	char text[64];
	uint8_t got;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (sendto(sock, &byte, 1, 0, (void *)&addr, sizeof(addr)) != 1)
		give_up("sendto");
	for (i = 0; i < nr; i++)
		if (recv(socks[i], &got, 1, MSG_DONTWAIT) == 1)
			break;
	elem_op(BPF_MAP_LOOKUP_ELEM, results, &zero, &result, 0);
	snprintf(text, sizeof(text), "socket %d, result %lld", i, (long long)result);
	trace(text, "datagram %u", byte);
	close(sock);
}

static void sockets_chosen(void)
{
	static const struct kind *group = &kinds[2];
	int map = make_map(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8, 256, 0);
	int results = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0), socks[4], i, other, prog;

	up_loopback();
	for (i = 0; i < 4; i++) {
		socks[i] = make_socket(group, PORT);
		/* Keys from 128 on come with flags. */
		trace_update(map, i == 3 ? 200 : 3 - i, socks[i], 0, "of the group");
	}
	other = make_socket(group, PORT + 1);
	trace_update(map, 4, other, 0, "of another group");
	trace_update(map, 5, make_socket(&kinds[8], PORT), 0, "of TCP");
	trace_update(map, 6, make_socket(&kinds[4], PORT), 0, "of UDP over IPv6");
	prog = choosing_prog(map, results);
	attach_group(socks[0], prog);
	attach_group(socket(AF_UNIX, SOCK_DGRAM, 0), prog);
	attach_group(socket(AF_INET, SOCK_DGRAM, 0), prog);
	close(prog);
	for (i = 0; i < 10; i++)
		send_traced(i, results, socks, 4);
	send_traced(200, results, socks, 4);
	trace_delete(map, 1);
	send_traced(1, results, socks, 4);
	close(socks[0]);
	send_traced(3, results, socks + 1, 3);
	send_traced(2, results, socks + 1, 3);
}

static int open_cgroup(const char *path)
{
	mkdir(path, 0755);
	return open(path, O_RDONLY | O_DIRECTORY);
}

static void enter_cgroup(const char *procs)
{
	int fd = open(procs, O_WRONLY);

	if (fd < 0 || write(fd, "0", 1) != 1)
		give_up("cgroup.procs");
	close(fd);
}

/* r0 = helper(index), of a kind of program that can be run without an event. */
static void ask_traced(int map, uint32_t type, int index)
{
	struct bpf_insn of_task[] = {
		LD_MAP_FD(1, map), MOV_IMM(2, index), CALL(BPF_FUNC_current_task_under_cgroup),
		EXIT(),
	};
	struct bpf_insn of_skb[] = {
		LD_MAP_FD(2, map), MOV_IMM(3, index), CALL(BPF_FUNC_skb_under_cgroup), EXIT(),
	};
	bool is_skb = type == BPF_PROG_TYPE_SCHED_CLS;
	union bpf_attr attr = load_attr(is_skb ? of_skb : of_task, 5);
	unsigned char packet[64] = {};
	char text[64];
	int prog;

	attr.prog_type = type;
	prog = bpf_call(BPF_PROG_LOAD, &attr, sizeof(attr));
	trace(prog < 0 ? error_name(errno) : "ok", "load type %u", type);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	if (is_skb) {
		attr.test.data_in = PTR(packet);
		attr.test.data_size_in = sizeof(packet);
	}
	if (bpf_call(BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		snprintf(text, sizeof(text), "%s", error_name(errno));
	else
		snprintf(text, sizeof(text), "%d", attr.test.retval);
	trace(text, "type %u asks for %d", type, index);
	close(prog);
}

static void cgroups(void)
{
	int map = make_map(BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 4, 0), i;
	char value[8] = {};
	uint32_t zero = 0;

	mkdir("/tmp/cgroup", 0755);
	if (mount("none", "/tmp/cgroup", "cgroup2", 0, NULL) && errno != EBUSY)
		give_up("mount");
	trace_update(map, 0, open_cgroup("/tmp/cgroup/a"), 0, "a");
	trace_update(map, 1, open_cgroup("/tmp/cgroup/a/b"), 0, "a/b");
	trace_update(map, 2, open_cgroup("/tmp/cgroup/c"), 0, "c");
	trace_update(map, 0, open("/tmp", O_RDONLY | O_DIRECTORY), 0, "a folder");
	trace_update(map, 0, open("/tmp/cgroup/a/cgroup.procs", O_RDONLY), 0, "a file");
	trace_update(map, 0, map, 0, "a map");
	trace_update(map, 0, 9999, 0, "no descriptor");
	trace_update(map, 4, open_cgroup("/tmp/cgroup/a"), 0, "a");
	for (i = 1; i < 5; i++)
		trace_update(map, 0, open_cgroup("/tmp/cgroup/a"), i, "a");
	trace(elem_op(BPF_MAP_LOOKUP_ELEM, map, &zero, value, 0) ? error_name(errno) : "ok",
	      "lookup");
	enter_cgroup("/tmp/cgroup/a/b/cgroup.procs");
	for (i = 0; i < 6; i++) {
		ask_traced(map, BPF_PROG_TYPE_RAW_TRACEPOINT, i);
		ask_traced(map, BPF_PROG_TYPE_SCHED_CLS, i);
	}
	enter_cgroup("/tmp/cgroup/a/cgroup.procs");
	for (i = 0; i < 3; i++)
		ask_traced(map, BPF_PROG_TYPE_RAW_TRACEPOINT, i);
	trace_delete(map, 0);
	trace_delete(map, 0);
	trace_delete(map, 4);
	ask_traced(map, BPF_PROG_TYPE_RAW_TRACEPOINT, 0);
	enter_cgroup("/tmp/cgroup/cgroup.procs");
	rmdir("/tmp/cgroup/a/b");
	rmdir("/tmp/cgroup/a");
	rmdir("/tmp/cgroup/c");
	ask_traced(map, BPF_PROG_TYPE_RAW_TRACEPOINT, 1);
}

static void user_ring_shapes(void)
{
	static const uint32_t entries[] = { 0, 1, 2048, PAGE, PAGE + 1, 3 * PAGE, 4 * PAGE };
	union bpf_attr attr;
	unsigned int e, i;

	for (e = 0; e < ARRAY_SIZE_OF(entries); e++)
		for (i = 0; i < 34; i++) {
			memset(&attr, 0, sizeof(attr));
			attr.map_type = BPF_MAP_TYPE_USER_RINGBUF;
			attr.max_entries = entries[e];
			attr.map_flags = i < 32 ? 1U << i : 0;
			attr.key_size = i == 32 ? 4 : 0;
			attr.value_size = i == 33 ? 4 : 0;
			trace(bpf_call(BPF_MAP_CREATE, &attr, sizeof(attr)) < 0 ?
				      error_name(errno) : "ok", "entries %u, %u", entries[e], i);
		}
	attr.value_size = 0;
	attr.max_entries = PAGE;
	for (i = 0; i < 3; i++) {
		attr.map_extra = i;
		trace(bpf_call(BPF_MAP_CREATE, &attr, sizeof(attr)) < 0 ? error_name(errno) : "ok",
		      "extra %u", i);
	}
}

static void *map_traced(int fd, size_t len, int prot, off_t off)
{
	void *at = mmap(NULL, len, prot, MAP_SHARED, fd, off);
	char text[64];

	snprintf(text, sizeof(text), "%s", at == MAP_FAILED ? error_name(errno) : "ok");
	trace(text, "mmap %zu bytes at %ld, prot %d", len, (long)off, prot);
	return at;
}

static void user_ring_maps(void)
{
	static const int cmds[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
				    BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_AND_DELETE_ELEM };
	static const int prots[] = { PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE,
				     PROT_READ | PROT_EXEC };
	int fd = make_map(BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 4 * PAGE, 0);
	struct pollfd poll_for = { .fd = fd, .events = POLLIN | POLLOUT };
	unsigned long *producer;
	unsigned int p, i;
	char value[8];
	void *at;

	for (p = 0; p < ARRAY_SIZE_OF(prots); p++)
		for (i = 0; i < 13; i++) {
			at = map_traced(fd, PAGE, prots[p], i * PAGE);
			if (at != MAP_FAILED)
				munmap(at, PAGE);
		}
	map_traced(fd, 10 * PAGE, PROT_READ, 0);
	map_traced(fd, 11 * PAGE, PROT_READ, 0);
	map_traced(fd, 9 * PAGE, PROT_READ | PROT_WRITE, PAGE);
	at = map_traced(fd, PAGE, PROT_READ, 0);
	trace(mprotect(at, PAGE, PROT_READ | PROT_WRITE) ? error_name(errno) : "ok", "mprotect");
	producer = map_traced(fd, PAGE, PROT_READ | PROT_WRITE, PAGE);
	for (i = 0; i <= 4; i++) {
		if (producer != MAP_FAILED)
			*producer = i * PAGE;
		poll_for.revents = 0;
		poll(&poll_for, 1, 0);
		trace_bytes(&poll_for.revents, sizeof(poll_for.revents), "poll with %u pages", i);
	}
	for (i = 0; i < ARRAY_SIZE_OF(cmds); i++)
		trace(elem_op(cmds[i], fd, value, value, 0) ? error_name(errno) : "ok", "cmd %d",
		      cmds[i]);
}

const struct scenario map_fd_scenarios[] = {
	{ "fds sockets_admitted", sockets_admitted },
	{ "fds sockets_busy", sockets_busy },
	{ "fds sockets_chosen", sockets_chosen },
	{ "fds cgroups", cgroups },
	{ "fds user_ring_shapes", user_ring_shapes },
	{ "fds user_ring_maps", user_ring_maps },
	{ NULL, NULL },
};
