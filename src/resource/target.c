/* SPDX-License-Identifier: MIT */
#include "resource/target.h"

#include "base/text.h"
#include "query/grammar.h"
#include "query/rights.h"
#include "resource/verbs.h"
#include "store/catalog/catalog.h"

static bool check_preferences(struct call *call)
{
    if (call->prefer.handling != PREFER_STRICT || !call->prefer.unknown[0])
        return true;
    error_set(&call->error, ERROR_PREFERENCES, "Invalid preferences given with handling=strict");
    return error_details(&call->error, "Invalid preferences: %s", call->prefer.unknown);
}

bool target_begin_any(struct call *call)
{
    if (!call_check_profile(call))
        return false;
    if (!check_preferences(call))
        return false;
    return grammar_split(&call->arena, call->query, &call->parameters, &call->error);
}

bool target_begin(struct call *call)
{
    if (!target_begin_any(call))
        return false;
    return media_choose(call);
}

static void add_plain(struct buf *b, struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        bool plain = name.data[i] >= ' ' && name.data[i] < 0x7f && name.data[i] != '"' &&
                     name.data[i] != '\\';

        buf_add_char(b, plain ? name.data[i] : '?');
    }
}

/* Warning (PostgREST's, of RFC 7234 §5.5): the names as they are in ASCII, without quotes. */
static void warn_of_old_name(struct call *call, const struct select_item *item)
{
    struct buf b;

    buf_init(&b, 512);
    buf_add_text(&b, "299 thimble \"select= gives ");
    add_plain(&b, item->relation);
    buf_add_text(&b, " the alias ");
    add_plain(&b, item->alias);
    buf_add_text(&b,
                 ": call it so in filters, orders and limits. Its own name will not be taken for "
                 "ever.\"");
    call->warning = b.failed ? NULL : arena_copy(&call->arena, buf_slice(&b));
    buf_finish(&b);
}

bool target_parse(struct call *call)
{
    if (!grammar_parse(&call->arena, call->parameters, call->service->grammar, &call->tree,
                       &call->error))
        return false;
    if (call->tree.old_name)
        warn_of_old_name(call, call->tree.old_name);
    return true;
}

/* What the method needs of the table. */
static unsigned rights_of(enum method method)
{
    static const unsigned char rights[] = {
        [METHOD_GET] = RIGHT_SELECT,   [METHOD_HEAD] = RIGHT_SELECT,
        [METHOD_POST] = RIGHT_INSERT,  [METHOD_PUT] = RIGHT_INSERT | RIGHT_UPDATE,
        [METHOD_PATCH] = RIGHT_UPDATE, [METHOD_DELETE] = RIGHT_DELETE,
        [METHOD_OPTIONS] = 0,          [METHOD_OTHER] = 0,
    };

    return rights[method];
}

/* False with ERROR_FORBIDDEN, and Allow, if the role has not the right that the method needs. */
static bool check_granted(struct call *call)
{
    unsigned needed = rights_of(call->method);

    if ((call->table->rights & needed) == needed)
        return true;
    call->allow = call->keys_text.data ? resource_row_methods(call->table)
                                       : resource_list_methods(call->table);
    return rights_refuse(call->table, &call->error);
}

bool target_list(struct call *call)
{
    if (!call_resolve(call))
        return false;
    if (!check_granted(call))
        return false;
    if (!target_begin(call))
        return false;
    return target_parse(call);
}

/* Splits at commas first, so that %2C is a comma within a value. */
static bool split_keys(struct call *call, struct slice *keys, size_t *n)
{
    struct slice raw = call->keys_text;

    *n = 0;
    for (size_t at = 0; at <= raw.len; (*n)++) {
        const char *comma = at < raw.len ? memchr(raw.data + at, ',', raw.len - at) : NULL;
        size_t len = comma ? (size_t)(comma - raw.data) - at : raw.len - at;
        char *text;
        long decoded;

        if (*n == call->table->n_key) /* too many: plan_key_filter says so */
            return ++*n;
        text = arena_alloc(&call->arena, len + 1);
        if (!text)
            return error_set(&call->error, ERROR_MEMORY, "out of memory");
        decoded = text_percent_decode(slice_make(raw.data + at, len), text);
        if (decoded < 0 || !text_utf8_valid(slice_make(text, (size_t)decoded)))
            return error_set(&call->error, ERROR_SYNTAX,
                             "the key in the path is not percent-encoded UTF-8");
        keys[*n] = slice_make(text, (size_t)decoded);
        at += len + 1;
    }
    return true;
}

/* A path that ends in a / names the row whose key is the empty text: where a key is none, it is a
 * slip. */
static bool check_empty_key(struct call *call)
{
    const struct table *t = call->table;
    enum column_kind kind = t->n_key == 1 ? t->columns[t->key[0]].kind : KIND_INTEGER;

    if (kind != KIND_INTEGER && kind != KIND_REAL && kind != KIND_NUMERIC && kind != KIND_BOOLEAN)
        return true;
    error_set(&call->error, ERROR_NO_ROUTE, "Invalid path specified in request URL");
    return error_hint(&call->error, "The table is at /%.*s, without the / at the end.",
                      SLICE_ARG(call->table_name));
}

bool target_row(struct call *call)
{
    struct slice *keys;
    size_t n;

    if (!target_list(call))
        return false;
    if (call->tree.root.filter || call->tree.root.order || call->tree.root.limit >= 0 ||
        call->tree.root.offset || call->tree.has_cursor) {
        error_set(&call->error, ERROR_SYNTAX,
                  "a row's path takes no filter, order, limit or offset");
        return error_hint(&call->error, "Use /%.*s with a filter, or the path alone.",
                          SLICE_ARG(call->table_name));
    }
    keys = arena_alloc(&call->arena, (call->table->n_key + 1) * sizeof *keys);
    if (!keys)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    if (call->keys_text.len == 0 && !check_empty_key(call))
        return false;
    if (!split_keys(call, keys, &n))
        return false;
    return plan_key_filter(&call->arena, call->table, keys, n, &call->tree.root.filter,
                           &call->error);
}

enum progress target_not_allowed(struct call *call, unsigned methods)
{
    call->allow = methods;
    error_set(&call->error, ERROR_METHOD, "%s does not take this method", call->table->name.data);
    error_hint(&call->error, "The Allow header lists those it takes.");
    return call_fail(call);
}

enum progress target_read_only(struct call *call)
{
    static const char *const statements[] = {
        [METHOD_POST] = "INSERT",
        [METHOD_PUT] = "INSERT",
        [METHOD_PATCH] = "UPDATE",
        [METHOD_DELETE] = "DELETE",
    };

    if (!call_resolve(call))
        return call_fail(call);
    call->allow = call->keys_text.data ? resource_row_methods(call->table)
                                       : resource_list_methods(call->table);
    writer_read_only(statements[call->method], &call->error);
    return call_fail(call);
}

bool target_check_affected(struct call *call, size_t affected)
{
    const struct prefer *p = &call->prefer;

    if (!prefer_limits_affected(p))
        return true;
    if ((int64_t)affected <= p->max_affected)
        return true;
    error_set(&call->error, ERROR_MAX_AFFECTED,
              "Query result exceeds max-affected preference constraint");
    return error_details(&call->error, "The query affects %zu rows", affected);
}

void target_applied(struct call *call, unsigned follows)
{
    char text[PREFER_APPLIED_MAX];

    prefer_applied(&call->prefer, follows, text);
    call->preference_applied = text[0] ? arena_copy(&call->arena, slice_from(text)) : NULL;
}

void target_no_room(struct call *call)
{
    struct error *e = &call->error;

    if (!call->reply.full) {
        error_set(e, ERROR_MEMORY, "the answer does not fit");
    } else if (memory_is_never()) {
        error_set(e, ERROR_ANSWER_TOO_LARGE,
                  "the answer needs more memory than one request may have");
        error_hint(e, "Ask for fewer rows with limit= or fewer columns with select=, or raise "
                      "--memory.");
    } else {
        error_set(e, ERROR_ANSWER_TOO_LARGE, "the answer would pass %lld bytes",
                  (long long)call->service->max_answer);
        error_hint(e, "Ask for fewer rows with limit= or fewer columns with select=.");
    }
}

enum progress target_json(struct call *call, enum outcome outcome)
{
    if (call->reply.failed) {
        target_no_room(call);
        return call_fail(call);
    }
    call->outcome = outcome;
    call->content_type_out = "application/json; charset=utf-8";
    return CALL_DONE;
}

enum progress target_reply(struct call *call, enum outcome outcome)
{
    (void)target_json(call, outcome);
    if (call->outcome != OUTCOME_FAILED)
        call->content_type_out = media_type(call);
    return CALL_DONE;
}

unsigned resource_list_methods(const struct table *table)
{
    unsigned methods =
        METHOD_BIT(METHOD_GET) | METHOD_BIT(METHOD_HEAD) | METHOD_BIT(METHOD_OPTIONS);

    bool inserts = table->insertable && rights_has(table, RIGHT_INSERT);
    bool updates = table->updatable && rights_has(table, RIGHT_UPDATE);
    bool deletes = table->deletable && rights_has(table, RIGHT_DELETE);
    bool replaceable = table->n_key > 0 && inserts && updates;

    if (!rights_has(table, RIGHT_SELECT))
        methods &= ~(METHOD_BIT(METHOD_GET) | METHOD_BIT(METHOD_HEAD));
    methods |= inserts ? METHOD_BIT(METHOD_POST) : 0;
    methods |= replaceable ? METHOD_BIT(METHOD_PUT) : 0;
    methods |= updates ? METHOD_BIT(METHOD_PATCH) : 0;
    methods |= deletes ? METHOD_BIT(METHOD_DELETE) : 0;
    return methods;
}

unsigned resource_row_methods(const struct table *table)
{
    return resource_list_methods(table) & ~METHOD_BIT(METHOD_POST);
}
