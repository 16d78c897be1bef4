/*
 * What a connection may do: one that reads no more than that, and a statement that is prepared for a
 * role what the role may (store/access/fence.h).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_AUTHORIZER_H
#define THIMBLE_STORE_DB_AUTHORIZER_H

#include <stdbool.h>

struct fence;
struct sqlite3;

struct authorizer {
    bool reads_only;     /* … */
    bool allow_prepare;  /* …but all else may be prepared now */
    bool installed;      /* SQLite asks it */
    struct fence *fence; /* of the statement that is being prepared for a role; NULL: of none */
};

/* From here SQLite asks. Statements of the connection are prepared anew. */
void authorizer_install(struct authorizer *authorizer, struct sqlite3 *handle);

#endif
