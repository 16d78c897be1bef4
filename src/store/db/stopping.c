/* SPDX-License-Identifier: MIT */
#include "store/db/stopping.h"

#include <sqlite3.h>

#include "store/db/db.h"

void stopping_init(struct stopping *s)
{
    *s = (struct stopping){.raised = false};
    pthread_mutex_init(&s->lock, NULL);
}

void stopping_finish(struct stopping *s)
{
    pthread_mutex_destroy(&s->lock);
}

void stopping_raise(struct stopping *s)
{
    atomic_store(&s->raised, true);
}

/* sqlite.org/c3ref/interrupt.html: from any thread, as long as the connection is not closed. */
void stopping_interrupt(struct stopping *s)
{
    atomic_store(&s->over, true);
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < STOPPING_WATCHED; i++) {
        if (s->watched[i])
            sqlite3_interrupt(db_handle(s->watched[i]));
    }
    pthread_mutex_unlock(&s->lock);
}

bool stopping_is_over(const struct stopping *s)
{
    return s && atomic_load(&s->over);
}

/* Puts the one in the place of the other. */
static void replace(struct stopping *s, const struct db *old, struct db *new)
{
    size_t i = 0;

    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    while (i < STOPPING_WATCHED && s->watched[i] != old)
        i++;
    if (i < STOPPING_WATCHED)
        s->watched[i] = new;
    pthread_mutex_unlock(&s->lock);
}

void stopping_watch(struct stopping *s, struct db *db)
{
    if (db)
        replace(s, NULL, db);
}

void stopping_forget(struct stopping *s, struct db *db)
{
    if (db)
        replace(s, db, NULL);
}
