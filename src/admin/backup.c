/*
 * POST /_backup: a backup in --backup-dir, now. For the operators' listener, and for roles for which no
 * policies hold.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/verbs.h"
#include "base/text.h"
#include "store/access/access.h"
#include "store/catalog/catalog.h"
#include "store/files/backup_scheduler.h"

/* Back on the loop: it is made, or the job's error says why not. */
static enum progress finish(struct call *call)
{
    const struct backup_scheduler_made *m = call->state;
    struct buf *b = &call->reply;

    if (error_is_set(&call->error))
        return call_fail(call);
    buf_add_text(b, "{\"file\":");
    text_json_string(b, slice_from(m->file));
    buf_addf(b, ",\"bytes\":%lld,\"duration_ms\":%lld,\"wal_pinned_ms\":%lld",
             (long long)m->made.bytes, (long long)(m->made.us / 1000),
             (long long)(m->made.pinned_us / 1000));
    if (m->made.orphans >= 0)
        buf_addf(b, ",\"foreign_key_violations\":%lld", (long long)m->made.orphans);
    if (m->made.unchecked > 0)
        buf_addf(b, ",\"unchecked_tables\":%lld", (long long)m->made.unchecked);
    buf_add_text(b, "}\n");
    call->content_type_out = "application/json";
    call->outcome = OUTCOME_CREATED;
    return CALL_DONE;
}

/* Every row is in it: it is for whom no row is hidden. */
static bool may_back_up(struct call *call)
{
    const struct access *access;

    if (call->admin)
        return true;
    if (!call_begin(call))
        return false;
    access = call->catalog->access;
    if (access && access->roles[call->catalog->role].bypass_rls)
        return true;
    error_set(&call->error, ERROR_FORBIDDEN, "permission denied to make a backup");
    return error_hint(&call->error, "A role with BYPASSRLS may, and who reaches --metrics-listen.");
}

/* Its deadline is --backup-timeout, not the request's. */
enum progress backup_create(struct call *call)
{
    struct backup_scheduler *backups = call->service->backups;
    struct backup_scheduler_made *made;

    if (!may_back_up(call))
        return call_fail(call);
    if (!backups) {
        error_set(&call->error, ERROR_NO_ROUTE, "there is no folder for backups");
        error_hint(&call->error, "Name one with --backup-dir.");
        return call_fail(call);
    }
    made = arena_zeroed(&call->arena, 1, sizeof *made);
    if (!made) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        return call_fail(call);
    }
    call->state = made;
    call->finish = finish;
    call->job.completions = call->completions;
    call->job.error = &call->error;
    if (backup_scheduler_submit(backups, &call->job, made))
        return CALL_WAITING;
    return call_fail(call);
}
