/*
 * POST /auth/v1/token: by password, or by refresh token.
 *
 * SPDX-License-Identifier: MIT
 */
#include "access/account/account_work.h"
#include "access/account/refresh_token.h"

/* So long a refresh token may be sent again: its answer was lost, or two tabs sent it at once. */
#define GRACE_S 10

/* ---- by password: the same words, and the same work, whether there is such an account or not */

static enum progress wrong(struct call *call)
{
    return account_fail(call, 400, "invalid_credentials", "Invalid login credentials");
}

static enum progress answer_login(struct call *call)
{
    struct account_work *w = call->state;

    if (error_is_set(&call->error))
        return account_failed(call);
    if (!w->found) /* it was disabled, or has another password, meanwhile */
        return wrong(call);
    return account_answer_session(call, w);
}

static enum progress log_in(struct call *call)
{
    struct account_work *w = call->state;
    const struct operation *session;
    bool is_right = w->found && w->password.matches;

    if (error_is_set(&call->error))
        return account_failed(call);
    if (!is_right)
        return wrong(call);
    if (w->user.disabled)
        return account_fail(call, 400, "user_banned", "User is banned");
    session = account_add_session(call, w, w->user.id, w->user.password);
    if (!session || !account_add_user(call, w, session))
        return call_fail(call);
    return call_submit(call, &w->work, answer_login);
}

static enum progress by_password(struct call *call, struct account_work *w)
{
    static const struct slice sql =
        SLICE_LITERAL("SELECT " ACCOUNT_USER " FROM thimble_users u WHERE u.email=?1");
    struct slice phc = slice_from(password_nobody);

    if (!w->body.email.data || !w->body.password.data)
        return account_fail(call, 400, "validation_failed",
                            "An email address and a password are required");
    if (account_email(w->body.email, w->email)) {
        const struct value email = value_text(slice_from(w->email));

        if (!account_find(call, w, sql, &email, 1))
            return call_fail(call);
    }
    if (w->found)
        phc = slice_first(w->user.password, PASSWORD_PHC_SIZE - 1);
    memcpy(w->password.phc, phc.data, phc.len);
    w->body.password = slice_first(w->body.password, PASSWORD_MAX + 1);
    return account_hash(call, w, true, log_in);
}

/* ---- by refresh token */

static enum progress answer_refresh(struct call *call)
{
    struct account_work *w = call->state;
    bool is_current, was_just_used;

    if (error_is_set(&call->error))
        return account_failed(call);
    if (!w->found)
        return account_fail(call, 400, "refresh_token_not_found",
                            "Invalid Refresh Token: Refresh Token Not Found");
    if (w->user.disabled)
        return account_fail(call, 400, "user_banned", "User is banned");
    is_current = w->session_counter == w->counter + 1;
    was_just_used = w->refreshed_s + GRACE_S >= w->now_s;
    if (w->expires_s <= w->now_s)
        return account_fail(call, 400, "session_expired", "Invalid Refresh Token: Session Expired");
    if (!is_current || !was_just_used)
        return account_fail(call, 400, "refresh_token_already_used",
                            "Invalid Refresh Token: Already Used");
    w->counter++;
    return account_answer_session(call, w);
}

static enum row_verdict take_session(void *context, const struct row *row, struct error *e)
{
    const size_t user = 10; /* columns of ACCOUNT_USER */
    struct call *call = context;
    struct account_work *w = call->state;

    w->session_counter = row_integer(row, user);
    w->refreshed_s = row_integer(row, user + 1);
    w->expires_s = row_integer(row, user + 2);
    return account_take_user(context, row, e);
}

/* The token is used, if it is the one; then the session is looked at; then it is gone, if an old token
 * has come back: somebody else may have the newer one. */
static bool plan_refresh(struct call *call, struct account_work *w)
{
    static const struct slice use = SLICE_LITERAL(
                                  "UPDATE thimble_sessions SET counter=counter+1,refreshed_at=?3,"
                                  "expires_at=?4 WHERE id=?1 AND counter=?2 AND expires_at>?3"),
                              look = SLICE_LITERAL(
                                  "SELECT " ACCOUNT_USER
                                  ",s.counter,s.refreshed_at,s.expires_at FROM "
                                  "thimble_sessions s JOIN thimble_users u ON u.id=s.user_id "
                                  "WHERE s.id=?1"),
                              end = SLICE_LITERAL(
                                  "DELETE FROM thimble_sessions WHERE id=?1 AND(counter<>?2+1 OR "
                                  "refreshed_at<?3)");
    const struct value session = value_text(slice_from(w->session));
    const struct value counter = value_integer(w->counter);
    const struct value used[] = {session, counter, value_integer(w->now_s),
                                 value_integer(w->now_s + w->accounts->session_s)};
    const struct value ended[] = {session, counter, value_integer(w->now_s - GRACE_S)};

    return account_add(call, w, use, used, 4, NULL) &&
           account_add(call, w, look, &session, 1, take_session) &&
           account_add(call, w, end, ended, 3, NULL);
}

static enum progress by_refresh_token(struct call *call, struct account_work *w)
{
    struct slice session;

    if (!refresh_token_read(w->accounts->secret, w->body.refresh_token, &session, &w->counter))
        return account_fail(call, 400, "refresh_token_not_found",
                            "Invalid Refresh Token: Refresh Token Not Found");
    memcpy(w->session, session.data, REFRESH_SESSION);
    if (!plan_refresh(call, w))
        return call_fail(call);
    return call_submit(call, &w->work, answer_refresh);
}

enum progress account_token(struct call *call)
{
    struct slice grant = account_parameter(call, "grant_type");
    struct account_work *w = account_begin(call);

    if (!w)
        return call_fail(call);
    if (!account_read_body(call, w))
        return CALL_DONE;
    if (slice_is(grant, "password"))
        return by_password(call, w);
    if (slice_is(grant, "refresh_token"))
        return by_refresh_token(call, w);
    return account_fail(call, 400, "unsupported_grant_type",
                        "grant_type is password or refresh_token");
}
