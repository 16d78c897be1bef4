/*
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_VERSION_H
#define THIMBLE_RESOURCE_VERSION_H

/* jansson's version, e.g. "2.15.1"; static. */
const char *resource_library_version(void);

#endif
