/*
 * GRANT and REVOKE, as PostgreSQL has them (postgresql.org/docs/current/sql-grant.html).
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/access/access_grant_draft.h"

/* A query's right: to call it. */
#define RIGHT_EXECUTE 1u

/* What is granted to this one alone on the whole table so far, of these rights. */
static unsigned granted_so_far(const struct access_parser *p, int grantee, struct slice table,
                               unsigned of)
{
    const struct access_grant *grants = p->grants.items;
    unsigned rights = 0;

    for (size_t i = 0; i < p->grants.n; i++) {
        const struct access_grant *g = &grants[i];

        if (g->grantee != grantee || !access_grant_is_of(g, OBJECT_TABLE, table))
            continue;
        rights = g->revokes ? rights & ~g->rights : rights | g->rights;
    }
    return rights & of;
}

/* A column's right that is part of one on the whole cannot be taken: PostgreSQL passes over that without
 * a word, and the secret stays readable. */
static bool check_columns(struct access_parser *p, const struct grant_draft *d,
                          const struct access_grant *grant)
{
    for (size_t i = 0; d->revokes && i < grant->n_columns; i++) {
        const struct access_granted_column *c = &grant->columns[i];

        if (granted_so_far(p, grant->grantee, grant->object, c->column.rights))
            return access_fail(
                p, c->place,
                "the right is on the whole of %s, and stays for this column: REVOKE it "
                "there and GRANT it on the other columns",
                grant->object.data);
    }
    return true;
}

static bool add_grant(struct access_parser *p, const struct grant_draft *d,
                      const struct access_name *object, int grantee, struct access_place place)
{
    struct access_grant *grant, new = {
                                    .revokes = d->revokes,
                                    .kind = d->kind == ON_ROUTINE ? OBJECT_ROUTINE : OBJECT_TABLE,
                                    .object = object->text,
                                    .grantee = grantee,
                                    .rights = d->kind == ON_ROUTINE ? RIGHT_EXECUTE : d->rights,
                                    .n_columns = d->columns.n,
                                    .columns = d->columns.items,
                                    .place = place,
                                    .object_place = object->place,
                                };

    if (!check_columns(p, d, &new))
        return false;
    grant = access_add(p, &p->grants, sizeof *grant, ACCESS_ENTRIES_MAX);
    if (grant)
        *grant = new;
    return grant != NULL;
}

/* To one of those that it is granted to; rights on schemas and sequences mean nothing here. */
static bool add_grants(struct access_parser *p, const struct grant_draft *d,
                       struct access_place place)
{
    int grantee;

    if (!access_read_grantee(p, &grantee))
        return false;
    if (d->kind == ON_SCHEMA || d->kind == ON_SEQUENCE)
        return true;
    for (size_t i = 0; i < d->n_objects; i++) {
        if (!add_grant(p, d, &d->objects[i], grantee, place))
            return false;
    }
    return true;
}

static bool read_end(struct access_parser *p, bool revokes)
{
    if (revokes)
        (void)(access_take(p, "CASCADE") || access_take(p, "RESTRICT"));
    else if (access_take(p, "WITH") && !access_expect(p, "GRANT OPTION"))
        return false;
    return access_expect_end(p);
}

static bool grant_rights(struct access_parser *p, struct grant_draft *d, struct access_place place)
{
    if (!access_read_objects(p, d) || !access_check_privileges(p, d) ||
        !access_expect(p, d->revokes ? "FROM" : "TO"))
        return false;
    do {
        if (!add_grants(p, d, place))
            return false;
    } while (access_take_char(p, ','));
    return read_end(p, d->revokes);
}

static bool read_statement(struct access_parser *p, struct access_place place, bool revokes)
{
    struct grant_draft d = {.revokes = revokes};

    if (!access_read_privileges(p, &d))
        return false;
    if (token_is(p->token, revokes ? "FROM" : "TO"))
        return access_grant_roles(p, revokes, d.names, d.n_names);
    return access_expect(p, "ON") && grant_rights(p, &d, place);
}

bool access_grant(struct access_parser *p, struct access_place place)
{
    return read_statement(p, place, false);
}

bool access_revoke(struct access_parser *p, struct access_place place)
{
    if (token_is(p->token, "GRANT") || token_is(p->token, "ADMIN"))
        return access_fail(p, access_here(p), "there is no right to grant, thus none to take");
    return read_statement(p, place, true);
}
