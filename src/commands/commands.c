/* SPDX-License-Identifier: MIT */
#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

const struct command commands[] = {
    {"serve", command_serve, 0, "", "serve the database over HTTP; the default command"},
    {"migrate", command_migrate, 1, "[up|status] [--dry-run]",
     "apply the migrations, or say which are"},
    {"import", command_import, 2, "TABLE FILE",
     "put the rows of a CSV or NDJSON file into a table"},
    {"export", command_export, 3, "TABLE [FILE [QUERY]]", "write a table's rows as CSV or NDJSON"},
    {"backup", command_backup, 1, "FILE [--force]",
     "copy the database to FILE, checked, while it is served"},
    {"restore", command_restore, 1, "FILE [--force]",
     "put a backup in the place of the database, checked"},
    {"healthcheck", command_healthcheck, 0, "",
     "ask the server whether it is ready, where its probes are"},
    {"config", command_config, 0, "[--markdown|--man]",
     "print the settings and where they came from"},
    {"completion", command_completion, 1, "bash|zsh|fish", "print the shell's completion"},
    {"version", command_version, 0, "", "print the versions of thimble and its libraries"},
    {"licenses", command_licenses, 0, "", "print the licences of thimble and its libraries"},
    {"help", command_help, 1, "[COMMAND]", "print this"},
};

const size_t commands_count = sizeof commands / sizeof *commands;

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < commands_count; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

int command_fail(const struct error *e)
{
    fprintf(stderr, "thimble: %s\n", e->message);
    return e->code == ERROR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

int command_print(struct buf *out)
{
    bool ok = !out->failed;

    if (ok && out->len > 0)
        ok = fwrite(out->data, 1, out->len, stdout) == out->len && fflush(stdout) == 0;

    buf_finish(out);
    return ok ? EXIT_DONE : EXIT_FAILED;
}
