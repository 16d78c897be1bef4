/* SPDX-License-Identifier: MIT */
#include "access/address/nearness.h"

#include "access/address/networks.h"

/* IPv4 has its 96 bits in front, as in struct address. */
#define V4(...)                                                                                    \
    {                                                                                              \
        ADDRESS_IP,                                                                                \
        {                                                                                          \
            [10] = 0xff, [11] = 0xff, __VA_ARGS__                                                  \
        }                                                                                          \
    }
#define V4_BITS(n) (96 + (n))

/* clang-format off */
static const struct {
    struct network network;
    enum nearness near;
} near[] = {
    {{V4(127), V4_BITS(8)}, NEAR_LOOPBACK},
    {{{ADDRESS_IP, {[15] = 1}}, 128}, NEAR_LOOPBACK},
    {{{ADDRESS_UNIX, {0}}, 0}, NEAR_LOOPBACK},
    {{V4(10), V4_BITS(8)}, NEAR_PRIVATE},
    {{V4(172, 16), V4_BITS(12)}, NEAR_PRIVATE},
    {{V4(192, 168), V4_BITS(16)}, NEAR_PRIVATE},
    {{V4(100, 64), V4_BITS(10)}, NEAR_PRIVATE},
    {{V4(169, 254), V4_BITS(16)}, NEAR_PRIVATE},
    {{{ADDRESS_IP, {0xfe, 0x80}}, 10}, NEAR_PRIVATE},
    {{{ADDRESS_IP, {0xfc}}, 7}, NEAR_PRIVATE},
};
/* clang-format on */

enum nearness nearness_of(const struct address *address)
{
    for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
        if (network_holds(&near[i].network, address))
            return near[i].near;
    }
    return NEAR_ANY;
}
