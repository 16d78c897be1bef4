/* SPDX-License-Identifier: MIT */
#include "base/regexp.h"

#include <stdlib.h>
#include <string.h>

#include "base/regexp_parse.h"
#include "base/regexp_program.h"

static bool in_ranges(const struct regexp *r, const struct set *set, uint32_t c)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct range *range = &r->ranges[set->start + i];

        if (c >= range->low && c <= range->high)
            return true;
    }
    return false;
}

static bool is_letter(uint32_t c)
{
    uint32_t lower = c | 0x20;

    return lower >= 'a' && lower <= 'z';
}

bool regexp_set_has(const struct regexp *r, const struct set *set, uint32_t c)
{
    bool has = in_ranges(r, set, c);

    if (!has && r->fold && is_letter(c))
        has = in_ranges(r, set, c ^ 0x20);
    return has != set->negated;
}

/* ---- from the tree to the program */

struct emitter {
    const struct tree *tree;
    struct instruction *program;
    size_t n;
    bool full;
};

static uint16_t emit(struct emitter *e, enum regexp_op op, size_t x, size_t y, uint32_t c)
{
    if (e->n == REGEXP_PROGRAM_MAX) {
        e->full = true;
        return 0;
    }
    e->program[e->n] = (struct instruction){op, (uint16_t)x, (uint16_t)y, c};
    return (uint16_t)e->n++;
}

static void emit_branch(struct emitter *e, uint16_t at);

/* a? : perhaps around it; a* : around it again and again. */
static void emit_optional(struct emitter *e, uint16_t branch, bool again)
{
    uint16_t split = emit(e, OP_SPLIT, e->n + 1, 0, 0);

    emit_branch(e, branch);
    if (again)
        emit(e, OP_JUMP, split, 0, 0);
    e->program[split].y = (uint16_t)e->n;
}

static void emit_repeat(struct emitter *e, const struct branch *b)
{
    for (int i = 0; i < b->min && !e->full; i++)
        emit_branch(e, b->a);
    if (b->max == BRANCH_NO_MAX) {
        emit_optional(e, b->a, true);
        return;
    }
    for (int i = b->min; i < b->max && !e->full; i++)
        emit_optional(e, b->a, false);
}

static void emit_either(struct emitter *e, const struct branch *b)
{
    uint16_t split = emit(e, OP_SPLIT, e->n + 1, 0, 0), jump;

    emit_branch(e, b->a);
    jump = emit(e, OP_JUMP, 0, 0, 0);
    e->program[split].y = (uint16_t)e->n;
    emit_branch(e, b->b);
    e->program[jump].x = (uint16_t)e->n;
}

/* Recursion is bounded by the pattern's length: a branch for each of its characters at most. */
static void emit_branch(struct emitter *e, uint16_t at)
{
    const struct branch *b = &e->tree->branches[at];

    if (e->full)
        return;
    switch (b->kind) {
    case BRANCH_EMPTY: break;
    case BRANCH_CHAR: emit(e, OP_CHAR, 0, 0, b->c); break;
    case BRANCH_ANY: emit(e, OP_ANY, 0, 0, 0); break;
    case BRANCH_SET: emit(e, OP_SET, b->a, 0, 0); break;
    case BRANCH_PLACE: emit(e, OP_PLACE, b->a, 0, 0); break;
    case BRANCH_BOTH:
        emit_branch(e, b->a);
        emit_branch(e, b->b);
        break;
    case BRANCH_EITHER: emit_either(e, b); break;
    case BRANCH_REPEAT: emit_repeat(e, b); break;
    }
}

/* ---- what a match can begin with */

static void note_character(struct regexp *r, uint32_t c)
{
    if (c < 0x80) {
        r->begins[c] = true;
        if (r->fold && is_letter(c)) /* folded: a small one */
            r->begins[c ^ 0x20] = true;
        return;
    }
    for (size_t i = 0x80; i < 0x100; i++) /* any first byte of more than one: near enough */
        r->begins[i] = true;
}

static void note_set(struct regexp *r, const struct set *set)
{
    for (uint32_t c = 0; c < 0x80; c++) {
        if (regexp_set_has(r, set, c))
            r->begins[c] = true;
    }
    note_character(r, 0x80);
}

/* Goes through all that the beginning leads to without taking a character. */
static void find_beginnings(struct regexp *r)
{
    bool seen[REGEXP_PROGRAM_MAX + 1] = {false};
    size_t n = 0;

    r->can_skip = true;
    r->stack[n++] = 0;
    while (n > 0) {
        uint16_t at = r->stack[--n];
        const struct instruction *i = &r->program[at];

        if (seen[at])
            continue;
        seen[at] = true;
        switch (i->op) {
        case OP_CHAR: note_character(r, i->c); break;
        case OP_SET: note_set(r, &r->sets[i->x]); break;
        case OP_ANY:
        case OP_MATCH: r->can_skip = false; break;
        case OP_SPLIT:
            r->stack[n++] = i->y;
            r->stack[n++] = i->x;
            break;
        case OP_JUMP: r->stack[n++] = i->x; break;
        case OP_PLACE: r->stack[n++] = (uint16_t)(at + 1); break;
        }
    }
}

/* ---- the whole */

static bool new_states(struct states *s, size_t n)
{
    s->dense = calloc(n, sizeof *s->dense);
    s->sparse = calloc(n, sizeof *s->sparse);
    return s->dense && s->sparse;
}

static bool make_program(struct regexp *r, const struct emitter *e)
{
    r->n_program = e->n;
    r->program = calloc(e->n, sizeof *r->program);
    r->stack = calloc(2 * e->n + 2, sizeof *r->stack);
    if (!r->program || !r->stack)
        return false;
    if (!new_states(&r->now, e->n))
        return false;
    if (!new_states(&r->next, e->n))
        return false;
    memcpy(r->program, e->program, e->n * sizeof *r->program);
    return true;
}

static bool emit_all(struct regexp *r, struct tree *tree, const char **why)
{
    struct emitter e = {.tree = tree, .program = calloc(REGEXP_PROGRAM_MAX, sizeof *e.program)};
    bool ok = e.program != NULL;

    if (ok) {
        emit_branch(&e, tree->root);
        emit(&e, OP_MATCH, 0, 0, 0);
        if (e.full)
            *why = "regular expression is too complex";
        ok = !e.full && make_program(r, &e);
    }
    free(e.program);
    return ok;
}

struct regexp *regexp_compile(struct slice pattern, bool fold, const char **why)
{
    struct regexp *r = calloc(1, sizeof *r);
    struct tree tree;
    bool ok;

    *why = NULL;
    ok = r && regexp_parse(&tree, pattern, fold, why);
    if (ok) {
        r->fold = tree.fold;
        r->sets = tree.sets;
        r->n_sets = tree.n_sets;
        r->ranges = tree.ranges;
        r->n_ranges = tree.n_ranges;
        ok = emit_all(r, &tree, why);
        free(tree.branches);
    }
    if (ok)
        find_beginnings(r);
    if (ok)
        return r;
    regexp_free(r);
    return NULL;
}

size_t regexp_size(const struct regexp *regexp)
{
    return regexp->n_program;
}

void regexp_free(void *regexp)
{
    struct regexp *r = regexp;

    if (!r)
        return;
    free(r->program);
    free(r->sets);
    free(r->ranges);
    free(r->now.dense);
    free(r->now.sparse);
    free(r->next.dense);
    free(r->next.sparse);
    free(r->stack);
    free(r);
}
