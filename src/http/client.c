/* SPDX-License-Identifier: MIT */
#include "http/client.h"

#include "access/nearness.h"
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
