/*
 * Sending files: a scripted gate that gives leave, and a scripted file gate that takes the file.
 * What goes out on both, each way, and what becomes of it when either refuses, lies or is gone.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/listener.h"
#include "tests/support/peer_script.h"

#define CONTENT "hello"
/* Of "hello" and TOKEN123, from the protocol's text. */
#define SIGN "7cfb2cba534797a1767a469aa430aa54"

typedef struct world {
    peer *gate;
    peer *file_gate;
    rtm_client *client;
    notebook book;
    pthread_mutex_t lock; /* of the three: the peers have threads of their own */
    char leave[200];      /* what filetoken answers */
    peer_reply to_leave;  /* otherwise */
    peer_reply to_file;
    char said[200]; /* the gate's thread alone */
} world;

static peer_reply give_leave(peer *self, const peer_quest *quest, void *userdata)
{
    world *w = userdata;

    (void)self;
    if (strcmp(quest->method, "filetoken") != 0)
        return (peer_reply){.verb = PEER_ANSWER};
    (void)pthread_mutex_lock(&w->lock);
    const peer_reply reply = w->to_leave;
    (void)snprintf(w->said, sizeof w->said, "%s", w->leave);
    (void)pthread_mutex_unlock(&w->lock);
    return reply.verb != PEER_ANSWER ? reply : (peer_reply){.verb = PEER_ANSWER, .json = w->said};
}

static peer_reply take_file(peer *self, const peer_quest *quest, void *userdata)
{
    world *w = userdata;

    (void)self;
    if (quest->method[0] == '*')
        return (peer_reply){.verb = PEER_ANSWER};
    (void)pthread_mutex_lock(&w->lock);
    const peer_reply reply = w->to_file;
    (void)pthread_mutex_unlock(&w->lock);
    return reply;
}

static void set_reply(world *w, peer_reply *which, peer_reply reply)
{
    (void)pthread_mutex_lock(&w->lock);
    *which = reply;
    (void)pthread_mutex_unlock(&w->lock);
}

static void set_leave(world *w, const char *json)
{
    (void)pthread_mutex_lock(&w->lock);
    (void)snprintf(w->leave, sizeof w->leave, "%s", json);
    (void)pthread_mutex_unlock(&w->lock);
}

static int open_world(void **state)
{
    world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    (void)pthread_mutex_init(&w->lock, NULL);
    notebook_init(&w->book);
    w->to_file = (peer_reply){.verb = PEER_ANSWER, .json = "{\"mtime\":1700000000123}"};
    w->gate = peer_new(give_leave, w);
    w->file_gate = peer_new(take_file, w);
    (void)snprintf(w->leave, sizeof w->leave, "{\"token\":\"TOKEN123\",\"endpoint\":\"%s\"}",
                   peer_get_endpoint(w->file_gate));
    w->client = client_connected(peer_get_endpoint(w->gate), NULL, &w->book);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    world *w = *state;

    rtm_client_free(w->client);
    peer_free(w->gate);
    peer_free(w->file_gate);
    notebook_deinit(&w->book);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
    return 0;
}

static const int64_t uids[] = {8, 9};

static rtm_outgoing_file a_file(void)
{
    return (rtm_outgoing_file){.size = sizeof(rtm_outgoing_file),
                               .from = 5,
                               .to = 7,
                               .tos = uids,
                               .to_count = 2,
                               .mtype = RTM_MTYPE_IMAGE,
                               .mid = 77,
                               .content = CONTENT,
                               .content_len = strlen(CONTENT),
                               .name = "a \"b\".png",
                               .attrs = "{\"k\":1}"};
}

typedef int send_wait_fn(rtm_client *client, const rtm_outgoing_file *file, int64_t timeout_ms,
                         rtm_sent *ret_sent, rtm_error *reterr_error);
typedef int send_fn(rtm_client *client, const rtm_outgoing_file *file, int64_t timeout_ms,
                    rtm_sent_fn *done, void *userdata, rtm_call **ret_call);

static const struct {
    send_fn *send;
    send_wait_fn *wait;
    const char *method;
    const char *target;
} ways[] = {
    {rtm_client_send_file, rtm_client_send_file_wait, "sendfile", "\"to\":7"},
    {rtm_client_send_files, rtm_client_send_files_wait, "sendfiles", "\"tos\":[8,9]"},
    {rtm_client_send_group_file, rtm_client_send_group_file_wait, "sendgroupfile", "\"gid\":7"},
    {rtm_client_send_room_file, rtm_client_send_room_file_wait, "sendroomfile", "\"rid\":7"},
    {rtm_client_broadcast_file, rtm_client_broadcast_file_wait, "broadcastfile", NULL},
};
#define WAYS (sizeof ways / sizeof ways[0])

static void expect_quests(world *w, size_t way, size_t index)
{
    static const char *const targets[] = {"\"to\":", "\"tos\":", "\"gid\":", "\"rid\":"};
    peer_quest leave;
    peer_quest file;
    char word[40];

    assert_true(peer_get_quest(w->gate, "filetoken", index, &leave));
    (void)snprintf(word, sizeof word, "\"cmd\":\"%s\"", ways[way].method);
    assert_non_null(strstr(leave.json, word));
    assert_non_null(strstr(leave.json, "\"from\":5"));
    assert_non_null(strstr(leave.json, "\"sign\":"));
    assert_true(peer_get_quest(w->file_gate, ways[way].method, index % 2, &file));
    assert_true(file.is_twoway);
    assert_null(strstr(file.json, "\"salt\":"));
    assert_null(strstr(file.json, "\"ts\":"));
    assert_non_null(strstr(file.json, "\"pid\":"));
    assert_non_null(strstr(file.json, "\"token\":\"TOKEN123\""));
    assert_non_null(strstr(file.json, "\"mtype\":40"));
    assert_non_null(strstr(file.json, "\"from\":5"));
    assert_non_null(strstr(file.json, "\"mid\":77"));
    assert_non_null(strstr(file.json, "\"file\":\"aGVsbG8=\""));
    assert_non_null(strstr(file.json, "\"attrs\":\"{\\\"rtm\\\":{\\\"sign\\\":\\\"" SIGN "\\\","
                                      "\\\"type\\\":\\\"\\\",\\\"ext\\\":\\\"png\\\","
                                      "\\\"filename\\\":\\\"a \\\\\\\"b\\\\\\\".png\\\"},"
                                      "\\\"custom\\\":\\\"{\\\\\\\"k\\\\\\\":1}\\\"}\""));
    for (size_t i = 0; i < WAYS - 1; i++) {
        const bool is_own = ways[way].target != NULL && i == way;
        assert_int_equal(strstr(file.json, targets[i]) != NULL, is_own);
        assert_int_equal(strstr(leave.json, targets[i]) != NULL, is_own);
        if (is_own) {
            assert_non_null(strstr(file.json, ways[way].target));
            assert_non_null(strstr(leave.json, ways[way].target));
        }
    }
}

static void files_go_each_way(void **state)
{
    world *w = *state;
    const rtm_outgoing_file file = a_file();

    for (size_t i = 0; i < WAYS; i++) {
        rtm_sent sent = {.mid = 0};
        ending end = {.count = 0};
        assert_int_equal(ways[i].wait(w->client, &file, 0, &sent, NULL), 0);
        assert_int_equal(sent.mid, 77);
        assert_int_equal(sent.mtime_ms, 1700000000123);
        assert_int_equal(ways[i].send(w->client, &file, 0, ending_sent, &end, NULL), 0);
        run_until_ended(w->client, w->gate, &end);
        assert_false(end.failed);
        assert_int_equal(end.sent.mid, 77);
        assert_int_equal(end.sent.mtime_ms, 1700000000123);
        expect_quests(w, i, 2 * i);
        expect_quests(w, i, 2 * i + 1);
    }
    /* The gate was left alone otherwise, and each file had a connection of its own. */
    assert_int_equal(peer_count_links(w->gate), 1);
    assert_int_equal(peer_count_links(w->file_gate), 2 * WAYS);
}

static void a_voice_message_says_what_it_is(void **state)
{
    world *w = *state;
    rtm_outgoing_file file = a_file();
    peer_quest quest;
    rtm_sent sent = {.mid = 0};

    file.mtype = RTM_MTYPE_AUDIO_FILE;
    file.name = NULL;
    file.attrs = NULL;
    file.mid = 0;
    file.voice_lang = "zh-CN";
    file.voice_duration_ms = 4500;
    assert_int_equal(rtm_client_send_file_wait(w->client, &file, 0, &sent, NULL), 0);
    assert_true(sent.mid > 0);
    assert_true(peer_get_quest(w->file_gate, "sendfile", 0, &quest));
    assert_non_null(strstr(quest.json, "\"attrs\":\"{\\\"rtm\\\":{\\\"sign\\\":\\\"" SIGN "\\\","
                                       "\\\"type\\\":\\\"audiomsg\\\",\\\"codec\\\":\\\"AMR_WB\\\","
                                       "\\\"srate\\\":16000,\\\"lang\\\":\\\"zh-CN\\\","
                                       "\\\"duration\\\":4500},\\\"custom\\\":\\\"\\\"}\""));
    file.mtype = RTM_MTYPE_IMAGE;
    assert_int_equal(rtm_client_send_file_wait(w->client, &file, 0, &sent, NULL), RTM_E_INVAL);
}

static void large_files_arrive_whole(void **state)
{
    world *w = *state;
    rtm_outgoing_file file = a_file();
    const size_t size = (size_t)5 * 1024 * 1024;
    char *content = malloc(size + 4 * 1024 * 1024);
    peer_quest quest;
    rtm_sent sent;

    assert_non_null(content);
    for (size_t i = 0; i < size; i++)
        content[i] = (char)(i * 31 >> 3);
    file.content = content;
    file.content_len = size;
    assert_int_equal(rtm_client_send_group_file_wait(w->client, &file, 0, &sent, NULL), 0);
    assert_true(peer_get_quest(w->file_gate, "sendgroupfile", 0, &quest));
    assert_non_null(memmem(quest.payload, quest.payload_len, content, size));
    file.content_len = 0;
    assert_int_equal(rtm_client_send_group_file_wait(w->client, &file, 0, &sent, NULL), 0);
    file.content_len = size + 4 * 1024 * 1024;
    assert_int_equal(rtm_client_send_group_file_wait(w->client, &file, 0, &sent, NULL),
                     RTM_E_TOO_BIG);
    free(content);
}

static void refusals_come_through(void **state)
{
    world *w = *state;
    const rtm_outgoing_file file = a_file();
    rtm_sent sent;
    rtm_error error;

    set_reply(w, &w->to_file, (peer_reply){.verb = PEER_REFUSE, .code = 200031, .text = "large"});
    assert_int_equal(rtm_client_send_file_wait(w->client, &file, 0, &sent, &error), RTM_E_PEER);
    assert_int_equal(error.code, 200031);
    set_reply(w, &w->to_file, (peer_reply){.verb = PEER_ANSWER}); /* no mtime */
    assert_int_equal(rtm_client_send_file_wait(w->client, &file, 0, &sent, &error), RTM_E_PROTO);
    set_reply(w, &w->to_file, (peer_reply){.verb = PEER_CUT});
    assert_int_equal(rtm_client_send_file_wait(w->client, &file, 0, &sent, &error), RTM_E_LOST);
    set_reply(w, &w->to_file, (peer_reply){.verb = PEER_SILENT});
    assert_int_equal(rtm_client_send_file_wait(w->client, &file, 100, &sent, &error),
                     RTM_E_TIMEOUT);
    set_reply(w, &w->to_leave,
              (peer_reply){.verb = PEER_REFUSE, .code = 200020, .text = "no files"});
    assert_int_equal(rtm_client_send_file_wait(w->client, &file, 0, &sent, &error), RTM_E_PEER);
    assert_int_equal(error.code, 200020);
    assert_int_equal(sent.mid, 77);
    set_reply(w, &w->to_leave, (peer_reply){.verb = PEER_SILENT});
    assert_int_equal(rtm_client_send_file_wait(w->client, &file, 50, &sent, &error), RTM_E_TIMEOUT);
    set_reply(w, &w->to_leave, (peer_reply){.verb = PEER_ANSWER});
    set_reply(w, &w->to_file, (peer_reply){.verb = PEER_ANSWER, .json = "{\"mtime\":5}"});
    assert_int_equal(rtm_client_send_file_wait(w->client, &file, 0, &sent, &error), 0);
}

static void a_lying_gate_is_an_error(void **state)
{
    static const char *const leaves[] = {
        "{\"token\":\"T\"}",
        "{\"endpoint\":\"127.0.0.1:1\"}",
        "{\"token\":1,\"endpoint\":\"127.0.0.1:1\"}",
        "{\"token\":\"T\",\"endpoint\":5}",
        "{\"token\":\"T\",\"endpoint\":\"nonsense\"}",
        "{\"token\":\"T\",\"endpoint\":\"unix:/tmp/rtm-test-nobody\"}",
        "{\"token\":\"T\",\"endpoint\":\"\"}",
        "{\"token\":\"T\",\"endpoint\":\"a\\u0000b:1\"}",
    };
    world *w = *state;
    const rtm_outgoing_file file = a_file();
    rtm_sent sent;
    rtm_error error;

    for (size_t i = 0; i < sizeof leaves / sizeof leaves[0]; i++) {
        set_leave(w, leaves[i]);
        assert_int_equal(rtm_client_send_file_wait(w->client, &file, 0, &sent, &error),
                         RTM_E_PROTO);
    }
    /* Nobody there. */
    peer *gone = peer_new(NULL, NULL);
    char json[200];
    (void)snprintf(json, sizeof json, "{\"token\":\"T\",\"endpoint\":\"%s\"}",
                   peer_get_endpoint(gone));
    set_leave(w, json);
    peer_free(gone);
    assert_true(rtm_client_send_file_wait(w->client, &file, 0, &sent, &error) < 0);
    assert_int_equal(rtm_client_get_state(w->client), RTM_STATE_READY);
}

static void freeing_and_cancelling_are_clean(void **state)
{
    world *w = *state;
    const rtm_outgoing_file file = a_file();
    ending end = {.count = 0};
    rtm_call *call = NULL;

    /* Nobody waits any more; the file arrives all the same. */
    assert_int_equal(rtm_client_send_file(w->client, &file, 0, ending_sent, &end, &call), 0);
    rtm_call_free(call);
    assert_int_equal(rtm_client_send_file(w->client, &file, 0, NULL, NULL, NULL), 0);
    for (int i = 0; i < 1000 && peer_count(w->file_gate, "sendfile") < 2; i++)
        assert_int_equal(rtm_client_run(w->client, 5), 0);
    assert_int_equal(peer_count(w->file_gate, "sendfile"), 2);
    assert_int_equal(end.count, 0);

    /* As many as may be, all waiting for the file gate; then the client goes. */
    assert_int_equal(rtm_client_run(w->client, 50), 0);
    set_reply(w, &w->to_file, (peer_reply){.verb = PEER_SILENT});
    for (int i = 0; i < RTM_FILES_MAX; i++)
        assert_int_equal(
            rtm_client_send_file(w->client, &file, 0, ending_sent, &end, i == 0 ? &call : NULL), 0);
    assert_int_equal(rtm_client_send_file(w->client, &file, 0, ending_sent, &end, NULL),
                     RTM_E_FULL);
    for (int i = 0; i < 1000 && peer_count(w->file_gate, "sendfile") < 2 + RTM_FILES_MAX / 2; i++)
        assert_int_equal(rtm_client_run(w->client, 5), 0);
    rtm_client_free(w->client);
    w->client = NULL;
    assert_int_equal(end.count, 0);
    rtm_call_free(call);
}

static void wait_and_free(rtm_client *client, const rtm_error *err, const rtm_sent *sent,
                          void *userdata)
{
    ending *end = userdata;

    (void)sent;
    end->failed = err != NULL;
    end->count++;
    assert_int_equal(rtm_client_send_file_wait(client, NULL, 0, NULL, NULL), RTM_E_REENTRANT);
    rtm_client_free(client);
}

static void the_client_may_go_in_the_callback(void **state)
{
    world *w = *state;
    const rtm_outgoing_file file = a_file();
    ending end = {.count = 0};

    assert_int_equal(rtm_client_send_file(w->client, &file, 0, wait_and_free, &end, NULL), 0);
    assert_int_equal(rtm_client_send_file(w->client, &file, 0, wait_and_free, &end, NULL), 0);
    int r = 0;
    while (r == 0)
        r = rtm_client_run(w->client, 20);
    assert_int_equal(r, 1);
    assert_int_equal(end.count, 1);
    assert_false(end.failed);
    w->client = NULL;
}

static void wrong_files_are_refused(void **state)
{
    world *w = *state;
    rtm_outgoing_file file = a_file();
    rtm_sent sent;

    assert_int_equal(rtm_client_send_file(w->client, NULL, 0, NULL, NULL, NULL), RTM_E_INVAL);
    assert_int_equal(rtm_client_send_file(NULL, &file, 0, NULL, NULL, NULL), RTM_E_INVAL);
    assert_int_equal(rtm_client_send_file(w->client, &file, -1, NULL, NULL, NULL), RTM_E_INVAL);
    file.mtype = 39;
    assert_int_equal(rtm_client_send_file_wait(w->client, &file, 0, &sent, NULL), RTM_E_INVAL);
    file.mtype = 51;
    assert_int_equal(rtm_client_send_file_wait(w->client, &file, 0, &sent, NULL), RTM_E_INVAL);
    file = a_file();
    file.content = NULL;
    assert_int_equal(rtm_client_send_file_wait(w->client, &file, 0, &sent, NULL), RTM_E_INVAL);
    file = a_file();
    file.tos = NULL;
    assert_int_equal(rtm_client_send_files_wait(w->client, &file, 0, &sent, NULL), RTM_E_INVAL);
    file = a_file();
    file.size = 8;
    assert_int_equal(rtm_client_send_file_wait(w->client, &file, 0, &sent, NULL), RTM_E_INVAL);
    assert_int_equal(peer_count(w->gate, "filetoken"), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        CASE(files_go_each_way),
        CASE(a_voice_message_says_what_it_is),
        CASE(large_files_arrive_whole),
        CASE(refusals_come_through),
        CASE(a_lying_gate_is_an_error),
        CASE(freeing_and_cancelling_are_clean),
        CASE(the_client_may_go_in_the_callback),
        CASE(wrong_files_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
