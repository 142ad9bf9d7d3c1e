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

static void trace_link(const char *path)
{
	char text[64] = "";

	if (readlink(path, text, sizeof(text) - 1) < 0)
		snprintf(text, sizeof(text), "%s", error_name(errno));
	trace(text, "readlink %s", path);
}

static void names(void)
{
	char name[300] = DIR "/";
	int map = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0), other;
	struct stat st;

	other = make_map(BPF_MAP_TYPE_HASH, 4, 8, 4, 0);
	mount_pins(NULL);
	umask(027);
	TRACE_CALL(pin(map, DIR "/a", 0), "pin a");
	TRACE_CALL(pin(other, DIR "/b", 0), "pin b");
	trace_stat(DIR "/a");
	TRACE_CALL(mkdir(DIR "/dir", 0777), "mkdir");
	TRACE_CALL(mkdir(DIR "/dir", 0777), "mkdir again");
	TRACE_CALL(mkdir(DIR "/full", 01777), "mkdir sticky");
	trace_stat(DIR "/dir");
	trace_stat(DIR "/full");
	TRACE_CALL(pin(map, DIR "/full/c", 0), "pin c");
	TRACE_CALL(rename(DIR "/a", DIR "/b"), "rename over a pin");
	TRACE_CALL(get(DIR "/b", 0), "get b");
	TRACE_CALL(rename(DIR "/b", DIR "/dir"), "rename over a directory");
	TRACE_CALL(rename(DIR "/dir", DIR "/full"), "rename over a full directory");
	TRACE_CALL(rename(DIR "/full", DIR "/dir"), "rename over an empty directory");
	TRACE_CALL(rename(DIR "/dir", DIR "/dir/inside"), "rename into itself");
	TRACE_CALL(rename(DIR "/b", DIR "/with.dot"), "rename to a dot");
	TRACE_CALL(rename(DIR "/b", "/tmp/outside"), "rename out of it");
	TRACE_CALL(renameat2(AT_FDCWD, DIR "/b", AT_FDCWD, DIR "/dir/c", RENAME_NOREPLACE),
		   "rename without replacing");
	TRACE_CALL(renameat2(AT_FDCWD, DIR "/b", AT_FDCWD, DIR "/dir/c", RENAME_EXCHANGE),
		   "rename exchanging");
	TRACE_CALL(link(DIR "/b", DIR "/b.c"), "link with a dot");
	TRACE_CALL(link(DIR "/dir", DIR "/linkdir"), "link of a directory");
	TRACE_CALL(unlink(DIR "/dir"), "unlink of a directory");
	TRACE_CALL(rmdir(DIR "/b"), "rmdir of a pin");
	TRACE_CALL(symlink("b", DIR "/sym"), "symlink");
	TRACE_CALL(symlink("b", DIR "/sym"), "symlink again");
	TRACE_CALL(symlink("b", DIR "/s.m"), "symlink with a dot");
	TRACE_CALL(symlink("", DIR "/empty"), "symlink to nothing");
	trace_link(DIR "/sym");
	trace_link(DIR "/b");
	if (lstat(DIR "/sym", &st))
		give_up("lstat");
	trace_bytes(&st.st_mode, sizeof(st.st_mode), "mode of a symlink");
	trace_bytes(&st.st_size, sizeof(st.st_size), "size of a symlink");
	TRACE_CALL(get(DIR "/sym", 0), "get by the symlink");
	TRACE_CALL(pin(map, DIR "/sym", 0), "pin over the symlink");
	TRACE_CALL(unlink(DIR "/sym"), "unlink symlink");
	TRACE_CALL(mknod(DIR "/node", S_IFCHR | 0600, 0x103), "mknod");
	TRACE_CALL(mknod(DIR "/fifo", S_IFIFO | 0600, 0), "mkfifo");
	memset(name + strlen(DIR) + 1, 'n', 255);
	TRACE_CALL(pin(map, name, 0), "pin with a name of 255");
	name[strlen(name)] = 'n';
	TRACE_CALL(pin(map, name, 0), "pin with a name of 256");
}

static void files(void)
{
	int map = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0), fd;
	const struct timespec times[2] = { { 1, 0 }, { 2, 0 } };
	struct statfs fs;

	mount_pins("mode=0700");
	TRACE_CALL(pin(map, DIR "/m", 0), "pin");
	TRACE_CALL(open(DIR "/m", O_RDWR), "open for writing");
	TRACE_CALL(open(DIR "/m", O_RDWR | O_TRUNC), "open for truncating");
	TRACE_CALL(open(DIR "/m", O_RDONLY | O_PATH), "open as a path");
	TRACE_CALL(open(DIR "/new", O_RDWR | O_CREAT, 0600), "create");
	TRACE_CALL(truncate(DIR "/m", 0), "truncate");
	TRACE_CALL(truncate(DIR "/m", 100), "truncate to more");
	TRACE_CALL(chown(DIR "/m", 1, 2), "chown");
	TRACE_CALL(chmod(DIR "/m", 0440), "chmod");
	TRACE_CALL(utimensat(AT_FDCWD, DIR "/m", times, 0), "utimens");
	trace_stat(DIR "/m");
	TRACE_CALL(access(DIR "/m", W_OK), "access");
	TRACE_CALL(pin(map, DIR "/dir/", 0), "pin with a slash");
	if (seteuid(1))
		give_up("seteuid");
	TRACE_CALL(get(DIR "/m", 0), "get as its owner, not through the directory");
	if (seteuid(0) || chmod(DIR, 0755) || seteuid(1))
		give_up("chmod");
	TRACE_CALL(get(DIR "/m", 0), "get for reading and writing");
	TRACE_CALL(get(DIR "/m", BPF_F_RDONLY), "get for reading");
	TRACE_CALL(get(DIR "/m", BPF_F_WRONLY), "get for writing");
	TRACE_CALL(pin(map, DIR "/n", 0), "pin where it may not write");
	TRACE_CALL(unlink(DIR "/m"), "unlink where it may not write");
	if (seteuid(0))
		give_up("seteuid");
	/* What is opened for reading only can be pinned, and got for writing. */
	fd = get(DIR "/m", BPF_F_RDONLY);
	TRACE_CALL(pin(fd, DIR "/readable", 0), "pin what was opened for reading");
	TRACE_CALL(get(DIR "/readable", 0), "get it for writing");
	if (statfs(DIR, &fs))
		give_up("statfs");
	trace_bytes(&fs.f_bsize, sizeof(fs.f_bsize), "block size");
	trace_bytes(&fs.f_blocks, sizeof(fs.f_blocks), "blocks");
	trace_bytes(&fs.f_files, sizeof(fs.f_files), "files");
	trace_bytes(&fs.f_namelen, sizeof(fs.f_namelen), "length of names");
}

static void mount_options(void)
{
	static const char * const options[] = { "", "mode=0750", "mode=1777", "mode=8", "unknown",
						"mode=0", "mode", "mode=17777", "mode=07777",
						"mode=-1", "mode=700,mode=711", "unknown=1",
						"uid=1", "source=x" };
	unsigned int i;

	if (unshare(CLONE_NEWNS))
		give_up("unshare");
	mkdir(DIR, 0700);
	for (i = 0; i < ARRAY_SIZE_OF(options); i++) {
		TRACE_CALL(mount("pins", DIR, diff_side == SIDE_LBPF ? "lbpf" : "bpf", 0,
				 options[i]),
			   "mount '%s'", options[i]);
		trace_stat(DIR);
		TRACE_CALL(mount("pins", DIR, NULL, MS_REMOUNT, "mode=0711"), "remount");
		TRACE_CALL(mount("pins", DIR, NULL, MS_REMOUNT | MS_RDONLY, NULL), "read-only");
		trace_stat(DIR);
		TRACE_CALL(mkdir(DIR "/dir", 0700), "mkdir");
		/* It may be that nothing was mounted. */
		rmdir(DIR "/dir");
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
	{ "pin names", names },
	{ "pin files", files },
	{ "pin mount_options", mount_options },
	{ }
};
