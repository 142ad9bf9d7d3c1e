#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The parts of the kernel's own test_maps that run many tasks at once, through lbpf-run.
/lbpf/lbpf-run /suites/test_maps_split test_map_parallel test_map_stress test_map_stress+ \
	>/tmp/maps_parallel 2>&1
rc=$?
# Thousands of lines tell that a task was forked.
grep -v '^Fork ' /tmp/maps_parallel
exit $rc
