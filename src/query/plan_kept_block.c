/*
 * A kept plan in one block of memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdalign.h>

#include "base/memory.h"
#include "query/plan_kept_private.h"
#include "store/run/slow_shapes.h"

/* Pieces one after the other: first they are measured (`base` is NULL), then copied. */
struct packer {
    char *base;
    size_t used;
};

static void *pack(struct packer *p, const void *data, size_t size)
{
    const size_t align = alignof(max_align_t);
    char *at = p->base ? p->base + p->used : NULL;

    if (at && size > 0)
        memcpy(at, data, size);
    p->used += (size + align - 1) & ~(align - 1);
    return at;
}

static struct slice pack_text(struct packer *p, struct slice text)
{
    return slice_make(pack(p, text.data, text.len), text.len);
}

/* A statement's text has a NUL behind it. */
static struct slice pack_sql(struct packer *p, struct slice sql)
{
    return slice_make(pack(p, sql.data, sql.len + 1), sql.len);
}

static struct shape pack_shape(struct packer *p, const struct shape *shape)
{
    struct output *outputs = pack(p, shape->outputs, shape->n * sizeof *outputs);
    struct shape copy = *shape;

    for (size_t i = 0; i < shape->n; i++) {
        struct slice name = pack_text(p, shape->outputs[i].name);
        struct slice key = pack_text(p, shape->outputs[i].key);

        if (!outputs)
            continue;
        outputs[i].name = name;
        outputs[i].key = key;
    }
    copy.outputs = outputs;
    return copy;
}

static struct value pack_value(struct packer *p, struct value value)
{
    struct shape shape;

    switch (value.type) {
    case VALUE_TEXT:
    case VALUE_BLOB: value.as.bytes = pack_text(p, value.as.bytes); break;
    case VALUE_SHAPE:
        shape = pack_shape(p, value.as.shape);
        value.as.shape = pack(p, &shape, sizeof shape);
        break;
    case VALUE_NULL:
    case VALUE_INTEGER:
    case VALUE_REAL: break;
    }
    return value;
}

static struct value *pack_values(struct packer *p, const struct value *values, size_t n)
{
    struct value *copies = pack(p, values, n * sizeof *copies);

    for (size_t i = 0; i < n; i++) {
        struct value copy = pack_value(p, values[i]);

        if (copies)
            copies[i] = copy;
    }
    return copies;
}

static struct kept_plan *pack_all(struct packer *p, const struct kept_plan *from)
{
    struct kept_plan *kept = pack(p, from, sizeof *from);
    struct plan plan = from->plan;
    struct recipe *recipes = pack(p, from->recipes, from->n_recipes * sizeof *recipes);

    plan.sql = pack_sql(p, plan.sql);
    plan.shape = pack_shape(p, &plan.shape);
    plan.values = pack_values(p, plan.values, plan.n_values);
    plan.sources = NULL;
    if (!kept)
        return NULL;
    kept->plan = plan;
    kept->plan.ref = &kept->ref;
    kept->plan.sql_hash = slow_shapes_hash(plan.sql);
    kept->recipes = recipes;
    return kept;
}

struct kept_plan *kept_plan_in_one_block(const struct kept_plan *from)
{
    struct packer p = {.base = NULL};
    struct kept_plan *kept;

    (void)pack_all(&p, from);
    if (p.used > PLAN_KEPT_MAX)
        return NULL;
    p.base = memory_alloc(MEMORY_OTHER, p.used);
    if (!p.base)
        return NULL;
    p.used = 0;
    kept = pack_all(&p, from);
    kept->bytes = p.used;
    return kept;
}
