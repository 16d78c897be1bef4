/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log_sink.h"
#include "base/text.h"

/* The end of every line: "}\n". */
#define TAIL 2

/* Process-wide: a level for each thread would be of no use to anyone. */
static _Atomic int lowest = LOG_INFO;

static const char *const names[] = {"debug", "info", "warn", "error", "off"};

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&lowest, (int)level, memory_order_relaxed);
}

bool log_wanted(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&lowest, memory_order_relaxed);
}

bool log_level_parse(struct slice text, enum log_level *out)
{
    for (int i = 0; i <= LOG_OFF; i++) {
        if (text_equal_nocase(text, slice_from(names[i]))) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* Adds printf-style text whole, or not at all. */
static void add(struct log_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add(struct log_line *line, const char *format, ...)
{
    size_t room = sizeof line->text - TAIL - line->len;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(line->text + line->len, room, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < room)
        line->len += (size_t)n;
}

void log_begin(struct log_line *line, enum log_level level, const char *msg)
{
    char now[CLOCK_WALL_SIZE];

    line->on = log_wanted(level);
    line->len = 0;
    if (!line->on)
        return;
    clock_wall(now);
    add(line, "{\"time\":\"%s\",\"level\":\"%s\",\"msg\":\"%s\"", now, names[level], msg);
}

/* The longest prefix of `value` whose JSON form fits in `room` bytes, cut between characters. */
static struct slice fit(struct slice value, size_t room, struct buf *json)
{
    for (;;) {
        buf_clear(json);
        text_json_string(json, value);
        if (json->failed || json->len <= room || value.len == 0)
            return value;
        value.len -= json->len - room < value.len ? (json->len - room + 5) / 6 : value.len;
        while (value.len && (value.data[value.len] & 0xc0) == 0x80)
            value.len--;
    }
}

void log_text(struct log_line *line, const char *key, struct slice value)
{
    size_t room = sizeof line->text - TAIL - line->len;
    size_t key_len = strlen(key) + 4; /* ,"key": */
    struct buf json;

    if (!line->on || key_len + 2 > room)
        return;
    if (value.len > LOG_LINE_MAX)
        value.len = LOG_LINE_MAX;
    buf_init(&json, LOG_LINE_MAX * 6 + 2);
    fit(value, room - key_len, &json);
    if (!json.failed && json.len + key_len <= room) {
        add(line, ",\"%s\":", key);
        memcpy(line->text + line->len, json.data, json.len);
        line->len += json.len;
    }
    buf_finish(&json);
}

void log_int(struct log_line *line, const char *key, int64_t value)
{
    if (line->on)
        add(line, ",\"%s\":%lld", key, (long long)value);
}

void log_ms(struct log_line *line, const char *key, int64_t us)
{
    if (line->on)
        add(line, ",\"%s\":%lld.%03lld", key, (long long)(us / 1000), (long long)(us % 1000));
}

void log_end(struct log_line *line)
{
    if (!line->on)
        return;
    line->text[line->len++] = '}';
    line->text[line->len++] = '\n';
    log_sink_write(line->text, line->len);
}

__attribute__((format(printf, 2, 0))) static void say(enum log_level level, const char *format,
                                                      va_list args)
{
    char msg[1024];
    struct log_line line;

    vsnprintf(msg, sizeof msg, format, args);
    log_begin(&line, level, "");
    if (line.on) {
        line.len -= sizeof ",\"msg\":\"\"" - 1; /* log_begin's msg is a constant, this one is not */
        log_text(&line, "msg", slice_from(msg));
    }
    log_end(&line);
}

void log_say(enum log_level level, const char *format, ...)
{
    va_list args;

    if (!log_wanted(level))
        return;
    va_start(args, format);
    say(level, format, args);
    va_end(args);
}

void log_some(struct log_some *some, enum log_level level, const char *format, ...)
{
    va_list args;

    if (some->n++ >= LOG_SOME_MAX || !log_wanted(level))
        return;
    va_start(args, format);
    say(level, format, args);
    va_end(args);
}

void log_some_end(const struct log_some *some, enum log_level level, const char *rest)
{
    if (some->n > LOG_SOME_MAX)
        log_say(level, "%zu more: %s", some->n - LOG_SOME_MAX, rest);
}
