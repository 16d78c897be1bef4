/*
 * thimble: which command, with which settings.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "commands/command_output.h"
#include "commands/command_run.h"
#include "config/config.h"
#include "store/db/db_memory.h"

extern char **environ;

static const struct command *nearest_command(const char *name)
{
    for (size_t limit = 1; limit <= 3; limit++) {
        for (size_t i = 0; i < COMMANDS; i++) {
            if (text_distance(slice_from(name), slice_from(commands[i].name), limit) <= limit)
                return &commands[i];
        }
    }
    return NULL;
}

/* The command that the arguments begin with; the default if they begin with a flag. */
static const struct command *choose(int *argc, char ***argv, struct error *e)
{
    const struct command *command = &commands[COMMAND_SERVE], *near;

    if (*argc == 0 || (*argv)[0][0] == '-')
        return command;
    command = command_find((*argv)[0]);
    if (!command) {
        near = nearest_command((*argv)[0]);
        error_set(e, ERROR_USAGE, "there is no command %s%s%s%s", (*argv)[0],
                  near ? "; did you mean " : "; see thimble help", near ? near->name : "",
                  text_if(near, "?"));
        return NULL;
    }
    (*argc)--;
    (*argv)++;
    return command;
}

static int run_command(const struct command *command, const struct config *config, int n_words,
                       char **words)
{
    struct error e = error_none();
    char *help_words[1] = {(char *)command->name};

    if (config->help)
        return command_help(config, command == &commands[COMMAND_SERVE] ? 0 : 1, help_words);
    if (n_words > command->max_words) {
        error_set(&e, ERROR_USAGE, "%s does not take \"%s\"; see thimble help", command->name,
                  words[command->max_words]);
        return command_fail(&e);
    }
    return command_run(command, config, n_words, words);
}

int main(int argc, char **argv)
{
    struct error e = error_none();
    const struct command *command;
    struct config config;
    int n_words, code;

    umask(umask(0) | 077); /* what is made here holds what others are not to read */
    db_count_memory();
    argc--;
    argv++;
    if (argc == 1 && strcmp(argv[0], "--version") == 0)
        return command_version(NULL, 0, NULL);
    command = choose(&argc, &argv, &e);
    if (!command)
        return command_fail(&e);
    code = config_read(&config, environ, argc, argv, &n_words, &e)
               ? run_command(command, &config, n_words, argv)
               : command_fail(&e);
    config_finish(&config);
    return code;
}
