/*
 * What the gate sends, as the session hands it on: at every cut of the stream, filtered,
 * answered once, and counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/fpnn/code.h"
#include "lib/rtm/codes.h"
#include "lib/rtm/message.h"
#include "tests/support/session_world.h"

static int open_world(void **state)
{
    world *w = world_new();

    assert_int_equal(world_open(w), 0);
    world_connect(w);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    world_free(*state);
    return 0;
}

static void begin(world *w, const char *method, size_t *mark)
{
    *mark = rtmi_frame_begin_quest(&w->wire, true, 77, rtmi_span_of_text(method));
}

/* A stream with one of everything. */
static void write_everything(world *w)
{
    size_t mark;

    world_push_ping(w, 1);
    world_push(w, 2, RTM_KIND_P2P, 1, 2, 11, "one");
    world_push(w, 3, RTM_KIND_GROUP, 1, 2, 11, "the same mid elsewhere");
    world_push(w, 4, RTM_KIND_P2P, 1, 2, 11, "one");
    world_push_event(w, 5, "login", 4001);
    begin(w, "pushnothing", &mark);
    rtmi_pack_map(&w->wire, 0);
    rtmi_frame_end(&w->wire, mark);
    begin(w, "pushmsg", &mark);
    rtmi_pack_map(&w->wire, 1);
    rtmi_pack_key_int(&w->wire, "from", 1);
    rtmi_frame_end(&w->wire, mark);
    begin(w, "pushmsg", &mark);
    rtmi_pack_array(&w->wire, 0);
    rtmi_frame_end(&w->wire, mark);
    world_push(w, 8, RTM_KIND_ROOM, 1, 2, 12, "last");
}

static void every_push_is_told_and_answered_at_every_cut(void **state)
{
    static const world_answer expected[] = {
        {1, 0, 0},
        {2, 0, 0},
        {3, 0, 0},
        {4, 0, 0},
        {5, 0, 0},
        {77, 1, RTMI_EC_CORE_UNKNOWN_METHOD},
        {77, 1, RTMI_RC_INVALID_PARAMETER},
        {77, 1, RTMI_EC_PROTO_INVALID_PACKAGE},
        {8, 0, 0},
    };
    world *w = *state;

    write_everything(w);
    const size_t len = rtmi_buf_len(&w->wire);
    rtmi_buf_clear(&w->wire);
    for (size_t cut = 1; cut <= len; cut++) {
        world_close(w);
        assert_int_equal(world_open(w), 0);
        world_connect(w);
        w->cut = cut;
        write_everything(w);
        assert_int_equal(world_deliver(w), 0);
        world_expect(w, "p m11 m11 e:login m12");
        world_take_output(w);
        assert_int_equal(w->answer_count, 9);
        for (size_t i = 0; i < 9; i++) {
            assert_int_equal(w->answers[i].seq, expected[i].seq);
            assert_int_equal(w->answers[i].status != 0, expected[i].status);
            assert_int_equal(w->answers[i].code, expected[i].code);
        }
    }
    const rtmi_session_stats *stats = rtmi_session_get_stats(w->session);
    assert_int_equal(stats->pushes_seen, 9);
    assert_int_equal(stats->pushes_delivered, 4);
    assert_int_equal(stats->pushes_duplicate, 1);
    assert_int_equal(stats->pushes_unknown, 1);
    assert_int_equal(stats->pushes_malformed, 2);
    assert_int_equal(stats->bytes_received, len);
}

static void one_way_pushes_are_not_answered(void **state)
{
    world *w = *state;
    const size_t mark = rtmi_frame_begin_quest(&w->wire, false, 0, rtmi_span_of_text("ping"));

    rtmi_pack_map(&w->wire, 0);
    rtmi_frame_end(&w->wire, mark);
    const size_t unknown = rtmi_frame_begin_quest(&w->wire, false, 0, rtmi_span_of_text("x"));
    rtmi_pack_map(&w->wire, 0);
    rtmi_frame_end(&w->wire, unknown);
    assert_int_equal(world_deliver(w), 0);
    world_take_output(w);
    world_expect(w, "p");
    assert_int_equal(w->answer_count, 0);
}

static void without_a_filter_or_with_offsets_nothing_is_filtered(void **state)
{
    world *w = *state;
    rtm_message message = {.kind = RTM_KIND_GROUP,
                           .mtype = 51,
                           .has_offset = true,
                           .from = 1,
                           .to = 2,
                           .mid = 3,
                           .offset = 1,
                           .msg = {"", 0},
                           .attrs = {"", 0}};

    for (int i = 0; i < 2; i++)
        rtmi_message_encode(&w->wire, 1, &message, 0);
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "m3 m3");
    world_close(w);
    w->config.dedup_count = 0;
    assert_int_equal(world_open(w), 0);
    world_connect(w);
    for (uint32_t i = 0; i < 2; i++)
        world_push(w, i, RTM_KIND_GROUP, 1, 2, 3, "");
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "m3 m3");
}

static void the_filter_survives_a_reconnect(void **state)
{
    world *w = *state;

    world_push(w, 1, RTM_KIND_GROUP, 1, 2, 3, "");
    assert_int_equal(world_deliver(w), 0);
    world_cut(w, RTM_E_LOST, true);
    world_connect(w);
    world_push(w, 1, RTM_KIND_GROUP, 1, 2, 3, "");
    world_push(w, 2, RTM_KIND_GROUP, 1, 2, 4, "");
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "m3 m4");
}

static void half_a_package_does_not_outlive_its_connection(void **state)
{
    world *w = *state;

    world_push(w, 1, RTM_KIND_GROUP, 1, 2, 3, "cut");
    w->wire.end -= 5;
    assert_int_equal(world_deliver(w), 0);
    world_cut(w, RTM_E_LOST, true);
    world_connect(w);
    world_push(w, 1, RTM_KIND_GROUP, 1, 2, 4, "whole");
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "m4");
}

typedef struct any_seen {
    world *world;
    int count;
    int duplicates;
    bool abandons;
} any_seen;

static void on_any(rtmi_span method, rtmi_span params, bool is_duplicate, void *userdata)
{
    any_seen *seen = userdata;

    (void)params;
    assert_true(method.len > 0);
    seen->count++;
    seen->duplicates += is_duplicate;
    if (seen->abandons)
        rtmi_session_abandon(seen->world->session);
}

static void any_sees_all_and_duplicates_too(void **state)
{
    world *w = *state;
    any_seen seen = {.world = w};
    const rtmi_session_callbacks callbacks = {.userdata = &seen, .any = on_any};

    rtmi_session_set_callbacks(w->session, &callbacks);
    write_everything(w);
    assert_int_equal(world_deliver(w), 0);
    assert_int_equal(seen.count, 7); /* all but the malformed */
    assert_int_equal(seen.duplicates, 1);

    /* Abandoned in the first: it is not answered, nothing behind it is seen. */
    world_take_output(w);
    w->answer_count = 0;
    seen.abandons = true;
    write_everything(w);
    assert_int_equal(world_deliver(w), 0);
    world_take_output(w);
    assert_int_equal(seen.count, 8);
    assert_int_equal(w->answer_count, 0);
    world_cut(w, RTM_E_CLOSED, false);
}

static void json_pushes_are_refused_politely(void **state)
{
    world *w = *state;
    const size_t mark = rtmi_frame_begin_quest(&w->wire, true, 6, rtmi_span_of_text("pushmsg"));

    rtmi_buf_append(&w->wire, "{}", 2);
    rtmi_frame_end(&w->wire, mark);
    rtmi_frame_mark_json(&w->wire, mark);
    assert_int_equal(world_deliver(w), 0);
    world_take_output(w);
    assert_int_equal(w->answer_count, 1);
    assert_int_equal(w->answers[0].code, RTMI_RC_INVALID_PARAMETER);
}

static void hundreds_of_one_read_keep_their_order(void **state)
{
    world *w = *state;
    char expected[4096];
    size_t used = 0;

    for (uint32_t i = 1; i <= 200; i++) { /* more than three batches */
        world_push(w, i, RTM_KIND_GROUP, 1, 2, i, "x");
        used +=
            (size_t)snprintf(expected + used, sizeof expected - used, i > 1 ? " m%u" : "m%u", i);
    }
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, expected);
    world_take_output(w);
    assert_int_equal(w->answer_count, 200);
    for (uint32_t i = 0; i < 200; i++)
        assert_int_equal(w->answers[i].seq, i + 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        CASE(every_push_is_told_and_answered_at_every_cut),
        CASE(one_way_pushes_are_not_answered),
        CASE(without_a_filter_or_with_offsets_nothing_is_filtered),
        CASE(the_filter_survives_a_reconnect),
        CASE(half_a_package_does_not_outlive_its_connection),
        CASE(any_sees_all_and_duplicates_too),
        CASE(json_pushes_are_refused_politely),
        CASE(hundreds_of_one_read_keep_their_order),
    };

    return cmocka_run_group_tests_name("session.push", tests, NULL, NULL);
}
