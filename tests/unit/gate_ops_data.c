/*
 * Values by user and name; devices, and what they are not to be told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate/core/directory.h"
#include "gate/core/shard_impl.h"
#include "tests/support/gate_words.h"

static void values(gate_peer *server)
{
    static const gate_step steps[] = {
        {"dataget", "uid=1 key='k'", "{}"},
        {"dataset", "uid=1 key='k' val='one'", "{}"},
        {"dataset", "uid=1 key='kk' val='two'", "{}"},
        {"dataset", "uid=2 key='k' val='three'", "{}"},
        {"dataget", "uid=1 key='k'", "{\"val\":\"one\"}"},
        {"dataget", "uid=1 key='kk'", "{\"val\":\"two\"}"},
        {"dataset", "uid=1 key='k' val='again'", "{}"},
        {"dataget", "uid=1 key='k'", "{\"val\":\"again\"}"},
        {"dataset", "uid=1 key='k' val=''", "{}"},
        {"dataget", "uid=1 key='k'", "{\"val\":\"\"}"}, /* an empty value is one */
        {"datadel", "uid=1 key='k'", "{}"},
        {"datadel", "uid=1 key='k'", "{}"},
        {"dataget", "uid=1 key='k'", "{}"},
        {"dataget", "uid=1 key='kk'", "{\"val\":\"two\"}"},
        {"dataget", "uid=2 key='k'", "{\"val\":\"three\"}"},
        {"dataset", "uid=1 key=xff val=xfe00", "{}"},
        {"dataget", "uid=1 key=xff", "{\"val\":\"/gA=\"}"},
        {"dataset", "uid=0 key='k' val='v'", "200001"},
        {"dataset", "uid=1 key='' val='v'", "200033"},
        {"dataset", "uid=1 val='v'", "200034"},
        {"dataset", "uid=1 key='k'", "200034"},
        {"dataset", "uid=1 key='k' val=5", "200034"},
        {"dataget", "uid=0 key='k'", "200001"},
        {"dataget", "uid=1 key=''", "200033"},
        {"dataget", "uid=1", "200034"},
        {"datadel", "uid=0 key='k'", "200001"},
        {"datadel", "uid=1 key=''", "200033"},
        {"datadel", "uid=1", "200034"},
    };
    rtmi_span raw;

    GATE_STEPS(server, steps);
    (void)gate_says(server, "dataget", "uid=1 key=xff");
    assert_true(rtmi_payload_find(&server->world->answer, "val", &raw));
    assert_int_equal(raw.data[0], 0xc4); /* bin, and no text in Base64 */
}

static void values_are_found_by_user_and_name(void **state)
{
    (void)state;
    gate_everywhere(NULL, values);
}

static void sizes(gate_peer *server)
{
    static const char *const methods[] = {"dataset", "dataget", "datadel"};
    gate_world *w = server->world;
    char *text = calloc(1, 65537);

    assert_non_null(text);
    memset(text, 'x', 65535);
    (void)gate_says(server, "dataget", "uid=1 key='k'"); /* only who is proved may say so much */
    gate_text(w, "val", text);
    assert_string_equal(gate_says(server, "dataset", "uid=1 key='k'"), "{}");
    memset(text, 'x', 65536);
    gate_text(w, "val", text);
    assert_string_equal(gate_says(server, "dataset", "uid=1 key='k'"), "200035");
    for (size_t i = 0; i < 3; i++) {
        for (size_t len = 128; len <= 129; len++) {
            memset(text, 0, 65536);
            memset(text, 'x', len);
            gate_text(w, "key", text);
            const char *answer = gate_says(server, methods[i], i == 0 ? "uid=1 val='v'" : "uid=1");
            assert_int_equal(strcmp(answer, "200034") == 0, len > 128);
        }
    }
    free(text);
}

static void sizes_are_limited(void **state)
{
    (void)state;
    gate_everywhere(NULL, sizes);
}

static size_t device_count(const gate_peer *server)
{
    return directory_space_count(log_directory(server->world->shards[0]->projects[0].log),
                                 DIR_DEVICE);
}

static void devices(gate_peer *server)
{
    static const gate_step steps[] = {
        {"adddevice", "uid=1 apptype='apns' devicetoken='a'", "{}"},
        {"adddevice", "uid=1 apptype='fcm' devicetoken='b'", "{}"},
        {"adddevice", "uid=1 apptype='fcm' devicetoken='a'", "{}"}, /* in its place */
        {"adddevice", "uid=2 apptype='fcm' devicetoken='a'", "{}"},
        {"adddevice", "uid=0 apptype='fcm' devicetoken='a'", "200001"},
        {"adddevice", "uid=1 apptype='' devicetoken='a'", "200033"},
        {"adddevice", "uid=1 apptype='fcm' devicetoken=''", "200033"},
        {"adddevice", "uid=1 apptype='fcm'", "200034"},
        {"adddevice", "uid=1 devicetoken='a'", "200034"},
        {"removedevice", "uid=0 devicetoken='a'", "200001"},
        {"removedevice", "uid=1 devicetoken=''", "200033"},
        {"removedevice", "uid=1", "200034"},
    };
    const dir_key key = dir_key_name(DIR_DEVICE, 1, (rtmi_span){(const uint8_t *)"a", 1});
    rtmi_span service;
    char token[482];

    GATE_STEPS(server, steps);
    assert_int_equal(device_count(server), 3);
    assert_true(
        directory_get(log_directory(server->world->shards[0]->projects[0].log), &key, &service));
    assert_int_equal(service.len, 3);
    assert_string_equal(gate_says(server, "removedevice", "uid=1 devicetoken='a'"), "{}");
    assert_string_equal(gate_says(server, "removedevice", "uid=1 devicetoken='a'"), "{}");
    assert_int_equal(device_count(server), 2);
    for (size_t len = 480; len <= 481; len++) {
        memset(token, 'x', len);
        token[len] = '\0';
        gate_text(server->world, "devicetoken", token);
        assert_string_equal(gate_says(server, "adddevice", "uid=1 apptype='fcm'"),
                            len == 480 ? "{}" : "200034");
        gate_text(server->world, "devicetoken", token);
        assert_string_equal(gate_says(server, "removedevice", "uid=1"),
                            len == 480 ? "{}" : "200034");
    }
    memset(token, 'x', 65);
    token[65] = '\0';
    gate_text(server->world, "apptype", token);
    assert_string_equal(gate_says(server, "adddevice", "uid=1 devicetoken='a'"), "200034");
}

static void devices_are_kept(void **state)
{
    (void)state;
    gate_everywhere(NULL, devices);
}

static void options(gate_peer *server)
{
    static const gate_step steps[] = {
        {"getoption", "uid=1", "{\"p2p\":{},\"group\":{}}"},
        {"addoption", "uid=1 type=0 xid=5 mtypes=[30,1,30]", "{}"},
        {"addoption", "uid=1 type=1 xid=7", "{}"},            /* all */
        {"addoption", "uid=1 type=1 xid=8 mtype=[31]", "{}"}, /* as C++ says it */
        {"addoption", "uid=2 type=1 xid=8 mtypes=[]", "{}"},
        {"getoption", "uid=1", "{\"p2p\":{\"5\":[1,30]},\"group\":{\"7\":[],\"8\":[31]}}"},
        {"addoption", "uid=1 type=0 xid=5 mtypes=[2] mtype=[3]", "{}"},
        {"addoption", "uid=1 type=1 xid=7 mtypes=[4]", "{}"}, /* all it was */
        {"getoption", "uid=1", "{\"p2p\":{\"5\":[1,2,3,30]},\"group\":{\"7\":[],\"8\":[31]}}"},
        {"removeoption", "uid=1 type=0 xid=5 mtype=[3,99] mtypes=[1]", "{}"},
        {"removeoption", "uid=1 type=1 xid=8 mtypes=[31]", "{}"}, /* none is left */
        {"removeoption", "uid=1 type=1 xid=7", "{}"},
        {"getoption", "uid=1", "{\"p2p\":{\"5\":[2,30]},\"group\":{}}"},
        {"getoption", "uid=2", "{\"p2p\":{},\"group\":{\"8\":[]}}"},
        {"removeoption", "uid=1 type=1 xid=99 mtypes=[1]", "{}"},
        {"addoption", "uid=1 type=0 xid=5", "{}"},
        {"getoption", "uid=1", "{\"p2p\":{\"5\":[]},\"group\":{}}"},
        {"removeoption", "uid=1 type=0 xid=5 mtypes=[]", "{}"},
        {"getoption", "uid=1", "{\"p2p\":{},\"group\":{}}"},
    };

    GATE_STEPS(server, steps);
}

static void options_are_sets_of_types(void **state)
{
    (void)state;
    gate_everywhere(NULL, options);
}

/* All but one is not all, and with that one it is all again. */
static void nearly_all(gate_peer *server)
{
    char expected[600];
    size_t len = 0;

    assert_string_equal(gate_says(server, "addoption", "uid=1 type=0 xid=5"), "{}");
    assert_string_equal(gate_says(server, "removeoption", "uid=1 type=0 xid=5 mtypes=[127]"), "{}");
    for (int mtype = 1; mtype <= 126; mtype++)
        len += (size_t)snprintf(expected + len, sizeof expected - len, "%s%d",
                                mtype == 1 ? "{\"p2p\":{\"5\":[" : ",", mtype);
    (void)snprintf(expected + len, sizeof expected - len, "]},\"group\":{}}");
    assert_string_equal(gate_says(server, "getoption", "uid=1"), expected);
    assert_string_equal(gate_says(server, "addoption", "uid=1 type=0 xid=5 mtypes=[127]"), "{}");
    assert_string_equal(gate_says(server, "getoption", "uid=1"),
                        "{\"p2p\":{\"5\":[]},\"group\":{}}");
}

static void all_but_one_is_not_all(void **state)
{
    (void)state;
    gate_everywhere(NULL, nearly_all);
}

static void wrong(gate_peer *server)
{
    static const char *const methods[] = {"addoption", "removeoption"};
    static const char *const cases[][2] = {
        {"uid=0 type=0 xid=5", "200001"},
        {"type=0 xid=5", "200001"},
        {"uid=1 type=2 xid=5", "200034"},
        {"uid=1 type=-1 xid=5", "200034"},
        {"uid=1 xid=5", "200034"},
        {"uid=1 type=0 xid=0", "200034"},
        {"uid=1 type=0", "200034"},
        {"uid=1 type=0 xid=5 mtypes=[0]", "200005"},
        {"uid=1 type=0 xid=5 mtypes=[128]", "200005"},
        {"uid=1 type=0 xid=5 mtype=[-1]", "200005"},
        {"uid=1 type=0 xid=5 mtypes=true", "200034"},
    };
    char words[1000];

    for (size_t m = 0; m < 2; m++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
            assert_string_equal(gate_says(server, methods[m], cases[i][0]), cases[i][1]);
        for (size_t n = 0; n < 2; n++) {
            size_t len = (size_t)snprintf(words, sizeof words,
                                          "uid=1 type=0 xid=5 %s=", n == 0 ? "mtypes" : "mtype");
            for (int i = 0; i < 129; i++)
                len += (size_t)snprintf(words + len, sizeof words - len, "%c1", i == 0 ? '[' : ',');
            (void)snprintf(words + len, sizeof words - len, "]");
            assert_string_equal(gate_says(server, methods[m], words), "200032");
        }
    }
    assert_string_equal(gate_says(server, "getoption", "uid=0"), "200001");
    assert_string_equal(gate_says(server, "getoption", "uid=1"), "{\"p2p\":{},\"group\":{}}");
}

static void wrong_options_have_their_codes(void **state)
{
    (void)state;
    gate_everywhere(NULL, wrong);
}

static void kept(gate_peer *server)
{
    static const gate_step before[] = {
        {"dataset", "uid=1 key='k' val='v'", "{}"},
        {"adddevice", "uid=1 apptype='fcm' devicetoken='a'", "{}"},
        {"addoption", "uid=1 type=0 xid=5 mtypes=[1,2]", "{}"},
    };
    static const gate_step failing[] = {
        {"dataset", "uid=1 key='k' val='w'", "200999"},
        {"dataset", "uid=1 key='l' val='w'", "200999"},
        {"datadel", "uid=1 key='k'", "200999"},
        {"adddevice", "uid=1 apptype='fcm' devicetoken='b'", "200999"},
        {"removedevice", "uid=1 devicetoken='a'", "200999"},
        {"addoption", "uid=1 type=0 xid=5 mtypes=[3]", "200999"},
        {"removeoption", "uid=1 type=0 xid=5", "200999"},
    };
    static const gate_step after[] = {
        {"dataget", "uid=1 key='k'", "{\"val\":\"v\"}"},
        {"dataget", "uid=1 key='l'", "{}"},
        {"getoption", "uid=1", "{\"p2p\":{\"5\":[1,2]},\"group\":{}}"},
    };
    gate_world *w = server->world;
    const size_t at = w->config.shard_count - 1;

    GATE_STEPS(server, before);
    gate_fail_appends(w, true);
    GATE_STEPS(server, failing);
    gate_fail_appends(w, false);
    for (int round = 0; round < 2; round++) {
        GATE_STEPS(server, after);
        assert_int_equal(device_count(server), 1);
        gate_restart(w);
        server = gate_connect(w, at);
    }
}

static void they_are_kept_and_what_failed_is_not(void **state)
{
    (void)state;
    gate_everywhere(NULL, kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_by_user_and_name),
        cmocka_unit_test(sizes_are_limited),
        cmocka_unit_test(devices_are_kept),
        cmocka_unit_test(options_are_sets_of_types),
        cmocka_unit_test(all_but_one_is_not_all),
        cmocka_unit_test(wrong_options_have_their_codes),
        cmocka_unit_test(they_are_kept_and_what_failed_is_not),
    };

    return cmocka_run_group_tests_name("gate_ops.data", tests, NULL, NULL);
}
