/*
 * A named query for a role: its text with the role's views in the place of the tables, by a WITH in
 * front (a common table expression goes before a table of its name, sqlite.org/lang_with.html), its
 * relations with the role's tables.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/buf.h"
#include "base/text.h"
#include "store/catalog/lexer.h"
#include "store/catalog/routine.h"

struct wrapping {
    struct arena *arena;
    const struct catalog *role;
    struct error *error;
};

static bool no_memory(struct wrapping *w)
{
    return error_set(w->error, ERROR_MEMORY, "out of memory");
}

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
    return (pieces && copy) || no_memory(w);
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
        ok = no_memory(w);
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
        no_memory(w);
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

/* ---- the relations */

/* The numbers that the columns have in the role's table: false if it may not read one of them. */
static bool map_columns(const struct table *from, const int *columns, size_t n,
                        const struct table *to, int *out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = table_column(to, from->columns[columns[i]].name);
        if (out[i] < 0 || (size_t)out[i] >= to->n_readable)
            return false;
    }
    return true;
}

/* The role's key that this one stands for: junctions are told by it. */
static const struct foreign_key *map_base(struct wrapping *w, const struct foreign_key *base)
{
    const struct table *child = catalog_table(w->role, base->child->name);

    for (size_t i = 0; child && i < child->n_foreign; i++) {
        if (child->foreign[i]->name == base->name) /* one text, of the whole catalogue's */
            return child->foreign[i];
    }
    return base;
}

/* One side of a key is the result, the other a table: NULL if that is not the role's, or (*failed)
 * without memory. */
static const struct foreign_key *map_key(struct wrapping *w, const struct foreign_key *key,
                                         const struct routine *out, bool is_child, bool *failed)
{
    const struct table *other = is_child ? key->parent : key->child;
    const struct table *table = catalog_table(w->role, other->name);
    struct foreign_key *copy = arena_alloc(w->arena, sizeof *copy);
    int *columns = arena_alloc(w->arena, key->n_columns * sizeof *columns);

    *failed = !copy || !columns;
    if (*failed) {
        no_memory(w);
        return NULL;
    }
    *copy = *key;
    copy->base = map_base(w, key->base);
    if (!table || !map_columns(other, is_child ? key->parent_columns : key->columns, key->n_columns,
                               table, columns))
        return NULL;
    if (is_child) {
        copy->child = &out->result;
        copy->parent = table;
        copy->parent_columns = columns;
    } else {
        copy->parent = &out->result;
        copy->child = table;
        copy->columns = columns;
    }
    return copy;
}

static bool map_keys(struct wrapping *w, const struct foreign_key *const *keys, size_t n,
                     struct routine *out, bool is_child)
{
    const struct foreign_key **list = arena_alloc(w->arena, (n + 1) * sizeof(*list));
    size_t kept = 0;

    if (!list)
        return no_memory(w);
    for (size_t i = 0; i < n; i++) {
        bool failed;

        list[kept] = map_key(w, keys[i], out, is_child, &failed);
        if (failed)
            return false;
        kept += list[kept] != NULL;
    }
    if (is_child) {
        out->result.foreign = list;
        out->result.n_foreign = kept;
    } else {
        out->result.referring = list;
        out->result.n_referring = kept;
    }
    return true;
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
    return map_keys(&w, result->foreign, result->n_foreign, out, true) &&
           map_keys(&w, result->referring, result->n_referring, out, false);
}
