// SPDX-License-Identifier: GPL-2.0
/*
 * Attach, detach, fire and close, all at once; and every allocation failing once.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include "prog_test.h"

#define NR_ROUNDS	400

static atomic_int is_over;
static int prog_fds[4], pair[2], udp;
static struct sockaddr_in udp_addr;

/* cb[] is written and read: the kernel must save it around each run. */
static int load_cb_user(enum test_side side)
{
	struct bpf_insn insns[] = {
		LDX(BPF_W, BPF_REG_0, BPF_REG_1, offsetof(struct __sk_buff, cb[1])),
		JMP(BPF_JNE, BPF_REG_0, 0, 4),
		MOV(BPF_REG_2, -1),
		STX(BPF_DW, BPF_REG_1, BPF_REG_2, offsetof(struct __sk_buff, cb[0])),
		STX(BPF_DW, BPF_REG_1, BPF_REG_2, offsetof(struct __sk_buff, cb[2])),
		STX(BPF_W, BPF_REG_1, BPF_REG_2, offsetof(struct __sk_buff, cb[4])),
		ALU(BPF_XOR, BPF_REG_0, -1),
		EXIT(),
	};
	int fd = load_insns(side, insns, NR(insns));

	if (fd < 0)
		ksft_exit_fail_msg("%s: load: %s\n%s\n", side_name[side], strerror(-fd),
				   verifier_log);
	return fd;
}

static int tcp_pair(int *client, int *server)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(addr);

	*client = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (void *)&addr, sizeof(addr)) || listen(listener, 1) ||
	    getsockname(listener, (void *)&addr, &len) ||
	    connect(*client, (void *)&addr, sizeof(addr)))
		return -1;
	*server = accept(listener, NULL, NULL);
	close(listener);
	return *server;
}

/* TCP keeps its sequence numbers in cb[]: data still arrive in order and whole. */
static void test_cb_saved(enum test_side side)
{
	enum { NR_BYTES = 200000 };
	static unsigned char sent[NR_BYTES], got[NR_BYTES];
	int client = -1, server = -1, prog = load_cb_user(side);
	size_t nr_sent = 0, nr_got = 0;
	bool ok;

	ok = tcp_pair(&client, &server) >= 0 && !attach_sock(side, server, prog);
	for (int i = 0; i < NR_BYTES; i++)
		sent[i] = i * 31 >> 3;
	fcntl(client, F_SETFL, O_NONBLOCK);
	while (ok && nr_got < NR_BYTES) {
		ssize_t n = send(client, sent + nr_sent, NR_BYTES - nr_sent, 0);

		nr_sent += n > 0 ? n : 0;
		n = recv(server, got + nr_got, NR_BYTES - nr_got, 0);
		ok = n > 0;
		nr_got += ok ? n : 0;
	}
	ksft_test_result(ok && !memcmp(sent, got, NR_BYTES), "cb[] is saved around a run: %s\n",
			 side_name[side]);
	close(client);
	close(server);
	close(prog);
}

static void *send_packets(void *unused)
{
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	char buf[64] = {};

	while (!is_over) {
		send(pair[0], buf, sizeof(buf), MSG_DONTWAIT);
		sendto(sock, buf, sizeof(buf), 0, (void *)&udp_addr, sizeof(udp_addr));
	}
	close(sock);
	return NULL;
}

static void *drain(void *unused)
{
	char buf[256];

	while (!is_over) {
		recv(pair[1], buf, sizeof(buf), MSG_DONTWAIT);
		recv(udp, buf, sizeof(buf), MSG_DONTWAIT);
		sched_yield();
	}
	return NULL;
}

/* Programs, classic filters and nothing in turn, on both sockets. */
static void *attach_and_detach(void *arg)
{
	struct sock_filter insns[] = { { BPF_RET | BPF_K, 0, 0, 100 } };
	struct sock_fprog classic = { NR(insns), insns };
	unsigned long seed = (unsigned long)arg;

	for (int i = 0; i < NR_ROUNDS; i++) {
		int sock = (i ^ seed) & 1 ? udp : pair[1];

		if ((i + seed) % 5 == 0)
			detach_sock(SIDE_LBPF, sock);
		else if ((i + seed) % 7 == 0)
			setsockopt(sock, SOL_SOCKET, SO_ATTACH_FILTER, &classic, sizeof(classic));
		else
			attach_sock(SIDE_LBPF, sock, prog_fds[(i * 3 + seed) % NR(prog_fds)]);
	}
	return NULL;
}

/* Programs that live only as long as a socket that is closed at once. */
static void *load_attach_close(void *unused)
{
	for (int i = 0; i < NR_ROUNDS / 2; i++) {
		int sock[2], prog = load_cb_user(SIDE_LBPF);

		socketpair(AF_UNIX, SOCK_DGRAM, 0, sock);
		attach_sock(SIDE_LBPF, sock[1], prog);
		close(prog);
		send(sock[0], "x", 1, 0);
		close(sock[0]);
		close(sock[1]);
	}
	return NULL;
}

static void test_race(void)
{
	socklen_t len = sizeof(udp_addr);
	pthread_t threads[5];

	udp = socket(AF_INET, SOCK_DGRAM, 0);
	udp_addr.sin_family = AF_INET;
	udp_addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) ||
	    bind(udp, (void *)&udp_addr, sizeof(udp_addr)) ||
	    getsockname(udp, (void *)&udp_addr, &len))
		ksft_exit_fail_msg("sockets: %s\n", strerror(errno));
	for (unsigned int i = 0; i < NR(prog_fds); i++) {
		struct bpf_insn insns[] = { MOV(BPF_REG_0, i), EXIT() };

		prog_fds[i] = i == 3 ? load_cb_user(SIDE_LBPF) :
				       load_insns(SIDE_LBPF, insns, NR(insns));
	}
	pthread_create(&threads[0], NULL, send_packets, NULL);
	pthread_create(&threads[1], NULL, drain, NULL);
	pthread_create(&threads[2], NULL, attach_and_detach, (void *)0);
	pthread_create(&threads[3], NULL, attach_and_detach, (void *)3);
	pthread_create(&threads[4], NULL, load_attach_close, NULL);
	for (int i = 2; i < 5; i++)
		pthread_join(threads[i], NULL);
	is_over = 1;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	for (unsigned int i = 0; i < NR(prog_fds); i++)
		close(prog_fds[i]);
	close(udp);
	close(pair[0]);
	close(pair[1]);
	ksft_test_result_pass("attach, detach, fire and close at once\n");
}

/* What one command does with the @n-th of its allocations failing: its result. */
static int with_failure(int n, int (*command)(int arg), int arg)
{
	char text[16];
	int control = open("/sys/kernel/debug/lbpf/fail_nth", O_RDWR | O_CLOEXEC), ret;

	if (control < 0)
		ksft_exit_fail_msg("fail_nth: %s\n", strerror(errno));
	snprintf(text, sizeof(text), "%d", n);
	if (write(control, text, strlen(text)) < 0)
		ksft_exit_fail_msg("fail_nth: %s\n", strerror(errno));
	ret = command(arg);
	close(control);
	return ret;
}

static int do_load(int map)
{
	struct bpf_insn insns[] = {
		LDX(BPF_W, BPF_REG_6, BPF_REG_1, 0),
		ST(BPF_W, BPF_REG_10, -4, 0),
		LD_MAP(BPF_REG_1, map),
		MOV_X(BPF_REG_2, BPF_REG_10),
		ALU(BPF_ADD, BPF_REG_2, -4),
		CALL(BPF_FUNC_map_lookup_elem),
		JMP(BPF_JEQ, BPF_REG_0, 0, 1),
		STX(BPF_W, BPF_REG_0, BPF_REG_6, 0),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};
	union bpf_attr attr = load_attr(insns, NR(insns));
	int fd = side_bpf(SIDE_LBPF, BPF_PROG_LOAD, &attr);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int sweep_prog, sweep_sock;

static int do_run(int unused)
{
	unsigned char packet[64] = {};
	struct __sk_buff ctx = {};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = sweep_prog;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	attr.test.ctx_in = PTR(&ctx);
	attr.test.ctx_size_in = sizeof(ctx);
	return side_bpf(SIDE_LBPF, BPF_PROG_TEST_RUN, &attr);
}

static int do_attach(int unused)
{
	return attach_sock(SIDE_LBPF, sweep_sock, sweep_prog);
}

static int do_bind(int map)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_bind_map.prog_fd = sweep_prog;
	attr.prog_bind_map.map_fd = map;
	return side_bpf(SIDE_LBPF, BPF_PROG_BIND_MAP, &attr);
}

/* Each allocation fails in turn, with ENOMEM as the answer, until the command gets through. */
static void sweep(const char *name, int (*command)(int), int arg)
{
	int n, err = -ENOMEM;

	for (n = 1; n < 1000 && err; n++) {
		err = with_failure(n, command, arg);
		if (err && err != -ENOMEM)
			break;
	}
	ksft_test_result(!err && n > 2, "each of %d allocations fails: %s\n", n - 2, name);
}

static void test_sweeps(void)
{
	int map = make_map(SIDE_LBPF, BPF_MAP_TYPE_HASH, 4, 4, 4);
	int sock[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, sock);
	sweep_sock = sock[0];
	sweep_prog = load_cb_user(SIDE_LBPF);
	sweep("PROG_LOAD", do_load, map);
	sweep("PROG_TEST_RUN", do_run, 0);
	sweep("attach", do_attach, 0);
	sweep("attach in place of another", do_attach, 0);
	sweep("PROG_BIND_MAP", do_bind, map);
	close(sweep_prog);
	close(map);
	close(sock[0]);
	close(sock[1]);
}

int main(void)
{
	struct lbpf_stats before;

	ksft_print_header();
	ksft_set_plan(2 + 1 + 5 + 1);
	lbpf_stats_begin(&before);
	test_cb_saved(SIDE_KERNEL);
	test_cb_saved(SIDE_LBPF);
	test_race();
	test_sweeps();
	ksft_test_result(lbpf_nothing_left(&before), "nothing is left\n");
	ksft_finished();
}
