/*
 * The bus: how the shards of a gate talk. Two verbs carry everything: to_owner(project), and
 * the project's feed, which the owner publishes to every shard with interest.
 *
 * bus/local joins the shards of one process: each has a mailbox into which any thread puts
 * items and from which only the shard takes. Items of one sender arrive in the order of
 * sending; an item that is put after another was put (by whatever thread) is taken after it.
 */
#ifndef GATE_BUS_BUS_H
#define GATE_BUS_BUS_H

#include <stddef.h>
#include <stdint.h>

typedef struct bus bus;

/** What travels: embedded first in the sender's own struct, which names its kind. */
typedef struct bus_item {
    struct bus_item *next;
    int kind; /* the core's business */
} bus_item;

/** Makes a shard's loop call bus_take() soon. Called from any thread; must not block. */
typedef void bus_wake_fn(void *userdata);

/** The bus of one process. Returns NULL when out of memory. */
bus *bus_local_new(size_t shard_count);

/** Free it; items left in mailboxes are handed to `drop`, which may be NULL. */
void bus_free(bus *self, void (*drop)(bus_item *item));

/** Set how a shard is woken; before anything is sent to it. */
void bus_set_wake(bus *self, size_t shard, bus_wake_fn *wake, void *userdata);

size_t bus_shard_count(const bus *self);

/** Put an item into a shard's mailbox and wake it. Any thread. Ownership moves. */
void bus_send(bus *self, size_t shard, bus_item *item);

/** Take all items of the shard's own mailbox, oldest first, linked by `next`; NULL if none. */
bus_item *bus_take(bus *self, size_t shard);

#endif
