/* SPDX-License-Identifier: MIT */
#include "store/access/access.h"

#include <assert.h>
#include <stdlib.h>

#include "base/text.h"
#include "store/access/access_record.h"

struct access *access_hold(struct access *access)
{
    if (access)
        atomic_fetch_add_explicit(&access->references, 1, memory_order_relaxed);
    return access;
}

void access_drop(struct access *access)
{
    unsigned before;

    if (!access)
        return;
    before = atomic_fetch_sub_explicit(&access->references, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before > 1)
        return;
    arena_finish(&access->arena);
    free(access);
}

int access_role(const struct access *access, struct slice name)
{
    for (size_t i = 0; i < access->n_roles; i++) {
        if (slice_equal(access->roles[i].name, name))
            return (int)i;
    }
    return -1;
}

bool access_grant_is_of(const struct access_grant *grant, enum access_object kind,
                        struct slice object)
{
    if (grant->kind != kind)
        return false;
    return grant->object.len == 0 || text_equal_nocase(grant->object, object);
}

/* What is granted to this one alone. */
static bool is_executable_by(const struct access *access, int grantee, struct slice routine)
{
    bool granted = false;

    for (size_t i = 0; i < access->record->n_grants; i++) {
        const struct access_grant *g = &access->record->grants[i];

        if (g->grantee == grantee && access_grant_is_of(g, OBJECT_ROUTINE, routine))
            granted = !g->revokes;
    }
    return granted;
}

bool access_may_execute(const struct access *access, size_t role, struct slice routine)
{
    if (is_executable_by(access, GRANTEE_PUBLIC, routine))
        return true;
    for (size_t i = 0; i < access->n_roles; i++) {
        if (access->roles[role].is[i] && is_executable_by(access, (int)i, routine))
            return true;
    }
    return false;
}

int access_switched(const struct access *access, bool is_view, struct slice name)
{
    int on = -1;

    for (size_t i = 0; i < access->record->n_switches; i++) {
        const struct access_switch *s = &access->record->switches[i];

        if (s->is_view == is_view && text_equal_nocase(s->name, name))
            on = s->on;
    }
    return on;
}

bool access_has_policies(const struct access *access, struct slice table)
{
    int on = access_switched(access, false, table);

    for (size_t i = 0; on < 0 && i < access->n_policies; i++)
        on = text_equal_nocase(access->policies[i].table, table) ? 1 : -1;
    return on > 0;
}

bool access_policy_holds_for(const struct access *access, const struct access_policy *policy,
                             size_t role)
{
    if (policy->everyone)
        return true;
    for (size_t i = 0; i < access->n_roles; i++) {
        if (policy->roles[i] && access->roles[role].is[i])
            return true;
    }
    return false;
}

bool access_view_is_invoker(const struct access *access, struct slice view)
{
    return access_switched(access, true, view) > 0;
}
