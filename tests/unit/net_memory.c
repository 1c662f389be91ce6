/*
 * Advice about memory: nothing changes but how fast it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <errno.h>
#include <cmocka.h>

#include "lib/net/memory.h"

static void what_a_block_holds_stays(void **state)
{
    const size_t sizes[] = {0, 1, 4096, (size_t)2 << 20, ((size_t)6 << 20) + 12345};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *block = calloc(sizes[i] + 1, 1);
        assert_non_null(block);
        for (size_t at = 0; at < sizes[i]; at += 1000)
            block[at] = (uint8_t)(at / 1000);
        errno = 4711;
        rtmi_memory_expect_random(block, sizes[i]);
        assert_int_equal(errno, 4711);
        for (size_t at = 0; at < sizes[i]; at += 1000)
            assert_int_equal(block[at], (uint8_t)(at / 1000));
        for (size_t at = 1; at < sizes[i]; at += 1000)
            assert_int_equal(block[at], 0);
        free(block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_block_holds_stays),
    };

    return cmocka_run_group_tests_name("net.memory", tests, NULL, NULL);
}
