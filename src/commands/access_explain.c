/* SPDX-License-Identifier: MIT */
#include "commands/access_explain.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "http/route.h"
#include "sources/database.h"
#include "store/access/access.h"
#include "store/run/reader.h"

struct explanation {
    const struct config *config;
    struct store store;
    struct service service;
    struct reader *reader;
    struct call call;
    bool has_steps; /* the plan has one at least */
    struct buf *out;
    struct error *error;
};

/* ---- the request */

/* "GET /tasks?select=*": a method, a blank, a path and perhaps a query. */
static bool read_request(struct explanation *x, const char *text)
{
    struct slice line = slice_from(text), method = slice_first(line, slice_find(line, ' '));
    struct slice target;
    size_t question;

    if (method.len == line.len || line.data[method.len + 1] != '/')
        return error_set(x->error, ERROR_USAGE,
                         "access explain takes a request, as 'GET /tasks?select=*'");
    for (int m = 0; m < METHOD_OTHER; m++) {
        if (slice_is(method, method_name((enum method)m)))
            x->call.method = (enum method)m;
    }
    target = slice_after(line, method.len + 1);
    question = slice_find(target, '?');
    x->call.path = slice_first(target, question);
    if (question < target.len)
        x->call.query = slice_after(target, question + 1);
    x->call.who.method = method;
    x->call.who.path = x->call.path;
    return true;
}

static bool read_who(struct explanation *x)
{
    const struct config *c = x->config;
    struct slice role = slice_from(c->role[0] ? c->role : c->anon_role);
    struct json_reader r = json_reader_make(slice_from(c->claims), JSON_DEPTH_MAX);

    if (role.len == 0)
        return error_set(x->error, ERROR_USAGE,
                         "access explain needs a role: thimble access explain --role ROLE REQUEST");
    if (!json_enter(&r, '{') || !json_valid(slice_from(c->claims), JSON_DEPTH_MAX))
        return error_set(x->error, ERROR_USAGE, "--claims: not a JSON object, as {\"sub\": \"7\"}");
    x->call.who.role = role;
    x->call.who.claims = slice_from(c->claims);
    return true;
}

static bool fill_call(struct explanation *x, const char *request, const char *body)
{
    call_init(&x->call, &x->service);
    if (!read_request(x, request) || !read_who(x))
        return false;
    x->call.accept = slice_from("application/vnd.pgrst.plan+json");
    x->call.content_type = slice_from("application/json");
    x->call.reader = x->reader;
    x->call.now_us = clock_us();
    x->call.body.max = (size_t)x->config->max_body;
    if (body)
        buf_add_text(&x->call.body, body);
    return true;
}

/* ---- the answer */

/* A string of the answer, decoded. */
static void add_string(struct explanation *x, const struct json_item *item, struct buf *out)
{
    char *text = arena_alloc(&x->call.arena, item->text.len + 1);
    long n = text ? json_decode(item, text) : -1;

    if (n > 0)
        buf_add(out, text, (size_t)n);
}

/* The steps, each indented under "Plan"; they have a detail each. */
static void add_steps(struct explanation *x, struct json_reader *r)
{
    bool first = true;

    if (!json_enter(r, '['))
        return;
    while (json_next_element(r, &first) == JSON_NEXT && json_enter(r, '{')) {
        struct json_item name, value;
        bool first_member = true;

        while (json_next_member(r, &first_member, &name) == JSON_NEXT && json_read(r, &value)) {
            if (!slice_is(name.text, "\"detail\""))
                continue;
            buf_add_text(x->out, x->has_steps ? "  " : "\nPlan:\n  ");
            x->has_steps = true;
            add_string(x, &value, x->out);
            buf_add_char(x->out, '\n');
        }
    }
}

/* [{"Plan": […], "SQL": "…"}]: the plan into the output, the statement into `sql`. */
static void read_answer(struct explanation *x, struct buf *sql)
{
    struct json_reader r = json_reader_make(call_body(&x->call), JSON_DEPTH_MAX);
    struct json_item name, value;
    bool first = true;

    if (!json_enter(&r, '[') || !json_enter(&r, '{'))
        return;
    while (json_next_member(&r, &first, &name) == JSON_NEXT) {
        if (slice_is(name.text, "\"Plan\""))
            add_steps(x, &r);
        else if (json_read(&r, &value))
            add_string(x, &value, sql);
    }
}

static unsigned rights_of(enum method method)
{
    static const unsigned rights[] = {
        [METHOD_GET] = RIGHT_SELECT,
        [METHOD_HEAD] = RIGHT_SELECT,
        [METHOD_POST] = RIGHT_SELECT | RIGHT_INSERT,
        [METHOD_PUT] = RIGHT_SELECT | RIGHT_INSERT | RIGHT_UPDATE,
        [METHOD_PATCH] = RIGHT_SELECT | RIGHT_UPDATE,
        [METHOD_DELETE] = RIGHT_SELECT | RIGHT_DELETE,
    };

    return method < METHOD_OPTIONS ? rights[method] : RIGHT_SELECT;
}

static void tell_refused(struct explanation *x)
{
    const struct error *e = &x->call.error;

    buf_addf(x->out, "\nrefused: %s %s", error_code_text(e->code), e->message);
    if (e->hint[0])
        buf_addf(x->out, " (%s)", e->hint);
    buf_add_char(x->out, '\n');
}

static void tell(struct explanation *x)
{
    const struct catalog *part = x->call.catalog;
    struct buf sql;

    buf_init(&sql, 1 << 20);
    buf_addf(x->out, "role %.*s\n", SLICE_ARG(x->call.who.role));
    if (x->call.outcome == OUTCOME_OK)
        read_answer(x, &sql);
    else
        tell_refused(x);
    if (sql.len > 0)
        buf_addf(x->out, "\nSQL:\n  %.*s\n", SLICE_ARG(buf_slice(&sql)));
    if (part && part->base)
        explain_rights(part,
                       &(struct explained){.sql = buf_slice(&sql),
                                           .target = x->call.table,
                                           .rights = rights_of(x->call.method),
                                           .db = reader_db(x->reader)},
                       x->out);
    buf_finish(&sql);
}

/* ---- the surroundings */

static void fill_service(struct explanation *x)
{
    const struct config *c = x->config;

    x->service = (struct service){
        .store = &x->store,
        .version = THIMBLE_VERSION,
        .max_rows = c->max_rows,
        .max_body = c->max_body,
        .max_elements = c->max_elements,
        .max_depth = c->max_depth,
        .grammar = &c->grammar,
        .max_answer = c->max_answer,
        .max_url = (size_t)c->max_url,
        .aggregates = c->aggregates,
        .allow_plan = true,
        .plan_for_all = true,
        .base_path = c->base_path,
    };
}

static bool explain(struct explanation *x, const char *request, const char *body)
{
    const struct route *route;

    fill_service(x);
    x->reader = reader_open(&x->store, x->error);
    if (!x->reader)
        return false;
    if (fill_call(x, request, body)) {
        if (route_run(&x->call, &route) == CALL_DONE)
            tell(x);
        else
            error_set(x->error, ERROR_INTERNAL, "the request does not end");
    }
    call_finish(&x->call);
    call_free(&x->call);
    reader_close(x->reader);
    return !error_is_set(x->error);
}

bool access_explain(const struct config *config, const struct store_sources *sources,
                    const char *request, const char *body, struct buf *out, struct error *e)
{
    struct explanation *x = calloc(1, sizeof *x);
    struct db_options options = database_options(config);
    bool read_only, ok;
    char why[256];

    if (!x)
        return error_set(e, ERROR_MEMORY, "out of memory");
    x->config = config;
    x->out = out;
    x->error = e;
    ok = database_look(config, false, &read_only, why, e);
    options.read_only = read_only;
    if (ok && store_open(&x->store, config->db, &options, sources, e)) {
        ok = explain(x, request, body);
        store_close(&x->store);
    } else {
        ok = false;
    }
    free(x);
    return ok;
}
