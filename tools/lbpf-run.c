// SPDX-License-Identifier: GPL-2.0
/*
 * lbpf-run CMD [ARG]...: run a program with bpf(2) redirected to /dev/lbpf.
 *
 * LD_PRELOAD=liblbpf-preload.so CMD, with the library that lies beside this
 * program, and a clear word when there is no device.
 *
 * And the command sees lbpf's pin filesystem at /sys/fs/bpf: in a mount namespace
 * of its own, where LBPF_FS_DIR is bound there.  LBPF_FS_DIR is mounted in the
 * caller's namespace if it was not yet, so that pins outlive the command, and the
 * next one finds them.  Who may not mount sees /sys/fs/bpf as it is.
 */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <limits.h>
#include <sys/mount.h>
#include "lbpf.h"

#define BPF_FS_DIR		"/sys/fs/bpf"

/* Exit statuses, as env(1) has them. */
#define EXIT_OWN_FAILURE	125
#define EXIT_CANNOT_EXEC	126
#define EXIT_NOT_FOUND		127

static const char library[] = "liblbpf-preload.so";

/* Writes the path of the library beside this program to @path. */
static int find_library(char *path, size_t size_bytes)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0) {
		perror("lbpf-run: /proc/self/exe");
		return -1;
	}
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	if (snprintf(path, size_bytes, "%s/%s", self, library) >= (int)size_bytes) {
		fprintf(stderr, "lbpf-run: path too long: %s\n", self);
		return -1;
	}
	/* ld.so splits LD_PRELOAD there, and has no way to quote. */
	if (strpbrk(path, " :")) {
		fprintf(stderr, "lbpf-run: '%s': no blanks or colons are possible in this path\n",
			path);
		return -1;
	}
	if (access(path, R_OK)) {
		fprintf(stderr, "lbpf-run: %s: %s\n", path, strerror(errno));
		return -1;
	}
	return 0;
}

static int preload(const char *path)
{
	const char *others = getenv("LD_PRELOAD");
	char *list = NULL;
	int err;

	if (!others || !*others)
		return setenv("LD_PRELOAD", path, 1);
	if (asprintf(&list, "%s:%s", path, others) < 0)
		return -1;
	err = setenv("LD_PRELOAD", list, 1);
	free(list);
	return err;
}

/* Is the mount on top of @dir of lbpf's type?  Source: proc(5), mountinfo, fields 5 and 9. */
static bool is_mounted(const char *dir)
{
	char line[2 * PATH_MAX], at[PATH_MAX], type[64];
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	bool found = false;
	char *rest;

	if (!mounts)
		return false;
	while (fgets(line, sizeof(line), mounts)) {
		rest = strstr(line, " - ");
		if (!rest || sscanf(line, "%*s %*s %*s %*s %4095s", at) != 1 || strcmp(at, dir))
			continue;
		/* The last one is on top. */
		found = sscanf(rest, " - %63s", type) == 1 && !strcmp(type, LBPF_FS_TYPE);
	}
	fclose(mounts);
	return found;
}

/* What is mounted on @dir is seen in this namespace only, if that is a mount at all. */
static int make_private(const char *dir)
{
	return mount(NULL, dir, NULL, MS_PRIVATE, NULL);
}

/* 0, or -1 with errno set. */
static int map_pins(void)
{
	if (is_mounted(BPF_FS_DIR))
		return 0;
	if (!is_mounted(LBPF_FS_DIR) &&
	    mount(LBPF_FS_TYPE, LBPF_FS_DIR, LBPF_FS_TYPE, 0, NULL))
		return -1;
	if (unshare(CLONE_NEWNS))
		return -1;
	/* The mount that the directory is in. */
	if (make_private(BPF_FS_DIR) && make_private("/sys") && make_private("/"))
		return -1;
	return mount(LBPF_FS_DIR, BPF_FS_DIR, NULL, MS_BIND, NULL);
}

int main(int argc, char **argv)
{
	char path[PATH_MAX];

	if (argc < 2 || !strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")) {
		fprintf(argc < 2 ? stderr : stdout,
			"usage: lbpf-run CMD [ARG]...\n"
			"Run a dynamically linked program with bpf(2) redirected to "
			LBPF_DEVICE ".\n");
		return argc < 2 ? EXIT_OWN_FAILURE : 0;
	}
	if (access(LBPF_DEVICE, R_OK | W_OK)) {
		fprintf(stderr, "lbpf-run: %s: %s; is lbpf.ko loaded?\n", LBPF_DEVICE,
			strerror(errno));
		return EXIT_OWN_FAILURE;
	}
	if (find_library(path, sizeof(path)))
		return EXIT_OWN_FAILURE;
	if (preload(path)) {
		perror("lbpf-run: LD_PRELOAD");
		return EXIT_OWN_FAILURE;
	}
	if (map_pins() && errno != EPERM)
		fprintf(stderr, "lbpf-run: " BPF_FS_DIR " is not lbpf's: %s\n", strerror(errno));
	execvp(argv[1], argv + 1);
	fprintf(stderr, "lbpf-run: %s: %s\n", argv[1], strerror(errno));
	return errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXEC;
}
