/* SPDX-License-Identifier: MIT */
#include "store/access/role_missing.h"

#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "store/access/access.h"
#include "store/access/access_record.h"
#include "store/access/role_policy.h"

/* The last ALTER VIEW that makes it ask for its caller. */
static const struct access_place *invoker_place(const struct access *access, struct slice view)
{
    const struct access_record *record = access->record;
    const struct access_place *found = NULL;

    for (size_t i = 0; i < record->n_switches; i++) {
        const struct access_switch *s = &record->switches[i];

        if (s->is_view && s->on && text_equal_nocase(s->name, view))
            found = &s->place;
    }
    return found;
}

static bool condition_mentions(const char *condition, const struct table *mentioned)
{
    return condition && policy_mentions(slice_from(condition), mentioned);
}

/* The first policy of the table that holds for the role and mentions the other. */
static const struct access_policy *policy_that_mentions(const struct catalog *role,
                                                        const struct table *table,
                                                        const struct table *mentioned)
{
    const struct access *access = role->access;

    for (size_t i = 0; mentioned && i < access->n_policies; i++) {
        const struct access_policy *policy = &access->policies[i];

        if (!text_equal_nocase(policy->table, table->name) ||
            !access_policy_holds_for(access, policy, role->role))
            continue;
        if (condition_mentions(policy->using, mentioned) ||
            condition_mentions(policy->check, mentioned))
            return policy;
    }
    return NULL;
}

/* "1.sql:3:12: " and what stands there. */
static void write_place(char *out, size_t size, const struct catalog *role,
                        const struct table *table, const struct fence *fence)
{
    const struct table *denied = catalog_table(role->base, slice_from(fence->denied));
    const struct access_place *place = invoker_place(role->access, table->name);
    const struct access_policy *policy = policy_that_mentions(role, table, denied);

    out[0] = '\0';
    if (table->kind == TABLE_VIEW && place)
        snprintf(out, size, "%s:%d:%d: the view \"%s\" asks for its caller: ", place->file,
                 place->line, place->column, table->name.data);
    else if (policy)
        snprintf(out, size,
                 "%s:%d:%d: the policy \"%s\" of \"%s\" reads \"%s\": ", policy->place.file,
                 policy->place.line, policy->place.column, policy->name.data, table->name.data,
                 fence->denied);
}

void role_missing_tell(const struct catalog *role, const struct table *table,
                       const struct fence *fence)
{
    const char *who = role->access->roles[role->role].name.data;
    bool of_itself = slice_equal(slice_from(fence->denied), table->name);
    char place[512], columns[160] = "";

    write_place(place, sizeof place, role, table, fence);
    if (of_itself) { /* what it mentions has no such column for the role: the rowid, say */
        log_say(LOG_WARN,
                "%sthe role \"%s\" cannot read \"%s\": it reads \"%s\", which is not granted, or "
                "is a name of the rowid, which a role knows by its column alone",
                place, who, table->name.data, fence->column);
        return;
    }
    if (fence->column[0])
        snprintf(columns, sizeof columns, " (\"%s\")", fence->column);
    log_say(LOG_WARN,
            "%sthe role \"%s\" cannot read \"%s\" without GRANT SELECT%s ON \"%s\" TO \"%s\"",
            place, who, table->name.data, columns, fence->denied, who);
}
