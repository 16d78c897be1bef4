/*
 * What a declared type means: names that people's databases have, from SQLite's own, PostgreSQL,
 * MySQL, SQL Server, Oracle and Access. A name that is not here is not judged: what its column
 * holds is SQLite's affair.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/ascii.h"
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

/* Between the words of a type; parentheses are as good as blanks. */
static bool is_between_words(char c)
{
    static const struct slice between = SLICE_LITERAL(" \t\r\n()");

    return slice_has(between, c);
}

/* In capitals, one blank between words, nothing in parentheses; empty if it is too long. */
static struct slice plain_type(const char *declared, char out[TYPE_MAX])
{
    struct slice type = slice_from(declared);
    size_t n = 0;
    int depth = 0;

    for (size_t i = 0; i < type.len; i++) {
        char c = ascii_upper(type.data[i]);
        bool blank = is_between_words(c);
        bool follows_word = n > 0 && out[n - 1] != ' ';

        depth += (c == '(') - (c == ')');
        if (blank && !follows_word)
            continue;
        if (!blank && depth > 0)
            continue;
        if (n == TYPE_MAX)
            return slice_make(NULL, 0);
        out[n++] = c;
        if (blank)
            out[n - 1] = ' ';
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
        end = at;
        while (end < type.len && type.data[end] != ' ')
            end++;
        if (!is_integer_word(slice_make(type.data + at, end - at)))
            return false;
    }
    return true;
}

/* Does the type have the word in it, wherever? */
static bool type_has(struct slice type, const char *word)
{
    struct slice wanted = slice_from(word);

    for (size_t i = 0; i + wanted.len <= type.len; i++) {
        if (text_equal_nocase(slice_make(type.data + i, wanted.len), wanted))
            return true;
    }
    return false;
}

static bool type_has_any(struct slice type, const char *const *words)
{
    for (; *words; words++) {
        if (type_has(type, *words))
            return true;
    }
    return false;
}

static const char *const text_words[] = {"CHAR", "CLOB", "TEXT", NULL};

bool catalog_keeps_text(const char *declared)
{
    struct slice type = slice_from(declared);

    if (type.len == 0)
        return true;
    if (type_has(type, "INT"))
        return false;
    return type_has_any(type, text_words) || type_has(type, "BLOB");
}

/* Text and blobs by SQLite's rules of affinity, in their order (sqlite.org/datatype3.html §3.1):
 * with any of those names a value is kept as it comes. */
static enum column_kind kind_by_affinity(struct slice type)
{
    if (type_has(type, "INT")) {
        if (all_integer_words(type))
            return KIND_INTEGER;
        return KIND_OTHER;
    }
    if (type_has_any(type, text_words))
        return KIND_TEXT;
    if (type_has(type, "BLOB"))
        return KIND_BLOB;
    return KIND_OTHER;
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
    if (type.len)
        return kind_by_affinity(type);
    return KIND_OTHER;
}
