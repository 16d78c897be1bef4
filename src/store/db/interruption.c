/* SPDX-License-Identifier: MIT */
#include "store/db/interruption.h"

#include <sqlite3.h>

#include "base/clock.h"

/* Virtual-machine instructions between two looks. An instruction may copy or compare a value of some
 * megabytes. */
#define PROGRESS_STEPS 100

static bool is_raised(const _Atomic bool *flag)
{
    return flag && atomic_load_explicit(flag, memory_order_relaxed);
}

static bool is_past(int64_t instant_us, int64_t now_us)
{
    return instant_us != 0 && now_us > instant_us;
}

/*
 * The looks are less than a tenth of a millisecond apart while a statement runs: where one comes this
 * much too late the processor was somebody else's, and the statement is not slow. It gets a little
 * more, a few times: it may as well have waited for the disk.
 */
#define LATE_US    1000
#define GRACE_US   1000
#define GRACES_MAX 3

static bool is_over_budget(struct interruptions *it, int64_t now_us)
{
    if (!is_past(it->budget_us, now_us))
        return false;
    if (now_us - it->budget_us < LATE_US || it->graces >= GRACES_MAX)
        return true;
    it->graces++;
    it->budget_us = now_us + GRACE_US;
    return false;
}

static enum interruption cause(struct interruptions *it)
{
    int64_t now;

    if (is_raised(it->stopping))
        return INTERRUPTION_STOPPING;
    if (is_raised(it->cancelled))
        return INTERRUPTION_CANCELLED;
    if (!it->deadline_us && !it->budget_us)
        return INTERRUPTION_NONE;
    now = clock_us();
    if (is_past(it->deadline_us, now))
        return INTERRUPTION_DEADLINE;
    return is_over_budget(it, now) ? INTERRUPTION_BUDGET : INTERRUPTION_NONE;
}

enum interruption interruptions_look(struct interruptions *it)
{
    enum interruption now = cause(it);

    if (now != INTERRUPTION_NONE)
        it->seen = now;
    return now;
}

/* sqlite.org/c3ref/progress_handler.html: non-zero interrupts the running statement. */
static int look(void *context)
{
    struct interruptions *it = context;

    return !it->looking_away && interruptions_look(it) != INTERRUPTION_NONE;
}

/* sqlite.org/c3ref/busy_handler.html: zero gives up. Sleeps as sqlite3_busy_timeout does at first, and
 * never so long that an interruption is seen late. */
static int wait_for_lock(void *context, int tries)
{
    static const int sleeps_ms[] = {1, 2, 5, 10, 15, 20};
    struct interruptions *it = context;
    int last = (int)(sizeof sleeps_ms / sizeof *sleeps_ms) - 1;
    int64_t now = clock_us();

    if (tries == 0)
        it->waiting_since_us = now;
    if (now - it->waiting_since_us >= (int64_t)it->busy_ms * 1000)
        return 0;
    if (interruptions_look(it) != INTERRUPTION_NONE)
        return 0;
    sqlite3_sleep(sleeps_ms[tries < last ? tries : last]);
    return 1;
}

void interruptions_watch(struct interruptions *it, struct sqlite3 *handle)
{
    sqlite3_progress_handler(handle, PROGRESS_STEPS, look, it);
    sqlite3_busy_handler(handle, wait_for_lock, it);
}

bool interruptions_tell(struct interruptions *it, struct error *e)
{
    enum interruption seen = it->seen;

    it->seen = INTERRUPTION_NONE;
    switch (seen) {
    case INTERRUPTION_NONE: return false;
    case INTERRUPTION_STOPPING:
        error_record(e, ERROR_DRAINING, "the server is shutting down");
        break;
    case INTERRUPTION_CANCELLED: error_record(e, ERROR_CANCELLED, "the client has gone"); break;
    case INTERRUPTION_DEADLINE:
        error_record(e, ERROR_TIMEOUT, "canceling statement due to statement timeout");
        break;
    case INTERRUPTION_BUDGET:
        error_record(e, ERROR_OVER_BUDGET, "the statement takes longer than it may here");
        break;
    }
    return true;
}
