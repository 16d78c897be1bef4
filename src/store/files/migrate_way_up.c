/*
 * The way up in a migration's file, and the way down that other tools put beside it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/ascii.h"
#include "base/text.h"
#include "store/catalog/lexer.h"
#include "store/files/migrate_file.h"

/* Bytes of a mark, blanks folded: longer lines are none. */
#define MARK_MAX 64

enum direction {
    GOES_UP,
    GOES_DOWN,
    GOES_ON,      /* about how the tool reads the file: the parser here needs no such help */
    GOES_NOWHERE, /* asks for what is not done here */
};

struct mark {
    const char *tool;
    const char *words; /* lower case, blanks folded, without the comment's own dashes */
    bool prefix;       /* more may follow */
    enum direction direction;
};

/* The first row that fits is meant. */
static const struct mark marks[] = {
    {"goose", "+goose up", false, GOES_UP},
    {"goose", "+goose down", false, GOES_DOWN},
    {"goose", "+goose statementbegin", false, GOES_ON},
    {"goose", "+goose statementend", false, GOES_ON},
    {"goose", "+goose envsub off", false, GOES_ON},
    {"goose", "+goose", true, GOES_NOWHERE},
    {"sql-migrate", "+migrate up", false, GOES_UP},
    {"sql-migrate", "+migrate down", true, GOES_DOWN},
    {"sql-migrate", "+migrate statementbegin", false, GOES_ON},
    {"sql-migrate", "+migrate statementend", false, GOES_ON},
    {"sql-migrate", "+migrate", true, GOES_NOWHERE},
    {"dbmate", "migrate:up", false, GOES_UP},
    {"dbmate", "migrate:up transaction:true", false, GOES_UP},
    {"dbmate", "migrate:up ", true, GOES_NOWHERE},
    {"dbmate", "migrate:down", true, GOES_DOWN},
    {"node-pg-migrate", "up migration", false, GOES_UP},
    {"node-pg-migrate", "down migration", false, GOES_DOWN},
    {"tern", "create above / drop below ----", false, GOES_DOWN},
    {"MyBatis", "//@undo", false, GOES_DOWN},
    {"MyBatis", "@undo", false, GOES_DOWN},
    {"rambler", "rambler up", false, GOES_UP},
    {"rambler", "rambler down", false, GOES_DOWN},
    {"rambler", "rambler", true, GOES_NOWHERE},
    {"Liquibase", "liquibase formatted sql", true, GOES_NOWHERE},
};

/* These tools' files begin with the way up. */
static bool begins_up(const char *tool)
{
    return strcmp(tool, "tern") == 0 || strcmp(tool, "MyBatis") == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The place of a comment's first word; the line's end for any other line. */
static size_t comment_start(struct slice line)
{
    size_t at = 0;

    while (at < line.len && (line.data[at] == ' ' || line.data[at] == '\t'))
        at++;
    if (line.len - at < 2 || memcmp(line.data + at, "--", 2) != 0)
        return line.len;
    while (at < line.len && line.data[at] == '-')
        at++;
    return at;
}

/* The words of a comment line, lower case, blanks folded; "" for any other line. */
static void fold_comment(struct slice line, char out[MARK_MAX])
{
    size_t at = comment_start(line), n = 0;

    for (; at < line.len && n + 1 < MARK_MAX; at++) {
        char c = ascii_lower(line.data[at]);
        bool follows_word = n > 0 && out[n - 1] != ' ';

        if (is_blank(c))
            c = ' ';
        if (c == ' ' && !follows_word)
            continue;
        out[n++] = c;
    }
    if (n > 0 && at == line.len && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

static const struct mark *find_mark(struct slice line)
{
    char words[MARK_MAX];

    fold_comment(line, words);
    if (words[0] == '\0')
        return NULL;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const struct mark *m = &marks[i];
        size_t len = strlen(m->words);

        if (strncmp(words, m->words, len) == 0 && (m->prefix || words[len] == '\0'))
            return m;
    }
    return NULL;
}

struct halves {
    const char *file;
    const char *tool; /* NULL: no mark so far */
    char *text;       /* the copy; what is not the way up becomes blank */
    size_t line;
    bool up;     /* the lines that are read lead up */
    bool met_up; /* … or some have */
};

static bool refuse_mark(const struct halves *h, const struct mark *m, struct slice line,
                        struct error *e)
{
    return error_set(e, ERROR_FAILURE,
                     "%s:%zu: \"%.*s\" (%s) is not understood; a migration runs as it stands, "
                     "in a transaction of its own: take the line out if that is right",
                     h->file, h->line, SLICE_ARG(slice_first(text_trim(line), 60)), m->tool);
}

static bool follow_mark(struct halves *h, const struct mark *m, struct slice line, struct error *e)
{
    if (h->tool && strcmp(h->tool, m->tool) != 0)
        return error_set(e, ERROR_FAILURE, "%s:%zu: marks of %s and of %s in one file", h->file,
                         h->line, h->tool, m->tool);
    if (m->direction == GOES_NOWHERE)
        return refuse_mark(h, m, line, e);
    if (!h->tool && begins_up(m->tool))
        h->met_up = true;
    h->tool = m->tool;
    if (m->direction == GOES_UP)
        h->up = h->met_up = true;
    else if (m->direction == GOES_DOWN)
        h->up = false;
    return true;
}

static void blank_out(char *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (line[i] != '\r')
            line[i] = ' ';
    }
}

/* Before the first mark there may be comments only: nobody has said which way a statement leads. */
static bool check_head(const struct halves *h, struct slice head, struct error *e)
{
    struct lexer x = {.sql = head};

    if (lexer_next(&x).kind == TOKEN_END)
        return true;
    return error_set(e, ERROR_FAILURE, "%s: there is SQL before the first mark of %s", h->file,
                     h->tool);
}

/* A mark; `before` is what stands before it in the file. */
static bool take_mark(struct halves *h, const struct mark *m, struct slice line,
                      struct slice before, struct error *e)
{
    bool first = !h->tool;

    if (!follow_mark(h, m, line, e))
        return false;
    if (!first || begins_up(m->tool))
        return true;
    return check_head(h, before, e);
}

static bool take_line(struct halves *h, struct slice text, size_t start, size_t end,
                      struct error *e)
{
    struct slice line = slice_make(text.data + start, end - start);
    const struct mark *m = find_mark(line);

    h->line++;
    if (m && !take_mark(h, m, line, slice_first(text, start), e))
        return false;
    if (!h->tool) /* no mark so far */
        return true;
    if (m || !h->up)
        blank_out(h->text + start, line.len);
    return true;
}

bool migrate_way_up(struct arena *arena, const char *file, struct slice text, struct slice *up,
                    struct error *e)
{
    struct halves h = {.file = file, .text = arena_copy(arena, text)};

    *up = text;
    if (!h.text)
        return error_set(e, ERROR_MEMORY, "out of memory");
    for (size_t start = 0, end; start < text.len; start = end + 1) {
        end = start + slice_find(slice_after(text, start), '\n');
        if (!take_line(&h, text, start, end, e))
            return false;
    }
    if (!h.tool)
        return true;
    if (!h.met_up)
        return error_set(e, ERROR_FAILURE, "%s: %s has no way up marked in it", file, h.tool);
    *up = slice_make(h.text, text.len);
    return true;
}
