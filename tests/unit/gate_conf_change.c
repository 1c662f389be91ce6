/*
 * Settings read again: what differs is told, what cannot be taken up stays as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gate/conf_change.h"

#define PROJECT "[project 7]\nsecret = s7\n"

static char *const no_environment[] = {NULL};
static char told[4096];

static void complain(const char *text, void *userdata)
{
    (void)userdata;
    fail_msg("%s", text);
}

static void hear(const char *what, bool reloadable, void *userdata)
{
    const size_t len = strlen(told);

    (void)userdata;
    (void)snprintf(told + len, sizeof told - len, "%s%s\n", reloadable ? "+" : "-", what);
}

static void read_text(conf *settings, const char *text)
{
    conf_init(settings, complain, NULL);
    assert_int_equal(conf_read_text(settings, "f", text, strlen(text)), 0);
    assert_int_equal(conf_finish(settings, no_environment), 0);
}

static void compare(const char *held_text, const char *fresh_text, conf *held, conf *fresh)
{
    read_text(held, held_text);
    read_text(fresh, fresh_text);
    told[0] = '\0';
    conf_keep_fixed(held, fresh, hear, NULL);
}

static void equal_settings_have_nothing_to_tell(void **state)
{
    static const char text[] = "[gate]\nshards = 2\n[listen a]\naddress = *:1\n" PROJECT;
    conf held, fresh;

    (void)state;
    compare(text, text, &held, &fresh);
    assert_string_equal(told, "");
    conf_deinit(&held);
    conf_deinit(&fresh);
}

static void what_needs_a_restart_stays(void **state)
{
    conf held, fresh;

    (void)state;
    compare("[gate]\nshards = 2\nqueue-bytes = 1MiB\nlisten = *:1\n" PROJECT,
            "[gate]\nshards = 3\nqueue-bytes = 2MiB\nstore = memory:\n" PROJECT, &held, &fresh);
    assert_string_equal(told, "-gate.listen\n-gate.shards\n-gate.store\n+gate.queue-bytes\n");
    assert_int_equal(fresh.gate.shards, 2);
    assert_int_equal(fresh.gate.queue_bytes, 2 * 1024 * 1024);
    assert_string_equal(fresh.gate.listen, "*:1");
    assert_string_equal(fresh.gate.store, held.gate.store);
    assert_true(conf_has_short_listen(&fresh));

    /* And it is told again as long as it differs. */
    conf later;
    read_text(&later, "[gate]\nshards = 3\nqueue-bytes = 2MiB\nlisten = *:1\n" PROJECT);
    told[0] = '\0';
    conf_keep_fixed(&fresh, &later, hear, NULL);
    assert_string_equal(told, "-gate.shards\n");
    conf_deinit(&later);
    conf_deinit(&held);
    conf_deinit(&fresh);
}

static void addresses_stay_and_their_certificates_follow(void **state)
{
    conf held, fresh;

    (void)state;
    compare("[listen a]\naddress = *:1\ntls = true\ntls-certificate = /c\ntls-key = /k\n"
            "[listen b]\naddress = *:2\n" PROJECT,
            "[listen c]\naddress = *:3\n"
            "[listen a]\naddress = *:9\ntls = true\ntls-certificate = /c2\ntls-key = /k\n" PROJECT,
            &held, &fresh);
    assert_string_equal(told, "-listen a.address\n+listen a.tls-certificate\n-listen b\n"
                              "-listen c\n");
    assert_int_equal(fresh.listen_count, 2);
    assert_string_equal(fresh.listens[0].name, "a");
    assert_string_equal(fresh.listens[0].address, "*:1");
    assert_string_equal(fresh.listens[0].tls_certificate, "/c2");
    assert_string_equal(fresh.listens[1].name, "b");
    conf_deinit(&held);
    conf_deinit(&fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_settings_have_nothing_to_tell),
        cmocka_unit_test(what_needs_a_restart_stays),
        cmocka_unit_test(addresses_stay_and_their_certificates_follow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
