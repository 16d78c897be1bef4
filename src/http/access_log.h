/*
 * One line for a request that is worth one: all with --access-log, else only those that
 * failed on our side (5xx) and slow ones.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_ACCESS_LOG_H
#define THIMBLE_HTTP_ACCESS_LOG_H

#include <stdint.h>

struct request;

/* Writes the line, if any; `now_us` is when the last byte was handed to the kernel. */
void access_log(struct request *request, int64_t now_us);

#endif
