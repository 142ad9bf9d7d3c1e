# SPDX-License-Identifier: GPL-2.0
EXTRA_attach := prog_test.c
EXTRA_context := prog_test.c
EXTRA_load := prog_test.c
EXTRA_globals := prog_test.c
EXTRA_run := prog_test.c
EXTRA_helpers := prog_test.c
EXTRA_printk := prog_test.c
EXTRA_probe := prog_test.c
EXTRA_info := prog_test.c
EXTRA_race := prog_test.c
EXTRA_snprintf := prog_test.c
EXTRA_synthetic := prog_test.c
EXTRA_tail := prog_test.c
EXTRA_types := prog_test.c
EXTRA_names := prog_test.c
EXTRA_tracing := prog_test.c kernel_btf.c
