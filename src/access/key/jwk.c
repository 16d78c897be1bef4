/*
 * JSON Web Keys (RFC 7517, RFC 7518 §6) into keys: their kinds, what they are for, their numbers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "access/token/json_text.h"
#include "access/key/token_keys.h"
#include "base/text.h"

/* What the text of a set is read with. */
#define JWK_ARENA_MAX ((size_t)4 << 20)

struct jwk {
    struct slice object;
    struct arena *arena;
    size_t index;
    struct slice kid; /* no data: it has none */
    enum signature_algorithm algorithm;
};

/* Where in the set it is wrong. */
static bool jwk_fault(const struct jwk *jwk, struct error *e, const char *what)
{
    if (jwk->kid.data)
        return error_set(e, ERROR_FAILURE, "key \"%.*s\": %s", SLICE_SHOWN(jwk->kid), what);
    return error_set(e, ERROR_FAILURE, "key %zu: %s", jwk->index + 1, what);
}

static bool member_is(const struct jwk *jwk, const char *name, const char *value)
{
    struct slice text;

    return json_text_string(jwk->object, name, jwk->arena, &text) && slice_is(text, value);
}

static bool has_member(const struct jwk *jwk, const char *name)
{
    struct json_item item;

    return json_text_member(jwk->object, slice_from(name), jwk->arena, &item);
}

/* An element of "key_ops" under which a signature is checked; who has the secret also makes them. */
static bool checks_signatures(const struct json_item *item, struct arena *arena)
{
    struct slice text;

    if (!json_text_value(item, arena, &text))
        return false;
    return slice_is(text, "verify") || slice_is(text, "sign");
}

static bool has_key_ops_for_it(const struct jwk *jwk)
{
    struct json_item list, item;
    struct json_reader r;
    bool first = true;

    if (!json_text_member(jwk->object, (struct slice)SLICE_LITERAL("key_ops"), jwk->arena, &list))
        return true; /* for everything */
    r = json_reader_make(list.text, JSON_TEXT_DEPTH);
    if (!json_enter(&r, '['))
        return false;
    while (json_next_element(&r, &first) == JSON_NEXT) {
        if (!json_read(&r, &item))
            return false;
        if (checks_signatures(&item, jwk->arena))
            return true;
    }
    return false;
}

static bool is_for_signatures(const struct jwk *jwk)
{
    bool use_fits = !has_member(jwk, "use") || member_is(jwk, "use", "sig");

    return use_fits && has_key_ops_for_it(jwk);
}

/* The kinds of keys that have one algorithm by themselves, or one that is meant when a set does not
 * say which: RS256 is what everybody must have (OpenID Connect Core §15.1, RFC 7518 §3.1). */
static const struct {
    const char *type, *curve;
    enum signature_algorithm algorithm;
} kinds[] = {
    {"oct", NULL, SIGNATURE_HS256},
    {"RSA", NULL, SIGNATURE_RS256},
    {"EC", "P-256", SIGNATURE_ES256},
    {"EC", "P-384", SIGNATURE_ES384},
};

static bool has_kind(const struct jwk *jwk, size_t kind)
{
    bool has_type = member_is(jwk, "kty", kinds[kind].type);

    return has_type && (!kinds[kind].curve || member_is(jwk, "crv", kinds[kind].curve));
}

/* The key's one algorithm. False: it is none that is known here, or not of the key's kind. */
static bool find_algorithm(struct jwk *jwk)
{
    size_t kind = 0, n = sizeof kinds / sizeof *kinds;
    struct slice name;

    while (kind < n && !has_kind(jwk, kind))
        kind++;
    if (kind == n)
        return false;
    jwk->algorithm = kinds[kind].algorithm;
    if (!has_member(jwk, "alg"))
        return true;
    if (!json_text_string(jwk->object, "alg", jwk->arena, &name) ||
        !signature_named(name, &jwk->algorithm))
        return false;
    if (kinds[kind].curve)
        return jwk->algorithm == kinds[kind].algorithm;
    return strcmp(signature_key_type(jwk->algorithm), kinds[kind].type) == 0;
}

static bool read_bytes(const struct jwk *jwk, const char *name, struct slice *out, struct error *e)
{
    struct slice text;
    unsigned char *to;
    long len;

    if (!json_text_string(jwk->object, name, jwk->arena, &text))
        return error_set(e, ERROR_FAILURE, "it has no \"%s\"", name);
    to = arena_alloc(jwk->arena, text.len + 1);
    if (!to)
        return error_set(e, ERROR_MEMORY, "out of memory for a key");
    len = text_base64url_decode(text, to);
    if (len < 0)
        return error_set(e, ERROR_FAILURE, "its \"%s\" is not base64url without padding", name);
    *out = slice_make((const char *)to, (size_t)len);
    return true;
}

static struct signature_key *read_secret(const struct jwk *jwk, struct slice numbers[2],
                                         struct error *e)
{
    if (!read_bytes(jwk, "k", &numbers[0], e))
        return NULL;
    return signature_key_secret(jwk->algorithm, numbers[0], e);
}

static struct signature_key *read_rsa(const struct jwk *jwk, struct slice numbers[2],
                                      struct error *e)
{
    if (!read_bytes(jwk, "n", &numbers[0], e) || !read_bytes(jwk, "e", &numbers[1], e))
        return NULL;
    return signature_key_rsa(jwk->algorithm, numbers[0], numbers[1], e);
}

static struct signature_key *read_curve(const struct jwk *jwk, struct slice numbers[2],
                                        struct error *e)
{
    if (!read_bytes(jwk, "x", &numbers[0], e) || !read_bytes(jwk, "y", &numbers[1], e))
        return NULL;
    return signature_key_curve(jwk->algorithm, numbers[0], numbers[1], e);
}

static struct signature_key *read_numbers(const struct jwk *jwk, struct slice numbers[2],
                                          struct error *e)
{
    const char *type = signature_key_type(jwk->algorithm);

    if (type[0] == 'o')
        return read_secret(jwk, numbers, e);
    if (type[0] == 'R')
        return read_rsa(jwk, numbers, e);
    return read_curve(jwk, numbers, e);
}

static bool add_jwk(struct token_keys *keys, struct jwk *jwk, struct error *e)
{
    struct slice numbers[2] = {{NULL, 0}, {NULL, 0}};
    struct error why = error_none();
    struct signature_key *key;

    if (!json_text_string(jwk->object, "kid", jwk->arena, &jwk->kid))
        jwk->kid = slice_make(NULL, 0);
    if (!is_for_signatures(jwk) || !find_algorithm(jwk))
        return true; /* nothing of ours */
    key = read_numbers(jwk, numbers, &why);
    if (!key || !token_keys_add(keys, jwk->algorithm, jwk->kid, key, numbers, &why))
        return jwk_fault(jwk, e, why.message);
    return true;
}

static bool add_list(struct token_keys *keys, struct slice list, struct arena *arena,
                     struct error *e)
{
    struct json_reader r = json_reader_make(list, JSON_TEXT_DEPTH);
    struct jwk jwk = {.arena = arena};
    struct json_item item;
    bool first = true;

    if (!json_enter(&r, '['))
        return error_set(e, ERROR_FAILURE, "\"keys\" is no array");
    for (; json_next_element(&r, &first) == JSON_NEXT; jwk.index++) {
        if (!json_read(&r, &item))
            break;
        jwk.object = item.text;
        if (!add_jwk(keys, &jwk, e))
            return false;
    }
    return true;
}

static bool add_any(struct token_keys *keys, struct slice json, struct arena *arena,
                    struct error *e)
{
    struct jwk one = {.arena = arena, .object = json};
    struct json_item list;

    if (!json_text_is_object(json, arena))
        return error_set(e, ERROR_FAILURE,
                         "it is no JSON object, or has a name twice in one object");
    if (json_text_member(json, (struct slice)SLICE_LITERAL("keys"), arena, &list))
        return add_list(keys, list.text, arena, e);
    return add_jwk(keys, &one, e);
}

bool token_keys_add_jwks(struct token_keys *keys, struct slice json, struct error *e)
{
    size_t before = keys->n;
    struct arena arena;
    bool ok;

    arena_init(&arena, JWK_ARENA_MAX);
    ok = add_any(keys, json, &arena, e);
    arena_finish(&arena);
    if (!ok || keys->n > before)
        return ok;
    error_set(e, ERROR_FAILURE, "it has no key that signatures of tokens are checked with");
    return error_hint(
        e, "Such keys have \"kty\" \"RSA\", \"oct\", or \"EC\" with \"crv\" \"P-256\" or "
           "\"P-384\".");
}
