/*
 * Clients under test: made with short words, run together until a condition holds, and a
 * notebook of all that their callbacks were told. Only the public interface of librtm.
 */
#ifndef TESTS_SUPPORT_LISTENER_H
#define TESTS_SUPPORT_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rtm/rtm.h>

#include "tests/support/peer_script.h"

/** Every wait of a test ends by then, as a failure. */
#define LISTENER_DEADLINE_MS 20000

/** One callback's arguments, copied. */
typedef struct note {
    const char *callback; /* the documented name, as "push_group_chat" */
    rtm_message message;  /* of messages; its texts point to the copies below */
    rtm_event event;      /* of events */
    char msg[64];
    char attrs[64];
    char endpoint[64];
    char name[32];
} note;

typedef struct notebook {
    note *notes;
    size_t count;
    size_t cap;
    int listening; /* -1: not told yet */
    size_t any_count;
    size_t any_duplicates;
} notebook;

void notebook_init(notebook *book);
void notebook_deinit(notebook *book);
void notebook_clear(notebook *book);

/** All callbacks write into `book`. */
void notebook_fill_monitor(notebook *book, rtm_monitor *ret_monitor);

/** A connected client whose callbacks write into `book` (may be NULL). Fails the test. */
rtm_client *client_connected(const char *endpoint, const rtm_client_options *options,
                             notebook *book);

/** The defaults of tests, for options to differ from. */
void client_options(const char *endpoint, rtm_client_options *ret_options);

typedef bool until_fn(void *userdata);

/**
 * Run clients, and look at `far` too, until `is_done` answers true; fails the test, with
 * `what`, when it does not in time. A client that a callback has freed becomes NULL.
 */
void run_until(rtm_client **clients, size_t count, peer *far, until_fn *is_done, void *userdata,
               const char *what);

/** Until the book has `count` notes. */
void run_until_notes(rtm_client **clients, size_t count, peer *far, const notebook *book,
                     size_t note_count);

/** How an asynchronous call has ended. */
typedef struct ending {
    int count;
    bool failed;
    rtm_error error;
    rtm_sent sent;
} ending;

void ending_done(rtm_client *client, const rtm_error *err, void *userdata);
void ending_sent(rtm_client *client, const rtm_error *err, const rtm_sent *sent, void *userdata);
void ending_answer(rtm_client *client, const rtm_error *err, rtm_value answer, void *userdata);

/** Run `client` until `end` has come. */
void run_until_ended(rtm_client *client, peer *far, const ending *end);

#endif
