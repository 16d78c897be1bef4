/*
 * Where named queries come from: the binary, a folder, or nowhere.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SOURCES_QUERIES_H
#define THIMBLE_SOURCES_QUERIES_H

#include "base/error.h"
#include "store/catalog/routine.h"

/*
 * Reads `source`: "builtin", "none" or a folder of name.sql files. NULL with ERROR_FAILURE in one
 * line that names the file. One reference.
 */
struct routine_set *queries_load(const char *source, struct error *e);

#endif
