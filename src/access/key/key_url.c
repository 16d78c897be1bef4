/*
 * The text of such an address.
 *
 * SPDX-License-Identifier: MIT
 */
#include "access/key/key_url.h"

#include <string.h>
#include <sys/un.h>

#include "base/parse.h"

#define PORT_MAX 65535

static bool shape(struct error *e)
{
    error_set(e, ERROR_USAGE, "it is neither http://HOST:PORT/PATH nor unix:SOCKET:/PATH");
    return error_hint(e, "Keys are fetched from this machine or a private network; a sidecar there "
                         "fetches them from elsewhere by https.");
}

/* What a line of a request may have in it. */
static bool is_plain(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.data[i] <= ' ' || s.data[i] > '~')
            return false;
    return true;
}

static bool copy(struct slice s, char *out, size_t size)
{
    if (s.len >= size || !is_plain(s))
        return false;
    memcpy(out, s.data, s.len);
    out[s.len] = '\0';
    return true;
}

static bool read_path(struct key_url *url, struct slice path)
{
    if (path.len == 0)
        path = (struct slice)SLICE_LITERAL("/");
    return path.data[0] == '/' && copy(path, url->path, sizeof url->path);
}

static bool read_port(struct key_url *url, struct slice port)
{
    int64_t number;

    if (port.len == 0)
        port = (struct slice)SLICE_LITERAL("80");
    if (!parse_int64(port, &number) || number < 1 || number > PORT_MAX)
        return false;
    return copy(port, url->port, sizeof url->port);
}

/* HOST, HOST:PORT, [IPv6], [IPv6]:PORT */
static bool read_authority(struct key_url *url, struct slice text)
{
    struct slice host, rest;
    size_t end;

    if (slice_has(text, '@')) /* a name and a password: nothing of ours */
        return false;
    if (text.len > 0 && text.data[0] == '[') {
        text = slice_after(text, 1);
        end = slice_find(text, ']');
        if (end == text.len)
            return false;
        rest = slice_after(text, end + 1);
    } else {
        end = slice_find(text, ':');
        rest = slice_after(text, end);
    }
    host = slice_first(text, end);
    if (rest.len > 0 && rest.data[0] != ':')
        return false;
    if (rest.len > 0)
        rest = slice_after(rest, 1);
    return host.len > 0 && copy(host, url->host, sizeof url->host) && read_port(url, rest);
}

static bool read_unix(struct key_url *url, struct slice text)
{
    size_t end = slice_find(text, ':');
    struct slice path = slice_after(text, end < text.len ? end + 1 : end);

    url->port[0] = '\0';
    if (end == 0 || end >= sizeof((struct sockaddr_un *)0)->sun_path)
        return false;
    return copy(slice_first(text, end), url->host, sizeof url->host) && read_path(url, path);
}

bool key_url_read(struct key_url *url, struct slice text, struct error *e)
{
    static const struct slice http = SLICE_LITERAL("http://"), local = SLICE_LITERAL("unix:");
    struct slice rest;
    size_t end;

    if (slice_begins(text, local))
        return read_unix(url, slice_after(text, local.len)) || shape(e);
    if (!slice_begins(text, http))
        return shape(e);
    rest = slice_after(text, http.len);
    end = slice_find(rest, '/');
    if (!read_authority(url, slice_first(rest, end)))
        return shape(e);
    return read_path(url, slice_after(rest, end)) || shape(e);
}
