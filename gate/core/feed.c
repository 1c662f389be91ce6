/*
 * The pool lives until the log and all of its batches have ended, on whatever threads; it keeps one
 * batch, which is exchanged by an atomic pointer.
 */
#include "gate/core/feed.h"

#include <stdlib.h>

#include "gate/core/mail.h"
#include "gate/core/presence.h"

/* Positions in a batch are 32 bits wide; one request never passes this on its own. */
#define BATCH_BYTES_MAX (1024u * 1024 * 1024)
/* Memory of a batch that is kept for the next, at most. */
#define KEPT_MAX (1024u * 1024)

struct feed_pool {
    atomic_size_t refs;
    _Atomic(feed_item *) spare;
};

feed_pool *feed_pool_new(void)
{
    feed_pool *pool = calloc(1, sizeof *pool);

    if (pool == NULL)
        return NULL;
    atomic_init(&pool->refs, 1);
    atomic_init(&pool->spare, NULL);
    return pool;
}

/* The memory of a batch that nobody knows any more. */
static void item_free(feed_item *feed)
{
    if (feed == NULL)
        return;
    free(feed->batch.records);
    free(feed->replies);
    rtmi_buf_deinit(&feed->bytes);
    change_set_deinit(&feed->changes);
    rtmi_buf_deinit(&feed->notices);
    rtmi_buf_deinit(&feed->answers);
    free(feed);
}

void feed_pool_unref(feed_pool *pool)
{
    if (pool == NULL || atomic_fetch_sub(&pool->refs, 1) > 1)
        return;
    item_free(atomic_load(&pool->spare));
    free(pool);
}

static size_t kept_bytes(const feed_item *feed)
{
    return feed->record_cap * sizeof(store_record) + feed->reply_cap * sizeof(feed_reply) +
           feed->bytes.cap + feed->notices.cap + feed->answers.cap;
}

/* Keep it for the next, if none is kept yet. */
static void put_back(feed_pool *pool, feed_item *feed)
{
    feed_item *none = NULL;

    if (kept_bytes(feed) > KEPT_MAX || !atomic_compare_exchange_strong(&pool->spare, &none, feed))
        item_free(feed);
    feed_pool_unref(pool);
}

void feed_item_unref(feed_item *feed)
{
    if (feed == NULL || atomic_fetch_sub(&feed->refs, 1) > 1)
        return;
    if (feed->fed_bytes != NULL)
        atomic_fetch_sub(feed->fed_bytes, feed->cost);
    rtmi_link *link;
    while ((link = rtmi_list_first(&feed->ends)) != NULL) {
        rtmi_list_remove(link);
        free(RTMI_CONTAINER(link, session_end, link));
    }
    change_set_deinit(&feed->changes);
    put_back(feed->pool, feed);
}

/* Empty, with the memory that it had, if it had any. */
static void reset(feed_item *feed, size_t links)
{
    const feed_item had = *feed;

    memset(feed, 0, sizeof *feed + links * sizeof feed->links[0]);
    feed->batch.records = had.batch.records;
    feed->record_cap = had.record_cap;
    feed->replies = had.replies;
    feed->reply_cap = had.reply_cap;
    feed->bytes = had.bytes;
    feed->notices = had.notices;
    feed->answers = had.answers;
    rtmi_buf_clear(&feed->bytes);
    rtmi_buf_clear(&feed->notices);
    rtmi_buf_clear(&feed->answers);
    feed->bytes.max = feed->notices.max = feed->answers.max = BATCH_BYTES_MAX;
}

feed_item *feed_item_new(feed_pool *pool, const gate_config *config, size_t project, uint64_t epoch,
                         store_done_fn *done)
{
    const size_t shards = config->shard_count;
    feed_item *feed = atomic_exchange(&pool->spare, NULL);

    if (feed == NULL)
        feed = calloc(1, sizeof *feed + shards * sizeof feed->links[0]);
    if (feed == NULL)
        return NULL;
    atomic_fetch_add(&pool->refs, 1);
    reset(feed, shards);
    atomic_init(&feed->refs, 1);
    rtmi_list_init(&feed->ends);
    change_set_init(&feed->changes);
    feed->pool = pool;
    feed->committed.kind = MAIL_COMMITTED;
    feed->project = project;
    feed->owner = config->projects[project].owner;
    feed->bus = config->bus;
    feed->mono_us = config->mono_us;
    feed->batch.pid = config->projects[project].pid;
    feed->batch.epoch = epoch;
    feed->batch.done = done;
    feed->batch.userdata = feed;
    for (size_t i = 0; i < shards; i++)
        feed->links[i] = (feed_link){.item = {.kind = MAIL_FEED}, .feed = feed};
    return feed;
}
