# SPDX-License-Identifier: GPL-2.0
EXTRA_attach := prog_test.c
