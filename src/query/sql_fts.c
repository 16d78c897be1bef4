/*
 * Full-text search as SQL: the rows whose rowid an FTS5 index finds. The expression is a bound
 * value.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/buf.h"
#include "query/fts.h"
#include "query/rights.h"
#include "query/sql.h"

/* Bytes of an FTS5 expression. */
#define FTS_MAX 65536

/* The index as the owner knows it. */
static const struct table *whole_index(const struct table *table)
{
    const struct table *index = table->fts->index;

    return index->whole ? index->whole : index;
}

static bool may_search(const struct table *table, struct slice name)
{
    int column = table_column(table, name);

    return column >= 0 && rights_may_read(table, column);
}

/* How many of the index's columns may be searched. */
static size_t count_searchable(const struct table *table)
{
    const struct table *index = whole_index(table);
    size_t n = 0;

    for (size_t i = 0; i < index->n_columns; i++)
        n += may_search(table, index->columns[i].name);
    return n;
}

/* "a" "b": those of the index's columns that the role may read. */
static void add_searchable(struct buf *text, const struct table *table)
{
    const struct table *index = whole_index(table);

    for (size_t i = 0; i < index->n_columns; i++) {
        if (may_search(table, index->columns[i].name))
            fts_string(text, index->columns[i].name);
    }
}

/* The search in FTS5's words; `whole`: of all columns, else of the field's. */
static const char *field_search(struct buf *text, const struct table *table,
                                const struct condition *c, bool whole)
{
    const char *fault;
    bool all =
        !rights_are_of_role(table) || count_searchable(table) == whole_index(table)->n_columns;

    if (whole && all)
        return fts_translate(text, c->op, c->value);
    buf_add_text(text, "{");
    if (whole)
        add_searchable(text, table);
    else
        fts_string(text, c->field.name);
    buf_add_text(text, "} : (");
    fault = fts_translate(text, c->op, c->value);
    buf_add_text(text, ")");
    return fault;
}

/* {"column"} : (expression); the index's own name is all its columns */
static bool expression(struct sql *q, const struct node *node, const struct condition *c,
                       struct value *out)
{
    const struct table *index = node->table->fts->index;
    const char *fault;
    char *copy = NULL;
    struct buf text;

    buf_init(&text, FTS_MAX);
    fault = field_search(&text, node->table, c, slice_equal(c->field.name, index->name));
    if (!fault && !text.failed)
        copy = arena_copy(q->arena, buf_slice(&text));
    if (copy)
        *out = value_text(slice_make(copy, text.len));
    buf_finish(&text);
    if (fault)
        return error_set(q->error, ERROR_SYNTAX, "cannot search for \"%.*s\": %s",
                         SLICE_SHOWN(c->value), fault);
    if (!copy)
        return error_set(q->error, ERROR_MEMORY, "out of memory");
    return true;
}

/* Is the field one of the index's, or the index itself? */
static bool is_indexed(const struct fts_index *fts, const struct field *field)
{
    if (!fts || field->path)
        return false;
    if (slice_equal(field->name, fts->index->name))
        return true;
    return table_column(fts->index, field->name) >= 0;
}

/* May the owner search there, and the role not? */
static bool is_hidden(const struct table *table, const struct field *field)
{
    if (!rights_are_of_role(table))
        return false;
    if (!table->fts)
        return is_indexed(table->whole->fts, field);
    return is_indexed(table->fts, field) && count_searchable(table) == 0;
}

static bool has_index(struct sql *q, const struct node *node, const struct condition *c)
{
    const struct fts_index *fts = node->table->fts;
    bool whole = fts && slice_equal(c->field.name, fts->index->name);

    if (is_hidden(node->table, &c->field))
        return rights_refuse(node->table, q->error);
    if (!whole && !sql_column(q, node->table, c->field.name))
        return false;
    if (is_indexed(fts, &c->field))
        return true;
    error_set(q->error, ERROR_UNSUPPORTED, "there is no full-text index over %.*s.%.*s",
              SLICE_ARG(node->table->name), SLICE_ARG(c->field.name));
    error_hint(q->error, "Make one: CREATE VIRTUAL TABLE … USING fts5(%.*s, content=%.*s, …).",
               SLICE_ARG(c->field.name), SLICE_ARG(node->table->name));
    return false;
}

/* What the index's rowid equals. */
static void indexed_rowid(struct sql *q, const struct node *node)
{
    int column = node->table->fts->rowid_column;

    if (column >= 0)
        sql_name(q, node, &node->table->columns[column]);
    else
        sql_rowid(q, node);
}

void sql_fts(struct sql *q, const struct node *node, const struct condition *c)
{
    const struct table *index;
    struct value value;
    bool ok = has_index(q, node, c);

    if (ok)
        ok = expression(q, node, c, &value);
    if (!ok) {
        sql_give_up(q);
        return;
    }
    index = whole_index(node->table); /* which rows are shown is not its to say */
    indexed_rowid(q, node);
    SQL(q, " IN (SELECT rowid FROM ");
    if (rights_are_of_role(node->table))
        SQL(q, "main.");
    sql_text(q, index->quoted);
    SQL(q, " WHERE ");
    sql_text(q, index->quoted);
    SQL(q, " MATCH ");
    sql_value(q, value);
    SQL(q, ")");
}
