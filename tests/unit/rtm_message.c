/*
 * Messages and events: there and back for all kinds, every way a published gate may write
 * them, and every field that may be missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/fpnn/pack.h"
#include "lib/fpnn/utf8.h"
#include "lib/rtm/message.h"
#include "tests/support/heap_copy.h"

static void expect_bytes(rtm_bytes bytes, const char *text, size_t len)
{
    assert_non_null(bytes.data);
    assert_int_equal(bytes.len, len);
    assert_memory_equal(bytes.data, text, len);
}

/* Decode a payload from a block of exactly its size. The copy lives until the next call. */
static const char *decode(const char *method, rtmi_span payload, rtm_message *ret)
{
    static rtmi_span copy;
    rtmi_push_flaw flaw = "untouched";
    const rtmi_push_method what = *rtmi_push_method_of(rtmi_span_of_text(method));

    if (copy.data != NULL)
        heap_copy_free(copy);
    copy = heap_copy_span(payload);
    assert_int_equal(rtmi_message_decode(&what, copy, ret, &flaw), 0);
    return flaw;
}

static void messages_go_there_and_back(void **state)
{
    static char big[70000];
    static const size_t sizes[] = {0, 1, 31, 32, 255, 256, 65535, 65536, sizeof big};
    static const int64_t ids[] = {1, 127, 128, 65536, INT64_C(1) << 32, INT64_MAX, -1, INT64_MIN};
    rtmi_buf out;

    (void)state;
    rtmi_buf_init(&out, 1 << 20);
    for (int kind = RTM_KIND_P2P; kind <= RTM_KIND_ROOM; kind++) {
        for (size_t n = 0; n < 9 * 8 * 4; n++) {
            const rtm_message m = {.kind = (rtm_kind)kind,
                                   .mtype = 1 + (int)(n % 127),
                                   .is_binary = n / 72 % 2,
                                   .has_offset = n / 144 % 2,
                                   .from = ids[n % 8],
                                   .to = ids[(n + 3) % 8],
                                   .mid = ids[(n + 5) % 8],
                                   .mtime_ms = ids[(n + 7) % 8],
                                   .offset = ids[n % 6],
                                   .msg = {big, sizes[n % 9]},
                                   .attrs = {big, sizes[n % 6]}};
            rtmi_package package;
            rtm_message back;
            rtmi_buf_clear(&out);
            rtmi_message_encode(&out, (uint32_t)n, &m, 0);
            assert_int_equal(rtmi_frame_decode(rtmi_buf_span(&out), SIZE_MAX, &package), 1);
            assert_int_equal(package.kind, RTMI_FRAME_TWOWAY);
            assert_int_equal(package.seq, n);
            char method[32];
            (void)snprintf(method, sizeof method, "%.*s", (int)package.method.len,
                           (const char *)package.method.data);
            assert_null(decode(method, package.payload, &back));
            assert_int_equal(back.kind, m.kind);
            assert_int_equal(back.mtype, m.mtype);
            assert_int_equal(back.family, rtmi_family_of(m.mtype));
            assert_int_equal(back.is_binary, m.is_binary);
            assert_int_equal(back.has_offset, m.has_offset);
            assert_int_equal(back.from, m.from);
            assert_int_equal(back.to, m.to);
            assert_int_equal(back.mid, m.mid);
            assert_int_equal(back.mtime_ms, m.mtime_ms);
            assert_int_equal(back.offset, m.has_offset ? m.offset : 0);
            expect_bytes(back.msg, m.msg.data, m.msg.len);
            expect_bytes(back.attrs, m.attrs.data, m.attrs.len);
        }
    }
    rtmi_buf_deinit(&out);
}

static void the_method_and_the_mtype_tell_the_family(void **state)
{
    static const char *const kinds[] = {"", "group", "room"};
    static const char *const families[] = {"msg", "file", "chat", "audio", "cmd"};
    static const rtm_family expected[] = {RTM_FAMILY_MESSAGE, RTM_FAMILY_FILE, RTM_FAMILY_CHAT,
                                          RTM_FAMILY_AUDIO, RTM_FAMILY_CMD};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        for (size_t f = 0; f < 5; f++) {
            char method[32];
            (void)snprintf(method, sizeof method, "push%s%s", kinds[k], families[f]);
            const rtmi_push_method what = *rtmi_push_method_of(rtmi_span_of_text(method));
            assert_int_equal(what.push, RTMI_PUSH_MESSAGE);
            assert_int_equal(what.kind, RTM_KIND_P2P + (int)k);
            assert_int_equal(what.family, expected[f]);
            assert_int_equal(what.family_by_mtype, f == 0);
        }
    }
    assert_int_equal(rtmi_push_method_of(rtmi_span_of_text("ping"))->push, RTMI_PUSH_PING);
    assert_int_equal(rtmi_push_method_of(rtmi_span_of_text("pushevent"))->push, RTMI_PUSH_EVENT);
    const char *others[] = {"pushbroadcastmsg", "kickout", "pushms", "pushmsgs", "Ping", ""};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(rtmi_push_method_of(rtmi_span_of_text(others[i]))->push,
                         RTMI_PUSH_UNKNOWN);
    for (int mtype = -1; mtype < 130; mtype++) {
        const rtm_family family = mtype == 30                  ? RTM_FAMILY_CHAT
                                  : mtype == 31                ? RTM_FAMILY_AUDIO
                                  : mtype == 32                ? RTM_FAMILY_CMD
                                  : mtype >= 40 && mtype <= 50 ? RTM_FAMILY_FILE
                                                               : RTM_FAMILY_MESSAGE;
        assert_int_equal(rtmi_family_of(mtype), family);
    }
}

/* The entries of a group message, written one by one; `bits` chooses, `turn` rotates them. */
static void entry(rtmi_buf *out, size_t i)
{
    switch (i) {
    case 0:
        rtmi_pack_key_int(out, "from", 4001);
        break;
    case 1:
        rtmi_pack_key_int(out, "gid", 100);
        break;
    case 2:
        rtmi_pack_key_int(out, "mid", 7);
        break;
    case 3:
        rtmi_pack_key_str(out, "msg", rtmi_span_of_text("hi"));
        break;
    case 4:
        rtmi_pack_key_int(out, "mtype", 30);
        break;
    case 5:
        rtmi_pack_key_str(out, "attrs", rtmi_span_of_text("{}"));
        break;
    default:
        rtmi_pack_key_int(out, "mtime", 99);
        break;
    }
}

static rtmi_span write(rtmi_buf *out, unsigned bits, size_t turn)
{
    uint32_t count = 0;

    rtmi_buf_clear(out);
    for (size_t i = 0; i < 7; i++)
        count += bits >> i & 1;
    rtmi_pack_map(out, count);
    for (size_t i = 0; i < 7; i++) {
        if (bits >> (i + turn) % 7 & 1)
            entry(out, (i + turn) % 7);
    }
    return rtmi_buf_span(out);
}

static void keys_may_stand_in_any_order_and_be_missing(void **state)
{
    static const char *const missing[] = {"from is missing", "gid is missing", "mid is missing",
                                          "msg is missing", "mtype is missing"};
    rtmi_buf out;
    rtm_message m;

    (void)state;
    rtmi_buf_init(&out, 1 << 16);
    for (unsigned bits = 0; bits < 128; bits++) {
        for (size_t turn = 0; turn < 7; turn++) {
            const char *expected = NULL;
            for (size_t i = 5; i-- > 0;) {
                if (!(bits >> i & 1))
                    expected = missing[i];
            }
            const char *flaw = decode("pushgroupmsg", write(&out, bits, turn), &m);
            if (expected == NULL) {
                assert_null(flaw);
                assert_int_equal(m.from, 4001);
                assert_int_equal(m.to, 100);
                assert_int_equal(m.mid, 7);
                assert_int_equal(m.mtype, 30);
                expect_bytes(m.msg, "hi", 2);
            } else {
                assert_non_null(flaw);
                assert_string_equal(flaw, expected);
            }
        }
    }
    /* Not needed there: the method says the mtype. */
    assert_null(decode("pushgroupchat", write(&out, 0x7f & ~0x10u, 0), &m));
    assert_int_equal(m.mtype, 30);
    assert_int_equal(m.family, RTM_FAMILY_CHAT);
    rtmi_buf_deinit(&out);
}

static void every_form_of_a_value_is_taken(void **state)
{
    rtmi_buf out;
    rtm_message m;

    (void)state;
    rtmi_buf_init(&out, 1 << 16);
    rtmi_pack_map(&out, 14);
    rtmi_pack_int(&out, 5); /* keys that are no text */
    rtmi_pack_int(&out, 6);
    rtmi_pack_array(&out, 2);
    rtmi_pack_nil(&out);
    rtmi_pack_map(&out, 0);
    rtmi_pack_bool(&out, true);
    rtmi_pack_bin(&out, rtmi_span_of_text("from")); /* bin is as good as str */
    rtmi_pack_double(&out, 4001.0);
    rtmi_pack_key(&out, "to"); /* a group's target may stand here */
    rtmi_pack_double(&out, 100.0);
    rtmi_pack_key(&out, "unknown"); /* with garbage inside */
    rtmi_pack_map(&out, 1);
    rtmi_pack_array(&out, 1);
    rtmi_pack_double(&out, 0.5);
    rtmi_pack_array(&out, 2);
    rtmi_pack_key(&out, "mid");
    rtmi_pack_int(&out, 8);
    rtmi_pack_key_int(&out, "mid", 7);
    rtmi_pack_key_int(&out, "mid", 8); /* the first counts */
    rtmi_pack_key(&out, "msg");
    rtmi_pack_bin(&out, rtmi_span_of_text("\xff"));
    rtmi_pack_key_str(&out, "msg", rtmi_span_of_text("second"));
    rtmi_pack_key(&out, "attrs");
    rtmi_pack_nil(&out);
    rtmi_pack_key_int(&out, "mtype", 51);
    rtmi_pack_key(&out, "mtime");
    rtmi_pack_uint(&out, 12);
    rtmi_pack_key_int(&out, "averylongkeythatisunknown", 1);
    rtmi_pack_key_int(&out, "o", 3);
    rtmi_pack_key_int(&out, "rid", 9); /* of other kinds: unknown */
    rtmi_buf_append(&out, "\xc1", 1);  /* behind the map: ignored */
    assert_null(decode("pushgroupmsg", rtmi_buf_span(&out), &m));
    assert_int_equal(m.from, 4001);
    assert_int_equal(m.to, 100);
    assert_int_equal(m.mid, 7);
    assert_int_equal(m.mtime_ms, 12);
    assert_int_equal(m.offset, 3);
    assert_true(m.has_offset);
    assert_true(m.is_binary);
    expect_bytes(m.msg, "\xff", 1);
    expect_bytes(m.attrs, "", 0);

    static const char *const keys[] = {"from", "to", "mtype", "mid", "msg", "attrs", "mtime", "o"};
    for (size_t i = 0; i < 8; i++) {
        rtmi_buf_clear(&out);
        rtmi_pack_map(&out, 1);
        rtmi_pack_key(&out, keys[i]);
        rtmi_pack_bool(&out, true);
        const char *flaw = decode("pushmsg", rtmi_buf_span(&out), &m);
        assert_non_null(flaw);
        assert_memory_equal(flaw, keys[i], strlen(keys[i]));
        assert_null(strstr(flaw, "missing"));
    }
    rtmi_buf_deinit(&out);
}

static void every_byte_is_needed_and_any_may_be_wrong(void **state)
{
    const rtm_message m = {.kind = RTM_KIND_GROUP,
                           .mtype = 30,
                           .from = 4001,
                           .to = 100,
                           .mid = 7,
                           .msg = {"hello", 5},
                           .attrs = {"{}", 2}};
    const rtmi_push_method what = *rtmi_push_method_of(rtmi_span_of_text("pushgroupmsg"));
    rtmi_buf out;
    rtmi_package package;
    rtm_message back;
    rtm_event event;
    rtmi_push_flaw flaw;

    (void)state;
    rtmi_buf_init(&out, 1 << 16);
    rtmi_message_encode(&out, 1, &m, 0);
    assert_int_equal(rtmi_frame_decode(rtmi_buf_span(&out), SIZE_MAX, &package), 1);
    for (size_t len = 0; len < package.payload.len; len++) {
        const rtmi_span part = heap_copy_span((rtmi_span){package.payload.data, len});
        assert_true(rtmi_message_decode(&what, part, &back, &flaw) < 0);
        assert_true(rtmi_event_decode(part, &event, &flaw) < 0);
        heap_copy_free(part);
    }
    for (size_t at = 0; at < package.payload.len; at++) {
        for (int c = 0; c < 256; c++) {
            const rtmi_span copy = heap_copy_span(package.payload);
            ((uint8_t *)copy.data)[at] = (uint8_t)c;
            (void)rtmi_message_decode(&what, copy, &back, &flaw);
            (void)rtmi_event_decode(copy, &event, &flaw);
            heap_copy_free(copy);
        }
    }
    rtmi_buf_deinit(&out);
}

static void unhex(const char *hex, rtmi_buf *out)
{
    rtmi_buf_clear(out);
    for (; *hex != '\0'; hex += 2) {
        unsigned byte;
        assert_int_equal(sscanf(hex, "%2x", &byte), 1);
        rtmi_buf_append(out, &(uint8_t){(uint8_t)byte}, 1);
    }
}

/* The packages of the protocol document, byte by byte. */
static void the_documents_examples_come_out(void **state)
{
    rtmi_buf wire;
    rtmi_buf ours;
    rtmi_package package;
    rtm_message m;
    rtm_event e;
    rtmi_push_flaw flaw;

    (void)state;
    rtmi_buf_init(&wire, 1 << 16);
    rtmi_buf_init(&ours, 1 << 16);
    unhex("46504e4e0180010c43000000010000007075736867726f75706d736788a466726f6dcd0fa1a36769646"
          "4a2746f64a56d747970651ea36d6964d36553f10000000309a36d7367a26869a56174747273a0a56d74"
          "696d65d30000018bcfe5687b",
          &wire);
    /* The document has int64 where we write uint64: as long, and read alike. */
    assert_int_equal(rtmi_frame_decode(rtmi_buf_span(&wire), SIZE_MAX, &package), 1);
    assert_null(decode("pushgroupmsg", package.payload, &m));
    assert_int_equal(m.from, 4001);
    assert_int_equal(m.to, 100);
    assert_int_equal(m.mid, INT64_C(7301444403200000777));
    assert_int_equal(m.mtime_ms, INT64_C(1700000000123));
    assert_int_equal(m.family, RTM_FAMILY_CHAT);
    expect_bytes(m.msg, "hi", 2);
    rtmi_message_encode(&ours, 1, &m, 0);
    assert_int_equal(rtmi_buf_len(&ours), rtmi_buf_len(&wire));

    unhex("46504e4e018001094900000002000000707573686576656e7486a3706964ce055d4a81a56576656e74a5"
          "6c6f67696ea3756964cd0fa1a474696d65ce6553f100a8656e64706f696e74b2676174652e6578616d70"
          "6c653a3133333231a464617461a0",
          &wire);
    assert_int_equal(rtmi_frame_decode(rtmi_buf_span(&wire), SIZE_MAX, &package), 1);
    assert_int_equal(rtmi_event_decode(package.payload, &e, &flaw), 0);
    assert_null(flaw);
    assert_int_equal(e.pid, 90000001);
    assert_int_equal(e.uid, 4001);
    assert_int_equal(e.time_s, 1700000000);
    expect_bytes(e.event, "login", 5);
    expect_bytes(e.endpoint, "gate.example:13321", 18);
    expect_bytes(e.data, "", 0);
    rtmi_buf_clear(&ours);
    rtmi_event_encode(&ours, 2, &e);
    assert_int_equal(rtmi_buf_len(&ours), rtmi_buf_len(&wire));
    assert_memory_equal(rtmi_buf_span(&ours).data, rtmi_buf_span(&wire).data, rtmi_buf_len(&ours));

    unhex("46504e4e01800104010000000300000070696e6780", &wire);
    assert_int_equal(rtmi_frame_decode(rtmi_buf_span(&wire), SIZE_MAX, &package), 1);
    assert_int_equal(rtmi_push_method_of(package.method)->push, RTMI_PUSH_PING);
    rtmi_buf_deinit(&wire);
    rtmi_buf_deinit(&ours);
}

static void events_need_a_name_and_a_user(void **state)
{
    rtmi_buf out;
    rtm_event e;
    rtmi_push_flaw flaw = NULL;

    (void)state;
    rtmi_buf_init(&out, 1000);
    rtmi_pack_map(&out, 1);
    rtmi_pack_key_int(&out, "uid", 5);
    assert_int_equal(rtmi_event_decode(rtmi_buf_span(&out), &e, &flaw), 0);
    assert_string_equal(flaw, "event is missing");
    rtmi_buf_clear(&out);
    rtmi_pack_map(&out, 1);
    rtmi_pack_key_str(&out, "event", rtmi_span_of_text("login"));
    assert_int_equal(rtmi_event_decode(rtmi_buf_span(&out), &e, &flaw), 0);
    assert_string_equal(flaw, "uid is missing");
    rtmi_buf_clear(&out);
    rtmi_pack_map(&out, 3);
    rtmi_pack_key_int(&out, "uid", 5);
    rtmi_pack_key_str(&out, "event", rtmi_span_of_text("x"));
    rtmi_pack_key_int(&out, "o", 8);
    assert_int_equal(rtmi_event_decode(rtmi_buf_span(&out), &e, &flaw), 0);
    assert_null(flaw);
    assert_true(e.has_offset);
    assert_int_equal(e.offset, 8);
    rtmi_buf_deinit(&out);
}

static void utf8_is_told_strictly(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        bool is_utf8;
    } cases[] = {
        {"", 0, true},
        {"a\0b", 3, true},
        {"\x7f", 1, true},
        {"\x80", 1, false},
        {"\xc1\xbf", 2, false},
        {"\xc2\x80", 2, true},
        {"\xdf\xbf", 2, true},
        {"\xc2", 1, false},
        {"\xe0\x9f\xbf", 3, false},
        {"\xe0\xa0\x80", 3, true},
        {"\xed\x9f\xbf", 3, true},
        {"\xed\xa0\x80", 3, false},
        {"\xef\xbf\xbf", 3, true},
        {"\xe1\x80", 2, false},
        {"\xf0\x8f\xbf\xbf", 4, false},
        {"\xf0\x90\x80\x80", 4, true},
        {"\xf4\x8f\xbf\xbf", 4, true},
        {"\xf4\x90\x80\x80", 4, false},
        {"\xf5\x80\x80\x80", 4, false},
        {"\xf0\x90\x80", 3, false},
        {"\xe1\x80\x7f", 3, false},
        {"\xc2\xc2", 2, false},
        {"\xff", 1, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t before = 0; before < 45; before++) { /* 32 and 8 are taken at a time */
            for (size_t behind = 0; behind < 42; behind++) {
                char text[100];
                memset(text, 'x', sizeof text);
                memcpy(text + before, cases[i].text, cases[i].len);
                const rtmi_span copy =
                    heap_copy_span((rtmi_span){(uint8_t *)text, before + cases[i].len + behind});
                assert_int_equal(rtmi_utf8_is_valid(copy), cases[i].is_utf8);
                heap_copy_free(copy);
            }
        }
    }
}

static int free_last(void **state)
{
    rtm_message m;

    (void)state;
    (void)decode("pushmsg", rtmi_span_of_text("\x80"), &m);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_go_there_and_back),
        cmocka_unit_test(the_method_and_the_mtype_tell_the_family),
        cmocka_unit_test(keys_may_stand_in_any_order_and_be_missing),
        cmocka_unit_test(every_form_of_a_value_is_taken),
        cmocka_unit_test(every_byte_is_needed_and_any_may_be_wrong),
        cmocka_unit_test(the_documents_examples_come_out),
        cmocka_unit_test(events_need_a_name_and_a_user),
        cmocka_unit_test(utf8_is_told_strictly),
    };

    return cmocka_run_group_tests_name("rtm.message", tests, NULL, free_last);
}
