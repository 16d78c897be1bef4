/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void error_clear(struct error *e)
{
    e->code = ERROR_NONE;
    e->sqlite_code = 0;
    e->sqlite_name = e->json_details = NULL;
    e->column[0] = e->constraint[0] = e->message[0] = e->details[0] = e->hint[0] = '\0';
    e->status = 0;
    e->retry_after = 0;
    e->row = -1;
    e->line = 0;
}

struct error error_none(void)
{
    struct error e;

    error_clear(&e);
    return e;
}

void error_record(struct error *e, enum error_code code, const char *format, ...)
{
    va_list args;

    if (error_is_set(e))
        return;
    e->code = code;
    va_start(args, format);
    vsnprintf(e->message, sizeof e->message, format, args);
    va_end(args);
}

void error_record_details(struct error *e, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(e->details, sizeof e->details, format, args);
    va_end(args);
}

void error_record_hint(struct error *e, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(e->hint, sizeof e->hint, format, args);
    va_end(args);
}

void error_column(struct error *e, const char *name)
{
    snprintf(e->column, sizeof e->column, "%s", name);
}

void error_constraint(struct error *e, const char *name)
{
    snprintf(e->constraint, sizeof e->constraint, "%s", name);
}

void error_sentence(const struct error *e, char out[ERROR_SENTENCE_MAX])
{
    const char *colon = "";

    if (e->details[0])
        colon = ": ";
    snprintf(out, ERROR_SENTENCE_MAX, "%s%s%s", e->message, colon, e->details);
}

const char *error_code_text(enum error_code code)
{
    static const char *const texts[] = {
#define ERROR_TEXT(name, text) [ERROR_##name] = text,
        ERROR_CODES(ERROR_TEXT)
#undef ERROR_TEXT
    };

    return texts[code];
}
