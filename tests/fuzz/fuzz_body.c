/*
 * Bodies: what is JSON and what it holds is the same to our reader and to jansson; an object is the
 * same alone, in an array and as a line; CSV reads back what it wrote. The input's first byte chooses. Built
 * with libFuzzer (make fuzz).
 *
 * SPDX-License-Identifier: MIT
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/parse.h"
#include "fuzz.h"
#include "query/json_out.h"
#include "resource/body.h"
#include "resource/body_value.h"
#include "resource/call.h"
#include "store/catalog/catalog.h"
#include "store/db/db.h"

#define DEPTH 64

static const char schema[] = "CREATE TABLE v(i INTEGER, r REAL, n NUMERIC, t TEXT, u, b BOOLEAN, j "
                             "JSON, x BLOB, d TEXT DEFAULT 'd')";
static const struct service service = {
    .max_elements = 100, .max_depth = DEPTH, .max_answer = 1 << 20};
static struct db *db;
static struct catalog *catalog;
static const struct table *table;

static void die(const char *what, struct slice text)
{
    fprintf(stderr, "%s\n%.*s\n", what, SLICE_ARG(text));
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct db_options options = db_options_default();
    struct error e = error_none();
    (void)argc, (void)argv;

    options.write_row = json_out_cells;
    db = db_open(":memory:", DB_WRITE, &options, &e);
    if (!db || !db_exec(db, schema, &e))
        die(e.message, slice_from(""));
    catalog = catalog_load(db, NULL, &e);
    table = catalog ? catalog_table(catalog, slice_from("v")) : NULL;
    if (!table)
        die(e.message, slice_from(""));
    json_object_seed(1);
    return 0;
}

/* ---- two readers of JSON */

static void compare(const struct json_item *item, const json_t *other);

static void compare_number(const struct json_item *item, const json_t *other)
{
    int64_t integer;
    double real;

    if (item->integer != json_is_integer(other))
        die("integer", item->text);
    if (item->integer &&
        (!parse_int64(item->text, &integer) || integer != json_integer_value(other)))
        die("the integer's value", item->text);
    if (!parse_double(item->text, &real) || real != json_number_value(other))
        die("the number's value", item->text);
    if (parse_whole(item->text, &integer) && (double)integer != real)
        die("the whole number's value", item->text);
}

static void compare_string(const struct json_item *item, const json_t *other)
{
    char *text = malloc(item->text.len);
    long n = json_decode(item, text);

    if (n < 0 || !slice_equal(slice_make(text, (size_t)n),
                              slice_make(json_string_value(other), json_string_length(other))))
        die("the string", item->text);
    free(text);
}

static void compare_array(const struct json_item *item, const json_t *other)
{
    struct json_reader r = json_reader_make(item->text, DEPTH);
    struct json_item part;
    bool first = true;
    size_t n = 0;

    json_enter(&r, '[');
    while (json_next_element(&r, &first) == JSON_NEXT && json_read(&r, &part))
        compare(&part, json_array_get(other, n++));
    if (n != json_array_size(other))
        die("elements", item->text);
}

/* Of a member that is there twice jansson keeps the last. */
static void compare_object(const struct json_item *item, const json_t *other)
{
    struct json_reader r = json_reader_make(item->text, DEPTH);
    struct json_item name, part;
    bool first = true;
    size_t n = 0;

    json_enter(&r, '{');
    while (json_next_member(&r, &first, &name) == JSON_NEXT && json_read(&r, &part))
        n++;
    if (n < json_object_size(other))
        die("members", item->text);
    if (n > json_object_size(other))
        return;
    r = json_reader_make(item->text, DEPTH);
    first = true;
    json_enter(&r, '{');
    while (json_next_member(&r, &first, &name) == JSON_NEXT && json_read(&r, &part)) {
        char *text = malloc(name.text.len);
        long len = json_decode(&name, text);

        compare(&part, json_object_getn(other, text, (size_t)len));
        free(text);
    }
}

static void compare(const struct json_item *item, const json_t *other)
{
    static const enum json_kind kinds[] = {
        [JSON_OBJECT] = JSON_IS_OBJECT, [JSON_ARRAY] = JSON_IS_ARRAY,
        [JSON_STRING] = JSON_IS_STRING, [JSON_INTEGER] = JSON_IS_NUMBER,
        [JSON_REAL] = JSON_IS_NUMBER,   [JSON_TRUE] = JSON_IS_BOOLEAN,
        [JSON_FALSE] = JSON_IS_BOOLEAN, [JSON_NULL] = JSON_IS_NULL};

    if (!other || kinds[json_typeof(other)] != item->kind)
        die("kind", item->text);
    switch (item->kind) {
    case JSON_IS_NUMBER: compare_number(item, other); break;
    case JSON_IS_STRING: compare_string(item, other); break;
    case JSON_IS_ARRAY: compare_array(item, other); break;
    case JSON_IS_OBJECT: compare_object(item, other); break;
    case JSON_IS_NULL:
    case JSON_IS_BOOLEAN: break;
    }
}

/* What jansson alone refuses: numbers that it cannot hold, half of a pair, NUL in a name. */
static bool is_its_own_limit(const json_error_t *cause)
{
    enum json_error_code code = json_error_code(cause);

    return code == json_error_numeric_overflow || code == json_error_null_byte_in_key ||
           strstr(cause->text, "invalid Unicode");
}

static void two_readers(struct slice text)
{
    struct json_reader r = json_reader_make(text, DEPTH);
    struct json_item item;
    json_error_t cause;
    bool ours = json_read(&r, &item) && json_at_end(&r);
    json_t *other = json_loadb(text.data, text.len, JSON_ALLOW_NUL | JSON_DECODE_ANY, &cause);

    if (ours == (r.fault != NULL))
        die("a fault", text);
    if (!ours && other && !r.too_deep &&
        !slice_has(text, '\0')) /* jansson loses it after a number */
        die(r.fault, text);
    if (ours && !other && !is_its_own_limit(&cause))
        die(cause.text, text);
    if (ours && other)
        compare(&item, other);
    json_decref(other);
}

/* ---- bodies */

static bool same_value(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case VALUE_INTEGER: return a->as.integer == b->as.integer;
    case VALUE_REAL: return memcmp(&a->as.real, &b->as.real, sizeof a->as.real) == 0;
    case VALUE_TEXT:
    case VALUE_BLOB: return slice_equal(a->as.bytes, b->as.bytes);
    case VALUE_NULL:
    case VALUE_SHAPE: break;
    }
    return true;
}

static bool parse(struct call *call, const char *type, struct slice text, struct body *body)
{
    bool ok;

    memset(call, 0, sizeof *call);
    call_init(call, &service);
    call->body.max = 8192;
    call->table = table;
    call->content_type = slice_from(type);
    buf_add_slice(&call->body, text);
    ok = body_parse(call, BODY_CREATE, body);
    if (ok == error_is_set(&call->error))
        die("an error", text);
    return ok;
}

static void compare_bodies(const struct body *a, const struct body *b, struct slice text)
{
    if (a->n_set != b->n_set || a->n_rows != b->n_rows)
        die("rows or columns", text);
    for (size_t i = 0; i < a->n_set * a->n_rows; i++) {
        if (!same_value(&a->values[i], &b->values[i]))
            die(table->columns[a->set[i % a->n_set].column].name.data, text);
    }
}

static void alone_and_in_array(struct slice text)
{
    struct call one, many;
    struct body a, b;
    char *array = malloc(text.len + 2);
    bool ok = parse(&one, "application/json", text, &a);

    text = body_without_mark(text);
    array[0] = '[';
    memcpy(array + 1, text.data, text.len);
    array[text.len + 1] = ']';
    if (ok && !a.is_array) {
        if (parse(&many, "application/json", slice_make(array, text.len + 2), &b))
            compare_bodies(&a, &b, text);
        else if (!strstr(many.error.message, "deep"))
            die(many.error.message, text);
        call_free(&many);
    }
    free(array);
    call_free(&one);
}

/* The blanks between the parts of an object may be ends of lines; in a line they may not. */
static void alone_and_as_line(struct slice text)
{
    struct call one, many;
    struct body a, b;
    char *line = malloc(text.len + 1);

    for (size_t i = 0; i < text.len; i++)
        line[i] = text.data[i] == '\n' ? ' ' : text.data[i];
    if (parse(&one, "application/json", text, &a) && !a.is_array) {
        if (!parse(&many, "application/x-ndjson", slice_make(line, text.len), &b))
            die(many.error.message, text);
        compare_bodies(&a, &b, text);
        call_free(&many);
    }
    call_free(&one);
    free(line);
    (void)!parse(&many, "application/x-ndjson", text, &b);
    call_free(&many);
}

/* What was read is written, and read again. */
static void csv_again(struct slice text)
{
    struct call first, second;
    struct body a, b;
    struct buf out;

    if (parse(&first, "text/csv", text, &a) && a.n_set > 0) {
        buf_init(&out, 1 << 20);
        for (size_t row = 0; row <= a.n_rows; row++) {
            for (size_t i = 0; i < a.n_set; i++) {
                const struct column *c = &table->columns[a.set[i].column];

                if (i > 0)
                    buf_add_char(&out, ',');
                if (row == 0)
                    csv_out_name(&out, c->name);
                else
                    csv_out_value(&out, &a.values[(row - 1) * a.n_set + i], c->kind);
            }
            buf_add_char(&out, '\n');
        }
        if (!parse(&second, "text/csv", buf_slice(&out), &b))
            die(second.error.message, buf_slice(&out));
        compare_bodies(&a, &b, text);
        call_free(&second);
        buf_finish(&out);
    }
    call_free(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_make((const char *)data + 1, size ? size - 1 : 0);
    struct call call;
    struct body body;

    if (size < 2 || size > 4096)
        return 0;
    switch (data[0]) {
    case 'c': csv_again(text); break;
    case 'f':
        (void)!parse(&call, "application/x-www-form-urlencoded", text, &body);
        call_free(&call);
        break;
    default:
        two_readers(text);
        alone_and_in_array(text);
        alone_and_as_line(text);
    }
    return 0;
}
