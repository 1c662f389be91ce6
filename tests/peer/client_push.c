/*
 * What a peer pushes: every callback with its arguments, answers to good, unknown and malformed
 * pushes, duplicates, and packages cut or joined in any way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/listener.h"
#include "tests/support/peer_script.h"

typedef struct fixture {
    peer *far;
    rtm_client *client;
    notebook book;
} fixture;

static void begin(fixture *f)
{
    notebook_init(&f->book);
    f->far = peer_new(NULL, NULL);
    f->client = client_connected(peer_get_endpoint(f->far), NULL, &f->book);
    peer_wait_links(f->far, 1);
}

static void end(fixture *f)
{
    rtm_client_free(f->client);
    peer_free(f->far);
    notebook_deinit(&f->book);
}

typedef struct answer_wait {
    peer *far;
    size_t count;
} answer_wait;

static bool has_answers(void *userdata)
{
    const answer_wait *wait = userdata;

    return peer_count_answers(wait->far) >= wait->count;
}

static void wait_answers(fixture *f, size_t count)
{
    answer_wait wait = {f->far, count};

    run_until(&f->client, 1, f->far, has_answers, &wait, "answers to pushes");
}

static rtm_stats stats_of(const fixture *f)
{
    rtm_stats stats = {.size = sizeof stats};

    assert_int_equal(rtm_client_get_stats(f->client, &stats), 0);
    return stats;
}

/* A push of a method, and the callback that has to run. */
typedef struct push_row {
    const char *method;
    int mtype; /* 0: the push carries none */
    const char *callback;
    rtm_kind kind;
    rtm_family family;
} push_row;

static const push_row push_rows[] = {
    {"pushmsg", 51, "push_message", RTM_KIND_P2P, RTM_FAMILY_MESSAGE},
    {"pushgroupmsg", 51, "push_group_message", RTM_KIND_GROUP, RTM_FAMILY_MESSAGE},
    {"pushroommsg", 51, "push_room_message", RTM_KIND_ROOM, RTM_FAMILY_MESSAGE},
    {"pushmsg", 30, "push_chat", RTM_KIND_P2P, RTM_FAMILY_CHAT},
    {"pushgroupmsg", 30, "push_group_chat", RTM_KIND_GROUP, RTM_FAMILY_CHAT},
    {"pushroommsg", 30, "push_room_chat", RTM_KIND_ROOM, RTM_FAMILY_CHAT},
    {"pushmsg", 31, "push_audio", RTM_KIND_P2P, RTM_FAMILY_AUDIO},
    {"pushgroupmsg", 31, "push_group_audio", RTM_KIND_GROUP, RTM_FAMILY_AUDIO},
    {"pushroommsg", 31, "push_room_audio", RTM_KIND_ROOM, RTM_FAMILY_AUDIO},
    {"pushmsg", 32, "push_cmd", RTM_KIND_P2P, RTM_FAMILY_CMD},
    {"pushgroupmsg", 32, "push_group_cmd", RTM_KIND_GROUP, RTM_FAMILY_CMD},
    {"pushroommsg", 32, "push_room_cmd", RTM_KIND_ROOM, RTM_FAMILY_CMD},
    {"pushmsg", 40, "push_file", RTM_KIND_P2P, RTM_FAMILY_FILE},
    {"pushgroupmsg", 45, "push_group_file", RTM_KIND_GROUP, RTM_FAMILY_FILE},
    {"pushroommsg", 50, "push_room_file", RTM_KIND_ROOM, RTM_FAMILY_FILE},
    {"pushmsg", 39, "push_message", RTM_KIND_P2P, RTM_FAMILY_MESSAGE},
    {"pushmsg", 33, "push_message", RTM_KIND_P2P, RTM_FAMILY_MESSAGE},
    /* the older methods */
    {"pushfile", 42, "push_file", RTM_KIND_P2P, RTM_FAMILY_FILE},
    {"pushgroupfile", 42, "push_group_file", RTM_KIND_GROUP, RTM_FAMILY_FILE},
    {"pushroomfile", 42, "push_room_file", RTM_KIND_ROOM, RTM_FAMILY_FILE},
    {"pushchat", 0, "push_chat", RTM_KIND_P2P, RTM_FAMILY_CHAT},
    {"pushgroupchat", 0, "push_group_chat", RTM_KIND_GROUP, RTM_FAMILY_CHAT},
    {"pushroomchat", 0, "push_room_chat", RTM_KIND_ROOM, RTM_FAMILY_CHAT},
    {"pushaudio", 0, "push_audio", RTM_KIND_P2P, RTM_FAMILY_AUDIO},
    {"pushgroupaudio", 0, "push_group_audio", RTM_KIND_GROUP, RTM_FAMILY_AUDIO},
    {"pushroomaudio", 0, "push_room_audio", RTM_KIND_ROOM, RTM_FAMILY_AUDIO},
    {"pushcmd", 0, "push_cmd", RTM_KIND_P2P, RTM_FAMILY_CMD},
    {"pushgroupcmd", 0, "push_group_cmd", RTM_KIND_GROUP, RTM_FAMILY_CMD},
    {"pushroomcmd", 0, "push_room_cmd", RTM_KIND_ROOM, RTM_FAMILY_CMD},
};

#define PUSH_ROWS (sizeof push_rows / sizeof push_rows[0])

static void print_push(const push_row *row, size_t mid, char *json, size_t size)
{
    static const char *const targets[] = {"", "to", "gid", "rid"};
    char mtype[32] = "";

    if (row->mtype != 0)
        (void)snprintf(mtype, sizeof mtype, "\"mtype\":%d,", row->mtype);
    (void)snprintf(json, size,
                   "{\"from\":4503599627370496,\"%s\":22,%s\"mid\":%zu,\"msg\":\"hello %zu\","
                   "\"attrs\":\"{}\",\"mtime\":1700000000123}",
                   targets[row->kind], mtype, mid, mid);
}

static void check_note(const note *it, const push_row *row, size_t mid)
{
    char text[32];

    (void)snprintf(text, sizeof text, "hello %zu", mid);
    assert_string_equal(it->callback, row->callback);
    assert_int_equal(it->message.kind, row->kind);
    assert_int_equal(it->message.family, row->family);
    if (row->mtype != 0)
        assert_int_equal(it->message.mtype, row->mtype);
    assert_int_equal(it->message.from, INT64_C(4503599627370496));
    assert_int_equal(it->message.to, 22);
    assert_int_equal(it->message.mid, mid);
    assert_int_equal(it->message.mtime_ms, INT64_C(1700000000123));
    assert_false(it->message.is_binary);
    assert_string_equal(it->msg, text);
    assert_string_equal(it->attrs, "{}");
}

static void every_callback_gets_its_arguments(void **state)
{
    fixture f;
    char json[512];

    (void)state;
    begin(&f);
    for (size_t i = 0; i < PUSH_ROWS; i++) {
        print_push(&push_rows[i], 1000 + i, json, sizeof json);
        (void)peer_push(f.far, push_rows[i].method, json);
        run_until_notes(&f.client, 1, f.far, &f.book, i + 1);
        check_note(&f.book.notes[i], &push_rows[i], 1000 + i);
    }
    (void)peer_push(f.far, "ping", "{}");
    (void)peer_push(f.far, "pushevent",
                    "{\"pid\":5,\"event\":\"login\",\"uid\":7,\"time\":1700000000,"
                    "\"endpoint\":\"h:1\",\"data\":\"d\"}");
    wait_answers(&f, PUSH_ROWS + 2);
    assert_string_equal(f.book.notes[PUSH_ROWS].callback, "ping");
    assert_string_equal(f.book.notes[PUSH_ROWS + 1].callback, "push_event");
    assert_string_equal(f.book.notes[PUSH_ROWS + 1].name, "login");
    assert_string_equal(f.book.notes[PUSH_ROWS + 1].msg, "d");
    assert_int_equal(f.book.any_count, PUSH_ROWS + 2);
    assert_int_equal(stats_of(&f).pushes_seen, PUSH_ROWS + 2);
    assert_int_equal(stats_of(&f).pushes_delivered, PUSH_ROWS + 1);
    end(&f);
}

static void check_answer(fixture *f, uint32_t seq, bool is_error, const char *code)
{
    peer_heard answer;

    assert_true(peer_get_answer(f->far, seq, &answer));
    assert_int_equal(answer.status != 0, is_error);
    if (is_error && strstr(answer.json, code) == NULL)
        fail_msg("answer %s lacks %s", answer.json, code);
    if (!is_error)
        assert_string_equal(answer.json, "{}");
}

static void an_unknown_push_is_answered_20004(void **state)
{
    fixture f;

    (void)state;
    begin(&f);
    const uint32_t seq = peer_push(f.far, "pushnews", "{\"a\":1}");
    wait_answers(&f, 1);
    check_answer(&f, seq, true, "\"code\":20004");
    assert_int_equal(stats_of(&f).pushes_unknown, 1);
    assert_int_equal(f.book.any_count, 1);
    assert_int_equal(f.book.count, 0);
    end(&f);
}

static void a_malformed_push_is_answered_and_counted(void **state)
{
    static const struct {
        const char *method;
        const char *payload;
        size_t len;
        const char *code;
    } rows[] = {
        {"pushmsg", "\x80", 1, "200034"}, /* nothing in it */
        {"pushmsg",
         "\x81\xa4"
         "from\x01",
         7, "200034"}, /* lacks the rest */
        {"pushmsg",
         "\x81\xa4"
         "from\xa1x",
         8, "200034"},                       /* from is a text */
        {"pushmsg", "\xc0", 1, "\"code\":"}, /* no map */
        {"pushmsg",
         "\x82\xa4"
         "from\x01",
         7, "\"code\":"}, /* promises more than it has */
        {"pushmsg", "\xc1", 1, "\"code\":"},
        {"pushevent", "\x80", 1, "200034"},
        {"pushgroupfile", "\xdf\xff\xff\xff\xff", 5, "\"code\":"},
    };
    const size_t count = sizeof rows / sizeof rows[0];
    fixture f;
    uint32_t seqs[sizeof rows / sizeof rows[0]];

    (void)state;
    begin(&f);
    for (size_t i = 0; i < count; i++)
        seqs[i] = peer_push_raw(f.far, rows[i].method, rows[i].payload, rows[i].len);
    (void)peer_push(f.far, "ping", "{}");
    wait_answers(&f, count + 1);
    for (size_t i = 0; i < count; i++)
        check_answer(&f, seqs[i], true, rows[i].code);
    assert_int_equal(stats_of(&f).pushes_malformed, count);
    assert_int_equal(f.book.count, 1); /* the ping: the connection is as good as before */
    end(&f);
}

static void duplicates_are_delivered_once_and_answered_twice(void **state)
{
    static const char *const pushes[][2] = {
        {"pushmsg", "{\"from\":1,\"to\":2,\"mtype\":51,\"mid\":9,\"msg\":\"a\",\"attrs\":\"\","
                    "\"mtime\":1}"},
        /* one part of the key differs each time */
        {"pushmsg", "{\"from\":1,\"to\":2,\"mtype\":51,\"mid\":10,\"msg\":\"a\",\"attrs\":\"\","
                    "\"mtime\":1}"},
        {"pushmsg", "{\"from\":1,\"to\":3,\"mtype\":51,\"mid\":9,\"msg\":\"a\",\"attrs\":\"\","
                    "\"mtime\":1}"},
        {"pushmsg", "{\"from\":4,\"to\":2,\"mtype\":51,\"mid\":9,\"msg\":\"a\",\"attrs\":\"\","
                    "\"mtime\":1}"},
        {"pushgroupmsg", "{\"from\":1,\"gid\":2,\"mtype\":51,\"mid\":9,\"msg\":\"a\","
                         "\"attrs\":\"\",\"mtime\":1}"},
        {"pushroommsg", "{\"from\":1,\"rid\":2,\"mtype\":51,\"mid\":9,\"msg\":\"a\","
                        "\"attrs\":\"\",\"mtime\":1}"},
    };
    const size_t count = sizeof pushes / sizeof pushes[0];
    fixture f;
    uint32_t seq = 0;

    (void)state;
    begin(&f);
    for (size_t i = 0; i < 2 * count; i++)
        seq = peer_push(f.far, pushes[i % count][0], pushes[i % count][1]);
    wait_answers(&f, 2 * count);
    for (uint32_t i = 0; i < 2 * count; i++)
        check_answer(&f, seq - i, false, NULL);
    assert_int_equal(f.book.count, count);
    assert_int_equal(f.book.any_count, 2 * count);
    assert_int_equal(f.book.any_duplicates, count);
    assert_int_equal(stats_of(&f).pushes_duplicate, count);
    end(&f);
}

static void the_filter_can_be_off(void **state)
{
    rtm_client_options options;
    fixture f = {.client = NULL};
    char json[512];

    (void)state;
    notebook_init(&f.book);
    f.far = peer_new(NULL, NULL);
    client_options(peer_get_endpoint(f.far), &options);
    options.dedup_count = 0;
    f.client = client_connected(NULL, &options, &f.book);
    peer_wait_links(f.far, 1);
    print_push(&push_rows[0], 1, json, sizeof json);
    (void)peer_push(f.far, "pushmsg", json);
    (void)peer_push(f.far, "pushmsg", json);
    wait_answers(&f, 2);
    assert_int_equal(f.book.count, 2);
    end(&f);
}

typedef struct byte_wait {
    rtm_client *client;
    uint64_t bytes;
} byte_wait;

static bool has_bytes(void *userdata)
{
    const byte_wait *wait = userdata;
    rtm_stats stats = {.size = sizeof stats};

    assert_int_equal(rtm_client_get_stats(wait->client, &stats), 0);
    return stats.bytes_received >= wait->bytes;
}

static void wait_bytes(fixture *f, uint64_t bytes)
{
    byte_wait wait = {f->client, bytes};

    run_until(&f->client, 1, f->far, has_bytes, &wait, "bytes to be read");
}

static void pushes_may_be_split_at_every_byte(void **state)
{
    fixture f;
    uint8_t bytes[2048];
    char json[512];
    size_t len = 0;
    uint64_t before = 0;

    (void)state;
    begin(&f);
    /* Two packages with a cut at each place. */
    for (size_t at = 1; at == 1 || at < len; at++) {
        len = 0;
        for (size_t i = 0; i < 2; i++) {
            print_push(&push_rows[i], 5000 + 2 * at + i, json, sizeof json);
            (void)peer_build_push(f.far, push_rows[i].method, json, bytes, sizeof bytes, &len);
        }
        before = stats_of(&f).bytes_received;
        peer_write(f.far, bytes, at);
        wait_bytes(&f, before + at);
        peer_write(f.far, bytes + at, len - at);
        run_until_notes(&f.client, 1, f.far, &f.book, 2 * at);
        check_note(&f.book.notes[2 * at - 2], &push_rows[0], 5000 + 2 * at);
        check_note(&f.book.notes[2 * at - 1], &push_rows[1], 5000 + 2 * at + 1);
    }
    /* One, byte by byte. */
    len = 0;
    before = stats_of(&f).bytes_received;
    notebook_clear(&f.book);
    print_push(&push_rows[2], 7, json, sizeof json);
    (void)peer_build_push(f.far, push_rows[2].method, json, bytes, sizeof bytes, &len);
    for (size_t at = 0; at < len; at++) {
        assert_int_equal(f.book.count, 0);
        peer_write(f.far, bytes + at, 1);
        wait_bytes(&f, before + at + 1);
    }
    run_until_notes(&f.client, 1, f.far, &f.book, 1);
    check_note(&f.book.notes[0], &push_rows[2], 7);
    end(&f);
}

static void many_pushes_in_one_write_are_answered_in_few(void **state)
{
    enum { COUNT = 100 };
    static uint8_t bytes[65536];
    peer_heard first;
    peer_heard last;
    fixture f;
    char json[512];
    uint32_t seq = 0;
    size_t len = 0;

    (void)state;
    begin(&f);
    for (size_t i = 0; i < COUNT; i++) {
        print_push(&push_rows[0], 100 + i, json, sizeof json);
        seq = peer_build_push(f.far, "pushmsg", json, bytes, sizeof bytes, &len);
    }
    assert_true(len < 32768); /* one segment on loopback, and one read */
    peer_write(f.far, bytes, len);
    wait_answers(&f, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        check_answer(&f, seq - i, false, NULL);
    assert_int_equal(f.book.count, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(f.book.notes[i].message.mid, 100 + i);
    assert_true(peer_get_answer(f.far, seq - COUNT + 1, &first));
    assert_true(peer_get_answer(f.far, seq, &last));
    assert_int_equal(first.read, last.read);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_callback_gets_its_arguments),
        cmocka_unit_test(an_unknown_push_is_answered_20004),
        cmocka_unit_test(a_malformed_push_is_answered_and_counted),
        cmocka_unit_test(duplicates_are_delivered_once_and_answered_twice),
        cmocka_unit_test(the_filter_can_be_off),
        cmocka_unit_test(pushes_may_be_split_at_every_byte),
        cmocka_unit_test(many_pushes_in_one_write_are_answered_in_few),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
