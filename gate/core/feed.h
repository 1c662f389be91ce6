/*
 * Batches on their way: gathered by the owner, committed, read by all shards. One that has been
 * read by all is kept for the next, so that a busy project's batches use the same memory again and
 * again.
 */
#ifndef GATE_CORE_FEED_H
#define GATE_CORE_FEED_H

#include "gate/core/log.h"

typedef struct feed_pool feed_pool;

feed_pool *feed_pool_new(void);

/** It is the log's and that of each of its batches; whoever ends last frees it. Takes NULL. */
void feed_pool_unref(feed_pool *pool);

/** An empty batch of a project. NULL: out of memory. */
feed_item *feed_item_new(feed_pool *pool, const gate_config *config, size_t project, uint64_t epoch,
                         store_done_fn *done);

#endif
