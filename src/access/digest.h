/*
 * Message digests, by mbedtls.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_DIGEST_H
#define THIMBLE_ACCESS_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* 64 hex digits and a NUL. */
#define DIGEST_SHA256_SIZE 65

/* Writes the SHA-256 (FIPS 180-4) of `data` in lower-case hex. Cannot fail. */
void digest_sha256(struct slice data, char out[DIGEST_SHA256_SIZE]);

/* The same as bytes, of several parts one after the other, each with its length before it: other
 * parts have another digest, also if they are the same text together. */
#define DIGEST_SHA256_BYTES 32
void digest_sha256_parts(const struct slice *parts, size_t n,
                         unsigned char out[DIGEST_SHA256_BYTES]);

/* Are they the same? In a time that tells nothing of where they differ: for what a client sends of a
 * secret. */
bool digest_equal(struct slice a, struct slice b);

/* mbedtls's version, e.g. "3.6.7"; static. */
const char *digest_library_version(void);

#endif
