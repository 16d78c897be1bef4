/* SPDX-License-Identifier: MIT */
#include "serve/surroundings.h"

#include <stdlib.h>
#include <string.h>

#include "http/cors.h"
#include "http/hosts.h"
#include "http/listen.h"

/* An octal number, as chmod(1) takes it. */
static bool read_mode(const char *text, unsigned *mode, struct error *e)
{
    size_t len = strspn(text, "01234567");

    if (len == 0 || len > 4 || text[len] || strtoul(text, NULL, 8) > 0777)
        return error_set(e, ERROR_USAGE,
                         "--socket-mode: \"%s\" is not a mode from 0 to 777, as 660", text);
    *mode = (unsigned)strtoul(text, NULL, 8);
    return true;
}

static bool read_proxies(const char *list, struct networks *networks, struct error *e)
{
    struct error why = error_none();

    if (networks_parse(networks, slice_from(list), &why))
        return true;
    return error_set(e, ERROR_USAGE, "--trusted-proxies: %s", why.message);
}

static bool read_rate(const char *flag, const char *text, enum rate_class of,
                      struct rate_rules *rates, struct error *e)
{
    struct error why = error_none();

    if (rate_parse(&rates->of[of], of, slice_from(text), &why))
        return true;
    return error_set(e, ERROR_USAGE, "%s: %s", flag, why.message);
}

static bool read_rates(const struct config *c, struct rate_rules *rates, struct error *e)
{
    const char *anonymous = c->rate_limit_anonymous;

    if (strcmp(anonymous, "same") == 0)
        anonymous = c->rate_limit;
    return read_rate("--rate-limit", c->rate_limit, RATE_KNOWN, rates, e) &&
           read_rate("--rate-limit-anonymous", anonymous, RATE_ANONYMOUS, rates, e);
}

static bool check_backups(const struct config *c, struct error *e)
{
    return !c->backup_interval_ms || c->backup_dir[0] ||
           error_set(e, ERROR_USAGE, "--backup-interval needs a folder: --backup-dir DIR");
}

static bool takes_any_port(const char *address)
{
    return strcmp(strrchr(address, ':'), ":0") == 0;
}

static bool check_addresses(const struct config *c, bool inherits, struct error *e)
{
    if (!inherits && !listen_check(c->listen, e))
        return false;
    if (!inherits && strcmp(c->metrics_listen, c->listen) == 0 && !takes_any_port(c->listen))
        return error_set(e, ERROR_USAGE, "--metrics-listen: %s is the address of --listen as well",
                         c->listen);
    return !c->metrics_listen[0] || listen_check(c->metrics_listen, e);
}

bool surroundings_take(struct surroundings *s, const struct config *c, struct error *e)
{
    if (!check_backups(c, e))
        return false;
    if (!cors_check(c->cors_origins, e) || !hosts_check_list(c->allowed_hosts, e))
        return false;
    if (!notify_open(&s->notifier, e))
        return false;
    if (!inherit_take(&s->inherited, e))
        return false;
    if (!read_mode(c->socket_mode, &s->socket_mode, e))
        return false;
    if (!read_rates(c, &s->rates, e))
        return false;
    if (!read_proxies(c->trusted_proxies, &s->trusted_proxies, e))
        return false;
    return check_addresses(c, s->inherited.count > 0, e);
}

void surroundings_leave(struct surroundings *s)
{
    inherit_close(&s->inherited);
    notify_close(&s->notifier);
}
