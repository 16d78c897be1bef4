/* SPDX-License-Identifier: MIT */
#include "http/hosts.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/text.h"
#include "http/authority.h"
#include "http/loop.h"
#include "http/request.h"
#include "store/store.h"

static bool is_loopback(const struct sockaddr_in6 *address)
{
    const unsigned char *byte = address->sin6_addr.s6_addr;

    if (IN6_IS_ADDR_V4MAPPED(&address->sin6_addr))
        return byte[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&address->sin6_addr);
}

enum hosts_rule hosts_rule_of(int listen_fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage storage;
    } bound;
    socklen_t len = sizeof bound;
    bool loopback;

    memset(&bound, 0, sizeof bound);
    if (getsockname(listen_fd, &bound.any, &len) != 0)
        return HOSTS_ALWAYS;
    if (bound.any.sa_family == AF_UNIX)
        return HOSTS_ANY;
    if (bound.any.sa_family == AF_INET6)
        loopback = is_loopback(&bound.v6);
    else
        loopback = ntohl(bound.v4.sin_addr.s_addr) >> 24 == 127;
    if (loopback)
        return HOSTS_ALWAYS;
    return HOSTS_WHEN_OPEN;
}

static bool ends_with(struct slice name, struct slice end)
{
    return name.len > end.len && text_equal_nocase(slice_after(name, name.len - end.len), end);
}

/* A container's or a service's name, or under a top level that nobody can register (RFC 6761,
 * RFC 6762, ICANN's .internal, and Kubernetes', of which .svc.cluster.local is under .local). */
static bool is_local(struct slice name)
{
    static const struct slice ends[] = {SLICE_LITERAL(".localhost"), SLICE_LITERAL(".local"),
                                        SLICE_LITERAL(".internal"), SLICE_LITERAL(".svc")};

    if (!slice_has(name, '.'))
        return true;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (ends_with(name, ends[i]))
            return true;
    }
    return false;
}

/* .example.org: the domain and what is under it. */
static bool is_meant(struct slice item, struct slice name)
{
    if (slice_is(item, "*"))
        return true;
    if (item.len > 0 && item.data[0] == '.')
        return ends_with(name, item) || text_equal_nocase(slice_after(item, 1), name);
    return text_equal_nocase(item, name);
}

static bool is_listed(const char *allowed, struct slice name)
{
    struct slice rest = slice_from(allowed), item;

    while (text_next_item(&rest, &item)) {
        if (is_meant(item, name))
            return true;
    }
    return false;
}

static bool is_served(const char *allowed, const struct authority *a)
{
    return authority_is_address(a) || is_local(a->host) || is_listed(allowed, a->host);
}

/* What was found well last, as it was said: most requests of a loop say the same. */
static void keep(struct loop *loop, struct slice host)
{
    if (host.len > sizeof loop->host)
        return;
    memcpy(loop->host, host.data, host.len);
    loop->host_len = host.len;
}

static bool look(struct request *r)
{
    struct authority a;
    struct error *e = &r->call.error;

    if (!authority_parse(r->host, &a))
        return error_set(e, ERROR_BAD_HOST,
                         "Host is no name and no address, with or without a port");
    if (is_served(r->loop->options->allowed_hosts, &a)) {
        keep(r->loop, r->host);
        return true;
    }
    error_set(e, ERROR_HOST, "this server is not known as %.*s", SLICE_SHOWN(a.host));
    return error_hint(e, "If that is its name, start it with --allowed-hosts; addresses, localhost "
                         "and names without a dot need none.");
}

bool hosts_check(struct request *r)
{
    const struct loop *loop = r->loop;
    bool is_as_before = slice_equal(r->host, slice_make(loop->host, loop->host_len));
    bool anyhow = loop->hosts == HOSTS_ANY ||
                  (loop->hosts == HOSTS_WHEN_OPEN && store_has_access(loop->service->store));

    if (is_as_before || anyhow || r->host.len == 0)
        return true;
    return look(r);
}

/* Why no host is ever that; NULL: one may be. */
static const char *why_never(struct slice item)
{
    struct authority a;

    if (item.len == 0)
        return "one of the list is empty";
    if (slice_is(item, "*"))
        return NULL;
    if (item.len > 1 && item.data[0] == '.')
        item = slice_after(item, 1);
    if (!authority_parse(item, &a) || a.host.len != item.len)
        return "a host is a name without scheme and port, as example.org, or with those under it, "
               "as "
               ".example.org";
    return NULL;
}

bool hosts_check_list(const char *allowed, struct error *e)
{
    struct slice rest = slice_from(allowed), item;

    while (allowed[0] && text_next_item(&rest, &item)) {
        const char *why = why_never(item);

        if (why)
            return error_set(e, ERROR_USAGE, "--allowed-hosts: \"%.*s\" can never match: %s",
                             SLICE_SHOWN(item), why);
    }
    return true;
}
