/*
 * Is it JSON? A validator without a tree, for text that is to be embedded as it is
 * (RFC 8259).
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/json_out.h"

#include "base/text.h"

struct cursor {
    const char *at, *end;
    int depth; /* levels still allowed */
};

static bool valid_value(struct cursor *c);

static char peek(const struct cursor *c)
{
    return c->at < c->end ? *c->at : '\0';
}

static void skip_space(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
        c->at++;
}

static bool take(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static bool take_word(struct cursor *c, const char *word, size_t len)
{
    if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
        return false;
    c->at += len;
    return true;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

static bool valid_escape(struct cursor *c)
{
    char kind = peek(c);

    if (!slice_has((struct slice)SLICE_LITERAL("\"\\/bfnrtu"), kind))
        return false;
    c->at++;
    for (int i = 0; kind == 'u' && i < 4; i++) {
        if (!is_hex(peek(c)))
            return false;
        c->at++;
    }
    return true;
}

static bool valid_string(struct cursor *c)
{
    const char *start;

    if (!take(c, '"'))
        return false;
    start = c->at;
    while (c->at < c->end && *c->at != '"') {
        if ((unsigned char)*c->at < 0x20)
            return false;
        if (*c->at++ == '\\' && !valid_escape(c))
            return false;
    }
    return text_utf8_valid(slice_make(start, (size_t)(c->at - start))) && take(c, '"');
}

static size_t take_digits(struct cursor *c)
{
    const char *start = c->at;

    while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
        c->at++;
    return (size_t)(c->at - start);
}

static bool valid_number(struct cursor *c)
{
    take(c, '-');
    if (!take(c, '0') && take_digits(c) == 0)
        return false;
    if (take(c, '.') && take_digits(c) == 0)
        return false;
    if (take(c, 'e') || take(c, 'E')) {
        if (!take(c, '+'))
            take(c, '-');
        return take_digits(c) > 0;
    }
    return true;
}

static bool valid_array(struct cursor *c)
{
    if (!take(c, '['))
        return false;
    skip_space(c);
    if (take(c, ']'))
        return true;
    do {
        if (!valid_value(c))
            return false;
    } while (take(c, ','));
    return take(c, ']');
}

static bool valid_object(struct cursor *c)
{
    if (!take(c, '{'))
        return false;
    skip_space(c);
    if (take(c, '}'))
        return true;
    do {
        skip_space(c);
        if (!valid_string(c))
            return false;
        skip_space(c);
        if (!take(c, ':') || !valid_value(c))
            return false;
    } while (take(c, ','));
    return take(c, '}');
}

static bool valid_nested(struct cursor *c, bool (*valid)(struct cursor *))
{
    bool ok;

    if (c->depth == 0)
        return false;
    c->depth--;
    ok = valid(c);
    c->depth++;
    return ok;
}

/* One value with the white space around it. */
static bool valid_value(struct cursor *c)
{
    bool ok;

    skip_space(c);
    switch (peek(c)) {
    case '{': ok = valid_nested(c, valid_object); break;
    case '[': ok = valid_nested(c, valid_array); break;
    case '"': ok = valid_string(c); break;
    case 't': ok = take_word(c, "true", 4); break;
    case 'f': ok = take_word(c, "false", 5); break;
    case 'n': ok = take_word(c, "null", 4); break;
    default: ok = valid_number(c); break;
    }
    skip_space(c);
    return ok;
}

bool json_out_valid(struct slice text, int depth)
{
    struct cursor c = {text.data, text.data + text.len, depth};

    return text.len > 0 && valid_value(&c) && c.at == c.end;
}
