/* SPDX-License-Identifier: MIT */
#include "store/db/json_contains.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "store/db/db.h"
#include "store/db/json_wanted.h"

/* Memory of what is wanted: a request's URL is its source, and has a limit of its own. */
#define WANTED_MAX ((size_t)32 << 20)

/* Nesting of a document: more than SQLite's own of JSON. */
#define DOCUMENT_DEPTH 1100

/* Bytes read, and some for each value that is compared, before it looks at the deadline again. */
#define WORK_MAX  ((size_t)1 << 20)
#define WORK_EACH 64

enum mark { UNSEEN, HOLDS, FAILS };

/* What is wanted, kept with the statement while its parameter stays the same. */
struct comparison {
    struct db *db;
    struct arena arena;
    struct wanted *wanted;
    bool nothing; /* the literal {}: an empty array, or an empty object */
    char *scratch;
    size_t scratch_size;
    size_t work;  /* of WORK_MAX */
    bool overdue; /* the deadline is past */
    bool failed;  /* it is, or memory is out */
};

static bool holds(struct comparison *c, enum json_operation operation, struct slice document,
                  struct wanted *w);

static bool work(struct comparison *c, size_t bytes)
{
    c->work += bytes + WORK_EACH;
    if (c->work < WORK_MAX)
        return !c->failed;
    c->work = 0;
    c->overdue = c->overdue || db_is_overdue(c->db);
    c->failed = c->failed || c->overdue;
    return !c->failed;
}

static bool read_item(struct comparison *c, struct json_reader *r, struct json_item *item)
{
    if (!json_read(r, item))
        return false;
    return work(c, item->text.len);
}

static bool read_scalar(struct comparison *c, const struct json_item *item, struct scalar *out)
{
    if (!item->plain && item->kind == JSON_IS_STRING && item->text.len > c->scratch_size) {
        char *larger = realloc(c->scratch, item->text.len);

        c->failed = c->failed || !larger;
        if (!larger)
            return false;
        c->scratch = larger;
        c->scratch_size = item->text.len;
    }
    return scalar_of(item, c->scratch, out);
}

static void clear_marks(struct wanted *w)
{
    for (size_t i = 0; i < w->n; i++)
        w->members[i].mark = UNSEEN;
}

static bool no_mark(const struct wanted *w, enum mark mark)
{
    for (size_t i = 0; i < w->n_names; i++) {
        if (w->by_name[i]->mark == (int)mark)
            return false;
    }
    return true;
}

/* Of several members of one name the last counts, as in jsonb. */
static bool object_holds(struct comparison *c, enum json_operation operation, struct slice document,
                         struct wanted *w)
{
    struct json_reader r = json_reader_make(document, DOCUMENT_DEPTH);
    struct json_item name, value;
    struct scalar key;
    bool first = true;

    if (w->kind != JSON_IS_OBJECT)
        return false;
    if (!json_enter(&r, '{'))
        return false;
    clear_marks(w);
    while (!c->failed && json_next_member(&r, &first, &name) == JSON_NEXT) {
        struct wanted *member = read_scalar(c, &name, &key) ? wanted_member(w, key.text) : NULL;

        if (!read_item(c, &r, &value))
            return false;
        if (!member && operation == JSON_CONTAINED)
            return false;
        if (member)
            member->mark = holds(c, operation, value.text, member) ? HOLDS : FAILS;
    }
    if (!no_mark(w, FAILS))
        return false;
    if (operation == JSON_CONTAINED)
        return true;
    return no_mark(w, UNSEEN);
}

/* Marks those that a document's element is, or has, or is in; true if there are any. */
static bool mark_element(struct comparison *c, enum json_operation operation,
                         const struct json_item *item, struct wanted *w, size_t *left)
{
    struct scalar scalar;
    bool any = false;

    if (item->kind != JSON_IS_ARRAY && item->kind != JSON_IS_OBJECT) {
        struct sorted *found = read_scalar(c, item, &scalar) ? wanted_find(w, &scalar) : NULL;

        any = found != NULL;
        for (; found && found < w->sorted + w->n_sorted &&
               scalar_compare(&found->scalar, &scalar) == 0;
             found++) {
            *left -= found->member->mark == UNSEEN;
            found->member->mark = HOLDS;
        }
        return any;
    }
    for (size_t i = 0; i < w->n && !c->failed; i++) {
        struct wanted *member = &w->members[i];

        if (wanted_is_scalar(member) || (operation == JSON_CONTAINS && member->mark == HOLDS))
            continue;
        if (!work(c, 0))
            continue;
        if (!holds(c, operation, item->text, member))
            continue;
        *left -= member->mark == UNSEEN;
        member->mark = HOLDS;
        any = true;
        if (operation != JSON_CONTAINS)
            break;
    }
    return any;
}

static bool array_holds(struct comparison *c, enum json_operation operation, struct slice document,
                        struct wanted *w)
{
    struct json_reader r = json_reader_make(document, DOCUMENT_DEPTH);
    struct json_item item;
    size_t left = w->n;
    bool first = true;

    if (w->kind != JSON_IS_ARRAY)
        return false;
    if (!json_enter(&r, '['))
        return false;
    clear_marks(w);
    while (!c->failed && (left > 0 || operation != JSON_CONTAINS) &&
           json_next_element(&r, &first) == JSON_NEXT) {
        bool any = read_item(c, &r, &item) && mark_element(c, operation, &item, w, &left);

        if (operation == JSON_OVERLAPS && any)
            return true;
        if (operation == JSON_CONTAINED && !any)
            return false;
    }
    return operation == JSON_CONTAINED || (operation == JSON_CONTAINS && left == 0);
}

/* Recursion is bounded by the depth of what is wanted. */
static bool holds(struct comparison *c, enum json_operation operation, struct slice document,
                  struct wanted *w)
{
    struct json_reader r = json_reader_make(document, DOCUMENT_DEPTH);
    struct json_item item;
    struct scalar scalar;

    if (document.len > 0 && document.data[0] == '{')
        return object_holds(c, operation, document, w);
    if (document.len > 0 && document.data[0] == '[')
        return array_holds(c, operation, document, w);
    if (!wanted_is_scalar(w))
        return false;
    if (!read_item(c, &r, &item))
        return false;
    if (!read_scalar(c, &item, &scalar))
        return false;
    return scalar_compare(&scalar, &w->scalar) == 0;
}

/* jsonb's exception: at the top an array contains a value that is no array as if that were one. */
static bool top_holds(struct comparison *c, enum json_operation operation, struct slice document)
{
    struct json_reader r = json_reader_make(document, DOCUMENT_DEPTH);
    bool is_array = document.len > 0 && document.data[0] == '[';
    bool is_object = document.len > 0 && document.data[0] == '{';
    struct wanted *w = c->wanted, alone = {.kind = JSON_IS_ARRAY, .n = 1, .members = w};
    struct json_item item;
    size_t left = 1;

    if (c->nothing)
        return operation == JSON_CONTAINS
                   ? is_array || is_object
                   : operation == JSON_CONTAINED && (is_array || is_object) && document.len == 2;
    if (operation == JSON_CONTAINS && is_array && wanted_is_scalar(w)) {
        struct sorted only = {w->scalar, w};

        alone.n_sorted = 1;
        alone.sorted = &only;
        return array_holds(c, operation, document, &alone);
    }
    if (operation == JSON_CONTAINED && !is_array && !is_object && w->kind == JSON_IS_ARRAY)
        return read_item(c, &r, &item) && mark_element(c, operation, &item, w, &left);
    return holds(c, operation, document, w);
}

static void comparison_free(void *memory)
{
    struct comparison *c = memory;

    arena_finish(&c->arena);
    free(c->scratch);
    free(c);
}

static struct comparison *comparison_make(struct db *db, struct slice text, bool literal)
{
    struct comparison *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->db = db;
    arena_init(&c->arena, WANTED_MAX);
    c->nothing = literal && slice_is(text, "[]");
    c->wanted = wanted_parse(&c->arena, text, literal);
    if (c->wanted)
        return c;
    comparison_free(c);
    return NULL;
}

static struct slice text_of(sqlite3_value *v)
{
    const char *text = (const char *)sqlite3_value_text(v);

    return slice_make(text, text ? (size_t)sqlite3_value_bytes(v) : 0);
}

/* (operation, document, wanted, literal) */
static void compare(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct comparison *c = sqlite3_get_auxdata(context, 2);
    struct slice document;
    bool kept = c != NULL, answer;
    (void)n;

    if (sqlite3_value_type(values[1]) == SQLITE_NULL)
        return;
    if (!kept)
        c = comparison_make(sqlite3_user_data(context), text_of(values[2]),
                            sqlite3_value_int(values[3]) != 0);
    if (!c) {
        sqlite3_result_error_nomem(context);
        return;
    }
    document = text_of(values[1]);
    c->failed = c->overdue = false;
    answer = top_holds(c, (enum json_operation)sqlite3_value_int(values[0]), document);
    if (c->overdue)
        sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    else if (c->failed)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_int(context, answer);
    if (!kept)
        sqlite3_set_auxdata(context, 2, c, comparison_free);
}

bool json_contains_register(struct db *db, struct error *e)
{
    const int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY | SQLITE_DETERMINISTIC;

    if (sqlite3_create_function_v2(db_handle(db), "thimble_json", 4, flags, db, compare, NULL, NULL,
                                   NULL) == SQLITE_OK)
        return true;
    return error_set(e, ERROR_MEMORY, "out of memory");
}
