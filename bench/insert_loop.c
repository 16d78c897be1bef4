/*
 * The bare loop that an upload is measured against: rows of five columns into a new table of an SQLite
 * file by one prepared statement in one transaction, with the same build of SQLite and the same pragmas
 * as thimble's writer. What it takes is SQLite's part; the values are there already.
 *
 *   insert_loop FILE ROWS   prints the seconds that the rows and the commit took
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sqlite3.h>

static const char schema[] =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA wal_autocheckpoint=0;"
    "PRAGMA foreign_keys=ON;PRAGMA synchronous=FULL;PRAGMA cache_size=-2048;PRAGMA mmap_size=0;"
    "PRAGMA temp_store=MEMORY;"
    "CREATE TABLE readings (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL,"
    "  active BOOLEAN NOT NULL, note TEXT);";

struct text {
    char data[64];
    size_t len; /* of what is before the number */
};

static double now_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(sqlite3 *db, int rc)
{
    if (rc == SQLITE_OK || rc == SQLITE_DONE)
        return;
    fprintf(stderr, "insert_loop: %s\n", sqlite3_errmsg(db));
    exit(1);
}

/* A text and a number behind it, as bench/upload sends it for i; made by hand: it is not what is measured. */
static void bind_numbered(sqlite3 *db, sqlite3_stmt *st, int at, struct text *text, long number)
{
    char digits[24];
    size_t n = 0, len = text->len;

    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (n > 0)
        text->data[len++] = digits[--n];
    must(db, sqlite3_bind_text(st, at, text->data, (int)len, SQLITE_STATIC));
}

static void insert_row(sqlite3 *db, sqlite3_stmt *st, long i)
{
    static struct text name = {"reading ", 8}, note = {"taken at station ", 17};

    must(db, sqlite3_bind_int64(st, 1, i));
    bind_numbered(db, st, 2, &name, i);
    must(db, sqlite3_bind_double(st, 3, (double)(i % 100000) / 100));
    must(db, sqlite3_bind_int64(st, 4, i % 2));
    bind_numbered(db, st, 5, &note, i % 1000);
    must(db, sqlite3_step(st));
    must(db, sqlite3_reset(st));
}

int main(int argc, char **argv)
{
    long rows = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    sqlite3_stmt *st = NULL;
    sqlite3 *db = NULL;
    double begun;

    if (rows <= 0) {
        fputs("usage: insert_loop FILE ROWS\n", stderr);
        return 2;
    }
    must(db, sqlite3_open(argv[1], &db));
    must(db, sqlite3_exec(db, schema, NULL, NULL, NULL));
    must(db,
         sqlite3_prepare_v3(db, "INSERT INTO readings(id,name,price,active,note)VALUES(?,?,?,?,?)",
                            -1, SQLITE_PREPARE_PERSISTENT, &st, NULL));
    begun = now_seconds();
    must(db, sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
    for (long i = 1; i <= rows; i++)
        insert_row(db, st, i);
    must(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
    printf("%.3f\n", now_seconds() - begun);
    sqlite3_finalize(st);
    must(db, sqlite3_close(db));
    return 0;
}
