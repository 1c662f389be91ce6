/*
 * The bus between the shards of one process. A mailbox is a stack of items: a sender pushes
 * with one compare-and-swap, the shard takes the whole stack with one exchange and turns it
 * round. Nothing is ever popped alone, so an address that comes again (the ABA of such stacks)
 * does no harm. The order of the swaps is the order of the items for all senders together.
 *
 * Only the sender that finds the mailbox empty wakes the shard. If it is slow to do so, items
 * of others wait with its own; none is forgotten, since who empties the mailbox takes all.
 */
#include "gate/bus/bus.h"

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

enum { CACHE_LINE = 64 };

/* One line each, so that senders to one shard do not slow those to another. */
typedef struct mailbox {
    alignas(CACHE_LINE) _Atomic(bus_item *) newest;
    bus_wake_fn *wake;
    void *userdata;
} mailbox;

struct bus {
    size_t shard_count;
    mailbox *mailboxes;
};

bus *bus_local_new(size_t shard_count)
{
    if (shard_count == 0 || shard_count > SIZE_MAX / sizeof(mailbox))
        return NULL;

    bus *self = calloc(1, sizeof *self);

    if (self == NULL)
        return NULL;
    self->shard_count = shard_count;
    self->mailboxes = aligned_alloc(CACHE_LINE, shard_count * sizeof *self->mailboxes);
    if (self->mailboxes == NULL) {
        free(self);
        return NULL;
    }
    for (size_t i = 0; i < shard_count; i++) {
        atomic_init(&self->mailboxes[i].newest, NULL);
        self->mailboxes[i].wake = NULL;
        self->mailboxes[i].userdata = NULL;
    }
    return self;
}

void bus_free(bus *self, void (*drop)(bus_item *item))
{
    if (self == NULL)
        return;
    for (size_t i = 0; drop != NULL && i < self->shard_count; i++) {
        bus_item *next;

        for (bus_item *item = bus_take(self, i); item != NULL; item = next) {
            next = item->next;
            drop(item);
        }
    }
    free(self->mailboxes);
    free(self);
}

static mailbox *mailbox_of(const bus *self, size_t shard)
{
    assert(shard < self->shard_count);
    return &self->mailboxes[shard];
}

void bus_set_wake(bus *self, size_t shard, bus_wake_fn *wake, void *userdata)
{
    mailbox *box = mailbox_of(self, shard);

    box->wake = wake;
    box->userdata = userdata;
}

size_t bus_shard_count(const bus *self)
{
    return self->shard_count;
}

void bus_send(bus *self, size_t shard, bus_item *item)
{
    mailbox *box = mailbox_of(self, shard);
    bus_item *newest = atomic_load_explicit(&box->newest, memory_order_relaxed);

    do
        item->next = newest;
    while (!atomic_compare_exchange_weak_explicit(&box->newest, &newest, item, memory_order_release,
                                                  memory_order_relaxed));
    /* From here on the item is the shard's. */
    if (newest == NULL && box->wake != NULL)
        box->wake(box->userdata);
}

bus_item *bus_take(bus *self, size_t shard)
{
    mailbox *box = mailbox_of(self, shard);
    bus_item *item;
    bus_item *oldest = NULL;

    /* Asked in every turn of a loop: an empty mailbox costs no write to a shared line. */
    if (atomic_load_explicit(&box->newest, memory_order_relaxed) == NULL)
        return NULL;
    item = atomic_exchange_explicit(&box->newest, NULL, memory_order_acquire);
    while (item != NULL) {
        bus_item *older = item->next;

        item->next = oldest;
        oldest = item;
        item = older;
    }
    return oldest;
}
