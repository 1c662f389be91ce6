/*
 * A project's directory in RAM: a hash table with chains, sorted when it is read, which happens
 * once at start.
 */
#include "gate/store/directory.h"

#include "gate/store/batch_codec.h"

#include <stdlib.h>
#include <string.h>

typedef struct directory_entry {
    struct directory_entry *next;
    uint64_t hash;
    uint32_t key_len;
    uint32_t value_len;
    uint8_t bytes[]; /* the key, then the value */
} directory_entry;

enum { BUCKETS_MIN = 32 };

static int grow_to(directory *self, size_t count)
{
    size_t bucket_count = self->bucket_count == 0 ? BUCKETS_MIN : self->bucket_count;

    while (bucket_count < count)
        bucket_count *= 2;
    if (bucket_count == self->bucket_count)
        return 0;

    directory_entry **buckets = calloc(bucket_count, sizeof(*buckets));

    if (buckets == NULL)
        return -1;
    for (size_t i = 0; i < self->bucket_count; i++) {
        directory_entry *next;

        for (directory_entry *entry = self->buckets[i]; entry != NULL; entry = next) {
            directory_entry **bucket = &buckets[entry->hash & (bucket_count - 1)];

            next = entry->next;
            entry->next = *bucket;
            *bucket = entry;
        }
    }
    free(self->buckets);
    self->buckets = buckets;
    self->bucket_count = bucket_count;
    return 0;
}

static uint64_t hash_of(const uint8_t *key, size_t len)
{
    return batch_checksum(key, len, 0);
}

static directory_entry *new_entry(const store_batch *batch, const store_change *change)
{
    directory_entry *entry = malloc(sizeof *entry + change->key_len + change->value_len);
    const uint8_t *key = batch->change_bytes + change->key_at;

    if (entry == NULL)
        return NULL;
    entry->hash = hash_of(key, change->key_len);
    entry->key_len = change->key_len;
    entry->value_len = change->value_len;
    memcpy(entry->bytes, key, change->key_len);
    if (change->value_len > 0)
        memcpy(entry->bytes + change->key_len, batch->change_bytes + change->value_at,
               change->value_len);
    return entry;
}

void directory_plan_deinit(directory_plan *self, const store_batch *batch)
{
    if (self->entries == NULL)
        return;
    for (size_t i = 0; i < batch->change_count; i++)
        free(self->entries[i]);
    free(self->entries);
    self->entries = NULL;
}

int directory_prepare(directory *self, const store_batch *batch, directory_plan *ret_plan)
{
    directory_plan plan = {NULL};

    if (batch->change_count > 0) {
        plan.entries = calloc(batch->change_count, sizeof(*plan.entries));
        if (plan.entries == NULL || grow_to(self, self->count + batch->change_count) < 0)
            goto fail;
    }
    for (size_t i = 0; i < batch->change_count; i++) {
        if (batch->changes[i].is_removal)
            continue;
        plan.entries[i] = new_entry(batch, &batch->changes[i]);
        if (plan.entries[i] == NULL)
            goto fail;
    }
    *ret_plan = plan;
    return 0;

fail:
    directory_plan_deinit(&plan, batch);
    return -1;
}

static void take_out(directory *self, const uint8_t *key, size_t key_len)
{
    const uint64_t hash = hash_of(key, key_len);
    directory_entry **link = &self->buckets[hash & (self->bucket_count - 1)];

    for (; *link != NULL; link = &(*link)->next) {
        directory_entry *entry = *link;

        if (entry->hash == hash && entry->key_len == key_len &&
            memcmp(entry->bytes, key, key_len) == 0) {
            *link = entry->next;
            self->count--;
            free(entry);
            return;
        }
    }
}

void directory_change(directory *self, const store_batch *batch, directory_plan *plan)
{
    for (size_t i = 0; i < batch->change_count; i++) {
        const store_change *change = &batch->changes[i];
        directory_entry *entry = plan->entries[i];

        take_out(self, batch->change_bytes + change->key_at, change->key_len);
        if (entry != NULL) {
            directory_entry **bucket = &self->buckets[entry->hash & (self->bucket_count - 1)];

            entry->next = *bucket;
            *bucket = entry;
            self->count++;
        }
    }
    free(plan->entries);
    plan->entries = NULL;
}

static int compare_entries(const void *a, const void *b)
{
    const directory_entry *one = *(directory_entry *const *)a;
    const directory_entry *other = *(directory_entry *const *)b;
    const size_t shared = one->key_len < other->key_len ? one->key_len : other->key_len;
    const int r = memcmp(one->bytes, other->bytes, shared);

    if (r != 0)
        return r;
    return one->key_len < other->key_len ? -1 : one->key_len > other->key_len;
}

int directory_visit(const directory *self, store_entry_fn *visit, void *userdata)
{
    size_t count = 0;

    if (self->count == 0)
        return 0;

    const directory_entry **entries = malloc(self->count * sizeof(*entries));

    if (entries == NULL)
        return -1;
    for (size_t i = 0; i < self->bucket_count; i++) {
        for (const directory_entry *entry = self->buckets[i]; entry != NULL; entry = entry->next)
            entries[count++] = entry;
    }
    qsort(entries, count, sizeof(*entries), compare_entries);
    for (size_t i = 0; i < count; i++) {
        const directory_entry *entry = entries[i];

        if (!visit(entry->bytes, entry->key_len, entry->bytes + entry->key_len, entry->value_len,
                   userdata))
            break;
    }
    free(entries);
    return 0;
}

void directory_deinit(directory *self)
{
    for (size_t i = 0; i < self->bucket_count; i++) {
        directory_entry *next;

        for (directory_entry *entry = self->buckets[i]; entry != NULL; entry = next) {
            next = entry->next;
            free(entry);
        }
    }
    free(self->buckets);
    *self = (directory){0};
}
