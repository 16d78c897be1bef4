/* SPDX-License-Identifier: MIT */
#include "serve/openness.h"

#include <string.h>

#include "access/authenticate.h"
#include "base/log.h"
#include "config/config.h"
#include "http/cors.h"
#include "serve/start.h"

enum nearness openness_of(const struct config *c)
{
    if (strcmp(c->open_to, "any") == 0)
        return NEAR_ANY;
    if (strcmp(c->open_to, "loopback") == 0)
        return NEAR_LOOPBACK;
    return NEAR_PRIVATE;
}

/* Enough for a browser, a pool, or an office behind one address. */
#define ADDRESS_MIN 64

size_t openness_per_address(const struct config *c, size_t let_in)
{
    size_t half = (let_in + 1) / 2, share = let_in / 4;

    if (c->max_connections_per_address >= 0)
        return (size_t)c->max_connections_per_address;
    if (share < ADDRESS_MIN)
        share = ADDRESS_MIN;
    return share < half ? share : half;
}

bool openness_check(const struct run *r, struct error *e)
{
    const struct access *access = atomic_load(&r->store.access);

    if (access)
        return authenticate_knows(access, r->config->anon_role, e);
    if (r->config->anon_role[0])
        log_say(LOG_WARN, "--anon-role %s: there are no access files, everybody may do everything",
                r->config->anon_role);
    return true;
}

/* Whoever has a browser that reaches the service is asked by no page, then. */
void openness_warn_of_pages(const struct run *r)
{
    static const struct slice any = SLICE_LITERAL("*");

    if (!store_has_access(&r->store) && cors_allows(r->config->cors_origins, any))
        log_say(LOG_WARN,
                "--cors-origins lets every web page in, and nothing else says who may read "
                "and write here: name the origins whose pages may");
}

void openness_warn_of_callers(const struct run *r)
{
    static const char *const who[] = {
        [NEAR_LOOPBACK] = "callers on this machine",
        [NEAR_PRIVATE] = "callers on this machine and on private networks",
        [NEAR_ANY] = "whoever reaches it",
    };

    if (store_has_access(&r->store) || !server_is_reachable(r->server))
        return;
    log_say(LOG_WARN,
            "there are no access files: %s may read and %s everything (--open-to %s, --access)",
            who[r->options.open_to], r->read_only ? "query" : "write", r->config->open_to);
}
