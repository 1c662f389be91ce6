/*
 * The end of connections: closing lets go out what is ready, from every state at once; a peer
 * that drops or keeps silent is met with the policy.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/listen_words.h"
#include "tests/support/listener.h"
#include "tests/support/peer_script.h"

typedef struct history {
    rtm_state states[64];
    size_t count;
    int reason;
} history;

static void on_state(rtm_client *client, rtm_state old_state, rtm_state new_state, int reason,
                     void *userdata)
{
    history *seen = userdata;

    (void)client;
    (void)old_state;
    assert_true(seen->count < 64);
    seen->states[seen->count++] = new_state;
    if (reason != 0)
        seen->reason = reason;
}

static bool has_quest(void *userdata)
{
    return peer_count(userdata, "addlisten") == 1;
}

static bool has_no_open_link(void *userdata)
{
    return peer_count_open(userdata) == 0;
}

static void closing_sends_what_is_ready(void **state)
{
    static const rtm_state way[] = {RTM_STATE_CLOSING, RTM_STATE_IDLE};
    peer *far = peer_new(NULL, NULL);
    rtm_client *client = client_connected(peer_get_endpoint(far), NULL, NULL);
    history seen = {.count = 0};
    ending added;

    (void)state;
    assert_int_equal(rtm_client_set_state_callback(client, on_state, &seen), 0);
    assert_int_equal(listen_words_begin(client, "add g5", 0, &added), 0);
    assert_int_equal(rtm_client_close(client), 0);
    assert_int_equal(rtm_client_get_state(client), RTM_STATE_CLOSING);
    assert_int_equal(rtm_client_get_deadline(client), 0);
    assert_int_equal(rtm_client_process(client), 0);
    assert_int_equal(rtm_client_get_state(client), RTM_STATE_IDLE);
    run_until_ended(client, far, &added);
    assert_true(added.failed);
    assert_int_equal(added.error.local, RTM_E_CLOSED);
    run_until(&client, 1, far, has_quest, far, "the quest");
    run_until(&client, 1, far, has_no_open_link, far, "the end");
    assert_int_equal(seen.count, 2);
    assert_memory_equal(seen.states, way, sizeof way);
    rtm_client_free(client);
    peer_free(far);
}

static void freeing_sends_what_is_ready(void **state)
{
    peer *far = peer_new(NULL, NULL);
    rtm_client *client = client_connected(peer_get_endpoint(far), NULL, NULL);
    ending added;

    (void)state;
    assert_int_equal(listen_words_begin(client, "add g5", 0, &added), 0);
    rtm_client_free(client);
    run_until(NULL, 0, far, has_quest, far, "the quest");
    peer_free(far);
}

static void connecting_while_closing_waits_for_the_end(void **state)
{
    static const rtm_state way[] = {RTM_STATE_CLOSING, RTM_STATE_IDLE, RTM_STATE_RESOLVING,
                                    RTM_STATE_CONNECTING, RTM_STATE_READY};
    peer *far = peer_new(NULL, NULL);
    rtm_client *client = client_connected(peer_get_endpoint(far), NULL, NULL);
    history seen = {.count = 0};

    (void)state;
    assert_int_equal(rtm_client_set_state_callback(client, on_state, &seen), 0);
    assert_int_equal(rtm_client_close(client), 0);
    assert_int_equal(rtm_client_connect(client), 0);
    assert_int_equal(rtm_client_connect(client), RTM_E_BUSY);
    assert_int_equal(rtm_client_connect_wait(client), 0);
    assert_int_equal(seen.count, 5);
    assert_memory_equal(seen.states, way, sizeof way);
    rtm_client_free(client);
    peer_free(far);
}

static void closing_works_in_every_state(void **state)
{
    peer *far = peer_new(NULL, NULL);

    (void)state;
    for (int is_freed = 0; is_freed < 2; is_freed++) {
        for (int turns = 0; turns < 6; turns++) {
            rtm_client_options options;
            rtm_client *client;
            client_options(peer_get_endpoint(far), &options);
            assert_int_equal(rtm_client_new(&options, &client), 0);
            assert_int_equal(rtm_client_connect(client), 0);
            for (int i = 0; i < turns; i++)
                assert_int_equal(rtm_client_process(client), 0);
            if (!is_freed) {
                assert_int_equal(rtm_client_close(client), 0);
                assert_int_equal(rtm_client_close(client), 0);
                assert_int_equal(rtm_client_process(client), 0);
                assert_int_equal(rtm_client_get_state(client), RTM_STATE_IDLE);
            }
            rtm_client_free(client);
        }
    }
    peer_free(far);
}

static peer_reply cut(peer *self, const peer_quest *quest, void *userdata)
{
    (void)self;
    (void)quest;
    (void)userdata;
    return (peer_reply){.verb = PEER_CUT};
}

/* Each attempt ends with a quest that is cut: the waits grow, and the attempts are counted. */
static void a_peer_that_drops_is_met_with_growing_waits(void **state)
{
    peer *far = peer_new(cut, NULL);
    rtm_client_options options;
    rtm_client *client;
    history seen = {.count = 0};
    ending added;

    (void)state;
    client_options(peer_get_endpoint(far), &options);
    options.backoff_first_ms = 1;
    options.backoff_ceiling_ms = 4;
    options.backoff_attempts = 5;
    assert_int_equal(rtm_client_new(&options, &client), 0);
    assert_int_equal(rtm_client_set_state_callback(client, on_state, &seen), 0);
    assert_int_equal(listen_words_begin(client, "add g5", 0, &added), 0);
    assert_int_equal(rtm_client_connect(client), 0);
    assert_int_equal(rtm_client_run(client, LISTENER_DEADLINE_MS), RTM_E_CLOSED);
    assert_int_equal(peer_count_links(far), 5);
    assert_int_equal(seen.reason, RTM_E_LOST);
    assert_int_equal(seen.states[seen.count - 1], RTM_STATE_CLOSED);
    rtm_client_free(client);
    peer_free(far);
}

static peer_reply keep_silent(peer *self, const peer_quest *quest, void *userdata)
{
    (void)self;
    (void)quest;
    (void)userdata;
    return (peer_reply){.verb = PEER_SILENT};
}

static bool is_over(void *userdata)
{
    const history *seen = userdata;

    return seen->count > 0 && seen->states[seen->count - 1] == RTM_STATE_CLOSED;
}

static void a_silent_peer_is_left(void **state)
{
    peer *far = peer_new(keep_silent, NULL);
    rtm_client_options options;
    history seen = {.count = 0};

    (void)state;
    client_options(peer_get_endpoint(far), &options);
    options.keepalive_ms = 30;
    options.auto_reconnect = false;
    rtm_client *client = client_connected(peer_get_endpoint(far), &options, NULL);
    assert_int_equal(rtm_client_set_state_callback(client, on_state, &seen), 0);
    run_until(&client, 1, far, is_over, &seen, "the loss");
    assert_int_equal(seen.reason, RTM_E_LOST);
    assert_int_equal(peer_count(far, "*ping"), 1);
    rtm_client_free(client);
    peer_free(far);
}

static void a_unix_socket_is_connected_without_resolving(void **state)
{
    static const rtm_state way[] = {RTM_STATE_CONNECTING, RTM_STATE_READY};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char folder[] = "/tmp/rtm-test-XXXXXX";
    char endpoint[128];
    rtm_client_options options;
    rtm_client *client;
    history seen = {.count = 0};
    char byte;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/gate", folder);
    (void)snprintf(endpoint, sizeof endpoint, "unix:%s", address.sun_path);
    client_options(endpoint, &options);
    options.auto_reconnect = false;
    assert_int_equal(rtm_client_new(&options, &client), 0);
    assert_int_equal(rtm_client_connect_wait(client), RTM_E_CONNECT); /* nobody there */

    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(rtm_client_set_state_callback(client, on_state, &seen), 0);
    assert_int_equal(rtm_client_connect_wait(client), 0);
    assert_int_equal(seen.count, 2);
    assert_memory_equal(seen.states, way, sizeof way);
    const int far = accept(listener, NULL, NULL);
    assert_true(far >= 0);
    rtm_client_free(client);
    assert_int_equal(recv(far, &byte, 1, 0), 0);
    (void)close(far);
    (void)close(listener);
    (void)unlink(address.sun_path);
    (void)rmdir(folder);
}

static void an_address_of_version_6_is_connected(void **state)
{
    static const rtm_state way[] = {RTM_STATE_RESOLVING, RTM_STATE_CONNECTING, RTM_STATE_READY};
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t len = sizeof address;
    char endpoint[40];
    rtm_client_options options;
    rtm_client *client;
    history seen = {.count = 0};
    char head[4];

    (void)state;
    const int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof address) != 0) {
        print_message("skipped: this machine has no [::1]\n");
        if (listener >= 0)
            (void)close(listener);
        skip();
    }
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    (void)snprintf(endpoint, sizeof endpoint, "[::1]:%u", (unsigned)ntohs(address.sin6_port));
    client_options(endpoint, &options);
    assert_int_equal(rtm_client_new(&options, &client), 0);
    assert_int_equal(rtm_client_set_state_callback(client, on_state, &seen), 0);
    assert_int_equal(rtm_client_connect_wait(client), 0);
    assert_int_equal(seen.count, 3);
    assert_memory_equal(seen.states, way, sizeof way);
    const int far = accept(listener, NULL, NULL);
    assert_true(far >= 0);
    assert_int_equal(rtm_client_call(client, "q", NULL, 0, NULL, NULL, NULL), 0);
    assert_int_equal(rtm_client_process(client), 0);
    assert_int_equal(recv(far, head, sizeof head, MSG_WAITALL), sizeof head);
    assert_memory_equal(head, "FPNN", 4);
    rtm_client_free(client);
    (void)close(far);
    (void)close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closing_sends_what_is_ready),
        cmocka_unit_test(freeing_sends_what_is_ready),
        cmocka_unit_test(connecting_while_closing_waits_for_the_end),
        cmocka_unit_test(closing_works_in_every_state),
        cmocka_unit_test(a_peer_that_drops_is_met_with_growing_waits),
        cmocka_unit_test(a_silent_peer_is_left),
        cmocka_unit_test(a_unix_socket_is_connected_without_resolving),
        cmocka_unit_test(an_address_of_version_6_is_connected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
