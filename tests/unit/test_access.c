/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "store/access/access.h"
#include "store/access/access_record.h"
#include "store/catalog/catalog.h"
#include "store/catalog/routine.h"
#include "store/store.h"

/* ---- what the tests ask */

static struct access *parse(const char *text)
{
    const struct access_file file = {"a.sql", slice_from(text)};
    struct error e = error_none();
    struct access *access = access_parse(&file, 1, &e);

    if (!access)
        print_error("%s\n", text);
    unit_no_error(&e);
    assert_non_null(access);
    return access;
}

static void refuses(const char *text, const char *message)
{
    const struct access_file file = {"a.sql", slice_from(text)};
    struct error e = error_none();
    struct access *access = access_parse(&file, 1, &e);

    if (access)
        fail_msg("taken: %s", text);
    if (!strstr(e.message, message))
        fail_msg("%s\n  says:   %s\n  not: %s", text, e.message, message);
    assert_int_equal(e.code, ERROR_FAILURE);
}

static size_t role(const struct access *access, const char *name)
{
    int found = access_role(access, slice_from(name));

    if (found < 0)
        fail_msg("no role %s", name);
    return (size_t)found;
}

/* Letters of the rights: s, i, u, d. */
static void add_rights(struct buf *b, unsigned rights)
{
    for (int i = 0; i < 4; i++) {
        if (rights & 1u << i)
            buf_add_char(b, "siud"[i]);
    }
}

/* "si title:su owner:i=claim('sub')/…": on the table, then on columns, with their presets. */
static void expect_rights(const struct access *access, const char *of, const char *table,
                          const char *expected)
{
    struct access_table_rights rights;
    struct arena arena;
    struct buf b;

    arena_init(&arena, 1 << 20);
    buf_init(&b, 4096);
    assert_true(access_table_rights(access, role(access, of), slice_from(table), &arena, &rights));
    add_rights(&b, rights.rights);
    for (size_t i = 0; i < rights.n_columns; i++) {
        const struct access_column_rights *c = &rights.columns[i];

        if (c->rights == 0 && !c->preset_insert && !c->preset_update)
            continue;
        buf_addf(&b, " %s:", c->name.data);
        add_rights(&b, c->rights);
        if (c->preset_insert)
            buf_addf(&b, "=%s", c->preset_insert);
        if (c->preset_update)
            buf_addf(&b, "/%s", c->preset_update);
    }
    buf_add_char(&b, '\0');
    assert_string_equal(b.data, expected);
    buf_finish(&b);
    arena_finish(&arena);
}

static void expect_right_after(const char *statements, const char *expected)
{
    char text[2048];
    struct access *access;

    snprintf(text, sizeof text, "CREATE ROLE boss; CREATE ROLE member; %s", statements);
    access = parse(text);
    expect_rights(access, "member", "tasks", expected);
    access_drop(access);
}

/* ---- roles */

static void test_roles(void **state)
{
    struct access *a = parse("\xef\xbb\xbf-- roles\n"
                             "CREATE ROLE Anon NOLOGIN; create role \"The Boss\" with bypassrls;;\n"
                             "CREATE ROLE w LOGIN NOINHERIT CONNECTION LIMIT -1 ENCRYPTED PASSWORD "
                             "'x;' VALID UNTIL 'infinity' NOSUPERUSER NOCREATEDB NOCREATEROLE "
                             "NOREPLICATION NOBYPASSRLS;\n"
                             "/* end */ ALTER ROLE anon BYPASSRLS; ALTER ROLE anon NOBYPASSRLS");
    (void)state;

    assert_int_equal(a->n_roles, 3);
    assert_string_equal(a->roles[0].name.data, "anon");
    assert_false(a->roles[0].bypass_rls);
    assert_int_equal(a->roles[0].place.line, 2);
    assert_int_equal(a->roles[0].place.column, 1);
    assert_string_equal(a->roles[1].name.data, "The Boss");
    assert_true(a->roles[1].bypass_rls);
    assert_int_equal(a->roles[1].place.column, 27);
    assert_int_equal(access_role(a, slice_from("Anon")), -1);
    assert_ptr_equal(access_hold(a), a);
    access_drop(a);
    access_drop(a);
    access_drop(NULL);
    assert_null(access_hold(NULL));
}

static void expect_is(const struct access *a, const char *of, const char *expected)
{
    char text[256] = "";

    for (size_t i = 0; i < a->n_roles; i++) {
        if (a->roles[role(a, of)].is[i])
            strcat(strcat(text, a->roles[i].name.data), " ");
    }
    assert_string_equal(text, expected);
}

static void test_membership(void **state)
{
    struct access *a = parse("CREATE ROLE a; CREATE ROLE b; CREATE ROLE c IN ROLE b; CREATE ROLE d;"
                             "CREATE ROLE n NOINHERIT IN ROLE a; CREATE ROLE o IN ROLE n;"
                             "CREATE ROLE p ROLE d; CREATE ROLE q;"
                             "GRANT a TO b; GRANT a, c TO d, o; REVOKE a FROM d CASCADE;"
                             "GRANT c TO q WITH ADMIN OPTION, INHERIT FALSE, SET TRUE;"
                             "GRANT b TO q; REVOKE a FROM q;");
    (void)state;

    expect_is(a, "a", "a ");
    expect_is(a, "b", "a b ");
    expect_is(a, "c", "a b c ");
    expect_is(a, "d", "a b c d p ");
    expect_is(a, "n", "n ");
    expect_is(a, "o", "a b c n o ");
    expect_is(a, "q", "a b q ");
    access_drop(a);
}

static void test_bad_roles(void **state)
{
    (void)state;

    refuses("CREATE ROLE member; GRANT SELECT ON t TO membre",
            "a.sql:1:42: role \"membre\" was not created before this, perhaps you meant member");
    refuses("CREATE ROLE a;\n  CREATE ROLE A;",
            "a.sql:2:15: role \"a\" already exists, from a.sql:1");
    refuses("CREATE ROLE public", "a.sql:1:13: role name \"public\" is reserved");
    refuses("CREATE ROLE \"pg_x\"", "reserved");
    refuses("CREATE ROLE a BYPASSRSL",
            "a.sql:1:15: BYPASSRSL is no option of a role, perhaps you meant BYPASSRLS");
    refuses("CREATE ROLE a SUPERUSER", "a.sql:1:15: SUPERUSER is not here");
    refuses("CREATE ROLE a CONNECTION 5", "expected LIMIT, not 5");
    refuses("CREATE ROLE a PASSWORD", "expected a value, not the end of the file");
    refuses("CREATE ROLE 'a'", "a.sql:1:13: expected the name of a role, not 'a'");
    refuses("CREATE ROLE \"\"", "expected the name of a role, not \"\"");
    refuses("CREATE ROLE 7a", "expected the name of a role, not 7a");
    refuses("CREATE ROLE", "expected the name of a role, not the end of the file");
    refuses("CREATE ROLE \"a", "a.sql:1:13: a quote that is not closed");
    refuses("CREATE ROLE a /* b", "a.sql:1:14: a comment after this is not closed");
    refuses("CREATE ROLE a; -- /*\n/* b /*", "a comment after this is not closed");
    refuses("ALTER ROLE a BYPASSRLS", "role \"a\" was not created");
    refuses("CREATE ROLE a; CREATE ROLE b IN ROLE a; GRANT b TO a",
            "a.sql:1:47: role \"b\" is a member of role \"a\"");
    refuses("CREATE ROLE a; GRANT a TO a", "role \"a\" is a member of role \"a\"");
    refuses("CREATE ROLE a; GRANT a TO PUBLIC", "role \"public\" was not created");
    refuses("CREATE ROLE a; CREATE ROLE b; GRANT a TO b WITH GRANT OPTION",
            "expected ADMIN, INHERIT or SET, not GRANT");
    refuses("CREATE ROLE a; CREATE ROLE b; GRANT a TO b WITH INHERIT 1", "OPTION, TRUE or FALSE");
    refuses("CREATE ROLE a; REVOKE ADMIN OPTION FOR a FROM b", "there is no right to grant");
    refuses("CREATE ROLE ä; GRANT ä TO ö", "a.sql:1:27: role");
}

/* ---- rights */

static void test_rights(void **state)
{
    (void)state;

    expect_right_after("GRANT SELECT, insert ON tasks TO member", "si");
    expect_right_after("GRANT ALL PRIVILEGES ON TABLE public.Tasks, main.\"lists\" TO member",
                       "siud");
    expect_right_after("GRANT ALL ON [lists] TO member", "");
    expect_right_after("GRANT ALL ON ALL TABLES IN SCHEMA public TO boss, PUBLIC", "siud");
    expect_right_after("GRANT SELECT, UPDATE (title, done) ON tasks TO member WITH GRANT OPTION",
                       "s title:u done:u");
    expect_right_after("GRANT ALL (id) ON tasks TO member", " id:siu");
    expect_right_after("GRANT ALL ON tasks TO member; REVOKE DELETE, UPDATE ON tasks FROM member",
                       "si");
    expect_right_after("GRANT SELECT ON ALL TABLES IN SCHEMA main TO member;"
                       "REVOKE SELECT ON tasks FROM member; GRANT DELETE ON tasks TO member",
                       "d");
    expect_right_after("REVOKE ALL ON tasks FROM member; GRANT SELECT ON tasks TO member", "s");
    expect_right_after("GRANT SELECT ON tasks TO boss, PUBLIC; REVOKE SELECT ON tasks FROM member",
                       "s");
    expect_right_after("GRANT SELECT (id, Id, title), UPDATE (id) ON tasks TO member;"
                       "REVOKE SELECT (ID) ON tasks FROM member RESTRICT",
                       " id:u title:s");
    expect_right_after("GRANT SELECT (id), UPDATE (id) ON tasks TO member;"
                       "REVOKE SELECT ON tasks FROM member",
                       " id:u");
    expect_right_after(
        "GRANT boss TO member; GRANT SELECT (id) ON tasks TO boss;"
        "GRANT SELECT (title), DELETE ON tasks TO member; GRANT UPDATE ON tasks TO PUBLIC",
        "ud title:s id:s");
    /* What PostgreSQL knows, and nothing here has. */
    expect_right_after(
        "GRANT TRUNCATE, TRIGGER, REFERENCES (id), SELECT, MAINTAIN ON tasks TO member;"
        "GRANT USAGE ON SCHEMA public TO member;"
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO member;"
        "GRANT ALL ON SEQUENCE tasks TO member",
        "s");
}

static void test_presets(void **state)
{
    (void)state;

    expect_right_after(
        "GRANT INSERT (title, owner DEFAULT claim('sub') /* who */) ON tasks TO member",
        " title:i owner:i=claim('sub')");
    expect_right_after("GRANT INSERT, INSERT (owner DEFAULT claim('sub')), "
                       "UPDATE (t DEFAULT coalesce(1, (2)) -- )\n ) ON tasks TO member",
                       "i owner:i=claim('sub') t:u/coalesce(1, (2))");
    /* Whoever may set it freely does. */
    expect_right_after("GRANT boss TO member; GRANT INSERT (owner DEFAULT 1) ON tasks TO member;"
                       "GRANT INSERT ON tasks TO boss",
                       "i owner:i");
    expect_right_after(
        "GRANT boss TO member; GRANT INSERT (owner DEFAULT 1) ON tasks TO member;"
        "GRANT UPDATE ON tasks TO boss; GRANT INSERT (owner DEFAULT 2) ON tasks TO boss",
        "u owner:i=1");
    expect_right_after(
        "GRANT INSERT (owner DEFAULT 1), UPDATE (owner DEFAULT 3) ON tasks TO member;"
        "GRANT INSERT (owner DEFAULT 2) ON tasks TO member;",
        " owner:iu=2/3");
    expect_right_after(
        "GRANT INSERT (owner DEFAULT 1), UPDATE (owner DEFAULT 3) ON tasks TO member;"
        "REVOKE INSERT ON tasks FROM member;",
        " owner:u/3");
}

static void test_routines(void **state)
{
    struct access *a = parse("CREATE ROLE a; CREATE ROLE b; CREATE ROLE c; GRANT b TO c;"
                             "GRANT EXECUTE ON FUNCTION overdue(text, int), public.\"by-tag\" TO b;"
                             "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO a;"
                             "REVOKE ALL ON ROUTINE overdue() FROM a; GRANT ALL ON t TO c");
    (void)state;

    assert_true(access_may_execute(a, 0, slice_from("by-tag")));
    assert_false(access_may_execute(a, 0, slice_from("overdue")));
    assert_true(access_may_execute(a, 2, slice_from("Overdue")));
    assert_true(access_may_execute(a, 2, slice_from("by-tag")));
    assert_false(access_may_execute(a, 2, slice_from("t")));
    expect_rights(a, "a", "overdue", "");
    access_drop(a);
}

static void test_bad_rights(void **state)
{
    (void)state;

    refuses("GRANT SELCT ON t TO PUBLIC",
            "a.sql:1:7: SELCT is no privilege, perhaps you meant SELECT");
    refuses("GRANT \"SELECT\" ON t TO PUBLIC", "is no privilege");
    refuses("GRANT SELECT t TO PUBLIC", "a.sql:1:14: expected ON, not t");
    refuses("CREATE ROLE a; GRANT SELECT TO a", "role \"select\" was not created");
    refuses("GRANT ON t TO PUBLIC", "expected ON, not t");
    refuses("GRANT SELECT ON t", "expected TO, not the end of the file");
    refuses("GRANT SELECT ON t TO", "expected the name of a role, or PUBLIC");
    refuses("GRANT SELECT ON t FROM PUBLIC", "expected TO, not FROM");
    refuses("REVOKE SELECT ON t TO PUBLIC", "expected FROM, not TO");
    refuses("GRANT SELECT ON t TO PUBLIC GRANT SELECT ON u TO PUBLIC",
            "a.sql:1:29: expected the end");
    refuses("GRANT SELECT ON other.t TO PUBLIC",
            "a.sql:1:17: there is no schema other: public or main");
    refuses("GRANT SELECT ON ALL TABLES IN SCHEMA other TO PUBLIC", "there is no schema other");
    refuses("GRANT SELECT ON ALL TABLES TO PUBLIC", "expected IN SCHEMA, not TO");
    refuses("GRANT SELECT ON ALL VIEWS IN SCHEMA public TO PUBLIC",
            "expected TABLES, FUNCTIONS or SEQUENCES, not VIEWS");
    refuses("GRANT SELECT (id) ON ALL TABLES IN SCHEMA public TO PUBLIC",
            "columns are those of a table that is named");
    refuses("GRANT DELETE (id) ON t TO PUBLIC", "DELETE is not given by column");
    refuses("GRANT SELECT () ON t TO PUBLIC", "expected the name of a column, not )");
    refuses("GRANT SELECT (id ON t TO PUBLIC", "expected ), not ON");
    refuses("GRANT member (id) TO PUBLIC", "member is no privilege");
    refuses("GRANT EXECUTE ON t TO PUBLIC", "EXECUTE is no privilege of a table");
    refuses("GRANT SELECT ON FUNCTION f TO PUBLIC", "SELECT is no privilege of a query");
    refuses("GRANT USAGE, CREATE, SELECT ON SCHEMA public TO PUBLIC",
            "SELECT is no privilege of a schema");
    refuses("GRANT EXECUTE ON FUNCTION f(a TO PUBLIC", "expected ), not the end of the file");
    refuses("GRANT SELECT (id DEFAULT 1) ON t TO PUBLIC",
            "a.sql:1:18: DEFAULT is for the columns of INSERT or of UPDATE");
    refuses("GRANT ALL (id DEFAULT 1) ON t TO PUBLIC", "DEFAULT is for");
    refuses("REVOKE INSERT (id DEFAULT 1) ON t FROM PUBLIC", "no DEFAULT");
    refuses("GRANT INSERT (id DEFAULT) ON t TO PUBLIC", "expected an expression, not )");
    refuses("GRANT INSERT (id DEFAULT (1) ON t TO PUBLIC", "expected the closing parenthesis");
    refuses("GRANT INSERT (id DEFAULT 1; 2) ON t TO PUBLIC",
            "the closing parenthesis of an expression, not ;");
    refuses("REVOKE GRANT OPTION FOR SELECT ON t FROM PUBLIC", "there is no right to grant");
    refuses("CREATE ROLE m; GRANT ALL ON ALL TABLES IN SCHEMA public TO m; REVOKE SELECT (secret) "
            "ON t FROM m",
            "a.sql:1:78: the right is on the whole of t");
    refuses("GRANT SELECT ON t TO PUBLIC WITH HIERARCHY", "expected GRANT OPTION, not HIERARCHY");
}

/* ---- policies */

static void test_policies(void **state)
{
    struct access *a = parse(
        "CREATE ROLE a; CREATE ROLE b IN ROLE a; CREATE ROLE c;\n"
        "CREATE POLICY p ON Tasks;\n"
        "CREATE POLICY \"P\" ON public.tasks AS PERMISSIVE FOR SELECT TO a, c USING (\n"
        "  -- the owner's ( own\n"
        "  owner = claim('sub') OR (id IN (SELECT task FROM [a)b])) -- done\n"
        ");\n"
        "create policy q on tasks as restrictive for update to public, a using (1) with check (x = "
        "')');\n"
        "CREATE POLICY p ON lists FOR INSERT WITH CHECK (true);\n"
        "ALTER TABLE notes ENABLE ROW LEVEL SECURITY; ALTER TABLE IF EXISTS ONLY notes FORCE ROW "
        "LEVEL "
        "SECURITY; ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY;\n"
        "ALTER TABLE lists ENABLE ROW LEVEL SECURITY; ALTER TABLE lists DISABLE ROW LEVEL "
        "SECURITY;\n"
        "ALTER VIEW v SET (security_invoker = true); ALTER VIEW w SET (security_invoker);\n"
        "ALTER VIEW x SET (security_invoker = on); ALTER VIEW x SET (security_invoker = false)");
    const struct access_policy *p = a->policies;
    (void)state;

    assert_int_equal(a->n_policies, 4);
    assert_true(p[0].everyone);
    assert_int_equal(p[0].rights, RIGHTS_ALL);
    assert_null(p[0].using);
    assert_null(p[0].check);

    assert_string_equal(p[1].name.data, "P");
    assert_string_equal(p[1].using, "owner = claim('sub') OR (id IN (SELECT task FROM [a)b]))");
    assert_int_equal(p[1].place.line, 3);
    assert_int_equal(p[1].using_place.line, 5);
    assert_int_equal(p[1].using_place.column, 3);
    assert_int_equal(p[1].rights, RIGHT_SELECT);
    assert_false(p[1].everyone);
    assert_false(p[1].restrictive);
    assert_true(access_policy_holds_for(a, &p[1], 0));
    assert_true(access_policy_holds_for(a, &p[1], 1));
    assert_true(access_policy_holds_for(a, &p[1], 2));

    assert_true(p[2].restrictive);
    assert_true(p[2].everyone);
    assert_string_equal(p[2].table.data, "tasks");
    assert_string_equal(p[2].using, "1");
    assert_string_equal(p[2].check, "x = ')'");
    assert_true(access_policy_holds_for(a, &p[2], 2));

    assert_null(p[3].using);
    assert_string_equal(p[3].check, "true");

    assert_true(access_has_policies(a, slice_from("TASKS")));
    assert_true(access_has_policies(a, slice_from("notes")));
    assert_false(access_has_policies(a, slice_from("lists")));
    assert_false(access_has_policies(a, slice_from("users")));
    assert_true(access_view_is_invoker(a, slice_from("V")));
    assert_true(access_view_is_invoker(a, slice_from("w")));
    assert_false(access_view_is_invoker(a, slice_from("x")));
    access_drop(a);
}

static void test_policies_of_roles(void **state)
{
    struct access *a = parse("CREATE ROLE a; CREATE ROLE b NOINHERIT IN ROLE a;"
                             "CREATE POLICY p ON t TO a USING (1)");
    (void)state;

    assert_true(access_policy_holds_for(a, a->policies, 0));
    assert_false(access_policy_holds_for(a, a->policies, 1));
    access_drop(a);
}

static void test_bad_policies(void **state)
{
    (void)state;

    refuses("CREATE POLICY p ON t;\nCREATE POLICY P ON public.T;",
            "a.sql:2:15: policy \"p\" for table \"T\" already exists, from a.sql:1");
    refuses("CREATE POLICY ON t", "a.sql:1:18: expected ON, not t");
    refuses("CREATE POLICY p t", "expected ON, not t");
    refuses("CREATE POLICY p ON t AS LAX", "expected PERMISSIVE or RESTRICTIVE, not LAX");
    refuses("CREATE POLICY p ON t FOR TRUNCATE", "expected ALL, SELECT, INSERT, UPDATE or DELETE");
    refuses("CREATE POLICY p ON t TO", "expected the name of a role, or PUBLIC");
    refuses("CREATE POLICY p ON t TO x", "role \"x\" was not created");
    refuses("CREATE POLICY p ON t FOR INSERT USING (1)",
            "a.sql:1:33: only WITH CHECK expression allowed for INSERT");
    refuses("CREATE POLICY p ON t FOR SELECT USING (1) WITH CHECK (1)",
            "a.sql:1:43: WITH CHECK cannot be applied to SELECT or DELETE");
    refuses("CREATE POLICY p ON t FOR DELETE WITH CHECK (1)", "WITH CHECK cannot be applied");
    refuses("CREATE POLICY p ON t USING ()", "expected an expression, not )");
    refuses("CREATE POLICY p ON t USING (a, b)", "expected ), not ,");
    refuses("CREATE POLICY p ON t USING (a; DROP TABLE t)",
            "a.sql:1:30: expected the closing parenthesis");
    refuses("CREATE POLICY p ON t USING (a)) OR (1", "a.sql:1:31: expected what is left of");
    refuses("CREATE POLICY p ON t USING ((a)", "expected the closing parenthesis of an expression");
    refuses("CREATE POLICY p ON t USING (a = ?1)", "a.sql:1:33: there are no parameters here");
    refuses("CREATE POLICY p ON t USING (a = :b)", "there are no parameters here");
    refuses("CREATE POLICY p ON t USING (a = @b)", "there are no parameters here");
    refuses("CREATE POLICY p ON t USING (a = $b)", "there are no parameters here");
    refuses("CREATE POLICY p ON t USING (a /* )", "a comment after this is not closed");
    refuses("CREATE POLICY p ON t USING a", "expected (, not a");
    refuses("CREATE POLICY p ON t WITH CHECK (1) USING (1)", "in this order, not USING");
    refuses("CREATE POLICY p ON t WITH (1)", "expected CHECK, not (");
    refuses("ALTER TABLE t ADD COLUMN x",
            "expected ENABLE, DISABLE or FORCE ROW LEVEL SECURITY, not ADD");
    refuses("ALTER TABLE t ENABLE ROW SECURITY", "expected LEVEL SECURITY, not SECURITY");
    refuses("ALTER TABLE t ENABLE TRIGGER x", "expected ROW LEVEL SECURITY, not TRIGGER");
    refuses("ALTER TABLE IF t ENABLE ROW LEVEL SECURITY", "expected EXISTS, not t");
    refuses("ALTER VIEW v SET (security_barrier = true)",
            "expected security_invoker, not security_barrier");
    refuses("ALTER VIEW v SET (security_invoker = maybe)", "expected true or false, not maybe");
    refuses("ALTER VIEW v RENAME TO w", "expected SET, not RENAME");
}

static void test_bad_statements(void **state)
{
    (void)state;

    refuses("CREATE VIEW v AS SELECT 1", "a.sql:1:1: CREATE VIEW is not for an access file; it "
                                         "holds CREATE ROLE, ALTER ROLE, GRANT");
    refuses("\n\n  GARNT SELECT ON t TO x",
            "a.sql:3:3: GARNT is not for an access file, perhaps you meant GRANT;");
    refuses("CREATE POLCY p ON t",
            "CREATE POLCY is not for an access file, perhaps you meant POLICY;");
    refuses("CREATE\n\tVIEW v", "a.sql:1:1: CREATE  VIEW is not");
    refuses("DROP ROLE x", "DROP ROLE is not for an access file");
    refuses("SELECT 1", "SELECT is not");
    refuses("'x'", "'x' is not");
    refuses("(", "( is not");
    refuses("CREATE", "CREATE is not for an access file");
    refuses("\"CREATE\" ROLE x", "\"CREATE\" is not");
}

static void test_edges(void **state)
{
    const struct access_file files[] = {
        {"1.sql", SLICE_LITERAL("CREATE ROLE a")},
        {"2.sql", SLICE_LITERAL("GRANT SELECT ON t TO a;\n GRANT SELECT ON t TO b")},
    };
    const struct access_file nul = {"nul.sql", slice_make("CREATE ROLE a\0;", 15)};
    struct error e = error_none();
    struct access *access;
    (void)state;

    assert_null(access_parse(files, 2, &e));
    assert_string_equal(e.message,
                        "2.sql:2:23: role \"b\" was not created before this, perhaps you meant a");
    error_clear(&e);
    assert_null(access_parse(&nul, 1, &e));
    assert_string_equal(e.message, "nul.sql:1:14: a NUL byte");
    error_clear(&e);
    access = access_parse(files, 0, &e);
    assert_non_null(access);
    assert_int_equal(access->n_roles, 0);
    assert_false(access_has_policies(access, slice_from("t")));
    access_drop(access);
}

/* More than there may be of each. */
static void test_maximum(void **state)
{
    struct buf b;
    (void)state;

    buf_init(&b, 1 << 22);
    for (int i = 0; i <= 1000; i++)
        buf_addf(&b, "CREATE ROLE r%d;", i);
    buf_add_char(&b, '\0');
    refuses(b.data, "more than 1000 of these");
    buf_clear(&b);
    buf_add_text(&b, "GRANT SELECT ON t0");
    for (int i = 1; i <= 200; i++)
        buf_addf(&b, ", t%d", i);
    buf_add_char(&b, '\0');
    refuses(b.data, "more than 200 in one list");
    buf_clear(&b);
    buf_add_text(&b, "CREATE POLICY p ON t USING (");
    for (int i = 0; i < 40000; i++)
        buf_add_text(&b, "1+");
    buf_add_text(&b, "1)");
    buf_add_char(&b, '\0');
    refuses(b.data, "an expression of more than 65536 bytes");
    buf_finish(&b);
}

/* ---- against a catalogue */

static struct catalog *catalog_of(struct db *db)
{
    struct routine_set *set = routine_set_new(1 << 20);
    struct routine_source *item = arena_zeroed(&set->arena, 1, sizeof *item);
    struct error e = error_none();
    struct catalog *catalog;

    assert_true(routine_parse(&set->arena, "overdue", slice_from("SELECT 1 AS one"), item, &e));
    set->items = item;
    set->n = 1;
    catalog = catalog_load(db, set, &e);
    unit_no_error(&e);
    routine_set_drop(set);
    return catalog;
}

static const struct {
    const char *text, *message; /* NULL: it fits */
} fits[] = {
    {"GRANT ALL ON Tasks, OPEN, lists TO PUBLIC", NULL},
    {"GRANT SELECT (ID, Title), INSERT (title DEFAULT 1) ON tasks TO PUBLIC", NULL},
    {"GRANT SELECT (one) ON open TO PUBLIC; GRANT EXECUTE ON FUNCTION OverDue TO PUBLIC", NULL},
    {"ALTER VIEW open SET (security_invoker = true); ALTER TABLE tasks ENABLE ROW LEVEL SECURITY",
     NULL},
    {"CREATE POLICY p ON tasks USING (nobody_looks)", NULL},
    {"GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC", NULL},
    {"GRANT SELECT ON takss TO PUBLIC",
     "a.sql:1:17: there is no table or view \"takss\", perhaps you meant tasks"},
    {"GRANT SELECT (titel, id) ON tasks TO PUBLIC",
     "a.sql:1:15: tasks has no column \"titel\", perhaps you meant title"},
    {"GRANT EXECUTE ON FUNCTION overdu TO PUBLIC",
     "a.sql:1:27: there is no query \"overdu\", perhaps you meant overdue"},
    {"CREATE POLICY p ON public.task", "a.sql:1:27: there is no table or view \"task\""},
    {"CREATE POLICY p ON open USING (1)",
     "a.sql:1:20: policies are of tables, and this is a view: \"open\""},
    {"ALTER TABLE open ENABLE ROW LEVEL SECURITY", "this is a view"},
    {"ALTER VIEW tasks SET (security_invoker)",
     "a.sql:1:12: security_invoker is of views, and this is a table: \"tasks\""},
    {"ALTER VIEW opne SET (security_invoker)", "\"opne\", perhaps you meant open"},
    {"GRANT SELECT ON thimble_migrations TO PUBLIC",
     "there is no table or view \"thimble_migrations\""},
};

static void test_fits(void **state)
{
    struct db *db =
        unit_open(unit_database(), "CREATE TABLE tasks(id INTEGER PRIMARY KEY, title TEXT);"
                                   "CREATE TABLE lists(id INTEGER PRIMARY KEY);"
                                   "CREATE TABLE thimble_migrations(version INTEGER);"
                                   "CREATE VIEW open AS SELECT 1 AS one");
    struct catalog *catalog = catalog_of(db);
    (void)state;

    for (size_t i = 0; i < sizeof fits / sizeof *fits; i++) {
        struct access *access = parse(fits[i].text);
        struct error e = error_none();
        bool ok = access_fits(access, catalog, &e);

        if (ok != !fits[i].message)
            fail_msg("%s: %s", fits[i].text, ok ? "fits" : e.message);
        if (!ok && !strstr(e.message, fits[i].message))
            fail_msg("%s\n  says: %s\n  not: %s", fits[i].text, e.message, fits[i].message);
        access_drop(access);
    }
    catalog_drop(catalog);
    db_close(db);
}

/* A catalogue is of the access files that it was made with: other ones, and it no longer fits. */
static void test_store(void **state)
{
    const char *path = unit_database();
    struct db *db = unit_open(path, "CREATE TABLE tasks(id INTEGER PRIMARY KEY)");
    struct db_options options = db_options_default();
    struct access *first = parse("CREATE ROLE a; GRANT SELECT ON tasks TO a");
    struct access *second = parse("CREATE ROLE a; CREATE POLICY p ON tasks TO a USING (id = 1)");
    struct access *bad = parse("CREATE ROLE a; GRANT SELECT ON tasks TO a;"
                               "CREATE POLICY p ON tasks TO a USING (absent = 1)");
    struct store_sources sources = {.access = first};
    struct error e = error_none();
    struct catalog *catalog;
    struct store store;
    int64_t version;
    (void)state;

    assert_true(store_open(&store, path, &options, &sources, &e));
    catalog = store_catalog(&store);
    assert_ptr_equal(catalog->access, first);
    assert_true(store_catalog_fits(&store, catalog, catalog->schema_version));
    sources.access = bad;
    assert_false(store_set_sources(&store, db, &sources, &e));
    assert_string_equal(e.message, "a.sql:1:80: no such column: absent");
    assert_true(store_catalog_fits(&store, catalog, catalog->schema_version));
    error_clear(&e);
    sources.access = second;
    assert_true(store_set_sources(&store, db, &sources, &e));
    assert_false(store_catalog_fits(&store, catalog, catalog->schema_version));
    version = catalog->schema_version;
    catalog_drop(catalog);
    catalog = store_catalog_at(&store, db, version, &e);
    assert_ptr_equal(catalog->access, second);
    catalog_drop(catalog);
    store_close(&store);
    db_close(db);
    access_drop(first);
    access_drop(second);
    access_drop(bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_membership),
        cmocka_unit_test(test_bad_roles),
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_presets),
        cmocka_unit_test(test_routines),
        cmocka_unit_test(test_bad_rights),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_policies_of_roles),
        cmocka_unit_test(test_bad_policies),
        cmocka_unit_test(test_bad_statements),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_maximum),
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
