// SPDX-License-Identifier: GPL-2.0
/*
 * The way from a program to the commands, which are a layer above it.
 *
 * Layer: core.
 */
#include <lbpf/command.h>

static lbpf_command_runner run_command;

/**
 * lbpf_command_set_runner() - Say who makes commands
 * @runner: Its function.
 *
 * Context: Module init.
 */
void lbpf_command_set_runner(lbpf_command_runner runner)
{
	run_command = runner;
}

/**
 * lbpf_command_run() - Make a command of bpf(2)
 * @nr: BPF_*.
 * @attr: Its attributes.
 * @size_bytes: Their size.
 *
 * Context: Process context, may sleep.
 * Return: The command's result, or -errno.
 */
long lbpf_command_run(u32 nr, const void *attr, u32 size_bytes)
{
	return run_command(nr, attr, size_bytes);
}
