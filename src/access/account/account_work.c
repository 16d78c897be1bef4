/* SPDX-License-Identifier: MIT */
#include "access/account/account_work.h"

#include <time.h>

#include "store/run/reader.h"

/* Sessions of one user; the oldest go. */
#define SESSIONS_MAX 100

/* Sessions that are over, taken away with each new one. */
#define SWEPT 100

/* The job's list is run again from the start (store/run/writer.h). */
static void begin_work(void *context)
{
    ((struct account_work *)context)->found = false;
}

struct account_work *account_begin(struct call *call)
{
    struct account_work *w = arena_zeroed(&call->arena, 1, sizeof *w);

    if (!w) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    w->accounts = call->service->accounts;
    w->now_s = (int64_t)time(NULL);
    clock_wall(w->now);
    w->work.begin = begin_work;
    w->work.context = w;
    call->state = w;
    call->prefer.tx = PREFER_TX_NONE; /* no token is given for what is undone */
    return w;
}

struct operation *account_add(struct call *call, struct account_work *w, struct slice sql,
                              const struct value *values, size_t n, row_sink *sink)
{
    struct value *copy = arena_alloc(&call->arena, (n + 1) * sizeof *copy);
    struct operation *op = NULL;

    if (copy) {
        memcpy(copy, values, n * sizeof *copy);
        op = operation_new(&call->arena, (struct query){.sql = sql, .values = copy, .n_values = n},
                           call);
    }
    if (!op) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    op->sink = sink;
    operations_add(&w->work, op);
    return op;
}

static bool copy(struct call *call, const struct row *row, size_t column, struct slice *out)
{
    struct slice text = row_bytes(row, column);

    *out = slice_make(arena_copy(&call->arena, text), text.len);
    return out->data != NULL;
}

enum row_verdict account_take_user(void *context, const struct row *row, struct error *e)
{
    struct call *call = context;
    struct account_work *w = call->state;
    struct account_user *u = &w->user;
    struct slice *const texts[] = {&u->id,         &u->email,        &u->password,
                                   &u->role,       &u->app_metadata, &u->user_metadata,
                                   &u->created_at, &u->updated_at,   &u->last_sign_in_at};
    const size_t n = sizeof texts / sizeof *texts;

    for (size_t i = 0; i < n; i++) {
        if (!copy(call, row, i, texts[i])) {
            error_set(e, ERROR_MEMORY, "out of memory");
            return ROW_FAILED;
        }
    }
    u->disabled = row_integer(row, n) != 0;
    w->found = true;
    return ROW_MORE;
}

bool account_add_user(struct call *call, struct account_work *w, const struct operation *after)
{
    static const struct slice sql =
        SLICE_LITERAL("SELECT " ACCOUNT_USER " FROM thimble_sessions s JOIN thimble_users u "
                      "ON u.id=s.user_id WHERE s.id=?1");
    const struct value session = value_text(slice_from(w->session));
    struct operation *op = account_add(call, w, sql, &session, 1, account_take_user);

    if (op)
        op->after = after;
    return op != NULL;
}

static struct operation *add_session(struct call *call, struct account_work *w, struct slice user,
                                     struct slice password)
{
    static const struct slice
        insert = SLICE_LITERAL(
            "INSERT INTO thimble_sessions(id,user_id,counter,refreshed_at,expires_at) "
            "SELECT ?1,id,0,?2,?3 FROM thimble_users "
            "WHERE id=?4 AND password=?5 AND disabled_at IS NULL"),
        sweep = SLICE_LITERAL(
            "DELETE FROM thimble_sessions WHERE id IN(SELECT id FROM thimble_sessions WHERE "
            "expires_at<=?1 LIMIT ?2)OR id IN(SELECT id FROM thimble_sessions WHERE user_id=?3 "
            "ORDER BY refreshed_at DESC,rowid DESC LIMIT -1 OFFSET ?4)"),
        seen = SLICE_LITERAL("UPDATE thimble_users SET last_sign_in_at=?1 WHERE id=?2");
    const struct value session[] = {value_text(slice_from(w->session)), value_integer(w->now_s),
                                    value_integer(w->now_s + w->accounts->session_s),
                                    value_text(user), value_text(password)};
    const struct value limits[] = {value_integer(w->now_s), value_integer(SWEPT), value_text(user),
                                   value_integer(SESSIONS_MAX)};
    const struct value now[] = {value_text(slice_from(w->now)), value_text(user)};
    struct operation *made, *marked;

    made = account_add(call, w, insert, session, 5, NULL);
    if (!made || !account_add(call, w, sweep, limits, 4, NULL))
        return NULL;
    marked = account_add(call, w, seen, now, 2, NULL);
    if (!marked)
        return NULL;
    marked->after = made;
    return made;
}

struct operation *account_add_session(struct call *call, struct account_work *w, struct slice user,
                                      struct slice password)
{
    if (!account_id(w->session, &call->error))
        return NULL;
    return add_session(call, w, user, password);
}

bool account_find(struct call *call, struct account_work *w, struct slice sql,
                  const struct value *values, size_t n)
{
    const struct query query = {.sql = sql, .values = values, .n_values = n};

    w->found = false;
    reader_release(call->reader); /* what the operator has just changed is seen */
    return call_read(call) &&
           reader_rows(call->reader, &query, account_take_user, call, &call->error);
}

enum progress account_hash(struct call *call, struct account_work *w, bool compares,
                           enum progress (*finish)(struct call *call))
{
    w->password.password = w->body.password;
    w->password.compares = compares;
    call->job.completions = call->completions;
    call->job.error = &call->error;
    call->job.address = call->address;
    call->finish = finish;
    if (password_worker_submit(w->accounts->worker, &call->job, &w->password))
        return CALL_WAITING;
    return account_failed(call);
}

struct slice account_parameter(const struct call *call, const char *name)
{
    struct slice rest = call->query, wanted = slice_from(name);

    while (rest.len > 0) {
        size_t end = slice_find(rest, '&');
        struct slice part = slice_first(rest, end);

        if (slice_begins(part, wanted) && part.len > wanted.len && part.data[wanted.len] == '=')
            return slice_after(part, wanted.len + 1);
        rest = slice_after(rest, end < rest.len ? end + 1 : end);
    }
    return (struct slice){NULL, 0};
}
