/*
 * to_tsquery's language: & | ! <-> ( ) and word:*
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/fts_scan.h"

static bool alternatives(struct fts *f, struct buf *out);

/* word, word:*, 'quoted', or ( … ) */
static bool operand(struct fts *f, struct buf *out)
{
    struct slice word;

    fts_blanks(f);
    if (fts_peek(f) == '(') {
        f->at++;
        if (++f->depth > FTS_DEPTH)
            return fts_fault(f, "the parentheses are nested too deep");
        buf_add_char(out, '(');
        if (!alternatives(f, out))
            return false;
        buf_add_char(out, ')');
        f->depth--;
        fts_blanks(f);
        if (fts_peek(f) != ')')
            return fts_fault(f, "a parenthesis is not closed");
        f->at++;
        return true;
    }
    if (fts_peek(f) == '\'') {
        size_t start = ++f->at;

        while (!fts_at_end(f) && fts_peek(f) != '\'')
            f->at++;
        word = slice_make(f->text.data + start, f->at - start);
        f->at += !fts_at_end(f);
    } else {
        word = fts_until(f, "&|!()<:'");
    }
    if (word.len == 0)
        return fts_fault(f, "a word is missing");
    fts_string(out, word);
    if (fts_peek(f) == ':') {
        f->at++;
        if (fts_peek(f) != '*')
            return fts_fault(f, "only :* may follow a word");
        f->at++;
        buf_add_text(out, " *");
    }
    return true;
}

/* word <-> word: one right after the other */
static bool sequence(struct fts *f, struct buf *out)
{
    bool has_parentheses = false;

    for (;;) {
        fts_blanks(f);
        has_parentheses |= fts_peek(f) == '(';
        if (!operand(f, out))
            return false;
        fts_blanks(f);
        if (f->text.len - f->at < 3 || memcmp(f->text.data + f->at, "<->", 3) != 0)
            return fts_peek(f) != '<' || fts_fault(f, "of the distances only <-> is supported");
        f->at += 3;
        fts_blanks(f);
        if (has_parentheses || fts_peek(f) == '(')
            return fts_fault(f, "<-> goes between words");
        buf_add_text(out, " + ");
    }
}

/* a & b & !c; words without an operator between them must all be there, too */
static bool conjunction(struct fts *f, struct buf *out)
{
    struct sides sides;
    struct buf term;
    bool ok = true;

    fts_sides_init(&sides);
    buf_init(&term, FTS_MAX);
    for (;;) {
        bool negated;

        fts_blanks(f);
        negated = fts_peek(f) == '!';
        f->at += negated;
        buf_clear(&term);
        ok = sequence(f, &term);
        if (!ok)
            break;
        fts_add_side(&sides, negated, " AND ", buf_slice(&term));
        fts_blanks(f);
        if (fts_peek(f) == '&')
            f->at++;
        else if (fts_at_end(f) || fts_peek(f) == '|' || fts_peek(f) == ')')
            break;
    }
    buf_finish(&term);
    if (!fts_close_sides(f, &sides, out))
        return false;
    return ok;
}

static bool alternatives(struct fts *f, struct buf *out)
{
    for (;;) {
        if (!conjunction(f, out))
            return false;
        fts_blanks(f);
        if (fts_peek(f) != '|')
            return true;
        f->at++;
        buf_add_text(out, " OR ");
    }
}

/* fts: to_tsquery's operators & | ! <-> ( ) and word:* */
bool fts_query(struct fts *f)
{
    if (!alternatives(f, f->out))
        return false;
    if (fts_at_end(f))
        return true;
    return fts_fault(f, "a parenthesis has no partner");
}
