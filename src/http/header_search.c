/* SPDX-License-Identifier: MIT */
#include "http/header_search.h"

#include <stddef.h>

#include "base/text.h"
#include "http/request.h"

/* What is looked for by its name, and joined if it is there more than once (RFC 9110 §5.3). */
struct field_search {
    struct arena *arena;
    struct slice name, value;
    bool found;
};

static enum MHD_Result look_at_field(void *context, enum MHD_ValueKind kind, const char *name,
                                     size_t name_len, const char *value, size_t value_len)
{
    struct field_search *s = context;
    struct slice before = s->value;
    char *joined;
    (void)kind;

    if (!text_equal_nocase(slice_make(name, name_len), s->name))
        return MHD_YES;
    s->value = slice_make(value, value_len);
    if (s->found) {
        joined = arena_alloc(s->arena, before.len + 2 + value_len);
        if (!joined)
            return MHD_NO;
        memcpy(joined, before.data, before.len);
        memcpy(joined + before.len, ", ", 2);
        memcpy(joined + before.len + 2, value, value_len);
        s->value = slice_make(joined, before.len + 2 + value_len);
    }
    s->found = true;
    return MHD_YES;
}

/* With access files these say who asks, and are nobody else's to read. */
static bool is_secret(struct slice name)
{
    static const struct slice secrets[] = {SLICE_LITERAL("authorization"), SLICE_LITERAL("apikey"),
                                           SLICE_LITERAL("x-api-key")};

    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        if (text_equal_nocase(name, secrets[i]))
            return true;
    }
    return false;
}

bool header_search(struct identity *who, struct slice name, struct slice *value)
{
    struct call *call = (struct call *)((char *)who - offsetof(struct call, who));
    struct request *r = (struct request *)call;
    struct field_search s = {.arena = &call->arena, .name = name};

    if (who->role.len > 0 && is_secret(name))
        return false;
    MHD_get_connection_values_n(r->connection, MHD_HEADER_KIND, look_at_field, &s);
    *value = s.value;
    return s.found;
}
