// SPDX-License-Identifier: GPL-2.0
/*
 * Logs of both sides beside each other.
 */
#include <stddef.h>
#include <string.h>
#include <kselftest.h>
#include "logs.h"

static char *next_line(char **log, bool (*is_left_out)(char *line))
{
	char *line;

	while ((line = strsep(log, "\n")))
		if (!is_left_out(line))
			return line;
	return NULL;
}

bool logs_agree(char *want, char *got, bool (*is_left_out)(char *line))
{
	char *a, *b;

	do {
		a = next_line(&want, is_left_out);
		b = next_line(&got, is_left_out);
		if (!a != !b || (a && strcmp(a, b))) {
			ksft_print_msg("  bpf(2): %s\n", a ? a : "-");
			ksft_print_msg("  lbpf:   %s\n", b ? b : "-");
			return false;
		}
	} while (a);
	return true;
}
