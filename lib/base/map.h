/*
 * A map from 64-bit keys to pointers: open addressing, at most half full, grown by doubling.
 * Keys come from peers, so each map hashes with a seed of its own.
 */
#ifndef RTMI_BASE_MAP_H
#define RTMI_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rtmi_map_slot {
    uint64_t key;
    void *value; /* NULL: empty */
} rtmi_map_slot;

typedef struct rtmi_map {
    rtmi_map_slot *slots;
    uint32_t cap; /* 0, or a power of two. LIMIT: 2^31, and half as many keys */
    uint32_t count;
    uint64_t seed;
} rtmi_map;

void rtmi_map_init(rtmi_map *map, uint64_t seed);
void rtmi_map_deinit(rtmi_map *map);

/** The value under a key, or NULL. */
void *rtmi_map_get(const rtmi_map *map, uint64_t key);

/** Put a value (not NULL) under a key, replacing what is there. False: out of memory. */
bool rtmi_map_put(rtmi_map *map, uint64_t key, void *value);

/** Remove a key; returns what was there, or NULL. */
void *rtmi_map_remove(rtmi_map *map, uint64_t key);

/**
 * Walk: start with *at = 0; NULL ends it. Removing or putting during a walk is not allowed.
 */
void *rtmi_map_next(const rtmi_map *map, size_t *at, uint64_t *ret_key);

#endif
