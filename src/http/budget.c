/* SPDX-License-Identifier: MIT */
#include "http/budget.h"

#include "resource/call.h"

/* A tenth of the loop's time may be spent on reads that move. */
#define PERIOD_US 100000
#define WASTE_US  10000

/* The least that a read gets: a row or a page of a list takes less. */
#define FLOOR_PART 32

void budget_init(struct budget *b, int64_t full_us, bool none)
{
    *b = (struct budget){.full_us = full_us, .none = none, .now_us = full_us};
    if (none && full_us)
        b->now_us = CALL_MOVES;
}

void budget_spend(struct budget *b, int64_t us)
{
    b->wasted_us += us;
    if (b->wasted_us < WASTE_US || b->none)
        return;
    b->wasted_us = 0;
    b->now_us /= 2;
    if (b->now_us < b->full_us / FLOOR_PART)
        b->now_us = b->full_us / FLOOR_PART;
}

void budget_tick(struct budget *b, int64_t now_us)
{
    if (now_us - b->since_us < PERIOD_US)
        return;
    if (b->wasted_us < WASTE_US / 2 && b->now_us < b->full_us && !b->none)
        b->now_us = b->now_us > b->full_us / 2 ? b->full_us : b->now_us * 2;
    b->wasted_us = 0;
    b->since_us = now_us;
}
