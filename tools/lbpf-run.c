// SPDX-License-Identifier: GPL-2.0
/*
 * lbpf-run CMD [ARG]...: run a program with bpf(2) redirected to /dev/lbpf.
 *
 * The same as LD_PRELOAD=liblbpf-preload.so CMD, with the library that lies
 * beside this program, and a clear word when there is no device.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <limits.h>
#include "lbpf.h"

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
	execvp(argv[1], argv + 1);
	fprintf(stderr, "lbpf-run: %s: %s\n", argv[1], strerror(errno));
	return errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXEC;
}
