/*
 * Names of stores: which there are, and that what is shown of them holds no password.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gate/store/name.h"

static void kinds_are_told_apart(void **state)
{
    static const struct {
        const char *name;
        const char *path;
        const char *conninfo;
    } rows[] = {
        {"memory:", NULL, NULL},
        {"sqlite:/a b", "/a b", NULL},
        {"postgres:service=rtm", NULL, "service=rtm"},
        {"postgres:postgresql://h/d", NULL, "postgresql://h/d"},
        {"postgres://h/d", NULL, "postgres://h/d"},
        {"postgresql:///d", NULL, "postgresql:///d"},
    };
    static const char *const unknown[] = {
        "", "memory", "memory:x", "sqlite:", "sqlite", "postgres:", "postgresql:d", "/tmp/x",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *path = store_name_path(rows[i].name);
        const char *conninfo = store_name_conninfo(rows[i].name);

        assert_true(store_name_is_known(rows[i].name));
        assert_int_equal(path == NULL, rows[i].path == NULL);
        assert_int_equal(conninfo == NULL, rows[i].conninfo == NULL);
        if (path != NULL)
            assert_string_equal(path, rows[i].path);
        if (conninfo != NULL)
            assert_string_equal(conninfo, rows[i].conninfo);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_false(store_name_is_known(unknown[i]));
}

static void passwords_are_not_shown(void **state)
{
    static const struct {
        const char *name;
        const char *shown;
    } rows[] = {
        {"memory:", "memory:"},
        {"sqlite:/a:b@c?password=x", "sqlite:/a:b@c?password=x"},
        {"postgres://h:5432/d", "postgres://h:5432/d"},
        {"postgres://u@h/d", "postgres://u@h/d"},
        {"postgres://u:geheim@h:1/d", "postgres://u:***@h:1/d"},
        {"postgres://u:ge@he/im@h/d", "postgres://u:***@h/d"},
        {"postgres:postgresql://u:geheim@h/d?x=1", "postgres:postgresql://u:***@h/d?x=1"},
        {"postgres://h/d?password=geheim&x=1", "postgres://h/d?password=***&x=1"},
        {"postgres://h/d?sslpassword=geheim", "postgres://h/d?sslpassword=***"},
        {"postgres:host=h password=geheim user=u", "postgres:host=h password=*** user=u"},
        {"postgres:password = 'ge heim' user=u", "postgres:password = *** user=u"},
        {"postgres:PASSWORD='ge\\'heim", "postgres:PASSWORD=***"},
        {"pg://u:geheim@h/d", "pg://u:***@h/d"}, /* a mistake is shown too */
    };
    char shown[80];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        store_name_show(rows[i].name, shown, sizeof shown);
        assert_string_equal(shown, rows[i].shown);
        for (size_t size = 0; size < sizeof shown; size++) { /* cut at any place */
            memset(shown, 'x', sizeof shown);
            store_name_show(rows[i].name, shown, size);
            assert_int_equal(shown[size], 'x');
            if (size > 0)
                assert_memory_equal(shown, rows[i].shown, strlen(shown));
        }
    }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(kinds_are_told_apart),
        cmocka_unit_test(passwords_are_not_shown),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
