/*
 * Tokens: what is signed and what is not, what they claim, where the role is; and the vectors of
 * tests/access/vectors.tsv (another file: THIMBLE_TOKEN_VECTORS), a line each: name, keys, token,
 * valid or invalid.
 */
#include <stdio.h>
#include <stdlib.h>

#include "access/json_text.h"
#include "access/jws.h"
#include "access/jwt.h"
#include "access/token_sign.h"
#include "base/text.h"
#include "unit.h"

#define NOW      1700000000
#define ARENA    ((size_t)1 << 20)
#define LINE_MAX (1 << 16)

static const struct slice secret = SLICE_LITERAL("a secret of forty bytes, for all to read");

struct verdict {
    struct arena arena;
    struct principal who;
    struct error error;
    bool ok;
};

/* Signs the header and the claims with the secret. */
static struct slice sign_text(const char *header, const char *claims)
{
    static char token[LINE_MAX], mac[32];
    struct buf out = {.data = token, .cap = sizeof token, .max = sizeof token};
    struct buf sum = {.data = mac, .cap = sizeof mac, .max = sizeof mac};

    text_base64url_encode(&out, slice_from(header));
    buf_add_char(&out, '.');
    text_base64url_encode(&out, slice_from(claims));
    signature_add_hs256(&sum, secret, buf_slice(&out));
    buf_add_char(&out, '.');
    text_base64url_encode(&out, buf_slice(&sum));
    assert_false(out.failed);
    return buf_slice(&out);
}

static void verify(struct verdict *v, const struct token_options *options, struct slice token)
{
    struct token_options plain;
    struct token_keys *keys = token_keys_new();

    token_options_init(&plain);
    arena_init(&v->arena, ARENA);
    v->error = error_none();
    assert_true(token_keys_add_secret(keys, secret, slice_make(NULL, 0), &v->error));
    v->ok =
        token_verify(keys, options ? options : &plain, token, NOW, &v->arena, &v->who, &v->error);
    assert_int_equal(v->ok, !error_is_set(&v->error));
    token_keys_drop(keys);
}

#define HS256 "{\"alg\":\"HS256\"}"

static void accepts(const char *header, const char *claims)
{
    struct verdict v;

    verify(&v, NULL, sign_text(header, claims));
    unit_no_error(&v.error);
    arena_finish(&v.arena);
}

static void refuses(struct slice token, enum error_code code, const char *message)
{
    struct verdict v;

    verify(&v, NULL, token);
    assert_string_equal(v.error.message, message);
    assert_int_equal(v.error.code, code);
    arena_finish(&v.arena);
}

static void refuses_header(const char *header, const char *message)
{
    refuses(sign_text(header, "{}"), ERROR_TOKEN, message);
}

static void refuses_claims(const char *claims, const char *message)
{
    refuses(sign_text(HS256, claims), ERROR_CLAIMS, message);
}

static void test_who(void **state)
{
    struct verdict v;
    (void)state;

    verify(&v, NULL,
           sign_text(HS256, "{\"role\":\"m\\u0065mber\",\"sub\":\"7\",\"exp\":1700000100}"));
    unit_no_error(&v.error);
    assert_true(slice_is(v.who.role, "member"));
    assert_true(slice_is(v.who.sub, "7"));
    assert_int_equal(v.who.expires_s, NOW + 100 + TOKEN_LEEWAY_S + 1);
    assert_int_equal(v.who.kind, PRINCIPAL_TOKEN);
    assert_true(slice_begins(v.who.claims, slice_from("{\"role\"")));
    arena_finish(&v.arena);
}

static void test_headers(void **state)
{
    (void)state;
    accepts(HS256, "{}");
    accepts("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}", "{}");
    accepts("{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"any\"}", "{}");
    refuses_header("{\"alg\":\"none\"}", "Wrong or unsupported encoding algorithm");
    refuses_header("{\"alg\":\"hs256\"}", "Wrong or unsupported encoding algorithm");
    refuses_header("{}", "Wrong or unsupported encoding algorithm");
    refuses_header("{\"alg\":\"HS384\"}", "No suitable key or wrong key type");
    refuses_header("{\"alg\":\"RS256\"}", "No suitable key or wrong key type");
    refuses_header("{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}", "JWT couldn't be decoded");
    refuses_header("{\"alg\":\"HS256\",\"b64\":true}", "JWT couldn't be decoded");
    refuses_header("{\"alg\":\"HS256\",\"zip\":\"DEF\"}", "JWT couldn't be decoded");
    refuses_header("{\"alg\":\"HS256\",\"cty\":\"JWT\"}", "JWT couldn't be decoded");
    refuses_header("{\"alg\":\"HS256\",\"typ\":\"application/logout+jwt\"}",
                   "JWT couldn't be decoded");
    refuses_header("{\"alg\":\"HS256\",\"kid\":7}", "JWT couldn't be decoded");
    refuses_header("{\"alg\":\"HS256\",\"\\u0061lg\":\"HS256\"}", "JWT couldn't be decoded");
    refuses_header("[\"HS256\"]", "JWT couldn't be decoded");
}

static void test_parts(void **state)
{
    (void)state;
    refuses(slice_from(""), ERROR_TOKEN, "Empty JWT is sent in Authorization header");
    refuses(slice_from("a.b"), ERROR_TOKEN, "Expected 3 parts in JWT; got 2");
    refuses(slice_from("a.b.c.d.e"), ERROR_TOKEN, "Expected 3 parts in JWT; got 5");
    refuses(slice_from(".."), ERROR_TOKEN, "JWT couldn't be decoded");
}

static void test_claims(void **state)
{
    (void)state;
    accepts(HS256, "{\"exp\":1699999970,\"nbf\":1700000030,\"iat\":1700000030.0,\"aud\":[]}");
    accepts(HS256, "{\"exp\":null,\"nbf\":-1e300,\"aud\":[\"a\",\"b\"]}");
    accepts(HS256, "{\"exp\":1e300}");
    refuses_claims("{\"exp\":1699999969}", "JWT expired");
    refuses_claims("{\"exp\":-1e300}", "JWT expired");
    refuses_claims("{\"exp\":0}", "JWT expired");
    refuses_claims("{\"nbf\":1700000031}", "JWT not yet valid");
    refuses_claims("{\"iat\":1700000031}", "JWT issued at future");
    refuses_claims("{\"exp\":\"1800000000\"}", "The JWT 'exp' claim must be a number");
    refuses_claims("{\"nbf\":[]}", "The JWT 'nbf' claim must be a number");
    refuses_claims("{\"iat\":{}}", "The JWT 'iat' claim must be a number");
    refuses_claims("{\"aud\":{\"a\":1}}",
                   "The JWT 'aud' claim must be a string or an array of strings");
    refuses_claims("{\"aud\":[\"a\",1]}",
                   "The JWT 'aud' claim must be a string or an array of strings");
    refuses_claims("{\"role\":\"a\",\"role\":\"b\"}", "Parsing claims failed");
    refuses_claims("{\"o\":[{\"a\":1,\"a\":1}]}", "Parsing claims failed");
    refuses_claims("[]", "Parsing claims failed");
    refuses_claims("{\"a\":\"\xff\"}", "Parsing claims failed");
    refuses_claims("{}x", "Parsing claims failed");
    accepts(HS256, "{\"a\":{\"a\":{\"a\":[{\"a\":1},{\"a\":1}]}},\"b\":{\"a\":1}}");
}

/* A secret of less than 32 bytes, none at all, and a public key's file are no secrets. */
static void test_secrets(void **state)
{
    static const char *const bad[] = {"", "of thirty-one bytes ..........",
                                      "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj"};
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct token_keys *keys = token_keys_new();
        struct error e = error_none();

        assert_false(token_keys_add_secret(keys, slice_from(bad[i]), slice_make(NULL, 0), &e));
        token_keys_drop(keys);
    }
}

static void test_sign(void **state)
{
    struct verdict v;
    struct buf out;
    (void)state;

    buf_init(&out, 4096);
    token_sign(&out, secret, slice_from("ours"), slice_from("{\"role\":\"a\"}"));
    verify(&v, NULL, buf_slice(&out));
    unit_no_error(&v.error);
    assert_true(slice_is(v.who.role, "a"));
    arena_finish(&v.arena);
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who),    cmocka_unit_test(test_headers), cmocka_unit_test(test_parts),
        cmocka_unit_test(test_claims), cmocka_unit_test(test_secrets), cmocka_unit_test(test_sign),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
