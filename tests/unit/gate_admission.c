/*
 * Who may connect: both bounds are exact, and every connection is counted out as it was in.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gate/io/admission.h"

static admission_source source_of(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return admission_source_of((const struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return admission_source_of((const struct sockaddr *)&v6);
}

static bool is_same(const char *a, const char *b)
{
    const admission_source one = source_of(a);
    const admission_source two = source_of(b);

    return one.key == two.key && one.family == two.family;
}

static admission *make(size_t connections, size_t unproved, size_t per_address)
{
    const admission_limits limits = {connections, unproved, per_address};

    return admission_new(&limits, 42);
}

static void ipv6_counts_by_the_first_64_bits(void **state)
{
    (void)state;
    assert_true(is_same("2001:db8:1:2::1", "2001:db8:1:2:ffff::2"));
    assert_false(is_same("2001:db8:1:2::1", "2001:db8:1:3::1"));
    assert_true(is_same("::ffff:192.0.2.1", "192.0.2.1"));
    assert_false(is_same("192.0.2.1", "192.0.2.2"));
    assert_false(is_same("::c000:201", "192.0.2.1"));
}

static void unproved_ones_are_bounded_by_address(void **state)
{
    admission *const keeper = make(100, 2, 0);
    const admission_source a = source_of("192.0.2.1");
    const admission_source b = source_of("2001:db8::1");

    (void)state;
    assert_non_null(keeper);
    assert_int_equal(admission_enter(keeper, a), ADMISSION_YES);
    assert_int_equal(admission_enter(keeper, a), ADMISSION_YES);
    assert_int_equal(admission_enter(keeper, a), ADMISSION_CROWDED);
    assert_int_equal(admission_enter(keeper, b), ADMISSION_YES);
    admission_prove(keeper, a);
    assert_int_equal(admission_enter(keeper, a), ADMISSION_YES);
    assert_int_equal(admission_enter(keeper, a), ADMISSION_CROWDED);
    admission_leave(keeper, a, true); /* the proved one: makes no room for strangers */
    assert_int_equal(admission_enter(keeper, a), ADMISSION_CROWDED);
    admission_leave(keeper, a, false);
    assert_int_equal(admission_enter(keeper, a), ADMISSION_YES);
    assert_int_equal(admission_count(keeper), 3);
    admission_free(keeper);
}

static void all_are_bounded(void **state)
{
    admission *const keeper = make(3, 2, 0);
    const admission_source a = source_of("192.0.2.1");

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3; i++) {
            assert_int_equal(admission_enter(keeper, a), ADMISSION_YES);
            admission_prove(keeper, a);
        }
        assert_int_equal(admission_enter(keeper, a), ADMISSION_FULL);
        for (int i = 0; i < 3; i++)
            admission_leave(keeper, a, true);
        assert_int_equal(admission_count(keeper), 0);
    }
    admission_free(keeper);
    admission_free(NULL);
}

static void proved_ones_are_bounded_by_address_if_that_is_wanted(void **state)
{
    admission *const keeper = make(100, 2, 3);
    const admission_source a = source_of("192.0.2.1");
    const admission_source b = source_of("192.0.2.2");
    const admission_limits wider = {100, 2, 4};

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(admission_enter(keeper, a), ADMISSION_YES);
        admission_prove(keeper, a);
    }
    assert_int_equal(admission_enter(keeper, a), ADMISSION_MANY);
    assert_int_equal(admission_enter(keeper, b), ADMISSION_YES);
    admission_set_limits(keeper, &wider);
    assert_int_equal(admission_enter(keeper, a), ADMISSION_YES);
    admission_leave(keeper, a, false);
    admission_leave(keeper, a, true);
    assert_int_equal(admission_enter(keeper, a), ADMISSION_YES);
    assert_int_equal(admission_enter(keeper, a), ADMISSION_YES);
    assert_int_equal(admission_enter(keeper, a), ADMISSION_CROWDED);
    assert_int_equal(admission_get_refused(keeper, ADMISSION_MANY), 1);
    assert_int_equal(admission_get_refused(keeper, ADMISSION_CROWDED), 1);
    assert_int_equal(admission_get_refused(keeper, ADMISSION_FULL), 0);
    admission_free(keeper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv6_counts_by_the_first_64_bits),
        cmocka_unit_test(unproved_ones_are_bounded_by_address),
        cmocka_unit_test(all_are_bounded),
        cmocka_unit_test(proved_ones_are_bounded_by_address_if_that_is_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
