/*
 * Where keys come from: a secret or a key given as text, a file, what was fetched. They make one set.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_KEY_KEY_SOURCES_H
#define THIMBLE_ACCESS_KEY_KEY_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

#include "access/key/token_keys.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

/* A file of keys, and what is fetched, has so many bytes at most. */
#define KEY_SOURCE_MAX ((size_t)256 << 10)

struct key_sources {
    struct slice secret; /* --jwt-secret: a secret, or JSON with a key or several; empty: none */
    bool secret_is_base64;
    const char *file;      /* --jwks; "": none */
    struct slice fetched;  /* the last that --jwks-url gave; empty: none yet */
    struct slice own, kid; /* what our own tokens are signed with, and its name; empty: none are */
};

/* Is there any? */
static inline bool key_sources_any(const struct key_sources *s)
{
    return s->secret.len > 0 || s->file[0] != '\0' || s->own.len > 0;
}

/* Their keys as one set, a reference. NULL with ERROR_USAGE that names the flag and what is wrong. */
struct token_keys *key_sources_load(const struct key_sources *sources, struct error *e);

/* A small file, whole. False with ERROR_USAGE. */
bool key_sources_read_file(const char *path, struct buf *out, struct error *e)
    __attribute__((warn_unused_result));

#endif
