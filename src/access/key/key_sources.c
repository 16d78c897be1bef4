/* SPDX-License-Identifier: MIT */
#include "access/key/key_sources.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define READ_SIZE ((size_t)4096)

/* The flag, and what is wrong with what it gives. */
static bool source_fault(const char *flag, const char *what, const struct error *why,
                         struct error *e)
{
    error_set(e, ERROR_USAGE, "%s: %s%s%s", flag, what, text_if(what[0] != '\0', ": "),
              why->message);
    if (why->hint[0])
        error_hint(e, "%s", why->hint);
    return false;
}

static bool read_all(int fd, struct buf *out)
{
    ssize_t n;

    do {
        char *to = buf_reserve(out, READ_SIZE);

        if (!to)
            return false;
        do
            n = read(fd, to, READ_SIZE);
        while (n < 0 && errno == EINTR);
        if (n < 0)
            return false;
        out->len += (size_t)n;
    } while (n > 0);
    return true;
}

bool key_sources_read_file(const char *path, struct buf *out, struct error *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool ok;

    if (fd < 0)
        return error_set(e, ERROR_USAGE, "cannot be read: %s", strerror(errno));
    errno = 0;
    ok = read_all(fd, out);
    if (!ok && out->failed)
        error_set(e, ERROR_USAGE, "it has more than %zu bytes", out->max);
    else if (!ok)
        error_set(e, ERROR_USAGE, "cannot be read: %s", strerror(errno));
    close(fd);
    return ok;
}

static bool add_file(struct token_keys *keys, const char *path, struct error *e)
{
    struct error why = error_none();
    struct buf text;
    bool ok;

    buf_init(&text, KEY_SOURCE_MAX + READ_SIZE);
    ok = key_sources_read_file(path, &text, &why) &&
         token_keys_add_jwks(keys, buf_slice(&text), &why);
    buf_finish(&text);
    return ok || source_fault("--jwks", path, &why, e);
}

/* Either alphabet, with its padding or without: what people have at hand. */
static bool decode_secret(struct slice text, struct buf *out)
{
    char *to;
    long len;

    while (text.len > 0 && text.data[text.len - 1] == '=')
        text.len--;
    to = buf_reserve(out, text.len + 4);
    if (!to)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        to[i] = text.data[i];
        if (to[i] == '+')
            to[i] = '-';
        else if (to[i] == '/')
            to[i] = '_';
    }
    len = text_base64url_decode(slice_make(to, text.len), (unsigned char *)to);
    if (len < 0)
        return false;
    out->len = (size_t)len;
    return true;
}

static bool add_base64(struct token_keys *keys, struct slice secret, struct error *e)
{
    struct slice none = {NULL, 0};
    struct buf bytes;
    bool ok;

    buf_init(&bytes, KEY_SOURCE_MAX);
    if (decode_secret(secret, &bytes))
        ok = token_keys_add_secret(keys, buf_slice(&bytes), none, e);
    else
        ok = error_set(e, ERROR_USAGE, "it is not base64, as --jwt-secret-is-base64 says");
    buf_finish(&bytes);
    return ok;
}

/* JSON is a key, or several, as PostgREST has it; another text is the secret itself. */
static bool add_secret(struct token_keys *keys, const struct key_sources *s, struct error *e)
{
    struct slice none = {NULL, 0};
    struct error why = error_none();
    bool ok;

    if (text_trim(s->secret).data[0] == '{')
        ok = token_keys_add_jwks(keys, s->secret, &why);
    else if (s->secret_is_base64)
        ok = add_base64(keys, s->secret, &why);
    else
        ok = token_keys_add_secret(keys, s->secret, none, &why);
    return ok || source_fault("--jwt-secret", "", &why, e);
}

static bool add_fetched(struct token_keys *keys, struct slice json, struct error *e)
{
    struct error why = error_none();

    return token_keys_add_jwks(keys, json, &why) || source_fault("--jwks-url", "", &why, e);
}

static bool add_sources(struct token_keys *keys, const struct key_sources *s, struct error *e)
{
    if (s->secret.len > 0 && !add_secret(keys, s, e))
        return false;
    if (s->file[0] && !add_file(keys, s->file, e))
        return false;
    if (s->fetched.len > 0 && !add_fetched(keys, s->fetched, e))
        return false;
    return s->own.len == 0 || token_keys_add_secret(keys, s->own, s->kid, e);
}

struct token_keys *key_sources_load(const struct key_sources *sources, struct error *e)
{
    struct token_keys *keys = token_keys_new();

    if (!keys) {
        error_set(e, ERROR_MEMORY, "out of memory for keys");
        return NULL;
    }
    if (add_sources(keys, sources, e))
        return keys;
    token_keys_drop(keys);
    return NULL;
}
