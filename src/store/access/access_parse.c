/*
 * The statements of access files, one after another.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include "store/access/access_parser.h"

/* What a set takes in memory at most. */
#define ACCESS_MAX ((size_t)64 << 20)

static const struct statement_kind {
    const char *words[2];
    bool (*read)(struct access_parser *p, struct access_place place);
} kinds[] = {
    {{"CREATE", "ROLE"}, access_create_role}, {{"CREATE", "POLICY"}, access_create_policy},
    {{"ALTER", "ROLE"}, access_alter_role},   {{"ALTER", "TABLE"}, access_alter_table},
    {{"ALTER", "VIEW"}, access_alter_view},   {{"GRANT", NULL}, access_grant},
    {{"REVOKE", NULL}, access_revoke},
};

#define N_KINDS (sizeof kinds / sizeof *kinds)

/* The words that might be meant: first ones, or those after `first`. */
static void offer_words(struct access_nearest *nearest, struct token first, bool has_second)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        const struct statement_kind *kind = &kinds[i];

        if (!has_second)
            access_nearest_offer(nearest, slice_from(kind->words[0]));
        else if (token_is(first, kind->words[0]))
            access_nearest_offer(nearest, slice_from(kind->words[1]));
    }
}

static bool fail_statement(struct access_parser *p, struct access_place place, struct token first)
{
    static const char *const verbs[] = {"CREATE", "ALTER", "DROP"};
    bool has_second = token_is_any(first, verbs, sizeof verbs / sizeof *verbs);
    const struct token *last = has_second ? &p->token : &first;
    struct slice shown = slice_make(p->lexer.sql.data + first.start, last->end - first.start);
    struct access_nearest nearest;

    access_nearest_begin(&nearest, last->text);
    offer_words(&nearest, first, has_second);
    return access_fail(p, place,
                       "%.*s is not for an access file%s; it holds CREATE ROLE, ALTER ROLE, GRANT, "
                       "REVOKE, CREATE POLICY, ALTER TABLE … ROW LEVEL SECURITY and "
                       "ALTER VIEW … SET (security_invoker)",
                       SLICE_SHOWN(shown), access_nearest_end(&nearest));
}

static bool read_statement(struct access_parser *p)
{
    struct access_place place = access_here(p);
    struct token first = p->token;

    if (!access_advance(p))
        return false;
    for (size_t i = 0; i < N_KINDS; i++) {
        const struct statement_kind *kind = &kinds[i];

        if (!token_is(first, kind->words[0]))
            continue;
        if (!kind->words[1] || access_take(p, kind->words[1]))
            return kind->read(p, place);
        if (error_is_set(p->error))
            return false;
    }
    return fail_statement(p, place, first);
}

static bool read_file(struct access_parser *p, const struct access_file *file)
{
    char *name = arena_copy(&p->access->arena, slice_from(file->name));
    const struct access_file kept = {name, file->text};

    if (!name)
        return access_fail_memory(p);
    if (!access_parser_open(p, &kept))
        return false;
    while (p->token.kind != TOKEN_END) {
        bool ok = token_is_char(p->token, ';') ? access_advance(p) : read_statement(p);

        if (!ok)
            return false;
    }
    return !error_is_set(p->error);
}

static bool keep_record(struct access_parser *p)
{
    struct access_record *record = arena_zeroed(&p->access->arena, 1, sizeof *record);

    if (!record)
        return access_fail_memory(p);
    *record = (struct access_record){
        .n_grants = p->grants.n,
        .grants = p->grants.items,
        .n_switches = p->switches.n,
        .switches = p->switches.items,
        .inherits = p->inherits.items,
    };
    p->access->record = record;
    return true;
}

static bool read_all(struct access_parser *p, const struct access_file *files, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!read_file(p, &files[i]))
            return false;
    }
    return access_resolve_roles(p) && access_resolve_policies(p) && keep_record(p);
}

struct access *access_parse(const struct access_file *files, size_t n, struct error *e)
{
    struct access *access = calloc(1, sizeof *access);
    struct access_parser p = {.access = access, .error = e};

    if (!access) {
        error_set(e, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    arena_init(&access->arena, ACCESS_MAX);
    atomic_init(&access->references, 1);
    if (read_all(&p, files, n))
        return access;
    access_drop(access);
    return NULL;
}
