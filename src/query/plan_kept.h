/*
 * A plan that is kept for requests which differ from its own in their values alone: the same statement,
 * with what their texts mean in the places of what its texts meant.
 *
 * A value that is not made of such a text is of the plan itself. What cannot be followed is not kept: a
 * text that the plan has read, and that no value says it is made of. A text that would have made another
 * statement (of another class of values, or a mistake) is not taken: the request is then planned anew,
 * which says what is to be said.
 *
 * One block of memory, MEMORY_OTHER. One thread at a time, its statement_ref's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_PLAN_KEPT_H
#define THIMBLE_QUERY_PLAN_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "query/plan.h"

/* What one may take, and how many texts it may be made of. */
#define PLAN_KEPT_MAX   ((size_t)8 << 10)
#define PLAN_KEPT_TEXTS 64

/* What of a request may be another's: texts, decoded, in their order; limit and offset where the query
 * string says them, or as struct query_node has them where it does not. */
struct plan_texts {
    const struct slice *texts;
    size_t n;
    int64_t limit, offset;
    bool says_limit, says_offset;
};

struct kept_plan;

/*
 * Keeps a plan with sources. The texts are those that the tree has, at their very places; `root` is the
 * tree's root. NULL if it cannot be kept: for want of memory, too.
 */
struct kept_plan *kept_plan_make(const struct plan *plan, const struct plan_texts *texts,
                                 const struct query_node *root);
void kept_plan_free(struct kept_plan *kept);

size_t kept_plan_bytes(const struct kept_plan *kept);

/*
 * The plan for other texts; it borrows from `kept`, the texts and `arena`. `max_rows` is what it was
 * planned with. False if these texts would make another one, or there is no memory; `e`, which is empty,
 * stays so.
 */
bool kept_plan_use(struct kept_plan *kept, struct arena *arena, const struct plan_texts *texts,
                   int64_t max_rows, struct plan *out, struct error *e)
    __attribute__((warn_unused_result));

#endif
