/*
 * A project's log over a store whose commits end when the test says so: order, repeats, what
 * fails and what repeated it, the bound of what waits; and requests on their way by mail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate/core/log.h"
#include "gate/core/mail.h"
#include "lib/rtm/codes.h"
#include "tests/support/alloc_fail.h"

typedef struct fixture {
    store store;
    gate_config config;
    gate_project project;
    gate_project_live live;
    gate_log *log;
    store_batch *waiting; /* handed over, not ended; one at a time */
    gate_time now;
    rtmi_list late;
} fixture;

static fixture *fx;

static void fake_append(store *self, store_batch *batch)
{
    (void)self;
    assert_null(fx->waiting); /* the batch before has to end first */
    assert_true(batch->record_count > 0);
    fx->waiting = batch;
}

static int fake_seek(store *self, int32_t pid, int64_t mtime_ms, int64_t *ret_offset, char *text,
                     size_t text_size)
{
    (void)self, (void)pid, (void)text, (void)text_size;
    assert_int_equal(mtime_ms, fx->now.wall_ms - fx->config.mid_ms);
    *ret_offset = 41;
    return 0;
}

static int fake_read(store *self, int32_t pid, int64_t from, int64_t until, store_visit_fn *visit,
                     void *userdata, char *text, size_t text_size)
{
    const store_record record = {.offset = 42,
                                 .mtime_ms = 900,
                                 .from = 1,
                                 .to = 2,
                                 .mid = 3,
                                 .msg_len = 3,
                                 .attrs_at = 3,
                                 .kind = STORE_GROUP,
                                 .mtype = 51};

    (void)self, (void)pid, (void)until, (void)text, (void)text_size;
    assert_int_equal(from, 41);
    (void)visit(&record, (const uint8_t *)"old", userdata);
    return 0;
}

static int fake_entries(store *self, int32_t pid, store_entry_fn *visit, void *userdata, char *text,
                        size_t text_size)
{
    (void)self, (void)pid, (void)visit, (void)userdata, (void)text, (void)text_size;
    return 0;
}

static const store_ops fake_ops = {.name = "fake",
                                   .append = fake_append,
                                   .seek_time = fake_seek,
                                   .read = fake_read,
                                   .read_entries = fake_entries};

static uint64_t random64(void *userdata)
{
    (void)userdata;
    return 4;
}

static int open_log(void **state)
{
    char text[100];

    (void)state;
    fx = calloc(1, sizeof *fx);
    rtmi_list_init(&fx->late);
    fx->store.ops = &fake_ops;
    fx->now = (gate_time){5000, 1000};
    fx->project =
        (gate_project){.pid = 7,
                       .live = &fx->live,
                       .state = {.epoch = 99, .head = 42, .tail = 1, .last_mtime_ms = 950}};
    fx->config = (gate_config){.projects = &fx->project,
                               .project_count = 1,
                               .shard_count = 1,
                               .store = &fx->store,
                               .bus = bus_local_new(1),
                               .log_pending_bytes = 2000,
                               .directory_bytes = 10000,
                               .mid_count = 100,
                               .mid_ms = 500,
                               .random64 = random64};
    fx->log = log_new(&fx->config, 0, fx->now, text, sizeof text);
    assert_non_null(fx->log);
    return 0;
}

static int close_log(void **state)
{
    (void)state;
    log_free(fx->log);
    bus_free(fx->config.bus, mail_drop);
    free(fx);
    return 0;
}

static int append(uint32_t seq, int64_t target, int64_t mid, const char *text)
{
    const log_request request = {.sender = {.conn_id = 1, .seq = seq, .wants_answer = true},
                                 .from = 1,
                                 .mid = mid,
                                 .targets = &target,
                                 .target_count = 1,
                                 .msg = rtmi_span_of_text(text),
                                 .kind = STORE_GROUP,
                                 .mtype = 51};
    return log_append(fx->log, &request, fx->now);
}

/* End the commit under way and take the feed item it becomes; the caller unrefs it. */
static feed_item *commit(int result)
{
    store_batch *batch = fx->waiting;

    if (batch != NULL) {
        fx->waiting = NULL;
        batch->done(batch, result, result < 0 ? "disk full" : NULL, batch->userdata);
    }
    bus_item *item = bus_take(fx->config.bus, 0);
    assert_non_null(item);
    assert_int_equal(item->kind, MAIL_COMMITTED);
    assert_null(item->next);
    feed_item *feed = (feed_item *)(void *)item;
    log_committed(fx->log, feed, &fx->late);
    return feed;
}

static void expect_reply(const feed_item *feed, size_t i, uint32_t seq, int code, int64_t mtime_ms)
{
    assert_true(i < feed->reply_count);
    assert_int_equal(feed->replies[i].sender.seq, seq);
    assert_int_equal(feed->replies[i].code, code);
    if (code == 0)
        assert_int_equal(feed->replies[i].mtime_ms, mtime_ms);
}

static void what_gathers_is_committed_in_order(void **state)
{
    (void)state;
    assert_true(log_is_idle(fx->log));
    assert_int_equal(append(1, 2, 10, "a"), 0);
    log_submit(fx->log);
    assert_int_equal(append(2, 2, 11, "b"), 0);
    fx->now.wall_ms = 990; /* a clock that is put back: log time never falls */
    assert_int_equal(append(3, 2, 12, "c"), 0);
    log_submit(fx->log); /* one is under way: these wait */
    assert_int_equal(fx->waiting->record_count, 1);
    assert_int_equal(fx->waiting->epoch, 99);
    assert_int_equal(fx->waiting->records[0].offset, 43);
    feed_item *feed = commit(0);
    expect_reply(feed, 0, 1, 0, 1000);
    feed_item_unref(feed);
    log_submit(fx->log);
    assert_int_equal(fx->waiting->record_count, 2);
    assert_int_equal(fx->waiting->records[0].offset, 44);
    assert_int_equal(fx->waiting->records[1].offset, 45);
    assert_int_equal(fx->waiting->records[1].mtime_ms, 1000);
    assert_int_equal(fx->waiting->records[0].ahead_ms, 1); /* in one group times rise */
    assert_int_equal(fx->waiting->records[1].ahead_ms, 2);
    assert_memory_equal(fx->waiting->bytes, "bc", 2);
    feed = commit(0);
    expect_reply(feed, 0, 2, 0, 1001);
    expect_reply(feed, 1, 3, 0, 1002);
    feed_item_unref(feed);
    assert_true(log_is_idle(fx->log));
    assert_int_equal(log_get_stats(fx->log)->records, 3);
}

static void repeats_are_answered_behind_what_they_repeat(void **state)
{
    (void)state;
    assert_int_equal(append(1, 2, 10, "a"), 0);
    log_submit(fx->log);
    fx->now.wall_ms = 1010;
    assert_int_equal(append(2, 2, 10, "a"), 0); /* its message is not committed yet */
    assert_int_equal(append(3, 2, 10, "other"), 0);
    assert_int_equal(append(4, 2, 3, "old"), 0); /* from before the restart */
    log_submit(fx->log);
    feed_item_unref(commit(0));
    log_submit(fx->log);
    assert_null(fx->waiting); /* only answers: nothing to write */
    feed_item *feed = commit(0);
    assert_int_equal(feed->batch.record_count, 0);
    expect_reply(feed, 0, 2, 0, 1000);
    expect_reply(feed, 1, 3, RTMI_RC_DUPLICATED_MID, 0);
    expect_reply(feed, 2, 4, 0, 900);
    feed_item_unref(feed);
    assert_int_equal(log_get_stats(fx->log)->repeats, 2);
    assert_int_equal(log_get_stats(fx->log)->repeats_refused, 1);
    fx->now.wall_ms = 1501; /* too old to be remembered */
    assert_int_equal(append(5, 2, 10, "other"), 0);
    log_submit(fx->log);
    assert_int_equal(fx->waiting->record_count, 1);
    feed_item_unref(commit(0));
}

static void what_fails_may_be_tried_again(void **state)
{
    (void)state;
    assert_int_equal(append(1, 2, 10, "a"), 0);
    log_submit(fx->log);
    assert_int_equal(append(2, 2, 10, "a"), 0); /* repeats what is going to fail */
    assert_int_equal(append(3, 2, 11, "b"), 0);
    feed_item *feed = commit(-1);
    assert_int_equal(feed->result, -1);
    assert_string_equal(feed->text, "disk full");
    feed_item_unref(feed);
    assert_int_equal(append(4, 2, 10, "a"), 0); /* the second try: a message of its own */
    log_submit(fx->log);
    assert_int_equal(fx->waiting->record_count, 2);
    assert_int_equal(fx->waiting->records[0].offset, 44); /* 43 is a gap */
    feed = commit(0);
    expect_reply(feed, 0, 2, RTMI_RC_UNKNOWN_ERROR, 0);
    expect_reply(feed, 1, 3, 0, 1001);
    expect_reply(feed, 2, 4, 0, 1002); /* one group: each a time of its own */
    feed_item_unref(feed);
}

static void what_waits_is_bounded(void **state)
{
    int taken = 0;
    uint32_t seq = 0;

    (void)state;
    while (append(seq++, 2, 1000 + taken, "a text of some length") == 0) {
        taken++;
        if (taken == 5)
            log_submit(fx->log);
    }
    assert_in_range(taken, 10, 30);
    assert_int_equal(append(90, 2, 90, "x"), RTMI_EC_CORE_WORK_QUEUE_FULL);
    assert_true(log_refuse(fx->log, &(log_sender){.seq = 90}, RTMI_EC_CORE_WORK_QUEUE_FULL));
    feed_item_unref(commit(0)); /* the five leave room for as many */
    for (int i = 0; i < 5; i++)
        assert_int_equal(append(++seq, 2, 200 + i, "a text of some length"), 0);
    assert_int_equal(append(++seq, 2, 300, "a text of some length"), RTMI_EC_CORE_WORK_QUEUE_FULL);
    log_submit(fx->log);
    feed_item *feed = commit(0);
    expect_reply(feed, (size_t)taken - 5, 90, RTMI_EC_CORE_WORK_QUEUE_FULL, 0);
    feed_item_unref(feed);
    assert_int_equal(append(++seq, 2, 301, "x"), 0);
}

static void several_targets_make_records_with_one_body(void **state)
{
    const int64_t targets[] = {5, 6, 7};
    log_request request = {.sender = {.seq = 1},
                           .from = 1,
                           .mid = 10,
                           .targets = targets,
                           .target_count = 2,
                           .msg = rtmi_span_of_text("body"),
                           .attrs = rtmi_span_of_text("{}"),
                           .kind = STORE_P2P,
                           .mtype = 51};

    (void)state;
    assert_int_equal(log_append(fx->log, &request, fx->now), 0);
    request.target_count = 3; /* two of them are known */
    assert_int_equal(log_append(fx->log, &request, fx->now), 0);
    request.targets = NULL; /* a broadcast */
    request.target_count = 0;
    request.kind = STORE_BROADCAST;
    assert_int_equal(log_append(fx->log, &request, fx->now), 0);
    log_submit(fx->log);
    const store_batch *batch = fx->waiting;
    assert_int_equal(batch->record_count, 4);
    assert_int_equal(batch->byte_count, 18);
    for (size_t i = 0; i < 4; i++) {
        const store_record *record = &batch->records[i];
        assert_int_equal(record->offset, 43 + (int64_t)i);
        assert_int_equal(record->to, i < 3 ? targets[i] : 0);
        assert_memory_equal(batch->bytes + record->msg_at, "body", record->msg_len);
        assert_memory_equal(batch->bytes + record->attrs_at, "{}", record->attrs_len);
    }
    assert_int_equal(batch->records[0].msg_at, batch->records[1].msg_at);
    feed_item_unref(commit(0));
}

static bool mail_life(void *userdata)
{
    static const int64_t targets[] = {1, -2, 3};
    append_mail *mail = append_mail_new(6);
    size_t added = 0;
    bool ok = mail != NULL;
    log_request back;
    owner_quest quest;

    (void)userdata;
    for (uint32_t i = 0; ok && i < 300; i++) {
        char text[40];
        (void)snprintf(text, sizeof text, "message %u", i);
        const log_request request = {.sender = {.conn_id = i,
                                                .shard = 1,
                                                .seq = i + 1,
                                                .wants_answer = i % 2 == 0,
                                                .is_json = i % 3 == 0},
                                     .from = i,
                                     .mid = -(int64_t)i,
                                     .targets = i % 4 == 0 ? NULL : targets,
                                     .target_count = i % 4,
                                     .msg = {(const uint8_t *)text, i % 5 == 0 ? 0 : strlen(text)},
                                     .attrs = {(const uint8_t *)"{}", i % 3},
                                     .kind = (uint8_t)(i % 4 + 1),
                                     .mtype = (uint8_t)(i % 128),
                                     .is_binary = i % 2 == 1};
        ok = append_mail_add(mail, &request);
        added += ok;
    }
    for (uint32_t i = 0; i < added; i++) { /* what was added before a failure is whole */
        char text[40];
        (void)snprintf(text, sizeof text, "message %u", i);
        assert_true(append_mail_get(mail, i, &back, &quest));
        assert_int_equal(back.sender.conn_id, i);
        assert_int_equal(back.sender.is_json, i % 3 == 0);
        assert_int_equal(back.from, i);
        assert_int_equal(back.mid, -(int64_t)i);
        assert_int_equal(back.target_count, i % 4);
        assert_int_equal(back.targets == NULL, i % 4 == 0);
        if (i % 4 != 0)
            assert_memory_equal(back.targets, targets, i % 4 * sizeof targets[0]);
        assert_int_equal(back.msg.len, i % 5 == 0 ? 0 : strlen(text));
        if (back.msg.len > 0)
            assert_memory_equal(back.msg.data, text, back.msg.len);
        assert_int_equal(back.attrs.len, i % 3);
        assert_int_equal(back.kind, i % 4 + 1);
        assert_int_equal(back.is_binary, i % 2 == 1);
    }
    if (mail != NULL)
        assert_false(append_mail_get(mail, added, &back, &quest));
    append_mail_free(mail);
    return ok;
}

static void requests_survive_the_mail(void **state)
{
    (void)state;
    (void)alloc_fail_sweep(mail_life, NULL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_log, close_log)
    const struct CMUnitTest tests[] = {
        CASE(what_gathers_is_committed_in_order),
        CASE(repeats_are_answered_behind_what_they_repeat),
        CASE(what_fails_may_be_tried_again),
        CASE(what_waits_is_bounded),
        CASE(several_targets_make_records_with_one_body),
        cmocka_unit_test(requests_survive_the_mail),
    };

    return cmocka_run_group_tests_name("gate_core.log", tests, NULL, NULL);
}
