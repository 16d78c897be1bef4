/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/like.h"

static enum like_result match(const char *pattern, bool fold, const char *text)
{
    struct like *like = like_compile(slice_from(pattern), fold);
    enum like_result result;

    assert_non_null(like);
    result = like_match(like, slice_from(text), NULL, NULL);
    like_free(like);
    return result;
}

static void patterns(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool same, folded; /* matches, matches with folding */
    } rows[] = {
        {"", "", true, true},
        {"", "a", false, false},
        {"%", "", true, true},
        {"%", "abc", true, true},
        {"%%", "abc", true, true},
        {"abc", "abc", true, true},
        {"abc", "ABC", false, true},
        {"ABC", "abc", false, true},
        {"abc", "ab", false, false},
        {"abc", "abcd", false, false},
        {"a%", "abc", true, true},
        {"%c", "abc", true, true},
        {"%b", "abc", false, false},
        {"a%c", "ac", true, true},
        {"a%c", "abcbc", true, true},
        {"ab%bc", "abc", false, false},
        {"ab%bc", "abbc", true, true},
        {"%ab%ab%", "ab ab", true, true},
        {"%ab%ab%", "abab", true, true},
        {"%ab%ab%", "aab", false, false},
        {"%aab%", "aaaab", true, true},
        {"%ababc%", "abababc", true, true},
        {"a_c", "abc", true, true},
        {"a_c",
         "a\xc3\xa4"
         "c",
         true, true},
        {"a_c", "ac", false, false},
        {"_", "\xf0\x9f\x98\x80", true, true},
        {"__", "\xf0\x9f\x98\x80", false, false},
        {"%_", "", false, false},
        {"_%", "x", true, true},
        {"%_b%", "aab", true, true},
        {"%_b%", "b", false, false},
        {"%b_", "ab\xc3\xa4", true, true},
        {"%a_c%", "xxabxaXc", true, true},
        {"%\xa4", "\xc3\xa4", true, true},
        {"\\%", "%", true, true},
        {"\\%", "a", false, false},
        {"\\_\\\\", "_\\", true, true},
        {"a\\", "a\\", true, true},
        {"%\\%%", "5%!", true, true},
        {"\xc3\x84%", "\xc3\xa4", false, false},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(match(rows[i].pattern, false, rows[i].text) == LIKE_MATCHES, rows[i].same);
        assert_int_equal(match(rows[i].pattern, true, rows[i].text) == LIKE_MATCHES,
                         rows[i].folded);
    }
}

/* What LIKE means, word for word: slow, and sure to end on short texts. */
static bool plain(const char *p, const char *t)
{
    if (*p == '\0')
        return *t == '\0';
    if (*p == '%')
        return plain(p + 1, t) || (*t && plain(p, t + 1));
    return *t && (*p == '_' || *p == *t) && plain(p + 1, t + 1);
}

/* Every pattern of up to six of "ab_%" against every text of up to six of "ab". */
static void every_short_pattern(void **state)
{
    static const char letters[] = "ab_%";
    (void)state;

    for (unsigned long p = 0; p < 4 * 4 * 4 * 4 * 4 * 4UL; p++) {
        char pattern[7] = "", text[7] = "";

        for (unsigned long rest = p, i = 0; i < 6; i++, rest /= 4)
            pattern[i] = letters[rest % 4];
        for (unsigned long cut = 0; cut < 6; cut += 3) {
            char *begin = pattern + cut;
            struct like *like = like_compile(slice_from(begin), false);

            assert_non_null(like);
            for (unsigned t = 1; t < 128; t++) { /* the highest bit says where the text ends */
                size_t n = 0;

                for (unsigned rest = t; rest > 1; rest /= 2)
                    text[n++] = rest & 1 ? 'a' : 'b';
                text[n] = '\0';
                assert_int_equal(like_match(like, slice_from(text), NULL, NULL) == LIKE_MATCHES,
                                 plain(begin, text));
            }
            like_free(like);
        }
    }
}

static bool at_once(void *context)
{
    ++*(size_t *)context;
    return true;
}

static bool count_only(void *context)
{
    ++*(size_t *)context;
    return false;
}

/* A text that makes a search begin anew at every byte: a few steps for each byte all the same. */
static void long_runs_are_linear(void **state)
{
    const size_t len = 1 << 20;
    char pattern[LIKE_PATTERN_MAX + 1] = "%", *text = malloc(len + 1);
    struct like *like;
    size_t asked = 0;
    (void)state;

    assert_non_null(text);
    memset(text, 'a', len);
    memset(pattern + 1, 'a', 900);
    memcpy(pattern + 901, "b%", 3);
    like = like_compile(slice_from(pattern), true);
    assert_non_null(like);
    assert_int_equal(like_match(like, slice_make(text, len), count_only, &asked), LIKE_DIFFERS);
    assert_in_range(asked, 1, len / 4096);
    like_free(like);
    free(text);
}

static void a_match_can_be_stopped(void **state)
{
    const size_t len = 1 << 20;
    char pattern[LIKE_PATTERN_MAX + 1] = "%", *text = malloc(len + 1);
    struct like *like;
    size_t asked = 0;
    (void)state;

    assert_non_null(text);
    memset(text, 'a', len);
    for (size_t i = 1; i < 900; i++)
        pattern[i] = i % 2 ? 'a' : '_';
    memcpy(pattern + 900, "b%", 3);
    like = like_compile(slice_from(pattern), false);
    assert_non_null(like);
    assert_int_equal(like_match(like, slice_make(text, len), at_once, &asked), LIKE_STOPPED);
    assert_int_equal(asked, 1);
    like_free(like);
    free(text);
}

static void long_patterns_are_refused(void **state)
{
    char pattern[LIKE_PATTERN_MAX + 2];
    struct like *like;
    (void)state;

    memset(pattern, '%', sizeof pattern);
    assert_null(like_compile(slice_make(pattern, LIKE_PATTERN_MAX + 1), false));
    like = like_compile(slice_make(pattern, LIKE_PATTERN_MAX), false);
    assert_non_null(like);
    like_free(like);
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = i % 2 ? 'a' : '%';
    like = like_compile(slice_make(pattern, LIKE_PATTERN_MAX), false);
    assert_non_null(like);
    like_free(like);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns),
        cmocka_unit_test(every_short_pattern),
        cmocka_unit_test(long_runs_are_linear),
        cmocka_unit_test(a_match_can_be_stopped),
        cmocka_unit_test(long_patterns_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
