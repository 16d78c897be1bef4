/* SPDX-License-Identifier: MIT */
#include "access/authenticate.h"

#include "base/buf.h"
#include "base/text.h"
#include "store/access/access.h"

/* As PostgREST has it, the role is a claim also of whoever sends none. */
bool authenticator_init(struct authenticator *a, const char *anonymous,
                        const struct token_gate_options *tokens, uint64_t seed, struct error *e)
{
    struct slice role = slice_from(anonymous);
    struct buf claims = {.data = a->claims, .cap = sizeof a->claims, .max = sizeof a->claims};

    if (role.len > AUTHENTICATE_ROLE_MAX)
        return error_set(e, ERROR_USAGE, "--anon-role: a role's name has at most %d bytes",
                         AUTHENTICATE_ROLE_MAX);
    buf_add_text(&claims, "{\"role\":");
    text_json_string(&claims, role);
    buf_add_char(&claims, '}');
    a->anonymous = (struct principal){
        .kind = PRINCIPAL_ANONYMOUS, .role = role, .claims = buf_slice(&claims), .id = {0, 1}};
    token_gate_init(&a->tokens, tokens, seed);
    return true;
}

void authenticator_finish(struct authenticator *a)
{
    api_keys_finish(&a->keys);
    token_gate_finish(&a->tokens);
}

/* RFC 6750 §2.1; the scheme in any case (RFC 9110 §11.1). */
static bool take_bearer(struct slice field, struct slice *token)
{
    static const struct slice scheme = SLICE_LITERAL("bearer");

    if (field.len < scheme.len || !text_equal_nocase(slice_make(field.data, scheme.len), scheme))
        return false;
    if (field.len > scheme.len && field.data[scheme.len] != ' ')
        return false;
    *token = text_trim(slice_make(field.data + scheme.len, field.len - scheme.len));
    return true;
}

static bool by_secret(const struct authentication *with, struct slice secret, struct arena *arena,
                      struct principal *out, struct error *e)
{
    const struct token_caller caller = {
        .address = with->address,
        .now_us = with->now_us,
        .now_s = with->now_s,
    };

    if (api_key_is(secret))
        return api_key_verify(&with->authenticator->keys, with->reader, secret, with->now_us,
                              with->now_s, arena, out, e);
    return token_gate_verify(&with->authenticator->tokens, secret, &caller, arena, out, e);
}

/* The credentials that decide; false: there are none. */
static bool find_secret(const struct credentials *c, struct slice *secret)
{
    if (take_bearer(c->authorization, secret))
        return true;
    *secret = c->apikey;
    if (secret->len == 0)
        *secret = c->x_api_key;
    return secret->len > 0;
}

static bool no_credentials(struct error *e)
{
    error_set(e, ERROR_NO_CREDENTIALS, "Anonymous access is disabled");
    return error_hint(e,
                      "Send a token as Authorization: Bearer, or an API key as apikey; --anon-role "
                      "names the role of those who send none.");
}

bool authenticate(const struct authentication *with, const struct credentials *credentials,
                  struct arena *arena, struct principal *out, struct error *e)
{
    const struct principal *anonymous = &with->authenticator->anonymous;
    struct slice secret;

    *out = *anonymous;
    if (find_secret(credentials, &secret) && !by_secret(with, secret, arena, out, e))
        return false;
    if (out->role.len == 0)
        out->role = anonymous->role;
    return out->role.len > 0 || no_credentials(e);
}

static const char *nearest_role(const struct access *access, struct slice name)
{
    size_t best = name.len / 2 + 2;
    const char *found = NULL;

    for (size_t i = 0; i < access->n_roles; i++) {
        size_t distance = text_distance(name, access->roles[i].name, best - 1);

        if (distance >= best)
            continue;
        best = distance;
        found = access->roles[i].name.data;
    }
    return found;
}

bool authenticate_knows(const struct access *access, const char *anonymous, struct error *e)
{
    struct slice name = slice_from(anonymous);
    const char *near;

    if (name.len == 0 || access_role(access, name) >= 0)
        return true;
    near = nearest_role(access, name);
    return error_set(e, ERROR_USAGE, "--anon-role: the access files create no role \"%s\"%s%s%s",
                     anonymous, text_if(near, "; perhaps you mean \""), near ? near : "",
                     text_if(near, "\""));
}
