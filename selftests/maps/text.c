// SPDX-License-Identifier: GPL-2.0
/*
 * Text of pinned maps that have none in Linux: tries, and maps of maps.
 * What has one there too, system:differential compares; but for arrays of programs, whose ids are
 * not the same on both sides.
 */
#include <fcntl.h>
#include <kselftest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <bpf/btf.h>

#include "maps.h"

#define DIR	"/tmp/text"
#define HEADER	"# WARNING!! The output is for debug purpose only\n"	\
		"# WARNING!! The output format will change\n"

struct prefix {
	__u32 len;
	__u32 addr;
};

static int create(union bpf_attr *attr)
{
	int fd = map_cmd(SIDE_LBPF, BPF_MAP_CREATE, attr);

	if (fd < 0)
		ksft_exit_fail_msg("map type %u: %s\n", attr->map_type, strerror(-fd));
	return fd;
}

static void put(int fd, const void *key, void *value)
{
	int err = map_update(SIDE_LBPF, fd, key, value, 0);

	if (err)
		ksft_exit_fail_msg("update: %s\n", strerror(-err));
}

/* Does the file of the map say @want?  Closes @fd. */
static void expect(int fd, const char *want, const char *name)
{
	union bpf_attr attr = { .pathname = (uintptr_t)DIR "/map", .bpf_fd = fd };
	char text[4096];
	ssize_t got = -1;
	int file;

	if (map_cmd(SIDE_LBPF, BPF_OBJ_PIN, &attr))
		ksft_exit_fail_msg("pin: %s\n", strerror(errno));
	file = open(DIR "/map", O_RDONLY);
	if (file >= 0)
		got = read(file, text, sizeof(text) - 1);
	text[got > 0 ? got : 0] = '\0';
	if (strcmp(text, want))
		ksft_print_msg("%s: \"%s\", not \"%s\"\n", name, text, want);
	ksft_test_result(!strcmp(text, want), "%s\n", name);
	close(file);
	unlink(DIR "/map");
	close(fd);
}

static int load_types(struct btf *btf)
{
	union bpf_attr attr = {};
	__u32 bytes;

	attr.btf = (uintptr_t)btf__raw_data(btf, &bytes);
	attr.btf_size = bytes;
	return map_cmd(SIDE_LBPF, BPF_BTF_LOAD, &attr);
}

static void show_trie(void)
{
	struct btf *btf = btf__new_empty();
	int u32 = btf__add_int(btf, "u32", 4, 0), key = btf__add_struct(btf, "prefix", 8);
	struct prefix all = {}, net = { 8, 10 };
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_LPM_TRIE, .key_size = sizeof(net), .value_size = 4,
		.max_entries = 4, .map_flags = BPF_F_NO_PREALLOC, .btf_key_type_id = key,
		.btf_value_type_id = u32,
	};
	__u32 value = 1;
	int fd;

	btf__add_field(btf, "len", u32, 0, 0);
	btf__add_field(btf, "addr", u32, 32, 0);
	attr.btf_fd = load_types(btf);
	fd = create(&attr);
	put(fd, &all, &value);
	value = 2;
	put(fd, &net, &value);
	expect(fd, HEADER "{8,10,}: 2\n{0,0,}: 1\n", "trie");
	close(attr.btf_fd);
	btf__free(btf);
}

/* What is known of maps and of programs begins alike. */
static __u32 id_of(int fd)
{
	struct {
		__u32 type;
		__u32 id;
	} info = {};
	union bpf_attr attr = {};

	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	if (map_cmd(SIDE_LBPF, BPF_OBJ_GET_INFO_BY_FD, &attr))
		ksft_exit_fail_msg("info: %s\n", strerror(errno));
	return info.id;
}

static void show_outer(__u32 type, __u32 key, const char *key_text, const char *name)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1,
	};
	int inner = create(&attr), fd;
	char want[256];

	attr.map_type = type;
	attr.max_entries = 3;
	attr.inner_map_fd = inner;
	fd = create(&attr);
	put(fd, &key, &inner);
	snprintf(want, sizeof(want), HEADER "%s: %u\n", key_text, id_of(inner));
	expect(fd, want, name);
	close(inner);
}

static int load_program(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insns = (uintptr_t)insns, .insn_cnt = 2,
		.license = (uintptr_t)"GPL",
	};

	return map_cmd(SIDE_LBPF, BPF_PROG_LOAD, &attr);
}

/* Places with a program, as "index: id". */
static void show_programs(void)
{
	struct btf *btf = btf__new_empty();
	int u32 = btf__add_int(btf, "u32", 4, 0), prog = load_program(), fd;
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4, .value_size = 4,
		.max_entries = 3, .btf_key_type_id = u32, .btf_value_type_id = u32,
	};
	__u32 key = 1;
	char want[256];

	attr.btf_fd = load_types(btf);
	fd = create(&attr);
	put(fd, &key, &prog);
	snprintf(want, sizeof(want), HEADER "1: %u\n", id_of(prog));
	expect(fd, want, "program array");
	close(prog);
	close(attr.btf_fd);
	btf__free(btf);
}

/* Without types there is no text. */
static void show_nothing(void)
{
	static const __u32 types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH,
				       BPF_MAP_TYPE_PROG_ARRAY };

	for (unsigned int i = 0; i < ARRAY_SIZE_OF(types); i++) {
		union bpf_attr attr = { .map_type = types[i], .key_size = 4, .value_size = 4,
					.max_entries = 1 };

		expect(create(&attr), "", "no types");
	}
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(7);
	mkdir(DIR, 0700);
	if (unshare(CLONE_NEWNS) || mount("pins", DIR, "lbpf", 0, NULL))
		ksft_exit_fail_msg("mount: %s\n", strerror(errno));
	show_trie();
	show_outer(BPF_MAP_TYPE_ARRAY_OF_MAPS, 1, "1", "array of maps");
	show_outer(BPF_MAP_TYPE_HASH_OF_MAPS, 0x0a0b, "0b 0a 00 00", "hash of maps");
	show_programs();
	show_nothing();
	umount(DIR);
	ksft_finished();
}
