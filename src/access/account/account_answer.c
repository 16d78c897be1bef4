/*
 * Answers about accounts, in the form of GoTrue's.
 *
 * SPDX-License-Identifier: MIT
 */
#include "access/account/account_work.h"
#include "access/account/refresh_token.h"
#include "access/token/token_sign.h"
#include "base/text.h"

#define CLAIMS_MAX ((size_t)16 << 10)

static const char json[] = "application/json";

static void add_text(struct buf *b, const char *name, struct slice text)
{
    buf_addf(b, ",\"%s\":", name);
    text_json_string(b, text);
}

/* What is the operator's to say, after what every account has. */
static void add_app_metadata(struct buf *b, const struct account_user *u)
{
    struct slice more = u->app_metadata;

    buf_add_text(b, ",\"app_metadata\":{\"provider\":\"email\",\"providers\":[\"email\"]");
    if (more.len > 2) {
        buf_add_char(b, ',');
        buf_add_slice(b, slice_make(more.data + 1, more.len - 2));
    }
    buf_add_char(b, '}');
}

static struct slice role_of(const struct account_work *w)
{
    if (w->user.role.len > 0)
        return w->user.role;
    return w->accounts->role;
}

/* Clients take a user without identities for one that was there before. */
static void add_identity(struct buf *b, const struct account_user *u)
{
    buf_add_text(b, ",\"identities\":[{\"provider\":\"email\"");
    add_text(b, "identity_id", u->id);
    add_text(b, "id", u->id);
    add_text(b, "user_id", u->id);
    buf_add_text(b, ",\"identity_data\":{\"email_verified\":false");
    add_text(b, "sub", u->id);
    add_text(b, "email", u->email);
    buf_add_char(b, '}');
    add_text(b, "created_at", u->created_at);
    add_text(b, "updated_at", u->updated_at);
    buf_add_text(b, "}]");
}

static void add_user(struct buf *b, const struct account_work *w)
{
    const struct account_user *u = &w->user;

    buf_add_text(b, "{\"id\":");
    text_json_string(b, u->id);
    add_text(b, "aud", w->accounts->audience);
    add_text(b, "role", role_of(w));
    add_text(b, "email", u->email);
    buf_add_text(b, ",\"phone\":\"\"");
    if (u->last_sign_in_at.len > 0)
        add_text(b, "last_sign_in_at", u->last_sign_in_at);
    add_app_metadata(b, u);
    buf_add_text(b, ",\"user_metadata\":");
    buf_add_slice(b, u->user_metadata);
    add_identity(b, u);
    add_text(b, "created_at", u->created_at);
    add_text(b, "updated_at", u->updated_at);
    buf_add_text(b, ",\"is_anonymous\":false}");
}

static int64_t expires_s(const struct account_work *w)
{
    return w->now_s + w->accounts->access_s;
}

/* What users say of themselves is not among them: policies would believe it. */
static void add_claims(struct buf *b, const struct account_work *w)
{
    buf_addf(b, "{\"iat\":%lld,\"exp\":%lld", (long long)w->now_s, (long long)expires_s(w));
    if (w->accounts->issuer.len > 0)
        add_text(b, "iss", w->accounts->issuer);
    add_text(b, "aud", w->accounts->audience);
    add_text(b, "sub", w->user.id);
    add_text(b, "role", role_of(w));
    add_text(b, "email", w->user.email);
    add_text(b, "session_id", slice_from(w->session));
    add_app_metadata(b, &w->user);
    buf_add_text(b, ",\"aal\":\"aal1\",\"is_anonymous\":false}");
}

static void add_access_token(struct buf *b, const struct account_work *w)
{
    static const struct slice kid = SLICE_LITERAL(ACCOUNT_KEY_ID);
    struct buf claims;

    buf_init(&claims, CLAIMS_MAX);
    add_claims(&claims, w);
    token_sign(b, w->accounts->secret, kid, buf_slice(&claims));
    b->failed = b->failed || claims.failed;
    buf_finish(&claims);
}

/* RFC 6749 §5.1: nobody on the way keeps tokens. */
static enum progress done(struct call *call, unsigned status)
{
    static struct call_field no_store = {NULL, "Cache-Control", "no-store"};

    call->fields = &no_store;
    call->content_type_out = json;
    call->status_out = status;
    call->outcome = OUTCOME_OK;
    return CALL_DONE;
}

enum progress account_answer_session(struct call *call, struct account_work *w)
{
    struct buf *b = &call->reply;
    char refresh[REFRESH_TOKEN_SIZE];

    buf_clear(b);
    buf_add_text(b, "{\"access_token\":\"");
    add_access_token(b, w);
    refresh_token_write(w->accounts->secret, slice_from(w->session), w->counter, refresh);
    buf_addf(b, "\",\"token_type\":\"bearer\",\"expires_in\":%lld,\"expires_at\":%lld,",
             (long long)w->accounts->access_s, (long long)expires_s(w));
    buf_addf(b, "\"refresh_token\":\"%s\",\"user\":", refresh);
    add_user(b, w);
    buf_add_char(b, '}');
    return done(call, 0);
}

enum progress account_answer_user(struct call *call, struct account_work *w)
{
    buf_clear(&call->reply);
    add_user(&call->reply, w);
    return done(call, 0);
}

enum progress account_fail(struct call *call, unsigned status, const char *code, const char *text)
{
    struct buf *b = &call->reply;

    buf_clear(b);
    buf_addf(b, "{\"code\":%u,\"error_code\":\"%s\",\"msg\":", status, code);
    text_json_string(b, slice_from(text));
    if (slice_is(slice_from(code), "weak_password"))
        buf_add_text(b, ",\"weak_password\":{\"reasons\":[\"length\"]}");
    buf_add_char(b, '}');
    error_clear(&call->error);
    return done(call, status);
}

enum progress account_failed(struct call *call)
{
    static struct call_field no_store = {NULL, "Cache-Control", "no-store"},
                             again = {&no_store, "Retry-After", "1"};

    if (call->error.code == ERROR_UNIQUE)
        return account_fail(call, 422, "user_already_exists", "User already registered");
    if (call->error.code == ERROR_TOO_LARGE)
        return account_fail(call, 422, "validation_failed", "The data is too large");
    if (call->error.code != ERROR_TOO_MANY)
        return call_fail(call);
    (void)account_fail(call, 429, "over_request_rate_limit",
                       "Too many passwords are being looked at: try again in a moment");
    call->fields = &again;
    return CALL_DONE;
}
