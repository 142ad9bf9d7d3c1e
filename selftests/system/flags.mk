# SPDX-License-Identifier: GPL-2.0
EXTRA_differential := diff_util.c diff_known.c diff_attr.c diff_btf.c diff_info.c diff_map_access.c \
	diff_map_create.c diff_map_cmds.c diff_for_each.c diff_map_elem.c diff_map_fds.c diff_map_random.c diff_map_types.c diff_pin.c \
	diff_prog_ctx.c diff_prog_load.c diff_prog_map.c diff_prog_run.c diff_show.c diff_sock.c \
	diff_tail.c diff_func.c diff_ctx_type.c diff_log.c diff_dynptr.c
LDLIBS_differential := -lbpf

# What clients.sh runs: the demonstration, and a program for lbpf-run.
FILES := foreign count count.bpf.o
vpath count.c ../../tools/demo
vpath count.bpf.c ../../tools/demo
LDLIBS_count := -lbpf
