/* SPDX-License-Identifier: MIT */
#include "store/access/role_policy.h"

#include "base/text.h"
#include "store/access/access.h"
#include "store/catalog/lexer.h"

/* ---- conditions */

/* Of policies for one verb: their USING, or what they say of the row as it becomes. */
struct policy_side {
    unsigned right;
    bool check;
};

static const char *side_condition(const struct access_policy *policy, struct policy_side side)
{
    if (side.check && policy->check)
        return policy->check;
    return policy->using;
}

static bool policy_applies(const struct catalog *role, const struct table *table,
                           const struct access_policy *policy, struct policy_side side)
{
    if (!(policy->rights & side.right) || !side_condition(policy, side))
        return false;
    if (!text_equal_nocase(policy->table, table->name))
        return false;
    return access_policy_holds_for(role->access, policy, role->role);
}

/* claim() and role() by the names that a schema cannot use and SQLite asks once for a statement
 * (store/db/identity.h). */
static void add_expression(struct buf *b, struct slice sql)
{
    struct lexer x = {.sql = sql};
    struct token before = {.kind = TOKEN_END}, t = lexer_next(&x), next;
    size_t done = 0;

    for (; t.kind != TOKEN_END; before = t, t = next) {
        bool is_name = token_is(t, "claim") || token_is(t, "role");

        next = lexer_next(&x);
        if (!is_name || t.kind != TOKEN_WORD || !token_is_char(next, '(') ||
            token_is_char(before, '.'))
            continue;
        buf_add(b, sql.data + done, t.start - done);
        buf_add_text(b, "thimble_");
        done = t.start;
    }
    buf_add_slice(b, slice_after(sql, done));
}

/* A condition of the files ends its line: it may end in a comment. */
static void add_condition(struct buf *b, const char *between, const char *condition)
{
    buf_addf(b, "%s(", between);
    add_expression(b, slice_from(condition));
    buf_add_text(b, "\n)");
}

/* One permissive policy must hold, and there is none: nothing does. */
static void add_permissive(struct buf *b, const struct catalog *role, const struct table *table,
                           struct policy_side side)
{
    const struct access *access = role->access;
    size_t n = 0;

    buf_add_char(b, '(');
    for (size_t i = 0; i < access->n_policies; i++) {
        const struct access_policy *policy = &access->policies[i];

        if (!policy->restrictive && policy_applies(role, table, policy, side))
            add_condition(b, text_if(n++ > 0, " OR "), side_condition(policy, side));
    }
    if (n == 0)
        buf_add_text(b, "FALSE");
    buf_add_char(b, ')');
}

static void add_restrictive(struct buf *b, const struct catalog *role, const struct table *table,
                            struct policy_side side)
{
    const struct access *access = role->access;

    for (size_t i = 0; i < access->n_policies; i++) {
        const struct access_policy *policy = &access->policies[i];

        if (policy->restrictive && policy_applies(role, table, policy, side))
            add_condition(b, " AND ", side_condition(policy, side));
    }
}

static void add_side(struct buf *b, const struct catalog *role, const struct table *table,
                     unsigned right, bool check)
{
    struct policy_side side = {.right = right, .check = check};

    add_permissive(b, role, table, side);
    add_restrictive(b, role, table, side);
}

void policy_condition(struct buf *b, const struct catalog *role, const struct table *table,
                      enum policy_rows rows)
{
    static const struct {
        unsigned right;
        bool check, shown;
    } sides[] = {
        [ROWS_SHOWN] = {RIGHT_SELECT, false, false},
        [ROWS_UPDATABLE] = {RIGHT_UPDATE, false, true},
        [ROWS_DELETABLE] = {RIGHT_DELETE, false, true},
        [ROWS_INSERTED] = {RIGHT_INSERT, true, false},
        [ROWS_UPDATED] = {RIGHT_UPDATE, true, true},
    };

    buf_add_char(b, '(');
    add_side(b, role, table, sides[rows].right, sides[rows].check);
    /* A change finds its rows by what may be read of them: it needs SELECT's rows, too. */
    if (sides[rows].shown && table->n_readable > 0) {
        buf_add_text(b, " AND ");
        add_side(b, role, table, RIGHT_SELECT, false);
    }
    buf_add_char(b, ')');
}

/* ---- the names in them */

static bool may_be_table(struct slice sql, struct token t)
{
    if (t.kind == TOKEN_QUOTED)
        return sql.data[t.start] != '\'';
    return t.kind == TOKEN_WORD;
}

bool policy_mentions(struct slice sql, const struct table *table)
{
    struct lexer x = {.sql = sql};
    struct token before = {.kind = TOKEN_END}, t = lexer_next(&x), next;

    for (; t.kind != TOKEN_END; before = t, t = next) {
        next = lexer_next(&x);
        if (!may_be_table(sql, t) || !text_equal_nocase(t.text, table->name))
            continue;
        if (!token_is_char(before, '.') && !token_is_char(next, '.') && !token_is_char(next, '('))
            return true;
    }
    return false;
}

bool policy_with(struct buf *b, const struct catalog *role, struct slice sql)
{
    size_t n = 0;

    for (size_t i = 0; i < role->n_tables; i++) {
        const struct table *table = &role->tables[i];

        if (!table->has_policies || !policy_mentions(sql, table))
            continue;
        buf_addf(b, "%s%s AS (SELECT * FROM %s)", n++ > 0 ? "," : "WITH ", table->whole->quoted,
                 table->quoted);
    }
    return n > 0;
}
