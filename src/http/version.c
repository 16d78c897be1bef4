/* SPDX-License-Identifier: MIT */
#include "http/version.h"

#include <microhttpd.h>

const char *http_library_version(void)
{
    return MHD_get_version();
}
