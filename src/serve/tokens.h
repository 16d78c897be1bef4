/*
 * What tokens are checked with while serving: the settings, read once, and the keys in force.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SERVE_TOKENS_H
#define THIMBLE_SERVE_TOKENS_H

#include <stdbool.h>

#include "access/token/jwt.h"
#include "access/key/key_ring.h"
#include "access/key/key_watch.h"
#include "access/token/token_gate.h"
#include "config/config.h"

struct tokens {
    bool begun; /* there is something to finish */
    struct key_ring ring;
    struct key_watch *watch;
    struct token_options options;
    struct token_gate_options gates; /* for the event loops */
};

/* Reads settings and keys. False with ERROR_USAGE, which names the flag. `has_access`: are there access
 * files? Without them nobody looks at tokens, and a line in the log says so if there are keys. */
bool tokens_start(struct tokens *tokens, const struct config *config, bool has_access,
                  struct error *e) __attribute__((warn_unused_result));

/* After the loops have stopped. */
void tokens_stop(struct tokens *tokens);

#endif
