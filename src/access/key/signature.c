/* SPDX-License-Identifier: MIT */
#include "access/key/signature.h"

#include <mbedtls/constant_time.h>

#include "access/key/signature_key.h"

const char *signature_name(enum signature_algorithm algorithm)
{
    return signature_kinds[algorithm].name;
}

bool signature_named(struct slice name, enum signature_algorithm *out)
{
    for (int i = 0; i <= SIGNATURE_ES384; i++)
        if (slice_is(name, signature_kinds[i].name)) {
            *out = (enum signature_algorithm)i;
            return true;
        }
    return false;
}

const char *signature_key_type(enum signature_algorithm algorithm)
{
    static const char *const types[] = {[FAMILY_SECRET] = "oct",
                                        [FAMILY_RSA] = "RSA",
                                        [FAMILY_RSA_PSS] = "RSA",
                                        [FAMILY_CURVE] = "EC"};

    return types[signature_kinds[algorithm].family];
}

/* In a time that does not tell how many bytes were right. */
static bool check_secret(const struct signature_key *key, struct slice input,
                         struct slice signature)
{
    const struct signature_kind *kind = key->kind;
    unsigned char expected[SIGNATURE_DIGEST_MAX];

    if (signature.len != kind->digest_size)
        return false;
    if (mbedtls_md_hmac(mbedtls_md_info_from_type(kind->digest), key->of.secret.bytes,
                        key->of.secret.len, (const unsigned char *)input.data, input.len,
                        expected) != 0)
        return false; /* no memory */
    return mbedtls_ct_memcmp(expected, signature.data, signature.len) == 0;
}

bool signature_check(const struct signature_key *key, struct slice input, struct slice signature)
{
    unsigned char digest[SIGNATURE_DIGEST_MAX];

    if (key->kind->family == FAMILY_SECRET)
        return check_secret(key, input, signature);
    if (mbedtls_md(mbedtls_md_info_from_type(key->kind->digest), (const unsigned char *)input.data,
                   input.len, digest) != 0)
        return false;
    if (key->kind->family == FAMILY_CURVE)
        return signature_check_curve(key, digest, signature);
    return signature_check_rsa(key, digest, signature);
}

void signature_add_hs256(struct buf *out, struct slice secret, struct slice input)
{
    char *to = buf_reserve(out, SIGNATURE_HS256_SIZE);

    if (!to)
        return;
    if (mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256),
                        (const unsigned char *)secret.data, secret.len,
                        (const unsigned char *)input.data, input.len, (unsigned char *)to) == 0)
        out->len += SIGNATURE_HS256_SIZE;
    else
        out->failed = true;
}
