/*
 * Output queues against a simple byte model: random pushes to several, answers, writes that end
 * anywhere, shedding. What a peer reads must be whole packages: every answer, and of the pushes
 * all but those that were counted as gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate/core/fanout.h"
#include "lib/base/num.h"
#include "lib/fpnn/answer.h"
#include "tests/support/alloc_fail.h"

#define QUEUES 4
#define ITEMS 4096

/* One package that was put into a queue and has not been written whole. */
typedef struct item {
    uint32_t seq;
    size_t len;
    bool is_push;
} item;

typedef struct peer {
    outq out;
    item items[ITEMS];
    size_t first;
    size_t count;
    size_t sent;      /* bytes of the first item that were written */
    rtmi_buf read;    /* what the peer has got */
    uint32_t expects; /* its next package, if nothing is shed */
} peer;

static uint64_t random_state = 42;

static size_t random_below(size_t n)
{
    random_state = rtmi_mix64(random_state + 0x1234567);
    return (size_t)(random_state % n);
}

/* Into the arena by a copy, or at its place, of which more was asked for than is needed. */
static bool into_arena(arena *shared, rtmi_span bytes, piece *ret)
{
    rtmi_buf out;

    if (random_below(2) == 0)
        return arena_put(shared, bytes, ret);
    if (random_below(4) == 0)
        (void)arena_begin(shared, random_below(9000), &out); /* and not ended */
    if (!arena_begin(shared, bytes.len + random_below(3000), &out))
        return false;
    rtmi_buf_append_span(&out, bytes);
    *ret = arena_end(shared, &out);
    return true;
}

static bool into_queue(outq *out, block_pool *pool, rtmi_span bytes)
{
    size_t room = 0;

    if (random_below(2) == 0)
        return outq_put(out, pool, bytes);
    uint8_t *const at = outq_reserve(out, pool, bytes.len, &room);
    if (at == NULL)
        return false;
    assert_true(room >= bytes.len);
    memcpy(at, bytes.data, bytes.len);
    outq_commit(out, bytes.len);
    return true;
}

/* A package whose payload may hold what looks like packages. */
static void encode(rtmi_buf *out, uint32_t seq, bool is_push, size_t fill)
{
    uint8_t bytes[9000];

    rtmi_buf_clear(out);
    for (size_t i = 0; i < fill; i++)
        bytes[i] = (uint8_t)("FPNN\1\200\1\4\0\0\0\0"[i % 12]);
    const size_t mark = is_push
                            ? rtmi_frame_begin_quest(out, true, seq, rtmi_span_of_text("pushmsg"))
                            : rtmi_frame_begin_answer(out, seq, false);
    rtmi_pack_bin(out, (rtmi_span){bytes, fill});
    rtmi_frame_end(out, mark);
}

static void note(peer *p, uint32_t seq, size_t len, bool is_push)
{
    assert_true(p->count < ITEMS);
    p->items[(p->first + p->count++) % ITEMS] = (item){seq, len, is_push};
}

static void check(const peer *p)
{
    size_t bytes = 0;

    for (size_t i = 0; i < p->count; i++)
        bytes += p->items[(p->first + i) % ITEMS].len;
    assert_int_equal(p->out.bytes, bytes - p->sent);
    if (p->count == 0)
        assert_int_equal(p->out.pushes, 0);
}

/* Write some bytes: they must be those of the model, package by package. */
static void write_some(peer *p, block_pool *pool, size_t max)
{
    rtmi_span pieces[7];
    size_t done = 0;
    const size_t n = outq_peek(&p->out, pieces, 1 + random_below(7));
    rtmi_package package;

    for (size_t i = 0; i < n && done < max; i++) {
        const size_t len = rtmi_min_size(pieces[i].len, max - done);
        assert_true(pieces[i].len > 0);
        rtmi_buf_append(&p->read, pieces[i].data, len);
        done += len;
    }
    outq_sent(&p->out, pool, done);
    p->sent += done;
    while (p->count > 0 && p->sent >= p->items[p->first].len) {
        const item *first = &p->items[p->first];
        assert_int_equal(rtmi_frame_decode(rtmi_buf_span(&p->read), SIZE_MAX, &package), 1);
        assert_int_equal(package.seq, first->seq);
        assert_int_equal(package.size, first->len);
        assert_int_equal(package.kind == RTMI_FRAME_TWOWAY, first->is_push);
        rtmi_buf_consume(&p->read, package.size);
        p->sent -= first->len;
        p->first = (p->first + 1) % ITEMS;
        p->count--;
    }
}

/* The model sheds as the header says, and counts. */
static size_t model_shed(peer *p, size_t bytes, size_t pushes)
{
    size_t gone_bytes = 0;
    size_t gone = 0;
    size_t kept = 0;

    for (size_t i = 0; i < p->count; i++) {
        const item it = p->items[(p->first + i) % ITEMS];
        const bool is_begun = i == 0 && p->sent > 0;
        if (it.is_push && !is_begun && (gone_bytes < bytes || gone < pushes)) {
            gone_bytes += it.len;
            gone++;
            continue;
        }
        p->items[(p->first + kept++) % ITEMS] = it;
    }
    p->count = kept;
    return gone;
}

static void queues_agree_with_a_byte_model(void **state)
{
    static peer peers[QUEUES];
    block_pool pool = {.large = NULL};
    arena shared;
    rtmi_buf package;
    rtmi_buf run;
    uint32_t seq = 0;
    size_t shed_pushes = 0;

    (void)state;
    rtmi_buf_init(&package, 1 << 20);
    rtmi_buf_init(&run, 1 << 20);
    arena_init(&shared, &pool);
    for (size_t i = 0; i < QUEUES; i++) {
        outq_init(&peers[i].out);
        rtmi_buf_init(&peers[i].read, 1 << 30);
    }
    for (int step = 0; step < 60000; step++) {
        peer *p = &peers[random_below(QUEUES)];
        const size_t what = random_below(20);
        const size_t fill = random_below(30) == 0 ? random_below(9000) : random_below(200);
        if (what < 9) {
            piece pushes;
            size_t lens[4];
            const size_t count = 1 + random_below(4);
            rtmi_buf_clear(&run);
            for (size_t n = 0; n < count; n++) {
                encode(&package, ++seq, true, fill);
                rtmi_buf_append_span(&run, rtmi_buf_span(&package));
                lens[n] = rtmi_buf_len(&package);
            }
            assert_true(into_arena(&shared, rtmi_buf_span(&run), &pushes));
            const size_t who = 1 + random_below(15);
            for (size_t i = 0; i < QUEUES; i++) {
                if ((who >> i & 1) == 0 || peers[i].count > 1000)
                    continue;
                assert_true(outq_push(&peers[i].out, &pool, &pushes, count));
                for (size_t n = 0; n < count; n++)
                    note(&peers[i], seq + 1 - (uint32_t)(count - n), lens[n], true);
            }
        } else if (what < 12 && p->count < 1000) {
            encode(&package, ++seq, false, fill);
            assert_true(into_queue(&p->out, &pool, rtmi_buf_span(&package)));
            note(p, seq, rtmi_buf_len(&package), false);
        } else if (what < 18) {
            write_some(p, &pool, random_below(3) == 0 ? 100000 : random_below(700));
        } else {
            const size_t bytes = random_below(3000);
            const size_t pushes = random_below(20);
            const size_t expected = model_shed(p, bytes, pushes);
            assert_int_equal(outq_shed(&p->out, &pool, bytes, pushes), expected);
            shed_pushes += expected;
        }
        check(p);
    }
    assert_true(shed_pushes > 1000);
    for (size_t i = 0; i < QUEUES; i++) {
        while (i % 2 == 0 && peers[i].count > 0)
            write_some(&peers[i], &pool, 50000);
        check(&peers[i]);
        outq_deinit(&peers[i].out, &pool);
        rtmi_buf_deinit(&peers[i].read);
    }
    arena_deinit(&shared);
    block_pool_deinit(&pool);
    rtmi_buf_deinit(&package);
    rtmi_buf_deinit(&run);
}

static void neighbours_make_one_piece(void **state)
{
    block_pool pool = {.large = NULL};
    arena shared;
    outq out;
    rtmi_buf package;
    rtmi_span pieces[4];
    piece push;

    (void)state;
    rtmi_buf_init(&package, 1 << 20);
    arena_init(&shared, &pool);
    outq_init(&out);
    for (uint32_t i = 0; i < 100; i++) {
        encode(&package, i, true, 100);
        assert_true(arena_put(&shared, rtmi_buf_span(&package), &push));
        assert_true(outq_push(&out, &pool, &push, 1));
    }
    assert_int_equal(outq_peek(&out, pieces, 4), 1);
    assert_int_equal(out.pushes, 100);
    outq_deinit(&out, &pool);
    arena_deinit(&shared);
    block_pool_deinit(&pool);
    rtmi_buf_deinit(&package);
}

/* A package larger than a block of either size passes whole. */
static void large_packages_pass(void **state)
{
    block_pool pool = {.large = NULL};
    arena shared;
    outq out;
    piece push;
    rtmi_span pieces[4];
    static uint8_t big[700000];

    (void)state;
    arena_init(&shared, &pool);
    outq_init(&out);
    assert_true(arena_put(&shared, (rtmi_span){big, sizeof big}, &push));
    assert_true(outq_push(&out, &pool, &push, 1));
    assert_true(outq_put(&out, &pool, (rtmi_span){big, sizeof big}));
    assert_int_equal(outq_peek(&out, pieces, 4), 2);
    outq_sent(&out, &pool, 2 * sizeof big);
    assert_int_equal(out.bytes, 0);
    outq_deinit(&out, &pool);
    arena_deinit(&shared);
    block_pool_deinit(&pool);
}

/* Shed twice in a row with a package half written: both times as asked, nothing torn. */
static void a_half_written_package_is_never_torn(void **state)
{
    block_pool pool = {.large = NULL};
    arena shared;
    rtmi_buf package;
    piece push;

    (void)state;
    rtmi_buf_init(&package, 1 << 20);
    arena_init(&shared, &pool);
    for (size_t cut = 1; cut < 60; cut++) {
        static peer p;
        p = (peer){.sent = 0};
        outq_init(&p.out);
        rtmi_buf_init(&p.read, 1 << 20);
        for (uint32_t i = 0; i < 6; i++) {
            encode(&package, i, i != 2, 40);
            if (i != 2) {
                assert_true(arena_put(&shared, rtmi_buf_span(&package), &push));
                assert_true(outq_push(&p.out, &pool, &push, 1));
            } else {
                assert_true(outq_put(&p.out, &pool, rtmi_buf_span(&package)));
            }
            note(&p, i, rtmi_buf_len(&package), i != 2);
        }
        while (p.sent < cut)
            write_some(&p, &pool, cut - p.sent);
        for (size_t i = 0; i < 5; i++) {
            const size_t expected = model_shed(&p, 0, 1);
            assert_int_equal(expected, i < 4 ? 1 : 0);
            assert_int_equal(outq_shed(&p.out, &pool, 0, 1), expected);
            check(&p);
        }
        assert_int_equal(p.count, 2);
        while (p.count > 0)
            write_some(&p, &pool, 13);
        check(&p);
        outq_deinit(&p.out, &pool);
        rtmi_buf_deinit(&p.read);
    }
    arena_deinit(&shared);
    block_pool_deinit(&pool);
    rtmi_buf_deinit(&package);
}

static bool fill_and_shed(void *userdata)
{
    block_pool pool = {.large = NULL};
    arena shared;
    outq out;
    piece push;
    uint8_t bytes[300];
    rtmi_buf package = {.data = bytes, .cap = sizeof bytes, .max = sizeof bytes};
    size_t sum = 0;
    bool ok = true;

    (void)userdata;
    random_state = 5; /* the same in every sweep */
    arena_init(&shared, &pool);
    outq_init(&out);
    for (uint32_t i = 0; ok && i < 12; i++) {
        encode(&package, i, i % 3 != 0, 50);
        if (i % 3 == 0)
            ok = into_queue(&out, &pool, rtmi_buf_span(&package));
        else
            ok = into_arena(&shared, rtmi_buf_span(&package), &push) &&
                 outq_push(&out, &pool, &push, 1);
        sum += ok ? rtmi_buf_len(&package) : 0;
        assert_int_equal(out.bytes, sum); /* what failed has left no trace */
    }
    if (ok) {
        const size_t one = rtmi_buf_len(&package);
        const size_t gone = outq_shed(&out, &pool, 0, 2);
        assert_true(gone == 2 || gone == 0);
        assert_int_equal(out.bytes, sum - gone * one);
        ok = gone == 2;
    }
    outq_deinit(&out, &pool);
    arena_deinit(&shared);
    block_pool_deinit(&pool);
    return ok;
}

static void without_memory_nothing_is_torn(void **state)
{
    (void)state;
    (void)alloc_fail_sweep(fill_and_shed, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queues_agree_with_a_byte_model),
        cmocka_unit_test(neighbours_make_one_piece),
        cmocka_unit_test(large_packages_pass),
        cmocka_unit_test(a_half_written_package_is_never_torn),
        cmocka_unit_test(without_memory_nothing_is_torn),
    };

    return cmocka_run_group_tests_name("gate_core.fanout", tests, NULL, NULL);
}
