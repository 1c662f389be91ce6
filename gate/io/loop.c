/*
 * A turn of the loop: what epoll tells of sockets, mail and time are handed to the shard; then
 * it ends its turn and everything that is owed is written. One eventfd stands for all that other
 * threads want: mail of the bus, new connections, drain, stop.
 *
 * A turn ends when it has read TURN_BYTES, and the next goes on with what epoll has told, so that
 * many busy peers make turns, not one long one: what the first of them sent is on its way to
 * clients and to other shards while the rest is read, and has not left the caches yet.
 *
 * Mail that the shard sends to itself, as a store in memory does when it has committed, needs no
 * descriptor: it is taken in the same turn, so that what it brings leaves with the turn's writes.
 */
#include "gate/io/loop.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/num.h"

#define TICK_MS 250
#define EVENTS_MAX 1024
#define TURN_BYTES ((size_t)256 * 1024) /* with them no further connection is read */
#define INCOMING_MAX 256                /* new connections in one turn */
#define OWN_MAIL_MAX 16                 /* times that mail to itself is taken in one turn */

struct loop {
    int epoll_fd;
    int wake_fd;
    loop_options options;
    tcp_hub hub;
    pthread_t thread;
    bool has_lock;
    bool is_started;
    bool has_wishes; /* of other threads; the rest is the thread's own */
    bool has_mail;   /* from the shard to itself */
    bool is_draining;
    bool is_drained;
    bool is_stopped;
    int64_t tick_ms;      /* when the next is due */
    atomic_bool is_woken; /* wake_fd is written and not read yet */
    atomic_bool wants_drain;
    atomic_bool wants_stop;
    pthread_mutex_t lock;
    rtmi_list incoming; /* under the lock */
    int next_event;     /* the first that was not looked at, of event_count */
    int event_count;
    struct epoll_event events[EVENTS_MAX];
};

/* The loop whose thread this is. */
static _Thread_local const loop *here;

/* Begin with new connections; true when more of them wait. */
static bool take_incoming(loop *self)
{
    rtmi_list taken;
    rtmi_link *link;

    rtmi_list_init(&taken);
    (void)pthread_mutex_lock(&self->lock);
    for (int i = 0; i < INCOMING_MAX && (link = rtmi_list_first(&self->incoming)) != NULL; i++) {
        rtmi_list_remove(link);
        rtmi_list_push(&taken, link);
    }
    const bool more = !rtmi_list_is_empty(&self->incoming);
    (void)pthread_mutex_unlock(&self->lock);
    while ((link = rtmi_list_first(&taken)) != NULL) {
        rtmi_list_remove(link);
        tcp_start(RTMI_CONTAINER(link, tcp_conn, link), &self->hub);
    }
    return more;
}

static void take_mail(loop *self)
{
    self->has_mail = false;
    shard_take_mail(self->hub.shard, tcp_hub_now(&self->hub));
    self->hub.log = shard_get_log(self->hub.shard); /* another one after a reload */
}

/* All that other threads want. */
static void take_wishes(loop *self)
{
    self->has_wishes = take_incoming(self);
    if (atomic_load(&self->wants_drain) && !self->is_draining) {
        self->is_draining = true;
        shard_drain(self->hub.shard);
    }
    take_mail(self);
}

/* Write what the shard owes. Ends of connections are news to the shard, so as long as there are. */
static void end_turn(loop *self)
{
    tcp_hub *const hub = &self->hub;

    do {
        conn *core;
        hub->has_closed = false;
        shard_end_turn(hub->shard, tcp_hub_now(hub));
        for (int i = 0; self->has_mail && i < OWN_MAIL_MAX; i++) {
            take_mail(self);
            shard_end_turn(hub->shard, tcp_hub_now(hub));
        }
        while ((core = shard_next_dirty(hub->shard)) != NULL)
            tcp_flush(conn_get_io(core));
    } while (hub->has_closed);
    shard_written(hub->shard);

    if (self->is_draining && !self->is_drained && shard_is_drained(hub->shard) &&
        tcp_hub_is_flushed(hub)) {
        self->is_drained = true;
        if (self->options.drained != NULL)
            self->options.drained(self->options.userdata);
    }
}

static void read_wake(loop *self)
{
    uint64_t count;

    (void)!read(self->wake_fd, &count, sizeof count);
    /* Whoever finds it set from here on has sent what he wants before, so we see it below. */
    (void)atomic_exchange(&self->is_woken, false);
    self->has_wishes = true;
}

/* Wait for something to do, unless there is something left. */
static void wait_for_events(loop *self)
{
    const int64_t left_ms = rtmi_max_i64(self->tick_ms - tcp_hub_now(&self->hub).mono_ms, 0);
    const bool is_busy = self->has_mail || self->has_wishes;

    self->next_event = 0;
    self->event_count =
        epoll_wait(self->epoll_fd, self->events, EVENTS_MAX, is_busy ? 0 : (int)left_ms);
}

/* Whether epoll has told more than was looked at; it tells -1 when it was interrupted. */
static bool has_events(const loop *self)
{
    return self->next_event < self->event_count;
}

static void take_events(loop *self)
{
    tcp_hub *const hub = &self->hub;

    for (hub->received = 0; has_events(self) && hub->received < TURN_BYTES; self->next_event++) {
        const struct epoll_event *const event = &self->events[self->next_event];
        if (event->data.ptr == NULL)
            read_wake(self);
        else
            tcp_ready(event->data.ptr, event->events);
    }
    /* Other shards' mail need not wait for the rest. */
    self->has_mail |= has_events(self);
}

static void turn(loop *self)
{
    tcp_hub *const hub = &self->hub;

    if (!has_events(self))
        wait_for_events(self);
    hub->now_is_read = false;
    take_events(self);
    if (self->has_wishes)
        take_wishes(self);
    else if (self->has_mail)
        take_mail(self);
    if (tcp_hub_now(hub).mono_ms >= self->tick_ms) {
        self->tick_ms = tcp_hub_now(hub).mono_ms + TICK_MS;
        tcp_hub_tick(hub);
        shard_tick(hub->shard, tcp_hub_now(hub));
    }
    end_turn(self);
    if (atomic_load(&self->wants_stop)) {
        self->is_stopped = true;
        while (take_incoming(self))
            ;
        tcp_hub_close(hub);
        end_turn(self);
    }
    if (!has_events(self) || self->is_stopped) /* else some may be of those that have gone */
        tcp_hub_sweep(hub);
}

/* Called from any thread. */
static void wake(void *userdata)
{
    loop *const self = userdata;
    const uint64_t one = 1;

    if (here == self)
        self->has_mail = true;
    else if (!atomic_exchange(&self->is_woken, true))
        (void)!write(self->wake_fd, &one, sizeof one);
}

static void on_proved(void *io, void *userdata)
{
    (void)userdata;
    tcp_prove(io);
}

static int open_descriptors(loop *self)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

    self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->epoll_fd < 0 || self->wake_fd < 0)
        return -1;
    return epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, self->wake_fd, &event);
}

int loop_new(const loop_options *options, loop **ret_loop, char *reterr_text, size_t text_size)
{
    const gate_config *const config = options->config;
    const shard_driver driver = {.userdata = NULL, .proved = on_proved};
    loop *const self = calloc(1, sizeof *self);

    if (self == NULL) {
        (void)snprintf(reterr_text, text_size, "out of memory");
        return -1;
    }
    self->options = *options;
    rtmi_list_init(&self->incoming);
    atomic_init(&self->wants_drain, false);
    atomic_init(&self->wants_stop, false);
    atomic_init(&self->is_woken, false);
    self->epoll_fd = self->wake_fd = -1;
    tcp_hub_init(&self->hub, -1, options->admission, &config->log);

    const int r = pthread_mutex_init(&self->lock, NULL);
    if (r != 0) {
        (void)snprintf(reterr_text, text_size, "no lock: %s", strerror(r));
        goto fail;
    }
    self->has_lock = true;
    if (open_descriptors(self) < 0) {
        (void)snprintf(reterr_text, text_size, "no event loop: %s", strerror(errno));
        goto fail;
    }
    self->hub.epoll_fd = self->epoll_fd;
    bus_set_wake(config->bus, options->index, wake, self);
    if (shard_new(config, options->index, &driver, tcp_hub_now(&self->hub), &self->hub.shard,
                  reterr_text, text_size) < 0)
        goto fail;
    *ret_loop = self;
    return 0;

fail:
    loop_free(self);
    return -1;
}

static void *run(void *userdata)
{
    loop *const self = userdata;

    if (self->options.started != NULL)
        self->options.started(self->options.index, self->options.userdata);
    here = self;
    self->hub.now_is_read = false;
    self->tick_ms = tcp_hub_now(&self->hub).mono_ms + TICK_MS;
    while (!self->is_stopped)
        turn(self);
    return NULL;
}

int loop_start(loop *self)
{
    sigset_t all;
    sigset_t before;

    /* Signals are the main thread's. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int r = pthread_create(&self->thread, NULL, run, self);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0)
        return -1;
    self->is_started = true;
    return 0;
}

void loop_give(loop *self, tcp_conn *connection)
{
    (void)pthread_mutex_lock(&self->lock);
    rtmi_list_push(&self->incoming, &connection->link);
    (void)pthread_mutex_unlock(&self->lock);
    wake(self);
}

void loop_drain(loop *self)
{
    atomic_store(&self->wants_drain, true);
    wake(self);
}

void loop_stop(loop *self)
{
    atomic_store(&self->wants_stop, true);
    wake(self);
}

void loop_join(loop *self)
{
    if (!self->is_started)
        return;
    (void)pthread_join(self->thread, NULL);
    self->is_started = false;
}

const shard_stats *loop_get_stats(const loop *self)
{
    return shard_get_stats(self->hub.shard);
}

const shard_cell *loop_get_metrics(const loop *self)
{
    return shard_get_metrics(self->hub.shard);
}

void loop_free(loop *self)
{
    rtmi_link *link;

    if (self == NULL)
        return;
    assert(!self->is_started);
    while ((link = rtmi_list_first(&self->incoming)) != NULL) {
        rtmi_list_remove(link);
        tcp_discard(RTMI_CONTAINER(link, tcp_conn, link), self->options.admission);
    }
    if (self->epoll_fd >= 0)
        (void)close(self->epoll_fd);
    if (self->wake_fd >= 0)
        (void)close(self->wake_fd);
    if (self->hub.shard != NULL)
        shard_free(self->hub.shard);
    if (self->has_lock)
        (void)pthread_mutex_destroy(&self->lock);
    free(self);
}
