/*
 * What is told when a relation is not found, or more than one is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/buf.h"
#include "base/text.h"
#include "query/relate_search.h"

/* What an ambiguous answer lists at most, in bytes. */
#define CHOICES_MAX 16384

struct nearest {
    const char *name;
    size_t distance;
};

static void compare_name(struct nearest *best, struct slice relation, const struct table *target)
{
    size_t distance = text_distance(relation, target->name, best->distance);

    if (distance < best->distance)
        *best = (struct nearest){target->name.data, distance};
}

/* The nearest name of what the origin can embed; NULL if none is near, or it is that very name. */
static const char *nearest_relation(const struct search *s)
{
    const struct table *t = s->origin;
    struct nearest best = {NULL, 1 + s->relation.len / 2};

    for (size_t i = 0; i < t->n_foreign; i++)
        compare_name(&best, s->relation, t->foreign[i]->parent);
    for (size_t i = 0; i < t->n_referring; i++) {
        const struct foreign_key *key = t->referring[i];

        compare_name(&best, s->relation, key->child);
        for (size_t k = 0; k < key->child->n_foreign; k++) {
            if (relate_is_junction(key, key->child->foreign[k]))
                compare_name(&best, s->relation, key->child->foreign[k]->parent);
        }
    }
    if (best.name && slice_is(s->relation, best.name))
        return NULL;
    return best.name;
}

bool relate_tell_none(struct search *s)
{
    const char *origin = s->origin->name.data;
    const char *near = nearest_relation(s);

    error_set(s->error, ERROR_NO_RELATION,
              "Could not find a relationship between '%s' and '%.*s' in the schema cache", origin,
              SLICE_ARG(s->relation));
    error_details(s->error,
                  "Searched for a foreign key relationship between '%s' and '%.*s'%s%.*s%s in the "
                  "schema 'public', but no matches were found.",
                  origin, SLICE_ARG(s->relation), text_if(s->hint.len, " using the hint '"),
                  SLICE_ARG(s->hint), text_if(s->hint.len, "'"));
    if (near)
        error_hint(s->error, "Perhaps you meant '%s' instead of '%.*s'.", near,
                   SLICE_ARG(s->relation));
    return false;
}

static const char *cardinality(const struct link *l)
{
    if (l->kind == LINK_JUNCTION)
        return "many-to-many";
    if (l->key->child_unique)
        return "one-to-one";
    if (l->kind == LINK_PARENT)
        return "many-to-one";
    return "one-to-many";
}

/* (column, column) */
static void add_names(struct buf *b, const struct table *table, const int *columns, size_t n)
{
    const char *before = "(";

    for (size_t i = 0; i < n; i++) {
        buf_add_text(b, before);
        before = ", ";
        buf_add_slice(b, table->columns[columns[i]].name);
    }
    buf_add_char(b, ')');
}

static void add_child_columns(struct buf *b, const struct foreign_key *key)
{
    buf_add_slice(b, key->child->name);
    add_names(b, key->child, key->columns, key->n_columns);
}

static void add_parent_columns(struct buf *b, const struct foreign_key *key)
{
    buf_add_slice(b, key->parent->name);
    add_names(b, key->parent, key->parent_columns, key->n_columns);
}

/* "name using origin(column) and target(column)" */
static void describe_link(struct buf *b, const struct link *l)
{
    const struct foreign_key *key = l->key;

    if (l->kind == LINK_JUNCTION) {
        buf_addf(b, "%s using %s", key->child->name.data, key->name);
        add_names(b, key->child, key->columns, key->n_columns);
        buf_addf(b, " and %s", l->far->name);
        add_names(b, l->far->child, l->far->columns, l->far->n_columns);
        return;
    }
    buf_addf(b, "%s using ", key->name);
    if (l->kind == LINK_PARENT) {
        add_child_columns(b, key);
        buf_add_text(b, " and ");
        add_parent_columns(b, key);
    } else {
        add_parent_columns(b, key);
        buf_add_text(b, " and ");
        add_child_columns(b, key);
    }
}

static void add_choice(struct buf *b, const struct search *s, const struct link *l)
{
    struct buf text;

    buf_init(&text, 4096);
    buf_addf(b, "{\"cardinality\":\"%s\",\"embedding\":", cardinality(l));
    buf_addf(&text, "%s with %s", s->origin->name.data, l->target->name.data);
    text_json_string(b, buf_slice(&text));
    buf_clear(&text);
    buf_add_text(b, ",\"relationship\":");
    describe_link(&text, l);
    text_json_string(b, buf_slice(&text));
    buf_add_char(b, '}');
    buf_finish(&text);
}

static bool has_column(const struct table *table, const int *columns, size_t n, const char *name)
{
    return n == 1 && slice_is(table->columns[columns[0]].name, name);
}

/* Of those that were found: how many have a key of the name; how many a key of the column alone. */
static size_t count_named(const struct search *s, const char *name)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        if (s->found[i].kind != LINK_JUNCTION)
            n += slice_is(slice_from(s->found[i].key->name), name);
    }
    return n;
}

static size_t count_by_column(const struct search *s, const char *column)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        const struct foreign_key *key = s->found[i].key;

        n += has_column(key->child, key->columns, key->n_columns, column);
    }
    return n;
}

/* The hint that chooses a link: its key, if a view does not show that twice; else the column. */
static const char *hint_for(const struct search *s, const struct link *l)
{
    const struct foreign_key *key = l->key;
    const char *column = key->child->columns[key->columns[0]].name.data;

    if (l->kind == LINK_JUNCTION) {
        if (l->target == s->origin)
            return l->far->name;
        return key->child->name.data;
    }
    if (key->n_columns > 1 || count_named(s, key->name) == 1)
        return key->name;
    if (count_by_column(s, column) == 1)
        return column;
    return key->parent->columns[key->parent_columns[0]].name.data;
}

/* 300, with the choices in `details` as PostgREST has them. */
bool relate_tell_choices(struct search *s)
{
    const char *target = s->found[0].target->name.data;
    struct buf choices, hints;

    buf_init(&choices, CHOICES_MAX);
    buf_init(&hints, sizeof s->error->hint / 2);
    for (size_t i = 0; i < s->n; i++) {
        const struct link *l = &s->found[i];

        buf_add_char(&choices, i ? ',' : '[');
        add_choice(&choices, s, l);
        buf_addf(&hints, "%s'%s!%s'", text_if(i > 0, ", "), target, hint_for(s, l));
    }
    buf_add_char(&choices, ']');
    error_set(s->error, ERROR_AMBIGUOUS,
              "Could not embed because more than one relationship was found for '%s' and '%s'",
              s->origin->name.data, target);
    error_hint(s->error,
               "Try changing '%s' to one of the following: %.*s. Find the desired relationship in "
               "the 'details' key.",
               target, SLICE_ARG(buf_slice(&hints)));
    if (!choices.failed)
        s->error->json_details = arena_copy(s->arena, buf_slice(&choices));
    buf_finish(&choices);
    buf_finish(&hints);
    return false;
}
