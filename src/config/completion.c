/*
 * Completion for shells, from the tables of settings and commands. What a command takes is read
 * from its usage: words separated by |, --flags, FILE and COMMAND.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "commands/command_output.h"
#include "commands/command_run.h"
#include "config/config_table.h"

#define PAGE_MAX 65536

/* The next word of a usage, without its brackets; false at the end. */
static bool next_word(const char **at, char word[64])
{
    size_t n = 0;

    *at += strspn(*at, " [");
    while (**at && **at != ' ') {
        if (!strchr("[]", **at) && n + 1 < 64)
            word[n++] = **at;
        ++*at;
    }
    word[n] = '\0';
    return n > 0;
}

static const char *or_empty(const char *text)
{
    if (text)
        return text;
    return "";
}

static bool is_file(const char *placeholder)
{
    return placeholder && (strcmp(placeholder, "FILE") == 0 || strcmp(placeholder, "DIR") == 0);
}

/* What may follow the command, separated by blanks; its own flags too, or not. */
static void add_words(struct buf *out, const struct command *command, bool flags)
{
    const char *at = command->usage;
    char word[64];

    while (next_word(&at, word)) {
        if (strcmp(word, "COMMAND") == 0) {
            for (size_t i = 0; i < COMMANDS; i++)
                buf_addf(out, "%s ", commands[i].name);
        } else if (strncmp(word, "--", 2) == 0 ? flags : strchr(word, '|') != NULL) {
            for (char *c = word; *c; c++)
                *c = *c == '|' ? ' ' : *c;
            buf_addf(out, "%s ", word);
        }
    }
}

static void add_flags(struct buf *out)
{
    for (size_t i = 0; i < settings_count; i++) {
        if (settings[i].group)
            buf_addf(out, "--%s ", settings[i].name);
    }
}

static void bash(struct buf *out)
{
    buf_add_text(out,
                 "# bash completion of thimble\n_thimble() {\n"
                 "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
                 "    COMPREPLY=()\n    case $before in\n");
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *s = &settings[i];

        if (!s->group || s->type == SETTING_BOOL)
            continue;
        if (is_file(s->placeholder))
            buf_addf(out, "    --%s) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n",
                     s->name);
        else
            buf_addf(out, "    --%s) COMPREPLY=($(compgen -W '%s' -- \"$current\")); return ;;\n",
                     s->name, or_empty(s->words));
    }
    buf_add_text(out, "    esac\n    local words='--help ");
    add_flags(out);
    buf_add_text(out, "'\n    if [ \"$COMP_CWORD\" -eq 1 ]; then words=\"$words ");
    for (size_t i = 0; i < COMMANDS; i++)
        buf_addf(out, "%s ", commands[i].name);
    buf_add_text(out, "\"; fi\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        if (!commands[i].usage[0])
            continue;
        buf_addf(out, "    %s) [ \"$COMP_CWORD\" -eq 1 ] || words=\"$words ", commands[i].name);
        add_words(out, &commands[i], true);
        buf_add_text(out, "\" ;;\n");
    }
    buf_add_text(out, "    esac\n    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
                      "    [ ${#COMPREPLY[@]} -gt 0 ] || [ \"${current#-}\" != \"$current\" ] ||\n"
                      "        COMPREPLY=($(compgen -f -- \"$current\"))\n}\n"
                      "complete -o filenames -F _thimble thimble\n");
}

/* `text` between single quotes, for a shell where '' (zsh: '\'') is the quote itself; [, ] and :
 * are zsh's own. */
static void add_quoted(struct buf *out, const char *text, bool zsh)
{
    for (; *text; text++) {
        if (*text == '\'')
            buf_add_text(out, zsh ? "'\\''" : "\\'");
        else if (zsh && strchr("[]:", *text))
            buf_addf(out, "\\%c", *text);
        else if (*text == '\\')
            buf_add_text(out, "\\\\");
        else
            buf_add_char(out, *text);
    }
}

static void zsh(struct buf *out)
{
    buf_add_text(out,
                 "#compdef thimble\n_thimble() {\n    local state line\n    local -a commands\n"
                 "    commands=(\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        buf_addf(out, "        '%s:", commands[i].name);
        add_quoted(out, commands[i].help, true);
        buf_add_text(out, "'\n");
    }
    buf_add_text(out, "    )\n    _arguments -C -S '(-h --help)'{-h,--help}'[help]' \\\n");
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *s = &settings[i];

        if (strcmp(s->name, "help") == 0)
            continue;
        buf_addf(out, "        '--%s%s[", s->name, text_if(s->placeholder, "="));
        add_quoted(out, s->help, true);
        buf_add_char(out, ']');
        if (is_file(s->placeholder))
            buf_addf(out, ":%s:_files", s->placeholder);
        else if (s->placeholder)
            buf_addf(out, ":%s:(%s)", s->placeholder, or_empty(s->words));
        buf_add_text(out, "' \\\n");
    }
    buf_add_text(out, "        '1:command:{_describe command commands}' \\\n"
                      "        '*:argument:->argument'\n    [ \"$state\" = argument ] || return\n"
                      "    case $line[1] in\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        if (!commands[i].usage[0])
            continue;
        buf_addf(out, "    %s) compadd -- ", commands[i].name);
        add_words(out, &commands[i], false);
        buf_add_text(out, "; _files ;;\n");
    }
    buf_add_text(out, "    esac\n}\n"
                      "if [ \"$funcstack[1]\" = _thimble ]; then _thimble \"$@\"; else "
                      "compdef _thimble thimble; fi\n");
}

static void fish(struct buf *out)
{
    buf_add_text(out, "# fish completion of thimble\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        buf_addf(out, "complete -c thimble -n __fish_use_subcommand -f -a %s -d '",
                 commands[i].name);
        add_quoted(out, commands[i].help, false);
        buf_add_text(out, "'\n");
        if (!commands[i].usage[0])
            continue;
        buf_addf(out, "complete -c thimble -n '__fish_seen_subcommand_from %s' -a '",
                 commands[i].name);
        add_words(out, &commands[i], true);
        buf_add_text(out, "'\n");
    }
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *s = &settings[i];

        if (!s->group)
            continue;
        buf_addf(out, "complete -c thimble -l %s -d '", s->name);
        add_quoted(out, s->help, false);
        buf_addf(out, "'%s", !s->placeholder ? "" : is_file(s->placeholder) ? " -r -F" : " -x");
        if (s->words)
            buf_addf(out, " -a '%s'", s->words);
        buf_add_char(out, '\n');
    }
}

static const struct {
    const char *name;
    void (*write)(struct buf *out);
} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

int command_completion(const struct config *config, int n_words, char **words)
{
    struct error e = error_none();
    struct buf out;
    (void)config;

    for (size_t i = 0; n_words && i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(words[0], shells[i].name) != 0)
            continue;
        buf_init(&out, PAGE_MAX);
        shells[i].write(&out);
        return command_print(&out);
    }
    error_set(&e, ERROR_USAGE, "completion takes bash, zsh or fish");
    return command_fail(&e);
}
