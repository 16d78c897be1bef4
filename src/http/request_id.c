/* SPDX-License-Identifier: MIT */
#include "http/request_id.h"

#include <stdio.h>

#include "http/loop.h"
#include "http/request.h"

const char *request_id(struct request *r)
{
    if (!r->id[0]) { /* splitmix64: unique, not secret */
        uint64_t z = r->loop->id_seed += 0x9e3779b97f4a7c15ULL;

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        snprintf(r->id, sizeof r->id, "%016llx", (unsigned long long)(z ^ (z >> 31)));
    }
    return r->id;
}
