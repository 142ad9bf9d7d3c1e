// SPDX-License-Identifier: GPL-2.0
/*
 * count OBJECT [CMD [ARG]...]: count packets on lo by protocol.
 *
 * An ordinary libbpf loader: it knows nothing of lbpf.  It attaches the
 * program of OBJECT to a packet socket, sends real packets over lo, prints
 * what was counted and compares it with what was sent.  CMD runs while the
 * program is still attached.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "count.h"

#define NR_UDP		100	/* datagrams */
#define NR_ICMP		20	/* echo requests, each answered */
#define NR_TCP		10	/* connections */
#define UDP_LEN		64	/* bytes */

static const struct sockaddr_in localhost = {
	.sin_family = AF_INET,
	.sin_addr.s_addr = __constant_htonl(INADDR_LOOPBACK),
};

static void die(const char *what)
{
	fprintf(stderr, "count: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_socket(int domain, int type, int protocol)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		die("socket");
	return fd;
}

/* A socket bound to a free port of localhost; its address goes to @addr. */
static int bind_local(int type, struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = open_socket(AF_INET, type, 0);

	*addr = localhost;
	if (bind(fd, (struct sockaddr *)addr, len) ||
	    getsockname(fd, (struct sockaddr *)addr, &len))
		die("bind");
	return fd;
}

static void send_udp(void)
{
	struct sockaddr_in addr;
	int to = bind_local(SOCK_DGRAM, &addr), from = open_socket(AF_INET, SOCK_DGRAM, 0);
	char payload[UDP_LEN] = "";
	int i;

	for (i = 0; i < NR_UDP; i++) {
		if (sendto(from, payload, sizeof(payload), 0, (struct sockaddr *)&addr,
			   sizeof(addr)) != sizeof(payload))
			die("sendto");
		if (recv(to, payload, sizeof(payload), 0) != sizeof(payload))
			die("recv");
	}
	close(from);
	close(to);
}

static void send_tcp(void)
{
	struct sockaddr_in addr;
	int server = bind_local(SOCK_STREAM, &addr);
	char byte = 'x';
	int i;

	if (listen(server, NR_TCP))
		die("listen");
	for (i = 0; i < NR_TCP; i++) {
		int from = open_socket(AF_INET, SOCK_STREAM, 0), to;

		if (connect(from, (struct sockaddr *)&addr, sizeof(addr)))
			die("connect");
		to = accept(server, NULL, NULL);
		if (to < 0 || write(from, &byte, 1) != 1 || read(to, &byte, 1) != 1)
			die("tcp");
		close(from);
		close(to);
	}
	close(server);
}

/* Checksum of an echo request whose other fields are these. */
static __u16 sum_echo(const struct icmphdr *echo)
{
	__u32 sum = htons(echo->type << 8) + echo->un.echo.id + echo->un.echo.sequence;

	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

static void send_icmp(void)
{
	int fd = open_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	char packet[128];
	int i;

	for (i = 0; i < NR_ICMP; i++) {
		struct icmphdr echo = {
			.type = ICMP_ECHO,
			.un.echo = { .id = htons(0x1b9f), .sequence = htons(i) },
		};

		echo.checksum = sum_echo(&echo);
		if (sendto(fd, &echo, sizeof(echo), 0, (struct sockaddr *)&localhost,
			   sizeof(localhost)) != sizeof(echo))
			die("sendto icmp");
		/* The request arrives here too, before its answer. */
		if (recv(fd, packet, sizeof(packet), 0) < 0 || recv(fd, packet, sizeof(packet),
								    0) < 0)
			die("recv icmp");
	}
	close(fd);
}

static int attach_to_lo(int prog_fd)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex("lo"),
	};
	/* Protocol 0: no packet is seen before bind(). */
	int fd = open_socket(AF_PACKET, SOCK_RAW, 0);

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog_fd, sizeof(prog_fd)))
		die("SO_ATTACH_BPF");
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		die("bind to lo");
	return fd;
}

static const char *protocol_name(__u32 protocol)
{
	switch (protocol) {
	case IPPROTO_ICMP:	return "icmp";
	case IPPROTO_TCP:	return "tcp";
	case IPPROTO_UDP:	return "udp";
	case IPPROTO_ICMPV6:	return "icmpv6";
	case NOT_IP:		return "not IP";
	}
	return "other";
}

static void print_counts(int map_fd)
{
	__u32 key, *prev = NULL;
	struct count count;

	printf("%10s %10s %10s\n", "protocol", "packets", "bytes");
	while (!bpf_map_get_next_key(map_fd, prev, &key)) {
		prev = &key;
		if (bpf_map_lookup_elem(map_fd, &key, &count))
			die("bpf_map_lookup_elem");
		printf("%10s %10llu %10llu\n", protocol_name(key), count.packets, count.bytes);
	}
	if (errno != ENOENT)
		die("bpf_map_get_next_key");
	fflush(stdout);
}

/* Whether from @min to @max packets of @protocol were counted. */
static bool check_count(int map_fd, __u32 protocol, __u64 min, __u64 max)
{
	struct count count = { 0 };

	bpf_map_lookup_elem(map_fd, &protocol, &count);
	if (count.packets >= min && count.packets <= max)
		return true;
	fprintf(stderr, "count: %llu packets of %s counted, %llu to %llu were sent\n",
		count.packets, protocol_name(protocol), min, max);
	return false;
}

static bool check_counts(int map_fd)
{
	/* Six segments at least: three to open, the byte, its acknowledgment, one to close. */
	return check_count(map_fd, IPPROTO_UDP, NR_UDP, NR_UDP) &
	       check_count(map_fd, IPPROTO_ICMP, 2 * NR_ICMP, 2 * NR_ICMP) &
	       check_count(map_fd, IPPROTO_TCP, 6 * NR_TCP, 20 * NR_TCP);
}

static int run_command(char **argv)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execvp(argv[0], argv);
		die(argv[0]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		die("fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static struct bpf_object *load(const char *path)
{
	struct bpf_object *obj;

	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	obj = bpf_object__open_file(path, NULL);
	if (!obj)
		die(path);
	if (bpf_object__load(obj))
		die("bpf_object__load");
	return obj;
}

int main(int argc, char **argv)
{
	struct bpf_object *obj;
	int map_fd, prog_fd, fd;
	bool is_right;

	if (argc < 2) {
		fprintf(stderr, "usage: count OBJECT [CMD [ARG]...]\n");
		return 2;
	}
	printf("loading %s\n", argv[1]);
	obj = load(argv[1]);
	prog_fd = bpf_program__fd(bpf_object__find_program_by_name(obj, "count_packets"));
	map_fd = bpf_object__find_map_fd_by_name(obj, "by_protocol");
	fd = attach_to_lo(prog_fd);
	printf("attached to a packet socket on lo\n");
	printf("sending %d udp datagrams, %d pings, %d tcp connections\n", NR_UDP, NR_ICMP,
	       NR_TCP);
	send_udp();
	send_icmp();
	send_tcp();
	print_counts(map_fd);
	is_right = check_counts(map_fd);
	if (argc > 2 && run_command(argv + 2))
		is_right = false;
	if (setsockopt(fd, SOL_SOCKET, SO_DETACH_BPF, &prog_fd, sizeof(prog_fd)))
		die("SO_DETACH_BPF");
	close(fd);
	bpf_object__close(obj);
	printf("detached\n");
	return !is_right;
}
