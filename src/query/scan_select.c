/*
 * select=: columns, casts, aggregates and related resources.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/ascii.h"
#include "base/parse.h"
#include "query/scan.h"

/* The end of a select item. */
static bool item_end(struct scan *s, const char *expected)
{
    scan_spaces(s);
    if (s->at == s->text.len)
        return true;
    if (scan_peek(s) == ',' || scan_peek(s) == ')')
        return true;
    return scan_fail(s, expected);
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
    if (!item->node)
        return false;
    if (!scan_count_embed(s))
        return false;
    if (!scan_enter(s))
        return false;
    if (!embed_params(s, item))
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
    if (scan_take(s, ')'))
        return true;
    return scan_fail(s, "\",\" or \")\"");
}

/* Digits, a number within 31 bits. */
static bool modifier(struct scan *s, int64_t *out)
{
    size_t start = s->at;

    while (ascii_is_digit(scan_peek(s)))
        s->at++;
    if (!parse_int64(slice_make(s->text.data + start, s->at - start), out))
        return false;
    return *out <= INT32_MAX;
}

/* (3), (10,2) after a type's name. */
static bool modifiers(struct scan *s, struct cast_ask *out)
{
    do {
        int64_t number;
        bool ok;

        scan_spaces(s);
        ok = modifier(s, &number);
        if (!ok || out->n_modifiers == CAST_MODIFIERS)
            return scan_fail(s, "a type with at most two numbers: numeric(10,2)");
        out->modifiers[out->n_modifiers++] = (int)number;
        scan_spaces(s);
    } while (scan_take(s, ','));
    if (scan_take(s, ')'))
        return true;
    return scan_fail(s, "\")\"");
}

/* ::type, ::type(n), ::type(n,m) */
static bool cast(struct scan *s, struct cast_ask *out)
{
    if (!scan_take_word(s, "::"))
        return true;
    if (!scan_name(s, &out->type))
        return false;
    if (!scan_take(s, '('))
        return true;
    return modifiers(s, out);
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
    if (!scan_json_path(s, &item->field))
        return false;
    scan_spaces(s);
    if (!cast(s, &item->cast))
        return false;
    if (!scan_take(s, '.'))
        return true;
    return aggregate(s, item);
}

/* A resource with its parentheses; count() is none. */
static bool at_embed(const struct scan *s, struct slice name)
{
    if (scan_peek(s) == '!')
        return true;
    return scan_peek(s) == '(' && !slice_is(name, "count");
}

/* One colon is between an alias and a name, two are before a cast. */
static bool at_alias_end(const struct scan *s)
{
    size_t after = s->at + 1;

    return scan_peek(s) == ':' && after < s->text.len && s->text.data[after] != ':';
}

/* What has a name: a field, or a resource with its parentheses. */
static bool named_item(struct scan *s, struct select_item *item)
{
    struct slice name;

    if (!scan_name(s, &name))
        return false;
    if (at_alias_end(s)) {
        s->at++;
        item->alias = name;
        if (!scan_name(s, &name))
            return false;
    }
    if (!at_embed(s, name))
        return field_item(s, item, name);
    item->kind = SELECT_EMBED;
    return embed(s, item, name);
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
        if (!scan_name(s, &name))
            return false;
        if (!embed(s, item, name))
            return false;
        return item_end(s, "\",\" or end of input");
    }
    if (!named_item(s, item))
        return false;
    return item_end(s, "letter, digit, \"-\", \"->>\", \"->\", \"::\", \".\", \")\", \",\" or end "
                       "of input");
}

static bool items(struct scan *s, struct query_node *node)
{
    struct select_item **tail = &node->select;

    do {
        struct select_item *item = scan_node(s, sizeof *item);

        if (!item)
            return false;
        if (!select_item(s, item))
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
    if (s->at == s->text.len)
        return true;
    if (!items(s, node))
        return false;
    return scan_end(s);
}
