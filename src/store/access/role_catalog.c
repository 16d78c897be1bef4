/* SPDX-License-Identifier: MIT */
#include "store/access/role_catalog.h"

#include "store/access/access.h"
#include "store/access/access_steady.h"
#include "store/access/role_catalog_make.h"
#include "store/access/role_view_text.h"
#include "store/catalog/routine.h"

/* Memory of one role's catalogue. */
#define ROLE_CATALOG_MAX ((size_t)64 << 20)

static bool role_routines(struct making *m)
{
    const struct catalog *whole = m->whole;
    struct routine *routines = making_alloc(m, whole->n_routines, sizeof *routines);
    size_t n = 0;

    if (!routines)
        return false;
    for (size_t i = 0; i < whole->n_routines; i++) {
        const struct routine *routine = &whole->routines[i];

        if (!access_may_execute(whole->access, m->role, routine->source->name))
            continue;
        if (!routine_for_role(&m->part->arena, m->part, routine, &routines[n++], m->error))
            return false;
    }
    m->part->routines = routines;
    m->part->n_routines = n;
    return true;
}

static const char *made_sql(struct making *m,
                            void (*make)(struct buf *b, const struct catalog *role))
{
    const char *text = NULL;
    struct buf b;

    buf_init(&b, ROLE_CATALOG_MAX);
    make(&b, m->part);
    if (!b.failed)
        text = arena_copy(&m->part->arena, buf_slice(&b));
    buf_finish(&b);
    if (!text)
        error_set(m->error, ERROR_MEMORY, "the schema does not fit in memory");
    return text;
}

static bool role_sql(struct making *m)
{
    m->part->views = made_sql(m, role_view_sql);
    m->part->triggers = made_sql(m, role_trigger_sql);
    return m->part->views && m->part->triggers;
}

static uint64_t next_serial(void)
{
    static _Atomic uint64_t serial;

    return atomic_fetch_add_explicit(&serial, 1, memory_order_relaxed) + 1;
}

static struct catalog *make(struct catalog *base, size_t role, struct error *e)
{
    struct catalog *part = catalog_new(ROLE_CATALOG_MAX);
    struct making m = {.whole = base, .part = part, .role = role, .error = e};

    if (!part) {
        error_set(e, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    part->schema_version = base->schema_version;
    part->base = base;
    part->role = role;
    part->access = base->access;
    part->serial = next_serial();
    m.steady = access_is_steady(base->access, base);
    if (role_tables(&m) && role_keys(&m) && role_routines(&m) && role_sql(&m))
        return part;
    catalog_free(part);
    return NULL;
}

/* Two threads may make it at once: the first one's is kept. */
struct catalog *catalog_of_role(struct catalog *base, size_t role, struct error *e)
{
    _Atomic(struct catalog *) *place = &base->parts[role];
    struct catalog *part = atomic_load_explicit(place, memory_order_acquire), *none = NULL;

    if (part)
        return catalog_hold(part);
    part = make(base, role, e);
    if (!part)
        return NULL;
    if (!atomic_compare_exchange_strong_explicit(place, &none, part, memory_order_acq_rel,
                                                 memory_order_acquire)) {
        catalog_free(part);
        part = none;
    }
    return catalog_hold(part);
}
