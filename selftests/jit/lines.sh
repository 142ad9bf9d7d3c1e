#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Names and lines of compiled functions, as bpftool shows them.
echo "TAP version 13"
echo "1..4"
rc=0

check() { # number, name, status
	if [ "$3" = 0 ]; then
		echo "ok $1 $2"
	else
		echo "not ok $1 $2"
		rc=1
	fi
}

pin=/sys/fs/bpf/lines_prog
text=/tmp/lines.txt
/lbpf/lbpf-run bpftool prog load lines_prog.bpf.o $pin
check 1 "the program loads with its records" $?

grep -q ' bpf_prog_[0-9a-f]*_count_odd_bytes_of_packets' /proc/kallsyms &&
	grep -q ' bpf_prog_[0-9a-f]*_odd_bytes' /proc/kallsyms
check 2 "kallsyms has both functions by the names that types give them" $?

# Lines of both, each before the first address that belongs to it.
/lbpf/lbpf-run bpftool prog dump jited pinned $pin linum >$text
grep -q 'count_odd_bytes_of_packets:' $text && grep -q 'odd_bytes:' $text &&
	grep -q '; int odd = odd_bytes(skb);.*line_num:17' $text &&
	grep -q '; int len = skb->len;.*line_num:8' $text
status=$?
check 3 "a dump of the machine code has functions and lines" $status
[ $status = 0 ] || sed 's/^/# /' $text

# The call of the function is in its line.
sed -n '/; int odd = odd_bytes(skb);/,/^;/p' $text | grep -q call
check 4 "the call of a function is below its line" $?
/lbpf/lbpf-run rm $pin
exit $rc
