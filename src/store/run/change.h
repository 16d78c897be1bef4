/*
 * An operation that changes a table's rows. Private to operation.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_CHANGE_H
#define THIMBLE_STORE_RUN_CHANGE_H

#include "store/run/operation.h"

/* Runs it; its outcomes are as operation.c has forgotten them. False with the error, which names the
 * key and the values that are at fault. */
bool change_run(struct operation *op, struct db *db, struct error *e)
    __attribute__((warn_unused_result));

#endif
