/*
 * The settings: one const table (config_table.c) gives the flag parser, the environment,
 * `thimble config`, --help and docs/configuration.md. Read once at start; a struct config
 * owns the texts it holds.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_CONFIG_CONFIG_H
#define THIMBLE_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "query/grammar.h"

#define CONFIG_SETTINGS_MAX 128

enum config_source { SOURCE_DEFAULT, SOURCE_ENVIRONMENT, SOURCE_FLAG };

struct config {
    const char *db;
    bool read_only;
    const char *migrations; /* "builtin", "none" or a directory */
    const char *queries;    /* the same */
    const char *access;     /* the same */

    const char *backup_dir; /* "": none */
    int64_t backup_interval_ms, backup_keep, backup_timeout_ms;

    const char *listen;
    const char *metrics_listen; /* "": none */
    const char *socket_mode;    /* octal */
    const char *base_path;
    const char *cors_origins;    /* "", "*" or a list */
    const char *trusted_proxies; /* "" or a list (access/address/networks.h) */
    const char *allowed_hosts;   /* the same */
    const char *open_to;         /* "loopback", "private" or "any" */
    const char *anon_role;       /* "": none */
    const char *jwt_secret;      /* "": none */
    bool jwt_secret_is_base64;
    const char *jwks;     /* a file, "": none */
    const char *jwks_url; /* "": none */
    int64_t jwks_interval_ms;
    const char *jwt_aud, *jwt_iss; /* "": any */
    const char *jwt_role_claim;
    int64_t token_cache, token_failures;
    const char *log_level;
    const char *synchronous; /* "full" or "normal" */
    int64_t threads;         /* 0: as many as there are processors */
    bool access_log, server_timing;
    int64_t slow_request_ms;

    int64_t memory; /* -1: auto, 0: no limit */
    int64_t max_rows, max_answer;
    int64_t max_upload, max_uploads; /* 0: none */
    int64_t max_body, max_url, max_headers, max_elements, max_depth;
    struct grammar_limits grammar;
    int64_t max_connections, max_metrics_connections;
    int64_t max_connections_per_address; /* -1: auto, 0: no limit */
    const char *rate_limit,
        *rate_limit_anonymous; /* access/address/rate_limit.h; "same": as rate_limit */
    int64_t rate_limit_clients;
    int64_t idle_timeout_ms, request_timeout_ms, write_timeout_ms, drain_timeout_ms,
        upload_timeout_ms;

    int64_t queue_length, slow_queue_length, batch_max;
    int64_t max_streams;
    int64_t stream_timeout_ms;
    int64_t readers; /* 0: one more than there are processors, at least 3 */
    int64_t reader_queue, loop_budget_ms;
    const char *reader_lane; /* "auto" or "all" */
    int64_t cache_size, mmap_size, statement_cache;
    int64_t busy_timeout_ms, checkpoint_pages, answer_cache, plan_cache;
    const char *checkpoint; /* "auto" or "off" */

    const char *default_return; /* "object" or "minimal" */
    bool aggregates, allow_tx, allow_plan;

    const char *format;      /* import, export: "auto", "csv" or "ndjson" */
    const char *rejects;     /* import: a file, "": none */
    const char *on_conflict; /* import: "error", "ignore" or "merge" */
    int64_t max_rejects;     /* import; 0: no limit */
    bool atomic;             /* import --atomic */

    const char *accounts;      /* "off", "invite" or "open" */
    const char *accounts_role; /* of whoever has none of their own */
    int64_t access_token_lifetime_ms, session_lifetime_ms, password_queue;

    const char *password; /* user: "": one is made */
    const char *role;     /* key, user: "": none is said */
    const char *name;     /* key: "" */
    const char *claims;   /* key, user: JSON */
    int64_t expires_ms;   /* key; 0: never */

    bool force;    /* backup, restore --force */
    bool dry_run;  /* migrate --dry-run */
    bool markdown; /* config --markdown */
    bool man;      /* config --man */
    bool help;     /* any command's --help */

    /* config.c's own: what each setting was given as, and where. */
    char *texts[CONFIG_SETTINGS_MAX];
    enum config_source sources[CONFIG_SETTINGS_MAX];
    bool from_file[CONFIG_SETTINGS_MAX];
};

/*
 * Reads defaults, then THIMBLE_* of `environment`, then the flags among argv[0…argc).
 * What is not a flag is moved to the front of argv, *n_words of them. False with
 * ERROR_USAGE in one line that names the flag or variable.
 */
bool config_read(struct config *config, char **environment, int argc, char **argv, int *n_words,
                 struct error *e) __attribute__((warn_unused_result));
void config_finish(struct config *config);

/* True if the setting was given by a flag or the environment. */
bool config_says(const struct config *config, const char *name);

/* `thimble config`: every setting, its value, where it came from. */
void config_print(const struct config *config, struct buf *out);
/* The same table as a page of documentation. */
void config_markdown(struct buf *out);
/* The manual page: settings and commands. */
void config_man(struct buf *out);
/* The flags, for --help. */
void config_help(struct buf *out);
/* The flags that are one command's own; nothing if it has none. */
void config_help_of(const char *command, struct buf *out);

#endif
