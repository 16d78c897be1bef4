/* Tokens as an event loop meets them: what it remembers, what forgeries cost, keys that change. */
#include <stdio.h>

#include "access/token/token_gate.h"
#include "access/token/token_sign.h"
#include "unit.h"

#define ARENA    ((size_t)1 << 20)
#define NOW_S    1300819000
#define FAILURES 5

/* RFC 7515 appendix A.3. */
static const char curve_key[] = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
                                "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_"
                                "FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";
static const char curve_token[] =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
    "bS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfK"
    "TUJqPP3-Kg6NU1Q";
static const struct slice secret = SLICE_LITERAL("a secret of forty bytes, for all to read");

struct fixture {
    struct key_ring ring;
    struct token_options tokens;
    struct token_gate_options options;
    struct token_gate gate;
    struct token_caller caller;
    struct arena arena;
    struct principal who;
    struct error error;
};

static void put_keys(struct fixture *f, const char *jwks, struct slice text)
{
    struct token_keys *keys = token_keys_new();
    struct error e = error_none();

    if (jwks)
        assert_true(token_keys_add_jwks(keys, slice_from(jwks), &e));
    if (text.len > 0)
        assert_true(token_keys_add_secret(keys, text, slice_make(NULL, 0), &e));
    key_ring_set(&f->ring, keys);
}

static void begin(struct fixture *f)
{
    *f = (struct fixture){.caller = {{1, 1}, 1000000, NOW_S}};
    key_ring_init(&f->ring);
    token_options_init(&f->tokens);
    f->options = (struct token_gate_options){&f->ring, &f->tokens, 64, FAILURES};
    token_gate_init(&f->gate, &f->options, 42);
    arena_init(&f->arena, ARENA);
}

static void end(struct fixture *f)
{
    token_gate_finish(&f->gate);
    key_ring_finish(&f->ring);
    arena_finish(&f->arena);
}

static enum error_code send_token(struct fixture *f, struct slice token)
{
    f->error = error_none();
    arena_reset(&f->arena);
    if (token_gate_verify(&f->gate, token, &f->caller, &f->arena, &f->who, &f->error))
        return ERROR_NONE;
    assert_true(error_is_set(&f->error));
    return f->error.code;
}

/* Its signature is the n-th wrong one. */
static struct slice forge(int n)
{
    static char token[sizeof curve_token];

    memcpy(token, curve_token, sizeof token);
    token[sizeof token - 40] = (char)('A' + n % 26);
    token[sizeof token - 41] = (char)('A' + n / 26 % 26);
    return slice_from(token);
}

static void test_known(void **state)
{
    struct fixture f;
    (void)state;

    begin(&f);
    assert_int_equal(send_token(&f, slice_from(curve_token)), ERROR_NO_SECRET);
    put_keys(&f, curve_key, slice_make(NULL, 0));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(send_token(&f, slice_from(curve_token)), ERROR_NONE);
        assert_true(slice_begins(f.who.claims, slice_from("{\"iss\":\"joe\"")));
    }
    assert_int_equal(counter_read(&f.gate.counts.verified), 1);
    assert_int_equal(counter_read(&f.gate.counts.known), 2);

    /* It expires also where it is known. */
    f.caller.now_s = 1300819411;
    assert_int_equal(send_token(&f, slice_from(curve_token)), ERROR_CLAIMS);
    end(&f);
}

/* Another set with the same key leaves its tokens known; without it they are nothing. */
static void test_rotation(void **state)
{
    struct fixture f;
    (void)state;

    begin(&f);
    put_keys(&f, curve_key, slice_make(NULL, 0));
    assert_int_equal(send_token(&f, slice_from(curve_token)), ERROR_NONE);
    put_keys(&f, curve_key, secret);
    assert_int_equal(send_token(&f, slice_from(curve_token)), ERROR_NONE);
    assert_int_equal(counter_read(&f.gate.counts.verified), 1);
    put_keys(&f, NULL, secret);
    assert_int_equal(send_token(&f, slice_from(curve_token)), ERROR_TOKEN);
    put_keys(&f, curve_key, slice_make(NULL, 0));
    assert_int_equal(send_token(&f, slice_from(curve_token)), ERROR_NONE);
    assert_int_equal(counter_read(&f.gate.counts.verified), 2);
    end(&f);
}

static void test_forgeries(void **state)
{
    struct fixture f;
    int n = 0;
    (void)state;

    begin(&f);
    put_keys(&f, curve_key, slice_make(NULL, 0));
    for (; n < 100 && send_token(&f, forge(n)) == ERROR_TOKEN; n++)
        f.gate.forgery.clear_us = 0; /* what all cost depends on the machine */
    assert_int_equal(n, FAILURES * FORGERY_BURST_S);
    assert_int_equal(f.error.code, ERROR_TOO_MANY);
    assert_int_equal(f.error.retry_after, 1);
    assert_int_equal(counter_read(&f.gate.counts.limited), 1);

    /* Others are not kept out by it, nor is this address for long. */
    f.caller.address.low = 2;
    assert_int_equal(send_token(&f, slice_from(curve_token)), ERROR_NONE);
    f.caller.address.low = 1;
    assert_int_equal(send_token(&f, slice_from(curve_token)), ERROR_NONE);
    f.caller.now_us += 1000000;
    f.gate.forgery.clear_us = 0;
    assert_int_equal(send_token(&f, forge(200)), ERROR_TOKEN);
    end(&f);
}

/* The same wrong token costs no arithmetic, and is not counted. */
static void test_failed_again(void **state)
{
    struct fixture f;
    (void)state;

    begin(&f);
    put_keys(&f, curve_key, slice_make(NULL, 0));
    for (int i = 0; i < 100; i++) {
        f.gate.forgery.clear_us = 0;
        assert_int_equal(send_token(&f, forge(1)), ERROR_TOKEN);
    }
    assert_non_null(f.gate.forgery.addresses);
    f.gate.forgery.clear_us = 0;
    assert_int_equal(send_token(&f, slice_from(curve_token)), ERROR_NONE);
    end(&f);
}

/* All addresses together have a share of the loop's time. */
static void test_all_forgeries(void **state)
{
    struct fixture f;
    int n = 0;
    (void)state;

    begin(&f);
    put_keys(&f, curve_key, slice_make(NULL, 0));
    f.gate.forgery.clear_us = f.caller.now_us + FORGERY_AT_ONCE_US * FORGERY_SHARE + 1;
    assert_int_equal(send_token(&f, forge(n)), ERROR_TOO_MANY);
    f.caller.now_us += 2;
    assert_int_equal(send_token(&f, forge(n)), ERROR_TOKEN);
    end(&f);
}

static void test_many(void **state)
{
    struct fixture f;
    char claims[64];
    struct buf token;
    (void)state;

    begin(&f);
    put_keys(&f, NULL, secret);
    buf_init(&token, 4096);
    for (int i = 0; i < 2000; i++) {
        snprintf(claims, sizeof claims, "{\"role\":\"r%d\",\"sub\":\"%d\"}", i % 300, i % 300);
        buf_clear(&token);
        token_sign(&token, secret, slice_make(NULL, 0), slice_from(claims));
        assert_int_equal(send_token(&f, buf_slice(&token)), ERROR_NONE);
        snprintf(claims, sizeof claims, "r%d", i % 300);
        assert_true(slice_is(f.who.role, claims));
        assert_true(slice_is(f.who.sub, claims + 1));
    }
    buf_finish(&token);
    end(&f);
}

/* A key of a name that is not known is asked for, once in a while. */
static void test_unknown_name(void **state)
{
    /* {"alg":"HS256","kid":"new"} */
    static const struct slice token =
        SLICE_LITERAL("eyJhbGciOiJIUzI1NiIsImtpZCI6Im5ldyJ9.e30.AAAA");
    struct fixture f;
    (void)state;

    begin(&f);
    put_keys(&f, curve_key, slice_make(NULL, 0));
    assert_int_equal(send_token(&f, token), ERROR_TOKEN);
    atomic_store(&f.ring.may_ask, true);
    assert_int_equal(send_token(&f, token), ERROR_BUSY);
    assert_int_equal(f.error.retry_after, 1);
    assert_true(atomic_load(&f.ring.asked));
    atomic_store(&f.ring.asked, false); /* looked for, and not found */
    assert_int_equal(send_token(&f, token), ERROR_TOKEN);
    f.caller.now_us += KEY_RING_ASK_US;
    assert_int_equal(send_token(&f, token), ERROR_BUSY);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_forgeries),    cmocka_unit_test(test_failed_again),
        cmocka_unit_test(test_many),         cmocka_unit_test(test_all_forgeries),
        cmocka_unit_test(test_unknown_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
