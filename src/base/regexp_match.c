/* SPDX-License-Identifier: MIT */
#include "base/regexp.h"

#include "base/regexp_program.h"

/* Steps, of an instruction or a byte each, between two questions whether to stop. */
#define STEPS_BETWEEN 16384

struct run {
    struct regexp *r;
    struct slice text;
    size_t steps;
    bool matched;
};

static bool is_place(enum regexp_place place, uint32_t before, uint32_t after)
{
    bool word_before = regexp_is_word(before), word_after = regexp_is_word(after);

    switch (place) {
    case PLACE_START: return before == REGEXP_EDGE;
    case PLACE_END: return after == REGEXP_EDGE;
    case PLACE_BOUNDARY: return word_before != word_after;
    case PLACE_NO_BOUNDARY: return word_before == word_after;
    case PLACE_WORD_START: return !word_before && word_after;
    case PLACE_WORD_END: return word_before && !word_after;
    }
    return false;
}

static bool is_alive(const struct states *s, uint16_t state)
{
    uint16_t at = s->sparse[state];

    return at < s->n && s->dense[at] == state;
}

/* Adds `from` and all that it leads to without taking a character. */
static void add_state(struct run *run, struct states *s, uint16_t from, uint32_t before,
                      uint32_t after)
{
    uint16_t *stack = run->r->stack;
    size_t n = 0;

    stack[n++] = from;
    while (n > 0) {
        uint16_t at = stack[--n];
        const struct instruction *i = &run->r->program[at];

        run->steps++;
        if (is_alive(s, at))
            continue;
        s->sparse[at] = (uint16_t)s->n;
        s->dense[s->n++] = at;
        if (i->op == OP_SPLIT)
            stack[n++] = i->y;
        if (i->op == OP_SPLIT || i->op == OP_JUMP)
            stack[n++] = i->x;
        else if (i->op == OP_PLACE && is_place((enum regexp_place)i->x, before, after))
            stack[n++] = (uint16_t)(at + 1);
        else if (i->op == OP_MATCH)
            run->matched = true;
    }
}

static uint32_t fold_if(const struct regexp *r, uint32_t c)
{
    if (r->fold)
        return regexp_fold(c);
    return c;
}

static bool takes(const struct regexp *r, const struct instruction *i, uint32_t c)
{
    switch (i->op) {
    case OP_CHAR: return i->c == fold_if(r, c);
    case OP_ANY: return true;
    case OP_SET: return regexp_set_has(r, &r->sets[i->x], c);
    default: return false;
    }
}

/* All that is alive takes `c`; what is alive then stands between it and `after`. */
static void step_states(struct run *run, uint32_t c, uint32_t after)
{
    struct regexp *r = run->r;
    struct states was = r->now;

    r->now = r->next;
    r->next = was;
    r->now.n = 0;
    for (size_t i = 0; i < was.n; i++) {
        if (takes(r, &r->program[was.dense[i]], c))
            add_state(run, &r->now, (uint16_t)(was.dense[i] + 1), c, after);
    }
    run->steps += was.n + 1;
}

/* With nothing alive: the next place where a match can begin. */
static size_t skip_to_beginning(const struct run *run, size_t at)
{
    const struct regexp *r = run->r;

    while (at < run->text.len && !r->begins[(unsigned char)run->text.data[at]])
        at++;
    return at;
}

static uint32_t character_at(const struct run *run, size_t at, size_t *bytes)
{
    *bytes = 0;
    if (at == run->text.len)
        return REGEXP_EDGE;
    return regexp_decode(run->text.data + at, run->text.len - at, bytes);
}

/* The character that ends at `at`: for what looks at boundaries, its last byte is enough. */
static uint32_t character_before(const struct run *run, size_t at)
{
    if (at == 0)
        return REGEXP_EDGE;
    return (unsigned char)run->text.data[at - 1];
}

/* Can a match begin at `at`? */
static bool may_begin(const struct run *run, size_t at)
{
    if (!run->r->can_skip)
        return true;
    return at < run->text.len && run->r->begins[(unsigned char)run->text.data[at]];
}

/* Asks now and then. */
static bool is_to_stop(struct run *run, regexp_stop *stop, void *context)
{
    if (run->steps < STEPS_BETWEEN)
        return false;
    run->steps = 0;
    return stop && stop(context);
}

enum regexp_result regexp_match(struct regexp *r, struct slice text, regexp_stop *stop,
                                void *context)
{
    struct run run = {.r = r, .text = text};
    size_t at = 0, bytes, unused;

    r->now.n = 0;
    for (;;) {
        uint32_t c;

        if (r->now.n == 0 && r->can_skip)
            at = skip_to_beginning(&run, at);
        c = character_at(&run, at, &bytes);
        if (may_begin(&run, at))
            add_state(&run, &r->now, 0, character_before(&run, at), c);
        if (run.matched)
            return REGEXP_MATCHES;
        if (c == REGEXP_EDGE)
            return REGEXP_DIFFERS;
        at += bytes;
        step_states(&run, c, character_at(&run, at, &unused));
        if (run.matched)
            return REGEXP_MATCHES;
        if (is_to_stop(&run, stop, context))
            return REGEXP_STOPPED;
    }
}
