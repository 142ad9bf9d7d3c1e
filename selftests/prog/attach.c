// SPDX-License-Identifier: GPL-2.0
/*
 * Programs on real sockets: both sides see the same packets and answers.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "prog_test.h"

#ifndef SO_ATTACH_REUSEPORT_EBPF
#define SO_ATTACH_REUSEPORT_EBPF 52
#endif
#ifndef SO_DETACH_REUSEPORT_BPF
#define SO_DETACH_REUSEPORT_BPF 68
#endif

/* A program that returns @value. */
static int load_const(enum test_side side, int value)
{
	struct bpf_insn insns[] = { MOV(BPF_REG_0, value), EXIT() };
	int fd = load_insns(side, insns, NR(insns));

	if (fd < 0)
		ksft_exit_fail_msg("%s: load: %s\n%s", side_name[side], strerror(-fd),
				   verifier_log);
	return fd;
}

static int expect(bool ok, const char *name, enum test_side side)
{
	ksft_test_result(ok, "%s: %s\n", name, side_name[side]);
	return ok;
}

struct pair {
	int from, to;
};

static struct pair unix_pair(int type)
{
	int fds[2];

	if (socketpair(AF_UNIX, type, 0, fds))
		ksft_exit_fail_msg("socketpair: %s\n", strerror(errno));
	return (struct pair){ fds[0], fds[1] };
}

static struct pair udp_pair(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	struct pair pair = { socket(AF_INET, SOCK_DGRAM, 0), socket(AF_INET, SOCK_DGRAM, 0) };

	if (bind(pair.to, (void *)&addr, sizeof(addr)) ||
	    getsockname(pair.to, (void *)&addr, &len) ||
	    connect(pair.from, (void *)&addr, sizeof(addr)))
		ksft_exit_fail_msg("udp: %s\n", strerror(errno));
	return pair;
}

/* Whatever was sent before on this CPU has been delivered once this packet is there. */
static void flush_deliveries(void)
{
	static struct pair control = { -1, -1 };
	struct pollfd want = { .events = POLLIN };
	char byte;

	if (control.to < 0)
		control = udp_pair();
	want.fd = control.to;
	if (send(control.from, "x", 1, 0) != 1 || poll(&want, 1, 10000) != 1 ||
	    recv(control.to, &byte, 1, 0) != 1)
		ksft_exit_fail_msg("control packet: %s\n", strerror(errno));
}

/* Length of the next packet, -1 when there is none. */
static int receive(int sock)
{
	char buf[2048];

	flush_deliveries();
	return recv(sock, buf, sizeof(buf), MSG_DONTWAIT);
}

static void close_pair(struct pair pair)
{
	close(pair.from);
	close(pair.to);
}

/* Sends 100 bytes and says how many arrive. */
static int send_100(struct pair pair)
{
	static char buf[100];

	if (send(pair.from, buf, sizeof(buf), 0) != sizeof(buf) && errno != ECONNREFUSED &&
	    errno != EPERM)
		ksft_exit_fail_msg("send: %s\n", strerror(errno));
	return receive(pair.to);
}

static void test_verdicts(enum test_side side, struct pair pair, const char *name, int header)
{
	int drop = load_const(side, 0), all = load_const(side, -1),
	    cut = load_const(side, header + 10);
	char text[64];
	bool ok;

	ok = send_100(pair) == 100;
	ok &= attach_sock(side, pair.to, drop) == 0 && send_100(pair) == -1;
	ok &= attach_sock(side, pair.to, all) == 0 && send_100(pair) == 100;
	ok &= attach_sock(side, pair.to, cut) == 0 && send_100(pair) == 10;
	close(drop);
	close(all);
	close(cut);
	ok &= send_100(pair) == 10;
	ok &= detach_sock(side, pair.to) == 0 && send_100(pair) == 100;
	ok &= detach_sock(side, pair.to) == -ENOENT;
	snprintf(text, sizeof(text), "verdicts on %s", name);
	expect(ok, text, side);
	close_pair(pair);
}

static void test_errors(enum test_side side)
{
	struct pair pair = udp_pair();
	struct sock_filter classic[4];
	int prog = load_const(side, -1), one = 1;
	int file = open("/", O_RDONLY);
	int map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, 4, 1);
	socklen_t len = 0;

	expect(attach_sock(side, -1, prog) == -EBADF, "attach to no socket", side);
	expect(attach_sock(side, file, prog) == -ENOTSOCK, "attach to a file", side);
	expect(attach_sock(side, pair.to, -1) == -EBADF, "attach no program", side);
	expect(attach_sock(side, pair.to, file) == -EINVAL, "attach a file", side);
	expect(attach_sock(side, pair.to, map) == -EINVAL, "attach a map", side);
	expect(attach_sock(side, pair.to, prog) == 0 &&
	       getsockopt(pair.to, SOL_SOCKET, SO_GET_FILTER, classic, &len) == -1 &&
	       errno == EACCES, "SO_GET_FILTER", side);
	setsockopt(pair.to, SOL_SOCKET, SO_LOCK_FILTER, &one, sizeof(one));
	expect(attach_sock(side, pair.to, prog) == -EPERM, "attach to a locked socket", side);
	expect(attach_sock(side, pair.to, -1) == -EPERM, "locked comes before no program", side);
	expect(detach_sock(side, pair.to) == -EPERM, "detach from a locked socket", side);
	expect(send_100(pair) == 100, "locked socket still works", side);
	close_pair(pair);
	close(prog);
	close(file);
	close(map);
}

/* Each kind of filter takes the place of the other, the kernel's classic ones too. */
static void test_replace(void)
{
	struct sock_filter insns[] = { { BPF_RET | BPF_K, 0, 0, 8 + 20 } };
	struct sock_fprog classic = { NR(insns), insns };
	int ours = load_const(SIDE_LBPF, 8 + 30), theirs = load_const(SIDE_KERNEL, 8 + 40);
	struct pair pair = udp_pair();
	bool ok = true;

	for (int i = 0; i < 3; i++) {
		ok &= !attach_sock(SIDE_LBPF, pair.to, ours) && send_100(pair) == 30;
		ok &= !setsockopt(pair.to, SOL_SOCKET, SO_ATTACH_FILTER, &classic, sizeof(classic));
		ok &= send_100(pair) == 20;
		ok &= !attach_sock(SIDE_LBPF, pair.to, ours) && send_100(pair) == 30;
		ok &= !attach_sock(SIDE_KERNEL, pair.to, theirs) && send_100(pair) == 40;
	}
	ok &= !attach_sock(SIDE_LBPF, pair.to, ours) && send_100(pair) == 30;
	ok &= !detach_sock(SIDE_KERNEL, pair.to) && send_100(pair) == 100;
	ksft_test_result(ok, "filters of all kinds replace each other\n");
	close_pair(pair);
	close(ours);
	close(theirs);
}

/* sk_omem_alloc: the charge of each filter is given back, so any number of replacements fit. */
static void test_charge(enum test_side side)
{
	enum { NR_INSNS = 400 };
	struct bpf_insn insns[NR_INSNS];
	struct pair pair = udp_pair();
	int prog, i, err = 0;

	for (i = 0; i < NR_INSNS - 1; i++)
		insns[i] = MOV(BPF_REG_0, i);
	insns[i] = EXIT();
	prog = load_insns(side, insns, NR_INSNS);
	for (i = 0; i < 200 && !err; i++)
		err = attach_sock(side, pair.to, prog);
	expect(prog >= 0 && !err, "200 replacements do not exhaust optmem", side);
	close_pair(pair);
	close(prog);
}

static void test_too_big(enum test_side side)
{
	enum { NR_INSNS = 20000 };
	static struct bpf_insn insns[NR_INSNS];
	struct pair pair = udp_pair();
	int prog, i;

	/* Both sides must keep all of them: no constant is known. */
	insns[0] = LDX(BPF_W, BPF_REG_0, BPF_REG_1, 0);
	for (i = 1; i < NR_INSNS - 1; i++)
		insns[i] = ALU(BPF_ADD, BPF_REG_0, 1);
	insns[i] = EXIT();
	prog = load_insns(side, insns, NR_INSNS);
	expect(prog >= 0 && attach_sock(side, pair.to, prog) == -ENOMEM,
	       "a program beyond optmem_max does not attach", side);
	close_pair(pair);
	close(prog);
}

/* A listener's filter is inherited by what it accepts, and lives as long as they. */
static void test_accept(enum test_side side)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	int prog = load_const(side, -1), accepted, got = -1;
	socklen_t len = sizeof(addr);
	bool ok;

	ok = !attach_sock(side, listener, prog);
	close(prog);
	ok &= !bind(listener, (void *)&addr, sizeof(addr)) && !listen(listener, 1);
	ok &= !getsockname(listener, (void *)&addr, &len);
	ok &= !connect(client, (void *)&addr, sizeof(addr));
	accepted = accept(listener, NULL, NULL);
	close(listener);
	ok &= accepted >= 0 && send(client, "hello", 5, 0) == 5;
	if (ok) {
		char buf[8];

		got = recv(accepted, buf, sizeof(buf), 0);
	}
	ok &= got == 5 && detach_sock(side, accepted) == 0;
	expect(ok, "an accepted TCP connection has the listener's filter", side);
	close(accepted);
	close(client);
}

static void test_packet_socket(enum test_side side)
{
	struct pair pair = udp_pair();
	struct sockaddr_ll lo = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = if_nametoindex("lo") };
	int sock = socket(AF_PACKET, SOCK_RAW, 0), prog = load_const(side, 60);
	bool ok;

	ok = !attach_sock(side, sock, prog) && !bind(sock, (void *)&lo, sizeof(lo));
	ok &= send_100(pair) == 100 && receive(sock) == 60 && receive(sock) == 60;
	expect(ok, "packet socket", side);
	close(sock);
	close(prog);
	close_pair(pair);
}

static int set_reuseport(enum test_side side, int cmd, int sock, int prog)
{
	struct lbpf_sock_attach attr = { .sock_fd = sock, .prog_fd = prog,
					 .hook = LBPF_SOCK_REUSEPORT };
	int opt = cmd == LBPF_SOCK_ATTACH ? SO_ATTACH_REUSEPORT_EBPF : SO_DETACH_REUSEPORT_BPF;

	if (side == SIDE_KERNEL)
		return setsockopt(sock, SOL_SOCKET, opt, &prog, sizeof(prog)) ? -errno : 0;
	return test_bpf(SIDE_LBPF, cmd, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

static int bind_reuseport(struct sockaddr_in *addr)
{
	int sock = socket(AF_INET, SOCK_DGRAM, 0), one = 1;
	socklen_t len = sizeof(*addr);

	setsockopt(sock, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (bind(sock, (void *)addr, sizeof(*addr)) || getsockname(sock, (void *)addr, &len))
		ksft_exit_fail_msg("reuseport: %s\n", strerror(errno));
	return sock;
}

static void test_reuseport(enum test_side side)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int sender = socket(AF_INET, SOCK_DGRAM, 0), plain = socket(AF_INET, SOCK_DGRAM, 0);
	int prog[2] = { load_const(side, 0), load_const(side, 1) };
	int sock[2] = { bind_reuseport(&addr), bind_reuseport(&addr) };
	bool ok = true;

	ok &= set_reuseport(side, LBPF_SOCK_ATTACH, plain, prog[0]) == -EINVAL;
	ok &= set_reuseport(side, LBPF_SOCK_DETACH, sock[0], prog[0]) == -ENOENT;
	for (int i = 0; i < 8; i++) {
		int chosen = i / 2 % 2;

		ok &= !set_reuseport(side, LBPF_SOCK_ATTACH, sock[i % 2], prog[chosen]);
		ok &= sendto(sender, "x", 1, 0, (void *)&addr, sizeof(addr)) == 1;
		ok &= receive(sock[chosen]) == 1 && receive(sock[!chosen]) == -1;
	}
	ok &= !set_reuseport(side, LBPF_SOCK_DETACH, sock[1], prog[0]);
	expect(ok, "reuseport group chosen by a socket filter", side);
	for (int i = 0; i < 2; i++) {
		close(prog[i]);
		close(sock[i]);
	}
	close(sender);
	close(plain);
}

int main(void)
{
	static const enum test_side sides[] = { SIDE_KERNEL, SIDE_LBPF };

	test_pin(0);
	ksft_print_header();
	ksft_set_plan(2 * 18 + 1);
	for (int i = 0; i < 2; i++) {
		enum test_side side = sides[i];

		test_verdicts(side, unix_pair(SOCK_DGRAM), "unix datagram", 0);
		test_verdicts(side, unix_pair(SOCK_SEQPACKET), "unix seqpacket", 0);
		test_verdicts(side, udp_pair(), "udp", 8);
		test_errors(side);
		test_charge(side);
		test_too_big(side);
		test_accept(side);
		test_packet_socket(side);
		test_reuseport(side);
	}
	test_replace();
	ksft_finished();
}
