/* SPDX-License-Identifier: MIT */
#include "store/catalog/routine_parser.h"

#include "base/ascii.h"
#include "base/text.h"

bool parser_fail(struct parser *p, const char *what, struct slice near)
{
    enum { NEAR_MAX = 60 };

    if (near.len > NEAR_MAX)
        near.len = NEAR_MAX;
    if (!near.data)
        near = slice_make("", 0);
    return error_set(p->error, ERROR_FAILURE, "the query %s: %s: %.*s", p->name, what,
                     SLICE_ARG(near));
}

const char *parser_type(struct parser *p, struct slice type)
{
    char *upper = arena_copy(p->arena, type);

    if (!upper) {
        error_set(p->error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < type.len; i++)
        upper[i] = ascii_upper(upper[i]);
    return upper;
}

static bool is_array_type(struct slice type)
{
    return type.len >= 2 && memcmp(type.data + type.len - 2, "[]", 2) == 0;
}

/* A parameter's column; it is never part of a statement by name. */
bool parser_add_param(struct parser *p, struct slice name, struct slice type)
{
    struct routine_param *param = &p->params[p->n_params];
    bool is_array = is_array_type(type);

    if (p->n_params == PARAMS_MAX)
        return parser_fail(p, "too many parameters", name);
    if (is_array)
        type = text_trim(slice_make(type.data, type.len - 2));
    *param = (struct routine_param){.column = {.quoted = ""}, .is_array = is_array};
    param->column.name = slice_make(arena_copy(p->arena, name), name.len);
    param->column.type = parser_type(p, type);
    if (!param->column.name.data || !param->column.type)
        return error_set(p->error, ERROR_MEMORY, "out of memory");
    param->column.kind = catalog_kind(param->column.type);
    p->n_params++;
    return true;
}

int parser_find_param(const struct parser *p, struct slice name)
{
    for (size_t i = 0; i < p->n_params; i++) {
        if (slice_equal(p->params[i].column.name, name))
            return (int)i;
    }
    return -1;
}
