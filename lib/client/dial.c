/*
 * A few slots, each with an attempt; which address comes next is decided once, at the begin.
 */
#include "lib/client/dial.h"

#include <errno.h>
#include <string.h>

#include <rtm/error.h>

#include "lib/base/num.h"

void rtmi_dial_init(client_dial *dial, int poller, uint32_t tag, const rtmi_log *log)
{
    *dial = (client_dial){.poller = poller, .tag = tag, .log = log};
    for (size_t i = 0; i < DIAL_SLOT_COUNT; i++)
        dial->slots[i].fd = -1;
}

/* The resolver's order decides which family is first, and the order within each. */
static void put_in_order(client_dial *dial, const rtmi_address *addresses, int count)
{
    bool is_taken[RTMI_ADDRESS_COUNT] = {false};

    for (int n = 0; n < count; n++) {
        int pick = -1;
        for (int i = 0; i < count && n > 0; i++) {
            if (!is_taken[i] &&
                addresses[i].any.sa_family != dial->addresses[n - 1].any.sa_family) {
                pick = i;
                break;
            }
        }
        for (int i = 0; i < count && pick < 0; i++) {
            if (!is_taken[i])
                pick = i;
        }
        is_taken[pick] = true;
        dial->addresses[n] = addresses[pick];
    }
}

void rtmi_dial_begin(client_dial *dial, const rtmi_address *addresses, int count, int64_t total_ms,
                     int64_t now_ms)
{
    put_in_order(dial, addresses, count);
    dial->count = count;
    dial->next = 0;
    dial->next_ms = now_ms;
    dial->share_ms = total_ms * DIAL_SLOT_COUNT / rtmi_max_i64(count, DIAL_SLOT_COUNT);
    dial->reason = RTM_E_CONNECT;
}

void rtmi_dial_event(client_dial *dial, uint32_t slot)
{
    if (slot < DIAL_SLOT_COUNT && dial->slots[slot].fd >= 0)
        dial->slots[slot].is_ready = true;
}

static void note_failed(const client_dial *dial, int address, int error)
{
    char text[RTMI_ADDRESS_TEXT_SIZE];
    char why[128];

    rtmi_address_print(&dial->addresses[address], text);
    rtmi_log_line(dial->log, RTMI_LOG_WARN, "cannot connect to %s: %s", text,
                  strerror_r(error, why, sizeof why));
}

static void end_slot(client_dial *dial, client_dial_slot *slot, bool is_forked)
{
    /* Closing alone would not do where a child process has inherited the socket. */
    if (slot->fd >= 0 && !is_forked)
        (void)rtmi_poller_watch(dial->poller, slot->fd, 0, 0);
    rtmi_fd_close(&slot->fd);
    slot->is_ready = false;
}

void rtmi_dial_stop(client_dial *dial, bool is_forked)
{
    for (size_t i = 0; i < DIAL_SLOT_COUNT; i++)
        end_slot(dial, &dial->slots[i], is_forked);
    dial->next = dial->count;
}

static int win(client_dial *dial, int address, int fd, int *ret_fd)
{
    rtmi_dial_stop(dial, false);
    dial->winner = address;
    *ret_fd = fd;
    return 1;
}

/* Begin with the next address: 1 connected, else 0; a failure leaves the slot free. */
static int begin_next(client_dial *dial, size_t index, int64_t now_ms, int *ret_fd)
{
    client_dial_slot *slot = &dial->slots[index];
    const int address = dial->next++;
    int fd = -1;
    int r = rtmi_socket_connect(&dial->addresses[address], &fd);

    if (r == 1)
        return win(dial, address, fd, ret_fd);
    if (r == 0) {
        r = rtmi_poller_watch(dial->poller, fd, RTMI_POLL_WRITE, (uint64_t)index << 32 | dial->tag);
        if (r == 0) {
            *slot = (client_dial_slot){.fd = fd, .address = address, .begun_ms = now_ms};
            dial->next_ms = now_ms + DIAL_STEP_MS;
            return 0;
        }
    }
    const int error = errno;
    rtmi_fd_close(&fd);
    note_failed(dial, address, error);
    dial->reason = r;
    dial->next_ms = now_ms;
    return 0;
}

/* The slots that the poller has told of: 1 if one of them is connected. */
static int finish_ready(client_dial *dial, int64_t now_ms, int *ret_fd)
{
    for (size_t i = 0; i < DIAL_SLOT_COUNT; i++) {
        client_dial_slot *slot = &dial->slots[i];
        if (!slot->is_ready)
            continue;
        slot->is_ready = false;
        if (rtmi_socket_finish_connect(slot->fd) == 0) {
            const int fd = slot->fd;
            slot->fd = -1;
            return win(dial, slot->address, fd, ret_fd);
        }
        note_failed(dial, slot->address, errno);
        dial->reason = RTM_E_CONNECT;
        dial->next_ms = now_ms;
        end_slot(dial, slot, false);
    }
    return 0;
}

static size_t count_under_way(const client_dial *dial)
{
    size_t count = 0;

    for (size_t i = 0; i < DIAL_SLOT_COUNT; i++)
        count += dial->slots[i].fd >= 0;
    return count;
}

/* A free slot, or that of the oldest attempt. */
static size_t pick_slot(const client_dial *dial)
{
    size_t pick = 0;

    for (size_t i = 0; i < DIAL_SLOT_COUNT; i++) {
        if (dial->slots[i].fd < 0)
            return i;
        if (dial->slots[i].begun_ms < dial->slots[pick].begun_ms)
            pick = i;
    }
    return pick;
}

int64_t rtmi_dial_deadline(const client_dial *dial)
{
    if (dial->next == dial->count)
        return INT64_MAX;
    const client_dial_slot *slot = &dial->slots[pick_slot(dial)];
    if (slot->fd < 0)
        return dial->next_ms;
    return rtmi_max_i64(dial->next_ms, slot->begun_ms + dial->share_ms);
}

int rtmi_dial_step(client_dial *dial, int64_t now_ms, int *ret_fd)
{
    if (finish_ready(dial, now_ms, ret_fd) == 1)
        return 1;
    while (rtmi_dial_deadline(dial) <= now_ms) {
        const size_t index = pick_slot(dial);
        if (dial->slots[index].fd >= 0) {
            note_failed(dial, dial->slots[index].address, ETIMEDOUT);
            end_slot(dial, &dial->slots[index], false);
        }
        if (begin_next(dial, index, now_ms, ret_fd) == 1)
            return 1;
    }
    return dial->next == dial->count && count_under_way(dial) == 0 ? dial->reason : 0;
}

const rtmi_address *rtmi_dial_winner(const client_dial *dial)
{
    return &dial->addresses[dial->winner];
}
