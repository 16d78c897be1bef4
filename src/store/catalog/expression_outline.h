/*
 * An SQL expression's tokens at its own level: which operators bind it together. Pure.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_CATALOG_EXPRESSION_OUTLINE_H
#define THIMBLE_STORE_CATALOG_EXPRESSION_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "store/catalog/lexer.h"

struct outline {
    struct token first, second, last, before_last;
    size_t n;           /* tokens at its own level; what is within brackets counts as none */
    bool compares;      /* AND, OR, NOT, a comparison: what binds least */
    bool calculates;    /* any other operator but the arrow */
    bool arrow;         /* -> */
    bool double_arrow;  /* ->> */
    struct slice named; /* without "AS name" */
};

struct outline expression_outline(struct slice text);

/* 1, -1 or 0. Tokens in parentheses, and between CASE and END, belong together: they count as
 * depth. */
int expression_depth_change(struct token t);

#endif
