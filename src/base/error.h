/*
 * One failure, in a fixed-size struct on the caller's stack or inside the
 * request. Nothing to free. The first error wins: later calls leave it as it is.
 * The code says what went wrong in the program's own terms; http/ alone knows
 * which status that is, store/ alone knows which SQLite result it came from.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_ERROR_H
#define THIMBLE_BASE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * X(name, code): `code` is what a client reads in the `code` member: PostgREST's
 * where it has one, the SQLSTATE that PostgreSQL gives for the same failure
 * otherwise (PostgreSQL documentation, appendix A), TH… where neither exists.
 */
#define ERROR_CODES(X)                                                                             \
    X(NONE, "00000")                                                                               \
    X(INTERNAL, "XX000")            /* our own bug, or SQLite's */                                 \
    X(MEMORY, "53200")              /* out of memory for this request */                           \
    X(BUSY, "53300")                /* a queue or a limit is full: try again */                    \
    X(RUNNING, "55006")             /* what was asked for is under way already */                  \
    X(DRAINING, "57P01")            /* shutting down */                                            \
    X(TIMEOUT, "57014")             /* a query or a wait took longer than allowed */               \
    X(OVER_BUDGET, "57014")         /* no client's: the work is to go on elsewhere */              \
    X(CANCELLED, "57014")           /* nobody waits for the answer any more */                     \
    X(LOCKED, "55P03")              /* another process holds the database's lock */                \
    X(CORRUPT, "XX001")             /* the database file is damaged or not a database */           \
    X(IO, "58030")                  /* the disk or a file failed */                                \
    X(FULL, "53100")                /* the disk is full */                                         \
    X(READ_ONLY, "25006")           /* the database is served read-only */                         \
    X(UNWRITABLE, "58030")          /* a write was tried: the file lets nobody write */            \
    X(LOST, "58P01")                /* the database's file is not where it was */                  \
    X(DENIED, "42501")              /* SQLite may not do this here */                              \
    X(FORBIDDEN, "42501")           /* the role that asks has no right to it */                    \
    X(BROKEN_TABLE, "42P01")        /* the schema refers to a table that is not there */           \
    X(BROKEN_COLUMN, "42703")       /* … to a column */                                          \
    X(BROKEN_FUNCTION, "42883")     /* … to a function */                                        \
    X(BROKEN_OBJECT, "42704")       /* … to a collation, a module, an index */                   \
    X(BROKEN_SCHEMA, "42P17")       /* a part of the schema does not compile */                    \
    X(TOO_COMPLEX, "54001")         /* more than SQLite does in one statement */                   \
    X(SYNTAX, "PGRST100")           /* the query string does not parse */                          \
    X(UNSUPPORTED, "0A000")         /* understood, but SQLite cannot mean it */                    \
    X(BODY, "PGRST102")             /* the body is not what was announced */                       \
    X(VALUE, "22P02")               /* a value does not fit its column's type */                   \
    X(OUT_OF_RANGE, "22003")        /* a number that its column's type cannot hold */              \
    X(SEQUENCE, "2200H")            /* AUTOINCREMENT has given its largest key */                  \
    X(GENERATED, "428C9")           /* a value for a column that is computed */                    \
    X(PATTERN, "2201B")             /* a regular expression is none */                             \
    X(NO_TABLE, "PGRST205")         /* no such table or view */                                    \
    X(NO_COLUMN, "42703")           /* a filter, order or select names no column */                \
    X(NOT_BOOLEAN, "42804")         /* is.true of what is no boolean */                            \
    X(NO_BODY_COLUMN, "PGRST204")   /* the body names no column */                                 \
    X(NO_ROUTE, "PGRST125")         /* no such path */                                             \
    X(NO_ROW, "PGRST116")           /* a row path that finds nothing */                            \
    X(METHOD, "PGRST117")           /* the method is not allowed here */                           \
    X(NOT_ACCEPTABLE, "PGRST107")   /* none of the accepted types can be had */                    \
    X(MEDIA_TYPE, "TH415")          /* the body's type is not understood */                        \
    X(ORIGIN, "TH403")              /* a change that a page of another origin sent */              \
    X(BAD_HOST, "TH400")            /* Host is none */                                             \
    X(HOST, "TH421")                /* a host that this server is not known as */                  \
    X(TOO_LARGE, "TH413")           /* the body is over its limit */                               \
    X(URL_TOO_LONG, "TH414")        /* the URL is over its limit */                                \
    X(HEADERS_TOO_LARGE, "TH431")   /* the header section is over its limit */                     \
    X(ANSWER_TOO_LARGE, "54000")    /* the answer would pass its limit */                          \
    X(TOO_MANY, "TH429")            /* too many connections from one address */                    \
    X(RATE, "TH429")                /* too many requests from one client in a time */              \
    X(RANGE, "PGRST103")            /* the requested range cannot be had */                        \
    X(PRECONDITION, "TH412")        /* If-Match or If-None-Match says no */                        \
    X(PUT_FILTER, "PGRST105")       /* PUT needs the key, the whole key, by eq */                  \
    X(SCHEMA, "PGRST106")           /* a profile that is not there */                              \
    X(NOT_EMBEDDED, "PGRST108")     /* a parameter for a resource that select does not embed */    \
    X(LIMIT_UNORDERED, "PGRST109")  /* a change with a limit and no order */                       \
    X(PUT_LIMIT, "PGRST114")        /* PUT takes no limit */                                       \
    X(PUT_KEY, "PGRST115")          /* PUT: the body's key is another than the filter's */         \
    X(NOT_SINGULAR, "PGRST116")     /* one object was asked for, there are none or several */      \
    X(ORDER_NOT_TO_ONE, "PGRST118") /* an order by a resource of which there are many */           \
    X(BAD_EMBED_FILTER, "PGRST120") /* an embedded resource is null or is not */                   \
    X(PREFERENCES, "PGRST122")      /* Prefer: handling=strict, and not all are known */           \
    X(AGGREGATES, "PGRST123")       /* aggregates are off */                                       \
    X(MAX_AFFECTED, "PGRST124")     /* more rows than Prefer: max-affected says */                 \
    X(AFFECTED_SHAPE, "PGRST128")   /* max-affected of a query that returns no rows to count */    \
    X(BAD_FIELD, "PGRST111")        /* a query says a header field that is none */                 \
    X(BAD_STATUS, "PGRST112")       /* a query says a status that is none */                       \
    X(NO_RELATION, "PGRST200")      /* no foreign key between the two */                           \
    X(AMBIGUOUS, "PGRST201")        /* several foreign keys between the two */                     \
    X(NO_ROUTINE, "PGRST202")       /* no such query, or not with these parameters */              \
    X(RPC_METHOD, "PGRST101")       /* a query is called with GET, HEAD or POST */                 \
    X(CONFLICT_TARGET, "42P10")     /* on_conflict names no unique key */                          \
    X(UNFILTERED, "21000")          /* a change of a whole collection without saying so */         \
    X(UNIQUE, "23505")                                                                             \
    X(FOREIGN_KEY, "23503")                                                                        \
    X(NOT_NULL, "23502")                                                                           \
    X(CHECK, "23514")                                                                              \
    X(RAISED, "P0001")            /* a trigger said RAISE() */                                     \
    X(NO_CREDENTIALS, "PGRST302") /* nobody says who asks, and nobody may not */                   \
    X(NO_SECRET, "PGRST300")      /* a token, and nothing to verify one with */                    \
    X(TOKEN, "PGRST301")          /* a token that is none, or that nobody known has signed */      \
    X(KEY, "PGRST301")            /* an API key that is none, or is no longer */                   \
    X(CLAIMS, "PGRST303")         /* a token that holds not now, or not here */                    \
    X(NO_ROLE, "22023")           /* a token or a key of a role that is not there */               \
    X(NOT_NEAR, "TH403")          /* a caller from elsewhere, and nothing says who may do what */  \
    X(USAGE, "TH002")             /* a flag, a setting or a command line: exit code 2 */           \
    X(FAILURE, "TH001")           /* a command could not do its work: exit code 1 */

enum error_code {
#define ERROR_ENUM(name, code) ERROR_##name,
    ERROR_CODES(ERROR_ENUM)
#undef ERROR_ENUM
};

struct error {
    enum error_code code;
    int sqlite_code;          /* SQLite's extended result code, 0 if none */
    const char *sqlite_name;  /* its name, e.g. "SQLITE_CONSTRAINT_UNIQUE"; static, or NULL */
    char column[128];         /* the column at fault, or "" */
    char constraint[128];     /* the constraint at fault, or "" */
    char message[384];        /* one sentence, no trailing newline */
    char details[512];        /* more about it, or "" */
    char hint[320];           /* what to change, or "" */
    const char *json_details; /* JSON in the place of details, or NULL; in the request's arena */
    int status;               /* chosen by SQL, 400 to 599; 0: the code says it */
    int retry_after;          /* of one that passes: in so many seconds; 0: the code says it */
    long row;                 /* index of the body's element at fault, -1 if not one of many */
    int64_t line;             /* …of the line that it begins at, from 1; 0: it is not said */
};

/* Empties `e`: no error. Every struct error starts with this or with error_none(). */
void error_clear(struct error *e);
struct error error_none(void);

/*
 * error_set(e, code, format, …) records a failure with a printf-style message, unless one is
 * recorded already. error_details(e, format, …) and error_hint(e, format, …) add to a
 * recorded failure, replacing any before. All three are false, so that a failing function
 * ends in `return error_set(…)`, and compilers and analyzers see that it is.
 */
#define error_set(...)     (error_record(__VA_ARGS__), error_false())
#define error_details(...) (error_record_details(__VA_ARGS__), error_false())
#define error_hint(...)    (error_record_hint(__VA_ARGS__), error_false())

void error_record(struct error *e, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void error_record_details(struct error *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void error_record_hint(struct error *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline bool error_false(void)
{
    return false;
}

/* Names the column or the constraint at fault (truncated if longer than the field). */
void error_column(struct error *e, const char *name);
void error_constraint(struct error *e, const char *name);

/* True when a failure is recorded. */
static inline bool error_is_set(const struct error *e)
{
    return e->code != ERROR_NONE;
}

/* A failure that lies in the database's schema, and lasts. */
static inline bool error_is_broken(enum error_code code)
{
    return code >= ERROR_BROKEN_TABLE && code <= ERROR_BROKEN_SCHEMA;
}

/* The message, and after a colon the details if there are any: all on one line. */
#define ERROR_SENTENCE_MAX (384 + 2 + 512)
void error_sentence(const struct error *e, char out[ERROR_SENTENCE_MAX]);

/* The client-visible code, e.g. "23505"; static. */
const char *error_code_text(enum error_code code);

#endif
