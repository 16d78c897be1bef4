/*
 * Named queries that return a file: the first row is the answer, with its status and header fields.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/json_out.h"
#include "resource/rpc.h"
#include "resource/target.h"

/* Statuses of an answer that is final (RFC 9110 §15). */
#define STATUS_MIN 200
#define STATUS_MAX 599

/* A declared type that Accept does not want is refused; one that a column says is not known yet. */
bool rpc_file_accepted(struct call *call, const struct routine_source *source)
{
    if (!source->media || media_accepts(call->accept, slice_from(source->media)))
        return true;
    error_set(&call->error, ERROR_NOT_ACCEPTABLE, "None of these media types are available: %.*s",
              (int)(call->accept.len > 200 ? 200 : call->accept.len), call->accept.data);
    return error_hint(&call->error, "The query returns %s.", source->media);
}

static bool bad_header(struct call *call, const char *what)
{
    error_set(&call->error, ERROR_BAD_FIELD, "the query's column %s is no header field's value",
              what);
    return error_hint(&call->error, "It is a text without line ends and control characters.");
}

static bool take_status(struct call *call, const struct value *v)
{
    if (v->type == VALUE_NULL)
        return true;
    if (v->type != VALUE_INTEGER || v->as.integer < STATUS_MIN || v->as.integer > STATUS_MAX) {
        error_set(&call->error, ERROR_BAD_STATUS, "the query's column status is no valid status");
        return error_hint(&call->error, "It is an integer from %d to %d, or NULL.", STATUS_MIN,
                          STATUS_MAX);
    }
    call->status_out = v->as.integer == 200 ? 0 : (unsigned)v->as.integer;
    return true;
}

static bool take_type(struct call *call, const struct value *v)
{
    if (v->type == VALUE_NULL)
        return true;
    if (v->type != VALUE_TEXT || !routine_media_type(v->as.bytes))
        return bad_header(call, "content_type");
    call->content_type_out = arena_copy(&call->arena, v->as.bytes);
    if (call->content_type_out)
        return true;
    return error_set(&call->error, ERROR_MEMORY, "out of memory");
}

/* Visible characters, blanks and what is not ASCII: no line's end, so nothing comes after it. */
static bool is_field_value(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];

        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return s.len > 0 && text_trim(s).len == s.len;
}

static bool add_field(struct call *call, const char *name, struct slice value)
{
    struct call_field *field = arena_alloc(&call->arena, sizeof *field);
    const char *name_copy = arena_copy(&call->arena, slice_from(name));
    const char *value_copy = arena_copy(&call->arena, value);

    if (!field || !name_copy || !value_copy)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    *field = (struct call_field){call->fields, name_copy, value_copy};
    call->fields = field;
    return true;
}

static bool take_header(struct call *call, const struct column *column, const struct value *v)
{
    char name[ROUTINE_HEADER_MAX];
    struct buf text;
    bool ok;

    if (v->type == VALUE_NULL)
        return true;
    if (!routine_header_name(column->name, name))
        return bad_header(call, column->name.data);
    if (v->type == VALUE_TEXT)
        return is_field_value(v->as.bytes) ? add_field(call, name, v->as.bytes)
                                           : bad_header(call, column->name.data);
    if (v->type == VALUE_BLOB)
        return bad_header(call, column->name.data);
    buf_init(&text, 64);
    json_out_value(&text, v, KIND_ANY);
    ok = add_field(call, name, buf_slice(&text));
    buf_finish(&text);
    return ok;
}

/* Text and bytes as they are. */
static void take_body(struct call *call, const struct value *v)
{
    if (v->type == VALUE_TEXT || v->type == VALUE_BLOB)
        buf_add_slice(&call->reply, v->as.bytes);
    else if (v->type != VALUE_NULL)
        json_out_value(&call->reply, v, KIND_ANY);
}

bool rpc_file_row(struct call *call, const struct rpc *r, const struct row *row)
{
    const struct table *result = &r->routine->result;
    bool ok = true;

    for (size_t i = 0; i < result->n_columns && ok; i++) {
        struct value v = row_value(row, i);

        switch (routine_file_role(result->columns[i].name)) {
        case FILE_STATUS: ok = take_status(call, &v); break;
        case FILE_TYPE: ok = take_type(call, &v); break;
        case FILE_HEADER: ok = take_header(call, &result->columns[i], &v); break;
        case FILE_BODY: take_body(call, &v); break;
        }
    }
    return ok;
}

void rpc_file_forget(struct call *call)
{
    call->fields = NULL;
    call->status_out = 0;
    call->content_type_out = NULL;
}

bool rpc_file_missing(struct call *call, const struct rpc *r)
{
    return error_set(&call->error, ERROR_NO_ROW, "the query %s finds nothing",
                     r->routine->source->name.data);
}

enum progress rpc_answer_file(struct call *call, const struct rpc *r)
{
    const char *type = call->content_type_out ? call->content_type_out : r->routine->source->media;
    bool empty = call->status_out == 204 || call->status_out == 205 || call->status_out == 304;

    if (empty)
        buf_clear(&call->reply);
    if (target_json(call, OUTCOME_OK) == CALL_DONE && call->outcome != OUTCOME_FAILED)
        call->content_type_out = empty ? NULL : type ? type : "application/octet-stream";
    return CALL_DONE;
}
