/*
 * What must hold of settings together, or of a text beyond its type.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_CONFIG_CONFIG_CHECK_H
#define THIMBLE_CONFIG_CONFIG_CHECK_H

#include <stdbool.h>

#include "base/error.h"
#include "config/config.h"

/* False with ERROR_USAGE, which names the flag. */
bool config_check(const struct config *config, struct error *e);

#endif
