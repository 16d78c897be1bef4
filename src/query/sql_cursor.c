/*
 * Pages by key: the order is completed with the primary key, and a page begins after the values
 * that the cursor holds.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/cursor.h"
#include "query/sql.h"

struct cursor_term {
    const struct column *column;
    bool descending;
    bool nulls_first;
};

struct cursor {
    struct cursor_term *terms;
    size_t n;
    uint32_t order_id;
    bool begun; /* values are there: not the first page */
    struct value *values;
};

static bool refuse_cursor(struct sql *q, const char *what, const char *hint)
{
    error_set(q->error, ERROR_UNSUPPORTED, "%s", what);
    error_hint(q->error, "%s", hint);
    return sql_give_up(q);
}

static bool has_column(const struct cursor *c, const struct column *column)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->terms[i].column == column)
            return true;
    }
    return false;
}

/* PostgreSQL puts NULLs last ascending and first descending. */
static bool has_nulls_first(const struct order_term *t)
{
    if (t->nulls == NULLS_DEFAULT)
        return t->descending;
    return t->nulls == NULLS_FIRST;
}

static bool order_terms(struct sql *q, const struct node *root, struct cursor *c)
{
    for (const struct order_term *t = root->ask->order; t; t = t->next) {
        const struct column *column;

        if (t->relation.len || t->field.path)
            return refuse_cursor(
                q, "a cursor needs an order by columns",
                "Page with limit= and offset=, or order by columns of the resource.");
        column = sql_column(q, root->table, t->field.name);
        if (!column)
            return false;
        c->terms[c->n++] = (struct cursor_term){column, t->descending, has_nulls_first(t)};
    }
    return true;
}

/* The rowid as a column, where the key alone does not tell the rows apart. */
static bool rowid_term(struct sql *q, const struct node *root, struct cursor *c, bool descending)
{
    struct column *rowid;

    if (!root->table->rowid)
        return refuse_cursor(q, "a cursor needs a key that is never NULL, or a rowid",
                             "Page with limit= and offset=.");
    rowid = sql_alloc(q, 1, sizeof *rowid);
    if (!rowid)
        return false;
    *rowid = (struct column){
        .name = SLICE_LITERAL("rowid"), .quoted = root->table->rowid, .not_null = true};
    c->terms[c->n++] = (struct cursor_term){rowid, descending, descending};
    return true;
}

/*
 * The key goes the way of the last term, so that one index may serve for all of them. SQLite lets
 * the columns of a key be NULL, and then several rows have the same one (sqlite.org/nulls.html).
 */
static bool key_terms(struct sql *q, const struct node *root, struct cursor *c)
{
    const struct table *table = root->table;
    bool descending = c->n > 0 && c->terms[c->n - 1].descending;
    bool unique = table->n_key > 0;

    for (size_t i = 0; i < table->n_key; i++) {
        const struct column *column = &table->columns[table->key[i]];
        bool may_be_null = !column->not_null && table->kind != TABLE_VIEW;

        if (may_be_null)
            unique = false;
        if (!has_column(c, column))
            c->terms[c->n++] = (struct cursor_term){column, descending, descending};
    }
    if (unique)
        return true;
    return rowid_term(q, root, c, descending);
}

/* FNV-1a over the table, the columns and their directions. */
static uint32_t hash(uint32_t h, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        h = (h ^ (unsigned char)text.data[i]) * 16777619U;
    return (h ^ 0xff) * 16777619U;
}

static uint32_t order_id(const struct node *root, const struct cursor *c)
{
    uint32_t h = hash(2166136261U, root->table->name);

    for (size_t i = 0; i < c->n; i++) {
        char flags[2] = {c->terms[i].descending ? 'd' : 'a', c->terms[i].nulls_first ? 'f' : 'l'};

        h = hash(hash(h, c->terms[i].column->name), slice_make(flags, 2));
    }
    return h;
}

static size_t count_terms(const struct node *root)
{
    size_t n = root->table->n_key + 1; /* and the rowid */

    for (const struct order_term *t = root->ask->order; t; t = t->next)
        n++;
    return n;
}

/* What a cursor does not go with. */
static bool check_page(struct sql *q, const struct node *root, size_t terms)
{
    if (root->grouped)
        return refuse_cursor(q, "a cursor does not go with aggregates",
                             "Page with limit= and offset=.");
    if (terms > CURSOR_TERMS_MAX)
        return refuse_cursor(q, "a cursor does not go with an order of that many columns",
                             "Page with limit= and offset=, or order by fewer.");
    if (root->ask->offset > 0)
        return refuse_cursor(q, "a cursor does not go with an offset", "Use one of them.");
    return true;
}

/* The values that the page begins after; none of the first page. */
static bool read_cursor(struct sql *q, struct slice text, struct cursor *c)
{
    c->begun = text.len > 0;
    if (!c->begun)
        return true;
    if (cursor_decode(q->arena, text, c->order_id, c->values, c->n, q->error))
        return true;
    return sql_give_up(q);
}

struct cursor *sql_cursor(struct sql *q, const struct node *root, const struct query_tree *tree)
{
    struct cursor *c = sql_alloc(q, 1, sizeof *c);
    size_t n = count_terms(root);

    if (!c)
        return NULL;
    if (!check_page(q, root, n))
        return NULL;
    c->terms = sql_alloc(q, n, sizeof *c->terms);
    c->values = sql_alloc(q, n, sizeof *c->values);
    if (!c->terms || !c->values)
        return NULL;
    if (!order_terms(q, root, c))
        return NULL;
    if (!key_terms(q, root, c))
        return NULL;
    c->order_id = order_id(root, c);
    if (!read_cursor(q, tree->cursor, c))
        return NULL;
    return c;
}

void sql_cursor_outputs(struct sql *q, const struct node *root, const struct cursor *c,
                        struct plan *out)
{
    for (size_t i = 0; i < c->n; i++) {
        SQL(q, ",");
        sql_name(q, root, c->terms[i].column);
    }
    out->cursor_at = out->shape.n ? out->shape.n : 1; /* a select of nothing gives a NULL */
    out->n_cursor = c->n;
    out->order_id = c->order_id;
}

/* column > value in the term's order, NULLs in their place. */
static void after_value(struct sql *q, const struct node *root, const struct cursor_term *t,
                        struct value value)
{
    bool nulls_after = !t->nulls_first && !t->column->not_null;

    if (value.type == VALUE_NULL) {
        if (!t->nulls_first) { /* nothing comes after it */
            SQL(q, "FALSE");
            return;
        }
        sql_name(q, root, t->column);
        SQL(q, " IS NOT NULL");
        return;
    }
    SQL(q, "(");
    sql_name(q, root, t->column);
    sql_text(q, t->descending ? "<" : ">");
    sql_value(q, value);
    if (nulls_after) {
        SQL(q, " OR ");
        sql_name(q, root, t->column);
        SQL(q, " IS NULL");
    }
    SQL(q, ")");
}

/* A bound that an index on the first column can use, before the alternatives. */
static void leading_bound(struct sql *q, const struct node *root, const struct cursor *c)
{
    const struct cursor_term *t = &c->terms[0];

    if (c->n == 1 || !t->column->not_null || c->values[0].type == VALUE_NULL)
        return;
    sql_name(q, root, t->column);
    sql_text(q, t->descending ? "<=" : ">=");
    sql_value(q, c->values[0]);
    SQL(q, " AND ");
}

/* (a > x) OR (a IS x AND b > y) OR … */
bool sql_cursor_condition(struct sql *q, const struct node *root, const void *cursor)
{
    const struct cursor *c = cursor;

    if (!c->begun)
        return false;
    leading_bound(q, root, c);
    SQL(q, "(");
    for (size_t i = 0; i < c->n; i++) {
        if (i > 0)
            SQL(q, " OR (");
        for (size_t k = 0; k < i; k++) {
            sql_name(q, root, c->terms[k].column);
            SQL(q, " IS ");
            sql_value(q, c->values[k]);
            SQL(q, " AND ");
        }
        after_value(q, root, &c->terms[i], c->values[i]);
        if (i > 0)
            SQL(q, ")");
    }
    SQL(q, ")");
    return true;
}

void sql_cursor_order(struct sql *q, const struct node *root, const struct cursor *c)
{
    const char *before = " ORDER BY ";

    for (size_t i = 0; i < c->n; i++) {
        const struct cursor_term *t = &c->terms[i];
        bool first_by_itself = !t->descending; /* SQLite's own order of NULLs */

        sql_text(q, before);
        before = ",";
        sql_name(q, root, t->column);
        if (t->descending)
            SQL(q, " DESC");
        if (t->nulls_first == first_by_itself || t->column->not_null)
            continue;
        if (t->nulls_first)
            SQL(q, " NULLS FIRST");
        else
            SQL(q, " NULLS LAST");
    }
}
