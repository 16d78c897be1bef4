/* SPDX-License-Identifier: MIT */
#include "store/db/temporary.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/db/db_files.h"

/* sqlite.org/c3ref/vfs.html, mxPathname is 512 on Unix: it is to hold the file's name, too. */
#define FOLDER_MAX 480

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MAX]; /* "": none yet */

static bool can_be_written(const char *where)
{
    return strlen(where) <= FOLDER_MAX && access(where, W_OK | X_OK) == 0;
}

bool temporary_files_beside(const char *path)
{
    bool writable;

    pthread_mutex_lock(&lock);
    if (!folder[0] && strcmp(path, ":memory:") != 0) {
        db_folder(path, folder);
        sqlite3_temp_directory = folder; /* sqlite.org/c3ref/temp_directory.html */
    }
    writable = folder[0] && can_be_written(folder);
    pthread_mutex_unlock(&lock);
    return writable;
}
