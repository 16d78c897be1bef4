/*
 * What SQL expressions say of their own type.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <stdio.h>

#include "store/catalog/expression_type.h"

static void expect(const char *text, const char *type)
{
    struct slice found = expression_type(slice_from(text), 0);

    if (!slice_is(found, type))
        fail_msg("%s: \"%.*s\", not \"%s\"", text, SLICE_ARG(found), type);
}

static void test_expressions(void **state)
{
    static const struct {
        const char *type;
        const char *texts[16];
    } rows[] = {
        {"BOOLEAN",
         {"TRUE", "a = b", "a<b", "a <> b", "a != b AS x", "NOT a", "a IS NULL", "a IS NOT NULL y",
          "x IN (1, 2)", "x BETWEEN 1 AND 2", "a || b LIKE 'x'", "EXISTS (SELECT 1)", "a AND b",
          "a >> 1 > 2", "(a = b)", "CASE WHEN a THEN TRUE ELSE b IS NULL END"}},
        {"JSON",
         {"json('[1]')", "json_array(1, 2) AS x", "json_array(1) x", "JSON_OBJECT ('a', 1)",
          "json_group_array(a) FILTER (WHERE a = 1)", "json_group_array(a) OVER (ORDER BY b)",
          "a -> 'x'", "a->'$.x'->0 AS y", "coalesce(json_group_array(a), '[]')",
          "iif(a = 1, json(b), NULL)", "(SELECT json_group_array(a) FROM t)",
          "CASE WHEN a THEN json(b) WHEN c THEN NULL ELSE '{}' END x",
          "(SELECT DISTINCT json(x) FROM t WHERE y = 1)", "ifnull(json(a), json_array())"}},
        {"date", {"CAST(a AS date)", "CAST(CASE WHEN a THEN b END AS date) AS x"}},
        {"any type", {"NULL", "'[1]'", "'{\"a\":1}'"}},
        {"decimal(10, 2)", {"CAST(a AS decimal(10, 2))"}},
        {"",
         {"a", "", "a + 1", "-1", "a >> 1", "a || 'x'", "a ->> 'x'", "a -> 'x' ->> 'y'", "count(*)",
          "coalesce(a, json(b))", "t.\"match\"", "sum(a = b)", "CASE WHEN a = b THEN 1 END",
          "(SELECT a = b, c FROM t) + 1"}},
        {"",
         {"((((((((((((a = b))))))))))))", "(", ")", "CASE", "END", "CASE WHEN", "AS", "x AS", "f(",
          "'", "-", "CAST(a)", "\"", "coalesce("}},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t k = 0; k < 16 && rows[i].texts[k]; k++)
            expect(rows[i].texts[k], rows[i].type);
    }
}

static void expect_select(const char *sql, size_t n, const char *types)
{
    struct slice found[8];
    char text[256];
    size_t used = 0;

    select_types(slice_from(sql), found, n, 0);
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s", i ? "," : "",
                                 SLICE_ARG(found[i]));
    if (strcmp(text, types) != 0)
        fail_msg("%s: %s, not %s", sql, text, types);
}

static void test_selects(void **state)
{
    (void)state;

    expect_select("SELECT a, json(b), c = d FROM t WHERE x = y", 3, ",JSON,BOOLEAN");
    expect_select("CREATE VIEW v (p, q) AS WITH x AS (SELECT a = 1) SELECT a, b IS NULL FROM x", 2,
                  ",BOOLEAN");
    expect_select("SELECT json(a), *, b = c FROM t", 4, "JSON,,,BOOLEAN");
    expect_select("SELECT t.*, json(a), b = c FROM t", 4, ",,JSON,BOOLEAN");
    expect_select("SELECT *, *, a = b FROM t", 5, ",,,,BOOLEAN");
    expect_select("SELECT a IS DISTINCT FROM b, json(c) FROM t", 2, "BOOLEAN,JSON");
    expect_select("SELECT json(a), b = c UNION ALL SELECT json(d), 1", 2, "JSON,");
    expect_select("SELECT NULL, NULL UNION SELECT json(a), 'x' UNION SELECT NULL, TRUE", 2,
                  "JSON,");
    expect_select("INSERT INTO t SELECT a = 1 FROM u RETURNING id, a = 2", 2, ",BOOLEAN");
    expect_select("SELECT json(a), json(b), json(c)", 2, "JSON,JSON");
    expect_select("SELECT", 1, "");
    expect_select("VALUES (1)", 1, "");
    expect_select("SELECT (SELECT (SELECT json(1)))", 1, "JSON");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_selects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
