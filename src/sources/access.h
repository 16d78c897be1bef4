/*
 * Where the access files come from: a folder, the binary, or nowhere.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SOURCES_ACCESS_H
#define THIMBLE_SOURCES_ACCESS_H

#include <stdbool.h>

#include "base/error.h"

struct access;

/*
 * Reads what --access says: "none" (NULL), "builtin" or a folder of .sql files, in the order of their names;
 * or a folder if it is there and else one of the words. An empty folder is a mistake. False as
 * access_parse. One reference.
 */
bool access_files_load(const char *setting, struct access **out, struct error *e)
    __attribute__((warn_unused_result));

#endif
