/*
 * The query floor: query strings to trees, trees to SQL, rows to JSON.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "query/grammar.h"
#include "query/json_out.h"
#include "query/plan.h"
#include "store/catalog/catalog.h"
#include "store/db/statement.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char schema[] =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born INTEGER, price REAL,"
    " ok BOOLEAN, meta JSON, raw BLOB, bin JSONB, n NUMERIC, u, g AS (id + 1),"
    " parent INTEGER REFERENCES t (id));"
    "CREATE TABLE \"od\"\"d\" (\"a b\" TEXT, \"c,d\" TEXT, PRIMARY KEY (\"a b\", \"c,d\"));"
    "CREATE TABLE nokey (v);";

static struct db *db;
static struct catalog *catalog;
static const struct table *table;

static int set_up(void **state)
{
    struct error e = error_none();
    (void)state;

    db = unit_open(unit_database(), schema);
    catalog = catalog_load(db, NULL, &e);
    unit_no_error(&e);
    table = catalog_table(catalog, slice_from("t"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    catalog_drop(catalog);
    db_close(db);
    return 0;
}

/* query string → SQL, or the error's code where `sql` begins with '!' */
static const struct {
    const char *query;
    const char *sql;
} plans[] = {
    {"select=id", "SELECT \"id\" FROM \"t\""},
    {"select=id,x:name", "SELECT \"id\",\"name\" FROM \"t\""},
    {"select=id&id=eq.1", "SELECT \"id\" FROM \"t\" WHERE (\"id\"=?)"},
    {"select=id&id=not.eq.1", "SELECT \"id\" FROM \"t\" WHERE NOT (\"id\"=?)"},
    {"select=id&name=neq.x&id=gt.1", "SELECT \"id\" FROM \"t\" WHERE (\"name\"<>?) AND (\"id\">?)"},
    {"select=id&id=in.(1,2,3)", "SELECT \"id\" FROM \"t\" WHERE (\"id\" IN (?,?,?,?))"},
    {"select=id&id=in.()", "SELECT \"id\" FROM \"t\" WHERE (\"id\" IN ())"},
    {"select=id&name=like.a*", "SELECT \"id\" FROM \"t\" WHERE (thimble_like(?,\"name\"))"},
    {"select=id&name=ilike.a*", "SELECT \"id\" FROM \"t\" WHERE (thimble_ilike(?,\"name\"))"},
    {"select=id&born=is.null", "SELECT \"id\" FROM \"t\" WHERE (\"born\" IS NULL)"},
    {"select=id&ok=is.true", "SELECT \"id\" FROM \"t\" WHERE (\"ok\" IS TRUE)"},
    {"select=id&ok=is.not_null", "SELECT \"id\" FROM \"t\" WHERE (\"ok\" IS NOT NULL)"},
    {"select=id&or=(id.eq.1,and(id.gt.2,not.or(ok.is.true,name.eq.z)))",
     "SELECT \"id\" FROM \"t\" WHERE ((\"id\"=?) OR ((\"id\">?) AND NOT ((\"ok\" IS TRUE) OR "
     "(\"name\"=?))))"},
    {"select=id&order=born", "SELECT \"id\" FROM \"t\" ORDER BY \"born\" NULLS LAST"},
    {"select=id&order=born.desc", "SELECT \"id\" FROM \"t\" ORDER BY \"born\" DESC NULLS FIRST"},
    {"select=id&order=born.nullsfirst", "SELECT \"id\" FROM \"t\" ORDER BY \"born\""},
    {"select=id&order=born.desc.nullslast", "SELECT \"id\" FROM \"t\" ORDER BY \"born\" DESC"},
    {"select=id&order=name.desc,id.asc", "SELECT \"id\" FROM \"t\" ORDER BY \"name\" DESC,\"id\""},
    {"select=id&limit=5&offset=2", "SELECT \"id\" FROM \"t\" LIMIT ? OFFSET ?"},
    {"select=id&offset=2", "SELECT \"id\" FROM \"t\" LIMIT ? OFFSET ?"},
    {"select=bin",
     "SELECT CASE WHEN json_valid(\"bin\",10) THEN json(\"bin\") ELSE \"bin\" END FROM \"t\""},
    {"select=id&%22name%22=eq.x", "SELECT \"id\" FROM \"t\" WHERE (\"name\"=?)"},
    {"&&select=id&&", "SELECT \"id\" FROM \"t\""},
    {"select=id&all=true", "SELECT \"id\" FROM \"t\""},

    {"nope=eq.1", "!42703"},
    {"select=nope", "!42703"},
    {"order=nope", "!42703"},
    {"or=(nope.eq.1)", "!42703"},
    {"id=eq.x", "!22P02"},
    {"id=eq.1.5", "!22P02"},
    {"id=eq.", "!22P02"},
    {"id=in.(1,x)", "!22P02"},
    {"select=id&price=eq.x", "SELECT \"id\" FROM \"t\" WHERE (\"price\"=?)"},
    {"select=id&price=eq.word", "SELECT \"id\" FROM \"t\" WHERE (\"price\" IN (?,?))"},
    {"select=id&ok=eq.true", "SELECT \"id\" FROM \"t\" WHERE (\"ok\" IN (?,?))"},
    {"select=id&ok=gt.false", "SELECT \"id\" FROM \"t\" WHERE (\"ok\">?)"},
    {"select=id&raw=eq.???", "SELECT \"id\" FROM \"t\" WHERE (\"raw\"=?)"},
    {"select=id&raw=neq.AAE%3D", "SELECT \"id\" FROM \"t\" WHERE (\"raw\" NOT IN (?,?))"},
    {"select=id&u=eq.007", "SELECT \"id\" FROM \"t\" WHERE (\"u\"=?)"},
    {"select=id&u=eq.7", "SELECT \"id\" FROM \"t\" WHERE (\"u\" IN (?,?))"},
    {"select=id&u=in.(7,007)", "SELECT \"id\" FROM \"t\" WHERE (\"u\" IN (?,?,?,?))"},
    {"select=id&u=isdistinct.7",
     "SELECT \"id\" FROM \"t\" WHERE ((\"u\" NOT IN (?,?) OR \"u\" IS NULL))"},
    {"select=id&u=gte.7", "SELECT \"id\" FROM \"t\" WHERE (((\"u\"<'' AND \"u\">=?) OR \"u\">=?))"},
    {"select=id&u=lt.7", "SELECT \"id\" FROM \"t\" WHERE ((\"u\"<? OR (\"u\">='' AND \"u\"<?)))"},
    {"select=id&meta=eq.{\"a\": 1}",
     "SELECT \"id\" FROM \"t\" WHERE (CASE WHEN json_valid(\"meta\",10) THEN json(\"meta\") ELSE "
     "\"meta\" END=json(?))"},
    {"id=foo.1", "!PGRST100"},
    {"id=eq", "!PGRST100"},
    {"id", "!PGRST100"},
    {"id=", "!PGRST100"},
    {"id=not.", "!PGRST100"},
    {"id=is.perhaps", "!PGRST100"},
    {"id=in.1", "!PGRST100"},
    {"id=in.(1", "!PGRST100"},
    {"id=in.(1)x", "!PGRST100"},
    {"name=in.(%22a", "!PGRST100"},
    {"limit=x", "!PGRST100"},
    {"limit=-1", "!PGRST103"},
    {"limit=", "!PGRST100"},
    {"offset=1.5", "!PGRST100"},
    {"order=id.up", "!PGRST100"},
    {"order=", "!PGRST100"},
    {"order=id,", "!PGRST100"},
    {"select=id,,name", "!PGRST100"},
    {"or=", "!PGRST100"},
    {"or=()", "!PGRST100"},
    {"or=(id.eq.1", "!PGRST100"},
    {"or=(id.eq.1)x", "!PGRST100"},
    {"or=(id)", "!PGRST100"},
    {"and=id.eq.1", "!PGRST100"},
    {"all=maybe", "!PGRST100"},
    {"%zz=eq.1", "!PGRST100"},
    {"name=eq.%ff", "!PGRST100"},
    {"id=cs.{1}", "!0A000"},
    {"id=sl.1", "!0A000"},

    {"select=id&name=match.^a", "SELECT \"id\" FROM \"t\" WHERE (regexp(?,\"name\"))"},
    {"select=id&name=imatch.^a", "SELECT \"id\" FROM \"t\" WHERE (regexpi(?,\"name\"))"},
    {"select=id&name=isdistinct.a", "SELECT \"id\" FROM \"t\" WHERE (\"name\" IS NOT ?)"},
    {"select=id&id=eq(any).{1,2}", "SELECT \"id\" FROM \"t\" WHERE (\"id\"=? OR \"id\"=?)"},
    {"select=id&id=not.lt(all).{1,2}",
     "SELECT \"id\" FROM \"t\" WHERE NOT (\"id\"<? AND \"id\"<?)"},
    {"select=id&id=eq(any).{}", "SELECT \"id\" FROM \"t\" WHERE (FALSE)"},
    {"select=id&name=like(all).{%22a,*%22,b*}",
     "SELECT \"id\" FROM \"t\" WHERE (thimble_like(?,\"name\") AND thimble_like(?,\"name\"))"},
    {"select=id::text", "SELECT CAST(\"id\" AS TEXT) FROM \"t\""},
    {"select=price::int", "SELECT CAST(round(\"price\") AS INTEGER) FROM \"t\""},
    {"select=ok::text", "SELECT CASE \"ok\" WHEN 1 THEN 'true' WHEN 0 THEN 'false' END FROM \"t\""},
    {"select=meta->a->0",
     "SELECT CASE WHEN json_valid(\"meta\",10) THEN \"meta\"->? END FROM \"t\""},
    {"select=id&meta->a=gt.3",
     "SELECT \"id\" FROM \"t\" WHERE (CASE WHEN json_valid(\"meta\",10) THEN \"meta\"->>? END>?)"},
    {"select=id&meta->a=eq.%22x%22",
     "SELECT \"id\" FROM \"t\" WHERE (CASE WHEN json_valid(\"meta\",10) THEN \"meta\"->? END=?)"},
    {"select=born,count()", "SELECT \"born\",count(*) FROM \"t\" GROUP BY 1"},
    {"select=born.max(),price.sum()::int",
     "SELECT max(\"born\"),CAST(round(sum(\"price\")) AS INTEGER) FROM \"t\""},
    {"select=count", "SELECT count(*) FROM \"t\""},
    {"select=id,parent(name)",
     "SELECT t0.\"id\",(SELECT thimble_row(?,c0) FROM (SELECT t1.\"name\" AS c0 FROM \"t\" AS t1 "
     "WHERE t1.\"id\"=t0.\"parent\" LIMIT ?)) FROM \"t\" AS t0"},
    {"select=id,t(id)&t.born=eq.1",
     "SELECT t0.\"id\",(SELECT thimble_rows(?,c0) FROM (SELECT t1.\"id\" AS c0 FROM \"t\" AS t1 "
     "WHERE t0.\"id\"=t1.\"parent\" AND (t1.\"born\"=?))) FROM \"t\" AS t0"},
    {"select=id,...parent(name)",
     "SELECT t0.\"id\",t1.\"name\" FROM \"t\" AS t0 LEFT JOIN \"t\" AS t1 ON "
     "t1.\"id\"=t0.\"parent\""},
    {"select=id,parent!inner()",
     "SELECT t0.\"id\" FROM \"t\" AS t0 WHERE EXISTS(SELECT 1 FROM \"t\" AS t1 WHERE "
     "t1.\"id\"=t0.\"parent\")"},
    {"select=id,parent()&parent=is.null",
     "SELECT t0.\"id\" FROM \"t\" AS t0 WHERE (NOT EXISTS(SELECT 1 FROM \"t\" AS t1 WHERE "
     "t1.\"id\"=t0.\"parent\"))"},
    {"select=id,parent()&order=parent(name).desc",
     "SELECT t0.\"id\" FROM \"t\" AS t0 ORDER BY (SELECT t1.\"name\" FROM \"t\" AS t1 WHERE "
     "t1.\"id\"=t0.\"parent\" LIMIT 1) DESC NULLS FIRST"},
    {"select=id&cursor=", "SELECT \"id\",\"id\" FROM \"t\" ORDER BY \"id\""},
    {"select=id&cursor=&order=born.desc",
     "SELECT \"id\",\"born\",\"id\" FROM \"t\" ORDER BY \"born\" DESC NULLS FIRST,\"id\" DESC"},

    {"id=fts.word", "!0A000"},
    {"id=fts(english).word", "!0A000"},
    {"id=neq(any).{1}", "!PGRST100"},
    {"id=in(any).{1}", "!PGRST100"},
    {"id=eq(some).{1}", "!PGRST100"},
    {"id=eq(any).1", "!PGRST100"},
    {"id=eq(any).{1", "!PGRST100"},
    {"select=id::tsvector", "!0A000"},
    {"select=born->a", "!22P02"},
    {"meta->a=eq.x", "!22P02"},
    {"select=meta->", "!PGRST100"},
    {"select=meta->>a->b", "!PGRST100"},
    {"select=born.median()", "!PGRST100"},
    {"select=id,other(*)", "!PGRST200"},
    {"select=...other(*)", "!PGRST200"},
    {"select=id,parent(*", "!PGRST100"},
    {"parent.name=eq.x", "!PGRST108"},
    {"select=id,x:parent(*),y:parent(id)&parent.name=eq.x", "!PGRST108"},
    {"select=id,parent(*)&order=nope(id)", "!PGRST108"},
    {"select=id,t(*)&order=t(id)", "!PGRST118"},
    {"select=id,kids:t()&kids=eq.1", "!PGRST120"},
    {"cursor=zzz", "!PGRST100"},
    {"cursor=!!", "!PGRST100"},
    {"cursor=&offset=1", "!0A000"},
    {"cursor=&order=meta->a", "!0A000"},
    {"cursor=&select=count()", "!0A000"},
    {"on_conflict=", "!PGRST100"},
    {"columns=a,,b", "!PGRST100"},
};

static bool parse(struct arena *arena, struct slice query, struct query_tree *tree, struct error *e)
{
    struct parameter *parameters;

    return grammar_split(arena, query, &parameters, e) &&
           grammar_parse(arena, parameters, NULL, tree, e);
}

static bool make(struct arena *arena, const char *query, struct plan *plan, struct error *e)
{
    const struct plan_source source = {table, NULL};
    const struct plan_options options = {.aggregates = true};
    struct query_tree tree;

    return parse(arena, slice_from(query), &tree, e) &&
           plan_select(arena, &source, &tree, &options, plan, e);
}

static void queries_become_sql(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(plans); i++) {
        struct error e = error_none();
        struct arena arena;
        struct plan plan;
        bool ok;

        arena_init(&arena, 1 << 20);
        ok = make(&arena, plans[i].query, &plan, &e);
        if (plans[i].sql[0] == '!') {
            if (ok || strcmp(error_code_text(e.code), plans[i].sql + 1) != 0)
                fail_msg("%s: %s %s", plans[i].query, error_code_text(e.code), e.message);
        } else {
            unit_no_error(&e);
            assert_string_equal(plan.sql.data, plans[i].sql);
            struct statement *st = statement_get(db, plan.sql, &e);
            unit_no_error(&e);
            assert_true(statement_bind(st, plan.values, plan.n_values, &e));
            statement_release(st);
        }
        arena_finish(&arena);
    }
}

static void nothing_of_a_request_is_in_the_sql(void **state)
{
    static const char *const queries[] = {"name=eq.MARK",
                                          "name=like.MARK*",
                                          "name=in.(MARK,MARK2)",
                                          "or=(name.eq.MARK,id.eq.77)",
                                          "select=MARK:id",
                                          "name=eq.'MARK",
                                          "limit=77",
                                          "offset=77",
                                          "name=ilike.MARK%25"};
    (void)state;

    for (size_t i = 0; i < COUNT(queries); i++) {
        struct error e = error_none();
        struct arena arena;
        struct plan plan;

        arena_init(&arena, 1 << 20);
        assert_true(make(&arena, queries[i], &plan, &e));
        assert_null(strstr(plan.sql.data, "MARK"));
        assert_null(strstr(plan.sql.data, "77"));
        arena_finish(&arena);
    }
}

static void values_are_read_by_kind(void **state)
{
    struct error e = error_none();
    struct arena arena;
    struct plan plan;
    (void)state;

    arena_init(&arena, 1 << 20);
    assert_true(make(&arena,
                     "id=eq.9223372036854775807&price=eq.0.1&ok=eq.t&raw=eq.AAE%3D&n=eq.5&"
                     "n=eq.5.5&u=eq.x&name=eq.%22q%22&name=like.a%5C*b[*?_%25",
                     &plan, &e));
    assert_int_equal(plan.n_values, 11);
    assert_true(plan.values[0].as.integer == INT64_MAX);
    assert_true(plan.values[1].type == VALUE_REAL && plan.values[1].as.real == 0.1);
    assert_true(plan.values[2].type == VALUE_INTEGER && plan.values[2].as.integer == 1);
    assert_true(slice_is(plan.values[3].as.bytes, "t"));
    assert_true(plan.values[4].type == VALUE_BLOB && plan.values[4].as.bytes.len == 2);
    assert_true(slice_is(plan.values[5].as.bytes, "AAE="));
    assert_int_equal(plan.values[6].type, VALUE_INTEGER);
    assert_int_equal(plan.values[7].type, VALUE_REAL);
    assert_int_equal(plan.values[8].type, VALUE_TEXT);
    assert_true(slice_is(plan.values[9].as.bytes, "\"q\""));
    assert_true(slice_is(plan.values[10].as.bytes, "a\\*b[%?_%"));
    arena_finish(&arena);
}

static void depth_and_number_are_limited(void **state)
{
    static char query[200000];
    struct error e = error_none();
    struct query_tree tree;
    struct arena arena;
    size_t n;
    (void)state;

    arena_init(&arena, 16 << 20);
    n = (size_t)sprintf(query, "and=");
    for (int i = 0; i < grammar_default_limits.nesting + 1; i++)
        n += (size_t)sprintf(query + n, i ? "or(" : "(");
    n += (size_t)sprintf(query + n, "id.eq.1");
    for (int i = 0; i < grammar_default_limits.nesting + 1; i++)
        query[n++] = ')';
    assert_false(parse(&arena, slice_make(query, n), &tree, &e));
    error_clear(&e);
    n = (size_t)sprintf(query, "id=in.(");
    for (int i = 0; i < grammar_default_limits.parts + 1; i++)
        n += (size_t)sprintf(query + n, "%d,", i);
    query[n - 1] = ')';
    assert_false(parse(&arena, slice_make(query, n), &tree, &e));
    error_clear(&e);
    n = (size_t)sprintf(query, "or=(");
    for (int i = 0; i < grammar_default_limits.conditions + 1; i++)
        n += (size_t)sprintf(query + n, "id.eq.%d,", i);
    query[n - 1] = ')';
    assert_false(parse(&arena, slice_make(query, n), &tree, &e));
    assert_int_equal(e.code, ERROR_SYNTAX);
    arena_finish(&arena);
}

/* What the limits allow, SQLite prepares. */
static void the_largest_is_prepared(void **state)
{
    static char query[200000];
    struct error e = error_none();
    struct statement *st;
    struct arena arena;
    struct plan plan;
    size_t n;
    (void)state;

    arena_init(&arena, 16 << 20);
    n = (size_t)sprintf(query, "or=(");
    for (int i = 0; i < grammar_default_limits.conditions - 1; i++)
        n += (size_t)sprintf(query + n, "meta->>a.eq.%d,", i);
    n += (size_t)sprintf(query + n - 1, ")&select=") - 1;
    for (int i = 0; i < 1999; i++)
        n += (size_t)sprintf(query + n, "id,");
    sprintf(query + n, "name");
    assert_true(make(&arena, query, &plan, &e));
    st = statement_get(db, plan.sql, &e);
    unit_no_error(&e);
    statement_release(st);
    arena_finish(&arena);
}

/* Equal shapes, equal text: whatever the values, the names in the answer, the JSON paths. */
static void equal_shapes_are_equal_text(void **state)
{
    static const char *const pairs[][2] = {
        {"select=id,a:name&id=eq.1&limit=2", "select=id,b:name&id=eq.77&limit=900"},
        {"select=meta->a->0&meta->>b=eq.x", "select=meta->long%22key->7&meta->>q=eq.yy"},
        {"id=in.(1,2,3)", "id=in.(4,5,6,7)"},
        {"select=x:parent(name)&x.id=gt.1", "select=y:parent(name)&y.id=gt.2"},
        {"name=match.a", "name=match.^(b|c)*$"},
        {"select=id&cursor=", "select=id&cursor="},
    };
    struct error e = error_none();
    struct arena arena;
    struct plan a, b;
    (void)state;

    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        assert_true(make(&arena, pairs[i][0], &a, &e) && make(&arena, pairs[i][1], &b, &e));
        assert_string_equal(a.sql.data, b.sql.data);
    }
    arena_finish(&arena);
}

static void writes_become_sql(void **state)
{
    const struct assignment set[] = {{.column = 1}, {.column = 5, .merge = true}, {.column = 7}};
    const struct assignment generated = {.column = 10};
    const struct assignment holes[] = {{.column = 0}, {.column = 2, .given = true}, {.column = 2}};
    struct query_tree tree = {.root.limit = -1};
    struct slice key = slice_from("7");
    struct error e = error_none();
    struct arena arena;
    struct plan plan;
    (void)state;

    arena_init(&arena, 1 << 20);
    assert_true(plan_key_filter(&arena, table, &key, 1, &tree.root.filter, &e));
    const struct insert one = {.set = set, .n_set = 1}, none = {.set = NULL};
    const struct insert bad = {.set = &generated, .n_set = 1};
    const struct insert merging = {.set = holes, .n_set = 3, .conflict = CONFLICT_MERGED};
    const struct insert ignoring = {.set = set, .n_set = 1, .conflict = CONFLICT_IGNORED};
    const struct plan_source source = {table, NULL};
    const struct plan_options options = {.aggregates = true};

    assert_true(plan_insert(&arena, table, &one, &tree, RETURNING_IDENTITY, &plan, &e));
    assert_string_equal(plan.sql.data, "INSERT INTO \"t\"(\"name\")VALUES(?) RETURNING \"id\"");
    assert_true(plan_insert(&arena, table, &none, &tree, RETURNING_NOTHING, &plan, &e));
    assert_string_equal(plan.sql.data, "INSERT INTO \"t\" DEFAULT VALUES");
    assert_true(plan_insert(&arena, table, &merging, &tree, RETURNING_NOTHING, &plan, &e));
    assert_string_equal(plan.sql.data,
                        "INSERT INTO \"t\"(\"id\",\"born\")VALUES(?,CASE ? WHEN 1 THEN ? ELSE NULL "
                        "END)ON CONFLICT(\"id\")DO UPDATE SET \"born\"=excluded.\"born\"");
    assert_true(plan_insert(&arena, table, &ignoring, &tree, RETURNING_NOTHING, &plan, &e));
    assert_string_equal(plan.sql.data,
                        "INSERT INTO \"t\"(\"name\")VALUES(?)ON CONFLICT(\"id\")DO NOTHING");
    assert_true(plan_update(&arena, table, set, 3, &tree, RETURNING_NOTHING, &plan, &e));
    assert_string_equal(plan.sql.data,
                        "UPDATE \"t\" SET \"name\"=?,\"meta\"=json_patch(CASE WHEN "
                        "json_valid(\"meta\",10)AND json_type(\"meta\")='object' THEN \"meta\" "
                        "ELSE '{}' END,?),\"bin\"=jsonb(?) WHERE (\"id\"=?)");
    assert_int_equal(plan.n_leading, 3);
    assert_int_equal(plan.n_values, 1);
    assert_true(plan_delete(&arena, table, &tree, RETURNING_NOTHING, &plan, &e));
    assert_string_equal(plan.sql.data, "DELETE FROM \"t\" WHERE (\"id\"=?)");
    assert_true(plan_count(&arena, &source, &tree, &options, &plan, &e));
    assert_string_equal(plan.sql.data, "SELECT count(*) FROM \"t\" WHERE (\"id\"=?)");
    assert_false(plan_insert(&arena, table, &bad, &tree, RETURNING_NOTHING, &plan, &e));
    error_clear(&e);

    const struct table *nokey = catalog_table(catalog, slice_from("nokey"));
    assert_false(plan_key_filter(&arena, nokey, &key, 1, &tree.root.filter, &e));
    error_clear(&e);
    const struct table *odd = catalog_table(catalog, slice_from("od\"d"));
    assert_false(plan_key_filter(&arena, odd, &key, 1, &tree.root.filter, &e));
    assert_int_equal(e.code, ERROR_NO_ROUTE);
    arena_finish(&arena);
}

static void reals_read_back(void **state)
{
    static const struct {
        double value;
        const char *text;
    } shown[] = {{0, "0.0"},
                 {-0.0, "-0.0"},
                 {1, "1.0"},
                 {0.1, "0.1"},
                 {-2.5, "-2.5"},
                 {100, "100.0"},
                 {0.30000000000000004, "0.30000000000000004"},
                 {1e21, "1e+21"},
                 {5e-324, "5e-324"},
                 {123456789.125, "123456789.125"},
                 {1e15, "1e+15"},
                 {0.00001, "0.00001"}};
    struct buf b;
    (void)state;

    buf_init(&b, 100);
    for (size_t i = 0; i < COUNT(shown); i++) {
        buf_clear(&b);
        json_out_real(&b, shown[i].value);
        buf_add_char(&b, '\0');
        assert_string_equal(b.data, shown[i].text);
    }
    srand(1);
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
        double value;

        if (i % 2)
            value = (double)(rand() % 2000000 - 1000000) / 1000;
        else
            memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        buf_clear(&b);
        json_out_real(&b, value);
        buf_add_char(&b, '\0');
        assert_true(strtod(b.data, NULL) == value);
        assert_true(json_valid(slice_from(b.data), 1));
        assert_non_null(strpbrk(b.data, ".e"));
    }
    buf_clear(&b);
    json_out_real(&b, INFINITY);
    assert_true(slice_is(buf_slice(&b), "\"Infinity\""));
    buf_finish(&b);
}

static void json_is_recognised(void **state)
{
    static const char *const good[] = {"0",    "-1.5e+3",    "true",
                                       "null", "\"\"",       "\"\\u00e9\\n\"",
                                       "[]",   "[1,[2,{}]]", " { \"a\" : [ 1 , null ] } "};
    static const char *const bad[] = {"",         " ",           "01",       "1.",  ".5",
                                      "+1",       "tru",         "nul",      "'a'", "\"",
                                      "\"\\x\"",  "\"\\u12g4\"", "[1,]",     "{,}", "{\"a\"}",
                                      "{\"a\":}", "{a:1}",       "[1 2]",    "1 2", "[",
                                      "{\"a\":1", "\"\x01\"",    "\"\xff\"", "NaN", "-"};
    (void)state;

    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(json_valid(slice_from(good[i]), 10));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(json_valid(slice_from(bad[i]), 10));
    assert_true(json_valid(slice_from("[[[1]]]"), 3));
    assert_false(json_valid(slice_from("[[[1]]]"), 2));
}

static void rows_become_json(void **state)
{
    static const struct slice sql =
        SLICE_LITERAL("SELECT 1, 1, 1.5, NULL, 'a\"b', x'00ff', '{\"a\":1}', '{broken', 2, 'text'");
    static const struct output outputs[] = {
        {SLICE_LITERAL("i"), SLICE_LITERAL("\"i\":"), KIND_INTEGER},
        {SLICE_LITERAL("b"), SLICE_LITERAL("\"b\":"), KIND_BOOLEAN},
        {SLICE_LITERAL("r"), SLICE_LITERAL("\"r\":"), KIND_REAL},
        {SLICE_LITERAL("n"), SLICE_LITERAL("\"n\":"), KIND_TEXT},
        {SLICE_LITERAL("t"), SLICE_LITERAL("\"t\":"), KIND_TEXT},
        {SLICE_LITERAL("x"), SLICE_LITERAL("\"x\":"), KIND_BLOB},
        {SLICE_LITERAL("j"), SLICE_LITERAL("\"j\":"), KIND_JSON},
        {SLICE_LITERAL("k"), SLICE_LITERAL("\"k\":"), KIND_JSON},
        {SLICE_LITERAL("c"), SLICE_LITERAL("\"c\":"), KIND_BOOLEAN},
        {SLICE_LITERAL("m"), SLICE_LITERAL("\"m\":"), KIND_INTEGER},
    };
    struct shape shape = {.outputs = outputs, .n = COUNT(outputs)};
    struct error e = error_none();
    struct statement *st = statement_get(db, sql, &e);
    struct buf b;
    (void)state;

    buf_init(&b, 1000);
    assert_int_equal(statement_step(st, &e), STEP_ROW);
    json_out_row(&b, statement_row(st), &shape);
    statement_release(st);
    buf_add_char(&b, '\0');
    assert_string_equal(b.data, "{\"i\":1,\"b\":true,\"r\":1.5,\"n\":null,\"t\":\"a\\\"b\","
                                "\"x\":\"AP8=\",\"j\":{\"a\":1},\"k\":\"{broken\",\"c\":2,"
                                "\"m\":\"text\"}");
    buf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries_become_sql),
        cmocka_unit_test(nothing_of_a_request_is_in_the_sql),
        cmocka_unit_test(values_are_read_by_kind),
        cmocka_unit_test(depth_and_number_are_limited),
        cmocka_unit_test(the_largest_is_prepared),
        cmocka_unit_test(equal_shapes_are_equal_text),
        cmocka_unit_test(writes_become_sql),
        cmocka_unit_test(reals_read_back),
        cmocka_unit_test(json_is_recognised),
        cmocka_unit_test(rows_become_json),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
