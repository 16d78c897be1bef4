/*
 * The commands. Each gets the settings and the words after its name, and returns the
 * exit code: 0 done, 1 it could not be done, 2 wrong usage.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_COMMANDS_COMMANDS_H
#define THIMBLE_COMMANDS_COMMANDS_H

#include "base/error.h"
#include "config/config.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

typedef int command_fn(const struct config *config, int n_words, char **words);

command_fn command_serve;
command_fn command_migrate;
command_fn command_import;
command_fn command_export;
command_fn command_backup;
command_fn command_restore;
command_fn command_healthcheck;
command_fn command_config;
command_fn command_completion;
command_fn command_version;
command_fn command_licenses;
command_fn command_help;

struct command {
    const char *name;
    command_fn *run;
    int max_words;     /* words it takes after its name */
    const char *usage; /* what follows the name in --help */
    const char *help;
};

/* The table of commands; the first is the default. */
extern const struct command commands[];
extern const size_t commands_count;

/* The command of that name, or NULL. */
const struct command *command_find(const char *name);

/* Writes one line on stderr, "thimble: …", and returns the exit code that fits. */
int command_fail(const struct error *e);

/* Writes what the buffer holds to stdout and frees it; EXIT_FAILED if that fails. */
int command_print(struct buf *out);

#endif
