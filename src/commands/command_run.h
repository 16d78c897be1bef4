/*
 * What the commands do. Each gets the settings and the words after its name, and returns the exit
 * code of command_output.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_COMMANDS_COMMAND_RUN_H
#define THIMBLE_COMMANDS_COMMAND_RUN_H

#include "commands/commands.h"
#include "config/config.h"

typedef int command_fn(const struct config *config, int n_words, char **words);

command_fn command_serve;
command_fn command_migrate;
command_fn command_import;
command_fn command_export;
command_fn command_backup;
command_fn command_restore;
command_fn command_check;
command_fn command_key;
command_fn command_user;
command_fn command_access;
command_fn command_healthcheck;
command_fn command_config;
command_fn command_completion;
command_fn command_version;
command_fn command_licenses;
command_fn command_help;

/* Runs one of the table. */
int command_run(const struct command *command, const struct config *config, int n_words,
                char **words);

#endif
