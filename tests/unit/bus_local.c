/*
 * The bus between shards: order, wake-ups, and many senders at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <cmocka.h>

#include "gate/bus/bus.h"
#include "tests/support/alloc_fail.h"

static void count_wake(void *userdata)
{
    int *wakes = userdata;

    (*wakes)++;
}

static void items_are_taken_in_order(void **state)
{
    bus *self = bus_local_new(3);
    bus_item items[5] = {{.kind = 0}, {.kind = 1}, {.kind = 2}, {.kind = 3}, {.kind = 4}};
    int wakes = 0;

    (void)state;
    assert_int_equal(bus_shard_count(self), 3);
    bus_set_wake(self, 1, count_wake, &wakes);
    assert_null(bus_take(self, 1));
    for (int i = 0; i < 5; i++)
        bus_send(self, 1, &items[i]);
    assert_int_equal(wakes, 1); /* only the first found it empty */
    assert_null(bus_take(self, 0));
    assert_null(bus_take(self, 2));

    const bus_item *item = bus_take(self, 1);

    for (int i = 0; i < 5; i++, item = item->next)
        assert_ptr_equal(item, &items[i]);
    assert_null(item);
    assert_null(bus_take(self, 1));

    bus_send(self, 1, &items[3]);
    bus_send(self, 2, &items[4]); /* nobody set how to wake that one */
    assert_int_equal(wakes, 2);
    assert_ptr_equal(bus_take(self, 1), &items[3]);
    assert_ptr_equal(bus_take(self, 2), &items[4]);
    bus_free(self, NULL);
}

static int dropped_kinds;

static void drop(bus_item *item)
{
    dropped_kinds += item->kind;
    free(item);
}

static void items_left_are_dropped(void **state)
{
    bus *self = bus_local_new(2);

    (void)state;
    for (int i = 0; i < 6; i++) {
        bus_item *item = malloc(sizeof *item);

        assert_non_null(item);
        item->kind = 1 << i;
        bus_send(self, (size_t)i % 2, item);
    }
    bus_free(self, drop);
    assert_int_equal(dropped_kinds, 63);
    bus_free(NULL, drop);
    assert_null(bus_local_new(0));
    assert_null(bus_local_new(SIZE_MAX));
}

/* ---- many senders -------------------------------------------------------------------------- */

enum { SENDERS = 4, ITEMS = 20000, RELAYS = 2000 };

typedef struct numbered {
    bus_item item;
    int sender;
    int number;
} numbered;

typedef struct world {
    bus *bus;
    sem_t wake;
    numbered *items[SENDERS];
} world;

typedef struct sender {
    world *of;
    int number;
} sender;

static void post(void *userdata)
{
    (void)sem_post((sem_t *)userdata);
}

static void *send_all(void *userdata)
{
    const sender *self = userdata;
    numbered *items = self->of->items[self->number];

    for (int i = 0; i < ITEMS; i++) {
        items[i] = (numbered){.sender = self->number, .number = i};
        bus_send(self->of->bus, 0, &items[i].item);
    }
    return NULL;
}

/* The taker sleeps until it is woken, so a lost wake-up is a test that never ends. */
static void each_sender_keeps_its_order(void **state)
{
    world self;
    sender senders[SENDERS];
    pthread_t threads[SENDERS];
    int next[SENDERS] = {0};
    int taken = 0;

    (void)state;
    self.bus = bus_local_new(1);
    assert_int_equal(sem_init(&self.wake, 0, 0), 0);
    bus_set_wake(self.bus, 0, post, &self.wake);
    for (int i = 0; i < SENDERS; i++) {
        self.items[i] = malloc(ITEMS * sizeof *self.items[i]);
        assert_non_null(self.items[i]);
        senders[i] = (sender){.of = &self, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    while (taken < SENDERS * ITEMS) {
        while (sem_wait(&self.wake) != 0)
            continue;
        for (bus_item *item = bus_take(self.bus, 0); item != NULL; item = item->next) {
            const numbered *got = (const numbered *)item;

            assert_int_equal(got->number, next[got->sender]);
            next[got->sender]++;
            taken++;
        }
    }
    for (int i = 0; i < SENDERS; i++) {
        (void)pthread_join(threads[i], NULL);
        free(self.items[i]);
    }
    (void)sem_destroy(&self.wake);
    bus_free(self.bus, NULL);
}

/*
 * A token goes round three threads, each of which sends an item with its number before it hands
 * the token on: the order of all senders together is that of the numbers.
 */
typedef struct relay {
    bus *bus;
    atomic_int turn;
    numbered items[RELAYS];
} relay;

typedef struct runner {
    relay *of;
    int first;
} runner;

static void *run_relay(void *userdata)
{
    const runner *self = userdata;

    for (int i = self->first; i < RELAYS; i += 3) {
        while (atomic_load_explicit(&self->of->turn, memory_order_acquire) != i)
            (void)sched_yield();
        self->of->items[i].number = i;
        bus_send(self->of->bus, 0, &self->of->items[i].item);
        atomic_store_explicit(&self->of->turn, i + 1, memory_order_release);
    }
    return NULL;
}

static void later_is_later_for_all_senders(void **state)
{
    relay *self = calloc(1, sizeof *self);
    runner runners[3];
    pthread_t threads[3];
    int next = 0;

    (void)state;
    assert_non_null(self);
    self->bus = bus_local_new(1);
    for (int i = 0; i < 3; i++) {
        runners[i] = (runner){.of = self, .first = i};
        assert_int_equal(pthread_create(&threads[i], NULL, run_relay, &runners[i]), 0);
    }
    while (next < RELAYS) {
        bus_item *item = bus_take(self->bus, 0);

        if (item == NULL)
            (void)sched_yield();
        for (; item != NULL; item = item->next)
            assert_int_equal(((numbered *)item)->number, next++);
    }
    for (int i = 0; i < 3; i++)
        (void)pthread_join(threads[i], NULL);
    bus_free(self->bus, NULL);
    free(self);
}

static void running_out_of_memory_gives_null(void **state)
{
    (void)state;
    alloc_fail_at(1);
    assert_null(bus_local_new(4));
    alloc_fail_reset();
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(items_are_taken_in_order),
        cmocka_unit_test(items_left_are_dropped),
        cmocka_unit_test(each_sender_keeps_its_order),
        cmocka_unit_test(later_is_later_for_all_senders),
        cmocka_unit_test(running_out_of_memory_gives_null),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
