/*
 * What proxies say of where a request comes from: Forwarded (RFC 7239) and X-Forwarded-For. Each proxy adds
 * the address that it was asked from at the right end, so only what trusted ones added is believed: the
 * rightmost address that is not one of theirs is the client's. No allocation; one thread at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_ADDRESS_FORWARDED_H
#define THIMBLE_ACCESS_ADDRESS_FORWARDED_H

#include "access/address/address.h"
#include "access/address/networks.h"
#include "base/slice.h"

enum forwarded_state {
    FORWARDED_NOT,  /* nothing was said */
    FORWARDED_FROM, /* from `address` */
    FORWARDED_ODD,  /* something, but no address is where one should be */
};

/* What one of the two says; zeroed before the first field line. */
struct forwarded {
    enum forwarded_state state;
    struct address address;
};

/* A field line of Forwarded, of X-Forwarded-For; in their order if there are several. */
void forwarded_take(struct forwarded *f, const struct networks *trusted, struct slice value);
void forwarded_take_for(struct forwarded *f, const struct networks *trusted, struct slice value);

/*
 * The client's address: `peer` if neither says anything; of kind ADDRESS_UNKNOWN if what they say is odd,
 * or if they do not agree: a proxy that writes one lets the other pass, and then the client wrote it.
 */
struct address forwarded_client(const struct forwarded *standard, const struct forwarded *customary,
                                const struct address *peer);

#endif
