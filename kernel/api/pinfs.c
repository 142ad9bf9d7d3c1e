// SPDX-License-Identifier: GPL-2.0
/*
 * The pin filesystem: names for objects that outlive their descriptors.
 *
 * Layer: api.  Type "lbpf"; with bpffs's magic number, since that is what
 * clients look for.  Every mount has names of its own.  A file holds a user
 * reference on its object until its inode goes.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <uapi/linux/magic.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/stat.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <lbpf/alloc.h>
#include <lbpf/api.h>
#include <lbpf/compat.h>
#include <lbpf/map.h>

#include "pin.h"

#define DEFAULT_MODE	(S_ISVTX | 0777)

/* Mount options. */
struct pin_options {
	umode_t mode;
};

static const struct inode_operations dir_iops;

/* Its address says that an inode is a pinned object. */
static const struct inode_operations file_iops = {};

/* Only maps have a text, if their types are known. */
static int open_pin(struct inode *inode, struct file *file)
{
	struct lbpf_object *obj = inode->i_private;

	if (obj->kind != LBPF_OBJ_MAP || !lbpf_map_has_text(lbpf_map_of(obj)))
		return -EIO;
	return lbpf_pin_open_text(lbpf_map_of(obj), file);
}

static const struct file_operations file_fops = {
	.owner	= THIS_MODULE,
	.open	= open_pin,
	.read	= seq_read,
	.llseek	= seq_lseek,
	.release = lbpf_pin_close_text,
};

static struct inode *make_inode(struct inode *dir, umode_t mode)
{
	struct inode *inode = lbpf_alloc_fails() ? NULL : new_inode(dir->i_sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	lbpf_inode_init_times(inode);
	inode_init_owner(LBPF_NOP_IDMAP, inode, dir, mode);
	return inode;
}

/* The dentry stays until it is unlinked: there is nothing below that could bring it back. */
static void publish_inode(struct dentry *dentry, struct inode *inode, struct inode *dir)
{
	d_instantiate(dentry, inode);
	dget(dentry);
	lbpf_inode_changed(dir);
}

static int make_dir(struct lbpf_idmap *idmap, struct inode *dir, struct dentry *dentry,
		    umode_t mode)
{
	struct inode *inode = make_inode(dir, mode | S_IFDIR);

	if (!inode)
		return -ENOMEM;
	inode->i_op = &dir_iops;
	inode->i_fop = &simple_dir_operations;
	inc_nlink(inode);
	inc_nlink(dir);
	publish_inode(dentry, inode, dir);
	return 0;
}

/* The text goes with the inode, since path walks read it under RCU. */
static int make_symlink(struct lbpf_idmap *idmap, struct inode *dir, struct dentry *dentry,
			const char *target)
{
	size_t size_bytes = strlen(target) + 1;
	struct inode *inode;
	char *text;

	text = lbpf_zalloc(size_bytes, GFP_USER | __GFP_NOWARN);
	if (!text)
		return -ENOMEM;
	inode = make_inode(dir, 0777 | S_IFLNK);
	if (!inode) {
		lbpf_free(text);
		return -ENOMEM;
	}
	memcpy(text, target, size_bytes);
	inode->i_op = &simple_symlink_inode_operations;
	inode->i_link = text;
	publish_inode(dentry, inode, dir);
	return 0;
}

/* Source: names with dots are reserved in bpffs. */
static struct dentry *look_up(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	if (strchr(dentry->d_name.name, '.'))
		return ERR_PTR(-EPERM);
	return simple_lookup(dir, dentry, flags);
}

static const struct inode_operations dir_iops = {
	.lookup	= look_up,
	.mkdir	= make_dir,
	.symlink = make_symlink,
	.rmdir	= simple_rmdir,
	.rename	= simple_rename,
	.link	= simple_link,
	.unlink	= simple_unlink,
};

static int make_file(struct dentry *dentry, umode_t mode, void *obj)
{
	struct inode *dir = d_inode(dentry->d_parent);
	struct inode *inode = make_inode(dir, mode);

	if (!inode)
		return -ENOMEM;
	inode->i_op = &file_iops;
	inode->i_fop = &file_fops;
	inode->i_private = obj;
	publish_inode(dentry, inode, dir);
	return 0;
}

/**
 * lbpf_pin_create() - Pin an object
 * @dir: Where; locked by user_path_create().
 * @dentry: Its name there.
 * @obj: Object; the caller's user reference goes to the file.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EPERM when @dir is in another filesystem; or another -errno.
 */
int lbpf_pin_create(const struct path *dir, struct dentry *dentry, struct lbpf_object *obj)
{
	if (d_inode(dir->dentry)->i_op != &dir_iops)
		return -EPERM;
	return vfs_mkobj(dentry, S_IFREG | (0600 & ~current_umask()), make_file,
			 obj);
}

/**
 * lbpf_pin_object() - Find what is pinned
 * @inode: Inode, of any filesystem.
 *
 * Context: Any, while the caller holds the inode.
 * Return: The object, or NULL.
 */
struct lbpf_object *lbpf_pin_object(const struct inode *inode)
{
	return inode->i_op == &file_iops ? inode->i_private : NULL;
}

static void evict_inode(struct inode *inode)
{
	struct lbpf_object *obj = lbpf_pin_object(inode);

	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	if (obj)
		lbpf_object_put_user(obj);
}

static void free_inode(struct inode *inode)
{
	if (S_ISLNK(inode->i_mode))
		lbpf_free(inode->i_link);
	free_inode_nonrcu(inode);
}

static int show_options(struct seq_file *seq, struct dentry *root)
{
	umode_t mode = d_inode(root)->i_mode & S_IALLUGO & ~S_ISVTX;

	if (mode != (DEFAULT_MODE & ~S_ISVTX))
		seq_printf(seq, ",mode=%o", mode);
	return 0;
}

static const struct super_operations super_ops = {
	.statfs		= simple_statfs,
	.drop_inode	= generic_delete_inode,
	.evict_inode	= evict_inode,
	.free_inode	= free_inode,
	.show_options	= show_options,
};

static int fill_super(struct super_block *sb, struct fs_context *fc)
{
	static const struct tree_descr no_files[] = { { "" } };
	const struct pin_options *options = fc->fs_private;
	struct inode *root;
	int err;

	err = simple_fill_super(sb, BPF_FS_MAGIC, no_files);
	if (err)
		return err;
	sb->s_op = &super_ops;
	root = d_inode(sb->s_root);
	root->i_op = &dir_iops;
	root->i_mode = S_IFDIR | S_ISVTX | options->mode;
	return 0;
}

static int get_tree(struct fs_context *fc)
{
	return get_tree_nodev(fc, fill_super);
}

enum { OPTION_MODE };

static const struct fs_parameter_spec parameters[] = {
	fsparam_u32oct("mode", OPTION_MODE),
	{}
};

/* Source: bpffs lets unknown options pass. */
static int parse_param(struct fs_context *fc, struct fs_parameter *param)
{
	struct pin_options *options = fc->fs_private;
	struct fs_parse_result result;
	int option;

	if (!strcmp(param->key, "source"))
		return -ENOPARAM;
	option = fs_parse(fc, parameters, param, &result);
	if (option == OPTION_MODE)
		options->mode = result.uint_32 & S_IALLUGO;
	return option == -ENOPARAM || option >= 0 ? 0 : option;
}

static void free_context(struct fs_context *fc)
{
	lbpf_free(fc->fs_private);
}

static const struct fs_context_operations context_ops = {
	.free		= free_context,
	.parse_param	= parse_param,
	.get_tree	= get_tree,
};

static int init_context(struct fs_context *fc)
{
	struct pin_options *options = lbpf_zalloc(sizeof(*options), GFP_KERNEL);

	if (!options)
		return -ENOMEM;
	options->mode = DEFAULT_MODE;
	fc->fs_private = options;
	fc->ops = &context_ops;
	return 0;
}

/* Directory below /sys/fs where the filesystem is mounted by convention. */
static const char mount_point[] = "lbpf";

static struct file_system_type pin_fs = {
	.owner			= THIS_MODULE,
	.name			= "lbpf",
	.init_fs_context	= init_context,
	.parameters		= parameters,
	.kill_sb		= kill_litter_super,
};
MODULE_ALIAS_FS("lbpf");

/**
 * lbpf_pinfs_init() - Offer the filesystem
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_pinfs_init(void)
{
	int err;

	err = sysfs_create_mount_point(fs_kobj, mount_point);
	if (err)
		return err;
	err = register_filesystem(&pin_fs);
	if (err)
		sysfs_remove_mount_point(fs_kobj, mount_point);
	return err;
}

/**
 * lbpf_pinfs_exit() - Take the filesystem away; it is mounted nowhere
 *
 * Context: Process context, may sleep.
 */
void lbpf_pinfs_exit(void)
{
	unregister_filesystem(&pin_fs);
	sysfs_remove_mount_point(fs_kobj, mount_point);
	/* free_inode() runs after a grace period. */
	rcu_barrier();
}
