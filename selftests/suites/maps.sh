#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The kernel's own test_maps and test_lru_map through lbpf-run, one result for each function, but
# for those that test_maps.txt names.  One that it names and that passes is a difference too.
# A "+" is the pass with BPF_F_NO_PREALLOC.  maps_parallel.sh has the others, and not run is
# task storage: its test loads a program of a type that lbpf has not.
here=$(cd "$(dirname "$0")" && pwd)
both="test_hashmap test_hashmap_percpu test_hashmap_walk test_hashmap_zero_seed
	test_arraymap test_arraymap_percpu test_arraymap_percpu_many_keys
	test_devmap test_devmap_hash test_sockmap test_map_large test_map_rdonly test_map_wronly
	test_reuseport_array test_queuemap test_stackmap test_map_in_map"
names="$both test_map_wronly_hash"
for name in $both test_array_map_batch_ops test_htab_map_batch_ops test_lpm_trie_map_batch_ops \
	test_map_in_map_batch_ops_array test_map_in_map_batch_ops_hash test_sk_storage_map; do
	names="$names $name+"
done

# Compiled programs are read from where the tests are.
cd /suites || exit 1
/lbpf/lbpf-run ./test_maps_split $names >/tmp/test_maps 2>&1
/lbpf/lbpf-run ./test_lru_split >/tmp/test_lru_map 2>&1

awk -v list="$here/test_maps.txt" '
BEGIN {
	while ((getline line <list) > 0)
		if (line ~ /^test_/)
			known[line] = 1
	print "TAP version 13"
}
/^(not )?ok [0-9]+ / {
	ok = $1 == "ok"
	name = $0
	sub(/^(not )?ok [0-9]+ /, "", name)
	sub(/ # SKIP.*/, "", name)
	nr++
	met[name] = 1
	if (ok == (name in known)) {
		bad++
		print (ok ? "# passes, but is listed: " : "# fails: ") name
	}
	print (ok == (name in known) ? "not " : "") "ok " nr " " name \
		(name in known ? ": differs, as listed" : "")
	next
}
/^1\.\./ { nr_ends++ }
/FAIL|Assert|Failed/ { print "# " $0 }
END {
	for (name in known)
		nr_unmet += !(name in met)
	print (nr_unmet ? "not " : "") "ok " ++nr " all that is listed was run"
	print (nr_ends == 2 ? "" : "not ") "ok " ++nr " both programs ran to their end"
	print "1.." nr
	exit bad || nr_unmet || nr_ends != 2
}' /tmp/test_maps /tmp/test_lru_map
