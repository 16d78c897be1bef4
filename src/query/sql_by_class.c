/*
 * What is greater and less where a text stands for values of more than one class.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/sql.h"

/* The bytes among what the text stands for beside itself, or NULL. */
const struct value *sql_bytes_beside(const struct literal *literal)
{
    const struct value *last = &literal->values[literal->n - 1];

    if (literal->n == 1 || last->type != VALUE_BLOB)
        return NULL;
    return last;
}

/* A value that the text stands for, and what bounds its class against another that is looked at, too;
 * no value, no bound: NULL. */
struct class_part {
    const struct value *value; /* in the literal */
    const char *bound;
};

/* (x < '' AND x > 5), or x > 5 without a bound. */
static void class_part(struct sql *q, const struct node *node, const struct condition *c,
                       const struct literal *literal, const struct class_part *part)
{
    size_t nth = (size_t)(part->value - literal->values);

    if (!part->bound) {
        sql_compare_value(q, node, c, literal, nth);
        return;
    }
    SQL(q, "(");
    sql_compared(q, node, c);
    sql_text(q, part->bound);
    SQL(q, " AND ");
    sql_compare_value(q, node, c, literal, nth);
    SQL(q, ")");
}

/*
 * Numbers come before all text, and text before all blobs, as in an order: the numbers of a column
 * are those below '', its texts those below x''. Each value is compared with what the text stands for
 * in its own class. With the number 5 that "5" spells,
 *   > is (x < '' AND x > 5) OR x > '5', and < is x < 5 OR (x >= '' AND x < '5');
 * with the bytes B that the text T is the base64 of,
 *   > is (x < x'' AND x > T) OR x > B, and < is x < T OR (x >= x'' AND x < B).
 */
void sql_by_class(struct sql *q, const struct node *node, const struct condition *c,
                  const struct literal *literal)
{
    bool greater = c->op == OPERATOR_GT || c->op == OPERATOR_GTE;
    struct class_part number = {NULL, NULL}, text = {&literal->values[0], NULL};
    struct class_part bytes = {sql_bytes_beside(literal), NULL};
    const struct class_part *const parts[] = {&number, &text, &bytes};
    const char *before = "(";

    if (literal->has_number)
        number.value = &literal->values[1];
    if (greater) {
        number.bound = "<''";
        text.bound = bytes.value ? "<x''" : NULL;
    } else {
        text.bound = number.value ? ">=''" : NULL;
        bytes.bound = ">=x''";
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i]->value)
            continue;
        sql_text(q, before);
        before = " OR ";
        class_part(q, node, c, literal, parts[i]);
    }
    SQL(q, ")");
}
