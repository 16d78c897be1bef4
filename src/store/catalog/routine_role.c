/*
 * A named query for a role: its text with the role's views in the place of the tables, by a WITH in
 * front (a common table expression goes before a table of its name, sqlite.org/lang_with.html), its
 * relations with the role's tables.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/catalog/routine_role.h"

#include "base/buf.h"
#include "base/text.h"
#include "store/catalog/lexer.h"

/* ---- the text */

static bool may_be_name(struct token t)
{
    return t.kind == TOKEN_WORD || t.kind == TOKEN_QUOTED;
}

/* Passes what is in parentheses, of which the first is open already. */
static struct token after_parentheses(struct lexer *x)
{
    struct token t = lexer_next(x);

    for (int depth = 1; t.kind != TOKEN_END; t = lexer_next(x)) {
        depth += token_is_char(t, '(') - token_is_char(t, ')');
        if (depth == 0)
            return lexer_next(x);
    }
    return t;
}

/* A WITH that the text begins with: what is between it and its first name ("", "RECURSIVE"), and where
 * that name stands. False: it begins with another word. */
static bool begins_with_with(struct slice text, size_t *names)
{
    struct lexer x = {.sql = text};
    struct token t = lexer_next(&x);

    if (!token_is(t, "with"))
        return false;
    *names = t.end;
    t = lexer_next(&x);
    if (token_is(t, "recursive"))
        *names = t.end;
    return true;
}

/* Does that WITH give the name to something of its own? */
static bool gives_name(struct slice text, size_t names, struct slice name)
{
    struct lexer x = {.sql = text, .at = names};

    for (;;) {
        struct token t = lexer_next(&x);

        if (may_be_name(t) && text_equal_nocase(t.text, name))
            return true;
        t = lexer_next(&x);
        if (token_is_char(t, '(')) /* its columns */
            t = after_parentheses(&x);
        while (t.kind != TOKEN_END && !token_is_char(t, '('))
            t = lexer_next(&x); /* AS NOT MATERIALIZED */
        if (t.kind == TOKEN_END)
            return false;
        if (!token_is_char(after_parentheses(&x), ','))
            return false;
    }
}

static bool mentions(struct slice text, struct slice name)
{
    struct lexer x = {.sql = text};

    for (;;) {
        struct token t = lexer_next(&x);

        if (t.kind == TOKEN_END)
            return false;
        if (may_be_name(t) && text_equal_nocase(t.text, name))
            return true;
    }
}

/* A table of a module is searched by its own name (MATCH): it is left as it is where all of it may be
 * read. */
static bool is_read_whole(const struct table *table, const struct table *whole)
{
    if (!table || whole->kind != TABLE_VIRTUAL)
        return false;
    return !table->has_policies && table->n_readable == whole->n_columns;
}

/* What the role sees of the table. Nothing of one that it may not read: the authorizer says so, but for
 * an index of a table that it may search, which is its table's. */
static void add_view(struct buf *b, const struct table *whole, const struct table *table)
{
    bool is_hidden = !table || table->n_readable == 0;

    buf_addf(b, "%s AS (SELECT ", whole->quoted);
    if (is_hidden) {
        buf_add_text(b, "NULL WHERE FALSE)");
        return;
    }
    for (size_t i = 0; i < table->n_readable; i++)
        buf_addf(b, "%s%s", text_if(i > 0, ","), table->columns[i].quoted);
    buf_addf(b, " FROM %s)", table->quoted);
}

/* Does the statement see the role's view in the place of the table? */
static bool is_covered(struct slice text, const struct table *whole, const struct table *table)
{
    bool is_hidden = !table || table->n_readable == 0;
    size_t names;

    if (!mentions(text, whole->name) || is_read_whole(table, whole))
        return false;
    if (is_hidden && whole->kind != TABLE_VIRTUAL)
        return false;
    return !begins_with_with(text, &names) || !gives_name(text, names, whole->name);
}

/* Every table that the statement mentions, with a comma between and none at the end. */
static void add_views(const struct catalog *role, struct buf *b, struct slice text)
{
    for (size_t i = 0; i < role->base->n_tables; i++) {
        const struct table *whole = &role->base->tables[i];
        const struct table *table = catalog_table(role, whole->name);

        if (!is_covered(text, whole, table))
            continue;
        buf_add_text(b, text_if(b->len > 0, ","));
        add_view(b, whole, table);
    }
}

/* The beginning of the statement, with the views before what it says itself. */
static void add_beginning(struct buf *b, struct slice views, struct slice text)
{
    size_t names = 0;
    bool with = begins_with_with(text, &names);

    if (with)
        buf_add(b, text.data, names);
    else
        buf_add_text(b, "WITH");
    buf_add_char(b, ' ');
    buf_add_slice(b, views);
    buf_add_char(b, with ? ',' : ' ');
    buf_add(b, text.data + names, text.len - names);
}

static bool replace_beginning(struct wrapping *w, struct slice views,
                              const struct routine_part *part, struct routine_part *out)
{
    struct routine_piece *pieces = arena_alloc(w->arena, part->n_pieces * sizeof *pieces);
    char *copy = NULL;
    struct buf b;

    buf_init(&b, ROUTINE_SQL_MAX);
    add_beginning(&b, views, part->pieces[0].sql);
    if (!b.failed)
        copy = arena_copy(w->arena, buf_slice(&b));
    if (pieces && copy) {
        memcpy(pieces, part->pieces, part->n_pieces * sizeof *pieces);
        pieces[0].sql = slice_make(copy, b.len);
        *out = (struct routine_part){pieces, part->n_pieces};
    }
    buf_finish(&b);
    return (pieces && copy) || routine_role_no_memory(w);
}

static bool wrap_part(struct wrapping *w, const struct routine_part *part, struct routine_part *out)
{
    struct buf views, text;
    bool ok = true;

    *out = *part;
    buf_init(&views, ROUTINE_SQL_MAX);
    buf_init(&text, ROUTINE_SQL_MAX);
    routine_part_sql(&text, part);
    if (!text.failed)
        add_views(w->role, &views, buf_slice(&text));
    if (views.failed || text.failed)
        ok = routine_role_no_memory(w);
    else if (views.len > 0)
        ok = replace_beginning(w, buf_slice(&views), part, out);
    buf_finish(&views);
    buf_finish(&text);
    return ok;
}

static const struct routine_source *wrap_source(struct wrapping *w, const struct routine_source *s)
{
    struct routine_source *out = arena_alloc(w->arena, sizeof *out);
    struct routine_part *parts = arena_alloc(w->arena, s->n_parts * sizeof *parts);

    if (!out || !parts) {
        routine_role_no_memory(w);
        return NULL;
    }
    for (size_t i = 0; i < s->n_parts; i++) {
        if (!wrap_part(w, &s->parts[i], &parts[i]))
            return NULL;
    }
    *out = *s;
    out->parts = parts;
    return out;
}

bool routine_for_role(struct arena *arena, const struct catalog *role,
                      const struct routine *routine, struct routine *out, struct error *e)
{
    struct wrapping w = {.arena = arena, .role = role, .error = e};
    const struct table *result = &routine->result;

    *out = *routine;
    if (!routine->source->definer)
        out->source = wrap_source(&w, routine->source);
    if (!out->source)
        return false;
    return routine_role_relations(&w, result, out);
}
