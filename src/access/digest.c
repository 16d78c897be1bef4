/* SPDX-License-Identifier: MIT */
#include "access/digest.h"

#include <assert.h>
#include <stdint.h>

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

static void digest_add(mbedtls_sha256_context *sum, const void *data, size_t len)
{
    int rc = mbedtls_sha256_update(sum, data, len);

    assert(rc == 0);
}

void digest_sha256_parts(const struct slice *parts, size_t n,
                         unsigned char out[DIGEST_SHA256_BYTES])
{
    mbedtls_sha256_context sum;
    int rc;

    mbedtls_sha256_init(&sum);
    rc = mbedtls_sha256_starts(&sum, 0);
    assert(rc == 0);
    for (size_t i = 0; i < n; i++) {
        uint64_t len = parts[i].len;

        digest_add(&sum, &len, sizeof len);
        if (len > 0)
            digest_add(&sum, parts[i].data, parts[i].len);
    }
    rc = mbedtls_sha256_finish(&sum, out);
    assert(rc == 0);
    mbedtls_sha256_free(&sum);
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
