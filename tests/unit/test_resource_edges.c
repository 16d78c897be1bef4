/*
 * The verbs where the schema, the preferences or the numbers are unusual.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include "resource_fixture.h"

static const char schema[] =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, i INTEGER, j JSON);"
    "INSERT INTO t (id, name) VALUES (1, 'one'), (2, 'two'), (3, 'three'), (4, 'four');"
    "CREATE TABLE moderated (id INTEGER PRIMARY KEY, v TEXT);"
    "CREATE TRIGGER takes_away AFTER INSERT ON moderated WHEN new.v = 'spam' BEGIN"
    "  DELETE FROM moderated WHERE id = new.id; END;"
    "CREATE TABLE ignoring (id INTEGER PRIMARY KEY ON CONFLICT IGNORE, v TEXT);"
    "INSERT INTO ignoring VALUES (1, 'first');"
    "CREATE TABLE keyless (v TEXT);"
    "CREATE TABLE named (k TEXT PRIMARY KEY DEFAULT 'dflt', v TEXT);"
    "CREATE TABLE tree (id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree (id));"
    "CREATE VIEW v AS SELECT id, name FROM t;";

static const struct prefer minimal = {.returns = PREFER_RETURN_MINIMAL};
static const struct prefer full = {.returns = PREFER_RETURN_REPRESENTATION};
static const struct prefer count = {.count = PREFER_COUNT_EXACT};

static int set_up(void **state)
{
    (void)state;
    fixture_up(schema);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_down();
    return 0;
}

/* PostgREST: past the end is more than the total; what is less than all is a part. */
static void counted_pages(void **state)
{
    struct call *c = RUN(list_read, "t", .query = "offset=4", .prefer = count);
    (void)state;

    fixture_expect(c, OUTCOME_PARTIAL, "[]");
    assert_string_equal(c->content_range, "*/4");
    fixture_expect_error(RUN(list_read, "t", .query = "offset=5", .prefer = count), ERROR_RANGE);
    fixture_expect(RUN(list_read, "t", .query = "limit=0", .prefer = count), OUTCOME_PARTIAL, "[]");
    fixture_expect(RUN(list_read, "t", .query = "limit=0"), OUTCOME_OK, "[]");
    fixture_expect(RUN(list_read, "t", .query = "limit=4", .prefer = count), OUTCOME_OK, NULL);
    fixture_expect(RUN(list_read, "keyless", .prefer = count), OUTCOME_OK, "[]");
    fixture_expect_error(RUN(list_read, "keyless", .query = "offset=1", .prefer = count),
                         ERROR_RANGE);
}

static void counted_changes(void **state)
{
    struct call *c =
        RUN(list_update, "t", .query = "id=lt.3", .body = "{\"i\":1}", .prefer = count);
    (void)state;

    fixture_expect(c, OUTCOME_NO_CONTENT, "");
    assert_string_equal(c->content_range, "0-1/2");
    assert_string_equal(c->preference_applied, "count=exact");
    c = RUN(list_update, "t", .query = "id=eq.99", .body = "{\"i\":1}", .prefer = count);
    assert_string_equal(c->content_range, "*/0");
    c = RUN(list_update, "t", .query = "id=lt.3", .body = "{\"i\":1}");
    assert_string_equal(c->content_range, "0-1/*");
    c = RUN(list_delete, "t", .query = "id=eq.4", .prefer = count);
    assert_string_equal(c->content_range, "*/1");
}

static void empty_patch_follows_the_preference(void **state)
{
    struct call *c = RUN(row_update, "t", .key = "1", .body = "{}", .prefer = minimal);
    (void)state;

    fixture_expect(c, OUTCOME_NO_CONTENT, "");
    assert_null(c->content_type_out);
    assert_string_equal(c->preference_applied, "return=minimal");
    c = RUN(row_update, "t", .key = "1", .query = "select=id", .body = "{}", .prefer = full);
    fixture_expect(c, OUTCOME_OK, "[{\"id\":1}]");
    c = RUN(row_update, "t", .key = "1", .query = "select=id", .body = "{}");
    fixture_expect(c, OUTCOME_OK, "{\"id\":1}");
    c = RUN(row_update, "t", .key = "99", .body = "{}", .prefer = full);
    fixture_expect_error(c, ERROR_NO_ROW);
}

/* A trigger deletes what was inserted: the rest is still JSON. */
static void rows_that_triggers_take_away(void **state)
{
    struct call *c = RUN(list_create, "moderated", .body = "[{\"v\":\"spam\"},{\"v\":\"ham\"}]",
                         .query = "select=v", .prefer = full);
    (void)state;

    fixture_expect(c, OUTCOME_CREATED, "[{\"v\":\"ham\"}]");
    c = RUN(list_create, "moderated", .body = "{\"v\":\"spam\"}");
    fixture_expect(c, OUTCOME_CREATED, ""); /* it was written; where it is now is not known */
    assert_null(c->location);
    assert_null(c->content_type_out);
    c = RUN(row_replace, "moderated", .key = "70", .body = "{\"v\":\"spam\"}");
    fixture_expect(c, OUTCOME_CREATED, "");
    assert_null(c->location);
}

static void rows_that_are_ignored(void **state)
{
    struct call *c = RUN(list_create, "ignoring", .body = "{\"id\":1,\"v\":\"x\"}");
    (void)state;

    fixture_expect(c, OUTCOME_NO_CONTENT, "");
    assert_null(c->location);
    c = RUN(list_create, "ignoring", .body = "{\"id\":1,\"v\":\"x\"}", .prefer = minimal);
    assert_null(c->location);
    c = RUN(list_create, "ignoring", .body = "[{\"id\":1},{\"id\":2}]", .prefer = full);
    fixture_expect(c, OUTCOME_CREATED, "[{\"id\":2,\"v\":null}]");
}

static void options_of_rows(void **state)
{
    (void)state;
    fixture_expect_error(RUN(row_options, "keyless", .key = "1"), ERROR_NO_ROUTE);
    assert_false(RUN(row_options, "v", .key = "1")->allow & METHOD_BIT(METHOD_PUT));
    fixture_expect_error(RUN(row_options, "nothing", .key = "1"), ERROR_NO_TABLE);
    assert_true(RUN(row_options, "t", .key = "1")->allow & METHOD_BIT(METHOD_PUT));
    assert_false(RUN(list_options, "v")->allow & METHOD_BIT(METHOD_POST));
}

/* Numbers that are whole are integers, exactly, however they are spelled. */
static void whole_reals(void **state)
{
    const char *query = "select=i";
    (void)state;

    fixture_expect(RUN(list_create, "t", .query = query, .body = "{\"i\":9007199254740991.0}"),
                   OUTCOME_CREATED, "{\"i\":9007199254740991}");
    fixture_expect(RUN(list_create, "t", .query = query, .body = "{\"i\":-1e3}"), OUTCOME_CREATED,
                   "{\"i\":-1000}");
    fixture_expect(RUN(list_create, "t", .query = query, .body = "{\"i\":9007199254740993.0}"),
                   OUTCOME_CREATED, "{\"i\":9007199254740993}");
    fixture_expect_error(RUN(list_create, "t", .body = "{\"i\":9007199254740993.5}"), ERROR_VALUE);
    fixture_expect_error(RUN(list_create, "t", .body = "{\"i\":1e19}"), ERROR_OUT_OF_RANGE);
    fixture_expect(RUN(list_create, "t", .query = query, .body = "{\"i\":9007199254740993}"),
                   OUTCOME_CREATED, "{\"i\":9007199254740993}");
}

static void unknown_members_are_pointed_at(void **state)
{
    struct call *c = RUN(list_create, "t", .body = "[{\"nmae\":1}]");
    (void)state;

    fixture_expect_error(c, ERROR_NO_BODY_COLUMN);
    assert_int_equal(c->error.row, 0);
    c = RUN(list_create, "t", .body = "{\"nmae\":1}");
    assert_int_equal(c->error.row, -1);
    assert_string_equal(c->error.hint, "Perhaps you meant the column 'name'");
}

static void keys_that_sqlite_makes(void **state)
{
    struct call *c = RUN(list_create, "named", .body = "{\"v\":\"x\"}");
    (void)state;

    fixture_expect(c, OUTCOME_CREATED, "{\"k\":\"dflt\",\"v\":\"x\"}");
    assert_string_equal(c->location, "/named/dflt");
    c = RUN(list_create, "keyless", .body = "{\"v\":\"x\"}");
    assert_null(c->location);
}

/* The key that was violated is named, whichever way it was violated. */
static void foreign_keys_are_named(void **state)
{
    struct call *c = RUN(list_create, "tree", .body = "[{\"id\":1,\"up\":1},{\"id\":2,\"up\":9}]");
    (void)state;

    fixture_expect_error(c, ERROR_FOREIGN_KEY);
    assert_int_equal(c->error.row, 1);
    assert_string_equal(c->error.details, "Key (up)=(9) is not present in table \"tree\".");
    RUN(list_create, "tree", .body = "[{\"id\":1,\"up\":1},{\"id\":2,\"up\":1}]");
    c = RUN(row_update, "tree", .key = "1", .body = "{\"id\":5}");
    assert_string_equal(c->error.details, "Key (id)=(1) is still referenced from table \"tree\".");
    c = RUN(row_replace, "tree", .key = "8", .body = "{\"up\":77}");
    assert_string_equal(c->error.column, "up");
}

static void merging_is_by_content_type_on_lists(void **state)
{
    const char *query = "id=eq.1&select=j";
    (void)state;

    RUN(list_update, "t", .query = query, .body = "{\"j\":{\"a\":1}}");
    fixture_expect(RUN(list_update, "t", .query = query, .body = "{\"j\":{\"b\":1}}",
                       .content_type = "application/merge-patch+json", .prefer = full),
                   OUTCOME_OK, "[{\"j\":{\"a\":1,\"b\":1}}]");
    fixture_expect(RUN(list_update, "t", .query = query, .body = "{\"j\":{\"c\":1}}",
                       .content_type = "Application/JSON; charset=utf-8", .prefer = full),
                   OUTCOME_OK, "[{\"j\":{\"c\":1}}]");
    fixture_expect_error(
        RUN(list_update, "t", .query = query, .body = "{}", .content_type = "text/plain"),
        ERROR_MEDIA_TYPE);
}

static bool has(const struct call *c, const char *text)
{
    return memmem(c->lent.data, c->lent.len, text, strlen(text)) != NULL;
}

/* What OPTIONS allows, the document offers. */
static void openapi_offers_what_is_allowed(void **state)
{
    struct call *c = RUN(openapi_read, "");
    (void)state;

    fixture_expect(c, OUTCOME_OK, NULL);
    assert_true(has(c, "\"all\":{\"name\":\"all\""));
    assert_true(has(c, "\"delete\":{\"tags\":[\"keyless\"]"));
    assert_true(has(c, "\"patch\":{\"tags\":[\"keyless\"]"));
    assert_false(has(c, "\"delete\":{\"tags\":[\"v\"]"));
    assert_false(has(c, "\"/keyless/{key}\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counted_pages),
        cmocka_unit_test(counted_changes),
        cmocka_unit_test(empty_patch_follows_the_preference),
        cmocka_unit_test(rows_that_triggers_take_away),
        cmocka_unit_test(rows_that_are_ignored),
        cmocka_unit_test(options_of_rows),
        cmocka_unit_test(whole_reals),
        cmocka_unit_test(unknown_members_are_pointed_at),
        cmocka_unit_test(keys_that_sqlite_makes),
        cmocka_unit_test(foreign_keys_are_named),
        cmocka_unit_test(merging_is_by_content_type_on_lists),
        cmocka_unit_test(openapi_offers_what_is_allowed),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
