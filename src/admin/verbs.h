/*
 * The operators' verbs: is it well, and copy it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ADMIN_VERBS_H
#define THIMBLE_ADMIN_VERBS_H

#include "resource/verbs.h"

verb_fn health_live;   /* /healthz, /livez: this loop answers */
verb_fn health_ready;  /* /readyz */
verb_fn backup_create; /* POST /_backup */

/* What /readyz would say. */
bool health_is_ready(struct call *call);

#endif
