/*
 * Casts: the names that PostgreSQL has for types, and what they are to SQLite.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/ascii.h"
#include "query/sql.h"

/* The longest name with its blanks, "timestamp without time zone", and room for more blanks. */
#define NAME_MAX_LEN 64

/* PostgreSQL's own limits (postgresql.org/docs/current/datatype-character.html, -numeric.html). */
#define LENGTH_MAX 10485760
#define DIGITS_MAX 1000

/* How a value becomes one of a type. */
enum cast_way {
    CAST_TEXT,
    CAST_TEXT_OF,   /* (n): its first n characters */
    CAST_CHARACTER, /* one, if nothing is said */
    CAST_INTEGER,
    CAST_REAL,
    CAST_NUMERIC, /* (p,s): rounded to s digits */
    CAST_BOOLEAN,
    CAST_JSON,
    CAST_DATE,
    CAST_TIME,
    CAST_TIMESTAMP,
};

static const struct {
    struct slice name;
    enum cast_way way;
} names[] = {
    {SLICE_LITERAL("text"), CAST_TEXT},
    {SLICE_LITERAL("name"), CAST_TEXT},
    {SLICE_LITERAL("citext"), CAST_TEXT},
    {SLICE_LITERAL("uuid"), CAST_TEXT},
    {SLICE_LITERAL("varchar"), CAST_TEXT_OF},
    {SLICE_LITERAL("character varying"), CAST_TEXT_OF},
    {SLICE_LITERAL("bpchar"), CAST_TEXT_OF},
    {SLICE_LITERAL("char"), CAST_CHARACTER},
    {SLICE_LITERAL("character"), CAST_CHARACTER},
    {SLICE_LITERAL("int"), CAST_INTEGER},
    {SLICE_LITERAL("integer"), CAST_INTEGER},
    {SLICE_LITERAL("int2"), CAST_INTEGER},
    {SLICE_LITERAL("int4"), CAST_INTEGER},
    {SLICE_LITERAL("int8"), CAST_INTEGER},
    {SLICE_LITERAL("smallint"), CAST_INTEGER},
    {SLICE_LITERAL("bigint"), CAST_INTEGER},
    {SLICE_LITERAL("float"), CAST_REAL},
    {SLICE_LITERAL("float4"), CAST_REAL},
    {SLICE_LITERAL("float8"), CAST_REAL},
    {SLICE_LITERAL("real"), CAST_REAL},
    {SLICE_LITERAL("double"), CAST_REAL},
    {SLICE_LITERAL("double precision"), CAST_REAL},
    {SLICE_LITERAL("numeric"), CAST_NUMERIC},
    {SLICE_LITERAL("decimal"), CAST_NUMERIC},
    {SLICE_LITERAL("bool"), CAST_BOOLEAN},
    {SLICE_LITERAL("boolean"), CAST_BOOLEAN},
    {SLICE_LITERAL("json"), CAST_JSON},
    {SLICE_LITERAL("jsonb"), CAST_JSON},
    {SLICE_LITERAL("date"), CAST_DATE},
    {SLICE_LITERAL("time"), CAST_TIME},
    {SLICE_LITERAL("time without time zone"), CAST_TIME},
    {SLICE_LITERAL("timestamp"), CAST_TIMESTAMP},
    {SLICE_LITERAL("timestamp without time zone"), CAST_TIMESTAMP},
    {SLICE_LITERAL("timestamptz"), CAST_TIMESTAMP},
    {SLICE_LITERAL("timestamp with time zone"), CAST_TIMESTAMP},
};

/* What stands before and after the value, and within substr() or round() where a modifier ends it.
 *
 * The words 'now' and 'subsec' would make an answer of the clock (sqlite.org/lang_datefunc.html
 * §2): without their first letter they are no time, and no time begins with it.
 */
static const struct way {
    const char *before, *after;
    enum column_kind kind;
} ways[] = {
    [CAST_TEXT] = {"CAST(", " AS TEXT)", KIND_TEXT},
    [CAST_TEXT_OF] = {"CAST(", " AS TEXT)", KIND_TEXT},
    [CAST_CHARACTER] = {"CAST(", " AS TEXT)", KIND_TEXT},
    [CAST_INTEGER] = {"CAST(", " AS INTEGER)", KIND_INTEGER},
    [CAST_REAL] = {"CAST(", " AS REAL)", KIND_REAL},
    [CAST_NUMERIC] = {"CAST(", " AS NUMERIC)", KIND_NUMERIC},
    [CAST_BOOLEAN] = {"CASE lower(",
                      ") WHEN '1' THEN 1 WHEN 't' THEN 1 WHEN 'true' THEN 1 WHEN 'y' THEN 1 WHEN "
                      "'yes' THEN 1 WHEN 'on' THEN 1 WHEN '0' THEN 0 WHEN 'f' THEN 0 WHEN 'false' "
                      "THEN 0 WHEN 'n' THEN 0 WHEN 'no' THEN 0 WHEN 'off' THEN 0 END",
                      KIND_BOOLEAN},
    [CAST_JSON] = {"", "", KIND_JSON},
    [CAST_DATE] = {"date(ltrim(", ",'nNsS'))", KIND_TEXT},
    [CAST_TIME] = {"time(ltrim(", ",'nNsS'))", KIND_TEXT},
    [CAST_TIMESTAMP] = {"datetime(ltrim(", ",'nNsS'))", KIND_TEXT},
};

/* PostgreSQL writes booleans as words, rounds numbers, and takes any number but 0 as true; SQLite's
 * CAST does nothing of it. */
static struct way way_from(enum cast_way way, enum column_kind from)
{
    static const struct {
        enum cast_way way;
        enum column_kind from;
        struct way instead;
    } ours[] = {
#define WORDS "CASE ", " WHEN 1 THEN 'true' WHEN 0 THEN 'false' END", KIND_TEXT
        {CAST_TEXT, KIND_BOOLEAN, {WORDS}},
        {CAST_TEXT_OF, KIND_BOOLEAN, {WORDS}},
        {CAST_CHARACTER, KIND_BOOLEAN, {WORDS}},
#undef WORDS
        {CAST_INTEGER, KIND_REAL, {"CAST(round(", ") AS INTEGER)", KIND_INTEGER}},
        {CAST_INTEGER, KIND_NUMERIC, {"CAST(round(", ") AS INTEGER)", KIND_INTEGER}},
        {CAST_INTEGER, KIND_TEXT, {"CAST(CAST(", " AS NUMERIC) AS INTEGER)", KIND_INTEGER}},
        {CAST_BOOLEAN, KIND_REAL, {"(", "<>0)", KIND_BOOLEAN}},
        {CAST_BOOLEAN, KIND_INTEGER, {"(", "<>0)", KIND_BOOLEAN}},
    };

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (ours[i].way == way && ours[i].from == from)
            return ours[i].instead;
    }
    return ways[way];
}

/* The name in small letters with one blank between its words, as PostgreSQL reads it; empty if it
 * is longer than any. */
static struct slice plain_name(struct slice type, char out[NAME_MAX_LEN])
{
    size_t n = 0;

    for (size_t i = 0; i < type.len; i++) {
        char c = ascii_lower(type.data[i]);
        bool follows_word = n > 0 && out[n - 1] != ' ';

        if (c == '\t')
            c = ' ';
        if (c == ' ' && !follows_word)
            continue;
        if (n == NAME_MAX_LEN)
            return slice_make(NULL, 0);
        out[n++] = c;
    }
    return slice_make(out, n);
}

static bool refuse_cast(struct sql *q, struct slice type)
{
    if (q->failed)
        return false;
    error_set(q->error, ERROR_UNSUPPORTED, "a cast to \"%.*s\" is not supported",
              SLICE_SHOWN(type));
    error_hint(q->error,
               "Casts are to text, int, float, numeric, boolean, json, date, time, timestamp "
               "and varchar(n).");
    return sql_give_up(q);
}

static bool find_way(struct sql *q, struct slice type, enum cast_way *out)
{
    char copy[NAME_MAX_LEN];
    struct slice name = plain_name(type, copy);

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (slice_equal(names[i].name, name)) {
            *out = names[i].way;
            return true;
        }
    }
    return refuse_cast(q, type);
}

static bool bad_modifier(struct sql *q, struct slice type)
{
    if (q->failed)
        return false;
    error_set(q->error, ERROR_VALUE, "the type modifier of \"%.*s\" is not possible",
              SLICE_SHOWN(type));
    error_hint(q->error,
               "varchar(n) and char(n) take 1 to %d, numeric(p,s) a precision of 1 to %d "
               "and a scale up to it; other types take none.",
               LENGTH_MAX, DIGITS_MAX);
    return sql_give_up(q);
}

static bool is_within(int n, int most)
{
    return n >= 1 && n <= most;
}

/* varchar(3), char(3) */
static bool is_length(const struct cast_ask *ask, enum cast_way way)
{
    if (way != CAST_TEXT_OF && way != CAST_CHARACTER)
        return false;
    return ask->n_modifiers == 1 && is_within(ask->modifiers[0], LENGTH_MAX);
}

/* numeric(10,2), numeric(10): a scale of 0. */
static bool is_precision(const struct cast_ask *ask, enum cast_way way, int scale)
{
    if (way != CAST_NUMERIC)
        return false;
    return is_within(ask->modifiers[0], DIGITS_MAX) && scale <= ask->modifiers[0];
}

/* varchar(3), numeric(10,2): the function around the cast, and its last argument. */
static void modify(struct sql *q, const struct cast_ask *ask, enum cast_way way,
                   struct sql_cast *cast)
{
    int scale = 0;

    if (ask->n_modifiers > 1)
        scale = ask->modifiers[1];
    if (is_length(ask, way))
        *cast = (struct sql_cast){
            .function = "substr(", .argument = ",1,", .modifier = ask->modifiers[0]};
    else if (is_precision(ask, way, scale))
        *cast = (struct sql_cast){.function = "round(", .argument = ",", .modifier = scale};
    else
        bad_modifier(q, ask->type);
}

struct sql_cast sql_cast_begin(struct sql *q, const struct cast_ask *ask, enum column_kind from)
{
    struct sql_cast cast = {0};
    enum cast_way name = CAST_TEXT;
    struct way way;

    if (ask->type.len == 0)
        return cast;
    if (!find_way(q, ask->type, &name))
        return cast;
    if (ask->n_modifiers > 0)
        modify(q, ask, name, &cast);
    else if (name == CAST_CHARACTER)
        cast = (struct sql_cast){.function = "substr(", .argument = ",1,", .modifier = 1};
    way = way_from(name, from);
    cast.after = way.after;
    cast.kind = way.kind;
    if (cast.function)
        sql_text(q, cast.function);
    sql_text(q, way.before);
    return cast;
}

void sql_cast_end(struct sql *q, const struct sql_cast *cast, enum column_kind *kind)
{
    if (!cast->after)
        return;
    sql_text(q, cast->after);
    if (cast->function) {
        sql_text(q, cast->argument);
        sql_number(q, (size_t)cast->modifier);
        SQL(q, ")");
    }
    *kind = cast->kind;
}
