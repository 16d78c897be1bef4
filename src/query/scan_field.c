/*
 * Names, JSON paths and order=.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/scan.h"

/* PostgREST's field names without quotes; letters beyond ASCII are letters. */
bool scan_is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || c == ' ' || (unsigned char)c >= 0x80;
}

static bool at_dash(const struct scan *s)
{
    return scan_peek(s) == '-' && (s->at + 1 >= s->text.len || s->text.data[s->at + 1] != '>');
}

bool scan_name(struct scan *s, struct slice *out)
{
    size_t start;

    scan_spaces(s);
    start = s->at;
    if (scan_peek(s) == '"')
        return scan_quoted(s, out);
    while (s->at < s->text.len &&
           (scan_is_name_byte(scan_peek(s)) || (s->at > start && at_dash(s))))
        s->at++;
    *out = text_trim(slice_make(s->text.data + start, s->at - start));
    return out->len > 0 || scan_fail(s, "field name (* or [a..z0..9_$])");
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_digits(struct slice s)
{
    size_t i = s.len > 0 && s.data[0] == '-' ? 1 : 0;

    if (i == s.len)
        return false;
    for (; i < s.len; i++) {
        if (!is_digit(s.data[i]))
            return false;
    }
    return true;
}

/* What follows an arrow: an index, a key, or a key in quotes. */
static bool json_key(struct scan *s, struct json_step *step)
{
    static const struct slice ends = SLICE_LITERAL("(:.,>)");
    size_t start = s->at;

    if (scan_peek(s) == '"')
        return scan_quoted(s, &step->key);
    if (scan_take(s, '-') && !is_digit(scan_peek(s)))
        return scan_fail(s, "digit");
    while (s->at < s->text.len && !slice_has(ends, scan_peek(s)) &&
           (scan_peek(s) != '-' || at_dash(s)))
        s->at++;
    step->key = text_trim(slice_make(s->text.data + start, s->at - start));
    step->is_index = is_digits(step->key);
    if (step->key.len == 0 || (!step->is_index && step->key.data[0] == '-'))
        return scan_fail(s, "\"-\", digit or any non reserved character different from: .,>()");
    return !step->is_index || step->key.len < 10 || scan_fail(s, "an index of at most 9 digits");
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
        if (!step || !json_key(s, step))
            return false;
        *tail = step;
        tail = &step->next;
    }
    return true;
}

bool scan_field(struct scan *s, struct field *out)
{
    if (!scan_name(s, &out->name) || !scan_json_path(s, out))
        return false;
    scan_spaces(s);
    return true;
}

bool scan_names(struct scan *s, struct name_item **out)
{
    do {
        struct name_item *item = scan_node(s, sizeof *item);

        if (!item || !scan_name(s, &item->name))
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
        if (!scan_field(s, &term->field) || !(scan_take(s, ')') || scan_fail(s, "\")\"")))
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

        if (!term || !order_term(s, term))
            return false;
        *tail = term;
        tail = &term->next;
    } while (scan_take(s, ','));
    return scan_end(s);
}
