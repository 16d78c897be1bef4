/*
 * Where keys are fetched from: http://HOST[:PORT]/PATH on this machine or a network of one's own, or
 * unix:SOCKET:/PATH. What comes over it is believed, and nothing protects it on its way: so never far.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_KEY_KEY_URL_H
#define THIMBLE_ACCESS_KEY_KEY_URL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

#define KEY_URL_HOST 256
#define KEY_URL_PATH 1024

struct key_url {
    char host[KEY_URL_HOST]; /* a name, or an address without brackets; of a unix socket its path */
    char port[6];            /* "": a unix socket */
    char path[KEY_URL_PATH];
};

/* False with ERROR_USAGE and what is wrong. Looks up no name. */
bool key_url_read(struct key_url *url, struct slice text, struct error *e)
    __attribute__((warn_unused_result));

/*
 * Fetches it: connects, asks by HTTP/1.0 and reads the answer's body to its end, all until
 * `deadline_us` (clock_us) or until *stopping. False with ERROR_FAILURE: also where the name means an
 * address that is not private, for another status than 200, and for more than `body` may hold.
 */
bool key_url_fetch(const struct key_url *url, int64_t deadline_us, const _Atomic bool *stopping,
                   struct buf *body, struct error *e) __attribute__((warn_unused_result));

#endif
