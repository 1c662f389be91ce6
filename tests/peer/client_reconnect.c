/*
 * Lost connections: what goes out again, in which order, and how calls end that were under way.
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

/* States as they were told, and why the last connection ended. */
typedef struct states {
    rtm_client *client;
    rtm_state now;
    int count;
    int last_reason;
} states;

static void on_state(rtm_client *client, rtm_state old_state, rtm_state new_state, int reason,
                     void *userdata)
{
    states *seen = userdata;

    (void)client;
    assert_int_not_equal(old_state, new_state);
    seen->now = new_state;
    seen->count++;
    if (reason != 0)
        seen->last_reason = reason;
}

static bool is_ready(void *userdata)
{
    return ((const states *)userdata)->now == RTM_STATE_READY;
}

static bool is_not_ready(void *userdata)
{
    return ((const states *)userdata)->now != RTM_STATE_READY;
}

static bool agrees(void *userdata)
{
    rtm_listen_view view;

    assert_int_equal(rtm_client_get_listen(userdata, &view), 0);
    return view.agrees;
}

static rtm_client *connected(peer *far, const rtm_client_options *options, notebook *book,
                             states *seen)
{
    rtm_client *client = client_connected(peer_get_endpoint(far), options, book);

    *seen = (states){.client = client, .now = RTM_STATE_READY};
    assert_int_equal(rtm_client_set_state_callback(client, on_state, seen), 0);
    peer_wait_links(far, 1);
    return client;
}

static void assert_has(const peer_quest *quest, const char *piece)
{
    if (strstr(quest->json, piece) == NULL)
        fail_msg("%s %s lacks %s", quest->method, quest->json, piece);
}

static void after_a_cut_the_whole_set_goes_out_in_one_quest(void **state)
{
    static const char *const pieces[] = {
        "\"gids\":[1,4]", "\"rids\":[2]",    "\"uids\":[3]",  "\"events\":[\"login\"]",
        "\"p2p\":true",   "\"group\":false", "\"room\":true", "\"ev\":false",
    };
    peer *far = peer_new(NULL, NULL);
    notebook book;
    states seen;
    peer_quest quest;
    ending added;
    ending switched;

    (void)state;
    notebook_init(&book);
    rtm_client *client = connected(far, NULL, &book, &seen);
    listen_words(client, far, "add g1,4 r2; add u3 elogin; all p2p room", true, NULL);
    assert_int_equal(peer_count(far, NULL), 3);
    peer_cut(far);
    run_until(&client, 1, far, is_not_ready, &seen, "the loss");
    /* Made without a connection: ordered behind the restored set. */
    assert_int_equal(listen_words_begin(client, "add g5", 0, &added), 0);
    assert_int_equal(listen_words_begin(client, "all group", 0, &switched), 0);
    run_until_ended(client, far, &added);
    run_until_ended(client, far, &switched);
    assert_false(added.failed || switched.failed);
    run_until(&client, 1, far, agrees, client, "agreement");
    assert_int_equal(peer_count_links(far), 2);
    assert_int_equal(peer_count(far, NULL), 6);
    assert_true(peer_get_quest(far, NULL, 3, &quest));
    assert_int_equal(quest.link, 1);
    assert_string_equal(quest.method, "setlisten");
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        assert_has(&quest, pieces[i]);
    assert_true(peer_get_quest(far, NULL, 4, &quest));
    assert_string_equal(quest.method, "addlisten");
    assert_has(&quest, "\"gids\":[5]");
    assert_true(peer_get_quest(far, NULL, 5, &quest));
    assert_string_equal(quest.method, "setlisten");
    assert_has(&quest, "\"group\":true");
    assert_has(&quest, "\"p2p\":false");
    assert_int_equal(book.listening, 1);
    rtm_client_free(client);
    peer_free(far);
    notebook_deinit(&book);
}

static void without_restore_nothing_goes_out_again(void **state)
{
    peer *far = peer_new(NULL, NULL);
    rtm_client_options options;
    rtm_listen_view view;
    states seen;
    peer_quest quest;

    (void)state;
    client_options(peer_get_endpoint(far), &options);
    options.restore_listen = false;
    rtm_client *client = connected(far, &options, NULL, &seen);
    listen_words(client, far, "add g1; all p2p", true, NULL);
    peer_cut(far);
    run_until(&client, 1, far, is_not_ready, &seen, "the loss");
    run_until(&client, 1, far, is_ready, &seen, "the reconnect");
    assert_int_equal(rtm_client_get_listen(client, &view), 0);
    assert_int_equal(view.desired.gid_count, 0);
    assert_int_not_equal(view.desired_all.p2p, RTM_SWITCH_ON);
    listen_words(client, far, "add g7", true, NULL);
    assert_int_equal(peer_count(far, NULL), 3);
    assert_true(peer_get_quest(far, NULL, 2, &quest));
    assert_int_equal(quest.link, 1);
    assert_string_equal(quest.method, "addlisten");
    assert_has(&quest, "\"gids\":[7]");
    rtm_client_free(client);
    peer_free(far);
}

static peer_reply stay_silent(peer *self, const peer_quest *quest, void *userdata)
{
    (void)self;
    (void)quest;
    (void)userdata;
    return (peer_reply){.verb = PEER_SILENT};
}

typedef struct quest_wait {
    peer *far;
    size_t count;
} quest_wait;

static bool has_quests(void *userdata)
{
    const quest_wait *wait = userdata;

    return peer_count(wait->far, NULL) >= wait->count;
}

/* A listen call, a generic one and a sending, all without an answer yet. */
static void begin_three(rtm_client *client, peer *far, ending *three)
{
    const rtm_outgoing message = {.size = sizeof message,
                                  .from = 1,
                                  .to = 2,
                                  .mtype = 51,
                                  .mid = 99,
                                  .msg = "m",
                                  .msg_len = 1};
    quest_wait wait = {far, 3};

    memset(three, 0, 3 * sizeof *three);
    assert_int_equal(listen_words_begin(client, "add g1", 0, &three[0]), 0);
    assert_int_equal(rtm_client_call(client, "gettoken", NULL, 0, ending_answer, &three[1], NULL),
                     0);
    assert_int_equal(rtm_client_send_message(client, &message, 0, ending_sent, &three[2], NULL), 0);
    run_until(&client, 1, far, has_quests, &wait, "three quests");
}

static void pending_calls_end_as_lost(void **state)
{
    peer *far = peer_new(stay_silent, NULL);
    states seen;
    ending three[3];

    (void)state;
    rtm_client *client = connected(far, NULL, NULL, &seen);
    begin_three(client, far, three);
    peer_cut(far);
    for (size_t i = 0; i < 3; i++) {
        run_until_ended(client, far, &three[i]);
        assert_int_equal(three[i].count, 1);
        assert_true(three[i].failed);
        assert_int_equal(three[i].error.local, RTM_E_LOST);
        assert_int_equal(three[i].error.code, 20002);
    }
    assert_int_equal(three[2].sent.mid, 99);
    assert_int_equal(seen.last_reason, RTM_E_LOST);
    rtm_client_free(client);
    peer_free(far);
}

static void pending_calls_end_as_closed_after_close(void **state)
{
    peer *far = peer_new(stay_silent, NULL);
    states seen;
    ending three[3];

    (void)state;
    rtm_client *client = connected(far, NULL, NULL, &seen);
    begin_three(client, far, three);
    assert_int_equal(rtm_client_close(client), 0);
    assert_int_equal(three[1].count, 0); /* not inside the call that caused it */
    for (size_t i = 1; i < 3; i++) {
        run_until_ended(client, far, &three[i]);
        assert_int_equal(three[i].count, 1);
        assert_int_equal(three[i].error.local, RTM_E_CLOSED);
        assert_int_equal(three[i].error.code, 20002);
    }
    run_until_ended(client, far, &three[0]);
    assert_int_equal(three[0].error.local, RTM_E_CLOSED);
    assert_int_equal(rtm_client_get_state(client), RTM_STATE_IDLE);
    rtm_client_free(client);
    peer_free(far);
}

static void pending_calls_of_a_freed_client_are_dropped(void **state)
{
    peer *far = peer_new(stay_silent, NULL);
    states seen;
    ending three[3];

    (void)state;
    rtm_client *client = connected(far, NULL, NULL, &seen);
    begin_three(client, far, three);
    rtm_client_free(client);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(three[i].count, 0);
    peer_free(far);
}

static void calls_made_before_connecting_wait_for_it(void **state)
{
    peer *far = peer_new(NULL, NULL);
    rtm_client_options options;
    rtm_client *client;
    ending added;

    (void)state;
    client_options(peer_get_endpoint(far), &options);
    assert_int_equal(rtm_client_new(&options, &client), 0);
    assert_int_equal(listen_words_begin(client, "add g1", 0, &added), 0);
    assert_int_equal(rtm_client_call(client, "gettoken", NULL, 0, NULL, NULL, NULL),
                     RTM_E_NOT_CONNECTED);
    assert_int_equal(rtm_client_connect(client), 0);
    assert_int_equal(rtm_client_connect(client), RTM_E_BUSY);
    run_until_ended(client, far, &added);
    assert_false(added.failed);
    rtm_client_free(client);
    peer_free(far);
}

static void a_peer_that_breaks_the_protocol_is_left(void **state)
{
    static const char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    peer *far = peer_new(NULL, NULL);
    states seen;

    (void)state;
    rtm_client *client = connected(far, NULL, NULL, &seen);
    peer_write(far, http, sizeof http - 1);
    run_until(&client, 1, far, is_not_ready, &seen, "the end");
    assert_int_equal(seen.last_reason, RTM_E_PROTO);
    run_until(&client, 1, far, is_ready, &seen, "the reconnect");
    peer_wait_links(far, 2);
    rtm_client_free(client);
    peer_free(far);
}

static void nobody_there_is_told(void **state)
{
    peer *far = peer_new(NULL, NULL);
    rtm_client_options options;
    rtm_client *client;
    char endpoint[32];

    (void)state;
    (void)snprintf(endpoint, sizeof endpoint, "%s", peer_get_endpoint(far));
    peer_free(far); /* its port is free again, and nobody listens there */
    client_options(endpoint, &options);
    options.auto_reconnect = false;
    assert_int_equal(rtm_client_new(&options, &client), 0);
    assert_int_equal(rtm_client_connect_wait(client), RTM_E_CONNECT);
    assert_int_equal(rtm_client_get_state(client), RTM_STATE_CLOSED);
    rtm_client_free(client);
}

static bool has_late_and_unknown(void *userdata)
{
    rtm_stats stats = {.size = sizeof stats};

    assert_int_equal(rtm_client_get_stats(userdata, &stats), 0);
    return stats.answers_late == 2 && stats.answers_unknown == 1;
}

static void late_and_unknown_answers_are_counted(void **state)
{
    peer *far = peer_new(stay_silent, NULL);
    states seen;
    ending timed = {0};
    ending cancelled = {0};
    rtm_call *call;
    peer_quest quest;
    quest_wait wait = {far, 2};

    (void)state;
    rtm_client *client = connected(far, NULL, NULL, &seen);
    assert_int_equal(rtm_client_call(client, "gettoken", NULL, 40, ending_answer, &timed, NULL), 0);
    assert_int_equal(
        rtm_client_call(client, "getoption", NULL, 0, ending_answer, &cancelled, &call), 0);
    run_until(&client, 1, far, has_quests, &wait, "two quests");
    rtm_call_free(call);
    run_until_ended(client, far, &timed);
    assert_int_equal(timed.error.code, 20003);
    assert_int_equal(timed.error.local, RTM_E_TIMEOUT);
    for (size_t i = 0; i < 2; i++) {
        assert_true(peer_get_quest(far, NULL, i, &quest));
        peer_answer(far, &quest, (peer_reply){.verb = PEER_ANSWER});
    }
    quest.seq += 1000;
    peer_answer(far, &quest, (peer_reply){.verb = PEER_ANSWER});
    run_until(&client, 1, far, has_late_and_unknown, client, "answers to be counted");
    assert_int_equal(timed.count, 1);
    assert_int_equal(cancelled.count, 0);
    rtm_client_free(client);
    peer_free(far);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_cut_the_whole_set_goes_out_in_one_quest),
        cmocka_unit_test(without_restore_nothing_goes_out_again),
        cmocka_unit_test(pending_calls_end_as_lost),
        cmocka_unit_test(pending_calls_end_as_closed_after_close),
        cmocka_unit_test(pending_calls_of_a_freed_client_are_dropped),
        cmocka_unit_test(calls_made_before_connecting_wait_for_it),
        cmocka_unit_test(a_peer_that_breaks_the_protocol_is_left),
        cmocka_unit_test(nobody_there_is_told),
        cmocka_unit_test(late_and_unknown_answers_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
