/*
 * Full-text indexes, for the catalogue.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/catalog/catalog_load.h"
#include "store/catalog/ddl.h"

static bool add_fts(struct load *l, struct table *table, const struct table *index, int column)
{
    struct fts_index *fts = load_alloc(l, 1, sizeof *fts);

    if (!fts)
        return false;
    *fts = (struct fts_index){.index = index, .rowid_column = column};
    table->fts = fts;
    return true;
}

/* The table that an index's content comes from, unless another index is over it. */
static bool add_content_fts(struct load *l, struct slice content, struct slice rowid,
                            const struct table *index)
{
    struct table *table = load_find_table(l, content);
    int column = -1;

    if (!table || table->fts)
        return true;
    if (rowid.len) {
        column = load_find_column(table, rowid);
        if (column < 0)
            return true;
    }
    return add_fts(l, table, index, column);
}

/* An FTS5 table searches itself, and the table that its content comes from. */
static bool read_fts(struct load *l, struct table *index)
{
    struct statement *st =
        load_query(l, "SELECT sql FROM sqlite_schema WHERE type='table' AND name=?1 COLLATE NOCASE",
                   index->name);
    bool found = st && statement_step(st, l->error) == STEP_ROW;
    struct slice content, rowid;
    bool is_fts = found && ddl_fts5(statement_bytes(st, 0), &content, &rowid);
    bool ok = true;

    if (is_fts)
        ok = add_fts(l, index, index, -1);
    if (ok && is_fts && content.len)
        ok = add_content_fts(l, content, rowid, index);
    statement_release(st);
    return ok && !error_is_set(l->error);
}

bool load_fts(struct load *l)
{
    for (size_t i = 0; i < l->n_tables; i++) {
        if (l->tables[i].kind != TABLE_VIRTUAL)
            continue;
        if (!read_fts(l, &l->tables[i]))
            return false;
    }
    return true;
}
