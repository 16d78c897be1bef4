/* SPDX-License-Identifier: MIT */
#include "http/client.h"

#include "access/address/nearness.h"
#include "base/hash.h"
#include "http/loop.h"
#include "http/request.h"

static const struct networks *trusted_by(const struct request *r)
{
    return r->loop->options->trusted_proxies;
}

void client_take_forwarded(struct request *r, struct slice value)
{
    if (r->peer->trusted)
        forwarded_take(&r->hops.standard, trusted_by(r), value);
}

void client_take_forwarded_for(struct request *r, struct slice value)
{
    if (r->peer->trusted)
        forwarded_take_for(&r->hops.customary, trusted_by(r), value);
}

void client_find(struct request *r)
{
    r->hops.client = forwarded_client(&r->hops.standard, &r->hops.customary, &r->peer->from);
    r->client = &r->hops.client;
    r->is_far = nearness_of(r->client) > r->loop->options->open_to;
    r->call.address = limit_key_number(address_key(r->client));
}

bool client_is_principal(const struct request *r)
{
    return r->principal.kind != PRINCIPAL_ANONYMOUS;
}

static void principal_key(const struct request *r, uint64_t out[2])
{
    const struct principal *p = &r->principal;
    uint64_t seed = r->loop->all->seed;

    out[0] = p->id[0];
    out[1] = p->id[1];
    if (p->sub.len == 0)
        return;
    out[0] = hash_bytes(p->sub, hash_bytes(p->role, seed));
    out[1] = hash_bytes(p->sub, hash_bytes(p->role, ~seed));
}

void client_key(const struct request *r, bool principal, uint64_t out[2])
{
    struct limit_key key;

    if (principal) {
        principal_key(r, out);
        return;
    }
    key = address_key(r->client);
    out[0] = key.high;
    out[1] = key.low;
}

void client_is_known(struct request *r)
{
    uint64_t key[2];

    client_key(r, true, key);
    r->call.address = key[0];
}
