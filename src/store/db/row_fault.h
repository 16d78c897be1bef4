/*
 * Which failures are a row's own: another row may be written where it could not.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_ROW_FAULT_H
#define THIMBLE_STORE_DB_ROW_FAULT_H

#include <stdbool.h>

#include "base/error.h"

/* True if the row is at fault, of which the statement left no trace: as long as the transaction stands
 * (db_in_transaction), what was done before it does, too. */
bool row_fault(enum error_code code);

#endif
