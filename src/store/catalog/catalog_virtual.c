/*
 * Which tables are the inner ones of virtual tables, for the catalogue.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/ascii.h"
#include "base/log.h"
#include "base/text.h"
#include "store/catalog/catalog_load.h"
#include "store/catalog/ddl.h"

/*
 * After a virtual table's name and "_": what each module calls the tables that it keeps its own in
 * (the xShadowName of SQLite's modules; "*" stands for digits). They are never served, whether the
 * module is compiled in or not: who writes to them destroys the index.
 */
static const struct {
    const char *module;
    const char *suffixes[8];
} shadows[] = {
    {"fts1", {"content", "term"}},
    {"fts2", {"content", "segments", "segdir"}},
    {"fts3", {"content", "segments", "segdir", "docsize", "stat"}},
    {"fts4", {"content", "segments", "segdir", "docsize", "stat"}},
    {"fts5", {"data", "idx", "content", "docsize", "config"}},
    {"rtree", {"node", "parent", "rowid"}},
    {"rtree_i32", {"node", "parent", "rowid"}},
    {"geopoly", {"node", "parent", "rowid"}},
    {"spellfix1", {"vocab"}},
    {"vec0",
     {"info", "chunks", "rowids", "auxiliary", "vector_chunks*", "metadatachunks*",
      "metadatatext*"}},
    {"vss0", {"data", "index"}},
};

struct virtual_table {
    struct slice name, module;
    const char *const *suffixes; /* up to NULL; or NULL: the module is not known */
    bool registered;             /* the module is in this build */
    const struct virtual_table *next;
};

static const char *const none[] = {NULL};

static bool is_registered(struct load *l, struct slice module)
{
    struct statement *st =
        load_query(l, "SELECT 1 FROM pragma_module_list WHERE name=?1 COLLATE NOCASE", module);
    bool found = st && statement_step(st, l->error) == STEP_ROW;

    statement_release(st);
    return found;
}

static const char *const *find_suffixes(const struct virtual_table *v)
{
    for (size_t i = 0; i < sizeof shadows / sizeof *shadows; i++) {
        if (text_equal_nocase(v->module, slice_from(shadows[i].module)))
            return shadows[i].suffixes;
    }
    if (v->registered)
        return none;
    return NULL;
}

static bool add_virtual(struct load *l, struct slice name, struct slice module)
{
    struct virtual_table *v = load_alloc(l, 1, sizeof *v);

    if (!v)
        return false;
    v->name = slice_make(load_copy(l, name), name.len);
    v->module = slice_make(load_copy(l, module), module.len);
    v->registered = is_registered(l, v->module);
    v->suffixes = find_suffixes(v);
    v->next = l->virtuals;
    l->virtuals = v;
    return !error_is_set(l->error);
}

/* A virtual table has no page of its own (sqlite.org/fileformat2.html §2.6). */
bool load_virtuals(struct load *l)
{
    static const struct slice sql =
        SLICE_LITERAL("SELECT name,sql FROM sqlite_schema WHERE type='table' AND rootpage=0");
    struct statement *st = statement_get(l->db, sql, l->error);
    enum step step = STEP_FAILED;

    l->virtuals = NULL;
    while (st && (step = statement_step(st, l->error)) == STEP_ROW) {
        struct slice module = ddl_module(statement_bytes(st, 1));

        if (module.len && !add_virtual(l, statement_bytes(st, 0), module))
            break;
    }
    statement_release(st);
    return step == STEP_DONE;
}

static bool are_digits(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!ascii_is_digit(s.data[i]))
            return false;
    }
    return true;
}

/* True if `s` begins with `beginning`, in whatever case. */
static bool begins_nocase(struct slice s, struct slice beginning)
{
    return text_equal_nocase(slice_first(s, beginning.len), beginning);
}

/* "vector_chunks*" and vector_chunks00 */
static bool fits_suffix(struct slice rest, const char *suffix)
{
    size_t len = strcspn(suffix, "*");
    bool numbered = suffix[len] == '*';

    if (!begins_nocase(rest, slice_make(suffix, len)))
        return false;
    rest = slice_after(rest, len);
    if (numbered)
        return are_digits(rest);
    return rest.len == 0;
}

/* What comes after the virtual table's name and "_"; empty: it is no name of a part. */
static struct slice part_name(struct slice name, const struct virtual_table *v)
{
    struct slice rest = {NULL, 0};

    if (name.len <= v->name.len + 1 || !begins_nocase(name, v->name))
        return rest;
    if (name.data[v->name.len] == '_')
        rest = slice_after(name, v->name.len + 1);
    return rest;
}

static bool is_part_of(const struct load *l, struct slice name, const struct virtual_table *v)
{
    struct slice rest = part_name(name, v);

    if (rest.len == 0)
        return false;
    if (!v->suffixes) {
        log_some(l->warnings, LOG_WARN,
                 "%.*s is not served: it looks like a part of %s, whose module %s is not in this "
                 "program",
                 SLICE_ARG(name), v->name.data, v->module.data);
        return true;
    }
    for (const char *const *suffix = v->suffixes; *suffix; suffix++) {
        if (fits_suffix(rest, *suffix))
            return true;
    }
    return false;
}

bool load_is_shadow(const struct load *l, struct slice name)
{
    for (const struct virtual_table *v = l->virtuals; v; v = v->next) {
        if (is_part_of(l, name, v))
            return true;
    }
    return false;
}
