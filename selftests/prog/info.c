// SPDX-License-Identifier: GPL-2.0
/*
 * What is told about a program: information, dumps, fdinfo, ids, statistics, facts.
 */
#include <fcntl.h>
#include <sys/socket.h>
#include "prog_test.h"

static const struct bpf_insn trivial[] = {
	LDX(BPF_W, BPF_REG_0, BPF_REG_1, offsetof(struct __sk_buff, len)), EXIT(),
};

static int load_named(enum test_side side, const char *name, const char *license)
{
	union bpf_attr attr = load_attr(trivial, NR(trivial));
	int fd;

	strcpy(attr.prog_name, name);
	attr.license = PTR(license);
	fd = side_bpf(side, BPF_PROG_LOAD, &attr);
	if (fd < 0)
		ksft_exit_fail_msg("%s: load: %s\n", side_name[side], strerror(-fd));
	return fd;
}

static int get_info(enum test_side side, int fd, void *info, unsigned int *len)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = *len;
	attr.info.info = PTR(info);
	err = side_bpf(side, BPF_OBJ_GET_INFO_BY_FD, &attr);
	*len = attr.info.info_len;
	return err;
}

static struct bpf_prog_info plain_info(enum test_side side, int fd)
{
	struct bpf_prog_info info;
	unsigned int len = sizeof(info);
	int err;

	memset(&info, 0, sizeof(info));
	err = get_info(side, fd, &info, &len);
	if (err)
		ksft_exit_fail_msg("%s: info: %s\n", side_name[side], strerror(-err));
	return info;
}

static int prog_by_id(enum test_side side, int cmd, unsigned int id)
{
	union bpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	ret = side_bpf(side, cmd, &attr);
	return ret || cmd == BPF_PROG_GET_FD_BY_ID ? ret : (int)attr.next_id;
}

/* The members that both sides must agree on, and those whose value is known. */
static void test_plain(void)
{
	struct bpf_prog_info info[2];
	int fd[2];

	for (int side = 0; side < 2; side++) {
		fd[side] = load_named(side, "some.name_1", "GPL");
		info[side] = plain_info(side, fd[side]);
	}
	ksft_test_result(info[0].type == BPF_PROG_TYPE_SOCKET_FILTER &&
			 info[0].type == info[1].type,
			 "type\n");
	ksft_test_result(!memcmp(info[0].tag, info[1].tag, BPF_TAG_SIZE), "tag\n");
	ksft_test_result(!strcmp(info[0].name, "some.name_1"), "name\n");
	ksft_test_result(info[0].gpl_compatible && info[1].gpl_compatible, "gpl_compatible\n");
	ksft_test_result(info[0].verified_insns == info[1].verified_insns, "verified_insns\n");
	ksft_test_result(info[0].created_by_uid == getuid(), "created_by_uid\n");
	ksft_test_result(info[0].load_time && info[0].load_time <= info[1].load_time,
			 "load_time\n");
	ksft_test_result(info[0].xlated_prog_len == 16 && info[0].jited_prog_len > 0, "lengths\n");
	ksft_test_result(info[0].nr_jited_ksyms == 1 && info[0].nr_jited_func_lens == 1 &&
			 info[0].nr_prog_tags == info[1].nr_prog_tags, "numbers of functions\n");
	ksft_test_result(info[0].func_info_rec_size == info[1].func_info_rec_size &&
			 info[0].line_info_rec_size == info[1].line_info_rec_size &&
			 info[0].jited_line_info_rec_size ==
				 info[1].jited_line_info_rec_size,
			 "record sizes\n");
	ksft_test_result(info[0].id && !info[0].nr_map_ids && !info[0].btf_id && !info[0].ifindex,
			 "the rest\n");
	close(fd[0]);
	close(fd[1]);
	fd[0] = load_named(SIDE_LBPF, "", "BSD");
	info[0] = plain_info(SIDE_LBPF, fd[0]);
	ksft_test_result(!info[0].gpl_compatible && !info[0].name[0], "no GPL, no name\n");
	close(fd[0]);
}

/* Sizes of the information struct: the same errors, and the same number of bytes written. */
static void test_sizes(void)
{
	static const unsigned int sizes[] = { 0, 1, 4, 8, 40, 104, 128, 200,
					      sizeof(struct bpf_prog_info),
					      sizeof(struct bpf_prog_info) + 8, 1024, 4096, 4097 };
	int fd[2] = { load_named(0, "a", "GPL"), load_named(1, "a", "GPL") };
	static unsigned char info[8192];
	int nr_wrong = 0;

	for (unsigned int i = 0; i < NR(sizes); i++)
		for (int tail = 0; tail < 2; tail++) {
			unsigned int len[2];
			int err[2];

			for (int side = 0; side < 2; side++) {
				memset(info, 0, sizeof(info));
				if (tail && sizes[i])
					info[sizes[i] - 1] = sizes[i] >
							     sizeof(struct bpf_prog_info);
				len[side] = sizes[i];
				err[side] = get_info(side, fd[side], info, &len[side]);
			}
			if (err[0] == err[1] && len[0] == len[1])
				continue;
			nr_wrong++;
			ksft_print_msg("%u bytes: bpf(2) %d, lbpf %d\n", sizes[i], err[1], err[0]);
		}
	ksft_test_result(!nr_wrong, "sizes of the struct\n");
	close(fd[0]);
	close(fd[1]);
}

/* A record size that is not the kernel's. */
static void test_record_sizes(void)
{
	int nr_wrong = 0;

	for (int which = 0; which < 6; which++) {
		int err[2];

		for (int side = 0; side < 2; side++) {
			int fd = load_named(side, "a", "GPL");
			struct bpf_prog_info info = {};
			unsigned int len = sizeof(info);

			info.func_info_rec_size = which == 0 ? 4 : 0;
			info.nr_func_info = which == 1;
			info.line_info_rec_size = which == 2 ? 4 : 0;
			info.nr_line_info = which == 3;
			info.jited_line_info_rec_size = which == 4 ? 4 : 0;
			info.nr_jited_line_info = which == 5;
			err[side] = get_info(side, fd, &info, &len);
			close(fd);
		}
		nr_wrong += err[0] != err[1] || err[0] != -EINVAL;
	}
	ksft_test_result(!nr_wrong, "wrong record sizes\n");
}

/*
 * Rewritten instructions of a program with a map: as much as fits, map ids in place of addresses.
 */
static void test_dump(void)
{
	int map = make_map(SIDE_LBPF, BPF_MAP_TYPE_ARRAY, 4, 8, 1), fd, err;
	struct bpf_insn insns[] = {
		ST(BPF_W, BPF_REG_10, -4, 0), LD_MAP(BPF_REG_1, map),
		MOV_X(BPF_REG_2, BPF_REG_10), ALU(BPF_ADD, BPF_REG_2, -4),
		MOV_X(BPF_REG_3, BPF_REG_10), ALU(BPF_ADD, BPF_REG_3, -16),
		ST(BPF_DW, BPF_REG_10, -16, 1), MOV(BPF_REG_4, 0),
		CALL(BPF_FUNC_map_update_elem), LD_IMM64(BPF_REG_1, BPF_PSEUDO_MAP_VALUE, map, 0),
		LDX(BPF_DW, BPF_REG_0, BPF_REG_1, 0), EXIT(),
	};
	struct bpf_insn xlated[64];
	unsigned char jited[4096];
	unsigned int ids[4] = {}, lens[4] = {}, len = sizeof(struct bpf_prog_info), nr_loads = 0;
	unsigned long long ksyms[4] = {};
	struct bpf_prog_info info = {}, map_info;
	bool ok = true;

	fd = load_insns(SIDE_LBPF, insns, NR(insns));
	memset(xlated, 0xee, sizeof(xlated));
	memset(jited, 0xee, sizeof(jited));
	info.xlated_prog_insns = PTR(xlated);
	info.xlated_prog_len = sizeof(xlated);
	info.jited_prog_insns = PTR(jited);
	info.jited_prog_len = sizeof(jited);
	info.map_ids = PTR(ids);
	info.nr_map_ids = 4;
	info.jited_ksyms = PTR(ksyms);
	info.nr_jited_ksyms = 4;
	info.jited_func_lens = PTR(lens);
	info.nr_jited_func_lens = 4;
	err = get_info(SIDE_LBPF, fd, &info, &len);
	memset(&map_info, 0, sizeof(map_info));
	len = sizeof(struct bpf_map_info);
	get_info(SIDE_LBPF, map, &map_info, &len);
	for (unsigned int i = 0; i < info.xlated_prog_len / 8 && i < NR(xlated); i++)
		if (xlated[i].code == (BPF_LD | BPF_DW | BPF_IMM) && xlated[i].src_reg) {
			nr_loads++;
			ok &= xlated[i].imm == (int)((struct bpf_map_info *)&map_info)->id;
		}
	ksft_test_result(!err && ok && nr_loads == 2, "map addresses are ids in the dump\n");
	ksft_test_result(info.nr_map_ids == 1 && ids[0] == ((struct bpf_map_info *)&map_info)->id &&
			 !ids[1],
			 "map_ids\n");
	ksft_test_result(xlated[info.xlated_prog_len / 8].code == 0xee &&
			 jited[info.jited_prog_len] == 0xee &&
			 jited[info.jited_prog_len - 1] != 0xee,
			 "dumps end where they say\n");
	ksft_test_result(info.nr_jited_ksyms == 1 && ksyms[0] && !ksyms[1] &&
			 lens[0] == info.jited_prog_len && !lens[1],
			 "function addresses and lengths\n");
	close(fd);
	close(map);
}

static void test_short_dump(void)
{
	int fd = load_named(SIDE_LBPF, "a", "GPL");
	struct bpf_prog_info info = {};
	unsigned char xlated[32], jited[32];
	unsigned int len = sizeof(info);
	int err;

	memset(xlated, 0xee, sizeof(xlated));
	memset(jited, 0xee, sizeof(jited));
	info.xlated_prog_insns = PTR(xlated);
	info.xlated_prog_len = 11;
	info.jited_prog_insns = PTR(jited);
	info.jited_prog_len = 3;
	err = get_info(SIDE_LBPF, fd, &info, &len);
	ksft_test_result(!err && info.xlated_prog_len == 16 && xlated[11] == 0xee &&
			 jited[3] == 0xee,
			 "dumps are cut to the room there is\n");
	memset(&info, 0, sizeof(info));
	info.xlated_prog_insns = 8;
	info.xlated_prog_len = 16;
	len = sizeof(info);
	ksft_test_result(get_info(SIDE_LBPF, fd, &info, &len) == -EFAULT,
			 "dump to a bad pointer\n");
	close(fd);
}

static void test_unprivileged(void)
{
	int fd = load_named(SIDE_LBPF, "a", "GPL");
	unsigned char xlated[32] = {};
	struct bpf_prog_info info = {};
	unsigned int len = sizeof(info);
	int err;

	info.xlated_prog_insns = PTR(xlated);
	info.xlated_prog_len = sizeof(xlated);
	info.nr_jited_ksyms = 1;
	drop_caps();
	err = get_info(SIDE_LBPF, fd, &info, &len);
	restore_caps();
	ksft_test_result(!err && info.id && !info.xlated_prog_len && !info.jited_prog_len &&
			 !info.nr_jited_ksyms && !xlated[0], "nothing private without CAP_BPF\n");
	close(fd);
}

static void test_ids(enum test_side side)
{
	int fd = load_named(side, "first", "GPL"), other = load_named(side, "second", "GPL"), again;
	unsigned int id = plain_info(side, fd).id, other_id = plain_info(side, other).id;
	bool ok;

	ok = other_id > id;
	again = prog_by_id(side, BPF_PROG_GET_FD_BY_ID, id);
	ok &= again >= 0 && plain_info(side, again).id == id;
	close(fd);
	ok &= prog_by_id(side, BPF_PROG_GET_NEXT_ID, id) == other_id;
	ok &= prog_by_id(side, BPF_PROG_GET_NEXT_ID, id - 1) == id;
	close(again);
	/* The kernel side drops its id with the last reference too. */
	ok &= prog_by_id(side, BPF_PROG_GET_FD_BY_ID, id) == -ENOENT;
	ok &= prog_by_id(side, BPF_PROG_GET_NEXT_ID, other_id) == -ENOENT;
	ok &= prog_by_id(side, BPF_PROG_GET_FD_BY_ID, 0x7ffffff0) == -ENOENT;
	close(other);
	drop_caps();
	ok &= prog_by_id(side, BPF_PROG_GET_FD_BY_ID, id) == -EPERM;
	ok &= prog_by_id(side, BPF_PROG_GET_NEXT_ID, 0) == -EPERM;
	restore_caps();
	ksft_test_result(ok, "ids: %s\n", side_name[side]);
}

/* Names of all keys, and the values that do not depend on the side. */
static void read_fdinfo(int fd, char *keys, char *values)
{
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	keys[0] = 0;
	values[0] = 0;
	while (file && fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');

		if (!strncmp(line, "pos", 3) || !strncmp(line, "mnt", 3) ||
		    !strncmp(line, "ino", 3) || !colon)
			continue;
		if (!strncmp(line, "prog_t", 6) || !strncmp(line, "prog_j", 6) ||
		    !strncmp(line, "ver", 3))
			strcat(values, line);
		*colon = 0;
		strcat(strcat(keys, line), " ");
	}
	if (file)
		fclose(file);
}

static void test_fdinfo(void)
{
	char keys[2][512], values[2][512], link[64], name[64] = "";

	for (int side = 0; side < 2; side++) {
		int fd = load_named(side, "a", "GPL");

		read_fdinfo(fd, keys[side], values[side]);
		if (side == SIDE_LBPF) {
			snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
			if (readlink(link, name, sizeof(name) - 1) < 0)
				name[0] = 0;
		}
		close(fd);
	}
	/* bpf(2) leaves prog_jited at 0 where its JIT is off. */
	ksft_test_result(!strcmp(keys[0], keys[1]), "fdinfo has the keys '%s'\n", keys[0]);
	ksft_test_result(!strcmp(values[0], values[1]), "type, tag, verified_insns in fdinfo\n");
	ksft_test_result(!!strstr(name, "bpf-prog"), "link of the descriptor: %s\n", name);
}

static void run_prog(enum test_side side, int fd, unsigned int repeat)
{
	unsigned char packet[64] = {};
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = repeat;
	err = side_bpf(side, BPF_PROG_TEST_RUN, &attr);
	if (err)
		ksft_exit_fail_msg("%s: run: %s\n", side_name[side], strerror(-err));
}

static int enable_stats(enum test_side side)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	return side_bpf(side, BPF_ENABLE_STATS, &attr);
}

/* Counted while enabled, by test runs and by packets on a socket that the kernel runs. */
static void test_stats(enum test_side side)
{
	int fd = load_named(side, "counted", "GPL"), stats, pair[2];
	struct bpf_prog_info info;
	bool ok;

	run_prog(side, fd, 5);
	ok = plain_info(side, fd).run_cnt == 0;
	stats = enable_stats(side);
	run_prog(side, fd, 7);
	info = plain_info(side, fd);
	ok &= stats >= 0 && info.run_cnt == 7 && info.run_time_ns > 0;
	socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
	ok &= !attach_sock(side, pair[1], fd);
	for (int i = 0; i < 3; i++)
		send(pair[0], "x", 1, 0);
	ok &= plain_info(side, fd).run_cnt == 10;
	close(pair[0]);
	close(pair[1]);
	close(stats);
	run_prog(side, fd, 5);
	ok &= plain_info(side, fd).run_cnt == 10 && !plain_info(side, fd).recursion_misses;
	ksft_test_result(ok, "run statistics: %s\n", side_name[side]);
	close(fd);
}

static int bind_map(enum test_side side, int prog, int map, int flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_bind_map.prog_fd = prog;
	attr.prog_bind_map.map_fd = map;
	attr.prog_bind_map.flags = flags;
	return side_bpf(side, BPF_PROG_BIND_MAP, &attr);
}

static void test_bind(enum test_side side)
{
	int fd = load_named(side, "a", "GPL"), map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, 4, 1);
	int other = make_map(side, BPF_MAP_TYPE_HASH, 4, 4, 1);
	bool ok;

	ok = bind_map(side, fd, map, 1) == -EINVAL && bind_map(side, -1, map, 0) == -EBADF;
	ok &= bind_map(side, fd, -1, 0) == -EBADF && bind_map(side, map, map, 0) == -EINVAL;
	ok &= bind_map(side, fd, fd, 0) == -EINVAL && plain_info(side, fd).nr_map_ids == 0;
	ok &= !bind_map(side, fd, map, 0) && plain_info(side, fd).nr_map_ids == 1;
	ok &= !bind_map(side, fd, map, 0) && plain_info(side, fd).nr_map_ids == 1;
	ok &= !bind_map(side, fd, other, 0) && plain_info(side, fd).nr_map_ids == 2;
	ksft_test_result(ok, "PROG_BIND_MAP: %s\n", side_name[side]);
	close(map);
	close(other);
	close(fd);
}

static int get_facts(struct lbpf_prog_facts_attr *attr)
{
	return test_bpf(SIDE_LBPF, LBPF_PROG_FACTS, attr, sizeof(*attr)) < 0 ? -errno : 0;
}

/* Known bits and ranges of a masked number, a decided jump, and code that is never reached. */
static void test_facts(void)
{
	struct bpf_insn insns[] = {
		LDX(BPF_W, BPF_REG_0, BPF_REG_1, 0),	/* 0 */
		ALU(BPF_AND, BPF_REG_0, 0xff),		/* 1 */
		JMP(BPF_JGT, BPF_REG_0, 0xff, 1),	/* 2: never */
		ALU(BPF_ADD, BPF_REG_0, 1),		/* 3: 0..255 */
		EXIT(),					/* 4: 1..256 */
	};
	struct lbpf_insn_fact facts[8];
	struct lbpf_prog_facts_attr attr = {
		.facts = PTR(facts), .nr_facts = 8, .fact_size_bytes = sizeof(facts[0]),
	};
	int fd = load_insns(SIDE_LBPF, insns, NR(insns));
	bool ok;

	memset(facts, 0xee, sizeof(facts));
	attr.prog_fd = fd;
	ok = !get_facts(&attr) && attr.nr_facts == NR(insns);
	for (unsigned int i = 0; i < NR(insns); i++)
		ok &= facts[i].visits == 1;
	ok &= facts[2].jump == 2 && facts[3].dst.umax == 0xff && facts[3].dst.tnum_mask == 0xff;
	ok &= facts[5].visits == 0xeeeeeeee;
	ksft_test_result(ok, "facts of a small program\n");
	attr.nr_facts = 2;
	memset(facts, 0xee, sizeof(facts));
	ok = !get_facts(&attr) && attr.nr_facts == NR(insns) && facts[2].visits == 0xeeeeeeee;
	attr.facts = 8;
	ok &= get_facts(&attr) == -EFAULT;
	attr.facts = PTR(facts);
	attr.flags = 1;
	ok &= get_facts(&attr) == -EINVAL;
	attr.flags = 0;
	attr.fact_size_bytes = 0;
	ok &= get_facts(&attr) == -EINVAL;
	attr.fact_size_bytes = 4;
	attr.nr_facts = 8;
	ok &= !get_facts(&attr) && facts[0].visits == 1 && facts[0].jump == 1;
	attr.prog_fd = -1;
	ok &= get_facts(&attr) == -EBADF;
	attr.prog_fd = fd;
	drop_caps();
	ok &= get_facts(&attr) == -EPERM;
	restore_caps();
	ksft_test_result(ok, "mistakes in asking for facts\n");
	close(fd);
}

/* Tags of programs that differ in one bit, in their maps only, and of many lengths. */
static void test_tags(void)
{
	static struct bpf_insn insns[200];
	int nr_wrong = 0;

	for (unsigned int nr = 2; nr <= 40; nr++) {
		struct bpf_prog_info info[2];

		for (unsigned int i = 0; i < nr - 1; i++)
			insns[i] = MOV(BPF_REG_0, i * nr);
		insns[nr - 1] = EXIT();
		for (int side = 0; side < 2; side++) {
			int fd = load_insns(side, insns, nr);

			info[side] = plain_info(side, fd);
			close(fd);
		}
		nr_wrong += !!memcmp(info[0].tag, info[1].tag, BPF_TAG_SIZE);
	}
	for (int round = 0; round < 3; round++) {
		struct bpf_prog_info info[2];

		for (int side = 0; side < 2; side++) {
			int map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, 8, 1);
			struct bpf_insn with_map[] = {
				LD_IMM64(BPF_REG_1,
					 round ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD, map,
					 round == 2 ? 4 : 0),
				MOV(BPF_REG_0, 0),
				EXIT(),
			};
			int fd = load_insns(side, with_map, NR(with_map));

			info[side] = plain_info(side, fd);
			close(fd);
			close(map);
		}
		nr_wrong += !!memcmp(info[0].tag, info[1].tag, BPF_TAG_SIZE);
	}
	ksft_test_result(!nr_wrong, "tags of 42 programs\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(12 + 2 + 4 + 2 + 1 + 2 + 3 + 2 + 2 + 2 + 1);
	test_plain();
	test_sizes();
	test_record_sizes();
	test_dump();
	test_short_dump();
	test_unprivileged();
	test_ids(SIDE_KERNEL);
	test_ids(SIDE_LBPF);
	test_fdinfo();
	test_stats(SIDE_KERNEL);
	test_stats(SIDE_LBPF);
	test_bind(SIDE_KERNEL);
	test_bind(SIDE_LBPF);
	test_facts();
	test_tags();
	ksft_finished();
}
