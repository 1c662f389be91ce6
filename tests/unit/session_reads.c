/*
 * How much one read takes: more while reads come back full, what they bring is handled at once
 * and its answers have left; as little as ever else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/fpnn/frame.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/session_world.h"

#define LEAST (256u * 1024)
#define MOST (1024u * 1024)

/* An endless row of pings, which all reads together are a part of. */
typedef struct wire {
    uint8_t ping[32];
    size_t len;
    uint64_t read;
} wire;

static world *open_world(wire *self, size_t max_output)
{
    world *w = world_new();
    rtmi_buf out;

    rtmi_buf_init(&out, sizeof self->ping);
    const size_t mark = rtmi_frame_begin_quest(&out, true, 7, rtmi_span_of_text("ping"));
    rtmi_buf_append(&out, "\x80", 1);
    rtmi_frame_end(&out, mark);
    self->len = rtmi_buf_len(&out);
    self->read = 0;
    memcpy(self->ping, rtmi_buf_span(&out).data, self->len);
    rtmi_buf_deinit(&out);
    w->config.max_output_bytes = max_output;
    assert_int_equal(world_open(w), 0);
    world_connect(w);
    return w;
}

static size_t room_of(world *w)
{
    size_t room;

    assert_non_null(rtmi_session_read_space(w->session, &room));
    return room;
}

static void send_all(world *w)
{
    rtmi_session_sent(w->session, rtmi_session_get_output(w->session).len);
}

/* So many bytes are read, which may not be more than there is room for; answers wait. */
static void read_some(world *w, wire *self, size_t len)
{
    size_t room;
    uint8_t *space = rtmi_session_read_space(w->session, &room);

    assert_in_range(len, 1, room);
    for (size_t i = 0; i < len; i++)
        space[i] = self->ping[self->read++ % self->len];
    assert_int_equal(rtmi_session_read_done(w->session, len, w->now), 0);
    assert_int_equal(rtmi_session_get_stats(w->session)->pushes_seen, self->read / self->len);
}

static void read_full(world *w, wire *self)
{
    read_some(w, self, room_of(w));
    send_all(w);
}

static void full_reads_grow_to_a_bound(void **state)
{
    wire from;
    world *w = open_world(&from, 64u << 20);

    (void)state;
    for (size_t room = LEAST; room <= MOST; room *= 2) {
        assert_int_equal(room_of(w), room);
        w->now.mono_ms += 5;
        read_full(w, &from);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(room_of(w), MOST);
        read_full(w, &from);
    }
    read_some(w, &from, MOST - 1); /* not full, but much */
    send_all(w);
    assert_int_equal(room_of(w), MOST);
    read_some(w, &from, LEAST - 1);
    send_all(w);
    assert_int_equal(room_of(w), LEAST);
    world_free(w);
}

static void a_slow_turn_ends_it(void **state)
{
    wire from;
    world *w = open_world(&from, 64u << 20);

    (void)state;
    read_full(w, &from);
    read_full(w, &from);
    assert_int_equal(room_of(w), MOST);
    w->now.mono_ms += 6;
    read_full(w, &from);
    assert_int_equal(room_of(w), LEAST);
    world_free(w);
}

static void answers_that_have_not_left_end_it(void **state)
{
    wire from;
    world *w = open_world(&from, 64u << 20);

    (void)state;
    read_full(w, &from);
    assert_int_equal(room_of(w), 2 * LEAST);
    read_some(w, &from, 2 * LEAST);
    rtmi_session_sent(w->session, rtmi_session_get_output(w->session).len - 1);
    assert_int_equal(room_of(w), MOST);
    read_some(w, &from, MOST);
    assert_int_equal(room_of(w), LEAST);
    world_free(w);
}

static void a_small_output_allows_none(void **state)
{
    wire from;
    world *w = open_world(&from, 8 * 2 * LEAST);

    (void)state;
    for (int i = 0; i < 4; i++)
        read_full(w, &from);
    assert_int_equal(room_of(w), 2 * LEAST);
    world_free(w);
    w = open_world(&from, 8 * 2 * LEAST - 1);
    for (int i = 0; i < 4; i++)
        read_full(w, &from);
    assert_int_equal(room_of(w), LEAST);
    world_free(w);
}

static void a_pause_and_another_connection_begin_small(void **state)
{
    wire from;
    world *w = open_world(&from, 64u << 20);

    (void)state;
    read_full(w, &from);
    assert_int_equal(room_of(w), 2 * LEAST);
    rtmi_session_set_paused(w->session, true);
    assert_int_equal(room_of(w), LEAST);
    rtmi_session_set_paused(w->session, false);
    assert_int_equal(room_of(w), 2 * LEAST);
    world_cut(w, RTM_E_LOST, true);
    world_connect(w);
    assert_int_equal(room_of(w), LEAST);
    world_free(w);
}

static void without_memory_reads_stay_small(void **state)
{
    wire from;
    world *w = open_world(&from, 64u << 20);

    (void)state;
    read_some(w, &from, LEAST - 1); /* room for what is left over from now on */
    send_all(w);
    read_full(w, &from);
    alloc_fail_at(1);
    assert_int_equal(room_of(w), LEAST);
    assert_true(alloc_fail_hit());
    alloc_fail_reset();
    read_full(w, &from);
    assert_int_equal(room_of(w), 2 * LEAST);
    read_full(w, &from);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_reads_grow_to_a_bound),
        cmocka_unit_test(a_slow_turn_ends_it),
        cmocka_unit_test(answers_that_have_not_left_end_it),
        cmocka_unit_test(a_small_output_allows_none),
        cmocka_unit_test(a_pause_and_another_connection_begin_small),
        cmocka_unit_test(without_memory_reads_stay_small),
    };

    return cmocka_run_group_tests_name("session.reads", tests, NULL, NULL);
}
