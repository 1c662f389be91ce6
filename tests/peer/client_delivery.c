/*
 * Delivery to slow handlers against a scripted peer: workers and their order, the four policies
 * with exact figures, kept messages, the answer modes, and gaps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/listener.h"
#include "tests/support/peer_script.h"

#define MESSAGES_MAX 4096
#define GROUPS 8

/* What the handlers saw. The gate in the middle holds them until it is opened. */
typedef struct fixture {
    peer *far;
    rtm_client *client;
    rtm_workers *workers;
    rtm_client_options options;
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool is_open;
    size_t handled;
    size_t entered;
    int64_t mids[MESSAGES_MAX]; /* in the order of handling */
    int64_t last_mid[GROUPS];   /* by group */
    bool is_disordered;
    size_t dropped;
    int64_t dropped_mids[MESSAGES_MAX];
    rtm_message *kept[MESSAGES_MAX];
    size_t kept_count;
    bool keeps;
    size_t gaps;
    rtm_gap gap;
    size_t gap_gids;
    bool is_listening;
    int closed_reason;
} fixture;

static void on_message(rtm_client *client, const rtm_message *message, void *userdata)
{
    fixture *f = userdata;
    const size_t group = (size_t)message->to % GROUPS;

    (void)pthread_mutex_lock(&f->lock);
    f->entered++;
    while (!f->is_open)
        (void)pthread_cond_wait(&f->opened, &f->lock);
    f->is_disordered = f->is_disordered || message->mid <= f->last_mid[group];
    f->last_mid[group] = message->mid;
    if (f->keeps && rtm_message_keep(client, message, &f->kept[f->kept_count]) == 0)
        f->kept_count++;
    f->mids[f->handled++] = message->mid;
    (void)pthread_mutex_unlock(&f->lock);
    rtm_client_wakeup(client);
}

static void on_dropped(rtm_client *client, const rtm_message *message, const rtm_event *event,
                       void *userdata)
{
    fixture *f = userdata;

    (void)client;
    assert_null(event);
    f->dropped_mids[f->dropped++] = message->mid;
}

static void on_gap(rtm_client *client, const rtm_gap *gap, void *userdata)
{
    fixture *f = userdata;

    (void)client;
    f->gaps++;
    f->gap = *gap;
    f->gap_gids = gap->what.gid_count;
}

static void on_listening(rtm_client *client, bool is_listening, void *userdata)
{
    fixture *f = userdata;

    (void)client;
    f->is_listening = is_listening;
}

static void on_state(rtm_client *client, rtm_state old_state, rtm_state new_state, int reason,
                     void *userdata)
{
    fixture *f = userdata;

    (void)client;
    (void)old_state;
    if (new_state == RTM_STATE_BACKING_OFF || new_state == RTM_STATE_CLOSED)
        f->closed_reason = reason;
}

/* `change` alters the options before the client is made; may be NULL. */
static fixture *begin(void (*change)(rtm_client_options *options))
{
    fixture *f = calloc(1, sizeof *f);
    const rtm_monitor monitor = {
        .size = sizeof monitor,
        .userdata = f,
        .push_group_message = on_message,
        .listening = on_listening,
        .gap = on_gap,
        .dropped = on_dropped,
    };

    assert_non_null(f);
    assert_int_equal(pthread_mutex_init(&f->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&f->opened, NULL), 0);
    f->far = peer_new(NULL, NULL);
    assert_non_null(f->far);
    client_options(peer_get_endpoint(f->far), &f->options);
    if (change != NULL)
        change(&f->options);
    f->client = client_connected(peer_get_endpoint(f->far), &f->options, NULL);
    assert_int_equal(rtm_client_set_monitor(f->client, &monitor), 0);
    assert_int_equal(rtm_client_set_state_callback(f->client, on_state, f), 0);
    peer_wait_links(f->far, 1);
    return f;
}

static void open_gate(fixture *f)
{
    (void)pthread_mutex_lock(&f->lock);
    f->is_open = true;
    (void)pthread_cond_broadcast(&f->opened);
    (void)pthread_mutex_unlock(&f->lock);
}

static void end(fixture *f)
{
    open_gate(f);
    assert_int_equal(rtm_workers_free(f->workers), 0);
    rtm_client_free(f->client);
    peer_free(f->far);
    (void)pthread_cond_destroy(&f->opened);
    (void)pthread_mutex_destroy(&f->lock);
    free(f);
}

static void start_workers(fixture *f, unsigned threads, size_t max_messages, size_t max_bytes,
                          rtm_slow_policy policy)
{
    const rtm_workers_options options = {
        .size = sizeof options,
        .thread_count = threads,
        .max_messages = max_messages,
        .max_bytes = max_bytes,
        .policy = policy,
    };

    assert_int_equal(rtm_workers_new(f->client, &options, &f->workers), 0);
}

/* Push group messages `first` to `last` in one write. */
static void push(fixture *f, size_t first, size_t last)
{
    static uint8_t bytes[512 * MESSAGES_MAX];
    size_t len = 0;
    char json[200];

    for (size_t mid = first; mid <= last; mid++) {
        (void)snprintf(json, sizeof json,
                       "{\"from\":7,\"gid\":%zu,\"mtype\":51,\"mid\":%zu,\"msg\":\"m%zu\","
                       "\"attrs\":\"\",\"mtime\":1700000000123}",
                       mid % GROUPS, mid, mid);
        (void)peer_build_push(f->far, "pushgroupmsg", json, bytes, sizeof bytes, &len);
    }
    peer_write(f->far, bytes, len);
}

static rtm_stats stats_of(const fixture *f)
{
    rtm_stats stats = {.size = sizeof stats};

    assert_int_equal(rtm_client_get_stats(f->client, &stats), 0);
    return stats;
}

static void check_accounts(const fixture *f)
{
    const rtm_stats s = stats_of(f);

    assert_int_equal(s.pushes_received,
                     s.pushes_delivered + s.pushes_duplicate + s.pushes_dropped + s.pushes_queued);
}

typedef struct goal {
    fixture *f;
    size_t handled;
    size_t dropped;
    size_t answers;
    size_t received;
    size_t unanswered;
    size_t gaps;
    int reason;
} goal;

static bool is_reached(void *userdata)
{
    const goal *g = userdata;
    fixture *f = g->f;
    const rtm_stats s = stats_of(f);

    check_accounts(f);
    (void)pthread_mutex_lock(&f->lock);
    const size_t handled = f->handled;
    (void)pthread_mutex_unlock(&f->lock);
    return handled >= g->handled && f->dropped >= g->dropped &&
           peer_count_answers(f->far) >= g->answers && s.pushes_received >= g->received &&
           s.pushes_unanswered >= g->unanswered && f->gaps >= g->gaps &&
           (g->reason == 0 || f->closed_reason == g->reason);
}

static void run_to(fixture *f, goal g, const char *what)
{
    g.f = f;
    run_until(&f->client, 1, f->far, is_reached, &g, what);
}

static void test_workers_keep_order(void **state)
{
    fixture *f = begin(NULL);

    (void)state;
    start_workers(f, 3, 0, 0, RTM_SLOW_WAIT);
    open_gate(f);
    push(f, 1, 2000);
    run_to(f, (goal){.handled = 2000, .answers = 2000}, "all messages");
    assert_false(f->is_disordered);
    assert_int_equal(stats_of(f).pushes_delivered, 2000);
    assert_int_equal(stats_of(f).pushes_queued, 0);
    assert_int_equal(stats_of(f).answers_early, 0);
    end(f);
}

/* Runs of callbacks, as enter and leave tell them. */
typedef struct runs {
    pthread_mutex_t lock;
    size_t entered;
    size_t left;
} runs;

static _Thread_local bool is_inside;

static void on_enter(void *userdata)
{
    runs *r = userdata;

    assert_false(is_inside);
    is_inside = true;
    (void)pthread_mutex_lock(&r->lock);
    r->entered++;
    (void)pthread_mutex_unlock(&r->lock);
}

static void on_leave(void *userdata)
{
    runs *r = userdata;

    assert_true(is_inside);
    is_inside = false;
    (void)pthread_mutex_lock(&r->lock);
    r->left++;
    (void)pthread_mutex_unlock(&r->lock);
}

static void on_message_inside(rtm_client *client, const rtm_message *message, void *userdata)
{
    assert_true(is_inside);
    on_message(client, message, userdata);
}

static size_t count_left(runs *r)
{
    (void)pthread_mutex_lock(&r->lock);
    const size_t left = r->left;
    (void)pthread_mutex_unlock(&r->lock);
    return left;
}

static void test_enter_and_leave_stand_around_runs(void **state)
{
    fixture *f = begin(NULL);
    runs r = {.lock = PTHREAD_MUTEX_INITIALIZER};
    const rtm_monitor monitor = {
        .size = sizeof monitor, .userdata = f, .push_group_message = on_message_inside};
    const rtm_workers_options options = {
        .size = sizeof options, .enter = on_enter, .leave = on_leave, .userdata = &r};

    (void)state;
    assert_int_equal(rtm_client_set_monitor(f->client, &monitor), 0);
    assert_int_equal(rtm_workers_new(f->client, &options, &f->workers), 0);
    push(f, 1, 100);
    run_to(f, (goal){.received = 100}, "all messages"); /* the first stands in its callback */
    open_gate(f);
    run_to(f, (goal){.handled = 100, .answers = 100}, "one run");
    while (count_left(&r) == 0)
        assert_int_equal(rtm_client_run(f->client, 1), 0);
    assert_int_equal(r.entered, 1);
    push(f, 101, 101);
    run_to(f, (goal){.handled = 101, .answers = 101}, "another");
    end(f);
    assert_int_equal(r.entered, 2);
    assert_int_equal(r.left, 2);
}

/* As a program has them that was built against the first release with workers. */
static void test_options_may_end_behind_the_policy(void **state)
{
    fixture *f = begin(NULL);
    rtm_workers_options options = {
        .size = offsetof(rtm_workers_options, policy) + sizeof(rtm_slow_policy),
        .enter = on_enter,
    };

    (void)state;
    assert_int_equal(rtm_workers_new(f->client, &options, &f->workers), 0);
    open_gate(f);
    push(f, 1, 1);
    run_to(f, (goal){.handled = 1}, "a message");
    assert_int_equal(rtm_workers_free(f->workers), 0);
    options.size--;
    assert_int_equal(rtm_workers_new(f->client, &options, &f->workers), RTM_E_INVAL);
    f->workers = NULL;
    end(f);
}

static void test_wait_stops_reading(void **state)
{
    fixture *f = begin(NULL);

    (void)state;
    start_workers(f, 1, 10, 0, RTM_SLOW_WAIT);
    push(f, 1, 1000);
    run_to(f, (goal){.received = 10}, "ten messages");
    /* The client is idle now: turns bring no eleventh. */
    for (int i = 0; i < 20; i++)
        assert_int_equal(rtm_client_process(f->client), 0);
    assert_int_equal(stats_of(f).pushes_received, 10);
    assert_int_equal(stats_of(f).pushes_queued, 10);
    /* Answers pass what waits. */
    rtm_error error;
    assert_int_equal(rtm_client_call_wait(f->client, "anything", NULL, 0, NULL, &error), 0);
    assert_int_equal(stats_of(f).pushes_received, 10);
    open_gate(f);
    run_to(f, (goal){.handled = 1000, .answers = 1000}, "all messages");
    assert_false(f->is_disordered);
    assert_int_equal(f->dropped, 0);
    end(f);
}

static void test_drop_newest(void **state)
{
    fixture *f = begin(NULL);

    (void)state;
    start_workers(f, 1, 10, 0, RTM_SLOW_DROP_NEWEST);
    push(f, 1, 100);
    run_to(f, (goal){.received = 100, .dropped = 90, .answers = 90}, "drops");
    assert_int_equal(f->dropped_mids[0], 11);
    assert_int_equal(f->dropped_mids[89], 100);
    open_gate(f);
    run_to(f, (goal){.handled = 10, .answers = 100}, "the rest");
    assert_int_equal(f->mids[9], 10);
    assert_int_equal(stats_of(f).pushes_dropped, 90);
    /* What was dropped is no duplicate when it comes again; what was delivered is. */
    push(f, 5, 12);
    run_to(f, (goal){.handled = 12, .answers = 108}, "a repetition");
    assert_int_equal(stats_of(f).pushes_duplicate, 6);
    end(f);
}

static bool has_entered(void *userdata)
{
    fixture *f = userdata;

    (void)pthread_mutex_lock(&f->lock);
    const bool entered = f->entered > 0;
    (void)pthread_mutex_unlock(&f->lock);
    return entered;
}

static void test_drop_oldest(void **state)
{
    fixture *f = begin(NULL);

    (void)state;
    start_workers(f, 1, 10, 0, RTM_SLOW_DROP_OLDEST);
    push(f, 1, 1);
    while (!has_entered(f))
        assert_int_equal(rtm_client_run(f->client, 1), 0);
    push(f, 2, 100);
    run_to(f, (goal){.received = 100, .dropped = 90, .answers = 90}, "drops");
    assert_int_equal(f->dropped_mids[0], 2);
    assert_int_equal(f->dropped_mids[89], 91);
    open_gate(f);
    run_to(f, (goal){.handled = 10, .answers = 100}, "the rest");
    assert_int_equal(f->mids[0], 1);
    assert_int_equal(f->mids[1], 92);
    assert_int_equal(f->mids[9], 100);
    end(f);
}

static void reconnects_at_once(rtm_client_options *options)
{
    options->auto_reconnect = true;
    options->backoff_first_ms = 1;
    options->backoff_ceiling_ms = 10;
}

static void test_disconnect(void **state)
{
    fixture *f = begin(reconnects_at_once);
    const int64_t gid = 3;
    const rtm_listen what = {.gids = &gid, .gid_count = 1};

    (void)state;
    assert_int_equal(rtm_client_add_listen_wait(f->client, &what, 0, NULL), 0);
    start_workers(f, 1, 10, 0, RTM_SLOW_DISCONNECT);
    push(f, 1, 100);
    run_to(f, (goal){.reason = RTM_E_FULL, .gaps = 1}, "a cut and a gap");
    assert_int_equal(f->dropped, 1);
    assert_int_equal(f->dropped_mids[0], 11);
    assert_int_equal(f->gap_gids, 1);
    assert_true(f->gap.from_ms <= f->gap.to_ms);
    assert_int_equal(peer_count_answers(f->far), 0);
    open_gate(f);
    run_to(f, (goal){.handled = 10}, "what had come by then");
    assert_int_equal(f->mids[9], 10);
    /* The one that did not fit is new when it comes again. */
    push(f, 11, 11);
    run_to(f, (goal){.handled = 11, .answers = 1}, "the repetition");
    end(f);
}

static void test_bytes_bound(void **state)
{
    fixture *f = begin(NULL);

    (void)state;
    start_workers(f, 1, 0, 1, RTM_SLOW_DROP_NEWEST); /* one at a time */
    push(f, 1, 5);
    run_to(f, (goal){.received = 5, .dropped = 4}, "drops");
    assert_int_equal(stats_of(f).pushes_queued, 1);
    end(f);
}

static void answers_by_1ms(rtm_client_options *options)
{
    options->answer_by_ms = 1;
}

static void answers_never_early(rtm_client_options *options)
{
    options->answer_by_ms = 0;
}

static void answers_on_receipt(rtm_client_options *options)
{
    options->answer_mode = RTM_ANSWER_ON_RECEIPT;
}

static void answers_manually(rtm_client_options *options)
{
    options->answer_mode = RTM_ANSWER_MANUAL;
    options->answer_by_ms = 1;
    options->max_unanswered = 20;
}

static void test_answers_early(void **state)
{
    fixture *f = begin(answers_by_1ms);

    (void)state;
    start_workers(f, 1, 0, 0, RTM_SLOW_WAIT);
    push(f, 1, 5);
    run_to(f, (goal){.answers = 5}, "early answers");
    assert_int_equal(stats_of(f).answers_early, 5);
    assert_int_equal(stats_of(f).pushes_queued, 5);
    open_gate(f);
    run_to(f, (goal){.handled = 5}, "the handlers");
    assert_int_equal(peer_count_answers(f->far), 5);
    end(f);
}

static void test_answers_on_return(void **state)
{
    fixture *f = begin(answers_never_early);

    (void)state;
    start_workers(f, 1, 0, 0, RTM_SLOW_WAIT);
    push(f, 1, 5);
    run_to(f, (goal){.unanswered = 5}, "five that wait");
    assert_int_equal(peer_count_answers(f->far), 0);
    open_gate(f);
    run_to(f, (goal){.handled = 5, .answers = 5}, "answers");
    assert_int_equal(stats_of(f).pushes_unanswered, 0);
    end(f);
}

static void test_answers_on_receipt(void **state)
{
    fixture *f = begin(answers_on_receipt);

    (void)state;
    start_workers(f, 1, 0, 0, RTM_SLOW_WAIT);
    push(f, 1, 5);
    run_to(f, (goal){.answers = 5}, "answers before the handlers");
    assert_int_equal(f->handled, 0);
    assert_int_equal(stats_of(f).answers_early, 0);
    end(f);
}

/* Kept messages, on the client's thread (0 workers) or on workers'. */
static void check_manual(unsigned threads)
{
    fixture *f = begin(answers_manually);

    f->keeps = true;
    open_gate(f);
    if (threads > 0)
        start_workers(f, threads, 0, 0, RTM_SLOW_WAIT);
    push(f, 1, 10);
    run_to(f, (goal){.handled = 10, .unanswered = 10}, "ten kept");
    assert_int_equal(peer_count_answers(f->far), 0);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(f->kept[i]->msg.data[0], 'm');
        assert_int_equal(f->kept[i]->from, 7);
        rtm_message_done(f->kept[i]);
    }
    run_to(f, (goal){.answers = 10}, "their answers");
    assert_int_equal(stats_of(f).answers_early, 0);
    assert_int_equal(stats_of(f).pushes_unanswered, 0);

    /* No more than max_unanswered are kept at a time. */
    f->kept_count = 0;
    push(f, 11, 50);
    run_to(f, (goal){.handled = 30, .unanswered = 20}, "twenty kept");
    for (int i = 0; i < 20; i++)
        assert_int_equal(rtm_client_process(f->client), 0);
    assert_int_equal(stats_of(f).pushes_received, 30);
    rtm_message *first[20];
    memcpy(first, f->kept, sizeof first);
    f->kept_count = 0;
    for (size_t i = 0; i < 20; i++)
        rtm_message_done(first[i]);
    run_to(f, (goal){.handled = 50, .unanswered = 20}, "the next twenty");
    /* Some are done after the client is gone. */
    rtm_message *late = f->kept[0];
    for (size_t i = 1; i < f->kept_count; i++)
        rtm_message_done(f->kept[i]);
    f->kept_count = 0;
    f->keeps = false;
    end(f);
    assert_int_equal(late->kind, RTM_KIND_GROUP);
    rtm_message_done(late);
}

static void test_manual_on_client(void **state)
{
    (void)state;
    check_manual(0);
}

static void test_manual_on_workers(void **state)
{
    (void)state;
    check_manual(1);
}

static void test_keep_copies_otherwise(void **state)
{
    fixture *f = begin(NULL);

    (void)state;
    f->keeps = true;
    open_gate(f);
    push(f, 1, 3);
    run_to(f, (goal){.handled = 3, .answers = 3}, "answers");
    assert_int_equal(f->kept_count, 3);
    assert_memory_equal(f->kept[2]->msg.data, "m3", 2);
    for (size_t i = 0; i < 3; i++)
        rtm_message_done(f->kept[i]);
    f->keeps = false;
    rtm_message *none = NULL;
    const rtm_message foreign = {.mid = 1};
    assert_int_equal(rtm_message_keep(f->client, &foreign, &none), RTM_E_INVAL);
    assert_null(none);
    end(f);
}

static void test_gap_after_cuts(void **state)
{
    fixture *f = begin(reconnects_at_once);
    const int64_t gids[] = {3, 4};
    const rtm_listen what = {.gids = gids, .gid_count = 2};

    (void)state;
    open_gate(f);
    assert_int_equal(rtm_client_add_listen_wait(f->client, &what, 0, NULL), 0);
    push(f, 1, 1);
    run_to(f, (goal){.handled = 1}, "a message");
    for (size_t i = 1; i <= 3; i++) {
        peer_cut(f->far);
        run_to(f, (goal){.gaps = i}, "a gap");
        assert_true(f->is_listening);
        assert_int_equal(f->gap_gids, 2);
        assert_int_equal(f->gap.what_all.group, RTM_SWITCH_OFF);
        assert_true(f->gap.from_ms > 0 && f->gap.from_ms <= f->gap.to_ms);
    }
    assert_int_equal(stats_of(f).gaps, 3);
    end(f);
}

/* A worker that is freed while its callbacks wait; and the errors of the calls. */
static void test_calls_are_checked(void **state)
{
    fixture *f = begin(NULL);
    rtm_workers_options options = {.size = sizeof options, .thread_count = 257};
    rtm_workers *workers = NULL;

    (void)state;
    assert_int_equal(rtm_workers_new(f->client, &options, &workers), RTM_E_INVAL);
    options.thread_count = 1;
    options.policy = (rtm_slow_policy)4;
    assert_int_equal(rtm_workers_new(f->client, &options, &workers), RTM_E_INVAL);
    options.policy = RTM_SLOW_WAIT;
    options.size = 0;
    assert_int_equal(rtm_workers_new(f->client, &options, &workers), RTM_E_INVAL);
    options.size = sizeof options;
    assert_int_equal(rtm_workers_new(f->client, NULL, &workers), RTM_E_INVAL);
    assert_int_equal(rtm_workers_new(NULL, &options, &workers), RTM_E_INVAL);
    assert_int_equal(rtm_workers_free(NULL), 0);
    start_workers(f, 2, 0, 0, RTM_SLOW_WAIT);
    assert_int_equal(rtm_workers_new(f->client, &options, &workers), RTM_E_BUSY);
    rtm_message_done(NULL);
    rtm_event_done(NULL);

    /* What waits when the workers go is dropped unanswered, and counted. */
    push(f, 1, 50);
    run_to(f, (goal){.received = 50}, "fifty that wait");
    rtm_client_free(NULL);
    open_gate(f);
    assert_int_equal(rtm_workers_free(f->workers), 0);
    f->workers = NULL;
    check_accounts(f);
    const rtm_stats s = stats_of(f);
    assert_int_equal(s.pushes_delivered + s.pushes_dropped, 50);
    assert_int_equal(s.pushes_queued, 0);
    end(f);
}

static void test_client_freed_with_workers(void **state)
{
    fixture *f = begin(NULL);

    (void)state;
    start_workers(f, 2, 0, 0, RTM_SLOW_WAIT);
    push(f, 1, 50);
    run_to(f, (goal){.received = 50}, "fifty that wait");
    open_gate(f);
    rtm_client_free(f->client);
    f->client = NULL;
    f->workers = NULL;
    assert_true(f->handled <= 50);
    end(f);
}

typedef struct handler_calls {
    atomic_bool is_done;
    int results[4];
} handler_calls;

/* On a worker's thread, of a client that no loop runs: what would run the client is refused. */
static void on_message_that_blocks(rtm_client *client, const rtm_message *message, void *userdata)
{
    handler_calls *calls = userdata;
    rtm_message *kept = NULL;

    calls->results[0] = rtm_message_keep(client, message, &kept);
    rtm_message_done(kept); /* the client may free it at once */
    calls->results[1] = rtm_client_call_wait(client, "x", NULL, 0, NULL, NULL);
    calls->results[2] = rtm_client_process(client);
    calls->results[3] = rtm_client_run(client, 0);
    rtm_client_free(client); /* nothing: it would wait for this thread */
    atomic_store(&calls->is_done, true);
    rtm_client_wakeup(client);
}

static bool is_handled(void *userdata)
{
    return atomic_load(&((handler_calls *)userdata)->is_done);
}

static void test_workers_do_not_run_the_client(void **state)
{
    static const char json[] = "{\"from\":1,\"to\":2,\"mtype\":51,\"mid\":7,\"msg\":\"m\","
                               "\"attrs\":\"\",\"mtime\":1}";
    const rtm_workers_options own = {.size = sizeof own};
    handler_calls calls = {.results = {0}};
    const rtm_monitor monitor = {
        .size = sizeof monitor, .userdata = &calls, .push_message = on_message_that_blocks};
    rtm_client_options options;
    rtm_workers *workers = NULL;
    peer *far = peer_new(NULL, NULL);

    (void)state;
    client_options(peer_get_endpoint(far), &options);
    options.answer_mode = RTM_ANSWER_MANUAL;
    rtm_client *client = client_connected(peer_get_endpoint(far), &options, NULL);
    assert_int_equal(rtm_client_set_monitor(client, &monitor), 0);
    assert_int_equal(rtm_workers_new(client, &own, &workers), 0);
    peer_wait_links(far, 1);
    (void)peer_push(far, "pushmsg", json);
    run_until(&client, 1, far, is_handled, &calls, "the handler");
    assert_int_equal(calls.results[0], 0);
    for (int i = 1; i < 4; i++)
        assert_int_equal(calls.results[i], RTM_E_REENTRANT);
    assert_int_equal(rtm_workers_free(workers), 0);
    rtm_client_free(client);
    peer_free(far);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workers_keep_order),
        cmocka_unit_test(test_enter_and_leave_stand_around_runs),
        cmocka_unit_test(test_options_may_end_behind_the_policy),
        cmocka_unit_test(test_wait_stops_reading),
        cmocka_unit_test(test_drop_newest),
        cmocka_unit_test(test_drop_oldest),
        cmocka_unit_test(test_disconnect),
        cmocka_unit_test(test_bytes_bound),
        cmocka_unit_test(test_answers_early),
        cmocka_unit_test(test_answers_on_return),
        cmocka_unit_test(test_answers_on_receipt),
        cmocka_unit_test(test_manual_on_client),
        cmocka_unit_test(test_manual_on_workers),
        cmocka_unit_test(test_keep_copies_otherwise),
        cmocka_unit_test(test_gap_after_cuts),
        cmocka_unit_test(test_calls_are_checked),
        cmocka_unit_test(test_client_freed_with_workers),
        cmocka_unit_test(test_workers_do_not_run_the_client),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
