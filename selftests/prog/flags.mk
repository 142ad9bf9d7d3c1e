# SPDX-License-Identifier: GPL-2.0
EXTRA_attach := prog_test.c
EXTRA_context := prog_test.c
EXTRA_load := prog_test.c
EXTRA_run := prog_test.c
EXTRA_helpers := prog_test.c
EXTRA_printk := prog_test.c
EXTRA_info := prog_test.c
