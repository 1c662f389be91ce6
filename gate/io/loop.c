/*
 * A turn of the loop: sockets, timer and mail are handed to the shard as they come; then, in
 * the check phase, the shard ends its turn and everything that is owed is written. One async
 * handle stands for all that other threads want: mail of the bus, new connections, drain, stop.
 */
#include "gate/io/loop.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <uv.h>

#define TICK_MS 250

struct loop {
    uv_loop_t uv;
    uv_async_t async;
    uv_check_t check;
    uv_timer_t timer;
    loop_options options;
    tcp_hub hub;
    pthread_t thread;
    bool has_uv;
    bool has_lock;
    bool is_started;
    bool is_draining; /* the rest is the thread's own */
    bool is_drained;
    bool is_stopped;
    atomic_bool wants_drain;
    atomic_bool wants_stop;
    pthread_mutex_t lock;
    rtmi_list incoming; /* under the lock */
};

static void take_incoming(loop *self)
{
    for (;;) {
        (void)pthread_mutex_lock(&self->lock);
        rtmi_link *const link = rtmi_list_first(&self->incoming);
        if (link != NULL)
            rtmi_list_remove(link);
        (void)pthread_mutex_unlock(&self->lock);
        if (link == NULL)
            return;
        tcp_start(RTMI_CONTAINER(link, tcp_conn, link), &self->hub);
    }
}

/* Write what the shard owes. Ends of connections are news to the shard, so as long as there are. */
static void end_turn(loop *self)
{
    tcp_hub *const hub = &self->hub;

    do {
        conn *core;
        hub->has_closed = false;
        shard_end_turn(hub->shard, tcp_hub_now(hub));
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

static void on_check(uv_check_t *handle)
{
    loop *const self = handle->data;

    end_turn(self);
    if (atomic_load(&self->wants_stop) && !self->is_stopped) {
        self->is_stopped = true;
        take_incoming(self);
        tcp_hub_close(&self->hub);
        end_turn(self);
        uv_stop(&self->uv);
    }
    self->hub.now_is_read = false; /* the wait for events comes next */
}

static void on_async(uv_async_t *handle)
{
    loop *const self = handle->data;

    take_incoming(self);
    if (atomic_load(&self->wants_drain) && !self->is_draining) {
        self->is_draining = true;
        shard_drain(self->hub.shard);
    }
    shard_take_mail(self->hub.shard, tcp_hub_now(&self->hub));
    self->hub.log = shard_get_log(self->hub.shard); /* another one after a reload */
}

static void on_tick(uv_timer_t *handle)
{
    loop *const self = handle->data;

    tcp_hub_tick(&self->hub);
    shard_tick(self->hub.shard, tcp_hub_now(&self->hub));
    end_turn(self); /* timers run before the wait, and the check only after it */
    self->hub.now_is_read = false;
}

/* Called from any thread. */
static void wake(void *userdata)
{
    loop *const self = userdata;

    (void)uv_async_send(&self->async);
}

static void on_proved(void *io, void *userdata)
{
    (void)userdata;
    tcp_prove(io);
}

static int init_handles(loop *self)
{
    int r = uv_loop_init(&self->uv);

    if (r != 0)
        return r;
    self->has_uv = true;
    self->async.data = self->check.data = self->timer.data = self;
    r = uv_async_init(&self->uv, &self->async, on_async);
    if (r == 0)
        r = uv_check_init(&self->uv, &self->check);
    if (r == 0)
        r = uv_check_start(&self->check, on_check);
    if (r == 0)
        r = uv_timer_init(&self->uv, &self->timer);
    if (r == 0)
        r = uv_timer_start(&self->timer, on_tick, TICK_MS, TICK_MS);
    return r;
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
    tcp_hub_init(&self->hub, &self->uv, options->admission, &config->log);

    int r = pthread_mutex_init(&self->lock, NULL);
    if (r != 0) {
        (void)snprintf(reterr_text, text_size, "no lock: %s", uv_strerror(-r));
        goto fail;
    }
    self->has_lock = true;
    r = init_handles(self);
    if (r != 0) {
        (void)snprintf(reterr_text, text_size, "no event loop: %s", uv_strerror(r));
        goto fail;
    }
    bus_set_wake(config->bus, options->index, wake, self);
    if (shard_new(config, options->index, &driver, tcp_hub_now(&self->hub), &self->hub.shard,
                  reterr_text, text_size) < 0)
        goto fail;
    self->hub.now_is_read = false;
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
    (void)uv_run(&self->uv, UV_RUN_DEFAULT);
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

static void close_handle(uv_handle_t *handle, void *userdata)
{
    (void)userdata;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
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
    if (self->has_uv) {
        uv_walk(&self->uv, close_handle, NULL);
        (void)uv_run(&self->uv, UV_RUN_DEFAULT);
        (void)uv_loop_close(&self->uv);
    }
    if (self->hub.shard != NULL)
        shard_free(self->hub.shard);
    if (self->has_lock)
        (void)pthread_mutex_destroy(&self->lock);
    free(self);
}
