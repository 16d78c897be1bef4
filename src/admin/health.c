/*
 * Health as Kubernetes asks for it: alive, and ready.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/verbs.h"
#include "base/text.h"
#include "store/run/reader.h"

/* One condition of readiness; false with the reason. */
typedef bool check_fn(struct call *call, struct error *e);

enum progress health_live(struct call *call)
{
    buf_add_text(&call->reply, "ok\n");
    call->content_type_out = "text/plain; charset=utf-8";
    call->outcome = OUTCOME_OK;
    call->cacheable = CACHEABLE_ALWAYS;
    return CALL_DONE;
}

static bool check_database(struct call *call, struct error *e)
{
    struct error cause = error_none();

    /* Whoever asks how it is does not wait while a changed schema is read. */
    if (!reader_begin_soon(call->reader, call->now_us, call->deadline_us, &cause) &&
        cause.code != ERROR_OVER_BUDGET) {
        if (!error_is_set(e))
            *e = cause;
        return false;
    }
    return reader_check(call->reader, e);
}

static bool check_writer(struct call *call, struct error *e)
{
    return writer_well(call->service->writer, e);
}

static bool check_migrations(struct call *call, struct error *e)
{
    return check_database(call, e) && call->service->migrated(call->service, call->reader, e);
}

static bool check_shutdown(struct call *call, struct error *e)
{
    return !atomic_load(call->service->draining) ||
           error_set(e, ERROR_DRAINING, "the server is shutting down");
}

static const struct {
    const char *name;
    check_fn *check;
} checks[] = {
    {"database", check_database},
    {"writer", check_writer},
    {"migrations", check_migrations},
    {"shutdown", check_shutdown},
};

bool health_is_ready(struct call *call)
{
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        struct error cause = error_none();

        if (!checks[i].check(call, &cause))
            return false;
    }
    return true;
}

static bool is_verbose(const struct call *call)
{
    return slice_is(call->query, "verbose") ||
           (call->query.len > 8 && memcmp(call->query.data, "verbose=", 8) == 0);
}

/* What else a check that passed has to say. */
static const char *note(const struct call *call, check_fn *check)
{
    bool writer = check == check_writer;

    return writer && call->service->read_only ? ": read-only" : "";
}

/* A write of now would be kept, but it would have to wait: true if that was said. */
static bool say_slow(struct call *call)
{
    static const char *const words[] = {
        [WRITER_LOCK] = "it has waited for another process's lock",
        [WRITER_JOB] = "one write has run",
        [WRITER_COMMIT] = "a commit has waited for the disk",
    };
    int64_t us;
    enum writer_work work = writer_slow(call->service->writer, &us);

    if (work == WRITER_IDLE)
        return false;
    buf_addf(&call->reply, "[+]writer slow: %s for %.1f s\n", words[work], (double)us / 1e6);
    return true;
}

/* What a check that passed has to say. */
static void say_passed(struct call *call, size_t i, bool verbose)
{
    if (checks[i].check == check_writer && say_slow(call))
        return;
    if (verbose)
        buf_addf(&call->reply, "[+]%s ok%s\n", checks[i].name, note(call, checks[i].check));
}

/* Failing checks are always named, and a slow writer; the others only with ?verbose. */
enum progress health_ready(struct call *call)
{
    bool verbose = is_verbose(call), ready = true;

    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        struct error cause = error_none();
        bool ok = checks[i].check(call, &cause);

        ready = ready && ok;
        if (ok)
            say_passed(call, i, verbose);
        else
            buf_addf(&call->reply, "[-]%s failed: %s\n", checks[i].name, cause.message);
    }
    if (verbose || !ready)
        buf_addf(&call->reply, "readyz check %s\n", ready ? "passed" : "failed");
    else
        buf_add_text(&call->reply, "ok\n");
    call->content_type_out = "text/plain; charset=utf-8";
    call->outcome = ready ? OUTCOME_OK : OUTCOME_UNREADY;
    return CALL_DONE;
}
