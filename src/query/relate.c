/* SPDX-License-Identifier: MIT */
#include "query/relate.h"

#include "query/relate_search.h"

/* The name of a key's only column; empty if it has several. */
static struct slice only_column(const struct table *table, const int *columns, size_t n)
{
    if (n == 1)
        return table->columns[columns[0]].name;
    return (struct slice){NULL, 0};
}

static bool is_column(struct slice column, struct slice name)
{
    return column.len > 0 && slice_equal(column, name);
}

/*
 * A resource and itself. PostgREST's rules: without a hint its own name is the rows that refer to it,
 * and the key's column the row that it refers to; with one, the rows that refer to it by this column.
 * Ours besides: the key's name does for its column, and a one-to-one is as well a one-to-many.
 */
static bool is_meant_of_itself(const struct search *s, const struct link *l, bool named)
{
    const struct foreign_key *key = l->key;
    struct slice child = only_column(key->child, key->columns, key->n_columns);

    if (l->kind == LINK_PARENT)
        return !s->hint.len &&
               (is_column(child, s->relation) || (!named && slice_is(s->relation, key->name)));
    return named && (!s->hint.len || is_column(child, s->hint) || slice_is(s->hint, key->name));
}

/*
 * A many-to-many, which is told apart by its junction. Of a resource with itself (PostgREST has none)
 * it is meant without a hint if nothing else is. The hint is the junction, from its first key's row to its
 * second's, or the junction's column or key that says which rows are meant.
 */
static bool is_meant_through(const struct search *s, const struct link *l, bool named)
{
    const struct foreign_key *near = l->key, *far = l->far;
    bool junction = slice_equal(near->child->name, s->hint);

    if (l->target != s->origin)
        return named && (!s->hint.len || junction);
    if (!named || !s->hint.len)
        return named && s->nothing_else;
    return (junction && near->columns[0] < far->columns[0]) || slice_is(s->hint, far->name) ||
           is_column(only_column(far->child, far->columns, far->n_columns), s->hint);
}

/*
 * PostgREST's rules. Without a hint the relation is a table, or a key's name, or its column: the one
 * of the origin, whichever side of the key that is. With one the relation is a table, and the hint
 * the key, one of its columns, or the junction.
 */
static bool is_meant(const struct search *s, const struct link *l)
{
    const struct foreign_key *key = l->key;
    struct slice child = only_column(key->child, key->columns, key->n_columns);
    struct slice parent = only_column(key->parent, key->parent_columns, key->n_columns);
    bool named = slice_equal(l->target->name, s->relation), of_origin;

    if (l->kind == LINK_JUNCTION)
        return is_meant_through(s, l, named);
    if (l->target == s->origin)
        return is_meant_of_itself(s, l, named);
    if (s->hint.len)
        return named && (slice_is(s->hint, key->name) || is_column(child, s->hint) ||
                         is_column(parent, s->hint));
    of_origin = is_column(l->kind == LINK_PARENT ? child : parent, s->relation);
    return named ||
           (l->target->kind != TABLE_VIEW && (slice_is(s->relation, key->name) || of_origin));
}

static bool add(struct search *s, const struct link *l)
{
    if (s->n == s->capacity) {
        size_t capacity = s->capacity ? s->capacity * 2 : 4;
        struct link *larger = arena_alloc(s->arena, capacity * sizeof *larger);

        if (!larger)
            return error_set(s->error, ERROR_MEMORY, "out of memory");
        if (s->n)
            memcpy(larger, s->found, s->n * sizeof *larger);
        s->found = larger;
        s->capacity = capacity;
    }
    s->found[s->n++] = *l;
    return true;
}

static bool consider(struct search *s, const struct link *l)
{
    if (!is_meant(s, l))
        return true;
    return add(s, l);
}

/* A junction has both keys in its primary key. */
static bool junctions(struct search *s, const struct foreign_key *near)
{
    const struct table *junction = near->child;

    for (size_t i = 0; near->child_in_key && i < junction->n_foreign; i++) {
        const struct foreign_key *far = junction->foreign[i];
        struct link l = {LINK_JUNCTION, near, far, far->parent, false};

        if (relate_is_junction(near, far) && !consider(s, &l))
            return false;
    }
    return true;
}

/* In the order in which PostgREST lists several. */
static bool gather(struct search *s)
{
    const struct table *t = s->origin;

    for (size_t i = 0; i < t->n_referring; i++) {
        const struct foreign_key *key = t->referring[i];
        struct link l = {LINK_CHILD, key, NULL, key->child, key->child_unique};

        if (!consider(s, &l))
            return false;
    }
    for (size_t i = 0; i < t->n_foreign; i++) {
        struct link l = {LINK_PARENT, t->foreign[i], NULL, t->foreign[i]->parent, true};

        if (!consider(s, &l))
            return false;
    }
    for (size_t i = 0; i < t->n_referring; i++) {
        if (!junctions(s, t->referring[i]))
            return false;
    }
    return true;
}

/* A view that refers to itself refers by the same columns to its table, too: the column alone means
 * the view, whose rows can go on so. */
static void prefer_itself(struct search *s)
{
    const struct link *a = &s->found[0], *b = &s->found[1];
    bool same;

    if (s->n != 2 || s->hint.len || a->kind != LINK_PARENT || b->kind != LINK_PARENT)
        return;
    same = a->key->base == b->key->base && a->key->n_columns == 1 &&
           a->key->columns[0] == b->key->columns[0];
    if (!same || (a->target == s->origin) == (b->target == s->origin))
        return;
    s->found[0] = a->target == s->origin ? *a : *b;
    s->n = 1;
}

bool relate(struct arena *arena, const struct table *origin, struct slice relation,
            struct slice hint, struct link *out, struct error *e)
{
    struct search s = {
        .arena = arena, .error = e, .origin = origin, .relation = relation, .hint = hint};

    if (!gather(&s))
        return false;
    s.nothing_else = s.n == 0 && !hint.len;
    if (s.nothing_else && !gather(&s))
        return false;
    if (s.n == 0)
        return relate_tell_none(&s);
    prefer_itself(&s);
    if (s.n > 1)
        return relate_tell_choices(&s);
    *out = s.found[0];
    return true;
}
