# SPDX-License-Identifier: GPL-2.0
LDLIBS_fuzz := -lpthread
EXTRA_differential := diff_util.c diff_known.c diff_attr.c diff_info.c diff_map_access.c \
	diff_map_create.c diff_map_elem.c diff_map_random.c diff_prog_ctx.c diff_prog_load.c \
	diff_prog_map.c diff_prog_run.c diff_sock.c
