/* SPDX-License-Identifier: MIT */
#include "store/catalog/catalog.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/access/access.h"
#include "store/catalog/routine.h"

static uint64_t next_number(void)
{
    static _Atomic uint64_t number;

    return atomic_fetch_add_explicit(&number, 1, memory_order_relaxed) + 1;
}

struct catalog *catalog_new(size_t max)
{
    struct catalog *catalog = calloc(1, sizeof *catalog);

    if (!catalog)
        return NULL;
    catalog->number = next_number();
    atomic_init(&catalog->references, 1);
    pthread_mutex_init(&catalog->making, NULL);
    pthread_mutex_init(&catalog->lock, NULL);
    arena_init(&catalog->arena, max);
    return catalog;
}

bool catalog_set_access(struct catalog *catalog, struct access *access, struct error *e)
{
    assert(!catalog->access);
    catalog->parts = arena_zeroed(&catalog->arena, access->n_roles, sizeof *catalog->parts);
    if (!catalog->parts && access->n_roles > 0)
        return error_set(e, ERROR_MEMORY, "the roles do not fit in memory");
    catalog->n_parts = access->n_roles;
    catalog->access = access_hold(access);
    return true;
}

static struct catalog *counted(struct catalog *catalog)
{
    return catalog->base ? catalog->base : catalog;
}

struct catalog *catalog_hold(struct catalog *catalog)
{
    atomic_fetch_add_explicit(&counted(catalog)->references, 1, memory_order_relaxed);
    return catalog;
}

void catalog_free(struct catalog *catalog)
{
    catalog_extra_drop(catalog->extra);
    pthread_mutex_destroy(&catalog->making);
    pthread_mutex_destroy(&catalog->lock);
    arena_finish(&catalog->arena);
    free(catalog);
}

void catalog_forget_parts(struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->n_parts; i++) {
        struct catalog *part =
            atomic_exchange_explicit(&catalog->parts[i], NULL, memory_order_acq_rel);

        if (part)
            catalog_free(part);
    }
}

void catalog_drop(struct catalog *catalog)
{
    unsigned before;

    if (!catalog)
        return;
    catalog = counted(catalog);
    before = atomic_fetch_sub_explicit(&catalog->references, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before > 1)
        return;
    catalog_forget_parts(catalog);
    access_drop(catalog->access);
    routine_set_drop(catalog->set);
    catalog_free(catalog);
}

struct catalog_extra *catalog_extra(struct catalog *catalog)
{
    struct catalog_extra *extra;

    pthread_mutex_lock(&catalog->lock);
    extra = catalog->extra;
    if (extra) {
        extra->used_us = clock_us();
        atomic_fetch_add_explicit(&extra->references, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&catalog->lock);
    return extra;
}

void catalog_extra_drop(struct catalog_extra *extra)
{
    if (extra && atomic_fetch_sub_explicit(&extra->references, 1, memory_order_acq_rel) == 1)
        extra->release(extra);
}

void catalog_begin_extra(struct catalog *catalog)
{
    pthread_mutex_lock(&catalog->making);
}

void catalog_end_extra(struct catalog *catalog, struct catalog_extra *extra)
{
    if (extra) {
        atomic_init(&extra->references, 2);
        extra->used_us = clock_us();
        pthread_mutex_lock(&catalog->lock);
        catalog->extra = extra;
        pthread_mutex_unlock(&catalog->lock);
    }
    pthread_mutex_unlock(&catalog->making);
}

/* Under the lock: nobody gets hold of it meanwhile. */
static bool is_unused(struct catalog_extra *extra, int64_t since_us)
{
    return extra->used_us <= since_us &&
           atomic_load_explicit(&extra->references, memory_order_acquire) == 1;
}

void catalog_forget_extra(struct catalog *catalog, size_t bytes, int64_t since_us)
{
    struct catalog_extra *extra;
    bool for_nothing;

    pthread_mutex_lock(&catalog->lock);
    extra = catalog->extra;
    for_nothing = extra && extra->bytes > bytes && is_unused(extra, since_us);
    if (for_nothing)
        catalog->extra = NULL;
    else
        extra = NULL;
    pthread_mutex_unlock(&catalog->lock);
    catalog_extra_drop(extra);
}

const struct table *catalog_table(const struct catalog *catalog, struct slice name)
{
    size_t low = 0, high = catalog->n_tables;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = slice_compare(name, catalog->tables[middle].name);

        if (order == 0)
            return &catalog->tables[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

int table_column(const struct table *table, struct slice name)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        if (slice_equal(table->columns[i].name, name))
            return (int)i;
    }
    return -1;
}

static const struct unserved *find_unserved(const struct unserved *list, size_t n,
                                            struct slice name)
{
    for (size_t i = 0; i < n; i++) {
        if (slice_equal(list[i].name, name))
            return &list[i];
    }
    return NULL;
}

const struct unserved *catalog_unserved(const struct catalog *catalog, struct slice name)
{
    return find_unserved(catalog->unserved, catalog->n_unserved, name);
}

const struct unserved *table_unserved(const struct table *table, struct slice name)
{
    return find_unserved(table->unserved, table->n_unserved, name);
}

/* How far a name may be for "did you mean": a third of it, but a letter at least. */
static size_t nearness(struct slice name)
{
    if (name.len < 6)
        return 1 + (name.len > 3);
    return name.len / 3;
}

const char *catalog_suggest_table(const struct catalog *catalog, struct slice name)
{
    size_t best = nearness(name) + 1;
    const char *found = NULL;

    for (size_t i = 0; i < catalog->n_tables; i++) {
        size_t distance = text_distance(name, catalog->tables[i].name, best - 1);

        if (distance < best) {
            best = distance;
            found = catalog->tables[i].name.data;
        }
        if (best == 0)
            break;
    }
    return found;
}

const char *table_suggest_column(const struct table *table, struct slice name)
{
    size_t best = nearness(name) + 1;
    const char *found = NULL;

    for (size_t i = 0; i < table->n_columns && best > 0; i++) {
        size_t distance = text_distance(name, table->columns[i].name, best - 1);

        if (distance < best) {
            best = distance;
            found = table->columns[i].name.data;
        }
    }
    return found;
}

const struct routine *catalog_routine(const struct catalog *catalog, struct slice name)
{
    for (size_t i = 0; i < catalog->n_routines; i++) {
        if (slice_equal(catalog->routines[i].source->name, name))
            return &catalog->routines[i];
    }
    return NULL;
}

const char *catalog_suggest_routine(const struct catalog *catalog, struct slice name)
{
    size_t best = nearness(name) + 1;
    const char *found = NULL;

    for (size_t i = 0; i < catalog->n_routines && best > 0; i++) {
        struct slice other = catalog->routines[i].source->name;
        size_t distance = text_distance(name, other, best - 1);

        if (distance < best) {
            best = distance;
            found = other.data;
        }
    }
    return found;
}
