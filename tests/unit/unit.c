/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "query/json_out.h"

/* THIMBLE_TEST=name runs the tests of that name alone: make test T=name. */
__attribute__((constructor)) static void choose_tests(void)
{
    const char *pattern = getenv("THIMBLE_TEST");

    if (pattern)
        cmocka_set_test_filter(pattern);
}

static char folder[] = "/tmp/thimble-unit-XXXXXX";
static int made;

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *unit_database(void)
{
    static char path[128];

    if (!made) {
        assert_non_null(mkdtemp(folder));
        atexit(remove_folder);
    }
    snprintf(path, sizeof path, "%s/%d.db", folder, ++made);
    return path;
}

void unit_no_error(const struct error *e)
{
    if (error_is_set(e))
        fail_msg("%s: %s", error_code_text(e->code), e->message);
}

struct db *unit_open(const char *path, const char *sql)
{
    struct db_options options = db_options_default();

    options.write_row = json_out_cells;
    struct error e = error_none();
    struct db *db = db_open(path, DB_WRITE, &options, &e);

    unit_no_error(&e);
    assert_non_null(db);
    if (sql && !db_exec(db, sql, &e))
        unit_no_error(&e);
    return db;
}
