# SPDX-License-Identifier: GPL-2.0
#
# make [KERNEL=<release>]   lbpf.ko for both target kernels, or for one; the tools
# make run                  install what is missing, build, boot, show it at work
# make bench [KERNEL=<release>]  what programs cost, beside bpf(2)
# make shell                a VM with the module loaded and a shell
# make test [TEST=pattern]  every test, in VMs with both kernels
# make test-jit-differential  100,000 random programs beside bpf(2), in some minutes
# make check                the style judge; prints nothing when clean
# make stress-maps, bench-*   longer runs, see each below
# make debug-kernel         KASAN and lockdep kernel, cached outside the tree
# make test-debug           the tests on it
# make clean
#
# Products: build/<release>/lbpf.ko, build/liblbpf-preload.so, build/lbpf-run.

MAKEFLAGS += --no-print-directory --no-builtin-rules
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

BUILD := $(CURDIR)/build
CACHE := $(or $(LBPF_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/lbpf)
export LBPF_CACHE := $(CACHE)

# The newest installed kernel of a series that has both an image and headers.
newest = $(lastword $(shell for i in /boot/vmlinuz-$(1).*-cloud-amd64; do r=$$(basename $$i | cut -d- -f2-); \
	[ ! -e /lib/modules/$$r/build/Makefile ] || echo $$r; done | sort -V))
TARGETS := $(call newest,6.1) $(call newest,6.12)
KERNELS := $(or $(KERNEL),$(TARGETS))

# A debug kernel is the one that is not installed.
kdir = $(firstword $(wildcard /lib/modules/$(1)/build $(CACHE)/kernel-$(1)/build))
image = $(firstword $(wildcard /boot/vmlinuz-$(1) $(CACHE)/kernel-$(1)/bzImage))

# Kbuild warns when the compiler is not called what it was called for the kernel.
kcc = $(shell sed -n 's/^\#define CONFIG_CC_VERSION_TEXT "\([^ ]*\) .*/\1/p' \
	$(1)/include/generated/autoconf.h)

Q := $(if $(V),,@)
KBUILD_NOISE := Skipping BTF generation for|You are using:|The kernel was built by:|compiler differs

.PHONY: bench-stages bench-stages-in test-jit-differential test-jit-differential-in
.PHONY: all modules tools selftests setup test shell shell-in run run-in bench bench-in check print-kernels print-first debug-kernel test-debug clean FORCE
all: modules tools

modules: $(foreach k,$(KERNELS),$(BUILD)/$(k)/lbpf.ko)

# Kbuild in the folder of the target; its noise is left out.
kbuild = $(MAKE) -C $(call kdir,$*) M=$(@D) W=1 $(if $(V),V=$(V)) \
	$(if $(STRICT),-k C=1 KCFLAGS=-Werror CF='-D__CHECK_ENDIAN__ -Wbitwise -Wno-return-void -Wsparse-error') \
	$(if $(ARENA_SIZE),LBPF_ARENA_SIZE=$(ARENA_SIZE)) \
	CC='$(or $(call kcc,$(call kdir,$*)),gcc)' modules 2>&1 | \
	{ grep -vE '^make|^  (MODPOST|$(if $(PROGRESS),,CC|)CHECK|LD|AS|BTF)|$(KBUILD_NOISE)' || :; } | sed -u 's|$(@D)/||g'

# Kbuild decides what is out of date, so it is always asked.
.PRECIOUS: $(BUILD)/%/obj/lbpf.ko $(BUILD)/%/target/lbpf_target.ko
$(BUILD)/%/obj/lbpf.ko: FORCE
	$(Q)test -n '$(call kdir,$*)' || { echo "no headers of kernel '$*': scripts/setup" >&2; exit 1; }
	$(Q)scripts/mirror $(@D)
	$(Q)$(kbuild)

# What tests attach to: a module with types.
$(BUILD)/%/target/lbpf_target.ko: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)ln -sfn $(CURDIR)/selftests/target/* $(@D)/
	$(Q)$(kbuild)

$(BUILD)/%/lbpf.ko: $(BUILD)/%/obj/lbpf.ko $(BUILD)/%/vmlinux scripts/module-btf
	$(Q)scripts/module-btf $< $(BUILD)/$*/vmlinux $@
	@echo '  built   build/$*/lbpf.ko'

$(BUILD)/%/lbpf_target.ko: $(BUILD)/%/target/lbpf_target.ko $(BUILD)/%/vmlinux scripts/module-btf
	$(Q)scripts/module-btf $< $(BUILD)/$*/vmlinux $@

.PRECIOUS: $(BUILD)/%/vmlinux
$(BUILD)/%/vmlinux:
	$(Q)mkdir -p $(@D)
	$(Q)scripts/vmlinux $(call image,$*) $@

tools:
	$(Q)[ ! -e tools/Makefile ] || $(MAKE) -s -C tools O=$(BUILD)

# --- tests

setup:
	$(Q)scripts/setup

# The kernel's own suites are 6.1's: they are built with that kernel's types.
selftests: $(BUILD)/$(firstword $(TARGETS))/vmlinux \
		$(foreach k,$(KERNELS),$(BUILD)/$(k)/lbpf_target.ko)
	$(Q)$(MAKE) -s -C selftests O=$(BUILD)
	$(Q)$(MAKE) -s -C tools O=$(BUILD) demo
	$(Q)scripts/kernel-suites $< $(BUILD)/suites
	$(Q)scripts/kernel-progs $< $(BUILD)/suites/progs

# Kernels and headers may arrive with setup, so what follows is made by a make of its own.
test: setup
	$(Q)$(MAKE) modules tools selftests
	$(Q)BUILD=$(BUILD) scripts/test $$($(MAKE) -s print-kernels)

print-kernels:
	@echo $(KERNELS)

print-first:
	@echo $(firstword $(TARGETS))

# make run [KERNEL=<release>]: a packet counter, from its source to bpftool's dump of its map.
run:
	$(Q)echo '* installing what is missing'; scripts/setup
	$(Q)$(MAKE) KERNEL=$(or $(KERNEL),$$($(MAKE) -s print-first)) run-in

run-in:
	$(Q)echo '* building lbpf.ko for $(KERNEL), the tools, and the packet counter'
	$(Q)$(MAKE) PROGRESS=1 modules tools
	$(Q)$(MAKE) -s -C tools O=$(BUILD) demo
	$(Q)BUILD=$(BUILD) scripts/run $(KERNEL)

check:
	$(Q)scripts/setup check
	$(Q)$(MAKE) -s modules >/dev/null
	$(Q)BUILD=$(BUILD) scripts/check $(KERNELS)

# make bench-maps [KERNEL=<release>] [BENCH='hash lru']: guest instructions of map operations, lbpf
# beside the kernel.
bench-maps: setup
	$(Q)$(MAKE) KERNEL=$(or $(KERNEL),$(firstword $(TARGETS))) bench-maps-in

bench-maps-in: modules
	$(Q)$(MAKE) -C selftests O=$(BUILD) bench
	$(Q)scripts/vm.sh -k $(KERNEL) -i shift=0,sleep=off -t 1800 -M $(BUILD)/$(KERNEL)/lbpf.ko \
		-r $(BUILD)/selftests/bench:/bench -- /bench/maps $(BENCH)

# make bench-load [KERNEL=<release>] [BENCH='joins']: guest instructions of loading programs, lbpf
# beside the kernel.
bench-load: setup
	$(Q)$(MAKE) KERNEL=$(or $(KERNEL),$(firstword $(TARGETS))) bench-load-in

bench-load-in: modules
	$(Q)$(MAKE) -s -C selftests O=$(BUILD) bench
	$(Q)scripts/vm.sh -k $(KERNEL) -i shift=0,sleep=off -t 900 -M $(BUILD)/$(KERNEL)/lbpf.ko \
		-r $(BUILD)/selftests/bench:/bench -- /bench/load $(BENCH)

# make bench-stages [KERNEL=<release>]: ... by stage, for each instruction of a program.
bench-stages: setup
	$(Q)$(MAKE) KERNEL=$(or $(KERNEL),$(firstword $(TARGETS))) bench-stages-in

bench-stages-in: modules
	$(Q)$(MAKE) -s -C selftests O=$(BUILD) bench
	$(Q)scripts/vm.sh -k $(KERNEL) -i shift=0,sleep=off -t 900 -M $(BUILD)/$(KERNEL)/lbpf.ko \
		-r $(BUILD)/selftests/bench:/bench -- /bench/stages

# make shell [KERNEL=<release>]: /lbpf holds the products; leave with "exit" or C-a x.
shell: setup
	$(Q)$(MAKE) KERNEL=$(or $(KERNEL),$$($(MAKE) -s print-first)) shell-in

shell-in: modules tools
	$(Q)scripts/shell $(KERNEL)

# make bench-lru, make bench-wall: hit ratios of LRU maps; time from userspace and memory of maps.
.PHONY: bench-lru bench-wall bench-lru-in bench-wall-in
bench-lru bench-wall: setup
	$(Q)$(MAKE) KERNEL=$(or $(KERNEL),$(firstword $(TARGETS))) $@-in

bench-lru-in bench-wall-in: bench-%-in: modules
	$(Q)$(MAKE) -s -C selftests O=$(BUILD) bench
	$(Q)scripts/vm.sh -k $(KERNEL) -t 900 -M $(BUILD)/$(KERNEL)/lbpf.ko \
		-r $(BUILD)/selftests/bench:/bench -- /bench/$* $(BENCH)

# make stress-maps [KERNEL=<release>] [SECONDS=600]: everything at once on maps, checked.
.PHONY: stress-maps stress-maps-in
stress-maps: setup
	$(Q)$(MAKE) KERNEL=$(or $(KERNEL),$(firstword $(TARGETS))) stress-maps-in

stress-maps-in: modules
	$(Q)$(MAKE) -s -C selftests O=$(BUILD) stress
	$(Q)scripts/vm.sh -k $(KERNEL) -t $$((2 * $(or $(SECONDS),600) + 120)) \
		-M $(BUILD)/$(KERNEL)/lbpf.ko -r $(BUILD)/selftests/stress:/stress \
		-- /stress/maps $(or $(SECONDS),600)

# make bench [KERNEL=<release>]: instructions, code size and time of programs, beside bpf(2)'s.  The
# first guest, whose clock is the host's, tells the times; the second one counts instructions.
bench: setup
	$(Q)$(MAKE) KERNEL=$(or $(KERNEL),$$($(MAKE) -s print-first)) bench-in

bench-in: modules
	$(Q)$(MAKE) -s -C selftests O=$(BUILD) bench
	$(Q)mkdir -p $(BUILD)/times
	$(Q)scripts/vm.sh -k $(KERNEL) -t 600 -1 -s 1 -M $(BUILD)/$(KERNEL)/lbpf.ko \
		-r $(BUILD)/selftests/bench:/bench -- /bench/programs -t >$(BUILD)/times/programs
	$(Q)scripts/vm.sh -k $(KERNEL) -t 600 -i shift=0,sleep=off -M $(BUILD)/$(KERNEL)/lbpf.ko \
		-r $(BUILD)/selftests/bench:/bench -r $(BUILD)/times:/times -- /bench/programs

# make bench-steps [KERNEL=<release>]: what each step that makes better code is worth.
.PHONY: bench-steps bench-steps-in
bench-steps: setup
	$(Q)$(MAKE) KERNEL=$(or $(KERNEL),$$($(MAKE) -s print-first)) bench-steps-in

bench-steps-in: modules
	$(Q)$(MAKE) -s -C selftests O=$(BUILD) bench
	$(Q)scripts/vm.sh -k $(KERNEL) -t 900 -i shift=0,sleep=off -M $(BUILD)/$(KERNEL)/lbpf.ko \
		-r $(BUILD)/selftests/bench:/bench -- /bench/programs -s

# make test-jit-differential [KERNEL=<release>] [PROGRAMS=<number>] [SEED=<first>]: random programs on
# lbpf and bpf(2), results and maps compared.  Two guests take half of them each.
PROGRAMS ?= 100000
SEED ?= 1
test-jit-differential: setup
	$(Q)$(MAKE) KERNEL=$(or $(KERNEL),$$($(MAKE) -s print-first)) test-jit-differential-in

test-jit-differential-in: modules
	$(Q)$(MAKE) -s -C selftests O=$(BUILD) jit
	$(Q)BUILD=$(BUILD) scripts/jit-differential $(KERNEL) $(PROGRAMS) $(SEED)

DEBUG_RELEASE = $(shell scripts/debug-kernel -n)

debug-kernel:
	$(Q)scripts/setup debug
	$(Q)scripts/debug-kernel

test-debug: setup
	$(Q)scripts/setup debug
	$(Q)scripts/debug-kernel
	$(Q)$(MAKE) KERNEL=$(DEBUG_RELEASE) modules tools selftests
	$(Q)BUILD=$(BUILD) SLOW=8 scripts/test $(DEBUG_RELEASE)

clean:
	rm -rf $(BUILD)
