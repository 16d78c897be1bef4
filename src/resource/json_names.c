/*
 * The names of a JSON row's members, and the columns that they are.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "resource/body.h"
#include "resource/body_value.h"
#include "resource/call.h"
#include "resource/json_rows.h"

int json_rows_column(struct json_rows *rows, const struct json_item *name, size_t nth,
                     struct slice *text)
{
    const struct table *table = rows->call->table;
    struct body *body = rows->body;

    if (!body_string(&rows->call->arena, name, text, &rows->call->error))
        return rows->call->error.code == ERROR_MEMORY ? -2 : -1;
    if (nth < body->n_set && slice_equal(table->columns[body->set[nth].column].name, *text))
        return body->set[nth].column;
    return body_column_named(rows->call, body, *text);
}

/* A column's name as it stands in JSON, in quotes and with its colon. */
static bool spell_name(struct arena *arena, struct slice name, struct slice *out)
{
    struct buf b;

    buf_init(&b, 8 * name.len + 8);
    text_json_string(&b, name);
    buf_add_char(&b, ':');
    out->data = b.failed ? NULL : arena_copy(arena, buf_slice(&b));
    out->len = b.len;
    buf_finish(&b);
    return out->data != NULL;
}

bool json_rows_expect(struct json_rows *rows)
{
    const struct call *call = rows->call;
    const struct body *body = rows->body;
    struct arena *arena = &rows->call->arena;
    struct slice *spelled = arena_zeroed(arena, body->n_set + 1, sizeof *spelled);

    for (size_t i = 0; spelled && i < body->n_set; i++) {
        const struct column *column = &call->table->columns[body->set[i].column];

        if (!spell_name(arena, column->name, &spelled[i]))
            spelled = NULL;
    }
    rows->spelled = spelled;
    return spelled || error_set(&rows->call->error, ERROR_MEMORY, "out of memory");
}
