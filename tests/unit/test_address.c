/* Addresses, networks, and what proxies say. SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "access/address/forwarded.h"
#include "access/address/nearness.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct address address(const char *text)
{
    struct address a = {.kind = ADDRESS_UNKNOWN};

    assert_true(address_parse(slice_from(text), &a));
    return a;
}

static const char *shown(const struct address *a)
{
    static char text[ADDRESS_TEXT];

    return address_write(a, text);
}

static void addresses_are_read(void **state)
{
    static const struct {
        const char *text, *hop, *alone; /* NULL: it is none */
    } cases[] = {
        {"192.0.2.1", "192.0.2.1", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"},
        {"2001:DB8:0::1", "2001:db8::1", "2001:db8::1"},
        {"192.0.2.1:80", "192.0.2.1", NULL},
        {"[2001:db8::1]", "2001:db8::1", NULL},
        {"[2001:db8::1]:4711", "2001:db8::1", NULL},
        {"[192.0.2.1]", NULL, NULL},
        {"[2001:db8::1", NULL, NULL},
        {"[2001:db8::1]4711", NULL, NULL},
        {"[2001:db8::1]:", NULL, NULL},
        {"[]", NULL, NULL},
        {"[", NULL, NULL},
        {"192.0.2.1:", NULL, NULL},
        {"192.0.2.1:port", NULL, NULL},
        {"192.0.2.1:1234567", NULL, NULL},
        {"192.0.2.256", NULL, NULL},
        {"192.0.2", NULL, NULL},
        {"0x7f.0.0.1", NULL, NULL},
        {"fe80::1%eth0", NULL, NULL},
        {"unknown", NULL, NULL},
        {"_hidden", NULL, NULL},
        {"", NULL, NULL},
        {"1111:2222:3333:4444:5555:6666:123.123.123.123:99999999", NULL, NULL},
    };
    struct address a;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice text = slice_from(cases[i].text);

        assert_int_equal(address_parse_hop(text, &a), cases[i].hop != NULL);
        if (cases[i].hop)
            assert_string_equal(shown(&a), cases[i].hop);
        assert_int_equal(address_parse(text, &a), cases[i].alone != NULL);
        if (cases[i].alone)
            assert_string_equal(shown(&a), cases[i].alone);
    }
    assert_false(address_parse(slice_make("192.0.2.1\0", 10), &a));
}

static bool is_in(const char *list, const char *text)
{
    struct networks networks;
    struct error e = error_none();
    struct address a = address(text);

    assert_true(networks_parse(&networks, slice_from(list), &e));
    return networks_hold(&networks, &a);
}

static void networks_hold_addresses(void **state)
{
    static const char *const wrong[] = {"x",
                                        "10.0.0.0/33",
                                        "10.0.0.0/",
                                        "10.0.0.0/-1",
                                        "10.0.0.1/8",
                                        "10.0.0.0/8,",
                                        "10.0.0.0/8,,10.0.0.1",
                                        "2001:db8::/129",
                                        "2001:db8::1/32",
                                        "/8",
                                        "unix/8",
                                        "localhost",
                                        " "};
    struct networks networks;
    struct address peer = {.kind = ADDRESS_UNIX};
    (void)state;

    assert_true(is_in("10.0.0.0/8", "10.255.0.1"));
    assert_false(is_in("10.0.0.0/8", "11.0.0.1"));
    assert_true(is_in("10.0.0.0/8 , 192.0.2.128/25", "192.0.2.129"));
    assert_false(is_in("192.0.2.128/25", "192.0.2.127"));
    assert_true(is_in("192.0.2.1", "::ffff:192.0.2.1"));
    assert_true(is_in("0.0.0.0/0", "203.0.113.9"));
    assert_false(is_in("0.0.0.0/0", "2001:db8::1"));
    assert_true(is_in("::/0", "2001:db8::1"));
    assert_true(is_in("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(is_in("2001:db8::/33", "2001:db8:8000::1"));
    assert_false(is_in("unix", "0.0.0.0"));
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct error e = error_none();

        assert_false(networks_parse(&networks, slice_from(wrong[i]), &e));
        assert_int_equal(e.code, ERROR_USAGE);
    }
    struct error e = error_none();
    assert_true(networks_parse(&networks, slice_from("unix"), &e));
    assert_true(networks_hold(&networks, &peer));
    assert_true(networks_parse(&networks, slice_from(""), &e));
    assert_false(networks_hold(&networks, &peer));
}

static void there_are_only_so_many(void **state)
{
    char list[(NETWORKS_MAX + 1) * sizeof "10.0.0.1,"] = "10.0.0.1";
    struct networks networks;
    struct error e = error_none();
    (void)state;

    for (size_t i = 1; i < NETWORKS_MAX; i++)
        strcat(list, ",10.0.0.1");
    assert_true(networks_parse(&networks, slice_from(list), &e));
    assert_int_equal(networks.n, NETWORKS_MAX);
    strcat(list, ",10.0.0.1");
    assert_false(networks_parse(&networks, slice_from(list), &e));
    assert_int_equal(e.code, ERROR_USAGE);
}

static void private_ones_are_known(void **state)
{
    static const char *const own[] = {
        "127.9.9.9",   "::1",        "10.0.0.1",        "172.16.0.1",     "172.31.255.255",
        "192.168.3.4", "100.64.0.1", "100.127.255.255", "169.254.1.1",    "fe80::1",
        "febf::1",     "fd00::1",    "fc00::1",         "::ffff:10.1.1.1"};
    static const char *const others[] = {
        "126.0.0.1",   "11.0.0.1",    "172.15.0.1", "172.32.0.1", "192.169.0.1", "100.63.255.255",
        "100.128.0.0", "169.253.1.1", "fec0::1",    "fe00::1",    "::2",         "::",
        "0.0.0.0",     "2001:db8::1"};
    struct address a = {.kind = ADDRESS_UNIX};
    (void)state;

    assert_int_equal(nearness_of(&a), NEAR_LOOPBACK);
    a.kind = ADDRESS_UNKNOWN;
    assert_int_equal(nearness_of(&a), NEAR_ANY);
    a = address("127.1.2.3");
    assert_int_equal(nearness_of(&a), NEAR_LOOPBACK);
    a = address("10.1.2.3");
    assert_int_equal(nearness_of(&a), NEAR_PRIVATE);
    for (size_t i = 0; i < COUNT(own); i++) {
        a = address(own[i]);
        assert_true(nearness_of(&a) <= NEAR_PRIVATE);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        a = address(others[i]);
        assert_int_equal(nearness_of(&a), NEAR_ANY);
    }
}

static const char *client(const char *const standard[2], const char *const customary[2])
{
    static char text[ADDRESS_TEXT];
    struct networks trusted;
    struct forwarded f = {0}, x = {0};
    struct address peer = {.kind = ADDRESS_UNIX}, found;
    struct error e = error_none();

    assert_true(networks_parse(&trusted, slice_from("unix,10.0.0.0/8,2001:db8:ffff::/48"), &e));
    for (size_t i = 0; i < 2; i++) {
        if (standard[i])
            forwarded_take(&f, &trusted, slice_from(standard[i]));
        if (customary[i])
            forwarded_take_for(&x, &trusted, slice_from(customary[i]));
    }
    found = forwarded_client(&f, &x, &peer);
    return address_write(&found, text);
}

static void the_rightmost_that_is_not_trusted_asks(void **state)
{
    static const struct {
        const char *standard[2], *customary[2], *client;
    } cases[] = {
        {{NULL, NULL}, {NULL, NULL}, "unix"},
        {{NULL, NULL}, {"192.0.2.1", NULL}, "192.0.2.1"},
        {{NULL, NULL}, {"192.0.2.1:4711", NULL}, "192.0.2.1"},
        {{NULL, NULL}, {"1.1.1.1, 192.0.2.1", NULL}, "192.0.2.1"},
        {{NULL, NULL}, {"1.1.1.1, 192.0.2.1,10.0.0.1 , 10.2.3.4", NULL}, "192.0.2.1"},
        {{NULL, NULL}, {"1.1.1.1", "192.0.2.1"}, "192.0.2.1"},
        {{NULL, NULL}, {"10.0.0.1, 10.0.0.2", NULL}, "10.0.0.1"},
        {{NULL, NULL}, {"garbage, 192.0.2.1", NULL}, "192.0.2.1"},
        {{NULL, NULL}, {"192.0.2.1, garbage", NULL}, "unknown"},
        {{NULL, NULL}, {"192.0.2.1, garbage, 10.0.0.1", NULL}, "unknown"},
        {{NULL, NULL}, {"unknown", NULL}, "unknown"},
        {{NULL, NULL}, {"", " , ,"}, "unix"},
        {{NULL, NULL}, {",192.0.2.1,,", NULL}, "192.0.2.1"},
        {{NULL, NULL}, {"2001:db8::1, 2001:db8:ffff::1", NULL}, "2001:db8::1"},
        {{"for=192.0.2.1", NULL}, {NULL, NULL}, "192.0.2.1"},
        {{"For=\"[2001:db8::1]:4711\";proto=https;by=10.0.0.1", NULL}, {NULL, NULL}, "2001:db8::1"},
        {{"for=1.1.1.1, for=192.0.2.1;host=\"a,b;for=9.9.9.9\"", NULL}, {NULL, NULL}, "192.0.2.1"},
        {{"for=192.0.2.1, for=10.0.0.3", NULL}, {NULL, NULL}, "192.0.2.1"},
        {{"for=\"1\\92.0.2.1\"", NULL}, {NULL, NULL}, "192.0.2.1"},
        {{"for=192.0.2.1:80 ; proto=http", NULL}, {NULL, NULL}, "192.0.2.1"},
        {{" ;; for=192.0.2.1 ;", NULL}, {NULL, NULL}, "192.0.2.1"},
        {{", ,", NULL}, {NULL, NULL}, "unix"},
        {{"proto=http", NULL}, {NULL, NULL}, "unknown"},
        {{"for=_hidden", NULL}, {NULL, NULL}, "unknown"},
        {{"for=", NULL}, {NULL, NULL}, "unknown"},
        {{"for", NULL}, {NULL, NULL}, "unknown"},
        {{"=192.0.2.1", NULL}, {NULL, NULL}, "unknown"},
        {{"for=192.0.2.1;for=192.0.2.2", NULL}, {NULL, NULL}, "unknown"},
        {{"for=\"192.0.2.1", NULL}, {NULL, NULL}, "unknown"},
        {{"for=\"192.0.2.1\\", NULL}, {NULL, NULL}, "unknown"},
        /* A client's open quote swallows nothing of what the proxy adds. */
        {{"for=1.1.1.1;x=\", for=192.0.2.1", NULL}, {NULL, NULL}, "unknown"},
        {{"for=1.1.1.1;x=\", for=\"[2001:db8::1]\"", NULL}, {NULL, NULL}, "unknown"},
        {{"for=1.1.1.1;x=\"", "for=192.0.2.1"}, {NULL, NULL}, "192.0.2.1"},
        {{"for=192.0.2.1", NULL}, {"192.0.2.1", NULL}, "192.0.2.1"},
        {{"for=192.0.2.1", NULL}, {"192.0.2.2", NULL}, "unknown"},
        {{"for=127.0.0.1", NULL}, {"192.0.2.2", NULL}, "unknown"},
        {{"garbage", NULL}, {"192.0.2.2", NULL}, "unknown"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(client(cases[i].standard, cases[i].customary), cases[i].client);
}

static void long_ones_end(void **state)
{
    char text[512] = "for=\"";
    struct networks trusted = {0};
    struct forwarded f = {0};
    (void)state;

    memset(text + 5, '1', sizeof text - 5);
    for (size_t len = 0; len <= sizeof text; len++)
        forwarded_take(&f, &trusted, slice_make(text, len));
    text[4] = '1';
    for (size_t len = 0; len <= sizeof text; len++)
        forwarded_take(&f, &trusted, slice_make(text, len));
    assert_int_equal(f.state, FORWARDED_ODD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read),
        cmocka_unit_test(networks_hold_addresses),
        cmocka_unit_test(there_are_only_so_many),
        cmocka_unit_test(private_ones_are_known),
        cmocka_unit_test(the_rightmost_that_is_not_trusted_asks),
        cmocka_unit_test(long_ones_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
