/*
 * Inside callbacks: every call that does not block is legal, freeing the client included;
 * blocking ones are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/listen_words.h"
#include "tests/support/listener.h"
#include "tests/support/peer_script.h"

/* Something to do in the first callback that runs; later callbacks find it done. */
typedef void act_fn(rtm_client *client);

typedef struct stage {
    act_fn *act;
    int count; /* callbacks that ran */
} stage;

static void act(rtm_client *client, void *userdata)
{
    stage *s = userdata;

    if (s->count++ == 0)
        s->act(client);
}

static void on_ping(rtm_client *client, void *userdata)
{
    act(client, userdata);
}

static void on_message(rtm_client *client, const rtm_message *message, void *userdata)
{
    (void)message;
    act(client, userdata);
}

static void on_event(rtm_client *client, const rtm_event *event, void *userdata)
{
    (void)event;
    act(client, userdata);
}

static void on_any(rtm_client *client, rtm_bytes method, rtm_value params, bool is_duplicate,
                   void *userdata)
{
    (void)method;
    (void)params;
    (void)is_duplicate;
    act(client, userdata);
}

static void on_listening(rtm_client *client, bool is_listening, void *userdata)
{
    (void)is_listening;
    act(client, userdata);
}

static void on_state(rtm_client *client, rtm_state old_state, rtm_state new_state, int reason,
                     void *userdata)
{
    (void)old_state;
    (void)new_state;
    (void)reason;
    act(client, userdata);
}

static void on_done(rtm_client *client, const rtm_error *err, void *userdata)
{
    (void)err;
    act(client, userdata);
}

static void on_answer(rtm_client *client, const rtm_error *err, rtm_value answer, void *userdata)
{
    (void)err;
    (void)answer;
    act(client, userdata);
}

static void on_sent(rtm_client *client, const rtm_error *err, const rtm_sent *sent, void *userdata)
{
    (void)err;
    (void)sent;
    act(client, userdata);
}

static void on_posted(rtm_client *client, int err, void *userdata)
{
    if (err == 0)
        act(client, userdata);
}

/* The ways into a callback. */
typedef enum way {
    BY_MESSAGE,
    BY_FILE,
    BY_EVENT,
    BY_PING,
    BY_ANY,
    BY_UNKNOWN, /* any, for a push that nothing else is for */
    BY_LISTENING,
    BY_DONE,
    BY_DONE_TIMEOUT,
    BY_DONE_LOST,
    BY_ANSWER,
    BY_SENT,
    BY_STATE,
    BY_POST,
    WAYS
} way;

static const char message_json[] = "{\"from\":1,\"to\":2,\"mtype\":51,\"mid\":%d,\"msg\":\"m\","
                                   "\"attrs\":\"\",\"mtime\":1}";

static peer_reply script(peer *self, const peer_quest *quest, void *userdata)
{
    const way by = *(const way *)userdata;

    (void)self;
    (void)quest;
    if (by == BY_DONE_LOST)
        return (peer_reply){.verb = PEER_CUT};
    return (peer_reply){.verb = by == BY_DONE_TIMEOUT ? PEER_SILENT : PEER_ANSWER,
                        .json = "{\"mtime\":1700000000000}"};
}

/* Twenty pushes in one write, so that there is more behind the first. */
static void push_many(peer *far, const char *method, bool is_message)
{
    uint8_t bytes[8192];
    char json[256];
    size_t len = 0;

    for (int i = 0; i < 20; i++) {
        (void)snprintf(json, sizeof json, message_json, i);
        (void)peer_build_push(far, method,
                              is_message ? json : "{\"event\":\"login\",\"uid\":1,\"pid\":1}",
                              bytes, sizeof bytes, &len);
    }
    peer_write(far, bytes, len);
}

static void go_in(rtm_client *client, peer *far, way by, stage *s)
{
    const int64_t gid = 1;
    const rtm_listen what = {.gids = &gid, .gid_count = 1};
    const rtm_outgoing message = {
        .size = sizeof message, .from = 1, .to = 2, .mtype = 51, .msg = "m", .msg_len = 1};
    rtm_monitor monitor = {.size = sizeof monitor, .userdata = s};

    monitor.push_message = by == BY_MESSAGE ? on_message : NULL;
    monitor.push_file = by == BY_FILE ? on_message : NULL;
    monitor.push_event = by == BY_EVENT ? on_event : NULL;
    monitor.ping = by == BY_PING ? on_ping : NULL;
    monitor.any = by == BY_ANY || by == BY_UNKNOWN ? on_any : NULL;
    monitor.listening = by == BY_LISTENING ? on_listening : NULL;
    assert_int_equal(rtm_client_set_monitor(client, &monitor), 0);
    switch (by) {
    case BY_MESSAGE:
    case BY_ANY:
        push_many(far, "pushmsg", true);
        break;
    case BY_FILE:
        push_many(far, "pushfile", true);
        break;
    case BY_EVENT:
        push_many(far, "pushevent", false);
        break;
    case BY_PING:
        push_many(far, "ping", false);
        break;
    case BY_UNKNOWN:
        push_many(far, "pushnews", false);
        break;
    case BY_LISTENING:
        assert_int_equal(rtm_client_add_listen(client, &what, 0, NULL, NULL, NULL), 0);
        break;
    case BY_DONE:
    case BY_DONE_LOST:
    case BY_DONE_TIMEOUT:
        for (int i = 0; i < 3; i++)
            assert_int_equal(rtm_client_add_listen(client, &what, by == BY_DONE_TIMEOUT ? 30 : 0,
                                                   on_done, s, NULL),
                             0);
        break;
    case BY_ANSWER:
        for (int i = 0; i < 3; i++)
            assert_int_equal(rtm_client_call(client, "gettoken", NULL, 0, on_answer, s, NULL), 0);
        break;
    case BY_SENT:
        for (int i = 0; i < 3; i++)
            assert_int_equal(rtm_client_send_message(client, &message, 0, on_sent, s, NULL), 0);
        break;
    case BY_STATE:
        assert_int_equal(rtm_client_set_state_callback(client, on_state, s), 0);
        peer_cut(far);
        break;
    default:
        for (int i = 0; i < 3; i++)
            assert_int_equal(rtm_client_post(client, on_posted, s), 0);
        break;
    }
}

static bool has_run(void *userdata)
{
    return ((const stage *)userdata)->count > 0;
}

static void free_it(rtm_client *client)
{
    rtm_client_free(client);
}

static void close_it(rtm_client *client)
{
    assert_int_equal(rtm_client_close(client), 0);
}

static void close_and_connect(rtm_client *client)
{
    assert_int_equal(rtm_client_close(client), 0);
    assert_int_equal(rtm_client_connect(client), 0);
}

static void call_what_blocks(rtm_client *client)
{
    const rtm_outgoing message = {
        .size = sizeof message, .from = 1, .to = 2, .mtype = 51, .msg = "m", .msg_len = 1};
    static const char *const calls[] = {"add g1", "remove g1", "set g1", "all p2p"};
    const rtm_outgoing_file file = {
        .size = sizeof file, .from = 1, .to = 2, .mtype = 40, .content = "f", .content_len = 1};
    const rtm_history_query query = {.size = sizeof query, .kind = RTM_KIND_GROUP, .id = 1};
    rtm_history *walk = NULL;
    rtm_history_row row;
    rtm_result_token token;
    rtm_answer *answer;
    rtm_error error;
    rtm_sent sent;

    assert_int_equal(rtm_client_get_token_wait(client, 1, NULL, 0, &token, &answer, &error),
                     RTM_E_REENTRANT);
    assert_int_equal(rtm_client_send_file_wait(client, &file, 0, &sent, &error), RTM_E_REENTRANT);
    assert_int_equal(rtm_history_new(client, &query, &walk), 0);
    assert_int_equal(rtm_history_next_wait(walk, 0, &row, &error), RTM_E_REENTRANT);
    rtm_history_free(walk);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(listen_words(client, NULL, calls[i], true, &error), RTM_E_REENTRANT);
    assert_int_equal(rtm_client_call_wait(client, "gettoken", NULL, 0, NULL, &error),
                     RTM_E_REENTRANT);
    assert_int_equal(rtm_client_send_message_wait(client, &message, 0, &sent, &error),
                     RTM_E_REENTRANT);
    assert_int_equal(rtm_client_connect_wait(client), RTM_E_REENTRANT);
    assert_int_equal(rtm_client_process(client), RTM_E_REENTRANT);
    assert_int_equal(rtm_client_run(client, 0), RTM_E_REENTRANT);
}

static void ignore_page(rtm_client *client, const rtm_error *err, const rtm_result_history *page,
                        void *userdata)
{
    (void)client;
    (void)err;
    (void)page;
    (void)userdata;
}

/* 0, or what a call says while the connection is away. */
static void expect_taken(int r)
{
    assert_true(r == 0 || r == RTM_E_NOT_CONNECTED);
}

static void call_what_does_not_block(rtm_client *client)
{
    const rtm_outgoing_file file = {
        .size = sizeof file, .from = 1, .to = 2, .mtype = 40, .content = "f", .content_len = 1};
    const rtm_history_query query = {.size = sizeof query, .kind = RTM_KIND_GROUP, .id = 1};
    rtm_history *walk = NULL;
    const rtm_monitor none = {.size = sizeof none};
    const int64_t gid = 8;
    const rtm_listen what = {.gids = &gid, .gid_count = 1};
    rtm_listen_view view;
    rtm_stats stats = {.size = sizeof stats};
    rtm_call *call = NULL;

    assert_int_equal(rtm_client_get_listen(client, &view), 0);
    assert_int_equal(rtm_client_get_stats(client, &stats), 0);
    assert_true(rtm_client_get_fd(client) >= 0);
    assert_true(rtm_client_get_deadline(client) >= -1);
    assert_int_equal(rtm_client_add_listen(client, &what, 0, NULL, NULL, &call), 0);
    rtm_call_free(call);
    assert_int_equal(rtm_client_remove_listen(client, &what, 0, NULL, NULL, NULL), 0);
    assert_int_equal(rtm_client_set_monitor(client, &none), 0);
    assert_int_equal(rtm_client_set_state_callback(client, NULL, NULL), 0);
    expect_taken(rtm_client_get_token(client, 1, NULL, 0, NULL, NULL, NULL));
    expect_taken(rtm_client_send_chat(client, 1, 2, "t", NULL, 0, 0, NULL, NULL, NULL));
    expect_taken(rtm_client_send_file(client, &file, 0, NULL, NULL, NULL));
    assert_int_equal(rtm_history_new(client, &query, &walk), 0);
    expect_taken(rtm_history_next_page(walk, 0, ignore_page, NULL));
    rtm_history_free(walk);
    rtm_client_wakeup(client);
    rtm_client_stop(client);
}

/* One client for each way in; `stage.count` and the client are checked by the caller. */
static void each_way(act_fn *what, void (*check)(rtm_client **client, peer *far, stage *s, way by))
{
    for (way by = BY_MESSAGE; by < WAYS; by++) {
        peer *far = peer_new(script, &by);
        stage s = {.act = what};
        rtm_client *client = client_connected(peer_get_endpoint(far), NULL, NULL);
        peer_wait_links(far, 1);
        go_in(client, far, by, &s);
        run_until(&client, 1, far, has_run, &s, "a callback");
        check(&client, far, &s, by);
        rtm_client_free(client);
        peer_free(far);
    }
}

static void check_freed(rtm_client **client, peer *far, stage *s, way by)
{
    (void)far;
    if (*client != NULL || s->count != 1)
        fail_msg("way %d: %d callbacks, client %p", (int)by, s->count, (void *)*client);
}

static bool is_idle(void *userdata)
{
    return rtm_client_get_state(userdata) == RTM_STATE_IDLE;
}

static bool is_ready(void *userdata)
{
    return rtm_client_get_state(userdata) == RTM_STATE_READY;
}

static void check_closed(rtm_client **client, peer *far, stage *s, way by)
{
    const int count = s->count;

    run_until(client, 1, far, is_idle, *client, "the close");
    /* Nothing of what was pushed behind comes; calls under way may still be told. */
    if (by <= BY_UNKNOWN)
        assert_int_equal(count, 1);
    assert_int_equal(rtm_client_connect_wait(*client), 0);
}

static void check_connected(rtm_client **client, peer *far, stage *s, way by)
{
    (void)s;
    (void)by;
    peer_wait_links(far, 1);
    run_until(client, 1, far, is_ready, *client, "the new connection");
    peer_wait_links(far, 2);
}

static void check_alive(rtm_client **client, peer *far, stage *s, way by)
{
    (void)s;
    if (by == BY_DONE_LOST || by == BY_STATE)
        run_until(client, 1, far, is_ready, *client, "the new connection");
    assert_int_equal(rtm_client_run(*client, 0), 0);
}

static void the_client_may_be_freed(void **state)
{
    (void)state;
    each_way(free_it, check_freed);
}

static void the_client_may_be_closed(void **state)
{
    (void)state;
    each_way(close_it, check_closed);
}

static void the_client_may_be_connected_anew(void **state)
{
    (void)state;
    each_way(close_and_connect, check_connected);
}

static void blocking_calls_are_refused(void **state)
{
    (void)state;
    each_way(call_what_blocks, check_alive);
}

static void other_calls_are_legal(void **state)
{
    (void)state;
    each_way(call_what_does_not_block, check_alive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_client_may_be_freed),
        cmocka_unit_test(the_client_may_be_closed),
        cmocka_unit_test(the_client_may_be_connected_anew),
        cmocka_unit_test(blocking_calls_are_refused),
        cmocka_unit_test(other_calls_are_legal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
