/*
 * Full-text search as SQL: the rows whose rowid an FTS5 index finds. The expression is a bound
 * value.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/buf.h"
#include "query/fts.h"
#include "query/sql.h"

/* Bytes of an FTS5 expression. */
#define FTS_MAX 65536

/* {"column"} : (expression); the index's own name is all its columns */
static bool expression(struct sql *q, const struct node *node, const struct condition *c,
                       struct value *out)
{
    const struct table *index = node->table->fts->index;
    bool whole = slice_equal(c->field.name, index->name);
    const char *fault;
    struct buf text;
    char *copy;

    buf_init(&text, FTS_MAX);
    if (!whole) {
        buf_add_text(&text, "{");
        fts_string(&text, c->field.name);
        buf_add_text(&text, "} : (");
    }
    fault = fts_translate(&text, c->op, c->value);
    if (!whole)
        buf_add_text(&text, ")");
    copy = !fault && !text.failed ? arena_copy(q->arena, buf_slice(&text)) : NULL;
    *out = value_text(slice_make(copy, copy ? text.len : 0));
    buf_finish(&text);
    if (fault)
        error_set(q->error, ERROR_SYNTAX, "cannot search for \"%.*s\": %s", SLICE_SHOWN(c->value),
                  fault);
    else if (!copy)
        error_set(q->error, ERROR_MEMORY, "out of memory");
    return copy != NULL;
}

static bool has_index(struct sql *q, const struct node *node, const struct condition *c)
{
    const struct fts_index *fts = node->table->fts;
    bool whole = fts && slice_equal(c->field.name, fts->index->name);

    if (!whole && !sql_column(q, node->table, c->field.name))
        return false;
    if (!c->field.path && fts && (whole || table_column(fts->index, c->field.name) >= 0))
        return true;
    error_set(q->error, ERROR_UNSUPPORTED, "there is no full-text index over %.*s.%.*s",
              SLICE_ARG(node->table->name), SLICE_ARG(c->field.name));
    error_hint(q->error, "Make one: CREATE VIRTUAL TABLE … USING fts5(%.*s, content=%.*s, …).",
               SLICE_ARG(c->field.name), SLICE_ARG(node->table->name));
    return false;
}

void sql_fts(struct sql *q, const struct node *node, const struct condition *c)
{
    const struct fts_index *fts = node->table->fts;
    struct value value;

    if (!has_index(q, node, c) || !expression(q, node, c, &value)) {
        sql_give_up(q);
        return;
    }
    if (fts->rowid_column >= 0) {
        sql_name(q, node, &node->table->columns[fts->rowid_column]);
    } else {
        sql_rowid(q, node);
    }
    SQL(q, " IN (SELECT rowid FROM ");
    sql_text(q, fts->index->quoted);
    SQL(q, " WHERE ");
    sql_text(q, fts->index->quoted);
    SQL(q, " MATCH ");
    sql_value(q, value);
    SQL(q, ")");
}
