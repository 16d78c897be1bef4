/*
 * Accounts: people with an email address and a password in the tables thimble_users and thimble_sessions,
 * at paths and in a form that supabase-js's auth client speaks (GoTrue's). Whoever is signed in has a token
 * of ours (access/token/token_sign.h), which the rest of the service verifies as any other.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_ACCOUNT_ACCOUNT_H
#define THIMBLE_ACCESS_ACCOUNT_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "access/account/password.h"
#include "base/slice.h"
#include "resource/verbs.h"

struct password_worker;

/* What all share; read-only while serving. */
struct accounts {
    bool open;                     /* anybody may make one; else the operator alone */
    struct slice role;             /* of whoever has none of their own */
    struct slice secret;           /* that signs: TOKEN_SECRET_MIN bytes at least */
    struct slice audience, issuer; /* of the tokens; the issuer may be empty */
    int64_t access_s, session_s; /* how long a token is good, and a session that is not refreshed */
    struct password_worker *worker;
};

/* Passwords that wait to be looked at, the one at hand among them; takes NULL: 0. */
size_t accounts_waiting(const struct accounts *accounts);

/* The "kid" of our tokens' key. */
#define ACCOUNT_KEY_ID "thimble"

/* The tables, made if they are not there. Times are as clock_wall writes them, and seconds since 1970. */
#define ACCOUNT_TABLES                                                                             \
    "CREATE TABLE IF NOT EXISTS thimble_users("                                                    \
    "id TEXT PRIMARY KEY," /* an UUID */                                                           \
    "email TEXT NOT NULL UNIQUE,"                                                                  \
    "password TEXT NOT NULL," /* access/account/password.h */                                      \
    "role TEXT,"                                                                                   \
    "app_metadata TEXT NOT NULL DEFAULT '{}',"  /* the operator's */                               \
    "user_metadata TEXT NOT NULL DEFAULT '{}'," /* the user's own */                               \
    "created_at TEXT NOT NULL,"                                                                    \
    "updated_at TEXT NOT NULL,"                                                                    \
    "last_sign_in_at TEXT,"                                                                        \
    "disabled_at TEXT) STRICT;"                                                                    \
    "CREATE TABLE IF NOT EXISTS thimble_sessions("                                                 \
    "id TEXT PRIMARY KEY,"                                                                         \
    "user_id TEXT NOT NULL REFERENCES thimble_users(id) ON DELETE CASCADE,"                        \
    "counter INTEGER NOT NULL,"      /* of the refresh token that is good */                       \
    "refreshed_at INTEGER NOT NULL," /* when it was given */                                       \
    "expires_at INTEGER NOT NULL) STRICT;"                                                         \
    "CREATE INDEX IF NOT EXISTS thimble_sessions_user ON thimble_sessions(user_id,refreshed_at);"  \
    "CREATE INDEX IF NOT EXISTS thimble_sessions_end ON thimble_sessions(expires_at);"             \
    "CREATE TABLE IF NOT EXISTS thimble_secrets(name TEXT PRIMARY KEY,value TEXT NOT NULL) STRICT"

#define ACCOUNT_EMAIL_MAX 254 /* RFC 5321 §4.5.3.1.3 */
#define ACCOUNT_ID_SIZE   37  /* an UUID and its NUL */

/*
 * The address as accounts are known by it: in lower case where it is ASCII, without blanks around it.
 * False if it is none. Nobody has looked whether it is theirs who say so: no mail is sent.
 */
bool account_email(struct slice text, char out[ACCOUNT_EMAIL_MAX + 1]);

/* A random UUID (RFC 9562 §5.4). */
bool account_id(char out[ACCOUNT_ID_SIZE], struct error *e) __attribute__((warn_unused_result));

verb_fn account_signup; /* POST /auth/v1/signup */
verb_fn account_token;  /* POST /auth/v1/token?grant_type=password|refresh_token */
verb_fn account_read;   /* GET /auth/v1/user */
verb_fn account_update; /* PUT /auth/v1/user */
verb_fn account_logout; /* POST /auth/v1/logout */

#endif
