/* SPDX-License-Identifier: MIT */
#include "http/status.h"

#include <assert.h>

#include <microhttpd.h>

static const unsigned short error_status[] = {
    [ERROR_NONE] = 500, /* a failure without a reason is a bug */
    [ERROR_INTERNAL] = 500,
    [ERROR_MEMORY] = 503,
    [ERROR_BUSY] = 503,
    [ERROR_RUNNING] = 409,
    [ERROR_DRAINING] = 503,
    [ERROR_TIMEOUT] = 504,
    [ERROR_OVER_BUDGET] = 504,
    [ERROR_CANCELLED] = 504,
    [ERROR_LOCKED] = 503,
    [ERROR_CORRUPT] = 500,
    [ERROR_IO] = 500,
    [ERROR_FULL] = 507,
    [ERROR_READ_ONLY] = 405,
    [ERROR_UNWRITABLE] = 500,
    [ERROR_LOST] = 500, /* somebody must put the file back, or start the service again */
    [ERROR_DENIED] = 403,
    [ERROR_FORBIDDEN] = 403,
    [ERROR_BROKEN_TABLE] = 500,
    [ERROR_BROKEN_COLUMN] = 500,
    [ERROR_BROKEN_FUNCTION] = 500,
    [ERROR_BROKEN_OBJECT] = 500,
    [ERROR_BROKEN_SCHEMA] = 500,
    [ERROR_TOO_COMPLEX] = 400,
    [ERROR_SYNTAX] = 400,
    [ERROR_UNSUPPORTED] = 400,
    [ERROR_BODY] = 400,
    [ERROR_VALUE] = 400,
    [ERROR_PATTERN] = 400,
    [ERROR_OUT_OF_RANGE] = 400,
    [ERROR_SEQUENCE] = 400,
    [ERROR_GENERATED] = 400,
    [ERROR_NO_TABLE] = 404,
    [ERROR_NO_COLUMN] = 400,
    [ERROR_NO_BODY_COLUMN] = 400,
    [ERROR_NO_ROUTE] = 404,
    [ERROR_NO_ROW] = 404,
    [ERROR_METHOD] = 405,
    [ERROR_NOT_BOOLEAN] = 400,
    [ERROR_NOT_ACCEPTABLE] = 406,
    [ERROR_MEDIA_TYPE] = 415,
    [ERROR_ORIGIN] = 403,
    [ERROR_BAD_HOST] = 400,
    [ERROR_HOST] = 421,
    [ERROR_TOO_LARGE] = 413,
    [ERROR_URL_TOO_LONG] = 414,
    [ERROR_HEADERS_TOO_LARGE] = 431,
    [ERROR_ANSWER_TOO_LARGE] = 400,
    [ERROR_TOO_MANY] = 429,
    [ERROR_RATE] = 429,
    [ERROR_RANGE] = 416,
    [ERROR_PRECONDITION] = 412,
    [ERROR_PUT_FILTER] = 405,
    [ERROR_SCHEMA] = 406,
    [ERROR_NOT_EMBEDDED] = 400,
    [ERROR_LIMIT_UNORDERED] = 400,
    [ERROR_PUT_LIMIT] = 400,
    [ERROR_PUT_KEY] = 400,
    [ERROR_NOT_SINGULAR] = 406,
    [ERROR_ORDER_NOT_TO_ONE] = 400,
    [ERROR_BAD_EMBED_FILTER] = 400,
    [ERROR_PREFERENCES] = 400,
    [ERROR_AGGREGATES] = 400,
    [ERROR_MAX_AFFECTED] = 400,
    [ERROR_AFFECTED_SHAPE] = 400,
    [ERROR_BAD_FIELD] = 500,
    [ERROR_BAD_STATUS] = 500,
    [ERROR_NO_RELATION] = 400,
    [ERROR_AMBIGUOUS] = 300,
    [ERROR_NO_ROUTINE] = 404,
    [ERROR_RPC_METHOD] = 405,
    [ERROR_CONFLICT_TARGET] = 400,
    [ERROR_UNFILTERED] = 400,
    [ERROR_UNIQUE] = 409,
    [ERROR_FOREIGN_KEY] = 409,
    [ERROR_NOT_NULL] = 400,
    [ERROR_CHECK] = 400,
    [ERROR_RAISED] = 400,
    [ERROR_NO_CREDENTIALS] = 401,
    [ERROR_NO_SECRET] = 500,
    [ERROR_TOKEN] = 401,
    [ERROR_KEY] = 401,
    [ERROR_CLAIMS] = 401,
    [ERROR_NO_ROLE] = 401,
    [ERROR_NOT_NEAR] = 403,
    [ERROR_USAGE] = 500,
    [ERROR_FAILURE] = 500,
};

static_assert(sizeof error_status / sizeof *error_status == ERROR_FAILURE + 1,
              "every error code has a status");

unsigned status_of_error(enum error_code code)
{
    assert((size_t)code < sizeof error_status / sizeof *error_status);
    return error_status[code];
}

unsigned status_of_failure(const struct error *e)
{
    if (e->status)
        return (unsigned)e->status;
    return status_of_error(e->code);
}

/* Who has not said who they are may say so (postgrest.org, "Errors": 42501). */
static unsigned status_of_refusal(const struct call *call)
{
    enum error_code code = call->error.code;
    bool is_denied = code == ERROR_FORBIDDEN || code == ERROR_DENIED;

    if (is_denied && call->anonymous && !call->error.status)
        return 401;
    return status_of_failure(&call->error);
}

unsigned status_of_call(const struct call *call)
{
    switch (call->outcome) {
    case OUTCOME_OK: return call->status_out ? call->status_out : 200;
    case OUTCOME_CREATED: return 201;
    case OUTCOME_NO_CONTENT: return 204;
    case OUTCOME_PARTIAL: return 206;
    case OUTCOME_NOT_MODIFIED: return 304;
    case OUTCOME_UNREADY: return 503;
    case OUTCOME_FAILED:
    case OUTCOME_NONE: break;
    }
    return status_of_refusal(call);
}

const char *status_title(unsigned status)
{
    static const struct {
        unsigned status;
        const char *title;
    } titles[] = {
        {300, "Multiple Choices"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {409, "Conflict"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {421, "Misdirected Request"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {507, "Insufficient Storage"},
    };

    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        if (titles[i].status == status)
            return titles[i].title;
    }
    return MHD_get_reason_phrase_for(status); /* one that a query chose */
}

/* The same request may succeed soon: nothing else may say so. */
unsigned status_retry_after(enum error_code code)
{
    switch (code) {
    case ERROR_BUSY:
    case ERROR_LOCKED:
    case ERROR_MEMORY:
    case ERROR_RATE:
    case ERROR_TOO_MANY: return 1;
    case ERROR_DRAINING: return 5;
    default: return 0;
    }
}

unsigned status_retry_after_failure(const struct error *e)
{
    unsigned usual = status_retry_after(e->code);

    return usual && e->retry_after > 0 ? (unsigned)e->retry_after : usual;
}
