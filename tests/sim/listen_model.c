/*
 * The listen set through any failure: random sequences of add, remove, set and set_all, mixed
 * with cuts at any byte, refusals, lost quests and lost answers. At rest, what the gate holds for
 * the connection, read by rkgetlisten, must be what a model of the documented rules says, and
 * what the session says.
 *
 * The session and the shard are the real ones; between them is a wire of ours, in virtual time.
 * The model is bits: 8 ids in each of three lists, two events, four switches.
 *
 * RTMKIT_SEQUENCES: how many (10,000). RTMKIT_SEED: of the first; the one that failed is printed.
 * A mutation of what the session states after a cut must be noticed: the last tests see to that.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/num.h"
#include "lib/fpnn/answer.h"
#include "lib/fpnn/pack.h"
#include "lib/rtm/codes.h"
#include "lib/session/session.h"
#include "tests/support/gate_world.h"

#define SEQUENCES 10000
#define LISTS 3
#define UNIVERSE 8
#define CALLS_MAX 64
#define REST_ROUNDS 600
#define WIRE_MAX ((size_t)1 << 20)

/* What a set is to the model. */
typedef struct model {
    unsigned lists[LISTS]; /* gids, rids, uids: bit i is id i + 1 */
    unsigned events;       /* login, logout */
    unsigned all;          /* as RTMI_LISTEN_P2P … */
} model;

typedef enum mutation_kind {
    MUTATION_NONE,
    MUTATION_SKIP_RESTORE, /* agreed to without the gate having seen it */
    MUTATION_DROP_GROUPS,  /* one list of it is not there */
    MUTATION_SWAP_FLAGS,   /* p2p and group exchanged */
    MUTATION_KEEP_EVENTS   /* the events are not stated */
} mutation_kind;

typedef enum fault_kind {
    FAULT_NONE,
    FAULT_REFUSE,
    FAULT_LOSE_QUEST,
    FAULT_LOSE_ANSWER
} fault_kind;

typedef struct sim sim;

/* A call of the user, and how it ended. */
typedef struct change {
    sim *sim;
    rtmi_listen_verb verb;
    unsigned has;
    model value;
    bool has_ended;
    bool was_refused;
} change;

struct sim {
    rtmi_session *session;
    gate_world *gate;
    conn *conn; /* NULL: cut */
    rtmi_time now;
    uint64_t random;
    mutation_kind mutation;
    fault_kind fault; /* of the next listen quest */
    uint32_t refused_seq;
    uint32_t lost_seq; /* whose answer gets lost; 0: none */
    rtmi_buf up;       /* from the session, not looked at */
    rtmi_buf down;     /* from the gate, not delivered */
    change changes[CALLS_MAX];
    size_t change_count;
    size_t ended;
    bool is_listening;
    size_t restores; /* complete statements that the gate was to see */
    bool was_read;
    model held; /* by the gate */
};

static uint64_t next_random(void *userdata)
{
    sim *s = userdata;

    s->random += UINT64_C(0x9e3779b97f4a7c15);
    return rtmi_mix64(s->random);
}

static unsigned below(sim *s, unsigned limit)
{
    return (unsigned)(next_random(s) % limit);
}

/* --- the model: lib/session is not asked --- */

static void model_apply(model *m, const change *c)
{
    unsigned *const sets[] = {&m->lists[0], &m->lists[1], &m->lists[2], &m->events};
    const unsigned values[] = {c->value.lists[0], c->value.lists[1], c->value.lists[2],
                               c->value.events};

    if (c->verb == RTMI_LISTEN_SET_ALL) {
        m->all = c->value.all;
        return;
    }
    for (size_t i = 0; i < 4; i++) {
        const unsigned value = (c->has >> i & 1) != 0 ? values[i] : 0;
        if (c->verb == RTMI_LISTEN_ADD)
            *sets[i] |= value;
        else if (c->verb == RTMI_LISTEN_REMOVE)
            *sets[i] &= ~value;
        else
            *sets[i] = value;
    }
}

static void on_change(const rtm_error *err, rtmi_span answer, void *userdata)
{
    change *c = userdata;
    sim *s = c->sim;

    (void)answer;
    assert_false(c->has_ended);
    c->has_ended = true;
    c->was_refused = err != NULL && err->code == RTMI_RC_INVALID_PARAMETER;
    s->ended++;
}

static void on_listening(bool is_listening, void *userdata)
{
    ((sim *)userdata)->is_listening = is_listening;
}

/* --- from values to bits --- */

static unsigned bits_of_ids(const rtmi_ids *ids)
{
    unsigned bits = 0;

    for (size_t i = 0; i < ids->count; i++)
        bits |= 1u << (ids->ids[i] - 1);
    return bits;
}

static model model_of_value(const rtmi_listen_value *value)
{
    model m = {.all = value->all};

    for (size_t i = 0; i < LISTS; i++)
        m.lists[i] = bits_of_ids(&value->lists[i]);
    for (size_t i = 0; i < value->event_count; i++)
        m.events |= strcmp(value->events[i], "login") == 0 ? 1u : 2u;
    return m;
}

static unsigned bits_of_answer(const rtmi_payload *map, const char *key)
{
    rtmi_span raw;
    rtmi_token token;
    unsigned bits = 0;

    assert_true(rtmi_payload_find(map, key, &raw));
    rtmi_cursor in = rtmi_cursor_of(raw);
    assert_int_equal(rtmi_pack_read(&in, &token), 0);
    assert_int_equal(token.type, RTMI_PACK_ARRAY);
    const uint32_t count = token.count;
    for (uint32_t i = 0; i < count; i++) {
        int64_t id;
        rtmi_span name;
        assert_int_equal(rtmi_pack_read(&in, &token), 0);
        if (rtmi_token_get_int(&token, &id)) {
            assert_true(id >= 1 && id <= UNIVERSE);
            bits |= 1u << (id - 1);
        } else {
            assert_true(rtmi_token_get_bytes(&token, &name));
            bits |= rtmi_span_is(name, "login") ? 1u : 2u;
        }
    }
    return bits;
}

static void on_held(const rtm_error *err, rtmi_span answer, void *userdata)
{
    static const char *const lists[LISTS] = {"gids", "rids", "uids"};
    static const char *const flags[] = {"p2p", "group", "room", "ev"};
    sim *s = userdata;
    rtmi_payload map;

    assert_null(err);
    assert_int_equal(rtmi_payload_open(answer, &map), 0);
    s->held = (model){.events = bits_of_answer(&map, "events")};
    for (size_t i = 0; i < LISTS; i++)
        s->held.lists[i] = bits_of_answer(&map, lists[i]);
    for (size_t i = 0; i < 4; i++) {
        bool flag = false;
        assert_int_equal(rtmi_payload_get_bool(&map, flags[i], &flag), 1);
        s->held.all |= flag ? 1u << i : 0;
    }
    s->was_read = true;
}

/* --- the wire --- */

/* Hand bytes to the gate in pieces. */
static void to_gate(sim *s, rtmi_span bytes)
{
    while (bytes.len > 0 && s->conn != NULL && !conn_wants_close(s->conn)) {
        size_t room = 0;
        uint8_t *space = conn_read_space(s->gate->shards[0], s->conn, &room);
        assert_non_null(space);
        const size_t len = rtmi_min_size(rtmi_min_size(room, bytes.len), 1 + below(s, 400));
        memcpy(space, bytes.data, len);
        bytes = (rtmi_span){bytes.data + len, bytes.len - len};
        shard_bytes(s->gate->shards[0], s->conn, len, s->gate->now);
    }
}

/* Where the text stands in the bytes, or NULL. */
static uint8_t *find_text(uint8_t *bytes, size_t len, const char *text)
{
    return memmem(bytes, len, text, strlen(text));
}

/* What a session with a mistake in it would state. False: it says nothing. */
static bool mutate(sim *s, uint8_t *bytes, size_t len)
{
    uint8_t *p2p = find_text(bytes, len, "p2p");
    uint8_t *group = find_text(bytes, len, "group");
    uint8_t *gids = find_text(bytes, len, "gids");
    uint8_t *events = find_text(bytes, len, "events");

    s->restores++;
    switch (s->mutation) {
    case MUTATION_SKIP_RESTORE:
        return false;
    case MUTATION_DROP_GROUPS:
        gids[0] = 'x';
        return true;
    case MUTATION_KEEP_EVENTS:
        events[0] = 'x';
        return true;
    case MUTATION_SWAP_FLAGS: {
        const uint8_t value = p2p[3];
        p2p[3] = group[5];
        group[5] = value;
        return true;
    }
    default:
        return true;
    }
}

static void answer_here(sim *s, uint32_t seq, int code)
{
    if (code == 0)
        rtmi_answer_empty(&s->down, seq);
    else
        rtmi_answer_error(&s->down, seq, code, rtmi_span_of_text("refused"));
    assert_int_equal(s->down.error, 0);
}

/* One quest of the session, on its way to the gate. */
static void pass_quest(sim *s, const rtmi_package *package, uint8_t *bytes)
{
    const bool is_set = rtmi_span_is(package->method, "setlisten");
    const bool is_listen = is_set || rtmi_span_is(package->method, "addlisten") ||
                           rtmi_span_is(package->method, "removelisten");
    const fault_kind fault = is_listen ? s->fault : FAULT_NONE;

    if (is_listen)
        s->fault = FAULT_NONE;
    if (fault == FAULT_LOSE_QUEST)
        return;
    if (fault == FAULT_REFUSE) {
        answer_here(s, package->seq, RTMI_RC_INVALID_PARAMETER);
        return;
    }
    if (fault == FAULT_LOSE_ANSWER)
        s->lost_seq = package->seq;
    /* A complete statement names lists and switches. */
    if (is_set && find_text(bytes, package->size, "gids") != NULL &&
        find_text(bytes, package->size, "p2p") != NULL && !mutate(s, bytes, package->size)) {
        answer_here(s, package->seq, 0);
        return;
    }
    to_gate(s, (rtmi_span){bytes, package->size});
}

/* All whole packages that the session has written. */
static void carry_up(sim *s)
{
    rtmi_package package;
    static uint8_t copy[1 << 16];

    for (rtmi_span out; s->conn != NULL && (out = rtmi_session_get_output(s->session)).len > 0;) {
        rtmi_buf_append_span(&s->up, out);
        rtmi_session_sent(s->session, out.len);
    }
    while (s->conn != NULL && rtmi_frame_decode(rtmi_buf_span(&s->up), WIRE_MAX, &package) == 1) {
        const size_t size = package.size;
        assert_true(size <= sizeof copy);
        memcpy(copy, rtmi_buf_span(&s->up).data, size);
        rtmi_buf_consume(&s->up, size);
        assert_int_equal(rtmi_frame_decode((rtmi_span){copy, size}, WIRE_MAX, &package), 1);
        if (package.kind == RTMI_FRAME_ANSWER)
            to_gate(s, (rtmi_span){copy, size});
        else
            pass_quest(s, &package, copy);
    }
}

/* What the gate writes; an answer that is to be lost is. */
static void carry_down(sim *s)
{
    shard *sh = s->gate->shards[0];
    rtmi_span pieces[8];
    rtmi_buf got;
    rtmi_package package;
    conn *dirty;

    shard_take_mail(sh, s->gate->now);
    shard_end_turn(sh, s->gate->now);
    while ((dirty = shard_next_dirty(sh)) != NULL)
        assert_ptr_equal(dirty, s->conn);
    if (s->conn == NULL)
        return;
    rtmi_buf_init(&got, WIRE_MAX);
    for (size_t n; (n = conn_get_output(sh, s->conn, pieces, 8)) > 0;) {
        size_t total = 0;
        for (size_t i = 0; i < n; total += pieces[i++].len)
            rtmi_buf_append_span(&got, pieces[i]);
        conn_sent(sh, s->conn, total);
    }
    while (rtmi_frame_decode(rtmi_buf_span(&got), WIRE_MAX, &package) == 1) {
        if (package.kind == RTMI_FRAME_ANSWER && s->lost_seq != 0 && package.seq == s->lost_seq)
            s->lost_seq = 0;
        else
            rtmi_buf_append(&s->down, rtmi_buf_span(&got).data, package.size);
        rtmi_buf_consume(&got, package.size);
    }
    rtmi_buf_deinit(&got);
}

/* Hand at most `max` bytes over to the session. */
static void deliver(sim *s, size_t max)
{
    while (max > 0 && rtmi_buf_len(&s->down) > 0) {
        size_t room = 0;
        uint8_t *space = rtmi_session_read_space(s->session, &room);
        const size_t len = rtmi_min_size(rtmi_min_size(room, max),
                                         rtmi_min_size(rtmi_buf_len(&s->down), 1 + below(s, 100)));
        assert_true(len > 0);
        memcpy(space, rtmi_buf_span(&s->down).data, len);
        rtmi_buf_consume(&s->down, len);
        max -= len;
        assert_int_equal(rtmi_session_read_done(s->session, len, s->now), 0);
    }
}

static void connect_session(sim *s)
{
    rtmi_session_opening(s->session, s->now);
    s->conn = shard_opened(s->gate->shards[0], s, NULL, "peer", s->gate->now);
    assert_non_null(s->conn);
    rtmi_session_opened(s->session, s->now);
}

/* The wire breaks: what was on it is lost, but for some bytes of each direction. */
static void cut(sim *s)
{
    if (s->conn == NULL)
        return;
    if (below(s, 2) == 0) {
        for (rtmi_span out; (out = rtmi_session_get_output(s->session)).len > 0;) {
            rtmi_buf_append_span(&s->up, out);
            rtmi_session_sent(s->session, out.len);
        }
        const rtmi_span up = rtmi_buf_span(&s->up);
        to_gate(s, (rtmi_span){up.data, below(s, (unsigned)up.len + 1)});
        carry_down(s);
    }
    deliver(s, below(s, (unsigned)rtmi_buf_len(&s->down) + 1));
    shard_closed(s->gate->shards[0], s->conn, s->gate->now);
    s->conn = NULL;
    rtmi_buf_clear(&s->up);
    rtmi_buf_clear(&s->down);
    s->lost_seq = 0;
    rtmi_session_closed(s->session, RTM_E_LOST, true, s->now);
}

static void pass_time(sim *s, int64_t ms)
{
    s->now.mono_ms += ms;
    s->now.wall_ms += ms;
    s->gate->now = (gate_time){s->now.mono_ms, s->now.wall_ms};
    shard_tick(s->gate->shards[0], s->gate->now);
    assert_int_equal(rtmi_session_tick(s->session, s->now), 0);
    if (rtmi_session_wants_close(s->session) || (s->conn != NULL && conn_wants_close(s->conn)))
        cut(s);
}

static void carry(sim *s)
{
    carry_up(s);
    carry_down(s);
    deliver(s, SIZE_MAX);
    assert_int_equal(rtmi_session_tick(s->session, s->now), 0);
}

/* --- what the user does --- */

static void make_op(const change *c, rtmi_listen_op *op)
{
    static const char *const names[] = {"login", "logout"};

    *op = (rtmi_listen_op){.verb = c->verb, .has = c->has, .value = {.all = c->value.all}};
    for (size_t i = 0; i < LISTS; i++) {
        int64_t ids[UNIVERSE];
        size_t count = 0;
        for (unsigned id = UNIVERSE; id > 0; id--) {
            if ((c->has >> i & 1) != 0 && (c->value.lists[i] >> (id - 1) & 1) != 0)
                ids[count++] = id;
        }
        assert_int_equal(rtmi_ids_take(&op->value.lists[i], ids, count, 100), 0);
    }
    for (size_t i = 0; i < 2; i++) {
        if ((c->has & RTMI_LISTEN_HAS_EVENTS) != 0 && (c->value.events >> i & 1) != 0)
            assert_int_equal(rtmi_listen_value_add_event(&op->value, names[i], strlen(names[i])),
                             0);
    }
}

static void call(sim *s)
{
    rtmi_listen_op op;

    if (s->change_count == CALLS_MAX)
        return;
    change *c = &s->changes[s->change_count];
    *c = (change){.sim = s, .verb = (rtmi_listen_verb)below(s, 4)};
    if (c->verb == RTMI_LISTEN_SET_ALL) {
        c->value.all = below(s, 16);
    } else {
        c->has = 1 + below(s, 15);
        for (size_t i = 0; i < LISTS; i++)
            c->value.lists[i] = below(s, 1u << UNIVERSE);
        c->value.events = below(s, 4);
    }
    make_op(c, &op);
    if (rtmi_session_listen(s->session, &op, 0, s->now, on_change, c, NULL) == 0)
        s->change_count++;
    rtmi_listen_value_deinit(&op.value);
}

static void step(sim *s)
{
    const unsigned what = below(s, 100);

    if (s->conn == NULL && below(s, 2) == 0)
        connect_session(s);
    if (what < 35)
        call(s);
    else if (what < 65)
        carry(s);
    else if (what < 72)
        carry_up(s); /* the answer is under way */
    else if (what < 82)
        pass_time(s, 1 + below(s, 3000));
    else if (what < 90)
        cut(s);
    else
        s->fault = (fault_kind)(1 + below(s, 3));
}

static bool is_at_rest(sim *s)
{
    const rtmi_listen_value *desired;
    const rtmi_listen_value *confirmed;
    bool agrees;

    assert_int_equal(rtmi_session_get_listen(s->session, &desired, &confirmed, &agrees), 0);
    return agrees && s->ended == s->change_count && s->conn != NULL;
}

static bool equal(const char *what, const model *have, const model *want)
{
    if (memcmp(have, want, sizeof *have) == 0)
        return true;
    print_message("%s: gids %02x rids %02x uids %02x events %x all %x; the model says "
                  "%02x %02x %02x %x %x\n",
                  what, have->lists[0], have->lists[1], have->lists[2], have->events, have->all,
                  want->lists[0], want->lists[1], want->lists[2], want->events, want->all);
    return false;
}

/* Without faults it comes to rest, and then all agree. */
static bool check_rest(sim *s)
{
    const rtmi_listen_value *desired;
    const rtmi_listen_value *confirmed;
    bool agrees;

    s->fault = FAULT_NONE;
    for (int round = 0; round < REST_ROUNDS && !is_at_rest(s); round++) {
        if (s->conn == NULL)
            connect_session(s);
        carry(s);
        pass_time(s, 500);
    }
    if (!is_at_rest(s)) {
        print_message("it does not come to rest: %zu of %zu calls have ended, %s\n", s->ended,
                      s->change_count, s->conn == NULL ? "cut" : "connected");
        return false;
    }
    assert_int_equal(rtmi_session_call(s->session, rtmi_span_of_text("rkgetlisten"), 0,
                                       (rtmi_span){NULL, 0}, 0, s->now, on_held, s, NULL),
                     0);
    for (int round = 0; round < 10 && !s->was_read; round++)
        carry(s);
    assert_true(s->was_read);
    assert_int_equal(rtmi_session_get_listen(s->session, &desired, &confirmed, &agrees), 0);
    /* In the order of the calls; refused ones are none. */
    model want = {.all = 0};
    for (size_t i = 0; i < s->change_count; i++) {
        if (!s->changes[i].was_refused)
            model_apply(&want, &s->changes[i]);
    }
    const model desires = model_of_value(desired);
    const model confirms = model_of_value(confirmed);
    const model empty = {.all = 0};
    const bool is_empty = memcmp(&want, &empty, sizeof want) == 0;
    bool good = equal("the gate", &s->held, &want);
    good = equal("desired", &desires, &want) && good;
    good = equal("confirmed", &confirms, &want) && good;
    if (!s->is_listening && !is_empty) {
        print_message("not told to be listening\n");
        good = false;
    }
    return good;
}

static bool run_sequence(gate_world *gate, uint64_t seed, mutation_kind mutation)
{
    sim *s = calloc(1, sizeof *s);
    const rtmi_session_callbacks callbacks = {.userdata = s, .listening = on_listening};

    assert_non_null(s);
    *s = (sim){.gate = gate,
               .random = seed,
               .mutation = mutation,
               .now = {gate->now.mono_ms, gate->now.wall_ms}};
    rtmi_buf_init(&s->up, WIRE_MAX);
    rtmi_buf_init(&s->down, WIRE_MAX);
    const rtmi_session_config config = {.pid = GATE_PID,
                                        .secret = rtmi_span_of_text(GATE_SECRET),
                                        .quest_timeout_ms = 5000,
                                        .keepalive_ms = 20000,
                                        .restore_listen = true,
                                        .ask_offsets = below(s, 2) == 0,
                                        .max_package_bytes = 1 << 16,
                                        .max_output_bytes = 1 << 19,
                                        .max_pending_calls = 1000,
                                        .max_listen_ids = 100,
                                        .dedup_count = 1000,
                                        .dedup_ms = 60000,
                                        .random64 = next_random,
                                        .random_userdata = s};
    assert_int_equal(rtmi_session_new(&config, &s->session), 0);
    rtmi_session_set_callbacks(s->session, &callbacks);
    connect_session(s);
    const unsigned steps = 10 + below(s, 60);
    for (unsigned i = 0; i < steps; i++)
        step(s);
    const bool good = check_rest(s);
    if (s->conn != NULL)
        shard_closed(gate->shards[0], s->conn, gate->now);
    rtmi_session_free(s->session);
    rtmi_buf_deinit(&s->up);
    rtmi_buf_deinit(&s->down);
    free(s);
    return good;
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

/* How many of the sequences come out wrong; stops at the first if it is a surprise. */
static uint64_t count_wrong(mutation_kind mutation, uint64_t first, uint64_t count)
{
    gate_world *gate = gate_world_new(1);
    uint64_t wrong = 0;

    assert_true(gate_world_open(gate));
    for (uint64_t i = 0; i < count; i++) {
        if (run_sequence(gate, first + i, mutation))
            continue;
        wrong++;
        if (mutation == MUTATION_NONE) {
            print_message("sequence failed: RTMKIT_SEED=%" PRIu64 " RTMKIT_SEQUENCES=1\n",
                          first + i);
            break;
        }
        if (wrong == 3)
            break;
    }
    gate_world_free(gate);
    return wrong;
}

static void test_the_gate_holds_what_is_desired(void **state)
{
    (void)state;
    assert_int_equal(count_wrong(MUTATION_NONE, number_from("RTMKIT_SEED", 1),
                                 number_from("RTMKIT_SEQUENCES", SEQUENCES)),
                     0);
}

static void test_mutations_are_noticed(void **state)
{
    (void)state;
    for (mutation_kind m = MUTATION_SKIP_RESTORE; m <= MUTATION_KEEP_EVENTS; m++)
        assert_int_equal(count_wrong(m, 1, 200), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_gate_holds_what_is_desired),
        cmocka_unit_test(test_mutations_are_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
