/* SPDX-License-Identifier: MIT */
#include "access/token/token_sign.h"

#include <assert.h>

#include "access/key/token_keys.h"
#include "base/text.h"

#define HEADER_MAX 256
#define HS256_SIZE 32

static void add_header(struct buf *out, struct slice kid)
{
    char text[HEADER_MAX];
    struct buf header = {.data = text, .cap = sizeof text, .max = sizeof text};

    buf_add_text(&header, "{\"alg\":\"HS256\",\"typ\":\"JWT\"");
    if (kid.len > 0) {
        buf_add_text(&header, ",\"kid\":\"");
        buf_add_slice(&header, kid);
        buf_add_char(&header, '"');
    }
    buf_add_char(&header, '}');
    text_base64url_encode(out, buf_slice(&header));
    out->failed = out->failed || header.failed;
}

void token_sign(struct buf *out, struct slice secret, struct slice kid, struct slice claims)
{
    char mac[HS256_SIZE];
    struct buf signature = {.data = mac, .cap = sizeof mac, .max = sizeof mac};
    size_t from = out->len;

    assert(secret.len >= TOKEN_SECRET_MIN);
    add_header(out, kid);
    buf_add_char(out, '.');
    text_base64url_encode(out, claims);
    if (!out->failed)
        signature_add_hs256(&signature, secret, slice_make(out->data + from, out->len - from));
    buf_add_char(out, '.');
    text_base64url_encode(out, buf_slice(&signature));
    out->failed = out->failed || signature.failed;
}
