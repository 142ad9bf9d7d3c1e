/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Storages of kernel objects, for the helpers.
 *
 * Layer: maps.
 */
#ifndef _LBPF_OWNER_STORAGE_H
#define _LBPF_OWNER_STORAGE_H

#include <linux/types.h>

struct lbpf_map;

void *lbpf_storage_get(struct lbpf_map *map, void *owner, const void *value, u64 flags);
long lbpf_storage_delete(struct lbpf_map *map, void *owner);

/* Module exit: no more telling of objects that end. */
void lbpf_owner_exit(void);

#endif /* _LBPF_OWNER_STORAGE_H */
