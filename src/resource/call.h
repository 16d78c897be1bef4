/*
 * One request and its answer, free of HTTP's numbers: the only thing that crosses from
 * http/ to resource/. http/ fills the request, resource/ the answer. A call lives on
 * one loop's thread; while its job is with the writer the loop does not touch it.
 * Everything it points to dies in call_finish.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_CALL_H
#define THIMBLE_RESOURCE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"
#include "query/plan.h"
#include "query/tree.h"
#include "resource/media.h"
#include "resource/prefer.h"
#include "store/db/identity.h"
#include "store/run/lane.h"
#include "store/run/writer.h"

struct accounts;
struct api_key_uses;
struct catalog;
struct catalog_extra;
struct grammar_limits;
struct backup_scheduler;
struct lane;
struct media_names;
struct plan_cache;
struct reader;
struct streamed;
struct spool;
struct store;
struct table;

enum method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_OTHER,
};
#define METHOD_BIT(m) (1U << (m))

/* "GET" …; static. */
const char *method_name(enum method method);

/* What all calls share; set once at start, read-only while serving. */
struct service {
    struct store *store;
    struct writer *writer;
    struct lane *lane;                /* for slow reads; NULL: there is none */
    struct backup_scheduler *backups; /* NULL: no --backup-dir */
    struct api_key_uses *key_uses;    /* NULL: no use of a key is noted */
    const struct accounts *accounts;  /* NULL: there are none */
    const char *version;              /* thimble's */
    int64_t max_rows;                 /* page limit; 0: none */
    int64_t max_elements;             /* of a POSTed array */
    int64_t max_depth;                /* nesting of a JSON body */
    int64_t max_answer;               /* bytes of one answer that is sent as a whole */
    size_t max_streams;               /* answers that are sent in pieces at a time; 0: none is */
    size_t max_url;                   /* bytes of a target, also of one that an answer names */
    int64_t max_body;                 /* bytes of a body: what a request may take follows it */
    int64_t max_upload;               /* bytes of one that is kept in a file; 0: none is */
    int64_t upload_timeout_us;        /* to receive that, and again to write it; 0: no limit */
    bool read_only;                   /* nothing is written */
    bool aggregates;                  /* select= may ask for sum() and its like */
    const struct grammar_limits *grammar; /* of a query string; NULL: the default ones */
    bool default_minimal;  /* a write answers nothing unless asked, as in PostgREST */
    bool allow_tx;         /* Prefer: tx=rollback is followed */
    bool allow_plan;       /* Accept: application/vnd.pgrst.plan+json is */
    bool plan_for_all;     /* …also of roles that policies hold back: to whom owns the files */
    const char *base_path; /* "" or "/rest/v1" */
    bool operators_apart;  /* operators have a listener of their own: --metrics-listen */
    const _Atomic bool *draining;
    /* True if every migration is applied, as the reader sees it; else why not. */
    bool (*migrated)(const struct service *service, struct reader *reader, struct error *e);
    const void *migrations; /* for `migrated` */
};

enum outcome {
    OUTCOME_NONE, /* no answer yet */
    OUTCOME_OK,
    OUTCOME_CREATED,
    OUTCOME_NO_CONTENT,
    OUTCOME_PARTIAL,      /* a page of a counted list */
    OUTCOME_NOT_MODIFIED, /* the reply is what OUTCOME_OK would answer, the client has it */
    OUTCOME_FAILED,       /* `error` says why */
    OUTCOME_UNREADY,      /* a health check that is not well */
};

/* How long an answer of OUTCOME_OK holds for an equal request. */
enum cacheable {
    CACHEABLE_NOT,
    CACHEABLE_SNAPSHOT, /* as long as the reader's snapshot shows the same database */
    CACHEABLE_ALWAYS,
};

/* A verb either has the answer or has given its job to the writer. */
enum progress { CALL_DONE, CALL_WAITING };

/* A header field of the answer that a query says. */
struct call_field {
    struct call_field *next;
    const char *name, *value; /* in the call's arena */
};

struct call {
    /* The request; slices are borrowed from http/ for the life of the call. */
    enum method method;
    struct slice path;       /* raw path, without the query */
    struct slice query;      /* raw query string, without '?' */
    struct slice table_name; /* decoded first segment of a resource path, set by the route */
    struct slice keys_text;  /* raw second segment: the key; empty data if there is none */
    struct slice content_type;
    struct slice accept;
    struct slice profile; /* Accept-Profile or Content-Profile */
    struct slice range;   /* Range */
    struct slice if_match, if_none_match;
    struct prefer prefer;
    struct identity who; /* the same, for SQL's header(), method() and path() */
    struct buf body;
    struct spool *spool; /* …which is there instead, whole: http/'s. NULL: it is not */
    uint64_t address; /* whose share it takes: a number for the principal, or for the address that
                            it came from; 0: not known */
    int64_t now_us;   /* when the request came, clock_us */
    int64_t deadline_us; /* when it must be answered, 0: no limit */

    /* Surroundings. */
    const struct service *service;
    bool again;               /* it is run for the second time (call_again) */
    bool anonymous;           /* whoever asks has the anonymous role */
    bool by_rights;           /* a named query that runs with the rights of the role that asks */
    bool admin;               /* came by the operators' listener, --metrics-listen */
    struct reader *reader;    /* the loop's, or that of a thread of the reader lane */
    struct plan_cache *plans; /* the loop's own, no matter where the call is; NULL: none are kept */
    int64_t budget_us;        /* how long it may read here; see call_moves */
    enum lane_reason moves_for; /* …why it did not stay */
    bool in_lane;
    uint64_t shape;                       /* in the lane: of its first statement, 0: none yet */
    struct completion_queue *completions; /* the loop's: where the job comes back to */

    /* The answer. */
    enum outcome outcome;
    enum cacheable cacheable;
    struct error error;
    struct buf reply;          /* the body */
    struct streamed *streamed; /* …or its first piece: the reading that goes on, in the arena, */
    bool in_pieces;            /* …if it does: HEAD needs no more (resource/streamed.h) */
    struct slice lent;         /* …which is this in its place; NULL: it is not */
    struct catalog_extra *lender;   /* whose it is, held, or NULL */
    uint64_t tag;                   /* its entity tag (resource/precondition.h), 0: none */
    const char *content_type_out;   /* lives as long as the call; NULL: no body */
    unsigned status_out;            /* chosen by a query, with OUTCOME_OK; 0: 200 */
    struct call_field *fields;      /* chosen by a query */
    const char *location;           /* in the arena, or NULL */
    const char *link;               /* in the arena, or NULL */
    char content_range[64];         /* "0-24/3573" or "" */
    const char *preference_applied; /* in the arena, or NULL */
    const char *warning;            /* of what will not be taken for ever: in the arena, or NULL */
    unsigned allow;                 /* METHOD_BITs for Allow; 0: header not sent */

    /* The verb's own. */
    struct arena arena;
    struct catalog *catalog; /* held, or NULL */
    const struct table *table;
    struct parameter *parameters; /* the query string */
    struct query_tree tree;
    enum media media;
    const struct media_names *media_said; /* its name of several, or NULL */
    struct plan_options options;
    struct job job;
    enum progress (*finish)(struct call *call); /* after the job came back */
    void (*dispose)(void *state);               /* frees what `state` holds, or NULL */
    void *state;                                /* in the arena */
};

/*
 * Maximum of the arena of one call: bytes, and for each byte that a body may have. A value takes 24,
 * and the shortest field of CSV is two with its comma.
 */
#define CALL_ARENA_MIN    ((size_t)16 << 20)
#define CALL_ARENA_GROWTH 16

/*
 * Makes a zeroed or finished call ready for a request; buffers and arena keep their memory
 * from the one before.
 */
void call_init(struct call *call, const struct service *service);

/* The body of the answer. */
static inline struct slice call_body(const struct call *call)
{
    return call->lent.data ? call->lent : buf_slice(&call->reply);
}

/* What the call has of memory. */
struct memory_request call_memory(const struct call *call);

/* Releases what the call holds but its buffers' memory, which call_free gives back. */
void call_finish(struct call *call);
void call_free(struct call *call);

/* The answer is the recorded error; want of memory is ERROR_TOO_LARGE if it is the arena's maximum,
 * which the same request meets again. Returns CALL_DONE, so verbs end in `return call_fail(c)`. */
enum progress call_fail(struct call *call);

/*
 * Gives the work to the writer; `finish` answers when it is done. With
 * Prefer: tx=rollback (and --allow-tx) the work is undone. CALL_WAITING, or CALL_DONE with the
 * failure if the writer does not take it.
 */
enum progress call_submit(struct call *call, struct operations *work,
                          enum progress (*finish)(struct call *call));

/*
 * After a failure: true if another process changed the schema since the call was planned, and the
 * failure may come from that. Then the call is as before its verb, and is to be run anew; once at
 * most.
 */
bool call_again(struct call *call);

/* Adds to a failure of the schema which object of it is to blame. */
void call_explain(struct call *call);

/*
 * Where a call reads. On a loop budget_us is an instant (clock_us): what reads for longer, is known
 * to, or asks for what is not a loop's work fails with ERROR_OVER_BUDGET, and the verb is run again
 * from its beginning, call_forget before it, by a thread of the reader lane. 0: to the end where it
 * is, as in the lane. CALL_MOVES: no read is begun here.
 */
#define CALL_MOVES (-1)

/* Is it on a loop and can go on in the lane? Then it has failed, to be run there. */
bool call_moves(struct call *call, enum lane_reason reason) __attribute__((warn_unused_result));

/* The call is as before its verb. */
void call_forget(struct call *call);

/* Maps the completion back to its call. */
struct call *call_of_job(struct job *job);

/*
 * Holds the reader's catalogue, and makes the reader's snapshot current, but for the methods that
 * write: these call call_read before they read. False with an error.
 */
bool call_begin(struct call *call) __attribute__((warn_unused_result));

/*
 * Holds the catalogue of the reader's snapshot: that of the role that asks, where there are access
 * files. False with ERROR_NO_ROLE if it is none, ERROR_NO_CREDENTIALS if nobody asked for one.
 */
bool call_choose_catalog(struct call *call) __attribute__((warn_unused_result));

/* A plan tells of rows that policies hide: may it be shown? */
bool call_may_see_plan(const struct call *call);

/* Makes the reader's snapshot current, for a method other than GET that reads. */
bool call_read(struct call *call) __attribute__((warn_unused_result));

/* The one schema goes by the names that clients of PostgREST and SQLite have for it. False with
 * ERROR_SCHEMA for another: whoever asks for that is told so before anything about its tables. */
bool call_check_profile(struct call *call) __attribute__((warn_unused_result));

/*
 * Makes the reader current, holds its catalogue and finds the table. False with the error
 * recorded in call->error (ERROR_NO_TABLE with "did you mean").
 */
bool call_resolve(struct call *call) __attribute__((warn_unused_result));

#endif
