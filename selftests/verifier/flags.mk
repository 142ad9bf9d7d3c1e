# SPDX-License-Identifier: GPL-2.0
EXTRA_verdict = asm.c cases.c
CFLAGS_verdict = -Wno-missing-field-initializers
