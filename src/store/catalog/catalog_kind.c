/*
 * What a declared type means: names that people's databases have, from SQLite's own, PostgreSQL,
 * MySQL, SQL Server, Oracle and Access. A name that is not here is not judged: what its column
 * holds is SQLite's affair.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/catalog/catalog.h"

#include "base/text.h"

/* The longest type that is looked at; a longer one has no standard name. */
#define TYPE_MAX 80

struct named_kind {
    struct slice name;
    enum column_kind kind;
};

/* Whole names, without numbers in parentheses. */
static const struct named_kind names[] = {
    {SLICE_LITERAL("ANY"), KIND_ANY}, /* sqlite.org/stricttables.html §3 */
    {SLICE_LITERAL("REAL"), KIND_REAL},
    {SLICE_LITERAL("DOUBLE"), KIND_REAL},
    {SLICE_LITERAL("DOUBLE PRECISION"), KIND_REAL},
    {SLICE_LITERAL("FLOAT"), KIND_REAL},
    {SLICE_LITERAL("FLOAT4"), KIND_REAL},
    {SLICE_LITERAL("FLOAT8"), KIND_REAL},
    {SLICE_LITERAL("NUMERIC"), KIND_NUMERIC},
    {SLICE_LITERAL("DECIMAL"), KIND_NUMERIC},
    {SLICE_LITERAL("DEC"), KIND_NUMERIC},
    {SLICE_LITERAL("BOOLEAN"), KIND_BOOLEAN},
    {SLICE_LITERAL("BOOL"), KIND_BOOLEAN},
    {SLICE_LITERAL("JSON"), KIND_JSON},
    {SLICE_LITERAL("JSONB"), KIND_JSONB},
    {SLICE_LITERAL("BYTEA"), KIND_BLOB},
    {SLICE_LITERAL("BINARY"), KIND_BLOB},
    {SLICE_LITERAL("BINARY VARYING"), KIND_BLOB},
    {SLICE_LITERAL("VARBINARY"), KIND_BLOB},
    {SLICE_LITERAL("LONG VARBINARY"), KIND_BLOB},
    {SLICE_LITERAL("IMAGE"), KIND_BLOB},
    {SLICE_LITERAL("RAW"), KIND_BLOB},
    {SLICE_LITERAL("LONG RAW"), KIND_BLOB},
    {SLICE_LITERAL("DATE"), KIND_TEXT},
    {SLICE_LITERAL("TIME"), KIND_TEXT},
    {SLICE_LITERAL("TIME WITH TIME ZONE"), KIND_TEXT},
    {SLICE_LITERAL("TIME WITHOUT TIME ZONE"), KIND_TEXT},
    {SLICE_LITERAL("DATETIME"), KIND_TEXT},
    {SLICE_LITERAL("DATETIME2"), KIND_TEXT},
    {SLICE_LITERAL("SMALLDATETIME"), KIND_TEXT},
    {SLICE_LITERAL("DATETIMEOFFSET"), KIND_TEXT},
    {SLICE_LITERAL("TIMESTAMP"), KIND_TEXT},
    {SLICE_LITERAL("TIMESTAMPTZ"), KIND_TEXT},
    {SLICE_LITERAL("TIMESTAMP WITH TIME ZONE"), KIND_TEXT},
    {SLICE_LITERAL("TIMESTAMP WITHOUT TIME ZONE"), KIND_TEXT},
    {SLICE_LITERAL("STRING"), KIND_TEXT},
    {SLICE_LITERAL("XML"), KIND_TEXT},
    {SLICE_LITERAL("URL"), KIND_TEXT},
};

/* Words that whole numbers are declared with, each alone or several together: UNSIGNED BIG INT. */
static const struct slice integer_words[] = {
    SLICE_LITERAL("INT"),      SLICE_LITERAL("INTEGER"),  SLICE_LITERAL("TINYINT"),
    SLICE_LITERAL("SMALLINT"), SLICE_LITERAL("BIGINT"),   SLICE_LITERAL("MEDIUMINT"),
    SLICE_LITERAL("INT2"),     SLICE_LITERAL("INT4"),     SLICE_LITERAL("INT8"),
    SLICE_LITERAL("INT16"),    SLICE_LITERAL("INT32"),    SLICE_LITERAL("INT64"),
    SLICE_LITERAL("UNSIGNED"), SLICE_LITERAL("SIGNED"),   SLICE_LITERAL("BIG"),
    SLICE_LITERAL("ZEROFILL"), SLICE_LITERAL("IDENTITY"),
};

/* In capitals, one blank between words, nothing in parentheses; empty if it is too long. */
static struct slice plain_type(const char *declared, char out[TYPE_MAX])
{
    struct slice type = slice_from(declared);
    size_t n = 0;
    int depth = 0;

    for (size_t i = 0; i < type.len; i++) {
        char c = type.data[i];
        bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '(' || c == ')';

        depth += (c == '(') - (c == ')');
        if (!blank && depth > 0)
            continue;
        if (blank && (n == 0 || out[n - 1] == ' '))
            continue;
        if (n == TYPE_MAX)
            return slice_make(NULL, 0);
        out[n++] = (char)(blank ? ' ' : c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    return text_trim(slice_make(out, n));
}

static bool is_integer_word(struct slice word)
{
    for (size_t i = 0; i < sizeof integer_words / sizeof *integer_words; i++) {
        if (slice_equal(word, integer_words[i]))
            return true;
    }
    return false;
}

static bool all_integer_words(struct slice type)
{
    for (size_t at = 0, end; at < type.len; at = end + 1) {
        for (end = at; end < type.len && type.data[end] != ' ';)
            end++;
        if (!is_integer_word(slice_make(type.data + at, end - at)))
            return false;
    }
    return true;
}

static bool has(struct slice type, const char *word)
{
    struct slice wanted = slice_from(word);

    for (size_t i = 0; i + wanted.len <= type.len; i++) {
        if (text_equal_nocase(slice_make(type.data + i, wanted.len), wanted))
            return true;
    }
    return false;
}

bool catalog_keeps_text(const char *declared)
{
    struct slice type = slice_from(declared);

    if (type.len == 0)
        return true;
    if (has(type, "INT"))
        return false;
    return has(type, "CHAR") || has(type, "CLOB") || has(type, "TEXT") || has(type, "BLOB");
}

/* Text and blobs by SQLite's rules of affinity, in their order (sqlite.org/datatype3.html §3.1):
 * with any of those names a value is kept as it comes. */
static enum column_kind kind_by_affinity(struct slice type)
{
    if (has(type, "INT"))
        return all_integer_words(type) ? KIND_INTEGER : KIND_OTHER;
    if (has(type, "CHAR") || has(type, "CLOB") || has(type, "TEXT"))
        return KIND_TEXT;
    return has(type, "BLOB") ? KIND_BLOB : KIND_OTHER;
}

enum column_kind catalog_kind(const char *declared)
{
    char copy[TYPE_MAX];
    struct slice type;

    if (!declared || !declared[0])
        return KIND_ANY;
    type = plain_type(declared, copy);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (slice_equal(type, names[i].name))
            return names[i].kind;
    }
    return type.len ? kind_by_affinity(type) : KIND_OTHER;
}
