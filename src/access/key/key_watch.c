/* SPDX-License-Identifier: MIT */
#include "access/key/key_watch.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "access/key/key_url.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#define LOOK_US ((int64_t)1000000) /* at the file, and at what is asked for */

/* One fetch, and how soon the next follows one that failed. */
#define FETCH_US ((int64_t)5000000)
#define AGAIN_US ((int64_t)10000000)

#define OWN_MAX 256

/* What tells a file from what it was. */
struct stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
};

struct key_watch {
    struct key_watch_options options;
    struct key_url url;
    struct key_ring *ring;
    struct stamp stamp;   /* of the file, when it was read last */
    struct buf fetched;   /* the last keys that were fetched */
    int64_t fetch_us;     /* the next fetch */
    bool is_fetch_failed; /* it was said */
    char own[OWN_MAX], kid[OWN_MAX];

    pthread_mutex_t lock; /* guards the sources and `wake`; held while keys are read */
    pthread_cond_t wake;
    pthread_t thread;
    bool started;
    bool reread; /* asked for */
    _Atomic bool stopping;
};

/* A file that cannot be seen is as one of nothing: reading it will say why. */
static struct stamp stamp_of(const char *path)
{
    struct stamp stamp;
    struct stat st;

    memset(&stamp, 0, sizeof stamp);
    if (stat(path, &st) != 0)
        return stamp;
    stamp.device = st.st_dev;
    stamp.inode = st.st_ino;
    stamp.size = st.st_size;
    stamp.modified = st.st_mtim;
    return stamp;
}

static bool is_same(const struct stamp *a, const struct stamp *b)
{
    bool is_same_file = a->device == b->device && a->inode == b->inode && a->size == b->size;

    return is_same_file && a->modified.tv_sec == b->modified.tv_sec &&
           a->modified.tv_nsec == b->modified.tv_nsec;
}

/* Puts in force what the sources say now. Under the lock. */
static bool load(struct key_watch *w, struct error *e)
{
    struct token_keys *keys;

    if (w->options.sources.file[0])
        w->stamp = stamp_of(w->options.sources.file);
    if (!key_sources_any(&w->options.sources) && w->options.sources.fetched.len == 0)
        return true;
    keys = key_sources_load(&w->options.sources, e);
    if (!keys)
        return false;
    key_ring_set(w->ring, keys);
    return true;
}

static void say_kept(const struct error *why)
{
    struct log_line line;

    log_begin(&line, LOG_WARN, "keys for tokens stay as they were");
    log_text(&line, "error", slice_from(why->message));
    log_end(&line);
}

static void load_again(struct key_watch *w)
{
    struct error e = error_none();

    if (load(w, &e))
        log_say(LOG_INFO, "keys for tokens were read anew");
    else
        say_kept(&e);
}

/* The new keys, unless they are what they were; under the lock. Those that are none leave the old. */
static bool adopt(struct key_watch *w, struct buf *body, struct error *e)
{
    struct slice before = w->options.sources.fetched;
    struct buf old = w->fetched;

    if (slice_equal(before, buf_slice(body)))
        return true;
    w->options.sources.fetched = buf_slice(body);
    if (body->len == 0 || !load(w, e)) {
        w->options.sources.fetched = before;
        return error_set(e, ERROR_FAILURE, "--jwks-url: the answer is empty");
    }
    w->fetched = *body;
    *body = old;
    log_say(LOG_INFO, "keys for tokens were fetched");
    return true;
}

static bool fetch(struct key_watch *w, struct error *e)
{
    struct buf body;
    bool ok;

    buf_init(&body, KEY_SOURCE_MAX);
    ok = key_url_fetch(&w->url, clock_us() + FETCH_US, &w->stopping, &body, e);
    if (ok) {
        pthread_mutex_lock(&w->lock);
        ok = adopt(w, &body, e);
        pthread_mutex_unlock(&w->lock);
    }
    buf_finish(&body);
    return ok;
}

static void fetch_again(struct key_watch *w)
{
    struct error e = error_none();
    bool ok = fetch(w, &e);
    int64_t wait_us = w->options.interval_us;

    if (!ok && wait_us > AGAIN_US)
        wait_us = AGAIN_US;
    w->fetch_us = clock_us() + wait_us;
    if (!ok && !w->is_fetch_failed && !atomic_load(&w->stopping))
        say_kept(&e);
    w->is_fetch_failed = !ok;
    atomic_store(&w->ring->asked, false); /* whoever waits for a key has it now, or will not */
}

static bool is_fetch_due(const struct key_watch *w, bool reread)
{
    if (!w->options.url[0])
        return false;
    return reread || atomic_load(&w->ring->asked) || clock_us() >= w->fetch_us;
}

static void look_at_file(struct key_watch *w, bool reread)
{
    const char *path = w->options.sources.file;
    struct stamp now;

    if (!path[0])
        return;
    now = stamp_of(path);
    if (reread || !is_same(&now, &w->stamp))
        load_again(w);
}

/* A second, or until somebody wakes it. Under the lock. */
static void rest(struct key_watch *w)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LOOK_US / 1000000;
    pthread_cond_timedwait(&w->wake, &w->lock, &until);
}

static void *key_watch_main(void *context)
{
    struct key_watch *w = context;

    pthread_mutex_lock(&w->lock);
    while (!atomic_load(&w->stopping)) {
        bool reread = w->reread;

        w->reread = false;
        look_at_file(w, reread);
        if (is_fetch_due(w, reread)) {
            pthread_mutex_unlock(&w->lock);
            fetch_again(w);
            pthread_mutex_lock(&w->lock);
        }
        if (!w->reread && !atomic_load(&w->stopping))
            rest(w);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void init_lock(struct key_watch *w)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &attributes);
    pthread_condattr_destroy(&attributes);
}

static bool begin(struct key_watch *w, struct error *e)
{
    struct error why = error_none();
    bool has_url = w->options.url[0] != '\0';

    if (has_url && !key_url_read(&w->url, slice_from(w->options.url), &why)) {
        error_set(e, ERROR_USAGE, "--jwks-url: %s", why.message);
        return error_hint(e, "%s", why.hint);
    }
    if (!load(w, e))
        return false;
    atomic_store(&w->ring->may_ask, has_url);
    if (!has_url && !w->options.sources.file[0])
        return true;
    w->started = pthread_create(&w->thread, NULL, key_watch_main, w) == 0;
    return w->started || error_set(e, ERROR_FAILURE, "cannot start a thread");
}

struct key_watch *key_watch_start(const struct key_watch_options *options, struct key_ring *ring,
                                  struct error *e)
{
    struct key_watch *w = memory_alloc(MEMORY_OTHER, sizeof *w);

    if (!w) {
        error_set(e, ERROR_MEMORY, "out of memory for keys");
        return NULL;
    }
    memset(w, 0, sizeof *w);
    w->options = *options;
    w->ring = ring;
    buf_init(&w->fetched, KEY_SOURCE_MAX);
    init_lock(w);
    if (begin(w, e))
        return w;
    key_watch_stop(w);
    return NULL;
}

static void wake(struct key_watch *w, bool reread)
{
    pthread_mutex_lock(&w->lock);
    w->reread = w->reread || reread;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void key_watch_stop(struct key_watch *w)
{
    if (!w)
        return;
    atomic_store(&w->stopping, true);
    wake(w, false);
    if (w->started)
        pthread_join(w->thread, NULL);
    buf_finish(&w->fetched);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wake);
    memset(w->own, 0, sizeof w->own);
    memory_free(w);
}

void key_watch_reread(struct key_watch *w)
{
    if (w && w->started)
        wake(w, true);
}

bool key_watch_own(struct key_watch *w, struct slice secret, struct slice kid, struct error *e)
{
    bool ok;

    if (secret.len > sizeof w->own || kid.len > sizeof w->kid)
        return error_set(e, ERROR_FAILURE, "a secret has %d bytes at most", OWN_MAX);
    pthread_mutex_lock(&w->lock);
    memcpy(w->own, secret.data, secret.len);
    memcpy(w->kid, kid.data, kid.len);
    w->options.sources.own = slice_make(w->own, secret.len);
    w->options.sources.kid = slice_make(w->kid, kid.len);
    ok = load(w, e);
    pthread_mutex_unlock(&w->lock);
    return ok;
}
