/* SPDX-License-Identifier: MIT */
#include "store/db/claim.h"

/* An escape of six characters, at most, for each byte. */
#define NAME_TEXT_MAX (CLAIM_PATH_MAX * 6 + 2)

/* The name as it is meant; false: it is too long to be asked for, or none. */
static bool decode_name(const struct json_item *item, char out[NAME_TEXT_MAX], struct slice *name)
{
    long len;

    *name = slice_make(item->text.data + 1, item->text.len - 2);
    if (item->plain)
        return true;
    if (item->text.len > NAME_TEXT_MAX)
        return false;
    len = json_decode(item, out);
    *name = slice_make(out, len > 0 ? (size_t)len : 0);
    return len >= 0;
}

/* True if `path` goes on with a dot behind `name`. */
static bool leads_into(struct slice path, struct slice name)
{
    return path.len > name.len && path.data[name.len] == '.' && slice_begins(path, name);
}

/* What one object has: the member itself, and one that the path leads into. */
struct level {
    struct json_item found, inner;
    bool is_found, is_inner;
    struct slice rest; /* of the path, within `inner` */
};

static bool read_level(struct slice object, struct slice path, struct level *level)
{
    struct json_reader r = json_reader_make(object, JSON_DEPTH_MAX);
    char room[NAME_TEXT_MAX];
    struct json_item item, value;
    struct slice name;
    bool first = true;
    enum json_next next;

    *level = (struct level){.is_found = false};
    if (!json_enter(&r, '{'))
        return false;
    while ((next = json_next_member(&r, &first, &item)) == JSON_NEXT) {
        if (!json_read(&r, &value))
            return false;
        if (!decode_name(&item, room, &name))
            continue;
        if (slice_equal(name, path)) {
            level->found = value;
            level->is_found = true;
        } else if (value.kind == JSON_IS_OBJECT && leads_into(path, name)) {
            level->inner = value;
            level->is_inner = true;
            level->rest = slice_after(path, name.len + 1);
        }
    }
    return next == JSON_CLOSED;
}

bool claim_find(struct slice claims, struct slice path, struct json_item *out)
{
    struct level level;

    for (int depth = 0; depth < CLAIM_DEPTH && path.len <= CLAIM_PATH_MAX; depth++) {
        if (!read_level(claims, path, &level))
            return false;
        if (level.is_found) {
            *out = level.found;
            return true;
        }
        if (!level.is_inner)
            return false;
        claims = level.inner.text;
        path = level.rest;
    }
    return false;
}
