/*
 * Signatures: the published vector, and what tells them apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/rtm/sign.h"
#include "tests/support/alloc_fail.h"

#define SIGN "83BB55DBAE5733FB612FE13C31C40570"

static void the_published_vector_comes_out(void **state)
{
    rtmi_signer *signer = rtmi_signer_new();
    char hex[RTMI_SIGN_LEN];

    (void)state;
    for (int i = 0; i < 3; i++) { /* the context is used again */
        assert_true(rtmi_sign(signer, 90000001, rtmi_span_of_text("not-a-real-secret"),
                              1234567890123, rtmi_span_of_text("sendmsg"), 1700000000, hex));
        assert_memory_equal(hex, SIGN, RTMI_SIGN_LEN);
    }
    /* Two quests of the protocol document. */
    assert_true(rtmi_sign(signer, 90000001, rtmi_span_of_text("not-a-real-secret"),
                          INT64_C(7301444403200000001), rtmi_span_of_text("setlisten"), 1700000000,
                          hex));
    assert_memory_equal(hex, "9300E5CE8B41A3891895698F1D4A61EF", RTMI_SIGN_LEN);
    assert_true(rtmi_sign(signer, 90000001, rtmi_span_of_text("not-a-real-secret"),
                          INT64_C(7301444403200000002), rtmi_span_of_text("addlisten"), 1700000000,
                          hex));
    assert_memory_equal(hex, "3CACE83E61690FD983E4B19108BF5B0B", RTMI_SIGN_LEN);
    rtmi_signer_free(signer);
    rtmi_signer_free(NULL);
}

static void the_longest_fields_fit(void **state)
{
    rtmi_signer *signer = rtmi_signer_new();
    uint8_t secret[RTMI_SECRET_MAX];
    uint8_t method[255];
    char hex[RTMI_SIGN_LEN];

    (void)state;
    memset(secret, 's', sizeof secret);
    memset(method, 'm', sizeof method);
    assert_true(rtmi_sign(signer, INT32_MIN, (rtmi_span){secret, sizeof secret}, INT64_MIN,
                          (rtmi_span){method, sizeof method}, INT64_MIN, hex));
    rtmi_signer_free(signer);
}

static void either_case_is_equal_and_nothing_else(void **state)
{
    char given[RTMI_SIGN_LEN + 1] = "83bb55dbae5733fb612fe13c31c40570";

    (void)state;
    assert_true(rtmi_sign_equal(SIGN, rtmi_span_of_text(SIGN)));
    assert_true(rtmi_sign_equal(SIGN, rtmi_span_of_text(given)));
    for (size_t i = 0; i < RTMI_SIGN_LEN; i++) {
        const char was = given[i];
        for (int c = 0; c < 256; c++) {
            given[i] = (char)c;
            const bool same = (c >= 'a' && c <= 'f' ? c - 32 : c) == SIGN[i];
            assert_int_equal(
                rtmi_sign_equal(SIGN, (rtmi_span){(const uint8_t *)given, RTMI_SIGN_LEN}), same);
        }
        given[i] = was;
    }
    for (size_t len = 0; len < RTMI_SIGN_LEN; len++)
        assert_false(rtmi_sign_equal(SIGN, (rtmi_span){(const uint8_t *)SIGN, len}));
    assert_false(rtmi_sign_equal(SIGN, rtmi_span_of_text(SIGN "0")));
}

static bool make(void *userdata)
{
    rtmi_signer *signer = rtmi_signer_new();

    (void)userdata;
    rtmi_signer_free(signer);
    return signer != NULL;
}

static void making_one_survives_every_failure(void **state)
{
    (void)state;
    (void)alloc_fail_sweep(make, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vector_comes_out),
        cmocka_unit_test(the_longest_fields_fit),
        cmocka_unit_test(either_case_is_equal_and_nothing_else),
        cmocka_unit_test(making_one_survives_every_failure),
    };

    return cmocka_run_group_tests_name("rtm.sign", tests, NULL, NULL);
}
