/*
 * POST /auth/v1/signup: a new account, and its first session.
 *
 * SPDX-License-Identifier: MIT
 */
#include "access/account/account_work.h"

static enum progress answer(struct call *call)
{
    struct account_work *w = call->state;

    if (error_is_set(&call->error))
        return account_failed(call);
    return account_answer_session(call, w);
}

static bool plan(struct call *call, struct account_work *w)
{
    static const struct slice insert =
        SLICE_LITERAL("INSERT INTO thimble_users(id,email,password,user_metadata,created_at,"
                      "updated_at)VALUES(?1,?2,?3,json(?4),?5,?5)");
    const struct slice nothing = SLICE_LITERAL("{}");
    const struct value values[] = {
        value_text(slice_from(w->id)),
        value_text(slice_from(w->email)),
        value_text(slice_from(w->password.phc)),
        value_text(w->body.data.len > 0 ? w->body.data : nothing),
        value_text(slice_from(w->now)),
    };
    const struct operation *session;

    if (!account_add(call, w, insert, values, 5, NULL))
        return false;
    session = account_add_session(call, w, slice_from(w->id), slice_from(w->password.phc));
    return session && account_add_user(call, w, session);
}

static enum progress write_user(struct call *call)
{
    struct account_work *w = call->state;

    if (error_is_set(&call->error))
        return account_failed(call);
    if (!account_id(w->id, &call->error) || !plan(call, w))
        return call_fail(call);
    return call_submit(call, &w->work, answer);
}

enum progress account_signup(struct call *call)
{
    struct account_work *w = account_begin(call);

    if (!w)
        return call_fail(call);
    if (!w->accounts->open)
        return account_fail(call, 422, "signup_disabled", "Signups not allowed for this instance");
    if (!account_read_body(call, w))
        return CALL_DONE;
    if (!w->body.email.data || !w->body.password.data)
        return account_fail(call, 400, "validation_failed",
                            "Signup requires an email address and a password");
    if (!account_email(w->body.email, w->email))
        return account_fail(call, 400, "validation_failed",
                            "Unable to validate email address: invalid format");
    if (!account_may_choose(call, w->body.password))
        return CALL_DONE;
    return account_hash(call, w, false, write_user);
}
