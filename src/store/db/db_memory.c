/* SPDX-License-Identifier: MIT */
#include "store/db/db_memory.h"

#include <sqlite3.h>

#include "base/memory.h"

/* sqlite.org/c3ref/mem_methods.html */
static void *get(int bytes)
{
    return memory_alloc(MEMORY_SQLITE, (size_t)bytes);
}

static void *resize(void *block, int bytes)
{
    return memory_realloc(block, (size_t)bytes);
}

static int size_of(void *block)
{
    if (block)
        return (int)memory_size(block);
    return 0;
}

static int round_up(int bytes)
{
    return (bytes + 7) & ~7;
}

static int start(void *unused)
{
    (void)unused;
    return SQLITE_OK;
}

static void stop(void *unused)
{
    (void)unused;
}

void db_count_memory(void)
{
    static const sqlite3_mem_methods methods = {get,      memory_free, resize, size_of,
                                                round_up, start,       stop,   NULL};

    sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
    /* What a cache takes at once when it begins: of many connections most need a few pages
     * (sqlite.org/malloc.html#_page_cache_memory). */
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 5);
}

bool db_memory_failure(struct error *e)
{
    switch (memory_refusal()) {
    case MEMORY_NOT_REFUSED: return false;
    case MEMORY_TAKEN:
        error_record(e, ERROR_MEMORY, "others have the memory that this needs");
        error_record_hint(e, "Send the request again in a moment, or ask for less; --memory is "
                             "what all requests have together.");
        return true;
    case MEMORY_NEVER:
        error_record(e, ERROR_TOO_COMPLEX,
                     "this needs more memory at once than one request may have");
        error_record_hint(e, "Ask for less at once: fewer rows, or not in this order; or raise "
                             "--memory.");
        return true;
    }
    return false;
}

void db_memory_explain(struct error *e)
{
    struct error why = error_none();

    if (e->code == ERROR_MEMORY && db_memory_failure(&why))
        *e = why;
}
