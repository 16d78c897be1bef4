/*
 * Full-text search: PostgREST's four ways to ask, as FTS5 asks (sqlite.org/fts5.html §3). The
 * words of the request become quoted strings of an FTS5 expression. Pure.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_FTS_H
#define THIMBLE_QUERY_FTS_H

#include <stdbool.h>

#include "base/buf.h"
#include "query/tree.h"

/* Appends `text` in double quotes, as a string of FTS5. */
void fts_string(struct buf *out, struct slice text);

/*
 * Appends the expression that `text` means to OPERATOR_FTS (to_tsquery's & | ! <-> ( ) and :*),
 * PLFTS (all words), PHFTS (a phrase) or WFTS ("phrases", or, -without). NULL, or what is wrong
 * with it; static.
 */
const char *fts_translate(struct buf *out, enum tree_operator op, struct slice text);

#endif
