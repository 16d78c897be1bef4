/* SPDX-License-Identifier: MIT */
#include "commands/rejects.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/text.h"

/* Bytes of a line besides the row; a byte of the row becomes six at most ("\u0001"). */
#define LINE_SPARE 8192
#define ROW_GROWTH 6

static bool is_same_file(int a, int b)
{
    struct stat x, y;

    if (fstat(a, &x) != 0)
        return false;
    if (fstat(b, &y) != 0)
        return false;
    return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool rejects_open(struct rejects *r, const char *path, int input, size_t max, struct error *e)
{
    int fd;

    *r = (struct rejects){.path = path};
    buf_init(&r->line, ROW_GROWTH * max + LINE_SPARE);
    if (!*path)
        return true;
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return atomic_file_error(e, "write", path);
    if (is_same_file(fd, input)) {
        close(fd);
        return error_set(e, ERROR_FAILURE, "--rejects %s is the file that is imported", path);
    }
    if (ftruncate(fd, 0) != 0 && errno != EINVAL) { /* EINVAL: a pipe, a terminal */
        atomic_file_error(e, "write", path);
        close(fd);
        return false;
    }
    r->file = fdopen(fd, "w");
    if (r->file)
        return true;
    close(fd);
    return error_set(e, ERROR_MEMORY, "out of memory");
}

void rejects_close(struct rejects *r)
{
    if (r->file)
        fclose(r->file);
    r->file = NULL;
    buf_finish(&r->line);
}

static void add_or_null(struct buf *b, struct slice text)
{
    if (text.data)
        text_json_string(b, text);
    else
        buf_add_text(b, "null");
}

bool rejects_add(struct rejects *r, int64_t line, const struct error *cause, struct slice row,
                 struct error *e)
{
    struct slice column = {NULL, 0};
    struct buf *b = &r->line;
    char reason[ERROR_SENTENCE_MAX];

    if (cause->column[0])
        column = slice_from(cause->column);
    error_sentence(cause, reason);
    buf_clear(b);
    buf_addf(b, "{\"line\":%lld,\"code\":\"%s\",\"reason\":", (long long)line,
             error_code_text(cause->code));
    text_json_string(b, slice_from(reason));
    buf_add_text(b, ",\"column\":");
    add_or_null(b, column);
    buf_add_text(b, ",\"row\":");
    add_or_null(b, row);
    buf_add_text(b, "}\n");
    r->n++;
    if (b->failed)
        return error_set(e, ERROR_MEMORY, "out of memory");
    if (fwrite(b->data, 1, b->len, r->file) == b->len)
        return true;
    return atomic_file_error(e, "write", r->path);
}

bool rejects_flush(struct rejects *r, struct error *e)
{
    if (!r->file)
        return true;
    if (fflush(r->file) == 0)
        return true;
    return atomic_file_error(e, "write", r->path);
}
