/* SPDX-License-Identifier: MIT */
#include "query/fts.h"

/* Nesting of parentheses in a query, and bytes of a part of the expression. */
#define FTS_DEPTH 16
#define FTS_MAX   65536

struct fts {
    struct slice text;
    size_t at;
    int depth;
    struct buf *out;
    const char *fault; /* what is wrong, or NULL */
};

static bool fault(struct fts *f, const char *what)
{
    if (!f->fault)
        f->fault = what;
    return false;
}

static char peek(const struct fts *f)
{
    return f->at < f->text.len ? f->text.data[f->at] : '\0';
}

static bool at_end(const struct fts *f)
{
    return f->at >= f->text.len;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void blanks(struct fts *f)
{
    while (!at_end(f) && is_blank(peek(f)))
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

static struct slice until(struct fts *f, const char *stops)
{
    size_t start = f->at;

    while (!at_end(f) && !is_blank(peek(f)) && !(peek(f) && strchr(stops, peek(f))))
        f->at++;
    return slice_make(f->text.data + start, f->at - start);
}

/* plfts: every word */
static bool plain(struct fts *f)
{
    bool any = false;

    for (blanks(f); !at_end(f); blanks(f)) {
        if (any)
            buf_add_text(f->out, " AND ");
        fts_string(f->out, until(f, ""));
        any = true;
    }
    return any || fault(f, "there is no word to search for");
}

/* phfts: the words one after another */
static bool phrase(struct fts *f)
{
    blanks(f);
    if (at_end(f))
        return fault(f, "there is no word to search for");
    fts_string(f->out, f->text);
    return true;
}

/*
 * FTS5's NOT has two sides: what is wanted goes in front, what is not behind it. `list` holds
 * one side while the other is written.
 */
struct sides {
    struct buf wanted, unwanted;
};

static void add_side(struct sides *s, bool negated, const char *joiner, struct slice text)
{
    struct buf *b = negated ? &s->unwanted : &s->wanted;

    if (b->len)
        buf_add_text(b, negated ? " OR " : joiner);
    buf_add_slice(b, text);
}

static void sides_init(struct sides *s)
{
    buf_init(&s->wanted, FTS_MAX);
    buf_init(&s->unwanted, FTS_MAX);
}

static bool close_sides(struct fts *f, struct sides *s, struct buf *out)
{
    bool ok = s->wanted.len > 0 || fault(f, "something must be searched for, not only left out");

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

    blanks(f);
    *negated = peek(f) == '-' && f->at + 1 < f->text.len && !is_blank(f->text.data[f->at + 1]);
    f->at += *negated;
    if (at_end(f))
        return false;
    if (peek(f) != '"') {
        fts_string(term, until(f, "\""));
        return true;
    }
    start = ++f->at;
    while (!at_end(f) && peek(f) != '"')
        f->at++;
    fts_string(term, slice_make(f->text.data + start, f->at - start));
    f->at += !at_end(f);
    return true;
}

/* wfts: words, "phrases", or, -without */
static bool web(struct fts *f)
{
    struct sides sides;
    bool either = false, negated;
    struct buf term;

    sides_init(&sides);
    buf_init(&term, FTS_MAX);
    for (buf_clear(&term); web_term(f, &term, &negated); buf_clear(&term)) {
        struct slice text = buf_slice(&term);

        if (!negated && (slice_is(text, "\"or\"") || slice_is(text, "\"OR\""))) {
            either = sides.wanted.len > 0;
            continue;
        }
        if (text.len == 2) /* nothing between the quotes */
            continue;
        add_side(&sides, negated, either ? " OR " : " AND ", text);
        either = false;
    }
    buf_finish(&term);
    return close_sides(f, &sides, f->out);
}

static bool alternatives(struct fts *f, struct buf *out);

/* word, word:*, 'quoted', or ( … ) */
static bool operand(struct fts *f, struct buf *out)
{
    struct slice word;

    blanks(f);
    if (peek(f) == '(') {
        f->at++;
        if (++f->depth > FTS_DEPTH)
            return fault(f, "the parentheses are nested too deep");
        buf_add_char(out, '(');
        if (!alternatives(f, out))
            return false;
        buf_add_char(out, ')');
        f->depth--;
        blanks(f);
        if (peek(f) != ')')
            return fault(f, "a parenthesis is not closed");
        f->at++;
        return true;
    }
    if (peek(f) == '\'') {
        size_t start = ++f->at;

        while (!at_end(f) && peek(f) != '\'')
            f->at++;
        word = slice_make(f->text.data + start, f->at - start);
        f->at += !at_end(f);
    } else {
        word = until(f, "&|!()<:'");
    }
    if (word.len == 0)
        return fault(f, "a word is missing");
    fts_string(out, word);
    if (peek(f) == ':') {
        f->at++;
        if (peek(f) != '*')
            return fault(f, "only :* may follow a word");
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
        blanks(f);
        has_parentheses |= peek(f) == '(';
        if (!operand(f, out))
            return false;
        blanks(f);
        if (f->text.len - f->at < 3 || memcmp(f->text.data + f->at, "<->", 3) != 0)
            return peek(f) != '<' || fault(f, "of the distances only <-> is supported");
        f->at += 3;
        blanks(f);
        if (has_parentheses || peek(f) == '(')
            return fault(f, "<-> goes between words");
        buf_add_text(out, " + ");
    }
}

/* a & b & !c; words without an operator between them must all be there, too */
static bool conjunction(struct fts *f, struct buf *out)
{
    struct sides sides;
    struct buf term;
    bool ok = true;

    sides_init(&sides);
    buf_init(&term, FTS_MAX);
    for (;;) {
        bool negated;

        blanks(f);
        negated = peek(f) == '!';
        f->at += negated;
        buf_clear(&term);
        ok = sequence(f, &term);
        if (!ok)
            break;
        add_side(&sides, negated, " AND ", buf_slice(&term));
        blanks(f);
        if (peek(f) == '&')
            f->at++;
        else if (at_end(f) || peek(f) == '|' || peek(f) == ')')
            break;
    }
    buf_finish(&term);
    return close_sides(f, &sides, out) && ok;
}

static bool alternatives(struct fts *f, struct buf *out)
{
    for (;;) {
        if (!conjunction(f, out))
            return false;
        blanks(f);
        if (peek(f) != '|')
            return true;
        f->at++;
        buf_add_text(out, " OR ");
    }
}

/* fts: to_tsquery's operators & | ! <-> ( ) and word:* */
static bool query(struct fts *f)
{
    return alternatives(f, f->out) && (at_end(f) || fault(f, "a parenthesis has no partner"));
}

static bool translate(struct fts *f, enum tree_operator op)
{
    switch (op) {
    case OPERATOR_PLFTS: return plain(f);
    case OPERATOR_PHFTS: return phrase(f);
    case OPERATOR_WFTS: return web(f);
    default: return query(f);
    }
}

const char *fts_translate(struct buf *out, enum tree_operator op, struct slice text)
{
    struct fts f = {.text = text, .out = out};
    bool ok = translate(&f, op);

    return ok ? NULL : f.fault;
}
