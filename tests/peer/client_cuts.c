/*
 * A peer that cuts at every byte: of the answer that agrees on keys, of the answer to the
 * statement that restores the listen set, of a push. Whatever had come by then, the client comes
 * back, states its whole set, and tells each message once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/key_peer.h"
#include "tests/support/listener.h"
#include "tests/support/peer_script.h"

#define ANSWER_SIZE 17 /* of an empty one */

typedef struct cuts {
    const char *method; /* whose answer is cut, on connection `link` */
    int link;
    size_t at;           /* after so many bytes */
    size_t size;         /* of the whole answer, once it was made */
    const char *private; /* the gate's key, PEM; NULL: no encryption */
} cuts;

/* The bytes of an empty answer, as the protocol has it. */
static void build_answer(uint32_t seq, uint8_t bytes[ANSWER_SIZE])
{
    static const uint8_t head[12] = {'F', 'P', 'N', 'N', 1, 0x80, 2, 0, 1, 0, 0, 0};

    memcpy(bytes, head, sizeof head);
    for (int i = 0; i < 4; i++)
        bytes[12 + i] = (uint8_t)(seq >> (8 * i));
    bytes[16] = 0x80;
}

static peer_reply script(peer *self, const peer_quest *quest, void *userdata)
{
    cuts *cut = userdata;
    uint8_t plain[ANSWER_SIZE];
    uint8_t bytes[64];

    if (cut->method == NULL || strcmp(quest->method, cut->method) != 0)
        return (peer_reply){.verb = PEER_ANSWER};
    build_answer(quest->seq, plain);
    if (cut->private != NULL) {
        cut->size = key_peer_seal(cut->private, quest, plain, sizeof plain, bytes, sizeof bytes);
    } else {
        memcpy(bytes, plain, sizeof plain);
        cut->size = sizeof plain;
    }
    const size_t len = quest->link == cut->link && cut->at < cut->size ? cut->at : cut->size;
    if (len > 0)
        peer_write(self, bytes, len);
    return (peer_reply){.verb = quest->link == cut->link ? PEER_CUT : PEER_SILENT};
}

typedef struct watch {
    int ready;
    rtm_client *client;
    peer *far;
    int links; /* wanted */
} watch;

static void on_state(rtm_client *client, rtm_state old_state, rtm_state new_state, int reason,
                     void *userdata)
{
    (void)client;
    (void)old_state;
    (void)reason;
    ((watch *)userdata)->ready += new_state == RTM_STATE_READY;
}

static bool is_back(void *userdata)
{
    const watch *self = userdata;

    return peer_count_links(self->far) >= self->links &&
           rtm_client_get_state(self->client) == RTM_STATE_READY;
}

static bool is_listening(void *userdata)
{
    rtm_listen_view view;
    const watch *self = userdata;

    assert_int_equal(rtm_client_get_listen(self->client, &view), 0);
    return is_back(userdata) && view.agrees;
}

static void quick_options(const peer *far, rtm_client_options *ret)
{
    client_options(peer_get_endpoint(far), ret);
    ret->backoff_first_ms = 1;
    ret->backoff_ceiling_ms = 2;
}

static void the_agreement_on_keys(void **state)
{
    char *private_pem;
    char *public_pem;
    rtm_client_options options;

    (void)state;
    assert_int_equal(rtm_key_pair_new("secp256r1", &private_pem, &public_pem), 0);
    for (int mode = 0; mode < 2; mode++) {
        cuts cut = {.method = "*key", .private = private_pem};
        do {
            watch self = {.far = peer_new(script, &cut), .links = 2};
            quick_options(self.far, &options);
            options.security = mode == 0 ? RTM_SECURITY_FPNN_STREAM : RTM_SECURITY_FPNN_PACKAGE;
            options.encryption_key = public_pem;
            options.encryption_key_len = strlen(public_pem);
            assert_int_equal(rtm_client_new(&options, &self.client), 0);
            assert_int_equal(rtm_client_set_state_callback(self.client, on_state, &self), 0);
            assert_int_equal(rtm_client_connect(self.client), 0);
            run_until(&self.client, 1, self.far, is_back, &self, "the second connection");
            rtm_client_free(self.client);
            peer_free(self.far);
            /* The whole answer makes it ready, even if the end comes with it; a part never. */
            assert_in_range(self.ready, 1, cut.at == cut.size ? 2 : 1);
        } while (cut.at++ < cut.size);
        assert_int_equal(cut.size, ANSWER_SIZE + (mode == 0 ? 0 : 4));
    }
    rtm_key_free(private_pem);
    rtm_key_free(public_pem);
}

static void the_restoring_statement(void **state)
{
    const int64_t gids[] = {1, 2};
    const rtm_listen what = {.gids = gids, .gid_count = 2};
    rtm_client_options options;
    peer_quest quest;

    (void)state;
    for (size_t at = 0; at <= ANSWER_SIZE; at++) {
        cuts cut = {.method = "setlisten", .link = 1, .at = at};
        notebook book;
        notebook_init(&book);
        watch self = {.far = peer_new(script, &cut), .links = 3};
        quick_options(self.far, &options);
        self.client = client_connected(peer_get_endpoint(self.far), &options, &book);
        assert_int_equal(rtm_client_add_listen_wait(self.client, &what, 0, NULL), 0);
        peer_wait_links(self.far, 1);
        peer_cut(self.far);
        run_until(&self.client, 1, self.far, is_listening, &self, "the restored set");
        assert_int_equal(book.listening, 1);
        assert_int_equal(peer_count(self.far, "setlisten"), 2);
        for (size_t i = 0; i < 2; i++) {
            assert_true(peer_get_quest(self.far, "setlisten", i, &quest));
            assert_int_equal(quest.link, i + 1);
            assert_non_null(strstr(quest.json, "\"gids\":[1,2]"));
        }
        rtm_client_free(self.client);
        peer_free(self.far);
        notebook_deinit(&book);
    }
}

static void a_push(void **state)
{
    static const char json[] = "{\"from\":1,\"gid\":2,\"mtype\":51,\"mid\":7,\"msg\":\"m\","
                               "\"attrs\":\"\",\"mtime\":1}";
    uint8_t bytes[256];
    size_t size = 1;

    (void)state;
    for (size_t at = 0; at <= size; at++) {
        cuts cut = {.method = NULL};
        rtm_client_options options;
        notebook book;
        notebook_init(&book);
        watch self = {.far = peer_new(script, &cut), .links = 2};
        quick_options(self.far, &options);
        self.client = client_connected(peer_get_endpoint(self.far), &options, &book);
        peer_wait_links(self.far, 1);
        size = 0;
        (void)peer_build_push(self.far, "pushgroupmsg", json, bytes, sizeof bytes, &size);
        if (at > 0)
            peer_write(self.far, bytes, at);
        peer_cut(self.far);
        run_until(&self.client, 1, self.far, is_back, &self, "the second connection");
        peer_wait_links(self.far, 2);
        /* The gate repeats it, and sends another: together they come once each. */
        peer_write(self.far, bytes, size);
        size = 0;
        (void)peer_build_push(self.far, "pushgroupmsg",
                              "{\"from\":1,\"gid\":2,\"mtype\":51,\"mid\":8,\"msg\":\"m\","
                              "\"attrs\":\"\",\"mtime\":1}",
                              bytes, sizeof bytes, &size);
        peer_write(self.far, bytes, size);
        run_until_notes(&self.client, 1, self.far, &book, 2);
        assert_int_equal(rtm_client_run(self.client, 0), 0);
        assert_int_equal(book.count, 2);
        assert_int_equal(book.notes[0].message.mid, 7);
        assert_int_equal(book.notes[1].message.mid, 8);
        rtm_client_free(self.client);
        peer_free(self.far);
        notebook_deinit(&book);
    }
    assert_true(size > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_agreement_on_keys),
        cmocka_unit_test(the_restoring_statement),
        cmocka_unit_test(a_push),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
