/*
 * The manual page, thimble(1), from the tables of settings and commands: man(7) macros.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "config/config.h"
#include "config/config_table.h"

/* Text as roff takes it: \ and - are special anywhere, . and ' at the start of a line. */
static void add_roff(struct buf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        buf_add_text(out, "\\&");
    for (; *text; text++) {
        if (*text == '\\')
            buf_add_text(out, "\\e");
        else if (*text == '-')
            buf_add_text(out, "\\-");
        else
            buf_add_char(out, *text);
    }
}

static void add_line(struct buf *out, const char *text)
{
    add_roff(out, text);
    buf_add_char(out, '\n');
}

static void add_commands(struct buf *out)
{
    buf_add_text(out, ".SH COMMANDS\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        buf_add_text(out, ".TP\n\\fB");
        add_roff(out, commands[i].name);
        buf_add_text(out, "\\fR");
        if (commands[i].usage[0]) {
            buf_add_char(out, ' ');
            add_roff(out, commands[i].usage);
        }
        buf_add_char(out, '\n');
        add_line(out, commands[i].help);
    }
}

/* --name VALUE, the default, what it is. */
static void add_setting(struct buf *out, const struct setting *s)
{
    buf_add_text(out, ".TP\n\\fB\\-\\-");
    add_roff(out, s->name);
    buf_add_text(out, "\\fR");
    if (s->placeholder) {
        buf_add_text(out, " \\fI");
        add_roff(out, s->placeholder);
        buf_add_text(out, "\\fR");
    }
    buf_add_char(out, '\n');
    add_roff(out, s->help);
    if (s->words) {
        buf_add_text(out, "; one of: ");
        add_roff(out, s->words);
    }
    if (s->default_text[0]) {
        buf_add_text(out, " [");
        add_roff(out, s->default_text);
        buf_add_char(out, ']');
    }
    buf_add_char(out, '\n');
}

static void add_settings(struct buf *out)
{
    const char *group = "";

    buf_add_text(out, ".SH SETTINGS\n"
                      "A flag wins over its environment variable: \\fB\\-\\-max\\-rows\\fR is\n"
                      "\\fBTHIMBLE_MAX_ROWS\\fR.\n"
                      "A value \\fB@\\fIFILE\\fR is read from the file.\n"
                      "Times are written 250ms, 30s, 1m30s, 2h; sizes 512KiB, 1MiB, 1GB.\n");
    for (size_t i = 0; i < settings_count; i++) {
        if (!settings[i].group)
            continue;
        if (strcmp(group, settings[i].group) != 0)
            buf_addf(out, ".SS %s\n", settings[i].group);
        group = settings[i].group;
        add_setting(out, &settings[i]);
    }
}

void config_man(struct buf *out)
{
    buf_addf(out, ".TH THIMBLE 1 \"\" \"thimble %s\" \"User Commands\"\n", THIMBLE_VERSION);
    buf_add_text(out, ".SH NAME\nthimble \\- REST over SQLite\n"
                      ".SH SYNOPSIS\n.B thimble\n[\\fICOMMAND\\fR] [\\fIFLAG\\fR ...]\n"
                      ".SH DESCRIPTION\n"
                      "Serves the tables of an SQLite database as REST resources.\n"
                      "Without a command it serves.\n");
    add_commands(out);
    add_settings(out);
    buf_add_text(out, ".SH SIGNALS\n"
                      ".TP\n.BR SIGTERM \", \" SIGINT\n"
                      "Answers what is in flight, and ends. A second one ends at once.\n"
                      ".TP\n.B SIGHUP\n"
                      "Applies new migrations and reads the named queries anew, while it serves.\n"
                      ".SH ENVIRONMENT\n"
                      "Beside the settings: NOTIFY_SOCKET and WATCHDOG_USEC as in\n"
                      ".BR sd_notify (3),\n"
                      "LISTEN_PID and LISTEN_FDS as in\n"
                      ".BR sd_listen_fds (3).\n"
                      "Sockets that are passed take the place of \\fB\\-\\-listen\\fR.\n"
                      ".SH EXIT STATUS\n"
                      "0: done; 1: it could not be done; 2: wrong usage.\n"
                      ".SH SEE ALSO\n"
                      ".BR systemd.service (5),\n.BR systemd.socket (5),\n.BR sqlite3 (1)\n");
}
