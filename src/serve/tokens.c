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

static bool read_keys(struct tokens *t, struct error *e)
{
    struct token_keys *keys;

    if (!key_sources_any(&t->sources))
        return true;
    keys = key_sources_load(&t->sources, e);
    if (!keys)
        return false;
    key_ring_set(&t->ring, keys);
    return true;
}

bool tokens_start(struct tokens *t, const struct config *c, bool has_access, struct error *e)
{
    t->begun = true;
    key_ring_init(&t->ring);
    t->sources = (struct key_sources){
        .secret = slice_from(c->jwt_secret),
        .secret_is_base64 = c->jwt_secret_is_base64,
        .file = c->jwks,
    };
    t->gates = (struct token_gate_options){
        .ring = &t->ring,
        .tokens = &t->options,
        .cache = c->token_cache,
        .failures = c->token_failures,
    };
    if (key_sources_any(&t->sources) && !has_access)
        log_say(LOG_WARN, "there are keys for tokens, and no access files: nobody looks at tokens");
    return read_options(t, c, e) && read_keys(t, e);
}

void tokens_stop(struct tokens *t)
{
    if (t->begun)
        key_ring_finish(&t->ring);
    t->begun = false;
}
