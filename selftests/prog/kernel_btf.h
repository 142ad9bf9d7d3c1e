/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's own types.
 */
#ifndef KERNEL_BTF_H
#define KERNEL_BTF_H

#include <linux/btf.h>

/* Id of the type of @kind (BTF_KIND_*) with @name in vmlinux BTF, 0: none, or no BTF. */
unsigned int kernel_type(const char *name, unsigned int kind);
/* Name and kind of type @id; NULL behind the last one. */
const char *kernel_type_name(unsigned int id, unsigned int *kind);
/* Size of type @id. */
unsigned int kernel_type_bytes(unsigned int id);
/* Number of a member, from 0, or -1. */
int kernel_member_index(const char *struct_name, const char *member);
/* Offset of a member, bytes, or -1. */
int kernel_member(const char *struct_name, const char *member);

#endif
