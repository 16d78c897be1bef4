/* SPDX-License-Identifier: MIT */
#include "store/run/log_pause.h"

#include "store/store.h"

/* A gap is long enough for one passive checkpoint and the writer's next try to start the log over. */
#define GAP_US 2000000

/* After one that was of no use. */
#define AGAIN_US 60000000

static bool is_long(const struct store *store)
{
    return atomic_load_explicit(&store->log_is_long, memory_order_relaxed);
}

bool log_pause_holds(struct log_pause *pause, size_t running, int64_t now_us)
{
    if (!is_long(pause->store)) {
        pause->until_us = 0;
        return false;
    }
    if (now_us < pause->again_us)
        return false;
    if (running > 0)
        return true;
    if (pause->until_us == 0)
        pause->until_us = now_us + GAP_US;
    if (now_us < pause->until_us)
        return true;
    pause->until_us = 0;
    pause->again_us = now_us + AGAIN_US;
    return false;
}
