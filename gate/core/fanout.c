/*
 * Blocks, arenas and queues; see the header for the idea, and bench/fanout for why.
 */
#include "gate/core/fanout.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/num.h"
#include "lib/fpnn/frame.h"

#define BLOCK_LARGE (256u * 1024)
#define BLOCK_SMALL (16u * 1024)
#define POOL_LARGE_MAX 16
#define POOL_SMALL_MAX 256
#define POOL_ROWS_MAX 1024
#define SEGMENTS_FIRST 4

/** What a queue begins with, and the list of those that are not in use. */
union segment_row {
    segment segments[SEGMENTS_FIRST];
    union segment_row *next;
};

static block *block_new(block_pool *pool, size_t size)
{
    block *b = NULL;
    size_t cap = size;

    if (size <= BLOCK_SMALL) {
        cap = BLOCK_SMALL;
        b = pool->small;
        if (b != NULL) {
            pool->small = b->next_free;
            pool->small_count--;
        }
    } else if (size <= BLOCK_LARGE) {
        cap = BLOCK_LARGE;
        b = pool->large;
        if (b != NULL) {
            pool->large = b->next_free;
            pool->large_count--;
        }
    }
    if (b == NULL) {
        b = malloc(sizeof *b + cap);
        if (b == NULL)
            return NULL;
        b->cap = cap;
    }
    b->refs = 1;
    b->used = 0;
    b->next_free = NULL;
    return b;
}

static void block_unref(block_pool *pool, block *b)
{
    if (--b->refs > 0)
        return;
    if (b->cap == BLOCK_SMALL && pool->small_count < POOL_SMALL_MAX) {
        b->next_free = pool->small;
        pool->small = b;
        pool->small_count++;
    } else if (b->cap == BLOCK_LARGE && pool->large_count < POOL_LARGE_MAX) {
        b->next_free = pool->large;
        pool->large = b;
        pool->large_count++;
    } else {
        free(b);
    }
}

static void free_all(block *b)
{
    while (b != NULL) {
        block *next = b->next_free;
        free(b);
        b = next;
    }
}

void block_pool_deinit(block_pool *pool)
{
    free_all(pool->large);
    free_all(pool->small);
    while (pool->rows != NULL) {
        union segment_row *next = pool->rows->next;
        free(pool->rows);
        pool->rows = next;
    }
    *pool = (block_pool){.large = NULL};
}

void arena_init(arena *self, block_pool *pool)
{
    self->pool = pool;
    self->current = NULL;
}

void arena_deinit(arena *self)
{
    if (self->current != NULL)
        block_unref(self->pool, self->current);
    self->current = NULL;
}

bool arena_put(arena *self, rtmi_span bytes, piece *ret_piece)
{
    block *b = self->current;

    if (b == NULL || b->cap - b->used < bytes.len) {
        block *fresh = block_new(self->pool, bytes.len > BLOCK_LARGE ? bytes.len : BLOCK_LARGE);
        if (fresh == NULL)
            return false;
        if (b != NULL)
            block_unref(self->pool, b);
        self->current = b = fresh;
    }
    memcpy(b->data + b->used, bytes.data, bytes.len);
    *ret_piece = (piece){.block = b, .from = b->used, .to = b->used + bytes.len};
    b->used += bytes.len;
    return true;
}

void outq_init(outq *queue)
{
    *queue = (outq){.segments = NULL};
}

/* Give up the memory of a queue without segments. */
static void give_back(outq *queue, block_pool *pool)
{
    union segment_row *const row = (union segment_row *)(void *)queue->segments;

    if (queue->cap == SEGMENTS_FIRST && pool->row_count < POOL_ROWS_MAX) {
        row->next = pool->rows;
        pool->rows = row;
        pool->row_count++;
    } else {
        free(row);
    }
    *queue = (outq){.segments = NULL};
}

void outq_deinit(outq *queue, block_pool *pool)
{
    for (size_t i = queue->first; i < queue->count; i++)
        block_unref(pool, queue->segments[i].block);
    give_back(queue, pool);
}

/* Twice the room. False: out of memory. */
static bool grow(outq *queue, block_pool *pool)
{
    if (queue->cap == 0 && pool->rows != NULL) {
        queue->segments = pool->rows->segments;
        pool->rows = pool->rows->next;
        pool->row_count--;
        queue->cap = SEGMENTS_FIRST;
        return true;
    }
    const uint32_t cap = queue->cap == 0 ? SEGMENTS_FIRST : queue->cap * 2;
    segment *segments = realloc(queue->segments, cap * sizeof *segments);
    if (segments == NULL)
        return false;
    queue->segments = segments;
    queue->cap = cap;
    return true;
}

/* A place for one more segment behind the last. */
static segment *add_segment(outq *queue, block_pool *pool)
{
    if (queue->count == queue->cap && queue->first > 0) {
        const uint32_t live = queue->count - queue->first;
        memmove(queue->segments, queue->segments + queue->first, live * sizeof *queue->segments);
        queue->first = 0;
        queue->count = live;
    }
    if (queue->count == queue->cap && !grow(queue, pool))
        return NULL;
    return &queue->segments[queue->count++];
}

static segment *last_segment(const outq *queue)
{
    return queue->count > queue->first ? &queue->segments[queue->count - 1] : NULL;
}

/* Room for `len` bytes at the end of a block of the connection's own. */
static segment *own_room(outq *queue, block_pool *pool, size_t len)
{
    segment *last = last_segment(queue);

    if (last != NULL && last->is_own && last->block->cap - last->block->used >= len)
        return last;
    block *b = block_new(pool, len > BLOCK_SMALL ? len : BLOCK_SMALL);
    if (b == NULL)
        return NULL;
    last = add_segment(queue, pool);
    if (last == NULL) {
        block_unref(pool, b);
        return NULL;
    }
    *last = (segment){.block = b, .is_own = true};
    return last;
}

static void own_append(segment *own, const uint8_t *data, size_t len)
{
    memcpy(own->block->data + own->block->used, data, len);
    own->block->used += len;
    own->to = own->block->used;
}

/*
 * Something else follows the last segment: if that is a short run nothing of which has been
 * written, copy it, so that the pieces of a write stay few. Failing to is no error.
 */
static void close_run(outq *queue, block_pool *pool)
{
    segment *last = last_segment(queue);

    if (last == NULL || last->is_own || last->from != last->start ||
        last->to - last->from >= FANOUT_COPY_BELOW)
        return;
    const segment run = *last;
    const size_t len = run.to - run.from;
    queue->count--;
    segment *own = own_room(queue, pool, len);
    if (own == NULL) {
        queue->count++; /* it still stands there: own_room() changed nothing */
        return;
    }
    own_append(own, run.block->data + run.from, len);
    own->pushes += run.pushes;
    block_unref(pool, run.block);
}

bool outq_push(outq *queue, block_pool *pool, const piece *pushes, size_t count)
{
    segment *last = last_segment(queue);
    const size_t len = pushes->to - pushes->from;

    if (last != NULL && last->block == pushes->block && last->to == pushes->from && !last->is_own) {
        last->to = pushes->to;
    } else {
        close_run(queue, pool);
        last = add_segment(queue, pool);
        if (last == NULL)
            return false;
        *last = (segment){
            .block = pushes->block, .start = pushes->from, .from = pushes->from, .to = pushes->to};
        pushes->block->refs++;
    }
    last->pushes += (uint32_t)count;
    queue->pushes += (uint32_t)count;
    queue->bytes += len;
    return true;
}

bool outq_put(outq *queue, block_pool *pool, rtmi_span bytes)
{
    size_t room;
    uint8_t *const to = outq_reserve(queue, pool, bytes.len, &room);

    if (to == NULL)
        return false;
    memcpy(to, bytes.data, bytes.len);
    outq_commit(queue, bytes.len);
    return true;
}

uint8_t *outq_reserve(outq *queue, block_pool *pool, size_t len, size_t *ret_room)
{
    close_run(queue, pool);
    const segment *own = own_room(queue, pool, len);

    if (own == NULL)
        return NULL;
    *ret_room = own->block->cap - own->block->used;
    return own->block->data + own->block->used;
}

void outq_commit(outq *queue, size_t len)
{
    segment *own = last_segment(queue);

    own->block->used += len;
    own->to = own->block->used;
    queue->bytes += len;
}

size_t outq_peek(const outq *queue, rtmi_span *ret_pieces, size_t max)
{
    size_t n = 0;

    for (size_t i = queue->first; i < queue->count && n < max; i++) {
        const segment *s = &queue->segments[i];
        if (s->to > s->from)
            ret_pieces[n++] = (rtmi_span){s->block->data + s->from, s->to - s->from};
    }
    return n;
}

void outq_sent(outq *queue, block_pool *pool, size_t len)
{
    assert(len <= queue->bytes);
    queue->bytes -= len;
    while (queue->first < queue->count) {
        segment *s = &queue->segments[queue->first];
        const size_t part = rtmi_min_size(len, s->to - s->from);
        s->from += part;
        len -= part;
        if (s->from < s->to)
            return;
        queue->pushes -= s->pushes;
        block_unref(pool, s->block);
        queue->first++;
    }
    assert(queue->bytes == 0);
    give_back(queue, pool);
}

/* Where a shedding stands. */
typedef struct shedding {
    size_t bytes_wanted;
    size_t pushes_wanted;
    size_t bytes;
    size_t pushes;
} shedding;

static bool is_enough(const shedding *shed)
{
    return shed->bytes >= shed->bytes_wanted && shed->pushes >= shed->pushes_wanted;
}

/*
 * Walk one segment: copy what stays of its front into `kept`, skip pushes while not enough has
 * gone, and leave in the segment what lies behind. Own packages are well formed. The package
 * that is half written is copied whole, so that the next walk finds its beginning.
 */
static void shed_segment(segment *s, shedding *shed, segment *kept)
{
    size_t at = s->start;

    while (at < s->to && !is_enough(shed)) {
        rtmi_package package;
        const rtmi_span rest = {s->block->data + at, s->to - at};
        if (rtmi_frame_decode(rest, SIZE_MAX, &package) != 1)
            break;
        const size_t end = at + package.size;
        const bool is_push = package.kind != RTMI_FRAME_ANSWER;
        if (is_push)
            s->pushes--;
        if (end > s->from) {
            const bool is_begun = s->from > at;
            if (is_push && !is_begun) {
                shed->bytes += package.size;
                shed->pushes++;
            } else {
                memcpy(kept->block->data + kept->to, s->block->data + at, package.size);
                kept->from += is_begun ? s->from - at : 0;
                kept->to += package.size;
                kept->pushes += is_push;
            }
            s->from = end;
        }
        at = end;
    }
    s->start = at;
}

size_t outq_shed(outq *queue, block_pool *pool, size_t bytes, size_t pushes)
{
    shedding shed = {.bytes_wanted = bytes, .pushes_wanted = pushes};
    segment kept = {.is_own = true};
    uint32_t i;

    if (queue->bytes == 0)
        return 0;
    /* What stays of the front is at most all: room first, so that nothing can fail later. */
    const segment *front = &queue->segments[queue->first];
    kept.block = block_new(pool, queue->bytes + (front->from - front->start));
    if (kept.block == NULL)
        return 0;
    if (add_segment(queue, pool) == NULL) {
        block_unref(pool, kept.block);
        return 0;
    }
    queue->count--;

    for (i = queue->first; i < queue->count && !is_enough(&shed); i++) {
        segment *s = &queue->segments[i];
        queue->pushes -= s->pushes;
        shed_segment(s, &shed, &kept);
        queue->pushes += s->pushes;
        if (s->from < s->to)
            break; /* the rest of this one stays */
    }
    queue->bytes -= shed.bytes;
    for (uint32_t n = queue->first; n < i; n++)
        block_unref(pool, queue->segments[n].block);
    queue->first = i;

    kept.block->used = kept.to;
    if (kept.to == 0) {
        block_unref(pool, kept.block);
    } else {
        if (queue->first == 0) {
            memmove(queue->segments + 1, queue->segments, queue->count * sizeof *queue->segments);
            queue->count++;
            queue->first++;
        }
        queue->segments[--queue->first] = kept;
        queue->pushes += kept.pushes;
    }
    if (queue->first == queue->count)
        give_back(queue, pool);
    return shed.pushes;
}
