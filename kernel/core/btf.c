// SPDX-License-Identifier: GPL-2.0
/*
 * BTF as an object.
 *
 * Layer: core.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include <lbpf/alloc.h>
#include <lbpf/btf_object.h>

static void free_work(struct work_struct *work)
{
	struct lbpf_btf_object *btf = container_of(work, struct lbpf_btf_object, work);
	bool is_owned = !btf->is_kernel;

	lbpf_btf_release(&btf->types);
	lbpf_free(btf);
	if (is_owned)
		lbpf_object_freed(LBPF_OBJ_BTF);
}

/* Nobody reads it without a reference. */
static void end_btf(struct lbpf_object *obj)
{
	struct lbpf_btf_object *btf = lbpf_btf_object_of(obj);

	INIT_WORK(&btf->work, free_work);
	lbpf_object_defer(&btf->work);
}

#ifdef CONFIG_PROC_FS
static void show_fdinfo(struct seq_file *seq, struct file *file)
{
	const struct lbpf_object *obj = file->private_data;

	seq_printf(seq, "btf_id:\t%u\n", obj->id);
}
#endif

static const struct file_operations types_fops = {
	.owner		= THIS_MODULE,
	.release	= lbpf_object_release,
#ifdef CONFIG_PROC_FS
	.show_fdinfo	= show_fdinfo,
#endif
};

static const struct lbpf_object_ops btf_object_ops = {
	.name		= "lbpf-btf",
	.fops		= &types_fops,
	.is_rdonly	= true,
	.free		= end_btf,
};

/**
 * lbpf_btf_create() - Make a BTF object
 * @data: Bytes, of lbpf_area_alloc(); taken over in any case.
 * @data_bytes: Their number.
 * @log: Where refusals are explained.
 *
 * Context: A command; may sleep.
 * Return: BTF with one user reference and no id yet, or ERR_PTR(-errno).
 */
struct lbpf_btf_object *lbpf_btf_create(void *data, u32 data_bytes, struct lbpf_log *log)
{
	struct lbpf_btf_object *btf = lbpf_zalloc(sizeof(*btf), GFP_KERNEL);
	int err;

	if (!btf) {
		lbpf_area_free(data);
		return ERR_PTR(-ENOMEM);
	}
	err = lbpf_btf_parse(&btf->types, data, data_bytes, log);
	if (err) {
		lbpf_btf_release(&btf->types);
		lbpf_free(btf);
		return ERR_PTR(err);
	}
	lbpf_object_init(&btf->obj, LBPF_OBJ_BTF);
	return btf;
}

/**
 * lbpf_btf_from_fd() - Take the BTF behind a descriptor
 * @fd: Descriptor of the current process.
 *
 * Context: Process context.
 * Return: BTF with a new reference, ERR_PTR(-EBADF) or ERR_PTR(-EINVAL).
 */
struct lbpf_btf *lbpf_btf_from_fd(u32 fd)
{
	struct lbpf_object *obj = lbpf_object_from_fd(fd, LBPF_OBJ_BTF);

	return IS_ERR(obj) ? ERR_CAST(obj) : &lbpf_btf_object_of(obj)->types;
}

/**
 * lbpf_btf_core_init() - Make BTF known as an object
 *
 * Context: Module init.
 * Return: 0.
 */
int lbpf_btf_core_init(void)
{
	lbpf_object_register(LBPF_OBJ_BTF, &btf_object_ops);
	return 0;
}
