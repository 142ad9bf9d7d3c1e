/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Logs of both sides beside each other.
 */
#ifndef _LOGS_H
#define _LOGS_H

#include <stdbool.h>

/*
 * Are the lines of both logs the same, but for those that @is_left_out names, which may cut them
 * too?  Cuts the logs up; prints the first two lines that differ.
 */
bool logs_agree(char *want, char *got, bool (*is_left_out)(char *line));

#endif /* _LOGS_H */
