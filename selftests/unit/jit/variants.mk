# SPDX-License-Identifier: GPL-2.0
# Random programs, compiled and run in this process, against an interpreter.

JIT_PURE := $(filter $(TOP)/kernel/jit/% $(TOP)/kernel/rewrite/% $(TOP)/kernel/insn/% $(TOP)/kernel/lib/log.c,$(addprefix $(TOP)/,$(pure)))

variants += jit_random
SOURCES_jit_random := $(addprefix jit/,random.c generate.c interpret.c native.c) $(JIT_PURE)
