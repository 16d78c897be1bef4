/*
 * The progress bar, on a terminal (a pseudo-terminal is one) and on a file.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/progress.h"

static char seen[65536];

/* Sends stderr to `fd` and returns the old one. */
static int redirect(int fd)
{
    int old = dup(STDERR_FILENO);

    fflush(stderr);
    assert_true(old >= 0 && dup2(fd, STDERR_FILENO) == STDERR_FILENO);
    return old;
}

static void restore(int old)
{
    dup2(old, STDERR_FILENO);
    close(old);
}

/* A terminal of that many columns: the side that a person looks at. */
static int open_terminal(unsigned short columns, int *slave)
{
    const struct winsize size = {.ws_col = columns, .ws_row = 24};
    struct termios raw;
    int master = posix_openpt(O_RDWR | O_NOCTTY);

    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    *slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(*slave >= 0 && ioctl(*slave, TIOCSWINSZ, &size) == 0);
    assert_int_equal(tcgetattr(*slave, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(*slave, TCSANOW, &raw), 0);
    assert_int_equal(fcntl(master, F_SETFL, O_NONBLOCK), 0);
    return master;
}

/* All up to the line's end: what is written to one side of a terminal takes a moment to come out
 * of the other. */
static void read_line(int master)
{
    struct pollfd p = {.fd = master, .events = POLLIN};
    size_t n = 0;

    while ((n == 0 || seen[n - 1] != '\n') && poll(&p, 1, 10000) == 1) {
        ssize_t got = read(master, seen + n, sizeof seen - 1 - n);

        assert_true(got > 0);
        n += (size_t)got;
    }
    seen[n] = '\0';
}

/* What the terminal shows after `steps` steps of a tenth of a second each. */
static const char *shown(unsigned short columns, const char *what, int64_t total,
                         enum progress_unit unit, const int64_t *steps, size_t n)
{
    int slave, master = open_terminal(columns, &slave), old = redirect(slave);
    struct progress_bar bar;

    progress_begin(&bar, what, total, unit);
    for (size_t i = 0; i < n; i++) {
        usleep(PROGRESS_EVERY_US + 5000);
        for (int k = 0; k < 100; k++) /* drawn once, however often it is told */
            progress_at(&bar, steps[i]);
    }
    progress_end(&bar);
    restore(old);
    read_line(master);
    close(slave);
    close(master);
    return seen;
}

static size_t count(const char *text, char c)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == c;
    return n;
}

static void a_bar_on_a_terminal(void **state)
{
    const int64_t half[] = {1 << 20, 2 << 20, 4 << 20};
    const char *text = shown(100, "backup", 4 << 20, PROGRESS_BYTES, half, 3);
    (void)state;

    assert_int_equal(count(text, '\r'), 4);
    assert_int_equal(count(text, '\n'), 1);
    assert_int_equal(count(text, '\033'), 0);
    assert_non_null(strstr(text, "\rbackup  [##########          "));
    assert_non_null(strstr(text, " 25 %  1.0 MiB of 4.0 MiB, "));
    assert_non_null(strstr(text, " 50 %  2.0 MiB of 4.0 MiB, "));
    assert_non_null(strstr(text, "100 %  4.0 MiB, "));
    assert_non_null(strstr(text, " MiB/s, 0:00 left"));
}

/* A narrow terminal gets no line that it would break in two. */
static void a_line_never_breaks(void **state)
{
    const int64_t steps[] = {1, 500000, 1000000};
    (void)state;

    for (unsigned short columns = 20; columns <= 90; columns += 10) {
        const char *text = shown(columns, "import authors", 1000000, PROGRESS_ROWS, steps, 3);

        for (const char *at = strchr(text, '\r'); at; at = strchr(at, '\r')) {
            at++;
            assert_true(strcspn(at, "\r\n") < columns);
        }
    }
}

static void a_total_that_nobody_knows(void **state)
{
    const int64_t steps[] = {10, 1200};
    const char *text = shown(80, "import", 0, PROGRESS_ROWS, steps, 2);
    (void)state;

    assert_non_null(strstr(text, "\rimport  1200 rows, "));
    assert_non_null(strstr(text, " rows/s, 0:00"));
    assert_null(strstr(text, "%"));
    assert_null(strstr(text, "left"));
}

static void silence_on_a_file(void **state)
{
    FILE *file = tmpfile();
    struct progress_bar bar;
    int old;
    (void)state;

    assert_non_null(file);
    old = redirect(fileno(file));
    progress_begin(&bar, "backup", 100, PROGRESS_BYTES);
    usleep(PROGRESS_EVERY_US + 5000);
    progress_at(&bar, 50);
    progress_end(&bar);
    restore(old);
    assert_int_equal(lseek(fileno(file), 0, SEEK_END), 0);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bar_on_a_terminal),
        cmocka_unit_test(a_line_never_breaks),
        cmocka_unit_test(a_total_that_nobody_knows),
        cmocka_unit_test(silence_on_a_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
