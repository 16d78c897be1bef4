/* SPDX-License-Identifier: MIT */
#include "config/config_table.h"

#include <assert.h>

#include "config/config.h"

#define AT(field) offsetof(struct config, field)
#define KIB       ((int64_t)1 << 10)
#define MIB       ((int64_t)1 << 20)
#define GIB       ((int64_t)1 << 30)
#define HOUR      ((int64_t)3600000)

static const char data[] = "Data", access[] = "Access", backups[] = "Backups",
                  network[] = "Network", grammar[] = "Grammar", limits[] = "Limits", logs[] = "Log",
                  tuning[] = "Tuning";

/* clang-format off */
const struct setting settings[] = {
    {data, "db", SETTING_TEXT, AT(db), "thimble.db", 0, 0, NULL, "FILE",
     "the SQLite database; made if it is not there"},
    {data, "read-only", SETTING_BOOL, AT(read_only), "off", 0, 0, NULL, NULL,
     "serve it without changing it; so is one whose file, folder or volume cannot be written"},
    {data, "migrations", SETTING_TEXT, AT(migrations), "builtin", 0, 0, NULL, "DIR",
     "a folder of NNNN_name.sql files; \"builtin\": those in the binary; \"none\": serve the "
     "database as it is; \"DIR,builtin\", \"DIR,none\": the folder if it is there"},
    {data, "queries", SETTING_TEXT, AT(queries), "builtin", 0, 0, NULL, "DIR",
     "a folder of name.sql files that are served at /rpc/name; \"builtin\": those in the binary, "
     "which go with its migrations; \"none\"; \"DIR,builtin\", \"DIR,none\": as above"},
    {data, "synchronous", SETTING_WORD, AT(synchronous), "full", 0, 0, "full normal", "WORD",
     "full: an acknowledged write survives power loss; normal: only a crash of the process"},

    {access, "access", SETTING_TEXT, AT(access), "none", 0, 0, NULL, "DIR",
     "a folder of .sql files that say who may do what (docs/access.md); \"builtin\": the example in the "
     "binary, for its migrations; \"none\"; \"DIR,builtin\", \"DIR,none\": as above"},
    {access, "anon-role", SETTING_TEXT, AT(anon_role), "", 0, 0, NULL, "NAME",
     "the role of those who send neither a token nor an API key; \"\": they are answered 401"},
    {access, "accounts", SETTING_WORD, AT(accounts), "off", 0, 0, "off invite open", "WORD",
     "accounts with an email address and a password, at /auth/v1 as supabase-js asks for them. open: anybody "
     "may make one; invite: thimble user add alone does"},
    {access, "accounts-role", SETTING_TEXT, AT(accounts_role), "authenticated", 0, 0, NULL, "NAME",
     "the role of whoever is signed in and has no other by thimble user add --role"},
    {access, "access-token-lifetime", SETTING_DURATION, AT(access_token_lifetime_ms), "1h", 60000,
     HOUR, NULL, "TIME",
     "how long a token of an account is good, from a minute to an hour; a logout does not end it sooner"},
    {access, "session-lifetime", SETTING_DURATION, AT(session_lifetime_ms), "720h", 60000,
     87600 * HOUR, NULL, "TIME", "a session that is not refreshed for so long is over"},
    {access, "password-queue", SETTING_INTEGER, AT(password_queue), "16", 1, 256, NULL, "N",
     "passwords that wait to be looked at, half of them from one address; more are answered 429"},

    {access, "jwt-secret", SETTING_SECRET, AT(jwt_secret), "", 0, 0, NULL, "TEXT",
     "what tokens are checked with: a secret of 32 bytes or more (HS256), or a JSON Web Key, or a set of "
     "them; better as @FILE than as the text itself; \"\": none"},
    {access, "jwt-secret-is-base64", SETTING_BOOL, AT(jwt_secret_is_base64), "off", 0, 0, NULL, NULL,
     "the secret of --jwt-secret is written in base64"},
    {access, "jwks", SETTING_TEXT, AT(jwks), "", 0, 0, NULL, "FILE",
     "a file with a JSON Web Key, or a set of them, that tokens are checked with; \"\": none"},
    {access, "jwks-url", SETTING_TEXT, AT(jwks_url), "", 0, 0, NULL, "URL",
     "the same from http://HOST:PORT/PATH on this machine or a private network, or unix:SOCKET:/PATH; "
     "\"\": nowhere"},
    {access, "jwks-interval", SETTING_DURATION, AT(jwks_interval_ms), "5m", 1000, 24 * HOUR, NULL, "TIME",
     "how often --jwks-url is asked again"},
    {access, "jwt-aud", SETTING_TEXT, AT(jwt_aud), "", 0, 0, NULL, "TEXT",
     "a token must be for this audience, its claim aud; \"\": any will do"},
    {access, "jwt-iss", SETTING_TEXT, AT(jwt_iss), "", 0, 0, NULL, "TEXT",
     "a token must be by this issuer, its claim iss; \"\": any will do"},
    {access, "jwt-role-claim", SETTING_TEXT, AT(jwt_role_claim), ".role", 0, 0, NULL, "PATH",
     "where a token's role is among its claims, as .app.roles[0] or $['https://x/role']"},
    {access, "token-cache", SETTING_INTEGER, AT(token_cache), "1024", 0, 65536, NULL, "N",
     "tokens that each event loop remembers as checked, in 1 MiB at most; 0: each is checked each time"},
    {access, "token-failures", SETTING_INTEGER, AT(token_failures), "3", 0, 100000, NULL, "N",
     "tokens with forged public-key signatures that one address may send to an event loop a second; then "
     "its tokens are answered 429; 0: no limit"},

    {backups, "backup-dir", SETTING_TEXT, AT(backup_dir), "", 0, 0, NULL, "DIR",
     "a folder for backups of the database that is served; \"\": none"},
    {backups, "backup-interval", SETTING_DURATION, AT(backup_interval_ms), "0", 0, 744 * HOUR, NULL,
     "TIME", "make one there this often; 0: only when asked to"},
    {backups, "backup-keep", SETTING_INTEGER, AT(backup_keep), "7", 1, 100000, NULL, "N",
     "keep the newest N there; older ones are deleted"},
    {backups, "backup-timeout", SETTING_DURATION, AT(backup_timeout_ms), "10m", 0, 24 * HOUR, NULL,
     "TIME",
     "give up a backup that copies for longer: the write-ahead log cannot start over meanwhile; 0: "
     "no limit"},

    {network, "listen", SETTING_TEXT, AT(listen), "127.0.0.1:8080", 0, 0, NULL, "ADDRESS",
     "ADDR:PORT, :PORT (every address) or unix:PATH; port 0 takes a free one"},
    {network, "metrics-listen", SETTING_TEXT, AT(metrics_listen), "", 0, 0, NULL, "ADDRESS",
     "a listener for operators: /metrics, /healthz, /livez and /readyz move there; \"\": they are at "
     "--listen"},
    {network, "socket-mode", SETTING_TEXT, AT(socket_mode), "660", 0, 0, NULL, "MODE",
     "permissions of the socket of --listen unix:PATH, octal"},
    {network, "base-path", SETTING_TEXT, AT(base_path), "", 0, 0, NULL, "PATH",
     "serve the resources below this path, as /rest/v1"},
    {network, "cors-origins", SETTING_TEXT, AT(cors_origins), "", 0, 0, NULL, "LIST",
     "origins whose pages may call from a browser, separated by commas, as https://example.org; "
     "\"*\": all, without cookies and passwords; \"\": none"},
    {network, "open-to", SETTING_WORD, AT(open_to), "private", 0, 0, "private loopback any", "WORD",
     "whom to answer while there are no access files: callers on loopback, on private networks, or "
     "any; probes and /metrics answer anybody"},
    {network, "allowed-hosts", SETTING_TEXT, AT(allowed_hosts), "", 0, 0, NULL, "LIST",
     "names that this server is asked by, separated by commas, beside addresses, localhost, names "
     "without a dot and those under .localhost, .local, .internal and .svc; \".example.org\": the "
     "domain and what is under it; \"*\": any"},
    {network, "trusted-proxies", SETTING_TEXT, AT(trusted_proxies), "", 0, 0, NULL, "LIST",
     "proxies that say for whom they ask, in Forwarded or X-Forwarded-For: networks and addresses, as "
     "10.0.0.0/8, separated by commas, and unix for the peers of a unix socket; \"\": none"},
    {network, "threads", SETTING_INTEGER, AT(threads), "0", 0, 256, NULL, "N",
     "event loops; 0: one for each processor"},
    {network, "readers", SETTING_INTEGER, AT(readers), "0", 0, 256, NULL, "N",
     "threads for slow reads, all but one of them for one client; 0: one more than there are "
     "processors, and 3 at least"},
    {network, "idle-timeout", SETTING_DURATION, AT(idle_timeout_ms), "60s", 0, 24 * HOUR, NULL,
     "TIME", "close a connection that is silent this long; 0: never"},
    {network, "request-timeout", SETTING_DURATION, AT(request_timeout_ms), "30s", 0, 24 * HOUR,
     NULL, "TIME", "a request must be received, and its statement done, within this; 0: no limit"},
    {network, "write-timeout", SETTING_DURATION, AT(write_timeout_ms), "5s", 0, 24 * HOUR, NULL,
     "TIME",
     "a write may run this long, not counting how long it waits, and is undone when it takes longer; "
     "0: as long as its request"},
    {network, "upload-timeout", SETTING_DURATION, AT(upload_timeout_ms), "5m", 0, 24 * HOUR, NULL,
     "TIME",
     "a body past --max-body must be received within this, and its rows written within as long again; 0: no "
     "limit"},
    {network, "stream-timeout", SETTING_DURATION, AT(stream_timeout_ms), "5m", 0, 24 * HOUR, NULL, "TIME",
     "a list that is sent in pieces is read for so long at most, however slowly it is taken: the "
     "write-ahead log cannot start over meanwhile; 0: no limit"},
    {network, "drain-timeout", SETTING_DURATION, AT(drain_timeout_ms), "10s", 0, HOUR, NULL,
     "TIME", "after SIGTERM, answer what is in flight for this long; what still runs then is stopped"},

    {grammar, "aggregates", SETTING_BOOL, AT(aggregates), "off", 0, 0, NULL, NULL,
     "let select= ask for count(), sum(), avg(), min() and max()"},
    {grammar, "default-return", SETTING_WORD, AT(default_return), "object", 0, 0, "object minimal",
     "WORD",
     "object: a write of one object answers it; minimal: nothing, as PostgREST, unless Prefer: "
     "return= asks"},
    {grammar, "allow-tx", SETTING_BOOL, AT(allow_tx), "off", 0, 0, NULL, NULL,
     "follow Prefer: tx=rollback, which answers as if it had written"},
    {grammar, "allow-plan", SETTING_BOOL, AT(allow_plan), "off", 0, 0, NULL, NULL,
     "answer Accept: application/vnd.pgrst.plan+json with SQLite's query plan"},

    {limits, "memory", SETTING_SIZE, AT(memory), "48MiB", 0, 1024 * GIB, "auto", "SIZE",
     "bytes that requests, answers, connections and SQLite have together: who does not fit waits or "
     "is answered 503; auto: three quarters of what the container may have; 0: no limit"},
    {limits, "max-rows", SETTING_INTEGER, AT(max_rows), "1000", 0, INT64_MAX, NULL, "N",
     "rows of one answer, and of a list within a row; of NDJSON and CSV limit= alone bounds the rows; "
     "0: no limit"},
    {limits, "max-answer", SETTING_SIZE, AT(max_answer), "32MiB", KIB, GIB, NULL, "SIZE",
     "bytes of one answer that is sent as a whole"},
    {limits, "max-body", SETTING_SIZE, AT(max_body), "1MiB", 1, GIB, NULL, "SIZE",
     "bytes of a request's body; taken apart it may take 16 times as much, and 16 MiB at least"},
    {limits, "max-upload", SETTING_SIZE, AT(max_upload), "1GiB", 0, 1024 * GIB, NULL, "SIZE",
     "bytes of the rows that one POST brings to a table, past --max-body: they are kept beside the database "
     "until all are there; 0: no more than --max-body"},
    {limits, "max-uploads", SETTING_INTEGER, AT(max_uploads), "4", 1, 64, NULL, "N",
     "such bodies at a time, half of them from one client; more are answered 503"},
    {limits, "max-elements", SETTING_INTEGER, AT(max_elements), "10000", 1, 10000000, NULL, "N",
     "elements of an array that is posted"},
    {limits, "max-depth", SETTING_INTEGER, AT(max_depth), "64", 1, 200, NULL, "N",
     "nesting of a JSON body"},
    {limits, "max-conditions", SETTING_INTEGER, AT(grammar.conditions), "250", 1, 10000, NULL, "N",
     "conditions of one request"},
    {limits, "max-nesting", SETTING_INTEGER, AT(grammar.nesting), "16", 1, 32, NULL, "N",
     "nesting of a request's and=(), or=() and related resources"},
    {limits, "max-embeds", SETTING_INTEGER, AT(grammar.embeds), "32", 0, 60, NULL, "N",
     "related resources of one request"},
    {limits, "max-offset", SETTING_INTEGER, AT(grammar.offset), "1000000", 0, INT64_MAX, NULL, "N",
     "rows that offset= or Range may pass over, each of which costs time; 0: no limit"},
    {limits, "max-parts", SETTING_INTEGER, AT(grammar.parts), "4096", 1, 100000, NULL, "N",
     "names, conditions and list members of one request's query, together"},
    {limits, "max-url", SETTING_SIZE, AT(max_url), "8KiB", 64, MIB, NULL, "SIZE",
     "bytes of a request's URL"},
    {limits, "max-headers", SETTING_SIZE, AT(max_headers), "16KiB", 256, MIB, NULL, "SIZE",
     "bytes of a request's header section"},
    {limits, "max-connections", SETTING_INTEGER, AT(max_connections), "10000", 1, 1000000, NULL,
     "N", "connections at a time; more are answered 503"},
    {limits, "max-connections-per-address", SETTING_INTEGER, AT(max_connections_per_address),
     "auto", 0, 1000000, "auto", "N",
     "connections from one address (IPv6: one /64), a trusted proxy's apart; more are answered 429; auto: "
     "a quarter of those that are let in, and 64 of them at least, up to half; 0: no limit"},
    {limits, "rate-limit", SETTING_TEXT, AT(rate_limit), "off", 0, 0, NULL, "RATE",
     "requests of one client, which is a principal or, of those who do not say who they are, an address: "
     "N/s, N/m or N/h, as 10/s; 10/s:50 lets 50 come at once; more are answered 429; off: no limit"},
    {limits, "rate-limit-anonymous", SETTING_TEXT, AT(rate_limit_anonymous), "same", 0, 0, NULL, "RATE",
     "the same of an address whose requests do not say who sends them; same: as --rate-limit; off"},
    {limits, "rate-limit-clients", SETTING_INTEGER, AT(rate_limit_clients), "16384", 64, 16777216, NULL,
     "N", "clients whose requests are counted at a time, 24 bytes each; of more, those that were asking "
     "the least are forgotten"},
    {limits, "max-metrics-connections", SETTING_INTEGER, AT(max_metrics_connections), "64", 1,
     256, NULL, "N", "connections to --metrics-listen at a time; more are answered 503"},
    {limits, "queue-length", SETTING_INTEGER, AT(queue_length), "4096", 1, 1000000, NULL, "N",
     "writes that wait; more are answered 503"},
    {limits, "reader-queue", SETTING_INTEGER, AT(reader_queue), "128", 1, 100000, NULL, "N",
     "slow reads that wait, half of them from one client; more are answered 503"},
    {limits, "max-streams", SETTING_INTEGER, AT(max_streams), "32", 0, 1000, NULL, "N",
     "lists that are sent in pieces at a time, half of them to one client: CSV and NDJSON of any length, and "
     "JSON past --max-answer; more are answered 503; 0: none, and --max-rows holds for all"},
    {limits, "slow-queue-length", SETTING_INTEGER, AT(slow_queue_length), "64", 1, 4096, NULL, "N",
     "slow writes that wait; the youngest of the client that has the most is answered 503"},

    {logs, "log-level", SETTING_WORD, AT(log_level), "info", 0, 0, "debug info warn error off",
     "LEVEL", "the lowest level that is written to stderr, as JSON lines"},
    {logs, "access-log", SETTING_BOOL, AT(access_log), "off", 0, 0, NULL, NULL,
     "a line for every request, not only for 5xx and slow ones"},
    {logs, "server-timing", SETTING_BOOL, AT(server_timing), "off", 0, 0, NULL, NULL,
     "say in each answer's Server-Timing how long it took"},
    {logs, "slow-request", SETTING_DURATION, AT(slow_request_ms), "1s", 0, HOUR, NULL, "TIME",
     "a request that takes this long is logged; 0: none"},

    {tuning, "batch-max", SETTING_INTEGER, AT(batch_max), "512", 1, 100000, NULL, "N",
     "writes that share one transaction"},
    {tuning, "loop-budget", SETTING_DURATION, AT(loop_budget_ms), "5ms", 0, 10000, NULL, "TIME",
     "a read that takes longer goes on in a thread of its own (--readers), and is begun there next "
     "time; 0: all reads stay on the event loops"},
    {tuning, "reader-lane", SETTING_WORD, AT(reader_lane), "auto", 0, 0, "auto all", "WORD",
     "auto: reads that are slow go to the threads of --readers; all: every read of a resource"},
    {tuning, "busy-timeout", SETTING_DURATION, AT(busy_timeout_ms), "5s", 0, HOUR, NULL, "TIME",
     "wait this long for another process's lock on the database"},
    {tuning, "cache-size", SETTING_SIZE, AT(cache_size), "2MiB", 64 * KIB, 64 * GIB, NULL,
     "SIZE", "page cache of each connection to the database, one for each thread; less if these would be "
     "over a sixth of --memory; set, it comes on top of --memory"},
    {tuning, "mmap-size", SETTING_SIZE, AT(mmap_size), "0", 0, 64 * GIB, NULL, "SIZE",
     "bytes of the database that are memory-mapped"},
    {tuning, "statement-cache", SETTING_INTEGER, AT(statement_cache), "128", 0, 10000, NULL, "N",
     "prepared statements kept by each connection"},
    {tuning, "plan-cache", SETTING_INTEGER, AT(plan_cache), "256", 0, 10000, NULL, "N",
     "statements that each event loop keeps ready by the shape of the request: what it asks for, but for "
     "the values; 0: none"},
    {tuning, "answer-cache", SETTING_SIZE, AT(answer_cache), "4MiB", 0, 64 * GIB, NULL, "SIZE",
     "bytes of answers that are kept and given again while the database stays as it is; set, they "
     "come on top of --memory; 0: none"},
    {tuning, "checkpoint-pages", SETTING_INTEGER, AT(checkpoint_pages), "1000", 1, 10000000, NULL,
     "N", "pages in the write-ahead log that start a checkpoint"},
    {tuning, "checkpoint", SETTING_WORD, AT(checkpoint), "auto", 0, 0, "auto off", "WORD",
     "auto: move the write-ahead log into the database; off: leave it to another process, as "
     "Litestream"},

    {NULL, "format", SETTING_WORD, AT(format), "auto", 0, 0, "auto csv ndjson", "WORD",
     "import, export: auto: by the file's name, which ends in .csv, .ndjson or .jsonl"},
    {NULL, "rejects", SETTING_TEXT, AT(rejects), "", 0, 0, NULL, "FILE",
     "import: go on past rows that do not fit, and write them there with line and reason"},
    {NULL, "max-rejects", SETTING_INTEGER, AT(max_rejects), "0", 0, INT64_MAX, NULL, "N",
     "import: stop when there are more; 0: no limit"},
    {NULL, "on-conflict", SETTING_WORD, AT(on_conflict), "error", 0, 0, "error ignore merge",
     "WORD",
     "import: a row whose key is there already. error: does not fit; ignore: is passed over; "
     "merge: updates it"},
    {NULL, "atomic", SETTING_BOOL, AT(atomic), "off", 0, 0, NULL, NULL,
     "import: all rows in one transaction, or none"},
    {NULL, "role", SETTING_TEXT, AT(role), "", 0, 0, NULL, "ROLE",
     "key, user, access: the role of the key, of the account, or of who asks"},
    {NULL, "name", SETTING_TEXT, AT(name), "", 0, 0, NULL, "NAME",
     "key: what the key is called, and its claim sub; the default is its first 12 characters"},
    {NULL, "claims", SETTING_TEXT, AT(claims), "{}", 0, 0, NULL, "JSON",
     "key, user, access: claims, as {\"org\": 7}: of the key, in the account's app_metadata, or of who asks"},
    {NULL, "expires", SETTING_DURATION, AT(expires_ms), "0", 0, 87600 * HOUR, NULL, "TIME",
     "key: until when it is good, as 90d; 0: until it is revoked"},
    {NULL, "password", SETTING_SECRET, AT(password), "", 0, 0, NULL, "TEXT",
     "user: the account's password, as @FILE; the default is one that is made and printed"},
    {NULL, "force", SETTING_BOOL, AT(force), "off", 0, 0, NULL, NULL,
     "backup, restore: replace a file that is there"},
    {NULL, "dry-run", SETTING_BOOL, AT(dry_run), "off", 0, 0, NULL, NULL,
     "migrate: say what would change, change nothing"},
    {NULL, "markdown", SETTING_BOOL, AT(markdown), "off", 0, 0, NULL, NULL,
     "config: the settings as a page of documentation"},
    {NULL, "man", SETTING_BOOL, AT(man), "off", 0, 0, NULL, NULL, "config: the manual page"},
    {NULL, "help", SETTING_BOOL, AT(help), "off", 0, 0, NULL, NULL, "this help"},
};
/* clang-format on */

const size_t settings_count = sizeof settings / sizeof *settings;

static_assert(sizeof settings / sizeof *settings <= CONFIG_SETTINGS_MAX,
              "struct config has room for every setting");
