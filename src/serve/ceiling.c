/* SPDX-License-Identifier: MIT */
#include "serve/ceiling.h"

#include "access/account/password.h"
#include "base/log.h"
#include "base/memory.h"
#include "serve/accounts.h"
#include "serve/machine.h"

/* SQLite has no longer values than the second (sqlite.org/limits.html). */
#define VALUE_MIN ((int64_t)64 << 20)
#define VALUE_MAX ((int64_t)1000000000)

#define MIB ((int64_t)1 << 20)

/* A page cache is not made smaller than this. */
#define CACHE_MIN ((int64_t)256 << 10)

/* --memory in bytes. A quarter of the container is for what is not counted: the program, stacks, what
 * the allocator has in parts, the kernel's buffers of sockets. */
static int64_t wanted(const struct config *config)
{
    int64_t container;

    if (config->memory >= 0)
        return config->memory;
    container = machine_memory();
    if (container == 0)
        log_say(LOG_INFO, "--memory auto: no limit of a container was found, so there is none");
    if (accounts_are_on(config) && container > 2 * (int64_t)PASSWORD_MEMORY)
        container -= (int64_t)PASSWORD_MEMORY;
    return container / 4 * 3;
}

/* `value`, or what --memory leaves for it. */
static int64_t at_most(const struct config *config, const char *name, int64_t value, size_t share)
{
    if (share > INT64_MAX || value <= (int64_t)share)
        return value;
    if (config_says(config, name))
        log_say(
            LOG_WARN,
            "--%s %lld does not go together with --memory: at most %zu are taken; raise --memory",
            name, (long long)value, share);
    return (int64_t)share;
}

static int64_t cache_size(const struct config *config, int64_t memory, size_t threads)
{
    int64_t part = memory / 6 / (int64_t)threads;

    if (memory == 0 || config_says(config, "cache-size") || config->cache_size <= part)
        return config->cache_size;
    return part > CACHE_MIN ? part : CACHE_MIN;
}

bool ceiling_set(const struct config *config, size_t threads, struct ceiling *out, struct error *e)
{
    int64_t memory = wanted(config);
    struct memory_plan plan = {.ceiling = (size_t)memory, .threads = threads};

    if (memory != 0 && memory < CEILING_MIN)
        return error_set(e, ERROR_USAGE, "--memory: %lld bytes are too few, %lld MiB are the least",
                         (long long)memory, (long long)(CEILING_MIN / MIB));
    *out = (struct ceiling){.cache_size = cache_size(config, memory, threads)};
    if (config_says(config, "cache-size"))
        plan.cache = (size_t)config->cache_size;
    if (config_says(config, "answer-cache"))
        plan.kept = (size_t)config->answer_cache;
    memory_set_ceiling(&plan);
    out->max_body = at_most(config, "max-body", config->max_body, memory_share(MEMORY_BODIES));
    out->max_answer =
        at_most(config, "max-answer", config->max_answer, memory_share(MEMORY_ANSWERS));
    out->max_connections =
        (size_t)at_most(config, "max-connections", config->max_connections,
                        memory ? memory_share(MEMORY_CONNECTIONS) / CEILING_CONNECTION : SIZE_MAX);
    return true;
}

int64_t ceiling_value(const struct config *c)
{
    int64_t max = c->max_answer > c->max_body ? c->max_answer : c->max_body;

    max = 2 * max < VALUE_MIN ? VALUE_MIN : 2 * max;
    return max < VALUE_MAX ? max : VALUE_MAX;
}
