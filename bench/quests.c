/*
 * From bytes to the handler: what a shard does with a quest before anything is done about it. Whole
 * reads of signed sendgroupmsg with texts of 100 bytes, so many a read, each split, decoded,
 * checked and dispatched to a handler that only counts; and *ping, which is answered. One thread,
 * in memory.
 */
#include <stdio.h>
#include <string.h>

#include "bench/clock.h"
#include "gate/core/dispatch.h"
#include "gate/core/mail.h"
#include "gate/core/shard.h"
#include "lib/rtm/sign.h"

#define RUNS 9
#define QUESTS 1000
#define TURNS 60
#define WALL_MS INT64_C(1795478135997)

static const char secret[] = "a-secret-of-thirty-two-letters-x";
static gate_project_live live;
static gate_project project = {.pid = 11000001, .live = &live, .secret_len = sizeof secret - 1};
static op_row ops[RTMI_METHODS_MAX];
static shard *gate;
static conn *peer;
static rtmi_signer *signer;
static uint64_t random_state = 1;
static uint64_t handled;
static const gate_time now = {.mono_ms = 1000000, .wall_ms = WALL_MS};

static uint64_t next_random(void *userdata)
{
    return bench_next(userdata);
}

static _Noreturn void fail(const char *text)
{
    (void)fprintf(stderr, "bench_quests: %s\n", text);
    exit(1);
}

static void count_quest(op *quest)
{
    handled += quest->args[RTMI_P_SEND_MTYPE].integer == 51;
}

static void make_gate(gate_config *config)
{
    const store_options options = {.durability = STORE_DURABLE_MEMORY};
    const shard_driver driver = {.userdata = NULL};
    char text[200];

    memcpy(project.secret, secret, sizeof secret);
    const rtmi_method *method = rtmi_method_find(RTMI_SERVER, rtmi_span_of_text("sendgroupmsg"));
    ops[rtmi_method_index(method)] = (op_row){
        .side = RTMI_SERVER, .name = "sendgroupmsg", .handler = count_quest, .where = OP_HERE};
    *config = (gate_config){.ops = ops,
                            .projects = &project,
                            .project_count = 1,
                            .shard_count = 1,
                            .bus = bus_local_new(1),
                            .time_window_s = 300,
                            .max_package_bytes = 1 << 20,
                            .unproved_bytes = 1 << 16,
                            .unproved_ms = 15000,
                            .queue_bytes = 1 << 20,
                            .queue_pushes = 100000,
                            .log_pending_bytes = 1 << 20,
                            .directory_bytes = 1 << 20,
                            .mid_count = 1000,
                            .mid_ms = 600000,
                            .random64 = next_random,
                            .random_userdata = &random_state};
    signer = rtmi_signer_new();
    if (signer == NULL || config->bus == NULL ||
        store_open_memory(&options, &config->store, text, sizeof text) < 0 ||
        config->store->ops->open_project(config->store, project.pid, 1, WALL_MS, &project.state,
                                         text, sizeof text) < 0 ||
        shard_new(config, 0, &driver, now, &gate, text, sizeof text) < 0)
        fail(text);
    peer = shard_opened(gate, NULL, NULL, "bench", now);
    if (peer == NULL)
        fail("no connection");
}

static void put_signed(rtmi_buf *out, uint32_t seq)
{
    static const char text[100] = "a text";
    const rtmi_span method = rtmi_span_of_text("sendgroupmsg");
    const int64_t salt = (int64_t)(bench_next(&random_state) << 16);
    char sign[RTMI_SIGN_LEN];

    if (!rtmi_sign(signer, project.pid, rtmi_span_of_text(secret), salt, method, WALL_MS / 1000,
                   sign))
        fail("no signature");
    const size_t mark = rtmi_frame_begin_quest(out, true, seq, method);
    rtmi_pack_map(out, 10);
    rtmi_pack_key_int(out, "pid", project.pid);
    rtmi_pack_key_str(out, "sign", (rtmi_span){(const uint8_t *)sign, sizeof sign});
    rtmi_pack_key_int(out, "salt", salt);
    rtmi_pack_key_int(out, "ts", WALL_MS / 1000);
    rtmi_pack_key_int(out, "mtype", 51);
    rtmi_pack_key_int(out, "from", 100123);
    rtmi_pack_key_int(out, "gid", 77);
    rtmi_pack_key_int(out, "mid", INT64_C(7354278445045000) + seq);
    rtmi_pack_key_str(out, "msg", (rtmi_span){(const uint8_t *)text, sizeof text});
    rtmi_pack_key_str(out, "attrs", (rtmi_span){NULL, 0});
    rtmi_frame_end(out, mark);
}

static void put_ping(rtmi_buf *out, uint32_t seq)
{
    const size_t mark = rtmi_frame_begin_quest(out, true, seq, rtmi_span_of_text("*ping"));

    rtmi_pack_map(out, 0);
    rtmi_frame_end(out, mark);
}

static void read_bytes(const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        size_t room;
        uint8_t *space = conn_read_space(gate, peer, &room);
        const size_t part = rtmi_min_size(len, room);
        if (space == NULL)
            fail("out of memory");
        memcpy(space, bytes, part);
        shard_bytes(gate, peer, part, now);
        bytes += part;
        len -= part;
    }
}

static size_t write_out(void)
{
    rtmi_span pieces[64];
    size_t written = 0;
    size_t count;

    (void)shard_next_dirty(gate);
    while ((count = conn_get_output(gate, peer, pieces, 64)) > 0) {
        size_t len = 0;
        for (size_t i = 0; i < count; i++)
            len += pieces[i].len;
        conn_sent(gate, peer, len);
        written += len;
    }
    return written;
}

/* All quests of one size, `a_read` of them at a time. */
static double run(const rtmi_buf *quests, size_t a_read)
{
    const size_t each = rtmi_buf_len(quests) / QUESTS;
    double spent = 0;

    for (size_t turn = 0; turn < TURNS + 1; turn++) {
        const double start = bench_cpu_ns();
        for (size_t i = 0; i < QUESTS; i += a_read)
            read_bytes(rtmi_buf_span(quests).data + i * each,
                       each * rtmi_min_size(a_read, QUESTS - i));
        if (turn > 0) /* the first warms up */
            spent += bench_cpu_ns() - start;
        (void)write_out();
        shard_written(gate);
    }
    return spent / (double)(TURNS * QUESTS);
}

static void report(const char *name, size_t a_read, double *runs)
{
    const double ns = bench_median(runs, RUNS);

    printf("%-24s %6zu a read %8.1f ns   [%.1f to %.1f]\n", name, a_read, ns, runs[0],
           runs[RUNS - 1]);
}

int main(void)
{
    static const size_t reads[] = {1, 2, 4, 16, 100, 1000};
    enum { READS = sizeof reads / sizeof reads[0] };
    double sent[READS][RUNS];
    double pinged[2][RUNS];
    gate_config config;
    rtmi_buf quests;
    rtmi_buf pings;

    make_gate(&config);
    rtmi_buf_init(&quests, 1 << 20);
    rtmi_buf_init(&pings, 1 << 20);
    for (uint32_t i = 0; i < QUESTS; i++) {
        put_signed(&quests, i + 1);
        put_ping(&pings, i + 1);
    }
    if (quests.error != 0 || rtmi_buf_len(&quests) % QUESTS != 0)
        fail("the quests are not of one size");
    for (size_t r = 0; r < RUNS; r++) { /* in turn, so that the machine's moods fall on all */
        for (size_t i = 0; i < READS; i++)
            sent[i][r] = run(&quests, reads[i]);
        pinged[0][r] = run(&pings, 16);
        pinged[1][r] = run(&pings, 1000);
    }
    if (handled != (uint64_t)RUNS * READS * (TURNS + 1) * QUESTS ||
        shard_get_stats(gate)->refused > 0)
        fail("a quest was refused");
    for (size_t i = 0; i < READS; i++)
        report("signed, to its handler", reads[i], sent[i]);
    report("*ping, answered", 16, pinged[0]);
    report("*ping, answered", 1000, pinged[1]);
    rtmi_buf_deinit(&quests);
    rtmi_buf_deinit(&pings);
    shard_free(gate);
    config.store->ops->close(config.store);
    bus_free(config.bus, mail_drop);
    rtmi_signer_free(signer);
    return 0;
}
