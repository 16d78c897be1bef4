/* SPDX-License-Identifier: MIT */
#include "http/connection.h"

#include <stddef.h>
#include <sys/socket.h>

static struct connection_list *list_of(struct connections *peers, enum connection_state state)
{
    switch (state) {
    case CONNECTION_IDLE: return &peers->idle;
    case CONNECTION_ACTIVE:
    case CONNECTION_ANSWERING: return &peers->active;
    case CONNECTION_UPLOADING: return &peers->uploading;
    case CONNECTION_STREAMING:
    case CONNECTION_PARKED: break;
    }
    return NULL;
}

static void unlink_peer(struct connection_list *list, struct connection *peer)
{
    if (!list)
        return;
    if (list->unchecked == peer)
        list->unchecked = peer->next;
    *(peer->previous ? &peer->previous->next : &list->first) = peer->next;
    *(peer->next ? &peer->next->previous : &list->last) = peer->previous;
    peer->previous = peer->next = NULL;
}

static void append_peer(struct connection_list *list, struct connection *peer)
{
    if (!list)
        return;
    peer->previous = list->last;
    *(list->last ? &list->last->next : &list->first) = peer;
    list->last = peer;
    if (!list->unchecked)
        list->unchecked = peer;
}

void connection_add(struct connections *peers, struct connection *peer, int64_t now_us)
{
    peer->previous = peer->next = NULL;
    peer->state = CONNECTION_IDLE;
    peer->since_us = now_us;
    append_peer(&peers->idle, peer);
}

void connection_remove(struct connections *peers, struct connection *peer)
{
    unlink_peer(list_of(peers, peer->state), peer);
}

void connection_enter(struct connections *peers, struct connection *peer,
                      enum connection_state state, int64_t now_us)
{
    struct connection_list *from = list_of(peers, peer->state), *to = list_of(peers, state);

    peer->state = state;
    peer->since_us = now_us;
    if (from == to && to && to->last == peer) { /* as nearly always from ACTIVE to ANSWERING */
        if (!to->unchecked)
            to->unchecked = peer;
        return;
    }
    unlink_peer(from, peer);
    append_peer(to, peer);
}

void connection_shut(const struct connection *peer)
{
    bool answers = peer->state == CONNECTION_ANSWERING || peer->state == CONNECTION_STREAMING;

    shutdown(peer->fd, answers ? SHUT_RDWR : SHUT_RD);
}

/* A peer whose socket is shut stays on its list until libmicrohttpd closes it: put last, so
 * that it is met again only if that does not happen. */
static void expire(struct connection_list *list, int64_t after_us, int64_t now_us)
{
    while (after_us && list->first && now_us - list->first->since_us >= after_us) {
        struct connection *peer = list->first;

        connection_shut(peer);
        unlink_peer(list, peer);
        peer->since_us = now_us;
        append_peer(list, peer);
    }
}

static bool has_closed(const struct connection *peer)
{
    char byte;

    return recv(peer->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void check(struct connection_list *list, int64_t now_us)
{
    while (list->unchecked && now_us - list->unchecked->since_us >= CONNECTION_CHECK_US) {
        struct connection *peer = list->unchecked;

        list->unchecked = peer->next;
        if (peer->state != CONNECTION_ANSWERING && has_closed(peer))
            connection_shut(peer);
    }
}

/* These are few, and send for long: their last bytes may come at any time. */
static void check_uploading(struct connections *peers, int64_t now_us)
{
    if (now_us < peers->look_us)
        return;
    peers->look_us = now_us + CONNECTION_CHECK_US;
    peers->uploading.unchecked = NULL;
    for (struct connection *peer = peers->uploading.first; peer; peer = peer->next) {
        if (has_closed(peer))
            connection_shut(peer);
    }
}

void connections_shut_idle(struct connections *peers)
{
    for (struct connection *peer = peers->idle.first; peer; peer = peer->next)
        connection_shut(peer);
}

/* The earlier of two instants, where 0 is never. */
static int64_t earlier(int64_t a, int64_t b)
{
    if (!a || !b)
        return a ? a : b;
    if (a < b)
        return a;
    return b;
}

static int64_t due(const struct connection_list *list, int64_t after_us)
{
    int64_t over = after_us && list->first ? list->first->since_us + after_us : 0;
    int64_t asked = list->unchecked ? list->unchecked->since_us + CONNECTION_CHECK_US : 0;

    return earlier(over, asked);
}

int64_t connections_next_us(const struct connections *peers)
{
    int64_t next =
        earlier(due(&peers->idle, peers->idle_us), due(&peers->active, peers->active_us));

    if (!peers->uploading.first)
        return next;
    next = earlier(next, due(&peers->uploading, peers->uploading_us));
    return earlier(next, peers->look_us);
}

void connections_expire(struct connections *peers, int64_t now_us)
{
    int64_t next = connections_next_us(peers);

    if (!next || next > now_us)
        return;
    check(&peers->idle, now_us);
    check(&peers->active, now_us);
    expire(&peers->idle, peers->idle_us, now_us);
    expire(&peers->active, peers->active_us, now_us);
    check_uploading(peers, now_us);
    expire(&peers->uploading, peers->uploading_us, now_us);
}
