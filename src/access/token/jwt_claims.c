/*
 * What a token claims: until when it holds, for whom, by whom, and who it is of.
 *
 * SPDX-License-Identifier: MIT
 */
#include "access/digest.h"
#include "access/token/json_text.h"
#include "access/token/jwt.h"
#include "base/parse.h"

struct claims {
    struct slice object;
    struct arena *arena;
    int64_t now_s;
};

/* Absent and null are the same, as in PostgREST. */
static bool find_claim(const struct claims *c, const char *name, struct json_item *out)
{
    return json_text_member(c->object, slice_from(name), c->arena, out) &&
           out->kind != JSON_IS_NULL;
}

/* A NumericDate (RFC 7519 §2) in whole seconds; what is beyond their range is its end. */
static int64_t whole_seconds(struct slice number)
{
    double value = 0;
    int64_t seconds;

    if (parse_int64(number, &seconds))
        return seconds;
    if (!parse_double(number, &value) || value >= 9e18)
        return number.data[0] == '-' ? INT64_MIN : INT64_MAX;
    if (value <= -9e18)
        return INT64_MIN;
    return (int64_t)value;
}

/* *out is left as it is where the claim is absent. */
static bool read_time(const struct claims *c, const char *name, int64_t *out, struct error *e)
{
    struct json_item item;

    if (!find_claim(c, name, &item))
        return true;
    if (item.kind != JSON_IS_NUMBER)
        return error_set(e, ERROR_CLAIMS, "The JWT '%s' claim must be a number", name);
    *out = whole_seconds(item.text);
    return true;
}

static bool check_times(const struct claims *c, struct principal *out, struct error *e)
{
    int64_t exp = INT64_MAX, nbf = INT64_MIN, iat = INT64_MIN;

    if (!read_time(c, "exp", &exp, e))
        return false;
    if (exp < c->now_s - TOKEN_LEEWAY_S)
        return error_set(e, ERROR_CLAIMS, "JWT expired");
    if (!read_time(c, "nbf", &nbf, e))
        return false;
    if (nbf > c->now_s + TOKEN_LEEWAY_S)
        return error_set(e, ERROR_CLAIMS, "JWT not yet valid");
    if (!read_time(c, "iat", &iat, e))
        return false;
    if (iat > c->now_s + TOKEN_LEEWAY_S)
        return error_set(e, ERROR_CLAIMS, "JWT issued at future");
    out->expires_s = 0;
    if (exp < INT64_MAX - TOKEN_LEEWAY_S - 1)
        out->expires_s = exp + TOKEN_LEEWAY_S + 1;
    return true;
}

static bool audience_shape(struct error *e)
{
    return error_set(e, ERROR_CLAIMS,
                     "The JWT 'aud' claim must be a string or an array of strings");
}

/* *found: it is one of the list's. */
static bool look_for_audience(const struct claims *c, struct slice list, struct slice wanted,
                              bool *found, struct error *e)
{
    struct json_reader r = json_reader_make(list, JSON_TEXT_DEPTH);
    struct json_item item;
    struct slice text;
    bool first = true;

    if (!json_enter(&r, '['))
        return audience_shape(e);
    while (json_next_element(&r, &first) == JSON_NEXT) {
        if (!json_read(&r, &item) || !json_text_value(&item, c->arena, &text))
            return audience_shape(e);
        *found = *found || slice_equal(text, wanted);
    }
    return true;
}

static bool check_audience(const struct claims *c, struct slice wanted, struct error *e)
{
    struct json_item item;
    struct slice text;
    bool found = false;

    if (find_claim(c, "aud", &item)) {
        if (json_text_value(&item, c->arena, &text))
            found = slice_equal(text, wanted);
        else if (!look_for_audience(c, item.text, wanted, &found, e))
            return false;
    }
    return found || wanted.len == 0 || error_set(e, ERROR_CLAIMS, "JWT not in audience");
}

static bool check_issuer(const struct claims *c, struct slice wanted, struct error *e)
{
    struct slice text;
    bool is_it = wanted.len == 0 ||
                 (json_text_string(c->object, "iss", c->arena, &text) && slice_equal(text, wanted));

    return is_it || error_set(e, ERROR_CLAIMS, "JWT not from the expected issuer");
}

static void make_id(struct principal *p)
{
    const struct slice parts[] = {p->role, p->claims};
    unsigned char digest[DIGEST_SHA256_BYTES];

    digest_sha256_parts(parts, 2, digest);
    memcpy(p->id, digest, sizeof p->id);
}

bool token_claims(struct slice claims, const struct token_options *options, int64_t now_s,
                  struct arena *arena, struct principal *out, struct error *e)
{
    struct claims c = {.object = claims, .arena = arena, .now_s = now_s};

    if (!json_text_is_object(claims, arena))
        return error_set(e, ERROR_CLAIMS, "Parsing claims failed");
    *out = (struct principal){.kind = PRINCIPAL_TOKEN, .claims = claims};
    if (!check_times(&c, out, e) || !check_audience(&c, options->audience, e) ||
        !check_issuer(&c, options->issuer, e))
        return false;
    if (!json_text_string(claims, "sub", arena, &out->sub))
        out->sub = slice_make(NULL, 0);
    out->role = claim_path_find(&options->role, claims, arena);
    make_id(out);
    return true;
}
