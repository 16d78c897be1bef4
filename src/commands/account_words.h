/*
 * What `key` and `user` have in common: a verb and a word after it, claims, and rows as a table.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_COMMANDS_ACCOUNT_WORDS_H
#define THIMBLE_COMMANDS_ACCOUNT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "config/config.h"
#include "store/row.h"

struct db;

/* `word` is NULL if there is none. */
typedef bool words_fn(const struct config *config, const char *word, struct buf *out,
                      struct error *e);

struct words_verb {
    const char *name; /* NULL: the end of the list */
    words_fn *run;
    bool takes_word; /* …after it */
};

/* Runs the verb that the first word names, and prints what it says. Returns the exit code. */
int words_run(const struct words_verb *verbs, const char *command, const struct config *config,
              int n_words, char **words);

/* No control characters, and UTF-8. */
bool words_are_plain(const char *text);

/* --claims: a JSON object without "role". False with ERROR_USAGE. */
bool words_check_claims(struct db *db, const char *claims, struct error *e)
    __attribute__((warn_unused_result));

/* --role: one that the files of --access create, if there are any. False with ERROR_USAGE, or what is
 * wrong with the files. */
bool words_check_role(const struct config *config, struct error *e)
    __attribute__((warn_unused_result));

/* The first column of the query's first row; false with ERROR_NO_ROW: it has none. */
bool words_integer(struct db *db, const struct query *query, int64_t *out, struct error *e)
    __attribute__((warn_unused_result));

struct words_column {
    const char *title;
    int width; /* bytes; 0: the last, as long as it is */
};

/* The database's rows, their columns beneath their titles; nothing of a table that is not there. */
bool words_table(const struct config *config, struct slice sql, const struct words_column *columns,
                 size_t n, struct buf *out, struct error *e) __attribute__((warn_unused_result));

#endif
