/*
 * A client that is closed or freed while keys are agreed on: at every byte of the agreement of
 * FPNN and of the handshake of TLS, from outside and inside the callback that tells of it. It is
 * idle or gone at once, whoever waits is told, and the peer sees the end.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/key_peer.h"
#include "tests/support/listener.h"
#include "tests/support/peer_script.h"
#include "tests/support/tls_peer.h"

#define ANSWER_SIZE 17 /* of an empty one */
#define TLS_STEP 41    /* bytes between two places of a handshake */

typedef enum ending_way { END_CLOSE, END_FREE, END_WAYS } ending_way;

/* End the client from outside; `call`, if any, was waiting for the connection. */
static void end_it(rtm_client *client, ending_way way, ending *call)
{
    if (way == END_FREE) {
        rtm_client_free(client);
        assert_true(call == NULL || call->count == 0);
        return;
    }
    const bool is_ready = rtm_client_get_state(client) == RTM_STATE_READY;
    assert_int_equal(rtm_client_close(client), 0);
    assert_int_equal(rtm_client_get_state(client), is_ready ? RTM_STATE_CLOSING : RTM_STATE_IDLE);
    if (call == NULL) {
        assert_int_equal(rtm_client_process(client), 0);
    } else {
        assert_int_equal(call->count, 0);
        run_until_ended(client, NULL, call);
        assert_true(call->failed);
        assert_int_equal(call->error.local, RTM_E_CLOSED);
    }
    assert_int_equal(rtm_client_get_state(client), RTM_STATE_IDLE);
    rtm_client_free(client);
}

/* Process what has come, until there is nothing left to do. */
static void settle(rtm_client *client)
{
    struct pollfd fd = {.fd = rtm_client_get_fd(client), .events = POLLIN};

    while (poll(&fd, 1, 0) > 0 || rtm_client_get_deadline(client) == 0)
        assert_int_equal(rtm_client_process(client), 0);
}

/* The gate of FPNN encryption, which stops behind so many bytes of its first answer. */
typedef struct key_gate {
    const char *private; /* PEM */
    atomic_size_t stop;
    atomic_size_t size; /* of the answer */
} key_gate;

static peer_reply agree(peer *self, const peer_quest *quest, void *userdata)
{
    static const uint8_t head[12] = {'F', 'P', 'N', 'N', 1, 0x80, 2, 0, 1, 0, 0, 0};
    key_gate *gate = userdata;
    uint8_t plain[ANSWER_SIZE] = {0};
    uint8_t bytes[64];

    if (strcmp(quest->method, "*key") != 0)
        return (peer_reply){.verb = PEER_SILENT};
    memcpy(plain, head, sizeof head);
    for (int i = 0; i < 4; i++)
        plain[12 + i] = (uint8_t)(quest->seq >> (8 * i));
    plain[16] = 0x80;
    const size_t size =
        key_peer_seal(gate->private, quest, plain, sizeof plain, bytes, sizeof bytes);
    atomic_store(&gate->size, size);
    const size_t stop = atomic_load(&gate->stop);
    if (stop > 0)
        peer_write(self, bytes, stop < size ? stop : size);
    return (peer_reply){.verb = PEER_SILENT};
}

typedef struct far_end {
    peer *peer;
    key_gate *gate;
    rtm_client *client;
    size_t bytes; /* that the client has to have received */
} far_end;

/* The gate has made its answer, and the client has so much of it. */
static bool has_received(const far_end *far)
{
    rtm_stats stats = {.size = sizeof stats};

    assert_int_equal(rtm_client_get_stats(far->client, &stats), 0);
    return atomic_load(&far->gate->size) > 0 && stats.bytes_received >= far->bytes;
}

static bool has_no_link(void *userdata)
{
    return peer_count_open(userdata) == 0;
}

static rtm_client *make_key_client(const peer *far, rtm_security security, const char *public_pem)
{
    rtm_client_options options;
    rtm_client *client = NULL;

    client_options(peer_get_endpoint(far), &options);
    options.security = security;
    options.encryption_key = public_pem;
    options.encryption_key_len = strlen(public_pem);
    assert_int_equal(rtm_client_new(&options, &client), 0);
    return client;
}

/* One life: how many bytes the answer has. `is_told`: it goes on until the client is ready. */
static size_t end_after(const char *private_pem, const char *public_pem, rtm_security security,
                        size_t bytes, bool is_told, ending_way way)
{
    key_gate gate = {.private = private_pem};

    atomic_store(&gate.stop, bytes);
    far_end far = {.peer = peer_new(agree, &gate), .gate = &gate, .bytes = bytes};
    far.client = make_key_client(far.peer, security, public_pem);
    assert_int_equal(rtm_client_connect(far.client), 0);
    /* No quest behind `*key`: the scripted peer cannot read what is sealed, and would cut. */
    struct pollfd fd = {.fd = rtm_client_get_fd(far.client), .events = POLLIN};
    while (!has_received(&far)) { /* one turn at a time; the gate's part rings no bell of ours */
        assert_int_equal(rtm_client_process(far.client), 0);
        (void)poll(&fd, 1, rtm_client_get_deadline(far.client) == 0 ? 0 : 1);
    }
    const size_t size = atomic_load(&gate.size);
    assert_int_equal(rtm_client_get_state(far.client), RTM_STATE_SECURING);
    if (is_told)
        assert_int_equal(rtm_client_connect_wait(far.client), 0);
    end_it(far.client, way, NULL);
    run_until(NULL, 0, far.peer, has_no_link, far.peer, "the end");
    peer_free(far.peer);
    return size;
}

static void at_every_byte_of_the_agreement_of_fpnn(void **state)
{
    static const rtm_security modes[] = {RTM_SECURITY_FPNN_PACKAGE, RTM_SECURITY_FPNN_STREAM};
    char *private_pem;
    char *public_pem;

    (void)state;
    assert_int_equal(rtm_key_pair_new("secp256k1", &private_pem, &public_pem), 0);
    for (int mode = 0; mode < 2; mode++) {
        for (int way = 0; way < END_WAYS; way++) {
            size_t size = 1;
            for (size_t bytes = 0; bytes <= size; bytes++)
                size =
                    end_after(private_pem, public_pem, modes[mode], bytes, false, (ending_way)way);
            (void)end_after(private_pem, public_pem, modes[mode], size, true, (ending_way)way);
            assert_int_equal(size, ANSWER_SIZE + (mode == 0 ? 4 : 0));
        }
    }
    rtm_key_free(private_pem);
    rtm_key_free(public_pem);
}

/* Turn after turn from the first step to the quest that asks. */
static void at_every_turn_before_the_gate_has_answered(void **state)
{
    char *private_pem;
    char *public_pem;

    (void)state;
    assert_int_equal(rtm_key_pair_new("secp256k1", &private_pem, &public_pem), 0);
    key_gate gate = {.private = private_pem};
    for (int way = 0; way < END_WAYS; way++) {
        for (int turns = 0; turns < 6; turns++) {
            peer *far = peer_new(agree, &gate);
            rtm_client *client = make_key_client(far, RTM_SECURITY_FPNN_PACKAGE, public_pem);
            assert_int_equal(rtm_client_connect(client), 0);
            for (int i = 0; i < turns; i++)
                assert_int_equal(rtm_client_process(client), 0);
            end_it(client, (ending_way)way, NULL);
            peer_free(far);
        }
    }
    rtm_key_free(private_pem);
    rtm_key_free(public_pem);
}

static rtm_client *make_tls_client(const tls_peer *far)
{
    rtm_client_options options;
    rtm_client *client = NULL;

    client_options(tls_peer_get_endpoint(far), &options);
    options.security = RTM_SECURITY_TLS;
    options.tls_ca_file = tls_peer_get_ca_file(far);
    options.tls_host = "gate.test";
    assert_int_equal(rtm_client_new(&options, &client), 0);
    return client;
}

typedef struct stall {
    const tls_peer *far;
    long count;
} stall;

static bool has_stalled(void *userdata)
{
    const stall *it = userdata;

    return tls_peer_count_stalls(it->far) == it->count;
}

static void at_places_all_over_the_handshake_of_tls(void **state)
{
    peer *behind = peer_new(NULL, NULL);
    tls_peer *far = tls_peer_new(&(tls_peer_options){
        .backend = peer_get_endpoint(behind), .name = "DNS:gate.test", .is_laconic = true});
    stall it = {.far = far};

    (void)state;
    rtm_client *client = make_tls_client(far);
    assert_int_equal(rtm_client_connect_wait(client), 0);
    assert_int_equal(rtm_client_call_wait(client, "q", NULL, 0, NULL, NULL), 0);
    const long size = tls_peer_get_handshake_size(far);
    rtm_client_free(client);
    assert_true(size > 500);
    for (int way = 0; way < END_WAYS; way++) {
        for (long bytes = 0; bytes < size; bytes += TLS_STEP) {
            ending call = {.count = 0};
            tls_peer_stall_after(far, bytes);
            it.count++;
            client = make_tls_client(far);
            assert_int_equal(rtm_client_connect(client), 0);
            assert_int_equal(rtm_client_call(client, "q", NULL, 0, ending_answer, &call, NULL), 0);
            while (!has_stalled(&it))
                assert_int_equal(rtm_client_run(client, 1), 0);
            settle(client);
            assert_int_equal(rtm_client_get_state(client), RTM_STATE_SECURING);
            /* The far side serves one connection at a time: the next has to wait for this end. */
            end_it(client, (ending_way)way, &call);
        }
    }
    tls_peer_free(far);
    peer_free(behind);
}

static void on_state_close(rtm_client *client, rtm_state old_state, rtm_state new_state, int reason,
                           void *userdata)
{
    (void)old_state;
    (void)reason;
    (void)userdata;
    if (new_state == RTM_STATE_SECURING)
        assert_int_equal(rtm_client_close(client), 0);
}

static void on_state_free(rtm_client *client, rtm_state old_state, rtm_state new_state, int reason,
                          void *userdata)
{
    (void)old_state;
    (void)reason;
    (void)userdata;
    if (new_state == RTM_STATE_SECURING)
        rtm_client_free(client);
}

static void inside_the_callback_that_tells_of_it(void **state)
{
    char *private_pem;
    char *public_pem;

    (void)state;
    assert_int_equal(rtm_key_pair_new("secp256k1", &private_pem, &public_pem), 0);
    key_gate gate = {.private = private_pem};
    peer *far = peer_new(agree, &gate);
    tls_peer *tls = tls_peer_new(
        &(tls_peer_options){.backend = peer_get_endpoint(far), .name = "DNS:gate.test"});
    for (int i = 0; i < 2 * END_WAYS; i++) {
        rtm_client *client = i < END_WAYS
                                 ? make_tls_client(tls)
                                 : make_key_client(far, RTM_SECURITY_FPNN_STREAM, public_pem);
        const bool is_freed = i % END_WAYS == END_FREE;
        ending call = {.count = 0};
        assert_int_equal(
            rtm_client_set_state_callback(client, is_freed ? on_state_free : on_state_close, NULL),
            0);
        assert_int_equal(rtm_client_connect(client), 0);
        assert_int_equal(rtm_client_call(client, "q", NULL, 0, ending_answer, &call, NULL), 0);
        if (is_freed) {
            assert_int_equal(rtm_client_run(client, LISTENER_DEADLINE_MS), 1);
            assert_int_equal(call.count, 0);
            continue;
        }
        run_until_ended(client, NULL, &call);
        assert_int_equal(call.error.local, RTM_E_CLOSED);
        assert_int_equal(rtm_client_get_state(client), RTM_STATE_IDLE);
        rtm_client_free(client);
    }
    run_until(NULL, 0, far, has_no_link, far, "the ends");
    tls_peer_free(tls);
    peer_free(far);
    rtm_key_free(private_pem);
    rtm_key_free(public_pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_every_byte_of_the_agreement_of_fpnn),
        cmocka_unit_test(at_every_turn_before_the_gate_has_answered),
        cmocka_unit_test(at_places_all_over_the_handshake_of_tls),
        cmocka_unit_test(inside_the_callback_that_tells_of_it),
    };

    return cmocka_run_group_tests_name("client.securing", tests, NULL, NULL);
}
