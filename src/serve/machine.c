/* SPDX-License-Identifier: MIT */
#include "serve/machine.h"

#include <sched.h>
#include <sys/resource.h>

#include "base/log.h"

/* Descriptors beyond those of connections: files of the database, sockets, epoll. */
#define SPARE_FILES 512

/* …which are as many as these, and those of the readers of streams. */
#define OWN_FILES    128
#define STREAM_FILES 4

size_t machine_processors(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

    if (n > 0)
        return (size_t)n;
    return 1;
}

size_t machine_connections(size_t wanted, size_t streams)
{
    size_t of_streams = OWN_FILES + STREAM_FILES * streams;
    size_t spare = of_streams > SPARE_FILES ? of_streams : SPARE_FILES;
    struct rlimit limit, raised;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return wanted;
    raised = (struct rlimit){limit.rlim_max, limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) /* a sandbox may forbid it */
        limit = raised;
    if (limit.rlim_cur == RLIM_INFINITY || wanted + spare <= limit.rlim_cur)
        return wanted;
    size_t possible = limit.rlim_cur > 2 * spare ? limit.rlim_cur - spare : limit.rlim_cur / 2 + 1;
    log_say(LOG_WARN, "the limit of open files (%llu) allows %zu connections, not %zu",
            (unsigned long long)limit.rlim_cur, possible, wanted);
    return possible;
}
