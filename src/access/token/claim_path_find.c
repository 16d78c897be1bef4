/*
 * A path's steps, from value to value.
 *
 * SPDX-License-Identifier: MIT
 */
#include "access/token/claim_path.h"
#include "access/token/json_text.h"
#include "base/text.h"

static bool contains(struct slice s, struct slice part)
{
    return part.len == 0 || (s.len >= part.len && memmem(s.data, s.len, part.data, part.len));
}

static bool string_passes(const struct claim_step *step, struct slice s)
{
    switch (step->kind) {
    case STEP_EQUAL: return slice_equal(s, step->text);
    case STEP_NOT_EQUAL: return !slice_equal(s, step->text);
    case STEP_BEGINS: return slice_begins(s, step->text);
    case STEP_ENDS: return slice_ends(s, step->text);
    case STEP_CONTAINS: return contains(s, step->text);
    case STEP_MEMBER:
    case STEP_ELEMENT:
    case STEP_CUT: break;
    }
    return false;
}

static bool element_passes(const struct claim_step *step, const struct json_item *item,
                           int64_t index, struct arena *arena)
{
    struct slice s;

    if (step->kind == STEP_ELEMENT)
        return index == step->from;
    return json_text_value(item, arena, &s) && string_passes(step, s);
}

static int64_t count_elements(struct slice array)
{
    struct json_reader r = json_reader_make(array, JSON_TEXT_DEPTH);
    struct json_item item;
    bool first = true;
    int64_t n = 0;

    if (!json_enter(&r, '['))
        return 0;
    while (json_next_element(&r, &first) == JSON_NEXT && json_read(&r, &item))
        n++;
    return n;
}

static bool find_element(struct claim_step step, struct json_item *value, struct arena *arena)
{
    struct json_reader r = json_reader_make(value->text, JSON_TEXT_DEPTH);
    struct json_item item;
    bool first = true;

    if (step.kind == STEP_ELEMENT && step.from < 0)
        step.from += count_elements(value->text);
    if (!json_enter(&r, '['))
        return false;
    for (int64_t i = 0; json_next_element(&r, &first) == JSON_NEXT; i++) {
        if (!json_read(&r, &item))
            return false;
        if (element_passes(&step, &item, i, arena)) {
            *value = item;
            return true;
        }
    }
    return false;
}

/* Where the n-th character begins; the end if there are fewer. */
static size_t character_at(struct slice s, int64_t n)
{
    size_t at = 0;

    while (n-- > 0 && at < s.len) {
        size_t len = text_utf8_length(slice_after(s, at));

        at += len ? len : 1;
    }
    return at;
}

static int64_t count_characters(struct slice s)
{
    int64_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += (s.data[i] & 0xc0) != 0x80;
    return n;
}

static int64_t from_start(int64_t place, int64_t n)
{
    if (place < 0)
        place += n;
    return place < 0 ? 0 : place;
}

static struct slice cut(const struct claim_step *step, struct slice s)
{
    int64_t n = count_characters(s);
    size_t from = character_at(s, from_start(step->from, n));
    size_t to = character_at(s, from_start(step->to, n));

    if (from >= to)
        return slice_make(s.data, 0);
    return slice_make(s.data + from, to - from);
}

/* What is left of the path cuts the string. */
static struct slice finish_string(const struct claim_path *path, size_t at, struct slice s)
{
    for (; at < path->n; at++) {
        if (path->steps[at].kind != STEP_CUT)
            return slice_make(NULL, 0);
        s = cut(&path->steps[at], s);
    }
    return s;
}

static bool take_step(const struct claim_step *step, struct json_item *value, struct arena *arena)
{
    struct slice object = value->text;

    if (step->kind == STEP_MEMBER)
        return json_text_member(object, step->text, arena, value);
    return find_element(*step, value, arena);
}

struct slice claim_path_find(const struct claim_path *path, struct slice object,
                             struct arena *arena)
{
    struct json_item value = {.kind = JSON_IS_OBJECT, .text = object};
    struct slice s;
    size_t i = 0;

    for (; i < path->n && path->steps[i].kind != STEP_CUT; i++)
        if (!take_step(&path->steps[i], &value, arena))
            return slice_make(NULL, 0);
    if (json_text_value(&value, arena, &s))
        return finish_string(path, i, s);
    if (value.kind == JSON_IS_NULL || value.kind == JSON_IS_STRING || i < path->n)
        return slice_make(NULL, 0);
    return value.text;
}
