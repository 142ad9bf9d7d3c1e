// SPDX-License-Identifier: GPL-2.0
/*
 * The module: init ladder and its mirror.
 *
 * Layer: main.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>

#include <lbpf/alloc.h>
#include <lbpf/api.h>
#include <lbpf/helpers.h>
#include <lbpf/btf_object.h>
#include <lbpf/jit.h>
#include <lbpf/kernel_btf.h>
#include <lbpf/link.h>
#include <lbpf/map.h>
#include <lbpf/object.h>
#include <lbpf/owner_storage.h>
#include <lbpf/prog.h>
#include <lbpf/struct_kinds.h>

/**
 * struct subsystem - A step of the ladder
 * @name: For the message when it fails.
 * @init: 0 or -errno.
 * @exit: Undoes it.
 */
struct subsystem {
	const char	*name;
	int		(*init)(void);
	void		(*exit)(void);
};

static int nothing_to_do(void)
{
	return 0;
}

static void nothing_to_undo(void)
{
}

/* Each one may use those before it; the device comes last: from then on there are callers. */
static const struct subsystem ladder[] = {
	{ "memory", lbpf_alloc_init, lbpf_alloc_exit },
	{ "text arena", lbpf_jit_init, lbpf_jit_exit },
	{ "ends of owners", nothing_to_do, lbpf_owner_exit },
	{ "objects", lbpf_object_core_init, lbpf_object_core_exit },
	{ "types", lbpf_btf_core_init, nothing_to_undo },
	{ "types of the kernel", lbpf_kernel_btf_init, lbpf_kernel_btf_exit },
	{ "maps", lbpf_map_core_init, lbpf_map_core_exit },
	{ "programs", lbpf_prog_core_init, nothing_to_undo },
	{ "links", lbpf_link_core_init, nothing_to_undo },
	{ "helpers", lbpf_helpers_init, lbpf_helpers_exit },
	{ "structs of functions", lbpf_struct_ops_init, nothing_to_undo },
	{ "pin filesystem", lbpf_pinfs_init, lbpf_pinfs_exit },
	{ "loads for tests", lbpf_probe_debug_init, lbpf_probe_debug_exit },
	{ "device", lbpf_device_init, lbpf_device_exit },
};

static void climb_down(size_t nr)
{
	while (nr--)
		ladder[nr].exit();
}

static int __init lbpf_init(void)
{
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(ladder); i++) {
		err = ladder[i].init();
		if (err) {
			pr_err("lbpf: %s: error %d\n", ladder[i].name, err);
			climb_down(i);
			return err;
		}
	}
	return 0;
}

static void __exit lbpf_exit(void)
{
	climb_down(ARRAY_SIZE(ladder));
}

module_init(lbpf_init);
module_exit(lbpf_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Loadable BPF subsystem");
