/* SPDX-License-Identifier: MIT */
#include "access/key/token_keys.h"

#include "access/digest.h"
#include "base/memory.h"

struct token_keys *token_keys_new(void)
{
    struct token_keys *keys = memory_alloc(MEMORY_OTHER, sizeof *keys);

    if (!keys)
        return NULL;
    memset(keys, 0, sizeof *keys);
    atomic_init(&keys->references, 1);
    return keys;
}

struct token_keys *token_keys_hold(struct token_keys *keys)
{
    if (keys)
        atomic_fetch_add_explicit(&keys->references, 1, memory_order_relaxed);
    return keys;
}

void token_keys_drop(struct token_keys *keys)
{
    if (!keys || atomic_fetch_sub_explicit(&keys->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < keys->n; i++) {
        signature_key_free(keys->keys[i].key);
        memory_free((void *)keys->keys[i].kid.data);
    }
    memory_free(keys);
}

/* Two keys of one name and kind: a token that names them has no key of its own. */
static bool is_taken(const struct token_keys *keys, enum signature_algorithm algorithm,
                     struct slice kid)
{
    const char *type = signature_key_type(algorithm);

    for (size_t i = 0; kid.data && i < keys->n; i++) {
        bool is_same_type = signature_key_type(keys->keys[i].algorithm) == type;

        if (is_same_type && keys->keys[i].kid.data && slice_equal(keys->keys[i].kid, kid))
            return true;
    }
    return false;
}

static bool copy_kid(struct slice kid, struct slice *out)
{
    char *copy;

    *out = slice_make(NULL, 0);
    if (!kid.data)
        return true;
    copy = memory_alloc(MEMORY_OTHER, kid.len + 1);
    if (!copy)
        return false;
    memcpy(copy, kid.data, kid.len);
    copy[kid.len] = '\0';
    *out = slice_make(copy, kid.len);
    return true;
}

static void make_id(struct token_key *key, const struct slice numbers[2])
{
    unsigned char digest[DIGEST_SHA256_BYTES];
    struct slice parts[] = {slice_from(signature_name(key->algorithm)), key->kid, numbers[0],
                            numbers[1]};

    digest_sha256_parts(parts, sizeof parts / sizeof *parts, digest);
    memcpy(key->id, digest, sizeof key->id);
}

static bool add_key(struct token_keys *keys, enum signature_algorithm algorithm, struct slice kid,
                    struct signature_key *key, struct error *e)
{
    struct token_key *to = &keys->keys[keys->n];

    if (keys->n == TOKEN_KEYS_MAX)
        return error_set(e, ERROR_FAILURE, "there are more than %d keys", TOKEN_KEYS_MAX);
    if (is_taken(keys, algorithm, kid))
        return error_set(e, ERROR_FAILURE, "two keys have the \"kid\" \"%.*s\"", SLICE_SHOWN(kid));
    if (!copy_kid(kid, &to->kid))
        return error_set(e, ERROR_MEMORY, "out of memory for a key");
    to->algorithm = algorithm;
    to->any_kid = false;
    to->key = key;
    return true;
}

bool token_keys_add(struct token_keys *keys, enum signature_algorithm algorithm, struct slice kid,
                    struct signature_key *key, const struct slice numbers[2], struct error *e)
{
    if (!add_key(keys, algorithm, kid, key, e)) {
        signature_key_free(key);
        return false;
    }
    make_id(&keys->keys[keys->n++], numbers);
    return true;
}

bool token_keys_add_secret(struct token_keys *keys, struct slice secret, struct slice kid,
                           struct error *e)
{
    static const struct slice pem = SLICE_LITERAL("-----BEGIN ");
    const struct slice numbers[2] = {secret, {NULL, 0}};
    struct signature_key *key;

    if (slice_begins(secret, pem)) {
        error_set(e, ERROR_FAILURE, "a PEM file is no secret");
        return error_hint(e, "Give a public key as a JSON Web Key.");
    }
    if (secret.len < TOKEN_SECRET_MIN)
        return error_set(e, ERROR_FAILURE, "a secret has %zu bytes at least, this one has %zu",
                         TOKEN_SECRET_MIN, secret.len);
    key = signature_key_secret(SIGNATURE_HS256, secret, e);
    if (!key || !token_keys_add(keys, SIGNATURE_HS256, kid, key, numbers, e))
        return false;
    keys->keys[keys->n - 1].any_kid = !kid.data;
    return true;
}
