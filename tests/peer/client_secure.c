/*
 * TLS: which peers are believed, and how each other one is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pthread.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/listen_words.h"
#include "tests/support/listener.h"
#include "tests/support/peer_script.h"
#include "tests/support/tls_peer.h"

/* The states that were told, in order, and all that was logged. */
typedef struct history {
    rtm_state states[32];
    size_t count;
    int reason;
    char log[8192];
} history;

static void on_state(rtm_client *client, rtm_state old_state, rtm_state new_state, int reason,
                     void *userdata)
{
    history *seen = userdata;

    (void)client;
    (void)old_state;
    assert_true(seen->count < 32);
    seen->states[seen->count++] = new_state;
    if (reason != 0)
        seen->reason = reason;
}

/* The last reason alone: there may be many states. */
static void on_reason(rtm_client *client, rtm_state old_state, rtm_state new_state, int reason,
                      void *userdata)
{
    (void)client;
    (void)old_state;
    (void)new_state;
    if (reason != 0)
        ((history *)userdata)->reason = reason;
}

static void on_log(rtm_log_level level, const char *text, void *userdata)
{
    history *seen = userdata;
    const size_t len = strlen(seen->log);

    (void)level;
    (void)snprintf(seen->log + len, sizeof seen->log - len, "%s\n", text);
}

/* `max_package`: 0 for the default. */
static rtm_client *make_client_for(const char *endpoint, const char *ca_file, const char *host,
                                   int64_t timeout_ms, size_t max_package, history *seen)
{
    rtm_client_options options;
    rtm_client *client;

    *seen = (history){.count = 0};
    client_options(endpoint, &options);
    options.security = RTM_SECURITY_TLS;
    options.tls_ca_file = ca_file;
    options.tls_host = host;
    options.auto_reconnect = false;
    options.connect_timeout_ms = timeout_ms;
    options.log = on_log;
    options.log_userdata = seen;
    if (max_package > 0)
        options.max_package_bytes = max_package;
    assert_int_equal(rtm_client_new(&options, &client), 0);
    assert_int_equal(rtm_client_set_state_callback(client, on_state, seen), 0);
    return client;
}

static rtm_client *make_client(const char *endpoint, const char *ca_file, const char *host,
                               int64_t timeout_ms, history *seen)
{
    return make_client_for(endpoint, ca_file, host, timeout_ms, 0, seen);
}

static void expect_log(const history *seen, const char *piece)
{
    if (strstr(seen->log, piece) == NULL)
        fail_msg("\"%s\" is not in the log:\n%s", piece, seen->log);
}

/* An attempt that has to fail with RTM_E_SECURITY and `why` in the log. */
static void expect_refusal(const char *endpoint, const char *ca_file, const char *host,
                           const char *why)
{
    history seen;
    rtm_client *client = make_client(endpoint, ca_file, host, LISTENER_DEADLINE_MS, &seen);

    assert_int_equal(rtm_client_connect_wait(client), RTM_E_SECURITY);
    assert_int_equal(rtm_client_get_state(client), RTM_STATE_CLOSED);
    expect_log(&seen, why);
    rtm_client_free(client);
}

static void a_good_certificate_is_believed(void **state)
{
    static const rtm_state way[] = {RTM_STATE_RESOLVING, RTM_STATE_CONNECTING, RTM_STATE_SECURING,
                                    RTM_STATE_READY};
    static const char *const names[] = {"DNS:gate.test", "IP:127.0.0.1"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        peer *far = peer_new(NULL, NULL);
        tls_peer *tls =
            tls_peer_new(&(tls_peer_options){.backend = peer_get_endpoint(far), .name = names[i]});
        history seen;
        rtm_client *client = make_client(tls_peer_get_endpoint(tls), tls_peer_get_ca_file(tls),
                                         i == 0 ? "gate.test" : NULL, LISTENER_DEADLINE_MS, &seen);
        assert_int_equal(rtm_client_connect_wait(client), 0);
        assert_int_equal(seen.count, 4);
        assert_memory_equal(seen.states, way, sizeof way);
        listen_words(client, far, "add g1,4 r2", true, NULL);
        assert_int_equal(peer_count(far, NULL), 1);
        rtm_client_free(client);
        tls_peer_free(tls);
        peer_free(far);
    }
}

typedef struct waited {
    const notebook *book;
    peer *far;
} waited;

static bool has_large_answers(void *userdata)
{
    return peer_count_answers(((const waited *)userdata)->far) == 200;
}

/* More than a record of TLS holds, and more than one read of the client takes. */
static void many_pushes_in_one_burst_all_come(void **state)
{
    static uint8_t bytes[600 * 1024];
    peer *far = peer_new(NULL, NULL);
    tls_peer *tls = tls_peer_new(
        &(tls_peer_options){.backend = peer_get_endpoint(far), .name = "DNS:gate.test"});
    waited it = {.far = far};
    char json[2600];
    char text[2401];
    size_t len = 0;
    history seen;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 200; i++) {
        (void)snprintf(json, sizeof json,
                       "{\"from\":1,\"to\":2,\"mtype\":51,\"mid\":%d,\"msg\":\"%s\",\"attrs\":\"\","
                       "\"mtime\":3}",
                       i + 1, text);
        (void)peer_build_push(far, "pushmsg", json, bytes, sizeof bytes, &len);
    }
    rtm_client *client = make_client(tls_peer_get_endpoint(tls), tls_peer_get_ca_file(tls),
                                     "gate.test", LISTENER_DEADLINE_MS, &seen);
    assert_int_equal(rtm_client_connect_wait(client), 0);
    peer_wait_links(far, 1);
    peer_write(far, bytes, len);
    run_until(&client, 1, far, has_large_answers, &it, "the answers");
    rtm_client_free(client);
    tls_peer_free(tls);
    peer_free(far);
}

#define SLOW_PUSHES 4000

/* 10 MB, more than this session ever holds, for workers that hold two messages at a time. */
typedef struct flood {
    peer *far;
    uint8_t *bytes;
    size_t len;
    atomic_size_t handled;
    const history *seen;
} flood;

static void count_message(rtm_client *client, const rtm_message *message, void *userdata)
{
    (void)client;
    (void)message;
    atomic_fetch_add(&((flood *)userdata)->handled, 1);
}

static void *write_flood(void *userdata)
{
    flood *self = userdata;

    peer_write(self->far, self->bytes, self->len);
    return NULL;
}

static bool is_handled_or_lost(void *userdata)
{
    const flood *self = userdata;

    return atomic_load(&self->handled) == SLOW_PUSHES || self->seen->reason != 0;
}

/*
 * TLS holds bytes back whatever is watched: they are left there, too, while pushes of a pause wait.
 */
static void slow_handlers_bound_what_is_read(void **state)
{
    const size_t cap = (size_t)SLOW_PUSHES * 2600;
    peer *far = peer_new(NULL, NULL);
    tls_peer *tls = tls_peer_new(
        &(tls_peer_options){.backend = peer_get_endpoint(far), .name = "DNS:gate.test"});
    history seen;
    flood all = {.far = far, .bytes = malloc(cap), .seen = &seen};
    const rtm_monitor monitor = {
        .size = sizeof monitor, .userdata = &all, .push_message = count_message};
    const rtm_workers_options few = {.size = sizeof few, .max_messages = 2};
    rtm_workers *workers;
    pthread_t writer;
    char json[2600];
    char text[2401];

    (void)state;
    assert_non_null(all.bytes);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < SLOW_PUSHES; i++) {
        (void)snprintf(json, sizeof json,
                       "{\"from\":1,\"to\":2,\"mtype\":51,\"mid\":%d,\"msg\":\"%s\",\"attrs\":\"\","
                       "\"mtime\":3}",
                       i + 1, text);
        (void)peer_build_push(far, "pushmsg", json, all.bytes, cap, &all.len);
    }
    rtm_client *client = make_client_for(tls_peer_get_endpoint(tls), tls_peer_get_ca_file(tls),
                                         "gate.test", LISTENER_DEADLINE_MS, 65536, &seen);
    assert_int_equal(rtm_client_set_monitor(client, &monitor), 0);
    assert_int_equal(rtm_client_connect_wait(client), 0);
    assert_int_equal(rtm_workers_new(client, &few, &workers), 0);
    peer_wait_links(far, 1);
    assert_int_equal(pthread_create(&writer, NULL, write_flood, &all), 0);
    run_until(&client, 1, far, is_handled_or_lost, &all, "all of a flood");
    assert_int_equal(seen.reason, 0);
    assert_int_equal(pthread_join(writer, NULL), 0);
    assert_int_equal(rtm_workers_free(workers), 0);
    rtm_client_free(client);
    tls_peer_free(tls);
    peer_free(far);
    free(all.bytes);
}

static void other_names_and_authorities_are_refused(void **state)
{
    peer *far = peer_new(NULL, NULL);
    const tls_peer_options good = {.backend = peer_get_endpoint(far), .name = "DNS:gate.test"};
    tls_peer_options old = good;

    (void)state;
    old.is_expired = true;
    tls_peer *tls = tls_peer_new(&good);
    tls_peer *other = tls_peer_new(&good);
    tls_peer *expired = tls_peer_new(&old);
    expect_refusal(tls_peer_get_endpoint(tls), tls_peer_get_ca_file(tls), "gate2.test",
                   "certificate verify failed: hostname mismatch");
    expect_refusal(tls_peer_get_endpoint(tls), tls_peer_get_ca_file(tls), NULL,
                   "certificate verify failed: IP address mismatch");
    expect_refusal(tls_peer_get_endpoint(tls), tls_peer_get_ca_file(other), "gate.test",
                   "certificate verify failed: ");
    expect_refusal(tls_peer_get_endpoint(tls), NULL, "gate.test", "certificate verify failed: ");
    expect_refusal(tls_peer_get_endpoint(expired), tls_peer_get_ca_file(expired), "gate.test",
                   "certificate verify failed: certificate has expired");
    expect_refusal(tls_peer_get_endpoint(tls), "/nonexistent/ca.pem", "gate.test",
                   "/nonexistent/ca.pem: ");
    assert_int_equal(peer_count(far, NULL), 0);
    tls_peer_free(tls);
    tls_peer_free(other);
    tls_peer_free(expired);
    peer_free(far);
}

/* Put the authority of `far` where a client looks for it, as one replaces a file: whole or not. */
static void install_authority(const tls_peer *far, const char *path)
{
    char beside[80];
    char data[8192];

    (void)snprintf(beside, sizeof beside, "%s.new", path);
    FILE *from = fopen(tls_peer_get_ca_file(far), "rb");
    FILE *to = fopen(beside, "wb");
    assert_true(from != NULL && to != NULL);
    const size_t len = fread(data, 1, sizeof data, from);
    assert_true(len > 0 && len < sizeof data);
    assert_int_equal(fwrite(data, 1, len, to), len);
    assert_int_equal(fclose(from), 0);
    assert_int_equal(fclose(to), 0);
    assert_int_equal(rename(beside, path), 0);
}

static bool was_refused(void *userdata)
{
    return ((const history *)userdata)->reason == RTM_E_SECURITY;
}

static bool has_links(void *userdata)
{
    const waited *it = userdata;

    return it->book->listening == 1 && peer_count_links(it->far) == 2;
}

/* The gate's authority is another one from one day on, and its file follows. */
static void a_renewed_authority_is_taken_up_by_a_running_client(void **state)
{
    peer *far = peer_new(NULL, NULL);
    tls_peer *tls = tls_peer_new(
        &(tls_peer_options){.backend = peer_get_endpoint(far), .name = "DNS:gate.test"});
    char path[] = "/tmp/rtm-test-trust-XXXXXX";
    const int fd = mkstemp(path);
    rtm_client_options options;
    rtm_client *client = NULL;
    rtm_monitor monitor;
    history seen = {.count = 0};
    notebook book;
    waited back = {.book = &book, .far = far};

    (void)state;
    assert_true(fd >= 0);
    (void)close(fd);
    notebook_init(&book);
    notebook_fill_monitor(&book, &monitor);
    install_authority(tls, path);
    client_options(tls_peer_get_endpoint(tls), &options);
    options.security = RTM_SECURITY_TLS;
    options.tls_ca_file = path;
    options.tls_host = "gate.test";
    options.log = on_log;
    options.log_userdata = &seen;
    options.log_level = RTM_LOG_ERROR;
    options.backoff_first_ms = 1;
    options.backoff_ceiling_ms = 2;
    assert_int_equal(rtm_client_new(&options, &client), 0);
    assert_int_equal(rtm_client_set_monitor(client, &monitor), 0);
    assert_int_equal(rtm_client_connect_wait(client), 0);
    listen_words(client, far, "add g1,4 r2", true, NULL);

    /* Until the file is renewed as well, the new gate is not believed. */
    tls_peer_renew(tls);
    assert_int_equal(rtm_client_set_state_callback(client, on_reason, &seen), 0);
    peer_cut(far);
    run_until(&client, 1, far, was_refused, &seen, "a refusal");
    expect_log(&seen, "certificate verify failed: ");
    assert_int_equal(peer_count_links(far), 1);

    install_authority(tls, path);
    run_until(&client, 1, far, has_links, &back, "the listen set");
    assert_int_equal(rtm_client_get_state(client), RTM_STATE_READY);
    assert_int_equal(peer_count(far, "setlisten"), 1);
    rtm_client_free(client);
    (void)unlink(path);
    notebook_deinit(&book);
    tls_peer_free(tls);
    peer_free(far);
}

static peer_reply cut(peer *self, const peer_quest *quest, void *userdata)
{
    (void)self;
    (void)quest;
    (void)userdata;
    return (peer_reply){.verb = PEER_CUT};
}

static void a_plain_peer_is_refused(void **state)
{
    peer *far = peer_new(cut, NULL);

    (void)state;
    expect_refusal(peer_get_endpoint(far), NULL, "gate.test", "TLS with gate.test: ");
    peer_free(far);
}

static void a_silent_peer_meets_the_deadline(void **state)
{
    peer *far = peer_new(NULL, NULL);
    tls_peer *tls = tls_peer_new(&(tls_peer_options){
        .backend = peer_get_endpoint(far), .name = "DNS:gate.test", .is_silent = true});
    history seen;
    rtm_client *client =
        make_client(tls_peer_get_endpoint(tls), tls_peer_get_ca_file(tls), "gate.test", 100, &seen);

    (void)state;
    assert_int_equal(rtm_client_connect_wait(client), RTM_E_TIMEOUT);
    assert_int_equal(seen.states[seen.count - 2], RTM_STATE_SECURING);
    expect_log(&seen, "has not agreed on keys in time");
    rtm_client_free(client);
    tls_peer_free(tls);
    peer_free(far);
}

static void a_handshake_cut_at_any_byte_fails(void **state)
{
    peer *far = peer_new(NULL, NULL);
    tls_peer *tls = tls_peer_new(&(tls_peer_options){
        .backend = peer_get_endpoint(far), .name = "DNS:gate.test", .is_laconic = true});
    history seen;
    rtm_client *client = make_client(tls_peer_get_endpoint(tls), tls_peer_get_ca_file(tls),
                                     "gate.test", LISTENER_DEADLINE_MS, &seen);

    (void)state;
    assert_int_equal(rtm_client_connect_wait(client), 0);
    listen_words(client, far, "add g1", true, NULL); /* so the far side has finished too */
    const long size = tls_peer_get_handshake_size(tls);
    assert_true(size > 500);
    rtm_client_free(client);
    for (long n = 0; n < size; n++) {
        tls_peer_cut_after(tls, n);
        expect_refusal(tls_peer_get_endpoint(tls), tls_peer_get_ca_file(tls), "gate.test",
                       "TLS with gate.test: ");
    }
    tls_peer_free(tls);
    peer_free(far);
}

static void closing_and_freeing_work_in_the_handshake(void **state)
{
    peer *far = peer_new(NULL, NULL);
    tls_peer *tls = tls_peer_new(&(tls_peer_options){
        .backend = peer_get_endpoint(far), .name = "DNS:gate.test", .is_silent = true});

    (void)state;
    for (int i = 0; i < 2; i++) {
        history seen;
        rtm_client *client = make_client(tls_peer_get_endpoint(tls), tls_peer_get_ca_file(tls),
                                         "gate.test", LISTENER_DEADLINE_MS, &seen);
        assert_int_equal(rtm_client_connect(client), 0);
        while (rtm_client_get_state(client) != RTM_STATE_SECURING)
            assert_int_equal(rtm_client_run(client, 1), 0);
        if (i == 0) {
            assert_int_equal(rtm_client_close(client), 0);
            assert_int_equal(rtm_client_get_state(client), RTM_STATE_IDLE);
        }
        rtm_client_free(client);
    }
    tls_peer_free(tls);
    peer_free(far);
}

static peer_reply answer_key(peer *self, const peer_quest *quest, void *userdata)
{
    const peer_verb *verb = userdata;

    (void)self;
    assert_string_equal(quest->method, "*key");
    return (peer_reply){.verb = *verb, .code = 20001, .text = "no"};
}

/* What follows a good answer is the gate's to show: here are the others. */
static void without_a_key_agreement_nothing_is_ready(void **state)
{
    static const struct {
        peer_verb verb;
        int reason;
    } cases[] = {
        {PEER_SILENT, RTM_E_TIMEOUT}, {PEER_CUT, RTM_E_SECURITY}, {PEER_REFUSE, RTM_E_SECURITY}};
    unsigned char key[256];
    const size_t key_len = make_public_key(key, sizeof key);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        peer *far = peer_new(answer_key, (void *)(uintptr_t)&cases[i].verb);
        rtm_client_options options;
        rtm_client *client;
        history seen = {.count = 0};
        client_options(peer_get_endpoint(far), &options);
        options.security = i == 1 ? RTM_SECURITY_FPNN_PACKAGE : RTM_SECURITY_FPNN_STREAM;
        options.encryption_key = key;
        options.encryption_key_len = key_len;
        options.auto_reconnect = false;
        options.connect_timeout_ms = i == 0 ? 100 : LISTENER_DEADLINE_MS;
        options.log = on_log;
        options.log_userdata = &seen;
        assert_int_equal(rtm_client_new(&options, &client), 0);
        assert_int_equal(rtm_client_set_state_callback(client, on_state, &seen), 0);
        assert_int_equal(rtm_client_connect_wait(client), cases[i].reason);
        assert_int_equal(seen.states[seen.count - 2], RTM_STATE_SECURING);
        expect_log(&seen, i == 0 ? "has not agreed on keys in time" : "agreeing on keys");
        rtm_client_free(client);
        peer_free(far);
    }
}

static void wrong_options_are_refused(void **state)
{
    static const struct {
        rtm_security security;
        const char *endpoint;
        const char *ca_file;
        const char *host;
        const char *key;
        const char *curve;
        int bits;
        const char *why;
    } wrong[] = {
        {(rtm_security)9, "a:1", NULL, NULL, NULL, NULL, 128, "no such security"},
        {RTM_SECURITY_NONE, "a:1", "x", NULL, NULL, NULL, 128, "with security TLS only"},
        {RTM_SECURITY_NONE, "a:1", NULL, "x", NULL, NULL, 128, "with security TLS only"},
        {RTM_SECURITY_TLS, "unix:/x", NULL, NULL, NULL, NULL, 128, "needs tls_host"},
        {RTM_SECURITY_FPNN_STREAM, "a:1", NULL, NULL, NULL, NULL, 128, "needs encryption_key"},
        {RTM_SECURITY_NONE, "unix:", NULL, NULL, NULL, NULL, 128, "1 to 107 bytes"},
        {RTM_SECURITY_FPNN_PACKAGE, "a:1", NULL, NULL, "k", NULL, 192, "are 128 or 256"},
        {RTM_SECURITY_FPNN_PACKAGE, "a:1", NULL, NULL, "k", "P-999", 128,
         "encryption_curve is none of"},
        {RTM_SECURITY_FPNN_PACKAGE, "a:1", NULL, NULL, "k", "secp256r1", 128,
         "encryption_key is no public key"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        rtm_client_options options;
        rtm_client *client = NULL;
        history seen = {.count = 0};
        client_options(wrong[i].endpoint, &options);
        options.security = wrong[i].security;
        options.tls_ca_file = wrong[i].ca_file;
        options.tls_host = wrong[i].host;
        options.encryption_key = wrong[i].key;
        options.encryption_key_len = wrong[i].key != NULL ? strlen(wrong[i].key) : 0;
        options.encryption_curve = wrong[i].curve;
        options.encryption_bits = wrong[i].bits;
        options.log = on_log;
        options.log_userdata = &seen;
        assert_int_equal(rtm_client_new(&options, &client), RTM_E_INVAL);
        expect_log(&seen, wrong[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_certificate_is_believed),
        cmocka_unit_test(many_pushes_in_one_burst_all_come),
        cmocka_unit_test(slow_handlers_bound_what_is_read),
        cmocka_unit_test(other_names_and_authorities_are_refused),
        cmocka_unit_test(a_renewed_authority_is_taken_up_by_a_running_client),
        cmocka_unit_test(a_plain_peer_is_refused),
        cmocka_unit_test(a_silent_peer_meets_the_deadline),
        cmocka_unit_test(a_handshake_cut_at_any_byte_fails),
        cmocka_unit_test(closing_and_freeing_work_in_the_handshake),
        cmocka_unit_test(without_a_key_agreement_nothing_is_ready),
        cmocka_unit_test(wrong_options_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
