/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/regexp.h"

static struct regexp *compile(const char *pattern, bool fold)
{
    const char *why;
    struct regexp *regexp = regexp_compile(slice_from(pattern), fold, &why);

    if (!regexp)
        print_error("%s: %s\n", pattern, why ? why : "no memory");
    assert_non_null(regexp);
    return regexp;
}

static bool matches(const char *pattern, bool fold, struct slice text)
{
    struct regexp *regexp = compile(pattern, fold);
    bool yes = regexp_match(regexp, text, NULL, NULL) == REGEXP_MATCHES;

    regexp_free(regexp);
    return yes;
}

/* pattern, text, matches, matches with letters folded */
static const struct {
    const char *pattern, *text;
    bool same, folded;
} rows[] = {
    {"", "", true, true},
    {"", "abc", true, true},
    {"b", "abc", true, true},
    {"B", "abc", false, true},
    {"^b", "abc", false, false},
    {"^a", "abc", true, true},
    {"c$", "abc", true, true},
    {"b$", "abc", false, false},
    {"^$", "", true, true},
    {"^$", "a", false, false},
    {"a.c", "a\nc", true, true},
    {"a.c", "ac", false, false},
    {"a.c",
     "a\xc3\xa4"
     "c",
     true, true},
    {"^..$", "\xf0\x9f\x98\x80x", true, true},
    {"^.$", "\xff", true, true},
    {"^..$", "\xc3x", true, true},
    {"^..$", "\xc0\x80", true, true},           /* overlong */
    {"^...$", "\xed\xa0\x80", true, true},      /* a surrogate */
    {"^....$", "\xf4\x90\x80\x80", true, true}, /* past U+10FFFF */
    {"^[^a]{2}$", "\xe2\x82", true, true},      /* cut off */
    {"^\xed\xa0$", "\xed\xa0", true, true},
    {"\xa4", "\xc3\xa4", false, false},
    {"a|b", "xb", true, true},
    {"^(a|b)$", "ab", false, false},
    {"^(ab|a)b$", "ab", true, true},
    {"a*", "", true, true},
    {"^a*$", "aaa", true, true},
    {"^a+$", "", false, false},
    {"^a+$", "aa", true, true},
    {"^ab?$", "a", true, true},
    {"^ab?$", "abb", false, false},
    {"^x{3}$", "xxx", true, true},
    {"^x{3}$", "xx", false, false},
    {"^x{3}$", "xxxx", false, false},
    {"x{3,}", "axxxx", true, true},
    {"^x{3,}$", "xx", false, false},
    {"^x{1,2}$", "xx", true, true},
    {"^x{1,2}$", "xxx", false, false},
    {"^x{0}$", "", true, true},
    {"^(ab){2}$", "abab", true, true},
    {"^(a?){3}a{3}$", "aaa", true, true},
    {"^(a*)*$", "aaa", true, true},
    {"^(|a)+$", "aa", true, true},
    {"^(a|b|)*c", "abbac", true, true},
    {"^a*?b", "aab", true, true},
    {"a{", "a{", true, true},
    {"a{x}", "a{x}", true, true},
    {"^[abc]+$", "abcab", true, true},
    {"^[a-c]+$", "abd", false, false},
    {"^[A-C]+$", "abc", false, true},
    {"^[^a-c]$", "d", true, true},
    {"^[^A-C]$", "a", true, false},
    {"^[^a]$", "\xc3\xa4", true, true},
    {"^[]a]+$", "]a", true, true},
    {"^[^]a]$", "]", false, false},
    {"^[a-]+$", "a-", true, true},
    {"^[-a]+$", "-a", true, true},
    {"^[.*]$", ".", true, true},
    {"^[\xc3\xa4-\xc3\xb6]$", "\xc3\xa5", true, true},
    {"^[[:alpha:]]+$", "aZ", true, true},
    {"^[[:digit:][:space:]x]+$", "1 x", true, true},
    {"^[[:upper:]]$", "a", false, true},
    {"^[[:punct:]]$", "@", true, true},
    {"^[[:punct:]]$", "a", false, false},
    {"^\\d+$", "0123", true, true},
    {"^\\D$", "a", true, true},
    {"^\\w+$", "a_1", true, true},
    {"^\\W$", "_", false, false},
    {"^\\s$", "\v", true, true},
    {"^\\S$", " ", false, false},
    {"^[\\d\\s]+$", "1 2", true, true},
    {"\\bcat\\b", "a cat!", true, true},
    {"\\bcat\\b", "concat", false, false},
    {"\\ycat", "cat", true, true},
    {"\\Bcat", "concat", true, true},
    {"\\mcat", "concat cat", true, true},
    {"cat\\M", "cats", false, false},
    {"\\Aab\\Z", "ab", true, true},
    {"^a\\.b$", "a.b", true, true},
    {"^a\\.b$", "axb", false, false},
    {"\\\\", "a\\b", true, true},
    {"^\\x41\\u00e4$", "A\xc3\xa4", true, true},
    {"^\\n\\t$", "\n\t", true, true},
    {"(?:ab)+$", "abab", true, true},
    {"(?i)ABC", "abc", true, true},
    {"a.*b.*c", "a--b--c", true, true},
    {"\xc3\xa4+", "x\xc3\xa4", true, true},
    {"end$", "the end", true, true},
    {"a\\b",
     "\xc3\xa4"
     "a",
     true, true},
};

static void expressions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice text = slice_from(rows[i].text);

        if (matches(rows[i].pattern, false, text) != rows[i].same ||
            matches(rows[i].pattern, true, text) != rows[i].folded)
            fail_msg("%s in %s", rows[i].pattern, rows[i].text);
    }
    assert_true(matches("^a.b$", false, (struct slice)SLICE_LITERAL("a\0b")));
}

static void what_is_wrong_is_said(void **state)
{
    static const struct {
        const char *pattern, *why;
    } wrong[] = {
        {"(", "parentheses"},
        {"a)", "parentheses"},
        {"(a", "parentheses"},
        {"[", "brackets"},
        {"[a", "brackets"},
        {"[]", "brackets"},
        {"[a-", "brackets"},
        {"[z-a]", "range"},
        {"[[:foo:]]", "class"},
        {"[[.a.]]", "collating"},
        {"*a", "quantifier"},
        {"a**", "quantifier"},
        {"a|*", "quantifier"},
        {"(+)", "quantifier"},
        {"^*", "quantifier"},
        {"a{2,1}", "repetition"},
        {"a{256}", "repetition"},
        {"a{1", "repetition"},
        {"a{1,2", "repetition"},
        {"\\1", "escape"},
        {"(a)\\1", "escape"},
        {"\\", "escape"},
        {"\\xg", "escape"},
        {"\\q", "escape"},
        {"[\\q]", "escape"},
        {"(?=a)", "look-around"},
        {"(?!a)", "look-around"},
        {"(a{255}){255}", "complex"},
        {"((((a{99}){99}){99}){99}){99}", "complex"},
    };
    char deep[3 * REGEXP_DEPTH_MAX];
    const char *why;
    (void)state;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct regexp *r = regexp_compile(slice_from(wrong[i].pattern), false, &why);

        if (r || !why || !strstr(why, wrong[i].why))
            fail_msg("%s: %s", wrong[i].pattern, why ? why : "taken");
    }
    memset(deep, '(', sizeof deep);
    assert_null(regexp_compile(slice_make(deep, sizeof deep), false, &why));
    assert_non_null(strstr(why, "complex"));
}

/* What a regular expression of letters, . * | and groups means: every way is tried. */
static bool here(const char *p, const char *end, const char *t);

static bool plain(const char *p, const char *t)
{
    for (;; t++) {
        if (here(p, p + strlen(p), t))
            return true;
        if (*t == '\0')
            return false;
    }
}

static bool here(const char *p, const char *end, const char *t)
{
    if (p == end)
        return true;
    if (p + 1 < end && (p[1] == '*' || p[1] == '?')) {
        if (here(p + 2, end, t))
            return true;
        return *t && (*p == '.' || *p == *t) && here(p[1] == '*' ? p : p + 2, end, t + 1);
    }
    return *t && (*p == '.' || *p == *t) && here(p + 1, end, t + 1);
}

static bool is_plain(const char *p)
{
    for (size_t i = 0; p[i]; i++) {
        bool quantifier = p[i] == '*' || p[i] == '?';

        if (quantifier && (i == 0 || p[i - 1] == '*' || p[i - 1] == '?'))
            return false;
    }
    return true;
}

static void every_short_expression(void **state)
{
    static const char letters[] = "ab.*?";
    (void)state;

    for (unsigned p = 0; p < 5 * 5 * 5 * 5 * 5; p++) {
        char pattern[6] = "", text[7];

        for (unsigned rest = p, i = 0; i < 5; i++, rest /= 5)
            pattern[i] = letters[rest % 5];
        if (!is_plain(pattern))
            continue;
        struct regexp *regexp = compile(pattern, false);

        for (unsigned t = 1; t < 128; t++) {
            size_t n = 0;

            for (unsigned rest = t; rest > 1; rest /= 2)
                text[n++] = rest & 1 ? 'a' : 'b';
            text[n] = '\0';
            if ((regexp_match(regexp, slice_make(text, n), NULL, NULL) == REGEXP_MATCHES) !=
                plain(pattern, text))
                fail_msg("%s in %s", pattern, text);
        }
        regexp_free(regexp);
    }
}

static bool count_only(void *context)
{
    ++*(size_t *)context;
    return false;
}

static bool at_once(void *context)
{
    ++*(size_t *)context;
    return true;
}

/* 200 optional letters: 400 states at most are alive, and each takes a step for each byte. */
static void a_match_is_linear_and_can_be_stopped(void **state)
{
    const size_t len = 1 << 16;
    char *text = malloc(len);
    struct regexp *regexp = compile("(a?){200}c", false);
    size_t asked = 0;
    (void)state;

    assert_non_null(text);
    memset(text, 'a', len);
    assert_int_equal(regexp_match(regexp, slice_make(text, len), count_only, &asked),
                     REGEXP_DIFFERS);
    assert_in_range(asked, 1, len * 2000 / 16384);
    asked = 0;
    assert_int_equal(regexp_match(regexp, slice_make(text, len), at_once, &asked), REGEXP_STOPPED);
    assert_int_equal(asked, 1);
    regexp_free(regexp);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(every_short_expression),
        cmocka_unit_test(a_match_is_linear_and_can_be_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
