// SPDX-License-Identifier: GPL-2.0
/*
 * Ids of the kernel's own types.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/btf.h>

#include "kernel_btf.h"

#define MAX_TYPES	(1 << 20)

static char *data;
static unsigned int offs[MAX_TYPES], nr_types = 1;
static const char *names;

/* Bytes behind struct btf_type. */
static unsigned int extra_bytes(const struct btf_type *type)
{
	unsigned int vlen = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return vlen * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return vlen * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return vlen * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return vlen * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return vlen * sizeof(struct btf_var_secinfo);
	default:
		return 0;
	}
}

static void read_types(void)
{
	const struct btf_header *header;
	const struct btf_type *type;
	struct stat stat;
	unsigned int off;
	ssize_t got, at;
	int fd;

	fd = open("/sys/kernel/btf/vmlinux", O_RDONLY);
	if (fd < 0 || fstat(fd, &stat))
		return;
	data = malloc(stat.st_size);
	for (at = 0; data && at < stat.st_size; at += got) {
		got = read(fd, data + at, stat.st_size - at);
		if (got <= 0)
			exit(1);
	}
	close(fd);
	header = (void *)data;
	names = data + header->hdr_len + header->str_off;
	for (off = 0; off < header->type_len && nr_types < MAX_TYPES; nr_types++) {
		offs[nr_types] = header->hdr_len + header->type_off + off;
		type = (void *)(data + offs[nr_types]);
		off += sizeof(*type) + extra_bytes(type);
	}
}

const char *kernel_type_name(unsigned int id, unsigned int *kind)
{
	const struct btf_type *type;

	if (!data)
		read_types();
	if (!data || !id || id >= nr_types)
		return NULL;
	type = (void *)(data + offs[id]);
	*kind = BTF_INFO_KIND(type->info);
	return names + type->name_off;
}

unsigned int kernel_type(const char *name, unsigned int kind)
{
	const char *found;
	unsigned int id, its;

	for (id = 1; (found = kernel_type_name(id, &its)); id++)
		if (its == kind && !strcmp(found, name))
			return id;
	return 0;
}
