/*
 * A connection's beginning and its end: whether it is accepted, and whose it is. The daemon's callbacks;
 * their context is the loop.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_ACCEPT_H
#define THIMBLE_HTTP_ACCEPT_H

#include <sys/socket.h>

#include <microhttpd.h>

/* MHD_AcceptPolicyCallback. */
enum MHD_Result accept_policy(void *loop, const struct sockaddr *address, socklen_t len);

/* MHD_OPTION_NOTIFY_CONNECTION. */
void accept_notify(void *loop, struct MHD_Connection *connection, void **socket_context,
                   enum MHD_ConnectionNotificationCode code);

#endif
