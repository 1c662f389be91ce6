/*
 * The loop of a shard over real sockets: what epoll has told at once may be more than one turn
 * reads, and connections end while what it told of them waits.
 *
 * To know what is told at once, the test holds the loop's thread up in the shard's log, and lets
 * it go when all bytes are there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <semaphore.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gate/io/loop.h"
#include "lib/base/num.h"
#include "tests/support/gate_world.h"

enum { FILLERS = 8, PINGS = 2200, PING_SIZE = 22 }; /* 8 times 48,400 bytes: more than a turn */

typedef struct peer {
    int fd;
    uint32_t seq; /* of its last quest */
    rtmi_buf got; /* not looked at yet */
} peer;

typedef struct stage {
    gate_world *world;
    admission *admission;
    loop *loop;
    sem_t is_held;
    sem_t goes_on;
} stage;

static void on_line(int level, const char *text, void *userdata)
{
    stage *on = userdata;

    (void)level;
    if (strstr(text, "quest refused") == NULL)
        return;
    (void)sem_post(&on->is_held);
    (void)sem_wait(&on->goes_on);
}

static int open_stage(void **state)
{
    static stage on;
    const admission_limits limits = {.connections = 100, .unproved_per_address = 100};
    const store_options options = {.durability = STORE_DURABLE_MEMORY};
    gate_world *w = gate_world_new(1);
    struct timespec now;
    char text[200];

    memset(&on, 0, sizeof on);
    on.world = w;
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    w->now.wall_ms = (int64_t)now.tv_sec * 1000;
    w->config.log = (rtmi_log){.write = on_line, .userdata = &on, .level = RTMI_LOG_DEBUG};
    assert_int_equal(store_open_memory(&options, &w->config.store, text, sizeof text), 0);
    for (size_t i = 0; i < w->config.project_count; i++)
        assert_int_equal(w->config.store->ops->open_project(w->config.store, w->projects[i].pid, 1,
                                                            w->now.wall_ms, &w->projects[i].state,
                                                            text, sizeof text),
                         0);
    assert_int_equal(sem_init(&on.is_held, 0, 0), 0);
    assert_int_equal(sem_init(&on.goes_on, 0, 0), 0);
    on.admission = admission_new(&limits, 1);
    const loop_options how = {.config = &w->config, .admission = on.admission};
    assert_int_equal(loop_new(&how, &on.loop, text, sizeof text), 0);
    assert_int_equal(loop_start(on.loop), 0);
    *state = &on;
    return 0;
}

static int close_stage(void **state)
{
    stage *on = *state;

    loop_free(on->loop);
    admission_free(on->admission);
    gate_world_free(on->world);
    (void)sem_destroy(&on->is_held);
    (void)sem_destroy(&on->goes_on);
    return 0;
}

static void join(stage *on, peer *p)
{
    const struct sockaddr address = {.sa_family = AF_UNIX};
    const admission_source source = {.family = 0};
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    *p = (peer){.fd = fds[0]};
    rtmi_buf_init(&p->got, 1 << 20);
    assert_int_equal(admission_enter(on->admission, source), ADMISSION_YES);
    tcp_conn *const end = tcp_conn_new(fds[1], &address, source, NULL, NULL);
    assert_non_null(end);
    loop_give(on->loop, end);
}

static void leave(peer *p)
{
    (void)close(p->fd);
    rtmi_buf_deinit(&p->got);
}

static void put(const peer *p, rtmi_span bytes)
{
    assert_int_equal(send(p->fd, bytes.data, bytes.len, MSG_NOSIGNAL), bytes.len);
}

/* An answer, or a push, which is expected to be there or to come. */
static rtmi_package take(peer *p, rtmi_frame_kind kind)
{
    rtmi_package package = {.size = 0};
    int r;

    while ((r = rtmi_frame_decode(rtmi_buf_span(&p->got), SIZE_MAX, &package)) == 0) {
        assert_true(rtmi_buf_reserve(&p->got, 1 << 16));
        const ssize_t n = recv(p->fd, rtmi_buf_tail(&p->got), 1 << 16, 0);
        assert_true(n > 0);
        rtmi_buf_commit(&p->got, (size_t)n);
    }
    assert_int_equal(r, 1);
    assert_int_equal(package.kind, kind);
    rtmi_buf_consume(&p->got, package.size);
    return package;
}

static void put_quest(stage *on, peer *p, const char *method)
{
    put(p, gate_encode(on->world, method, true, ++p->seq));
}

static void expect_answer(peer *p, uint32_t seq)
{
    const rtmi_package answer = take(p, RTMI_FRAME_ANSWER);

    assert_int_equal(answer.seq, seq);
    assert_int_equal(answer.status, 0);
}

static void put_pings(const peer *p)
{
    rtmi_buf out;

    rtmi_buf_init(&out, (size_t)PINGS * PING_SIZE);
    for (uint32_t i = 0; i < PINGS; i++) {
        const size_t mark = rtmi_frame_begin_quest(&out, true, i, rtmi_span_of_text("*ping"));
        rtmi_pack_map(&out, 0);
        rtmi_frame_end(&out, mark);
    }
    assert_int_equal(out.error, 0);
    put(p, rtmi_buf_span(&out));
    rtmi_buf_deinit(&out);
}

/* With it the loop's thread stands still, until it is let go. */
static void put_bad_quest(stage *on, peer *p)
{
    on->world->is_unsigned = true;
    put_quest(on, p, "nosuchmethod");
    on->world->is_unsigned = false;
}

static void hold(stage *on, peer *p)
{
    put_bad_quest(on, p);
    assert_int_equal(sem_wait(&on->is_held), 0);
}

/*
 * A sender, then more than a turn reads, then a listener that does not take its push any more:
 * it ends with the first turn, before what it has sent is read, which the next turn must know.
 */
static void a_turn_ends_and_the_next_goes_on(void **state)
{
    stage *on = *state;
    peer holder;
    peer sender;
    peer fillers[FILLERS];
    peer listener;

    join(on, &holder);
    join(on, &sender);
    join(on, &listener);
    gate_value(on->world, "gids", "[1]");
    put_quest(on, &listener, "addlisten");
    expect_answer(&listener, 1);
    put_quest(on, &sender, "addlisten");
    expect_answer(&sender, 1);
    for (size_t i = 0; i < FILLERS; i++) {
        join(on, &fillers[i]);
        put_quest(on, &fillers[i], "addlisten"); /* who is proved may have many answers waiting */
        expect_answer(&fillers[i], 1);
    }

    hold(on, &holder);
    gate_message(on->world, 7, "gid", 1, 1, "hello");
    put_quest(on, &sender, "sendgroupmsg");
    for (size_t i = 0; i < FILLERS; i++)
        put_pings(&fillers[i]);
    put_pings(&listener);
    assert_int_equal(shutdown(listener.fd, SHUT_RD), 0);
    assert_int_equal(sem_post(&on->goes_on), 0);

    expect_answer(&sender, 2);
    for (size_t i = 0; i < FILLERS; i++) {
        for (uint32_t seq = 0; seq < PINGS; seq++)
            expect_answer(&fillers[i], seq);
    }
    assert_int_equal(admission_count(on->admission), FILLERS + 2);
    loop_stop(on->loop);
    loop_join(on->loop);
    /* None of them is the listener's. */
    assert_int_equal(loop_get_stats(on->loop)->quests, 2 + 2 + FILLERS + FILLERS * PINGS);
    assert_int_equal(admission_count(on->admission), 0);
    leave(&holder);
    leave(&sender);
    leave(&listener);
    for (size_t i = 0; i < FILLERS; i++)
        leave(&fillers[i]);
}

/* Whatever of it was looked at. */
static void the_loop_ends_between_two_turns(void **state)
{
    stage *on = *state;
    peer holders[2];
    peer fillers[FILLERS];

    join(on, &holders[0]);
    join(on, &holders[1]);
    for (size_t i = 0; i < FILLERS; i++) {
        join(on, &fillers[i]);
        put_quest(on, &fillers[i], "addlisten");
        expect_answer(&fillers[i], 1);
    }

    hold(on, &holders[0]);
    put_bad_quest(on, &holders[1]); /* the first of what is told at once */
    for (size_t i = 0; i < FILLERS; i++)
        put_pings(&fillers[i]);
    assert_int_equal(sem_post(&on->goes_on), 0);
    assert_int_equal(sem_wait(&on->is_held), 0);
    loop_stop(on->loop);
    assert_int_equal(sem_post(&on->goes_on), 0);
    loop_join(on->loop);

    assert_in_range(loop_get_stats(on->loop)->quests, 2 + FILLERS + PINGS,
                    2 + FILLERS + (FILLERS - 1) * PINGS);
    assert_int_equal(admission_count(on->admission), 0);
    leave(&holders[0]);
    leave(&holders[1]);
    for (size_t i = 0; i < FILLERS; i++)
        leave(&fillers[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_turn_ends_and_the_next_goes_on, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(the_loop_ends_between_two_turns, open_stage, close_stage),
    };

    return cmocka_run_group_tests_name("gate_io.loop", tests, NULL, NULL);
}
