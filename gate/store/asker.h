/*
 * Who answers questions of a store: a thread that takes them one after another, and brings the
 * index up to date in between, when much has gathered or nothing came for a second.
 */
#ifndef GATE_STORE_ASKER_H
#define GATE_STORE_ASKER_H

#include "gate/store/store.h"

#include <pthread.h>

/** What a store does for it; one call at a time. */
typedef struct asker_work {
    /** Bring a project's index up to what is committed. 0 or -1. */
    int (*catch_up)(void *userdata, int32_t pid, char *reterr_text, size_t text_size);
    /** Catch up and fill in ask->answer. */
    void (*answer)(void *userdata, store_ask *ask);
    void *userdata;
} asker_work;

typedef struct asker {
    asker_work work;
    pthread_mutex_t work_mutex; /* whoever works with the index; taken before the other */

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t cond;
    store_ask *first_ask;
    store_ask *last_ask;
    int32_t *pids; /* of the open projects */
    size_t pid_count;
    size_t pid_cap;
    int64_t lag; /* records that were committed and perhaps not indexed, about */
    bool is_closing;
    bool is_in_background; /* catching up because nobody asked */

    int made; /* how far the opening came */
    pthread_t thread;
} asker;

/** Its thread is not started yet. 0, or -1 when out of memory. */
int asker_init(asker *self, const asker_work *work);

/** Start the thread. 0 or -1. */
int asker_start(asker *self);

/** Answer what waits and end the thread. Safe on one that is all zero or half made. */
void asker_stop(asker *self);

/** After asker_stop(). Safe on one that is all zero or half made. */
void asker_deinit(asker *self);

/** A project was opened; its index is brought up to date. 0, or -1 when out of memory. */
int asker_add_project(asker *self, int32_t pid);

/** Any thread. */
void asker_ask(asker *self, store_ask *ask);

/** So many records were committed. Any thread. */
void asker_note_commit(asker *self, size_t record_count);

/** Bring a project's index up to date, on the caller's thread. 0 or -1. */
int asker_catch_up(asker *self, int32_t pid, char *reterr_text, size_t text_size);

/** Whether what catches up now should end early: nobody asked for it, and the store closes. */
bool asker_is_ending(asker *self);

#endif
