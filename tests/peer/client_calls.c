/*
 * Typed calls against a scripted peer: what goes out, with and without optional parameters,
 * what the answer becomes, and how refusals and malformed answers end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/listener.h"
#include "tests/support/peer_script.h"

static peer_reply answer(peer *self, const peer_quest *quest, void *userdata)
{
    (void)self;
    (void)userdata;
    if (strcmp(quest->method, "getfriends") == 0)
        return (peer_reply){.verb = PEER_ANSWER, .json = "{\"uids\":[5,6]}"};
    if (strcmp(quest->method, "getgroupmsg") == 0)
        return (peer_reply){.verb = PEER_ANSWER,
                            .json = "{\"num\":1,\"lastid\":9,\"begin\":1,\"end\":2,\"msgs\":"
                                    "[[9,4,30,77,false,\"hi\",\"\",1700000000123]]}"};
    if (strcmp(quest->method, "delgroup") == 0)
        return (peer_reply){.verb = PEER_REFUSE, .code = 200020, .text = "no"};
    return (peer_reply){.verb = PEER_ANSWER};
}

static void calls_send_their_quest_and_read_its_answer(void **state)
{
    peer *far = peer_new(answer, NULL);
    notebook book;
    peer_quest quest;
    rtm_error error;
    rtm_answer *owner = NULL;
    rtm_result_uids friends;
    rtm_result_history page;
    rtm_result_ok ok;
    rtm_value_iter iter;
    rtm_value value;
    rtm_history_row row;
    int64_t uid = 0;
    const int64_t uids[] = {1, 2};

    (void)state;
    notebook_init(&book);
    rtm_client *client = client_connected(peer_get_endpoint(far), NULL, &book);

    assert_int_equal(rtm_client_add_group_members_wait(client, 7, uids, 2, 0, &error), 0);
    assert_true(peer_get_quest(far, "addgroupmembers", 0, &quest));
    assert_non_null(strstr(quest.json, "\"gid\":7"));
    assert_non_null(strstr(quest.json, "\"uids\":[1,2]"));
    assert_int_equal(rtm_client_add_group_members_wait(client, 7, NULL, 2, 0, &error), RTM_E_INVAL);

    assert_int_equal(rtm_client_set_user_info_wait(client, 3, NULL, "p", 0, &error), 0);
    assert_true(peer_get_quest(far, "setuserinfo", 0, &quest));
    assert_null(strstr(quest.json, "oinfo"));
    assert_non_null(strstr(quest.json, "\"pinfo\":\"p\""));

    assert_int_equal(rtm_client_get_friends_wait(client, 3, 0, &friends, &owner, &error), 0);
    rtm_value_iter_init(&iter, friends.uids);
    assert_true(rtm_value_iter_next(&iter, NULL, &value));
    assert_int_equal(rtm_value_get_int(value, &uid), 0);
    assert_int_equal(uid, 5);
    rtm_answer_free(owner);

    assert_int_equal(rtm_client_get_group_chat_wait(client, NULL, 7, true, 10, NULL, NULL, NULL, 0,
                                                    &page, &owner, &error),
                     0);
    assert_true(peer_get_quest(far, "getgroupmsg", 0, &quest));
    assert_non_null(strstr(quest.json, "\"mtypes\":[30,31,32]"));
    assert_null(strstr(quest.json, "lastid"));
    rtm_value_iter_init(&iter, page.msgs);
    assert_true(rtm_history_next_row(&iter, &row));
    assert_int_equal(row.mid, 77);
    assert_int_equal(row.mtime_ms, 1700000000123);
    assert_false(rtm_history_next_row(&iter, &row));
    rtm_answer_free(owner);

    assert_int_equal(rtm_client_delete_group_wait(client, 7, 0, &error), RTM_E_PEER);
    assert_int_equal(error.code, 200020);
    assert_int_equal(rtm_client_is_friend_wait(client, 3, 4, 0, &ok, &owner, &error), RTM_E_PROTO);

    rtm_client_free(client);
    peer_free(far);
}

static peer_reply refuse_rudely(peer *self, const peer_quest *quest, void *userdata)
{
    (void)self;
    (void)quest;
    (void)userdata;
    return (peer_reply){.verb = PEER_REFUSE,
                        .code = 200020,
                        .text = "a\nb \x1b[2J \xc2\x9b"
                                "2J"};
}

static void on_line(rtm_log_level level, const char *text, void *userdata)
{
    (void)level;
    for (const char *at = text; *at != '\0'; at++)
        assert_true((unsigned char)*at >= 0x20);
    *(bool *)userdata = *(bool *)userdata || strstr(text, "a?b ?[2J ??2J") != NULL;
}

/* A gate can neither forge a line of the log nor speak to the terminal that shows it. */
static void log_lines_are_plain_text(void **state)
{
    peer *far = peer_new(refuse_rudely, NULL);
    rtm_client_options options;
    rtm_error error = {.code = 0};
    bool was_seen = false;

    (void)state;
    client_options(peer_get_endpoint(far), &options);
    options.log = on_line;
    options.log_userdata = &was_seen;
    options.log_level = RTM_LOG_TRACE;
    rtm_client *client = client_connected(peer_get_endpoint(far), &options, NULL);
    assert_int_equal(rtm_client_call_wait(client, "x", NULL, 0, NULL, &error), RTM_E_PEER);
    assert_non_null(strchr(error.text, '\n')); /* as the gate has sent it */
    assert_true(was_seen);
    rtm_client_free(client);
    peer_free(far);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_send_their_quest_and_read_its_answer),
        cmocka_unit_test(log_lines_are_plain_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
