/*
 * key add, list, revoke: API keys in the database, whether it is served meanwhile or not.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "access/api_key.h"
#include "access/digest.h"
#include "base/parse.h"
#include "commands/account_words.h"
#include "commands/command_output.h"
#include "commands/command_run.h"
#include "sources/database.h"
#include "store/db/statement.h"

#define PAGE_MAX       ((size_t)8 << 20)
#define NAME_MAX_BYTES 100

/* Digits alone would be an id. */
static bool check_name(const char *name, struct error *e)
{
    int64_t number;

    if (parse_int64(slice_from(name), &number))
        return error_set(e, ERROR_USAGE, "--name: \"%s\" is a number, as ids are", name);
    if (strlen(name) <= NAME_MAX_BYTES && words_are_plain(name))
        return true;
    return error_set(e, ERROR_USAGE, "--name: at most %d bytes, without control characters",
                     NAME_MAX_BYTES);
}

static bool check_add(const struct config *config, struct error *e)
{
    if (!config->role[0])
        return error_set(e, ERROR_USAGE,
                         "key add needs the role that the key has: thimble key add --role ROLE");
    if (config->name[0] && !check_name(config->name, e))
        return false;
    return words_check_role(config, e);
}

static const struct slice insert_key = SLICE_LITERAL(
    "INSERT INTO thimble_api_keys(name,role,prefix,sha256,claims,created_at,expires_at)"
    "VALUES(?1,?2,?3,?4,json_patch(json_object('role',?2,'sub',?1),?5),?6,?7) RETURNING id");

static bool insert(struct db *db, const struct config *config, const char *key, const char *name,
                   int64_t *id, struct error *e)
{
    const int64_t now = (int64_t)time(NULL);
    char sha256[DIGEST_SHA256_SIZE];
    struct value expires = value_null();

    digest_sha256(slice_from(key), sha256);
    if (config->expires_ms)
        expires = value_integer(now + (config->expires_ms + 999) / 1000);
    const struct value values[] = {
        value_text(slice_from(name)),
        value_text(slice_from(config->role)),
        value_text(api_key_prefix(slice_from(key))),
        value_text(slice_from(sha256)),
        value_text(slice_from(config->claims)),
        value_integer(now),
        expires,
    };
    const struct query query = {.sql = insert_key, .values = values, .n_values = 7};

    if (words_integer(db, &query, id, e))
        return true;
    if (e->code != ERROR_UNIQUE)
        return false;
    error_clear(e);
    return error_set(e, ERROR_FAILURE, "there is a key \"%s\" already: revoke it, or take another",
                     name);
}

static bool add_in_transaction(struct db *db, const struct config *config, struct buf *out,
                               struct error *e)
{
    char key[API_KEY_LENGTH + 1], name[API_KEY_PREFIX + 1];
    const char *chosen = config->name;
    int64_t id;

    if (!db_exec(db, API_KEY_TABLE, e) || !words_check_claims(db, config->claims, e) ||
        !api_key_make(key, e))
        return false;
    if (!chosen[0]) {
        snprintf(name, sizeof name, "%.*s", API_KEY_PREFIX, key);
        chosen = name;
    }
    if (!insert(db, config, key, chosen, &id, e) || !db_commit(db, e))
        return false;
    fprintf(stderr, "thimble: key %lld, \"%s\", of the role %s; it is not shown again\n",
            (long long)id, chosen, config->role);
    buf_addf(out, "%s\n", key);
    return true;
}

static bool add(const struct config *config, const char *word, struct buf *out, struct error *e)
{
    struct db *db;
    bool ok;
    (void)word;

    if (!check_add(config, e))
        return false;
    db = database_open(config, false, e);
    if (!db)
        return false;
    ok = db_begin_immediate(db, e) && add_in_transaction(db, config, out, e);
    db_close(db);
    return ok;
}

/* ---- list */

static const struct slice list_keys = SLICE_LITERAL(
    "SELECT id,name,role,prefix,strftime('%Y-%m-%d %H:%M',created_at,'unixepoch'),"
    "coalesce(strftime('%Y-%m-%d %H:%M',expires_at,'unixepoch'),'never'),"
    "coalesce(strftime('%Y-%m-%d %H:%M',used_at,'unixepoch'),'never'),"
    "CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at<=unixepoch() THEN 'expired' "
    "ELSE 'valid' END FROM thimble_api_keys ORDER BY id");

static const struct words_column list_columns[] = {
    {"ID", 5},       {"NAME", 20},    {"ROLE", 16},      {"PREFIX", 13},
    {"CREATED", 17}, {"EXPIRES", 17}, {"LAST USED", 17}, {"STATE", 0},
};

static bool list(const struct config *config, const char *word, struct buf *out, struct error *e)
{
    (void)word;

    return words_table(config, list_keys, list_columns, sizeof list_columns / sizeof *list_columns,
                       out, e);
}

/* ---- revoke */

static const struct slice revoke_key =
    SLICE_LITERAL("UPDATE thimble_api_keys SET revoked_at=unixepoch() "
                  "WHERE (name=?1 OR id=?2) AND revoked_at IS NULL RETURNING id");

static bool revoke_one(struct db *db, const char *word, struct buf *out, struct error *e)
{
    struct value id = value_null();
    int64_t number;

    if (parse_int64(slice_from(word), &number))
        id = value_integer(number);
    const struct value values[] = {value_text(slice_from(word)), id};
    const struct query query = {.sql = revoke_key, .values = values, .n_values = 2};

    if (words_integer(db, &query, &number, e)) {
        buf_addf(out, "key %lld is revoked\n", (long long)number);
        return true;
    }
    if (e->code != ERROR_NO_ROW && e->code != ERROR_BROKEN_TABLE)
        return false;
    error_clear(e);
    return error_set(e, ERROR_FAILURE, "there is no key \"%s\" that is not revoked already", word);
}

static bool revoke(const struct config *config, const char *word, struct buf *out, struct error *e)
{
    struct db *db;
    bool ok;

    if (!word)
        return error_set(e, ERROR_USAGE,
                         "key revoke needs a key's id or name: thimble key revoke ID|NAME");
    db = database_open(config, false, e);
    if (!db)
        return false;
    ok = revoke_one(db, word, out, e);
    db_close(db);
    return ok;
}

int command_key(const struct config *config, int n_words, char **words)
{
    static const struct words_verb verbs[] = {
        {"add", add, false}, {"list", list, false}, {"revoke", revoke, true}, {NULL, NULL, false}};

    return words_run(verbs, "key", config, n_words, words);
}
