/*
 * A read that goes on in the reader lane: its verb is run again there, from its beginning.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_MOVED_H
#define THIMBLE_HTTP_MOVED_H

#include <stdbool.h>

struct request;

/* The verb failed with ERROR_OVER_BUDGET. True: the request is the lane's, and is to be parked.
 * False: it was not taken, and has failed with the reason. */
bool moved_submit(struct request *request);

/* The request has come back with its answer, or with why there is none. False: nobody waits for it. */
bool moved_back(struct request *request);

#endif
