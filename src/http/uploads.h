/*
 * The bodies past --max-body that all loops receive (http/upload.h): how many there are, whose, how much
 * of them is in files, and the thread that writes these. Any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_UPLOADS_H
#define THIMBLE_HTTP_UPLOADS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct server_options;
struct service;
struct worker;

/* How one ended: upload.c has the names. */
enum upload_end {
    UPLOAD_COMPLETE, /* its rows are written */
    UPLOAD_FAILED,   /* it was answered why they are not */
    UPLOAD_TIMEOUT,  /* it was not received within --upload-timeout */
    UPLOAD_GONE,     /* the client went away */
    UPLOAD_SHUTDOWN, /* the server did */
    UPLOAD_ENDS,
};

/* One that is under way. */
struct upload_place {
    uint64_t address; /* whose share it takes */
    struct upload_place *next;
};

struct uploads {
    struct worker *worker;
    const char *database;  /* beside which the files are */
    size_t max;            /* at a time */
    _Atomic int64_t bytes; /* in files */
    _Atomic size_t n;
    pthread_mutex_t lock; /* guards what follows, and who changes n */
    struct upload_place *first;
};

/* Of all loops: those that are under way, and the thread. False with an error. *out is NULL if there
 * are to be none: --max-upload is 0, or nothing is written. */
bool uploads_start(struct uploads **out, const struct server_options *options,
                   const struct service *service, struct error *e)
    __attribute__((warn_unused_result));
/* After the loops have ended. Takes NULL. */
void uploads_stop(struct uploads *uploads);

/* False if there are too many of all, or of this client. Else it is one more, until it leaves. */
bool uploads_join(struct uploads *uploads, struct upload_place *place)
    __attribute__((warn_unused_result));
void uploads_leave(struct uploads *uploads, struct upload_place *place);

/* For the metrics; `uploads` may be NULL. */
struct uploads_figures {
    int64_t now, max, bytes; /* bytes: in files */
};
struct uploads_figures uploads_read(const struct uploads *uploads);

/* A value of the label "end"; static. */
const char *upload_end_name(enum upload_end end);

#endif
