/*
 * cs, cd and ov: what JSON contains. Values are JSON, or arrays as PostgreSQL writes them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/json.h"
#include "base/text.h"
#include "query/array_literal.h"
#include "query/sql.h"
#include "store/db/json_contains.h"

static const struct {
    enum tree_operator op;
    const char *word;
    enum json_operation operation;
} operations[] = {
    {OPERATOR_CS, "cs", JSON_CONTAINS},
    {OPERATOR_CD, "cd", JSON_CONTAINED},
    {OPERATOR_OV, "ov", JSON_OVERLAPS},
};

/* The row of `operations`. */
static size_t operation_of(enum tree_operator op)
{
    size_t i = sizeof operations / sizeof *operations - 1;

    while (i > 0 && operations[i].op != op)
        i--;
    return i;
}

static bool bad_value(struct sql *q, struct slice text)
{
    error_set(q->error, ERROR_VALUE, "neither JSON nor an array: \"%.*s\"", SLICE_SHOWN(text));
    error_hint(q->error,
               "A value is {a,\"b c\"}, [\"a\",\"b c\"] or {\"key\": 1}. SQLite has no ranges: "
               "compare their bounds with gte and lt.");
    return sql_give_up(q);
}

/* The texts as a JSON array of strings. */
static void add_strings(struct buf *b, const struct slice *items, size_t n)
{
    buf_add_char(b, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_add_char(b, ',');
        text_json_string(b, items[i]);
    }
    buf_add_char(b, ']');
}

/* The members of an array literal as a JSON array of strings. */
static bool literal_as_json(struct sql *q, struct slice text, struct slice *out)
{
    struct array_literal array;
    struct buf b;

    if (!array_literal_read(q->arena, text, &array, q->error)) {
        if (error_is_set(q->error))
            return sql_give_up(q);
        return bad_value(q, text);
    }
    array_literal_drop_nulls(&array);
    buf_init(&b, text.len * 6 + 16);
    add_strings(&b, array.items, array.n);
    *out = slice_make(NULL, b.len);
    if (!b.failed)
        out->data = arena_copy(q->arena, buf_slice(&b));
    buf_finish(&b);
    if (out->data)
        return true;
    return sql_fail(q);
}

/* && is of arrays, and looks at plain members. */
static bool check_overlap(struct sql *q, struct slice text)
{
    struct json_reader r = json_reader_make(text, JSON_WANTED_DEPTH);
    struct json_item item;
    bool first = true;

    if (!json_enter(&r, '['))
        return bad_value(q, text);
    while (json_next_element(&r, &first) == JSON_NEXT && json_read(&r, &item)) {
        if (item.kind == JSON_IS_ARRAY || item.kind == JSON_IS_OBJECT)
            return bad_value(q, text);
    }
    return true;
}

/* True for {a,b}, and for {}: that is JSON as well, and what an empty array is to a client. */
static bool is_array_literal(struct slice text)
{
    if (slice_is(text, "{}"))
        return true;
    if (text.len == 0 || text.data[0] != '{')
        return false;
    return !json_valid(text, JSON_WANTED_DEPTH);
}

/* The value as JSON. *literal: it is an array literal; {} is then either, by the document. */
static bool wanted(struct sql *q, const struct condition *c, struct slice *json, bool *literal)
{
    struct slice text = text_trim(c->value);

    *literal = is_array_literal(text);
    if (*literal)
        return literal_as_json(q, text, json);
    *json = text;
    if (!json_valid(text, JSON_WANTED_DEPTH))
        return bad_value(q, text);
    if (c->op == OPERATOR_OV)
        return check_overlap(q, text);
    return true;
}

static bool check_field(struct sql *q, const struct condition *c, const struct column *column)
{
    if (sql_may_hold_json(column) && !c->field.as_text)
        return true;
    error_set(q->error, ERROR_UNSUPPORTED, "the operator \"%s\" is about JSON",
              operations[operation_of(c->op)].word);
    if (c->field.as_text)
        error_hint(q->error, "Write -> in the place of the last ->>.");
    else
        error_hint(q->error, "The column \"%s\" is %s: use eq, in or another comparison.",
                   column->name.data, column->type);
    return sql_give_up(q);
}

static void document(struct sql *q, const struct node *node, const struct condition *c,
                     const struct column *column)
{
    enum column_kind kind;

    if (c->field.path) {
        sql_field(q, node, &c->field, FIELD_SHOWN, &kind);
        return;
    }
    sql_when_json(q, node, column);
    SQL(q, " END");
}

void sql_contains(struct sql *q, const struct node *node, const struct condition *c)
{
    const struct column *column = sql_column(q, node->table, c->field.name);
    struct slice json = {NULL, 0};
    bool literal;

    if (!column)
        return;
    if (!check_field(q, c, column))
        return;
    if (!wanted(q, c, &json, &literal))
        return;
    SQL(q, "thimble_json(");
    sql_number(q, operations[operation_of(c->op)].operation);
    SQL(q, ",");
    document(q, node, c, column);
    SQL(q, ",");
    sql_value(q, value_text(json));
    SQL(q, ",");
    sql_value(q, value_integer(literal));
    SQL(q, ")");
}
