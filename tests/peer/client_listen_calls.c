/*
 * The listen document where a gate has to be told what to do: events, refusals, silence; what
 * each call puts on the wire, and what its caller is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/listen_words.h"
#include "tests/support/listener.h"
#include "tests/support/peer_script.h"

#define TIMEOUT_MS 60

static bool is_listen(const peer_quest *quest)
{
    return strstr(quest->method, "listen") != NULL;
}

/* What one call must put on the wire: pieces of the JSON that have to be there. */
typedef struct wire_row {
    const char *call;
    const char *method;
    const char *has[8];
    const char *has_not[8];
} wire_row;

static const wire_row wire_rows[] = {
    {"add g1,2", "addlisten", {"\"gids\":[1,2]"}, {"rids", "uids", "events", "p2p"}},
    {"add r3", "addlisten", {"\"rids\":[3]"}, {"gids", "uids", "events", "p2p"}},
    {"add u4", "addlisten", {"\"uids\":[4]"}, {"gids", "rids", "events", "p2p"}},
    {"add elogin", "addlisten", {"\"events\":[\"login\"]"}, {"gids", "rids", "uids", "p2p"}},
    {"add elogin,logout", "addlisten", {"\"events\":[\"login\",\"logout\"]"}, {"gids", "p2p"}},
    {"remove g1", "removelisten", {"\"gids\":[1]"}, {"rids", "uids", "events", "p2p"}},
    {"remove r3", "removelisten", {"\"rids\":[3]"}, {"gids", "uids", "events", "p2p"}},
    {"remove u4", "removelisten", {"\"uids\":[4]"}, {"gids", "rids", "events", "p2p"}},
    {"remove elogin", "removelisten", {"\"events\":[\"login\"]"}, {"gids", "rids", "uids"}},
    {"set g5",
     "setlisten",
     {"\"gids\":[5]", "\"rids\":[]", "\"uids\":[]", "\"events\":[]"},
     {"p2p", "group", "room", "\"ev\""}},
    {"set r5",
     "setlisten",
     {"\"rids\":[5]", "\"gids\":[]", "\"uids\":[]", "\"events\":[]"},
     {"p2p"}},
    {"set u5",
     "setlisten",
     {"\"uids\":[5]", "\"gids\":[]", "\"rids\":[]", "\"events\":[]"},
     {"p2p"}},
    {"set elogin,logout",
     "setlisten",
     {"\"events\":[\"login\",\"logout\"]", "\"gids\":[]", "\"rids\":[]", "\"uids\":[]"},
     {"p2p"}},
    {"all p2p",
     "setlisten",
     {"\"p2p\":true", "\"group\":false", "\"room\":false", "\"ev\":false"},
     {"gids", "rids", "uids", "events"}},
    {"all group",
     "setlisten",
     {"\"p2p\":false", "\"group\":true", "\"room\":false", "\"ev\":false"},
     {"gids", "rids", "uids", "events"}},
    {"all room",
     "setlisten",
     {"\"p2p\":false", "\"group\":false", "\"room\":true", "\"ev\":false"},
     {"gids", "rids", "uids", "events"}},
    {"all ev",
     "setlisten",
     {"\"p2p\":false", "\"group\":false", "\"room\":false", "\"ev\":true"},
     {"gids", "rids", "uids", "events"}},
    {"all -ev",
     "setlisten",
     {"\"p2p\":false", "\"group\":false", "\"room\":false", "\"ev\":false"},
     {"gids", "rids", "uids", "events"}},
};

static void check_quest(const peer_quest *quest, const wire_row *row)
{
    assert_string_equal(quest->method, row->method);
    assert_true(quest->is_twoway);
    for (size_t i = 0; i < 8; i++) {
        if (row->has[i] != NULL && strstr(quest->json, row->has[i]) == NULL)
            fail_msg("%s: %s lacks %s", row->call, quest->json, row->has[i]);
        if (row->has_not[i] != NULL && strstr(quest->json, row->has_not[i]) != NULL)
            fail_msg("%s: %s has %s", row->call, quest->json, row->has_not[i]);
    }
    assert_non_null(strstr(quest->json, "\"pid\":11000001"));
    assert_non_null(strstr(quest->json, "\"sign\":\""));
    assert_non_null(strstr(quest->json, "\"salt\":"));
    assert_non_null(strstr(quest->json, "\"ts\":"));
}

static void each_call_sends_its_quest_and_succeeds(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * (sizeof wire_rows / sizeof wire_rows[0]); i++) {
        const wire_row *row = &wire_rows[i / 2];
        peer *far = peer_new(NULL, NULL);
        notebook book;
        peer_quest quest;
        notebook_init(&book);
        rtm_client *client = client_connected(peer_get_endpoint(far), NULL, &book);
        assert_int_equal(listen_words(client, far, row->call, i % 2 == 0, NULL), 0);
        assert_int_equal(peer_count(far, NULL), 1);
        assert_true(peer_get_quest(far, NULL, 0, &quest));
        check_quest(&quest, row);
        (void)peer_push(far, "pushevent",
                        "{\"pid\":11000001,\"event\":\"logout\",\"uid\":7,\"time\":1700000000,"
                        "\"endpoint\":\"gate-1:13325\",\"data\":\"\"}");
        run_until_notes(&client, 1, far, &book, 1);
        assert_string_equal(book.notes[0].callback, "push_event");
        assert_string_equal(book.notes[0].name, "logout");
        assert_int_equal(book.notes[0].event.pid, 11000001);
        assert_int_equal(book.notes[0].event.uid, 7);
        assert_int_equal(book.notes[0].event.time_s, 1700000000);
        assert_string_equal(book.notes[0].endpoint, "gate-1:13325");
        assert_int_equal(book.notes[0].event.data.len, 0);
        rtm_client_free(client);
        peer_free(far);
        notebook_deinit(&book);
    }
}

static void a_call_with_everything_absent_is_refused_here(void **state)
{
    static const char *const calls[] = {"add", "remove", "set", "all"};
    peer *far = peer_new(NULL, NULL);
    rtm_client *client = client_connected(peer_get_endpoint(far), NULL, NULL);

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        rtm_error error = {0};
        assert_int_equal(listen_words(client, far, calls[i], true, &error), RTM_E_INVAL);
        assert_int_equal(listen_words(client, far, calls[i], false, &error), RTM_E_INVAL);
    }
    /* What is heard next is the first of all. */
    listen_words(client, far, "add g1", true, NULL);
    assert_int_equal(peer_count(far, NULL), 1);
    rtm_client_free(client);
    peer_free(far);
}

static const char *const four_calls[] = {"add g1", "remove g1", "set r1 elogin", "all p2p ev"};

static peer_reply stay_silent(peer *self, const peer_quest *quest, void *userdata)
{
    (void)self;
    (void)quest;
    (void)userdata;
    return (peer_reply){.verb = PEER_SILENT};
}

static void a_silent_peer_gives_20003(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * 4; i++) {
        peer *far = peer_new(stay_silent, NULL);
        rtm_client *client = client_connected(peer_get_endpoint(far), NULL, NULL);
        rtm_error error = {0};
        assert_int_equal(
            listen_words_within(client, far, four_calls[i / 2], i % 2 == 0, TIMEOUT_MS, &error),
            RTM_E_TIMEOUT);
        assert_int_equal(error.code, 20003);
        assert_int_equal(error.local, RTM_E_TIMEOUT);
        assert_true(error.text[0] != '\0');
        rtm_client_free(client);
        peer_free(far);
    }
}

static peer_reply refuse_once(peer *self, const peer_quest *quest, void *userdata)
{
    (void)self;
    if (is_listen(quest) && *(int *)userdata > 0) {
        --*(int *)userdata;
        return (peer_reply){.verb = PEER_REFUSE, .code = 200060, .text = "not configured: listen"};
    }
    return (peer_reply){.verb = PEER_ANSWER};
}

static bool agrees(void *userdata)
{
    rtm_listen_view view;

    assert_int_equal(rtm_client_get_listen(userdata, &view), 0);
    return view.agrees;
}

static void a_refusal_is_told_and_undone(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * 4; i++) {
        int refusals = 0;
        peer *far = peer_new(refuse_once, &refusals);
        rtm_client *client = client_connected(peer_get_endpoint(far), NULL, NULL);
        rtm_error error = {0};
        rtm_listen_view view;
        peer_quest quest;
        listen_words(client, far, "add g1,2 elogout; all room", true, NULL);
        refusals = 1;
        assert_int_equal(listen_words(client, far, four_calls[i / 2], i % 2 == 0, &error),
                         RTM_E_PEER);
        assert_int_equal(error.code, 200060);
        assert_int_equal(error.local, 0);
        assert_string_equal(error.text, "not configured: listen");
        run_until(&client, 1, far, agrees, client, "the set to be stated again");
        assert_int_equal(rtm_client_get_listen(client, &view), 0);
        assert_int_equal(view.desired.gid_count, 2);
        assert_int_equal(view.desired.gids[0], 1);
        assert_int_equal(view.desired.gids[1], 2);
        assert_int_equal(view.desired.rid_count + view.desired.uid_count, 0);
        assert_int_equal(view.desired.event_count, 1);
        assert_string_equal(view.desired.events[0], "logout");
        assert_int_equal(view.desired_all.room, RTM_SWITCH_ON);
        assert_int_not_equal(view.desired_all.p2p, RTM_SWITCH_ON);
        /* The whole, in one quest. */
        assert_int_equal(peer_count(far, NULL), 4);
        assert_true(peer_get_quest(far, NULL, 3, &quest));
        assert_string_equal(quest.method, "setlisten");
        assert_non_null(strstr(quest.json, "\"gids\":[1,2]"));
        assert_non_null(strstr(quest.json, "\"rids\":[]"));
        assert_non_null(strstr(quest.json, "\"uids\":[]"));
        assert_non_null(strstr(quest.json, "\"events\":[\"logout\"]"));
        assert_non_null(strstr(quest.json, "\"p2p\":false"));
        assert_non_null(strstr(quest.json, "\"group\":false"));
        assert_non_null(strstr(quest.json, "\"room\":true"));
        assert_non_null(strstr(quest.json, "\"ev\":false"));
        rtm_client_free(client);
        peer_free(far);
    }
}

/* The first listen quest stays unanswered; the rest is confirmed. */
static peer_reply miss_first(peer *self, const peer_quest *quest, void *userdata)
{
    (void)self;
    if (is_listen(quest) && (*(int *)userdata)++ == 0)
        return (peer_reply){.verb = PEER_SILENT};
    return (peer_reply){.verb = PEER_ANSWER};
}

static void a_timed_out_change_is_stated_again(void **state)
{
    int count = 0;
    peer *far = peer_new(miss_first, &count);
    rtm_client *client = client_connected(peer_get_endpoint(far), NULL, NULL);
    rtm_error error;
    rtm_stats stats = {.size = sizeof stats};
    rtm_listen_view view;
    peer_quest quest;

    (void)state;
    assert_int_equal(listen_words_within(client, far, "add g1 r2", false, TIMEOUT_MS, &error),
                     RTM_E_TIMEOUT);
    run_until(&client, 1, far, agrees, client, "the set to be stated again");
    assert_int_equal(peer_count(far, NULL), 2);
    assert_true(peer_get_quest(far, "setlisten", 0, &quest));
    assert_non_null(strstr(quest.json, "\"gids\":[1]"));
    assert_non_null(strstr(quest.json, "\"rids\":[2]"));
    assert_non_null(strstr(quest.json, "\"ev\":false"));
    assert_int_equal(rtm_client_get_listen(client, &view), 0);
    assert_int_equal(view.confirmed.gid_count, 1);

    /* Its answer, which comes now, is late: it changes nothing, and is counted. */
    assert_true(peer_get_quest(far, "addlisten", 0, &quest));
    peer_answer(far, &quest, (peer_reply){.verb = PEER_REFUSE, .code = 200060, .text = "late"});
    listen_words(client, far, "add g3", true, NULL);
    assert_int_equal(rtm_client_get_stats(client, &stats), 0);
    assert_int_equal(stats.answers_late, 1);
    assert_int_equal(stats.answers_unknown, 0);
    assert_int_equal(stats.quests_timed_out, 1);
    assert_int_equal(rtm_client_get_listen(client, &view), 0);
    assert_int_equal(view.desired.gid_count, 2);
    assert_true(view.agrees);
    rtm_client_free(client);
    peer_free(far);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_sends_its_quest_and_succeeds),
        cmocka_unit_test(a_call_with_everything_absent_is_refused_here),
        cmocka_unit_test(a_silent_peer_gives_20003),
        cmocka_unit_test(a_refusal_is_told_and_undone),
        cmocka_unit_test(a_timed_out_change_is_stated_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
