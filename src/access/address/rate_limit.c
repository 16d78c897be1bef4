/* SPDX-License-Identifier: MIT */
#include "access/address/rate_limit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/parse.h"

#define SECOND_NS ((int64_t)1000000000)

/* Places for clients whose hashes fall together, and how many such sets have one lock. */
#define SET   8
#define LOCKS 64

static const char *const policy_names[RATE_CLASSES] = {
    [RATE_KNOWN] = "default", [RATE_ANONYMOUS] = "anonymous"};

/* Up, of what is not negative. */
static int64_t divide_up(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

static bool is_no_rate(struct slice text, struct error *e)
{
    return error_set(e, ERROR_USAGE, "\"%.*s\" is no rate, as 10/s, 600/m or 10/s:50",
                     SLICE_ARG(text));
}

static bool parse_unit(struct slice text, int64_t *ns)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"h", 3600}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (slice_is(text, units[i].name)) {
            *ns = units[i].seconds * SECOND_NS;
            return true;
        }
    }
    return false;
}

static bool parse_count(struct slice text, int64_t *n)
{
    return parse_int64(text, n) && *n >= 1 && *n <= RATE_MAX;
}

/* What is before the byte; what comes after it goes to *after. The whole if it is not there. */
static struct slice cut(struct slice text, char at, struct slice *after)
{
    const char *found = text.len ? memchr(text.data, at, text.len) : NULL;
    size_t len = found ? (size_t)(found - text.data) : text.len;

    *after = found ? slice_after(text, len + 1) : slice_make(NULL, 0);
    return slice_make(text.data, len);
}

/* draft-ietf-httpapi-ratelimit-headers-11, §3: the quota, and the time in which it is there anew. */
static void write_policy(struct rate *rate, enum rate_class of)
{
    int64_t window = divide_up(rate->interval_ns * rate->burst, SECOND_NS);

    snprintf(rate->policy, sizeof rate->policy, "\"%s\";q=%lld;w=%lld", policy_names[of],
             (long long)rate->burst, (long long)window);
}

bool rate_parse(struct rate *rate, enum rate_class of, struct slice text, struct error *e)
{
    struct slice unit, burst, n, rest = cut(text, ':', &burst);
    int64_t count, unit_ns;

    *rate = (struct rate){.interval_ns = 0};
    if (slice_is(text, "off"))
        return true;
    n = cut(rest, '/', &unit);
    if (text.len >= sizeof rate->text || !parse_count(n, &count) || !parse_unit(unit, &unit_ns))
        return is_no_rate(text, e);
    rate->burst = count;
    if (burst.data && !parse_count(burst, &rate->burst))
        return is_no_rate(text, e);
    rate->interval_ns = unit_ns / count;
    memcpy(rate->text, text.data, text.len);
    write_policy(rate, of);
    return true;
}

bool rate_rules_limit(const struct rate_rules *rules)
{
    return rules->of[RATE_KNOWN].interval_ns || rules->of[RATE_ANONYMOUS].interval_ns;
}

struct place {
    uint64_t client[2];
    int64_t full_ns; /* when its bucket is full; past: as if it were nobody's */
};

struct rate_limit {
    const struct rate_rules *rules;
    uint64_t seed;
    size_t mask; /* of the number of sets */
    _Atomic uint64_t forgotten;
    pthread_mutex_t locks[LOCKS];
    struct place places[];
};

struct rate_limit *rate_limit_new(const struct rate_rules *rules, size_t clients)
{
    struct rate_limit *limit;
    size_t sets = 1;

    while (sets * SET < clients)
        sets *= 2;
    limit = calloc(1, sizeof *limit + sets * SET * sizeof(struct place));
    if (!limit)
        return NULL;
    limit->rules = rules;
    limit->mask = sets - 1;
    if (getrandom(&limit->seed, sizeof limit->seed, 0) != sizeof limit->seed)
        limit->seed = (uint64_t)clock_us();
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_init(&limit->locks[i], NULL);
    return limit;
}

void rate_limit_free(struct rate_limit *limit)
{
    if (!limit)
        return;
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&limit->locks[i]);
    free(limit);
}

/* The client's place in its set; else that of whoever has the most left, who is forgotten. */
static struct place *find_place(struct rate_limit *limit, struct place *set,
                                const uint64_t client[2], int64_t now_ns)
{
    struct place *best = set;

    for (struct place *p = set; p < set + SET; p++) {
        if (p->client[0] == client[0] && p->client[1] == client[1])
            return p;
        if (p->full_ns < best->full_ns)
            best = p;
    }
    if (best->full_ns > now_ns)
        atomic_fetch_add_explicit(&limit->forgotten, 1, memory_order_relaxed);
    *best = (struct place){{client[0], client[1]}, 0};
    return best;
}

/* One more request fills up the bucket so much later. False if that is later than an empty one's. */
static bool take_from(struct place *place, const struct rate *rate, int64_t now_ns,
                      struct rate_quota *out)
{
    int64_t missing = place->full_ns > now_ns ? place->full_ns - now_ns : 0;
    int64_t left = rate->interval_ns * rate->burst - missing;
    int64_t next_ns;

    *out = (struct rate_quota){.rate = rate};
    if (left >= rate->interval_ns) {
        left -= rate->interval_ns;
        place->full_ns = now_ns + missing + rate->interval_ns;
        out->remaining = left / rate->interval_ns;
    }
    next_ns = rate->interval_ns - left % rate->interval_ns;
    out->seconds = divide_up(next_ns, SECOND_NS);
    return place->full_ns == now_ns + missing + rate->interval_ns;
}

bool rate_limit_take(struct rate_limit *limit, enum rate_class of, const uint64_t client[2],
                     int64_t now_us, struct rate_quota *out)
{
    const struct rate *rate = &limit->rules->of[of];
    int64_t now_ns = now_us * 1000;
    pthread_mutex_t *lock;
    size_t set;
    bool taken;

    *out = (struct rate_quota){.rate = NULL};
    if (rate->interval_ns == 0)
        return true;
    set =
        hash_bytes(slice_make((const char *)client, 2 * sizeof *client), limit->seed) & limit->mask;
    lock = &limit->locks[set % LOCKS];
    pthread_mutex_lock(lock);
    taken =
        take_from(find_place(limit, &limit->places[set * SET], client, now_ns), rate, now_ns, out);
    pthread_mutex_unlock(lock);
    return taken;
}

uint64_t rate_limit_forgotten(const struct rate_limit *limit)
{
    return atomic_load_explicit(&limit->forgotten, memory_order_relaxed);
}
