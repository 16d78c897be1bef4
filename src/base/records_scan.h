/*
 * The elements of a JSON array as records, and what records are read with. Private to records*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_RECORDS_SCAN_H
#define THIMBLE_BASE_RECORDS_SCAN_H

#include "base/records.h"

/* Reads on; the record that is begun may move. `eof` says that there is no more. False with the error. */
bool records_fill(struct records *r, struct error *e) __attribute__((warn_unused_result));

/* Passes over n bytes. */
void records_drop(struct records *r, size_t n);

/* To the next byte that is no blank, or the end. */
bool records_skip_blanks(struct records *r, struct error *e) __attribute__((warn_unused_result));

/* Before an element, blanks are passed over: false if there is none, with what that is. */
bool records_enter_element(struct records *r, enum record *around, struct error *e)
    __attribute__((warn_unused_result));

/* To the comma or bracket that ends the element; false if more must be read. */
bool records_scan_element(struct records *r);

/* Takes the element out of the buffer, and what ends it. */
void records_leave_element(struct records *r, bool ended);

#endif
