/* SPDX-License-Identifier: MIT */
#include "http/accept.h"

#include <stdlib.h>

#include "access/address/nearness.h"
#include "access/address/networks.h"
#include "base/clock.h"
#include "http/loop.h"

static bool is_trusted(const struct loop *loop, const struct address *from)
{
    return networks_hold(loop->options->trusted_proxies, from);
}

/* A trusted proxy's connections are of many clients: they are not one address's. */
static struct limit_key counted_as(const struct loop *loop, const struct address *from)
{
    if (is_trusted(loop, from))
        return (struct limit_key){0, 0};
    return address_key(from);
}

enum MHD_Result accept_policy(void *context, const struct sockaddr *address, socklen_t len)
{
    struct loop *loop = context;
    struct address from = address_of(address);
    (void)len;

    if (limit_accepts(loop->limit, counted_as(loop, &from)))
        return MHD_YES;
    counter_add(&loop->metrics.refused[REFUSAL_CLOSED], 1);
    return MHD_NO;
}

/* Each answer of MHD_get_connection_info is good only until the next: used one by one. */
static void open_peer(struct loop *loop, struct MHD_Connection *connection, void **socket_context)
{
    const union MHD_ConnectionInfo *info;
    struct connection *peer = calloc(1, sizeof *peer);

    *socket_context = peer;
    if (!peer)
        return; /* no memory: request_begin closes the connection */
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    peer->from = address_of(info ? info->client_addr : NULL);
    peer->trusted = is_trusted(loop, &peer->from);
    peer->address = counted_as(loop, &peer->from);
    peer->share = limit_key_number(address_key(&peer->from));
    peer->is_far = nearness_of(&peer->from) > loop->options->open_to;
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    peer->fd = info ? info->connect_fd : -1;
    peer->verdict = limit_enter(loop->limit, peer->address);
    connection_add(&loop->peers, peer, clock_us());
    counter_add(&loop->metrics.accepted, 1);
    if (peer->verdict != LIMIT_OK)
        counter_add(&loop->metrics.refused[peer->verdict == LIMIT_TOTAL ? REFUSAL_CONNECTIONS
                                                                        : REFUSAL_ADDRESS],
                    1);
}

static void close_peer(struct loop *loop, void **socket_context)
{
    struct connection *peer = *socket_context;

    if (!peer)
        return;
    connection_remove(&loop->peers, peer);
    limit_leave(loop->limit, peer->address, peer->verdict);
    free(peer);
    *socket_context = NULL;
}

void accept_notify(void *context, struct MHD_Connection *connection, void **socket_context,
                   enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        open_peer(context, connection, socket_context);
    else
        close_peer(context, socket_context);
}
