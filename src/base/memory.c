/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>

static struct {
    struct memory_plan plan;
    size_t own_small, own_max; /* what a thread may have of SQLite's: in any case, and at most */
    _Atomic ptrdiff_t others;  /* than SQLite: the sum of their bytes */
    struct {
        _Atomic ptrdiff_t bytes;
        _Atomic uint64_t refused;
    } uses[MEMORY_USES];
} budget;

_Thread_local struct memory_thread memory_thread;

/* Sixteenths of the ceiling that a use may have. */
static const unsigned char shares[MEMORY_USES] = {
    [MEMORY_OTHER] = 8, [MEMORY_BODIES] = 5,      [MEMORY_REQUESTS] = 8, [MEMORY_ANSWERS] = 11,
    [MEMORY_KEPT] = 4,  [MEMORY_CONNECTIONS] = 5, [MEMORY_SQLITE] = 8,
};

void memory_set_ceiling(const struct memory_plan *plan)
{
    budget.plan = *plan;
    budget.own_small = plan->cache + plan->ceiling / 16 * 5 / plan->threads;
    budget.own_max = plan->cache + plan->ceiling / 2;
}

size_t memory_ceiling(void)
{
    const struct memory_plan *p = &budget.plan;

    return p->ceiling ? p->ceiling + p->cache * p->threads + p->kept : 0;
}

size_t memory_share(enum memory_use use)
{
    const struct memory_plan *p = &budget.plan;
    size_t share = p->ceiling / 16 * shares[use];

    if (p->ceiling == 0)
        return SIZE_MAX;
    if (use == MEMORY_SQLITE)
        return share + p->cache * p->threads;
    return use == MEMORY_KEPT ? share + p->kept : share;
}

enum memory_refusal memory_refusal(void)
{
    enum memory_refusal refusal = memory_thread.refusal;

    memory_thread.refusal = MEMORY_NOT_REFUSED;
    return refusal;
}

static bool refuse(enum memory_use use, enum memory_refusal why)
{
    atomic_fetch_add_explicit(&budget.uses[use].refused, 1, memory_order_relaxed);
    memory_thread.refusal = why;
    return false;
}

void memory_begin(struct memory_request has)
{
    ptrdiff_t *own = memory_thread.own;

    own[MEMORY_OTHER] = own[MEMORY_KEPT] = own[MEMORY_CONNECTIONS] = 0;
    own[MEMORY_BODIES] = (ptrdiff_t)has.bodies;
    own[MEMORY_REQUESTS] = (ptrdiff_t)has.requests;
    own[MEMORY_ANSWERS] = (ptrdiff_t)has.answers;
    memory_thread.refusal = MEMORY_NOT_REFUSED;
}

/* What the request at hand has. It may have freed what others took. */
static ptrdiff_t own_bytes(void)
{
    ptrdiff_t sum = 0;

    for (int use = 0; use < MEMORY_USES; use++) {
        if (memory_thread.own[use] > 0)
            sum += memory_thread.own[use];
    }
    return sum;
}

static ptrdiff_t caches(void)
{
    return (ptrdiff_t)(budget.plan.cache * budget.plan.threads);
}

/* Of the `all` bytes that are too many: have others so much of them that waiting helps? What a service
 * at rest has, page caches and kept answers, would not be given back. */
static enum memory_refusal too_many(ptrdiff_t all)
{
    ptrdiff_t at_rest = (ptrdiff_t)(budget.plan.ceiling / 4 + budget.plan.kept) + caches();

    return all - own_bytes() > at_rest ? MEMORY_TAKEN : MEMORY_NEVER;
}

/* Whether a thread may have what it took of SQLite's, of which there are `used` now. */
static enum memory_refusal look_at_sqlite(ptrdiff_t used, ptrdiff_t more)
{
    ptrdiff_t all = used + atomic_load_explicit(&budget.others, memory_order_relaxed);
    ptrdiff_t own = memory_thread.own[MEMORY_SQLITE], m = (ptrdiff_t)budget.plan.ceiling;

    if (own > (ptrdiff_t)budget.own_max)
        return MEMORY_NEVER;
    if (own <= (ptrdiff_t)budget.own_small)
        return MEMORY_NOT_REFUSED;
    if (used > (ptrdiff_t)memory_share(MEMORY_SQLITE) + more || all > m / 8 * 7 + caches() + more)
        return too_many(all);
    return MEMORY_NOT_REFUSED;
}

/* The same for another use; `others` are then the bytes of all of these. */
static enum memory_refusal look_at_others(enum memory_use use, ptrdiff_t used, ptrdiff_t others,
                                          ptrdiff_t more)
{
    ptrdiff_t m = (ptrdiff_t)budget.plan.ceiling;

    if (used <= m / 32)
        return MEMORY_NOT_REFUSED;
    if (used > (ptrdiff_t)memory_share(use) + more)
        return used - memory_thread.own[use] > m / 32 ? MEMORY_TAKEN : MEMORY_NEVER;
    if (others > m / 16 * 13 + (ptrdiff_t)budget.plan.kept + more)
        return too_many(
            others + atomic_load_explicit(&budget.uses[MEMORY_SQLITE].bytes, memory_order_relaxed));
    return MEMORY_NOT_REFUSED;
}

/* Adds to what is told; what there is then of the use, and of all that are not SQLite. */
static void add(enum memory_use use, ptrdiff_t bytes, ptrdiff_t *used, ptrdiff_t *others)
{
    *used = atomic_fetch_add_explicit(&budget.uses[use].bytes, bytes, memory_order_relaxed) + bytes;
    memory_thread.own[use] += bytes;
    if (use != MEMORY_SQLITE)
        *others = atomic_fetch_add_explicit(&budget.others, bytes, memory_order_relaxed) + bytes;
}

bool memory_take_told(enum memory_use use, size_t bytes)
{
    ptrdiff_t used, others = 0;
    ptrdiff_t more = bytes <= MEMORY_SMALL ? (ptrdiff_t)budget.plan.ceiling / 16 : 0;
    enum memory_refusal refusal;

    if (bytes > PTRDIFF_MAX / 4 || bytes > memory_share(use))
        return refuse(use, MEMORY_NEVER);
    memory_tell(use);
    add(use, (ptrdiff_t)bytes, &used, &others);
    if (budget.plan.ceiling == 0)
        return true;
    if (use == MEMORY_SQLITE)
        refusal = look_at_sqlite(used, more);
    else
        refusal = look_at_others(use, used, others, more);
    if (refusal == MEMORY_NOT_REFUSED)
        return true;
    add(use, -(ptrdiff_t)bytes, &used, &others);
    return refuse(use, refusal);
}

bool memory_take_more(enum memory_use use, size_t from, size_t to)
{
    if (to > memory_share(use))
        return refuse(use, MEMORY_NEVER);
    return memory_take(use, to - from);
}

void memory_tell(enum memory_use use)
{
    ptrdiff_t used, others;

    add(use, memory_thread.counted[use], &used, &others);
    memory_thread.counted[use] = 0;
}

ptrdiff_t memory_own(enum memory_use use, ptrdiff_t own)
{
    ptrdiff_t before;

    memory_tell(use);
    before = memory_thread.own[use];
    memory_thread.own[use] = own;
    return before;
}

/* mimalloc's; the sanitizers' builds have no such thing. */
extern void mi_collect(bool force) __attribute__((weak));

void memory_return(void)
{
    for (int use = 0; use < MEMORY_USES; use++)
        memory_tell((enum memory_use)use);
    if (mi_collect)
        mi_collect(true);
}

bool memory_wait(pthread_cond_t *wake, pthread_mutex_t *lock, bool *rested)
{
    struct timespec until;

    if (*rested) {
        pthread_cond_wait(wake, lock);
        return false;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    *rested = pthread_cond_timedwait(wake, lock, &until) == ETIMEDOUT;
    return *rested;
}

struct memory_count memory_count(enum memory_use use)
{
    ptrdiff_t bytes = atomic_load_explicit(&budget.uses[use].bytes, memory_order_relaxed);

    return (struct memory_count){
        .bytes = bytes > 0 ? (uint64_t)bytes : 0,
        .refused = atomic_load_explicit(&budget.uses[use].refused, memory_order_relaxed),
    };
}

const char *memory_use_name(enum memory_use use)
{
    static const char *const names[] = {
        [MEMORY_OTHER] = "other",       [MEMORY_BODIES] = "bodies",
        [MEMORY_REQUESTS] = "requests", [MEMORY_ANSWERS] = "answers",
        [MEMORY_KEPT] = "kept_answers", [MEMORY_CONNECTIONS] = "connections",
        [MEMORY_SQLITE] = "sqlite",
    };

    return names[use];
}
