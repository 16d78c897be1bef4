/* SPDX-License-Identifier: MIT */
#include "base/progress.h"

#include <math.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"

#define LINE_MAX_LEN 512
#define BAR_MAX      40
#define BAR_MIN      8

/* How wide the terminal is; 80 if it does not say. */
static size_t columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    if (size.ws_col < LINE_MAX_LEN)
        return size.ws_col;
    return LINE_MAX_LEN - 1;
}

static void add_amount(struct buf *b, double n, enum progress_unit unit)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t i = 0;

    if (unit == PROGRESS_ROWS) {
        buf_addf(b, "%.0f", n);
        return;
    }
    for (; n >= 1024 && i + 1 < sizeof units / sizeof *units; i++)
        n /= 1024;
    buf_addf(b, "%.*f %s", i ? 1 : 0, n, units[i]);
}

static void add_time(struct buf *b, int64_t s)
{
    if (s >= 3600)
        buf_addf(b, "%lld:%02lld:%02lld", (long long)(s / 3600), (long long)(s / 60 % 60),
                 (long long)(s % 60));
    else
        buf_addf(b, "%lld:%02lld", (long long)(s / 60), (long long)(s % 60));
}

/* True if there is something to tell how long the rest takes by. */
static bool is_foreseeable(const struct progress_bar *p)
{
    return p->done > 0 && p->total > 0 && p->done <= p->total;
}

/* "12.0 MiB of 40.0 MiB, 310.5 MiB/s, 0:01 left" */
static void add_figures(struct buf *b, const struct progress_bar *p, int64_t now_us, bool ended)
{
    const char *rows = text_if(p->unit == PROGRESS_ROWS, " rows");
    double seconds = (double)(now_us - p->begun_us) / 1e6;
    double rate = 0;

    if (seconds > 0.001)
        rate = (double)p->done / seconds;
    add_amount(b, (double)p->done, p->unit);
    if (p->total > 0 && p->done < p->total) {
        buf_add_text(b, " of ");
        add_amount(b, (double)p->total, p->unit);
    }
    buf_addf(b, "%s, ", rows);
    add_amount(b, rate, p->unit);
    buf_addf(b, "%s/s, ", rows);
    if (!ended && is_foreseeable(p)) {
        add_time(b, (int64_t)((double)(p->total - p->done) / rate + 0.5));
        buf_add_text(b, " left");
    } else {
        add_time(b, (now_us - p->begun_us) / 1000000);
    }
}

/* "[#####     ]  50 %  " in what room the figures leave. */
static void add_bar(struct buf *b, const struct progress_bar *p, size_t room)
{
    double part = 1;
    size_t width = BAR_MAX;

    if (p->done < p->total)
        part = (double)p->done / (double)p->total;
    if (room < BAR_MAX + 10)
        width = room - 10;
    if (room >= BAR_MIN + 10) {
        size_t full = (size_t)ceil(part * (double)width);

        buf_add_char(b, '[');
        for (size_t i = 0; i < full; i++)
            buf_add_char(b, '#');
        for (size_t i = full; i < width; i++)
            buf_add_char(b, ' ');
        buf_add_text(b, "] ");
    }
    buf_addf(b, "%3d %%  ", (int)(part * 100));
}

static size_t cut(size_t n, size_t most)
{
    if (n < most)
        return n;
    return most;
}

static void draw(struct progress_bar *p, int64_t now_us, bool ended)
{
    size_t wide = columns() - 1, len;
    struct buf figures, line;

    buf_init(&figures, LINE_MAX_LEN);
    buf_init(&line, 2 * LINE_MAX_LEN);
    add_figures(&figures, p, now_us, ended);
    buf_addf(&line, "\r%.60s  ", p->what);
    if (p->total > 0)
        add_bar(&line, p, wide - cut(line.len + figures.len, wide));
    buf_add_slice(&line, buf_slice(&figures));
    len = cut(line.len - 1, wide);
    line.len = len + 1;
    for (size_t i = len; i < cut(p->drawn, wide); i++) /* over the longer line before */
        buf_add_char(&line, ' ');
    if (ended)
        buf_add_char(&line, '\n');
    if (!figures.failed && !line.failed) {
        if (write(STDERR_FILENO, line.data, line.len) < 0)
            p->on = false; /* the terminal is gone */
    }
    p->drawn = len;
    p->drawn_us = now_us;
    buf_finish(&figures);
    buf_finish(&line);
}

void progress_begin(struct progress_bar *p, const char *what, int64_t total,
                    enum progress_unit unit)
{
    int64_t now = clock_us();

    *p = (struct progress_bar){
        .on = isatty(STDERR_FILENO) == 1,
        .what = what,
        .total = total,
        .unit = unit,
        .begun_us = now,
        .drawn_us = now,
    };
}

void progress_at(struct progress_bar *p, int64_t done)
{
    int64_t now;

    p->done = done;
    if (!p->on)
        return;
    now = clock_us();
    if (now - p->drawn_us >= PROGRESS_EVERY_US)
        draw(p, now, false);
}

void progress_end(struct progress_bar *p)
{
    if (p->on)
        draw(p, clock_us(), true);
    p->on = false;
}
