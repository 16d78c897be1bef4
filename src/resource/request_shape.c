/* SPDX-License-Identifier: MIT */
#include "resource/request_shape.h"

#include "base/parse.h"
#include "base/text.h"
#include "query/grammar.h"
#include "resource/call.h"

/* What is before each piece of a shape: its length, and what it is. So no two shapes have one text. */
enum piece {
    PIECE_TABLE,  /* the name of the table */
    PIECE_ACCEPT, /* Accept */
    PIECE_WHOLE,  /* name=value */
    PIECE_FILTER, /* name=operator. and a value */
    PIECE_LIMIT,  /* limit= and a value, offset= and a value */
    PIECE_OFFSET,
    PIECE_LIST, /* name=in.( and `PIECE_LIST + n` values */
};

static bool add_piece(struct request_shape *s, unsigned piece, struct slice text)
{
    char *to = s->text + s->len;

    if (text.len + 3 > REQUEST_SHAPE_MAX - s->len)
        return false;
    to[0] = (char)piece;
    to[1] = (char)(text.len & 0xff);
    to[2] = (char)(text.len >> 8);
    if (text.len > 0)
        memcpy(to + 3, text.data, text.len);
    s->len += text.len + 3;
    return true;
}

/* ---- values */

enum encoding { ENCODED_PATH, ENCODED_QUERY };

/* True if the text is what it stands for, in a path and in a query string: ASCII, nothing encoded. */
static bool is_plain(struct slice text)
{
    unsigned char odd = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];

        odd |= (unsigned char)((c & 0x80) | (c == '%') | (c == '+'));
    }
    return odd == 0;
}

static bool decode(struct call *call, struct slice raw, enum encoding encoding, struct slice *out)
{
    char *text;
    long len;

    *out = raw;
    if (is_plain(raw))
        return true;
    text = arena_alloc(&call->arena, raw.len + 1);
    if (!text)
        return false;
    if (encoding == ENCODED_QUERY)
        len = (long)text_query_decode(raw, text);
    else
        len = text_percent_decode(raw, text);
    if (len < 0)
        return false;
    *out = slice_make(text, (size_t)len);
    return text_utf8_valid(*out);
}

static bool add_value(struct call *call, struct request_shape *s, struct slice raw,
                      enum encoding encoding, struct request_value where)
{
    struct slice *text = &s->value_texts[s->n_values];

    if (s->n_values == REQUEST_SHAPE_VALUES)
        return false;
    if (!decode(call, raw, encoding, text))
        return false;
    where.text = *text;
    s->values[s->n_values++] = where;
    return true;
}

/* ---- the query string */

/* The last of a name's parts, which are joined with dots. */
static struct slice last_part(struct slice name)
{
    size_t at = name.len;

    while (at > 0 && name.data[at - 1] != '.')
        at--;
    return slice_after(name, at);
}

/* A name=value of the query string. */
struct pair {
    struct slice whole, name, value;
    unsigned short nth;
};

/* limit= or offset= of the list itself; twice is once too often. */
static bool add_bound(struct request_shape *s, const struct pair *pair, enum piece piece,
                      int64_t *bound, bool *says)
{
    if (*says || !is_plain(pair->value))
        return false;
    *says = true;
    if (!parse_int64(text_trim(pair->value), bound))
        return false;
    return add_piece(s, piece, slice_make("", 0));
}

/* As the grammar takes them: an offset below 0 is 0. */
static bool check_bounds(struct call *call, struct plan_texts *texts)
{
    if (texts->says_limit && texts->limit < 0)
        return false;
    if (texts->offset < 0)
        texts->offset = 0;
    if (grammar_check_offset(call->service->grammar, texts->offset, &call->error))
        return true;
    error_clear(&call->error);
    return false;
}

/* The operator at the value's beginning and its dot, with "not." before it: how long they are, 0 if a
 * value of its own does not come after. *list: it is in. */
static size_t operator_length(struct slice value, bool *list)
{
    static const struct {
        struct slice word;
        bool list;
    } operators[] = {
        {SLICE_LITERAL("eq."), false},    {SLICE_LITERAL("in.("), true},
        {SLICE_LITERAL("gt."), false},    {SLICE_LITERAL("gte."), false},
        {SLICE_LITERAL("lt."), false},    {SLICE_LITERAL("lte."), false},
        {SLICE_LITERAL("neq."), false},   {SLICE_LITERAL("like."), false},
        {SLICE_LITERAL("ilike."), false}, {SLICE_LITERAL("isdistinct."), false},
    };
    static const struct slice negation = SLICE_LITERAL("not.");
    size_t before = slice_begins(value, negation) ? negation.len : 0;
    struct slice rest = slice_after(value, before);

    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (rest.len == 0 || rest.data[0] != operators[i].word.data[0])
            continue;
        if (!slice_begins(rest, operators[i].word))
            continue;
        *list = operators[i].list;
        return before + operators[i].word.len;
    }
    return 0;
}

/* True if the member of a list is what it looks like, once it is decoded: a quote, a comma or a
 * parenthesis is not, nor is a blank that the first one begins with. */
static bool is_plain_member(struct slice member, bool first)
{
    static const struct slice odd = SLICE_LITERAL("\"\\,()");

    for (size_t i = 0; i < member.len; i++) {
        if (slice_has(odd, member.data[i]))
            return false;
    }
    return !first || member.len == 0 || (member.data[0] != ' ' && member.data[0] != '\t');
}

/* The members of in.(…): false if they are more than a list of plain ones. */
static bool add_members(struct call *call, struct request_shape *s, const struct pair *pair,
                        size_t after)
{
    struct slice rest = slice_after(pair->value, after);
    size_t first = s->n_values, n = 0;

    if (rest.len < 2 || rest.data[rest.len - 1] != ')')
        return false;
    rest.len--;
    for (size_t at = 0; at <= rest.len; n++) {
        struct slice left = slice_after(rest, at);
        size_t len = slice_find(left, ',');
        struct request_value where = {
            .pair = pair->nth, .after = (unsigned short)after, .nth = (unsigned short)n};

        if (!add_value(call, s, slice_make(left.data, len), ENCODED_QUERY, where))
            return false;
        if (!is_plain_member(s->value_texts[first + n], n == 0))
            return false;
        at += len + 1;
    }
    return add_piece(s, PIECE_LIST + (unsigned)n,
                     slice_make(pair->whole.data, pair->name.len + 1 + after));
}

static bool add_pair(struct call *call, struct request_shape *s, const struct pair *pair)
{
    struct slice part = last_part(pair->name);
    bool is_own = part.len == pair->name.len, list = false;
    size_t after;

    if (is_own && slice_is(part, "limit"))
        return add_bound(s, pair, PIECE_LIMIT, &s->texts.limit, &s->texts.says_limit);
    if (is_own && slice_is(part, "offset"))
        return add_bound(s, pair, PIECE_OFFSET, &s->texts.offset, &s->texts.says_offset);
    after = operator_length(pair->value, &list);
    if (after == 0 || !is_plain(pair->name) || grammar_is_reserved(part))
        return add_piece(s, PIECE_WHOLE, pair->whole);
    if (list)
        return add_members(call, s, pair, after);
    if (!add_value(call, s, slice_after(pair->value, after), ENCODED_QUERY,
                   (struct request_value){.pair = pair->nth, .after = (unsigned short)after}))
        return false;
    return add_piece(s, PIECE_FILTER, slice_make(pair->whole.data, pair->name.len + 1 + after));
}

static bool add_query(struct call *call, struct request_shape *s)
{
    struct slice query = call->query;
    unsigned short nth = 0;

    for (size_t at = 0; at < query.len;) {
        struct slice rest = slice_after(query, at);
        size_t len = slice_find(rest, '&');
        struct pair pair = {.whole = slice_make(rest.data, len), .nth = nth};

        at += len + 1;
        if (len == 0)
            continue;
        pair.name = slice_make(rest.data, slice_find(pair.whole, '='));
        if (pair.name.len == len)
            return false;
        pair.value = slice_after(pair.whole, pair.name.len + 1);
        if (!add_pair(call, s, &pair))
            return false;
        nth++;
    }
    return true;
}

/* ---- the rest */

/* The key of a row's path: its columns are told apart by commas, whatever they are. */
static bool add_keys(struct call *call, struct request_shape *s)
{
    struct slice keys = call->keys_text;

    if (keys.len == 0)
        return false;
    for (size_t at = 0; at <= keys.len;) {
        struct slice left = slice_after(keys, at);
        size_t len = slice_find(left, ',');

        if (!add_value(call, s, slice_make(left.data, len), ENCODED_PATH,
                       (struct request_value){.pair = 0}))
            return false;
        at += len + 1;
    }
    return true;
}

static bool is_any(struct slice accept)
{
    return accept.len == 0 || slice_is(accept, "*/*") || slice_is(accept, "application/json");
}

bool request_shape_read(struct call *call, enum request_kind kind, struct request_shape *out)
{
    out->len = 0;
    out->n_values = 0;
    out->texts = (struct plan_texts){.texts = out->value_texts, .limit = -1};
    if (kind == REQUEST_OF_ROW && !add_keys(call, out))
        return false;
    out->text[out->len++] = (char)kind;
    out->text[out->len++] = (char)out->n_values;
    if (!add_piece(out, PIECE_TABLE, call->table_name))
        return false;
    if (!is_any(call->accept) && !add_piece(out, PIECE_ACCEPT, call->accept))
        return false;
    if (call->query.len > 0 && !add_query(call, out))
        return false;
    out->texts.n = out->n_values;
    return check_bounds(call, &out->texts);
}
