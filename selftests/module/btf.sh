#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The module's own types are visible in /sys/kernel/btf/lbpf.
echo "TAP version 13"
echo "1..2"

file=/sys/kernel/btf/lbpf
rc=0
if [ -s $file ]; then
	echo "ok 1 module has BTF"
else
	echo "not ok 1 module has BTF"
	exit 1
fi

if bpftool btf dump -B /sys/kernel/btf/vmlinux file $file 2>/dev/null | grep -q "STRUCT 'lbpf_map'"; then
	echo "ok 2 struct lbpf_map is in it"
else
	echo "not ok 2 struct lbpf_map is in it"
	rc=1
fi
exit $rc
