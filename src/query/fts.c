/* SPDX-License-Identifier: MIT */
#include "query/fts.h"

#include "query/fts_scan.h"

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
    if (any)
        return true;
    return fts_fault(f, "there is no word to search for");
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

/* One word or "phrase" of a web search into `term`; false at the end or at "or". */
static bool web_term(struct fts *f, struct buf *term, bool *negated)
{
    size_t start;

    fts_blanks(f);
    *negated =
        fts_peek(f) == '-' && f->at + 1 < f->text.len && !fts_is_blank(f->text.data[f->at + 1]);
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

    if (ok)
        return NULL;
    return f.fault;
}
