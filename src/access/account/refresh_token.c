/* SPDX-License-Identifier: MIT */
#include "access/account/refresh_token.h"

#include "access/digest.h"
#include "access/key/signature.h"
#include "base/buf.h"
#include "base/parse.h"
#include "base/text.h"

#define MAC_SIZE 32

/* What no JWT begins with, whose secret may be the same. */
static const char label[] = "thimble refresh token:";

static void add_mac(struct buf *out, struct slice secret, struct slice what)
{
    char text[sizeof label + REFRESH_TOKEN_SIZE], mac[MAC_SIZE];
    struct buf input = {.data = text, .cap = sizeof text, .max = sizeof text};
    struct buf sum = {.data = mac, .cap = sizeof mac, .max = sizeof mac};

    buf_add_text(&input, label);
    buf_add_slice(&input, what);
    signature_add_hs256(&sum, secret, buf_slice(&input));
    text_base64url_encode(out, buf_slice(&sum));
}

void refresh_token_write(struct slice secret, struct slice session, int64_t counter,
                         char out[REFRESH_TOKEN_SIZE])
{
    struct buf text = {.data = out, .cap = REFRESH_TOKEN_SIZE - 1, .max = REFRESH_TOKEN_SIZE - 1};

    buf_add_slice(&text, session);
    buf_addf(&text, ".%lld", (long long)counter);
    const struct slice what = buf_slice(&text);

    buf_add_char(&text, '.');
    add_mac(&text, secret, what);
    out[text.len] = '\0';
}

bool refresh_token_read(struct slice secret, struct slice token, struct slice *session,
                        int64_t *counter)
{
    char ours[REFRESH_TOKEN_SIZE];
    struct slice rest, number;

    if (token.len >= REFRESH_TOKEN_SIZE || token.len <= REFRESH_SESSION ||
        token.data[REFRESH_SESSION] != '.')
        return false;
    *session = slice_first(token, REFRESH_SESSION);
    rest = slice_after(token, REFRESH_SESSION + 1);
    number = slice_first(rest, slice_find(rest, '.'));
    if (!parse_int64(number, counter))
        return false;
    refresh_token_write(secret, *session, *counter, ours);
    return digest_equal(token, slice_from(ours));
}
