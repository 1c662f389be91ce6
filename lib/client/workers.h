/*
 * What the client needs of its workers.
 */
#ifndef RTMI_CLIENT_WORKERS_H
#define RTMI_CLIENT_WORKERS_H

#include <rtm/delivery.h>

/** Hand over what the session has just decoded, for `fn`. On the client's thread. */
void rtmi_workers_take_message(rtm_workers *workers, const rtm_message *message,
                               rtm_message_fn *fn);
void rtmi_workers_take_event(rtm_workers *workers, const rtm_event *event, rtm_event_fn *fn);

/** Whether the client should not read, as the policy has it. */
bool rtmi_workers_is_full(rtm_workers *workers);

/** Delivered so far; waiting or in a callback now. */
void rtmi_workers_count(rtm_workers *workers, uint64_t *ret_delivered, uint64_t *ret_queued);

/** The client goes: stop, wait for the callbacks that run, drop what waits, free. */
void rtmi_workers_end(rtm_workers *workers);

#endif
