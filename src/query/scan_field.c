/*
 * Names, JSON paths, select= and order=.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/parse.h"
#include "base/text.h"
#include "query/scan.h"

/* PostgREST's field names without quotes; letters beyond ASCII are letters. */
static bool is_name_byte(char c)
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
    while (s->at < s->text.len && (is_name_byte(scan_peek(s)) || (s->at > start && at_dash(s))))
        s->at++;
    *out = text_trim(slice_make(s->text.data + start, s->at - start));
    return out->len > 0 || scan_fail(s, "field name (* or [a..z0..9_$])");
}

static bool is_digits(struct slice s)
{
    size_t i = s.len > 0 && s.data[0] == '-' ? 1 : 0;

    if (i == s.len)
        return false;
    for (; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9')
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
    (void)scan_take(s, '-');
    while (s->at < s->text.len && !slice_has(ends, scan_peek(s)) &&
           (scan_peek(s) != '-' || at_dash(s)))
        s->at++;
    step->key = text_trim(slice_make(s->text.data + start, s->at - start));
    step->is_index = is_digits(step->key);
    if (step->key.len == 0 || (!step->is_index && step->key.data[0] == '-'))
        return scan_fail(s, "any non reserved character different from: .,>()");
    return !step->is_index || step->key.len < 10 || scan_fail(s, "an index of at most 9 digits");
}

static bool json_path(struct scan *s, struct field *field)
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
    if (!scan_name(s, &out->name) || !json_path(s, out))
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

/* The end of a select item. */
static bool item_end(struct scan *s, const char *expected)
{
    scan_spaces(s);
    return s->at == s->text.len || scan_peek(s) == ',' || scan_peek(s) == ')' ||
           scan_fail(s, expected);
}

static bool items(struct scan *s, struct query_node *node);

/* !hint, !inner, !left, in any order */
static bool embed_params(struct scan *s, struct select_item *item)
{
    while (scan_take(s, '!')) {
        struct slice word;

        if (!scan_name(s, &word))
            return false;
        if (slice_is(word, "inner"))
            item->inner = true;
        else if (!slice_is(word, "left"))
            item->hint = word;
    }
    return true;
}

/* relation[!…](…) */
static bool embed(struct scan *s, struct select_item *item, struct slice relation)
{
    item->relation = relation;
    item->node = scan_node(s, sizeof *item->node);
    if (!item->node || !scan_enter(s) || !embed_params(s, item))
        return false;
    if (!scan_take(s, '('))
        return scan_fail(s, "\"(\"");
    *item->node = (struct query_node){.limit = -1, .filter_tail = &item->node->filter};
    scan_spaces(s);
    if (scan_peek(s) == ')')
        item->node->select_none = true;
    else if (!items(s, item->node))
        return false;
    scan_leave(s);
    return scan_take(s, ')') || scan_fail(s, "\",\" or \")\"");
}

/* (3), (10,2) after a type's name. */
static bool modifiers(struct scan *s, struct cast_ask *out)
{
    do {
        size_t start;
        int64_t number;

        scan_spaces(s);
        start = s->at;
        while (scan_peek(s) >= '0' && scan_peek(s) <= '9')
            s->at++;
        if (out->n_modifiers == CAST_MODIFIERS ||
            !parse_int64(slice_make(s->text.data + start, s->at - start), &number) ||
            number > INT32_MAX)
            return scan_fail(s, "a type with at most two numbers: numeric(10,2)");
        out->modifiers[out->n_modifiers++] = (int)number;
        scan_spaces(s);
    } while (scan_take(s, ','));
    return scan_take(s, ')') || scan_fail(s, "\")\"");
}

/* ::type, ::type(n), ::type(n,m) */
static bool cast(struct scan *s, struct cast_ask *out)
{
    return !scan_take_word(s, "::") ||
           (scan_name(s, &out->type) && (!scan_take(s, '(') || modifiers(s, out)));
}

static bool aggregate(struct scan *s, struct select_item *item)
{
    static const struct {
        const char *text;
        enum tree_aggregate aggregate;
    } words[] = {
#define ROW(name, word) {word "()", AGGREGATE_##name},
        TREE_AGGREGATES(ROW)
#undef ROW
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (scan_take_word(s, words[i].text)) {
            item->aggregate = words[i].aggregate;
            return cast(s, &item->aggregate_cast);
        }
    }
    return scan_fail(s, "count(), sum(), avg(), min() or max()");
}

/* field[::cast][.aggregate()[::cast]], or count()[::cast]; the name is read already. */
static bool field_item(struct scan *s, struct select_item *item, struct slice name)
{
    if (slice_is(name, "count") && scan_take_word(s, "()")) {
        item->kind = SELECT_COUNT;
        item->aggregate = AGGREGATE_COUNT;
        return cast(s, &item->aggregate_cast);
    }
    item->kind = SELECT_FIELD;
    item->field.name = name;
    if (!json_path(s, &item->field))
        return false;
    scan_spaces(s);
    return cast(s, &item->cast) && (!scan_take(s, '.') || aggregate(s, item));
}

static bool at_embed(const struct scan *s, struct slice name)
{
    return scan_peek(s) == '!' || (scan_peek(s) == '(' && !slice_is(name, "count"));
}

static bool select_item(struct scan *s, struct select_item *item)
{
    struct slice name;

    scan_spaces(s);
    if (scan_take(s, '*')) {
        item->kind = SELECT_STAR;
        return item_end(s, "\",\" or end of input");
    }
    if (scan_take_word(s, "...")) {
        item->kind = SELECT_SPREAD;
        return scan_name(s, &name) && embed(s, item, name) && item_end(s, "\",\" or end of input");
    }
    if (!scan_name(s, &name))
        return false;
    if (scan_peek(s) == ':' && s->at + 1 < s->text.len && s->text.data[s->at + 1] != ':') {
        s->at++;
        item->alias = name;
        if (!scan_name(s, &name))
            return false;
    }
    if (at_embed(s, name)) {
        item->kind = SELECT_EMBED;
        if (!embed(s, item, name))
            return false;
    } else if (!field_item(s, item, name)) {
        return false;
    }
    return item_end(s, "letter, digit, \"-\", \"->>\", \"->\", \"::\", \".\", \")\", \",\" or end "
                       "of input");
}

static bool items(struct scan *s, struct query_node *node)
{
    struct select_item **tail = &node->select;

    do {
        struct select_item *item = scan_node(s, sizeof *item);

        if (!item || !select_item(s, item))
            return false;
        *tail = item;
        tail = &item->next;
    } while (scan_take(s, ','));
    return true;
}

bool scan_select(struct scan *s, struct query_node *node)
{
    node->select = NULL; /* a repeated parameter: the last counts */
    scan_spaces(s);
    return s->at == s->text.len || (items(s, node) && scan_end(s));
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
    return scan_peek(s) == ',' || s->at == s->text.len ||
           scan_fail(s, "\".asc\", \".desc\", \".nullsfirst\", \".nullslast\" or \",\"");
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
