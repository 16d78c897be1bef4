/*
 * A setting's text as the value of its member. Private to config*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_CONFIG_CONFIG_VALUE_H
#define THIMBLE_CONFIG_CONFIG_VALUE_H

#include <stdbool.h>

#include "base/error.h"
#include "config/config.h"
#include "config/config_table.h"

/* Puts the text's value into its member; `text` lives as long as the config. False: it is none. */
bool config_store(struct config *config, const struct setting *s, const char *text);

/* What the setting takes in the place of `text`; `as` is what the user wrote. Always false. */
bool config_misfit(const struct setting *s, const char *as, const char *text, struct error *e);

#endif
