/* SPDX-License-Identifier: MIT */
#include "access/address/address.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

static struct address of_ipv4(const void *four)
{
    struct address a = {.kind = ADDRESS_IP};

    memcpy(a.bytes, mapped, sizeof mapped);
    memcpy(a.bytes + sizeof mapped, four, 4);
    return a;
}

static struct address of_ipv6(const void *sixteen)
{
    struct address a = {.kind = ADDRESS_IP};

    memcpy(a.bytes, sixteen, 16);
    return a;
}

struct address address_of(const struct sockaddr *address)
{
    const void *at = address;

    if (!address)
        return (struct address){.kind = ADDRESS_UNKNOWN};
    switch (address->sa_family) {
    case AF_INET: return of_ipv4(&((const struct sockaddr_in *)at)->sin_addr);
    case AF_INET6: return of_ipv6(&((const struct sockaddr_in6 *)at)->sin6_addr);
    case AF_UNIX: return (struct address){.kind = ADDRESS_UNIX};
    default: return (struct address){.kind = ADDRESS_UNKNOWN};
    }
}

/* The text with a NUL at its end; false if it has one within, or is too long for an address. */
static bool copy_text(struct slice text, char out[ADDRESS_TEXT])
{
    if (text.len == 0 || text.len >= ADDRESS_TEXT || memchr(text.data, '\0', text.len))
        return false;
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return true;
}

bool address_parse(struct slice text, struct address *out)
{
    unsigned char bytes[16];
    char copy[ADDRESS_TEXT];

    if (!copy_text(text, copy))
        return false;
    if (inet_pton(AF_INET, copy, bytes) == 1)
        *out = of_ipv4(bytes);
    else if (inet_pton(AF_INET6, copy, bytes) == 1)
        *out = of_ipv6(bytes);
    else
        return false;
    return true;
}

/* RFC 7239 §6: digits, or a made-up name. */
static bool is_port(struct slice text)
{
    if (text.len == 0 || text.len > 5)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    return true;
}

/* "]" closes what "[" opened; a port may follow. */
static bool parse_bracketed(struct slice text, struct address *out)
{
    const char *end = memchr(text.data, ']', text.len);
    struct address a;
    struct slice within, port;

    if (!end)
        return false;
    within = slice_make(text.data + 1, (size_t)(end - text.data) - 1);
    port = slice_make(end + 1, text.len - within.len - 2);
    if (port.len && (port.data[0] != ':' || !is_port(slice_make(port.data + 1, port.len - 1))))
        return false;
    if (!memchr(within.data, ':', within.len) || !address_parse(within, &a))
        return false;
    *out = a;
    return true;
}

bool address_parse_hop(struct slice text, struct address *out)
{
    const char *colon;
    struct slice host;

    if (text.len == 0)
        return false;
    if (text.data[0] == '[')
        return parse_bracketed(text, out);
    if (address_parse(text, out))
        return true;
    colon = memchr(text.data, ':', text.len);
    if (!colon)
        return false;
    host = slice_make(text.data, (size_t)(colon - text.data));
    return is_port(slice_make(colon + 1, text.len - host.len - 1)) && address_parse(host, out);
}

bool address_equal(const struct address *a, const struct address *b)
{
    return a->kind == b->kind && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool address_is_ipv4(const struct address *address)
{
    return address->kind == ADDRESS_IP && memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

const char *address_write(const struct address *address, char out[ADDRESS_TEXT])
{
    static const char *const words[] = {[ADDRESS_UNKNOWN] = "unknown", [ADDRESS_UNIX] = "unix"};

    if (address->kind != ADDRESS_IP)
        return words[address->kind];
    if (address_is_ipv4(address))
        return inet_ntop(AF_INET, address->bytes + sizeof mapped, out, ADDRESS_TEXT);
    return inet_ntop(AF_INET6, address->bytes, out, ADDRESS_TEXT);
}

struct limit_key address_key(const struct address *address)
{
    struct limit_key key = {0, 0};
    uint32_t v4;

    if (address->kind == ADDRESS_UNIX)
        return key;
    if (address->kind == ADDRESS_UNKNOWN)
        return (struct limit_key){0, 3};
    if (address_is_ipv4(address)) {
        memcpy(&v4, address->bytes + sizeof mapped, sizeof v4);
        return (struct limit_key){1, v4};
    }
    memcpy(&key.high, address->bytes, sizeof key.high);
    key.low = 2; /* never the key of an IPv4 address, never all zero */
    return key;
}
