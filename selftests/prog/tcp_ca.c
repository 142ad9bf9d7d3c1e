// SPDX-License-Identifier: GPL-2.0
/*
 * TCP congestion control made of programs: maps of struct tcp_congestion_ops beside bpf(2), and
 * connections that use them, while the map is replaced and deleted.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "../system/raw_types.h"
#include "kernel_btf.h"
#include "prog_test.h"

#define CA		"tcp_congestion_ops"
#define VALUE		"bpf_struct_ops_" CA
#define MAX_VALUE	1024
#define STREAM_BYTES	(2 << 20)
#define NR_POLLS	400

#define KFUNC(name)	INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0,	\
			     kernel_type(name, BTF_KIND_FUNC))

enum { STATE_INIT, STATE_INUSE, STATE_TOBEFREE };

/* What programs count, by index. */
enum { NR_INIT, NR_RELEASE, NR_AVOID, NR_SSTHRESH, NR_COUNTS };

static unsigned int ca_id, value_id, value_bytes, data_off;

/* A value as userspace sees it. */
union value {
	struct { unsigned int refcnt, state; };
	unsigned char bytes[MAX_VALUE];
	unsigned long words[MAX_VALUE / sizeof(long)];
};

static void *member_at(union value *value, const char *member)
{
	return value->bytes + data_off + kernel_member(CA, member);
}

static int load_btf(enum test_side side)
{
	struct raw_types types;
	union bpf_attr attr = { .btf = PTR(&types), .btf_size = sizeof(types) };

	make_raw_types(&types);
	return side_bpf(side, BPF_BTF_LOAD, &attr);
}

static union bpf_attr map_attr(int btf)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_STRUCT_OPS;
	attr.key_size = 4;
	attr.value_size = value_bytes;
	attr.max_entries = 1;
	attr.btf_fd = btf;
	attr.btf_vmlinux_value_type_id = value_id;
	strcpy(attr.map_name, "ca");
	return attr;
}

static int make_ca_map(enum test_side side)
{
	int btf = load_btf(side), map;
	union bpf_attr attr = map_attr(btf);

	map = side_bpf(side, BPF_MAP_CREATE, &attr);
	close(btf);
	if (map < 0)
		ksft_exit_fail_msg("%s: map: %s\n", side_name[side], strerror(-map));
	return map;
}

static int update(enum test_side side, int map, unsigned int key, const union value *value,
		  unsigned long flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = PTR(&key);
	attr.value = PTR(value);
	attr.flags = flags;
	return side_bpf(side, BPF_MAP_UPDATE_ELEM, &attr);
}

static int delete(enum test_side side, int map, unsigned int key)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = PTR(&key);
	return side_bpf(side, BPF_MAP_DELETE_ELEM, &attr);
}

static int lookup(enum test_side side, int map, unsigned int key, union value *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	memset(value, 0xee, sizeof(*value));
	attr.map_fd = map;
	attr.key = PTR(&key);
	attr.value = PTR(value);
	return side_bpf(side, BPF_MAP_LOOKUP_ELEM, &attr);
}

static int load_member(enum test_side side, const char *member, const struct bpf_insn *insns,
		       unsigned int nr)
{
	union bpf_attr attr = load_attr(insns, nr);
	int fd;

	attr.prog_type = BPF_PROG_TYPE_STRUCT_OPS;
	attr.attach_btf_id = ca_id;
	attr.expected_attach_type = kernel_member_index(CA, member);
	attr.log_buf = PTR(verifier_log);
	attr.log_size = sizeof(verifier_log);
	attr.log_level = 1;
	fd = side_bpf(side, BPF_PROG_LOAD, &attr);
	if (fd < 0)
		ksft_exit_fail_msg("%s: %s: %s\n%s\n", side_name[side], member, strerror(-fd),
				   verifier_log);
	return fd;
}

/* Counts a call of @member at @index of @counts, then does what @kfunc does. */
static int load_counter(enum test_side side, const char *member, int counts, int index,
			const char *kfunc)
{
	struct bpf_insn insns[] = {
		MOV_X(BPF_REG_6, BPF_REG_1),
		ST(BPF_W, BPF_REG_10, -4, index),
		LD_MAP(BPF_REG_1, counts),
		MOV_X(BPF_REG_2, BPF_REG_10),
		ALU(BPF_ADD, BPF_REG_2, -4),
		CALL(BPF_FUNC_map_lookup_elem),
		JMP(BPF_JEQ, BPF_REG_0, 0, 2),
		MOV(BPF_REG_1, 1),
		INSN(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, 0, BPF_ADD),
		MOV(BPF_REG_0, 0),
		/* Only cong_avoid() has more than the socket. */
		LDX(BPF_DW, BPF_REG_1, BPF_REG_6, 0),
		LDX(BPF_DW, BPF_REG_2, BPF_REG_6, 8),
		LDX(BPF_DW, BPF_REG_3, BPF_REG_6, 16),
		kfunc ? KFUNC(kfunc) : MOV(BPF_REG_0, 0),
		EXIT(),
	};

	if (strcmp(member, "cong_avoid")) {
		insns[12] = MOV(BPF_REG_2, 0);
		insns[13] = MOV(BPF_REG_3, 0);
	}
	return load_member(side, member, insns, NR(insns));
}

/**
 * struct ca - A congestion control made of programs
 * @counts: Map of what they count.
 * @progs: Their descriptors.
 * @value: What a map takes.
 */
struct ca {
	int counts;
	int progs[5];
	union value value;
};

static struct ca make_ca(enum test_side side, const char *name)
{
	static const struct {
		const char *member;
		int index;
		const char *kfunc;
	} rows[] = {
		{ "init", NR_INIT, NULL },
		{ "release", NR_RELEASE, NULL },
		{ "ssthresh", NR_SSTHRESH, "tcp_reno_ssthresh" },
		{ "undo_cwnd", NR_SSTHRESH, "tcp_reno_undo_cwnd" },
		{ "cong_avoid", NR_AVOID, "tcp_reno_cong_avoid" },
	};
	struct ca ca = { .counts = make_map(side, BPF_MAP_TYPE_ARRAY, 4, 8, NR_COUNTS) };

	for (unsigned int i = 0; i < NR(rows); i++) {
		ca.progs[i] = load_counter(side, rows[i].member, ca.counts, rows[i].index,
					   rows[i].kfunc);
		*(unsigned long *)member_at(&ca.value, rows[i].member) = ca.progs[i];
	}
	strcpy(member_at(&ca.value, "name"), name);
	return ca;
}

static void close_ca(struct ca *ca)
{
	close(ca->counts);
	for (unsigned int i = 0; i < NR(ca->progs); i++)
		close(ca->progs[i]);
}

static unsigned long count(const struct ca *ca, unsigned int index)
{
	unsigned long number = 0;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = ca->counts;
	attr.key = PTR(&index);
	attr.value = PTR(&number);
	side_bpf(SIDE_LBPF, BPF_MAP_LOOKUP_ELEM, &attr);
	return number;
}

/* --- beside bpf(2) */

static unsigned int nr_wrong;

static void compare(const char *what, int want, int got)
{
	if (want == got)
		return;
	nr_wrong++;
	ksft_print_msg("%s: bpf(2) %d, lbpf %d\n", what, want, got);
}

/* Attributes that are not right, but for the first. */
static const struct {
	unsigned int off;
	unsigned int value;
} wrong_attrs[] = {
#define ATTR(member, value)	{ offsetof(union bpf_attr, member), value }
	ATTR(map_type, BPF_MAP_TYPE_STRUCT_OPS),
	ATTR(map_type, BPF_MAP_TYPE_ARRAY),
	ATTR(key_size, 8),
	ATTR(max_entries, 2),
	ATTR(max_entries, 0),
	ATTR(value_size, 0),
	ATTR(value_size, 4),
	ATTR(btf_vmlinux_value_type_id, 0),
	ATTR(btf_vmlinux_value_type_id, 1),
	ATTR(btf_vmlinux_value_type_id, 1 << 20),
	ATTR(btf_fd, 0),
	ATTR(btf_fd, 999),
	ATTR(btf_key_type_id, 1),
	ATTR(btf_value_type_id, 1),
	ATTR(map_flags, BPF_F_RDONLY),
	ATTR(map_flags, BPF_F_NUMA_NODE),
	ATTR(map_extra, 1),
};

static int try_create(enum test_side side, unsigned int which)
{
	int btf = load_btf(side), map;
	union bpf_attr attr = map_attr(btf);

	memcpy((char *)&attr + wrong_attrs[which].off, &wrong_attrs[which].value, 4);
	map = side_bpf(side, BPF_MAP_CREATE, &attr);
	close(btf);
	if (map >= 0)
		close(map);
	return map < 0 ? map : 0;
}

static void test_create(void)
{
	char what[32];

	nr_wrong = 0;
	for (unsigned int i = 0; i < NR(wrong_attrs); i++) {
		snprintf(what, sizeof(what), "create %u", i);
		compare(what, try_create(SIDE_KERNEL, i), try_create(SIDE_LBPF, i));
	}
	ksft_test_result(!nr_wrong, "maps that can be made\n");
}

/* What stands for a descriptor in the table below. */
enum { MAP_FD = -1000, PROG_FD };

/* Changes of a value that is right; not all make it wrong. */
static const struct {
	const char *member;
	unsigned int off;
	unsigned int bytes;
	int value;
} changes[] = {
	{ NULL, 0, 0, 0 },
	{ NULL, offsetof(union value, refcnt), 4, 1 },
	{ NULL, offsetof(union value, state), 4, 1 },
	{ NULL, 12, 1, 1 },
	{ NULL, 63, 1, 1 },
	{ "ssthresh", 0, 8, PROG_FD },
	{ "ssthresh", 0, 8, MAP_FD },
	{ "ssthresh", 0, 8, 999 },
	{ "ssthresh", 0, 8, 0 },
	{ "cong_avoid", 0, 8, 0 },
	{ "undo_cwnd", 0, 8, 0 },
	{ "init", 0, 8, 0 },
	{ "get_info", 0, 8, PROG_FD },
	{ "name", 0, 1, 0 },
	{ "name", 0, 1, ' ' },
	{ "name", 1, 1, '-' },
	{ "name", 0, 8, 'o' << 24 | 'n' << 16 | 'e' << 8 | 'r' },
	{ "flags", 0, 4, 4 },
	{ "flags", 0, 4, 1 },
	{ "key", 0, 4, 1 },
	{ "list", 0, 8, 1 },
	{ "release", 8, 1, 1 },
};

static void change_value(struct ca *ca, unsigned int which, int map)
{
	unsigned int off = changes[which].off;
	long value = changes[which].value;

	if (changes[which].member)
		off += data_off + kernel_member(CA, changes[which].member);
	if (value == MAP_FD)
		value = map;
	if (value == PROG_FD)
		value = ca->progs[0];
	memcpy(ca->value.bytes + off, &value, changes[which].bytes);
}

/* A wrong value must not register anything. */
static int try_update(enum test_side side, unsigned int which)
{
	struct ca ca = make_ca(side, side == SIDE_LBPF ? "lbpf_w" : "bpf_w");
	int map = make_ca_map(side), ret;

	change_value(&ca, which, map);
	ret = update(side, map, 0, &ca.value, 0);
	if (!ret && update(side, map, 0, &ca.value, 0) != -EBUSY)
		ret = 1000;
	if (!ret && delete(side, map, 0))
		ret = 1001;
	close(map);
	close_ca(&ca);
	return ret;
}

static void test_update(void)
{
	char what[32];

	nr_wrong = 0;
	for (unsigned int i = 0; i < NR(changes); i++) {
		snprintf(what, sizeof(what), "update %u", i);
		compare(what, try_update(SIDE_KERNEL, i), try_update(SIDE_LBPF, i));
	}
	ksft_test_result(!nr_wrong, "values that can be registered\n");
}

static int next_key(enum test_side side, int map, const unsigned int *key)
{
	union bpf_attr attr;
	unsigned int next = 77;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = PTR(key);
	attr.next_key = PTR(&next);
	ret = side_bpf(side, BPF_MAP_GET_NEXT_KEY, &attr);
	return ret ?: (int)next;
}

/* Answers of a map at each state, one after the other. */
static unsigned int watch_life(enum test_side side, int *out)
{
	struct ca ca = make_ca(side, side == SIDE_LBPF ? "lbpf_l" : "bpf_l");
	int map = make_ca_map(side);
	unsigned int nr = 0, zero = 0, one = 1, i;
	union value value;

	out[nr++] = next_key(side, map, NULL);
	out[nr++] = next_key(side, map, &zero);
	out[nr++] = next_key(side, map, &one);
	out[nr++] = update(side, map, 0, &ca.value, BPF_NOEXIST);
	out[nr++] = update(side, map, 1, &ca.value, 0);
	for (i = 0; i < 3; i++) {
		out[nr++] = lookup(side, map, 1, &value);
		out[nr++] = lookup(side, map, 0, &value);
		out[nr++] = value.state;
		out[nr++] = value.refcnt;
		out[nr++] = !!*(unsigned long *)member_at(&value, "ssthresh");
		out[nr++] = *(unsigned long *)member_at(&value, "get_info");
		out[nr++] = !!*(char *)member_at(&value, "name");
		out[nr++] = delete(side, map, i == 1);
		out[nr++] = update(side, map, 0, &ca.value, 0);
	}
	out[nr++] = delete(side, map, 0);
	close(map);
	close_ca(&ca);
	return nr;
}

static void test_life(void)
{
	int want[64], got[64];
	unsigned int nr = watch_life(SIDE_KERNEL, want), i;
	char what[32];

	nr_wrong = 0;
	watch_life(SIDE_LBPF, got);
	for (i = 0; i < nr; i++) {
		snprintf(what, sizeof(what), "answer %u", i);
		compare(what, want[i], got[i]);
	}
	ksft_test_result(!nr_wrong, "answers of a map at each state\n");
}

static void test_in_program(void)
{
	int got, want;

	for (int side = 0; side < 2; side++) {
		int map = make_ca_map(side);
		struct bpf_insn insns[] = { LD_MAP(BPF_REG_1, map), MOV(BPF_REG_0, 0), EXIT() };
		int ret = load_insns(side, insns, NR(insns));

		if (side == SIDE_LBPF)
			got = ret;
		else
			want = ret;
		close(map);
		if (!strstr(verifier_log, "struct_ops map cannot be used in prog"))
			got = 1;
	}
	ksft_test_result(got == want, "programs do not use it\n");
}

/* --- connections */

/**
 * struct link - A TCP connection over loopback
 * @listener: Listens.
 * @client: Sends.
 * @server: Receives.
 */
struct link {
	int listener;
	int client;
	int server;
};

#define PINS	"/tmp/ca_pins"

/* What the file of a pinned map says, with all addresses and ids alike where @is_shape. */
static void read_text(const char *path, bool is_shape, char *text, unsigned int room)
{
	FILE *file = fopen(path, "re");
	unsigned int len = 0;
	bool in_hex = false;
	int c;

	while (file && (c = getc(file)) != EOF && len + 1 < room) {
		in_hex = in_hex && isxdigit(c);
		if (!is_shape || !in_hex)
			text[len++] = c;
		in_hex = in_hex || (c == 'x' && len > 1 && text[len - 2] == '0');
	}
	text[len] = 0;
	if (file)
		fclose(file);
}

/* Before and while it is registered; ids of programs are each side's own. */
static void show(enum test_side side, char text[2][2048])
{
	struct ca ca = make_ca(side, "shown");
	int map = make_ca_map(side);
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = PTR(PINS "/ca");
	attr.bpf_fd = map;
	mkdir(PINS, 0700);
	if (mount("pins", PINS, side == SIDE_LBPF ? "lbpf" : "bpf", 0, NULL) ||
	    side_bpf(side, BPF_OBJ_PIN, &attr))
		ksft_exit_fail_msg("%s: pin\n", side_name[side]);
	read_text(PINS "/ca", false, text[0], sizeof(text[0]));
	compare("register to be shown", 0, update(side, map, 0, &ca.value, 0));
	read_text(PINS "/ca", true, text[1], sizeof(text[1]));
	compare("delete what was shown", 0, delete(side, map, 0));
	close(map);
	unlink(PINS "/ca");
	umount(PINS);
	close_ca(&ca);
}

static void test_text(void)
{
	static char text[2][2][2048];

	nr_wrong = 0;
	show(SIDE_KERNEL, text[SIDE_KERNEL]);
	show(SIDE_LBPF, text[SIDE_LBPF]);
	for (int i = 0; i < 2; i++) {
		bool is_same = *text[0][i] && !strcmp(text[0][i], text[1][i]);

		compare("text", 1, is_same);
		if (!is_same)
			ksft_print_msg("lbpf: %s\nbpf(2): %s\n", text[SIDE_LBPF][i],
				       text[SIDE_KERNEL][i]);
	}
	ksft_test_result(!nr_wrong, "text of a pinned map\n");
}

static int set_ca(int sock, const char *name)
{
	return setsockopt(sock, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name)) ? -errno : 0;
}

static bool has_ca(int sock, const char *name)
{
	char text[16] = {};
	socklen_t len = sizeof(text);

	return !getsockopt(sock, IPPROTO_TCP, TCP_CONGESTION, text, &len) && !strcmp(text, name);
}

/* Both ends use @name: the receiver's comes from the listener. */
static struct link make_link(const char *name)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	struct link link;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	link.listener = socket(AF_INET, SOCK_STREAM, 0);
	link.client = socket(AF_INET, SOCK_STREAM, 0);
	if (set_ca(link.listener, name) || set_ca(link.client, name))
		ksft_exit_fail_msg("TCP_CONGESTION %s: %s\n", name, strerror(errno));
	if (bind(link.listener, (struct sockaddr *)&addr, len) || listen(link.listener, 4) ||
	    getsockname(link.listener, (struct sockaddr *)&addr, &len) ||
	    connect(link.client, (struct sockaddr *)&addr, len))
		ksft_exit_fail_msg("connection: %s\n", strerror(errno));
	link.server = accept(link.listener, NULL, NULL);
	if (link.server < 0)
		ksft_exit_fail_msg("accept: %s\n", strerror(errno));
	return link;
}

static void close_link(const struct link *link)
{
	close(link->client);
	close(link->server);
	close(link->listener);
}

/* Does what is sent arrive? */
static bool carries(const struct link *link, unsigned int bytes)
{
	static unsigned char out[65536], in[65536];
	unsigned int sent = 0, got = 0, i, idle = 0;
	ssize_t len;

	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 7 + (i >> 8);
	while (got < bytes && idle < 10000) {
		len = sent < bytes ? send(link->client, out + sent % 4096,
					  sizeof(out) - 4096, MSG_DONTWAIT) : 0;
		sent += len > 0 ? len : 0;
		len = recv(link->server, in, sizeof(in), MSG_DONTWAIT);
		if (len <= 0) {
			idle++;
			usleep(1000);
			continue;
		}
		got += len;
		idle = 0;
	}
	return got >= bytes && got <= sent;
}

static bool is_gone(unsigned int id)
{
	for (int i = 0; i < NR_POLLS; i++) {
		union bpf_attr attr;
		int fd;

		memset(&attr, 0, sizeof(attr));
		attr.map_id = id;
		fd = side_bpf(SIDE_LBPF, BPF_MAP_GET_FD_BY_ID, &attr);
		if (fd == -ENOENT)
			return true;
		if (fd >= 0)
			close(fd);
		usleep(50000);
	}
	return false;
}

static struct bpf_map_info info_of(int map)
{
	struct bpf_map_info info;
	union bpf_attr attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = map;
	attr.info.info_len = sizeof(info);
	attr.info.info = PTR(&info);
	side_bpf(SIDE_LBPF, BPF_OBJ_GET_INFO_BY_FD, &attr);
	return info;
}

static void test_connection(void)
{
	struct ca ca = make_ca(SIDE_LBPF, "lbpf_a");
	int map = make_ca_map(SIDE_LBPF);
	bool ok = !update(SIDE_LBPF, map, 0, &ca.value, 0);
	struct bpf_map_info info = info_of(map);
	struct link link = make_link("lbpf_a");
	union value value;

	ok &= info.btf_vmlinux_value_type_id == value_id && info.value_size == value_bytes;
	ok &= has_ca(link.client, "lbpf_a") && has_ca(link.server, "lbpf_a");
	ok &= !lookup(SIDE_LBPF, map, 0, &value) && value.state == STATE_INUSE;
	/* Three sockets and the registration. */
	ok &= value.refcnt == 4;
	ok &= carries(&link, STREAM_BYTES);
	ok &= count(&ca, NR_INIT) == 2 && count(&ca, NR_AVOID) > 2;
	ksft_print_msg("init %lu, cong_avoid %lu, ssthresh and undo_cwnd %lu\n",
		       count(&ca, NR_INIT), count(&ca, NR_AVOID), count(&ca, NR_SSTHRESH));
	close_link(&link);
	for (int i = 0; i < NR_POLLS && count(&ca, NR_RELEASE) < 2; i++)
		usleep(10000);
	ok &= count(&ca, NR_RELEASE) >= 2;
	ok &= !delete(SIDE_LBPF, map, 0);
	close(map);
	close_ca(&ca);
	ok &= is_gone(info.id);
	ksft_test_result(ok, "a connection\n");
}

/* The map is deleted, closed and replaced while connections use it. */
static void test_replace(void)
{
	struct ca first = make_ca(SIDE_LBPF, "lbpf_r"), second = make_ca(SIDE_LBPF, "lbpf_r");
	int map = make_ca_map(SIDE_LBPF), map2 = make_ca_map(SIDE_LBPF);
	bool ok = !update(SIDE_LBPF, map, 0, &first.value, 0);
	struct link link = make_link("lbpf_r"), link2;
	unsigned int id = info_of(map).id, id2 = info_of(map2).id;
	union value value;
	unsigned long before;

	ok &= update(SIDE_LBPF, map2, 0, &second.value, 0) == -EEXIST;
	ok &= !delete(SIDE_LBPF, map, 0);
	ok &= delete(SIDE_LBPF, map, 0) == -EINPROGRESS;
	ok &= update(SIDE_LBPF, map, 0, &first.value, 0) == -EBUSY;
	ok &= !lookup(SIDE_LBPF, map, 0, &value) && value.state == STATE_TOBEFREE &&
	      value.refcnt == 3;
	ok &= set_ca(link.listener, "lbpf_r") == -ENOENT;
	close(map);
	for (unsigned int i = 0; i < NR(first.progs); i++)
		close(first.progs[i]);
	before = count(&first, NR_AVOID);
	ok &= carries(&link, STREAM_BYTES) && count(&first, NR_AVOID) > before;
	ksft_test_result(ok, "connections of what was deleted go on\n");

	ok = !update(SIDE_LBPF, map2, 0, &second.value, 0);
	ok &= !set_ca(link.client, "lbpf_r") && carries(&link, STREAM_BYTES) &&
	      count(&second, NR_AVOID);
	link2 = make_link("lbpf_r");
	ok &= carries(&link2, STREAM_BYTES);
	ok &= !lookup(SIDE_LBPF, map2, 0, &value) && value.refcnt == 5;
	close_link(&link);
	ok &= is_gone(id);
	ok &= carries(&link2, STREAM_BYTES);
	ok &= !set_ca(link2.client, "reno") && !set_ca(link2.server, "reno") &&
	      !set_ca(link2.listener, "reno");
	ok &= !delete(SIDE_LBPF, map2, 0);
	close(map2);
	ok &= is_gone(id2) && carries(&link2, STREAM_BYTES);
	close_link(&link2);
	ksft_test_result(ok, "replaced while connections live\n");
	close(first.counts);
	close_ca(&second);
}

/* --- allocations that fail */

/* It holds as long as the file is open. */
static void fail_nth(unsigned int nth)
{
	static int control = -1;
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (control < 0)
		control = open("/sys/kernel/debug/lbpf/fail_nth", O_RDWR);
	if (pwrite(control, text, len, 0) != len)
		ksft_exit_fail_msg("fail_nth: %s\n", strerror(errno));
}

/* How many allocations a registration makes; 0: something else happened. */
static unsigned int sweep_update(const struct ca *ca)
{
	unsigned int nth;
	int map, ret;

	for (nth = 1; nth < 200; nth++) {
		map = make_ca_map(SIDE_LBPF);
		fail_nth(nth);
		ret = update(SIDE_LBPF, map, 0, &ca->value, 0);
		fail_nth(0);
		if (!ret)
			ret = delete(SIDE_LBPF, map, 0) ? -1 : 0;
		close(map);
		if (ret != -ENOMEM)
			return ret ? 0 : nth;
	}
	return 0;
}

static unsigned int sweep_create(void)
{
	int btf = load_btf(SIDE_LBPF), map = -ENOMEM;
	union bpf_attr attr = map_attr(btf);
	unsigned int nth;

	for (nth = 1; nth < 200 && map == -ENOMEM; nth++) {
		fail_nth(nth);
		map = side_bpf(SIDE_LBPF, BPF_MAP_CREATE, &attr);
		fail_nth(0);
	}
	close(btf);
	close(map);
	return map < 0 ? 0 : nth - 1;
}

static void test_failures(void)
{
	struct ca ca = make_ca(SIDE_LBPF, "lbpf_f");
	unsigned int nr_update = sweep_update(&ca), nr_create = sweep_create();

	close_ca(&ca);
	ksft_print_msg("create %u, update %u\n", nr_create, nr_update);
	ksft_test_result(nr_update > 5 && nr_create > 3, "allocations that fail\n");
}

static void raise_loopback(void)
{
	struct ifreq req = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	if (ioctl(sock, SIOCSIFFLAGS, &req))
		ksft_exit_fail_msg("lo: %s\n", strerror(errno));
	close(sock);
}

int main(void)
{
	ksft_print_header();
	ca_id = kernel_type(CA, BTF_KIND_STRUCT);
	value_id = kernel_type(VALUE, BTF_KIND_STRUCT);
	if (!ca_id || !value_id)
		ksft_exit_skip("this kernel has no BTF of its structs of functions\n");
	value_bytes = kernel_type_bytes(value_id);
	data_off = kernel_member(VALUE, "data");
	raise_loopback();
	ksft_set_plan(9);
	test_create();
	test_update();
	test_life();
	test_in_program();
	test_text();
	test_connection();
	test_replace();
	if (access("/sys/kernel/debug/lbpf/fail_nth", W_OK))
		ksft_test_result_skip("no way to make allocations fail\n");
	else
		test_failures();
	ksft_finished();
}
