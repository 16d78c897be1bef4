/* SPDX-License-Identifier: MIT */
#include "query/fts.h"

#include "query/fts_scan.h"

bool fts_fault(struct fts *f, const char *what)
{
    if (!f->fault)
        f->fault = what;
    return false;
}

char fts_peek(const struct fts *f)
{
    return f->at < f->text.len ? f->text.data[f->at] : '\0';
}

bool fts_at_end(const struct fts *f)
{
    return f->at >= f->text.len;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void fts_blanks(struct fts *f)
{
    while (!fts_at_end(f) && is_blank(fts_peek(f)))
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

    while (!fts_at_end(f) && !is_blank(fts_peek(f)) && !slice_has(ends, fts_peek(f)))
        f->at++;
    return slice_make(f->text.data + start, f->at - start);
}

/* plfts: every word */
static bool plain(struct fts *f)
{
    bool any = false;

    for (fts_blanks(f); !fts_at_end(f); fts_blanks(f)) {
        if (any)
            buf_add_text(f->out, " AND ");
        fts_string(f->out, fts_until(f, ""));
        any = true;
    }
    return any || fts_fault(f, "there is no word to search for");
}

/* phfts: the words one after another */
static bool phrase(struct fts *f)
{
    fts_blanks(f);
    if (fts_at_end(f))
        return fts_fault(f, "there is no word to search for");
    fts_string(f->out, f->text);
    return true;
}

void fts_add_side(struct sides *s, bool negated, const char *joiner, struct slice text)
{
    struct buf *b = negated ? &s->unwanted : &s->wanted;

    if (b->len)
        buf_add_text(b, negated ? " OR " : joiner);
    buf_add_slice(b, text);
}

void fts_sides_init(struct sides *s)
{
    buf_init(&s->wanted, FTS_MAX);
    buf_init(&s->unwanted, FTS_MAX);
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

/* One word or "phrase" of a web search into `term`; false at the end or at "or". */
static bool web_term(struct fts *f, struct buf *term, bool *negated)
{
    size_t start;

    fts_blanks(f);
    *negated = fts_peek(f) == '-' && f->at + 1 < f->text.len && !is_blank(f->text.data[f->at + 1]);
    f->at += *negated;
    if (fts_at_end(f))
        return false;
    if (fts_peek(f) != '"') {
        fts_string(term, fts_until(f, "\""));
        return true;
    }
    start = ++f->at;
    while (!fts_at_end(f) && fts_peek(f) != '"')
        f->at++;
    fts_string(term, slice_make(f->text.data + start, f->at - start));
    f->at += !fts_at_end(f);
    return true;
}

/* wfts: words, "phrases", or, -without */
static bool web(struct fts *f)
{
    struct sides sides;
    bool either = false, negated;
    struct buf term;

    fts_sides_init(&sides);
    buf_init(&term, FTS_MAX);
    for (buf_clear(&term); web_term(f, &term, &negated); buf_clear(&term)) {
        struct slice text = buf_slice(&term);

        if (!negated && (slice_is(text, "\"or\"") || slice_is(text, "\"OR\""))) {
            either = sides.wanted.len > 0;
            continue;
        }
        if (text.len == 2) /* nothing between the quotes */
            continue;
        fts_add_side(&sides, negated, either ? " OR " : " AND ", text);
        either = false;
    }
    buf_finish(&term);
    return fts_close_sides(f, &sides, f->out);
}

static bool translate(struct fts *f, enum tree_operator op)
{
    switch (op) {
    case OPERATOR_PLFTS: return plain(f);
    case OPERATOR_PHFTS: return phrase(f);
    case OPERATOR_WFTS: return web(f);
    default: return fts_query(f);
    }
}

const char *fts_translate(struct buf *out, enum tree_operator op, struct slice text)
{
    struct fts f = {.text = text, .out = out};
    bool ok = translate(&f, op);

    return ok ? NULL : f.fault;
}
