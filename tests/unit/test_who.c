/*
 * Who asks: how near an address is; what of the header fields decides, and what there is without any;
 * whether equal requests of one caller have equal answers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "access/authenticate.h"
#include "access/address/nearness.h"
#include "store/access/access.h"
#include "store/access/access_steady.h"
#include "store/catalog/catalog.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static enum nearness of(const struct sockaddr *socket_address)
{
    struct address address = address_of(socket_address);

    return nearness_of(&address);
}

static enum nearness near(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return of((struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return of((struct sockaddr *)&v6);
}

static void addresses_are_near_or_far(void **state)
{
    static const struct {
        const char *first, *last;
        enum nearness near;
    } ranges[] = {
        {"127.0.0.0", "127.255.255.255", NEAR_LOOPBACK},
        {"10.0.0.0", "10.255.255.255", NEAR_PRIVATE},
        {"172.16.0.0", "172.31.255.255", NEAR_PRIVATE},
        {"192.168.0.0", "192.168.255.255", NEAR_PRIVATE},
        {"100.64.0.0", "100.127.255.255", NEAR_PRIVATE},
        {"169.254.0.0", "169.254.255.255", NEAR_PRIVATE},
        {"fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NEAR_PRIVATE},
        {"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NEAR_PRIVATE},
        {"::1", "::1", NEAR_LOOPBACK},
        {"::ffff:127.0.0.1", "::ffff:127.9.9.9", NEAR_LOOPBACK},
        {"::ffff:10.0.0.1", "::ffff:192.168.1.1", NEAR_PRIVATE},
        {"0.0.0.0", "9.255.255.255", NEAR_ANY},
        {"11.0.0.0", "100.63.255.255", NEAR_ANY},
        {"100.128.0.0", "126.255.255.255", NEAR_ANY},
        {"128.0.0.0", "169.253.255.255", NEAR_ANY},
        {"169.255.0.0", "172.15.255.255", NEAR_ANY},
        {"172.32.0.0", "192.167.255.255", NEAR_ANY},
        {"192.169.0.0", "255.255.255.255", NEAR_ANY},
        {"::", "::", NEAR_ANY},
        {"::2", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NEAR_ANY},
        {"fe00::", "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NEAR_ANY},
        {"fec0::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NEAR_ANY},
        {"::ffff:8.8.8.8", "::ffff:203.0.113.1", NEAR_ANY},
        {"::127.0.0.1", "::10.0.0.1", NEAR_ANY}, /* IPv4-compatible: deprecated, and not mapped */
    };
    struct sockaddr_un unix_peer = {.sun_family = AF_UNIX};
    struct sockaddr odd = {.sa_family = AF_NETLINK};
    (void)state;

    for (size_t i = 0; i < COUNT(ranges); i++) {
        assert_int_equal(near(ranges[i].first), ranges[i].near);
        assert_int_equal(near(ranges[i].last), ranges[i].near);
    }
    assert_int_equal(of((struct sockaddr *)&unix_peer), NEAR_LOOPBACK);
    assert_int_equal(of(&odd), NEAR_ANY);
    assert_int_equal(of(NULL), NEAR_ANY);
}

static const struct token_gate_options no_keys = {.ring = NULL};

/* The role that asks, or the failure. */
static enum error_code ask(struct authenticator *a, struct credentials c, struct principal *out)
{
    struct authentication with = {.authenticator = a, .now_s = 1000000000};
    struct error e = error_none();
    struct arena arena;
    enum error_code code;

    arena_init(&arena, 1 << 16);
    code = authenticate(&with, &c, &arena, out, &e) ? ERROR_NONE : e.code;
    arena_finish(&arena);
    return code;
}

static void nobody_is_the_anonymous_role(void **state)
{
    static const char *const ignored[] = {"", "Basic dXNlcjpwYXNz", "bearer-ish x", "Bearerx",
                                          "Digest a=b"};
    struct authenticator with, without;
    struct error e = error_none();
    struct principal who;
    char name[AUTHENTICATE_ROLE_MAX + 2];
    (void)state;

    assert_true(authenticator_init(&with, "anon", &no_keys, 1, &e));
    assert_true(authenticator_init(&without, "", &no_keys, 1, &e));
    for (size_t i = 0; i < COUNT(ignored); i++) {
        struct credentials c = {.authorization = slice_from(ignored[i])};

        assert_int_equal(ask(&with, c, &who), ERROR_NONE);
        assert_true(slice_is(who.role, "anon"));
        assert_true(slice_is(who.claims, "{\"role\":\"anon\"}"));
        assert_int_equal(who.kind, PRINCIPAL_ANONYMOUS);
        assert_int_equal(ask(&without, c, &who), ERROR_NO_CREDENTIALS);
    }
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_false(authenticator_init(&with, name, &no_keys, 1, &e));
    assert_int_equal(e.code, ERROR_USAGE);
}

static void a_token_that_is_none_is_not_the_anonymous_role(void **state)
{
    static const char *const fields[] = {"Bearer", "Bearer ", "bearer x", "BEARER a.b.c",
                                         "Bearer  a.b.c "};
    struct authenticator a;
    struct error e = error_none();
    struct principal who;
    (void)state;

    assert_true(authenticator_init(&a, "anon", &no_keys, 1, &e));
    for (size_t i = 0; i < COUNT(fields); i++) {
        struct credentials c = {.authorization = slice_from(fields[i])};

        assert_int_not_equal(ask(&a, c, &who), ERROR_NONE);
    }
    assert_int_not_equal(ask(&a, (struct credentials){.apikey = slice_from("x")}, &who),
                         ERROR_NONE);
    assert_int_not_equal(ask(&a, (struct credentials){.x_api_key = slice_from("x")}, &who),
                         ERROR_NONE);
}

/* Of a policy with this condition. */
static bool steady(struct catalog *catalog, const char *condition)
{
    struct error e = error_none();
    struct access *access;
    char text[512];
    bool is;

    snprintf(text, sizeof text, "CREATE ROLE r; CREATE POLICY p ON t USING (%s);", condition);
    access = access_parse(&(struct access_file){"a.sql", slice_from(text)}, 1, &e);
    unit_no_error(&e);
    is = access_is_steady(access, catalog);
    access_drop(access);
    return is;
}

static void policies_may_look_at_a_clock(void **state)
{
    static const char *const steady_ones[] = {
        "owner = claim('sub')",
        "1",
        "id IN (SELECT t FROM other WHERE owner = lower(claim('name')))",
        "EXISTS (SELECT 1 FROM other o WHERE (o.t) = t.id)",
        "NOT (owner IS NULL) AND (id > 3)",
        "owner = 'now'",
        "EXISTS (SELECT 1 FROM json_each(claim('lists')) WHERE value = id)",
    };
    static const char *const unsteady_ones[] = {
        "until > datetime('now')",
        "until > CURRENT_TIMESTAMP",
        "until > \"datetime\"('now')",
        "until > strftime ('%s')",
        "abs(random()) % 2",
        "owner = header('x-user')",
        "id IN (SELECT id FROM fresh)",
        "id IN (SELECT id FROM \"FRESH\")",
        "id IN (SELECT id FROM [fresh])",
        "id IN (SELECT id FROM \"odd \"\"one\")",
        "id IN fresh",
    };
    struct error e = error_none();
    struct db *db = unit_open(unit_database(),
                              "CREATE TABLE t (id INTEGER PRIMARY KEY, owner TEXT, until TEXT);"
                              "CREATE TABLE other (t INTEGER, owner TEXT);"
                              "CREATE VIEW fresh AS SELECT id FROM t WHERE until > datetime('now');"
                              "CREATE VIEW \"odd \"\"one\" AS SELECT id FROM t;");
    struct catalog *catalog = catalog_load(db, NULL, &e);
    (void)state;

    unit_no_error(&e);
    for (size_t i = 0; i < COUNT(steady_ones); i++)
        assert_true(steady(catalog, steady_ones[i]));
    for (size_t i = 0; i < COUNT(unsteady_ones); i++)
        assert_false(steady(catalog, unsteady_ones[i]));
    catalog_drop(catalog);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_near_or_far),
        cmocka_unit_test(policies_may_look_at_a_clock),
        cmocka_unit_test(nobody_is_the_anonymous_role),
        cmocka_unit_test(a_token_that_is_none_is_not_the_anonymous_role),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
