/*
 * Fields as SQL: columns, what JSON paths find in them, aggregates.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/buf.h"
#include "base/text.h"
#include "query/sql.h"

/* What the buffer holds, in the plan's arena; the buffer is freed. NULL data without memory. */
static struct slice keep_text(struct sql *q, struct buf *text)
{
    struct slice kept = {NULL, 0};

    if (!text->failed)
        kept = slice_make(arena_copy(q->arena, buf_slice(text)), text->len);
    buf_finish(text);
    if (kept.data)
        return kept;
    sql_fail(q);
    return slice_make(NULL, 0);
}

struct slice sql_json_key(struct sql *q, struct slice name)
{
    struct buf text;

    buf_init(&text, name.len * 6 + 3);
    text_json_string(&text, name);
    buf_add_char(&text, ':');
    return keep_text(q, &text);
}

void sql_when_json(struct sql *q, const struct node *node, const struct column *column)
{
    SQL(q, "CASE WHEN json_valid(");
    sql_name(q, node, column);
    SQL(q, ",10) THEN json(");
    sql_name(q, node, column);
    SQL(q, ")");
}

/* Text or JSONB; a damaged one is not touched (sqlite.org/json1.html §4.13). */
void sql_plain_json(struct sql *q, const struct node *node, const struct column *column)
{
    sql_when_json(q, node, column);
    SQL(q, " ELSE ");
    sql_name(q, node, column);
    SQL(q, " END");
}

/* JSONB comes out as text. */
void sql_shown_column(struct sql *q, const struct node *node, const struct column *column)
{
    if (column->kind == KIND_JSONB)
        sql_plain_json(q, node, column);
    else
        sql_name(q, node, column);
}

/* The steps as an SQLite path: $."key"[0][#-1] (sqlite.org/json1.html §3.3). */
static struct value path_text(struct sql *q, const struct json_step *step)
{
    struct slice path;
    struct buf text;

    buf_init(&text, 65536);
    buf_add_char(&text, '$');
    for (; step; step = step->next) {
        if (!step->is_index) {
            buf_add_char(&text, '.');
            text_json_string(&text, step->key);
            continue;
        }
        buf_add_char(&text, '[');
        if (step->key.data[0] == '-') /* from the end */
            buf_add_char(&text, '#');
        buf_add_slice(&text, step->key);
        buf_add_char(&text, ']');
    }
    path = keep_text(q, &text);
    if (!path.data)
        return value_null();
    return value_text(path);
}

bool sql_may_hold_json(const struct column *column)
{
    switch (column->kind) {
    case KIND_JSON:
    case KIND_JSONB:
    case KIND_TEXT:
    case KIND_ANY:
    case KIND_OTHER: return true;
    default: return false;
    }
}

/* ->> gives text as PostgreSQL does: true and false as words, numbers as they are written. */
static void json_as_text(struct sql *q, const struct node *node, const struct column *column,
                         struct value path)
{
    SQL(q, "CASE json_type(");
    sql_name(q, node, column);
    SQL(q, ",");
    sql_value(q, path);
    SQL(q, ") WHEN 'null' THEN NULL WHEN 'text' THEN ");
    sql_name(q, node, column);
    SQL(q, "->>");
    sql_value(q, path);
    SQL(q, " ELSE CAST(");
    sql_name(q, node, column);
    SQL(q, "->");
    sql_value(q, path);
    SQL(q, " AS TEXT) END");
}

static void json_field(struct sql *q, const struct node *node, const struct field *field,
                       const struct column *column, enum field_use use)
{
    struct value path = path_text(q, field->path);

    SQL(q, "CASE WHEN json_valid(");
    sql_name(q, node, column);
    SQL(q, ",10) THEN ");
    if (field->as_text) {
        json_as_text(q, node, column, path);
    } else {
        sql_name(q, node, column);
        sql_text(q, use == FIELD_SHOWN ? "->" : "->>");
        sql_value(q, path);
    }
    SQL(q, " END");
}

/* What a path finds, by its last arrow. */
static enum column_kind path_kind(const struct field *field)
{
    if (field->as_text)
        return KIND_TEXT;
    return KIND_JSON;
}

void sql_field(struct sql *q, const struct node *node, const struct field *field,
               enum field_use use, enum column_kind *kind)
{
    const struct column *column = sql_column(q, node->table, field->name);

    if (!column)
        return;
    *kind = column->kind;
    if (!field->path) {
        if (use == FIELD_SHOWN)
            sql_shown_column(q, node, column);
        else
            sql_name(q, node, column);
        return;
    }
    if (!sql_may_hold_json(column)) {
        error_column(q->error, column->name.data);
        error_set(q->error, ERROR_VALUE, "the column \"%s\" of type %s is not JSON",
                  column->name.data, column->type);
        sql_give_up(q);
        return;
    }
    *kind = path_kind(field);
    json_field(q, node, field, column, use);
}

void sql_compared(struct sql *q, const struct node *node, const struct condition *c)
{
    enum column_kind kind;

    sql_field(q, node, &c->field, FIELD_COMPARED, &kind);
}

/* The kind of a field before it is written: a cast must know what it is around. */
static enum column_kind field_kind(const struct node *node, const struct field *field)
{
    int column;

    if (field->path)
        return path_kind(field);
    column = table_column(node->table, field->name);
    if (column >= 0)
        return node->table->columns[column].kind;
    return KIND_TEXT;
}

static void cast_field(struct sql *q, const struct node *node, const struct select_item *item,
                       enum column_kind *kind)
{
    const struct sql_cast cast = sql_cast_begin(q, &item->cast, field_kind(node, &item->field));

    sql_field(q, node, &item->field, FIELD_SHOWN, kind);
    sql_cast_end(q, &cast, kind);
}

static const char *aggregate_name(enum tree_aggregate aggregate)
{
    static const char *const names[] = {[AGGREGATE_NONE] = "",
#define ROW(name, word) [AGGREGATE_##name] = word,
                                        TREE_AGGREGATES(ROW)
#undef ROW
    };

    return names[aggregate];
}

static enum column_kind aggregate_kind(enum tree_aggregate aggregate, enum column_kind kind)
{
    switch (aggregate) {
    case AGGREGATE_COUNT: return KIND_INTEGER;
    case AGGREGATE_AVG: return KIND_REAL;
    case AGGREGATE_SUM: return KIND_NUMERIC;
    default: return kind;
    }
}

static void aggregate_field(struct sql *q, const struct node *node, const struct select_item *item,
                            enum column_kind *kind)
{
    sql_text(q, aggregate_name(item->aggregate));
    SQL(q, "(");
    cast_field(q, node, item, kind);
    SQL(q, ")");
    *kind = aggregate_kind(item->aggregate, *kind);
}

struct slice sql_item_name(const struct select_item *item)
{
    struct slice name = item->field.name;

    if (item->alias.len)
        return item->alias;
    if (item->aggregate)
        return slice_from(aggregate_name(item->aggregate));
    for (const struct json_step *step = item->field.path; step; step = step->next) {
        if (!step->is_index)
            name = step->key;
    }
    return name;
}

static void item_expression(struct sql *q, const struct node *node, const struct select_item *item,
                            enum column_kind *kind)
{
    if (node_is_count(node, item)) {
        SQL(q, "count(*)");
        *kind = KIND_INTEGER;
    } else if (item->aggregate) {
        aggregate_field(q, node, item, kind);
    } else {
        cast_field(q, node, item, kind);
    }
}

/* "name": of a column under its own name, which the catalogue has ready; NULL: of anything else. */
static const struct slice *ready_key(const struct node *node, const struct select_item *item)
{
    int column;

    if (item->aggregate || item->field.path || item->alias.len)
        return NULL;
    column = table_column(node->table, item->field.name);
    if (column < 0)
        return NULL;
    return &node->table->columns[column].json_key;
}

void sql_item(struct sql *q, const struct node *node, const struct select_item *item,
              struct output *out)
{
    const struct slice *key = ready_key(node, item);
    const struct sql_cast cast =
        sql_cast_begin(q, &item->aggregate_cast, aggregate_kind(item->aggregate, KIND_NUMERIC));

    item_expression(q, node, item, &out->kind);
    sql_cast_end(q, &cast, &out->kind);
    out->name = sql_item_name(item);
    if (key)
        out->key = *key;
    else
        out->key = sql_json_key(q, out->name);
}
