/*
 * Messages and events that outlive their callback. An item is one block: the public struct, the
 * receipt of the push, and the bytes that the struct's views point to. Items are ended on any
 * thread; the receipt belongs to the session, so an ended item travels to the client's thread
 * through the hub. The hub outlives the client while somebody holds an item.
 */
#include "lib/client/delivery.h"

#include <stdlib.h>
#include <string.h>

#include "lib/client/client_impl.h"

struct client_hub {
    pthread_mutex_t lock;
    unsigned fork_generation;
    size_t refs;        /* items, and the client */
    rtm_client *client; /* NULL: gone */
    client_item *done;  /* newest first */
};

_Thread_local client_current rtmi_current;

int rtmi_hub_new(rtm_client *client, client_hub **ret_hub)
{
    client_hub *hub = calloc(1, sizeof *hub);

    if (hub == NULL)
        return RTM_E_NOMEM;
    if (pthread_mutex_init(&hub->lock, NULL) != 0) {
        free(hub);
        return RTM_E_SYSTEM;
    }
    hub->fork_generation = rtmi_fork_generation();
    hub->refs = 1;
    hub->client = client;
    *ret_hub = hub;
    return 0;
}

/* One reference less, with the lock held, which is let go. */
static void unlock_and_unref(client_hub *hub)
{
    const size_t left = --hub->refs;

    (void)pthread_mutex_unlock(&hub->lock);
    if (left > 0)
        return;
    (void)pthread_mutex_destroy(&hub->lock);
    free(hub);
}

static void free_item(client_item *item)
{
    client_hub *hub = item->hub;

    free(item);
    (void)pthread_mutex_lock(&hub->lock);
    unlock_and_unref(hub);
}

static client_item *take_done(client_hub *hub)
{
    client_item *newest;
    client_item *oldest = NULL;

    (void)pthread_mutex_lock(&hub->lock);
    newest = hub->done;
    hub->done = NULL;
    (void)pthread_mutex_unlock(&hub->lock);
    while (newest != NULL) {
        client_item *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

void rtmi_hub_collect(client_hub *hub)
{
    for (client_item *item = take_done(hub); item != NULL;) {
        client_item *next = item->next;
        rtmi_item_end_now(item, item->end);
        item = next;
    }
}

void rtmi_hub_leave(client_hub *hub, bool is_forked)
{
    if (hub == NULL || is_forked)
        return; /* a thread of the parent may have held the lock: it is left as it is */
    (void)pthread_mutex_lock(&hub->lock);
    hub->client = NULL;
    (void)pthread_mutex_unlock(&hub->lock);
    rtmi_hub_collect(hub);
    (void)pthread_mutex_lock(&hub->lock);
    unlock_and_unref(hub);
}

static client_item *new_item(client_hub *hub, size_t size)
{
    client_item *item = malloc(size);

    if (item == NULL)
        return NULL;
    memset(item, 0, sizeof *item);
    item->size = size;
    item->hub = hub;
    (void)pthread_mutex_lock(&hub->lock);
    hub->refs++;
    (void)pthread_mutex_unlock(&hub->lock);
    return item;
}

/* Copy bytes to `*at`, which moves on. */
static rtm_bytes copy_bytes(char **at, rtm_bytes bytes)
{
    const rtm_bytes copy = {*at, bytes.len};

    if (bytes.len > 0)
        memcpy(*at, bytes.data, bytes.len);
    *at += bytes.len;
    return copy;
}

size_t rtmi_item_size_of_message(const rtm_message *message)
{
    return sizeof(client_item) + message->msg.len + message->attrs.len + 1;
}

size_t rtmi_item_size_of_event(const rtm_event *event)
{
    return sizeof(client_item) + event->event.len + event->endpoint.len + event->data.len + 1;
}

client_item *rtmi_item_of_message(client_hub *hub, const rtm_message *message)
{
    client_item *item = new_item(hub, rtmi_item_size_of_message(message));

    if (item == NULL)
        return NULL;
    char *at = item->data;
    item->message = *message;
    item->message.msg = copy_bytes(&at, message->msg);
    item->message.attrs = copy_bytes(&at, message->attrs);
    return item;
}

client_item *rtmi_item_of_event(client_hub *hub, const rtm_event *event)
{
    client_item *item = new_item(hub, rtmi_item_size_of_event(event));

    if (item == NULL)
        return NULL;
    char *at = item->data;
    item->is_event = true;
    item->event = *event;
    item->event.event = copy_bytes(&at, event->event);
    item->event.endpoint = copy_bytes(&at, event->endpoint);
    item->event.data = copy_bytes(&at, event->data);
    return item;
}

void rtmi_item_end_now(client_item *item, rtmi_receipt_end end)
{
    if (item->has_receipt)
        rtmi_receipt_done(&item->receipt, end);
    free_item(item);
}

void rtmi_item_end(client_item *item, rtmi_receipt_end end)
{
    client_hub *hub = item->hub;

    if (hub->fork_generation != rtmi_fork_generation()) {
        free(item);
        return;
    }
    (void)pthread_mutex_lock(&hub->lock);
    if (hub->client != NULL && item->has_receipt) {
        item->end = end;
        item->next = hub->done;
        hub->done = item;
        rtm_client_wakeup(hub->client);
        (void)pthread_mutex_unlock(&hub->lock);
        return;
    }
    unlock_and_unref(hub);
    free(item);
}

/* Keep the message or event of the callback that runs on this thread. */
static int keep(rtm_client *client, const void *what, bool is_event, client_item **ret_item)
{
    client_item *current = rtmi_current.item;
    client_item *item;
    const bool is_manual = client->answer_mode == RTM_ANSWER_MANUAL;
    /* Both members of the union begin where the item does. */
    const bool is_workers = current != NULL && what == (const void *)&current->message;

    if (!is_workers && (client->at_hand == NULL || client->at_hand != what))
        return RTM_E_INVAL;
    if (is_workers && is_manual && !rtmi_current.is_taken) {
        rtmi_current.is_taken = true;
        *ret_item = current;
        return 0;
    }
    item =
        is_event ? rtmi_item_of_event(client->hub, what) : rtmi_item_of_message(client->hub, what);
    if (item == NULL)
        return RTM_E_NOMEM;
    if (!is_workers && is_manual) {
        item->has_receipt = true;
        rtmi_session_keep(client->session, &item->receipt, false);
        client->is_at_hand_kept = true;
    }
    *ret_item = item;
    return 0;
}

int rtm_message_keep(rtm_client *client, const rtm_message *message, rtm_message **ret_kept)
{
    client_item *item;
    int r = rtmi_client_check(client);

    if (r < 0)
        return r;
    if (message == NULL || ret_kept == NULL)
        return RTM_E_INVAL;
    r = keep(client, message, false, &item);
    if (r == 0)
        *ret_kept = &item->message;
    return r;
}

int rtm_event_keep(rtm_client *client, const rtm_event *event, rtm_event **ret_kept)
{
    client_item *item;
    int r = rtmi_client_check(client);

    if (r < 0)
        return r;
    if (event == NULL || ret_kept == NULL)
        return RTM_E_INVAL;
    r = keep(client, event, true, &item);
    if (r == 0)
        *ret_kept = &item->event;
    return r;
}

void rtm_message_done(rtm_message *kept)
{
    if (kept != NULL)
        rtmi_item_end(RTMI_CONTAINER(kept, client_item, message), RTMI_RECEIPT_HANDLED);
}

void rtm_event_done(rtm_event *kept)
{
    if (kept != NULL)
        rtmi_item_end(RTMI_CONTAINER(kept, client_item, event), RTMI_RECEIPT_HANDLED);
}
