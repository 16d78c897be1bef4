/*
 * CREATE ROLE and ALTER ROLE, as PostgreSQL has them
 * (postgresql.org/docs/current/sql-createrole.html).
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/access/access_parser.h"

/* ---- options of CREATE ROLE and ALTER ROLE */

enum option_effect {
    EFFECT_NONE, /* it says nothing of who may do what */
    EFFECT_BYPASS,
    EFFECT_NO_BYPASS,
    EFFECT_INHERIT,
    EFFECT_NO_INHERIT,
    EFFECT_SUPERUSER,
    EFFECT_VALUE,   /* a value follows that changes nothing here */
    EFFECT_MEMBER,  /* IN ROLE a, b */
    EFFECT_MEMBERS, /* ROLE a, b: those are members of it */
};

static const struct option {
    const char *word, *second; /* the second word, or NULL */
    enum option_effect effect;
} options[] = {
    {"BYPASSRLS", NULL, EFFECT_BYPASS},    {"NOBYPASSRLS", NULL, EFFECT_NO_BYPASS},
    {"INHERIT", NULL, EFFECT_INHERIT},     {"NOINHERIT", NULL, EFFECT_NO_INHERIT},
    {"SUPERUSER", NULL, EFFECT_SUPERUSER}, {"NOSUPERUSER", NULL, EFFECT_NONE},
    {"LOGIN", NULL, EFFECT_NONE},          {"NOLOGIN", NULL, EFFECT_NONE},
    {"CREATEDB", NULL, EFFECT_NONE},       {"NOCREATEDB", NULL, EFFECT_NONE},
    {"CREATEROLE", NULL, EFFECT_NONE},     {"NOCREATEROLE", NULL, EFFECT_NONE},
    {"REPLICATION", NULL, EFFECT_NONE},    {"NOREPLICATION", NULL, EFFECT_NONE},
    {"CONNECTION", "LIMIT", EFFECT_VALUE}, {"ENCRYPTED", "PASSWORD", EFFECT_VALUE},
    {"PASSWORD", NULL, EFFECT_VALUE},      {"VALID", "UNTIL", EFFECT_VALUE},
    {"IN", "ROLE", EFFECT_MEMBER},         {"ROLE", NULL, EFFECT_MEMBERS},
};

#define N_OPTIONS (sizeof options / sizeof *options)

static bool fail_option(struct access_parser *p)
{
    struct access_nearest nearest;

    access_nearest_begin(&nearest, p->token.text);
    for (size_t i = 0; i < N_OPTIONS; i++)
        access_nearest_offer(&nearest, slice_from(options[i].word));
    return access_fail(p, access_here(p), "%.*s is no option of a role%s",
                       SLICE_SHOWN(p->token.text), access_nearest_end(&nearest));
}

/* A number, a text or NULL. */
static bool skip_value(struct access_parser *p)
{
    (void)access_take_char(p, '-');
    if (access_at_end(p))
        return access_fail_expected(p, "a value");
    return access_advance(p);
}

static bool read_members(struct access_parser *p, size_t role, bool is_member)
{
    do {
        struct access_place place = access_here(p);
        size_t other;

        if (!access_read_role(p, &other))
            return false;
        if (!access_add_member(p, place,
                               (struct access_membership){
                                   .member = is_member ? role : other,
                                   .of = is_member ? other : role,
                                   .inherits = *access_inherits_at(p, is_member ? role : other)}))
            return false;
    } while (access_take_char(p, ','));
    return true;
}

static bool apply_option(struct access_parser *p, size_t role, enum option_effect effect,
                         struct access_place place)
{
    switch (effect) {
    case EFFECT_BYPASS:
    case EFFECT_NO_BYPASS:
        access_role_at(p, role)->bypass_rls = effect == EFFECT_BYPASS;
        return true;
    case EFFECT_INHERIT:
    case EFFECT_NO_INHERIT: *access_inherits_at(p, role) = effect == EFFECT_INHERIT; return true;
    case EFFECT_SUPERUSER:
        return access_fail(p, place,
                           "SUPERUSER is not here: GRANT what the role may do, and BYPASSRLS");
    case EFFECT_VALUE: return skip_value(p);
    case EFFECT_MEMBER:
    case EFFECT_MEMBERS: return read_members(p, role, effect == EFFECT_MEMBER);
    case EFFECT_NONE: break;
    }
    return true;
}

static bool read_option(struct access_parser *p, size_t role)
{
    struct access_place place = access_here(p);

    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (!access_take(p, options[i].word))
            continue;
        if (options[i].second && !access_expect(p, options[i].second))
            return false;
        return apply_option(p, role, options[i].effect, place);
    }
    return !error_is_set(p->error) && fail_option(p);
}

static bool read_options(struct access_parser *p, size_t role)
{
    (void)access_take(p, "WITH");
    while (!access_at_end(p)) {
        if (!read_option(p, role))
            return false;
    }
    return access_expect_end(p);
}

/* ---- the statements */

/* PostgreSQL keeps these words, and what begins with pg_, for itself. */
static bool check_new_name(struct access_parser *p, const struct access_name *name)
{
    bool is_reserved = slice_is(name->text, "public") || slice_is(name->text, "none") ||
                       slice_begins(name->text, slice_from("pg_"));
    size_t other;

    if (is_reserved)
        return access_fail(p, name->place, "role name \"%.*s\" is reserved",
                           SLICE_SHOWN(name->text));
    if (!access_look_up_role(p, name->text, &other))
        return true;
    return access_fail(p, name->place, "role \"%.*s\" already exists, from %s:%d",
                       SLICE_SHOWN(name->text), access_role_at(p, other)->place.file,
                       access_role_at(p, other)->place.line);
}

bool access_create_role(struct access_parser *p, struct access_place place)
{
    struct access_role *role;
    struct access_name name;
    bool *inherits;

    if (!access_read_name(p, "the name of a role", &name))
        return false;
    access_fold(&name);
    if (!check_new_name(p, &name))
        return false;
    role = access_add(p, &p->roles, sizeof *role, ACCESS_ROLES_MAX);
    inherits = role ? access_add(p, &p->inherits, sizeof *inherits, ACCESS_ROLES_MAX) : NULL;
    if (!inherits)
        return false;
    *role = (struct access_role){.name = name.text, .place = place};
    *inherits = true;
    return read_options(p, p->roles.n - 1);
}

bool access_alter_role(struct access_parser *p, struct access_place place)
{
    size_t role;
    (void)place;

    return access_read_role(p, &role) && read_options(p, role);
}
