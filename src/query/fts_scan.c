/* SPDX-License-Identifier: MIT */
#include "query/fts_scan.h"

bool fts_fault(struct fts *f, const char *what)
{
    if (!f->fault)
        f->fault = what;
    return false;
}

char fts_peek(const struct fts *f)
{
    if (f->at < f->text.len)
        return f->text.data[f->at];
    return '\0';
}

bool fts_at_end(const struct fts *f)
{
    return f->at >= f->text.len;
}

bool fts_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void fts_blanks(struct fts *f)
{
    while (!fts_at_end(f) && fts_is_blank(fts_peek(f)))
        f->at++;
}

void fts_string(struct buf *b, struct slice word)
{
    buf_add_char(b, '"');
    for (size_t i = 0; i < word.len; i++) {
        if (word.data[i] == '"')
            buf_add_char(b, '"');
        if (word.data[i] != '\0')
            buf_add_char(b, word.data[i]);
    }
    buf_add_char(b, '"');
}

struct slice fts_until(struct fts *f, const char *stops)
{
    const struct slice ends = slice_from(stops);
    size_t start = f->at;

    while (!fts_at_end(f) && !fts_is_blank(fts_peek(f)) && !slice_has(ends, fts_peek(f)))
        f->at++;
    return slice_make(f->text.data + start, f->at - start);
}

void fts_sides_init(struct sides *s)
{
    buf_init(&s->wanted, FTS_MAX);
    buf_init(&s->unwanted, FTS_MAX);
}

void fts_add_side(struct sides *s, bool negated, const char *joiner, struct slice text)
{
    struct buf *b = negated ? &s->unwanted : &s->wanted;

    if (b->len)
        buf_add_text(b, negated ? " OR " : joiner);
    buf_add_slice(b, text);
}

bool fts_close_sides(struct fts *f, struct sides *s, struct buf *out)
{
    bool ok =
        s->wanted.len > 0 || fts_fault(f, "something must be searched for, not only left out");

    if (ok && s->unwanted.len) {
        buf_add_char(out, '(');
        buf_add_slice(out, buf_slice(&s->wanted));
        buf_add_text(out, ") NOT (");
        buf_add_slice(out, buf_slice(&s->unwanted));
        buf_add_char(out, ')');
    } else if (ok) {
        buf_add_slice(out, buf_slice(&s->wanted));
    }
    out->failed = out->failed || s->wanted.failed || s->unwanted.failed;
    buf_finish(&s->wanted);
    buf_finish(&s->unwanted);
    return ok;
}
