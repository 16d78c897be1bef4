/*
 * Where named queries come from: the binary, a folder, or nowhere.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_COMMANDS_QUERIES_H
#define THIMBLE_COMMANDS_QUERIES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/routine.h"

struct queries {
    struct routine_set set;
    struct arena arena;
};

/*
 * Reads `source`: "builtin", "none" or a folder of name.sql files. False with ERROR_FAILURE in
 * one line that names the file. Finish it in either case.
 */
bool queries_load(struct queries *q, const char *source, struct error *e)
    __attribute__((warn_unused_result));
void queries_finish(struct queries *q);

#endif
