/*
 * A GRANT or REVOKE while it is read. Private to access_privileges.c, access_objects.c and access_grants.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_ACCESS_GRANT_DRAFT_H
#define THIMBLE_STORE_ACCESS_ACCESS_GRANT_DRAFT_H

#include "store/access/access_parser.h"

/* Of what kind the words after ON are. */
enum on_kind { ON_TABLE, ON_ROUTINE, ON_SCHEMA, ON_SEQUENCE };
#define ON_KINDS 4

/* A word that PostgreSQL knows. */
struct privilege {
    const char *word;
    unsigned rights;   /* 0: there is nothing here that it would allow, or it is a query's */
    bool on[ON_KINDS]; /* what it may be of */
    bool of_columns;   /* it may have a list of them */
};

struct grant_draft {
    bool revokes;
    /* Before ON: privileges. Before TO or FROM: roles. */
    struct access_name names[ACCESS_NAMES_MAX];
    const struct privilege *known[ACCESS_NAMES_MAX]; /* NULL: no privilege is called so */
    bool has_columns[ACCESS_NAMES_MAX];
    size_t n_names;
    struct access_list columns; /* struct access_granted_column */
    unsigned rights;            /* on the whole */
    enum on_kind kind;
    struct access_name objects[ACCESS_NAMES_MAX]; /* one without a name: all */
    size_t n_objects;
};

/* "SELECT (id, title), ALL PRIVILEGES", or names of roles. */
bool access_read_privileges(struct access_parser *p, struct grant_draft *d)
    __attribute__((warn_unused_result));
/* After ON. */
bool access_read_objects(struct access_parser *p, struct grant_draft *d)
    __attribute__((warn_unused_result));
/* Are these privileges of that kind of object? */
bool access_check_privileges(struct access_parser *p, const struct grant_draft *d)
    __attribute__((warn_unused_result));

#endif
