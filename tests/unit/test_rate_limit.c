/* Token buckets, at instants of our choice. SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdint.h>
#include <string.h>

#include "access/address/rate_limit.h"

#define COUNT(a)  (sizeof(a) / sizeof *(a))
#define SECOND_US ((int64_t)1000000)

static void rates_are_read(void **state)
{
    static const struct {
        const char *text, *policy;
        int64_t interval_ns;
    } right[] = {
        {"10/s", "\"default\";q=10;w=1", 100000000},
        {"600/m", "\"default\";q=600;w=60", 100000000},
        {"10/s:50", "\"default\";q=50;w=5", 100000000},
        {"3/s", "\"default\";q=3;w=1", 333333333},
        {"100/h:1", "\"default\";q=1;w=36", 36000000000},
        {"1000000/s:1000000", "\"default\";q=1000000;w=1", 1000},
        {"1/h:1000000", "\"default\";q=1000000;w=3600000000", 3600000000000},
    };
    static const char *const wrong[] = {
        "",       "10",        "10/",   "/s",
        "10/d",   "0/s",       "-1/s",  "10/s:",
        "10/s:0", "1000001/s", "1.5/s", "10/s:5:5",
        "10 /s",  "same",      "0",     "000000000000000000000000000000000001/s",
    };
    struct rate rate;
    (void)state;

    for (size_t i = 0; i < COUNT(right); i++) {
        struct error e = error_none();

        assert_true(rate_parse(&rate, RATE_KNOWN, slice_from(right[i].text), &e));
        assert_string_equal(rate.policy, right[i].policy);
        assert_string_equal(rate.text, right[i].text);
        assert_int_equal(rate.interval_ns, right[i].interval_ns);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct error e = error_none();

        assert_false(rate_parse(&rate, RATE_KNOWN, slice_from(wrong[i]), &e));
        assert_int_equal(e.code, ERROR_USAGE);
    }
    struct error e = error_none();
    assert_true(rate_parse(&rate, RATE_KNOWN, slice_from("off"), &e));
    assert_int_equal(rate.interval_ns, 0);
}

static struct rate_limit *limit_of(struct rate_rules *rules, const char *known,
                                   const char *anonymous, size_t clients)
{
    struct error e = error_none();
    struct rate_limit *limit;

    assert_true(rate_parse(&rules->of[RATE_KNOWN], RATE_KNOWN, slice_from(known), &e));
    assert_true(rate_parse(&rules->of[RATE_ANONYMOUS], RATE_ANONYMOUS, slice_from(anonymous), &e));
    limit = rate_limit_new(rules, clients);
    assert_non_null(limit);
    return limit;
}

static const uint64_t ann[2] = {1, 100}, ben[2] = {1, 200};

static void a_bucket_empties_and_fills(void **state)
{
    struct rate_rules rules;
    struct rate_limit *limit = limit_of(&rules, "2/s:3", "off", 64);
    int64_t now = 1000 * SECOND_US;
    struct rate_quota q;
    (void)state;

    for (int left = 2; left >= 0; left--) {
        assert_true(rate_limit_take(limit, RATE_KNOWN, ann, now, &q));
        assert_int_equal(q.remaining, left);
        assert_int_equal(q.seconds, 1);
    }
    assert_false(rate_limit_take(limit, RATE_KNOWN, ann, now, &q));
    assert_int_equal(q.remaining, 0);
    assert_int_equal(q.seconds, 1);
    assert_true(rate_limit_take(limit, RATE_KNOWN, ben, now, &q)); /* has one of his own */
    assert_false(rate_limit_take(limit, RATE_KNOWN, ann, now + SECOND_US / 2 - 1, &q));
    assert_true(rate_limit_take(limit, RATE_KNOWN, ann, now + SECOND_US / 2, &q));
    assert_false(rate_limit_take(limit, RATE_KNOWN, ann, now + SECOND_US / 2, &q));
    now += 3600 * SECOND_US; /* it does not fill past its brim */
    for (int i = 0; i < 3; i++)
        assert_true(rate_limit_take(limit, RATE_KNOWN, ann, now, &q));
    assert_false(rate_limit_take(limit, RATE_KNOWN, ann, now, &q));
    assert_true(rate_limit_take(limit, RATE_ANONYMOUS, ann, now, &q)); /* these have none */
    assert_null(q.rate);
    rate_limit_free(limit);
}

/* In a time that is long, as many as the rate says, and a burst. */
static void the_rate_is_kept(void **state)
{
    struct rate_rules rules;
    struct rate_limit *limit = limit_of(&rules, "off", "70/s:5", 64);
    size_t taken = 0;
    struct rate_quota q;
    (void)state;

    for (int64_t us = 0; us < 100 * SECOND_US; us += 997)
        taken += rate_limit_take(limit, RATE_ANONYMOUS, ann, us, &q);
    assert_in_range(taken, 7000, 7006);
    rate_limit_free(limit);
}

static void the_table_is_bounded(void **state)
{
    struct rate_rules rules;
    struct rate_limit *limit = limit_of(&rules, "10/s", "10/s", 64);
    struct rate_quota q;
    (void)state;

    for (uint64_t i = 1; i <= 1000; i++)
        assert_true(rate_limit_take(limit, RATE_ANONYMOUS, (uint64_t[2]){1, i}, SECOND_US, &q));
    assert_in_range(rate_limit_forgotten(limit), 1000 - 64, 1000 - 8);
    /* Buckets that are full are nobody's: nobody is forgotten for another. */
    for (uint64_t i = 1; i <= 1000; i++)
        assert_true(rate_limit_take(limit, RATE_ANONYMOUS, (uint64_t[2]){2, i},
                                    (int64_t)(i + 2) * SECOND_US, &q));
    assert_in_range(rate_limit_forgotten(limit), 1000 - 64, 1000 - 8);
    rate_limit_free(limit);
}

/* Who asks the most is remembered the longest: others do not wash it out. */
static void the_greediest_is_remembered(void **state)
{
    struct rate_rules rules;
    struct rate_limit *limit = limit_of(&rules, "off", "10/s", 64);
    struct rate_quota q;
    (void)state;

    for (int i = 0; i < 10; i++)
        assert_true(rate_limit_take(limit, RATE_ANONYMOUS, ann, SECOND_US, &q));
    for (uint64_t i = 1; i <= 1000; i++)
        assert_true(rate_limit_take(limit, RATE_ANONYMOUS, (uint64_t[2]){2, i}, SECOND_US, &q));
    assert_false(rate_limit_take(limit, RATE_ANONYMOUS, ann, SECOND_US, &q));
    rate_limit_free(limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_read),
        cmocka_unit_test(a_bucket_empties_and_fills),
        cmocka_unit_test(the_rate_is_kept),
        cmocka_unit_test(the_table_is_bounded),
        cmocka_unit_test(the_greediest_is_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
