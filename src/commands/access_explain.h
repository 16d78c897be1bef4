/*
 * access explain: what applies to a role's request, and the SQL that it becomes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_COMMANDS_ACCESS_EXPLAIN_H
#define THIMBLE_COMMANDS_ACCESS_EXPLAIN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "config/config.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

/* "GET /tasks?select=*" with a body or NULL, as --role with --claims: nothing of it is run. False with an
 * error if that cannot be told; a request that is refused is told. */
bool access_explain(const struct config *config, const struct store_sources *sources,
                    const char *request, const char *body, struct buf *out, struct error *e)
    __attribute__((warn_unused_result));

/* ---- access_explain_rights.c */

struct explained {
    struct slice sql;           /* the statement, or empty */
    const struct table *target; /* what is asked for, or NULL… */
    unsigned rights;            /* …with these rights */
    struct db *db;              /* has the role's views */
};

/* Grants, policies and views of the tables of a role's catalogue that the statement mentions, and that their
 * policies mention. */
void explain_rights(const struct catalog *part, const struct explained *what, struct buf *out);

#endif
