/*
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_VERSION_H
#define THIMBLE_HTTP_VERSION_H

/* libmicrohttpd's version, e.g. "1.0.10"; static. */
const char *http_library_version(void);

#endif
