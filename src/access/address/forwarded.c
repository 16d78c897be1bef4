/* SPDX-License-Identifier: MIT */
#include "access/address/forwarded.h"

#include <string.h>

#include "base/text.h"

/* Room for a for= in quotes: an address in brackets and a port, each byte escaped. */
#define NODE_TEXT (2 * (ADDRESS_TEXT + 8))

/* One hop more, to the right of those before. A trusted proxy's own address says nothing of the client, but
 * where there is no other: then the leftmost is where the request began. */
static void add_hop(struct forwarded *f, const struct networks *trusted, struct slice node)
{
    struct address address;

    if (!address_parse_hop(node, &address))
        f->state = FORWARDED_ODD;
    else if (f->state == FORWARDED_NOT || !networks_hold(trusted, &address))
        *f = (struct forwarded){FORWARDED_FROM, address};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct slice trim(struct slice s)
{
    while (s.len && is_blank(s.data[0]))
        s = slice_after(s, 1);
    while (s.len && is_blank(s.data[s.len - 1]))
        s.len--;
    return s;
}

void forwarded_take_for(struct forwarded *f, const struct networks *trusted, struct slice value)
{
    while (value.len) {
        const char *comma = memchr(value.data, ',', value.len);
        size_t len = comma ? (size_t)(comma - value.data) : value.len;
        struct slice node = trim(slice_make(value.data, len));

        if (node.len) /* RFC 9110 §5.6.1.2: an empty element counts for nothing */
            add_hop(f, trusted, node);
        value = slice_after(value, comma ? len + 1 : len);
    }
}

/* forwarded-element (RFC 7239 §4), read from its beginning. */
struct element {
    struct slice rest; /* what is not read yet */
    bool any;          /* it has a pair */
    bool has_node;
    size_t node_len;
    char node[NODE_TEXT]; /* its for=, without quotes */
};

static void skip_blanks(struct element *el)
{
    while (el->rest.len && is_blank(el->rest.data[0]))
        el->rest = slice_after(el->rest, 1);
}

static bool at(const struct element *el, char c)
{
    return el->rest.len && el->rest.data[0] == c;
}

static bool skip(struct element *el, char c)
{
    if (!at(el, c))
        return false;
    el->rest = slice_after(el->rest, 1);
    return true;
}

/* Up to what ends a token here. A ':' that is not in quotes is taken, for many write it so. */
static struct slice read_token(struct element *el)
{
    struct slice token = slice_make(el->rest.data, 0);

    while (token.len < el->rest.len && !memchr(" \t,;=\"", token.data[token.len], 6))
        token.len++;
    el->rest = slice_after(el->rest, token.len);
    return token;
}

static bool keep_byte(struct element *el, char c)
{
    if (el->node_len == NODE_TEXT)
        return false;
    el->node[el->node_len++] = c;
    return true;
}

/* quoted-string (RFC 9110 §5.6.4), after its first quote, into the node if it is `kept`. */
static bool read_quoted(struct element *el, bool kept)
{
    while (el->rest.len && el->rest.data[0] != '"') {
        (void)skip(el, '\\');
        if (el->rest.len == 0 || (kept && !keep_byte(el, el->rest.data[0])))
            return false;
        el->rest = slice_after(el->rest, 1);
    }
    return skip(el, '"');
}

static bool read_value(struct element *el, bool kept)
{
    struct slice token;

    if (skip(el, '"'))
        return read_quoted(el, kept);
    token = read_token(el);
    if (!kept)
        return token.len > 0;
    if (token.len == 0 || token.len > NODE_TEXT)
        return false;
    memcpy(el->node, token.data, token.len);
    el->node_len = token.len;
    return true;
}

static bool read_pair(struct element *el)
{
    static const struct slice node_name = SLICE_LITERAL("for");
    struct slice name = read_token(el);
    bool is_node = text_equal_nocase(name, node_name);

    if (name.len == 0 || !skip(el, '='))
        return false;
    el->any = true;
    if (is_node && el->has_node)
        return false;
    el->has_node = el->has_node || is_node;
    return read_value(el, is_node);
}

/* False: it is none, and where it ends cannot be told. */
static bool read_element(struct element *el)
{
    el->any = el->has_node = false;
    el->node_len = 0;
    for (;;) {
        skip_blanks(el);
        if (!at(el, ';') && !at(el, ',') && el->rest.len && !read_pair(el))
            return false;
        skip_blanks(el);
        if (el->rest.len == 0 || at(el, ','))
            return true;
        if (!skip(el, ';'))
            return false;
    }
}

void forwarded_take(struct forwarded *f, const struct networks *trusted, struct slice value)
{
    struct element el = {.rest = value};

    while (el.rest.len) {
        if (!read_element(&el)) {
            f->state = FORWARDED_ODD; /* what comes after it, too */
            return;
        }
        if (el.any)
            add_hop(f, trusted, slice_make(el.node, el.node_len));
        (void)skip(&el, ',');
    }
}

static bool agree(const struct forwarded *a, const struct forwarded *b)
{
    if (a->state == FORWARDED_NOT || b->state == FORWARDED_NOT)
        return true;
    return address_equal(&a->address, &b->address);
}

struct address forwarded_client(const struct forwarded *standard, const struct forwarded *customary,
                                const struct address *peer)
{
    if (standard->state == FORWARDED_ODD || customary->state == FORWARDED_ODD ||
        !agree(standard, customary))
        return (struct address){.kind = ADDRESS_UNKNOWN};
    if (standard->state == FORWARDED_FROM)
        return standard->address;
    if (customary->state == FORWARDED_FROM)
        return customary->address;
    return *peer;
}
