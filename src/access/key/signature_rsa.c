/*
 * RSA: RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 8017 §8), by mbedtls.
 *
 * SPDX-License-Identifier: MIT
 */
#include <mbedtls/bignum.h>

#include "access/key/signature_key.h"

#define BITS_MIN 2048
#define BITS_MAX 8192 /* mbedtls' own maximum */

#define EXPONENT_BITS_MAX 64 /* nobody has larger ones, and they would make checking slow */

/* Primes whose product is a divisor of what the faulty generator chose its primes by (CVE-2017-15361):
 * its moduli are powers of 65537 modulo each of them, which others are by chance once in 10^8. */
#define SUSPICIOUS_PRIME_MAX 167

static bool is_prime(unsigned n)
{
    for (unsigned d = 2; d * d <= n; d++)
        if (n % d == 0)
            return false;
    return true;
}

static bool is_power_of_65537(unsigned residue, unsigned prime)
{
    unsigned power = 1;

    do {
        if (power == residue)
            return true;
        power = power * (65537 % prime) % prime;
    } while (power != 1);
    return false;
}

static bool is_from_faulty_generator(const mbedtls_mpi *modulus)
{
    for (unsigned prime = 3; prime <= SUSPICIOUS_PRIME_MAX; prime += 2) {
        mbedtls_mpi_uint residue;

        if (!is_prime(prime))
            continue;
        if (mbedtls_mpi_mod_int(&residue, modulus, (mbedtls_mpi_sint)prime) != 0)
            return false;
        if (!is_power_of_65537((unsigned)residue, prime))
            return false;
    }
    return true;
}

static bool exponent_fits(const mbedtls_mpi *exponent)
{
    bool is_odd = mbedtls_mpi_get_bit(exponent, 0) == 1;
    bool is_over_one = mbedtls_mpi_cmp_int(exponent, 1) > 0;

    return is_odd && is_over_one && mbedtls_mpi_bitlen(exponent) <= EXPONENT_BITS_MAX;
}

/* What is wrong with the numbers; NULL: nothing. */
static const char *rsa_fault(const mbedtls_rsa_context *rsa)
{
    const mbedtls_mpi *modulus = &rsa->MBEDTLS_PRIVATE(N);
    size_t bits = mbedtls_mpi_bitlen(modulus);

    if (bits < BITS_MIN)
        return "an RSA key has 2048 bits at least, this one has fewer";
    if (bits > BITS_MAX)
        return "an RSA key has 8192 bits at most, this one has more";
    if (mbedtls_mpi_get_bit(modulus, 0) == 0)
        return "the modulus is even";
    if (!exponent_fits(&rsa->MBEDTLS_PRIVATE(E)))
        return "the exponent is even, or 1, or has more than 64 bits";
    if (is_from_faulty_generator(modulus))
        return "the key is of a faulty generator, and can be factored (CVE-2017-15361): make "
               "another";
    return NULL;
}

/* Once before threads share the key: mbedtls keeps a number that it computes at the first use. */
static bool use_once(mbedtls_rsa_context *rsa)
{
    unsigned char block[BITS_MAX / 8] = {0};
    size_t size = mbedtls_rsa_get_len(rsa);

    block[size - 1] = 2;
    return mbedtls_rsa_public(rsa, block, block) == 0;
}

static bool read_rsa(mbedtls_rsa_context *rsa, struct slice modulus, struct slice exponent,
                     struct error *e)
{
    const char *fault;
    bool is_read =
        modulus.len <= BITS_MAX / 8 &&
        mbedtls_rsa_import_raw(rsa, (const unsigned char *)modulus.data, modulus.len, NULL, 0, NULL,
                               0, NULL, 0, (const unsigned char *)exponent.data, exponent.len) == 0;

    if (!is_read)
        return error_set(e, ERROR_FAILURE,
                         "the modulus or the exponent is no number of an RSA key");
    fault = rsa_fault(rsa);
    if (fault)
        return error_set(e, ERROR_FAILURE, "%s", fault);
    if (mbedtls_rsa_check_pubkey(rsa) != 0 || !use_once(rsa))
        return error_set(e, ERROR_FAILURE, "modulus and exponent are no RSA key");
    return true;
}

struct signature_key *signature_key_rsa(enum signature_algorithm algorithm, struct slice modulus,
                                        struct slice exponent, struct error *e)
{
    struct signature_key *key = signature_key_make(algorithm, e);

    if (!key)
        return NULL;
    mbedtls_rsa_init(&key->of.rsa);
    if (read_rsa(&key->of.rsa, modulus, exponent, e))
        return key;
    signature_key_free(key);
    return NULL;
}

bool signature_check_rsa(const struct signature_key *key, const unsigned char *digest,
                         struct slice signature)
{
    /* Not changed, see use_once; the function's type is older than that thought. */
    mbedtls_rsa_context *rsa = (mbedtls_rsa_context *)&key->of.rsa;
    const struct signature_kind *kind = key->kind;
    const unsigned char *bytes = (const unsigned char *)signature.data;
    unsigned size = (unsigned)kind->digest_size;

    if (signature.len != mbedtls_rsa_get_len(rsa))
        return false;
    if (kind->family == FAMILY_RSA)
        return mbedtls_rsa_rsassa_pkcs1_v15_verify(rsa, kind->digest, size, digest, bytes) == 0;
    /* The salt is as long as the digest, and both digests are the same (RFC 7518 §3.5). */
    return mbedtls_rsa_rsassa_pss_verify_ext(rsa, kind->digest, size, digest, kind->digest,
                                             (int)kind->digest_size, bytes) == 0;
}
