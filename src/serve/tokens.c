/* SPDX-License-Identifier: MIT */
#include "serve/tokens.h"

#include "base/log.h"

static bool read_options(struct tokens *t, const struct config *c, struct error *e)
{
    struct error why = error_none();

    t->options.audience = slice_from(c->jwt_aud);
    t->options.issuer = slice_from(c->jwt_iss);
    if (claim_path_read(&t->options.role, slice_from(c->jwt_role_claim), &why))
        return true;
    return error_set(e, ERROR_USAGE, "--jwt-role-claim: %s", why.message);
}

static bool start_watch(struct tokens *t, const struct config *c, struct error *e)
{
    const struct key_watch_options options = {
        .sources =
            {
                .secret = slice_from(c->jwt_secret),
                .secret_is_base64 = c->jwt_secret_is_base64,
                .file = c->jwks,
            },
        .url = c->jwks_url,
        .interval_us = c->jwks_interval_ms * 1000,
    };

    t->watch = key_watch_start(&options, &t->ring, e);
    return t->watch != NULL;
}

static bool has_keys(const struct config *c)
{
    return c->jwt_secret[0] || c->jwks[0] || c->jwks_url[0];
}

bool tokens_start(struct tokens *t, const struct config *c, bool has_access, struct error *e)
{
    t->begun = true;
    key_ring_init(&t->ring);
    t->gates = (struct token_gate_options){
        .ring = &t->ring,
        .tokens = &t->options,
        .cache = c->token_cache,
        .failures = c->token_failures,
    };
    if (has_keys(c) && !has_access)
        log_say(LOG_WARN, "there are keys for tokens, and no access files: nobody looks at tokens");
    return read_options(t, c, e) && start_watch(t, c, e);
}

void tokens_stop(struct tokens *t)
{
    if (!t->begun)
        return;
    key_watch_stop(t->watch);
    key_ring_finish(&t->ring);
    t->begun = false;
}
