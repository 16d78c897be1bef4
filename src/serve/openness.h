/*
 * Who is let in, and what is said of it at the start where nothing says who may do what.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SERVE_OPENNESS_H
#define THIMBLE_SERVE_OPENNESS_H

#include <stdbool.h>
#include <stddef.h>

#include "access/address/nearness.h"
#include "base/error.h"

struct config;
struct run;

/* --open-to */
enum nearness openness_of(const struct config *config);

/* Connections that one address may have, of so many that are let in: few addresses keep nobody else
 * out, unless that is chosen. */
size_t openness_per_address(const struct config *config, size_t let_in);

/* The anonymous role must be one of the access files. False with ERROR_USAGE; without such files it is of
 * no use, and a warning. */
bool openness_check(const struct run *run, struct error *e) __attribute__((warn_unused_result));

/* One line each, without access files: which web pages, and which callers, may do everything. */
void openness_warn_of_pages(const struct run *run);
void openness_warn_of_callers(const struct run *run);

#endif
