/*
 * The upper floors: access (limits, digests), http (routes, statuses, sockets, peers) and
 * the settings.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "access/digest.h"
#include "access/address/limit.h"
#include "config/config.h"
#include "http/connection.h"
#include "http/listen.h"
#include "http/route.h"
#include "http/status.h"
#include "sources/migrations.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct limit_key key_of(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct address from = {.kind = ADDRESS_UNKNOWN};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        from = address_of((struct sockaddr *)&v4);
    else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        from = address_of((struct sockaddr *)&v6);
    assert_int_equal(from.kind, ADDRESS_IP);
    return address_key(&from);
}

static void connections_are_counted(void **state)
{
    struct limit *limit = limit_new(1000, 2);
    struct limit_key a = key_of("10.0.0.1"), b = key_of("2001:db8::1");
    (void)state;

    assert_true(key_of("2001:db8::2").high == b.high && key_of("2001:db8::2").low == b.low);
    assert_true(key_of("2001:db8:0:1::1").high != b.high);
    assert_true(key_of("::ffff:10.0.0.1").low == a.low);
    assert_int_equal(limit_enter(limit, a), LIMIT_OK);
    assert_int_equal(limit_enter(limit, a), LIMIT_OK);
    assert_int_equal(limit_enter(limit, a), LIMIT_ADDRESS);
    assert_int_equal(limit_enter(limit, b), LIMIT_OK);
    limit_leave(limit, a, LIMIT_OK);
    assert_int_equal(limit_enter(limit, a), LIMIT_OK); /* the one that was refused has no place */
    limit_leave(limit, a, LIMIT_ADDRESS);
    assert_int_equal(limit_count(limit), 3);
    for (int i = 0; i < 100000; i++) { /* far more addresses than slots, over time */
        struct limit_key k = {5, (uint64_t)i};
        assert_int_equal(limit_enter(limit, k), LIMIT_OK);
        limit_leave(limit, k, LIMIT_OK);
    }
    assert_int_equal(limit_enter(limit, a), LIMIT_ADDRESS);
    limit_free(limit);

    limit = limit_new(1, 0);
    assert_int_equal(limit_enter(limit, a), LIMIT_OK);
    assert_int_equal(limit_enter(limit, a), LIMIT_TOTAL);
    limit_free(limit);
    limit_free(NULL);
}

/* Connections over a limit take no place of others, and only some are accepted to be told so. */
static void far_over_a_limit(void **state)
{
    struct limit *limit = limit_new(4, 2);
    struct limit_key a = key_of("10.0.0.1"), b = key_of("10.0.0.2"), unix_peer = {0, 0};
    (void)state;

    for (size_t i = 0; i < 2 + LIMIT_TOLD_ADDRESS; i++) {
        assert_true(limit_accepts(limit, a));
        assert_int_equal(limit_enter(limit, a), i < 2 ? LIMIT_OK : LIMIT_ADDRESS);
    }
    assert_false(limit_accepts(limit, a));
    assert_true(limit_accepts(limit, b));
    assert_int_equal(limit_enter(limit, b), LIMIT_OK);
    assert_int_equal(limit_enter(limit, unix_peer), LIMIT_OK);
    for (size_t i = LIMIT_TOLD_ADDRESS; i < LIMIT_TOLD; i++) {
        assert_true(limit_accepts(limit, unix_peer));
        assert_int_equal(limit_enter(limit, unix_peer), LIMIT_TOTAL);
    }
    assert_false(limit_accepts(limit, unix_peer));
    assert_false(limit_accepts(limit, b));
    limit_leave(limit, b, LIMIT_OK);
    assert_true(
        limit_accepts(limit, b)); /* it has a place, however many are told that they have none */
    assert_true(limit_accepts(limit, unix_peer));
    assert_false(limit_accepts(limit, a));
    limit_leave(limit, a, LIMIT_ADDRESS);
    assert_true(limit_accepts(limit, a));
    assert_int_equal(limit_count(limit), 3 + LIMIT_TOLD - 1);
    limit_free(limit);
}

/* NIST's examples for FIPS 180-4. */
static void digests(void **state)
{
    char out[DIGEST_SHA256_SIZE];
    (void)state;

    digest_sha256(slice_from(""), out);
    assert_string_equal(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_sha256(slice_from("abc"), out);
    assert_string_equal(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_sha256(slice_from("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), out);
    assert_string_equal(out, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void paths_have_routes(void **state)
{
    static const struct {
        const char *path, *base, *route, *table, *keys;
    } cases[] = {
        {"/healthz", "", "healthz", NULL, NULL},
        {"/healthz", "/v1", "healthz", NULL, NULL},
        {"/", "", "openapi", NULL, NULL},
        {"/v1/", "/v1", "openapi", NULL, NULL},
        {"/tasks", "", "list", "tasks", NULL},
        {"/v1/tasks", "/v1", "list", "tasks", NULL},
        {"/a%20b/1,2", "", "row", "a b", "1,2"},
        {"/tasks/%2F", "", "row", "tasks", "%2F"},
        {"/tasks/", "", "row", "tasks", ""},
        {"/tasks/1/x", "", NULL, NULL, NULL},
        {"//tasks", "", NULL, NULL, NULL},
        {"/tasks", "/v1", NULL, NULL, NULL},
        {"/v10/tasks", "/v1", NULL, NULL, NULL},
        {"tasks", "", NULL, NULL, NULL},
        {"", "", NULL, NULL, NULL},
        {"/%zz", "", NULL, NULL, NULL},
        {"/%ff", "", NULL, NULL, NULL},
    };
    struct service service = {.max_answer = 100, .max_url = 8192};
    struct call call = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        service.base_path = cases[i].base;
        call_init(&call, &service);
        call.path = slice_from(cases[i].path);
        const struct route *route = route_find(&call);
        assert_int_equal(route != NULL, cases[i].route != NULL);
        assert_int_equal(route == NULL, error_is_set(&call.error));
        if (route)
            assert_string_equal(route->name, cases[i].route);
        if (cases[i].table)
            assert_true(slice_is(call.table_name, cases[i].table));
        if (cases[i].keys)
            assert_true(slice_is(call.keys_text, cases[i].keys));
        call_finish(&call);
    }
    call_free(&call);
}

static void statuses(void **state)
{
    (void)state;
    for (int code = ERROR_NONE + 1; code <= ERROR_FAILURE; code++) {
        unsigned status = status_of_error((enum error_code)code);

        assert_true(status >= 300 && status < 600);
        assert_true(status_title(status)[0]);
        assert_int_equal(status == 503 || status == 429,
                         status_retry_after((enum error_code)code) > 0);
    }
}

static void sockets(void **state)
{
    static const char *const bad[] = {"",
                                      "8080",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:99999",
                                      "127.0.0.1:80x",
                                      "no such host:80",
                                      "unix:"};
    struct error e = error_none();
    struct listen l, other;
    char address[64];
    (void)state;

    for (size_t i = 0; i < COUNT(bad); i++) {
        error_clear(&e);
        assert_false(listen_open(&l, bad[i], 1, &e));
        assert_int_equal(e.code, ERROR_USAGE);
    }
    error_clear(&e);
    assert_true(listen_open(&l, "127.0.0.1:0", 3, &e));
    assert_non_null(strstr(l.url, "http://127.0.0.1:"));
    snprintf(address, sizeof address, "127.0.0.1:%s", strrchr(l.url, ':') + 1);
    assert_false(listen_check(address, &e));
    error_clear(&e);
    assert_false(listen_open(&other, address, 1, &e));
    assert_int_equal(e.code, ERROR_FAILURE);
    assert_non_null(strstr(e.message, "in use"));
    listen_close(&l);
    error_clear(&e);
    assert_true(listen_check(address, &e));
}

static bool is_shut(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void *check_again_and_again(void *context)
{
    struct error e = error_none();

    for (int i = 0; i < 3000; i++)
        (void)!listen_check(context, &e);
    return NULL;
}

/* A look whether the port is free lets nobody in, who would be cut off at once. */
static void a_check_lets_nobody_in(void **state)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct error e = error_none();
    struct listen l;
    pthread_t thread;
    char address[64];
    unsigned port;
    (void)state;

    assert_true(listen_open(&l, "127.0.0.1:0", 1, &e));
    assert_int_equal(sscanf(l.url, "http://127.0.0.1:%u", &port), 1);
    listen_close(&l);
    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    to.sin_port = htons((in_port_t)port);
    assert_int_equal(pthread_create(&thread, NULL, check_again_and_again, address), 0);
    for (int i = 0; i < 3000; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), -1);
        close(fd);
    }
    pthread_join(thread, NULL);
}

static void peers_run_out_of_time(void **state)
{
    struct connections peers = {.idle_us = 2000000, .active_us = 1000000};
    struct connection a = {0}, b = {0};
    int fa[2], fb[2];
    (void)state;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fa), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fb), 0);
    a.fd = fa[0];
    b.fd = fb[0];
    assert_int_equal(connections_next_us(&peers), 0);
    connection_add(&peers, &a, 100);
    connection_add(&peers, &b, 200);
    assert_int_equal(connections_next_us(&peers), 100 + CONNECTION_CHECK_US);
    connection_enter(&peers, &b, CONNECTION_ACTIVE, 300);
    connections_expire(&peers, 300 + CONNECTION_CHECK_US);
    assert_false(is_shut(fa[0]) || is_shut(fb[0]));
    connections_expire(&peers, 1000300);
    assert_true(is_shut(fb[0]));
    assert_false(is_shut(fa[0]));
    connection_enter(&peers, &b, CONNECTION_PARKED, 1000400);
    connections_expire(&peers, 2000100);
    assert_true(is_shut(fa[0]));
    connection_remove(&peers, &a);
    connection_remove(&peers, &b);
    assert_null(peers.idle.first);
    assert_null(peers.active.first);
    for (int i = 0; i < 2; i++) {
        close(fa[i]);
        close(fb[i]);
    }
}

static bool read_config(struct config *config, char **environment, const char *flag, int *n,
                        struct error *e)
{
    char text[256];
    char *argv[8];
    int argc = 0;

    snprintf(text, sizeof text, "%s", flag);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    return config_read(config, environment, argc, argv, n, e);
}

static void settings_have_an_order(void **state)
{
    char *environment[] = {"THIMBLE_MAX_ROWS=5", "THIMBLE_LISTEN=:1", "PATH=/bin", NULL};
    struct error e = error_none();
    struct config config;
    int n;
    (void)state;

    assert_true(read_config(&config, environment, "word --max-rows 7 --no-access-log", &n, &e));
    assert_int_equal(config.max_rows, 7);
    assert_string_equal(config.listen, ":1");
    assert_string_equal(config.db, "thimble.db");
    assert_int_equal(config.idle_timeout_ms, 60000);
    assert_int_equal(n, 1);
    config_finish(&config);
}

static void wrong_settings_are_refused(void **state)
{
    static const char *const flags[] = {"--max-row 5",     "--max-rows",     "--max-rows x",
                                        "--max-rows=-1",   "--threads 257",  "--log-level loud",
                                        "--max-body 0",    "--listen",       "-x",
                                        "--access-log=2",  "--db @/no/file", "--base-path x/",
                                        "--idle-timeout x"};
    char *nothing[] = {NULL}, *bad[] = {"THIMBLE_MAX_ROW=1", NULL};
    struct config config;
    struct error e;
    int n;
    (void)state;

    for (size_t i = 0; i < COUNT(flags); i++) {
        error_clear(&e);
        assert_false(read_config(&config, nothing, flags[i], &n, &e));
        assert_int_equal(e.code, ERROR_USAGE);
        config_finish(&config);
    }
    error_clear(&e);
    assert_false(read_config(&config, bad, "", &n, &e));
    assert_non_null(strstr(e.message, "THIMBLE_MAX_ROWS"));
    config_finish(&config);
}

static void builtin_migrations_are_good(void **state)
{
    struct error e = error_none();
    struct migrations m;
    (void)state;

    assert_true(migrations_load(&m, "builtin", &e));
    assert_true(m.set.count >= 1);
    for (size_t i = 0; i < m.set.count; i++) {
        char sum[DIGEST_SHA256_SIZE];

        digest_sha256(m.set.items[i].sql, sum);
        assert_string_equal(sum, m.set.items[i].sha256);
    }
    migrations_finish(&m);
    assert_true(migrations_load(&m, "none", &e) && m.none);
    migrations_finish(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_are_counted),
        cmocka_unit_test(far_over_a_limit),
        cmocka_unit_test(digests),
        cmocka_unit_test(paths_have_routes),
        cmocka_unit_test(statuses),
        cmocka_unit_test(sockets),
        cmocka_unit_test(a_check_lets_nobody_in),
        cmocka_unit_test(peers_run_out_of_time),
        cmocka_unit_test(settings_have_an_order),
        cmocka_unit_test(wrong_settings_are_refused),
        cmocka_unit_test(builtin_migrations_are_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
