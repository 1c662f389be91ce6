/*
 * Messages and events that outlive their callback: copies with the receipt of their push, which
 * any thread may end.
 */
#ifndef RTMI_CLIENT_DELIVERY_H
#define RTMI_CLIENT_DELIVERY_H

#include <pthread.h>

#include <rtm/delivery.h>

#include "lib/base/list.h"
#include "lib/session/session.h"

/** Where other threads put what they are done with. Outlives the client while items do. */
typedef struct client_hub client_hub;

/** A copy of a message or event. The public pointer is that of the union. */
typedef struct client_item {
    union {
        rtm_message message;
        rtm_event event;
    };
    rtmi_receipt receipt;
    rtmi_receipt_end end;
    client_hub *hub;
    struct client_item *next; /* in the hub */
    rtmi_link link;           /* in the queue of a worker */
    rtmi_link age_link;       /* among all that wait, oldest first */
    size_t size;              /* in memory */
    bool is_event;
    bool has_receipt;
    union {
        rtm_message_fn *message_fn;
        rtm_event_fn *event_fn;
    };
    void *userdata;
    char data[];
} client_item;

/** 0, RTM_E_NOMEM or RTM_E_SYSTEM. */
int rtmi_hub_new(rtm_client *client, client_hub **ret_hub);

/** The client goes, and its session is gone. With `is_forked` nothing is locked. */
void rtmi_hub_leave(client_hub *hub, bool is_forked);

/** End the receipts of all items that were handed back since. On the client's thread. */
void rtmi_hub_collect(client_hub *hub);

/** Copies without a receipt; NULL when out of memory. On the client's thread, or a worker's. */
client_item *rtmi_item_of_message(client_hub *hub, const rtm_message *message);
client_item *rtmi_item_of_event(client_hub *hub, const rtm_event *event);

/** The bytes that such a copy takes. */
size_t rtmi_item_size_of_message(const rtm_message *message);
size_t rtmi_item_size_of_event(const rtm_event *event);

/** Done with an item, on any thread: it goes back to the client's, which ends the receipt. */
void rtmi_item_end(client_item *item, rtmi_receipt_end end);

/** The same on the client's own thread, at once. */
void rtmi_item_end_now(client_item *item, rtmi_receipt_end end);

/** The item whose callback runs on this thread, a worker's. */
typedef struct client_current {
    client_item *item; /* NULL: none, or no worker. Gone already if it is_taken, and done with */
    const client_hub *hub; /* of its client; NULL: none */
    bool is_taken;         /* rtm_message_keep() has made it the user's */
} client_current;

extern _Thread_local client_current rtmi_current;

#endif
