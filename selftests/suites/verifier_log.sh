#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The kernel's own test_verifier_log through lbpf-run.
echo "TAP version 13"
echo "1..1"
if /lbpf/lbpf-run /suites/test_verifier_log >/tmp/verifier_log 2>&1; then
	echo "ok 1 test_verifier_log"
	exit 0
fi
sed 's/^/# /' /tmp/verifier_log
echo "not ok 1 test_verifier_log"
exit 1
