/*
 * A role's catalogue: what it has of the whole database's, and what it has not.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include "store/access/access.h"
#include "store/access/role_catalog.h"
#include "store/catalog/routine.h"

static const char schema[] =
    "CREATE TABLE lists (id INTEGER PRIMARY KEY, name TEXT UNIQUE, secret TEXT);"
    "CREATE TABLE tasks (id INTEGER PRIMARY KEY, hidden TEXT, title TEXT, owner TEXT,"
    "  list_id INTEGER REFERENCES lists, parent INTEGER REFERENCES tasks (id), UNIQUE (owner, "
    "title),"
    "  UNIQUE (hidden, title));"
    "CREATE TABLE pairs (a TEXT, b TEXT, c TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;"
    "CREATE TABLE \"odd \"\"name\" (rowid TEXT, oid TEXT, v TEXT);"
    "CREATE TABLE logs (id INTEGER PRIMARY KEY, line TEXT);"
    "CREATE VIEW titles AS SELECT id, title, list_id FROM tasks;"
    "CREATE VIEW mine AS SELECT id, title FROM tasks;"
    "CREATE VIRTUAL TABLE search USING fts5 (title, content='tasks', content_rowid='id');";

static const char access_text[] =
    "CREATE ROLE member; CREATE ROLE auditor; CREATE ROLE service BYPASSRLS; CREATE ROLE nobody;"
    "GRANT SELECT (id, title, owner, list_id, parent), INSERT (title, hidden, owner DEFAULT "
    "claim('sub')), "
    "UPDATE (title) ON tasks TO member;"
    "GRANT SELECT (id, name), DELETE ON lists TO member;"
    "GRANT INSERT ON logs TO member;"
    "GRANT SELECT (b, c), UPDATE ON pairs TO member;"
    "GRANT SELECT (v) ON \"odd \"\"name\" TO member;"
    "GRANT SELECT ON titles, mine TO member;"
    "ALTER VIEW mine SET (security_invoker = true);"
    "GRANT SELECT (title, list_id) ON tasks TO auditor;"
    "GRANT ALL ON ALL TABLES IN SCHEMA public TO service;"
    "CREATE POLICY own ON tasks USING (owner = claim('sub'));"
    "ALTER TABLE \"odd \"\"name\" ENABLE ROW LEVEL SECURITY;";

struct fixture {
    struct db *db;
    struct access *access;
    struct catalog *whole;
};

static void set_up(struct fixture *f)
{
    const struct access_file file = {"access.sql", SLICE_LITERAL(access_text)};
    struct error e = error_none();

    f->db = unit_open(unit_database(), schema);
    f->access = access_parse(&file, 1, &e);
    unit_no_error(&e);
    f->whole = catalog_load(f->db, NULL, &e);
    unit_no_error(&e);
    assert_true(catalog_set_access(f->whole, f->access, &e));
}

static void tear_down(struct fixture *f)
{
    catalog_drop(f->whole);
    access_drop(f->access);
    db_close(f->db);
}

/* Borrowed from the whole. */
static struct catalog *part_of(struct fixture *f, const char *role)
{
    struct error e = error_none();
    int index = access_role(f->access, slice_from(role));
    struct catalog *part;

    assert_true(index >= 0);
    part = catalog_of_role(f->whole, (size_t)index, &e);
    unit_no_error(&e);
    assert_non_null(part);
    catalog_drop(part);
    return part;
}

static const struct table *table_of(const struct catalog *catalog, const char *name)
{
    const struct table *table = catalog_table(catalog, slice_from(name));

    assert_non_null(table);
    return table;
}

static const struct column *column_of(const struct table *table, const char *name)
{
    int at = table_column(table, slice_from(name));

    assert_true(at >= 0);
    return &table->columns[at];
}

static bool has_key_to(const struct table *table, const char *parent)
{
    for (size_t i = 0; i < table->n_foreign; i++) {
        if (slice_is(table->foreign[i]->parent->name, parent))
            return true;
    }
    return false;
}

static void what_is_granted_is_there(void **state)
{
    struct fixture f;
    struct catalog *part;
    const struct table *tasks;
    (void)state;

    set_up(&f);
    part = part_of(&f, "member");
    tasks = table_of(part, "tasks");
    assert_int_equal(part->n_tables, 7);
    assert_ptr_equal(part->base, f.whole);
    assert_ptr_equal(tasks->whole, table_of(f.whole, "tasks"));
    assert_int_equal(tasks->n_columns, 6);
    assert_int_equal(tasks->n_readable, 5);
    assert_int_equal(table_column(tasks, slice_from("hidden")), 5);
    assert_int_equal(column_of(tasks, "hidden")->rights, RIGHT_INSERT);
    assert_int_equal(column_of(tasks, "title")->rights, RIGHT_SELECT | RIGHT_INSERT | RIGHT_UPDATE);
    assert_string_equal(column_of(tasks, "owner")->preset_insert, "claim('sub')");
    assert_int_equal(tasks->rights, RIGHT_SELECT | RIGHT_INSERT | RIGHT_UPDATE);
    assert_int_equal(table_of(part, "lists")->rights, RIGHT_SELECT | RIGHT_DELETE);
    assert_int_equal(table_of(part, "logs")->n_readable, 0);
    assert_null(catalog_table(part, slice_from("search")));
    assert_int_equal(part_of(&f, "nobody")->n_tables, 0);
    tear_down(&f);
}

/* All of a key's columns must be readable, on both sides. */
static void keys_are_those_of_readable_columns(void **state)
{
    struct fixture f;
    const struct table *tasks, *lists, *pairs, *few;
    (void)state;

    set_up(&f);
    tasks = table_of(part_of(&f, "member"), "tasks");
    lists = table_of(part_of(&f, "member"), "lists");
    pairs = table_of(part_of(&f, "member"), "pairs");
    few = table_of(part_of(&f, "auditor"), "tasks");
    assert_true(has_key_to(tasks, "lists"));
    assert_true(has_key_to(tasks, "tasks"));
    assert_true(has_key_to(table_of(part_of(&f, "member"), "titles"), "lists"));
    assert_int_equal(tasks->n_unique, 1); /* (owner, title) */
    assert_int_equal(tasks->rowid_alias, 0);
    assert_string_equal(tasks->rowid, "\"id\"");
    assert_non_null(tasks->fts);
    for (size_t i = 0; i < lists->n_referring; i++)
        assert_ptr_equal(lists->referring[i]->parent, lists);
    assert_int_equal(pairs->n_key, 0);
    assert_int_equal(few->n_foreign, 0);
    assert_int_equal(few->n_key, 0);
    assert_int_equal(few->rowid_alias, -1);
    assert_string_equal(few->rowid, "rowid");
    assert_non_null(few->fts);
    assert_int_equal(few->fts->rowid_column, -1);
    tear_down(&f);
}

static void names_are_views_where_policies_hold(void **state)
{
    struct fixture f;
    struct catalog *member, *service;
    const struct table *odd;
    (void)state;

    set_up(&f);
    member = part_of(&f, "member");
    service = part_of(&f, "service");
    odd = table_of(member, "odd \"name");
    assert_string_equal(table_of(member, "tasks")->quoted, "temp.\"tasks@0\"");
    assert_string_equal(table_of(member, "tasks")->for_update, "temp.\"tasks@0u\"");
    assert_string_equal(table_of(member, "tasks")->for_delete, "temp.\"tasks@0d\"");
    assert_string_equal(table_of(member, "tasks")->target, "main.\"tasks\"");
    assert_string_equal(odd->quoted, "temp.\"odd \"\"name@0\"");
    assert_string_equal(odd->rowid, "_rowid_");
    assert_string_equal(table_of(member, "lists")->quoted, "main.\"lists\"");
    assert_string_equal(table_of(member, "titles")->quoted, "main.\"titles\"");
    assert_string_equal(table_of(member, "mine")->quoted, "temp.\"mine@0\"");
    assert_string_equal(table_of(service, "tasks")->quoted, "main.\"tasks\"");
    assert_string_equal(table_of(service, "mine")->quoted, "temp.\"mine@2\"");
    assert_int_equal(service->n_tables, f.whole->n_tables);
    assert_int_equal(table_of(service, "tasks")->n_foreign, table_of(f.whole, "tasks")->n_foreign);
    tear_down(&f);
}

/* Its references are the whole one's: the last one frees both, whichever it is. */
static void it_lives_as_long_as_the_whole(void **state)
{
    struct fixture f;
    struct catalog *part;
    (void)state;

    set_up(&f);
    part = catalog_hold(part_of(&f, "member"));
    assert_ptr_equal(part_of(&f, "member"), part);
    catalog_drop(f.whole);
    assert_int_equal(part->n_tables, 7);
    catalog_drop(part);
    access_drop(f.access);
    db_close(f.db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_granted_is_there),
        cmocka_unit_test(keys_are_those_of_readable_columns),
        cmocka_unit_test(names_are_views_where_policies_hold),
        cmocka_unit_test(it_lives_as_long_as_the_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
