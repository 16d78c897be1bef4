/*
 * The text of access files while it is taken apart: its tokens, names and expressions, and the lists that
 * grow. Private to access_*.c. The first failure stays (base/error.h); after it there are no more tokens.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_ACCESS_PARSER_H
#define THIMBLE_STORE_ACCESS_ACCESS_PARSER_H

#include <stdbool.h>
#include <stddef.h>

#include "store/access/access_nearest.h"
#include "store/access/access_record.h"
#include "store/catalog/lexer.h"

/* More than these is a mistake. */
#define ACCESS_ROLES_MAX    1000
#define ACCESS_POLICIES_MAX 10000
#define ACCESS_ENTRIES_MAX  100000 /* of any other list */
#define ACCESS_NAMES_MAX    200    /* in one list of a statement */

/* A list in the arena that grows; what it was stays behind there. */
struct access_list {
    void *items;
    size_t n, room;
};

struct access_name {
    struct slice text; /* NUL-terminated */
    bool quoted;
    struct access_place place;
};

struct access_membership {
    size_t member, of;
    bool inherits; /* the member has the other's rights */
};

struct access_parser {
    struct access *access; /* that is made */
    struct error *error;
    const struct access_file *file;
    struct lexer lexer;
    struct token token; /* the one at hand */
    size_t before;      /* where the one before it ended */
    /* The place that was asked for last: lines are counted from there. */
    size_t counted;
    int line, column;

    struct access_list roles;        /* struct access_role */
    struct access_list inherits;     /* bool, by role: INHERIT */
    struct access_list memberships;  /* struct access_membership */
    struct access_list grants;       /* struct access_grant */
    struct access_list switches;     /* struct access_switch */
    struct access_list policies;     /* struct access_policy: `roles` is made at the end… */
    struct access_list policy_roles; /* …of struct access_policy_role */
};

struct access_policy_role {
    size_t policy, role;
};

/* ---- access_parser.c */

/* Begins a file. */
bool access_parser_open(struct access_parser *p, const struct access_file *file);

/*
 * access_fail(p, place, format, …) fails: "file:line:column: what"; access_fail_expected(p, what) at the token
 * at hand: "expected …, not …". All are false, as error_set is.
 */
#define access_fail(...)          (access_record_failure(__VA_ARGS__), error_false())
#define access_fail_expected(...) (access_record_expected(__VA_ARGS__), error_false())
#define access_fail_memory(p)     error_set((p)->error, ERROR_MEMORY, "out of memory")

void access_record_failure(struct access_parser *p, struct access_place place, const char *format,
                           ...) __attribute__((format(printf, 3, 4)));
void access_record_expected(struct access_parser *p, const char *what);

/* Where the token at hand stands. */
struct access_place access_here(struct access_parser *p);

/* To the next token; false with the failure. */
bool access_advance(struct access_parser *p) __attribute__((warn_unused_result));

/* If the token at hand is that keyword, or that character, goes past it. False, too, after a failure. */
bool access_take(struct access_parser *p, const char *keyword);
bool access_take_char(struct access_parser *p, char c);
/* The same, of several words one after another, "LEVEL SECURITY": it must be there. */
bool access_expect(struct access_parser *p, const char *keywords)
    __attribute__((warn_unused_result));
bool access_expect_char(struct access_parser *p, char c) __attribute__((warn_unused_result));

/* Is it the end of the statement? */
bool access_at_end(const struct access_parser *p);
/* Nothing may follow. */
bool access_expect_end(struct access_parser *p) __attribute__((warn_unused_result));

/* A name; `what` is what it would be: "the name of a role". */
bool access_read_name(struct access_parser *p, const char *what, struct access_name *out)
    __attribute__((warn_unused_result));
/* A name that may have its schema before it: public or main. */
bool access_read_object(struct access_parser *p, const char *what, struct access_name *out)
    __attribute__((warn_unused_result));
/* The schema's name. */
bool access_read_schema(struct access_parser *p) __attribute__((warn_unused_result));

/* An SQL expression up to a comma or a closing parenthesis of the one around it, which is the next token
 * then. NUL-terminated, from its first token to its last. */
bool access_read_expression(struct access_parser *p, const char **text, struct access_place *place)
    __attribute__((warn_unused_result));

/* Room for one more of `size` bytes, zeroed, at the end of the list; NULL with the failure. */
void *access_add(struct access_parser *p, struct access_list *list, size_t size, size_t max);

/* ---- access_role_names.c */

static inline struct access_role *access_role_at(const struct access_parser *p, size_t i)
{
    return (struct access_role *)p->roles.items + i;
}

/* INHERIT: what it becomes a member of from here, it has the rights of. */
static inline bool *access_inherits_at(const struct access_parser *p, size_t i)
{
    return (bool *)p->inherits.items + i;
}

/* PostgreSQL folds what is not in quotes. */
void access_fold(struct access_name *name);
/* A role that there is by now, by exact name. */
bool access_look_up_role(const struct access_parser *p, struct slice name, size_t *out);
/* The same, folded; false with the failure. */
bool access_find_role(struct access_parser *p, const struct access_name *name, size_t *out)
    __attribute__((warn_unused_result));
bool access_read_role(struct access_parser *p, size_t *out) __attribute__((warn_unused_result));
/* A name of a role; *role is GRANTEE_PUBLIC for PUBLIC. */
bool access_read_grantee(struct access_parser *p, int *role) __attribute__((warn_unused_result));

/* ---- access_membership.c */

bool access_add_member(struct access_parser *p, struct access_place place,
                       struct access_membership wanted) __attribute__((warn_unused_result));
/* After GRANT, REVOKE and a list of names, at TO or FROM. */
bool access_grant_roles(struct access_parser *p, bool revokes, const struct access_name *names,
                        size_t n) __attribute__((warn_unused_result));

/* Who is what, once all is read. */
bool access_resolve_roles(struct access_parser *p) __attribute__((warn_unused_result));

/* ---- access_roles.c: after CREATE ROLE, ALTER ROLE; `place` is where the statement begins */

bool access_create_role(struct access_parser *p, struct access_place place)
    __attribute__((warn_unused_result));
bool access_alter_role(struct access_parser *p, struct access_place place)
    __attribute__((warn_unused_result));

/* ---- access_grants.c: after GRANT, REVOKE */

bool access_grant(struct access_parser *p, struct access_place place)
    __attribute__((warn_unused_result));
bool access_revoke(struct access_parser *p, struct access_place place)
    __attribute__((warn_unused_result));

/* ---- access_policies.c: after CREATE POLICY */

bool access_create_policy(struct access_parser *p, struct access_place place)
    __attribute__((warn_unused_result));
/* Whose each is, once all is read. */
bool access_resolve_policies(struct access_parser *p) __attribute__((warn_unused_result));

/* ---- access_switches.c: after ALTER TABLE, ALTER VIEW */

bool access_alter_table(struct access_parser *p, struct access_place place)
    __attribute__((warn_unused_result));
bool access_alter_view(struct access_parser *p, struct access_place place)
    __attribute__((warn_unused_result));

#endif
