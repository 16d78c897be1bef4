/*
 * What statements mention in a role's catalogue: its views, the table itself where that is written, and
 * nothing that it has no right to.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "query/grammar.h"
#include "query/plan.h"
#include "query/rights.h"
#include "store/access/access.h"
#include "store/access/role_catalog.h"
#include "store/catalog/routine.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char schema[] =
    "CREATE TABLE lists (id INTEGER PRIMARY KEY, name TEXT, secret TEXT);"
    "CREATE TABLE hidden (id INTEGER PRIMARY KEY, list_id INTEGER REFERENCES lists);"
    "CREATE TABLE tasks (id INTEGER PRIMARY KEY, note TEXT, title TEXT, owner TEXT, changed TEXT,"
    "  list_id INTEGER REFERENCES lists, UNIQUE (note));"
    "CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE task_tags (task_id INTEGER REFERENCES tasks, tag_id INTEGER REFERENCES tags,"
    "  PRIMARY KEY (task_id, tag_id)) WITHOUT ROWID;"
    "CREATE TABLE pairs (a TEXT, b TEXT, c TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;"
    "CREATE TABLE logs (id INTEGER PRIMARY KEY, line TEXT);"
    "CREATE VIRTUAL TABLE search USING fts5 (title, note, content='tasks', content_rowid='id');";

static const char access_text[] =
    "CREATE ROLE member;"
    "GRANT SELECT (id, title, owner, list_id), INSERT (id, title, note, list_id, owner DEFAULT "
    "claim('sub')), UPDATE (title, note, list_id, changed DEFAULT role()), DELETE ON tasks TO "
    "member;"
    "GRANT SELECT (id, name) ON lists TO member;"
    "GRANT SELECT ON tags, task_tags TO member;"
    "GRANT DELETE ON task_tags TO member;"
    "GRANT ALL ON pairs TO member;"
    "GRANT INSERT ON logs TO member;"
    "CREATE POLICY own ON tasks USING (owner = claim('sub'));"
    "CREATE POLICY own ON pairs USING (c = claim('sub'));";

static struct db *db;
static struct access *access_files;
static struct catalog *whole, *part;

static int set_up(void **state)
{
    const struct access_file file = {"access.sql", SLICE_LITERAL(access_text)};
    struct error e = error_none();
    (void)state;

    db = unit_open(unit_database(), schema);
    access_files = access_parse(&file, 1, &e);
    unit_no_error(&e);
    whole = catalog_load(db, NULL, &e);
    unit_no_error(&e);
    assert_true(catalog_set_access(whole, access_files, &e));
    part = catalog_of_role(whole, 0, &e);
    unit_no_error(&e);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    catalog_drop(part);
    catalog_drop(whole);
    access_drop(access_files);
    db_close(db);
    return 0;
}

enum act { ACT_SELECT, ACT_COUNT, ACT_UPDATE, ACT_DELETE, ACT_BEFORE, ACT_WHERE };

/* What is planned, as SQL; "!" and the error's code where it fails, and its message. */
static const struct {
    enum act act;
    const char *table, *query, *sql;
} plans[] = {
    {ACT_SELECT, "tasks", "",
     "SELECT \"id\",\"title\",\"owner\",\"list_id\" FROM temp.\"tasks@0\""},
    {ACT_SELECT, "tasks", "select=*&title=eq.x&order=id",
     "SELECT \"id\",\"title\",\"owner\",\"list_id\" FROM temp.\"tasks@0\" WHERE (\"title\"=?) "
     "ORDER BY \"id\""},
    {ACT_COUNT, "tasks", "title=eq.x", "SELECT count(*) FROM temp.\"tasks@0\" WHERE (\"title\"=?)"},
    {ACT_SELECT, "tasks", "select=id,...lists(name)&lists.id=eq.1",
     "SELECT t0.\"id\",t1.\"name\" FROM temp.\"tasks@0\" AS t0 LEFT JOIN main.\"lists\" AS t1 ON "
     "t1.\"id\"=t0.\"list_id\" AND (t1.\"id\"=?)"},
    {ACT_SELECT, "lists", "select=id,tasks()&tasks=is.null",
     "SELECT t0.\"id\" FROM main.\"lists\" AS t0 WHERE (NOT EXISTS(SELECT 1 FROM temp.\"tasks@0\" "
     "AS t1 WHERE t0.\"id\"=t1.\"list_id\"))"},
    {ACT_SELECT, "lists", "select=id,tasks!inner()",
     "SELECT t0.\"id\" FROM main.\"lists\" AS t0 WHERE EXISTS(SELECT 1 FROM temp.\"tasks@0\" AS t1 "
     "WHERE t0.\"id\"=t1.\"list_id\")"},
    {ACT_SELECT, "tags", "select=id,tasks!inner()",
     "SELECT t0.\"id\" FROM main.\"tags\" AS t0 WHERE EXISTS(SELECT 1 FROM temp.\"tasks@0\" AS t1 "
     "JOIN main.\"task_tags\" AS j1 ON t1.\"id\"=j1.\"task_id\" WHERE t0.\"id\"=j1.\"tag_id\")"},
    {ACT_SELECT, "tasks", "search=plfts.word",
     "SELECT \"id\",\"title\",\"owner\",\"list_id\" FROM temp.\"tasks@0\" WHERE (\"id\" IN (SELECT "
     "rowid FROM main.\"search\" WHERE \"search\" MATCH ?))"},
    {ACT_SELECT, "tasks", "select=note", "!42501"},
    {ACT_SELECT, "tasks", "select=x:note::text", "!42501"},
    {ACT_SELECT, "tasks", "select=note.max()", "!42501"},
    {ACT_SELECT, "tasks", "changed=eq.1", "!42501"},
    {ACT_SELECT, "tasks", "note=plfts.x", "!42501"},
    {ACT_SELECT, "tasks", "order=note", "!42501"},
    {ACT_SELECT, "tasks", "cursor=&order=note", "!42501"},
    {ACT_SELECT, "tasks", "nothing=eq.1", "!42703"},
    {ACT_SELECT, "tasks", "title=plfts.word&select=id",
     "SELECT \"id\" FROM temp.\"tasks@0\" WHERE (\"id\" IN (SELECT rowid FROM main.\"search\" "
     "WHERE "
     "\"search\" MATCH ?))"},
    {ACT_SELECT, "lists", "secret=is.null", "!42501"},
    {ACT_SELECT, "lists", "select=hidden(*)", "!42501"},
    {ACT_SELECT, "lists", "select=nowhere(*)", "!PGRST200"},
    {ACT_SELECT, "tasks", "select=lists(secret)", "!42501"},
    {ACT_SELECT, "tasks", "select=lists!inner()&lists.secret=eq.1", "!42501"},
    {ACT_SELECT, "tasks", "select=lists()&order=lists(secret)", "!42501"},
    {ACT_SELECT, "logs", "", "!42501"},
    {ACT_UPDATE, "tasks", "id=eq.1",
     "UPDATE main.\"tasks\" SET \"title\"=?,\"changed\"=(role()) WHERE \"id\" IN (SELECT t0.\"id\" "
     "FROM temp.\"tasks@0u\" AS t0 WHERE (t0.\"id\"=?))"},
    {ACT_UPDATE, "tasks", "all=true",
     "UPDATE main.\"tasks\" SET \"title\"=?,\"changed\"=(role()) WHERE \"id\" IN (SELECT t0.\"id\" "
     "FROM temp.\"tasks@0u\" AS t0)"},
    {ACT_UPDATE, "tasks", "note=eq.1", "!42501"},
    {ACT_DELETE, "tasks", "order=title&limit=2",
     "DELETE FROM main.\"tasks\" WHERE \"id\" IN (SELECT t0.\"id\" FROM temp.\"tasks@0d\" AS t0 "
     "ORDER BY t0.\"title\" NULLS LAST LIMIT ?)"},
    {ACT_DELETE, "pairs", "a=eq.1",
     "DELETE FROM main.\"pairs\" WHERE (\"a\",\"b\") IN (SELECT t0.\"a\",t0.\"b\" FROM "
     "temp.\"pairs@0d\" AS t0 WHERE (t0.\"a\"=?))"},
    {ACT_BEFORE, "tasks", "select=id", "SELECT \"id\",\"id\" FROM temp.\"tasks@0d\""},
    {ACT_WHERE, "tasks", "id=eq.1",
     "\"id\" IN (SELECT t0.\"id\" FROM temp.\"tasks@0u\" AS t0 WHERE (t0.\"id\"=?))"},
};

static bool plan_act(struct arena *arena, enum act act, const struct table *table,
                     const struct query_tree *tree, struct plan *out, struct error *e)
{
    const struct plan_options options = {.aggregates = true};
    const struct plan_source source = {.table = table};
    const struct assignment set = {.column = table_column(table, slice_from("title"))};

    switch (act) {
    case ACT_SELECT: return plan_select(arena, &source, tree, &options, out, e);
    case ACT_COUNT: return plan_count(arena, &source, tree, &options, out, e);
    case ACT_UPDATE: return plan_update(arena, table, &set, 1, tree, RETURNING_NOTHING, out, e);
    case ACT_DELETE: return plan_delete(arena, table, tree, RETURNING_NOTHING, out, e);
    case ACT_BEFORE: return plan_select_before(arena, table, tree, &options, true, out, e);
    case ACT_WHERE: break;
    }
    return plan_where(arena, table, tree, RIGHT_UPDATE, out, e);
}

static bool parse_query(struct arena *arena, const char *text, struct query_tree *tree,
                        struct error *e)
{
    struct parameter *list;

    return grammar_split(arena, slice_from(text), &list, e) &&
           grammar_parse(arena, list, NULL, tree, e);
}

static void statements_mention_the_roles_views(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT(plans); i++) {
        const struct table *table = catalog_table(part, slice_from(plans[i].table));
        struct error e = error_none();
        struct query_tree tree;
        struct arena arena;
        struct plan plan;
        bool ok;

        arena_init(&arena, 1 << 20);
        assert_non_null(table);
        ok = parse_query(&arena, plans[i].query, &tree, &e) &&
             plan_act(&arena, plans[i].act, table, &tree, &plan, &e);
        if (plans[i].sql[0] == '!') {
            if (ok)
                fail_msg("%s?%s: %s", plans[i].table, plans[i].query, plan.sql.data);
            assert_string_equal(error_code_text(e.code), plans[i].sql + 1);
        } else {
            if (!ok)
                fail_msg("%s?%s: %s", plans[i].table, plans[i].query, e.message);
            assert_string_equal(plan.sql.data, plans[i].sql);
        }
        arena_finish(&arena);
    }
}

static const struct {
    const char *table;
    enum conflict conflict;
    const char *column, *sql;
} inserts[] = {
    {"tasks", CONFLICT_FAILS, "title",
     "INSERT INTO main.\"tasks\"(\"title\",\"owner\")VALUES(?,(claim('sub')))"},
    {"tasks", CONFLICT_FAILS, NULL, "INSERT INTO main.\"tasks\"(\"owner\")VALUES((claim('sub')))"},
    {"tasks", CONFLICT_MERGED, "title",
     "INSERT INTO main.\"tasks\"(\"title\",\"owner\")VALUES(?,(claim('sub')))ON "
     "CONFLICT(\"id\")DO UPDATE SET \"title\"=excluded.\"title\",\"changed\"=(role())"},
    {"tasks", CONFLICT_REPLACED, "id",
     "INSERT INTO main.\"tasks\"(\"id\",\"owner\",\"title\",\"list_id\",\"note\")VALUES(?,(claim('"
     "sub')),NULL,NULL,NULL)ON CONFLICT(\"id\")DO UPDATE SET \"title\"=excluded.\"title\",\"list_"
     "id\"=excluded.\"list_id\",\"note\"=excluded.\"note\",\"changed\"=(role())"},
    {"logs", CONFLICT_FAILS, "line", "INSERT INTO main.\"logs\"(\"line\")VALUES(?)"},
};

static void an_insert_has_the_presets(void **state)
{
    static const struct query_tree nothing = {.root = {.limit = -1}};
    (void)state;

    for (size_t i = 0; i < COUNT(inserts); i++) {
        const struct table *table = catalog_table(part, slice_from(inserts[i].table));
        const char *column = inserts[i].column;
        struct assignment set = {.column = column ? table_column(table, slice_from(column)) : 0};
        const struct insert insert = {
            .set = &set, .n_set = column != NULL, .conflict = inserts[i].conflict};
        struct error e = error_none();
        struct arena arena;
        struct plan plan;

        arena_init(&arena, 1 << 20);
        if (!plan_insert(&arena, table, &insert, &nothing, RETURNING_NOTHING, &plan, &e))
            fail_msg("%s", e.message);
        assert_string_equal(plan.sql.data, inserts[i].sql);
        arena_finish(&arena);
    }
}

static void a_row_that_is_not_seen_is_looked_for(void **state)
{
    const struct plan_keys keys = {.list = value_null()};
    struct error e = error_none();
    struct arena arena;
    struct plan plan;
    (void)state;

    arena_init(&arena, 1 << 20);
    assert_true(
        plan_select_unseen(&arena, catalog_table(part, slice_from("tasks")), &keys, &plan, &e));
    assert_string_equal(plan.sql.data,
                        "SELECT 1 FROM thimble_keys(?) AS k CROSS JOIN main.\"tasks\" AS t0 ON "
                        "t0.\"id\"=k.c0 WHERE NOT EXISTS(SELECT 1 FROM temp.\"tasks@0\" AS v WHERE "
                        "v.\"id\"=t0.\"id\") LIMIT ?");
    assert_true(
        plan_select_unseen(&arena, catalog_table(part, slice_from("pairs")), &keys, &plan, &e));
    assert_string_equal(
        plan.sql.data,
        "SELECT 1 FROM thimble_keys(?) AS k CROSS JOIN main.\"pairs\" AS t0 ON t0.\"a\"=k.c0 AND "
        "t0.\"b\"=k.c1 WHERE NOT EXISTS(SELECT 1 FROM temp.\"pairs@0\" AS v WHERE "
        "v.\"a\"=t0.\"a\" AND v.\"b\"=t0.\"b\") LIMIT ?");
    arena_finish(&arena);
}

/* The search of all columns is one of those that the role may read. */
static void a_search_looks_at_readable_columns(void **state)
{
    static const char *const queries[][2] = {
        {"search=plfts.word", "{\"title\"} : (\"word\")"},
        {"title=plfts.word", "{\"title\"} : (\"word\")"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(queries); i++) {
        const struct table *table = catalog_table(part, slice_from("tasks"));
        struct error e = error_none();
        struct query_tree tree;
        struct arena arena;
        struct plan plan;

        arena_init(&arena, 1 << 20);
        assert_true(parse_query(&arena, queries[i][0], &tree, &e));
        assert_true(plan_act(&arena, ACT_SELECT, table, &tree, &plan, &e));
        assert_int_equal(plan.n_values, 1);
        assert_true(slice_is(plan.values[0].as.bytes, queries[i][1]));
        arena_finish(&arena);
    }
}

/* ---- named queries */

static const struct {
    const char *text, *sql;
} routines[] = {
    {"SELECT 1", "SELECT 1"},
    {"SELECT * FROM tasks", "WITH \"tasks\" AS (SELECT \"id\",\"title\",\"owner\",\"list_id\" FROM "
                            "temp.\"tasks@0\") SELECT * FROM tasks"},
    {"SELECT * FROM \"LISTS\" WHERE id = :id",
     "WITH \"lists\" AS (SELECT \"id\",\"name\" FROM main.\"lists\") SELECT * FROM \"LISTS\" WHERE "
     "id = ?"},
    {"WITH x AS (SELECT * FROM lists) SELECT * FROM x",
     "WITH \"lists\" AS (SELECT \"id\",\"name\" FROM main.\"lists\"), x AS (SELECT * FROM lists) "
     "SELECT * FROM x"},
    {"WITH RECURSIVE lists(n) AS (VALUES (:a)), y AS NOT MATERIALIZED (SELECT (1), 2) SELECT * "
     "FROM "
     "lists, y, tags",
     "WITH RECURSIVE \"tags\" AS (SELECT \"id\",\"name\" FROM main.\"tags\"), lists(n) AS (VALUES "
     "(?)), y AS NOT MATERIALIZED (SELECT (1), 2) SELECT * FROM lists, y, tags"},
    {"SELECT * FROM hidden", "SELECT * FROM hidden"},
    {"-- security definer\nSELECT * FROM tasks", "SELECT * FROM tasks"},
    {"-- security invoker\nSELECT * FROM search",
     "WITH \"search\" AS (SELECT NULL WHERE FALSE) SELECT * FROM search"},
    {"-- write\nUPDATE lists SET name = 'x'",
     "WITH \"lists\" AS (SELECT \"id\",\"name\" FROM main.\"lists\") UPDATE lists SET name = 'x'"},
};

static void a_query_sees_the_roles_views(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT(routines); i++) {
        struct routine routine = {.source = NULL}, out;
        struct routine_source source;
        struct error e = error_none();
        struct arena arena;
        struct buf sql;

        arena_init(&arena, 1 << 22);
        assert_true(routine_parse(&arena, "q", slice_from(routines[i].text), &source, &e));
        routine.source = &source;
        assert_true(routine_for_role(&arena, part, &routine, &out, &e));
        buf_init(&sql, 1 << 16);
        routine_part_sql(&sql, &out.source->parts[0]);
        buf_add_char(&sql, '\0');
        assert_string_equal(sql.data, routines[i].sql);
        buf_finish(&sql);
        arena_finish(&arena);
    }
}

/* ---- failures */

static const struct {
    const char *details, *veiled;
} failures[] = {
    {"Key (id)=(1) already exists.", "Key (id)=(1) already exists."},
    {"Key (id, title)=(1, a) already exists.", "Key (id, title)=(1, a) already exists."},
    {"Key (note)=(secret) already exists.", ""},
    {"Key (id, note)=(1, secret) already exists.", ""},
    {"Key (nothing)=(1) is not present in table \"x\".", ""},
    {"Failing row contains (1).", ""},
};

static void details_of_what_is_hidden_are_left_out(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT(failures); i++) {
        struct error e = error_none();

        error_set(&e, ERROR_UNIQUE, "duplicate");
        error_details(&e, "%s", failures[i].details);
        rights_veil(catalog_table(part, slice_from("tasks")), &e);
        assert_string_equal(e.details, failures[i].veiled);
        rights_veil(NULL, &e);
        assert_string_equal(e.details, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_mention_the_roles_views),
        cmocka_unit_test(an_insert_has_the_presets),
        cmocka_unit_test(a_row_that_is_not_seen_is_looked_for),
        cmocka_unit_test(a_search_looks_at_readable_columns),
        cmocka_unit_test(a_query_sees_the_roles_views),
        cmocka_unit_test(details_of_what_is_hidden_are_left_out),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
