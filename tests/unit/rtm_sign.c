/*
 * Signatures: the published vector, and what tells them apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/num.h"
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

/* Claims with fields of all lengths; those in `wrong` (bits) have one digit of the sign changed. */
static void check_claims(rtmi_signer *signer, size_t count, uint64_t wrong, uint64_t random)
{
    static const char methods[] = "sendgroupmsg_and_a_name_that_is_longer_than_any_there_is";
    static const char secret[] = "not-a-real-secret";
    rtmi_sign_claim *claims = calloc(count, sizeof *claims);
    char(*signs)[RTMI_SIGN_LEN] = calloc(count, sizeof *signs);
    const rtmi_span key = {(const uint8_t *)secret, 1 + random % (sizeof secret - 1)};
    const int32_t pid = (int32_t)rtmi_mix64(random);

    for (size_t i = 0; i < count; i++) {
        const uint64_t drawn = rtmi_mix64(random + i);
        claims[i] = (rtmi_sign_claim){
            .salt = (int64_t)drawn >> drawn % 64,
            .method = {(const uint8_t *)methods, 1 + drawn % (sizeof methods - 1)},
            .ts_s = (int64_t)rtmi_mix64(drawn) >> drawn % 61,
            .sign = {(const uint8_t *)signs[i], RTMI_SIGN_LEN},
            .is_right = (wrong >> i % 64 & 1) != 0,
        };
        assert_true(rtmi_sign(signer, pid, key, claims[i].salt, claims[i].method, claims[i].ts_s,
                              signs[i]));
        if ((wrong >> i % 64 & 1) != 0)
            signs[i][drawn % RTMI_SIGN_LEN] ^= 1;
    }
    rtmi_sign_check(signer, pid, key, claims, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(claims[i].is_right, (wrong >> i % 64 & 1) == 0);
    free(claims);
    free(signs);
}

static void claims_are_checked_each_for_itself(void **state)
{
    rtmi_signer *signer = rtmi_signer_new();

    (void)state;
    for (size_t count = 0; count <= 3 * RTMI_SIGN_RUN + 1; count++) {
        check_claims(signer, count, 0, count);
        check_claims(signer, count, UINT64_MAX, count + 1000);
        check_claims(signer, count, rtmi_mix64(count), count + 2000);
    }
    rtmi_signer_free(signer);
}

static void claims_of_the_longest_fields_fit(void **state)
{
    rtmi_signer *signer = rtmi_signer_new();
    uint8_t secret[RTMI_SECRET_MAX];
    uint8_t method[255];
    char hex[RTMI_SIGN_LEN];
    rtmi_sign_claim claims[2] = {{.salt = INT64_MIN,
                                  .method = {method, sizeof method},
                                  .ts_s = INT64_MIN,
                                  .sign = {(const uint8_t *)hex, sizeof hex}},
                                 {.method = {method, 1}, .sign = {NULL, 0}, .is_right = true}};

    (void)state;
    memset(secret, 's', sizeof secret);
    memset(method, 'm', sizeof method);
    assert_true(rtmi_sign(signer, INT32_MIN, (rtmi_span){secret, sizeof secret}, INT64_MIN,
                          (rtmi_span){method, sizeof method}, INT64_MIN, hex));
    rtmi_sign_check(signer, INT32_MIN, (rtmi_span){secret, sizeof secret}, claims, 2);
    assert_true(claims[0].is_right);
    assert_false(claims[1].is_right);
    rtmi_signer_free(signer);
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
        cmocka_unit_test(claims_are_checked_each_for_itself),
        cmocka_unit_test(claims_of_the_longest_fields_fit),
        cmocka_unit_test(making_one_survives_every_failure),
    };

    return cmocka_run_group_tests_name("rtm.sign", tests, NULL, NULL);
}
