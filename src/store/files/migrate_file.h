/*
 * A migration's file as it comes: what its name says, and which part of its text is the way up.
 * Understood are this program's own form and those of tools that write both ways into a file
 * (goose, dbmate, sql-migrate, node-pg-migrate, tern, MyBatis) or into a pair of files
 * (golang-migrate, sqlx, Flyway). What undoes is never run.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_FILES_MIGRATE_FILE_H
#define THIMBLE_STORE_FILES_MIGRATE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

/* Bytes of a migration's name, its NUL included. */
#define MIGRATION_NAME_SIZE 128

struct migration_file {
    int64_t version;
    char name[MIGRATION_NAME_SIZE]; /* "lists" of 0001_lists.sql */
    bool undoes; /* the other half of a pair: 0001_lists.down.sql, U1__lists.sql */
};

/*
 * Reads the name of a file: NNNN_name.sql, NNNN_name.up.sql, NNNN_name.down.sql, VN__name.sql,
 * UN__name.sql. False with ERROR_FAILURE that says what a name looks like, or why this kind of
 * file cannot be a migration.
 */
bool migrate_parse_file(const char *file, struct migration_file *out, struct error *e)
    __attribute__((warn_unused_result));

/*
 * *up becomes the part of `text` that leads up: `text` itself where no tool has marked its halves,
 * else a copy in `arena` in which all other lines are blank, so that line numbers stay. False with
 * ERROR_FAILURE that names file and line where a mark is not understood or cannot be followed.
 */
bool migrate_way_up(struct arena *arena, const char *file, struct slice text, struct slice *up,
                    struct error *e) __attribute__((warn_unused_result));

#endif
