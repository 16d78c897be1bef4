/*
 * The path's grammar.
 *
 * SPDX-License-Identifier: MIT
 */
#include "access/token/claim_path.h"

#include "base/ascii.h"
#include "base/parse.h"

struct path_reader {
    struct slice text;
    size_t at;
    struct claim_path *path;
    struct error *e;
};

static bool path_fault(const struct path_reader *r, const char *expected)
{
    return error_set(r->e, ERROR_USAGE, "\"%.*s\": %s is expected at character %zu",
                     SLICE_SHOWN(r->text), expected, r->at + 1);
}

static char next_char(const struct path_reader *r)
{
    if (r->at == r->text.len)
        return '\0';
    return r->text.data[r->at];
}

static bool take_text(struct path_reader *r, const char *text)
{
    struct slice rest = slice_after(r->text, r->at), wanted = slice_from(text);

    if (!slice_begins(rest, wanted))
        return false;
    r->at += wanted.len;
    return true;
}

static void skip_spaces(struct path_reader *r)
{
    while (next_char(r) == ' ')
        r->at++;
}

static void keep_char(struct path_reader *r, struct claim_step *step, char c)
{
    r->path->text[r->path->used++] = c; /* has room for the whole path */
    step->text.len++;
}

static void begin_text(struct path_reader *r, struct claim_step *step)
{
    step->text = slice_make(r->path->text + r->path->used, 0);
}

/* Up to the quote. After a backslash, where those count, a quote or a backslash stands for itself. */
static bool read_quoted(struct path_reader *r, bool has_escapes, struct claim_step *step)
{
    char quote = next_char(r);

    begin_text(r, step);
    for (r->at++; r->at < r->text.len; r->at++) {
        char c = next_char(r);

        if (c == quote) {
            r->at++;
            return true;
        }
        if (c == '\\' && has_escapes && r->at + 1 < r->text.len) {
            r->at++;
            c = next_char(r);
            if (c != '\\' && c != '\'' && c != '"')
                return path_fault(r, "a quote or a backslash after the backslash");
        }
        keep_char(r, step, c);
    }
    return path_fault(r, "a closing quote");
}

static bool is_name_char(char c)
{
    return ascii_is_letter_or_digit(c) || c == '_' || c == '$' || c == '@' || (c & 0x80);
}

static bool read_name(struct path_reader *r, struct claim_step *step)
{
    step->kind = STEP_MEMBER;
    if (next_char(r) == '"')
        return read_quoted(r, false, step);
    begin_text(r, step);
    for (; is_name_char(next_char(r)); r->at++)
        keep_char(r, step, next_char(r));
    return step->text.len > 0 || path_fault(r, "a name, or one in double quotes,");
}

/* [?(@ == "text")] */
static bool read_comparison(struct path_reader *r, struct claim_step *step)
{
    /* The longer ones first: == is the beginning of ==^. */
    static const struct {
        const char *text;
        enum claim_step_kind kind;
    } operators[] = {{"==^", STEP_ENDS},
                     {"^==", STEP_BEGINS},
                     {"*==", STEP_CONTAINS},
                     {"==", STEP_EQUAL},
                     {"!=", STEP_NOT_EQUAL}};
    size_t i = 0, n = sizeof operators / sizeof *operators;

    skip_spaces(r);
    if (!take_text(r, "@"))
        return path_fault(r, "@");
    skip_spaces(r);
    while (i < n && !take_text(r, operators[i].text))
        i++;
    if (i == n)
        return path_fault(r, "==, !=, ^==, ==^ or *==");
    step->kind = operators[i].kind;
    skip_spaces(r);
    if (next_char(r) != '"')
        return path_fault(r, "a text in double quotes");
    if (!read_quoted(r, true, step))
        return false;
    skip_spaces(r);
    return take_text(r, ")") || path_fault(r, ")");
}

static bool read_number(struct path_reader *r, int64_t *out)
{
    size_t from = r->at;

    take_text(r, "-");
    while (ascii_is_digit(next_char(r)))
        r->at++;
    return parse_int64(slice_make(r->text.data + from, r->at - from), out);
}

/* [3], [-1], [1:], [:-1], [1:3] */
static bool read_places(struct path_reader *r, struct claim_step *step)
{
    bool has_from = next_char(r) != ':';

    step->from = 0;
    step->to = INT64_MAX;
    step->kind = STEP_ELEMENT;
    if (has_from && !read_number(r, &step->from))
        return path_fault(r, "a number, a name in quotes or ?(");
    if (!take_text(r, ":"))
        return true;
    step->kind = STEP_CUT;
    if (next_char(r) == ']' || read_number(r, &step->to))
        return true;
    return path_fault(r, "a number or ]");
}

static bool read_bracket(struct path_reader *r, struct claim_step *step)
{
    bool ok, is_quoted = next_char(r) == '"' || next_char(r) == '\'';

    step->kind = STEP_MEMBER;
    if (is_quoted)
        ok = read_quoted(r, true, step);
    else if (take_text(r, "?("))
        ok = read_comparison(r, step);
    else
        ok = read_places(r, step);
    if (!ok)
        return false;
    return take_text(r, "]") || path_fault(r, "]");
}

static bool read_step(struct path_reader *r, struct claim_step *step)
{
    if (take_text(r, "."))
        return read_name(r, step);
    if (take_text(r, "["))
        return read_bracket(r, step);
    return path_fault(r, ". or [");
}

bool claim_path_read(struct claim_path *path, struct slice text, struct error *e)
{
    struct path_reader r = {.text = text, .path = path, .e = e};

    path->n = path->used = 0;
    if (text.len > CLAIM_PATH_MAX)
        return error_set(e, ERROR_USAGE, "a path has %zu bytes at most", CLAIM_PATH_MAX);
    take_text(&r, "$");
    while (r.at < text.len) {
        if (path->n == CLAIM_PATH_STEPS)
            return error_set(e, ERROR_USAGE, "a path has %d steps at most", CLAIM_PATH_STEPS);
        if (!read_step(&r, &path->steps[path->n]))
            return false;
        path->n++;
    }
    return path->n > 0 || path_fault(&r, ". or [");
}
