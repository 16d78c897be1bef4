/*
 * What the database holds, as SQLite tells it: tables, views, columns, keys. One
 * immutable, reference-counted structure in one arena; a request holds the one it
 * began with while a newer one replaces it for others. Any thread may hold and
 * drop; the content never changes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_CATALOG_CATALOG_H
#define THIMBLE_STORE_CATALOG_CATALOG_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

struct access;
struct db;
struct routine_set;
struct table;

/* What a column is declared to hold (catalog_kind): how its values look in JSON, and what a text
 * means that is compared with it or written to it (query/literal.h). */
enum column_kind {
    KIND_TEXT,    /* string */
    KIND_INTEGER, /* number, exact to 64 bits */
    KIND_REAL,    /* number */
    KIND_NUMERIC, /* number, integer or real as stored */
    KIND_BOOLEAN, /* true, false */
    KIND_JSON,    /* nested JSON, stored as text */
    KIND_JSONB,   /* nested JSON, stored as SQLite's JSONB blob */
    KIND_BLOB,    /* base64 string */
    KIND_ANY,     /* no type, or ANY: as it is stored */
    KIND_OTHER,   /* a type of no standard name: as it is stored, by SQLite's affinity */
    KIND_NESTED,  /* no column's: JSON that this program wrote */
};

struct column {
    struct slice name;       /* NUL-terminated */
    const char *quoted;      /* "name" as an SQL identifier */
    struct slice json_key;   /* "name": as a member of a JSON object begins */
    const char *type;        /* declared type, upper case, "" if none */
    const char *default_sql; /* default as an SQL expression, or NULL */
    enum column_kind kind;
    bool keeps_text; /* its affinity makes no number of a text */
    bool rigid;      /* holds nothing but its kind: in a STRICT table, or a rowid's alias */
    bool spells;     /* what it is equal to may be spelled otherwise: a collation, or no type */
    bool not_null;   /* NOT NULL, or part of a key that cannot be NULL */
    bool generated;  /* GENERATED ALWAYS: cannot be written */
    unsigned char rights;      /* RIGHT_SELECT, _INSERT, _UPDATE (store/access/access.h) */
    const char *preset_insert; /* the role's rows have this, an expression, in it; or NULL */
    const char *preset_update;
    int key_position; /* 1… within the primary key, 0 if not part of it */
    const char
        *missing_collation; /* its collation if this program has it not: compared as BINARY */
};

/*
 * What is in the schema and cannot be read: a virtual table whose module is not in this program, a
 * broken view, a generated column that calls an unknown function.
 */
struct unserved {
    struct slice name;    /* NUL-terminated */
    enum error_code code; /* what a request for it gets… */
    const char *reason;   /* …and in SQLite's words */
};

struct foreign_key {
    const char *name;          /* the CONSTRAINT's name, else table_column_fkey */
    const struct table *child; /* the table that has the columns */
    const struct table *parent;
    size_t n_columns;
    const int *columns;        /* indexes into child->columns */
    const int *parent_columns; /* indexes into parent->columns */
    bool restricts;            /* deleting a parent row with children fails (NO ACTION, RESTRICT) */
    bool follows;      /* a parent's new key changes the child (ON UPDATE CASCADE, SET …) */
    bool child_unique; /* the child's columns are unique: a one-to-one */
    bool child_in_key; /* the child's columns are part of its primary key: a junction's */
    bool through_view; /* child or parent is a view over the table that has the key */
    const struct foreign_key *base; /* …whose key this is; else itself */
};

/* An FTS5 index (sqlite.org/fts5.html) over a table's rows, or the FTS5 table itself. */
struct fts_index {
    const struct table *index; /* the FTS5 table */
    int rowid_column;          /* of the table that is searched: what the index's rowid equals;
                                * -1: its rowid */
};

struct unique_key {
    const char *name; /* index name, or table_columns_key for an automatic one */
    size_t n_columns;
    const int *columns;
    bool partial;      /* has a WHERE */
    const char *where; /* …its condition as SQL; NULL: not known, or none */
};

/* A column of a key that nobody may show, filter by or name: in SQL, where it is read as a role reads the
 * table, and in the table itself. */
struct hidden_key {
    const char *shown, *written;
};

enum table_kind { TABLE_TABLE, TABLE_VIEW, TABLE_VIRTUAL };

struct table {
    struct slice name;      /* NUL-terminated */
    const char *quoted;     /* what a SELECT reads: the table, or the role's view of it */
    const char *for_update; /* …and these the rows that it may change, */
    const char *for_delete; /* …delete */
    const char *target;     /* what is written: the table itself */
    enum table_kind kind;
    struct slice sql; /* a view's CREATE VIEW; else empty */
    size_t index;     /* position in catalog->tables */
    size_t n_columns;
    size_t n_readable; /* the columns that may be read, before those that may be written alone */
    const struct column *columns;
    unsigned char rights; /* on any of its columns (store/access/access.h) */
    bool has_policies;    /* that hold for the role */
    bool unsteady;        /* …and may look at a clock (store/access/access_steady.h) */
    const struct table
        *whole;               /* a role's: the same in the whole database's catalogue; NULL there */
    size_t n_key;             /* columns of the primary key; 0: no row path */
    const int *key;           /* indexes into columns, in key order */
    const struct table *base; /* a view's: whose key it has; NULL: none */
    size_t
        n_hidden_key; /* a role's WITHOUT ROWID that may not read the whole key, and then has none: */
    const struct hidden_key *hidden_key; /* …what tells its rows apart instead */
    int rowid_alias;                     /* index of the INTEGER PRIMARY KEY, or -1 */
    const char
        *rowid; /* the rowid in SQL: its alias, or the name that no column takes; NULL: a view,
                        * WITHOUT ROWID, or all three names are taken */
    bool strict;
    bool has_triggers; /* a write may change more than it says: re-read what it returns */
    bool insertable, updatable, deletable;
    size_t n_foreign; /* foreign keys of this table */
    const struct foreign_key *const *foreign;
    size_t n_referring; /* foreign keys of others (or itself) that point here */
    const struct foreign_key *const *referring;
    size_t n_unique;
    const struct unique_key *unique;
    const struct fts_index *fts; /* NULL: no full-text search */
    size_t n_unserved;
    const struct unserved *unserved; /* columns that are not among `columns` */
};

struct routine;

/* Something that a floor above makes of a catalogue, and that is kept with it. */
struct catalog_extra {
    void (*release)(struct catalog_extra *extra); /* when nobody holds it */
    size_t bytes;                                 /* that it takes */
    int64_t used_us;                              /* when it was last asked for */
    _Atomic unsigned references;
};

struct catalog {
    uint64_t number;        /* no two of this process have the same, a role's neither */
    int64_t schema_version; /* PRAGMA schema_version when it was read */
    size_t n_tables;
    const struct table *tables; /* sorted by name, byte order */
    size_t n_unserved;
    const struct unserved *unserved; /* tables and views that are not among `tables` */
    size_t n_triggers;
    const struct slice *trigger_names; /* the schema's; a role's: none */
    size_t n_routines;
    const struct routine *routines; /* sorted by name; store/catalog/routine.h */

    /* A role's (store/access/role_catalog.h); NULL in that of the whole database. */
    struct catalog *base;  /* …which it is a part of, and lives as long as */
    size_t role;           /* of access->roles */
    struct access *access; /* who may do what; NULL: everybody everything */
    uint64_t serial;       /* no two of this process have the same; 0: the whole database's */
    const char *views;     /* …and the SQL that makes its views, */
    const char *triggers;  /* …and what looks at its writes (store/access/role_views.h) */

    /* catalog.c's own */
    struct routine_set *set; /* what they were compiled from; one reference, or NULL */
    _Atomic unsigned references;
    pthread_mutex_t making;      /* held by who makes `extra` */
    pthread_mutex_t lock;        /* guards `extra` */
    struct catalog_extra *extra; /* one reference, or NULL */
    struct arena arena;          /* everything above lives here */
    /* role_catalog.c's own: in the whole database's catalogue, by role; NULL: not made yet */
    _Atomic(struct catalog *) *parts;
    size_t n_parts;
};

/*
 * Reads the catalogue through `db`, in one snapshot, and compiles `routines` (NULL: none; it
 * takes a reference) against it: one that does not compile is left out with a warning. NULL with
 * an error. One reference.
 */
struct catalog *catalog_load(struct db *db, struct routine_set *routines, struct error *e);
/* The same; a routine that does not compile is an error that names it. */
struct catalog *catalog_load_strict(struct db *db, struct routine_set *routines, struct error *e);

/*
 * From here `access` says who may do what; it takes a reference. Once, while nobody else has the
 * catalogue. False with ERROR_MEMORY.
 */
bool catalog_set_access(struct catalog *catalog, struct access *access, struct error *e)
    __attribute__((warn_unused_result));

/* Frees the roles' catalogues, which are made again when they are asked for: while nobody else has the
 * catalogue, or one of them. */
void catalog_forget_parts(struct catalog *catalog);

/* A role's catalogue has no references of its own: they are those of the one that it is a part of. */
struct catalog *catalog_hold(struct catalog *catalog); /* one more reference; returns it */
void catalog_drop(struct catalog *catalog);            /* one less; frees at none. Takes NULL */

/* For store/access/: an empty one with one reference and an arena of `max` bytes, NULL without memory;
 * and its end, whatever holds it. */
struct catalog *catalog_new(size_t max);
void catalog_free(struct catalog *catalog);

/* What is kept with it, held; NULL: nothing at present. */
struct catalog_extra *catalog_extra(struct catalog *catalog);
void catalog_extra_drop(struct catalog_extra *extra); /* takes NULL */

/*
 * Around the making of it: the first waits for who makes it now; the caller looks again. The second
 * gives it to the catalogue; NULL: it was there, or could not be made. The caller's is one reference.
 */
void catalog_begin_extra(struct catalog *catalog);
void catalog_end_extra(struct catalog *catalog, struct catalog_extra *extra);

/* Gives it up, if it takes more than so many bytes, nobody has asked for it since, and nobody holds it:
 * it is made again when it is asked for. */
void catalog_forget_extra(struct catalog *catalog, size_t bytes, int64_t since_us);

/* By exact name; NULL if there is none (or it is internal: those are never in it). */
const struct table *catalog_table(const struct catalog *catalog, struct slice name);
/* Index of the column by exact name, or -1. */
int table_column(const struct table *table, struct slice name);

/* What is there and cannot be served, by exact name; NULL: it is not known. */
const struct unserved *catalog_unserved(const struct catalog *catalog, struct slice name);
const struct unserved *table_unserved(const struct table *table, struct slice name);

/* The nearest name for "did you mean", or NULL if nothing is near. Borrowed. */
const char *catalog_suggest_table(const struct catalog *catalog, struct slice name);
const char *table_suggest_column(const struct table *table, struct slice name);

/* The kind of a declared type by its name, whatever its case, its numbers in parentheses and its
 * blanks (catalog_kind.c has the names). `type` may be NULL. */
enum column_kind catalog_kind(const char *type);

/* True for a type by which SQLite stores a text as it is: of affinity TEXT or BLOB
 * (sqlite.org/datatype3.html §3.1); never in a table that is not STRICT for ANY. */
bool catalog_keeps_text(const char *type);

#endif
