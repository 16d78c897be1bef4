/*
 * Where the tree of a parsed request has the values of its shape.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/call.h"
#include "resource/request_shape.h"

/* The nth of a list's members that are told apart by commas. */
static struct slice nth_member(struct slice list, unsigned nth)
{
    for (; nth > 0; nth--)
        list = slice_after(list, slice_find(list, ',') + 1);
    return list;
}

/* Where the tree has a value: in a parameter's, which the scanner reads in its place. */
static bool place_in_pair(const struct call *call, const struct request_value *value,
                          struct slice *out)
{
    const struct parameter *p = call->parameters;
    struct slice text;

    for (unsigned n = value->pair; p && n > 0; n--)
        p = p->next;
    if (!p || p->value.len < value->after)
        return false;
    text = nth_member(slice_after(p->value, value->after), value->nth);
    if (text.len < value->text.len)
        return false;
    text.len = value->text.len;
    *out = text;
    return slice_equal(text, value->text);
}

/* The row's key is the beginning of the filter. */
static bool places_of_keys(const struct call *call, const struct request_shape *shape,
                           struct slice *texts)
{
    const struct condition *c = call->tree.root.filter;

    for (size_t i = 0; i < shape->n_values; i++, c = c->next) {
        if (!c || !c->key || !slice_equal(c->value, shape->values[i].text))
            return false;
        texts[i] = c->value;
    }
    return true;
}

bool request_shape_places(const struct call *call, enum request_kind kind,
                          const struct request_shape *shape,
                          struct slice texts[REQUEST_SHAPE_VALUES])
{
    if (kind == REQUEST_OF_ROW)
        return places_of_keys(call, shape, texts);
    for (size_t i = 0; i < shape->n_values; i++) {
        if (!place_in_pair(call, &shape->values[i], &texts[i]))
            return false;
    }
    return true;
}
