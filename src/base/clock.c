/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

int64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void clock_wall(char out[CLOCK_WALL_SIZE])
{
    struct timespec now;
    struct tm utc;
    size_t n;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    n = strftime(out, CLOCK_WALL_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out + n, CLOCK_WALL_SIZE - n, ".%03ldZ", now.tv_nsec / 1000000);
}
