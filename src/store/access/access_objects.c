/*
 * What rights are granted on: tables, queries; schemas and sequences, which are taken and mean nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/access/access_grant_draft.h"

static const struct on_word {
    const char *one, *all;
    enum on_kind kind;
} on_words[] = {
    {"TABLE", "TABLES", ON_TABLE},           {"FUNCTION", "FUNCTIONS", ON_ROUTINE},
    {"PROCEDURE", "PROCEDURES", ON_ROUTINE}, {"ROUTINE", "ROUTINES", ON_ROUTINE},
    {"SEQUENCE", "SEQUENCES", ON_SEQUENCE},  {"SCHEMA", NULL, ON_SCHEMA},
};

#define N_ON_WORDS (sizeof on_words / sizeof *on_words)

/* ALL TABLES IN SCHEMA public: one object without a name. */
static bool read_all(struct access_parser *p, struct grant_draft *d)
{
    bool found = false;

    d->objects[0] = (struct access_name){.text = slice_from(""), .place = access_here(p)};
    d->n_objects = 1;
    for (size_t i = 0; i < N_ON_WORDS && !found; i++) {
        found = on_words[i].all && access_take(p, on_words[i].all);
        d->kind = on_words[i].kind;
    }
    if (!found)
        return access_fail_expected(p, "TABLES, FUNCTIONS or SEQUENCES");
    if (!access_expect(p, "IN SCHEMA"))
        return false;
    do {
        if (!access_read_schema(p))
            return false;
    } while (access_take_char(p, ','));
    return true;
}

/* A function's arguments, which name it in PostgreSQL; a query is known by its name. */
static bool skip_arguments(struct access_parser *p)
{
    if (!access_take_char(p, '('))
        return !error_is_set(p->error);
    while (!token_is_char(p->token, ')')) {
        if (access_at_end(p))
            return access_fail_expected(p, ")");
        if (!access_advance(p))
            return false;
    }
    return access_advance(p);
}

static bool read_object(struct access_parser *p, struct grant_draft *d)
{
    static const char *const what[] = {
        [ON_TABLE] = "the name of a table",
        [ON_ROUTINE] = "the name of a query",
        [ON_SEQUENCE] = "the name of a sequence",
    };
    struct access_name *out = &d->objects[d->n_objects];

    if (d->n_objects == ACCESS_NAMES_MAX)
        return access_fail(p, access_here(p), "more than %d in one list", ACCESS_NAMES_MAX);
    d->n_objects++;
    if (d->kind == ON_SCHEMA)
        return access_read_schema(p);
    if (!access_read_object(p, what[d->kind], out))
        return false;
    return d->kind != ON_ROUTINE || skip_arguments(p);
}

bool access_read_objects(struct access_parser *p, struct grant_draft *d)
{
    if (access_take(p, "ALL"))
        return read_all(p, d);
    for (size_t i = 0; i < N_ON_WORDS; i++) {
        if (access_take(p, on_words[i].one)) {
            d->kind = on_words[i].kind;
            break;
        }
    }
    do {
        if (!read_object(p, d))
            return false;
    } while (access_take_char(p, ','));
    return !error_is_set(p->error);
}
