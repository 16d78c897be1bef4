/*
 * The parts of the OpenAPI document. Private to openapi*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_OPENAPI_H
#define THIMBLE_RESOURCE_OPENAPI_H

#include <jansson.h>

#include "resource/call.h"

struct routine;

/* The JSON schema of a column's kind, as text. */
extern const char *const openapi_kind_schema[];

/* {"$ref": kind + name} */
json_t *openapi_reference(const char *kind, const char *name);

/* {"type": {"schema": schema}} */
json_t *openapi_content(const char *type, json_t *schema);

/* The content of a list, and that rows are lines, too: of NDJSON, whose schema OpenAPI 3.1 has no word
 * for, or CSV. Returns `content`. */
json_t *openapi_with_lines(json_t *content);

/* An operation on `t` that answers `status` with `body`, and takes `request`; both may be NULL. */
json_t *openapi_operation(const struct table *t, const char *status, json_t *body, json_t *request);

/* The components that do not depend on the schema: those that do go on from there. */
extern const char openapi_components[];

/* Where it matters who asks: which credentials will do, one of them, or none for the anonymous role
 * (OpenAPI 3.1 §4.8.30); and what they are, as the last of the components. */
void openapi_write_security(const struct call *call, struct buf *out);
void openapi_write_security_schemes(const struct call *call, struct buf *out);

/* Appends the document for call->catalog. False with an error when the call is to stop, without one if
 * memory or the buffer's maximum does not suffice. */
bool openapi_write(struct call *call, struct buf *out) __attribute__((warn_unused_result));

/* Adds the path of a named query, if it is served. */
void openapi_add_routine(const struct call *call, const struct routine *r, json_t *paths);

#endif
