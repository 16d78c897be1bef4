/* SPDX-License-Identifier: MIT */
#include "commands/commands.h"

#include <string.h>

const struct command commands[COMMANDS] = {
    [COMMAND_SERVE] = {"serve", 0, "", "serve the database over HTTP; the default command"},
    [COMMAND_MIGRATE] = {"migrate", 1, "[up|status] [--dry-run]",
                         "apply the migrations, or say which are"},
    [COMMAND_IMPORT] = {"import", 2, "TABLE FILE",
                        "put the rows of a CSV or NDJSON file into a table"},
    [COMMAND_EXPORT] = {"export", 3, "TABLE [FILE [QUERY]]",
                        "write a table's rows as CSV or NDJSON"},
    [COMMAND_BACKUP] = {"backup", 1, "FILE [--force]",
                        "copy the database to FILE, checked, while it is served"},
    [COMMAND_RESTORE] = {"restore", 1, "FILE [--force]",
                         "put a backup in the place of the database, checked"},
    [COMMAND_CHECK] = {"check", 0, "", "look for damage in the database, while it is served"},
    [COMMAND_KEY] = {"key", 2, "add|list|revoke [ID|NAME]",
                     "make an API key, list them, or revoke one, while it is served"},
    [COMMAND_USER] = {"user", 2, "add|list|password|disable|enable|delete [EMAIL]",
                      "make an account, list them, or change one, while it is served"},
    [COMMAND_ACCESS] = {"access", 3, "check|explain [REQUEST [BODY]]",
                        "check the access files, or explain a request by them"},
    [COMMAND_HEALTHCHECK] = {"healthcheck", 0, "",
                             "ask the server whether it is ready, where its probes are"},
    [COMMAND_CONFIG] = {"config", 0, "[--markdown|--man]",
                        "print the settings and where they came from"},
    [COMMAND_COMPLETION] = {"completion", 1, "bash|zsh|fish", "print the shell's completion"},
    [COMMAND_VERSION] = {"version", 0, "", "print the versions of thimble and its libraries"},
    [COMMAND_LICENSES] = {"licenses", 0, "", "print the licences of thimble and its libraries"},
    [COMMAND_HELP] = {"help", 1, "[COMMAND]", "print this"},
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}
