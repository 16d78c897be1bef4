/*
 * What a regular expression becomes. Private to regexp*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_REGEXP_PROGRAM_H
#define THIMBLE_BASE_REGEXP_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ascii.h"

/* No character: before the first, after the last. */
#define REGEXP_EDGE 0xffffffffU
/* A byte that is not UTF-8 is this and the byte: beyond Unicode. */
#define REGEXP_RAW_BYTE 0x110000U

enum regexp_op {
    OP_CHAR,  /* takes `c` */
    OP_ANY,   /* takes any character */
    OP_SET,   /* takes one of the set `x` */
    OP_SPLIT, /* goes on at `x` and at `y` */
    OP_JUMP,  /* goes on at `x` */
    OP_PLACE, /* goes on if the place is the regexp_place `x` */
    OP_MATCH,
};

enum regexp_place {
    PLACE_START,
    PLACE_END,
    PLACE_BOUNDARY,
    PLACE_NO_BOUNDARY,
    PLACE_WORD_START,
    PLACE_WORD_END,
};

struct instruction {
    enum regexp_op op;
    uint16_t x, y;
    uint32_t c;
};

struct range {
    uint32_t low, high; /* both within */
};

/* A set of characters: ranges, perhaps the opposite. */
struct set {
    size_t start, n; /* in regexp->ranges */
    bool negated;
};

/* States that are alive, each once (a sparse set: Briggs and Torczon). */
struct states {
    size_t n;
    uint16_t *dense, *sparse;
};

struct regexp {
    bool fold;
    size_t n_program, n_sets, n_ranges;
    struct instruction *program;
    struct set *sets;
    struct range *ranges;
    bool begins[256]; /* a match can begin with this byte */
    bool can_skip;    /* …and cannot be empty */
    struct states now, next;
    uint16_t *stack; /* of places still to go to; n_program */
};

/* True if the set has the character; letters in either case if the expression folds. */
bool regexp_set_has(const struct regexp *r, const struct set *set, uint32_t c);

static inline uint32_t regexp_fold(uint32_t c)
{
    if (c < 0x80)
        return (uint32_t)ascii_lower((char)c);
    return c;
}

static inline bool regexp_is_word(uint32_t c)
{
    if (c >= 0x80)
        return false;
    return ascii_is_letter_or_digit((char)c) || c == '_';
}

/* The character at data[0…len), len > 0, and how many bytes it has. */
uint32_t regexp_decode(const char *data, size_t len, size_t *bytes);

#endif
