# SPDX-License-Identifier: GPL-2.0
#
# One area of tests, by the rules at the head of selftests/Makefile; lib.mk does the work.

CLANG ?= clang-16
-include flags.mk

# A program is a file with a main function; the others are sources of EXTRA_<name>.
sources := $(filter-out %.bpf.c $(FILES:=.c),$(shell grep -lE '^int main\>|^TEST_HARNESS_MAIN' *.c 2>/dev/null))
bpf := $(wildcard *.bpf.c)

TEST_GEN_PROGS := $(patsubst %.c,%,$(sources))
TEST_PROGS := $(wildcard *.sh)
TEST_GEN_FILES := $(patsubst %.c,%.o,$(bpf)) $(FILES)
TEST_FILES := $(wildcard *.txt)
LOCAL_HDRS := $(wildcard *.h)

# The rules below, not lib.mk's: a program may have more sources and libraries.
OVERRIDE_TARGETS := 1
include $(KSFT)/lib.mk

headers := $(wildcard *.h ../lib/*.h ../../uapi/*.h)

.SECONDEXPANSION:
$(OUTPUT)/%: %.c $$(EXTRA_$$*) $(headers) $(LIBTEST)
	@echo "  CC      $(notdir $@)"
	@$(CC) $(CFLAGS) -I. $(CFLAGS_$*) -o $@ $(filter %.c,$^) $(LIBTEST) $(LDLIBS_$*) -lpthread

$(OUTPUT)/%.bpf.o: %.bpf.c $(headers)
	@echo "  CLANG   $(notdir $@)"
	@$(CLANG) -target bpf -g -O2 -mcpu=v3 -Wall -I/usr/include/$(shell uname -m)-linux-gnu \
		-I. -I../../uapi $(CFLAGS_$*) -c -o $@ $<
