/* SPDX-License-Identifier: MIT */
#include "access/token/json_text.h"

#include "base/hash.h"
#include "base/text.h"

bool json_text_value(const struct json_item *item, struct arena *arena, struct slice *out)
{
    char *to;
    long len;

    if (item->kind != JSON_IS_STRING)
        return false;
    if (item->plain) {
        *out = slice_make(item->text.data + 1, item->text.len - 2);
        return true;
    }
    to = arena_alloc(arena, item->text.len);
    len = to ? json_decode(item, to) : -1;
    if (len < 0)
        return false;
    *out = slice_make(to, (size_t)len);
    return true;
}

/* The names of what is open, outermost first: of each object those that came so far. */
struct open_objects {
    struct slice names[JSON_TEXT_MEMBERS];
    uint64_t
        hashes[JSON_TEXT_MEMBERS];  /* theirs: a name is sought among numbers that lie together */
    size_t n;                       /* of what is open now */
    size_t met;                     /* in all */
    size_t levels;                  /* open */
    size_t begins[JSON_TEXT_DEPTH]; /* where the names of each level begin */
    bool is_object[JSON_TEXT_DEPTH];
};

static bool note_name(struct open_objects *open, struct slice name)
{
    uint64_t hash = hash_bytes(name, 0);

    for (size_t i = open->begins[open->levels - 1]; i < open->n; i++)
        if (open->hashes[i] == hash && slice_equal(open->names[i], name))
            return false;
    if (open->met == JSON_TEXT_MEMBERS)
        return false;
    open->met++;
    open->hashes[open->n] = hash;
    open->names[open->n++] = name;
    return true;
}

static bool open_next(struct json_reader *r, struct open_objects *open, bool *opened)
{
    bool is_object = json_enter(r, '{');

    *opened = is_object || (!r->fault && json_enter(r, '['));
    if (!*opened)
        return r->fault == NULL;
    open->is_object[open->levels] = is_object;
    open->begins[open->levels++] = open->n;
    return true;
}

static void close_level(struct open_objects *open)
{
    open->n = open->begins[--open->levels];
}

/* A value, or the beginning of one that has parts: then *first is true. */
static bool read_value(struct json_reader *r, struct open_objects *open, bool *first)
{
    struct json_item scalar;

    if (!open_next(r, open, first))
        return false;
    return *first || json_read(r, &scalar);
}

static bool read_part(struct json_reader *r, struct open_objects *open, struct arena *arena,
                      bool *first)
{
    bool in_object = open->is_object[open->levels - 1];
    struct json_item item;
    struct slice name;
    enum json_next step =
        in_object ? json_next_member(r, first, &item) : json_next_element(r, first);

    if (step == JSON_FAULT)
        return false;
    if (step == JSON_CLOSED) {
        close_level(open);
        return true;
    }
    if (in_object && (!json_text_value(&item, arena, &name) || !note_name(open, name)))
        return false;
    return read_value(r, open, first);
}

static bool read_object(struct json_reader *r, struct open_objects *open, struct arena *arena)
{
    bool first;

    if (!open_next(r, open, &first) || !first || !open->is_object[0])
        return false;
    while (open->levels > 0)
        if (!read_part(r, open, arena, &first))
            return false;
    return json_at_end(r);
}

bool json_text_is_object(struct slice text, struct arena *arena)
{
    struct arena_mark mark = arena_mark(arena);
    struct json_reader reader = json_reader_make(text, JSON_TEXT_DEPTH);
    struct open_objects *open = arena_alloc(arena, sizeof *open);
    bool ok = false;

    if (open && text_utf8_valid(text)) {
        open->n = open->met = open->levels = 0;
        ok = read_object(&reader, open, arena);
    }
    arena_rewind(arena, mark);
    return ok;
}

bool json_text_member(struct slice object, struct slice name, struct arena *arena,
                      struct json_item *out)
{
    struct json_reader r = json_reader_make(object, JSON_TEXT_DEPTH);
    struct json_item item;
    struct slice found;
    bool first = true;

    if (!json_enter(&r, '{'))
        return false;
    while (json_next_member(&r, &first, &item) == JSON_NEXT) {
        if (!json_text_value(&item, arena, &found) || !json_read(&r, out))
            return false;
        if (slice_equal(found, name))
            return true;
    }
    return false;
}

bool json_text_string(struct slice object, const char *name, struct arena *arena, struct slice *out)
{
    struct json_item item;

    return json_text_member(object, slice_from(name), arena, &item) &&
           json_text_value(&item, arena, out);
}
