#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The kernel's own test_verifier through lbpf-run: every case and verdict, but for those that
# test_verifier.txt names.  A case that it names and that passes is a difference too.  What only
# some kernels lack is in a list with the version in its name.
out=/tmp/test_verifier
here=$(dirname "$0")
lists=$here/test_verifier.txt
other=$here/test_verifier-$(uname -r | cut -d. -f1,2).txt
[ ! -e "$other" ] || lists="$lists $other"
/lbpf/lbpf-run /suites/test_verifier >$out 2>&1

# A case is a line "#NUMBER/u|p NAME", its result the last word of that line or of one below it.
awk -v lists="$lists" '
BEGIN {
	for (nr_lists = split(lists, list, " "); nr_lists; nr_lists--)
		while ((getline line <list[nr_lists]) > 0)
			if (split(line, field) && line !~ /^#/ && field[1] ~ /^[0-9]/)
				known[field[1]] = line
	print "TAP version 13"
}
/^#[0-9]+\/[up] / { id = substr($1, 2); name[id] = $0; order[++nr] = id }
/(^| )OK( \(NOTE.*)?$/ { ok[id] = 1 }
/^Summary: / { summary = $0 }
END {
	print "1.." 3
	for (i = 1; i <= nr; i++) {
		id = order[i]
		nr_ok += ok[id]
		if (ok[id] && (id in known))
			surprises[++nr_s] = "passes, but is listed: " name[id]
		if (!ok[id] && !(id in known))
			failures[++nr_f] = name[id]
	}
	for (i = 1; i <= nr_f; i++)
		print "# " failures[i]
	for (i = 1; i <= nr_s; i++)
		print "# " surprises[i]
	print "# " summary ", " nr_ok " of " nr " as expected"
	print (summary != "" && nr > 2000 ? "" : "not ") "ok 1 test_verifier runs to its end"
	print (nr_f ? "not " : "") "ok 2 every case that is not listed is as expected"
	print (nr_s ? "not " : "") "ok 3 every case that is listed differs"
	exit nr_f || nr_s || summary == "" || nr <= 2000
}' $out
