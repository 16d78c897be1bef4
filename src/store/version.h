/*
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_VERSION_H
#define THIMBLE_STORE_VERSION_H

/* SQLite's version, e.g. "3.53.4"; static. */
const char *store_library_version(void);

#endif
