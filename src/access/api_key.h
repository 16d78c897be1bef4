/*
 * API keys: from the text that a request sends to who asks. What is known of keys is in the table
 * thimble_api_keys, which `thimble key add` makes; of a key itself only its SHA-256.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_API_KEY_H
#define THIMBLE_ACCESS_API_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "access/api_key_text.h"
#include "access/principal.h"
#include "base/arena.h"
#include "base/error.h"

struct api_key_kept;
struct api_key_uses;
struct reader;

/* The table, made if it is not there. */
#define API_KEY_TABLE                                                                              \
    "CREATE TABLE IF NOT EXISTS thimble_api_keys("                                                 \
    "id INTEGER PRIMARY KEY,"                                                                      \
    "name TEXT NOT NULL,"                                                                          \
    "role TEXT NOT NULL,"                                                                          \
    "prefix TEXT NOT NULL UNIQUE,"                                                                 \
    "sha256 TEXT NOT NULL,"                                                                        \
    "claims TEXT NOT NULL,"                                                                        \
    "created_at INTEGER NOT NULL," /* seconds since 1970, as what follows */                       \
    "expires_at INTEGER,"                                                                          \
    "used_at INTEGER,"                                                                             \
    "revoked_at INTEGER) STRICT;"                                                                  \
    "CREATE UNIQUE INDEX IF NOT EXISTS thimble_api_keys_name ON thimble_api_keys(name) "           \
    "WHERE revoked_at IS NULL"

/* Those that were verified of late, for one loop and its thread; all zero at first. */
struct api_keys {
    struct api_key_uses *uses; /* NULL: no use is noted */
    struct api_key_kept *kept; /* NULL: no key was sent yet */
};

void api_keys_finish(struct api_keys *keys);

/*
 * Whose key it is, as the database of now says: of this process at once, of another when the reader's
 * snapshot is renewed (store/run/reader.h). It makes the reader's catalogue recent by itself. What `out`
 * points to is in the arena. False with ERROR_KEY, the same for a key that nobody knows and for one
 * that was revoked; or with what the database says.
 */
bool api_key_verify(struct api_keys *keys, struct reader *reader, struct slice key, int64_t now_us,
                    int64_t now_s, struct arena *arena, struct principal *out, struct error *e)
    __attribute__((warn_unused_result));

#endif
