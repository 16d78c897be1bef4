/*
 * What a reader is made of. Private to reader.c and reading.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_READER_PRIVATE_H
#define THIMBLE_STORE_RUN_READER_PRIVATE_H

#include "store/run/reader.h"

struct reader {
    struct store *store;
    struct db *db;
    struct catalog *catalog; /* fits the snapshot; one reference, or NULL: at rest */
    int64_t schema_version;  /* of the catalogue, when there was one */
    uint64_t generation;     /* of the kept snapshot */
    int64_t begun_us;        /* when it began, 0: none is kept */
    uint32_t data_version;   /* SQLite's, of the newest snapshot */
    uint64_t version;        /* ours: how often that moved */
    int64_t version_us;      /* when it moved last */
    struct access *access;   /* the catalogue's of then, one reference, or NULL */
    ptrdiff_t memory;        /* its connection's, while no thread has it (reader_take_up) */
};

#endif
