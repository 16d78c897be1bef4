/* SPDX-License-Identifier: MIT */
#include "http/account_route.h"

#include "access/account/account.h"

/* Where clients of GoTrue look for them, whatever the resources' base path is. */
static const struct slice base = SLICE_LITERAL("/auth/v1/");

static const struct route routes[] = {
    {"accounts", ROUTE_ACCOUNTS, ROUTE_MAIN, "signup", {[METHOD_POST] = account_signup}, 0},
    {"accounts", ROUTE_ACCOUNTS, ROUTE_MAIN, "token", {[METHOD_POST] = account_token}, 0},
    {"accounts", ROUTE_ACCOUNTS, ROUTE_MAIN, "logout", {[METHOD_POST] = account_logout}, 0},
    {"accounts",
     ROUTE_ACCOUNTS,
     ROUTE_MAIN,
     "user",
     {[METHOD_GET] = account_read, [METHOD_PUT] = account_update},
     0},
};

const struct route *account_route(const struct call *call)
{
    if (!call->service->accounts || !slice_begins(call->path, base))
        return NULL;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (slice_is(slice_after(call->path, base.len), routes[i].path))
            return &routes[i];
    }
    return NULL;
}

bool account_route_is_open(const struct route *route)
{
    return route->verbs[METHOD_POST] == account_signup ||
           route->verbs[METHOD_POST] == account_token;
}

const struct route *account_route_any(void)
{
    return &routes[0];
}
