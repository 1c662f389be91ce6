/*
 * Questions: what every kind of store must answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>
#include <stdatomic.h>
#include <cmocka.h>

#include "tests/support/store_batches.h"
#include "tests/support/store_questions.h"
#include "tests/unit/store_cases.h"

enum { PID = 7, GID = 500, MTYPE = 30 };

/* A log that is being written. */
typedef struct chat {
    store *tested;
    uint64_t epoch;
    int64_t offset; /* of the last record */
    test_records records;
} chat;

static chat begin(void **state)
{
    chat self = {.tested = *state, .epoch = 1};
    store_state opened;

    assert_int_equal(self.tested->ops->open_project(self.tested, PID, 1, 0, &opened, test_text,
                                                    sizeof test_text),
                     0);
    return self;
}

static void reopen(chat *self, void **state)
{
    store_state opened;

    assert_int_equal(store_case_reopen(state), 0);
    self->tested = *state;
    self->epoch++;
    assert_int_equal(self->tested->ops->open_project(self->tested, PID, self->epoch, 0, &opened,
                                                     test_text, sizeof test_text),
                     0);
    assert_int_equal(opened.head, self->offset);
}

/* Offset and log time follow; the text is "m" and the offset, the attributes "a" likewise. */
static void add(chat *self, store_record record)
{
    char msg[30];
    char attrs[30];

    record.offset = ++self->offset;
    if (record.mtime_ms == 0)
        record.mtime_ms = self->offset * 10;
    if (record.mtype == 0 && record.kind <= STORE_BROADCAST)
        record.mtype = MTYPE;
    (void)snprintf(msg, sizeof msg, "m%lld", (long long)record.offset);
    (void)snprintf(attrs, sizeof attrs, "a%lld", (long long)record.offset);
    test_records_add(&self->records, record, msg, strlen(msg), attrs, strlen(attrs));
}

static void group(chat *self, int64_t from, int64_t mid)
{
    add(self, (store_record){.kind = STORE_GROUP, .from = from, .to = GID, .mid = mid});
}

static void p2p(chat *self, int64_t from, int64_t to)
{
    add(self, (store_record){.kind = STORE_P2P, .from = from, .to = to, .mid = self->offset});
}

/* A record that acts on the message (from, to, mid) of that kind. */
static void act(chat *self, store_kind what, store_kind kind, int64_t from, int64_t to, int64_t mid)
{
    add(self,
        (store_record){
            .kind = (uint8_t)what, .mtype = (uint8_t)kind, .from = from, .to = to, .mid = mid});
}

static void clear_between(chat *self, store_kind kind, int64_t from, int64_t to, int64_t begin_ms,
                          int64_t end_ms)
{
    const int64_t times[2] = {begin_ms, end_ms};
    const store_record record = {.offset = ++self->offset,
                                 .mtime_ms = self->offset * 10,
                                 .kind = STORE_CLEAR,
                                 .mtype = (uint8_t)kind,
                                 .from = from,
                                 .to = to};

    test_records_add(&self->records, record, times, sizeof times, "", 0);
}

static void commit(chat *self)
{
    assert_int_equal(test_records_append(&self->records, self->tested, PID, self->epoch), 0);
}

static store_ask page_of(store_kind kind, int64_t a, int64_t b, uint32_t num)
{
    return (store_ask){.pid = PID,
                       .question = STORE_ASK_PAGE,
                       .conversation = {.kind = (uint8_t)kind, .a = a, .b = b},
                       .num = num};
}

/* The ids of a page as one string, "1 2 3". Each row's content must be that of its offset. */
static const char *ids_of(chat *self, store_ask ask)
{
    static char text[8000];
    size_t len = 0;

    text[0] = '\0';
    if (test_ask(self->tested, &ask) != 0)
        fail_msg("%s", test_text);
    for (size_t i = 0; i < ask.answer.row_count; i++) {
        const store_row *row = &ask.answer.rows[i];
        char want[60];
        char got[60];

        (void)snprintf(want, sizeof want, "m%lld a%lld", (long long)row->offset,
                       (long long)row->offset);
        (void)snprintf(got, sizeof got, "%.*s %.*s", (int)row->msg_len,
                       (const char *)ask.answer.bytes + row->msg_at, (int)row->attrs_len,
                       (const char *)ask.answer.bytes + row->attrs_at);
        assert_string_equal(got, want);
        len += (size_t)snprintf(text + len, sizeof text - len, i == 0 ? "%lld" : " %lld",
                                (long long)row->id);
    }
    store_answer_deinit(&ask.answer);
    return text;
}

static const char *group_ids(chat *self)
{
    return ids_of(self, page_of(STORE_GROUP, GID, 0, STORE_PAGE_MAX));
}

static void end(chat *self)
{
    test_records_deinit(&self->records);
}

static void ids_count_from_one_in_each_conversation(void **state)
{
    chat self = begin(state);
    store_ask ask = page_of(STORE_P2P, 9, 3, 10); /* in whatever order */

    p2p(&self, 3, 9);
    group(&self, 3, 1);
    p2p(&self, 9, 3);
    add(&self, (store_record){.kind = STORE_EVENT, .from = 3});
    p2p(&self, 3, 4);
    group(&self, 4, 2);
    add(&self, (store_record){.kind = STORE_BROADCAST, .from = 3, .mid = 4, .is_binary = true});
    add(&self, (store_record){.kind = STORE_ROOM, .from = 3, .to = GID, .mid = 4});
    p2p(&self, 3, 9);
    commit(&self);
    assert_string_equal(ids_of(&self, page_of(STORE_P2P, 3, 4, 10)), "1");
    assert_string_equal(group_ids(&self), "1 2");
    assert_string_equal(ids_of(&self, page_of(STORE_ROOM, GID, 0, 10)), "1");
    assert_string_equal(ids_of(&self, page_of(STORE_GROUP, GID + 1, 0, 10)), "");

    assert_int_equal(test_ask(self.tested, &ask), 0);
    assert_int_equal(ask.answer.row_count, 3);
    assert_int_equal(ask.answer.rows[1].from, 9);
    assert_int_equal(ask.answer.rows[1].to, 3);
    assert_int_equal(ask.answer.rows[2].from, 3);
    assert_int_equal(ask.answer.rows[2].to, 9);
    assert_int_equal(ask.answer.rows[2].mid, 8);
    assert_int_equal(ask.answer.rows[2].mtime_ms, 90);
    assert_int_equal(ask.answer.rows[2].mtype, MTYPE);
    assert_false(ask.answer.rows[2].is_binary);
    store_answer_deinit(&ask.answer);

    ask = page_of(STORE_BROADCAST, 0, 0, 1);
    assert_int_equal(test_ask(self.tested, &ask), 0);
    assert_int_equal(ask.answer.row_count, 1);
    assert_true(ask.answer.rows[0].is_binary);
    store_answer_deinit(&ask.answer);

    reopen(&self, state);
    group(&self, 4, 3);
    commit(&self);
    assert_string_equal(group_ids(&self), "1 2 3");
    end(&self);
}

static void pages_go_both_ways(void **state)
{
    chat self = begin(state);
    store_ask ask = page_of(STORE_GROUP, GID, 0, 3);
    char want[60];

    for (int i = 0; i < 300; i++)
        group(&self, 1, i);
    commit(&self);
    assert_string_equal(ids_of(&self, ask), "1 2 3");
    for (int64_t id = 1; id <= 301; id++) {
        ask.is_descending = false;
        ask.last_id = id;
        (void)snprintf(want, sizeof want,
                       id > 299   ? ""
                       : id > 298 ? "%d"
                       : id > 297 ? "%d %d"
                                  : "%d %d %d",
                       (int)id + 1, (int)id + 2, (int)id + 3);
        assert_string_equal(ids_of(&self, ask), want);
        ask.is_descending = true;
        (void)snprintf(want, sizeof want,
                       id < 2   ? ""
                       : id < 3 ? "%d"
                       : id < 4 ? "%d %d"
                                : "%d %d %d",
                       (int)id - 1, (int)id - 2, (int)id - 3);
        assert_string_equal(ids_of(&self, ask), want);
    }
    ask.last_id = 0;
    assert_string_equal(ids_of(&self, ask), "300 299 298");
    ask.last_id = INT64_MAX;
    assert_string_equal(ids_of(&self, ask), "300 299 298");
    ask.is_descending = false;
    assert_string_equal(ids_of(&self, ask), "");

    ask = page_of(STORE_GROUP, GID, 0, 0);
    assert_int_equal(test_ask(self.tested, &ask), -1);
    ask.num = STORE_PAGE_MAX + 1;
    assert_int_equal(test_ask(self.tested, &ask), -1);
    assert_non_null(strstr(test_text, "1001"));
    end(&self);
}

/* Times are bounds that count themselves, on either side. */
static void times_bound_a_page(void **state)
{
    chat self = begin(state);
    store_ask ask = page_of(STORE_GROUP, GID, 0, STORE_PAGE_MAX);

    for (int i = 0; i < 200; i++) /* ids 1 … 200 at 1000, 1000, 1000, 1001, 1001, … */
        add(&self, (store_record){.kind = STORE_GROUP,
                                  .from = 1,
                                  .to = GID,
                                  .mtime_ms = 900 + i / 6,
                                  .ahead_ms = (uint32_t)(100 + i / 3 - i / 6)});
    commit(&self);
    for (int64_t begin_ms = 999; begin_ms <= 1068; begin_ms += 3) {
        for (int64_t end_ms = 998; end_ms <= 1068; end_ms += 5) {
            size_t want = 0;

            for (int i = 0; i < 200; i++)
                want += 1000 + i / 3 >= begin_ms && 1000 + i / 3 <= end_ms;
            for (int down = 0; down < 2; down++) {
                ask.begin_ms = begin_ms;
                ask.end_ms = end_ms;
                ask.is_descending = down == 1;
                assert_int_equal(test_ask(self.tested, &ask), 0);
                assert_int_equal(ask.answer.row_count, want);
                for (size_t i = 0; i < want; i++) {
                    const store_row *row = &ask.answer.rows[i];

                    assert_int_equal(row->mtime_ms, 1000 + (row->id - 1) / 3);
                    assert_true(row->mtime_ms >= begin_ms && row->mtime_ms <= end_ms);
                    assert_true(i == 0 || (row[-1].id < row->id) == (down == 0));
                }
                store_answer_deinit(&ask.answer);
            }
        }
    }
    ask = page_of(STORE_GROUP, GID, 0, 4);
    ask.begin_ms = 1001; /* the cursor and the bound: whichever is tighter */
    assert_string_equal(ids_of(&self, ask), "4 5 6 7");
    ask.last_id = 2;
    assert_string_equal(ids_of(&self, ask), "4 5 6 7");
    ask.last_id = 5;
    assert_string_equal(ids_of(&self, ask), "6 7 8 9");
    ask.is_descending = true;
    assert_string_equal(ids_of(&self, ask), "4");
    ask.begin_ms = 0;
    ask.end_ms = 1000;
    ask.last_id = 100;
    assert_string_equal(ids_of(&self, ask), "3 2 1");
    end(&self);
}

static void mtypes_filter(void **state)
{
    static const uint8_t mtypes[] = {30, 31, 51, 63, 64, 127, 128, 255};
    chat self = begin(state);
    store_ask ask = page_of(STORE_ROOM, GID, 0, 100);

    for (int i = 0; i < 8; i++)
        add(&self, (store_record){.kind = STORE_ROOM, .from = i, .to = GID, .mtype = mtypes[i]});
    commit(&self);
    ask.mtypes[0] = (uint64_t)1 << 30 | (uint64_t)1 << 63;
    assert_string_equal(ids_of(&self, ask), "1 4");
    ask.mtypes[0] = 0;
    ask.mtypes[1] = 1 | (uint64_t)1 << 63;
    assert_string_equal(ids_of(&self, ask), "5 6");
    ask.mtypes[1] = 2;
    assert_string_equal(ids_of(&self, ask), "");
    ask.question = STORE_ASK_COUNT;
    ask.mtypes[1] = 1;
    assert_int_equal(test_ask(self.tested, &ask), 0);
    assert_int_equal(ask.answer.message_count, 1);
    store_answer_deinit(&ask.answer);
    ask.mtypes[1] = 0;
    assert_int_equal(test_ask(self.tested, &ask), 0);
    assert_int_equal(ask.answer.message_count, 8);
    assert_int_equal(ask.answer.sender_count, 8);
    store_answer_deinit(&ask.answer);
    end(&self);
}

static void senders_are_counted(void **state)
{
    chat self = begin(state);
    store_ask ask = page_of(STORE_GROUP, GID, 0, 0);

    for (int i = 0; i < 2000; i++)
        group(&self, i % 300 - 1, i);
    commit(&self);
    ask.question = STORE_ASK_COUNT;
    assert_int_equal(test_ask(self.tested, &ask), 0);
    assert_int_equal(ask.answer.message_count, 2000);
    assert_int_equal(ask.answer.sender_count, 300);
    store_answer_deinit(&ask.answer);
    ask.begin_ms = 20;
    ask.end_ms = 50;
    ask.last_id = 77;         /* of pages only */
    ask.is_descending = true; /* likewise */
    assert_int_equal(test_ask(self.tested, &ask), 0);
    assert_int_equal(ask.answer.message_count, 4);
    assert_int_equal(ask.answer.sender_count, 4);
    store_answer_deinit(&ask.answer);
    end(&self);
}

/* The offset of the message that is found, or 0. */
static int64_t find(chat *self, store_conversation of, int64_t from, int64_t mid)
{
    store_ask ask = {
        .pid = PID, .question = STORE_ASK_FIND, .conversation = of, .from = from, .mid = mid};
    int64_t offset = 0;

    assert_int_equal(test_ask(self->tested, &ask), 0);
    if (ask.answer.row_count > 0)
        offset = ask.answer.rows[0].offset;
    store_answer_deinit(&ask.answer);
    return offset;
}

static const store_conversation the_group = {.kind = STORE_GROUP, .a = GID};

static void the_newest_of_equal_mids_is_found(void **state)
{
    chat self = begin(state);

    group(&self, 1, 7);
    group(&self, 2, 7);
    group(&self, 1, 8);
    for (int i = 0; i < 200; i++)
        group(&self, 3, 100 + i);
    group(&self, 1, 7);
    p2p(&self, 1, GID);
    commit(&self);
    assert_int_equal(find(&self, the_group, 1, 7), 204);
    assert_int_equal(find(&self, the_group, 2, 7), 2);
    assert_int_equal(find(&self, the_group, 1, 8), 3);
    assert_int_equal(find(&self, the_group, 1, 100), 0);
    assert_int_equal(find(&self, (store_conversation){.kind = STORE_ROOM, .a = GID}, 1, 7), 0);
    end(&self);
}

static void deleted_messages_are_left_out(void **state)
{
    chat self = begin(state);

    group(&self, 1, 7); /* id 1 */
    group(&self, 1, 7); /* id 2 */
    group(&self, 2, 7); /* id 3 */
    group(&self, 1, 9); /* id 4 */
    act(&self, STORE_DELETE, STORE_GROUP, 1, GID, 7);
    commit(&self);
    assert_string_equal(group_ids(&self), "1 3 4");
    assert_int_equal(find(&self, the_group, 1, 7), 1);
    act(&self, STORE_DELETE, STORE_GROUP, 1, GID, 7);
    act(&self, STORE_DELETE, STORE_GROUP, 1, GID, 7);     /* none is left */
    act(&self, STORE_DELETE, STORE_GROUP, 1, GID + 1, 9); /* another group */
    act(&self, STORE_DELETE, STORE_ROOM, 1, GID, 9);
    act(&self, STORE_DELETE, STORE_EVENT, 1, GID, 9); /* no message at all */
    act(&self, STORE_DELETE, STORE_GROUP, 1, GID, 9);
    group(&self, 1, 9); /* id 5, after the deletion */
    commit(&self);
    assert_string_equal(group_ids(&self), "3 5");

    for (int i = 0; i < 300; i++)
        group(&self, 4, i);
    for (int i = 0; i < 300; i++)
        if (i != 150)
            act(&self, STORE_DELETE, STORE_GROUP, 4, GID, i);
    commit(&self);
    assert_string_equal(group_ids(&self), "3 5 156");
    group(&self, 4, 9);
    commit(&self);
    assert_string_equal(group_ids(&self), "3 5 156 306"); /* ids are not given again */
    reopen(&self, state);
    assert_string_equal(group_ids(&self), "3 5 156 306");
    end(&self);
}

static void an_edited_message_keeps_its_place(void **state)
{
    chat self = begin(state);
    store_ask ask = page_of(STORE_GROUP, GID, 0, 10);

    group(&self, 1, 7);
    group(&self, 1, 8);
    commit(&self);
    act(&self, STORE_EDIT, STORE_GROUP, 1, GID, 7); /* offset 3 */
    commit(&self);
    assert_int_equal(test_ask(self.tested, &ask), 0);
    assert_int_equal(ask.answer.row_count, 2);
    assert_int_equal(ask.answer.rows[0].id, 1);
    assert_int_equal(ask.answer.rows[0].offset, 3);
    assert_int_equal(ask.answer.rows[0].mtime_ms, 10);
    assert_int_equal(ask.answer.rows[0].mtype, MTYPE);
    store_answer_deinit(&ask.answer);
    assert_string_equal(group_ids(&self), "1 2"); /* and its content */
    act(&self, STORE_EDIT, STORE_GROUP, 1, GID, 7);
    act(&self, STORE_EDIT, STORE_GROUP, 9, GID, 7); /* is not there */
    commit(&self);
    assert_int_equal(find(&self, the_group, 1, 7), 4);
    assert_int_equal(find(&self, the_group, 9, 7), 0);
    act(&self, STORE_DELETE, STORE_GROUP, 1, GID, 7);
    act(&self, STORE_EDIT, STORE_GROUP, 1, GID, 7);
    commit(&self);
    assert_string_equal(group_ids(&self), "2");
    end(&self);
}

static void fill_conversations(chat *self)
{
    group(self, 1, 1);
    p2p(self, 1, 2);
    p2p(self, 2, 1);
    add(self, (store_record){.kind = STORE_GROUP, .from = 2, .to = GID + 1});
    add(self, (store_record){.kind = STORE_ROOM, .from = 1, .to = GID});
    commit(self);
}

static void check_conversations(chat *self, const char *in_group, const char *in_p2p,
                                const char *in_other, const char *in_room)
{
    assert_string_equal(group_ids(self), in_group);
    assert_string_equal(ids_of(self, page_of(STORE_P2P, 1, 2, 10)), in_p2p);
    assert_string_equal(ids_of(self, page_of(STORE_GROUP, GID + 1, 0, 10)), in_other);
    assert_string_equal(ids_of(self, page_of(STORE_ROOM, GID, 0, 10)), in_room);
}

static void clears_hide_what_they_name(void **state)
{
    chat self = begin(state);

    fill_conversations(&self);
    check_conversations(&self, "1", "1 2", "1", "1");
    act(&self, STORE_CLEAR, STORE_P2P, 2, 1, 0);
    commit(&self);
    check_conversations(&self, "1", "", "1", "1");
    fill_conversations(&self);
    check_conversations(&self, "1 2", "3 4", "1 2", "1 2");
    act(&self, STORE_CLEAR, STORE_GROUP, 0, 0, 0); /* of that kind */
    fill_conversations(&self);
    check_conversations(&self, "3", "3 4 5 6", "3", "1 2 3");
    act(&self, 8, 0, 1, 0, 0); /* that user's */
    self.records.records[self.records.count - 1].mtype = 0;
    commit(&self);
    check_conversations(&self, "", "4 6", "3", "");
    fill_conversations(&self);
    check_conversations(&self, "4", "4 6 7 8", "3 4", "4");
    reopen(&self, state);
    check_conversations(&self, "4", "4 6 7 8", "3 4", "4");
    act(&self, STORE_CLEAR, 0, 0, 0, 0); /* all */
    group(&self, 1, 1);
    commit(&self);
    check_conversations(&self, "5", "", "", "");
    /* What is hidden can be neither edited nor found. */
    act(&self, STORE_EDIT, STORE_ROOM, 1, GID, 0);
    commit(&self);
    check_conversations(&self, "5", "", "", "");
    assert_int_equal(find(&self, (store_conversation){.kind = STORE_ROOM, .a = GID}, 1, 0), 0);
    end(&self);
}

static void clears_between_two_times(void **state)
{
    chat self = begin(state);

    for (int i = 0; i < 500; i++) /* ids and offsets 1 … 500, times 10 … 5000 */
        group(&self, 1, i);
    commit(&self);
    clear_between(&self, STORE_GROUP, 0, GID, 30, 4960);
    commit(&self);
    assert_string_equal(group_ids(&self), "1 2 497 498 499 500");
    clear_between(&self, STORE_GROUP, 0, GID, 5000, INT64_MAX);
    group(&self, 1, 1);
    clear_between(&self, STORE_GROUP, 0, GID + 1, 0, INT64_MAX);
    clear_between(&self, STORE_GROUP, 0, GID, 11, 19);
    commit(&self);
    assert_string_equal(group_ids(&self), "1 2 497 498 499 501");
    clear_between(&self, STORE_GROUP, 0, GID, INT64_MIN, INT64_MAX);
    group(&self, 1, 1);
    commit(&self);
    assert_string_equal(group_ids(&self), "502");
    end(&self);
}

static int64_t trim(chat *self, int64_t max_age_ms)
{
    int64_t tail = 0;

    assert_int_equal(self->tested->ops->trim(self->tested, PID,
                                             &(store_retention){.max_age_ms = max_age_ms},
                                             self->offset * 10, &tail, test_text, sizeof test_text),
                     0);
    return tail;
}

static void trimmed_messages_are_left_out(void **state)
{
    chat self = begin(state);

    for (int i = 0; i < 100; i++) { /* ids 1 … 1000 */
        for (int j = 0; j < 10; j++)
            group(&self, 1, i * 10 + j);
        commit(&self);
    }
    p2p(&self, 1, 2); /* offset 1001 */
    commit(&self);
    act(&self, STORE_EDIT, STORE_GROUP, 1, GID, 4); /* keeps id 5 */
    commit(&self);
    assert_int_equal(trim(&self, 60), 991);
    assert_string_equal(group_ids(&self), "5 991 992 993 994 995 996 997 998 999 1000");
    for (int i = 0; i < 10; i++) {
        p2p(&self, 1, 2);
        commit(&self);
    }
    assert_int_equal(trim(&self, 1), 1012);
    /* All of the group is gone: its ids go on from the tail. */
    assert_string_equal(group_ids(&self), "");
    assert_string_equal(ids_of(&self, page_of(STORE_P2P, 1, 2, 20)), "11");
    group(&self, 1, 1);
    add(&self, (store_record){.kind = STORE_ROOM, .from = 1, .to = 5});
    commit(&self);
    assert_string_equal(group_ids(&self), "1012");
    assert_string_equal(ids_of(&self, page_of(STORE_ROOM, 5, 0, 20)), "1012");
    reopen(&self, state);
    group(&self, 1, 2);
    commit(&self);
    assert_string_equal(group_ids(&self), "1012 1013");
    end(&self);
}

/* The newest messages are trimmed, an old one that was edited is not: ids go on all the same. */
static void an_edit_keeps_the_ids_of_its_conversation(void **state)
{
    chat self = begin(state);

    for (int i = 0; i < 6000; i++)
        group(&self, 1, i);
    commit(&self);
    act(&self, STORE_EDIT, STORE_GROUP, 1, GID, 4);
    commit(&self);
    p2p(&self, 1, 2);
    commit(&self);
    assert_int_equal(trim(&self, 11), 6001);
    assert_string_equal(group_ids(&self), "5");
    reopen(&self, state);
    group(&self, 1, 6000);
    commit(&self);
    assert_string_equal(group_ids(&self), "5 6001");
    end(&self);
}

/* One batch of many conversations, more than one pass takes; and one of many records. */
static void a_large_batch_is_indexed(void **state)
{
    enum { CONVERSATIONS = 5000, RECORDS = 40000 };
    chat self = begin(state);
    store_ask ask = page_of(STORE_GROUP, GID, 0, 0);

    for (int i = 0; i < CONVERSATIONS; i++)
        p2p(&self, 1, 10 + i);
    commit(&self);
    for (int i = 0; i < CONVERSATIONS; i += 500)
        assert_string_equal(ids_of(&self, page_of(STORE_P2P, 1, 10 + i, 5)), "1");
    for (int i = 0; i < RECORDS; i++)
        group(&self, i % 7, i);
    commit(&self);
    ask.question = STORE_ASK_COUNT;
    assert_int_equal(test_ask(self.tested, &ask), 0);
    assert_int_equal(ask.answer.message_count, RECORDS);
    assert_int_equal(ask.answer.sender_count, 7);
    store_answer_deinit(&ask.answer);
    assert_int_equal(find(&self, the_group, 0, 0), CONVERSATIONS + 1);
    end(&self);
}

static void large_contents_end_a_page_early(void **state)
{
    enum { BODY = 5 << 20, COUNT = 20 };
    chat self = begin(state);
    uint8_t *body = calloc(BODY, 1);
    store_ask ask = page_of(STORE_GROUP, GID, 0, COUNT);
    int64_t seen = 0;

    assert_non_null(body);
    for (int i = 0; i < COUNT; i++) {
        test_records_add(&self.records,
                         (store_record){.offset = ++self.offset, .kind = STORE_GROUP, .to = GID},
                         body, BODY, "", 0);
        commit(&self);
    }
    do { /* and the cursor finds the rest */
        assert_int_equal(test_ask(self.tested, &ask), 0);
        for (size_t i = 0; i < ask.answer.row_count; i++) {
            assert_int_equal(ask.answer.rows[i].id, ++seen);
            assert_int_equal(ask.answer.rows[i].msg_len, BODY);
        }
        ask.last_id = seen;
        assert_true(ask.answer.row_count < COUNT);
        store_answer_deinit(&ask.answer);
    } while (seen < COUNT && ask.answer.row_count == 0 && ask.answer.result == 0);
    assert_int_equal(seen, COUNT);
    free(body);
    end(&self);
}

static void only_messages_have_conversations(void **state)
{
    static const uint8_t kinds[] = {0, STORE_EVENT, STORE_CLEAR, 255};
    chat self = begin(state);

    group(&self, 1, 1);
    act(&self, STORE_CLEAR, 0, 1, 0, 0);
    commit(&self);
    for (size_t i = 0; i < 4; i++) {
        store_ask ask = page_of(kinds[i], i == 3 ? 1 : 0, 0, 1);

        assert_int_equal(test_ask(self.tested, &ask), -1);
        assert_non_null(strstr(test_text, "has no conversations"));
    }
    end(&self);
}

static void a_closed_project_is_not_asked(void **state)
{
    chat self = begin(state);
    store_ask ask = page_of(STORE_GROUP, GID, 0, 1);

    ask.pid = PID + 1;
    assert_int_equal(test_ask(self.tested, &ask), -1);
    assert_non_null(strstr(test_text, "project 8 is not open"));
    end(&self);
}

/* ---- beside appends ------------------------------------------------------------------------ */

typedef struct asker {
    store *tested;
    atomic_bool is_over;
    atomic_llong committed; /* messages that any question must see by now */
    bool is_wrong;
    int64_t asked;
} asker;

typedef struct answer_slot {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool is_done;
} answer_slot;

static void fill_slot(store_ask *ask, void *userdata)
{
    answer_slot *slot = userdata;

    (void)ask;
    (void)pthread_mutex_lock(&slot->mutex);
    slot->is_done = true;
    (void)pthread_cond_signal(&slot->cond);
    (void)pthread_mutex_unlock(&slot->mutex);
}

static void *ask_all_the_time(void *userdata)
{
    asker *self = userdata;
    answer_slot slot = {.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};

    do {
        const long long committed = atomic_load(&self->committed);
        store_ask ask = page_of(STORE_GROUP, GID, 0, 1);

        ask.is_descending = true;
        ask.done = fill_slot;
        ask.userdata = &slot;
        slot.is_done = false;
        self->tested->ops->ask(self->tested, &ask);
        (void)pthread_mutex_lock(&slot.mutex);
        while (!slot.is_done)
            (void)pthread_cond_wait(&slot.cond, &slot.mutex);
        (void)pthread_mutex_unlock(&slot.mutex);
        if (ask.answer.result != 0 ||
            (committed > 0 && (ask.answer.row_count != 1 || ask.answer.rows[0].id < committed)))
            self->is_wrong = true;
        store_answer_deinit(&ask.answer);
        self->asked++;
    } while (!atomic_load(&self->is_over));
    return NULL;
}

static void a_question_sees_what_was_committed_before_it(void **state)
{
    chat self = begin(state);
    asker one = {.tested = self.tested};
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, ask_all_the_time, &one), 0);
    for (int i = 0; i < 400; i++) {
        for (int j = 0; j < 25; j++)
            group(&self, j, i);
        commit(&self);
        atomic_fetch_add(&one.committed, 25);
    }
    atomic_store(&one.is_over, true);
    (void)pthread_join(thread, NULL);
    assert_false(one.is_wrong);
    assert_true(one.asked > 0);
    end(&self);
}

int store_cases_run_index(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, store_case_setup, store_case_teardown)
    const struct CMUnitTest cases[] = {
        CASE(ids_count_from_one_in_each_conversation),
        CASE(pages_go_both_ways),
        CASE(times_bound_a_page),
        CASE(mtypes_filter),
        CASE(senders_are_counted),
        CASE(the_newest_of_equal_mids_is_found),
        CASE(deleted_messages_are_left_out),
        CASE(an_edited_message_keeps_its_place),
        CASE(clears_hide_what_they_name),
        CASE(clears_between_two_times),
        CASE(trimmed_messages_are_left_out),
        CASE(an_edit_keeps_the_ids_of_its_conversation),
        CASE(a_large_batch_is_indexed),
        CASE(large_contents_end_a_page_early),
        CASE(only_messages_have_conversations),
        CASE(a_closed_project_is_not_asked),
        CASE(a_question_sees_what_was_committed_before_it),
    };
#undef CASE

    return cmocka_run_group_tests_name("questions to every store", cases, NULL, NULL);
}
