/*
 * The table of commands: what help, completions and the manual page tell of them. What they do is in
 * command_run.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_COMMANDS_COMMANDS_H
#define THIMBLE_COMMANDS_COMMANDS_H

enum command_id {
    COMMAND_SERVE, /* the default */
    COMMAND_MIGRATE,
    COMMAND_IMPORT,
    COMMAND_EXPORT,
    COMMAND_BACKUP,
    COMMAND_RESTORE,
    COMMAND_CHECK,
    COMMAND_KEY,
    COMMAND_USER,
    COMMAND_ACCESS,
    COMMAND_HEALTHCHECK,
    COMMAND_CONFIG,
    COMMAND_COMPLETION,
    COMMAND_VERSION,
    COMMAND_LICENSES,
    COMMAND_HELP,
    COMMANDS
};

struct command {
    const char *name;
    int max_words;     /* words it takes after its name */
    const char *usage; /* what follows the name in --help */
    const char *help;
};

/* By enum command_id. */
extern const struct command commands[COMMANDS];

/* The command of that name, or NULL. */
const struct command *command_find(const char *name);

#endif
