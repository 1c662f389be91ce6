/*
 * Linear probing with backward shift on removal: no tombstones, so lookups stay short however
 * often keys come and go.
 */
#include "lib/base/map.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/num.h"

#define MAP_CAP_FIRST 2 /* most maps of connections hold a key or two */
#define MAP_CAP_MAX (UINT32_C(1) << 31)

static size_t slot_of(const rtmi_map *map, uint64_t key)
{
    return (size_t)rtmi_mix64(key ^ map->seed) & (map->cap - 1);
}

void rtmi_map_init(rtmi_map *map, uint64_t seed)
{
    *map = (rtmi_map){.seed = seed};
}

void rtmi_map_deinit(rtmi_map *map)
{
    free(map->slots);
    *map = (rtmi_map){.seed = map->seed};
}

/* The slot that holds the key, or the empty one where it would go. */
static rtmi_map_slot *find(const rtmi_map *map, uint64_t key)
{
    size_t at = slot_of(map, key);

    while (map->slots[at].value != NULL && map->slots[at].key != key)
        at = (at + 1) & (map->cap - 1);
    return &map->slots[at];
}

void *rtmi_map_get(const rtmi_map *map, uint64_t key)
{
    return map->count == 0 ? NULL : find(map, key)->value;
}

static bool grow(rtmi_map *map)
{
    rtmi_map bigger = {.cap = map->cap == 0 ? MAP_CAP_FIRST : map->cap * 2,
                       .count = map->count,
                       .seed = map->seed};

    if (map->cap == MAP_CAP_MAX)
        return false;
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (bigger.slots == NULL)
        return false;
    for (uint32_t i = 0; i < map->cap; i++) {
        if (map->slots[i].value != NULL)
            *find(&bigger, map->slots[i].key) = map->slots[i];
    }
    free(map->slots);
    *map = bigger;
    return true;
}

bool rtmi_map_put(rtmi_map *map, uint64_t key, void *value)
{
    assert(value != NULL);
    if (map->count > 0) {
        rtmi_map_slot *held = find(map, key);
        if (held->value != NULL) {
            held->value = value;
            return true;
        }
    }
    if ((uint64_t)map->count * 2 >= map->cap && !grow(map))
        return false;
    *find(map, key) = (rtmi_map_slot){.key = key, .value = value};
    map->count++;
    return true;
}

void *rtmi_map_remove(rtmi_map *map, uint64_t key)
{
    if (map->count == 0)
        return NULL;
    rtmi_map_slot *held = find(map, key);
    void *value = held->value;
    if (value == NULL)
        return NULL;
    map->count--;

    /* Close the hole: pull back each follower that may stand in it. */
    size_t hole = (size_t)(held - map->slots);
    size_t at = hole;
    for (;;) {
        at = (at + 1) & (map->cap - 1);
        if (map->slots[at].value == NULL)
            break;
        const size_t home = slot_of(map, map->slots[at].key);
        if (((at - home) & (map->cap - 1)) >= ((at - hole) & (map->cap - 1))) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole].value = NULL;
    return value;
}

void *rtmi_map_next(const rtmi_map *map, size_t *at, uint64_t *ret_key)
{
    while (*at < map->cap) {
        const rtmi_map_slot *slot = &map->slots[(*at)++];
        if (slot->value != NULL) {
            if (ret_key != NULL)
                *ret_key = slot->key;
            return slot->value;
        }
    }
    return NULL;
}
