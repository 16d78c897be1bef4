/* SPDX-License-Identifier: MIT */
#include "access/address/networks.h"

#include <string.h>

#include "base/parse.h"

/* IPv4 within IPv6 (RFC 4291 §2.5.5.2). */
#define MAPPED_BITS 96

/* The bits of a byte that a network of `bits` more bits looks at. */
static unsigned mask_of(unsigned bits)
{
    if (bits >= 8)
        return 0xff;
    return 0xffu & (0xffu << (8 - bits));
}

bool network_holds(const struct network *network, const struct address *address)
{
    unsigned left = network->bits;

    if (address->kind != network->address.kind)
        return false;
    for (size_t i = 0; i < sizeof address->bytes && left > 0; i++) {
        unsigned differ = (unsigned)(network->address.bytes[i] ^ address->bytes[i]);

        if (differ & mask_of(left))
            return false;
        left -= left < 8 ? left : 8;
    }
    return true;
}

bool networks_hold(const struct networks *networks, const struct address *address)
{
    for (size_t i = 0; i < networks->n; i++) {
        if (network_holds(&networks->list[i], address))
            return true;
    }
    return false;
}

static bool is_no_network(struct slice text, struct error *e)
{
    return error_set(
        e, ERROR_USAGE,
        "\"%.*s\" is no address and no network, as 10.0.0.0/8, 192.0.2.1, 2001:db8::/32 "
        "or unix",
        SLICE_ARG(text));
}

/* What is past the network's bits is 0: else a host was meant, or other bits. */
static bool is_whole(const struct network *network)
{
    for (unsigned bit = network->bits; bit < 128; bit++) {
        if (network->address.bytes[bit / 8] & (0x80u >> (bit % 8)))
            return false;
    }
    return true;
}

static bool parse_network(struct slice text, struct network *network, struct error *e)
{
    const char *slash = memchr(text.data, '/', text.len);
    struct slice host = slice_make(text.data, slash ? (size_t)(slash - text.data) : text.len);
    unsigned most = 128;
    int64_t bits;

    if (slice_is(text, "unix")) {
        *network = (struct network){{ADDRESS_UNIX, {0}}, 0};
        return true;
    }
    if (!address_parse(host, &network->address))
        return is_no_network(text, e);
    network->bits = 128;
    if (!slash)
        return true;
    if (address_is_ipv4(&network->address) && !memchr(host.data, ':', host.len))
        most -= MAPPED_BITS;
    if (!parse_int64(slice_make(slash + 1, text.len - host.len - 1), &bits) || bits < 0 ||
        bits > (int64_t)most)
        return is_no_network(text, e);
    network->bits = 128 - most + (unsigned)bits;
    if (!is_whole(network))
        return error_set(e, ERROR_USAGE,
                         "\"%.*s\" has bits past the first %lld: which network is meant?",
                         SLICE_ARG(text), (long long)bits);
    return true;
}

static struct slice without_blanks(struct slice s)
{
    while (s.len && s.data[0] == ' ')
        s = slice_make(s.data + 1, s.len - 1);
    while (s.len && s.data[s.len - 1] == ' ')
        s.len--;
    return s;
}

bool networks_parse(struct networks *networks, struct slice list, struct error *e)
{
    const char *comma;

    networks->n = 0;
    if (list.len == 0)
        return true;
    do {
        size_t len;

        comma = memchr(list.data, ',', list.len);
        len = comma ? (size_t)(comma - list.data) : list.len;
        if (networks->n == NETWORKS_MAX)
            return error_set(e, ERROR_USAGE, "there are more than %d networks", NETWORKS_MAX);
        if (!parse_network(without_blanks(slice_make(list.data, len)), &networks->list[networks->n],
                           e))
            return false;
        networks->n++;
        list = slice_after(list, comma ? len + 1 : len);
    } while (comma);
    return true;
}
