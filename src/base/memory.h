/*
 * One budget for the process's memory: what is taken is counted by its use, and past the ceiling it
 * is refused. Small amounts are counted by each thread for itself and told to the others when they
 * are MEMORY_SLACK together, so that a small request touches nothing that threads share.
 *
 * Who may have what, for a ceiling of M bytes:
 *   - Each use has a share (memory_share); all but SQLite together have 13/16 M.
 *   - SQLite: each thread has a part of 5/16 M for itself, for its page cache and statements. More is
 *     to be had while all together have less than 7/8 M, and one thread at most 1/2 M.
 *   - What is small (MEMORY_SMALL) may pass these by 1/16 M, and a use that has less than 1/32 M gets
 *     more whatever the others hold. So a small request is served while others hold all they may.
 * Without a ceiling everything is granted, and counted. Any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_MEMORY_H
#define THIMBLE_BASE_MEMORY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum memory_use {
    MEMORY_OTHER,
    MEMORY_BODIES,      /* of requests, until they are answered */
    MEMORY_REQUESTS,    /* what is made of them: parsed queries and bodies, statements' text */
    MEMORY_ANSWERS,     /* until their connection has taken them */
    MEMORY_KEPT,        /* answers that are given again */
    MEMORY_CONNECTIONS, /* their pools */
    MEMORY_SQLITE,      /* page caches, prepared statements, what statements need while they run */
    MEMORY_USES,
};

/* Blocks from this size on are mapped: they grow without being copied, and are the system's again
 * as soon as they are freed. */
#define MEMORY_LARGE ((size_t)256 << 10)

/* A take that is small: of what a plain request needs. */
#define MEMORY_SMALL ((size_t)16 << 10)

/* What a thread counts for itself, of each use. */
#define MEMORY_SLACK ((ptrdiff_t)32 << 10)

/* Why a take was refused. */
enum memory_refusal {
    MEMORY_NOT_REFUSED,
    MEMORY_TAKEN, /* others have it now */
    MEMORY_NEVER, /* the caller alone would have more than it ever may */
};

struct memory_plan {
    size_t ceiling; /* bytes; 0: none */
    size_t threads; /* that use SQLite */
    size_t cache;   /* that each of these has on top, for its page cache */
    size_t kept;    /* that the answers which are given again have on top */
};

/* Sets the ceiling. Before threads start. */
void memory_set_ceiling(const struct memory_plan *plan);
size_t memory_ceiling(void);

/* What one use may have at most; SIZE_MAX without a ceiling. */
size_t memory_share(enum memory_use use);

struct memory_thread {
    ptrdiff_t counted[MEMORY_USES]; /* not told to the others yet */
    ptrdiff_t own[MEMORY_USES];     /* told: of the request at hand; of SQLite's, the thread's */
    enum memory_refusal refusal;    /* of its last take that was refused */
};
extern _Thread_local struct memory_thread memory_thread;

/* This thread goes on with a request, which has these bytes already: what it takes from now on is the
 * request's, too. So a refusal tells what others have from what one alone would need. */
struct memory_request {
    size_t bodies, requests, answers;
};
void memory_begin(struct memory_request has);

/* For the two below. */
bool memory_take_told(enum memory_use use, size_t bytes);
void memory_tell(enum memory_use use);

/* What of this use counts as the calling thread's own is `own` bytes from here on; returns what it was. For
 * what goes from thread to thread, and takes its memory along. */
ptrdiff_t memory_own(enum memory_use use, ptrdiff_t own);

/* Takes bytes out of the budget; false if they are not to be had: then none is taken. What is taken
 * is given back by memory_give, by any thread. */
static inline bool memory_take(enum memory_use use, size_t bytes)
{
    ptrdiff_t *counted = &memory_thread.counted[use];

    if (bytes > (size_t)MEMORY_SLACK || *counted + (ptrdiff_t)bytes > MEMORY_SLACK)
        return memory_take_told(use, bytes);
    *counted += (ptrdiff_t)bytes;
    return true;
}

static inline void memory_give(enum memory_use use, size_t bytes)
{
    ptrdiff_t *counted = &memory_thread.counted[use];

    *counted -= (ptrdiff_t)bytes;
    if (*counted < -MEMORY_SLACK)
        memory_tell(use);
}

/* Takes what a block needs on top that grows, `from` bytes to `to`; false also if all of it is more
 * than its use may have. */
bool memory_take_more(enum memory_use use, size_t from, size_t to);

/* Gives what this thread's allocator has free back to the system, as far as it goes. For a thread
 * that has nothing to do: it takes some microseconds, and what is needed next costs more. */
void memory_return(void);

/*
 * Waits for `wake` as pthread_cond_wait does, at most for a second the first time (`*rested` is false):
 * true if it went by, and then the thread gives back what it has, without the lock, and waits on.
 */
bool memory_wait(pthread_cond_t *wake, pthread_mutex_t *lock, bool *rested);

/* Why this thread's last take was refused, since memory_begin. The first forgets it. */
enum memory_refusal memory_refusal(void);
static inline bool memory_is_never(void)
{
    return memory_thread.refusal == MEMORY_NEVER;
}

/*
 * A block of memory, aligned for any type, counted with its use; NULL if there is none. Growing
 * keeps the use. memory_free takes NULL, and any thread may call it.
 */
void *memory_alloc(enum memory_use use, size_t size);
void *memory_realloc(void *block, size_t size);
void memory_free(void *block);

/* What a block was asked for with. */
size_t memory_size(const void *block);

/* Bytes of one use now (those that threads have not told left out), and takes refused so far. */
struct memory_count {
    uint64_t bytes, refused;
};
struct memory_count memory_count(enum memory_use use);

/* A use's name as a label, e.g. "bodies"; static. */
const char *memory_use_name(enum memory_use use);

#endif
