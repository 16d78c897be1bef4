/*
 * What a request about accounts has on its way: its body, what it writes, and its answer. Private to
 * account_*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_ACCOUNT_ACCOUNT_WORK_H
#define THIMBLE_ACCESS_ACCOUNT_ACCOUNT_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "access/account/account.h"
#include "access/account/password_worker.h"
#include "base/clock.h"
#include "resource/call.h"
#include "store/run/operation.h"

/* The columns of a user, of the table as `u`, in the order of struct account_user. */
#define ACCOUNT_USER                                                                               \
    "u.id,u.email,u.password,coalesce(u.role,''),u.app_metadata,u.user_metadata,u.created_at,"     \
    "u.updated_at,coalesce(u.last_sign_in_at,''),u.disabled_at IS NOT NULL"

struct account_user {
    struct slice id, email, password, role, app_metadata, user_metadata, created_at, updated_at,
        last_sign_in_at; /* in the call's arena */
    bool disabled;
};

/* Members of a body; no data: it is not there. */
struct account_body {
    struct slice email, password, refresh_token; /* as they are meant */
    struct slice data;                           /* a JSON object */
};

struct account_work {
    const struct accounts *accounts;
    struct account_body body;
    char email[ACCOUNT_EMAIL_MAX + 1];
    struct password_work password;
    char id[ACCOUNT_ID_SIZE];      /* of a new user */
    char session[ACCOUNT_ID_SIZE]; /* of the session */
    int64_t counter;               /* of the refresh token that is to be given, or was sent */
    int64_t now_s;
    char now[CLOCK_WALL_SIZE];

    bool found; /* the user, who is: */
    struct account_user user;
    int64_t session_counter, refreshed_s, expires_s; /* of a session that is refreshed */
    struct operations work;
};

/* Begins a request: zeroed work in call->state. NULL with the error. */
struct account_work *account_begin(struct call *call);

/* Reads the body, which is a JSON object; false with the answer in the call. */
bool account_read_body(struct call *call, struct account_work *w);

/* A password that one may choose? False with the answer in the call. */
bool account_may_choose(struct call *call, struct slice password);

/* A statement of the job's list, which runs after the one before; `sink` may be NULL. False with the
 * error. The values are copied, what they point to is not. */
struct operation *account_add(struct call *call, struct account_work *w, struct slice sql,
                              const struct value *values, size_t n, row_sink *sink);

/* The sink of ACCOUNT_USER; its context is the call. */
row_sink account_take_user;

/* Adds the user, as the job leaves them, to the list; `after` as in store/run/operation.h. */
bool account_add_user(struct call *call, struct account_work *w, const struct operation *after);

/* Adds what makes the session w->session of a user, and takes those away that are over. */
struct operation *account_add_session(struct call *call, struct account_work *w, struct slice user,
                                      struct slice password);

/* Reads one user; w->found says whether there is one. */
bool account_find(struct call *call, struct account_work *w, struct slice sql,
                  const struct value *values, size_t n);

/* Answers: who is signed in now, with tokens; the user alone; what is wrong, as GoTrue says it. */
enum progress account_answer_session(struct call *call, struct account_work *w);
enum progress account_answer_user(struct call *call, struct account_work *w);
enum progress account_fail(struct call *call, unsigned status, const char *code, const char *text);

/* Gives the password to the worker; `finish` goes on when it is back. */
enum progress account_hash(struct call *call, struct account_work *w, bool compares,
                           enum progress (*finish)(struct call *call));

/* After a job has come back with an error: what it is in GoTrue's form, or the service's own. */
enum progress account_failed(struct call *call);

/* The first value of that name in the query string, as it is; empty: there is none. */
struct slice account_parameter(const struct call *call, const char *name);

#endif
