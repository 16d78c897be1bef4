/* SPDX-License-Identifier: MIT */
#include "query/relate.h"

#include "query/relate_search.h"
#include "query/rights.h"

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

/* True if the text names the key, or is its only column here. */
static bool is_key_or_column(struct slice text, const struct foreign_key *key, struct slice column)
{
    return slice_is(text, key->name) || is_column(column, text);
}

/*
 * A resource and itself. PostgREST's rules: without a hint its own name is the rows that refer to it,
 * and the key's column the row that it refers to; with one, the rows that refer to it by this column.
 * Ours besides: the key's name does for its column, and a one-to-one is as well a one-to-many.
 */
static bool is_meant_of_itself(const struct search *s, const struct link *l, bool named)
{
    struct slice child = only_column(l->key->child, l->key->columns, l->key->n_columns);

    if (l->kind == LINK_PARENT) {
        if (s->hint.len)
            return false;
        if (named)
            return is_column(child, s->relation);
        return is_key_or_column(s->relation, l->key, child);
    }
    if (!named)
        return false;
    return s->hint.len == 0 || is_key_or_column(s->hint, l->key, child);
}

/* The hint is the junction, from its first key's row to its second's, or the junction's column or
 * key that says which rows are meant. */
static bool is_hinted_through(const struct search *s, const struct link *l)
{
    const struct foreign_key *near = l->key, *far = l->far;
    struct slice column = only_column(far->child, far->columns, far->n_columns);

    if (is_key_or_column(s->hint, far, column))
        return true;
    return slice_equal(near->child->name, s->hint) && near->columns[0] < far->columns[0];
}

/*
 * A many-to-many, which is told apart by its junction. Of a resource with itself (PostgREST has none)
 * it is meant without a hint if nothing else is.
 */
static bool is_meant_through(const struct search *s, const struct link *l, bool named)
{
    if (!named)
        return false;
    if (l->target == s->origin)
        return s->hint.len ? is_hinted_through(s, l) : s->nothing_else;
    return s->hint.len == 0 || slice_equal(l->key->child->name, s->hint);
}

/* One of two resources that a key ties together: its name, or a column, or the key. */
static bool is_meant_of_another(const struct search *s, const struct link *l, bool named)
{
    const struct foreign_key *key = l->key;
    struct slice child = only_column(key->child, key->columns, key->n_columns);
    struct slice parent = only_column(key->parent, key->parent_columns, key->n_columns);
    struct slice of_origin = l->kind == LINK_PARENT ? child : parent;

    if (s->hint.len) {
        if (!named)
            return false;
        return is_key_or_column(s->hint, key, child) || is_column(parent, s->hint);
    }
    if (named)
        return true;
    if (l->target->kind == TABLE_VIEW)
        return false;
    return is_key_or_column(s->relation, key, of_origin);
}

/*
 * PostgREST's rules. Without a hint the relation is a table, or a key's name, or its column: the one
 * of the origin, whichever side of the key that is. With one the relation is a table, and the hint
 * the key, one of its columns, or the junction.
 */
static bool is_meant(const struct search *s, const struct link *l)
{
    bool named = slice_equal(l->target->name, s->relation);

    if (l->kind == LINK_JUNCTION)
        return is_meant_through(s, l, named);
    if (l->target == s->origin)
        return is_meant_of_itself(s, l, named);
    return is_meant_of_another(s, l, named);
}

static bool grow_found(struct search *s)
{
    size_t capacity = s->capacity ? s->capacity * 2 : 4;
    struct link *larger = arena_alloc(s->arena, capacity * sizeof *larger);

    if (!larger)
        return error_set(s->error, ERROR_MEMORY, "out of memory");
    if (s->n)
        memcpy(larger, s->found, s->n * sizeof *larger);
    s->found = larger;
    s->capacity = capacity;
    return true;
}

/* Keeps the link if it is meant. */
static bool consider(struct search *s, const struct link *l)
{
    if (!is_meant(s, l))
        return true;
    if (s->n == s->capacity && !grow_found(s))
        return false;
    s->found[s->n++] = *l;
    return true;
}

/* A junction has both keys in its primary key. */
static bool junctions(struct search *s, const struct foreign_key *near)
{
    const struct table *junction = near->child;

    if (!near->child_in_key)
        return true;
    for (size_t i = 0; i < junction->n_foreign; i++) {
        const struct foreign_key *far = junction->foreign[i];
        struct link l = {LINK_JUNCTION, near, far, far->parent, false};

        if (!relate_is_junction(near, far))
            continue;
        if (!consider(s, &l))
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

/* Two views of the same single column of one key. */
static bool is_same_column(const struct foreign_key *a, const struct foreign_key *b)
{
    return a->base == b->base && a->n_columns == 1 && a->columns[0] == b->columns[0];
}

/* A view that refers to itself refers by the same columns to its table, too: the column alone means
 * the view, whose rows can go on so. */
static void prefer_itself(struct search *s)
{
    const struct link *a = &s->found[0], *b = &s->found[1];
    bool a_is_itself, b_is_itself;

    if (s->n != 2 || s->hint.len)
        return;
    if (a->kind != LINK_PARENT || b->kind != LINK_PARENT)
        return;
    if (!is_same_column(a->key, b->key))
        return;
    a_is_itself = a->target == s->origin;
    b_is_itself = b->target == s->origin;
    if (a_is_itself == b_is_itself)
        return;
    if (b_is_itself)
        s->found[0] = *b;
    s->n = 1;
}

/* All that may be meant. */
static bool find_links(struct search *s)
{
    if (!gather(s))
        return false;
    s->nothing_else = s->n == 0 && !s->hint.len;
    return !s->nothing_else || gather(s);
}

/* The origin may not be read by what ties it to the other. */
static bool is_barred_here(const struct table *origin, const struct link *l)
{
    for (size_t i = 0; l->kind == LINK_PARENT && i < l->key->n_columns; i++) {
        int column = table_column(origin, l->key->child->columns[l->key->columns[i]].name);

        if (column < 0 || !rights_may_read(origin, column))
            return true;
    }
    return false;
}

/* What the role does not see, and the owner does, is forbidden; what nobody sees is not there. */
static bool tell_none(struct search *s)
{
    struct search whole = {.arena = s->arena,
                           .error = s->error,
                           .origin = s->origin->whole,
                           .relation = s->relation,
                           .hint = s->hint};

    if (!whole.origin)
        return relate_tell_none(s);
    if (!find_links(&whole))
        return false;
    if (whole.n == 0)
        return relate_tell_none(s);
    if (is_barred_here(s->origin, &whole.found[0]))
        return rights_refuse(s->origin, s->error);
    return rights_refuse(whole.found[0].target, s->error);
}

bool relate(struct arena *arena, const struct table *origin, struct slice relation,
            struct slice hint, struct link *out, struct error *e)
{
    struct search s = {
        .arena = arena, .error = e, .origin = origin, .relation = relation, .hint = hint};

    if (!find_links(&s))
        return false;
    if (s.n == 0)
        return tell_none(&s);
    prefer_itself(&s);
    if (s.n > 1)
        return relate_tell_choices(&s);
    *out = s.found[0];
    return true;
}
