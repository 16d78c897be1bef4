/*
 * Names, JSON paths and order=.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/ascii.h"
#include "base/text.h"
#include "query/scan.h"

/* PostgREST's field names without quotes; letters beyond ASCII are letters. */
bool scan_is_name_byte(char c)
{
    static const struct slice others = SLICE_LITERAL("_$ ");

    if (ascii_is_letter_or_digit(c))
        return true;
    return (unsigned char)c >= 0x80 || slice_has(others, c);
}

/* A dash that does not begin an arrow. */
static bool at_dash(const struct scan *s)
{
    size_t after = s->at + 1;

    if (scan_peek(s) != '-')
        return false;
    return after >= s->text.len || s->text.data[after] != '>';
}

/* A name goes on: with a dash within. */
static bool is_in_name(const struct scan *s, size_t start)
{
    if (scan_is_name_byte(scan_peek(s)))
        return true;
    return s->at > start && at_dash(s);
}

bool scan_name(struct scan *s, struct slice *out)
{
    size_t start;

    scan_spaces(s);
    start = s->at;
    if (scan_peek(s) == '"')
        return scan_quoted(s, out);
    while (s->at < s->text.len && is_in_name(s, start))
        s->at++;
    *out = text_trim(slice_make(s->text.data + start, s->at - start));
    if (out->len > 0)
        return true;
    return scan_fail(s, "field name (* or [a..z0..9_$])");
}

static bool is_index(struct slice s)
{
    size_t i = 0;

    if (s.len > 0 && s.data[0] == '-')
        i++;
    if (i == s.len)
        return false;
    for (; i < s.len; i++) {
        if (!ascii_is_digit(s.data[i]))
            return false;
    }
    return true;
}

static bool is_in_key(const struct scan *s)
{
    static const struct slice ends = SLICE_LITERAL("(:.,>)");
    char c = scan_peek(s);

    if (c == '-')
        return at_dash(s);
    return !slice_has(ends, c);
}

/* What follows an arrow: an index, a key, or a key in quotes. */
static bool json_key(struct scan *s, struct json_step *step)
{
    size_t start = s->at;

    if (scan_peek(s) == '"')
        return scan_quoted(s, &step->key);
    if (scan_take(s, '-') && !ascii_is_digit(scan_peek(s)))
        return scan_fail(s, "digit");
    while (s->at < s->text.len && is_in_key(s))
        s->at++;
    step->key = text_trim(slice_make(s->text.data + start, s->at - start));
    step->is_index = is_index(step->key);
    if (step->is_index) {
        if (step->key.len < 10)
            return true;
        return scan_fail(s, "an index of at most 9 digits");
    }
    if (step->key.len == 0 || step->key.data[0] == '-')
        return scan_fail(s, "\"-\", digit or any non reserved character different from: .,>()");
    return true;
}

bool scan_json_path(struct scan *s, struct field *field)
{
    struct json_step **tail = &field->path;

    while (scan_take_word(s, "->")) {
        struct json_step *step;

        if (field->as_text)
            return scan_fail(s, "nothing after \"->>\"");
        field->as_text = scan_take(s, '>');
        step = scan_node(s, sizeof *step);
        if (!step)
            return false;
        if (!json_key(s, step))
            return false;
        *tail = step;
        tail = &step->next;
    }
    return true;
}

bool scan_field(struct scan *s, struct field *out)
{
    if (!scan_name(s, &out->name))
        return false;
    if (!scan_json_path(s, out))
        return false;
    scan_spaces(s);
    return true;
}

bool scan_names(struct scan *s, struct name_item **out)
{
    do {
        struct name_item *item = scan_node(s, sizeof *item);

        if (!item)
            return false;
        if (!scan_name(s, &item->name))
            return false;
        scan_spaces(s);
        *out = item;
        out = &item->next;
    } while (scan_take(s, ','));
    return scan_end(s);
}

static bool order_term(struct scan *s, struct order_term *term)
{
    if (!scan_field(s, &term->field))
        return false;
    if (!term->field.path && scan_take(s, '(')) {
        term->relation = term->field.name;
        if (!scan_field(s, &term->field))
            return false;
        if (!(scan_take(s, ')') || scan_fail(s, "\")\"")))
            return false;
    }
    if (scan_take_word(s, ".desc"))
        term->descending = true;
    else
        (void)scan_take_word(s, ".asc");
    if (scan_take_word(s, ".nullsfirst"))
        term->nulls = NULLS_FIRST;
    else if (scan_take_word(s, ".nullslast"))
        term->nulls = NULLS_LAST;
    scan_spaces(s);
    if (scan_peek(s) == ',' || s->at == s->text.len)
        return true;
    return scan_fail(s, term->nulls != NULLS_DEFAULT
                            ? "\",\" or end of input"
                            : "\".asc\", \".desc\", \".nullsfirst\", \".nullslast\" or \",\"");
}

bool scan_order(struct scan *s, struct query_node *node)
{
    struct order_term **tail = &node->order;

    *tail = NULL;
    do {
        struct order_term *term = scan_node(s, sizeof *term);

        if (!term)
            return false;
        if (!order_term(s, term))
            return false;
        *tail = term;
        tail = &term->next;
    } while (scan_take(s, ','));
    return scan_end(s);
}
