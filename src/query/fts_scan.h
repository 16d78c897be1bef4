/*
 * A search on its way to FTS5's words. Private to fts*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_FTS_SCAN_H
#define THIMBLE_QUERY_FTS_SCAN_H

#include "query/fts.h"

/* Nesting of parentheses in a query, and bytes of a part of the expression. */
#define FTS_DEPTH 16
#define FTS_MAX   65536

struct fts {
    struct slice text;
    size_t at;
    int depth;
    struct buf *out;
    const char *fault; /* what is wrong, or NULL */
};

/* Records what is wrong; always false. */
bool fts_fault(struct fts *f, const char *what);
char fts_peek(const struct fts *f); /* '\0' at the end */
bool fts_at_end(const struct fts *f);
bool fts_is_blank(char c);
void fts_blanks(struct fts *f); /* goes past them */
/* The bytes up to a blank or one of `stops`. */
struct slice fts_until(struct fts *f, const char *stops);

/*
 * FTS5's NOT has two sides: what is wanted goes in front, what is not behind it.
 */
struct sides {
    struct buf wanted, unwanted;
};

void fts_sides_init(struct sides *s);
void fts_add_side(struct sides *s, bool negated, const char *joiner, struct slice text);
/* Both sides into `out`; false (and a fault) if nothing is wanted. */
bool fts_close_sides(struct fts *f, struct sides *s, struct buf *out);

/* The whole of a query in to_tsquery's language. */
bool fts_query(struct fts *f);

#endif
