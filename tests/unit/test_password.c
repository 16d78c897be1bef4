/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "access/api_key_text.h"
#include "access/account/password.h"

/* printf %s "correct horse" | argon2 somesaltsomesalt -id -t 2 -k 19456 -p 1 -l 32 -e, by the reference's
 * own program. */
static const char reference[] = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
                                "k9ohroejZy1PN5E1SbHNPug6vB8eQAahb5SOAp6iGF4";

static bool matches(const char *password, const char *phc)
{
    struct error e = error_none();
    bool is;

    assert_true(password_check(slice_from(password), slice_from(phc), &is, &e));
    return is;
}

static void the_reference_is_known(void **state)
{
    (void)state;
    assert_true(matches("correct horse", reference));
    assert_false(matches("correct horsf", reference));
    assert_false(matches("", reference));
}

static void what_is_made_is_known(void **state)
{
    char one[PASSWORD_PHC_SIZE], two[PASSWORD_PHC_SIZE];
    struct error e = error_none();
    (void)state;

    assert_true(password_hash(slice_from("tr0ub4dor"), one, &e));
    assert_true(password_hash(slice_from("tr0ub4dor"), two, &e));
    assert_string_not_equal(one, two); /* each has a salt of its own */
    assert_true(matches("tr0ub4dor", one));
    assert_true(matches("tr0ub4dor", two));
    assert_false(matches("tr0ub4do", one));
    assert_false(matches("tr0ub4dor", password_nobody));
}

static void what_is_malformed_has_no_password(void **state)
{
    static const char *const malformed[] = {
        "",
        "$",
        "$argon2id$v=19$",
        "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
        "k9ohroejZy1PN5E1SbHNPug6vB8eQAahb5SOAp6iGF4",
        "$argon2id$v=19$m=19456,t=2,p=4$c29tZXNhbHRzb21lc2FsdA$"
        "k9ohroejZy1PN5E1SbHNPug6vB8eQAahb5SOAp6iGF4",
        "$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
        "k9ohroejZy1PN5E1SbHNPug6vB8eQAahb5SOAp6iGF4",
        "$argon2id$v=19$m=0,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
        "k9ohroejZy1PN5E1SbHNPug6vB8eQAahb5SOAp6iGF4",
        "$argon2id$v=19$m=19456,t=2,p=1$c29t$k9ohroejZy1PN5E1SbHNPug6vB8eQAahb5SOAp6iGF4",
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
        "k9ohroejZy1PN5E1SbHNPug6vB8eQAahb5SOAp6iGF",
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$",
        "$argon2id$v=19$m=19456,t=2,p=1$$",
    };
    (void)state;

    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        assert_false(matches("correct horse", malformed[i]));
}

static void keys_have_a_checksum(void **state)
{
    char key[API_KEY_LENGTH + 1], other[API_KEY_LENGTH + 1];
    struct error e = error_none();
    struct slice text = slice_make(key, API_KEY_LENGTH);
    (void)state;

    assert_true(api_key_make(key, &e) && api_key_make(other, &e));
    assert_string_not_equal(key, other);
    assert_int_equal(strlen(key), API_KEY_LENGTH);
    assert_true(api_key_is(text) && api_key_is_whole(text));
    assert_false(api_key_is_whole(slice_first(text, API_KEY_LENGTH - 1)));
    assert_false(api_key_is(slice_from("eyJhbGciOiJIUzI1NiJ9.e30.x")));
    for (size_t i = 0; i < API_KEY_LENGTH; i++) {
        char was = key[i];

        key[i] = was == 'a' ? 'b' : 'a';
        assert_false(api_key_is_whole(text));
        key[i] = was;
    }
    assert_true(api_key_is_whole(text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_is_known),
        cmocka_unit_test(what_is_made_is_known),
        cmocka_unit_test(what_is_malformed_has_no_password),
        cmocka_unit_test(keys_have_a_checksum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
