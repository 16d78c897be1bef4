/* SPDX-License-Identifier: MIT */
#include "query/rights.h"

bool rights_hide_column(const struct table *table, struct slice name)
{
    if (!table->whole || table_column(table, name) >= 0)
        return false;
    return table_column(table->whole, name) >= 0;
}

bool rights_refuse(const struct table *table, struct error *e)
{
    const char *kind = table->kind == TABLE_VIEW ? "view" : "table";

    return error_set(e, ERROR_FORBIDDEN, "permission denied for %s %s", kind, table->name.data);
}

/* The expression that the column is set to by such a statement, or NULL. */
static const char *preset(const struct column *column, enum access_right right)
{
    if (right == RIGHT_INSERT)
        return column->preset_insert;
    return column->preset_update;
}

bool rights_check_column(const struct table *table, int column, enum access_right right,
                         struct error *e)
{
    const struct column *c = &table->columns[column];

    if (preset(c, right)) {
        error_column(e, c->name.data);
        error_set(e, ERROR_FORBIDDEN, "permission denied for column %s of table %s", c->name.data,
                  table->name.data);
        error_details(e, "The column \"%s\" is set by the grant.", c->name.data);
        return error_hint(e, "Leave it out: its value comes from who asks.");
    }
    if (c->rights & right)
        return true;
    error_column(e, c->name.data);
    return rights_refuse(table, e);
}

/* Are all of "a, b" columns that may be read? A name with a comma in it is none of them. */
static bool may_read_all(const struct table *table, struct slice names)
{
    while (names.len > 0) {
        size_t n = slice_find(names, ',');
        int column = table_column(table, slice_first(names, n));

        if (column < 0 || !rights_may_read(table, column))
            return false;
        if (n == names.len)
            return true;
        names = slice_after(names, n + 1);
        if (names.len > 0 && names.data[0] == ' ')
            names = slice_after(names, 1);
    }
    return false;
}

/* "Key (a, b)=(1, 2) already exists." */
static bool may_show(const struct table *table, const struct error *e)
{
    static const struct slice key = SLICE_LITERAL("Key (");
    struct slice details = slice_from(e->details);

    if (!table || !slice_begins(details, key))
        return false;
    details = slice_after(details, key.len);
    return may_read_all(table, slice_first(details, slice_find(details, ')')));
}

static bool knows_column(const struct table *table, const char *name)
{
    return table && table_column(table, slice_from(name)) >= 0;
}

static void veil_column(const struct table *table, struct error *e)
{
    if (!e->column[0] || knows_column(table, e->column))
        return;
    e->column[0] = '\0';
    if (e->code != ERROR_NOT_NULL)
        return;
    e->code = ERROR_NONE; /* the words alone are another's */
    error_record(e, ERROR_NOT_NULL, "null value in a column violates not-null constraint");
}

void rights_veil(const struct table *table, struct error *e)
{
    switch (e->code) {
    case ERROR_UNIQUE:
    case ERROR_FOREIGN_KEY:
    case ERROR_NOT_NULL:
    case ERROR_CHECK: break;
    default: return;
    }
    if (e->details[0] && !may_show(table, e))
        e->details[0] = '\0';
    veil_column(table, e);
}
