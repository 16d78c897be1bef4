/* SPDX-License-Identifier: MIT */
#include "query/relate.h"

#include "base/buf.h"
#include "base/text.h"

/* What an ambiguous answer lists at most, in bytes. */
#define CHOICES_MAX 16384

struct search {
    struct arena *arena;
    struct error *error;
    const struct table *origin;
    struct slice relation, hint;
    struct link *found;
    size_t n, capacity;
    const char *near; /* the nearest name of what can be embedded */
    size_t near_distance;
};

/* The name of a key's only column; empty if it has several. */
static struct slice only_column(const struct table *table, const int *columns, size_t n)
{
    return n == 1 ? table->columns[columns[0]].name : (struct slice){NULL, 0};
}

static bool is_column(struct slice column, struct slice name)
{
    return column.len > 0 && slice_equal(column, name);
}

/*
 * PostgREST's rules. Without a hint the relation is a table, or for a key of the origin itself
 * its name or its column. With one the relation is a table, and the hint the key, one of its
 * columns, or the junction.
 */
static bool is_meant(const struct search *s, const struct link *l)
{
    const struct foreign_key *key = l->key;
    struct slice child = only_column(key->child, key->columns, key->n_columns);
    struct slice parent = only_column(key->parent, key->parent_columns, key->n_columns);
    bool self = l->target == s->origin, named = slice_equal(l->target->name, s->relation);

    if (l->kind == LINK_JUNCTION)
        return named && !self && (!s->hint.len || slice_equal(key->child->name, s->hint));
    if (self && !s->hint.len) /* the table's name gives its children, the column its parent */
        return l->kind == LINK_CHILD ? named : is_column(child, s->relation);
    if (self)
        return named && (l->kind == LINK_PARENT
                             ? is_column(child, s->hint)
                             : is_column(parent, s->hint) || slice_is(s->hint, key->name));
    if (!s->hint.len)
        return named || (l->target->kind != TABLE_VIEW &&
                         (slice_is(s->relation, key->name) ||
                          (l->kind == LINK_PARENT && is_column(child, s->relation))));
    return named && (slice_is(s->hint, key->name) || is_column(child, s->hint) ||
                     is_column(parent, s->hint));
}

static void remember_near(struct search *s, const struct link *l)
{
    size_t distance = text_distance(s->relation, l->target->name, s->near_distance);

    if (distance < s->near_distance) {
        s->near_distance = distance;
        s->near = l->target->name.data;
    }
}

static bool consider(struct search *s, const struct link *l)
{
    remember_near(s, l);
    if (!is_meant(s, l))
        return true;
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

/* A junction has both keys in its primary key. */
static bool junctions(struct search *s, const struct foreign_key *near)
{
    const struct table *junction = near->child;

    if (!near->child_in_key || junction->kind != TABLE_TABLE)
        return true;
    for (size_t i = 0; i < junction->n_foreign; i++) {
        const struct foreign_key *far = junction->foreign[i];
        struct link l = {LINK_JUNCTION, near, far, far->parent, false};

        if (far->columns != near->columns && far->child_in_key && !consider(s, &l))
            return false;
    }
    return true;
}

static bool gather(struct search *s)
{
    const struct table *t = s->origin;

    for (size_t i = 0; i < t->n_foreign; i++) {
        struct link l = {LINK_PARENT, t->foreign[i], NULL, t->foreign[i]->parent, true};

        if (!consider(s, &l))
            return false;
    }
    for (size_t i = 0; i < t->n_referring; i++) {
        const struct foreign_key *key = t->referring[i];
        struct link l = {LINK_CHILD, key, NULL, key->child, key->child_unique};

        if (!consider(s, &l) || !junctions(s, key))
            return false;
    }
    return true;
}

static bool none_found(struct search *s)
{
    const char *origin = s->origin->name.data;

    error_set(s->error, ERROR_NO_RELATION,
              "Could not find a relationship between '%s' and '%.*s' in the schema cache", origin,
              SLICE_ARG(s->relation));
    error_details(s->error,
                  "Searched for a foreign key relationship between '%s' and '%.*s'%s%.*s%s, but no "
                  "matches were found.",
                  origin, SLICE_ARG(s->relation), s->hint.len ? " using the hint '" : "",
                  SLICE_ARG(s->hint), s->hint.len ? "'" : "");
    if (s->near && !slice_is(s->relation, s->near))
        error_hint(s->error, "Perhaps you meant '%s' instead of '%.*s'.", s->near,
                   SLICE_ARG(s->relation));
    return false;
}

static const char *cardinality(const struct link *l)
{
    if (l->kind == LINK_JUNCTION)
        return "many-to-many";
    if (l->key->child_unique)
        return "one-to-one";
    return l->kind == LINK_PARENT ? "many-to-one" : "one-to-many";
}

static void add_columns(struct buf *b, const struct table *table, const int *columns, size_t n)
{
    buf_add_slice(b, table->name);
    for (size_t i = 0; i < n; i++) {
        buf_add_text(b, i ? ", " : "(");
        buf_add_slice(b, table->columns[columns[i]].name);
    }
    buf_add_char(b, ')');
}

static void add_key_columns(struct buf *b, const struct foreign_key *key)
{
    for (size_t i = 0; i < key->n_columns; i++) {
        buf_add_text(b, i ? ", " : "(");
        buf_add_slice(b, key->child->columns[key->columns[i]].name);
    }
    buf_add_char(b, ')');
}

/* "name using origin(column) and target(column)" */
static void describe(struct buf *b, const struct link *l)
{
    const struct foreign_key *key = l->key;

    if (l->kind == LINK_JUNCTION) {
        buf_addf(b, "%s using %s", key->child->name.data, key->name);
        add_key_columns(b, key);
        buf_addf(b, " and %s", l->far->name);
        add_key_columns(b, l->far);
        return;
    }
    buf_addf(b, "%s using ", key->name);
    if (l->kind == LINK_PARENT) {
        add_columns(b, key->child, key->columns, key->n_columns);
        buf_add_text(b, " and ");
        add_columns(b, key->parent, key->parent_columns, key->n_columns);
    } else {
        add_columns(b, key->parent, key->parent_columns, key->n_columns);
        buf_add_text(b, " and ");
        add_columns(b, key->child, key->columns, key->n_columns);
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
    describe(&text, l);
    text_json_string(b, buf_slice(&text));
    buf_add_char(b, '}');
    buf_finish(&text);
}

/* 300, with the choices in `details` as PostgREST has them. */
static bool ambiguous(struct search *s)
{
    const char *target = s->found[0].target->name.data;
    struct buf choices, hints;

    buf_init(&choices, CHOICES_MAX);
    buf_init(&hints, sizeof s->error->hint / 2);
    for (size_t i = 0; i < s->n; i++) {
        const struct link *l = &s->found[i];

        buf_add_char(&choices, i ? ',' : '[');
        add_choice(&choices, s, l);
        buf_addf(&hints, "%s'%s!%s'", i ? ", " : "", target,
                 l->kind == LINK_JUNCTION ? l->key->child->name.data : l->key->name);
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

bool relate(struct arena *arena, const struct table *origin, struct slice relation,
            struct slice hint, struct link *out, struct error *e)
{
    struct search s = {.arena = arena,
                       .error = e,
                       .origin = origin,
                       .relation = relation,
                       .hint = hint,
                       .near_distance = 1 + relation.len / 2};

    if (!gather(&s))
        return false;
    if (s.n == 0)
        return none_found(&s);
    if (s.n > 1)
        return ambiguous(&s);
    *out = s.found[0];
    return true;
}
