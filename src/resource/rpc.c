/*
 * /rpc/{name}: named queries.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/rpc.h"

#include <stdio.h>

#include "query/grammar.h"
#include "query/json_out.h"
#include "resource/precondition.h"
#include "resource/target.h"
#include "resource/verbs.h"

static bool no_routine(struct call *call)
{
    struct slice name = call->table_name;
    const char *near = catalog_suggest_routine(call->catalog, name);

    error_set(&call->error, ERROR_NO_ROUTINE,
              "Could not find the function %.*s in the schema cache",
              (int)(name.len > 80 ? 80 : name.len), name.data);
    return near && error_hint(&call->error, "Perhaps you meant to call the function %s", near);
}

/* Resolves the name; NULL with the error. */
static struct rpc *begin(struct call *call)
{
    struct rpc *r = arena_zeroed(&call->arena, 1, sizeof *r);

    if (!r) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    if (!call_begin(call) || !target_begin(call))
        return NULL;
    r->routine = catalog_routine(call->catalog, call->table_name);
    if (!r->routine) {
        no_routine(call);
        return NULL;
    }
    call->table = &r->routine->result;
    r->values = arena_zeroed(&call->arena, r->routine->source->n_params + 1, sizeof *r->values);
    r->given = arena_zeroed(&call->arena, r->routine->source->n_params + 1, sizeof *r->given);
    r->source = (struct routine_call){r->routine, r->values};
    call->state = r;
    if (r->values && r->given)
        return r;
    error_set(&call->error, ERROR_MEMORY, "out of memory");
    return NULL;
}

static bool parameters_text(const struct routine_source *s, char out[256])
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < s->n_params && used < 255; i++)
        used += (size_t)snprintf(out + used, 256 - used, "%s%s%s", used ? ", " : "",
                                 s->params[i].column.name.data, s->params[i].optional ? "?" : "");
    return s->n_params > 0;
}

static bool wrong_parameters(struct call *call, const struct routine_source *s, const char *what,
                             struct slice name)
{
    char list[256];

    error_set(&call->error, ERROR_NO_ROUTINE, "the query %s: %s parameter \"%.*s\"", s->name.data,
              what, (int)(name.len > 80 ? 80 : name.len), name.data);
    if (!parameters_text(s, list))
        return error_hint(&call->error, "It takes no parameters.");
    return error_hint(&call->error, "Its parameters are: %s.", list);
}

/* Defaults where nothing is given. */
static bool fill_in(struct call *call, struct rpc *r)
{
    const struct routine_source *s = r->routine->source;

    for (size_t i = 0; i < s->n_params; i++) {
        const struct routine_param *p = &s->params[i];

        if (r->given[i])
            continue;
        if (!p->optional)
            return wrong_parameters(call, s, "missing", p->column.name);
        r->values[i] = value_null();
        if (!p->default_null &&
            !plan_value(&call->arena, &p->column, p->fallback, &r->values[i], &call->error))
            return false;
    }
    return true;
}

static int find_param(const struct routine_source *s, struct slice name)
{
    for (size_t i = 0; i < s->n_params; i++) {
        if (slice_equal(s->params[i].column.name, name))
            return (int)i;
    }
    return -1;
}

/* A name that is neither a parameter nor a column of the result is a mistake. */
static bool is_filter(const struct rpc *r, struct slice name)
{
    return grammar_is_reserved(name) || slice_has(name, '.') || slice_has(name, '>') ||
           (name.len > 0 && name.data[0] == '"') || table_column(&r->routine->result, name) >= 0 ||
           (r->routine->result.fts && slice_equal(r->routine->result.fts->index->name, name));
}

/* Takes the query's parameters out of the query string: the first of a name is one. */
static bool take_parameters(struct call *call, struct rpc *r)
{
    const struct routine_source *s = r->routine->source;

    for (struct parameter **p = &call->parameters; *p;) {
        int i = find_param(s, (*p)->name);

        if (i >= 0 && !r->given[i]) {
            if (!plan_value(&call->arena, &s->params[i].column, (*p)->value, &r->values[i],
                            &call->error))
                return false;
            r->given[i] = true;
            *p = (*p)->next;
            continue;
        }
        if ((*p)->name.len == 0 || !is_filter(r, (*p)->name))
            return wrong_parameters(call, s, "unknown", (*p)->name);
        p = &(*p)->next;
    }
    return true;
}

/* One row, or the first value of one: nothing is null. */
static enum progress answer_first(struct call *call, const struct plan_source *source,
                                  enum routine_returns returns)
{
    struct statement *st;
    struct plan plan;
    enum step step;

    if (!plan_select(&call->arena, source, &call->tree, &call->options, &plan, &call->error))
        return call_fail(call);
    if (media_is_plan(call))
        return target_answer_plan(call, &plan);
    st = target_query(call, &plan);
    step = st ? statement_step(st, &call->error) : STEP_FAILED;
    if (step == STEP_ROW && returns == RETURNS_ONE) {
        json_out_row(&call->reply, st, &plan.shape);
    } else if (step == STEP_ROW && plan.shape.n > 0) {
        struct value value = statement_value(st, 0);

        json_out_value(&call->reply, &value, plan.shape.outputs[0].kind);
    } else {
        buf_add_text(&call->reply, "null");
    }
    statement_release(st);
    return step == STEP_FAILED ? call_fail(call) : target_json(call, OUTCOME_OK);
}

static enum progress answer(struct call *call, struct rpc *r)
{
    const struct plan_source source = {&r->routine->result, &r->source};
    enum routine_returns returns = r->routine->source->returns;

    if (!grammar_parse(&call->arena, call->parameters, &call->tree, &call->error))
        return call_fail(call);
    if (returns == RETURNS_MANY || call->media == MEDIA_CSV)
        return target_answer_list(call, &source);
    return answer_first(call, &source, returns);
}

static enum progress not_by_get(struct call *call, const struct routine_source *s)
{
    call->allow = METHOD_BIT(METHOD_POST) | METHOD_BIT(METHOD_OPTIONS);
    error_set(&call->error, ERROR_RPC_METHOD, "Cannot use the %s method on the query %s: it writes",
              method_name(call->method), s->name.data);
    error_hint(&call->error, "Call it with POST.");
    return call_fail(call);
}

static enum progress not_read_only(struct call *call)
{
    call->allow = METHOD_BIT(METHOD_OPTIONS);
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
    if (!take_parameters(call, r) || !fill_in(call, r))
        return call_fail(call);
    return answer(call, r);
}

enum progress rpc_options(struct call *call)
{
    struct rpc *r = begin(call);

    if (!r)
        return call_fail(call);
    call->allow = METHOD_BIT(METHOD_OPTIONS);
    if (!r->routine->source->writes || !call->service->read_only)
        call->allow |= METHOD_BIT(METHOD_POST);
    if (!r->routine->source->writes)
        call->allow |= METHOD_BIT(METHOD_GET) | METHOD_BIT(METHOD_HEAD);
    call->outcome = OUTCOME_OK;
    return CALL_DONE;
}

enum progress rpc_call(struct call *call)
{
    struct rpc *r = begin(call);

    if (r && r->routine->source->writes && call->service->read_only)
        return not_read_only(call);
    if (!r || !precondition_none(call) ||
        !body_arguments(call, r->routine->source, r->values, r->given) || !fill_in(call, r))
        return call_fail(call);
    if (r->routine->source->writes)
        return rpc_submit(call, r);
    return call_read(call) ? answer(call, r) : call_fail(call);
}
