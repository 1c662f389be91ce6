/*
 * Inside callbacks: every call that does not block is legal, freeing the client included;
 * blocking ones are refused.
 */
#include <poll.h>
#include <pthread.h>
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
    int count;            /* callbacks that ran */
    pthread_mutex_t held; /* a worker's handler waits for it */
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

static void on_gap(rtm_client *client, const rtm_gap *gap, void *userdata)
{
    assert_int_equal(gap->what.gid_count, 1);
    act(client, userdata);
}

static void on_dropped(rtm_client *client, const rtm_message *message, const rtm_event *event,
                       void *userdata)
{
    stage *s = userdata;

    assert_true(message != NULL && event == NULL);
    if (s->count == 0)
        (void)pthread_mutex_unlock(&s->held); /* who frees the client waits for the handler */
    act(client, userdata);
}

static void on_result(rtm_client *client, const rtm_error *err, const rtm_result_token *result,
                      void *userdata)
{
    (void)err;
    (void)result;
    act(client, userdata);
}

static void on_page(rtm_client *client, const rtm_error *err, const rtm_result_history *page,
                    void *userdata)
{
    (void)err;
    (void)page;
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
    BY_GAP,
    BY_DROPPED,
    BY_RESULT, /* of a typed call */
    BY_PAGE,   /* of a history */
    BY_SENT_FILE,
    WAYS
} way;

static const char message_json[] = "{\"from\":1,\"to\":2,\"mtype\":51,\"mid\":%d,\"msg\":\"m\","
                                   "\"attrs\":\"\",\"mtime\":1}";

/* What a way needs besides the client. */
typedef struct place {
    way by;
    char leave[200];   /* the answer to filetoken: the same peer is the file gate */
    rtm_history *walk; /* of BY_PAGE */
} place;

static peer_reply script(peer *self, const peer_quest *quest, void *userdata)
{
    const place *at = userdata;
    const way by = at->by;

    (void)self;
    if (by == BY_DONE_LOST)
        return (peer_reply){.verb = PEER_CUT};
    if (strcmp(quest->method, "filetoken") == 0)
        return (peer_reply){.verb = PEER_ANSWER, .json = at->leave};
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

/* A worker's handler that is slow: as long as the lock is held. */
static void on_message_slowly(rtm_client *client, const rtm_message *message, void *userdata)
{
    stage *s = userdata;

    (void)client;
    (void)message;
    (void)pthread_mutex_lock(&s->held);
    (void)pthread_mutex_unlock(&s->held);
}

static bool is_listening(void *userdata)
{
    rtm_listen_view view;

    assert_int_equal(rtm_client_get_listen(userdata, &view), 0);
    return view.agrees;
}

/* Ways in that take more than one step. */
static void go_far_in(rtm_client *client, peer *far, place *at, stage *s)
{
    const int64_t gid = 1;
    const rtm_listen what = {.gids = &gid, .gid_count = 1};
    const rtm_outgoing_file file = {
        .size = sizeof file, .from = 1, .to = 2, .mtype = 40, .content = "f", .content_len = 1};
    const rtm_history_query query = {.size = sizeof query, .kind = RTM_KIND_GROUP, .id = 1};
    const rtm_workers_options options = {
        .size = sizeof options, .max_messages = 2, .policy = RTM_SLOW_DROP_NEWEST};
    rtm_workers *workers; /* the client ends them */
    rtm_monitor monitor = {.size = sizeof monitor, .userdata = s};

    switch (at->by) {
    case BY_GAP:
        assert_int_equal(rtm_client_add_listen(client, &what, 0, NULL, NULL, NULL), 0);
        run_until(&client, 1, far, is_listening, client, "the listen set");
        monitor.gap = on_gap;
        assert_int_equal(rtm_client_set_monitor(client, &monitor), 0);
        peer_cut(far);
        break;
    case BY_DROPPED:
        monitor.push_message = on_message_slowly;
        monitor.dropped = on_dropped;
        assert_int_equal(rtm_client_set_monitor(client, &monitor), 0);
        assert_int_equal(rtm_workers_new(client, &options, &workers), 0);
        (void)pthread_mutex_lock(&s->held);
        push_many(far, "pushmsg", true);
        break;
    case BY_RESULT:
        for (int i = 0; i < 3; i++)
            assert_int_equal(rtm_client_get_token(client, 1, NULL, 0, on_result, s, NULL), 0);
        break;
    case BY_PAGE:
        assert_int_equal(rtm_history_new(client, &query, &at->walk), 0);
        assert_int_equal(rtm_history_next_page(at->walk, 0, on_page, s), 0);
        break;
    case BY_SENT_FILE:
        for (int i = 0; i < 3; i++)
            assert_int_equal(rtm_client_send_file(client, &file, 0, on_sent, s, NULL), 0);
        break;
    default:
        break;
    }
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
    default: /* BY_POST */
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

static const int64_t uids[] = {2, 3};

typedef int send_fn(rtm_client *client, const rtm_outgoing *message, int64_t timeout_ms,
                    rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
typedef int send_wait_fn(rtm_client *client, const rtm_outgoing *message, int64_t timeout_ms,
                         rtm_sent *ret_sent, rtm_error *reterr_error);
typedef int file_fn(rtm_client *client, const rtm_outgoing_file *file, int64_t timeout_ms,
                    rtm_sent_fn *done, void *userdata, rtm_call **ret_call);
typedef int file_wait_fn(rtm_client *client, const rtm_outgoing_file *file, int64_t timeout_ms,
                         rtm_sent *ret_sent, rtm_error *reterr_error);

/* The typed calls, row by row: peer.client.calls_wire. */
static send_fn *const sends[] = {rtm_client_send_message, rtm_client_send_messages,
                                 rtm_client_send_group_message, rtm_client_send_room_message,
                                 rtm_client_broadcast_message};
static send_wait_fn *const sends_wait[] = {
    rtm_client_send_message_wait, rtm_client_send_messages_wait, rtm_client_send_group_message_wait,
    rtm_client_send_room_message_wait, rtm_client_broadcast_message_wait};
static file_fn *const files[] = {rtm_client_send_file, rtm_client_send_files,
                                 rtm_client_send_group_file, rtm_client_send_room_file,
                                 rtm_client_broadcast_file};
static file_wait_fn *const files_wait[] = {
    rtm_client_send_file_wait, rtm_client_send_files_wait, rtm_client_send_group_file_wait,
    rtm_client_send_room_file_wait, rtm_client_broadcast_file_wait};

static void call_what_blocks(rtm_client *client)
{
    const rtm_outgoing message = {.size = sizeof message,
                                  .from = 1,
                                  .to = 2,
                                  .tos = uids,
                                  .to_count = 2,
                                  .mtype = 51,
                                  .msg = "m",
                                  .msg_len = 1};
    static const char *const calls[] = {"add g1", "remove g1", "set g1", "all p2p"};
    const rtm_outgoing_file file = {.size = sizeof file,
                                    .from = 1,
                                    .to = 2,
                                    .tos = uids,
                                    .to_count = 2,
                                    .mtype = 40,
                                    .content = "f",
                                    .content_len = 1};
    const rtm_history_query query = {.size = sizeof query, .kind = RTM_KIND_GROUP, .id = 1};
    const rtm_workers_options options = {.size = sizeof options};
    rtm_workers *workers = NULL;
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
    for (size_t i = 0; i < sizeof sends_wait / sizeof sends_wait[0]; i++)
        assert_int_equal(sends_wait[i](client, &message, 0, &sent, &error), RTM_E_REENTRANT);
    for (size_t i = 0; i < sizeof files_wait / sizeof files_wait[0]; i++)
        assert_int_equal(files_wait[i](client, &file, 0, &sent, &error), RTM_E_REENTRANT);
    assert_int_equal(rtm_workers_new(client, &options, &workers), RTM_E_REENTRANT);
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

static void ignore_post(rtm_client *client, int err, void *userdata)
{
    (void)client;
    (void)err;
    (void)userdata;
}

/* 0, or what a call says while the connection is away. */
static void expect_taken(int r)
{
    assert_true(r == 0 || r == RTM_E_NOT_CONNECTED);
}

static void call_what_does_not_block(rtm_client *client)
{
    const rtm_outgoing message = {.size = sizeof message,
                                  .from = 1,
                                  .to = 2,
                                  .tos = uids,
                                  .to_count = 2,
                                  .mtype = 51,
                                  .msg = "m",
                                  .msg_len = 1};
    const rtm_outgoing_file file = {.size = sizeof file,
                                    .from = 1,
                                    .to = 2,
                                    .tos = uids,
                                    .to_count = 2,
                                    .mtype = 40,
                                    .content = "f",
                                    .content_len = 1};
    const rtm_listen_all all = {.group = RTM_SWITCH_ON};
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
    assert_int_equal(rtm_client_set_listen(client, &what, 0, NULL, NULL, NULL), 0);
    assert_int_equal(rtm_client_set_all_listen(client, &all, 0, NULL, NULL, NULL), 0);
    assert_int_equal(rtm_client_set_monitor(client, &none), 0);
    assert_int_equal(rtm_client_set_state_callback(client, NULL, NULL), 0);
    assert_int_equal(rtm_client_post(client, ignore_post, NULL), 0);
    assert_int_equal(rtm_client_get_events(client), POLLIN);
    assert_true(rtm_client_get_state(client) <= RTM_STATE_CLOSED);
    expect_taken(rtm_client_get_token(client, 1, NULL, 0, NULL, NULL, NULL));
    expect_taken(rtm_client_send_chat(client, 1, 2, "t", NULL, 0, 0, NULL, NULL, NULL));
    expect_taken(rtm_client_call(client, "x", NULL, 0, NULL, NULL, NULL));
    for (size_t i = 0; i < sizeof sends / sizeof sends[0]; i++)
        expect_taken(sends[i](client, &message, 0, NULL, NULL, NULL));
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        expect_taken(files[i](client, &file, 0, NULL, NULL, NULL));
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
        place at = {.by = by};
        peer *far = peer_new(script, &at);
        stage s = {.act = what, .held = PTHREAD_MUTEX_INITIALIZER};
        rtm_client *client = client_connected(peer_get_endpoint(far), NULL, NULL);
        peer_wait_links(far, 1);
        (void)snprintf(at.leave, sizeof at.leave, "{\"token\":\"T\",\"endpoint\":\"%s\"}",
                       peer_get_endpoint(far));
        if (by <= BY_POST)
            go_in(client, far, by, &s);
        else
            go_far_in(client, far, &at, &s);
        run_until(&client, 1, far, has_run, &s, "a callback");
        check(&client, far, &s, by);
        rtm_client_free(client);
        rtm_history_free(at.walk);
        peer_free(far);
        (void)pthread_mutex_destroy(&s.held);
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
