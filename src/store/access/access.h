/*
 * Who may do what, as the access files say it: roles, what is granted to them, and the policies that
 * say which rows. PostgreSQL's words and meaning (postgresql.org/docs/current/ddl-rowsecurity.html).
 * Immutable, counted; any thread. Names are matched with a catalogue's by whoever asks.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_ACCESS_H
#define THIMBLE_STORE_ACCESS_ACCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

struct access_record; /* store/access/access_record.h */
struct catalog;

/* A set of rights: bits. */
enum access_right {
    RIGHT_SELECT = 1,
    RIGHT_INSERT = 2,
    RIGHT_UPDATE = 4,
    RIGHT_DELETE = 8,
    RIGHTS_ALL = 15,
};

/* Where a thing stands in the files, for messages. */
struct access_place {
    const char *file; /* its name, without the folder */
    int line, column; /* from 1 */
};

struct access_role {
    struct slice name; /* NUL-terminated */
    bool bypass_rls;   /* policies do not hold for it; its own alone, no member has it by it */
    const bool *is;    /* by role: it has that one's rights, at any depth; its own, too */
    struct access_place place;
};

/* What a grant to one role says of one table, or of all of them; a role has the sum of what is granted
 * to those that it is a member of, and to PUBLIC. A column that may be set freely by one of these has
 * no preset; of several presets the role's own is first, then those of roles in their order, PUBLIC's. */
struct access_column_rights {
    struct slice name;         /* NUL-terminated, as the files spell it: to be met in any case */
    unsigned rights;           /* RIGHT_SELECT, _INSERT, _UPDATE */
    const char *preset_insert; /* an expression that the column is set to, or NULL */
    const char *preset_update;
};
struct access_table_rights {
    unsigned
        rights; /* on the table: on each of its columns, also on those that have a preset below */
    size_t n_columns;
    const struct access_column_rights *columns; /* on these beside it */
};

struct access_policy {
    struct slice name, table; /* NUL-terminated */
    bool restrictive;         /* all of these must hold, and one at least of the others */
    unsigned rights;          /* for which verbs */
    bool everyone;            /* TO PUBLIC */
    const bool *roles;        /* by role: TO … */
    const char *using;        /* a condition, or NULL: none is said */
    const char *check;        /* …of the row as it becomes; NULL: `using` */
    struct access_place place, table_place, using_place, check_place;
};

struct access {
    size_t n_roles;
    const struct access_role *roles; /* in the order of their creation */
    size_t n_policies;
    const struct access_policy *policies; /* in the order of the files */
    const struct access_record *record;   /* access_*.c's own: what was granted, in order */

    struct arena arena;
    _Atomic unsigned references;
};

/* A file of statements; text and name outlive the parsing. */
struct access_file {
    const char *name;
    struct slice text;
};

/*
 * Reads the files, in order: CREATE ROLE, ALTER ROLE, GRANT, REVOKE, CREATE POLICY, ALTER TABLE … ROW LEVEL
 * SECURITY, ALTER VIEW … SET (security_invoker). A name without quotes is a role's in lower case, as
 * PostgreSQL has it; tables, columns and queries are met in any case, as SQLite has it. NULL with ERROR_FAILURE in one line: file:line:column, what is wrong, the
 * nearest name. One reference.
 */
struct access *access_parse(const struct access_file *files, size_t n, struct error *e);

struct access *access_hold(struct access *access); /* one more; returns it; takes NULL */
void access_drop(struct access *access);           /* one less; takes NULL */

/* Are all that is named tables, columns, queries of this catalogue? False as access_parse. Expressions are
 * looked at when a role's views are made (store/access/role_views.h). */
bool access_fits(const struct access *access, const struct catalog *catalog, struct error *e)
    __attribute__((warn_unused_result));

/* The role of exactly that name, or -1. */
int access_role(const struct access *access, struct slice name);

/* What the role may do with the table, its columns named in `out` in the arena; false without memory. */
bool access_table_rights(const struct access *access, size_t role, struct slice table,
                         struct arena *arena, struct access_table_rights *out)
    __attribute__((warn_unused_result));
bool access_may_execute(const struct access *access, size_t role, struct slice routine);

/* Do policies say which of the table's rows are seen? (The last of ENABLE and DISABLE ROW LEVEL SECURITY,
 * or there is one.) */
bool access_has_policies(const struct access *access, struct slice table);
/* Is it the role's or one's that it is a member of, or everybody's? It says nothing of bypass_rls. */
bool access_policy_holds_for(const struct access *access, const struct access_policy *policy,
                             size_t role);

/* ALTER VIEW … SET (security_invoker = true) */
bool access_view_is_invoker(const struct access *access, struct slice view);

#endif
