/*
 * How an API key is spelled: thk_PPPPPPPP_, which is shown where keys are listed and by which its row is
 * found, then the secret, and a checksum: a key that was cut short or mistyped is told from one that
 * nobody knows.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_API_KEY_TEXT_H
#define THIMBLE_ACCESS_API_KEY_TEXT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

#define API_KEY_PREFIX 12 /* "thk_" and 8 symbols of 5 bits */
#define API_KEY_SECRET 32 /* symbols: 160 random bits */
#define API_KEY_CHECK  6
#define API_KEY_LENGTH (API_KEY_PREFIX + 1 + API_KEY_SECRET + API_KEY_CHECK)

/* Is it meant to be one? No token begins like it. */
static inline bool api_key_is(struct slice text)
{
    static const struct slice begin = SLICE_LITERAL("thk_");

    return slice_begins(text, begin);
}

/* Does the checksum fit? */
bool api_key_is_whole(struct slice text);

/* The first API_KEY_PREFIX bytes of a whole one. */
static inline struct slice api_key_prefix(struct slice key)
{
    return slice_first(key, API_KEY_PREFIX);
}

/* Makes a new one, with a NUL. False with ERROR_INTERNAL: there are no random bytes. */
bool api_key_make(char out[API_KEY_LENGTH + 1], struct error *e)
    __attribute__((warn_unused_result));

#endif
