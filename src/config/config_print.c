/*
 * The table of settings for people: effective values, --help, and documentation.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/text.h"
#include "config/config.h"
#include "config/config_table.h"

#define WIDTH       100
#define HELP_COLUMN 36

static void variable(const char *name, char out[96])
{
    size_t n = (size_t)snprintf(out, 96, "THIMBLE_");

    for (; *name && n + 1 < 96; name++) {
        out[n] = ascii_upper(*name);
        if (*name == '-')
            out[n] = '_';
        n++;
    }
    out[n] = '\0';
}

static const char *or_empty(const char *text)
{
    if (text)
        return text;
    return "";
}

/* Where the value comes from: "default", "flag", or its variable. */
static const char *source_of(enum config_source source, const char *variable)
{
    switch (source) {
    case SOURCE_ENVIRONMENT: return variable;
    case SOURCE_FLAG: return "flag";
    default: return "default";
    }
}

void config_print(const struct config *config, struct buf *out)
{
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *s = &settings[i];
        const char *value = config->texts[i];
        char name[96];

        if (!s->group)
            continue;
        variable(s->name, name);
        if (!value[0])
            value = "\"\"";
        else if (s->type == SETTING_SECRET)
            value = "(not shown)";
        buf_addf(out, "%-28s %-24s %s%s\n", s->name, value, source_of(config->sources[i], name),
                 text_if(config->from_file[i], ", from a file"));
    }
}

/* Words of `text` in lines that fit, each line after the first at `column`. */
static void wrap(struct buf *out, const char *text, size_t column)
{
    size_t at = column;

    while (*text) {
        size_t len = strcspn(text, " ");

        if (at > column && at + 1 + len > WIDTH) {
            buf_addf(out, "\n%*s", (int)column, "");
            at = column;
        }
        if (at > column) {
            buf_add_char(out, ' ');
            at++;
        }
        buf_add(out, text, len);
        at += len;
        text += len + (text[len] == ' ');
    }
    buf_add_char(out, '\n');
}

static void help_line(const struct setting *s, const char *help, struct buf *out)
{
    char flag[64], text[512];

    snprintf(flag, sizeof flag, "--%s%s%s", s->name, text_if(s->placeholder, " "),
             or_empty(s->placeholder));
    snprintf(text, sizeof text, "%s%s%s%s", help, text_if(s->default_text[0], " ["),
             s->default_text, text_if(s->default_text[0], "]"));
    buf_addf(out, "  %-*s", HELP_COLUMN - 2, flag);
    if (strlen(flag) > HELP_COLUMN - 3)
        buf_addf(out, "\n%*s", HELP_COLUMN, "");
    wrap(out, text, HELP_COLUMN);
}

/* A command's own flag says whose it is: "import, export: …". The rest of its help, or NULL. */
static const char *own_help(const struct setting *s, const char *command)
{
    size_t len = strlen(command);
    const char *colon, *at = s->help;

    if (s->group)
        return NULL;
    colon = strchr(s->help, ':');
    while (colon && at < colon) {
        size_t n = strcspn(at, ",:");

        if (n == len && memcmp(at, command, n) == 0)
            return colon + 2;
        at += n + strspn(at + n, ", ");
    }
    return NULL;
}

void config_help_of(const char *command, struct buf *out)
{
    bool any = false;

    for (size_t i = 0; i < settings_count; i++) {
        const char *help = own_help(&settings[i], command);

        if (!help)
            continue;
        if (!any)
            buf_addf(out, "\nOnly for %s\n", command);
        any = true;
        help_line(&settings[i], help, out);
    }
}

void config_help(struct buf *out)
{
    const char *group = "";

    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *s = &settings[i];

        if (!s->group)
            continue;
        if (strcmp(group, s->group) != 0)
            buf_addf(out, "\n%s\n", s->group);
        group = s->group;
        help_line(s, s->help, out);
    }
}

void config_markdown(struct buf *out)
{
    const char *group = "";

    buf_add_text(out, "# Configuration\n\n"
                      "Every setting is a flag and an environment variable; a flag wins. A value "
                      "`@FILE` is read from the\nfile (`@@` begins a value with a plain `@`). "
                      "`thimble config` prints what is in force and where it came\nfrom. An "
                      "unknown flag or `THIMBLE_` variable is refused.\n\n"
                      "Times: `250ms`, `30s`, `1m30s`, `2h`. Sizes: `512KiB`, `1MiB`, `1GB`.\n");
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *s = &settings[i];
        char name[96];

        if (!s->group)
            continue;
        if (strcmp(group, s->group) != 0)
            buf_addf(out, "\n## %s\n\n| flag | variable | default | |\n|---|---|---|---|\n",
                     s->group);
        group = s->group;
        variable(s->name, name);
        buf_addf(out, "| `--%s` | `%s` | %s%s%s | %s%s%s |\n", s->name, name,
                 text_if(s->default_text[0], "`"), s->default_text,
                 text_if(s->default_text[0], "`"), s->help, text_if(s->words, "; one of: "),
                 or_empty(s->words));
    }
}
