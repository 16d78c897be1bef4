/*
 * By which names a server may be asked. A page may give its own name the address of a server of the
 * user's (DNS rebinding): its requests are of one origin then, and only Host tells. So names that
 * anybody may own have to be allowed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_HOSTS_H
#define THIMBLE_HTTP_HOSTS_H

#include <stdbool.h>

#include "base/error.h"

struct request;

/* Where a listener looks at Host. */
enum hosts_rule {
    HOSTS_ANY,       /* nowhere: a unix socket, which no browser reaches */
    HOSTS_WHEN_OPEN, /* while there are no access files */
    HOSTS_ALWAYS, /* a loopback address, which is thought to be reached from this machine alone */
};

/* That of the listening socket. */
enum hosts_rule hosts_rule_of(int listen_fd);

/*
 * Whether the request's host, its Host or the one in its target, is an address, localhost, a name of
 * one label, a local one, or in --allowed-hosts; one that says none comes from no browser. False with
 * ERROR_HOST, or ERROR_BAD_HOST if it is no host at all (RFC 9112 §3.2).
 */
bool hosts_check(struct request *r);

/* False with ERROR_USAGE if one of the list is such that no host is it. */
bool hosts_check_list(const char *allowed, struct error *e) __attribute__((warn_unused_result));

#endif
