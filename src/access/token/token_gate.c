/* SPDX-License-Identifier: MIT */
#include "access/token/token_gate.h"

#include "access/digest.h"
#include "access/token/jws.h"
#include "base/clock.h"
#include "base/memory.h"

struct failed_tokens {
    uint64_t version; /* of the keys that they failed with */
    unsigned char digests[TOKEN_GATE_FAILED][DIGEST_SHA256_BYTES];
};

/* A token on its way. */
struct passage {
    struct token_gate *gate;
    const struct token_caller *caller;
    struct slice token;
    struct jws jws;
    const struct token_key *candidates[JWS_CANDIDATES_MAX];
    size_t n;
    bool is_costly;
    unsigned char digest[DIGEST_SHA256_BYTES]; /* of one that is costly */
};

void token_gate_init(struct token_gate *gate, const struct token_gate_options *options,
                     uint64_t seed)
{
    *gate = (struct token_gate){.options = options};
    token_cache_init(&gate->cache, (size_t)options->cache, seed);
    forgery_init(&gate->forgery, options->failures);
}

void token_gate_finish(struct token_gate *gate)
{
    token_keys_drop(gate->keys);
    token_cache_finish(&gate->cache);
    forgery_finish(&gate->forgery);
    memory_free(gate->failed);
}

/* The keys in force. */
static void look_for_keys(struct token_gate *gate)
{
    struct key_ring *ring = gate->options->ring;

    if (!ring || key_ring_version(ring) == gate->version)
        return;
    token_keys_drop(gate->keys);
    gate->keys = key_ring_get(ring, &gate->version);
}

static bool fetching(struct error *e)
{
    error_set(e, ERROR_BUSY, "the keys that tokens are checked with are being fetched");
    e->retry_after = 1;
    return error_hint(e, "Try again.");
}

static bool no_keys(struct token_gate *gate, struct error *e)
{
    struct key_ring *ring = gate->options->ring;

    if (ring && atomic_load_explicit(&ring->may_ask, memory_order_relaxed))
        return fetching(e);
    return token_no_secret(e);
}

/* None of the keys is meant. It may be one that came a moment ago. */
static bool unknown_key(const struct passage *p, struct error *e)
{
    struct key_ring *ring = p->gate->options->ring;

    if (p->jws.kid.data && key_ring_ask(ring, p->caller->now_us))
        return fetching(e);
    return jws_no_key(e);
}

static unsigned char *failed_place(const struct passage *p)
{
    unsigned at = p->digest[0] | (unsigned)p->digest[1] << 8;

    return p->gate->failed->digests[at % TOKEN_GATE_FAILED];
}

static bool has_failed(struct passage *p)
{
    struct failed_tokens *failed = p->gate->failed;

    digest_sha256_parts(&p->token, 1, p->digest);
    if (!failed || failed->version != p->gate->version)
        return false;
    return memcmp(failed_place(p), p->digest, sizeof p->digest) == 0;
}

/* The failed ones, those of other keys forgotten. */
static bool make_failed(struct token_gate *gate)
{
    bool is_new = !gate->failed;

    if (is_new)
        gate->failed = memory_alloc(MEMORY_OTHER, sizeof *gate->failed);
    if (!gate->failed)
        return false;
    if (is_new || gate->failed->version != gate->version)
        memset(gate->failed, 0, sizeof *gate->failed);
    gate->failed->version = gate->version;
    return true;
}

static void note_failure(const struct passage *p, int64_t took_us)
{
    struct token_gate *gate = p->gate;

    if (!p->is_costly)
        return;
    forgery_note(&gate->forgery, p->caller->address, p->caller->now_us, (int64_t)p->n, took_us);
    if (!make_failed(gate))
        return;
    memcpy(failed_place(p), p->digest, sizeof p->digest);
}

static bool too_many(struct passage *p, int retry_s, struct error *e)
{
    counter_add(&p->gate->counts.limited, 1);
    error_set(e, ERROR_TOO_MANY, "too many tokens with signatures that are none");
    e->retry_after = retry_s;
    return error_hint(e, "--token-failures says how many a second one address may send.");
}

/* What costs little is looked at before what costs much: claims that do not hold, a token that failed
 * before. */
static bool may_check(struct passage *p, const struct slice *payload, struct arena *arena,
                      struct principal *out, struct error *e)
{
    const struct token_caller *caller = p->caller;

    if (!token_claims(*payload, p->gate->options->tokens, caller->now_s, arena, out, e))
        return false;
    if (p->is_costly && has_failed(p)) {
        counter_add(&p->gate->counts.failed, 1);
        return jws_no_key(e);
    }
    return true;
}

static bool check(struct passage *p, const struct principal *who, struct error *e)
{
    struct token_gate *gate = p->gate;
    int64_t begun_us = p->is_costly ? clock_us() : 0;
    const struct token_key *signer = jws_signer(&p->jws, p->candidates, p->n);

    if (!signer) {
        note_failure(p, p->is_costly ? clock_us() - begun_us : 0);
        counter_add(&gate->counts.failed, 1);
        return jws_no_key(e);
    }
    counter_add(&gate->counts.verified, 1);
    token_cache_keep(&gate->cache, p->token, signer, gate->version, who);
    return true;
}

static bool pass(struct passage *p, struct arena *arena, struct principal *out, struct error *e)
{
    struct token_gate *gate = p->gate;
    struct slice payload;
    int retry_s;

    if (!jws_read(p->token, arena, &p->jws, e))
        return false;
    p->n = jws_candidates(&p->jws, gate->keys, p->candidates);
    if (p->n == 0)
        return unknown_key(p, e);
    p->is_costly = signature_is_costly(p->jws.algorithm);
    if (p->is_costly &&
        !forgery_allows(&gate->forgery, p->caller->address, p->caller->now_us, &retry_s))
        return too_many(p, retry_s, e);
    return jws_payload(&p->jws, arena, &payload, e) && may_check(p, &payload, arena, out, e) &&
           check(p, out, e);
}

bool token_gate_verify(struct token_gate *gate, struct slice token,
                       const struct token_caller *caller, struct arena *arena,
                       struct principal *out, struct error *e)
{
    struct passage p = {.gate = gate, .caller = caller, .token = token};

    look_for_keys(gate);
    if (!gate->keys || gate->keys->n == 0)
        return no_keys(gate, e);
    if (token_cache_find(&gate->cache, token, gate->keys, gate->version, caller->now_s, arena,
                         out)) {
        counter_add(&gate->counts.known, 1);
        return true;
    }
    return pass(&p, arena, out, e);
}
