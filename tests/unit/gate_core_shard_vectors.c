/*
 * Every published FPNN vector (tests/data/fpnn_vectors.txt) as the first bytes of a stranger:
 * the shard answers, waits or cuts, and goes on serving others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/gate_world.h"

static unsigned hex_digit(char c)
{
    return (unsigned)(c >= 'a' ? c - 'a' + 10 : c - '0');
}

/* HEX, parts joined by +, XX*N for a run, - for nothing. */
static void unhex(const char *at, rtmi_buf *out)
{
    rtmi_buf_clear(out);
    while (*at != '\0' && *at != '\n' && *at != '-') {
        if (*at == '+') {
            at++;
            continue;
        }
        const uint8_t byte = (uint8_t)(hex_digit(at[0]) << 4 | hex_digit(at[1]));
        unsigned long count = 1;
        at += 2;
        if (*at == '*') {
            char *end;
            count = strtoul(at + 1, &end, 10);
            at = end;
        }
        while (count-- > 0)
            rtmi_buf_append(out, &byte, 1);
    }
    assert_int_equal(out->error, 0);
}

static void strangers_may_send_anything(void **state)
{
    char path[500];
    char *line = NULL;
    size_t size = 0;
    size_t count = 0;
    gate_world *w = gate_world_new(1);
    rtmi_buf bytes;

    (void)state;
    const char *source = getenv("RTMKIT_SOURCE");
    (void)snprintf(path, sizeof path, "%s/tests/data/fpnn_vectors.txt",
                   source == NULL ? "." : source);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        skip();
    rtmi_buf_init(&bytes, 1 << 26);
    assert_true(gate_world_open(w));
    gate_peer *honest = gate_connect(w, 0);
    while (getline(&line, &size, file) > 0) {
        if (strncmp(line, "bytes ", 6) != 0)
            continue;
        unhex(line + 6, &bytes);
        for (size_t way = 0; way < 3; way++) {
            w->cut = way == 1 ? 1 : 0;
            if (way > 0 && rtmi_buf_len(&bytes) > 20000)
                continue;
            w->peer_count = 1;
            gate_peer *stranger = gate_connect(w, 0);
            if (way == 2) { /* as somebody known */
                assert_int_equal(gate_call(stranger, "addlisten"), 0);
            }
            gate_send(stranger, rtmi_buf_span(&bytes));
            gate_turns(w);
            gate_leave(stranger);
        }
        w->cut = 0;
        if (++count % 20 == 0)
            assert_int_equal(gate_call(honest, "addlisten"), 0);
    }
    assert_true(count > 100);
    assert_int_equal(shard_connection_count(w->shards[0]), 1);
    (void)fclose(file);
    free(line);
    rtmi_buf_deinit(&bytes);
    gate_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(strangers_may_send_anything)};

    return cmocka_run_group_tests_name("gate_core.shard_vectors", tests, NULL, NULL);
}
