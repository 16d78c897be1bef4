/*
 * What is switched on and off: ALTER TABLE … ROW LEVEL SECURITY
 * (postgresql.org/docs/current/sql-altertable.html), ALTER VIEW … SET (security_invoker)
 * (postgresql.org/docs/current/sql-alterview.html).
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "store/access/access_parser.h"

static bool add_switch(struct access_parser *p, const struct access_name *name, bool is_view,
                       bool on)
{
    struct access_switch *s = access_add(p, &p->switches, sizeof *s, ACCESS_ENTRIES_MAX);

    if (!s)
        return false;
    *s = (struct access_switch){
        .name = name->text, .is_view = is_view, .on = on, .place = name->place};
    return true;
}

static bool read_if_exists(struct access_parser *p)
{
    if (!access_take(p, "IF"))
        return !error_is_set(p->error);
    return access_expect(p, "EXISTS");
}

bool access_alter_table(struct access_parser *p, struct access_place place)
{
    struct access_name table;
    bool on, off;
    (void)place;

    if (!read_if_exists(p))
        return false;
    (void)access_take(p, "ONLY");
    if (!access_read_object(p, "the name of a table", &table))
        return false;
    on = access_take(p, "ENABLE");
    off = !on && access_take(p, "DISABLE");
    if (!on && !off) { /* nobody here owns a table whom policies would spare */
        (void)access_take(p, "NO");
        if (!token_is(p->token, "FORCE"))
            return access_fail_expected(p, "ENABLE, DISABLE or FORCE ROW LEVEL SECURITY");
        return access_expect(p, "FORCE ROW LEVEL SECURITY") && access_expect_end(p);
    }
    return access_expect(p, "ROW LEVEL SECURITY") && access_expect_end(p) &&
           add_switch(p, &table, false, on);
}

/* "= true", as PostgreSQL reads a boolean; nothing is true. */
static bool read_boolean(struct access_parser *p, bool *on)
{
    static const char *const yes[] = {"true", "on", "yes", "1"};
    static const char *const no[] = {"false", "off", "no", "0"};

    *on = true;
    if (!access_take_char(p, '='))
        return !error_is_set(p->error);
    *on = token_is_any(p->token, yes, sizeof yes / sizeof *yes);
    if (!*on && !token_is_any(p->token, no, sizeof no / sizeof *no))
        return access_fail_expected(p, "true or false");
    return access_advance(p);
}

bool access_alter_view(struct access_parser *p, struct access_place place)
{
    struct access_name view;
    bool on;
    (void)place;

    if (!read_if_exists(p) || !access_read_object(p, "the name of a view", &view))
        return false;
    if (!access_expect(p, "SET") || !access_expect_char(p, '(') ||
        !access_expect(p, "security_invoker") || !read_boolean(p, &on))
        return false;
    return access_expect_char(p, ')') && access_expect_end(p) && add_switch(p, &view, true, on);
}
