#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What make run shows: the packet counter counts what it sent, and bpftool reads its map.
echo "TAP version 13"
echo "1..3"

rc=0
check() { # number, what, command...
	nr=$1
	what=$2
	shift 2
	if "$@" >/dev/null 2>&1; then
		echo "ok $nr $what"
	else
		echo "not ok $nr $what"
		rc=1
	fi
}

check 1 "the counts are those of what was sent" sh -c 'sh /demo/demo.sh >/tmp/demo 2>&1'
check 2 "bpftool lists the program" grep -q 'socket_filter  name count_packets' /tmp/demo
check 3 "bpftool dumps the map" grep -q '"packets": 100,' /tmp/demo
[ $rc = 0 ] || sed 's/^/# /' /tmp/demo
exit $rc
