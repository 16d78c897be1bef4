/*
 * CREATE POLICY, as PostgreSQL has it (postgresql.org/docs/current/sql-createpolicy.html).
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "store/access/access_parser.h"

static struct access_policy *policy_at(const struct access_parser *p, size_t i)
{
    return (struct access_policy *)p->policies.items + i;
}

/* ---- CREATE POLICY */

static bool check_new_policy(struct access_parser *p, const struct access_name *name,
                             const struct access_name *table)
{
    for (size_t i = 0; i < p->policies.n; i++) {
        const struct access_policy *other = policy_at(p, i);

        if (slice_equal(other->name, name->text) && text_equal_nocase(other->table, table->text))
            return access_fail(p, name->place,
                               "policy \"%.*s\" for table \"%.*s\" already exists, from %s:%d",
                               SLICE_SHOWN(name->text), SLICE_SHOWN(table->text), other->place.file,
                               other->place.line);
    }
    return true;
}

static bool read_kind(struct access_parser *p, struct access_policy *policy)
{
    if (!access_take(p, "AS"))
        return !error_is_set(p->error);
    policy->restrictive = token_is(p->token, "RESTRICTIVE");
    if (!policy->restrictive && !token_is(p->token, "PERMISSIVE"))
        return access_fail_expected(p, "PERMISSIVE or RESTRICTIVE");
    return access_advance(p);
}

static bool read_verbs(struct access_parser *p, struct access_policy *policy)
{
    static const struct {
        const char *word;
        unsigned rights;
    } verbs[] = {
        {"ALL", RIGHTS_ALL},      {"SELECT", RIGHT_SELECT}, {"INSERT", RIGHT_INSERT},
        {"UPDATE", RIGHT_UPDATE}, {"DELETE", RIGHT_DELETE},
    };

    policy->rights = RIGHTS_ALL;
    if (!access_take(p, "FOR"))
        return !error_is_set(p->error);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (token_is(p->token, verbs[i].word)) {
            policy->rights = verbs[i].rights;
            return access_advance(p);
        }
    }
    return access_fail_expected(p, "ALL, SELECT, INSERT, UPDATE or DELETE");
}

static bool read_whose(struct access_parser *p, struct access_policy *policy, size_t index)
{
    policy->everyone = true;
    if (!access_take(p, "TO"))
        return !error_is_set(p->error);
    policy->everyone = false;
    do {
        struct access_policy_role *of;
        int role;

        if (!access_read_grantee(p, &role))
            return false;
        if (role == GRANTEE_PUBLIC) {
            policy->everyone = true;
            continue;
        }
        of = access_add(p, &p->policy_roles, sizeof *of, ACCESS_ENTRIES_MAX);
        if (!of)
            return false;
        *of = (struct access_policy_role){.policy = index, .role = (size_t)role};
    } while (access_take_char(p, ','));
    return !error_is_set(p->error);
}

static bool read_condition(struct access_parser *p, const char **text, struct access_place *place)
{
    return access_expect_char(p, '(') && access_read_expression(p, text, place) &&
           access_expect_char(p, ')');
}

/* As PostgreSQL refuses them: the row of a SELECT or DELETE does not become another, and an INSERT's was
 * none before. */
static bool read_using(struct access_parser *p, struct access_policy *policy)
{
    struct access_place place = access_here(p);

    if (!access_take(p, "USING"))
        return !error_is_set(p->error);
    if (policy->rights == RIGHT_INSERT)
        return access_fail(p, place, "only WITH CHECK expression allowed for INSERT");
    return read_condition(p, &policy->using, &policy->using_place);
}

static bool read_check(struct access_parser *p, struct access_policy *policy)
{
    struct access_place place = access_here(p);

    if (!access_take(p, "WITH"))
        return !error_is_set(p->error);
    if (!access_expect(p, "CHECK"))
        return false;
    if (policy->rights == RIGHT_SELECT || policy->rights == RIGHT_DELETE)
        return access_fail(p, place, "WITH CHECK cannot be applied to SELECT or DELETE");
    return read_condition(p, &policy->check, &policy->check_place);
}

static bool read_rest(struct access_parser *p, struct access_policy *policy, size_t index)
{
    if (!read_kind(p, policy) || !read_verbs(p, policy) || !read_whose(p, policy, index) ||
        !read_using(p, policy) || !read_check(p, policy))
        return false;
    if (!access_at_end(p))
        return access_fail_expected(
            p, "what is left of [AS …] [FOR …] [TO …] [USING (…)] [WITH CHECK (…)], in this order");
    return access_expect_end(p);
}

bool access_create_policy(struct access_parser *p, struct access_place place)
{
    struct access_policy policy = {.place = place}, *slot;
    size_t index = p->policies.n;
    struct access_name name, table;

    if (!access_read_name(p, "the name of a policy", &name) || !access_expect(p, "ON") ||
        !access_read_object(p, "the name of a table", &table))
        return false;
    access_fold(&name);
    policy.name = name.text;
    policy.table = table.text;
    policy.table_place = table.place;
    if (!check_new_policy(p, &name, &table) || !read_rest(p, &policy, index))
        return false;
    slot = access_add(p, &p->policies, sizeof policy, ACCESS_POLICIES_MAX);
    if (slot)
        *slot = policy;
    return slot != NULL;
}

bool access_resolve_policies(struct access_parser *p)
{
    for (size_t i = 0; i < p->policies.n; i++) {
        policy_at(p, i)->roles = arena_zeroed(&p->access->arena, p->roles.n + 1, sizeof(bool));
        if (!policy_at(p, i)->roles)
            return access_fail_memory(p);
    }
    for (size_t i = 0; i < p->policy_roles.n; i++) {
        const struct access_policy_role *of =
            (struct access_policy_role *)p->policy_roles.items + i;

        ((bool *)policy_at(p, of->policy)->roles)[of->role] = true;
    }
    p->access->policies = p->policies.items;
    p->access->n_policies = p->policies.n;
    return true;
}
