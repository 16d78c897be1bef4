/* SPDX-License-Identifier: MIT */
#include "store/catalog/diagnose.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/text.h"
#include "store/catalog/catalog.h"
#include "store/db/db.h"
#include "store/db/statement.h"

#define SQL_MAX 65536
#define KEY_MAX 32 /* columns of a foreign key */

static void name_list(struct buf *b, const struct table *table, const int *columns, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_addf(b, "%s%s", text_if(i > 0, ", "), table->columns[columns[i]].name.data);
}

static void add_shown_value(struct buf *b, const struct value *v)
{
    switch (v->type) {
    case VALUE_SHAPE:
    case VALUE_NULL: buf_add_text(b, "null"); break;
    case VALUE_INTEGER: buf_add_int64(b, v->as.integer); break;
    case VALUE_REAL: buf_addf(b, "%.15g", v->as.real); break;
    case VALUE_TEXT:
        buf_add(b, v->as.bytes.data, v->as.bytes.len < 100 ? v->as.bytes.len : 100);
        break;
    case VALUE_BLOB: buf_addf(b, "blob of %zu bytes", v->as.bytes.len); break;
    }
}

/* "Key (a, b)=(1, 2)" into `out`. */
static void key_text(struct buf *b, const struct table *table, const int *columns,
                     const struct value *values, size_t n)
{
    buf_add_text(b, "Key (");
    name_list(b, table, columns, n);
    buf_add_text(b, ")=(");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_add_text(b, ", ");
        add_shown_value(b, &values[i]);
    }
    buf_add_text(b, ")");
}

/* What the buffer holds; an empty text without memory. */
static struct slice buffer_text(const struct buf *b)
{
    if (!b->data)
        return slice_make("", 0);
    return buf_slice(b);
}

/* Replaces the words of the error, keeps SQLite's code. */
static void rewrite(struct error *e, const struct foreign_key *key, bool missing_parent,
                    struct buf *text)
{
    const char *child = key->child->name.data, *parent = key->parent->name.data;

    e->code = ERROR_NONE;
    e->message[0] = '\0';
    if (missing_parent) {
        error_column(e, key->child->columns[key->columns[0]].name.data);
        error_set(e, ERROR_FOREIGN_KEY,
                  "insert or update on table \"%s\" violates foreign key constraint \"%s\"", child,
                  key->name);
        error_details(e, "%.*s is not present in table \"%s\".", SLICE_ARG(buffer_text(text)),
                      parent);
    } else {
        error_set(e, ERROR_FOREIGN_KEY,
                  "update or delete on table \"%s\" violates foreign key constraint \"%s\" on "
                  "table \"%s\"",
                  parent, key->name, child);
        error_details(e, "%.*s is still referenced from table \"%s\".",
                      SLICE_ARG(buffer_text(text)), child);
    }
    error_constraint(e, key->name);
}

static enum step first_row(struct db *db, struct buf *sql, const struct value *values, size_t n,
                           struct statement **st)
{
    struct error ignored = error_none();

    *st = NULL;
    if (sql->failed)
        return STEP_FAILED;
    *st = statement_get(db, buf_slice(sql), &ignored);
    if (!*st)
        return STEP_FAILED;
    if (!statement_bind(*st, values, n, &ignored))
        return STEP_FAILED;
    return statement_step(*st, &ignored);
}

/* The place of a column among those written, n: it is not there. */
static size_t place_among(int column, const int *columns, size_t n)
{
    size_t at = 0;

    while (at < n && columns[at] != column)
        at++;
    return at;
}

/* The key's values among those written; false if one is not written or NULL (NULL refers to
 * nothing, sqlite.org/foreignkeys.html §1). */
static bool written_key(const struct foreign_key *key, const int *columns,
                        const struct value *values, size_t n, struct value *out)
{
    for (size_t i = 0; i < key->n_columns; i++) {
        size_t at = place_among(key->columns[i], columns, n);

        if (at == n || values[at].type == VALUE_NULL)
            return false;
        out[i] = values[at];
    }
    return true;
}

static bool parent_missing(struct db *db, const struct foreign_key *key, const struct value *values)
{
    struct statement *st;
    struct buf sql;
    enum step step;

    buf_init(&sql, SQL_MAX);
    buf_addf(&sql, "SELECT 1 FROM %s WHERE ", key->parent->quoted);
    for (size_t i = 0; i < key->n_columns; i++)
        buf_addf(&sql, "%s%s=?", text_if(i > 0, " AND "),
                 key->parent->columns[key->parent_columns[i]].quoted);
    step = first_row(db, &sql, values, key->n_columns, &st);
    statement_release(st);
    buf_finish(&sql);
    return step == STEP_DONE;
}

void diagnose_missing_parent(struct db *db, const struct table *table, const int *columns,
                             const struct value *values, size_t n, struct error *e)
{
    struct value key_values[KEY_MAX];

    for (size_t i = 0; i < table->n_foreign; i++) {
        const struct foreign_key *key = table->foreign[i];
        struct buf text;

        if (key->through_view || key->n_columns > KEY_MAX)
            continue;
        if (!written_key(key, columns, values, n, key_values))
            continue;
        if (!parent_missing(db, key, key_values))
            continue;
        buf_init(&text, 400);
        key_text(&text, table, key->columns, key_values, key->n_columns);
        rewrite(e, key, true, &text);
        buf_finish(&text);
        return;
    }
}

/* The values of these columns of the table among those written. */
static bool unique_values(const int *unique, size_t n_unique, const int *columns,
                          const struct value *values, size_t n, struct value *out)
{
    for (size_t i = 0; i < n_unique; i++) {
        size_t at = place_among(unique[i], columns, n);

        if (at == n)
            return false;
        out[i] = values[at];
    }
    return true;
}

/* True if the error is of this key: SQLite names its columns, in their order. */
static bool is_of_key(const struct error *e, const struct table *table, const int *unique, size_t n)
{
    struct buf text;
    bool equal;

    buf_init(&text, sizeof e->details);
    buf_add_text(&text, "Key (");
    name_list(&text, table, unique, n);
    buf_add_text(&text, ") already exists.");
    equal = !text.failed && slice_is(buf_slice(&text), e->details);
    buf_finish(&text);
    return equal;
}

/* Tells the values of the key if the error is of it; true if it is. */
static bool tell_duplicate(const struct table *table, const int *unique, size_t n_unique,
                           const int *columns, const struct value *values, size_t n,
                           struct error *e)
{
    struct value key_values[KEY_MAX];
    struct buf text;

    if (n_unique > KEY_MAX)
        return false;
    if (!is_of_key(e, table, unique, n_unique))
        return false;
    if (!unique_values(unique, n_unique, columns, values, n, key_values))
        return false;
    buf_init(&text, 400);
    key_text(&text, table, unique, key_values, n_unique);
    error_details(e, "%.*s already exists.", SLICE_ARG(buf_slice(&text)));
    buf_finish(&text);
    return true;
}

void diagnose_duplicate(const struct table *table, const int *columns, const struct value *values,
                        size_t n, struct error *e)
{
    if (!columns)
        return;
    for (size_t k = 0; k < table->n_unique; k++) {
        const struct unique_key *key = &table->unique[k];

        if (tell_duplicate(table, key->columns, key->n_columns, columns, values, n, e))
            return;
    }
    tell_duplicate(table, table->key, table->n_key, columns, values, n, e);
}

/* SELECT parent columns FROM parent WHERE (where) AND EXISTS(a child row) LIMIT 1 */
static void referenced_sql(struct buf *sql, const struct foreign_key *key, struct slice where)
{
    buf_add_text(sql, "SELECT ");
    for (size_t i = 0; i < key->n_columns; i++)
        buf_addf(sql, "%s%s", text_if(i > 0, ","),
                 key->parent->columns[key->parent_columns[i]].quoted);
    buf_addf(sql, " FROM %s AS thimble_parent WHERE ", key->parent->quoted);
    if (where.len)
        buf_addf(sql, "(%.*s) AND ", (int)where.len, where.data);
    buf_addf(sql, "EXISTS(SELECT 1 FROM %s AS thimble_child WHERE ", key->child->quoted);
    for (size_t i = 0; i < key->n_columns; i++)
        buf_addf(sql, "%sthimble_child.%s=thimble_parent.%s", text_if(i > 0, " AND "),
                 key->child->columns[key->columns[i]].quoted,
                 key->parent->columns[key->parent_columns[i]].quoted);
    buf_add_text(sql, ") LIMIT 1");
}

/* True (and the error rewritten) if `key` refers to one of the rows. */
static bool explain_reference(struct db *db, const struct foreign_key *key, struct slice where,
                              const struct value *values, size_t n, struct error *e)
{
    struct value found[KEY_MAX];
    struct statement *st;
    struct buf sql, text;
    enum step step;

    buf_init(&sql, SQL_MAX);
    buf_init(&text, 400);
    referenced_sql(&sql, key, where);
    step = first_row(db, &sql, values, n, &st);
    for (size_t i = 0; step == STEP_ROW && i < key->n_columns; i++)
        found[i] = statement_value(st, (int)i);
    if (step == STEP_ROW) {
        key_text(&text, key->parent, key->parent_columns, found, key->n_columns);
        rewrite(e, key, false, &text);
    }
    statement_release(st);
    buf_finish(&sql);
    buf_finish(&text);
    return step == STEP_ROW;
}

/* Can a delete have failed for this key, and can it be told? */
static bool may_be_referenced(const struct foreign_key *key)
{
    return key->restricts && !key->through_view && key->n_columns <= KEY_MAX;
}

void diagnose_still_referenced(struct db *db, const struct table *table, struct slice where,
                               const struct value *values, size_t n, struct error *e)
{
    for (size_t i = 0; i < table->n_referring; i++) {
        const struct foreign_key *key = table->referring[i];

        if (!may_be_referenced(key))
            continue;
        if (explain_reference(db, key, where, values, n, e))
            return;
    }
}
