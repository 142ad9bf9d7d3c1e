// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: programs on sockets.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

#ifndef SO_ATTACH_REUSEPORT_EBPF
#define SO_ATTACH_REUSEPORT_EBPF 52
#endif

/* SO_ATTACH_BPF of the side under test. */
static int attach(int sock, int prog, int hook)
{
	struct lbpf_sock_attach attr = { .sock_fd = sock, .prog_fd = prog, .hook = hook };

	if (diff_side == SIDE_LBPF)
		return test_bpf(SIDE_LBPF, LBPF_SOCK_ATTACH, &attr, sizeof(attr));
	return setsockopt(sock, SOL_SOCKET,
			  hook == LBPF_SOCK_FILTER ? SO_ATTACH_BPF : SO_ATTACH_REUSEPORT_EBPF,
			  &prog, sizeof(prog));
}

static int detach(int sock)
{
	struct lbpf_sock_attach attr = { .sock_fd = sock, .hook = LBPF_SOCK_FILTER };

	if (diff_side == SIDE_LBPF)
		return test_bpf(SIDE_LBPF, LBPF_SOCK_DETACH, &attr, sizeof(attr));
	return setsockopt(sock, SOL_SOCKET, SO_DETACH_BPF, &sock, sizeof(sock));
}

#define TRACE_CALL(call, ...) do {						\
	int ret_ = (call);							\
	trace(ret_ < 0 ? error_name(errno) : "ok", __VA_ARGS__);		\
} while (0)

static int make_returning(int number)
{
	struct bpf_insn insns[] = { MOV_IMM(0, number), EXIT() };

	return make_prog(insns, ARRAY_SIZE_OF(insns));
}

/* Connected sockets whose filter has run when send() returns. */
static void make_pair(int *receiver, int *sender)
{
	int socks[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, socks))
		give_up("socketpair");
	*receiver = socks[0];
	*sender = socks[1];
}

static void exchange(int receiver, int sender, const char *what)
{
	char bytes[256];
	char result[64];
	ssize_t got;

	memset(bytes, 'x', sizeof(bytes));
	if (send(sender, bytes, 100, 0) != 100)
		give_up("send");
	got = recv(receiver, bytes, sizeof(bytes), MSG_DONTWAIT);
	snprintf(result, sizeof(result), "%s, %zd bytes", got < 0 ? error_name(errno) : "ok", got);
	trace(result, "%s", what);
}

/* How much of a datagram is left by each return value. */
static void verdicts(void)
{
	static const int returns[] = { 0, 1, 7, 50, 99, 100, 101, 1000, -1, 0x7fffffff,
				       -0x80000000LL };
	int receiver, sender, prog;
	unsigned int i;
	char what[64];

	make_pair(&receiver, &sender);
	exchange(receiver, sender, "without");
	for (i = 0; i < ARRAY_SIZE_OF(returns); i++) {
		prog = make_returning(returns[i]);
		snprintf(what, sizeof(what), "returns %d", returns[i]);
		TRACE_CALL(attach(receiver, prog, LBPF_SOCK_FILTER), "attach, %s", what);
		exchange(receiver, sender, what);
		/* The socket keeps the program. */
		close(prog);
		exchange(receiver, sender, what);
	}
	TRACE_CALL(detach(receiver), "detach");
	exchange(receiver, sender, "detached");
	TRACE_CALL(detach(receiver), "detach again");
	TRACE_CALL(attach(receiver, make_returning(0), LBPF_SOCK_FILTER), "attach again");
	TRACE_CALL(setsockopt(receiver, SOL_SOCKET, SO_DETACH_FILTER, &prog, sizeof(prog)),
		   "SO_DETACH_FILTER");
	exchange(receiver, sender, "detached by SO_DETACH_FILTER");
}

/* A filter that reads the packet and its length. */
static void contents(void)
{
	struct bpf_insn insns[] = {
		MOV(6, 1), LD_ABS(BPF_B, 0), JMP_IMM(BPF_JNE, 0, 'x', 3),
		LDX(BPF_W, 0, 6, offsetof(struct __sk_buff, len)), ALU64_IMM(BPF_SUB, 0, 3), EXIT(),
		MOV_IMM(0, 0), EXIT(),
	};
	int receiver, sender;

	make_pair(&receiver, &sender);
	TRACE_CALL(attach(receiver, make_prog(insns, ARRAY_SIZE_OF(insns)), LBPF_SOCK_FILTER),
		   "attach");
	exchange(receiver, sender, "length less 3");
	insns[2].imm = 'y';
	TRACE_CALL(attach(receiver, make_prog(insns, ARRAY_SIZE_OF(insns)), LBPF_SOCK_FILTER),
		   "attach");
	exchange(receiver, sender, "other contents");
}

/* Classic filters, locks and BPF programs one after the other. */
static void locks(void)
{
	struct sock_filter drop[] = { { BPF_RET | BPF_K, 0, 0, 0 } };
	struct sock_fprog classic = { .len = 1, .filter = drop };
	int receiver, sender, one = 1, all = make_returning(-1);

	make_pair(&receiver, &sender);
	TRACE_CALL(setsockopt(receiver, SOL_SOCKET, SO_ATTACH_FILTER, &classic, sizeof(classic)),
		   "classic");
	exchange(receiver, sender, "classic");
	TRACE_CALL(attach(receiver, all, LBPF_SOCK_FILTER), "attach over classic");
	exchange(receiver, sender, "over classic");
	TRACE_CALL(setsockopt(receiver, SOL_SOCKET, SO_ATTACH_FILTER, &classic, sizeof(classic)),
		   "classic over it");
	exchange(receiver, sender, "classic over it");
	TRACE_CALL(attach(receiver, all, LBPF_SOCK_FILTER), "attach");
	TRACE_CALL(setsockopt(receiver, SOL_SOCKET, SO_LOCK_FILTER, &one, sizeof(one)), "lock");
	TRACE_CALL(attach(receiver, all, LBPF_SOCK_FILTER), "attach to a locked socket");
	TRACE_CALL(attach(receiver, 999, LBPF_SOCK_FILTER), "attach nothing to a locked socket");
	TRACE_CALL(detach(receiver), "detach from a locked socket");
	exchange(receiver, sender, "locked");
}

static void wrong_arguments(void)
{
	int prog = make_returning(-1), map = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	int sock = socket(AF_INET, SOCK_DGRAM, 0), tcp = socket(AF_INET, SOCK_STREAM, 0);
	int local[2], hook;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, local))
		give_up("socketpair");
	for (hook = LBPF_SOCK_FILTER; hook <= LBPF_SOCK_REUSEPORT; hook++) {
		TRACE_CALL(attach(0, prog, hook), "hook %d to stdin", hook);
		TRACE_CALL(attach(999, prog, hook), "hook %d to nothing", hook);
		TRACE_CALL(attach(map, prog, hook), "hook %d to a map", hook);
		TRACE_CALL(attach(sock, 0, hook), "hook %d of stdin", hook);
		TRACE_CALL(attach(sock, 999, hook), "hook %d of nothing", hook);
		TRACE_CALL(attach(sock, map, hook), "hook %d of a map", hook);
		TRACE_CALL(attach(sock, sock, hook), "hook %d of a socket", hook);
		TRACE_CALL(attach(sock, prog, hook), "hook %d to udp", hook);
		TRACE_CALL(attach(tcp, prog, hook), "hook %d to tcp", hook);
		TRACE_CALL(attach(local[0], prog, hook), "hook %d to a unix socket", hook);
		TRACE_CALL(attach(local[1], prog, hook), "hook %d to a connected unix socket",
			   hook);
	}
	TRACE_CALL(detach(0), "detach from stdin");
	TRACE_CALL(detach(999), "detach from nothing");
	TRACE_CALL(detach(map), "detach from a map");
}

/* Chooses the socket by the first byte of the datagram; other numbers fall back to the hash. */
static void reuseport(void)
{
	struct bpf_insn insns[] = { MOV(6, 1), LD_ABS(BPF_B, 0), ALU64_IMM(BPF_SUB, 0, '0'),
				    EXIT() };
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int socks[3], one = 1, sender = socket(AF_INET, SOCK_DGRAM, 0), i, s;
	struct pollfd polls[3];
	socklen_t len = sizeof(addr);
	char byte;

	for (s = 0; s < 3; s++) {
		socks[s] = socket(AF_INET, SOCK_DGRAM, 0);
		polls[s] = (struct pollfd){ .fd = socks[s], .events = POLLIN };
		TRACE_CALL(setsockopt(socks[s], SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)),
			   "SO_REUSEPORT");
		if (bind(socks[s], (void *)&addr, len) ||
		    getsockname(socks[s], (void *)&addr, &len))
			give_up("bind");
	}
	TRACE_CALL(attach(socks[0], make_prog(insns, ARRAY_SIZE_OF(insns)), LBPF_SOCK_REUSEPORT),
		   "attach");
	for (i = 0; i < 30; i++) {
		byte = '0' + i % 3;
		if (sendto(sender, &byte, 1, 0, (void *)&addr, len) != 1)
			give_up("sendto");
		/* It arrives at exactly one, now or when the softirq has run. */
		if (poll(polls, 3, -1) != 1)
			give_up("poll");
		for (s = 0; s < 3; s++)
			TRACE_CALL((int)recv(socks[s], &byte, 1, MSG_DONTWAIT),
				   "datagram %d, socket %d", i % 3, s);
	}
	TRACE_CALL(setsockopt(socks[1], SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &one, sizeof(one)),
		   "detach");
	TRACE_CALL(setsockopt(socks[1], SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &one, sizeof(one)),
		   "detach again");
}

const struct scenario sock_scenarios[] = {
	{ "sock verdicts", verdicts },
	{ "sock contents", contents },
	{ "sock locks", locks },
	{ "sock wrong_arguments", wrong_arguments },
	{ "sock reuseport", reuseport },
	{ }
};
