/*
 * Patterns of SQL's LIKE: % for any run of characters, _ for one character, a backslash before
 * what stands for itself. Compiled once, matched many times: linear in the text for each run
 * between two %, but for runs with _ in them, which take the run's length times the text's at
 * worst. A match can be stopped on its way.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_LIKE_H
#define THIMBLE_BASE_LIKE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* Bytes of a pattern. */
#define LIKE_PATTERN_MAX 1000

struct like;

/* Asked every few thousand steps: true ends the match. */
typedef bool like_stop(void *context);

enum like_result { LIKE_DIFFERS, LIKE_MATCHES, LIKE_STOPPED };

/* Compiles a pattern of at most LIKE_PATTERN_MAX bytes; `fold`: ASCII letters in either case are
 * equal. A backslash at the end stands for itself. NULL without memory, or if the pattern is
 * longer. Freed by like_free. */
struct like *like_compile(struct slice pattern, bool fold);
void like_free(void *like);

/* Does the whole text match? Bytes that are no UTF-8 are characters of their own. */
enum like_result like_match(const struct like *like, struct slice text, like_stop *stop,
                            void *context);

#endif
