/* SPDX-License-Identifier: MIT */
#include "query/plan_kept.h"

#include "base/memory.h"
#include "query/literal.h"
#include "query/plan_kept_private.h"
#include "query/sql.h"

/* ---- which values are made of which texts */

/* The place of the very text, texts->n: it is none of them. */
static size_t place_of(const struct plan_texts *texts, struct slice text)
{
    size_t i = 0;

    while (i < texts->n && (texts->texts[i].data != text.data || texts->texts[i].len != text.len))
        i++;
    return i;
}

static bool is_made_of_text(const struct value_source *source)
{
    return source->origin == ORIGIN_LITERAL || source->origin == ORIGIN_PATTERN;
}

/* True if the value is another's for another request; `out` is filled in. */
static bool make_recipe(const struct value_source *source, const struct plan_texts *texts,
                        const struct query_node *root, struct recipe *out)
{
    size_t text = 0;

    if (is_made_of_text(source)) {
        text = place_of(texts, source->text);
        if (text == texts->n)
            return false;
    } else if (source->origin == ORIGIN_LIMIT) {
        if (source->ask != root || !texts->says_limit)
            return false;
    } else if (source->origin == ORIGIN_OFFSET) {
        if (source->ask != root || !texts->says_offset)
            return false;
    } else {
        return false;
    }
    *out = (struct recipe){.text = (unsigned)text,
                           .origin = source->origin,
                           .nth = source->nth,
                           .n = source->n,
                           .has_number = source->has_number,
                           .is_json = source->is_json,
                           .column = source->column};
    return true;
}

/* Every text must be what some value is made of: else the plan has read it in a way that is not known. */
static bool all_are_read(const bool *read, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!read[i])
            return false;
    }
    return true;
}

struct kept_plan *kept_plan_make(const struct plan *plan, const struct plan_texts *texts,
                                 const struct query_node *root)
{
    struct recipe recipes[PLAN_KEPT_TEXTS * 2];
    bool read[PLAN_KEPT_TEXTS] = {false};
    struct kept_plan kept = {.plan = *plan, .recipes = recipes, .has_offset = root->offset > 0};

    if (texts->n > PLAN_KEPT_TEXTS || (plan->n_values > 0 && !plan->sources))
        return NULL;
    for (size_t i = 0; i < plan->n_values; i++) {
        struct recipe recipe;

        if (!make_recipe(&plan->sources[i], texts, root, &recipe))
            continue;
        if (kept.n_recipes == sizeof recipes / sizeof *recipes)
            return NULL;
        recipe.at = (unsigned)i;
        recipes[kept.n_recipes++] = recipe;
        if (is_made_of_text(&plan->sources[i]))
            read[recipe.text] = true;
    }
    if (!all_are_read(read, texts->n))
        return NULL;
    return kept_plan_in_one_block(&kept);
}

void kept_plan_free(struct kept_plan *kept)
{
    memory_free(kept);
}

size_t kept_plan_bytes(const struct kept_plan *kept)
{
    return kept->bytes;
}

/* ---- the same for other texts */

static bool is_same_class(const struct recipe *recipe, const struct literal *literal)
{
    return literal->n == recipe->n && literal->has_number == recipe->has_number &&
           literal->is_json == recipe->is_json;
}

/* What the values are made with. */
struct making {
    struct arena *arena;
    const struct plan_texts *texts;
    int64_t max_rows;
    struct error *error;
    struct literal literal; /* read last: those of one text stand side by side */
    const struct recipe *literal_of;
};

static bool read_literal(struct making *m, const struct recipe *recipe)
{
    const struct recipe *last = m->literal_of;
    struct slice text = m->texts->texts[recipe->text];

    if (last && last->text == recipe->text && last->column == recipe->column)
        return true;
    m->literal_of = recipe;
    return literal_read(m->arena, recipe->column, text, &m->literal, m->error);
}

static bool make_value(struct making *m, const struct recipe *recipe, struct value *out)
{
    switch (recipe->origin) {
    case ORIGIN_LITERAL:
        if (!read_literal(m, recipe) || !is_same_class(recipe, &m->literal))
            return false;
        *out = m->literal.values[recipe->nth];
        return true;
    case ORIGIN_PATTERN: return literal_pattern(m->arena, m->texts->texts[recipe->text], out);
    case ORIGIN_LIMIT:
        *out = value_integer(sql_rows_at_most(m->texts->limit, m->max_rows));
        return true;
    case ORIGIN_OFFSET: *out = value_integer(m->texts->offset); return true;
    case ORIGIN_FIXED: break;
    }
    return false;
}

static bool make_values(struct making *m, const struct kept_plan *kept, struct value *values)
{
    for (size_t i = 0; i < kept->n_recipes; i++) {
        const struct recipe *recipe = &kept->recipes[i];

        if (make_value(m, recipe, &values[recipe->at]))
            continue;
        error_clear(m->error);
        return false;
    }
    return true;
}

bool kept_plan_use(struct kept_plan *kept, struct arena *arena, const struct plan_texts *texts,
                   int64_t max_rows, struct plan *out, struct error *e)
{
    struct making m;
    size_t size = kept->plan.n_values * sizeof(struct value);
    struct value *values;

    if ((texts->offset > 0) != kept->has_offset)
        return false;
    *out = kept->plan;
    if (kept->n_recipes == 0)
        return true;
    values = arena_alloc(arena, size);
    if (!values)
        return false;
    memcpy(values, kept->plan.values, size);
    out->values = values;
    m.arena = arena;
    m.texts = texts;
    m.max_rows = max_rows;
    m.error = e;
    m.literal_of = NULL;
    return make_values(&m, kept, values);
}
