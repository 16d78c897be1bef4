/* SPDX-License-Identifier: MIT */
#include "access/token/jwt.h"

#include "access/token/jws.h"

void token_options_init(struct token_options *options)
{
    struct error never = error_none();

    options->audience = options->issuer = slice_make(NULL, 0);
    (void)!claim_path_read(&options->role, (struct slice)SLICE_LITERAL(".role"), &never);
}

bool token_no_secret(struct error *e)
{
    error_set(e, ERROR_NO_SECRET, "Server lacks JWT secret");
    return error_hint(e, "Name what verifies tokens: --jwt-secret, --jwks or --jwks-url.");
}

/* The claims are looked at first, which is cheap: a token that has expired, sent again and again,
 * costs no public key's arithmetic. Nothing of them is believed before the signature is. */
bool token_verify(const struct token_keys *keys, const struct token_options *options,
                  struct slice token, int64_t now_s, struct arena *arena, struct principal *out,
                  struct error *e)
{
    const struct token_key *candidates[JWS_CANDIDATES_MAX];
    struct slice payload;
    struct jws jws;
    size_t n;

    if (!keys || keys->n == 0)
        return token_no_secret(e);
    if (!jws_read(token, arena, &jws, e))
        return false;
    n = jws_candidates(&jws, keys, candidates);
    if (n == 0)
        return jws_no_key(e);
    if (!jws_payload(&jws, arena, &payload, e) ||
        !token_claims(payload, options, now_s, arena, out, e))
        return false;
    return jws_signer(&jws, candidates, n) || jws_no_key(e);
}
