/*
 * A role's views and triggers on connections that read and write, and what SQLite is told that a role's
 * statement may mention.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <stdio.h>

#include "store/access/access.h"
#include "store/access/role_catalog.h"
#include "store/access/role_views.h"
#include "store/access/role_views_check.h"
#include "store/db/identity.h"
#include "store/db/statement.h"

static const char schema[] =
    "CREATE TABLE lists (id INTEGER PRIMARY KEY, name TEXT, secret TEXT);"
    "CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT COLLATE NOCASE, owner INTEGER,"
    "  list_id INTEGER REFERENCES lists ON DELETE CASCADE, hidden TEXT DEFAULT 'h');"
    "CREATE INDEX by_owner ON tasks (owner);"
    "CREATE TABLE members (list_id INTEGER, user INTEGER, PRIMARY KEY (list_id, user)) WITHOUT "
    "ROWID;"
    "CREATE TABLE hidden (v TEXT);"
    "CREATE TABLE log (line TEXT);"
    "CREATE TABLE replaced (id INTEGER PRIMARY KEY ON CONFLICT REPLACE);"
    "CREATE VIEW titles AS SELECT id, title FROM tasks;"
    "CREATE VIEW mine (a, b) AS SELECT id, title FROM Tasks;"
    "CREATE TRIGGER logged AFTER INSERT ON tasks BEGIN INSERT INTO log SELECT v FROM hidden;"
    "  UPDATE tasks SET title = title WHERE owner <> NEW.owner; END;"
    "CREATE VIRTUAL TABLE search USING fts5 (title, content='tasks', content_rowid='id');"
    "INSERT INTO lists VALUES (1, 'one', 's'), (2, 'two', 's');"
    "INSERT INTO members VALUES (2, 7);"
    "INSERT INTO hidden VALUES ('h');"
    "INSERT INTO tasks (id, title, owner, list_id) VALUES (1, 'mine', 7, 1), (2, 'other', 8, 1), "
    "  (3, 'shared', 8, 2);"
    "INSERT INTO search (search) VALUES ('rebuild');";

static const char access_text[] =
    "CREATE ROLE member; CREATE ROLE other;"
    "GRANT SELECT (id, title, owner, list_id), INSERT, UPDATE (title, owner), DELETE ON tasks TO "
    "member;"
    "GRANT SELECT (id, name), DELETE ON lists TO member;"
    "GRANT SELECT ON titles, mine, members TO member;"
    "GRANT INSERT ON members TO member;"
    "GRANT SELECT, INSERT, UPDATE ON tasks TO other;"
    "ALTER VIEW mine SET (security_invoker = true);"
    "CREATE POLICY own ON tasks TO member USING (owner = claim('sub')); -- a comment\n"
    "CREATE POLICY shared ON tasks FOR SELECT TO member USING (EXISTS (SELECT 1 FROM members m "
    "  WHERE m.list_id = tasks.list_id AND m.user = claim('sub')));"
    "CREATE POLICY self ON members USING (user = claim('sub')) WITH CHECK (list_id > 1);"
    "CREATE POLICY all_of_it ON tasks TO other USING (true) WITH CHECK (title <> 'no' -- not "
    "that\n);";

struct fixture {
    const char *path;
    struct db *writer, *reader;
    struct access *access;
    struct catalog *whole;
    struct identity who;
};

static void set_up(struct fixture *f)
{
    const struct access_file file = {"access.sql", SLICE_LITERAL(access_text)};
    struct db_options options = db_options_default();
    struct error e = error_none();

    *f = (struct fixture){.path = unit_database()};
    f->writer = unit_open(f->path, schema);
    f->reader = db_open(f->path, DB_READ, &options, &e);
    unit_no_error(&e);
    f->access = access_parse(&file, 1, &e);
    unit_no_error(&e);
    f->whole = catalog_load(f->writer, NULL, &e);
    unit_no_error(&e);
    assert_true(catalog_set_access(f->whole, f->access, &e));
}

static void tear_down(struct fixture *f)
{
    db_close(f->reader);
    db_close(f->writer);
    catalog_drop(f->whole);
    access_drop(f->access);
}

/* From here both connections are the role's. */
static void become(struct fixture *f, const char *role, const char *claims)
{
    struct error e = error_none();
    struct catalog *part =
        catalog_of_role(f->whole, (size_t)access_role(f->access, slice_from(role)), &e);

    unit_no_error(&e);
    catalog_drop(part);
    f->who =
        (struct identity){.role = slice_from(role), .claims = slice_from(claims), .catalog = part};
    assert_true(role_views_attach(f->reader, part, &e));
    unit_no_error(&e);
    assert_true(role_views_attach(f->writer, part, &e));
    unit_no_error(&e);
    db_identify(f->reader, &f->who);
    db_identify(f->writer, &f->who);
}

static bool run(struct db *db, const char *sql, char *out, size_t size, struct error *e)
{
    struct statement *st = statement_get(db, slice_from(sql), e);
    size_t used = 0;

    out[0] = '\0';
    while (st && statement_step(st, e) == STEP_ROW) {
        struct slice cell = statement_bytes(st, 0);

        used += (size_t)snprintf(out + used, size - used, "%.*s ", SLICE_ARG(cell));
    }
    statement_release(st);
    return !error_is_set(e);
}

/* The first column of the rows, each with a blank behind it. */
static void gives(struct db *db, const char *sql, const char *wanted)
{
    struct error e = error_none();
    char out[256];

    if (!run(db, sql, out, sizeof out, &e))
        fail_msg("%s\n  %s", sql, e.message);
    if (strcmp(out, wanted) != 0)
        fail_msg("%s\n  gives %s not %s", sql, out, wanted);
}

static void denied(struct db *db, const char *sql, const char *message)
{
    struct error e = error_none();
    char out[256];

    if (run(db, sql, out, sizeof out, &e))
        fail_msg("%s\n  is not denied: %s", sql, out);
    if (e.code != ERROR_FORBIDDEN || strcmp(e.message, message) != 0)
        fail_msg("%s\n  %s %s", sql, error_code_text(e.code), e.message);
}

static void no_right(struct db *db, const char *sql, const char *table)
{
    char message[128];

    snprintf(message, sizeof message, "permission denied for table %s", table);
    denied(db, sql, message);
}

static void views_show_what_policies_show(void **state)
{
    struct fixture f;
    (void)state;

    set_up(&f);
    become(&f, "member", "{\"sub\":\"7\"}");
    gives(f.reader, "SELECT id FROM temp.\"tasks@0\" ORDER BY id", "1 3 ");
    gives(f.reader, "SELECT id FROM temp.\"tasks@0u\" ORDER BY id", "1 ");
    gives(f.reader, "SELECT id FROM temp.\"tasks@0d\" ORDER BY id", "1 ");
    gives(f.reader, "SELECT count(*) FROM temp.\"tasks@0\"", "2 ");
    gives(f.reader, "SELECT count(*) FROM temp.\"members@0\"", "1 ");
    gives(f.reader, "SELECT 1 WHERE EXISTS (SELECT 1 FROM temp.\"tasks@0\" t WHERE t.id = 3)",
          "1 ");
    gives(f.reader,
          "SELECT l.name FROM main.\"lists\" l JOIN temp.\"tasks@0\" t ON t.list_id = l.id "
          "ORDER BY t.id",
          "one two ");
    gives(f.reader, "SELECT b FROM temp.\"mine@0\" ORDER BY a", "mine shared ");
    gives(f.reader, "SELECT count(*) FROM main.\"titles\"", "3 ");
    gives(f.reader, "WITH tasks AS (SELECT id FROM temp.\"tasks@0\") SELECT count(*) FROM tasks",
          "2 ");
    gives(f.reader,
          "SELECT id FROM temp.\"tasks@0\" WHERE id IN (SELECT rowid FROM main.\"search\" WHERE "
          "\"search\" MATCH 'other OR shared')",
          "3 ");
    gives(f.reader, "SELECT value FROM json_each('[4,5]')", "4 5 ");
    become(&f, "member", "{\"sub\":\"nobody\"}");
    gives(f.reader, "SELECT count(*) FROM temp.\"tasks@0\"", "0 ");
    become(&f, "member", "{}");
    gives(f.reader, "SELECT count(*) FROM temp.\"tasks@0\"", "0 ");
    become(&f, "other", "{}");
    gives(f.reader, "SELECT count(*) FROM temp.\"tasks@1\"", "3 ");
    tear_down(&f);
}

/* The second fence: however the statement came to be. */
static void reading_past_the_views_is_denied(void **state)
{
    struct fixture f;
    (void)state;

    set_up(&f);
    become(&f, "other", "{}");
    become(&f, "member", "{\"sub\":\"7\"}");
    no_right(f.reader, "SELECT id FROM main.\"tasks\"", "tasks");
    no_right(f.reader, "SELECT id FROM TASKS", "tasks");
    no_right(f.reader, "SELECT count(*) FROM main.\"tasks\"", "tasks");
    no_right(f.reader, "SELECT count(*) FROM tasks", "tasks");
    no_right(f.reader, "SELECT 1 FROM temp.\"tasks@0\" a, main.\"tasks\" b", "tasks");
    no_right(f.reader, "SELECT EXISTS (SELECT 1 FROM main.\"tasks\")", "tasks");
    no_right(f.reader,
             "SELECT name FROM main.\"lists\" l LEFT JOIN main.\"tasks\" t ON t.list_id=l.id",
             "tasks");
    no_right(f.reader, "WITH x AS (SELECT id FROM main.\"tasks\") SELECT id FROM x", "tasks");
    no_right(f.reader, "WITH x AS (SELECT 1 FROM main.\"tasks\") SELECT 1 FROM x", "tasks");
    no_right(f.reader, "SELECT (SELECT max(id) FROM main.\"tasks\")", "tasks");
    no_right(f.reader, "SELECT secret FROM main.\"lists\"", "lists");
    no_right(f.reader, "SELECT 1 FROM main.\"lists\" ORDER BY secret", "lists");
    no_right(f.reader,
             "WITH tasks AS (SELECT id FROM temp.\"tasks@0\") SELECT tasks.hidden FROM tasks",
             "tasks");
    no_right(f.reader, "SELECT hidden FROM temp.\"tasks@0\"", "tasks");
    no_right(f.reader, "SELECT * FROM main.\"hidden\"", "hidden");
    no_right(f.reader, "SELECT count(*) FROM hidden", "hidden");
    no_right(f.reader, "SELECT id FROM temp.\"tasks@1\"", "tasks");
    no_right(f.reader, "SELECT name FROM sqlite_schema", "sqlite_master");
    no_right(f.reader, "SELECT name FROM pragma_table_info('tasks')", "pragma_table_info");
    no_right(f.writer, "SELECT \"@0\" FROM temp.\"tasks@0i\"", "tasks");
    gives(f.reader, "SELECT name FROM main.\"lists\" ORDER BY id", "one two ");
    /* The owner's statement of the same text is another one. */
    assert_false(db_as_owner(f.reader, true));
    gives(f.reader, "SELECT count(*) FROM main.\"tasks\"", "3 ");
    assert_true(db_as_owner(f.reader, false));
    no_right(f.reader, "SELECT count(*) FROM main.\"tasks\"", "tasks");
    f.who.definer = true;
    gives(f.reader, "SELECT count(*) FROM main.\"tasks\"", "3 ");
    tear_down(&f);
}

#define INSERT_TASK "INSERT INTO main.\"tasks\" (id, title, owner, list_id) VALUES "
#define NEW_ROW     "new row violates row-level security policy for table \"tasks\""
#define OLD_ROW     "new row violates row-level security policy (USING expression) for table \"tasks\""

static void writes_are_looked_at(void **state)
{
    struct fixture f;
    (void)state;

    set_up(&f);
    become(&f, "other", "{}");
    become(&f, "member", "{\"sub\":\"7\"}");
    gives(f.writer, INSERT_TASK "(10, 'new', 7, 1) RETURNING id", "10 ");
    gives(f.writer, INSERT_TASK "(11, 'new', '7', 1) RETURNING owner", "7 ");
    denied(f.writer, INSERT_TASK "(12, 'new', 8, 1)", NEW_ROW);
    denied(f.writer, INSERT_TASK "(12, 'new', NULL, 1)", NEW_ROW);
    gives(
        f.writer,
        "UPDATE main.\"tasks\" SET title = 'x' WHERE id IN (SELECT id FROM temp.\"tasks@0u\" WHERE "
        "id < 10) RETURNING id",
        "1 ");
    denied(f.writer,
           "UPDATE main.\"tasks\" SET owner = 8 WHERE id IN (SELECT id FROM temp.\"tasks@0u\")",
           NEW_ROW);
    denied(f.writer, "UPDATE main.\"tasks\" SET title = 'y'", OLD_ROW);
    denied(f.writer, "DELETE FROM main.\"tasks\"", OLD_ROW);
    /* An upsert that meets a hidden row. */
    denied(f.writer,
           INSERT_TASK "(2, 'taken', 7, 1) ON CONFLICT (id) DO UPDATE SET title=excluded.title",
           OLD_ROW);
    gives(f.writer,
          INSERT_TASK "(1, 'again', 7, 1) ON CONFLICT (id) DO UPDATE SET title=excluded.title "
                      "RETURNING title",
          "again ");
    gives(f.writer,
          "DELETE FROM main.\"tasks\" WHERE id IN (SELECT id FROM temp.\"tasks@0d\" WHERE id=10) "
          "RETURNING id",
          "10 ");
    denied(f.writer, "INSERT INTO main.\"members\" (list_id, user) VALUES (1, 7)",
           "new row violates row-level security policy for table \"members\"");
    gives(f.writer, "INSERT INTO main.\"members\" (list_id, user) VALUES (3, 9) RETURNING user",
          "9 ");
    gives(f.writer, "UPDATE tasks SET title = title || '!' WHERE id = 1 RETURNING title",
          "again! ");
    denied(f.writer, "UPDATE tasks SET title = title || '!' WHERE id = 2", OLD_ROW);
    become(&f, "other", "{}");
    gives(f.writer, INSERT_TASK "(13, 'any', 1, 1) RETURNING id", "13 ");
    denied(f.writer, INSERT_TASK "(14, 'NO', 1, 1)", NEW_ROW);
    tear_down(&f);
}

static void writes_without_a_right_are_denied(void **state)
{
    struct fixture f;
    (void)state;

    set_up(&f);
    become(&f, "other", "{}");
    become(&f, "member", "{\"sub\":\"7\"}");
    no_right(f.writer, "UPDATE main.\"tasks\" SET list_id = 2", "tasks");
    no_right(f.writer, "UPDATE main.\"tasks\" SET title = 'x', list_id = 2", "tasks");
    no_right(f.writer, "UPDATE main.\"tasks\" SET title = hidden", "tasks");
    no_right(f.writer, "DELETE FROM main.\"tasks\" WHERE hidden = 'h'", "tasks");
    no_right(f.writer, INSERT_TASK "(20, 't', 7, 1) RETURNING hidden", "tasks");
    no_right(f.writer, "INSERT INTO main.\"hidden\" VALUES ('x')", "hidden");
    no_right(f.writer, "INSERT INTO main.\"lists\" VALUES (5, 'x', 'y')", "lists");
    no_right(f.writer, "UPDATE main.\"lists\" SET name = 'x'", "lists");
    no_right(f.writer, "INSERT INTO main.\"tasks\" (title) SELECT v FROM hidden", "hidden");
    no_right(f.writer, "INSERT INTO main.\"tasks\" (title) SELECT title FROM temp.\"tasks@1\"",
             "tasks");
    no_right(f.writer, "DELETE FROM main.\"members\"", "members");
    no_right(f.writer, "INSERT OR REPLACE INTO tasks (id, owner) VALUES (2, 7)", "tasks");
    no_right(f.writer, "REPLACE INTO main.\"tasks\" (id, owner) VALUES (2, 7)", "tasks");
    no_right(f.writer, "UPDATE main.\"tasks\" SET title = hidden || 'x'", "tasks");
    no_right(f.writer, "DROP TABLE main.\"hidden\"", "sqlite_master");
    /* Foreign keys act as the owner: of the list's three tasks one is the role's. */
    gives(f.writer, "DELETE FROM main.\"lists\" WHERE id = 1 RETURNING id", "1 ");
    assert_false(db_as_owner(f.writer, true));
    gives(f.writer, "SELECT id FROM tasks", "3 ");
    tear_down(&f);
}

/* What a transaction takes away is made again; a role's new catalogue replaces the old one's views. */
static void views_come_back(void **state)
{
    struct fixture f;
    struct error e = error_none();
    struct catalog *part;
    (void)state;

    set_up(&f);
    assert_true(db_begin_immediate(f.writer, &e));
    become(&f, "member", "{\"sub\":\"7\"}");
    become(&f, "other", "{}");
    gives(f.writer, "SELECT count(*) FROM temp.\"tasks@1\"", "3 ");
    db_rollback(f.writer);
    become(&f, "other", "{}");
    gives(f.writer, "SELECT count(*) FROM temp.\"tasks@1\"", "3 ");
    denied(f.writer, INSERT_TASK "(14, 'NO', 1, 1)", NEW_ROW);
    become(&f, "member", "{\"sub\":\"7\"}");
    gives(f.writer, "SELECT count(*) FROM temp.\"tasks@0\"", "2 ");

    db_identify(f.writer, NULL);
    db_identify(f.reader, NULL);
    assert_true(db_exec(f.writer, "ALTER TABLE tasks ADD COLUMN more TEXT DEFAULT 'm'", &e));
    catalog_drop(f.whole);
    f.whole = catalog_load(f.writer, NULL, &e);
    assert_true(catalog_set_access(f.whole, f.access, &e));
    become(&f, "other", "{}");
    gives(f.writer, "SELECT more FROM temp.\"tasks@1\" WHERE id = 1", "m ");
    gives(f.reader, "SELECT more FROM temp.\"tasks@1\" WHERE id = 1", "m ");
    become(&f, "member", "{\"sub\":\"7\"}");
    denied(f.writer, INSERT_TASK "(12, 'new', 8, 1)", NEW_ROW);

    part = catalog_of_role(f.whole, 0, &e);
    assert_true(role_views_attach(f.reader, part, &e));
    catalog_drop(part);
    tear_down(&f);
}

/* A reader's snapshot ends with what was made in it kept. */
static void readers_keep_them(void **state)
{
    struct fixture f;
    struct error e = error_none();
    (void)state;

    set_up(&f);
    assert_true(db_run(f.reader, (struct slice)SLICE_LITERAL("BEGIN"), &e));
    become(&f, "other", "{}");
    gives(f.reader, "SELECT count(*) FROM temp.\"tasks@1\"", "3 ");
    db_end_reading(f.reader);
    assert_false(db_in_transaction(f.reader));
    assert_true(db_has_views(f.reader, f.who.catalog));
    gives(f.reader, "SELECT count(*) FROM temp.\"tasks@1\"", "3 ");
    tear_down(&f);
}

static void what_does_not_compile_is_placed(void **state)
{
    static const struct {
        const char *access, *message; /* "" is well */
    } rows[] = {
        {"CREATE POLICY p ON tasks USING (owner = claim('sub'));", ""},
        {"CREATE POLICY p ON tasks USING (owner = 1\n  AND absent = 2);",
         "access.sql:2:7: no such column: absent"},
        {"CREATE POLICY p ON tasks USING (owner = 1\n  AND + * owner);",
         "access.sql:2:9: near \"*\": syntax error"},
        {"CREATE POLICY p ON tasks USING (true) WITH CHECK (owner = nofunc(1));",
         "access.sql:1:136: no such function: nofunc"},
        {"CREATE POLICY p ON tasks USING (owner IN (SELECT user FROM members WHERE list_id IN "
         "(SELECT list_id "
         "FROM tasks)));",
         "infinite recursion detected"},
        {"CREATE POLICY p ON tasks USING (EXISTS (SELECT 1 FROM members m WHERE m.list_id = "
         "tasks.list_id)); CREATE POLICY q ON members USING (EXISTS (SELECT 1 FROM tasks t WHERE "
         "t.list_id = members.list_id));",
         "infinite recursion detected in policy for relation"},
        {"CREATE POLICY p ON tasks USING (id IN (SELECT id FROM tasks));",
         "infinite recursion detected in policy for relation \"tasks\""},
        {"CREATE POLICY p ON tasks USING (list_id IN (SELECT rowid FROM hidden));", ""},
        {"GRANT SELECT, INSERT ON replaced TO r; CREATE POLICY p ON replaced USING (true);",
         "ON CONFLICT REPLACE"},
        {"GRANT SELECT ON replaced TO r; CREATE POLICY p ON replaced USING (true);", ""},
        {"CREATE POLICY p ON tasks USING (EXISTS (SELECT 1 FROM members m WHERE m.list_id = "
         "tasks.list_id));\nCREATE POLICY q ON members USING (absent);",
         "access.sql:2:35: no such column: absent"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error e = error_none();
        struct db *db = unit_open(unit_database(), schema);
        struct catalog *whole = catalog_load(db, NULL, &e), *part;
        char text[1024];
        struct access_file file = {"access.sql", {text, 0}};
        struct access *access;

        snprintf(text, sizeof text,
                 "CREATE ROLE r; GRANT ALL ON tasks TO r; GRANT SELECT ON members TO r;        %s",
                 rows[i].access);
        file.text = slice_from(text);
        access = access_parse(&file, 1, &e);
        unit_no_error(&e);
        assert_true(catalog_set_access(whole, access, &e));
        part = catalog_of_role(whole, 0, &e);
        assert_int_equal(role_views_check(db, part, &e), rows[i].message[0] == '\0');
        if (!strstr(e.message, rows[i].message) || (rows[i].message[0] == '\0' && error_is_set(&e)))
            fail_msg("%s\n %s", rows[i].access, e.message);
        catalog_drop(part);
        catalog_drop(whole);
        access_drop(access);
        db_close(db);
    }
}

static void claims(void **state)
{
    static const char text[] =
        "{\"sub\":\"u\\u00e9\",\"n\":12,\"r\":1.5,\"t\":true,\"f\":false,\"z\":null,"
        "\"app\":{\"roles\":[\"a\",\"b\"],\"org\":{\"id\":7}},\"a.b\":\"exact\",\"a\":{\"b\":"
        "\"path\"},"
        "\"twice\":1,\"twice\":2,\"x.y\":{\"z\":3},\"e\\u0073c\":4}";
    static const struct {
        const char *call, *value;
    } rows[] = {
        {"claim('sub')", "'u\xc3\xa9'"},
        {"claim('n')", "12"},
        {"claim('r')", "1.5"},
        {"claim('t')", "1"},
        {"claim('f')", "0"},
        {"claim('z')", "NULL"},
        {"claim('none')", "NULL"},
        {"claim('sub.x')", "NULL"},
        {"claim('app.org.id')", "7"},
        {"claim('app.roles')", "'[\"a\",\"b\"]'"},
        {"(SELECT group_concat(value) FROM json_each(claim('app.roles')))", "'a,b'"},
        {"claim('a.b')", "'exact'"},
        {"claim('twice')", "2"},
        {"claim('x.y.z')", "3"},
        {"claim('esc')", "4"},
        {"claim('')", "NULL"},
        {"role()", "'member'"},
    };
    struct identity who = {.role = SLICE_LITERAL("member"), .claims = SLICE_LITERAL(text)};
    struct db *db = unit_open(unit_database(), "");
    (void)state;

    gives(db, "SELECT claim('sub') IS NULL AND role() IS NULL", "1 ");
    db_identify(db, &who);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char sql[256];

        snprintf(sql, sizeof sql, "SELECT %s IS %s AND typeof(%s) = typeof(%s)", rows[i].call,
                 rows[i].value, rows[i].call, rows[i].value);
        gives(db, sql, "1 ");
    }
    who.claims = slice_from("not JSON");
    gives(db, "SELECT claim('sub') IS NULL", "1 ");
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_show_what_policies_show),
        cmocka_unit_test(reading_past_the_views_is_denied),
        cmocka_unit_test(writes_are_looked_at),
        cmocka_unit_test(writes_without_a_right_are_denied),
        cmocka_unit_test(views_come_back),
        cmocka_unit_test(readers_keep_them),
        cmocka_unit_test(what_does_not_compile_is_placed),
        cmocka_unit_test(claims),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
