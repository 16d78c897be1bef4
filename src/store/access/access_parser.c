/* SPDX-License-Identifier: MIT */
#include "store/access/access_parser.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/text.h"

void access_record_failure(struct access_parser *p, struct access_place place, const char *format,
                           ...)
{
    char what[320];
    va_list args;

    p->token.kind = TOKEN_END;
    p->token.text = slice_make("", 0);
    p->lexer.at = p->lexer.sql.len;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    for (char *c = what; *c; c++) {
        if ((unsigned char)*c < ' ')
            *c = ' '; /* a name may have any character; the message is one line */
    }
    error_record(p->error, ERROR_FAILURE, "%s:%d:%d: %s", place.file, place.line, place.column,
                 what);
}

/* The text of the token at hand with its quotes, for an error. */
static struct slice token_shown(const struct access_parser *p)
{
    if (p->token.kind == TOKEN_END)
        return slice_from("the end of the file");
    return slice_make(p->lexer.sql.data + p->token.start, p->token.end - p->token.start);
}

void access_record_expected(struct access_parser *p, const char *what)
{
    struct slice shown = token_shown(p);

    access_record_failure(p, access_here(p), "expected %s, not %.*s", what, SLICE_SHOWN(shown));
}

/* ---- places */

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

/* Line and column of a byte. Those asked for come in the order of the text, nearly. */
static struct access_place place_of(struct access_parser *p, size_t at)
{
    if (at < p->counted) {
        p->counted = 0;
        p->line = p->column = 1;
    }
    for (; p->counted < at; p->counted++) {
        char c = p->lexer.sql.data[p->counted];

        if (c == '\n') {
            p->line++;
            p->column = 1;
        } else if (begins_character(c)) {
            p->column++;
        }
    }
    return (struct access_place){p->file->name, p->line, p->column};
}

struct access_place access_here(struct access_parser *p)
{
    return place_of(p, p->token.start);
}

/* ---- tokens */

static bool is_closed(const struct token *t)
{
    return t->kind != TOKEN_QUOTED || t->end - t->start == t->text.len + 2;
}

/* True if a comment that begins there has no end: the lexer passes over the rest then. */
static bool comment_is_open(struct slice text)
{
    while (text.len > 0) {
        if (slice_begins(text, slice_from("--"))) {
            text = slice_after(text, slice_find(text, '\n'));
        } else if (slice_begins(text, slice_from("/*"))) {
            size_t end = 2;

            while (end < text.len && !slice_begins(slice_after(text, end), slice_from("*/")))
                end++;
            if (end == text.len)
                return true;
            text = slice_after(text, end + 2);
        } else {
            text = slice_after(text, 1);
        }
    }
    return false;
}

bool access_advance(struct access_parser *p)
{
    struct slice rest;

    p->before = p->token.end;
    p->token = lexer_next(&p->lexer);
    if (!is_closed(&p->token))
        return access_fail(p, access_here(p), "a quote that is not closed");
    if (p->token.kind != TOKEN_END)
        return true;
    rest = slice_after(p->lexer.sql, p->before);
    return !comment_is_open(rest) ||
           access_fail(p, place_of(p, p->before), "a comment after this is not closed");
}

bool access_parser_open(struct access_parser *p, const struct access_file *file)
{
    static const struct slice mark = SLICE_LITERAL("\xef\xbb\xbf");

    p->file = file;
    p->lexer = (struct lexer){.sql = file->text};
    if (slice_begins(file->text, mark))
        p->lexer.sql = slice_after(file->text, mark.len);
    p->token = (struct token){.kind = TOKEN_END};
    p->counted = 0;
    p->line = p->column = 1;
    if (slice_has(file->text, '\0'))
        return access_fail(p, place_of(p, slice_find(p->lexer.sql, '\0')), "a NUL byte");
    return access_advance(p);
}

bool access_take(struct access_parser *p, const char *keyword)
{
    return token_is(p->token, keyword) && access_advance(p);
}

bool access_take_char(struct access_parser *p, char c)
{
    return token_is_char(p->token, c) && access_advance(p);
}

bool access_expect(struct access_parser *p, const char *keywords)
{
    struct slice left = slice_from(keywords);

    while (left.len > 0) {
        struct slice word = slice_first(left, slice_find(left, ' '));
        bool is_word = p->token.kind == TOKEN_WORD && text_equal_nocase(p->token.text, word);

        if (!is_word)
            return access_fail_expected(p, left.data);
        if (!access_advance(p))
            return false;
        left = slice_after(left, word.len + (word.len < left.len));
    }
    return true;
}

bool access_expect_char(struct access_parser *p, char c)
{
    const char what[] = {c, '\0'};

    if (!token_is_char(p->token, c))
        return access_fail_expected(p, what);
    return access_advance(p);
}

bool access_at_end(const struct access_parser *p)
{
    return p->token.kind == TOKEN_END || token_is_char(p->token, ';');
}

bool access_expect_end(struct access_parser *p)
{
    if (error_is_set(p->error))
        return false;
    if (!access_at_end(p))
        return access_fail_expected(p, "the end of the statement, a semicolon");
    return p->token.kind == TOKEN_END || access_advance(p);
}

/* ---- names */

/* The character that is doubled in it stands for itself. */
static void undouble(char *text, size_t *len, char quote)
{
    size_t to = 0;

    for (size_t from = 0; from < *len; from++) {
        text[to++] = text[from];
        if (text[from] == quote)
            from++;
    }
    text[to] = '\0';
    *len = to;
}

static bool is_name(const struct access_parser *p)
{
    if (p->token.kind == TOKEN_QUOTED)
        return p->lexer.sql.data[p->token.start] != '\'' && p->token.text.len > 0;
    return p->token.kind == TOKEN_WORD && !ascii_is_digit(p->token.text.data[0]);
}

bool access_read_name(struct access_parser *p, const char *what, struct access_name *out)
{
    char quote = '\0', *text;
    size_t len;

    if (!is_name(p))
        return access_fail_expected(p, what);
    *out = (struct access_name){.quoted = p->token.kind == TOKEN_QUOTED, .place = access_here(p)};
    if (out->quoted)
        quote = p->lexer.sql.data[p->token.start];
    text = arena_copy(&p->access->arena, p->token.text);
    len = p->token.text.len;
    if (!text)
        return access_fail_memory(p);
    if (quote == '"' || quote == '`')
        undouble(text, &len, quote);
    out->text = slice_make(text, len);
    return access_advance(p);
}

static bool check_schema(struct access_parser *p, const struct access_name *name)
{
    bool is_known = text_equal_nocase(name->text, slice_from("public")) ||
                    text_equal_nocase(name->text, slice_from("main"));

    return is_known || access_fail(p, name->place, "there is no schema %.*s: public or main",
                                   SLICE_SHOWN(name->text));
}

bool access_read_schema(struct access_parser *p)
{
    struct access_name name;

    return access_read_name(p, "the schema, public or main", &name) && check_schema(p, &name);
}

bool access_read_object(struct access_parser *p, const char *what, struct access_name *out)
{
    if (!access_read_name(p, what, out))
        return false;
    if (!token_is_char(p->token, '.'))
        return true;
    return check_schema(p, out) && access_advance(p) && access_read_name(p, what, out);
}
