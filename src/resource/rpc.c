/*
 * /rpc/{name}: named queries.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "query/grammar.h"
#include "query/json_out.h"
#include "resource/body.h"
#include "resource/target.h"
#include "resource/verbs.h"
#include "store/db.h"
#include "store/routine.h"

struct rpc {
    const struct routine *routine;
    struct routine_call source;
    struct value *values;
    bool *given;
    struct body body;   /* what values borrow from */
    struct plan *plans; /* of a query that writes: one for each statement */
    size_t n_rows;
};

static void dispose(void *state)
{
    body_free(&((struct rpc *)state)->body);
}

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
    call->dispose = dispose;
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
    return grammar_is_reserved(name) || memchr(name.data, '.', name.len) ||
           memchr(name.data, '>', name.len) || name.data[0] == '"' ||
           table_column(&r->routine->result, name) >= 0 ||
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
    call->allow = METHOD_BIT(METHOD_POST) | METHOD_BIT(METHOD_OPTIONS);
    if (!r->routine->source->writes)
        call->allow |= METHOD_BIT(METHOD_GET) | METHOD_BIT(METHOD_HEAD);
    call->outcome = OUTCOME_OK;
    return CALL_DONE;
}

/* ---- queries that write */

/* The statement as its owner wrote it, its parameters as values. */
static bool plain_plan(struct call *call, const struct rpc *r, size_t part, struct plan *out)
{
    const struct routine_part *p = &r->routine->source->parts[part];
    struct value *values = arena_alloc(&call->arena, p->n_pieces * sizeof *values);
    struct buf sql;
    char *copy;

    buf_init(&sql, 1 << 20);
    *out = (struct plan){.values = values};
    for (size_t i = 0; values && i < p->n_pieces; i++) {
        buf_add_slice(&sql, p->pieces[i].sql);
        if (p->pieces[i].param < 0)
            continue;
        buf_add_char(&sql, '?');
        values[out->n_values++] = r->values[p->pieces[i].param];
    }
    copy = values && !sql.failed ? arena_copy(&call->arena, buf_slice(&sql)) : NULL;
    out->sql = slice_make(copy, sql.len);
    buf_finish(&sql);
    return copy || error_set(&call->error, ERROR_MEMORY, "out of memory");
}

/* What RETURNING gives, all columns in their order. */
static bool plain_shape(struct call *call, const struct table *result, struct plan *plan)
{
    struct output *outputs = arena_alloc(&call->arena, (result->n_columns + 1) * sizeof *outputs);

    if (!outputs)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < result->n_columns; i++)
        outputs[i] = (struct output){result->columns[i].name, result->columns[i].json_key,
                                     result->columns[i].kind};
    plan->shape = (struct shape){outputs, result->n_columns, false, call->options.strip_nulls};
    return true;
}

static bool refuse_selection(struct call *call)
{
    const struct query_node *root = &call->tree.root;

    if (!root->select && !root->filter && !root->order && root->limit < 0 && !root->offset &&
        !call->tree.has_cursor)
        return true;
    error_set(
        &call->error, ERROR_UNSUPPORTED,
        "what a query returns from INSERT, UPDATE or DELETE takes no select, filter or order");
    return error_hint(&call->error, "End the query with a SELECT.");
}

static bool plan_parts(struct call *call, struct rpc *r)
{
    const struct plan_source source = {&r->routine->result, &r->source};
    size_t n = r->routine->source->n_parts;
    struct plan *last;

    r->plans = arena_alloc(&call->arena, n * sizeof *r->plans);
    if (!r->plans)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++) {
        if (!plain_plan(call, r, i, &r->plans[i]))
            return false;
    }
    last = &r->plans[n - 1];
    if (r->routine->is_select)
        return plan_select(&call->arena, &source, &call->tree, &call->options, last, &call->error);
    return refuse_selection(call) && plain_shape(call, &r->routine->result, last);
}

/* A row of the last statement. */
static void add_row(struct call *call, struct rpc *r, struct statement *st,
                    const struct shape *shape)
{
    enum routine_returns returns = r->routine->source->returns;

    if (returns == RETURNS_MANY || call->media == MEDIA_CSV) {
        media_row(call, st, shape, r->n_rows);
    } else if (r->n_rows == 0 && returns == RETURNS_ONE) {
        json_out_row(&call->reply, st, shape);
    } else if (r->n_rows == 0) {
        struct value value = statement_value(st, 0);

        json_out_value(&call->reply, &value, shape->outputs[0].kind);
    }
    r->n_rows++;
}

static bool run_part(struct call *call, struct db *db, struct rpc *r, const struct plan *plan,
                     bool last)
{
    struct statement *st = statement_get(db, plan->sql, &call->job.error);
    enum step step = STEP_FAILED;

    if (st && statement_bind(st, plan->values, plan->n_values, &call->job.error)) {
        while ((step = statement_step(st, &call->job.error)) == STEP_ROW) {
            if (last && plan->shape.n > 0)
                add_row(call, r, st, &plan->shape);
        }
    }
    statement_release(st);
    return step == STEP_DONE;
}

/* On the writer's thread, within the job's savepoint; may be run again (store/writer.h). */
static bool run(struct job *job, struct db *db)
{
    struct call *call = call_of_job(job);
    struct rpc *r = call->state;
    size_t n = r->routine->source->n_parts;
    bool many = r->routine->source->returns == RETURNS_MANY || call->media == MEDIA_CSV;

    buf_clear(&call->reply);
    r->n_rows = 0;
    if (many && r->plans[n - 1].shape.n > 0)
        media_begin(call, &r->plans[n - 1].shape);
    for (size_t i = 0; i < n; i++) {
        if (!run_part(call, db, r, &r->plans[i], i + 1 == n))
            return false;
    }
    if (!many && r->n_rows == 0)
        buf_add_text(&call->reply, "null");
    if (many && r->plans[n - 1].shape.n > 0) {
        media_end(call);
        if (!media_check_rows(call, r->n_rows)) {
            job->error = call->error;
            return false;
        }
    }
    if (!call->reply.failed)
        return true;
    return error_set(&job->error, call->reply.full ? ERROR_ANSWER_TOO_LARGE : ERROR_MEMORY,
                     "the answer does not fit");
}

static enum progress finish(struct call *call)
{
    struct rpc *r = call->state;
    size_t n = r->routine->source->n_parts;

    if (error_is_set(&call->job.error)) {
        call->error = call->job.error;
        return call_fail(call);
    }
    target_applied(call, call->service->allow_tx ? PREFER_FOLLOWS_TX : 0);
    if (r->plans[n - 1].shape.n > 0)
        return target_reply(call, OUTCOME_OK);
    buf_clear(&call->reply);
    call->outcome = OUTCOME_NO_CONTENT;
    return CALL_DONE;
}

static enum progress submit(struct call *call, struct rpc *r)
{
    if (!grammar_parse(&call->arena, call->parameters, &call->tree, &call->error) ||
        !plan_parts(call, r))
        return call_fail(call);
    if (media_is_plan(call))
        return target_answer_plan(call, &r->plans[r->routine->source->n_parts - 1]);
    call->job.discard = call->service->allow_tx && call->prefer.tx == PREFER_TX_ROLLBACK;
    call->job.run = run;
    call->job.mailbox = call->mailbox;
    call->job.deadline_us = call->deadline_us;
    call->finish = finish;
    if (writer_submit(call->service->writer, &call->job))
        return CALL_WAITING;
    call->error = call->job.error;
    return call_fail(call);
}

enum progress rpc_call(struct call *call)
{
    struct rpc *r = begin(call);

    if (!r || !body_arguments(call, r->routine->source, r->values, r->given, &r->body) ||
        !fill_in(call, r))
        return call_fail(call);
    return r->routine->source->writes ? submit(call, r) : answer(call, r);
}
