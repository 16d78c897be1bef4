/*
 * Regular expressions in time that is linear in the text: the automaton's states go along together
 * (Thompson), no more of them than REGEXP_PROGRAM_MAX. The syntax is that of PostgreSQL's advanced
 * ones (postgresql.org/docs, "Regular Expression Details") without what needs memory of the way:
 *
 *   a b . [abc] [^a-z] [[:alpha:]]   characters; . takes a newline, too
 *   ( ) (?: ) |                      groups, alternatives
 *   * + ? {n} {n,} {n,m}             repetitions; a ? behind them changes nothing here
 *   ^ $ \A \Z \b \y \B \Y \m \M      beginning, end; word boundary, none, beginning, end of a word
 *   \d \D \w \W \s \S                digits, word characters, white space (ASCII)
 *   \n \t \r \f \v \e \xHH \uHHHH    characters; \ before another than a letter or digit: itself
 *   (?i) at the beginning            letters in either case
 *
 * There are no back-references, no look-around and no collating elements.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_REGEXP_H
#define THIMBLE_BASE_REGEXP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* Instructions that an expression may become: {n,m} repeats what it is about. */
#define REGEXP_PROGRAM_MAX 4000
/* Groups within each other. */
#define REGEXP_DEPTH_MAX 100
/* The largest n and m of {n,m}, as in PostgreSQL. */
#define REGEXP_REPEAT_MAX 255

/* …and those of one statement together: an instruction takes 24 bytes while it runs. */
#define REGEXP_STATEMENT_MAX 16000

struct regexp;

/* Asked every few thousand steps: true ends the match. */
typedef bool regexp_stop(void *context);

enum regexp_result { REGEXP_DIFFERS, REGEXP_MATCHES, REGEXP_STOPPED };

/* Compiles; `fold`: ASCII letters in either case are equal. NULL with *why, static words, or with
 * *why NULL without memory. Freed by regexp_free. One thread at a time uses it. */
struct regexp *regexp_compile(struct slice pattern, bool fold, const char **why);
void regexp_free(void *regexp);

/* How many instructions it became. */
size_t regexp_size(const struct regexp *regexp);

/* Does the expression match anywhere in the text? A byte that is not UTF-8 is a character of its
 * own, which only . and negated sets take. */
enum regexp_result regexp_match(struct regexp *regexp, struct slice text, regexp_stop *stop,
                                void *context);

#endif
