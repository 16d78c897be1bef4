/*
 * Tokens that were verified, and what was found: one cache for each event loop, whose thread uses it.
 * A token is found by a hash of a secret seed and by its whole text: the hash alone decides nothing. It is forgotten
 * when it expires, when its key is in force no more (another set with the same key keeps it), or for
 * a newer one. Takes memory with its first token.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_TOKEN_TOKEN_CACHE_H
#define THIMBLE_ACCESS_TOKEN_TOKEN_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "access/principal.h"
#include "access/key/token_keys.h"
#include "base/arena.h"
#include "base/slice.h"

/* What the texts of one cache take together, and one token at most of it. */
#define TOKEN_CACHE_BYTES     ((size_t)1 << 20)
#define TOKEN_CACHE_BYTES_ONE ((size_t)32 << 10)

struct token_cache {
    struct cached_token *tokens; /* NULL: none yet */
    size_t max;                  /* of them; 0: nothing is kept */
    size_t mask;                 /* of sets */
    size_t bytes;                /* of texts */
    size_t last;                 /* which was found last */
    size_t hand;                 /* where the next one is given up for its bytes */
    uint64_t seed;
    uint32_t now; /* counts what is found: who was found last is given up last */
};

/* At most so many tokens; the seed is a secret. */
void token_cache_init(struct token_cache *cache, size_t max, uint64_t seed);
void token_cache_finish(struct token_cache *cache);

/*
 * Whose token it is, if it is there and holds: `out` with copies in the arena. False also without
 * memory, and then it is to be verified. `keys` are those in force, `version` theirs.
 */
bool token_cache_find(struct token_cache *cache, struct slice token, const struct token_keys *keys,
                      uint64_t version, int64_t now_s, struct arena *arena, struct principal *out);

/* Keeps it; without memory it does not. `key` has signed it. */
void token_cache_keep(struct token_cache *cache, struct slice token, const struct token_key *key,
                      uint64_t version, const struct principal *who);

#endif
