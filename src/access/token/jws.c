/* SPDX-License-Identifier: MIT */
#include "access/token/jws.h"

#include "access/token/json_text.h"
#include "base/text.h"

#define PARTS 3

static bool undecodable(struct error *e, const char *why)
{
    error_set(e, ERROR_TOKEN, "JWT couldn't be decoded");
    return error_details(e, "%s", why);
}

static bool wrong_algorithm(struct error *e, const char *why)
{
    error_set(e, ERROR_TOKEN, "Wrong or unsupported encoding algorithm");
    return error_details(e, "%s", why);
}

bool jws_no_key(struct error *e)
{
    error_set(e, ERROR_TOKEN, "No suitable key or wrong key type");
    return error_details(e, "None of the keys was able to decode the JWT");
}

static size_t count_parts(struct slice token)
{
    size_t n = 1;

    for (size_t i = 0; i < token.len; i++)
        n += token.data[i] == '.';
    return n;
}

static void cut_parts(struct slice token, struct slice out[PARTS])
{
    for (size_t i = 0; i < PARTS; i++) {
        size_t end = slice_find(token, '.');

        out[i] = slice_first(token, end);
        token = slice_after(token, end < token.len ? end + 1 : end);
    }
}

/* False also without memory, which the caller tells by the arena. */
static bool decode(struct slice text, struct arena *arena, struct slice *out)
{
    unsigned char *to = arena_alloc(arena, text.len + 1);
    long len = to ? text_base64url_decode(text, to) : -1;

    if (len < 0)
        return false;
    *out = slice_make((const char *)to, (size_t)len);
    return true;
}

static bool decode_part(struct slice text, const char *name, struct arena *arena, struct slice *out,
                        struct error *e)
{
    if (decode(text, arena, out))
        return true;
    if (arena->full)
        return error_set(e, ERROR_MEMORY, "the token takes more memory than its request may have");
    error_set(e, ERROR_TOKEN, "JWT couldn't be decoded");
    return error_details(e, "The %s is not base64url without padding", name);
}

/* A type of its own is a token for something else, but for access tokens (RFC 9068 §2.1). */
static bool is_other_type(struct slice type)
{
    static const struct slice ours = SLICE_LITERAL("at+jwt"), end = SLICE_LITERAL("+jwt"),
                              application = SLICE_LITERAL("application/");

    if (type.len > application.len &&
        text_equal_nocase(slice_first(type, application.len), application))
        type = slice_after(type, application.len);
    if (type.len < end.len || text_equal_nocase(type, ours))
        return false;
    return text_equal_nocase(slice_after(type, type.len - end.len), end);
}

static bool check_types(struct slice header, struct arena *arena, struct error *e)
{
    static const struct slice nested = SLICE_LITERAL("JWT");
    struct slice text;

    if (json_text_string(header, "typ", arena, &text) && is_other_type(text))
        return undecodable(e, "The header's \"typ\" is not that of an access token");
    if (json_text_string(header, "cty", arena, &text) && text_equal_nocase(text, nested))
        return undecodable(e, "A token within a token is not understood here");
    return true;
}

static bool check_demands(struct slice header, struct arena *arena, struct error *e)
{
    static const char *const refused[] = {"crit", "b64", "zip", "enc"};
    struct json_item item;

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (!json_text_member(header, slice_from(refused[i]), arena, &item))
            continue;
        error_set(e, ERROR_TOKEN, "JWT couldn't be decoded");
        return error_details(e, "The header has \"%s\", which is not understood here", refused[i]);
    }
    return true;
}

static bool read_algorithm(struct slice header, struct arena *arena, struct jws *out,
                           struct error *e)
{
    struct slice name;

    if (!json_text_string(header, "alg", arena, &name))
        return wrong_algorithm(e, "The header has no \"alg\"");
    if (slice_is(name, "none"))
        return wrong_algorithm(e, "JWT is unsecured but expected 'alg' was not 'none'");
    if (!signature_named(name, &out->algorithm))
        return wrong_algorithm(e, "The header's \"alg\" is none that is known here");
    return true;
}

static bool read_header(struct slice header, struct arena *arena, struct jws *out, struct error *e)
{
    struct json_item kid;

    if (!json_text_is_object(header, arena))
        return undecodable(e, "The header is no JSON object, or has a name twice");
    if (!check_demands(header, arena, e) || !check_types(header, arena, e) ||
        !read_algorithm(header, arena, out, e))
        return false;
    out->kid = slice_make(NULL, 0);
    if (json_text_member(header, (struct slice)SLICE_LITERAL("kid"), arena, &kid) &&
        !json_text_value(&kid, arena, &out->kid))
        return undecodable(e, "The header's \"kid\" is no string");
    return true;
}

bool jws_read(struct slice token, struct arena *arena, struct jws *out, struct error *e)
{
    struct slice parts[PARTS], header;
    size_t n = count_parts(token);

    if (token.len == 0)
        return error_set(e, ERROR_TOKEN, "Empty JWT is sent in Authorization header");
    if (token.len > JWS_LENGTH_MAX)
        return undecodable(e, "It is longer than 64 KiB");
    if (n != PARTS)
        return error_set(e, ERROR_TOKEN, "Expected 3 parts in JWT; got %zu", n);
    cut_parts(token, parts);
    if (!decode_part(parts[0], "header", arena, &header, e) ||
        !read_header(header, arena, out, e) ||
        !decode_part(parts[2], "signature", arena, &out->signature, e))
        return false;
    out->input = slice_first(token, parts[0].len + 1 + parts[1].len);
    out->payload = parts[1];
    return true;
}

static bool is_meant(const struct jws *jws, const struct token_key *key)
{
    if (key->algorithm != jws->algorithm)
        return false;
    if (!jws->kid.data || key->any_kid)
        return true;
    return key->kid.data && slice_equal(key->kid, jws->kid);
}

size_t jws_candidates(const struct jws *jws, const struct token_keys *keys,
                      const struct token_key *out[JWS_CANDIDATES_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < keys->n && n < JWS_CANDIDATES_MAX; i++)
        if (is_meant(jws, &keys->keys[i]))
            out[n++] = &keys->keys[i];
    return n;
}

const struct token_key *jws_signer(const struct jws *jws, const struct token_key *const *candidates,
                                   size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (signature_check(candidates[i]->key, jws->input, jws->signature))
            return candidates[i];
    return NULL;
}

bool jws_payload(const struct jws *jws, struct arena *arena, struct slice *out, struct error *e)
{
    return decode_part(jws->payload, "payload", arena, out, e);
}
