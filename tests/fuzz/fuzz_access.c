/*
 * Access files: what is refused has a place, what is taken can be asked, and an expression that is taken
 * stays within the parentheses that are put around it.
 * Built with libFuzzer (make fuzz).
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "fuzz.h"
#include "store/access/access.h"
#include "store/access/access_record.h"
#include "store/catalog/lexer.h"

static void die(const char *what, const char *text)
{
    fprintf(stderr, "%s\n%s\n", what, text);
    abort();
}

/* No token of it closes what it did not open, ends a statement, or runs on into what is put behind it. */
static void look_at_expression(const char *text)
{
    struct lexer x = {.sql = slice_from(text)};
    size_t end = 0;
    int depth = 0;

    for (struct token t = lexer_next(&x); t.kind != TOKEN_END; t = lexer_next(&x)) {
        depth += token_is_char(t, '(') - token_is_char(t, ')');
        if (depth < 0)
            die("it closes a parenthesis", text);
        if (token_is_char(t, ';'))
            die("it ends a statement", text);
        if (t.kind == TOKEN_QUOTED && t.end - t.start != t.text.len + 2)
            die("its quote is open", text);
        end = t.end;
    }
    if (depth != 0)
        die("its parenthesis is open", text);
    if (end != x.sql.len || end == 0)
        die("something is after its last token", text);
}

static void look_at_columns(const struct access_table_rights *rights)
{
    for (size_t i = 0; i < rights->n_columns; i++) {
        const struct access_column_rights *c = &rights->columns[i];

        if (c->preset_insert)
            look_at_expression(c->preset_insert);
        if (c->preset_update)
            look_at_expression(c->preset_update);
        if (c->rights & RIGHT_DELETE)
            die("a column that may be deleted", c->name.data);
    }
}

static void look_at_role(const struct access *access, size_t role, struct arena *arena)
{
    const struct access_record *record = access->record;
    struct access_table_rights rights;

    if (access_role(access, access->roles[role].name) != (int)role)
        die("a role's name", access->roles[role].name.data);
    if (!access->roles[role].is[role])
        die("a role is not itself", access->roles[role].name.data);
    for (size_t i = 0; i < record->n_grants; i++) {
        (void)access_may_execute(access, role, record->grants[i].object);
        if (access_table_rights(access, role, record->grants[i].object, arena, &rights))
            look_at_columns(&rights);
        arena_reset(arena);
    }
}

static void look_at_policies(const struct access *access)
{
    for (size_t i = 0; i < access->n_policies; i++) {
        const struct access_policy *p = &access->policies[i];

        if (p->using)
            look_at_expression(p->using);
        if (p->check)
            look_at_expression(p->check);
        (void)access_has_policies(access, p->table);
        for (size_t role = 0; role < access->n_roles; role++)
            (void)access_policy_holds_for(access, p, role);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct access_file file = {"a.sql", slice_make((const char *)data, size)};
    struct error e = error_none();
    struct access *access;
    struct arena arena;

    if (size > 4096)
        return 0;
    access = access_parse(&file, 1, &e);
    if (!access == !error_is_set(&e))
        die("an error", e.message);
    if (!access && strncmp(e.message, "a.sql:", 6) != 0)
        die("an error without a place", e.message);
    if (!access)
        return 0;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < access->n_roles; i++)
        look_at_role(access, i, &arena);
    look_at_policies(access);
    arena_finish(&arena);
    access_drop(access);
    return 0;
}
