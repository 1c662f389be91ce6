/*
 * One order: whatever shards senders and listeners sit on, all listeners of a project see its
 * messages in the order of its log, each once, and a message id is spent once, restarts
 * included. Every case runs with one and with two shards, in memory and with SQLite.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/gate_process.h"
#include "tests/support/listen_words.h"
#include "tests/support/listener.h"

#define SENDERS 2
#define LISTENERS 2
#define EACH 300 /* messages a sender writes in the race */
#define ROUND 20 /* messages of each sender; divides EACH */

/* In this order they connect, so that with two shards each pair is on both. */
typedef struct crowd {
    gate_process gate;
    int shards;
    rtm_client *clients[SENDERS + LISTENERS]; /* senders, then listeners */
    int loops[SENDERS + LISTENERS];           /* the event loop that serves each */
    notebook books[LISTENERS];
    int sent;
    int refused;
} crowd;

static void connect_all(crowd *c)
{
    for (int i = 0; i < SENDERS + LISTENERS; i++) {
        rtm_client_options options;
        gate_sockets before;
        client_options(c->gate.endpoint, &options);
        options.ask_offsets = i >= SENDERS;
        options.dedup_count = 0; /* a second delivery shall be seen */
        if (i >= SENDERS)
            notebook_init(&c->books[i - SENDERS]);
        gate_look_at_sockets(&c->gate, &before);
        c->clients[i] =
            client_connected(NULL, &options, i >= SENDERS ? &c->books[i - SENDERS] : NULL);
        /* A verified quest: by its answer the connection is in its shard's loop. */
        listen_words(c->clients[i], NULL, i >= SENDERS ? "add g1,9" : "add r999", true, NULL);
        c->loops[i] = gate_get_loop_of_new(&c->gate, &before);
        assert_int_not_equal(c->loops[i], -1);
    }
}

static void disconnect_all(crowd *c)
{
    for (int i = 0; i < SENDERS + LISTENERS; i++)
        rtm_client_free(c->clients[i]);
    for (int i = 0; i < LISTENERS; i++)
        notebook_deinit(&c->books[i]);
}

static void crowd_init(crowd *c, int shards, gate_store store)
{
    *c = (crowd){.shards = shards};
    gate_init(&c->gate, shards, store, "ping-interval = 1h");
    connect_all(c);
}

static void crowd_deinit(crowd *c)
{
    disconnect_all(c);
    gate_deinit(&c->gate);
}

static void count_sent(rtm_client *client, const rtm_error *err, const rtm_sent *sent,
                       void *userdata)
{
    crowd *c = userdata;

    (void)client;
    (void)sent;
    c->sent++;
    c->refused += err != NULL;
}

static rtm_outgoing message_to(int64_t gid, int64_t from, int64_t mid, const char *text)
{
    return (rtm_outgoing){.size = sizeof(rtm_outgoing),
                          .from = from,
                          .to = gid,
                          .mid = mid,
                          .mtype = 51,
                          .msg = text,
                          .msg_len = strlen(text)};
}

static int64_t send_wait(rtm_client *client, int64_t gid, int64_t from, int64_t mid,
                         const char *text, rtm_error *reterr_error)
{
    const rtm_outgoing message = message_to(gid, from, mid, text);
    rtm_sent sent = {0};

    const int r = rtm_client_send_group_message_wait(client, &message, 0, &sent, reterr_error);
    if (r == 0)
        return sent.mtime_ms;
    assert_int_equal(r, RTM_E_PEER);
    return 0;
}

static void hear(crowd *c, size_t note_count)
{
    for (int i = 0; i < LISTENERS; i++)
        run_until_notes(c->clients, SENDERS + LISTENERS, NULL, &c->books[i], note_count);
}

/* With two shards: senders on both, listeners on both, so each way across is gone. */
static void every_sender_reaches_every_listener(int shards, gate_store store)
{
    crowd c;

    crowd_init(&c, shards, store);
    assert_int_equal(c.loops[0] != c.loops[1], shards == 2);
    assert_int_equal(c.loops[2] != c.loops[3], shards == 2);
    for (int l = SENDERS; shards == 2 && l < SENDERS + LISTENERS; l++)
        assert_true((c.loops[0] == c.loops[l]) != (c.loops[1] == c.loops[l]));
    for (int s = 0; s < SENDERS; s++) {
        assert_true(send_wait(c.clients[s], 1, s + 1, 100 + s, "across", NULL) > 0);
        hear(&c, (size_t)s + 1);
        for (int l = 0; l < LISTENERS; l++)
            assert_int_equal(c.books[l].notes[s].message.from, s + 1);
    }
    crowd_deinit(&c);
}

static void check_order(const crowd *c, size_t count)
{
    const notebook *first = &c->books[0];

    for (int l = 0; l < LISTENERS; l++) {
        int64_t last_of[SENDERS + 1] = {0};
        assert_int_equal(c->books[l].count, count);
        for (size_t i = 0; i < count; i++) {
            const rtm_message *m = &c->books[l].notes[i].message;
            assert_true(m->has_offset);
            if (i > 0)
                assert_int_equal(m->offset, c->books[l].notes[i - 1].message.offset + 1);
            assert_int_equal(m->offset, first->notes[i].message.offset);
            assert_int_equal(m->mid, first->notes[i].message.mid);
            assert_int_equal(m->from, first->notes[i].message.from);
            assert_in_range(m->from, 1, SENDERS);
            assert_true(m->mid > last_of[m->from]); /* what one sends stays in order */
            last_of[m->from] = m->mid;
        }
    }
}

static void racing_senders_make_one_order(int shards, gate_store store)
{
    crowd c;
    size_t changes = 0;

    crowd_init(&c, shards, store);
    for (int i = 0; i < EACH; i++) {
        for (int s = 0; s < SENDERS; s++) {
            const rtm_outgoing message = message_to(1, s + 1, 1000 + i, "race");
            assert_int_equal(
                rtm_client_send_group_message(c.clients[s], &message, 0, count_sent, &c, NULL), 0);
            (void)rtm_client_process(c.clients[s]);
        }
        /* The next round begins when all of this one was heard: so the log takes turns. */
        if ((i + 1) % ROUND == 0)
            hear(&c, (size_t)(i + 1) * SENDERS);
    }
    check_order(&c, (size_t)EACH * SENDERS);
    /* Within each round both have sent: the log changes hands at least once in each. */
    for (size_t i = 1; i < c.books[0].count; i++)
        changes += c.books[0].notes[i].message.from != c.books[0].notes[i - 1].message.from;
    assert_true(changes >= EACH / ROUND);
    assert_int_equal(c.refused, 0);
    crowd_deinit(&c);
}

/* The fence of group 9 shows that nothing came before it. */
static void check_repeats(crowd *c, int64_t mtime_ms)
{
    rtm_error error = {0};

    for (int s = 0; s < SENDERS; s++) {
        assert_int_equal(send_wait(c->clients[s], 1, 1, 500, "once", NULL), mtime_ms);
        assert_int_equal(send_wait(c->clients[s], 1, 1, 500, "other", &error), 0);
        assert_int_equal(error.code, 200053);
        assert_int_equal(error.local, 0);
        assert_true(error.text[0] != '\0');
    }
}

static void a_repeated_mid_is_stored_once(int shards, gate_store store)
{
    crowd c;

    crowd_init(&c, shards, store);
    const int64_t mtime_ms = send_wait(c.clients[0], 1, 1, 500, "once", NULL);
    assert_true(mtime_ms > 0);
    hear(&c, 1);
    check_repeats(&c, mtime_ms);
    /* The same number of another sender, or to another group, is another message. */
    assert_true(send_wait(c.clients[1], 1, 2, 500, "another sender", NULL) > 0);
    assert_true(send_wait(c.clients[1], 9, 1, 500, "fence", NULL) > 0);
    hear(&c, 3);
    for (int l = 0; l < LISTENERS; l++) {
        assert_string_equal(c.books[l].notes[0].msg, "once");
        assert_string_equal(c.books[l].notes[1].msg, "another sender");
        assert_string_equal(c.books[l].notes[2].msg, "fence");
        assert_int_equal(c.books[l].notes[0].message.mtime_ms, mtime_ms);
        assert_int_equal(c.books[l].notes[2].message.offset,
                         c.books[l].notes[0].message.offset + 2);
    }
    crowd_deinit(&c);
}

static void a_restart_goes_on_behind_the_log(int shards)
{
    crowd c;

    crowd_init(&c, shards, GATE_SQLITE);
    const int64_t mtime_ms = send_wait(c.clients[0], 1, 1, 500, "once", NULL);
    assert_true(send_wait(c.clients[1], 1, 2, 501, "last", NULL) >= mtime_ms);
    hear(&c, 2);
    const int64_t head = c.books[0].notes[1].message.offset;
    disconnect_all(&c);
    gate_stop(&c.gate);
    gate_start(&c.gate);
    connect_all(&c);
    check_repeats(&c, mtime_ms);
    assert_true(send_wait(c.clients[0], 1, 1, 502, "new", NULL) >= mtime_ms);
    assert_true(send_wait(c.clients[1], 9, 1, 503, "fence", NULL) > 0);
    hear(&c, 2);
    for (int l = 0; l < LISTENERS; l++) {
        assert_string_equal(c.books[l].notes[0].msg, "new");
        assert_true(c.books[l].notes[0].message.offset > head);
        assert_int_equal(c.books[l].notes[1].message.offset,
                         c.books[l].notes[0].message.offset + 1);
    }
    crowd_deinit(&c);
}

#define CASES_OF(name)                                                                             \
    static void name##_1_shard_memory(void **state)                                                \
    {                                                                                              \
        (void)state;                                                                               \
        name(1, GATE_MEMORY);                                                                      \
    }                                                                                              \
    static void name##_1_shard_sqlite(void **state)                                                \
    {                                                                                              \
        (void)state;                                                                               \
        name(1, GATE_SQLITE);                                                                      \
    }                                                                                              \
    static void name##_2_shards_memory(void **state)                                               \
    {                                                                                              \
        (void)state;                                                                               \
        name(2, GATE_MEMORY);                                                                      \
    }                                                                                              \
    static void name##_2_shards_sqlite(void **state)                                               \
    {                                                                                              \
        (void)state;                                                                               \
        name(2, GATE_SQLITE);                                                                      \
    }

#define ENTRIES_OF(name)                                                                           \
    cmocka_unit_test(name##_1_shard_memory), cmocka_unit_test(name##_1_shard_sqlite),              \
        cmocka_unit_test(name##_2_shards_memory), cmocka_unit_test(name##_2_shards_sqlite)

CASES_OF(every_sender_reaches_every_listener)
CASES_OF(racing_senders_make_one_order)
CASES_OF(a_repeated_mid_is_stored_once)

static void a_restart_goes_on_behind_the_log_1_shard(void **state)
{
    (void)state;
    a_restart_goes_on_behind_the_log(1);
}

static void a_restart_goes_on_behind_the_log_2_shards(void **state)
{
    (void)state;
    a_restart_goes_on_behind_the_log(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENTRIES_OF(every_sender_reaches_every_listener),
        ENTRIES_OF(racing_senders_make_one_order),
        ENTRIES_OF(a_repeated_mid_is_stored_once),
        cmocka_unit_test(a_restart_goes_on_behind_the_log_1_shard),
        cmocka_unit_test(a_restart_goes_on_behind_the_log_2_shards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
