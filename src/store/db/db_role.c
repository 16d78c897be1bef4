/*
 * A connection's statements are the owner's, or a role's: whose they are, and which roles' views it has.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include <sqlite3.h>

#include "store/catalog/catalog.h"
#include "store/db/db_private.h"
#include "store/db/identity.h"

bool db_as_owner(struct db *db, bool on)
{
    bool before = db->as_owner;

    db->as_owner = on;
    return before;
}

uint64_t db_role_serial(const struct db *db)
{
    const struct identity *who = db->who;
    bool is_role = who && who->catalog && !who->definer && !db->as_owner;

    if (!is_role)
        return 0;
    return who->catalog->serial;
}

const struct statement **db_running(struct db *db)
{
    return &db->running;
}

int64_t *db_row_at_hand(struct db *db)
{
    return &db->row_at_hand;
}

void db_fence(struct db *db, struct fence *fence)
{
    if (fence && !db->authorizer.installed)
        authorizer_install(&db->authorizer, db->handle);
    db->authorizer.fence = fence;
}

/* What was made in the transaction is gone, and what was dropped is back. */
static void forget_views(void *context)
{
    struct role_views_made *views = context;

    for (size_t i = 0; views->unsettled && i < views->n; i++)
        views->serials[i] = 0;
    views->unsettled = false;
}

static bool make_room(struct db *db, size_t n, struct error *e)
{
    struct role_views_made *views = &db->views;
    uint64_t *serials;

    if (n <= views->n)
        return true;
    serials = realloc(views->serials, n * sizeof *serials);
    if (!serials)
        return error_set(e, ERROR_MEMORY, "out of memory");
    for (size_t i = views->n; i < n; i++)
        serials[i] = 0;
    views->serials = serials;
    views->n = n;
    sqlite3_rollback_hook(db->handle, forget_views, views);
    return true;
}

bool db_has_views(const struct db *db, const struct catalog *role)
{
    return role->role < db->views.n && db->views.serials[role->role] == role->serial;
}

bool db_change_views(struct db *db, const struct catalog *role, struct error *e)
{
    if (!make_room(db, role->role + 1, e))
        return false;
    db->views.serials[role->role] = 0;
    db->views.unsettled = sqlite3_get_autocommit(db->handle) == 0;
    return true;
}

void db_note_views(struct db *db, const struct catalog *role)
{
    db->views.serials[role->role] = role->serial;
}

void db_settle_views(struct db *db)
{
    db->views.unsettled = false;
}

bool db_views_are_settled(const struct db *db)
{
    return !db->views.unsettled;
}
