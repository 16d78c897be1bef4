/* SPDX-License-Identifier: MIT */
#include "config/config_check.h"

#include <string.h>

static bool is_base_path(const char *path)
{
    size_t len = strlen(path);

    if (len == 0)
        return true;
    if (path[0] != '/' || path[len - 1] == '/')
        return false;
    return !strpbrk(path, "?#% ");
}

bool config_check(const struct config *config, struct error *e)
{
    if (!config->base_path || is_base_path(config->base_path))
        return true;
    return error_set(e, ERROR_USAGE,
                     "--base-path: \"%s\" does not begin with a / and end without one, as /rest/v1",
                     config->base_path);
}
