/*
 * The table of codes and the table of methods: whole, in order, sane.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/rtm/codes.h"
#include "lib/rtm/methods.h"

static void codes_rise_and_have_names_and_texts(void **state)
{
    size_t count;
    const rtmi_code *codes = rtmi_codes(&count);

    (void)state;
    assert_true(count > 80);
    assert_int_equal(codes[0].number, 0);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || codes[i].number > codes[i - 1].number);
        assert_true(strlen(codes[i].name) > 0 && strlen(codes[i].text) > 0);
        assert_ptr_equal(rtmi_code_find(codes[i].number), &codes[i]);
        for (size_t n = 0; n < i; n++)
            assert_string_not_equal(codes[i].name, codes[n].name);
        for (const char *c = codes[i].name; *c != '\0'; c++)
            assert_true((*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_');
    }
    const int none[] = {-1,     1,      10000,  10013,     199999,   200000,
                        200009, 200998, 700036, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_null(rtmi_code_find(none[i]));
    assert_string_equal(rtmi_code_find(20003)->name, "CORE_TIMEOUT");
    assert_string_equal(rtmi_code_find(200053)->name, "DUPLICATED_MID");
}

static void methods_are_found_by_their_whole_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < rtmi_method_count(); i++) {
        const rtmi_method *row = rtmi_method_at(i);
        const rtmi_span name = rtmi_span_of_text(row->name);
        assert_int_equal(rtmi_method_index(row), i);
        assert_ptr_equal(rtmi_method_find(row->side, name), row);
        assert_ptr_not_equal(rtmi_method_find(row->side, (rtmi_span){name.data, name.len - 1}),
                             row);
        assert_null(rtmi_method_find(row->side, (rtmi_span){name.data, 0}));
    }
    assert_null(rtmi_method_find(RTMI_SERVER, rtmi_span_of_text("sendmsgx")));
    assert_null(rtmi_method_find(RTMI_SERVER, rtmi_span_of_text("auth")));
    assert_null(rtmi_method_find(RTMI_CLIENT, rtmi_span_of_text("gettoken")));
}

static void parameters_are_sane(void **state)
{
    (void)state;
    for (size_t i = 0; i < rtmi_method_count(); i++) {
        const rtmi_method *row = rtmi_method_at(i);
        assert_true(row->param_count <= RTMI_PARAM_MAX);
        assert_non_null(row->answer);
        assert_true(strlen(row->help) > 0);
        for (size_t p = 0; p < row->param_count; p++) {
            const rtmi_param *param = &row->params[p];
            assert_true(strlen(param->key) > 0 && strlen(param->help) > 0);
            assert_int_equal(strnlen(param->key, sizeof param->key), param->key_len);
            for (size_t at = param->key_len; at < sizeof param->key; at++)
                assert_int_equal(param->key[at], '\0');
            assert_true(param->key_len < sizeof param->key);
            assert_true(param->min <= param->max);
            assert_true(param->min_code == 0 || rtmi_code_find(param->min_code) != NULL);
            assert_true(param->max_code == 0 || rtmi_code_find(param->max_code) != NULL);
            for (size_t n = 0; n < p; n++)
                assert_string_not_equal(param->key, row->params[n].key);
        }
    }
    /* The positions that handlers read by. */
    const rtmi_param *listen =
        rtmi_method_find(RTMI_SERVER, rtmi_span_of_text("setlisten"))->params;
    assert_string_equal(listen[RTMI_P_LISTEN_GIDS].key, "gids");
    assert_string_equal(listen[RTMI_P_LISTEN_EVENTS].key, "events");
    assert_string_equal(listen[RTMI_P_LISTEN_RK].key, "rk");
    assert_string_equal(listen[RTMI_P_LISTEN_EV].key, "ev");
    const char *const sends[][2] = {{"sendmsg", "to"},
                                    {"sendmsgs", "tos"},
                                    {"sendgroupmsg", "gid"},
                                    {"sendroommsg", "rid"},
                                    {"broadcastmsg", NULL}};
    for (size_t m = 0; m < sizeof sends / sizeof sends[0]; m++) {
        const rtmi_method *row = rtmi_method_find(RTMI_SERVER, rtmi_span_of_text(sends[m][0]));
        assert_string_equal(row->params[RTMI_P_SEND_MTYPE].key, "mtype");
        assert_string_equal(row->params[RTMI_P_SEND_FROM].key, "from");
        assert_string_equal(row->params[RTMI_P_SEND_MID].key, "mid");
        assert_string_equal(row->params[RTMI_P_SEND_MSG].key, "msg");
        assert_string_equal(row->params[RTMI_P_SEND_ATTRS].key, "attrs");
        if (sends[m][1] != NULL)
            assert_string_equal(row->params[RTMI_P_SEND_TARGET].key, sends[m][1]);
        /* Those of users lack `from`: what follows stands one place further up. */
        const rtmi_method *of_user = rtmi_method_find(RTMI_CLIENT, rtmi_span_of_text(sends[m][0]));
        for (size_t p = RTMI_P_SEND_MID; of_user != NULL && p <= RTMI_P_SEND_TARGET; p++)
            assert_string_equal(of_user->params[p - 1].key, row->params[p].key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_rise_and_have_names_and_texts),
        cmocka_unit_test(methods_are_found_by_their_whole_name),
        cmocka_unit_test(parameters_are_sane),
    };

    return cmocka_run_group_tests_name("rtm.codes", tests, NULL, NULL);
}
