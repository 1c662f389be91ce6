/*
 * A file from leave to push with each request for memory failing in turn, on two shards: nothing
 * crashes or leaks, memory that was set aside is given back, and afterwards the next file arrives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fpnn/pack.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/gate_world.h"
#include "tests/support/held_files.h"

static const gate_door file_door = {.takes_files = true};

typedef struct world {
    gate_world *w;
    held_files kept;
    gate_files files;
} world;

static bool call(gate_peer *peer, const char *method)
{
    gate_world *w = peer->world;

    if (peer->conn == NULL) {
        rtmi_buf_clear(&w->entries);
        w->entry_count = 0;
        return false;
    }
    return gate_call(peer, method) == 0;
}

static bool send_file(gate_peer *server, gate_peer *sender, int64_t mid)
{
    static const uint8_t content[30000];
    gate_world *w = server->world;
    rtmi_span token;
    char text[64];

    gate_int(w, "from", 1);
    gate_text(w, "cmd", "sendfiles");
    gate_value(w, "tos", "[2,3]");
    if (!call(server, "filetoken") || rtmi_payload_get_bytes(&w->answer, "token", &token) != 1)
        return false;
    (void)snprintf(text, sizeof text, "%.*s", (int)token.len, (const char *)token.data);
    gate_text(w, "token", text);
    gate_int(w, "mtype", 40);
    gate_int(w, "from", 1);
    gate_value(w, "tos", "[3,2]");
    gate_int(w, "mid", mid);
    rtmi_pack_key(&w->entries, "file");
    rtmi_pack_bin(&w->entries, (rtmi_span){content, sizeof content});
    w->entry_count++;
    gate_text(w, "attrs", "{\"rtm\":{\"filename\":\"a b\",\"n\":1.5},\"custom\":{\"a\":[1]}}");
    w->cut = 1000;
    const bool ok = call(sender, "sendfiles");
    w->cut = 0;
    return ok;
}

static bool live(void *userdata)
{
    world *self = userdata;
    gate_world *w = self->w;
    const bool is_open = gate_world_open(w);
    bool ok = false;

    w->door = &file_door;
    if (is_open) {
        gate_peer *server = gate_connect(w, 0);
        gate_peer *sender = gate_connect(w, 1);
        ok = server != NULL && sender != NULL;
        if (ok) {
            gate_bool(w, "p2p", true);
            ok = call(server, "setlisten");
            ok = send_file(server, sender, 7) && ok;
        }
        if (alloc_fail_hit()) {
            server = gate_connect(w, 0);
            sender = gate_connect(w, 1);
            assert_true(server != NULL && sender != NULL);
            assert_true(send_file(server, sender, 8));
        }
    }
    gate_world_close(w);
    assert_int_equal(atomic_load(&self->files.memory), 0);
    return ok;
}

static void a_file_survives_every_failure(void **state)
{
    world self = {.w = gate_world_new(2)};

    (void)state;
    held_files_init(&self.kept);
    held_files_fill(&self.kept, &self.files, (size_t)1 << 20);
    self.w->config.files = &self.files;
    print_message("%zu requests\n", alloc_fail_sweep(live, &self));
    gate_world_free(self.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_survives_every_failure),
    };

    return cmocka_run_group_tests_name("gate_core.files", tests, NULL, NULL);
}
