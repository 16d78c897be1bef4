/*
 * What the fuzzers share: a clock that goes by how often it is asked, not by the machine's speed,
 * so that the same runs find the same. Linked with --wrap=clock_us. Each fuzzer is one file and
 * includes this once.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>

/* Microseconds that pass between two looks at the clock: SQLite's progress handler looks some
 * thousand instructions apart. */
#define FUZZ_TICK_US 20

int64_t __wrap_clock_us(void);
int64_t __wrap_clock_us(void)
{
    static int64_t now;

    return now += FUZZ_TICK_US;
}

#endif
