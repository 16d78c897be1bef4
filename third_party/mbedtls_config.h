/*
 * What thimble takes from Mbed TLS: digests, HMAC, and what checks signatures of tokens: RSA with
 * both paddings, ECDSA over two curves. Nothing that signs with a private key, nothing of TLS.
 * scripts/build-deps installs this file as <mbedtls/mbedtls_config.h>.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_MBEDTLS_CONFIG_H
#define THIMBLE_MBEDTLS_CONFIG_H

#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
#define MBEDTLS_SHA512_SMALLER
#define MBEDTLS_MD_C /* HMAC, and the digests by number */

#define MBEDTLS_BIGNUM_C
#define MBEDTLS_HAVE_ASM /* multiplication of long numbers */

#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_OID_C /* what PKCS #1 calls a digest */

#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ASN1_PARSE_C /* ECDSA's own conditions; nothing of them is linked */
#define MBEDTLS_ASN1_WRITE_C

#endif
