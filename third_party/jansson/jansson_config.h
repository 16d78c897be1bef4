/*
 * The public half of jansson's configuration, which its configure script would write:
 * Linux, gcc or clang, 64-bit integers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef JANSSON_CONFIG_H
#define JANSSON_CONFIG_H

#define JSON_INLINE               inline
#define JSON_INTEGER_IS_LONG_LONG 1
#define JSON_HAVE_ATOMIC_BUILTINS 1
#define JSON_HAVE_SYNC_BUILTINS   1

/* Nesting costs stack in parsing, dumping and freeing; a musl thread may have only 128 KiB. */
#define JSON_PARSER_MAX_DEPTH 256

#endif
