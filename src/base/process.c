/* SPDX-License-Identifier: MIT */
#include "base/process.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* The first bytes of a file of /proc as a text; false if it cannot be read. */
static bool read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t n;

    if (!file)
        return false;
    n = fread(text, 1, size - 1, file);
    fclose(file);
    text[n] = '\0';
    return n > 0;
}

static int64_t timeval_us(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

/* proc(5), /proc/self/statm: pages in all, pages resident. */
static void read_memory(struct process *out)
{
    int64_t page = sysconf(_SC_PAGESIZE);
    char text[128], *rest;

    if (!read_text("/proc/self/statm", text, sizeof text))
        return;
    out->memory = (int64_t)strtoll(text, &rest, 10) * page;
    out->resident = (int64_t)strtoll(rest, &rest, 10) * page;
}

/* The directory's own descriptor is not counted. */
static int64_t count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int64_t n = -1;

    if (!dir)
        return -1;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

void process_read(struct process *out)
{
    struct rusage usage;
    struct rlimit files;

    *out = (struct process){-1, -1, -1, -1, -1};
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        out->cpu_us = timeval_us(usage.ru_utime) + timeval_us(usage.ru_stime);
    read_memory(out);
    out->open_fds = count_fds();
    if (getrlimit(RLIMIT_NOFILE, &files) == 0)
        out->max_fds = files.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)files.rlim_cur;
}

/* The field of that number of proc(5), /proc/self/stat; the second, the name in parentheses, may
 * hold anything. NULL: it is not there. */
static const char *stat_field(const char *text, int number)
{
    const char *at = strrchr(text, ')');

    for (int field = 2; at && field < number; field++) {
        at = strchr(at, ' ');
        if (at)
            at++;
    }
    return at;
}

static int64_t now_us(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The 22nd field is the start in clock ticks after boot. */
int64_t process_start_us(void)
{
    char text[1024];
    const char *field;
    int64_t ticks;

    if (!read_text("/proc/self/stat", text, sizeof text))
        return -1;
    field = stat_field(text, 22);
    if (!field)
        return -1;
    ticks = strtoll(field, NULL, 10);
    return now_us(CLOCK_REALTIME) - now_us(CLOCK_BOOTTIME) +
           ticks * (1000000 / sysconf(_SC_CLK_TCK));
}
