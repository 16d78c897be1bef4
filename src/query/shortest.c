/*
 * The shortest decimal of a double: R. Giulietti, "The Schubfach way to render doubles" (2021), for the
 * exponents whose power of ten is 128 bits without error, so that nothing is estimated.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/shortest.h"

#include <string.h>

__extension__ typedef unsigned __int128 wide;

/* 10^k, k from 0, as 128 bits of which the first is set: the power of two aside. */
static const struct power {
    uint64_t high, low;
} powers[] = {
    {0x8000000000000000ULL, 0x0000000000000000ULL}, {0xA000000000000000ULL, 0x0000000000000000ULL},
    {0xC800000000000000ULL, 0x0000000000000000ULL}, {0xFA00000000000000ULL, 0x0000000000000000ULL},
    {0x9C40000000000000ULL, 0x0000000000000000ULL}, {0xC350000000000000ULL, 0x0000000000000000ULL},
    {0xF424000000000000ULL, 0x0000000000000000ULL}, {0x9896800000000000ULL, 0x0000000000000000ULL},
    {0xBEBC200000000000ULL, 0x0000000000000000ULL}, {0xEE6B280000000000ULL, 0x0000000000000000ULL},
    {0x9502F90000000000ULL, 0x0000000000000000ULL}, {0xBA43B74000000000ULL, 0x0000000000000000ULL},
    {0xE8D4A51000000000ULL, 0x0000000000000000ULL}, {0x9184E72A00000000ULL, 0x0000000000000000ULL},
    {0xB5E620F480000000ULL, 0x0000000000000000ULL}, {0xE35FA931A0000000ULL, 0x0000000000000000ULL},
    {0x8E1BC9BF04000000ULL, 0x0000000000000000ULL}, {0xB1A2BC2EC5000000ULL, 0x0000000000000000ULL},
    {0xDE0B6B3A76400000ULL, 0x0000000000000000ULL}, {0x8AC7230489E80000ULL, 0x0000000000000000ULL},
    {0xAD78EBC5AC620000ULL, 0x0000000000000000ULL}, {0xD8D726B7177A8000ULL, 0x0000000000000000ULL},
    {0x878678326EAC9000ULL, 0x0000000000000000ULL}, {0xA968163F0A57B400ULL, 0x0000000000000000ULL},
    {0xD3C21BCECCEDA100ULL, 0x0000000000000000ULL}, {0x84595161401484A0ULL, 0x0000000000000000ULL},
    {0xA56FA5B99019A5C8ULL, 0x0000000000000000ULL}, {0xCECB8F27F4200F3AULL, 0x0000000000000000ULL},
    {0x813F3978F8940984ULL, 0x4000000000000000ULL}, {0xA18F07D736B90BE5ULL, 0x5000000000000000ULL},
    {0xC9F2C9CD04674EDEULL, 0xA400000000000000ULL}, {0xFC6F7C4045812296ULL, 0x4D00000000000000ULL},
    {0x9DC5ADA82B70B59DULL, 0xF020000000000000ULL}, {0xC5371912364CE305ULL, 0x6C28000000000000ULL},
    {0xF684DF56C3E01BC6ULL, 0xC732000000000000ULL}, {0x9A130B963A6C115CULL, 0x3C7F400000000000ULL},
    {0xC097CE7BC90715B3ULL, 0x4B9F100000000000ULL}, {0xF0BDC21ABB48DB20ULL, 0x1E86D40000000000ULL},
    {0x96769950B50D88F4ULL, 0x1314448000000000ULL}, {0xBC143FA4E250EB31ULL, 0x17D955A000000000ULL},
    {0xEB194F8E1AE525FDULL, 0x5DCFAB0800000000ULL}, {0x92EFD1B8D0CF37BEULL, 0x5AA1CAE500000000ULL},
    {0xB7ABC627050305ADULL, 0xF14A3D9E40000000ULL}, {0xE596B7B0C643C719ULL, 0x6D9CCD05D0000000ULL},
    {0x8F7E32CE7BEA5C6FULL, 0xE4820023A2000000ULL}, {0xB35DBF821AE4F38BULL, 0xDDA2802C8A800000ULL},
    {0xE0352F62A19E306EULL, 0xD50B2037AD200000ULL}, {0x8C213D9DA502DE45ULL, 0x4526F422CC340000ULL},
    {0xAF298D050E4395D6ULL, 0x9670B12B7F410000ULL}, {0xDAF3F04651D47B4CULL, 0x3C0CDD765F114000ULL},
    {0x88D8762BF324CD0FULL, 0xA5880A69FB6AC800ULL}, {0xAB0E93B6EFEE0053ULL, 0x8EEA0D047A457A00ULL},
    {0xD5D238A4ABE98068ULL, 0x72A4904598D6D880ULL}, {0x85A36366EB71F041ULL, 0x47A6DA2B7F864750ULL},
    {0xA70C3C40A64E6C51ULL, 0x999090B65F67D924ULL}, {0xD0CF4B50CFE20765ULL, 0xFFF4B4E3F741CF6DULL},
};
#define POWERS (sizeof powers / sizeof *powers)

/* log10(2^e) and log2(10^e), rounded down: right for all exponents of doubles. */
static int log10_of_power2(int e)
{
    return (e * 1262611) >> 22;
}

static int log2_of_power10(int e)
{
    return (e * 1741647) >> 19;
}

/* The first 64 of 192 bits of a product, and the last of them set if more follow. */
static uint64_t product(const struct power *power, uint64_t by)
{
    wide low = (wide)power->low * by, high = (wide)power->high * by + (uint64_t)(low >> 64);
    uint64_t rest = (uint64_t)high | (uint64_t)low;

    return (uint64_t)(high >> 64) | (rest != 0);
}

/* What reads back as the same double: four times the decimal's digits, from `from` to `to`. */
struct interval {
    uint64_t from, value, to;
};

static bool is_within(const struct interval *in, uint64_t digits)
{
    return in->from <= 4 * digits && 4 * digits <= in->to;
}

/* Of s and the number after it the one within; of both the nearer, or the even one. */
static uint64_t choose(const struct interval *in, uint64_t s)
{
    uint64_t middle = 4 * s + 2;
    bool first = is_within(in, s), second = is_within(in, s + 1);

    if (first != second)
        return s + second;
    if (in->value == middle)
        return s + (s & 1);
    return s + (in->value > middle);
}

/* With one digit less, if one such decimal is within; 0: none is, or two are. */
static uint64_t choose_shorter(const struct interval *in, uint64_t s)
{
    uint64_t tens = s / 10 * 10;
    bool first = is_within(in, tens), second = is_within(in, tens + 10);

    if (s < 10 || first == second)
        return 0;
    return tens + (second ? 10U : 0U);
}

bool shortest_decimal(double value, struct decimal *out)
{
    const uint64_t hidden = 1ULL << 52;
    uint64_t bits, c, s, odd;
    struct interval in;
    int e, k, shift;

    memcpy(&bits, &value, sizeof bits);
    e = (int)(bits >> 52 & 0x7ff) - 1075;
    c = (bits & (hidden - 1)) | hidden;
    k = log10_of_power2(e);
    if (c == hidden || e > 0 || -k >= (int)POWERS)
        return false; /* below a power of two the next double is nearer */
    shift = e + log2_of_power10(-k) + 1;
    odd = c & 1; /* a decimal in the middle between two doubles is read as the even one */
    in.from = product(&powers[-k], (4 * c - 2) << shift) + odd;
    in.value = product(&powers[-k], 4 * c << shift);
    in.to = product(&powers[-k], (4 * c + 2) << shift) - odd;
    s = in.value / 4;
    out->digits = choose_shorter(&in, s);
    if (out->digits == 0)
        out->digits = choose(&in, s);
    out->exponent = k;
    for (; out->digits % 10 == 0; out->exponent++)
        out->digits /= 10;
    return true;
}
