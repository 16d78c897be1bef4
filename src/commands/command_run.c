/* SPDX-License-Identifier: MIT */
#include "commands/command_run.h"

static command_fn *const functions[COMMANDS] = {
    [COMMAND_SERVE] = command_serve,
    [COMMAND_MIGRATE] = command_migrate,
    [COMMAND_IMPORT] = command_import,
    [COMMAND_EXPORT] = command_export,
    [COMMAND_BACKUP] = command_backup,
    [COMMAND_RESTORE] = command_restore,
    [COMMAND_CHECK] = command_check,
    [COMMAND_KEY] = command_key,
    [COMMAND_USER] = command_user,
    [COMMAND_ACCESS] = command_access,
    [COMMAND_HEALTHCHECK] = command_healthcheck,
    [COMMAND_CONFIG] = command_config,
    [COMMAND_COMPLETION] = command_completion,
    [COMMAND_VERSION] = command_version,
    [COMMAND_LICENSES] = command_licenses,
    [COMMAND_HELP] = command_help,
};

int command_run(const struct command *command, const struct config *config, int n_words,
                char **words)
{
    return functions[command - commands](config, n_words, words);
}
