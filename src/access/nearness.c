/* SPDX-License-Identifier: MIT */
#include "access/nearness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#define V4(a, b, c, d)                                                                             \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static enum nearness near_v4(uint32_t address)
{
    static const struct {
        uint32_t network;
        unsigned bits;
        enum nearness near;
    } networks[] = {
        {V4(127, 0, 0, 0), 8, NEAR_LOOPBACK},  {V4(10, 0, 0, 0), 8, NEAR_PRIVATE},
        {V4(172, 16, 0, 0), 12, NEAR_PRIVATE}, {V4(192, 168, 0, 0), 16, NEAR_PRIVATE},
        {V4(100, 64, 0, 0), 10, NEAR_PRIVATE}, {V4(169, 254, 0, 0), 16, NEAR_PRIVATE},
    };

    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        if ((address ^ networks[i].network) >> (32 - networks[i].bits) == 0)
            return networks[i].near;
    }
    return NEAR_ANY;
}

static enum nearness near_v6(const struct in6_addr *address)
{
    const uint8_t *byte = address->s6_addr;
    bool is_local = byte[0] == 0xfe && (byte[1] & 0xc0) == 0x80; /* fe80::/10 */
    bool is_unique_local = (byte[0] & 0xfe) == 0xfc;             /* fc00::/7 */
    uint32_t v4;

    if (IN6_IS_ADDR_LOOPBACK(address))
        return NEAR_LOOPBACK;
    if (IN6_IS_ADDR_V4MAPPED(address)) {
        memcpy(&v4, byte + 12, sizeof v4);
        return near_v4(ntohl(v4));
    }
    if (is_local || is_unique_local)
        return NEAR_PRIVATE;
    return NEAR_ANY;
}

enum nearness nearness_of(const struct sockaddr *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;

    if (!address)
        return NEAR_ANY;
    switch (address->sa_family) {
    case AF_UNIX: return NEAR_LOOPBACK;
    case AF_INET: return near_v4(ntohl(v4->sin_addr.s_addr));
    case AF_INET6: return near_v6(&v6->sin6_addr);
    default: return NEAR_ANY;
    }
}
