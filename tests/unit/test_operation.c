/*
 * Lists of operations: what they give, what undoes them, and that several changes are one transaction.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <limits.h>
#include <stdio.h>

#include "base/clock.h"
#include "store/catalog/catalog.h"
#include "store/run/batch.h"
#include "store/run/job_queue.h"
#include "store/run/operation.h"
#include "store/run/writer.h"
#include "store/store.h"

static const char schema[] =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, n INTEGER GENERATED ALWAYS AS (length(v)));"
    "CREATE TABLE w (k TEXT PRIMARY KEY, v) WITHOUT ROWID;"
    "CREATE TABLE tree (id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree);"
    "CREATE TRIGGER loud AFTER INSERT ON t WHEN new.v='low' BEGIN "
    "  UPDATE t SET v='LOW' WHERE id=new.id; END;"
    "INSERT INTO t (id, v) VALUES (1, 'one'), (2, 'two');"
    "INSERT INTO w VALUES ('a', 1)";

struct fixture {
    struct db *db;
    struct store store;
    struct catalog *catalog;
    struct arena arena;
    struct operations list;
    struct job job;
    struct error error;
    int begun;
    char seen[256]; /* the first column of the rows that sinks had, one after another */
};

static void begin_run(void *context)
{
    struct fixture *f = context;

    f->begun++;
    f->seen[0] = '\0';
}

static int set_up(void **state)
{
    static struct fixture f;
    const struct db_options options = db_options_default();
    const char *path = unit_database();
    struct error e = error_none();

    f = (struct fixture){.db = unit_open(path, schema), .error = error_none()};
    assert_true(store_open(&f.store, path, &options, NULL, &e));
    f.catalog = store_catalog(&f.store);
    arena_init(&f.arena, 1 << 20);
    f.list = (struct operations){.begin = begin_run, .context = &f};
    f.job = (struct job){.operations = &f.list, .error = &f.error};
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    operations_finish(&f->list);
    arena_finish(&f->arena);
    catalog_drop(f->catalog);
    store_close(&f->store);
    db_close(f->db);
    return 0;
}

static enum row_verdict see(void *context, const struct row *row, struct error *e)
{
    struct fixture *f = context;
    struct value v = row_value(row, 0);
    size_t used = strlen(f->seen);
    (void)e;

    if (v.type == VALUE_INTEGER)
        (void)snprintf(f->seen + used, sizeof f->seen - used, "%lld,", (long long)v.as.integer);
    else
        (void)snprintf(f->seen + used, sizeof f->seen - used, "%.*s,",
                       SLICE_ARG(row_bytes(row, 0)));
    return ROW_MORE;
}

static struct operation *add(struct fixture *f, const char *sql, const struct value *values,
                             size_t n)
{
    const struct query query = {.sql = slice_from(sql), .values = values, .n_values = n};
    struct operation *op = operation_new(&f->arena, query, f);

    assert_non_null(op);
    operations_add(&f->list, op);
    return op;
}

/* A change of the table with a matrix of rows. */
static struct operation *add_change(struct fixture *f, const char *table, const char *sql,
                                    const struct value *rows, size_t n_rows, const int *columns,
                                    size_t width)
{
    struct operation *op = add(f, sql, NULL, 0);

    op->change = arena_zeroed(&f->arena, 1, sizeof *op->change);
    op->change->table = catalog_table(f->catalog, slice_from(table));
    op->change->columns = columns;
    op->change->names_row = true;
    op->rows = rows;
    op->width = width;
    op->n_rows = n_rows;
    return op;
}

/* Runs the list in a batch, and the other job behind it, if there is one. */
static void run_with(struct fixture *f, struct job *other)
{
    struct job_queue queue;
    struct batch batch = {.store = &f->store, .db = f->db, .queue = &queue};
    struct job *displaced;

    assert_true(job_queue_init(&queue, 2, 1, 2));
    assert_int_equal(job_queue_put(&queue, &f->job, &displaced), QUEUED);
    if (other)
        assert_int_equal(job_queue_put(&queue, other, &displaced), QUEUED);
    assert_int_equal(job_queue_wait(&queue, 0), WORK_FAST);
    batch_run_fast(&batch);
    job_queue_finish(&queue);
}

static void run(struct fixture *f)
{
    run_with(f, NULL);
}

/* Runs the list as a job that is long from the start, which must be done in so many microseconds after it has
 * begun; 0: at some time. */
static void run_alone(struct fixture *f, int64_t within_us)
{
    struct job_queue queue;
    struct batch batch = {.store = &f->store, .db = f->db, .queue = &queue};
    struct job *displaced;

    assert_true(job_queue_init(&queue, 2, 1, 2));
    f->job.deadline_us = within_us ? clock_us() + within_us : 0;
    assert_int_equal(job_queue_put(&queue, &f->job, &displaced), QUEUED);
    assert_int_equal(job_queue_wait(&queue, 0), WORK_SLOW);
    batch_run_slow(&batch);
    job_queue_finish(&queue);
}

static int64_t ask(struct fixture *f, const char *sql)
{
    struct error e = error_none();
    int64_t n = -1;

    assert_true(db_integer(f->db, sql, &n, &e));
    return n;
}

static bool must_find(void *context, const struct operation *op, struct error *e)
{
    (void)context;
    return op->n_found > 0 || error_set(e, ERROR_PRECONDITION, "it is not there");
}

/* A guard that finds nothing takes back the changes before it, and nothing behind it is run. */
static void a_guard_undoes_the_list(void **state)
{
    struct fixture *f = *state;

    add(f, "INSERT INTO t (id, v) VALUES (3, 'three')", NULL, 0);
    add(f, "UPDATE w SET v=2", NULL, 0);
    add(f, "SELECT 1 FROM t WHERE id=9", NULL, 0)->judge = must_find;
    add(f, "DELETE FROM t RETURNING id", NULL, 0)->sink = see;
    run(f);
    assert_int_equal(f->error.code, ERROR_PRECONDITION);
    assert_string_equal(f->seen, "");
    assert_int_equal(ask(f, "SELECT count(*) FROM t"), 2);
    assert_int_equal(ask(f, "SELECT v FROM w"), 1);
}

/* The same list, whose guard finds what it looks for: a batch of changes is one transaction. */
static void a_list_is_one_transaction(void **state)
{
    struct fixture *f = *state;
    struct operation *made, *changed, *found;

    made = add(f, "INSERT INTO t (id, v) VALUES (3, 'three') RETURNING v", NULL, 0);
    made->sink = see;
    changed = add(f, "UPDATE t SET v='x' WHERE id<>2", NULL, 0);
    found = add(f, "SELECT id FROM t WHERE v='x' ORDER BY id", NULL, 0);
    found->sink = see;
    found->judge = must_find;
    run(f);
    unit_no_error(&f->error);
    assert_string_equal(f->seen, "three,1,3,");
    assert_int_equal(made->n_given, 1);
    assert_int_equal(made->changed, 1);
    assert_int_equal(changed->n_given, 0);
    assert_int_equal(changed->changed, 2);
    assert_int_equal(found->n_given, 2);
    assert_int_equal(found->changed, 0);
    assert_int_equal(ask(f, "SELECT count(*) FROM t WHERE v='x'"), 2);
    assert_int_equal(f->begun, 1);
}

/* A sink of an earlier operation says what a later one writes. */
static enum row_verdict copy_number(void *context, const struct row *row, struct error *e)
{
    struct value *to = context;
    (void)e;

    *to = value_integer(row_integer(row, 0) * 10);
    return ROW_ENOUGH;
}

static void a_row_decides_what_is_written(void **state)
{
    struct fixture *f = *state;
    struct value row[1] = {value_null()};
    struct operation *read = add(f, "SELECT id FROM t ORDER BY id DESC", NULL, 0), *write;

    read->sink = copy_number;
    read->context = &row[0];
    write = add(f, "INSERT INTO t (id) VALUES (?)", NULL, 0);
    write->rows = row;
    write->width = 1;
    run(f);
    unit_no_error(&f->error);
    assert_int_equal(read->n_given, 1); /* it had enough */
    assert_int_equal(ask(f, "SELECT max(id) FROM t"), 20);
}

/* Which rows of an upsert are new, where SQLite tells it, and where it is asked. */
static void new_rows_are_counted(void **state)
{
    struct fixture *f = *state;
    static const int t_columns[] = {0, 1}, w_columns[] = {0, 1}, w_key[] = {0};
    const struct value t_rows[] = {value_integer(1), value_text(slice_from("uno")),
                                   value_integer(7), value_text(slice_from("sette"))};
    const struct value w_rows[] = {value_text(slice_from("a")), value_integer(5),
                                   value_text(slice_from("b")), value_integer(6),
                                   value_text(slice_from("b")), value_integer(7)};
    const char *upsert_t =
        "INSERT INTO t (id, v) VALUES (?,?) ON CONFLICT DO UPDATE SET v=excluded.v";
    const char *upsert_w = "INSERT INTO w VALUES (?,?) ON CONFLICT DO UPDATE SET v=excluded.v";
    struct operation *told = add_change(f, "t", upsert_t, t_rows, 2, t_columns, 2);
    struct operation *asked = add_change(f, "w", upsert_w, w_rows, 3, w_columns, 2);

    told->change->meeting = MEETING_COUNTED;
    asked->change->meeting = MEETING_ASKED;
    asked->change->target = w_key;
    asked->change->n_target = 1;
    asked->change->exists = (struct query){.sql = slice_from("SELECT count(*) FROM w WHERE k=?")};
    run(f);
    unit_no_error(&f->error);
    assert_int_equal(told->change->created, 1);
    assert_int_equal(told->changed, 2);
    assert_int_equal(asked->change->created, 1);
    assert_int_equal(asked->changed, 3);
    assert_int_equal(ask(f, "SELECT sum(v) FROM w"), 12);
}

/* The row that was made, and the rows of a list of keys, are read when triggers have run. */
static void what_was_written_is_read_again(void **state)
{
    struct fixture *f = *state;
    static const int columns[] = {1};
    const struct value rows[] = {value_text(slice_from("low")), value_text(slice_from("high"))};
    struct operation *made, *read, *listed, *again, *idle, *never;
    struct value list[1];

    made = add_change(f, "t", "INSERT INTO t (v) VALUES (?)", rows, 1, columns, 1);
    read = add(f, "SELECT v FROM t WHERE id=?", NULL, 0);
    read->after = made;
    read->reads_made = true;
    read->sink = see;
    listed = add_change(f, "t", "INSERT INTO t (v) VALUES (?) RETURNING id", rows, 2, columns, 1);
    listed->keys = operation_keys(&f->arena, 1, 4096);
    list[0] = operation_keys_value(listed->keys);
    again =
        add(f, "SELECT v FROM thimble_keys(?) AS k JOIN t ON id=k.c0 ORDER BY k.rowid", list, 1);
    again->after = listed;
    again->sink = see;
    idle = add(f, "UPDATE t SET v='y' WHERE id=99", NULL, 0);
    never = add(f, "SELECT 'never'", NULL, 0);
    never->after = idle;
    never->sink = see;
    run(f);
    unit_no_error(&f->error);
    assert_string_equal(f->seen, "LOW,LOW,high,");
    assert_int_equal(made->change->last_made, 3);
    assert_int_equal(never->n_given, 0);
}

/* A parent may come behind its child; one that is nowhere is named, with the row. */
static void parents_may_come_later(void **state)
{
    struct fixture *f = *state;
    static const int columns[] = {0, 1};
    struct value rows[] = {value_integer(1), value_integer(2), value_integer(2), value_null()};

    add_change(f, "tree", "INSERT INTO tree VALUES (?,?)", rows, 2, columns, 2);
    run(f);
    unit_no_error(&f->error);
    rows[0] = value_integer(3);
    rows[2] = value_integer(4);
    rows[3] = value_integer(9);
    run(f);
    assert_int_equal(f->error.code, ERROR_FOREIGN_KEY);
    assert_int_equal(f->error.row, 1);
    assert_non_null(strstr(f->error.details, "(up)=(9)"));
    assert_int_equal(ask(f, "SELECT count(*) FROM tree"), 2);
    assert_int_equal(f->begun, 2);
}

/* When another job has taken the transaction with it, the list is run from its start. */
static bool roll_back(struct job *job, struct db *db)
{
    db_rollback(db);
    return error_set(job->error, ERROR_CHECK, "everything is gone");
}

static void a_list_is_run_again(void **state)
{
    struct fixture *f = *state;
    struct error error = error_none();
    struct job other = {.run = roll_back, .error = &error};
    struct operation *op = add(f, "INSERT INTO t (v) VALUES ('once') RETURNING v", NULL, 0);

    op->sink = see;
    run_with(f, &other);
    unit_no_error(&f->error);
    assert_int_equal(error.code, ERROR_CHECK);
    assert_int_equal(f->begun, 2);
    assert_string_equal(f->seen, "once,");
    assert_int_equal(op->n_given, 1);
    assert_int_equal(op->changed, 1);
    assert_int_equal(ask(f, "SELECT count(*) FROM t WHERE v='once'"), 1);
}

/* ---- rows that come one by one */

/* The rows 10, 11, … in place of a matrix: `bad` is none, `failing` ends the source. */
struct counted {
    struct row_source source;
    struct value row[2];
    int n, rows, bad, failing, rewound, rejected;
    char rejects[64]; /* which they were */
};

static enum source_step next_counted(void *context, const struct value **row, struct error *e)
{
    struct counted *c = context;

    if (c->n == c->rows)
        return SOURCE_END;
    c->n++;
    if (c->n == c->failing) {
        (void)error_set(e, ERROR_IO, "the source has failed");
        return SOURCE_FAILED;
    }
    if (c->n == c->bad) {
        (void)error_set(e, ERROR_BODY, "row %d is none", c->n);
        e->row = c->n - 1;
        return SOURCE_REFUSED;
    }
    c->row[0] = value_integer(9 + c->n);
    *row = c->row;
    return SOURCE_ROW;
}

static bool rewind_counted(void *context, struct error *e)
{
    struct counted *c = context;
    (void)e;

    c->n = 0;
    c->rewound++;
    return true;
}

static void place_counted(void *context, struct error *e)
{
    const struct counted *c = context;

    e->row = c->n - 1;
    e->line = c->n;
}

static bool reject_counted(void *context, const struct error *cause, struct error *e)
{
    struct counted *c = context;
    size_t used = strlen(c->rejects);
    (void)e;

    c->rejected++;
    (void)snprintf(c->rejects + used, sizeof c->rejects - used, "%ld,", cause->row);
    return true;
}

/* A change whose rows are counted ones: their number and `second`. */
static struct operation *add_counted(struct fixture *f, struct counted *c, const char *table,
                                     const char *sql, struct value second)
{
    static const int columns[] = {0, 1};
    struct operation *op = add_change(f, table, sql, NULL, 0, columns, 2);

    c->source = (struct row_source){
        .next = next_counted, .rewind = rewind_counted, .place = place_counted, .context = c};
    c->row[1] = second;
    op->source = &c->source;
    return op;
}

static const char insert_t[] = "INSERT INTO t (id, v) VALUES (?,?)";

static void a_source_in_place_of_a_matrix(void **state)
{
    struct fixture *f = *state;
    struct counted c = {.rows = 1000};
    struct operation *op = add_counted(f, &c, "t", insert_t, value_text(slice_from("high")));

    run(f);
    unit_no_error(&f->error);
    assert_int_equal(op->changed, 1000);
    assert_int_equal(ask(f, "SELECT count(*) FROM t WHERE id BETWEEN 10 AND 1009"), 1000);
    f->job.is_long = true; /* again, as a job of its own */
    assert_int_equal(ask(f, "DELETE FROM t RETURNING 1"), 1);
    run_alone(f, 0);
    unit_no_error(&f->error);
    assert_int_equal(c.rewound, 2);
    assert_int_equal(ask(f, "SELECT count(*) FROM t"), 1000);
}

/* Nothing stays of the rows before, whatever the reason; the error says which row it was. */
static void a_source_that_ends_badly(void **state)
{
    struct fixture *f = *state;
    struct counted c = {.rows = 1000, .bad = 500};

    (void)add_counted(f, &c, "t", insert_t, value_null());
    run(f);
    assert_int_equal(f->error.code, ERROR_BODY);
    assert_int_equal(f->error.row, 499);
    c.bad = 0;
    c.failing = 600;
    error_clear(&f->error);
    run(f);
    assert_int_equal(f->error.code, ERROR_IO);
    c.failing = 0;
    assert_int_equal(ask(f, "INSERT INTO t (id) VALUES (709) RETURNING id"), 709);
    error_clear(&f->error);
    f->job.is_long = true;
    run_alone(f, 0);
    assert_int_equal(f->error.code, ERROR_UNIQUE);
    assert_int_equal(f->error.line, 700);
    assert_int_equal(ask(f, "SELECT count(*) FROM t"), 3);
}

/* A source without end is stopped, and nothing of it stays. */
static void a_long_job_has_a_deadline(void **state)
{
    struct fixture *f = *state;
    struct counted c = {.rows = INT_MAX};

    (void)add_counted(f, &c, "t", insert_t, value_null());
    f->job.is_long = true;
    run_alone(f, 200000);
    assert_int_equal(f->error.code, ERROR_TIMEOUT);
    assert_non_null(strstr(f->error.message, "--upload-timeout"));
    assert_int_equal(ask(f, "SELECT count(*) FROM t"), 2);
}

/* Those that cannot be written are left out: by the source's own reason, by the table's, by a foreign key. */
static void rows_that_are_left_out(void **state)
{
    struct fixture *f = *state;
    struct counted c = {.rows = 10, .bad = 3};
    struct operation *op =
        add_counted(f, &c, "tree", "INSERT INTO tree (id, up) VALUES (?, nullif(?1 - 1, 13) + ?)",
                    value_integer(0));

    c.source.reject = reject_counted;
    assert_int_equal(ask(f, "INSERT INTO tree VALUES (9, NULL) RETURNING id"), 9);
    run(f);
    unit_no_error(&f->error);
    assert_string_equal(c.rejects,
                        "2,3,"); /* 12 is none; 13 has no parent; 14 has none, and needs none */
    assert_int_equal(op->changed, 8);
    assert_int_equal(ask(f, "SELECT count(*) FROM tree"), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_guard_undoes_the_list, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_list_is_one_transaction, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_decides_what_is_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(new_rows_are_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_written_is_read_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(parents_may_come_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_list_is_run_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_source_in_place_of_a_matrix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_source_that_ends_badly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_job_has_a_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_that_are_left_out, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
