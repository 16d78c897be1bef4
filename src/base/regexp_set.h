/*
 * Sets of characters in regular expressions, and escapes of one character. Private to regexp*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_REGEXP_SET_H
#define THIMBLE_BASE_REGEXP_SET_H

#include "base/regexp_parse.h"

/* Adds the set of \d, \D, \w, \W, \s or \S; false if `letter` is none of them. */
bool regexp_set_class(struct tree *tree, char letter, size_t *set);

/* Parses what is behind a [, to its ]. False with *why. */
bool regexp_set_parse(struct tree *tree, struct slice text, size_t *at, size_t *set,
                      const char **why);

/* The character of what is behind a backslash, \n or \x41 or \. ; false if it is none. */
bool regexp_escape(struct slice text, size_t *at, uint32_t *c);

#endif
