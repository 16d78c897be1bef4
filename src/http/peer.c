/* SPDX-License-Identifier: MIT */
#include "http/peer.h"

#include <stddef.h>
#include <sys/socket.h>

static struct peer_list *list_of(struct peers *peers, enum peer_state state)
{
    switch (state) {
    case PEER_IDLE: return &peers->idle;
    case PEER_ACTIVE:
    case PEER_ANSWERING: return &peers->active;
    case PEER_PARKED: break;
    }
    return NULL;
}

static void unlink_peer(struct peer_list *list, struct peer *peer)
{
    if (!list)
        return;
    if (list->unchecked == peer)
        list->unchecked = peer->next;
    *(peer->previous ? &peer->previous->next : &list->first) = peer->next;
    *(peer->next ? &peer->next->previous : &list->last) = peer->previous;
    peer->previous = peer->next = NULL;
}

static void append_peer(struct peer_list *list, struct peer *peer)
{
    if (!list)
        return;
    peer->previous = list->last;
    *(list->last ? &list->last->next : &list->first) = peer;
    list->last = peer;
    if (!list->unchecked)
        list->unchecked = peer;
}

void peer_add(struct peers *peers, struct peer *peer, int64_t now_us)
{
    peer->previous = peer->next = NULL;
    peer->state = PEER_IDLE;
    peer->since_us = now_us;
    append_peer(&peers->idle, peer);
}

void peer_remove(struct peers *peers, struct peer *peer)
{
    unlink_peer(list_of(peers, peer->state), peer);
}

void peer_enter(struct peers *peers, struct peer *peer, enum peer_state state, int64_t now_us)
{
    unlink_peer(list_of(peers, peer->state), peer);
    peer->state = state;
    peer->since_us = now_us;
    append_peer(list_of(peers, state), peer);
}

/*
 * Ends a connection. What the client sent before is still read, and so answered: only
 * nothing more is waited for. One that does not read its answer is cut off both ways.
 */
static void shut(const struct peer *peer)
{
    shutdown(peer->fd, peer->state == PEER_ANSWERING ? SHUT_RDWR : SHUT_RD);
}

/* A peer whose socket is shut stays on its list until libmicrohttpd closes it: put last, so
 * that it is met again only if that does not happen. */
static void expire(struct peer_list *list, int64_t after_us, int64_t now_us)
{
    while (after_us && list->first && now_us - list->first->since_us >= after_us) {
        struct peer *peer = list->first;

        shut(peer);
        unlink_peer(list, peer);
        peer->since_us = now_us;
        append_peer(list, peer);
    }
}

static void check(struct peer_list *list, int64_t now_us)
{
    while (list->unchecked && now_us - list->unchecked->since_us >= PEER_CHECK_US) {
        struct peer *peer = list->unchecked;
        char byte;

        list->unchecked = peer->next;
        if (peer->state != PEER_ANSWERING && recv(peer->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
            shut(peer);
    }
}

void peers_expire(struct peers *peers, int64_t now_us)
{
    check(&peers->idle, now_us);
    check(&peers->active, now_us);
    expire(&peers->idle, peers->idle_us, now_us);
    expire(&peers->active, peers->active_us, now_us);
}

void peers_shut_idle(struct peers *peers)
{
    for (struct peer *peer = peers->idle.first; peer; peer = peer->next)
        shut(peer);
}

/* The earlier of two instants, where 0 is never. */
static int64_t earlier(int64_t a, int64_t b)
{
    if (!a || !b)
        return a ? a : b;
    return a < b ? a : b;
}

static int64_t due(const struct peer_list *list, int64_t after_us)
{
    int64_t over = after_us && list->first ? list->first->since_us + after_us : 0;
    int64_t asked = list->unchecked ? list->unchecked->since_us + PEER_CHECK_US : 0;

    return earlier(over, asked);
}

int64_t peers_next_us(const struct peers *peers)
{
    return earlier(due(&peers->idle, peers->idle_us), due(&peers->active, peers->active_us));
}
