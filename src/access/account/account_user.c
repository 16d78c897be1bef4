/*
 * /auth/v1/user and /auth/v1/logout: of whoever the access token is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "access/account/account_work.h"

#include <stdio.h>

#include "access/token/json_text.h"

/* What the token says: whose it is, and which session's. */
struct signed_in {
    struct slice user, session;
};

/* False with the answer in the call: there is no token of an account. */
static bool read_claims(struct call *call, struct signed_in *out)
{
    struct slice claims = call->who.claims;

    *out = (struct signed_in){.user = {NULL, 0}};
    if (call->anonymous || !json_text_string(claims, "sub", &call->arena, &out->user)) {
        (void)account_fail(call, 401, "no_authorization",
                           "This endpoint requires a valid Bearer token");
        return false;
    }
    if (!json_text_string(claims, "session_id", &call->arena, &out->session))
        out->session = (struct slice){NULL, 0};
    return true;
}

static const struct slice find_user =
    SLICE_LITERAL("SELECT " ACCOUNT_USER " FROM thimble_users u JOIN thimble_sessions s "
                  "ON s.user_id=u.id WHERE u.id=?1 AND s.id=?2");

static enum progress no_session(struct call *call)
{
    return account_fail(call, 403, "session_not_found",
                        "Session from session_id claim in JWT does not exist");
}

/* The account and its session, which a logout or the operator may have ended. */
static bool find(struct call *call, struct account_work *w, const struct signed_in *who)
{
    const struct value values[] = {value_text(who->user), value_text(who->session)};

    if (!account_find(call, w, find_user, values, 2)) {
        (void)call_fail(call);
        return false;
    }
    if (!w->found)
        (void)no_session(call);
    else if (w->user.disabled)
        (void)account_fail(call, 403, "user_banned", "User is banned");
    return call->outcome == OUTCOME_NONE;
}

enum progress account_read(struct call *call)
{
    struct account_work *w = account_begin(call);
    struct signed_in who;

    if (!w)
        return call_fail(call);
    if (!read_claims(call, &who) || !find(call, w, &who))
        return CALL_DONE;
    return account_answer_user(call, w);
}

/* ---- PUT */

static enum progress answer_update(struct call *call)
{
    struct account_work *w = call->state;

    if (error_is_set(&call->error))
        return account_failed(call);
    if (!w->found) /* it was signed out meanwhile */
        return no_session(call);
    return account_answer_user(call, w);
}

/* Bytes of what users say of themselves, all that they ever said together. */
#define METADATA_MAX "4096"

static bool has_changed(void *context, const struct operation *op, struct error *e)
{
    (void)context;
    return op->changed > 0 ||
           error_set(e, ERROR_TOO_LARGE, "user_metadata has at most " METADATA_MAX " bytes");
}

static const struct slice
    update_user = SLICE_LITERAL(
        "UPDATE thimble_users AS u SET updated_at=?2,password=coalesce(?3,u.password),"
        "user_metadata=m.merged FROM (SELECT id,json_patch(user_metadata,coalesce(?4,'{}')) "
        "AS merged FROM thimble_users WHERE id=?1) AS m "
        "WHERE u.id=m.id AND length(m.merged)<=" METADATA_MAX),
    end_others = SLICE_LITERAL("DELETE FROM thimble_sessions WHERE user_id=?1 AND id<>?2");

/* A new password ends all other sessions. */
static bool plan_changes(struct call *call, struct account_work *w)
{
    const struct value user = value_text(w->user.id);
    struct value values[] = {user, value_text(slice_from(w->now)), value_null(), value_null()};
    const struct value kept[] = {user, value_text(slice_from(w->session))};
    struct operation *update;

    if (w->body.password.data)
        values[2] = value_text(slice_from(w->password.phc));
    if (w->body.data.data)
        values[3] = value_text(w->body.data);
    update = account_add(call, w, update_user, values, 4, NULL);
    if (!update)
        return false;
    update->judge = has_changed;
    if (w->body.password.data && !account_add(call, w, end_others, kept, 2, NULL))
        return false;
    return account_add_user(call, w, NULL);
}

static enum progress write_update(struct call *call)
{
    struct account_work *w = call->state;

    if (error_is_set(&call->error))
        return account_failed(call);
    if (!plan_changes(call, w))
        return call_fail(call);
    return call_submit(call, &w->work, answer_update);
}

enum progress account_update(struct call *call)
{
    struct account_work *w = account_begin(call);
    struct signed_in who;

    if (!w)
        return call_fail(call);
    if (!account_read_body(call, w) || !read_claims(call, &who) || !find(call, w, &who))
        return CALL_DONE;
    if (w->body.email.data && account_email(w->body.email, w->email) &&
        !slice_is(w->user.email, w->email))
        return account_fail(call, 422, "email_address_not_authorized",
                            "Email addresses are changed by whoever runs the service");
    snprintf(w->session, sizeof w->session, "%.*s", SLICE_ARG(who.session));
    if (!w->body.password.data)
        return write_update(call);
    if (!account_may_choose(call, w->body.password))
        return CALL_DONE;
    return account_hash(call, w, false, write_update);
}

/* ---- logout */

static enum progress answer_logout(struct call *call)
{
    if (error_is_set(&call->error))
        return account_failed(call);
    call->outcome = OUTCOME_NO_CONTENT;
    return CALL_DONE;
}

/* Which sessions end: all of the user's, this one, or all but this. */
static const struct {
    const char *scope;
    struct slice sql;
} scopes[] = {
    {"", SLICE_LITERAL("DELETE FROM thimble_sessions WHERE user_id=?1 AND ?2 IS ?2")},
    {"global", SLICE_LITERAL("DELETE FROM thimble_sessions WHERE user_id=?1 AND ?2 IS ?2")},
    {"local", SLICE_LITERAL("DELETE FROM thimble_sessions WHERE user_id=?1 AND id=?2")},
    {"others", SLICE_LITERAL("DELETE FROM thimble_sessions WHERE user_id=?1 AND id<>?2")},
};

enum progress account_logout(struct call *call)
{
    struct slice scope = account_parameter(call, "scope");
    struct account_work *w = account_begin(call);
    struct signed_in who;
    size_t i = 0;

    if (!w)
        return call_fail(call);
    if (!read_claims(call, &who))
        return CALL_DONE;
    while (i < sizeof scopes / sizeof *scopes && !slice_is(scope, scopes[i].scope))
        i++;
    if (i == sizeof scopes / sizeof *scopes)
        return account_fail(call, 400, "validation_failed", "scope is global, local or others");
    const struct value values[] = {value_text(who.user), value_text(who.session)};

    if (!account_add(call, w, scopes[i].sql, values, 2, NULL))
        return call_fail(call);
    return call_submit(call, &w->work, answer_logout);
}
