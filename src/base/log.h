/*
 * JSON log lines on stderr, whole ones, so that lines of several threads never mix. A line is built on the caller's stack: log_begin, fields, log_end.
 * Any thread. The level is process-wide and set once at start.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_LOG_H
#define THIMBLE_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };

/* Lines longer than this lose the tail of a long value (the line stays valid JSON). */
#define LOG_LINE_MAX 4096

struct log_line {
    bool on; /* false: below the level, every call is a no-op */
    size_t len;
    char text[LOG_LINE_MAX];
};

/* Sets the lowest level that is written; the default is LOG_INFO. */
void log_set_level(enum log_level level);

/* From now on a line never waits for who reads stderr: what he does not take in time is dropped
 * (base/log_sink.h). Once, at the start of what serves. */
void log_open(void);

/* Waits until the lines that are behind are written, `at_most_us`; what follows is written as before
 * log_open. */
void log_close(int64_t at_most_us);

/* Lines that were dropped so far. Any thread. */
uint64_t log_dropped(void);

/* True if a line at `level` would be written. */
bool log_wanted(enum log_level level);

/* "debug", "info", "warn", "error", "off" in any case. False if none of these. */
bool log_level_parse(struct slice text, enum log_level *out);

/* Starts a line: {"time":…,"level":…,"msg":…. `msg` is a constant phrase. */
void log_begin(struct log_line *line, enum log_level level, const char *msg);
/* Adds a member. Values are escaped; keys are constants. */
void log_text(struct log_line *line, const char *key, struct slice value);
void log_int(struct log_line *line, const char *key, int64_t value);
void log_ms(struct log_line *line, const char *key, int64_t microseconds); /* 1.234 */
/* Ends the line and writes it. */
void log_end(struct log_line *line);

/* A line with just a printf-style message. */
void log_say(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Lines that may be many, as one for each table: after the first of them they are counted alone. */
#define LOG_SOME_MAX 20

struct log_some {
    size_t n;
};

void log_some(struct log_some *some, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "980 more: REST", if there were more. */
void log_some_end(const struct log_some *some, enum log_level level, const char *rest);

#endif
