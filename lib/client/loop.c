/*
 * The optional thread that runs clients.
 *
 * Only the thread itself touches its poller, its heap of deadlines and its list of clients.
 * Others hand it requests and wait until they are done; so a client that was taken out is not
 * being processed any more, and ownership passes with the lock.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/heap.h"
#include "lib/client/client_impl.h"

/* A client of the loop. */
typedef struct loop_entry {
    rtm_client *client; /* NULL: gone, to be freed at the end of the round */
    rtmi_link link;     /* in loop->entries, or ->gone */
    rtmi_timer timer;
} loop_entry;

typedef enum request_kind { REQUEST_ADD, REQUEST_REMOVE, REQUEST_STOP } request_kind;

/* On the asking thread's stack. */
typedef struct loop_request {
    request_kind kind;
    rtm_client *client;
    loop_entry *entry;
    int result;
    bool is_done;
    rtmi_link link;
} loop_request;

struct rtm_loop {
    unsigned fork_generation;
    pthread_t thread;
    int poller;
    int wake_fd;
    bool has_lock;

    pthread_mutex_t lock; /* guards requests */
    pthread_cond_t done;
    rtmi_list requests;

    /* The thread's own. */
    rtmi_list entries;
    rtmi_list gone;
    rtmi_heap timers;
};

bool rtmi_loop_is_current(const rtm_loop *loop)
{
    return pthread_equal(loop->thread, pthread_self()) != 0;
}

static void set_timer(rtm_loop *loop, loop_entry *entry)
{
    const int64_t wait_ms = rtm_client_get_deadline(entry->client);
    const int64_t at_ms = wait_ms < 0 ? INT64_MAX : rtmi_clock_mono_ms() + wait_ms;

    if (entry->timer.place != 0 && entry->timer.at_ms == at_ms)
        return;
    /* Never fails: it was in there when the entry was added, so there is room. */
    rtmi_heap_remove(&loop->timers, &entry->timer);
    (void)rtmi_heap_add(&loop->timers, &entry->timer, at_ms);
}

static void process(rtm_loop *loop, loop_entry *entry)
{
    /* Freed by a callback: rtmi_loop_drop() has seen to the entry. */
    if (entry->client != NULL && rtm_client_process(entry->client) == 0)
        set_timer(loop, entry);
}

static int add_entry(rtm_loop *loop, loop_entry *entry)
{
    if (!rtmi_heap_add(&loop->timers, &entry->timer, 0)) /* due at once */
        return RTM_E_NOMEM;
    const int r = rtmi_poller_watch(loop->poller, rtm_client_get_fd(entry->client), RTMI_POLL_READ,
                                    (uint64_t)(uintptr_t)entry);
    if (r < 0) {
        rtmi_heap_remove(&loop->timers, &entry->timer);
        return r;
    }
    rtmi_list_push(&loop->entries, &entry->link);
    entry->client->loop_entry = entry;
    return 0;
}

/* The entry itself stays until the round is over: events of this round may name it. */
static void remove_entry(rtm_loop *loop, loop_entry *entry)
{
    rtm_client *client = entry->client;

    if (!rtmi_client_is_forked(client))
        (void)rtmi_poller_watch(loop->poller, client->poller, 0, 0);
    rtmi_heap_remove(&loop->timers, &entry->timer);
    rtmi_list_remove(&entry->link);
    rtmi_list_push(&loop->gone, &entry->link);
    entry->client = NULL;
    client->loop_entry = NULL;
    atomic_store(&client->loop, NULL);
}

void rtmi_loop_drop(rtm_loop *loop, rtm_client *client)
{
    if (client->loop_entry != NULL)
        remove_entry(loop, client->loop_entry);
}

static void free_list(rtmi_list *list)
{
    rtmi_link *link;

    while ((link = rtmi_list_first(list)) != NULL) {
        rtmi_list_remove(link);
        free(RTMI_CONTAINER(link, loop_entry, link));
    }
}

static void remove_all(rtm_loop *loop)
{
    rtmi_link *link;

    while ((link = rtmi_list_first(&loop->entries)) != NULL)
        remove_entry(loop, RTMI_CONTAINER(link, loop_entry, link));
}

static void serve(rtm_loop *loop, loop_request *request)
{
    switch (request->kind) {
    case REQUEST_ADD:
        request->result = add_entry(loop, request->entry);
        break;
    case REQUEST_REMOVE:
        if (request->client->loop_entry != NULL)
            remove_entry(loop, request->client->loop_entry);
        break;
    case REQUEST_STOP:
        remove_all(loop);
        break;
    }
}

/* Do what others have asked for; true: stop. */
static bool serve_requests(rtm_loop *loop)
{
    bool is_stopped = false;
    rtmi_link *link;

    rtmi_wake_drain(loop->wake_fd);
    (void)pthread_mutex_lock(&loop->lock);
    while ((link = rtmi_list_first(&loop->requests)) != NULL) {
        loop_request *next = RTMI_CONTAINER(link, loop_request, link);
        rtmi_list_remove(link);
        serve(loop, next);
        is_stopped = is_stopped || next->kind == REQUEST_STOP;
        next->is_done = true;
    }
    (void)pthread_cond_broadcast(&loop->done);
    (void)pthread_mutex_unlock(&loop->lock);
    return is_stopped;
}

static void process_due(rtm_loop *loop)
{
    rtmi_timer *timer;
    const int64_t now = rtmi_clock_mono_ms();

    /* One turn each: who wants another at once gets it in the next round. */
    size_t left = loop->timers.count;
    while (left-- > 0 && (timer = rtmi_heap_first(&loop->timers)) != NULL && timer->at_ms <= now)
        process(loop, RTMI_CONTAINER(timer, loop_entry, timer));
}

static int64_t get_wait(const rtm_loop *loop)
{
    const rtmi_timer *first = rtmi_heap_first(&loop->timers);

    if (first == NULL || first->at_ms == INT64_MAX)
        return -1;
    const int64_t left = first->at_ms - rtmi_clock_mono_ms();
    return left < 0 ? 0 : left;
}

static void *run(void *userdata)
{
    rtm_loop *loop = userdata;
    rtmi_poll_event events[RTMI_POLL_EVENT_COUNT];
    bool is_stopped = false;

    while (!is_stopped) {
        const int n = rtmi_poller_wait(loop->poller, events, get_wait(loop));
        bool is_woken = false;
        for (int i = 0; i < n; i++) {
            if (events[i].tag == 0)
                is_woken = true;
            else
                process(loop, (loop_entry *)(uintptr_t)events[i].tag);
        }
        process_due(loop);
        if (is_woken)
            is_stopped = serve_requests(loop);
        free_list(&loop->gone);
    }
    return NULL;
}

/* Hand the thread a request and wait until it is done. */
static int ask(rtm_loop *loop, loop_request *request)
{
    (void)pthread_mutex_lock(&loop->lock);
    rtmi_list_push(&loop->requests, &request->link);
    rtmi_wake_signal(loop->wake_fd);
    while (!request->is_done)
        (void)pthread_cond_wait(&loop->done, &loop->lock);
    (void)pthread_mutex_unlock(&loop->lock);
    return request->result;
}

/* Everything but the thread. */
static void release(rtm_loop *loop)
{
    free_list(&loop->gone);
    rtmi_heap_deinit(&loop->timers);
    rtmi_fd_close(&loop->wake_fd);
    rtmi_fd_close(&loop->poller);
    if (loop->has_lock && loop->fork_generation == rtmi_fork_generation()) {
        (void)pthread_cond_destroy(&loop->done);
        (void)pthread_mutex_destroy(&loop->lock);
    }
    free(loop);
}

static int make_lock(rtm_loop *loop)
{
    if (pthread_mutex_init(&loop->lock, NULL) != 0)
        return RTM_E_NOMEM;
    if (pthread_cond_init(&loop->done, NULL) != 0) {
        (void)pthread_mutex_destroy(&loop->lock);
        return RTM_E_NOMEM;
    }
    loop->has_lock = true;
    return 0;
}

/* The thread inherits the mask of signals that its maker has at that moment: all blocked. */
static int start_thread(rtm_loop *loop)
{
    sigset_t all;
    sigset_t old;

    (void)sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &old) != 0)
        return RTM_E_SYSTEM;
    const int error = pthread_create(&loop->thread, NULL, run, loop);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error == 0 ? 0 : RTM_E_SYSTEM;
}

int rtm_loop_new(rtm_loop **ret_loop)
{
    rtm_loop *loop;
    int r;

    if (ret_loop == NULL)
        return RTM_E_INVAL;
    r = rtmi_process_init();
    if (r < 0)
        return r;
    loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return RTM_E_NOMEM;
    loop->poller = loop->wake_fd = -1;
    loop->fork_generation = rtmi_fork_generation();
    rtmi_list_init(&loop->requests);
    rtmi_list_init(&loop->entries);
    rtmi_list_init(&loop->gone);
    rtmi_heap_init(&loop->timers);
    r = make_lock(loop);
    if (r < 0)
        goto fail;
    r = rtmi_poller_open(&loop->poller);
    if (r < 0)
        goto fail;
    r = rtmi_wake_open(&loop->wake_fd);
    if (r < 0)
        goto fail;
    r = rtmi_poller_watch(loop->poller, loop->wake_fd, RTMI_POLL_READ, 0);
    if (r < 0)
        goto fail;
    r = start_thread(loop);
    if (r < 0)
        goto fail;
    *ret_loop = loop;
    return 0;

fail:
    release(loop);
    return r;
}

int rtm_loop_add(rtm_loop *loop, rtm_client *client)
{
    loop_request request = {.kind = REQUEST_ADD, .client = client};
    rtm_loop *none = NULL;
    int r = loop == NULL ? RTM_E_INVAL : rtmi_client_check(client);

    if (r < 0)
        return r;
    if (loop->fork_generation != rtmi_fork_generation())
        return RTM_E_FORKED;
    if (rtmi_loop_is_current(loop))
        return RTM_E_REENTRANT;
    if (atomic_load(&client->loop) != NULL)
        return RTM_E_INVAL;
    if (client->is_processing)
        return RTM_E_REENTRANT;
    request.entry = calloc(1, sizeof *request.entry);
    if (request.entry == NULL)
        return RTM_E_NOMEM;
    request.entry->client = client;
    if (!atomic_compare_exchange_strong(&client->loop, &none, loop)) {
        free(request.entry);
        return RTM_E_INVAL;
    }
    r = ask(loop, &request);
    if (r < 0) {
        atomic_store(&client->loop, NULL);
        free(request.entry);
    }
    return r;
}

int rtm_loop_remove(rtm_loop *loop, rtm_client *client)
{
    loop_request request = {.kind = REQUEST_REMOVE, .client = client};
    const int r = loop == NULL ? RTM_E_INVAL : rtmi_client_check(client);

    if (r < 0)
        return r;
    if (rtmi_loop_is_current(loop))
        return RTM_E_REENTRANT;
    if (atomic_load(&client->loop) != loop)
        return RTM_E_INVAL;
    return ask(loop, &request);
}

void rtm_loop_free(rtm_loop *loop)
{
    loop_request request = {.kind = REQUEST_STOP};

    if (loop == NULL)
        return;
    if (loop->fork_generation != rtmi_fork_generation()) {
        /* In a child there is no such thread; its clients are the parent's. */
        remove_all(loop);
        release(loop);
        return;
    }
    if (rtmi_loop_is_current(loop))
        return; /* a thread cannot wait for its own end */
    (void)ask(loop, &request);
    (void)pthread_join(loop->thread, NULL);
    release(loop);
}
