/* SPDX-License-Identifier: MIT */
#include "access/api_key_uses.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "store/run/operation.h"
#include "store/run/writer.h"

/* One operation and its values. */
#define ARENA_MAX 4096

struct api_key_uses {
    struct writer *writer;
    pthread_mutex_t
        lock; /* guards what follows; while the job is away, its parts are the writer's */
    bool away;
    struct completion_queue done; /* nobody waits: who notes the next use looks */
    struct job job;
    struct error error;
    struct operations work;
    struct arena arena;
    struct value values[2];
};

static const struct slice note_use =
    SLICE_LITERAL("UPDATE thimble_api_keys SET used_at=?2 WHERE id=?1 AND coalesce(used_at,0)<?2");

struct api_key_uses *api_key_uses_new(struct writer *writer, struct error *e)
{
    struct api_key_uses *uses = calloc(1, sizeof *uses);

    if (!uses) {
        error_set(e, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    if (!completion_queue_init(&uses->done, e)) {
        free(uses);
        return NULL;
    }
    pthread_mutex_init(&uses->lock, NULL);
    arena_init(&uses->arena, ARENA_MAX);
    uses->writer = writer;
    return uses;
}

/* Is the job here? */
static bool look(struct api_key_uses *uses)
{
    if (uses->away && completion_queue_take(&uses->done))
        uses->away = false;
    return !uses->away;
}

static bool submit(struct api_key_uses *uses, int64_t id, int64_t now_s)
{
    struct query query = {.sql = note_use, .values = uses->values, .n_values = 2};
    struct operation *op;

    arena_reset(&uses->arena);
    uses->values[0] = value_integer(id);
    uses->values[1] = value_integer(now_s);
    op = operation_new(&uses->arena, query, NULL);
    if (!op)
        return false;
    uses->work = (struct operations){.first = NULL};
    operations_add(&uses->work, op);
    error_clear(&uses->error);
    uses->job = (struct job){
        .operations = &uses->work,
        .completions = &uses->done,
        .single = true,
        .error = &uses->error,
    };
    uses->away = writer_submit(uses->writer, &uses->job);
    return uses->away;
}

bool api_key_uses_note(struct api_key_uses *uses, int64_t id, int64_t now_s)
{
    bool noted;

    if (pthread_mutex_trylock(&uses->lock) != 0)
        return false;
    noted = look(uses) && submit(uses, id, now_s);
    pthread_mutex_unlock(&uses->lock);
    return noted;
}

void api_key_uses_free(struct api_key_uses *uses)
{
    if (!uses)
        return;
    completion_queue_finish(&uses->done);
    pthread_mutex_destroy(&uses->lock);
    arena_finish(&uses->arena);
    free(uses);
}
