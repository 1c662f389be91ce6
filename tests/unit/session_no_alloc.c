/*
 * A push costs no allocation: a million of them, of mixed sizes, packages lying across the
 * reads, the filter turning over, every one answered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/num.h"
#include "lib/rtm/message.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/session_world.h"

#define PUSHES 1150000
#define WARM_UP 150000
#define READ 20000 /* no multiple of anything */

static uint64_t told;

static void on_message(const rtm_message *message, void *userdata)
{
    (void)message;
    (void)userdata;
    told++;
}

/* Where `mid` of an encoded push stands is found once: encoding all anew would be the test. */
typedef struct model_push {
    uint8_t bytes[4096];
    size_t len;
    size_t mid_at;
} model_push;

static void make(model_push *push, size_t text_len)
{
    static char text[4096];
    rtmi_buf out;

    memset(text, 'x', sizeof text);
    rtmi_buf_init(&out, sizeof push->bytes);
    const rtm_message message = {.kind = RTM_KIND_GROUP,
                                 .mtype = 30,
                                 .from = 4001,
                                 .to = 100,
                                 .mid = INT64_C(0x0101010101010101),
                                 .msg = {text, text_len},
                                 .attrs = {"", 0}};
    rtmi_message_encode(&out, 9, &message, 0);
    assert_int_equal(out.error, 0);
    push->len = rtmi_buf_len(&out);
    memcpy(push->bytes, rtmi_buf_span(&out).data, push->len);
    rtmi_buf_deinit(&out);
    for (push->mid_at = 0; memcmp(push->bytes + push->mid_at, "\1\1\1\1\1\1\1\1", 8) != 0;)
        push->mid_at++;
}

static void a_push_takes_no_memory(void **state)
{
    static const size_t sizes[] = {0, 20, 100, 1, 30, 300, 64, 3000};
    static model_push models[8];
    static uint8_t stream[READ + 4096];
    size_t filled = 0;
    size_t requests = SIZE_MAX;
    world *w = world_new();
    const rtmi_session_callbacks callbacks = {.message = on_message};

    (void)state;
    for (size_t i = 0; i < 8; i++)
        make(&models[i], sizes[i]);
    w->config.dedup_count = 50000; /* turns over twenty times */
    assert_int_equal(world_open(w), 0);
    rtmi_session_set_callbacks(w->session, &callbacks);
    world_connect(w);
    for (uint64_t n = 0; n < PUSHES; n++) {
        const model_push *push = &models[rtmi_mix64(n) & (n % 16 == 0 ? 7 : 3)];
        if (n == WARM_UP)
            alloc_fail_reset();
        memcpy(stream + filled, push->bytes, push->len);
        rtmi_store_be64(stream + filled + push->mid_at, n + (UINT64_C(1) << 40));
        filled += push->len;
        if (filled < READ && n + 1 < PUSHES)
            continue;
        size_t room;
        const size_t len = rtmi_min_size(filled, READ);
        uint8_t *space = rtmi_session_read_space(w->session, &room);
        assert_true(space != NULL && room >= len);
        memcpy(space, stream, len);
        assert_int_equal(rtmi_session_read_done(w->session, len, w->now), 0);
        filled -= len;
        memmove(stream, stream + len, filled);
        const size_t out = rtmi_session_get_output(w->session).len;
        rtmi_session_sent(w->session, out > 1000 && n % 3 == 0 ? out - 7 : out);
        w->now.mono_ms += 5;
        rtmi_session_tick(w->session, w->now);
    }
    requests = alloc_fail_requests();
    const rtmi_session_stats *stats = rtmi_session_get_stats(w->session);
    print_message("%llu pushes, %zu allocations\n", (unsigned long long)(PUSHES - WARM_UP),
                  requests);
    assert_int_equal(requests, 0);
    assert_true(told >= PUSHES - 1);
    assert_int_equal(stats->pushes_duplicate, 0);
    assert_int_equal(stats->dedup_forgotten, 0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_push_takes_no_memory)};

    return cmocka_run_group_tests_name("session.no_alloc", tests, NULL, NULL);
}
