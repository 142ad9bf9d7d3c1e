#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# bpftool and an ordinary libbpf loader, unchanged, on lbpf.
here=$(cd "$(dirname "$0")" && pwd)
run=/lbpf/lbpf-run
pins=/sys/fs/bpf
nr=0
rc=0

# check NAME PATTERN COMMAND...: the command succeeds and prints the pattern (empty: anything)
check() {
	name=$1
	pattern=$2
	shift 2
	nr=$((nr + 1))
	if "$@" >/tmp/clients.out 2>&1 &&
	   { [ -z "$pattern" ] || grep -qE -e "$pattern" /tmp/clients.out; }; then
		echo "ok $nr $name"
	else
		echo "not ok $nr $name"
		head -20 /tmp/clients.out | sed 's/^/# /'
		rc=1
	fi
}

# refused NAME PATTERN COMMAND...: the command fails and prints the pattern
refused() {
	name=$1
	pattern=$2
	shift 2
	nr=$((nr + 1))
	if ! "$@" >/tmp/clients.out 2>&1 && grep -qE -e "$pattern" /tmp/clients.out; then
		echo "ok $nr $name"
	else
		echo "not ok $nr $name"
		head -20 /tmp/clients.out | sed 's/^/# /'
		rc=1
	fi
}

map_type() { # TYPE FLAGS VALUE-PATTERN
	map=$pins/map_$1_$2
	check "$1 flags $2: create" '' $run bpftool map create "$map" type "$1" key 4 value 8 \
		entries 4 name "a_$1" flags "$2"
	check "$1 flags $2: list" "$1  name a_$1  flags 0x$2" $run bpftool map show
	check "$1 flags $2: show" 'key 4B  value 8B  max_entries 4' $run bpftool map show pinned "$map"
	check "$1 flags $2: update" '' $run bpftool map update pinned "$map" \
		key 1 0 0 0 value 1 2 3 4 5 6 7 8
	check "$1 flags $2: lookup" "$3" $run bpftool map lookup pinned "$map" key 1 0 0 0
	check "$1 flags $2: getnext" 'key:|next key:' $run bpftool map getnext pinned "$map"
	check "$1 flags $2: dump" 'Found [14] element' $run bpftool map dump pinned "$map"
	case $1 in
	*hash)
		check "$1 flags $2: delete" '' $run bpftool map delete pinned "$map" key 1 0 0 0
		refused "$1 flags $2: gone" 'No such file|Not found' \
			$run bpftool map lookup pinned "$map" key 1 0 0 0
		;;
	*)
		refused "$1 flags $2: no delete" 'Invalid argument' \
			$run bpftool map delete pinned "$map" key 1 0 0 0
		;;
	esac
	check "$1 flags $2: freeze" '' $run bpftool map freeze pinned "$map"
	refused "$1 flags $2: frozen" 'not permitted' $run bpftool map update pinned "$map" \
		key 1 0 0 0 value 1 2 3 4 5 6 7 8
	sees rm "$map"
}

# sees COMMAND...: as lbpf-run's commands see /sys/fs/bpf
sees() {
	$run "$@"
}

echo "TAP version 13"

value='value:.01 02 03 04 05 06 07 08'
map_type hash 0 "$value"
map_type hash 1 "$value"
map_type array 0 "$value"
map_type percpu_hash 0 'value \(CPU 00\): 01 02 03 04 05 06 07 08'
map_type percpu_array 0 'value \(CPU 00\): 01 02 03 04 05 06 07 08'

# A program: loaded and pinned by bpftool.
prog=$pins/counter
check 'prog load' '' $run bpftool prog load "$here/count.bpf.o" $prog type socket
check 'passes' 'machine code: [0-9]+ bytes' env LBPF_PASSES=/tmp/passes \
	sh -c "$run bpftool prog load $here/count.bpf.o $pins/again type socket && cat /tmp/passes"
sees rm $pins/again
check 'prog list' 'socket_filter  name count_packets  tag [0-9a-f]{16}  gpl' $run bpftool prog show
check 'prog show' 'map_ids [0-9]+' $run bpftool prog show pinned $prog
check 'prog dump xlated' 'call .*update' $run bpftool prog dump xlated pinned $prog
check 'prog dump xlated opcodes' '[0-9a-f]{2} [0-9a-f]{2} 00 00' $run bpftool prog dump xlated pinned $prog opcodes
# A socket filter gets what follows the first link layer header: another one.
printf 'abcdefghijkl__abcdefghijkl\010\000E\000\000\024\000\000\000\000@\021\000\000\177\000\000\001\177\000\000\001' >/tmp/packet
check 'prog run' 'Return value: 0' $run bpftool prog run pinned $prog data_in /tmp/packet
check 'prog run has counted' '"packets": 1,' \
	$run bpftool map dump name by_protocol
check 'prog run, repeated' 'Return value: 0, duration' \
	$run bpftool prog run pinned $prog data_in /tmp/packet repeat 1000
check 'unlink' '' sees rm $prog

# What /sys/fs/bpf is.
check 'pins outlive the command' '' $run bpftool map create $pins/kept type array key 4 value 8 \
	entries 4 name kept
check 'the next command sees them' 'name kept' $run bpftool map show pinned $pins/kept
check 'so do the children of a command' 'name kept' $run sh -c "bpftool map show pinned $pins/kept"
refused 'others do not' 'No such file' ls $pins/kept
check 'they see them below /sys/fs/lbpf' '' ls /sys/fs/lbpf/kept
check 'directories' '' sees mkdir $pins/dir
check 'pin by id' '' $run sh -c "bpftool map pin name kept $pins/dir/again"
check 'the same map' 'name kept' $run bpftool map show pinned $pins/dir/again
check 'a filesystem of the command' 'name kept' $run sh -c \
	"mkdir -p /tmp/bpffs && bpftool map pin name kept /tmp/bpffs/m && bpftool map show pinned /tmp/bpffs/m"
check 'remove' '' sees rm -r $pins/kept $pins/dir
umount /tmp/bpffs

# libbpf: real packets on a real socket.
check 'libbpf loader' 'detached' $run "$here/count" "$here/count.bpf.o"
check 'libbpf loader by LD_PRELOAD alone' 'detached' \
	env LD_PRELOAD=/lbpf/liblbpf-preload.so "$here/count" "$here/count.bpf.o"
check 'the same loader without lbpf' 'detached' "$here/count" "$here/count.bpf.o"

# Probes of libbpf and bpftool break nothing, and what is there is found.
check 'feature probe' 'eBPF program_type socket_filter is available' $run bpftool feature probe
check 'feature probe: maps' 'eBPF map_type percpu_hash is available' $run bpftool feature probe
check 'feature probe: helpers' 'bpf_map_lookup_elem' $run bpftool feature probe full

# Descriptors of the real bpf(2) are the kernel's business.
check 'objects of bpf(2)' 'all as expected' $run "$here/foreign"

# What cannot work says why.
refused 'lbpf-run without a command' 'usage:' $run
refused 'lbpf-run of nothing' 'No such file' $run /nonexistent
check 'nothing is left' '' umount /sys/fs/lbpf
echo "1..$nr"
exit $rc
