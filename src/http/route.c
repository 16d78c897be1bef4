/* SPDX-License-Identifier: MIT */
#include "http/route.h"

#include "admin/verbs.h"
#include "base/log.h"
#include "base/text.h"
#include "http/account_route.h"
#include "http/metrics.h"
#include "resource/target.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

#define READS(verb) [METHOD_GET] = (verb), [METHOD_HEAD] = (verb)
#define READING     (METHOD_BIT(METHOD_GET) | METHOD_BIT(METHOD_HEAD))

static verb_fn read_metrics;

static const struct route system_routes[] = {
    {"healthz", ROUTE_HEALTHZ, ROUTE_OPERATORS, "/healthz", {READS(health_live)}, 0},
    {"livez", ROUTE_LIVEZ, ROUTE_OPERATORS, "/livez", {READS(health_live)}, 0},
    {"readyz", ROUTE_READYZ, ROUTE_OPERATORS, "/readyz", {READS(health_ready)}, 0},
    {"metrics", ROUTE_METRICS, ROUTE_OPERATORS, "/metrics", {READS(read_metrics)}, 0},
    {"openapi", ROUTE_OPENAPI, ROUTE_MAIN, "/openapi.json", {READS(openapi_read)}, READING},
    {"openapi", ROUTE_OPENAPI, ROUTE_MAIN, "/", {READS(openapi_read)}, READING},
    {"backup", ROUTE_BACKUP, ROUTE_ADMIN, "/_backup", {[METHOD_POST] = backup_create}, 0},
};

static const struct route list_route = {
    .name = "list",
    .kind = ROUTE_LIST,
    .moves = READING,
    .verbs = {READS(list_read), [METHOD_POST] = list_create, [METHOD_PUT] = list_replace,
              [METHOD_PATCH] = list_update, [METHOD_DELETE] = list_delete,
              [METHOD_OPTIONS] = list_options},
};

static const struct route rpc_route = {
    .name = "rpc",
    .kind = ROUTE_RPC,
    .moves = READING | METHOD_BIT(METHOD_POST), /* a query that writes goes to the writer */
    .verbs = {READS(rpc_read), [METHOD_POST] = rpc_call, [METHOD_OPTIONS] = rpc_options},
};

static const struct route row_route = {
    .name = "row",
    .kind = ROUTE_ROW,
    .moves = READING,
    .verbs = {READS(row_read), [METHOD_PUT] = row_replace, [METHOD_PATCH] = row_update,
              [METHOD_DELETE] = row_delete, [METHOD_OPTIONS] = row_options},
};

static const struct route *find_system(struct slice path)
{
    for (size_t i = 0; i < sizeof system_routes / sizeof *system_routes; i++) {
        const char *own = system_routes[i].path;

        /* The second byte tells most apart, and this is every request. */
        if (path.len > 1 && path.data[1] != own[1])
            continue;
        if (slice_is(path, own))
            return &system_routes[i];
    }
    return NULL;
}

/* The path below the base path, without its first '/'; false if it is not below it. */
static bool below_base(const struct call *call, struct slice *rest)
{
    struct slice base = slice_from(call->service->base_path);

    if (call->path.len <= base.len || (base.len && memcmp(call->path.data, base.data, base.len)) ||
        call->path.data[base.len] != '/')
        return false;
    *rest = slice_make(call->path.data + base.len + 1, call->path.len - base.len - 1);
    return true;
}

static const struct route *no_route(struct call *call)
{
    error_set(&call->error, ERROR_NO_ROUTE, "Invalid path specified in request URL");
    error_hint(&call->error, "Resources are at %s/{table} and %s/{table}/{key}; GET / lists them.",
               call->service->base_path, call->service->base_path);
    return NULL;
}

static bool decode_table(struct call *call, struct slice raw)
{
    char *name = arena_alloc(&call->arena, raw.len + 1);
    long len = name ? text_percent_decode(raw, name) : -1;

    if (!name)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    if (len < 0 || !text_utf8_valid(slice_make(name, (size_t)len)))
        return error_set(&call->error, ERROR_SYNTAX, "the path is not percent-encoded UTF-8");
    call->table_name = slice_make(name, (size_t)len);
    return true;
}

const struct route *route_find(struct call *call)
{
    const struct route *route = find_system(call->path);
    const char *slash;
    struct slice rest, first;

    if (!route)
        route = account_route(call);
    if (route)
        return route;
    if (!below_base(call, &rest))
        return no_route(call);
    if (rest.len == 0)
        return find_system((struct slice)SLICE_LITERAL("/"));
    slash = memchr(rest.data, '/', rest.len);
    first = slice_make(rest.data, slash ? (size_t)(slash - rest.data) : rest.len);
    if (slash) {
        call->keys_text = slice_make(slash + 1, rest.len - first.len - 1);
        if (memchr(slash + 1, '/', call->keys_text.len)) /* nothing: the key is the empty text */
            return no_route(call);
    }
    if (first.len == 0)
        return no_route(call);
    if (slash && slice_is(first, "rpc") && call->keys_text.len)
        return decode_table(call, call->keys_text) ? &rpc_route : NULL;
    if (!decode_table(call, first))
        return NULL;
    if (slash)
        return &row_route;
    return &list_route;
}

/* Names of tables that the service's own paths hide. */
static void warn_of(const char *path, const char *base_path)
{
    const char *name = path + 1;

    if (!base_path[0] && name[0])
        log_say(LOG_WARN,
                "the table \"%s\" cannot be reached: %s is the service's own; serve the resources "
                "below another path, as --base-path /api",
                name, path);
}

void route_warn(const struct catalog *catalog, const char *base_path)
{
    for (size_t i = 0; i < sizeof system_routes / sizeof *system_routes; i++) {
        const char *path = system_routes[i].path;

        if (catalog_table(catalog, slice_from(path + 1)))
            warn_of(path, base_path);
    }
    if (catalog_table(catalog, (struct slice)SLICE_LITERAL("rpc")))
        log_say(LOG_WARN,
                "rows of the table \"rpc\" have no paths: %s/rpc/… are the named queries; ask by a "
                "filter, as %s/rpc?id=eq.1",
                base_path, base_path);
}

/* The methods that have a verb, as bits. */
static unsigned verbs_of(const struct route *route)
{
    unsigned methods = 0;

    for (unsigned m = 0; m < METHOD_OTHER; m++) {
        if (route->verbs[m])
            methods |= METHOD_BIT(m);
    }
    return methods;
}

static unsigned methods_of(const struct route *route)
{
    return verbs_of(route) | METHOD_BIT(METHOD_OPTIONS);
}

static bool is_served(const struct route *route, const struct call *call)
{
    switch (route->access) {
    case ROUTE_OPERATORS: return call->admin || !call->service->operators_apart;
    case ROUTE_ADMIN: return call->admin || store_has_access(call->service->store);
    case ROUTE_MAIN: break;
    }
    return !call->admin;
}

static enum progress not_here(struct call *call)
{
    const char *hint = "This is the operators' listener; resources are at the main one, --listen.";

    if (!call->admin)
        hint = call->service->operators_apart
                   ? "It is at the operators' listener, the address of --metrics-listen."
                   : "It is at the operators' listener, which --metrics-listen opens.";
    error_set(&call->error, ERROR_NO_ROUTE, "there is nothing at this path of this listener");
    error_hint(&call->error, "%s", hint);
    return call_fail(call);
}

/* A row or a list is to be changed. */
static bool changes_rows(const struct route *route, enum method method)
{
    return (route->kind == ROUTE_LIST || route->kind == ROUTE_ROW) && method >= METHOD_POST &&
           method <= METHOD_DELETE;
}

static enum progress say_methods(struct call *call, unsigned methods)
{
    call->allow = methods;
    call->outcome = OUTCOME_OK;
    return CALL_DONE;
}

/* RFC 9110 §9.3.7: OPTIONS * asks of the server, not of anything at it. */
static bool asks_of_server(const struct call *call)
{
    return call->method == METHOD_OPTIONS && slice_is(call->path, "*");
}

bool route_is_open(const struct call *call)
{
    const struct route *route = find_system(call->path);

    if (route)
        return route->access == ROUTE_OPERATORS;
    route = account_route(call);
    if (route)
        return account_route_is_open(route);
    return asks_of_server(call);
}

enum progress route_run(struct call *call, const struct route **found)
{
    const struct route *route = *found = route_find(call);

    if (!route && asks_of_server(call)) {
        error_clear(&call->error);
        return say_methods(call, (1U << METHOD_OTHER) - 1);
    }
    if (!route)
        return call_fail(call);
    if (!is_served(route, call))
        return not_here(call);
    if (call->service->read_only && changes_rows(route, call->method))
        return target_read_only(call);
    if (!(route->moves & METHOD_BIT(call->method)))
        call->budget_us = 0;
    if (call->method < METHOD_OTHER && route->verbs[call->method])
        return route->verbs[call->method](call);
    if (route == &rpc_route)
        return rpc_refuse(call); /* what is allowed depends on the query */
    if (call->method == METHOD_OPTIONS)
        return say_methods(call, methods_of(route));
    call->allow = methods_of(route);
    error_set(&call->error, ERROR_METHOD, "this method is not allowed here");
    error_hint(&call->error, "The Allow header lists those that are.");
    return call_fail(call);
}

static const struct route *of_kind(enum route_kind kind)
{
    static const struct route *const resources[] = {&list_route, &rpc_route, &row_route};

    for (size_t i = 0; i < sizeof system_routes / sizeof *system_routes; i++) {
        if (system_routes[i].kind == kind)
            return &system_routes[i];
    }
    if (kind == ROUTE_ACCOUNTS)
        return account_route_any();
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
        if (resources[i]->kind == kind)
            return resources[i];
    }
    return NULL;
}

static enum progress read_metrics(struct call *call)
{
    struct metrics_route routes[ROUTE_KINDS];

    for (unsigned kind = 0; kind < ROUTE_KINDS; kind++) {
        const struct route *route = of_kind((enum route_kind)kind);

        routes[kind] = (struct metrics_route){.name = "none"};
        if (route)
            routes[kind] = (struct metrics_route){route->name, verbs_of(route)};
    }
    return metrics_read(call, routes);
}
