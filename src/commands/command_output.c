/* SPDX-License-Identifier: MIT */
#include "commands/command_output.h"

#include <stdio.h>

int command_fail(const struct error *e)
{
    fprintf(stderr, "thimble: %s\n", e->message);
    if (e->code == ERROR_USAGE)
        return EXIT_USAGE;
    return EXIT_FAILED;
}

int command_print(struct buf *out)
{
    bool ok = !out->failed;

    if (ok && out->len > 0)
        ok = fwrite(out->data, 1, out->len, stdout) == out->len && fflush(stdout) == 0;

    buf_finish(out);
    if (ok)
        return EXIT_DONE;
    return EXIT_FAILED;
}
