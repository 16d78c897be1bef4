/*
 * A regular expression as a tree. Private to regexp*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_REGEXP_PARSE_H
#define THIMBLE_BASE_REGEXP_PARSE_H

#include "base/regexp_program.h"
#include "base/slice.h"

enum branch_kind {
    BRANCH_EMPTY,
    BRANCH_CHAR, /* c */
    BRANCH_ANY,
    BRANCH_SET,    /* the set a */
    BRANCH_PLACE,  /* the regexp_place a */
    BRANCH_BOTH,   /* a, then b */
    BRANCH_EITHER, /* a or b */
    BRANCH_REPEAT, /* a, min to max times */
};

#define BRANCH_NO_MAX (-1)

struct branch {
    enum branch_kind kind;
    uint16_t a, b;
    int min, max;
    uint32_t c;
};

struct tree {
    bool fold;
    uint16_t root;
    size_t n_branches, n_sets, n_ranges;
    struct branch *branches;
    struct set *sets;
    struct range *ranges;
};

/* Parses into arrays that the caller frees. False with *why, or NULL there without memory; nothing
 * is to be freed then. */
bool regexp_parse(struct tree *tree, struct slice pattern, bool fold, const char **why);

#endif
