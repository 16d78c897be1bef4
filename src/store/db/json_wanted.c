/* SPDX-License-Identifier: MIT */
#include "store/db/json_wanted.h"

#include <stdlib.h>

#include "base/parse.h"
#include "store/db/json_contains.h"

static int compare_numbers(const struct scalar *a, const struct scalar *b)
{
    if (a->whole && b->whole)
        return (a->integer > b->integer) - (a->integer < b->integer);
    return (a->real > b->real) - (a->real < b->real);
}

int scalar_compare(const struct scalar *a, const struct scalar *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    switch (a->kind) {
    case JSON_IS_NUMBER: return compare_numbers(a, b);
    case JSON_IS_STRING:
    case JSON_IS_BOOLEAN: return slice_compare(a->text, b->text);
    default: return 0;
    }
}

/* 1 and 1.0 are one number, 2^53 and 2^53 + 1 are two. */
static void take_number(struct scalar *s, struct slice text, double real)
{
    const double limit = 9223372036854775808.0;

    s->kind = JSON_IS_NUMBER;
    s->real = real;
    s->whole = parse_int64(text, &s->integer);
    if (!s->whole && real >= -limit && real < limit && real == (double)(int64_t)real) {
        s->whole = true;
        s->integer = (int64_t)real;
    }
}

bool scalar_of(const struct json_item *item, char *scratch, struct scalar *out)
{
    double real;
    long len;

    *out = (struct scalar){.kind = item->kind, .text = item->text};
    switch (item->kind) {
    case JSON_IS_STRING:
        if (item->plain) {
            out->text = slice_make(item->text.data + 1, item->text.len - 2);
            return true;
        }
        len = json_decode(item, scratch);
        out->text = slice_make(scratch, len < 0 ? 0 : (size_t)len);
        return len >= 0;
    case JSON_IS_NUMBER:
        if (parse_double(item->text, &real))
            take_number(out, item->text, real);
        return true;
    case JSON_IS_ARRAY:
    case JSON_IS_OBJECT: return false;
    default: return true;
    }
}

static int compare_sorted(const void *a, const void *b)
{
    return scalar_compare(&((const struct sorted *)a)->scalar, &((const struct sorted *)b)->scalar);
}

static int compare_names(const void *a, const void *b)
{
    const struct wanted *x = *(struct wanted *const *)a, *y = *(struct wanted *const *)b;
    int order = slice_compare(x->name, y->name);

    if (order)
        return order;
    return (x > y) - (x < y); /* the members stand in one array: in their order */
}

static void add_sorted(struct wanted *w, struct wanted *member, struct scalar scalar)
{
    w->sorted[w->n_sorted++] = (struct sorted){scalar, member};
}

/* An array literal has no types: what a member spells may be a number or a boolean, too. */
static void add_meanings(struct wanted *w, struct wanted *member)
{
    struct slice text = member->scalar.text;
    struct scalar other = {.kind = JSON_IS_BOOLEAN, .text = text};
    double real;

    if (slice_is(text, "true") || slice_is(text, "false"))
        add_sorted(w, member, other);
    if (parse_double(text, &real)) {
        take_number(&other, text, real);
        add_sorted(w, member, other);
    }
}

static bool sort_array(struct arena *arena, struct wanted *w, bool literal)
{
    w->sorted = arena_alloc(arena, (w->n * 2 + 1) * sizeof *w->sorted);
    if (!w->sorted)
        return false;
    for (size_t i = 0; i < w->n; i++) {
        if (!wanted_is_scalar(&w->members[i]))
            continue;
        add_sorted(w, &w->members[i], w->members[i].scalar);
        if (literal)
            add_meanings(w, &w->members[i]);
    }
    qsort(w->sorted, w->n_sorted, sizeof *w->sorted, compare_sorted);
    return true;
}

static bool sort_object(struct arena *arena, struct wanted *w)
{
    w->by_name = arena_alloc(arena, (w->n + 1) * sizeof(struct wanted *));
    if (!w->by_name)
        return false;
    for (size_t i = 0; i < w->n; i++)
        w->by_name[i] = &w->members[i];
    qsort(w->by_name, w->n, sizeof(struct wanted *), compare_names);
    for (size_t i = 0; i < w->n; i++) {
        if (i + 1 == w->n || !slice_equal(w->by_name[i]->name, w->by_name[i + 1]->name))
            w->by_name[w->n_names++] = w->by_name[i];
    }
    return true;
}

static struct wanted *add_member(struct arena *arena, struct wanted *w)
{
    if ((w->n & (w->n - 1)) == 0) { /* room is made at powers of two */
        size_t room = w->n ? w->n * 2 : 1;
        struct wanted *larger = arena_alloc(arena, room * sizeof *larger);

        if (!larger)
            return NULL;
        if (w->n)
            memcpy(larger, w->members, w->n * sizeof *larger);
        w->members = larger;
    }
    w->members[w->n] = (struct wanted){.kind = JSON_IS_NULL};
    return &w->members[w->n++];
}

static bool fill(struct arena *arena, const struct json_item *item, struct wanted *w);

/* Recursion is bounded by JSON_WANTED_DEPTH, which the reader of the whole text kept. */
static bool fill_members(struct arena *arena, const struct json_item *item, struct wanted *w)
{
    struct json_reader r = json_reader_make(item->text, JSON_WANTED_DEPTH);
    bool object = item->kind == JSON_IS_OBJECT, first = true;
    struct json_item name, value;
    struct scalar key;

    (void)json_enter(&r, object ? '{' : '[');
    while ((object ? json_next_member(&r, &first, &name) : json_next_element(&r, &first)) ==
           JSON_NEXT) {
        struct wanted *member = add_member(arena, w);
        char *scratch = object ? arena_alloc(arena, name.text.len + 1) : NULL;

        if (!member || (object && (!scratch || !scalar_of(&name, scratch, &key))))
            return false;
        if (object)
            member->name = key.text;
        if (!json_read(&r, &value))
            return false;
        if (!fill(arena, &value, member))
            return false;
    }
    return true;
}

static bool fill(struct arena *arena, const struct json_item *item, struct wanted *w)
{
    char *scratch;

    w->kind = item->kind;
    if (!wanted_is_scalar(w))
        return fill_members(arena, item, w);
    scratch = arena_alloc(arena, item->text.len + 1);
    return scratch && scalar_of(item, scratch, &w->scalar);
}

/* Once all members stand where they stay. */
static bool sort_all(struct arena *arena, struct wanted *w, bool literal)
{
    bool ok = true;

    if (w->kind == JSON_IS_ARRAY)
        ok = sort_array(arena, w, literal);
    else if (w->kind == JSON_IS_OBJECT)
        ok = sort_object(arena, w);
    for (size_t i = 0; ok && i < w->n; i++)
        ok = sort_all(arena, &w->members[i], literal);
    return ok;
}

struct wanted *wanted_parse(struct arena *arena, struct slice text, bool literal)
{
    struct json_reader r = json_reader_make(text, JSON_WANTED_DEPTH);
    struct wanted *w = arena_zeroed(arena, 1, sizeof *w);
    struct json_item item;

    if (!w)
        return NULL;
    if (!json_read(&r, &item))
        return NULL;
    if (!json_at_end(&r))
        return NULL;
    if (!fill(arena, &item, w))
        return NULL;
    if (!sort_all(arena, w, literal))
        return NULL;
    return w;
}

struct sorted *wanted_find(const struct wanted *array, const struct scalar *scalar)
{
    size_t low = 0, high = array->n_sorted;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (scalar_compare(&array->sorted[middle].scalar, scalar) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < array->n_sorted && scalar_compare(&array->sorted[low].scalar, scalar) == 0
               ? &array->sorted[low]
               : NULL;
}

struct wanted *wanted_member(const struct wanted *object, struct slice name)
{
    size_t low = 0, high = object->n_names;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (slice_compare(object->by_name[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < object->n_names && slice_equal(object->by_name[low]->name, name)
               ? object->by_name[low]
               : NULL;
}
