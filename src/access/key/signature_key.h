/*
 * What a key is inside. Private to signature*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_KEY_SIGNATURE_KEY_H
#define THIMBLE_ACCESS_KEY_SIGNATURE_KEY_H

#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/rsa.h>

#include "access/key/signature.h"

/* Of the longest digest, and of HS256 (FIPS 180-4). */
#define SIGNATURE_DIGEST_MAX 64
#define SIGNATURE_HS256_SIZE 32

enum signature_family { FAMILY_SECRET, FAMILY_RSA, FAMILY_RSA_PSS, FAMILY_CURVE };

struct signature_kind {
    const char *name;
    enum signature_family family;
    mbedtls_md_type_t digest;
    size_t digest_size;
    mbedtls_ecp_group_id curve;
};

extern const struct signature_kind signature_kinds[];

struct signature_key {
    const struct signature_kind *kind;
    union {
        struct {
            unsigned char *bytes; /* owned */
            size_t len;
        } secret;
        mbedtls_rsa_context rsa;
        struct {
            mbedtls_ecp_group group;
            mbedtls_ecp_point point;
        } curve;
    } of;
};

/* A key of this algorithm, nothing in it yet; NULL with ERROR_MEMORY. */
struct signature_key *signature_key_make(enum signature_algorithm algorithm, struct error *e);

bool signature_check_rsa(const struct signature_key *key, const unsigned char *digest,
                         struct slice signature);
bool signature_check_curve(const struct signature_key *key, const unsigned char *digest,
                           struct slice signature);

#endif
