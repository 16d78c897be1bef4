/*
 * When a key was last used, written into its row: at most once a minute for each key, by the writer,
 * while nobody waits for it. One for the process; any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_API_KEY_USES_H
#define THIMBLE_ACCESS_API_KEY_USES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct api_key_uses;
struct writer;

/* How long a use that was noted stands for those after it, in seconds. */
#define API_KEY_USES_S 60

/* NULL with an error. The writer outlives all calls but the last. */
struct api_key_uses *api_key_uses_new(struct writer *writer, struct error *e);

/* Notes a use of the key; false if another is being written: the next use will do as well. */
bool api_key_uses_note(struct api_key_uses *uses, int64_t id, int64_t now_s);

/* After the writer has stopped. Takes NULL. */
void api_key_uses_free(struct api_key_uses *uses);

#endif
