/*
 * ECDSA over P-256 and P-384 (RFC 7518 §3.4), by mbedtls.
 *
 * SPDX-License-Identifier: MIT
 */
#include <mbedtls/ecdsa.h>

#include "access/key/signature_key.h"

/* 0x04, x, y (SEC 1 §2.3.3). */
#define POINT_SIZE_MAX (1 + 2 * 48)

static size_t coordinate_size(const mbedtls_ecp_group *group)
{
    return (group->pbits + 7) / 8;
}

static bool read_point(struct signature_key *key, struct slice x, struct slice y, struct error *e)
{
    mbedtls_ecp_group *group = &key->of.curve.group;
    mbedtls_ecp_point *point = &key->of.curve.point;
    unsigned char bytes[POINT_SIZE_MAX] = {4};
    size_t size;

    if (mbedtls_ecp_group_load(group, key->kind->curve) != 0)
        return error_set(e, ERROR_MEMORY, "out of memory for a key");
    size = coordinate_size(group);
    if (x.len != size || y.len != size)
        return error_set(e, ERROR_FAILURE, "x and y have %zu bytes each on this curve", size);
    memcpy(bytes + 1, x.data, size);
    memcpy(bytes + 1 + size, y.data, size);
    if (mbedtls_ecp_point_read_binary(group, point, bytes, 1 + 2 * size) != 0 ||
        mbedtls_ecp_check_pubkey(group, point) != 0)
        return error_set(e, ERROR_FAILURE, "x and y are no point of the curve");
    return true;
}

struct signature_key *signature_key_curve(enum signature_algorithm algorithm, struct slice x,
                                          struct slice y, struct error *e)
{
    struct signature_key *key = signature_key_make(algorithm, e);

    if (!key)
        return NULL;
    mbedtls_ecp_group_init(&key->of.curve.group);
    mbedtls_ecp_point_init(&key->of.curve.point);
    if (read_point(key, x, y, e))
        return key;
    signature_key_free(key);
    return NULL;
}

/* The group's table of its base point is a constant of mbedtls': nothing in the key changes, though
 * the function's type does not say so. */
static bool check_numbers(const struct signature_key *key, const unsigned char *digest,
                          const mbedtls_mpi *r, const mbedtls_mpi *s)
{
    mbedtls_ecp_group *group = (mbedtls_ecp_group *)&key->of.curve.group;

    return mbedtls_ecdsa_verify(group, digest, key->kind->digest_size, &key->of.curve.point, r,
                                s) == 0;
}

bool signature_check_curve(const struct signature_key *key, const unsigned char *digest,
                           struct slice signature)
{
    size_t size = coordinate_size(&key->of.curve.group);
    const unsigned char *bytes = (const unsigned char *)signature.data;
    mbedtls_mpi r, s;
    bool ok;

    if (signature.len != 2 * size)
        return false;
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    ok = mbedtls_mpi_read_binary(&r, bytes, size) == 0 &&
         mbedtls_mpi_read_binary(&s, bytes + size, size) == 0 && check_numbers(key, digest, &r, &s);
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&s);
    return ok;
}
