/* SPDX-License-Identifier: MIT */
#include "access/account/password.h"

#include <stdio.h>
#include <sys/mman.h>

#include <argon2.h>

#include "access/digest.h"
#include "base/parse.h"
#include "base/random.h"
#include "base/text.h"

#define MEMORY_KIB ((uint32_t)(PASSWORD_MEMORY >> 10))
#define PASSES     2
#define SALT_SIZE  16
#define HASH_SIZE  32

/* What a stored hash may ask for: it may be of another version's settings. */
#define MEMORY_KIB_MAX ((int64_t)65536)
#define PASSES_MAX     ((int64_t)16)

const char password_nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGlzIGhlcmUuLg$"
                               "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

struct phc {
    uint32_t memory, passes;
    unsigned char salt[SALT_SIZE], hash[HASH_SIZE];
};

/* ---- Argon2id, its memory mapped for as long as it takes */

static int map_memory(uint8_t **memory, size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
                    -1, 0);

    *memory = NULL;
    if (at == MAP_FAILED)
        return ARGON2_MEMORY_ALLOCATION_ERROR;
    *memory = at;
    return ARGON2_OK;
}

static void unmap_memory(uint8_t *memory, size_t bytes)
{
    munmap(memory, bytes);
}

static bool derive(struct slice password, const struct phc *phc, unsigned char out[HASH_SIZE],
                   struct error *e)
{
    unsigned char salt[SALT_SIZE], copy[PASSWORD_MAX + 1];
    argon2_context context = {
        .out = out,
        .outlen = HASH_SIZE,
        .pwd = copy, /* which is cleared */
        .salt = salt,
        .saltlen = SALT_SIZE,
        .t_cost = phc->passes,
        .m_cost = phc->memory,
        .lanes = 1,
        .threads = 1,
        .version = ARGON2_VERSION_13,
        .allocate_cbk = map_memory,
        .free_cbk = unmap_memory,
        .flags = ARGON2_FLAG_CLEAR_PASSWORD,
    };
    int rc;

    password = slice_first(password, sizeof copy);
    memcpy(copy, password.data, password.len);
    context.pwdlen = (uint32_t)password.len;
    memcpy(salt, phc->salt, SALT_SIZE);
    rc = argon2id_ctx(&context);
    if (rc == ARGON2_OK)
        return true;
    if (rc == ARGON2_MEMORY_ALLOCATION_ERROR)
        return error_set(e, ERROR_MEMORY, "there is no memory for a password's hash");
    return error_set(e, ERROR_INTERNAL, "argon2: %d", rc);
}

/* ---- PHC strings: base64 without padding (github.com/P-H-C/phc-string-format) */

static void add_base64(struct buf *out, const unsigned char *bytes, size_t size)
{
    text_base64_encode(out, slice_make((const char *)bytes, size));
    while (out->len > 0 && out->data[out->len - 1] == '=')
        out->len--;
}

static void write_phc(const struct phc *phc, char out[PASSWORD_PHC_SIZE])
{
    struct buf text = {.data = out, .cap = PASSWORD_PHC_SIZE - 1, .max = PASSWORD_PHC_SIZE - 1};

    buf_addf(&text, "$argon2id$v=19$m=%u,t=%u,p=1$", phc->memory, phc->passes);
    add_base64(&text, phc->salt, SALT_SIZE);
    buf_add_char(&text, '$');
    add_base64(&text, phc->hash, HASH_SIZE);
    out[text.len] = '\0';
}

/* Cuts off what stands before the next `end`; false: there is none. */
static bool take_until(struct slice *text, char end, struct slice *out)
{
    size_t at = slice_find(*text, end);

    if (at == text->len)
        return false;
    *out = slice_first(*text, at);
    *text = slice_after(*text, at + 1);
    return true;
}

static bool take_number(struct slice text, const char *name, int64_t max, uint32_t *out)
{
    struct slice begin = slice_from(name);
    int64_t number;

    if (!slice_begins(text, begin) || !parse_int64(slice_after(text, begin.len), &number))
        return false;
    if (number < 1 || number > max)
        return false;
    *out = (uint32_t)number;
    return true;
}

static bool read_base64(struct slice text, unsigned char *out, size_t size)
{
    char padded[64];
    size_t len = (text.len + 3) / 4 * 4;
    unsigned char bytes[48];

    if (text.len == 0 || len > sizeof padded)
        return false;
    memset(padded, '=', sizeof padded);
    memcpy(padded, text.data, text.len);
    if (text_base64_decode(slice_make(padded, len), bytes) != (long)size)
        return false;
    memcpy(out, bytes, size);
    return true;
}

static bool read_phc(struct slice text, struct phc *out)
{
    static const struct slice begin = SLICE_LITERAL("$argon2id$v=19$");
    struct slice memory, passes, lanes, salt;

    if (!slice_begins(text, begin))
        return false;
    text = slice_after(text, begin.len);
    if (!take_until(&text, ',', &memory) || !take_until(&text, ',', &passes) ||
        !take_until(&text, '$', &lanes) || !take_until(&text, '$', &salt))
        return false;
    return take_number(memory, "m=", MEMORY_KIB_MAX, &out->memory) &&
           take_number(passes, "t=", PASSES_MAX, &out->passes) && slice_is(lanes, "p=1") &&
           read_base64(salt, out->salt, SALT_SIZE) && read_base64(text, out->hash, HASH_SIZE);
}

/* ---- */

bool password_hash(struct slice password, char out[PASSWORD_PHC_SIZE], struct error *e)
{
    struct phc phc = {.memory = MEMORY_KIB, .passes = PASSES};

    if (!random_fill(phc.salt, SALT_SIZE, e) || !derive(password, &phc, phc.hash, e))
        return false;
    write_phc(&phc, out);
    return true;
}

bool password_check(struct slice password, struct slice phc, bool *is, struct error *e)
{
    unsigned char found[HASH_SIZE];
    struct phc kept;

    *is = false;
    if (!read_phc(phc, &kept))
        return true;
    if (!derive(password, &kept, found, e))
        return false;
    *is = digest_equal(slice_make((const char *)found, HASH_SIZE),
                       slice_make((const char *)kept.hash, HASH_SIZE));
    return true;
}
