/* SPDX-License-Identifier: MIT */
#include "http/authority.h"

#include <arpa/inet.h>

#include "base/ascii.h"
#include "base/text.h"

/* RFC 1035 §2.3.4. */
#define NAME_MAX_LENGTH 253
#define PORT_MAX_LENGTH 5

static bool is_name(struct slice text)
{
    bool label_is_empty = true;

    if (text.len == 0 || text.len > NAME_MAX_LENGTH)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool dot = c == '.';

        if (dot && label_is_empty)
            return false;
        if (!dot && !ascii_is_letter_or_digit(c) && c != '-' && c != '_')
            return false;
        label_is_empty = dot;
    }
    return !label_is_empty;
}

static bool is_inet(int family, struct slice text)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr address; /* the larger of the two */

    if (text.len >= sizeof copy || slice_has(text, '\0'))
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return inet_pton(family, copy, &address) == 1;
}

static bool is_bracketed(struct slice host)
{
    return host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
}

/* The address between the brackets, without its zone (RFC 6874). */
static bool is_inet6(struct slice host)
{
    struct slice inner = slice_make(host.data + 1, host.len - 2);

    return is_inet(AF_INET6, slice_first(inner, slice_find(inner, '%')));
}

static bool is_port(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!ascii_is_digit(text.data[i]))
            return false;
    }
    return text.len <= PORT_MAX_LENGTH;
}

/* Where the port's colon is, or the end. */
static size_t end_of_host(struct slice text)
{
    size_t bracket = slice_find(text, ']');

    if (text.len > 0 && text.data[0] == '[' && bracket < text.len)
        return bracket + 1;
    return slice_find(text, ':');
}

bool authority_parse(struct slice text, struct authority *a)
{
    size_t end = end_of_host(text);

    a->host = slice_first(text, end);
    a->port = slice_make(NULL, 0);
    if (end < text.len && text.data[end] != ':')
        return false;
    if (end < text.len)
        a->port = slice_after(text, end + 1);
    if (!is_port(a->port))
        return false;
    if (is_bracketed(a->host))
        return is_inet6(a->host);
    if (a->host.len > 1 && a->host.data[a->host.len - 1] == '.')
        a->host.len--;
    return is_name(a->host);
}

bool authority_is_address(const struct authority *a)
{
    return is_bracketed(a->host) || is_inet(AF_INET, a->host);
}

/* RFC 3986 §3.1. */
static bool is_scheme(struct slice text)
{
    static const struct slice marks = SLICE_LITERAL("+-.");

    if (text.len == 0 || !ascii_is_letter(text.data[0]))
        return false;
    for (size_t i = 1; i < text.len; i++) {
        char c = text.data[i];

        if (!ascii_is_letter_or_digit(c) && !slice_has(marks, c))
            return false;
    }
    return true;
}

bool origin_parse(struct slice text, struct origin *o)
{
    static const struct slice slashes = SLICE_LITERAL("://");
    size_t colon = slice_find(text, ':');

    o->scheme = slice_first(text, colon);
    if (!is_scheme(o->scheme) || !slice_begins(slice_after(text, colon), slashes))
        return false;
    return authority_parse(slice_after(text, colon + slashes.len), &o->authority);
}

struct slice origin_port(const struct origin *o)
{
    static const struct slice http = SLICE_LITERAL("http"), https = SLICE_LITERAL("https");

    if (o->authority.port.len > 0)
        return o->authority.port;
    if (text_equal_nocase(o->scheme, http))
        return (struct slice)SLICE_LITERAL("80");
    if (text_equal_nocase(o->scheme, https))
        return (struct slice)SLICE_LITERAL("443");
    return slice_make(NULL, 0);
}
