#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The kernel's own test_maps through lbpf-run: what needs no sockets and no devices.
# A "+" is the pass with BPF_F_NO_PREALLOC.
exec /lbpf/lbpf-run /suites/test_maps_split \
	test_hashmap test_hashmap_percpu test_hashmap_walk test_hashmap_zero_seed \
	test_arraymap test_arraymap_percpu test_arraymap_percpu_many_keys \
	test_map_large test_map_rdonly test_map_wronly_hash test_map_wronly \
	test_queuemap test_stackmap \
	test_hashmap+ test_hashmap_percpu+ test_hashmap_walk+ test_hashmap_zero_seed+ \
	test_map_large+ test_array_map_batch_ops+ test_htab_map_batch_ops+ \
	test_queuemap+ test_stackmap+ test_lpm_trie_map_batch_ops+ \
	test_map_in_map_batch_ops_array+ test_map_in_map_batch_ops_hash+
