/* SPDX-License-Identifier: MIT */
#include "base/progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

#define LINE_MAX_LEN 512
#define BAR_MAX      40
#define BAR_MIN      8

/* How wide the terminal is; 80 if it does not say. */
static size_t columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col < LINE_MAX_LEN ? size.ws_col : LINE_MAX_LEN - 1;
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

/* "12.0 MiB of 40.0 MiB, 310.5 MiB/s, 0:01 left" */
static void add_figures(struct buf *b, const struct progress_bar *p, int64_t now_us, bool ended)
{
    double seconds = (double)(now_us - p->begun_us) / 1e6;
    double rate = seconds > 0.001 ? (double)p->done / seconds : 0;

    add_amount(b, (double)p->done, p->unit);
    if (p->total > 0 && p->done < p->total) {
        buf_add_text(b, " of ");
        add_amount(b, (double)p->total, p->unit);
    }
    buf_add_text(b, p->unit == PROGRESS_ROWS ? " rows, " : ", ");
    add_amount(b, rate, p->unit);
    buf_add_text(b, p->unit == PROGRESS_ROWS ? " rows/s, " : "/s, ");
    if (!ended && p->total > 0 && p->done > 0 && p->done <= p->total) {
        add_time(b, (int64_t)((double)(p->total - p->done) / rate + 0.5));
        buf_add_text(b, " left");
    } else {
        add_time(b, (now_us - p->begun_us) / 1000000);
    }
}

/* "[#####     ]  50 %  " in what room the figures leave. */
static void add_bar(struct buf *b, const struct progress_bar *p, size_t room)
{
    double part = p->done < p->total ? (double)p->done / (double)p->total : 1;
    size_t width = room < BAR_MAX + 10 ? room - 10 : BAR_MAX;

    if (room >= BAR_MIN + 10) {
        buf_add_char(b, '[');
        for (size_t i = 0; i < width; i++)
            buf_add_char(b, (double)i < part * (double)width ? '#' : ' ');
        buf_add_text(b, "] ");
    }
    buf_addf(b, "%3d %%  ", (int)(part * 100));
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
        add_bar(&line, p, wide > line.len + figures.len ? wide - line.len - figures.len : 0);
    buf_add_slice(&line, buf_slice(&figures));
    len = line.len - 1 < wide ? line.len - 1 : wide;
    line.len = len + 1;
    for (size_t i = len; i < p->drawn && i < wide; i++) /* over the longer line before */
        buf_add_char(&line, ' ');
    if (ended)
        buf_add_char(&line, '\n');
    if (!figures.failed && !line.failed && write(STDERR_FILENO, line.data, line.len) < 0)
        p->on = false; /* the terminal is gone */
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
