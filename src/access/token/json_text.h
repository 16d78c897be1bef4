/*
 * JSON of tokens and keys: an object is read as its members, each name once at every depth. For what
 * two readers must not understand differently (RFC 7515 §4, RFC 7519 §4).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_TOKEN_JSON_TEXT_H
#define THIMBLE_ACCESS_TOKEN_JSON_TEXT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/json.h"

/* Levels of a header, claims or keys. */
#define JSON_TEXT_DEPTH 32

/* Members of all objects together. */
#define JSON_TEXT_MEMBERS 512

/* True if `text` is one JSON object in UTF-8, no name of which comes twice in one object, within these
 * limits. What is needed meanwhile is taken from the arena and given back. */
bool json_text_is_object(struct slice text, struct arena *arena);

/* What a string is, in the arena if it has escapes. False for what is no string, and without memory. */
bool json_text_value(const struct json_item *item, struct arena *arena, struct slice *out);

/* The member of that name of an object that json_text_is_object has seen, or of a part of it. False:
 * there is none, or this is no object. */
bool json_text_member(struct slice object, struct slice name, struct arena *arena,
                      struct json_item *out);

/* The member's string. False: there is none, or it is none. */
bool json_text_string(struct slice object, const char *name, struct arena *arena,
                      struct slice *out);

#endif
