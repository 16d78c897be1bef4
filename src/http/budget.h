/*
 * How long a read may take on its event loop before it goes on in the reader lane. Reads that go on
 * there were begun here for nothing: when these take too much of the loop's time, each may take less,
 * until there are fewer. One loop's thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_BUDGET_H
#define THIMBLE_HTTP_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct budget {
    int64_t full_us;   /* --loop-budget; 0: reads stay where they are */
    int64_t now_us;    /* what is given at present */
    bool none;         /* all reads go to the lane */
    int64_t wasted_us; /* on reads that moved, in this period */
    int64_t since_us;  /* when it began */
};

void budget_init(struct budget *b, int64_t full_us, bool none);

/* For a read that begins now: call->budget_us. */
static inline int64_t budget_give(const struct budget *b, int64_t now_us)
{
    return b->now_us > 0 ? now_us + b->now_us : b->now_us;
}

/* A read took this long and has to go on elsewhere. */
void budget_spend(struct budget *b, int64_t us);

/* Time passes. */
void budget_tick(struct budget *b, int64_t now_us);

#endif
