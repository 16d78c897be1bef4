/*
 * What a command says, and the exit code that goes with it: 0 done, 1 it could not be done, 2 wrong
 * usage.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_COMMANDS_COMMAND_OUTPUT_H
#define THIMBLE_COMMANDS_COMMAND_OUTPUT_H

#include "base/buf.h"
#include "base/error.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Writes one line on stderr, "thimble: …", and returns the exit code that fits. */
int command_fail(const struct error *e);

/* Writes what the buffer holds to stdout and frees it; EXIT_FAILED if that fails. */
int command_print(struct buf *out);

#endif
