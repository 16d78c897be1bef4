/*
 * Bodies past --max-body: rows that a POST brings to a table. What comes is gathered to pieces, and each
 * is written to a file (store/files/spool.h) by a thread for all loops, while its connection is suspended:
 * a loop never waits for the disk, and a client sends no faster than it takes. When the body is whole, the
 * verb runs with call->spool.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_UPLOAD_H
#define THIMBLE_HTTP_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/uploads.h"

struct request;
struct upload_body;

/*
 * The body of the request is past --max-body, or will be: may it be kept in a file? Then what came until
 * now is in call->body. False with call->error set.
 */
bool upload_begin(struct request *r) __attribute__((warn_unused_result));

/* Is this something to keep in a file at all, and may it be? False with call->error set. */
bool upload_check(struct request *r) __attribute__((warn_unused_result));

/* Record ERROR_TOO_LARGE: for a body that --max-body holds for, for one past --max-upload. Always false. */
bool upload_too_large(struct request *r);
bool upload_past_max(struct request *r);

/* More of the body has come; the request may be with the thread after it. False with call->error set. */
bool upload_take(struct request *r, const char *data, size_t size)
    __attribute__((warn_unused_result));

/* Nothing more comes. True: it is all in the file, and call->spool is set. False: it is not yet, and
 * the request is with the thread. */
bool upload_is_whole(struct request *r);

/* The request is back from the thread. */
void upload_return(struct request *r);

/* It has failed, with call->error: what came is dropped, and what comes. Also of a body that is no upload. */
void upload_fail(struct request *r);

/* The request is answered, or ends without an answer: the file goes. */
void upload_end(struct request *r, enum upload_end how);

/* How one ends without an answer. */
enum upload_end upload_lost(const struct request *r);

/* The request that a completion of kind COMPLETION_OF_UPLOAD is of. */
struct completion;
struct request *upload_request(struct completion *completion);

#endif
