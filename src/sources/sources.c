/* SPDX-License-Identifier: MIT */
#include "sources/sources.h"

#include <string.h>

#include "sources/access.h"
#include "sources/queries.h"
#include "sources/sql_files.h"
#include "store/access/access.h"
#include "store/catalog/catalog.h"
#include "store/catalog/routine.h"

/* The binary's queries are over the binary's migrations, and go with them. */
static struct routine_set *read_queries(const struct config *c, struct error *e)
{
    char queries_dir[SQL_FILES_DIR_MAX], migrations_dir[SQL_FILES_DIR_MAX];
    const char *queries = sql_files_source(c->queries, queries_dir);
    const char *migrations = sql_files_source(c->migrations, migrations_dir);
    bool foreign = strcmp(queries, "builtin") == 0 && strcmp(migrations, "builtin") != 0;

    return queries_load(foreign ? "none" : queries, e);
}

bool sources_load(const struct config *c, struct store_sources *out, struct error *e)
{
    *out = (struct store_sources){.routines = read_queries(c, e)};
    if (out->routines && access_files_load(c->access, &out->access, e))
        return true;
    sources_drop(out);
    return false;
}

static bool compiles(struct db *db, struct routine_set *routines)
{
    struct error ignored = error_none();
    struct catalog *catalog = catalog_load_strict(db, routines, &ignored);

    catalog_drop(catalog);
    return catalog != NULL;
}

bool sources_fit(const struct config *config, struct db *db, struct store_sources *sources,
                 bool *left_out, struct error *e)
{
    char dir[SQL_FILES_DIR_MAX];
    bool builtin = strcmp(sql_files_source(config->queries, dir), "builtin") == 0;

    *left_out = builtin && sources->routines->n > 0 && !compiles(db, sources->routines);
    if (!*left_out)
        return true;
    routine_set_drop(sources->routines);
    sources->routines = queries_load("none", e);
    return sources->routines != NULL;
}

void sources_drop(struct store_sources *sources)
{
    routine_set_drop(sources->routines);
    access_drop(sources->access);
    *sources = (struct store_sources){0};
}
