/* SPDX-License-Identifier: MIT */
#include "access/api_key_text.h"

#include "access/digest.h"
#include "base/random.h"

static unsigned hex_digit(char c)
{
    if (c <= '9')
        return (unsigned)(c - '0');
    return (unsigned)(c - 'a') + 10;
}

/* 30 bits of the SHA-256 of what stands before. */
static void write_check(const char *key, char out[API_KEY_CHECK])
{
    char digest[DIGEST_SHA256_SIZE];

    digest_sha256(slice_make(key, API_KEY_LENGTH - API_KEY_CHECK), digest);
    for (size_t i = 0; i < API_KEY_CHECK; i++)
        out[i] = random_symbol(hex_digit(digest[2 * i]) << 4 | hex_digit(digest[2 * i + 1]));
}

bool api_key_is_whole(struct slice text)
{
    char check[API_KEY_CHECK];

    if (text.len != API_KEY_LENGTH || !api_key_is(text) || text.data[API_KEY_PREFIX] != '_')
        return false;
    write_check(text.data, check);
    return memcmp(check, text.data + API_KEY_LENGTH - API_KEY_CHECK, API_KEY_CHECK) == 0;
}

bool api_key_make(char out[API_KEY_LENGTH + 1], struct error *e)
{
    if (!random_text(out, API_KEY_LENGTH, e))
        return false;
    memcpy(out, "thk_", 4);
    out[API_KEY_PREFIX] = '_';
    write_check(out, out + API_KEY_LENGTH - API_KEY_CHECK);
    out[API_KEY_LENGTH] = '\0';
    return true;
}
