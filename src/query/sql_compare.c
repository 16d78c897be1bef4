/*
 * What is equal, greater, less: a column and what a text may stand for (query/literal.h) as SQL, so
 * that an index on the column serves.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/json.h"
#include "base/text.h"
#include "query/literal.h"
#include "query/number_text.h"
#include "query/sql.h"

/* Nesting of a JSON value in a filter. */
#define VALUE_DEPTH 100

static const char *const comparison[] = {
    [OPERATOR_EQ] = "=",
    [OPERATOR_NEQ] = "<>",
    [OPERATOR_GT] = ">",
    [OPERATOR_GTE] = ">=",
    [OPERATOR_LT] = "<",
    [OPERATOR_LTE] = "<=",
    [OPERATOR_ISDISTINCT] = " IS NOT ",
};

/* What a JSON path finds as text. */
static const struct column json_text = {
    .name = SLICE_LITERAL("->>"), .quoted = "", .type = "TEXT", .kind = KIND_TEXT};

static const struct column *column_of(struct sql *q, const struct node *node,
                                      const struct field *field)
{
    const struct column *column = sql_column(q, node->table, field->name);

    return column && field->path ? &json_text : column;
}

static void compared_field(struct sql *q, const struct node *node, const struct condition *c)
{
    enum column_kind kind;

    sql_field(q, node, &c->field, FIELD_COMPARED, &kind);
}

static bool read_literal(struct sql *q, const struct column *column, struct slice text,
                         struct literal *out)
{
    if (literal_read(q->arena, column, text, out, q->error))
        return true;
    return sql_give_up(q);
}

/* X->path against a JSON value: numbers as numbers, all else as the text of the JSON. */
static void compare_path(struct sql *q, const struct node *node, const struct condition *c,
                         struct slice text)
{
    enum column_kind kind;
    struct value number;
    bool is_number;

    if (!json_valid(text, VALUE_DEPTH)) {
        error_set(q->error, ERROR_VALUE, "invalid input syntax for type json: \"%.*s\"",
                  SLICE_SHOWN(text));
        error_hint(q->error, "Compare text with ->> in the place of the last ->.");
        sql_give_up(q);
        return;
    }
    is_number = number_text_json(text, &number);
    sql_field(q, node, &c->field, is_number ? FIELD_COMPARED : FIELD_SHOWN, &kind);
    sql_text(q, comparison[c->op]);
    sql_value(q, is_number ? number : value_text(text));
}

static bool is_equality(enum tree_operator op)
{
    return op == OPERATOR_EQ || op == OPERATOR_NEQ || op == OPERATOR_ISDISTINCT;
}

/* A list of in.() that is longer than this is long. */
#define LONG_LIST 1024

/* Few shapes of statement exist: a list is padded, with its last value, to a power of two, a long
 * one to a multiple. */
static size_t padded_length(size_t n)
{
    size_t padded = 1;

    if (n > LONG_LIST)
        return (n + LONG_LIST - 1) / LONG_LIST * LONG_LIST;
    while (padded < n)
        padded *= 2;
    return padded;
}

static void list(struct sql *q, const struct value *values, size_t n, bool json)
{
    size_t padded = padded_length(n);

    SQL(q, "(");
    for (size_t i = 0; n && i < padded && !q->failed; i++) {
        if (i > 0)
            SQL(q, ",");
        sql_text(q, text_if(json, "json("));
        sql_value(q, values[i < n ? i : n - 1]);
        sql_text(q, text_if(json, ")"));
    }
    SQL(q, ")");
}

/* One of several values, or none of them. */
static void one_of(struct sql *q, const struct node *node, const struct condition *c,
                   const struct literal *literal)
{
    bool distinct = c->op == OPERATOR_ISDISTINCT;

    if (distinct)
        SQL(q, "(");
    compared_field(q, node, c);
    sql_text(q, c->op == OPERATOR_EQ ? " IN " : " NOT IN ");
    list(q, literal->values, literal->n, false);
    if (!distinct)
        return;
    SQL(q, " OR ");
    compared_field(q, node, c);
    SQL(q, " IS NULL)");
}

/* A column of the path's key, known as k; JSON is one value, which the row itself is compared with. */
static void key_member(struct sql *q, const struct node *node, const struct condition *c)
{
    const struct column *column = column_of(q, node, &c->field);
    struct literal literal;

    if (!column || !read_literal(q, column, c->value, &literal))
        return;
    if (literal.is_json) {
        SQL(q, "1");
        return;
    }
    SQL(q, "k.");
    sql_text(q, column->quoted);
    SQL(q, " IN ");
    list(q, literal.values, literal.n, false);
}

/* Of the rows whose keys the path may stand for, the first: it names one row, 7 before '7'. */
static void one_key(struct sql *q, const struct node *node, const struct condition *c,
                    const struct column *column)
{
    const struct table *t = node->table;
    const struct condition *member = c->key;

    compared_field(q, node, c);
    SQL(q, "=(SELECT k.");
    sql_text(q, column->quoted);
    SQL(q, " FROM ");
    sql_text(q, t->quoted);
    for (size_t i = 0; i < t->n_key && !q->failed; i++, member = member->next) {
        sql_text(q, i ? " AND " : " AS k WHERE ");
        key_member(q, node, member);
    }
    for (size_t i = 0; i < t->n_key; i++) {
        sql_text(q, i ? ",k." : " ORDER BY k.");
        sql_text(q, t->columns[t->key[i]].quoted);
    }
    SQL(q, " LIMIT 1)");
}

static void compare_value(struct sql *q, const struct node *node, const struct condition *c,
                          struct value value)
{
    compared_field(q, node, c);
    sql_text(q, comparison[c->op]);
    sql_value(q, value);
}

/* The bytes among what the text stands for beside itself, or NULL. */
static const struct value *bytes_beside(const struct literal *literal)
{
    const struct value *last = &literal->values[literal->n - 1];

    return literal->n > 1 && last->type == VALUE_BLOB ? last : NULL;
}

/*
 * Numbers come before all text, and text before all blobs, as in an order: the numbers of a column
 * are those below '', its texts those below x''. Each value is compared with what the text stands for
 * in its own class. With the number 5 that "5" spells,
 *   > is (x > 5 AND x < '') OR x > '5', and < is x < 5 OR (x >= '' AND x < '5');
 * with the bytes B that the text T is the base64 of,
 *   > is (x > T AND x < x'') OR x > B, and < is x < T OR (x >= x'' AND x < B).
 */
static void by_class(struct sql *q, const struct node *node, const struct condition *c,
                     const struct literal *literal)
{
    bool greater = c->op == OPERATOR_GT || c->op == OPERATOR_GTE;
    const struct value *number = literal->has_number ? &literal->values[1] : NULL;
    const struct value *bytes = bytes_beside(literal);
    /* What is not the end of the order is bounded: the numbers above, the bytes below. */
    const struct value *classes[] = {number, &literal->values[0], bytes};
    const char *const begins[] = {"", ">=''", ">=x''"}, *const ends[] = {"<''", "<x''", ""};
    const char *before = "(";

    for (size_t i = 0; i < 3; i++) {
        bool at_end = i == (greater ? 2U : 0U);
        bool has_next = i != 1 || (greater ? bytes : number);
        bool bounded = !at_end && has_next;

        if (!classes[i])
            continue;
        sql_text(q, before);
        before = " OR ";
        if (bounded) {
            SQL(q, "(");
            compared_field(q, node, c);
            sql_text(q, greater ? ends[i] : begins[i]);
            SQL(q, " AND ");
        }
        compare_value(q, node, c, *classes[i]);
        sql_text(q, text_if(bounded, ")"));
    }
    SQL(q, ")");
}

static void compare_column(struct sql *q, const struct node *node, const struct condition *c,
                           const struct column *column, const struct literal *literal)
{
    bool equality = is_equality(c->op);

    if (literal->is_json && (equality || column->kind == KIND_JSONB)) {
        sql_plain_json(q, node, column);
        sql_text(q, comparison[c->op]);
        SQL(q, "json(");
        sql_value(q, literal->values[0]);
        SQL(q, ")");
    } else if (literal->n > 1 && c->key) {
        one_key(q, node, c, column);
    } else if (literal->n > 1 && equality) {
        one_of(q, node, c, literal);
    } else if (!equality && (literal->has_number || bytes_beside(literal))) {
        by_class(q, node, c, literal);
    } else {
        compare_value(q, node, c, literal->values[0]);
    }
}

void sql_compare(struct sql *q, const struct node *node, const struct condition *c,
                 struct slice text)
{
    const struct column *column;
    struct literal literal;

    if (c->field.path && !c->field.as_text) {
        compare_path(q, node, c, text);
        return;
    }
    column = column_of(q, node, &c->field);
    if (column && read_literal(q, column, text, &literal))
        compare_column(q, node, c, column, &literal);
}

/* What the list's members may stand for: values, and JSON apart. */
struct members {
    struct value *values, *json;
    size_t n, n_json;
};

static bool read_members(struct sql *q, const struct column *column, const struct condition *c,
                         struct members *m)
{
    *m = (struct members){0};
    m->values = sql_alloc(q, c->n_list * LITERAL_VALUES, sizeof *m->values);
    m->json = sql_alloc(q, c->n_list, sizeof *m->json);
    for (size_t i = 0; i < c->n_list && !q->failed; i++) {
        struct literal literal;

        if (!read_literal(q, column, c->list[i], &literal))
            return false;
        if (literal.is_json) {
            m->json[m->n_json++] = literal.values[0];
            continue;
        }
        for (size_t k = 0; k < literal.n; k++)
            m->values[m->n++] = literal.values[k];
    }
    return !q->failed;
}

/* Of X->path: numbers and words are looked for in what ->> gives, other JSON in its text. */
static bool read_path_members(struct sql *q, const struct condition *c, struct members *m)
{
    *m = (struct members){0};
    m->values = sql_alloc(q, c->n_list, sizeof *m->values);
    m->json = sql_alloc(q, c->n_list, sizeof *m->json);
    for (size_t i = 0; i < c->n_list && !q->failed; i++) {
        struct value value = value_text(c->list[i]);
        bool number = number_text_json(c->list[i], &value);

        if (!number && json_valid(c->list[i], VALUE_DEPTH))
            m->json[m->n_json++] = value;
        else
            m->values[m->n++] = value;
    }
    return !q->failed;
}

void sql_member(struct sql *q, const struct node *node, const struct condition *c)
{
    const struct column *column = column_of(q, node, &c->field);
    bool path = c->field.path && !c->field.as_text;
    enum column_kind kind;
    struct members m;

    if (!column || !(path ? read_path_members(q, c, &m) : read_members(q, column, c, &m)))
        return;
    if (m.n_json) {
        if (path)
            sql_field(q, node, &c->field, FIELD_SHOWN, &kind);
        else
            sql_plain_json(q, node, column);
        SQL(q, " IN ");
        list(q, m.json, m.n_json, !path);
    }
    if (m.n_json && m.n)
        SQL(q, " OR ");
    if (m.n || !m.n_json) {
        compared_field(q, node, c);
        SQL(q, " IN ");
        list(q, m.values, m.n, false);
    }
}
