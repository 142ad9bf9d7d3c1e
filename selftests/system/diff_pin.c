// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: pinning, in bpffs and in lbpf's pin filesystem.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

#define DIR	"/tmp/pins"

#define TRACE_CALL(call, ...) do {						\
	int ret_ = (call);							\
	trace(ret_ < 0 ? error_name(errno) : "ok", __VA_ARGS__);		\
} while (0)

static int pin(int fd, const char *path, uint32_t flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = PTR(path);
	attr.bpf_fd = fd;
	attr.file_flags = flags;
	return bpf_call(BPF_OBJ_PIN, &attr, sizeof(attr));
}

static int get(const char *path, uint32_t flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = PTR(path);
	attr.file_flags = flags;
	return bpf_call(BPF_OBJ_GET, &attr, sizeof(attr));
}

/* In a mount namespace of the scenario's process. */
static void mount_pins(const char *options)
{
	mkdir(DIR, 0700);
	if (unshare(CLONE_NEWNS) ||
	    mount("pins", DIR, diff_side == SIDE_LBPF ? "lbpf" : "bpf", 0, options))
		give_up("mount");
}

static void trace_stat(const char *path)
{
	struct stat st;
	char text[64];

	if (stat(path, &st))
		snprintf(text, sizeof(text), "%s", error_name(errno));
	else
		snprintf(text, sizeof(text), "mode %o links %u uid %u", st.st_mode,
			 (unsigned int)st.st_nlink,
			 st.st_uid);
	trace(text, "stat %s", path);
}

static const struct bpf_insn ret0[] = { MOV_IMM(0, 0), EXIT() };

static void objects(void)
{
	int map = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	int prog = make_prog(ret0, ARRAY_SIZE_OF(ret0));
	int fd;
	uint32_t key = 1, flags;
	char value[8] = "1234567";

	mount_pins(NULL);
	TRACE_CALL(pin(map, DIR "/map", 0), "pin map");
	TRACE_CALL(pin(map, DIR "/map", 0), "pin again");
	TRACE_CALL(pin(map, DIR "/map2", 0), "pin under another name");
	TRACE_CALL(pin(prog, DIR "/prog", 0), "pin prog");
	TRACE_CALL(elem_op(BPF_MAP_UPDATE_ELEM, map, &key, value, 0), "update");
	close(map);
	close(prog);
	for (flags = 0; flags < 64; flags += 4) {
		fd = get(DIR "/map", flags);
		trace(fd < 0 ? error_name(errno) : "ok", "get map flags %#x", flags);
		if (fd >= 0) {
			memset(value, 0, sizeof(value));
			TRACE_CALL(elem_op(BPF_MAP_LOOKUP_ELEM, fd, &key, value, 0), "lookup");
			trace_bytes(value, sizeof(value), "value");
			TRACE_CALL(elem_op(BPF_MAP_UPDATE_ELEM, fd, &key, value, 0), "update");
			close(fd);
		}
		fd = get(DIR "/prog", flags);
		trace(fd < 0 ? error_name(errno) : "ok", "get prog flags %#x", flags);
		if (fd >= 0)
			close(fd);
	}
	trace_stat(DIR "/map");
	chmod(DIR "/map", 0);
	TRACE_CALL(get(DIR "/map", 0), "get without permission as root");
	TRACE_CALL(open(DIR "/map", O_RDONLY), "open");
	TRACE_CALL(unlink(DIR "/map"), "unlink");
	TRACE_CALL(get(DIR "/map", 0), "get what is gone");
	TRACE_CALL(get(DIR "/map2", 0), "get by the other name");
}

static void paths(void)
{
	int map = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	struct statfs fs;

	mount_pins(NULL);
	TRACE_CALL(pin(map, "/tmp/elsewhere", 0), "pin in tmpfs");
	TRACE_CALL(pin(map, DIR "/a.b", 0), "pin with a dot");
	TRACE_CALL(pin(map, DIR "/none/map", 0), "pin below nothing");
	TRACE_CALL(pin(map, DIR, 0), "pin over the root");
	TRACE_CALL(pin(map, "", 0), "pin without a name");
	TRACE_CALL(pin(map, NULL, 0), "pin at NULL");
	TRACE_CALL(pin(map, DIR "/flags", 1), "pin with flags");
	TRACE_CALL(pin(0, DIR "/stdin", 0), "pin stdin");
	TRACE_CALL(pin(999, DIR "/closed", 0), "pin nothing");
	TRACE_CALL(get(DIR "/none", 0), "get nothing");
	TRACE_CALL(get(DIR, 0), "get a directory");
	TRACE_CALL(get("/dev/null", 0), "get a device");
	TRACE_CALL(get(NULL, 0), "get NULL");
	TRACE_CALL(mkdir(DIR "/dir", 0750), "mkdir");
	TRACE_CALL(mkdir(DIR "/d.r", 0750), "mkdir with a dot");
	trace_stat(DIR);
	trace_stat(DIR "/dir");
	TRACE_CALL(pin(map, DIR "/dir/map", 0), "pin in a directory");
	TRACE_CALL(rmdir(DIR "/dir"), "rmdir, not empty");
	TRACE_CALL(rename(DIR "/dir/map", DIR "/moved"), "rename");
	TRACE_CALL(get(DIR "/moved", 0), "get what was moved");
	TRACE_CALL(link(DIR "/moved", DIR "/linked"), "link");
	trace_stat(DIR "/linked");
	TRACE_CALL(unlink(DIR "/moved"), "unlink");
	TRACE_CALL(get(DIR "/linked", 0), "get by the link");
	TRACE_CALL(rmdir(DIR "/dir"), "rmdir");
	TRACE_CALL(creat(DIR "/file", 0600), "create a file");
	if (statfs(DIR, &fs))
		give_up("statfs");
	trace_bytes(&fs.f_type, sizeof(fs.f_type), "magic number");
}

static void mount_options(void)
{
	static const char * const options[] = { "", "mode=0750", "mode=1777", "mode=8", "unknown",
						"mode=0" };
	unsigned int i;

	if (unshare(CLONE_NEWNS))
		give_up("unshare");
	mkdir(DIR, 0700);
	for (i = 0; i < ARRAY_SIZE_OF(options); i++) {
		TRACE_CALL(mount("pins", DIR, diff_side == SIDE_LBPF ? "lbpf" : "bpf", 0,
				 options[i]),
			   "mount '%s'", options[i]);
		trace_stat(DIR);
		umount(DIR);
	}
	umask(0);
	mount_pins(NULL);
	TRACE_CALL(pin(make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0), DIR "/map", 0),
		   "pin with umask 0");
	trace_stat(DIR "/map");
}

const struct scenario pin_scenarios[] = {
	{ "pin objects", objects },
	{ "pin paths", paths },
	{ "pin mount_options", mount_options },
	{ }
};
