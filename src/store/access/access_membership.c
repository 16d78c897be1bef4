/*
 * Who is a member of whom: GRANT role TO role, as PostgreSQL has it
 * (postgresql.org/docs/current/role-membership.html).
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/access/access_parser.h"

static struct access_membership *membership_at(const struct access_parser *p, size_t i)
{
    return (struct access_membership *)p->memberships.items + i;
}

/* Does one role have, or may it take, what the other has? Each is visited once: `seen` is by role. */
static bool leads_to(const struct access_parser *p, size_t from, size_t to, bool *seen)
{
    bool grew = true;

    seen[from] = true;
    while (grew && !seen[to]) {
        grew = false;
        for (size_t i = 0; i < p->memberships.n; i++) {
            const struct access_membership *m = membership_at(p, i);

            if (seen[m->member] && !seen[m->of]) {
                seen[m->of] = true;
                grew = true;
            }
        }
    }
    return seen[to];
}

/* A circle is refused, as PostgreSQL does. */
static bool check_circle(struct access_parser *p, struct access_place place, size_t member,
                         size_t of)
{
    bool seen[ACCESS_ROLES_MAX] = {false};

    if (!leads_to(p, of, member, seen))
        return true;
    return access_fail(p, place, "role \"%s\" is a member of role \"%s\"",
                       access_role_at(p, of)->name.data, access_role_at(p, member)->name.data);
}

bool access_add_member(struct access_parser *p, struct access_place place,
                       struct access_membership wanted)
{
    struct access_membership *m;

    if (!check_circle(p, place, wanted.member, wanted.of))
        return false;
    for (size_t i = 0; i < p->memberships.n; i++) {
        m = membership_at(p, i);
        if (m->member == wanted.member && m->of == wanted.of) {
            *m = wanted;
            return true;
        }
    }
    m = access_add(p, &p->memberships, sizeof *m, ACCESS_ENTRIES_MAX);
    if (m)
        *m = wanted;
    return m != NULL;
}

static void remove_member(struct access_parser *p, size_t member, size_t of)
{
    for (size_t i = 0; i < p->memberships.n; i++) {
        struct access_membership *m = membership_at(p, i);

        if (m->member == member && m->of == of) {
            *m = *membership_at(p, --p->memberships.n);
            return;
        }
    }
}

/* ---- GRANT role TO role */

/* WITH ADMIN OPTION, WITH INHERIT FALSE, SET TRUE: whether it inherits is all that matters here. */
static bool read_grant_option(struct access_parser *p, int *inherits)
{
    static const char *const words[] = {"ADMIN", "SET", "INHERIT"};
    bool of_inherit = token_is(p->token, "INHERIT"), off;

    if (!token_is_any(p->token, words, sizeof words / sizeof *words))
        return access_fail_expected(p, "ADMIN, INHERIT or SET");
    if (!access_advance(p))
        return false;
    off = token_is(p->token, "FALSE");
    if (!off && !token_is(p->token, "TRUE") && !token_is(p->token, "OPTION"))
        return access_fail_expected(p, "OPTION, TRUE or FALSE");
    if (of_inherit)
        *inherits = !off;
    return access_advance(p);
}

/* *inherits is -1 if nothing is said: then the member's own INHERIT decides. */
static bool read_grant_options(struct access_parser *p, bool revokes, int *inherits)
{
    *inherits = -1;
    if (revokes)
        (void)(access_take(p, "CASCADE") || access_take(p, "RESTRICT"));
    else if (access_take(p, "WITH")) {
        do {
            if (!read_grant_option(p, inherits))
                return false;
        } while (access_take_char(p, ','));
    }
    return access_expect_end(p);
}

struct member_list {
    size_t roles[ACCESS_NAMES_MAX];
    size_t n;
};

static bool read_member_list(struct access_parser *p, struct member_list *list)
{
    list->n = 0;
    do {
        if (list->n == ACCESS_NAMES_MAX)
            return access_fail(p, access_here(p), "more than %d roles in one list",
                               ACCESS_NAMES_MAX);
        if (!access_read_role(p, &list->roles[list->n++]))
            return false;
    } while (access_take_char(p, ','));
    return true;
}

static bool change_member(struct access_parser *p, bool revokes, struct access_place place,
                          struct access_membership m)
{
    if (!revokes)
        return access_add_member(p, place, m);
    remove_member(p, m.member, m.of);
    return true;
}

bool access_grant_roles(struct access_parser *p, bool revokes, const struct access_name *names,
                        size_t n)
{
    struct member_list members;
    int inherits;
    size_t of;

    if (!access_expect(p, revokes ? "FROM" : "TO") || !read_member_list(p, &members) ||
        !read_grant_options(p, revokes, &inherits))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!access_find_role(p, &names[i], &of))
            return false;
        for (size_t k = 0; k < members.n; k++) {
            size_t member = members.roles[k];
            bool has = inherits < 0 ? *access_inherits_at(p, member) : inherits;
            const struct access_membership m = {.member = member, .of = of, .inherits = has};

            if (!change_member(p, revokes, names[i].place, m))
                return false;
        }
    }
    return true;
}

/* ---- once all is read */

/* By role: it is `role` itself, or that one has its rights through any number of others. */
static void resolve(const struct access_parser *p, size_t role, bool *is)
{
    bool grew = true;

    is[role] = true;
    while (grew) {
        grew = false;
        for (size_t i = 0; i < p->memberships.n; i++) {
            const struct access_membership *m = membership_at(p, i);

            if (m->inherits && is[m->member] && !is[m->of]) {
                is[m->of] = true;
                grew = true;
            }
        }
    }
}

bool access_resolve_roles(struct access_parser *p)
{
    for (size_t i = 0; i < p->roles.n; i++) {
        bool *is = arena_zeroed(&p->access->arena, p->roles.n, sizeof *is);

        if (!is)
            return access_fail_memory(p);
        resolve(p, i, is);
        access_role_at(p, i)->is = is;
    }
    p->access->roles = p->roles.items;
    p->access->n_roles = p->roles.n;
    return true;
}
