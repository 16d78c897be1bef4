/* SPDX-License-Identifier: MIT */
#include "access/account/account.h"

#include "access/account/password_worker.h"

#include <stdio.h>

#include "base/ascii.h"
#include "base/random.h"
#include "base/text.h"

#define LOCAL_MAX 64 /* RFC 5321 §4.5.3.1.1 */

/* Neither blank nor control character, and nothing that only a quoted one has. */
static bool is_of_address(char c)
{
    return (unsigned char)c > ' ' && c != 0x7f &&
           !slice_has((struct slice)SLICE_LITERAL("\"(),:;<>[\\]"), c);
}

static bool is_address(struct slice text)
{
    size_t at = slice_find(text, '@');

    if (at == 0 || at > LOCAL_MAX || at + 1 >= text.len || text.len > ACCOUNT_EMAIL_MAX)
        return false;
    if (slice_has(slice_after(text, at + 1), '@'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_of_address(text.data[i]))
            return false;
    }
    return text_utf8_valid(text);
}

bool account_email(struct slice text, char out[ACCOUNT_EMAIL_MAX + 1])
{
    text = text_trim(text);
    if (!is_address(text))
        return false;
    for (size_t i = 0; i < text.len; i++)
        out[i] = ascii_lower(text.data[i]);
    out[text.len] = '\0';
    return true;
}

bool account_id(char out[ACCOUNT_ID_SIZE], struct error *e)
{
    unsigned char b[16];

    if (!random_fill(b, sizeof b, e))
        return false;
    b[6] = (unsigned char)((b[6] & 15) | 64);
    b[8] = (unsigned char)((b[8] & 63) | 128);
    snprintf(out, ACCOUNT_ID_SIZE,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
    return true;
}

size_t accounts_waiting(const struct accounts *accounts)
{
    return accounts ? password_worker_waiting(accounts->worker) : 0;
}
