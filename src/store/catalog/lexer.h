/*
 * SQL text as SQLite's tokenizer sees it: words, quoted names and strings, other characters;
 * comments and blanks are skipped. Pure.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_CATALOG_LEXER_H
#define THIMBLE_STORE_CATALOG_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* letters, digits, _ $ */
    TOKEN_QUOTED, /* "name", 'text', `name`, [name] */
    TOKEN_OTHER,  /* one character */
};

struct token {
    enum token_kind kind;
    struct slice text; /* TOKEN_QUOTED: without its quotes */
    size_t start, end; /* where it stands, quotes included */
};

struct lexer {
    struct slice sql;
    size_t at;
};

struct token lexer_next(struct lexer *x);

/* True if `t` is this keyword, in any case. */
bool token_is(struct token t, const char *keyword);

/* True if `t` is one of these `n` keywords. */
bool token_is_any(struct token t, const char *const *keywords, size_t n);

/* True if `t` is this one character. */
bool token_is_char(struct token t, char c);

#endif
