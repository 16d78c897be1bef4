/* SPDX-License-Identifier: MIT */
#include "access/digest.h"

#include <assert.h>

#include <mbedtls/build_info.h>
#include <mbedtls/sha256.h>

void digest_sha256(struct slice data, char out[DIGEST_SHA256_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char sum[32];
    int rc = mbedtls_sha256((const unsigned char *)data.data, data.len, sum, 0);

    assert(rc == 0); /* the software implementation has no way to fail */
    for (size_t i = 0; i < sizeof sum; i++) {
        out[2 * i] = hex[sum[i] >> 4];
        out[2 * i + 1] = hex[sum[i] & 15];
    }
    out[DIGEST_SHA256_SIZE - 1] = '\0';
}

bool digest_equal(struct slice a, struct slice b)
{
    volatile unsigned char differ = 0; /* no compiler may stop at the first */

    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        differ |= (unsigned char)(a.data[i] ^ b.data[i]);
    return differ == 0;
}

const char *digest_library_version(void)
{
    return MBEDTLS_VERSION_STRING;
}
