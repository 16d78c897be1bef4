/*
 * What is granted: privileges, their columns, and presets in a list of columns:
 * INSERT (title, owner DEFAULT claim('sub')).
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "store/access/access_grant_draft.h"

/* By enum on_kind: of a table, a query, a schema, a sequence. */
static const struct privilege privileges[] = {
    {"SELECT", RIGHT_SELECT, {true, false, false, true}, true},
    {"INSERT", RIGHT_INSERT, {true, false, false, false}, true},
    {"UPDATE", RIGHT_UPDATE, {true, false, false, true}, true},
    {"DELETE", RIGHT_DELETE, {true, false, false, false}, false},
    {"ALL", RIGHTS_ALL, {true, true, true, true}, true},
    {"EXECUTE", 0, {false, true, false, false}, false},
    {"USAGE", 0, {false, false, true, true}, false},
    {"CREATE", 0, {false, false, true, false}, false},
    {"TRUNCATE", 0, {true, false, false, false}, false},
    {"REFERENCES", 0, {true, false, false, false}, true},
    {"TRIGGER", 0, {true, false, false, false}, false},
    {"MAINTAIN", 0, {true, false, false, false}, false},
};

#define N_PRIVILEGES (sizeof privileges / sizeof *privileges)

static const struct privilege *find_privilege(const struct access_name *name)
{
    for (size_t i = 0; i < N_PRIVILEGES && !name->quoted; i++) {
        if (text_equal_nocase(name->text, slice_from(privileges[i].word)))
            return &privileges[i];
    }
    return NULL;
}

static bool fail_privilege(struct access_parser *p, const struct access_name *name)
{
    struct access_nearest nearest;

    access_nearest_begin(&nearest, name->text);
    for (size_t i = 0; i < N_PRIVILEGES; i++)
        access_nearest_offer(&nearest, slice_from(privileges[i].word));
    return access_fail(p, name->place, "%.*s is no privilege%s", SLICE_SHOWN(name->text),
                       access_nearest_end(&nearest));
}

/* owner DEFAULT claim('sub') */
static bool read_preset(struct access_parser *p, const struct grant_draft *d, unsigned rights,
                        struct access_column_rights *column)
{
    struct access_place place = access_here(p);
    const char *text;

    if (d->revokes)
        return access_fail(p, place, "REVOKE takes the right: no DEFAULT");
    if (rights != RIGHT_INSERT && rights != RIGHT_UPDATE)
        return access_fail(p, place, "DEFAULT is for the columns of INSERT or of UPDATE");
    if (!access_advance(p) || !access_read_expression(p, &text, &place))
        return false;
    if (rights == RIGHT_INSERT)
        column->preset_insert = text;
    else
        column->preset_update = text;
    return true;
}

static bool read_column(struct access_parser *p, struct grant_draft *d, unsigned rights)
{
    struct access_granted_column *c;
    struct access_name name;

    if (!access_read_name(p, "the name of a column", &name))
        return false;
    c = access_add(p, &d->columns, sizeof *c, ACCESS_ENTRIES_MAX);
    if (!c)
        return false;
    c->column.name = name.text;
    c->column.rights = rights & ~(unsigned)RIGHT_DELETE;
    c->place = name.place;
    if (token_is(p->token, "DEFAULT"))
        return read_preset(p, d, rights, &c->column);
    return true;
}

static bool read_columns(struct access_parser *p, struct grant_draft *d,
                         const struct access_name *name, const struct privilege *known)
{
    if (!known)
        return fail_privilege(p, name);
    if (!known->of_columns)
        return access_fail(p, name->place, "%s is not given by column", known->word);
    if (!access_advance(p))
        return false;
    do {
        if (!read_column(p, d, known->rights))
            return false;
    } while (access_take_char(p, ','));
    return access_expect_char(p, ')');
}

/* "SELECT (id, title)", "ALL PRIVILEGES"; or the name of a role: that is seen at its end. */
static bool read_item(struct access_parser *p, struct grant_draft *d)
{
    struct access_name *name = &d->names[d->n_names];
    const struct privilege *known;

    if (d->n_names == ACCESS_NAMES_MAX)
        return access_fail(p, access_here(p), "more than %d in one list", ACCESS_NAMES_MAX);
    if (!access_read_name(p, "a privilege or the name of a role", name))
        return false;
    known = d->known[d->n_names] = find_privilege(name);
    d->n_names++;
    if (known && known->rights == RIGHTS_ALL)
        (void)access_take(p, "PRIVILEGES");
    if (token_is_char(p->token, '(')) {
        d->has_columns[d->n_names - 1] = true;
        return read_columns(p, d, name, known);
    }
    if (known)
        d->rights |= known->rights;
    return true;
}

bool access_read_privileges(struct access_parser *p, struct grant_draft *d)
{
    do {
        if (!read_item(p, d))
            return false;
    } while (access_take_char(p, ','));
    return !error_is_set(p->error);
}

bool access_check_privileges(struct access_parser *p, const struct grant_draft *d)
{
    static const char *const kinds[] = {[ON_TABLE] = "a table",
                                        [ON_ROUTINE] = "a query",
                                        [ON_SCHEMA] = "a schema",
                                        [ON_SEQUENCE] = "a sequence"};

    for (size_t i = 0; i < d->n_names; i++) {
        if (!d->known[i])
            return fail_privilege(p, &d->names[i]);
        if (!d->known[i]->on[d->kind])
            return access_fail(p, d->names[i].place, "%s is no privilege of %s", d->known[i]->word,
                               kinds[d->kind]);
        if (d->has_columns[i] && (d->kind != ON_TABLE || d->objects[0].text.len == 0))
            return access_fail(p, d->names[i].place, "columns are those of a table that is named");
    }
    return true;
}
