/* SPDX-License-Identifier: MIT */
#include "resource/version.h"

#include <jansson.h>

const char *resource_library_version(void)
{
    return jansson_version_str();
}
