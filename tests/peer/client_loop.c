/*
 * rtm_loop: a client on a thread of its own, used from others.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/listener.h"
#include "tests/support/peer_script.h"

#define THREADS 4
#define POSTS 200

static peer_reply script(peer *self, const peer_quest *quest, void *userdata)
{
    (void)self;
    (void)userdata;
    if (strcmp(quest->method, "gettoken") == 0)
        return (peer_reply){.verb = PEER_REFUSE, .code = 200001, .text = "who?"};
    if (strcmp(quest->method, "getoption") == 0)
        return (peer_reply){.verb = PEER_SILENT};
    return (peer_reply){.verb = PEER_ANSWER, .json = "{\"mtime\":1700000000000}"};
}

typedef struct fixture {
    peer *far;
    rtm_client *client;
    rtm_loop *loop;
} fixture;

static void begin(fixture *f)
{
    rtm_client_options options;

    f->far = peer_new(script, NULL);
    client_options(peer_get_endpoint(f->far), &options);
    assert_int_equal(rtm_client_new(&options, &f->client), 0);
    assert_int_equal(rtm_loop_new(&f->loop), 0);
    assert_int_equal(rtm_loop_add(f->loop, f->client), 0);
}

static void end(fixture *f)
{
    rtm_loop_free(f->loop);
    rtm_client_free(f->client);
    peer_free(f->far);
}

static void blocking_calls_work_from_another_thread(void **state)
{
    const int64_t gid = 1;
    const rtm_listen what = {.gids = &gid, .gid_count = 1};
    const rtm_listen_all all = {.p2p = RTM_SWITCH_ON};
    const rtm_outgoing message = {
        .size = sizeof message, .from = 1, .to = 2, .mtype = 51, .msg = "m", .msg_len = 1};
    rtm_error error;
    rtm_sent sent = {0};
    rtm_answer *answer = NULL;
    fixture f;

    (void)state;
    begin(&f);
    assert_int_equal(rtm_client_connect_wait(f.client), 0);
    assert_int_equal(rtm_client_add_listen_wait(f.client, &what, 0, &error), 0);
    assert_int_equal(rtm_client_remove_listen_wait(f.client, &what, 0, &error), 0);
    assert_int_equal(rtm_client_set_listen_wait(f.client, &what, 0, &error), 0);
    assert_int_equal(rtm_client_set_all_listen_wait(f.client, &all, 0, &error), 0);
    assert_int_equal(rtm_client_send_message_wait(f.client, &message, 0, &sent, &error), 0);
    assert_int_equal(sent.mtime_ms, INT64_C(1700000000000));
    assert_true(sent.mid > 0);
    assert_int_equal(rtm_client_call_wait(f.client, "getmsg", NULL, 0, &answer, &error), 0);
    assert_int_equal(rtm_value_get_count(rtm_answer_get_value(answer)), 1);
    rtm_answer_free(answer);
    assert_int_equal(rtm_client_call_wait(f.client, "gettoken", NULL, 0, NULL, &error), RTM_E_PEER);
    assert_int_equal(error.code, 200001);
    assert_string_equal(error.text, "who?");
    assert_int_equal(rtm_client_call_wait(f.client, "getoption", NULL, 50, NULL, &error),
                     RTM_E_TIMEOUT);
    assert_int_equal(error.code, 20003);
    assert_int_equal(peer_count(f.far, NULL), 8);
    end(&f);
}

/* Many threads: each posts, in order, and sends now and then, waiting. */
typedef struct worker {
    pthread_t thread;
    rtm_client *client;
    int number;
    int posted_next; /* the loop's thread alone touches it */
    bool is_in_order;
    int failures;
} worker;

typedef struct post {
    worker *by;
    int number;
} post;

static post posts[THREADS][POSTS];
static atomic_int posts_run;

static void on_post(rtm_client *client, int err, void *userdata)
{
    const post *it = userdata;

    (void)client;
    it->by->is_in_order = it->by->is_in_order && err == 0 && it->number == it->by->posted_next;
    it->by->posted_next++;
    (void)atomic_fetch_add(&posts_run, 1);
}

static void *work(void *userdata)
{
    worker *self = userdata;
    const rtm_outgoing message = {
        .size = sizeof message, .from = 1, .to = 2, .mtype = 51, .msg = "m", .msg_len = 1};
    rtm_sent sent;

    for (int i = 0; i < POSTS; i++) {
        posts[self->number][i] = (post){self, i};
        if (rtm_client_post(self->client, on_post, &posts[self->number][i]) != 0)
            self->failures++;
        rtm_client_wakeup(self->client);
        rtm_client_stop(self->client); /* means nothing to a loop, and is legal */
        if (i % 10 == 0 &&
            rtm_client_send_message_wait(self->client, &message, 0, &sent, NULL) != 0)
            self->failures++;
    }
    /* Posted behind all of this thread: when it has been answered, they have run. */
    if (rtm_client_send_message_wait(self->client, &message, 0, &sent, NULL) != 0)
        self->failures++;
    return NULL;
}

static void many_threads_may_post_and_wait(void **state)
{
    worker workers[THREADS];
    fixture f;

    (void)state;
    begin(&f);
    atomic_store(&posts_run, 0);
    assert_int_equal(rtm_client_connect_wait(f.client), 0);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.client = f.client, .number = i, .is_in_order = true};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    assert_int_equal(atomic_load(&posts_run), THREADS * POSTS);
    for (int i = 0; i < THREADS; i++) {
        assert_true(workers[i].is_in_order);
        assert_int_equal(workers[i].failures, 0);
    }
    assert_int_equal(peer_count(f.far, "sendmsg"), THREADS * (POSTS / 10 + 1));
    end(&f);
}

typedef struct inside {
    rtm_loop *loop;
    int waited;
    int added;
    int removed;
    atomic_bool is_over;
} inside;

static void on_loop_thread(rtm_client *client, int err, void *userdata)
{
    inside *it = userdata;

    (void)err;
    it->waited = rtm_client_call_wait(client, "getmsg", NULL, 0, NULL, NULL);
    it->added = rtm_loop_add(it->loop, client);
    it->removed = rtm_loop_remove(it->loop, client);
    atomic_store(&it->is_over, true);
}

static void its_own_thread_may_not_wait(void **state)
{
    inside it = {0};
    fixture f;

    (void)state;
    begin(&f);
    it.loop = f.loop;
    assert_int_equal(rtm_client_connect_wait(f.client), 0);
    assert_int_equal(rtm_client_post(f.client, on_loop_thread, &it), 0);
    /* A waiting call behind the post: when it is back, the post has run. */
    assert_int_equal(rtm_client_call_wait(f.client, "getmsg", NULL, 0, NULL, NULL), 0);
    assert_true(atomic_load(&it.is_over));
    assert_int_equal(it.waited, RTM_E_REENTRANT);
    assert_true(it.added == RTM_E_REENTRANT || it.added == RTM_E_INVAL);
    assert_int_equal(it.removed, RTM_E_REENTRANT);
    end(&f);
}

static void a_client_taken_back_is_the_callers(void **state)
{
    fixture f;

    (void)state;
    begin(&f);
    assert_int_equal(rtm_loop_add(f.loop, f.client), RTM_E_INVAL);
    assert_int_equal(rtm_client_connect_wait(f.client), 0);
    assert_int_equal(rtm_loop_remove(f.loop, f.client), 0);
    assert_int_equal(rtm_loop_remove(f.loop, f.client), RTM_E_INVAL);
    assert_int_equal(rtm_client_get_state(f.client), RTM_STATE_READY);
    assert_int_equal(rtm_client_process(f.client), 0);
    assert_int_equal(rtm_client_call_wait(f.client, "getmsg", NULL, 0, NULL, NULL), 0);
    assert_int_equal(rtm_loop_add(f.loop, f.client), 0);
    assert_int_equal(rtm_client_call_wait(f.client, "getmsg", NULL, 0, NULL, NULL), 0);
    assert_int_equal(peer_count(f.far, "getmsg"), 2);
    end(&f);
}

static void on_late_post(rtm_client *client, int err, void *userdata)
{
    int *told = userdata;

    (void)client;
    told[0]++;
    told[1] = err;
}

static void posts_to_a_freed_client_are_told(void **state)
{
    rtm_client_options options;
    rtm_client *client;
    int told[2] = {0, 0};

    (void)state;
    client_options("127.0.0.1:1", &options);
    assert_int_equal(rtm_client_new(&options, &client), 0);
    assert_int_equal(rtm_client_post(client, on_late_post, told), 0);
    rtm_client_free(client);
    assert_int_equal(told[0], 1);
    assert_int_equal(told[1], RTM_E_CLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocking_calls_work_from_another_thread),
        cmocka_unit_test(many_threads_may_post_and_wait),
        cmocka_unit_test(its_own_thread_may_not_wait),
        cmocka_unit_test(a_client_taken_back_is_the_callers),
        cmocka_unit_test(posts_to_a_freed_client_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
