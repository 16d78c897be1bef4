/*
 * Tokens: what is signed and what is not, what they claim, where the role is; and the vectors of
 * tests/access/vectors.tsv (another file: THIMBLE_TOKEN_VECTORS), a line each: name, keys ("." are
 * those of the line before), token, valid or invalid.
 */
#include <stdio.h>
#include <stdlib.h>

#include "access/token/json_text.h"
#include "access/token/jws.h"
#include "access/token/jwt.h"
#include "access/token/token_sign.h"
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

/* RFC 7515 appendix A.1 to A.3: the same claims of long ago, signed in three ways. */
#define RFC_CLAIMS                                                                                 \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"   \
    "VlfQ"
static const struct {
    const char *keys, *token;
} rfc[] = {
    {"{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-"
     "1qS0gZH75aKtMN3Yj0iPS4hc"
     "gUuTwjAzZr1Z9CAow\"}",
     "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." RFC_CLAIMS
     ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
    {"{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-"
     "Vaw-4"
     "qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LO"
     "L-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9"
     "kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\","
     "\"e\""
     ":\"AQAB\"}",
     "eyJhbGciOiJSUzI1NiJ9." RFC_CLAIMS
     ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2F"
     "p5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHl"
     "b1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
     "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"},
    {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
     "\"y\":\"x_"
     "FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
     "eyJhbGciOiJFUzI1NiJ9." RFC_CLAIMS
     ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
};

static void test_rfc(void **state)
{
    struct token_options options;
    (void)state;

    token_options_init(&options);
    options.issuer = slice_from("joe");
    for (size_t i = 0; i < sizeof rfc / sizeof *rfc; i++) {
        struct token_keys *keys = token_keys_new();
        struct error e = error_none();
        struct principal who;
        struct arena arena;

        arena_init(&arena, ARENA);
        assert_true(token_keys_add_jwks(keys, slice_from(rfc[i].keys), &e));
        assert_true(
            token_verify(keys, &options, slice_from(rfc[i].token), 1300819410, &arena, &who, &e));
        assert_int_equal(who.role.len, 0);
        assert_false(
            token_verify(keys, &options, slice_from(rfc[i].token), 1300819411, &arena, &who, &e));
        assert_string_equal(e.message, "JWT expired");
        arena_finish(&arena);
        token_keys_drop(keys);
    }
}

/* ---- vectors */

static bool is_signed(struct slice json, struct slice token)
{
    const struct token_key *candidates[JWS_CANDIDATES_MAX];
    struct token_keys *keys = token_keys_new();
    struct error e = error_none();
    struct slice payload;
    struct arena arena;
    struct jws jws;
    bool ok = false;

    arena_init(&arena, ARENA);
    if (token_keys_add_jwks(keys, json, &e) && jws_read(token, &arena, &jws, &e) &&
        jws_payload(&jws, &arena, &payload, &e)) {
        size_t n = jws_candidates(&jws, keys, candidates);

        ok = jws_signer(&jws, candidates, n) != NULL;
    }
    arena_finish(&arena);
    token_keys_drop(keys);
    return ok;
}

static struct slice next_field(struct slice *rest)
{
    size_t end = slice_find(*rest, '\t');
    struct slice field = slice_first(*rest, end);

    *rest = slice_after(*rest, end < rest->len ? end + 1 : end);
    return field;
}

static void test_vectors(void **state)
{
    static char line[LINE_MAX], last[LINE_MAX];
    const char *path = getenv("THIMBLE_TOKEN_VECTORS");
    FILE *file = fopen(path ? path : "tests/access/vectors.tsv", "r");
    struct slice keys_before = {NULL, 0};
    size_t wrong = 0, n = 0;
    (void)state;

    assert_non_null(file);
    for (; fgets(line, sizeof line, file); n++) {
        struct slice rest = slice_make(line, strcspn(line, "\n"));
        struct slice name = next_field(&rest), keys = next_field(&rest);
        struct slice token = next_field(&rest);

        if (slice_is(keys, "."))
            keys = keys_before;
        if (is_signed(keys, token) != slice_is(rest, "valid")) {
            fprintf(stderr, "%.*s: not %.*s\n", SLICE_ARG(name), SLICE_ARG(rest));
            wrong++;
        }
        memmove(last, keys.data, keys.len);
        keys_before = slice_make(last, keys.len);
    }
    fclose(file);
    printf("%zu vectors\n", n);
    assert_true(n > 100);
    assert_int_equal(wrong, 0);
}

/* ---- where the role is */

static struct slice role_at(const char *path, const char *claims, struct arena *arena)
{
    struct claim_path at;
    struct error e = error_none();

    if (!claim_path_read(&at, slice_from(path), &e))
        fail_msg("%s: %s", path, e.message);
    assert_true(json_text_is_object(slice_from(claims), arena));
    return claim_path_find(&at, slice_from(claims), arena);
}

static void test_paths(void **state)
{
    static const char claims[] = "{\"role\":\"r\",\"https://x/"
                                 "role\":{\"key\":\"k\"},\"a\":{\"roles\":[\"other\",\"author\",7],"
                                 "\"\":\"e\"},\"g\":[\"/gr\u00fcn\",\"/b/"
                                 "\"],\"n\":5,\"z\":null,\"x y\":\"q\",\"it's\":\"i\"}";
    static const struct {
        const char *path, *role;
    } paths[] = {
        {".role", "r"},
        {"$.role", "r"},
        {"$['role']", "r"},
        {"$[\"role\"]", "r"},
        {".\"https://x/role\".key", "k"},
        {"$['https://x/role']['key']", "k"},
        {"$['it\\'s']", "i"},
        {".\"x y\"", "q"},
        {".a.roles[1]", "author"},
        {"$.a.roles[-2]", "author"},
        {".a.roles[3]", ""},
        {"$.a.roles[-4]", ""},
        {".a.\"\"", "e"},
        {".a.roles[?(@ == \"author\")]", "author"},
        {".a.roles[?(@ != \"other\")]", "author"},
        {".a.roles[?(@ ^== \"aut\")]", "author"},
        {".a.roles[?(@ ==^ \"hor\")]", "author"},
        {".a.roles[?(@ *== \"utho\")]", "author"},
        {".a.roles[?(@==\"none\")]", ""},
        {".g[0][1:]", "gr\xc3\xbcn"},
        {".g[0][3:4]", "\xc3\xbc"},
        {".g[1][1:-1]", "b"},
        {".g[1][:]", "/b/"},
        {".g[1][2:1]", ""},
        {".g[?(@ ^== \"/b\")][1:-1]", "b"},
        {".n", "5"},
        {".z", ""},
        {".none", ""},
        {".role.more", ""},
        {".role[0]", ""},
        {".a.roles[2][1:]", ""},
    };
    static const char *const bad[] = {"",
                                      "role",
                                      ".",
                                      ".a.",
                                      ".a[",
                                      ".a[x]",
                                      ".a[1",
                                      ".\"a",
                                      ".a[?(@ = \"x\")]",
                                      ".a[?(@ == x)]",
                                      "$..a",
                                      "$.a[*]",
                                      ".a-b",
                                      "$",
                                      ".a[99999999999999999999]"};
    struct arena arena;
    (void)state;

    arena_init(&arena, ARENA);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct slice role = role_at(paths[i].path, claims, &arena);

        if (!slice_is(role, paths[i].role))
            fail_msg("%s: %.*s", paths[i].path, SLICE_ARG(role));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct claim_path at;
        struct error e = error_none();

        if (claim_path_read(&at, slice_from(bad[i]), &e))
            fail_msg("%s: is a path", bad[i]);
    }
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who),    cmocka_unit_test(test_headers), cmocka_unit_test(test_parts),
        cmocka_unit_test(test_claims), cmocka_unit_test(test_secrets), cmocka_unit_test(test_sign),
        cmocka_unit_test(test_rfc),    cmocka_unit_test(test_vectors), cmocka_unit_test(test_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
