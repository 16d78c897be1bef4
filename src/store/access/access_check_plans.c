/*
 * Policies that no index serves, for thimble access check.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "store/access/access.h"
#include "store/access/access_check.h"
#include "store/access/role_views.h"
#include "store/catalog/lexer.h"

/* Does it say which rows of the table the role sees? */
static bool is_looked_at(const struct catalog *part, const struct access_policy *p,
                         const struct table *table)
{
    bool is_of = text_equal_nocase(p->table, table->name) && p->rights & RIGHT_SELECT;

    return is_of && access_policy_holds_for(part->access, p, part->role);
}

bool access_check_gives_rows(const struct catalog *part, const struct table *table)
{
    for (size_t i = 0; i < part->access->n_policies; i++) {
        const struct access_policy *p = &part->access->policies[i];

        if (!p->restrictive && is_looked_at(part, p, table))
            return true;
    }
    return false;
}

/* Does the text mention a column? Without one no index is of use: USING (true). */
static bool mentions_column(const char *text, const struct table *table)
{
    struct lexer x = {.sql = slice_from(text)};

    for (struct token t = lexer_next(&x); t.kind != TOKEN_END; t = lexer_next(&x)) {
        for (size_t i = 0; i < table->whole->n_columns; i++) {
            if (text_equal_nocase(t.text, table->whole->columns[i].name))
                return true;
        }
    }
    return false;
}

/* Is each of its policies about columns? One that is not gives every row, or none. */
static bool are_about_columns(const struct catalog *part, const struct table *table)
{
    for (size_t i = 0; i < part->access->n_policies; i++) {
        const struct access_policy *p = &part->access->policies[i];
        bool is_about = p->using && mentions_column(p->using, table);

        if (is_looked_at(part, p, table) && !is_about)
            return false;
    }
    return access_check_gives_rows(part, table);
}

static void note_scan(const struct catalog *part, const struct table *table,
                      struct access_check *check)
{
    const char *before = "";

    buf_addf(check->out, "note: %s on %s: no index serves ",
             part->access->roles[part->role].name.data, table->name.data);
    for (size_t i = 0; i < part->access->n_policies; i++) {
        const struct access_policy *p = &part->access->policies[i];

        if (!is_looked_at(part, p, table))
            continue;
        buf_addf(check->out, "%s%s (%s:%d)", before, p->name.data, p->place.file, p->place.line);
        before = ", ";
    }
    buf_add_text(check->out, "\n");
    check->notes++;
}

bool access_check_plans(struct db *db, struct catalog *part, struct access_check *check,
                        struct error *e)
{
    if (!role_views_attach(db, part, e))
        return false;
    for (size_t i = 0; i < part->n_tables; i++) {
        const struct table *table = &part->tables[i];
        bool is_held_back = table->has_policies && table->kind == TABLE_TABLE, scans;

        if (!is_held_back || !are_about_columns(part, table))
            continue;
        if (!access_check_scans(db, table, &scans, e))
            return false;
        if (scans)
            note_scan(part, table, check);
    }
    return true;
}
