/*
 * Counts by address under one lock. It is taken two or three times in the life of a
 * connection, never for a message.
 */
#include "gate/io/admission.h"

#include <assert.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/num.h"

/* What is counted of one address; the map's pointer holds both numbers. */
typedef struct counts {
    uint32_t unproved;
    uint32_t all;
} counts;

struct admission {
    pthread_mutex_t lock;
    admission_limits limits;
    size_t connections;
    uint64_t refused[ADMISSION_ANSWERS];
    rtmi_map addresses4; /* address -> counts */
    rtmi_map addresses6;
};

/* LIMIT: 64-bit machines only. */
static_assert(sizeof(uintptr_t) >= sizeof(counts), "a pointer holds two numbers");

admission *admission_new(const admission_limits *limits, uint64_t seed)
{
    admission *const self = calloc(1, sizeof *self);

    if (self == NULL)
        return NULL;
    if (pthread_mutex_init(&self->lock, NULL) != 0) {
        free(self);
        return NULL;
    }
    self->limits = *limits;
    rtmi_map_init(&self->addresses4, seed);
    rtmi_map_init(&self->addresses6, rtmi_mix64(seed));
    return self;
}

void admission_free(admission *self)
{
    if (self == NULL)
        return;
    rtmi_map_deinit(&self->addresses4);
    rtmi_map_deinit(&self->addresses6);
    (void)pthread_mutex_destroy(&self->lock);
    free(self);
}

admission_source admission_source_of(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *const v4 = (const void *)address;
        return (admission_source){.key = v4->sin_addr.s_addr, .family = 4};
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *const v6 = (const void *)address;
        const uint8_t *const bytes = v6->sin6_addr.s6_addr;
        uint32_t mapped;

        if (!IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
            return (admission_source){.key = rtmi_load_be64(bytes), .family = 6};
        memcpy(&mapped, bytes + 12, sizeof mapped);
        return (admission_source){.key = mapped, .family = 4};
    }
    return (admission_source){.key = UINT64_MAX, .family = 0};
}

static rtmi_map *map_of(admission *self, admission_source source)
{
    return source.family == 6 ? &self->addresses6 : &self->addresses4;
}

static counts counts_of(admission *self, admission_source source)
{
    const uintptr_t both = (uintptr_t)rtmi_map_get(map_of(self, source), source.key);

    return (counts){.unproved = (uint32_t)(both >> 32), .all = (uint32_t)both};
}

/* To replace or to remove needs no memory. */
static bool set_counts(admission *self, admission_source source, counts what)
{
    const uintptr_t both = (uintptr_t)what.unproved << 32 | what.all;

    if (what.all > 0)
        return rtmi_map_put(map_of(self, source), source.key, (void *)both);
    (void)rtmi_map_remove(map_of(self, source), source.key);
    return true;
}

admission_answer admission_enter(admission *self, admission_source source)
{
    const admission_limits *const limits = &self->limits; /* read under the lock only */
    admission_answer answer = ADMISSION_YES;

    (void)pthread_mutex_lock(&self->lock);
    counts what = counts_of(self, source);
    const counts more = {what.unproved + 1, what.all + 1};
    if (self->connections >= limits->connections)
        answer = ADMISSION_FULL;
    else if (what.unproved >= limits->unproved_per_address)
        answer = ADMISSION_CROWDED;
    else if (limits->per_address > 0 && what.all >= limits->per_address)
        answer = ADMISSION_MANY;
    else if (!set_counts(self, source, more))
        answer = ADMISSION_NO_MEMORY;
    else
        self->connections++;
    self->refused[answer] += answer != ADMISSION_YES;
    (void)pthread_mutex_unlock(&self->lock);
    return answer;
}

void admission_prove(admission *self, admission_source source)
{
    (void)pthread_mutex_lock(&self->lock);
    counts what = counts_of(self, source);
    assert(what.unproved > 0);
    what.unproved--;
    (void)set_counts(self, source, what);
    (void)pthread_mutex_unlock(&self->lock);
}

void admission_leave(admission *self, admission_source source, bool proved)
{
    (void)pthread_mutex_lock(&self->lock);
    counts what = counts_of(self, source);
    assert(what.all > 0 && (proved || what.unproved > 0) && self->connections > 0);
    what.all--;
    what.unproved -= !proved;
    (void)set_counts(self, source, what);
    self->connections--;
    (void)pthread_mutex_unlock(&self->lock);
}

size_t admission_count(admission *self)
{
    (void)pthread_mutex_lock(&self->lock);
    const size_t count = self->connections;
    (void)pthread_mutex_unlock(&self->lock);
    return count;
}

void admission_set_limits(admission *self, const admission_limits *limits)
{
    (void)pthread_mutex_lock(&self->lock);
    self->limits = *limits;
    (void)pthread_mutex_unlock(&self->lock);
}

uint64_t admission_get_refused(admission *self, admission_answer answer)
{
    (void)pthread_mutex_lock(&self->lock);
    const uint64_t count = self->refused[answer];
    (void)pthread_mutex_unlock(&self->lock);
    return count;
}
