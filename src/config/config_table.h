/*
 * The table of settings itself. Private to config*.c and what is made from it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_CONFIG_CONFIG_TABLE_H
#define THIMBLE_CONFIG_CONFIG_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum setting_type {
    SETTING_TEXT,
    SETTING_SECRET, /* a text that is shown to nobody */
    SETTING_WORD,   /* one of `words` */
    SETTING_INTEGER,
    SETTING_SIZE,     /* bytes; the one of `words`, if there is one, is -1 */
    SETTING_DURATION, /* milliseconds */
    SETTING_BOOL,
};

struct setting {
    const char *group; /* a heading; NULL: a command's own flag, no environment variable */
    const char *name;  /* --name, THIMBLE_NAME */
    enum setting_type type;
    size_t offset; /* in struct config */
    const char *default_text;
    int64_t min, max;        /* of numbers */
    const char *words;       /* SETTING_WORD: "a b c"; SETTING_SIZE: "auto" or NULL */
    const char *placeholder; /* what --help shows for the value */
    const char *help;
};

extern const struct setting settings[];
extern const size_t settings_count;

#endif
