/*
 * Threads that run the callbacks for messages and events. A conversation belongs to one thread,
 * by its hash, so its order is kept without further thought. One lock guards the queues and the
 * figures; it is held for moments only, never during a callback.
 *
 * The bound is over all queues together. What the policy drops is dropped on the client's
 * thread, which alone may answer a push.
 */
#include "lib/client/workers.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

#include "lib/base/num.h"
#include "lib/client/client_impl.h"
#include "lib/client/delivery.h"

#define THREADS_MAX 256
#define MESSAGES_DEFAULT 10000
#define BYTES_DEFAULT ((size_t)16 * 1024 * 1024)

/* The options without what stands behind the policy. */
#define OPTIONS_SIZE_MIN (offsetof(rtm_workers_options, policy) + sizeof(rtm_slow_policy))

typedef struct worker {
    rtm_workers *workers;
    pthread_t thread;
    pthread_cond_t has_work;
    rtmi_list queue;
} worker;

struct rtm_workers {
    rtm_client *client;
    pthread_mutex_t lock; /* guards all below that changes */
    size_t max_messages;
    size_t max_bytes;
    rtm_slow_policy policy;
    rtm_worker_fn *enter;
    rtm_worker_fn *leave;
    void *userdata;
    size_t messages; /* waiting or in a callback */
    size_t bytes;
    uint64_t delivered;
    rtmi_list by_age; /* all that wait */
    bool is_stopping;
    bool is_full; /* the client has stopped reading, and is to be woken */
    unsigned thread_count;
    unsigned alive_count; /* threads that have not ended */
    worker threads[];
};

static bool is_over(const rtm_workers *workers)
{
    return workers->messages >= workers->max_messages || workers->bytes >= workers->max_bytes;
}

/* Whether so many bytes more may wait; one message always may. */
static bool fits(const rtm_workers *workers, size_t size)
{
    return workers->messages == 0 ||
           (workers->messages < workers->max_messages &&
            size <= workers->max_bytes - rtmi_min_size(workers->bytes, workers->max_bytes));
}

/* Run one callback, without the lock; whether the item is the user's now, and maybe gone. */
static bool run_item(rtm_workers *workers, client_item *item)
{
    rtmi_current = (client_current){.item = item, .hub = workers->client->hub};
    if (item->is_event)
        item->event_fn(workers->client, &item->event, item->userdata);
    else
        item->message_fn(workers->client, &item->message, item->userdata);
    rtmi_current.item = NULL;
    rtmi_current.hub = NULL;
    return rtmi_current.is_taken;
}

/* Take an item out of the figures, with the lock held; whether the client is to be woken. */
static bool forget_item(rtm_workers *workers, size_t size)
{
    workers->messages--;
    workers->bytes -= size;
    if (!workers->is_full || workers->messages > workers->max_messages / 2 ||
        workers->bytes > workers->max_bytes / 2)
        return false;
    workers->is_full = false;
    return true;
}

/* With the lock held, which is let go meanwhile: begin or end a run of callbacks. */
static void turn_run(rtm_workers *workers, bool *is_running)
{
    rtm_worker_fn *fn = *is_running ? workers->leave : workers->enter;

    *is_running = !*is_running;
    if (fn == NULL)
        return;
    (void)pthread_mutex_unlock(&workers->lock);
    fn(workers->userdata);
    (void)pthread_mutex_lock(&workers->lock);
}

static void *work(void *userdata)
{
    worker *self = userdata;
    rtm_workers *workers = self->workers;
    bool is_running = false;
    rtmi_link *link;

    (void)pthread_mutex_lock(&workers->lock);
    while (!workers->is_stopping) {
        link = rtmi_list_first(&self->queue);
        if ((link != NULL) != is_running) {
            turn_run(workers, &is_running);
            continue; /* the queue may be another now */
        }
        if (link == NULL) {
            (void)pthread_cond_wait(&self->has_work, &workers->lock);
            continue;
        }
        client_item *item = RTMI_CONTAINER(link, client_item, link);
        rtmi_list_remove(&item->link);
        rtmi_list_remove(&item->age_link);
        (void)pthread_mutex_unlock(&workers->lock);

        const size_t size = item->size;
        const bool is_taken = run_item(workers, item);

        (void)pthread_mutex_lock(&workers->lock);
        workers->delivered++;
        if (forget_item(workers, size))
            rtm_client_wakeup(workers->client);
        (void)pthread_mutex_unlock(&workers->lock);
        if (!is_taken)
            rtmi_item_end(item, RTMI_RECEIPT_HANDLED);
        (void)pthread_mutex_lock(&workers->lock);
    }
    if (is_running)
        turn_run(workers, &is_running);
    workers->alive_count--;
    rtm_client_wakeup(workers->client);
    (void)pthread_mutex_unlock(&workers->lock);
    return NULL;
}

static uint64_t conversation_of_message(const rtm_message *m)
{
    const uint64_t kind = (uint64_t)m->kind;

    if (m->kind != RTM_KIND_P2P)
        return rtmi_mix64((uint64_t)m->to ^ (kind << 56));
    /* Both directions are one conversation. */
    return rtmi_mix64(rtmi_mix64((uint64_t)rtmi_min_i64(m->from, m->to)) +
                      (uint64_t)rtmi_max_i64(m->from, m->to));
}

/* Tell the user of a counted drop, and end it. On the client's thread. */
static void drop(rtm_client *client, client_item *item, rtmi_receipt_end end)
{
    if (client->monitor.dropped != NULL && !client->is_free_wanted)
        client->monitor.dropped(client, item->is_event ? NULL : &item->message,
                                item->is_event ? &item->event : NULL, client->monitor.userdata);
    rtmi_item_end_now(item, end);
}

/* No memory for a copy: the connection is cut, so that a gap tells of what is missing. */
static void lose_unkept(rtm_client *client)
{
    rtmi_receipt receipt;

    rtmi_session_keep(client->session, &receipt, false);
    rtmi_receipt_done(&receipt, RTMI_RECEIPT_ABANDONED);
    client->dropped++;
    rtmi_client_lose_later(client, RTM_E_NOMEM);
}

/* Make room by giving up the oldest that wait; with the lock held. How many. */
static size_t evict(rtm_workers *workers, size_t size, rtmi_list *evicted)
{
    size_t count = 0;
    rtmi_link *link;

    while (!fits(workers, size) && (link = rtmi_list_first(&workers->by_age)) != NULL) {
        client_item *oldest = RTMI_CONTAINER(link, client_item, age_link);
        rtmi_list_remove(&oldest->link);
        rtmi_list_remove(link);
        (void)forget_item(workers, oldest->size);
        rtmi_list_push(evicted, &oldest->link);
        count++;
    }
    return count;
}

/* Put an item into its queue; with the lock held. */
static void enqueue(rtm_workers *workers, worker *to, client_item *item)
{
    if (rtmi_list_is_empty(&to->queue))
        (void)pthread_cond_signal(&to->has_work);
    rtmi_list_push(&to->queue, &item->link);
    rtmi_list_push(&workers->by_age, &item->age_link);
    workers->messages++;
    workers->bytes += item->size;
    workers->is_full = workers->policy == RTM_SLOW_WAIT && is_over(workers);
}

static void submit(rtm_workers *workers, client_item *item, uint64_t conversation)
{
    rtm_client *client = workers->client;
    worker *to = &workers->threads[conversation % workers->thread_count];
    rtmi_list evicted;
    rtmi_link *link;

    rtmi_list_init(&evicted);
    item->userdata = client->monitor.userdata;
    item->has_receipt = true;
    rtmi_session_keep(client->session, &item->receipt, client->answer_mode == RTM_ANSWER_ON_RETURN);
    (void)pthread_mutex_lock(&workers->lock);
    if (workers->policy == RTM_SLOW_DROP_OLDEST)
        client->dropped += evict(workers, item->size, &evicted);
    const bool is_in = workers->policy == RTM_SLOW_WAIT || fits(workers, item->size);
    if (is_in)
        enqueue(workers, to, item);
    const bool is_full = workers->is_full;
    (void)pthread_mutex_unlock(&workers->lock);

    client->dropped += !is_in;
    if (is_full)
        rtmi_client_pause(client, CLIENT_PAUSE_WORKERS);
    if (rtmi_session_get_unanswered(client->session) >= client->max_unanswered)
        rtmi_client_pause(client, CLIENT_PAUSE_UNANSWERED);
    while ((link = rtmi_list_first(&evicted)) != NULL) {
        rtmi_list_remove(link);
        drop(client, RTMI_CONTAINER(link, client_item, link), RTMI_RECEIPT_DROPPED);
    }
    if (is_in)
        return;
    const bool is_cut = workers->policy == RTM_SLOW_DISCONNECT;
    drop(client, item, is_cut ? RTMI_RECEIPT_ABANDONED : RTMI_RECEIPT_DROPPED);
    if (is_cut)
        rtmi_client_lose_later(client, RTM_E_FULL);
}

void rtmi_workers_take_message(rtm_workers *workers, const rtm_message *message, rtm_message_fn *fn)
{
    client_item *item = rtmi_item_of_message(workers->client->hub, message);

    if (item == NULL) {
        lose_unkept(workers->client);
        return;
    }
    item->message_fn = fn;
    submit(workers, item, conversation_of_message(message));
}

void rtmi_workers_take_event(rtm_workers *workers, const rtm_event *event, rtm_event_fn *fn)
{
    client_item *item = rtmi_item_of_event(workers->client->hub, event);

    if (item == NULL) {
        lose_unkept(workers->client);
        return;
    }
    item->event_fn = fn;
    submit(workers, item, rtmi_mix64((uint64_t)event->uid));
}

bool rtmi_workers_is_full(rtm_workers *workers)
{
    (void)pthread_mutex_lock(&workers->lock);
    const bool is_full = workers->is_full;
    (void)pthread_mutex_unlock(&workers->lock);
    return is_full;
}

void rtmi_workers_count(rtm_workers *workers, uint64_t *ret_delivered, uint64_t *ret_queued)
{
    (void)pthread_mutex_lock(&workers->lock);
    *ret_delivered = workers->delivered;
    *ret_queued = workers->messages;
    (void)pthread_mutex_unlock(&workers->lock);
}

static bool options_are_valid(const rtm_workers_options *o)
{
    return o->thread_count <= THREADS_MAX && o->policy >= RTM_SLOW_WAIT &&
           o->policy <= RTM_SLOW_DISCONNECT;
}

/* Ask all threads to end. */
static void begin_stop(rtm_workers *workers)
{
    (void)pthread_mutex_lock(&workers->lock);
    workers->is_stopping = true;
    for (unsigned i = 0; i < workers->thread_count; i++)
        (void)pthread_cond_signal(&workers->threads[i].has_work);
    (void)pthread_mutex_unlock(&workers->lock);
}

static bool is_alive(rtm_workers *workers)
{
    (void)pthread_mutex_lock(&workers->lock);
    const bool alive = workers->alive_count > 0;
    (void)pthread_mutex_unlock(&workers->lock);
    return alive;
}

/* Join the threads, give up what waits, free. */
static void finish(rtm_workers *workers)
{
    rtm_client *client = workers->client;
    rtmi_link *link;

    for (unsigned i = 0; i < workers->thread_count; i++) {
        (void)pthread_join(workers->threads[i].thread, NULL);
        (void)pthread_cond_destroy(&workers->threads[i].has_work);
    }
    while ((link = rtmi_list_first(&workers->by_age)) != NULL) {
        client_item *item = RTMI_CONTAINER(link, client_item, age_link);
        rtmi_list_remove(link);
        client->dropped++;
        rtmi_item_end_now(item, RTMI_RECEIPT_ABANDONED);
    }
    client->delivered_elsewhere += workers->delivered;
    client->workers = NULL;
    (void)pthread_mutex_destroy(&workers->lock);
    free(workers);
}

void rtmi_workers_end(rtm_workers *workers)
{
    begin_stop(workers);
    finish(workers);
}

/* Signals are for the threads of the program. */
static int start_thread(worker *self)
{
    sigset_t all;
    sigset_t before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&self->thread, NULL, work, self);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0 ? 0 : RTM_E_SYSTEM;
}

static int start_threads(rtm_workers *workers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        worker *self = &workers->threads[i];
        self->workers = workers;
        rtmi_list_init(&self->queue);
        if (pthread_cond_init(&self->has_work, NULL) != 0)
            return RTM_E_SYSTEM;
        /* Counted before it runs: it counts itself out. */
        (void)pthread_mutex_lock(&workers->lock);
        workers->alive_count++;
        (void)pthread_mutex_unlock(&workers->lock);
        const int r = start_thread(self);
        if (r < 0) {
            (void)pthread_mutex_lock(&workers->lock);
            workers->alive_count--;
            (void)pthread_mutex_unlock(&workers->lock);
            (void)pthread_cond_destroy(&self->has_work);
            return r;
        }
        workers->thread_count++;
    }
    return 0;
}

int rtm_workers_new(rtm_client *client, const rtm_workers_options *options,
                    rtm_workers **ret_workers)
{
    rtm_workers_options own = {.size = 0};
    rtm_workers *workers;
    int r = rtmi_client_check(client);

    if (r < 0)
        return r;
    if (options == NULL || ret_workers == NULL || options->size < OPTIONS_SIZE_MIN ||
        !rtmi_copy_sized(&own, sizeof own, options, options->size) || !options_are_valid(&own))
        return RTM_E_INVAL;
    if (client->is_processing || atomic_load(&client->loop) != NULL)
        return RTM_E_REENTRANT;
    if (client->workers != NULL)
        return RTM_E_BUSY;
    const unsigned count = own.thread_count == 0 ? 1 : own.thread_count;
    workers = calloc(1, sizeof *workers + count * sizeof workers->threads[0]);
    if (workers == NULL)
        return RTM_E_NOMEM;
    if (pthread_mutex_init(&workers->lock, NULL) != 0) {
        free(workers);
        return RTM_E_SYSTEM;
    }
    workers->client = client;
    workers->max_messages = own.max_messages == 0 ? MESSAGES_DEFAULT : own.max_messages;
    workers->max_bytes = own.max_bytes == 0 ? BYTES_DEFAULT : own.max_bytes;
    workers->policy = own.policy;
    workers->enter = own.enter;
    workers->leave = own.leave;
    workers->userdata = own.userdata;
    rtmi_list_init(&workers->by_age);
    r = start_threads(workers, count);
    if (r < 0) {
        rtmi_workers_end(workers);
        return r;
    }
    client->workers = workers;
    *ret_workers = workers;
    return 0;
}

int rtm_workers_free(rtm_workers *workers)
{
    if (workers == NULL)
        return 0;
    rtm_client *client = workers->client;
    int r = rtmi_client_check(client);
    if (r < 0)
        return r;
    if (client->is_processing || atomic_load(&client->loop) != NULL)
        return RTM_E_REENTRANT;
    begin_stop(workers);
    /* A callback may wait for an answer that only this client can bring. */
    while (is_alive(workers)) {
        r = rtmi_client_step(client, -1);
        if (r == 1)
            return 0; /* a callback has freed the client, and the workers with it */
    }
    finish(workers);
    rtmi_client_check_pause(client);
    return 0;
}
