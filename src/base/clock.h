/*
 * Time. Monotonic for measuring and deadlines, wall clock for what people read.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_CLOCK_H
#define THIMBLE_BASE_CLOCK_H

#include <stdint.h>

/* Microseconds on CLOCK_MONOTONIC. Never fails. */
int64_t clock_us(void);

/* Room for clock_wall's text and its NUL. */
#define CLOCK_WALL_SIZE 28

/* Writes the wall-clock time in UTC as RFC 3339 with milliseconds, "2026-01-31T12:00:00.123Z". */
void clock_wall(char out[CLOCK_WALL_SIZE]);

#endif
