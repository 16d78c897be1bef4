/*
 * How far a long command is, on a line of stderr that is drawn over again: a bar, how much of
 * how much, the rate, and the time that is left. Nothing at all when stderr is no terminal.
 * Plain characters and carriage returns only, so that NO_COLOR and TERM=dumb change nothing.
 * On the caller's stack; one thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_PROGRESS_H
#define THIMBLE_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Between two drawings, in microseconds. */
#define PROGRESS_EVERY_US 100000

enum progress_unit { PROGRESS_BYTES, PROGRESS_ROWS };

struct progress_bar {
    bool on;          /* stderr is a terminal */
    const char *what; /* borrowed until progress_end */
    int64_t total;    /* 0: not known */
    int64_t done;     /* as last told */
    enum progress_unit unit;
    int64_t begun_us, drawn_us; /* clock_us */
    size_t drawn;               /* characters on the line now */
};

/* Begins at nothing done of `total` (0: not known). Draws nothing yet. */
void progress_begin(struct progress_bar *bar, const char *what, int64_t total,
                    enum progress_unit unit);

/* `done` of the total are done. Draws at most once in PROGRESS_EVERY_US: call it as often as you
 * like. */
void progress_at(struct progress_bar *bar, int64_t done);

/* Draws where it ended, and the end of the line. To be called before anything else is written to
 * stderr, after a failure too. */
void progress_end(struct progress_bar *bar);

#endif
