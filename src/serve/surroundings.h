/*
 * What a server needs besides its database: settings that fit each other, the service manager's
 * socket and those that it passed, addresses that can be listened at.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SERVE_SURROUNDINGS_H
#define THIMBLE_SERVE_SURROUNDINGS_H

#include <stdbool.h>

#include "access/address/networks.h"
#include "access/address/rate_limit.h"
#include "base/error.h"
#include "config/config.h"
#include "http/inherit.h"
#include "serve/notify.h"

struct surroundings {
    struct notifier notifier;
    struct inherited inherited;
    unsigned socket_mode; /* of a Unix socket's file */
    struct networks trusted_proxies;
    struct rate_rules rates;
};

/*
 * Before the database is touched: a server that cannot listen changes nothing. No other thread may
 * run (notify_open, inherit_take). False with ERROR_USAGE or ERROR_FAILURE. Then too the caller
 * leaves.
 */
bool surroundings_take(struct surroundings *s, const struct config *config, struct error *e)
    __attribute__((warn_unused_result));

void surroundings_leave(struct surroundings *s);

#endif
