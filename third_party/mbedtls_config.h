/*
 * What thimble takes from Mbed TLS: SHA-256, and nothing else.
 * scripts/build-deps installs this file as <mbedtls/mbedtls_config.h>.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_MBEDTLS_CONFIG_H
#define THIMBLE_MBEDTLS_CONFIG_H

#define MBEDTLS_SHA256_C

#endif
