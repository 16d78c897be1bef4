/*
 * The container's limit of memory (docs.kernel.org/admin-guide/cgroup-v2.html, memory.max;
 * cgroup-v1/memory.html, memory.limit_in_bytes).
 *
 * SPDX-License-Identifier: MIT
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "serve/machine.h"

/* What no machine has is no limit: v1 writes a number near 2^63. */
#define NO_LIMIT ((int64_t)1 << 56)

/* A file that has one number; NO_LIMIT for one that has none. */
static int64_t read_limit(const char *path)
{
    FILE *file = fopen(path, "re");
    char line[64] = "";
    int64_t bytes;

    if (!file)
        return NO_LIMIT;
    if (!fgets(line, sizeof line, file))
        line[0] = '\0';
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return parse_int64(slice_from(line), &bytes) && bytes > 0 ? bytes : NO_LIMIT;
}

/* The least of a group and those around it. Within a container the group's path may be the host's,
 * of which only the root is there. */
static int64_t least(const char *root, char *group, const char *name)
{
    int64_t limit = NO_LIMIT, here;
    char path[PATH_MAX];

    for (;;) {
        char *slash = strrchr(group, '/');

        snprintf(path, sizeof path, "%s%s/%s", root, group, name);
        here = read_limit(path);
        limit = here < limit ? here : limit;
        if (!slash)
            return limit;
        *slash = '\0';
    }
}

/* A line of /proc/self/cgroup: number, controllers, path. */
static int64_t limit_of_line(char *line)
{
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;

    if (!group)
        return NO_LIMIT;
    *group++ = '\0';
    controllers++;
    if (!controllers[0])
        return least("/sys/fs/cgroup", group, "memory.max");
    if (strcmp(controllers, "memory") == 0)
        return least("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes");
    return NO_LIMIT;
}

int64_t machine_memory(void)
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    int64_t limit = NO_LIMIT;
    char line[PATH_MAX];

    if (!file)
        return 0;
    while (fgets(line, sizeof line, file)) {
        int64_t here;

        line[strcspn(line, "\n")] = '\0';
        here = limit_of_line(line);
        limit = here < limit ? here : limit;
    }
    fclose(file);
    if (limit == NO_LIMIT)
        return 0;
    return limit;
}
