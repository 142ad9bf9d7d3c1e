#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Those tests of the kernel's own test_progs that scripts/kernel-progs builds, through lbpf-run:
# every part, but for those that test_progs.txt names.  A part that it names and that passes is a
# difference too.
out=/tmp/test_progs
list=$(realpath "$(dirname "$0")")/test_progs.txt
cd /suites/progs || exit 1
/lbpf/lbpf-run ./test_progs >$out 2>&1

# A part is a line "#NUMBER/PART NAME:RESULT", a test "#NUMBER NAME:RESULT".  Logs of failed ones
# follow, with the lines again.
awk -v list="$list" '
BEGIN {
	while ((getline line <list) > 0)
		if (split(line, field, / [|] /) == 2 && line !~ /^#/)
			known[field[1]] = 1
	print "TAP version 13"
}
/^All error logs:/ { is_log = 1 }
/^#[0-9]+(\/[0-9]+)? .*:(OK|FAIL|SKIP)$/ && !is_log {
	name = $0
	sub(/^#[0-9\/]+ +/, "", name)
	result = name
	sub(/^.*:/, "", result)
	sub(/:[A-Z]+$/, "", name)
	is_part = $1 ~ /\//
	number = $1
	sub(/\/.*/, "", number)
	nr += is_part
	nr_ok += is_part && result == "OK"
	if (is_part && result != "OK")
		bad_parts[number] = 1
	if (result == "OK" && name in known)
		surprises[++nr_s] = "passes, but is listed: " name
	# A test fails with its parts: only without a failed part is it news.
	if (result != "OK" && !(name in known) && (is_part || !(number in bad_parts)))
		failures[++nr_f] = name ":" result
}
/^Summary: / { summary = $0 }
END {
	print "1..3"
	for (i = 1; i <= nr_f; i++)
		print "# " failures[i]
	for (i = 1; i <= nr_s; i++)
		print "# " surprises[i]
	print "# " summary ", " nr_ok " of " nr " parts pass"
	print (summary != "" && nr > 230 ? "" : "not ") "ok 1 test_progs runs to its end"
	print (nr_f ? "not " : "") "ok 2 every part that is not listed passes"
	print (nr_s ? "not " : "") "ok 3 every part that is listed fails"
	exit nr_f || nr_s || summary == "" || nr <= 230
}' $out
