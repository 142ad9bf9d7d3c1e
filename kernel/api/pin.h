/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the pin commands and the pin filesystem share.
 */
#ifndef _LBPF_API_PIN_H
#define _LBPF_API_PIN_H

#include <lbpf/object.h>

struct file;
struct inode;
struct lbpf_map;
struct path;

/* Makes the file @path of the filesystem; takes over the caller's user reference if it succeeds. */
int lbpf_pin_create(const struct path *dir, struct dentry *dentry, struct lbpf_object *obj);
/* The object that is pinned as @inode, or NULL when that is no file of the filesystem. */
struct lbpf_object *lbpf_pin_object(const struct inode *inode);

/* pin_show.c */
bool lbpf_map_has_text(const struct lbpf_map *map);
int lbpf_pin_open_text(struct lbpf_map *map, struct file *file);
int lbpf_pin_close_text(struct inode *inode, struct file *file);

#endif /* _LBPF_API_PIN_H */
