/*
 * Bodies of requests about accounts.
 *
 * SPDX-License-Identifier: MIT
 */
#include "access/account/account_work.h"
#include "base/json.h"

#define DEPTH    16
#define DATA_MAX 2048 /* bytes of what users say of themselves */

/* The string's value, in the arena. */
static bool take_string(struct call *call, const struct json_item *item, struct slice *out)
{
    char *text;
    long len;

    if (item->kind != JSON_IS_STRING)
        return item->kind == JSON_IS_NULL;
    text = arena_alloc(&call->arena, item->text.len);
    if (!text)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    len = json_decode(item, text);
    *out = slice_make(text, len < 0 ? 0 : (size_t)len);
    return len >= 0;
}

static bool take_object(const struct json_item *item, struct slice *out)
{
    if (item->kind != JSON_IS_OBJECT || item->text.len > DATA_MAX)
        return item->kind == JSON_IS_NULL;
    *out = item->text;
    return true;
}

static bool take_member(struct call *call, struct account_body *body, const struct json_item *name,
                        const struct json_item *value)
{
    const struct {
        const char *name;
        struct slice *out;
    } strings[] = {{"\"email\"", &body->email},
                   {"\"password\"", &body->password},
                   {"\"refresh_token\"", &body->refresh_token}};

    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        if (slice_is(name->text, strings[i].name))
            return take_string(call, value, strings[i].out);
    }
    if (slice_is(name->text, "\"data\""))
        return take_object(value, &body->data);
    return true; /* what else clients send: options of things that are not here */
}

static bool read_members(struct call *call, struct account_body *body)
{
    struct json_reader r = json_reader_make(buf_slice(&call->body), DEPTH);
    struct json_item name, value;
    bool first = true;
    enum json_next next;

    if (!json_enter(&r, '{'))
        return false;
    while ((next = json_next_member(&r, &first, &name)) == JSON_NEXT) {
        if (!json_read(&r, &value) || !take_member(call, body, &name, &value))
            return false;
    }
    return next == JSON_CLOSED && json_at_end(&r);
}

bool account_read_body(struct call *call, struct account_work *w)
{
    if (read_members(call, &w->body))
        return true;
    if (error_is_set(&call->error))
        (void)call_fail(call);
    else
        (void)account_fail(call, 400, "bad_json",
                           "The body must be a JSON object, its data one of at most 2048 bytes");
    return false;
}

bool account_may_choose(struct call *call, struct slice password)
{
    if (password.len < PASSWORD_MIN)
        (void)account_fail(call, 422, "weak_password", "Password should be at least 8 characters.");
    else if (password.len > PASSWORD_MAX)
        (void)account_fail(call, 422, "validation_failed",
                           "Password should have at most 1024 bytes.");
    return call->outcome == OUTCOME_NONE;
}
