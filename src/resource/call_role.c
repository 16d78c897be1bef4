/*
 * What a call may know of the database: all of it, or what the role that asks has a right to.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/call.h"

#include "store/access/access.h"
#include "store/access/role_catalog.h"
#include "store/catalog/catalog.h"
#include "store/run/reader.h"

/* PostgreSQL's words, which PostgREST looks for. */
static bool no_role(struct call *call)
{
    error_set(&call->error, ERROR_NO_ROLE, "role \"%.*s\" does not exist",
              SLICE_SHOWN(call->who.role));
    return error_hint(&call->error, "The access files create the roles that there are.");
}

/* Nobody was asked who they are: access files came into force meanwhile. */
static bool nobody(struct call *call)
{
    return error_set(&call->error, ERROR_NO_CREDENTIALS, "Anonymous access is disabled");
}

static bool choose_role(struct call *call, struct catalog *base)
{
    int role;

    if (call->who.role.len == 0)
        return nobody(call);
    role = access_role(base->access, call->who.role);
    if (role < 0)
        return no_role(call);
    call->catalog = catalog_of_role(base, (size_t)role, &call->error);
    if (!call->catalog)
        return false;
    call->who.catalog = call->catalog;
    return reader_attach(call->reader, call->catalog, &call->error);
}

bool call_choose_catalog(struct call *call)
{
    struct catalog *base = reader_catalog(call->reader);

    catalog_drop(call->catalog);
    call->catalog = NULL;
    call->who.catalog = NULL;
    if (base->access)
        return choose_role(call, base);
    call->catalog = catalog_hold(base);
    return true;
}

bool call_may_see_plan(const struct call *call)
{
    const struct catalog *catalog = call->catalog;

    if (!call->service->allow_plan)
        return false;
    return !catalog || !catalog->base || call->service->plan_for_all ||
           catalog->access->roles[catalog->role].bypass_rls;
}
