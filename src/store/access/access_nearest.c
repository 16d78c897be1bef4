/* SPDX-License-Identifier: MIT */
#include "store/access/access_nearest.h"

#include <stdio.h>

#include "base/text.h"

void access_nearest_begin(struct access_nearest *nearest, struct slice name)
{
    size_t near = name.len < 6 ? 1 + (size_t)(name.len > 3) : name.len / 3;

    *nearest = (struct access_nearest){.name = name, .distance = near + 1};
}

void access_nearest_offer(struct access_nearest *nearest, struct slice name)
{
    size_t distance;

    if (nearest->distance == 0)
        return;
    distance = text_distance(nearest->name, name, nearest->distance - 1);
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->best = name;
    }
}

const char *access_nearest_end(struct access_nearest *nearest)
{
    nearest->text[0] = '\0';
    if (nearest->best.len > 0)
        snprintf(nearest->text, sizeof nearest->text, ", perhaps you meant %.*s",
                 SLICE_SHOWN(nearest->best));
    return nearest->text;
}
