/*
 * What the made part of calls_drive uses: a client, what to give, and lines of JSON that tell
 * how each call ended. The program and its reader: test_calls_wire.py.
 */
#ifndef TESTS_PEER_CALLS_DRIVE_H
#define TESTS_PEER_CALLS_DRIVE_H

#include <rtm/rtm.h>

typedef struct drive {
    rtm_client *client;
    const char *call;
    bool is_full;   /* with the optional parameters */
    bool waits;     /* the blocking function */
    bool is_inside; /* in a callback: nothing is awaited */
    bool is_done;
    bool has_fields;
} drive;

typedef struct drive_row {
    const char *call;
    void (*run)(drive *self);
} drive_row;

/** Made of lib/client/calls.txt by make_calls_drive.py. */
extern const drive_row drive_rows[];
extern const size_t drive_row_count;

/** Run the client until an asynchronous call has ended; `r` is what the function returned. */
void drive_await(drive *self, int r);

/** A call has ended: begin its line, then fields, then the end of the line. */
void drive_begin(drive *self, int r, const rtm_error *err);
void drive_int(drive *self, const char *name, int64_t value);
void drive_bool(drive *self, const char *name, bool value);
void drive_bytes(drive *self, const char *name, rtm_bytes value);
void drive_value(drive *self, const char *name, rtm_value value);
void drive_end(drive *self);

/** A sending has ended: its whole line. */
void drive_sent(drive *self, int r, const rtm_error *err, const rtm_sent *sent);
/** The same, as a callback; `userdata` is the drive. */
void drive_got_sent(rtm_client *client, const rtm_error *err, const rtm_sent *sent, void *userdata);
/** A call without content has ended, as a callback. */
void drive_got_done(rtm_client *client, const rtm_error *err, void *userdata);

/** What a callback's error says as a local code: 0, RTM_E_PEER or another. */
int drive_local(const rtm_error *err);

#endif
