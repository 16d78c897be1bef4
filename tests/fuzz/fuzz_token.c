/*
 * Tokens: nothing that was not signed is accepted; what claims say is the same to our reader and to
 * jansson; base64url reads back what it wrote; keys, paths and addresses of any text are read or refused.
 * The input's first byte chooses. Built with libFuzzer (make fuzz).
 *
 * SPDX-License-Identifier: MIT
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/token/json_text.h"
#include "access/token/jwt.h"
#include "access/key/key_url.h"
#include "access/token/token_sign.h"
#include "base/text.h"
#include "fuzz.h"

#define NOW   1700000000
#define ARENA ((size_t)8 << 20)

static const struct slice secret = SLICE_LITERAL("a secret of forty bytes, for all to read");
static const char keys_text[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
                                "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                                "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";
static struct token_keys *keys;
static struct token_options options;

static void die(const char *what, struct slice text)
{
    fprintf(stderr, "%s\n%.*s\n", what, SLICE_ARG(text));
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct error e = error_none();
    (void)argc, (void)argv;

    keys = token_keys_new();
    token_options_init(&options);
    if (!token_keys_add_secret(keys, secret, slice_make(NULL, 0), &e) ||
        !token_keys_add_jwks(keys, slice_from(keys_text), &e))
        die(e.message, slice_from(""));
    json_object_seed(1);
    return 0;
}

/* Nobody signed it. */
static void any_token(struct slice text, struct arena *arena)
{
    struct error e = error_none();
    struct principal who;

    if (token_verify(keys, &options, text, NOW, arena, &who, &e))
        die("accepted", text);
    if (!error_is_set(&e))
        die("refused without a reason", text);
}

static void compare_claim(const json_t *theirs, const char *name, struct slice ours,
                          struct slice text)
{
    const json_t *value = json_object_get(theirs, name);
    struct slice expected = slice_make(NULL, 0);

    if (json_is_string(value))
        expected = slice_make(json_string_value(value), json_string_length(value));
    if (!slice_equal(expected, ours))
        die(name, text);
}

/* Claims that we signed: those that are accepted are what jansson reads. */
static void any_claims(struct slice text, struct arena *arena)
{
    struct error e = error_none();
    struct principal who;
    struct buf token;
    json_t *theirs;

    buf_init(&token, 2 * text.len + 1024);
    token_sign(&token, secret, slice_make(NULL, 0), text);
    if (token_verify(keys, &options, buf_slice(&token), NOW, arena, &who, &e)) {
        theirs = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
        if (theirs) /* it refuses numbers that are too large for it */
            compare_claim(theirs, "sub", who.sub, text);
        if (theirs && !json_is_object(theirs))
            die("no object", text);
        json_decref(theirs);
    }
    buf_finish(&token);
}

/* A path and claims, on a line each. */
static void any_path(struct slice text, struct arena *arena)
{
    size_t end = slice_find(text, '\n');
    struct slice claims = slice_after(text, end < text.len ? end + 1 : end);
    struct error e = error_none();
    struct claim_path path;
    struct slice role;

    if (!claim_path_read(&path, slice_first(text, end), &e))
        return;
    if (!json_text_is_object(claims, arena))
        return;
    role = claim_path_find(&path, claims, arena);
    if (role.len > claims.len)
        die("longer than the claims", text);
}

static void any_keys(struct slice text)
{
    struct token_keys *set = token_keys_new();
    struct error e = error_none();

    if (token_keys_add_jwks(set, text, &e) && set->n == 0)
        die("a set without keys", text);
    token_keys_drop(set);
}

static void any_base64(struct slice text, struct arena *arena)
{
    unsigned char *bytes = arena_alloc(arena, text.len + 4);
    struct buf again;
    long len;

    buf_init(&again, 2 * text.len + 16);
    len = bytes ? text_base64url_decode(text, bytes) : -1;
    if (len >= 0) {
        text_base64url_encode(&again, slice_make((const char *)bytes, (size_t)len));
        if (!slice_equal(buf_slice(&again), text))
            die("another text for the same bytes", text);
    }
    buf_finish(&again);
}

static void any_url(struct slice text)
{
    struct error e = error_none();
    struct key_url url;

    if (key_url_read(&url, text, &e) && (strlen(url.path) == 0 || url.path[0] != '/'))
        die("a path without its beginning", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text;
    struct arena arena;

    if (size == 0)
        return 0;
    text = slice_make((const char *)data + 1, size - 1);
    arena_init(&arena, ARENA);
    switch (data[0] % 6) {
    case 0: any_token(text, &arena); break;
    case 1: any_claims(text, &arena); break;
    case 2: any_path(text, &arena); break;
    case 3: any_keys(text); break;
    case 4: any_base64(text, &arena); break;
    default: any_url(text); break;
    }
    arena_finish(&arena);
    return 0;
}
