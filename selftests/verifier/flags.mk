# SPDX-License-Identifier: GPL-2.0
EXTRA_verdict = asm.c cases.c
EXTRA_agree = asm.c
CFLAGS_verdict = -Wno-missing-field-initializers
CFLAGS_agree = -Wno-missing-field-initializers
CFLAGS_real_o1 = -O1
CFLAGS_real_more_o1 = -O1
LDLIBS_real = -lbpf -lelf -lz
LDLIBS_relocate = -lbpf -lelf -lz
