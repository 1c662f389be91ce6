/*
 * A store against a model: random messages, deletions, edits, clears, trims and reopenings, then
 * questions whose answers a plain list of messages tells as well. STORE_MODEL_SEED runs one seed,
 * STORE_MODEL_SEEDS so many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/store_batches.h"
#include "tests/support/store_questions.h"
#include "tests/unit/store_cases.h"

enum { PID = 7, STEPS = 120, MESSAGES_MAX = 8000, CONVERSATIONS = 12, USERS = 5, MIDS = 40 };

typedef struct message {
    int conversation;
    int64_t id;
    int64_t from;
    int64_t to;
    int64_t mid;
    int64_t ms;
    int64_t offset; /* of its content */
    uint8_t mtype;
    bool is_hidden;
} message;

typedef struct talk {
    store_conversation key;
    int64_t next_id;
    int64_t last_ms;
    int64_t keep_offset; /* its ids go on while the tail is not beyond */
} talk;

typedef struct model {
    store *tested;
    void **state;
    uint64_t dice;
    uint64_t epoch;
    int64_t offset;
    int64_t now_ms;
    int64_t tail;
    talk talks[CONVERSATIONS];
    message *messages;
    size_t count;
    test_records records;
} model;

static uint64_t roll(model *self, uint64_t sides)
{
    return test_dice(&self->dice) % sides;
}

/* Users 1 … USERS; conversations of all kinds, most talk in the first. */
static void make_talks(model *self)
{
    for (int i = 0; i < CONVERSATIONS; i++) {
        talk *made = &self->talks[i];

        *made = (talk){.next_id = 1, .last_ms = INT64_MIN, .keep_offset = INT64_MAX};
        if (i % 4 == 0)
            made->key = (store_conversation){.kind = STORE_P2P, .a = 1 + i / 4, .b = 2 + i / 4};
        else if (i % 4 == 1)
            made->key = (store_conversation){.kind = STORE_GROUP, .a = 10 + i};
        else if (i % 4 == 2)
            made->key = (store_conversation){.kind = STORE_ROOM, .a = 10 + i};
        else
            made->key = (store_conversation){.kind = STORE_BROADCAST, .a = i == 3 ? 0 : -i};
    }
}

static int pick_talk(model *self)
{
    return roll(self, 3) == 0 ? (int)roll(self, CONVERSATIONS) : (int)roll(self, 3);
}

/* Somebody's message in a conversation, by what identifies it. */
static store_record named(model *self, int place)
{
    const store_conversation *key = &self->talks[place].key;
    const bool is_p2p = key->kind == STORE_P2P;
    const bool is_back = roll(self, 2) == 0;

    return (store_record){
        .from = !is_p2p   ? 1 + (int64_t)roll(self, USERS)
                : is_back ? key->b
                          : key->a,
        .to = !is_p2p   ? key->a
              : is_back ? key->a
                        : key->b,
        .mid = (int64_t)roll(self, MIDS),
    };
}

static void add(model *self, store_record record)
{
    char msg[24];

    record.offset = ++self->offset;
    record.mtime_ms = self->now_ms;
    (void)snprintf(msg, sizeof msg, "%lld", (long long)record.offset);
    test_records_add(&self->records, record, msg, strlen(msg), "!", roll(self, 2));
}

static void say(model *self)
{
    const int place = pick_talk(self);
    talk *in = &self->talks[place];
    store_record record = named(self, place);

    self->now_ms += (int64_t)roll(self, 3);
    record.kind = in->key.kind;
    record.mtype = (uint8_t)(30 + roll(self, 3));
    if (self->now_ms <= in->last_ms)
        record.ahead_ms = (uint32_t)(in->last_ms - self->now_ms + (int64_t)roll(self, 2));
    if (in->keep_offset < self->tail || (in->keep_offset == INT64_MAX && self->tail > 1))
        in->next_id = self->tail;
    add(self, record);
    in->last_ms = self->now_ms + record.ahead_ms;
    in->keep_offset = self->offset;
    assert_true(self->count < MESSAGES_MAX);
    self->messages[self->count++] = (message){
        .conversation = place,
        .id = in->next_id++,
        .from = record.from,
        .to = record.to,
        .mid = record.mid,
        .ms = in->last_ms,
        .offset = self->offset,
        .mtype = record.mtype,
    };
}

static bool is_visible(const model *self, const message *one)
{
    return !one->is_hidden && one->offset >= self->tail;
}

static message *find(model *self, int place, int64_t from, int64_t mid)
{
    for (size_t i = self->count; i > 0; i--) {
        message *one = &self->messages[i - 1];

        if (one->conversation == place && one->from == from && one->mid == mid &&
            is_visible(self, one))
            return one;
    }
    return NULL;
}

static void change_one(model *self)
{
    const int place = pick_talk(self);
    store_record record = named(self, place);
    message *one = find(self, place, record.from, record.mid);

    record.kind = roll(self, 2) == 0 ? STORE_DELETE : STORE_EDIT;
    record.mtype = self->talks[place].key.kind;
    add(self, record);
    if (one == NULL)
        return;
    if (record.kind == STORE_DELETE) {
        one->is_hidden = true;
    } else {
        one->offset = self->offset;
        self->talks[place].keep_offset = self->offset;
    }
}

static void clear_bounded(model *self, int place)
{
    const store_conversation *key = &self->talks[place].key;
    const int64_t begin_ms = self->now_ms - (int64_t)roll(self, 300);
    const int64_t times[2] = {begin_ms, begin_ms + (int64_t)roll(self, 100)};
    const store_record record = {.offset = ++self->offset,
                                 .mtime_ms = self->now_ms,
                                 .kind = STORE_CLEAR,
                                 .mtype = key->kind,
                                 .from = key->kind == STORE_P2P ? key->b : 0,
                                 .to = key->a};

    test_records_add(&self->records, record, times, sizeof times, "", 0);
    for (size_t i = 0; i < self->count; i++) {
        message *one = &self->messages[i];

        if (one->conversation == place && one->ms >= times[0] && one->ms <= times[1])
            one->is_hidden = true;
    }
}

static void clear_some(model *self)
{
    const int place = pick_talk(self);
    const store_conversation *key = &self->talks[place].key;
    const uint64_t scope = roll(self, 12);
    const int64_t user = 1 + (int64_t)roll(self, USERS);
    store_record record = {.kind = STORE_CLEAR};

    if (scope < 4 && key->a != 0) { /* in the broadcasts, that would be all of the kind */
        clear_bounded(self, place);
        return;
    }
    if (scope < 9) {
        record.mtype = key->kind;
        record.from = key->b;
        record.to = key->a;
    } else if (scope == 9) {
        record.mtype = key->kind;
    } else if (scope == 10) {
        record.from = user;
    }
    add(self, record);
    for (size_t i = 0; i < self->count; i++) {
        message *one = &self->messages[i];
        const uint8_t kind = self->talks[one->conversation].key.kind;
        const bool is_kind = scope == 9 || (scope < 9 && key->a == 0);

        if (is_kind     ? kind == key->kind
            : scope < 9 ? one->conversation == place
                        : scope == 11 || one->from == user)
            one->is_hidden = true;
    }
}

static void commit(model *self)
{
    if (test_records_append(&self->records, self->tested, PID, self->epoch) != 0)
        fail_msg("%s", test_text);
}

static void trim(model *self)
{
    const store_retention keep = {.max_age_ms = 100 + (int64_t)roll(self, 500)};

    assert_int_equal(self->tested->ops->trim(self->tested, PID, &keep, self->now_ms, &self->tail,
                                             test_text, sizeof test_text),
                     0);
}

static void open_again(model *self)
{
    store_state opened;

    assert_int_equal(store_case_reopen(self->state), 0);
    self->tested = *self->state;
    assert_int_equal(self->tested->ops->open_project(self->tested, PID, ++self->epoch, 0, &opened,
                                                     test_text, sizeof test_text),
                     0);
    assert_int_equal(opened.head, self->offset);
}

/* ---- questions ----------------------------------------------------------------------------- */

static bool is_asked_for(const model *self, const store_ask *ask, int place, const message *one)
{
    const bool has_types = (ask->mtypes[0] | ask->mtypes[1]) != 0;

    return one->conversation == place && is_visible(self, one) &&
           (ask->begin_ms == 0 || one->ms >= ask->begin_ms) &&
           (ask->end_ms == 0 || one->ms <= ask->end_ms) &&
           (!has_types || (ask->mtypes[0] >> one->mtype & 1) != 0) &&
           (ask->last_id == 0 || ask->question == STORE_ASK_COUNT ||
            (ask->is_descending ? one->id < ask->last_id : one->id > ask->last_id));
}

static void check_row(const store_answer *answer, size_t i, const message *want)
{
    const store_row *row = &answer->rows[i];
    char msg[24];

    (void)snprintf(msg, sizeof msg, "%lld", (long long)want->offset);
    assert_true(i < answer->row_count);
    assert_int_equal(row->id, want->id);
    assert_int_equal(row->from, want->from);
    assert_int_equal(row->to, want->to);
    assert_int_equal(row->mid, want->mid);
    assert_int_equal(row->mtime_ms, want->ms);
    assert_int_equal(row->offset, want->offset);
    assert_int_equal(row->mtype, want->mtype);
    assert_int_equal(row->msg_len, strlen(msg));
    assert_memory_equal(answer->bytes + row->msg_at, msg, row->msg_len);
}

static void check_page(model *self)
{
    const int place = pick_talk(self);
    const talk *in = &self->talks[place];
    const int64_t begin_ms = self->now_ms - (int64_t)roll(self, 800);
    store_ask ask = {
        .pid = PID,
        .question = roll(self, 4) == 0 ? STORE_ASK_COUNT : STORE_ASK_PAGE,
        .conversation = in->key,
        .is_descending = roll(self, 2) == 0,
        .num = 1 + (uint32_t)roll(self, roll(self, 2) == 0 ? 10 : STORE_PAGE_MAX),
        .begin_ms = roll(self, 2) == 0 ? begin_ms : 0,
        .end_ms = roll(self, 2) == 0 ? begin_ms + (int64_t)roll(self, 300) : 0,
        .last_id = roll(self, 2) == 0 ? (int64_t)roll(self, (uint64_t)in->next_id + 2) : 0,
        .mtypes = {roll(self, 3) == 0 ? (uint64_t)1 << (30 + roll(self, 3)) : 0, 0},
    };
    bool senders[USERS + 1] = {false};
    int64_t sender_count = 0;
    size_t count = 0;

    if (test_ask(self->tested, &ask) != 0)
        fail_msg("%s", test_text);
    for (size_t i = 0; i < self->count; i++) {
        const message *one = &self->messages[ask.is_descending ? self->count - 1 - i : i];

        if (!is_asked_for(self, &ask, place, one))
            continue;
        if (ask.question == STORE_ASK_PAGE && count < ask.num)
            check_row(&ask.answer, count, one);
        sender_count += !senders[one->from];
        senders[one->from] = true;
        count++;
    }
    if (ask.question == STORE_ASK_PAGE) {
        assert_int_equal(ask.answer.row_count, count < ask.num ? count : ask.num);
    } else {
        assert_int_equal(ask.answer.message_count, count);
        assert_int_equal(ask.answer.sender_count, sender_count);
    }
    store_answer_deinit(&ask.answer);
}

static void check_find(model *self)
{
    const int place = pick_talk(self);
    const store_record record = named(self, place);
    store_ask ask = {.pid = PID,
                     .question = STORE_ASK_FIND,
                     .conversation = self->talks[place].key,
                     .from = record.from,
                     .mid = record.mid};
    const message *want = find(self, place, record.from, record.mid);

    assert_int_equal(test_ask(self->tested, &ask), 0);
    assert_int_equal(ask.answer.row_count, want != NULL);
    if (want != NULL)
        check_row(&ask.answer, 0, want);
    store_answer_deinit(&ask.answer);
}

static void step(model *self)
{
    const uint64_t count = roll(self, 60);

    for (uint64_t i = 0; i < count; i++) {
        const uint64_t what = roll(self, 100);

        if (what < 80)
            say(self);
        else if (what < 98)
            change_one(self);
        else if (roll(self, 3) == 0)
            clear_some(self);
    }
    commit(self);
    if (roll(self, 8) == 0)
        trim(self);
    if (roll(self, 10) == 0)
        open_again(self);
    if (roll(self, 3) == 0) {
        for (int i = 0; i < 6; i++)
            check_page(self);
        check_find(self);
    }
}

static void run_seed(void **state, uint64_t seed)
{
    model self = {.tested = *state, .state = state, .dice = seed, .now_ms = 100000};
    store_state opened;

    /* A project for each seed would need the others' tails: each has a store of its own. */
    assert_int_equal(self.tested->ops->open_project(self.tested, PID, ++self.epoch, 0, &opened,
                                                    test_text, sizeof test_text),
                     0);
    self.tail = 1;
    self.messages = calloc(MESSAGES_MAX, sizeof *self.messages);
    assert_non_null(self.messages);
    make_talks(&self);
    for (int i = 0; i < STEPS; i++)
        step(&self);
    free(self.messages);
    test_records_deinit(&self.records);
}

static void answers_are_those_of_the_model(void **state)
{
    const char *one = getenv("STORE_MODEL_SEED");
    const char *many = getenv("STORE_MODEL_SEEDS");
    const uint64_t first = one != NULL ? strtoull(one, NULL, 10) : 1;
    const uint64_t count = one != NULL ? 1 : many != NULL ? strtoull(many, NULL, 10) : 8;

    for (uint64_t seed = first; seed < first + count; seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        assert_int_equal(store_case_setup(state), 0);
        run_seed(state, seed);
        assert_int_equal(store_case_teardown(state), 0);
    }
}

int store_cases_run_model(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(answers_are_those_of_the_model),
    };

    return cmocka_run_group_tests_name("every store and a model", cases, NULL, NULL);
}
