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

struct admission {
    pthread_mutex_t lock;
    size_t max_connections;
    size_t max_unproved;
    size_t connections;
    rtmi_map unproved4; /* address -> how many, as the pointer's number */
    rtmi_map unproved6;
};

admission *admission_new(size_t max_connections, size_t max_unproved, uint64_t seed)
{
    admission *const self = calloc(1, sizeof *self);

    if (self == NULL)
        return NULL;
    if (pthread_mutex_init(&self->lock, NULL) != 0) {
        free(self);
        return NULL;
    }
    self->max_connections = max_connections;
    self->max_unproved = max_unproved;
    rtmi_map_init(&self->unproved4, seed);
    rtmi_map_init(&self->unproved6, rtmi_mix64(seed));
    return self;
}

void admission_free(admission *self)
{
    if (self == NULL)
        return;
    rtmi_map_deinit(&self->unproved4);
    rtmi_map_deinit(&self->unproved6);
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
    return source.family == 6 ? &self->unproved6 : &self->unproved4;
}

static size_t unproved_of(admission *self, admission_source source)
{
    return (size_t)(uintptr_t)rtmi_map_get(map_of(self, source), source.key);
}

static bool set_unproved(admission *self, admission_source source, size_t count)
{
    if (count > 0)
        return rtmi_map_put(map_of(self, source), source.key, (void *)(uintptr_t)count);
    (void)rtmi_map_remove(map_of(self, source), source.key);
    return true;
}

admission_answer admission_enter(admission *self, admission_source source)
{
    admission_answer answer = ADMISSION_YES;

    (void)pthread_mutex_lock(&self->lock);
    const size_t unproved = unproved_of(self, source);
    if (self->connections >= self->max_connections)
        answer = ADMISSION_FULL;
    else if (unproved >= self->max_unproved)
        answer = ADMISSION_CROWDED;
    else if (!set_unproved(self, source, unproved + 1))
        answer = ADMISSION_NO_MEMORY;
    else
        self->connections++;
    (void)pthread_mutex_unlock(&self->lock);
    return answer;
}

static void prove_locked(admission *self, admission_source source)
{
    const size_t unproved = unproved_of(self, source);

    assert(unproved > 0);
    (void)set_unproved(self, source, unproved - 1); /* replaces or removes: needs no memory */
}

void admission_prove(admission *self, admission_source source)
{
    (void)pthread_mutex_lock(&self->lock);
    prove_locked(self, source);
    (void)pthread_mutex_unlock(&self->lock);
}

void admission_leave(admission *self, admission_source source, bool proved)
{
    (void)pthread_mutex_lock(&self->lock);
    if (!proved)
        prove_locked(self, source);
    assert(self->connections > 0);
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
