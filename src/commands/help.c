/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "access/digest.h"
#include "commands/command_output.h"
#include "commands/command_run.h"
#include "http/version.h"
#include "resource/version.h"
#include "sources/builtin.h"
#include "store/version.h"

#define PAGE_MAX    65536
#define USAGE_WIDTH 34

static void list_commands(struct buf *out)
{
    buf_add_text(out, "Commands\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        char text[96];

        snprintf(text, sizeof text, "%s %s", commands[i].name, commands[i].usage);
        if (strlen(text) >= USAGE_WIDTH) /* its help is on a line of its own */
            buf_addf(out, "  %s\n  %*s%s\n", text, USAGE_WIDTH, "", commands[i].help);
        else
            buf_addf(out, "  %-*s%s\n", USAGE_WIDTH, text, commands[i].help);
    }
}

int command_help(const struct config *config, int n_words, char **words)
{
    const struct command *command = n_words ? command_find(words[0]) : NULL;
    struct error e = error_none();
    struct buf out;
    (void)config;

    if (n_words && !command) {
        error_set(&e, ERROR_USAGE, "there is no command %s; see thimble help", words[0]);
        return command_fail(&e);
    }
    buf_init(&out, PAGE_MAX);
    if (command)
        buf_addf(&out, "thimble %s %s\n%s\n", command->name, command->usage, command->help);
    else
        buf_add_text(&out, "thimble [COMMAND] [FLAG ...]\n\nServes the tables of an SQLite "
                           "database as REST resources.\n\n");
    if (command)
        config_help_of(command->name, &out);
    else
        list_commands(&out);
    config_help(&out);
    buf_add_text(&out, "\nEach flag is also an environment variable: --max-rows is "
                       "THIMBLE_MAX_ROWS. A value @FILE is read\nfrom the file.\n");
    return command_print(&out);
}

int command_version(const struct config *config, int n_words, char **words)
{
    struct buf out;
    (void)config, (void)n_words, (void)words;

    buf_init(&out, PAGE_MAX);
    buf_addf(&out, "thimble %s\n", THIMBLE_VERSION);
    buf_addf(&out, "libmicrohttpd %s\n", http_library_version());
    buf_addf(&out, "jansson %s\n", resource_library_version());
    buf_addf(&out, "SQLite %s\n", store_library_version());
    buf_addf(&out, "mbedtls %s\n", digest_library_version());
    buf_addf(&out, "argon2 %s\n", THIMBLE_ARGON2_VERSION);
    buf_addf(&out, "%s\n", THIMBLE_LIBC);
    return command_print(&out);
}

int command_licenses(const struct config *config, int n_words, char **words)
{
    bool ok;
    (void)config, (void)n_words, (void)words;

    ok = fwrite(builtin_licenses, 1, builtin_licenses_len, stdout) == builtin_licenses_len;
    return ok && fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

int command_config(const struct config *config, int n_words, char **words)
{
    struct buf out;
    (void)n_words, (void)words;

    buf_init(&out, PAGE_MAX);
    if (config->markdown)
        config_markdown(&out);
    else if (config->man)
        config_man(&out);
    else
        config_print(config, &out);
    return command_print(&out);
}
