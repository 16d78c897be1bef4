/*
 * The relations of a named query's result, for a role: those that lead to its own tables, by columns that
 * it may read.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/catalog/routine_role.h"

bool routine_role_no_memory(struct wrapping *w)
{
    return error_set(w->error, ERROR_MEMORY, "out of memory");
}

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
        routine_role_no_memory(w);
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
        return routine_role_no_memory(w);
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

bool routine_role_relations(struct wrapping *w, const struct table *result, struct routine *out)
{
    return map_keys(w, result->foreign, result->n_foreign, out, true) &&
           map_keys(w, result->referring, result->n_referring, out, false);
}
