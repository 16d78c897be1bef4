/* SPDX-License-Identifier: MIT */
#include "base/like.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"

/* Steps, of a byte each, between two questions whether to stop. */
#define STEPS_BETWEEN 16384

/* What stands between two %: bytes, and the places that take any character. */
struct run {
    size_t start, len; /* in like->bytes */
    bool has_any;
};

struct like {
    bool fold;
    bool open_start, open_end; /* the pattern begins, ends with % */
    size_t n_runs;
    struct run runs[LIKE_PATTERN_MAX / 2 + 1];
    unsigned char bytes[LIKE_PATTERN_MAX]; /* folded if `fold` */
    bool any[LIKE_PATTERN_MAX];            /* this place is a _ */
    /* Of a run without _: the longest beginning that is also an end of what stands before here
     * (Knuth, Morris, Pratt). */
    uint16_t border[LIKE_PATTERN_MAX];
};

struct match {
    const struct like *like;
    const unsigned char *text;
    size_t len;
    size_t steps;
    like_stop *stop;
    void *context;
    bool stopped;
};

static unsigned char fold_byte(const struct like *like, unsigned char c)
{
    if (like->fold)
        return (unsigned char)ascii_lower((char)c);
    return c;
}

/* ---- compiling */

static void make_borders(struct like *like, const struct run *run)
{
    const unsigned char *bytes = like->bytes + run->start;
    uint16_t *border = like->border + run->start;
    uint16_t k = 0;

    for (size_t i = 1; i < run->len; i++) {
        while (k > 0 && bytes[i] != bytes[k])
            k = border[k - 1];
        k = (uint16_t)(k + (bytes[i] == bytes[k]));
        border[i] = k;
    }
}

static void end_run(struct like *like, size_t *start, size_t end, bool *has_any)
{
    struct run *run = &like->runs[like->n_runs];

    if (end == *start)
        return;
    *run = (struct run){*start, end - *start, *has_any};
    if (!run->has_any)
        make_borders(like, run);
    like->n_runs++;
    *start = end;
    *has_any = false;
}

struct like *like_compile(struct slice pattern, bool fold)
{
    struct like *like;
    size_t n = 0, start = 0;
    bool has_any = false;

    if (pattern.len > LIKE_PATTERN_MAX)
        return NULL;
    like = calloc(1, sizeof *like);
    if (!like)
        return NULL;
    like->fold = fold;
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.data[i];
        bool escaped = c == '\\' && i + 1 < pattern.len;

        if (escaped)
            c = pattern.data[++i];
        like->open_end = !escaped && c == '%';
        if (like->open_end) {
            like->open_start |= n == 0;
            end_run(like, &start, n, &has_any);
            continue;
        }
        like->any[n] = !escaped && c == '_';
        has_any |= like->any[n];
        like->bytes[n++] = fold_byte(like, (unsigned char)c);
    }
    end_run(like, &start, n, &has_any);
    return like;
}

void like_free(void *like)
{
    free(like);
}

/* ---- matching */

static bool is_continuation(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

static bool take_steps(struct match *m, size_t steps)
{
    m->steps += steps;
    if (m->steps >= STEPS_BETWEEN) {
        m->steps = 0;
        m->stopped = m->stop && m->stop(m->context);
    }
    return !m->stopped;
}

/* Does the run match at `at`? *end is then where it ends. */
static bool run_matches_at(struct match *m, const struct run *run, size_t at, size_t *end)
{
    size_t i;

    for (i = 0; i < run->len && at < m->len; i++) {
        unsigned char c = m->text[at++];

        if (m->like->any[run->start + i]) {
            while (at < m->len && is_continuation(m->text[at]))
                at++;
        } else if (fold_byte(m->like, c) != m->like->bytes[run->start + i]) {
            break;
        }
    }
    *end = at;
    if (!take_steps(m, i + 1))
        return false;
    return i == run->len;
}

/* Does the run match so that it ends with the text, and begins at `from` or later? */
static bool run_matches_at_end(struct match *m, const struct run *run, size_t from)
{
    size_t i = run->len, at = m->len;

    for (; i > 0 && at > from; i--) {
        unsigned char c = m->text[--at];

        if (m->like->any[run->start + i - 1]) {
            while (at > from && is_continuation(m->text[at]))
                at--;
        } else if (fold_byte(m->like, c) != m->like->bytes[run->start + i - 1]) {
            break;
        }
    }
    if (!take_steps(m, run->len - i + 1))
        return false;
    return i == 0;
}

/* The next place at or after `at` where the run's first byte stands, or the end. */
static size_t next_beginning(const struct match *m, const struct run *run, size_t at)
{
    unsigned char first = m->like->bytes[run->start];
    const unsigned char *found;

    if (m->like->any[run->start] || at >= m->len)
        return at;
    if (!m->like->fold) {
        found = memchr(m->text + at, first, m->len - at);
        if (found)
            return (size_t)(found - m->text);
        return m->len;
    }
    while (at < m->len && fold_byte(m->like, m->text[at]) != first)
        at++;
    return at;
}

/* The leftmost place at or after *at where the run's bytes stand; *at becomes their end. */
static bool find_bytes(struct match *m, const struct run *run, size_t *at)
{
    const unsigned char *bytes = m->like->bytes + run->start;
    const uint16_t *border = m->like->border + run->start;
    size_t k = 0;

    for (size_t i = next_beginning(m, run, *at); i < m->len; i++) {
        unsigned char c = fold_byte(m->like, m->text[i]);

        while (k > 0 && c != bytes[k])
            k = border[k - 1];
        k += c == bytes[k];
        if (k == run->len) {
            *at = i + 1;
            return true;
        }
        if (k == 0)
            i = next_beginning(m, run, i + 1) - 1;
        if ((i & 0xfff) == 0xfff && !take_steps(m, 0x1000))
            return false;
    }
    return false;
}

static bool find_run(struct match *m, const struct run *run, size_t *at)
{
    size_t end, i;

    if (!run->has_any)
        return find_bytes(m, run, at);
    for (i = next_beginning(m, run, *at); i < m->len; i = next_beginning(m, run, i + 1)) {
        bool within = i > *at && is_continuation(m->text[i]);

        if (within)
            continue; /* a character */
        if (run_matches_at(m, run, i, &end)) {
            *at = end;
            return true;
        }
        if (m->stopped)
            return false;
    }
    return false;
}

static bool matches(struct match *m)
{
    const struct like *like = m->like;
    size_t first = 0, last = like->n_runs, at = 0;

    if (like->n_runs == 0)
        return like->open_end || m->len == 0;
    if (!like->open_start) {
        if (!run_matches_at(m, &like->runs[first++], 0, &at))
            return false;
    }
    if (first == last)
        return like->open_end || at == m->len;
    if (!like->open_end)
        last--;
    for (; first < last; first++) {
        if (!find_run(m, &like->runs[first], &at))
            return false;
    }
    if (like->open_end)
        return true;
    return run_matches_at_end(m, &like->runs[last], at);
}

enum like_result like_match(const struct like *like, struct slice text, like_stop *stop,
                            void *context)
{
    struct match m = {.like = like,
                      .text = (const unsigned char *)text.data,
                      .len = text.len,
                      .stop = stop,
                      .context = context};
    bool yes = matches(&m);

    if (m.stopped)
        return LIKE_STOPPED;
    if (yes)
        return LIKE_MATCHES;
    return LIKE_DIFFERS;
}
