#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What lbpf does, shown with programs that know nothing of it.  Run in a machine
# with lbpf.ko loaded; RUN= (empty) shows the same with the kernel's own bpf(2).

here=$(cd "$(dirname "$0")" && pwd)
RUN=${RUN-$here/lbpf-run}
export RUN

show() {
	printf '\n\033[1m# %s\033[0m\n' "$*"
	"$@" || { echo "failed: $*"; exit 1; }
}

# Second part, run by the loader while its program is attached.
if [ "$1" = inspect ]; then
	show $RUN bpftool prog list
	show $RUN bpftool prog dump xlated name count_packets
	show $RUN bpftool map list
	show $RUN bpftool map dump name by_protocol
	exit 0
fi

echo "kernel $(uname -r); $(grep '^lbpf ' /proc/modules || echo 'without lbpf')"
show $RUN "$here/count" "$here/count.bpf.o" "$here/demo.sh" inspect
