/* SPDX-License-Identifier: MIT */
#include "access/token/token_cache.h"

#include "base/hash.h"
#include "base/memory.h"

#define WAYS 4

struct cached_token {
    uint64_t hash;
    char *texts; /* owned: the token, then what `who` points to; NULL: nobody here */
    size_t token_len, bytes;
    struct principal who;
    uint64_t version; /* of the set that its key was last seen in */
    unsigned char key[16];
    uint32_t found;
};

void token_cache_init(struct token_cache *cache, size_t max, uint64_t seed)
{
    *cache = (struct token_cache){.max = max, .seed = seed};
}

static void give_up(struct token_cache *cache, struct cached_token *t)
{
    if (!t->texts)
        return;
    cache->bytes -= t->bytes;
    memory_free(t->texts);
    t->texts = NULL;
}

void token_cache_finish(struct token_cache *cache)
{
    for (size_t i = 0; cache->tokens && i < (cache->mask + 1) * WAYS; i++)
        give_up(cache, &cache->tokens[i]);
    memory_free(cache->tokens);
    cache->tokens = NULL;
}

static bool is_key_there(const struct cached_token *t, const struct token_keys *keys)
{
    for (size_t i = 0; i < keys->n; i++)
        if (memcmp(keys->keys[i].id, t->key, sizeof t->key) == 0)
            return true;
    return false;
}

static bool holds(struct cached_token *t, const struct token_keys *keys, uint64_t version,
                  int64_t now_s)
{
    if (t->who.expires_s != 0 && now_s >= t->who.expires_s)
        return false;
    if (t->version == version)
        return true;
    t->version = version;
    return is_key_there(t, keys);
}

static struct slice moved(struct slice s, const char *from, const char *to)
{
    if (s.len == 0)
        return slice_make(NULL, 0);
    return slice_make(to + (s.data - from), s.len);
}

/* The copy of one request: what is kept may go while it runs. */
static bool hand_out(const struct cached_token *t, struct arena *arena, struct principal *out)
{
    const char *from = t->texts + t->token_len;
    size_t len = t->bytes - t->token_len;
    char *copy = arena_alloc(arena, len + 1);

    if (!copy)
        return false;
    memcpy(copy, from, len);
    *out = t->who;
    out->claims = moved(t->who.claims, from, copy);
    out->role = moved(t->who.role, from, copy);
    out->sub = moved(t->who.sub, from, copy);
    return true;
}

static uint64_t word_at(const char *text)
{
    uint64_t word;

    memcpy(&word, text, sizeof word);
    return word;
}

/* Takes as long wherever they differ: else whoever guesses would be told how far a guess is right. */
static bool is_token(const struct cached_token *t, struct slice token)
{
    uint64_t differ = 0;
    size_t i = 0;

    if (!t->texts || t->token_len != token.len)
        return false;
    for (; token.len - i >= sizeof differ; i += sizeof differ)
        differ |= word_at(t->texts + i) ^ word_at(token.data + i);
    for (; i < token.len; i++)
        differ |= (unsigned char)(t->texts[i] ^ token.data[i]);
    return differ == 0;
}

/* The one that was found last is tried first: who asks much asks again, and the hash of a token of 300
 * bytes is 400 instructions. */
static struct cached_token *look_up(const struct token_cache *cache, struct slice token)
{
    uint64_t hash;
    struct cached_token *set;

    if (is_token(&cache->tokens[cache->last], token))
        return &cache->tokens[cache->last];
    hash = hash_bytes(token, cache->seed);
    set = &cache->tokens[(hash & cache->mask) * WAYS];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].hash == hash && is_token(&set[i], token))
            return &set[i];
    }
    return NULL;
}

bool token_cache_find(struct token_cache *cache, struct slice token, const struct token_keys *keys,
                      uint64_t version, int64_t now_s, struct arena *arena, struct principal *out)
{
    struct cached_token *t = cache->tokens ? look_up(cache, token) : NULL;

    if (!t)
        return false;
    if (!holds(t, keys, version, now_s)) {
        give_up(cache, t);
        return false;
    }
    cache->last = (size_t)(t - cache->tokens);
    t->found = ++cache->now;
    return hand_out(t, arena, out);
}

static bool make_table(struct token_cache *cache)
{
    size_t sets = 1;

    if (cache->tokens)
        return true;
    while (sets * 2 * WAYS <= cache->max)
        sets *= 2;
    cache->tokens = memory_alloc(MEMORY_OTHER, sets * WAYS * sizeof *cache->tokens);
    if (!cache->tokens)
        return false;
    memset(cache->tokens, 0, sets * WAYS * sizeof *cache->tokens);
    cache->mask = sets - 1;
    return true;
}

/* One that is free, or the one that nobody asked for the longest. */
static struct cached_token *choose(struct token_cache *cache, uint64_t hash)
{
    struct cached_token *set = &cache->tokens[(hash & cache->mask) * WAYS], *oldest = set;

    for (size_t i = 0; i < WAYS; i++) {
        if (!set[i].texts)
            return &set[i];
        if (cache->now - set[i].found > cache->now - oldest->found)
            oldest = &set[i];
    }
    return oldest;
}

static void make_room(struct token_cache *cache, size_t bytes)
{
    size_t n = (cache->mask + 1) * WAYS;

    while (cache->bytes + bytes > TOKEN_CACHE_BYTES) {
        give_up(cache, &cache->tokens[cache->hand]);
        cache->hand = (cache->hand + 1) % n;
    }
}

static struct slice put(char **at, struct slice s)
{
    struct slice copy = slice_make(*at, s.len);

    if (s.len > 0)
        memcpy(*at, s.data, s.len);
    *at += s.len;
    return copy;
}

static bool copy_texts(struct cached_token *t, struct slice token, const struct principal *who)
{
    size_t bytes = token.len + who->claims.len + who->role.len + who->sub.len;
    char *at = memory_alloc(MEMORY_OTHER, bytes);

    if (!at)
        return false;
    t->texts = at;
    t->bytes = bytes;
    t->token_len = token.len;
    put(&at, token);
    t->who = *who;
    t->who.claims = put(&at, who->claims);
    t->who.role = put(&at, who->role);
    t->who.sub = put(&at, who->sub);
    return true;
}

void token_cache_keep(struct token_cache *cache, struct slice token, const struct token_key *key,
                      uint64_t version, const struct principal *who)
{
    size_t bytes = token.len + who->claims.len + who->role.len + who->sub.len;
    uint64_t hash = hash_bytes(token, cache->seed);
    struct cached_token *t;

    if (cache->max < WAYS || bytes > TOKEN_CACHE_BYTES_ONE || !make_table(cache))
        return;
    t = choose(cache, hash);
    give_up(cache, t);
    make_room(cache, bytes);
    if (!copy_texts(t, token, who))
        return;
    cache->bytes += bytes;
    t->hash = hash;
    t->version = version;
    t->found = ++cache->now;
    memcpy(t->key, key->id, sizeof t->key);
}
