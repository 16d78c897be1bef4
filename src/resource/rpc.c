/*
 * /rpc/{name}: named queries.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/rpc.h"

#include "resource/precondition.h"
#include "resource/target.h"
#include "resource/verbs.h"

/* A file has its own type, all else has those of a table. */
static bool begin_answer(struct call *call, const struct routine_source *source)
{
    if (source->returns != RETURNS_FILE)
        return target_begin(call);
    if (!target_begin_any(call))
        return false;
    return rpc_file_accepted(call, source);
}

/* Values without objects around them: a form of rows, where there are rows. */
static bool has_bare_rows(const struct call *call, enum routine_returns returns)
{
    if (call->media == MEDIA_NDJSON)
        return returns == RETURNS_SCALARS || returns == RETURNS_SCALAR;
    return returns == RETURNS_SCALARS && call->media == MEDIA_JSON;
}

/* Resolves the name; NULL with the error. */
static struct rpc *begin(struct call *call)
{
    struct rpc *r = arena_zeroed(&call->arena, 1, sizeof *r);

    if (!r) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    if (!call_begin(call))
        return NULL;
    r->routine = catalog_routine(call->catalog, call->table_name);
    if (!r->routine) {
        rpc_unknown(call);
        return NULL;
    }
    if (!begin_answer(call, r->routine->source))
        return NULL;
    call->who.definer = r->routine->source->definer;
    call->by_rights = call->who.catalog && !call->who.definer;
    call->table = &r->routine->result;
    r->values = arena_zeroed(&call->arena, r->routine->source->n_params + 1, sizeof *r->values);
    r->given = arena_zeroed(&call->arena, r->routine->source->n_params + 1, sizeof *r->given);
    r->source = (struct routine_call){r->routine, r->values};
    call->options.bare = has_bare_rows(call, r->routine->source->returns);
    call->state = r;
    if (r->values && r->given)
        return r;
    error_set(&call->error, ERROR_MEMORY, "out of memory");
    return NULL;
}

/* What is answered with the first row alone. */
struct first {
    struct call *call;
    const struct rpc *rpc;
    const struct shape *shape;
    bool found;
};

static enum row_verdict take_first(void *context, const struct row *row, struct error *e)
{
    struct first *first = context;
    (void)e;

    first->found = true;
    rpc_write_first(first->call, first->rpc, row, first->shape);
    return ROW_ENOUGH;
}

static enum progress answer_first(struct call *call, const struct rpc *r,
                                  const struct plan_source *source)
{
    struct plan plan;
    struct first first = {.call = call, .rpc = r, .shape = &plan.shape};

    if (!plan_select(&call->arena, source, &call->tree, &call->options, &plan, &call->error))
        return call_fail(call);
    if (media_is_plan(call))
        return target_answer_plan(call, &plan);
    if (!target_read(call, &plan, take_first, &first))
        return call_fail(call);
    if (!first.found)
        buf_add_text(&call->reply, "null");
    if (!media_check_rows(call, first.found))
        return call_fail(call);
    return rpc_answer_first(call, first.found);
}

static enum row_verdict take_file(void *context, const struct row *row, struct error *e)
{
    struct first *first = context;
    (void)e;

    first->found = true;
    if (rpc_file_row(first->call, first->rpc, row))
        return ROW_ENOUGH;
    return ROW_FAILED;
}

static enum progress answer_file(struct call *call, const struct rpc *r,
                                 const struct plan_source *source)
{
    struct first first = {.call = call, .rpc = r};
    struct plan plan;

    if (!plan_select(&call->arena, source, &call->tree, &call->options, &plan, &call->error))
        return call_fail(call);
    if (!target_read(call, &plan, take_file, &first))
        return call_fail(call);
    if (!first.found && !rpc_file_missing(call, r))
        return call_fail(call);
    return rpc_answer_file(call, r);
}

static enum progress answer_rows(struct call *call, struct rpc *r)
{
    const struct plan_source source = {&r->routine->result, &r->source};
    enum routine_returns returns = r->routine->source->returns;

    if (returns == RETURNS_FILE)
        return answer_file(call, r, &source);
    if (rpc_is_list(call, r))
        return target_answer_list(call, &source);
    return answer_first(call, r, &source);
}

static enum progress answer(struct call *call, struct rpc *r)
{
    enum progress progress = answer_rows(call, r);

    if (call->outcome == OUTCOME_FAILED)
        return rpc_fail(call);
    return progress;
}

/* One that reads: what a query that is not there would take. */
static const struct routine_source any_query = {.writes = false};

static unsigned methods_of(const struct call *call, const struct routine_source *s)
{
    unsigned methods = METHOD_BIT(METHOD_OPTIONS);

    if (!s->writes)
        methods |= METHOD_BIT(METHOD_GET) | METHOD_BIT(METHOD_HEAD);
    if (!s->writes || !call->service->read_only)
        methods |= METHOD_BIT(METHOD_POST);
    return methods;
}

static enum progress not_by_get(struct call *call, const struct routine_source *s)
{
    call->allow = methods_of(call, s);
    error_set(&call->error, ERROR_RPC_METHOD, "Cannot use the %s method on the query %s: it writes",
              method_name(call->method), s->name.data);
    error_hint(&call->error, "Call it with POST.");
    return call_fail(call);
}

static enum progress not_read_only(struct call *call, const struct routine_source *s)
{
    call->allow = methods_of(call, s);
    writer_read_only("a query that writes", &call->error);
    return call_fail(call);
}

enum progress rpc_read(struct call *call)
{
    struct rpc *r = begin(call);

    if (!r)
        return call_fail(call);
    if (r->routine->source->writes)
        return not_by_get(call, r->routine->source);
    if (!rpc_take_parameters(call, r))
        return call_fail(call);
    if (!rpc_fill_in(call, r))
        return call_fail(call);
    if (!target_parse(call))
        return call_fail(call);
    if (!rpc_check_counted(call, r))
        return call_fail(call);
    return answer(call, r);
}

enum progress rpc_options(struct call *call)
{
    struct rpc *r = begin(call);

    if (!r)
        return call_fail(call);
    call->allow = methods_of(call, r->routine->source);
    call->outcome = OUTCOME_OK;
    return CALL_DONE;
}

enum progress rpc_refuse(struct call *call)
{
    const struct routine *routine;

    if (!call_begin(call))
        return call_fail(call);
    routine = catalog_routine(call->catalog, call->table_name);
    call->allow = methods_of(call, routine ? routine->source : &any_query);
    error_set(&call->error, ERROR_RPC_METHOD, "Cannot use the %s method on RPC",
              method_name(call->method));
    error_hint(&call->error, "The Allow header lists those that the query takes.");
    return call_fail(call);
}

bool rpc_check_counted(struct call *call, const struct rpc *r)
{
    enum routine_returns returns = r->routine->source->returns;
    bool many = returns == RETURNS_MANY || returns == RETURNS_SCALARS;

    if (many && rpc_gives_rows(r))
        return true;
    if (!prefer_limits_affected(&call->prefer))
        return true;
    error_set(&call->error, ERROR_AFFECTED_SHAPE,
              "Function must return SETOF or TABLE when max-affected preference is used with "
              "handling=strict");
    return error_hint(&call->error, "The query must return rows: -- returns many%s.",
                      r->routine->source->writes ? ", and RETURNING" : "");
}

/* Where the body is one parameter the others are in the query string; a file takes nothing else
 * there. */
static bool take_call(struct call *call, struct rpc *r)
{
    const struct routine_source *s = r->routine->source;
    bool looks = s->body >= 0 || s->returns == RETURNS_FILE;

    return precondition_none(call) && (!looks || rpc_take_parameters(call, r)) &&
           target_parse(call) && rpc_take_body(call, r) && rpc_fill_in(call, r) &&
           rpc_check_counted(call, r);
}

enum progress rpc_call(struct call *call)
{
    struct rpc *r = begin(call);

    if (r && r->routine->source->writes && call->service->read_only)
        return not_read_only(call, r->routine->source);
    if (!r)
        return call_fail(call);
    if (!take_call(call, r))
        return call_fail(call);
    if (r->routine->source->writes)
        return rpc_submit(call, r);
    if (call_read(call))
        return answer(call, r);
    return call_fail(call);
}
