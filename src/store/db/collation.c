/* SPDX-License-Identifier: MIT */
#include "store/db/collation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/text.h"

struct stand_in {
    struct collations *connection;
    struct stand_in *next;
    char name[];
};

bool collation_is_known(const char *name)
{
    static const char *const known[] = {"BINARY", "NOCASE", "RTRIM"};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (text_equal_nocase(slice_from(name), slice_from(known[i])))
            return true;
    }
    return false;
}

/* A comparison cannot fail in SQLite: the statement is interrupted instead. */
static int cannot_compare(void *context, int a_len, const void *a, int b_len, const void *b)
{
    const struct stand_in *s = context;
    struct collations *c = s->connection;
    (void)a_len, (void)a, (void)b_len, (void)b;

    c->asked = true;
    snprintf(c->name, sizeof c->name, "%s", s->name);
    sqlite3_interrupt(c->handle);
    return 0;
}

/* sqlite.org/c3ref/collation_needed.html. In a database of UTF-16 SQLite asks for its own, too,
 * before it takes that of UTF-8. */
static void provide(void *context, sqlite3 *handle, int encoding, const char *name)
{
    size_t size = strlen(name) + 1;
    struct collations *c = context;
    struct stand_in *s = collation_is_known(name) ? NULL : malloc(sizeof *s + size);
    (void)encoding;

    if (!s)
        return; /* without memory SQLite says that there is none */
    s->connection = c;
    s->next = c->list;
    memcpy(s->name, name, size);
    c->list = s;
    sqlite3_create_collation(handle, s->name, SQLITE_UTF8, s, cannot_compare);
}

void collations_stand_in(struct collations *c, sqlite3 *handle)
{
    c->handle = handle;
    sqlite3_collation_needed(handle, c, provide);
}

void collations_withdraw(struct collations *c)
{
    sqlite3_collation_needed(c->handle, NULL, NULL);
    for (struct stand_in *s = c->list; s; s = s->next)
        sqlite3_create_collation(c->handle, s->name, SQLITE_UTF8, NULL, NULL);
    collations_finish(c);
}

void collations_finish(struct collations *c)
{
    while (c->list) {
        struct stand_in *next = c->list->next;

        free(c->list);
        c->list = next;
    }
    c->handle = NULL;
}

bool collations_refuse(struct collations *c, struct error *e)
{
    c->asked = false;
    error_set(e, ERROR_BROKEN_OBJECT, "no such collation sequence: %s", c->name);
    return error_hint(e, "Leave out what compares or orders by a column with this collation: this "
                         "program has it not.");
}
