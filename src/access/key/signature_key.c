/*
 * The kinds of keys, and their lives.
 *
 * SPDX-License-Identifier: MIT
 */
#include "access/key/signature_key.h"

#include <mbedtls/platform_util.h>

#define SHA256_SIZE 32
#define SHA384_SIZE 48
#define SHA512_SIZE 64

/* clang-format off */
const struct signature_kind signature_kinds[] = {
    [SIGNATURE_HS256] = {"HS256", FAMILY_SECRET, MBEDTLS_MD_SHA256, SHA256_SIZE, MBEDTLS_ECP_DP_NONE},
    [SIGNATURE_HS384] = {"HS384", FAMILY_SECRET, MBEDTLS_MD_SHA384, SHA384_SIZE, MBEDTLS_ECP_DP_NONE},
    [SIGNATURE_HS512] = {"HS512", FAMILY_SECRET, MBEDTLS_MD_SHA512, SHA512_SIZE, MBEDTLS_ECP_DP_NONE},
    [SIGNATURE_RS256] = {"RS256", FAMILY_RSA, MBEDTLS_MD_SHA256, SHA256_SIZE, MBEDTLS_ECP_DP_NONE},
    [SIGNATURE_RS384] = {"RS384", FAMILY_RSA, MBEDTLS_MD_SHA384, SHA384_SIZE, MBEDTLS_ECP_DP_NONE},
    [SIGNATURE_RS512] = {"RS512", FAMILY_RSA, MBEDTLS_MD_SHA512, SHA512_SIZE, MBEDTLS_ECP_DP_NONE},
    [SIGNATURE_PS256] = {"PS256", FAMILY_RSA_PSS, MBEDTLS_MD_SHA256, SHA256_SIZE, MBEDTLS_ECP_DP_NONE},
    [SIGNATURE_PS384] = {"PS384", FAMILY_RSA_PSS, MBEDTLS_MD_SHA384, SHA384_SIZE, MBEDTLS_ECP_DP_NONE},
    [SIGNATURE_PS512] = {"PS512", FAMILY_RSA_PSS, MBEDTLS_MD_SHA512, SHA512_SIZE, MBEDTLS_ECP_DP_NONE},
    [SIGNATURE_ES256] = {"ES256", FAMILY_CURVE, MBEDTLS_MD_SHA256, SHA256_SIZE, MBEDTLS_ECP_DP_SECP256R1},
    [SIGNATURE_ES384] = {"ES384", FAMILY_CURVE, MBEDTLS_MD_SHA384, SHA384_SIZE, MBEDTLS_ECP_DP_SECP384R1},
};
/* clang-format on */

struct signature_key *signature_key_make(enum signature_algorithm algorithm, struct error *e)
{
    struct signature_key *key = memory_alloc(MEMORY_OTHER, sizeof *key);

    if (!key) {
        error_set(e, ERROR_MEMORY, "out of memory for a key");
        return NULL;
    }
    memset(key, 0, sizeof *key);
    key->kind = &signature_kinds[algorithm];
    return key;
}

struct signature_key *signature_key_secret(enum signature_algorithm algorithm, struct slice secret,
                                           struct error *e)
{
    size_t least = signature_kinds[algorithm].digest_size;
    struct signature_key *key;

    if (secret.len < least) {
        error_set(e, ERROR_FAILURE, "a secret for %s has %zu bytes at least, this one has %zu",
                  signature_kinds[algorithm].name, least, secret.len);
        return NULL;
    }
    key = signature_key_make(algorithm, e);
    if (!key)
        return NULL;
    key->of.secret.bytes = memory_alloc(MEMORY_OTHER, secret.len);
    if (!key->of.secret.bytes) {
        memory_free(key);
        error_set(e, ERROR_MEMORY, "out of memory for a key");
        return NULL;
    }
    memcpy(key->of.secret.bytes, secret.data, secret.len);
    key->of.secret.len = secret.len;
    return key;
}

static void forget_secret(struct signature_key *key)
{
    if (key->of.secret.bytes)
        mbedtls_platform_zeroize(key->of.secret.bytes, key->of.secret.len);
    memory_free(key->of.secret.bytes);
}

void signature_key_free(struct signature_key *key)
{
    if (!key)
        return;
    switch (key->kind->family) {
    case FAMILY_SECRET: forget_secret(key); break;
    case FAMILY_RSA:
    case FAMILY_RSA_PSS: mbedtls_rsa_free(&key->of.rsa); break;
    case FAMILY_CURVE:
        mbedtls_ecp_group_free(&key->of.curve.group);
        mbedtls_ecp_point_free(&key->of.curve.point);
        break;
    }
    memory_free(key);
}
