/*
 * A header field by its name, for SQL's header().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_HEADER_SEARCH_H
#define THIMBLE_HTTP_HEADER_SEARCH_H

#include <stdbool.h>

#include "base/slice.h"

struct identity;

/* As struct identity has it; `who` is a request's. Also on the writer's thread, while the connection is
 * suspended. Where it matters who asks, the fields that say it are not given out. */
bool header_search(struct identity *who, struct slice name, struct slice *value);

#endif
