/* SPDX-License-Identifier: MIT */
#include "store/files/backup_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/atomic_file.h"
#include "base/slice.h"

#define STAMP_FORMAT "%Y%m%dT%H%M%SZ"
#define STAMP_LEN    16
#define SUFFIX       ".db"
#define PROBE        "check" /* a name that is written once, to see that one can be */

/* The time in the name of one of our files that ends in `suffix`; 0: it is none. */
static time_t stamp_of(const struct backup_folder *f, const char *name, const char *suffix)
{
    size_t n = strlen(f->prefix);
    struct tm utc = {.tm_year = 0};

    if (strncmp(name, f->prefix, n) != 0)
        return 0;
    name += n;
    if (!ascii_has_shape(name, "00000000T000000Z"))
        return 0;
    if (strcmp(name + STAMP_LEN, suffix) != 0)
        return 0;
    if (!strptime(name, STAMP_FORMAT, &utc))
        return 0;
    return timegm(&utc);
}

void backup_folder_name(const struct backup_folder *f, time_t stamp, char out[PATH_MAX])
{
    char text[STAMP_LEN + 1];
    struct tm utc;

    gmtime_r(&stamp, &utc);
    strftime(text, sizeof text, STAMP_FORMAT, &utc);
    snprintf(out, PATH_MAX, "%s/%s%s" SUFFIX, f->dir, f->prefix, text);
}

/* Removes a part unless another process is writing it. */
static void remove_part(const struct backup_folder *f, const char *name)
{
    char path[PATH_MAX];
    int fd;

    if (snprintf(path, sizeof path, "%s/%s", f->dir, name) >= (int)sizeof path)
        return;
    fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlink(path);
    close(fd);
}

static void remove_parts(const struct backup_folder *f, DIR *dir)
{
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (stamp_of(f, entry->d_name, SUFFIX ATOMIC_FILE_SUFFIX))
            remove_part(f, entry->d_name);
    }
}

/* What the names of the folder's files begin with: the database's, without its .db. */
static void make_prefix(struct backup_folder *f, const char *database)
{
    static const struct slice end = SLICE_LITERAL(SUFFIX);
    const char *slash = strrchr(database, '/');
    struct slice name = slice_from(database);

    if (slash)
        name = slice_from(slash + 1);
    if (name.len > end.len && slice_ends(name, end))
        name.len -= end.len;
    snprintf(f->prefix, sizeof f->prefix, "%.*s-", SLICE_ARG(name));
}

bool backup_folder_open(struct backup_folder *f, const char *dir, const char *database,
                        struct error *e)
{
    char probe[PATH_MAX];
    struct atomic_file part;
    DIR *open_dir;

    f->dir = dir;
    make_prefix(f, database);
    open_dir = opendir(dir);
    if (!open_dir)
        return atomic_file_error(e, "open the folder --backup-dir", dir);
    remove_parts(f, open_dir);
    closedir(open_dir);
    snprintf(probe, sizeof probe, "%s/%s" PROBE, dir, f->prefix);
    if (!atomic_file_open(&part, probe, true, e))
        return false;
    atomic_file_discard(&part);
    return true;
}

/* How many there are, and the time of the oldest and the newest. -1: the folder cannot be read. */
static long scan_folder(const struct backup_folder *f, time_t *oldest, time_t *newest)
{
    DIR *dir = opendir(f->dir);
    long n = 0;

    *oldest = *newest = 0;
    if (!dir)
        return -1;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        time_t stamp = stamp_of(f, entry->d_name, SUFFIX);

        if (stamp == 0)
            continue;
        if (n == 0 || stamp < *oldest)
            *oldest = stamp;
        if (n == 0 || stamp > *newest)
            *newest = stamp;
        n++;
    }
    closedir(dir);
    return n;
}

time_t backup_folder_newest(const struct backup_folder *f)
{
    time_t oldest, newest;

    scan_folder(f, &oldest, &newest);
    return newest;
}

bool backup_folder_prune(const struct backup_folder *f, size_t keep, struct error *e)
{
    time_t oldest, newest;
    char path[PATH_MAX];
    long n;

    while ((n = scan_folder(f, &oldest, &newest)) > (long)keep) {
        backup_folder_name(f, oldest, path);
        if (unlink(path) != 0)
            return atomic_file_error(e, "delete the old backup", path);
    }
    if (n >= 0)
        return true;
    return atomic_file_error(e, "read the folder", f->dir);
}
