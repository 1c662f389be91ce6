/*
 * The SDK's calls for files against the gate: each way, in clear and encrypted, and what the
 * listener is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/gate_process.h"
#include "tests/support/listen_words.h"
#include "tests/support/listener.h"

typedef struct world {
    gate_process gate;
    char folder[64]; /* of files; has one of its own, for the gate's is flat */
    notebook book;
    rtm_client *clients[2]; /* who sends, who listens */
} world;

static void world_init(world *w, int shards)
{
    char more[1024];

    (void)snprintf(w->folder, sizeof w->folder, "/tmp/rtmkit-files.XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    (void)snprintf(more, sizeof more,
                   "files-folder = %s\n"
                   "[listen upload]\naddress = 127.0.0.1:0\ntakes-files = true\n"
                   "[listen web]\naddress = 127.0.0.1:0\nprotocol = files\n",
                   w->folder);
    gate_init(&w->gate, shards, GATE_SQLITE, more);
    notebook_init(&w->book);
    w->clients[0] = client_connected(w->gate.endpoint, NULL, NULL);
    w->clients[1] = client_connected(w->gate.endpoint, NULL, &w->book);
    listen_words(w->clients[1], NULL, "all p2p group room", true, NULL);
}

static void world_deinit(world *w)
{
    char command[128];

    rtm_client_free(w->clients[0]);
    rtm_client_free(w->clients[1]);
    notebook_deinit(&w->book);
    gate_deinit(&w->gate);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", w->folder);
    assert_int_equal(system(command), 0);
}

typedef int send_fn(rtm_client *client, const rtm_outgoing_file *file, int64_t timeout_ms,
                    rtm_sent_fn *done, void *userdata, rtm_call **ret_call);

static const struct {
    send_fn *send;
    const char *callback; /* NULL: no listener hears it */
    size_t count;
} ways[] = {
    {rtm_client_send_file, "push_file", 1},
    {rtm_client_send_files, "push_file", 3},
    {rtm_client_send_group_file, "push_group_file", 1},
    {rtm_client_send_room_file, "push_room_file", 1},
    {rtm_client_broadcast_file, NULL, 0},
};

static void send_each_way(world *w, size_t len)
{
    static const int64_t tos[] = {7, 8, 9};
    char *content = malloc(len + 1);

    assert_non_null(content);
    for (size_t i = 0; i < len; i++)
        content[i] = (char)(i * 7 + i / 251);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        const rtm_outgoing_file file = {.size = sizeof file,
                                        .from = 5,
                                        .to = 7,
                                        .tos = tos,
                                        .to_count = 3,
                                        .mtype = RTM_MTYPE_IMAGE,
                                        .content = content,
                                        .content_len = len,
                                        .name = "a.bin",
                                        .attrs = "mine"};
        ending end = {0};
        const size_t before = w->book.count;
        assert_int_equal(ways[i].send(w->clients[0], &file, 0, ending_sent, &end, NULL), 0);
        run_until_ended(w->clients[0], NULL, &end);
        assert_false(end.failed);
        assert_true(end.sent.mtime_ms > 0);
        run_until_notes(w->clients, 2, NULL, &w->book, before + ways[i].count);
        for (size_t n = before; n < w->book.count; n++) {
            const note *one = &w->book.notes[n];
            assert_string_equal(one->callback, ways[i].callback);
            assert_int_equal(one->message.mid, end.sent.mid);
            assert_int_equal(one->message.from, 5);
            assert_int_equal(one->message.mtype, RTM_MTYPE_IMAGE);
            assert_memory_equal(one->msg, "{\"url\":\"http://127.0.0.1:", 25);
            assert_memory_equal(one->attrs, "{\"rtm\":{", 8);
        }
    }
    free(content);
}

static void every_way_arrives(void **state)
{
    world w;

    (void)state;
    for (int shards = 1; shards <= 2; shards++) {
        world_init(&w, shards);
        send_each_way(&w, 0);
        send_each_way(&w, 1000);
        send_each_way(&w, (size_t)1 << 20);
        world_deinit(&w);
    }
}

static void a_file_beyond_the_gates_limit_is_refused(void **state)
{
    const size_t len = ((size_t)5 << 20) + 1;
    void *content = calloc(1, len);
    rtm_outgoing_file file = {.size = sizeof file,
                              .from = 5,
                              .to = 7,
                              .mtype = RTM_MTYPE_FILE_LAST,
                              .content = content,
                              .content_len = len};
    rtm_error error = {0};
    rtm_sent sent = {0};
    world w;

    (void)state;
    assert_non_null(content);
    world_init(&w, 1);
    assert_int_equal(rtm_client_send_file_wait(w.clients[0], &file, 0, &sent, &error), RTM_E_PEER);
    assert_int_equal(error.code, 200031);
    file.content_len--;
    assert_int_equal(rtm_client_send_file_wait(w.clients[0], &file, 0, &sent, &error), 0);
    world_deinit(&w);
    free(content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_arrives),
        cmocka_unit_test(a_file_beyond_the_gates_limit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
