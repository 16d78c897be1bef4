/* SPDX-License-Identifier: MIT */
#include "access/api_key.h"

#include <stdlib.h>

#include "access/api_key_uses.h"
#include "access/digest.h"
#include "base/memory.h"
#include "store/row.h"
#include "store/run/reader.h"

/* Keys that are kept, each in the place that its digest says, of so much text at most. */
#define KEPT     64
#define TEXT_MAX 4096

struct api_key_kept {
    char sha256[DIGEST_SHA256_SIZE]; /* "": none is */
    uint64_t version;                /* of the reader, when its row was read */
    int64_t id, expires_s, used_s;   /* expires_s 0: never */
    char *text;                      /* role, claims and sub, one after another; memory_free */
    size_t role, claims, sub;        /* …bytes of each */
};

static void forget(struct api_key_kept *k)
{
    memory_free(k->text);
    *k = (struct api_key_kept){.text = NULL};
}

void api_keys_finish(struct api_keys *keys)
{
    for (size_t i = 0; keys->kept && i < KEPT; i++)
        forget(&keys->kept[i]);
    free(keys->kept);
    keys->kept = NULL;
}

static unsigned hex_value(char digit)
{
    if (digit <= '9')
        return (unsigned)(digit - '0');
    return (unsigned)(digit - 'a') + 10;
}

/* 64 bits of a digest, from its nth hex digit on. */
static uint64_t bits_of(const char *digest, size_t nth)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < 16; i++)
        bits = bits << 4 | hex_value(digest[nth + i]);
    return bits;
}

/* Columns of the row: 0 id, 1 role, 2 claims, 3 sub, 4 sha256, 5 expires_at, 6 used_at. */
static const struct slice find_key =
    SLICE_LITERAL("SELECT id,role,claims,coalesce(json_extract(claims,'$.sub'),''),sha256,"
                  "coalesce(expires_at,0),coalesce(used_at,0) FROM thimble_api_keys "
                  "WHERE prefix=? AND revoked_at IS NULL");

struct search {
    const char *sha256; /* of the key that was sent */
    struct api_key_kept *out;
    bool found;
};

static bool copy_texts(struct api_key_kept *k, const struct row *row, struct error *e)
{
    struct slice texts[3];
    size_t sum = 0, at = 0;

    for (size_t i = 0; i < 3; i++) {
        texts[i] = row_bytes(row, i + 1);
        sum += texts[i].len;
    }
    if (sum > TEXT_MAX)
        return error_set(e, ERROR_KEY, "the API key's claims are over %d bytes", TEXT_MAX);
    k->text = memory_alloc(MEMORY_OTHER, sum + 1);
    if (!k->text)
        return error_set(e, ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < 3; i++) {
        if (texts[i].len)
            memcpy(k->text + at, texts[i].data, texts[i].len);
        at += texts[i].len;
    }
    k->role = texts[0].len;
    k->claims = texts[1].len;
    k->sub = texts[2].len;
    return true;
}

static enum row_verdict take_row(void *context, const struct row *row, struct error *e)
{
    struct search *s = context;
    struct slice sent = slice_make(s->sha256, DIGEST_SHA256_SIZE - 1);

    if (!digest_equal(row_bytes(row, 4), sent))
        return ROW_ENOUGH;
    s->out->id = row_integer(row, 0);
    s->out->expires_s = row_integer(row, 5);
    s->out->used_s = row_integer(row, 6);
    if (!copy_texts(s->out, row, e))
        return ROW_FAILED;
    s->found = true;
    return ROW_ENOUGH;
}

static bool not_valid(struct error *e)
{
    error_set(e, ERROR_KEY, "the API key is not valid");
    return error_hint(e, "It is unknown, or was revoked: thimble key list shows those that are.");
}

/* Reads the key's row; the database need not have the table. */
static bool read_key(struct reader *reader, struct slice key, const char *sha256,
                     struct api_key_kept *out, struct error *e)
{
    const struct value prefix = value_text(api_key_prefix(key));
    const struct query query = {.sql = find_key, .values = &prefix, .n_values = 1};
    struct search search = {.sha256 = sha256, .out = out};
    struct error cause = error_none();
    bool ok = reader_rows(reader, &query, take_row, &search, &cause);

    if (!ok && cause.code != ERROR_BROKEN_TABLE) {
        *e = cause;
        return false;
    }
    if (!search.found)
        return not_valid(e);
    memcpy(out->sha256, sha256, DIGEST_SHA256_SIZE);
    out->version = reader_version(reader);
    return true;
}

/* Role and claims are copied: a request may last longer than its key is kept. */
static bool tell(const struct api_key_kept *k, struct arena *arena, struct principal *out,
                 struct error *e)
{
    char *text = arena_copy(arena, slice_make(k->text, k->role + k->claims + k->sub));

    if (!text)
        return error_set(e, ERROR_MEMORY, "out of memory");
    *out = (struct principal){
        .kind = PRINCIPAL_KEY,
        .role = slice_make(text, k->role),
        .claims = slice_make(text + k->role, k->claims),
        .sub = slice_make(text + k->role + k->claims, k->sub),
        .expires_s = k->expires_s,
        .id = {bits_of(k->sha256, 0), bits_of(k->sha256, 16)},
    };
    return true;
}

static bool use(struct api_keys *keys, struct api_key_kept *k, int64_t now_s, struct arena *arena,
                struct principal *out, struct error *e)
{
    if (k->expires_s && now_s >= k->expires_s)
        return error_set(e, ERROR_KEY, "the API key has expired");
    if (keys->uses && now_s - k->used_s >= API_KEY_USES_S &&
        api_key_uses_note(keys->uses, k->id, now_s))
        k->used_s = now_s;
    return tell(k, arena, out, e);
}

/* Its place; NULL without memory. */
static struct api_key_kept *place_of(struct api_keys *keys, const char *sha256)
{
    if (!keys->kept)
        keys->kept = calloc(KEPT, sizeof *keys->kept);
    if (!keys->kept)
        return NULL;
    return &keys->kept[bits_of(sha256, 0) % KEPT];
}

static bool not_whole(struct error *e)
{
    error_set(e, ERROR_KEY, "the API key is mistyped or cut short");
    return error_hint(e, "It has %d characters, the last of which are a checksum.", API_KEY_LENGTH);
}

/* Was its row read from the database of now? */
static bool is_kept(const struct api_key_kept *k, const struct reader *reader, const char *sha256)
{
    return k->version == reader_version(reader) && memcmp(k->sha256, sha256, sizeof k->sha256) == 0;
}

/* The command that made it may be done since the kept snapshot began: one that is not found is looked for
 * in a new one. */
static bool find_key_now(struct reader *reader, struct slice key, const char *sha256,
                         int64_t now_us, struct api_key_kept *out, struct error *e)
{
    struct error first = error_none();

    if (read_key(reader, key, sha256, out, &first))
        return true;
    if (first.code != ERROR_KEY) {
        *e = first;
        return false;
    }
    reader_release(reader);
    return reader_begin_schema(reader, now_us, 0, e) && read_key(reader, key, sha256, out, e);
}

/* The key's row as it is now, in its place. */
static bool keep(struct api_key_kept *k, struct reader *reader, struct slice key,
                 const char *sha256, int64_t now_us, struct error *e)
{
    struct api_key_kept fresh = {.text = NULL};

    if (!api_key_is_whole(key))
        return not_whole(e);
    if (!find_key_now(reader, key, sha256, now_us, &fresh, e)) {
        memory_free(fresh.text);
        return false;
    }
    forget(k);
    *k = fresh;
    return true;
}

bool api_key_verify(struct api_keys *keys, struct reader *reader, struct slice key, int64_t now_us,
                    int64_t now_s, struct arena *arena, struct principal *out, struct error *e)
{
    char sha256[DIGEST_SHA256_SIZE];
    struct api_key_kept *k;

    if (key.len != API_KEY_LENGTH)
        return not_whole(e);
    digest_sha256(key, sha256);
    k = place_of(keys, sha256);
    if (!k)
        return error_set(e, ERROR_MEMORY, "out of memory");
    if (!reader_begin_schema(reader, now_us, 0, e))
        return false;
    if (!is_kept(k, reader, sha256) && !keep(k, reader, key, sha256, now_us, e))
        return false;
    return use(keys, k, now_s, arena, out, e);
}
