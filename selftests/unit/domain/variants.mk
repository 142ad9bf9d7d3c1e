# SPDX-License-Identifier: GPL-2.0
# The value domain with small registers, against all their values.
# bits: register-half; then how many abstract values, and pairs of them, by default.

DOMAIN_SMALL := domain/small.c $(wildcard $(TOP)/kernel/verifier/domain_*.c)

variants += domain_4_2 domain_6_3
SOURCES_domain_4_2 := $(DOMAIN_SMALL)
CFLAGS_domain_4_2 := -DLBPF_FULL_BITS=4 -DLBPF_LOW_BITS=2 -DNR_SPREAD=120 -DNR_PAIRS=14400
SOURCES_domain_6_3 := $(DOMAIN_SMALL)
CFLAGS_domain_6_3 := -DLBPF_FULL_BITS=6 -DLBPF_LOW_BITS=3 -DNR_SPREAD=3000 -DNR_PAIRS=4000
