/*
 * What the unit tests share: a folder of their own, and the real floors below the one
 * under test.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_TESTS_UNIT_H
#define THIMBLE_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "store/db/db.h"

/* A database file in a new folder that is removed at the end of the process. */
const char *unit_database(void);

/* The same, opened for writing, with `sql` run in it. The caller closes. */
struct db *unit_open(const char *path, const char *sql);

/* Fails the test with the error's message if there is one. */
void unit_no_error(const struct error *e);

#endif
