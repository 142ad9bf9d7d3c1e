#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Programs do the same with each step that makes better code switched off, and with all of them.
steps="d r v i o j u f t C L M W D X Z S J R drviojuftCLMWDXZSJR"
param=/sys/module/lbpf/parameters/steps_off
set -- $steps
echo "TAP version 13"
echo "1..$#"
rc=0
nr=0
for step; do
	nr=$((nr + 1))
	echo "$step" >$param
	if ./differential 60 $((nr * 1000)) >/tmp/steps.txt 2>&1; then
		echo "ok $nr 60 programs without $step"
	else
		sed 's/^/# /' /tmp/steps.txt
		echo "not ok $nr 60 programs without $step"
		rc=1
	fi
done
echo >$param
exit $rc
