/*
 * Changes are merges of sorted lists into new ones; the old value is replaced only when every
 * part of the new one is there.
 */
#include "lib/session/listen_set.h"

#include <stdlib.h>

#include <rtm/error.h>

#include "lib/base/num.h"
#include "lib/fpnn/pack.h"

static const char *const list_keys[RTMI_LISTEN_LISTS] = {"gids", "rids", "uids"};

void rtmi_listen_value_deinit(rtmi_listen_value *value)
{
    for (size_t i = 0; i < RTMI_LISTEN_LISTS; i++)
        free(value->lists[i].ids);
    *value = (rtmi_listen_value){.event_count = 0};
}

static int ids_copy(const rtmi_ids *from, rtmi_ids *ret)
{
    *ret = (rtmi_ids){NULL, 0};
    if (from->count == 0)
        return 0;
    ret->ids = malloc(from->count * sizeof *ret->ids);
    if (ret->ids == NULL)
        return RTM_E_NOMEM;
    memcpy(ret->ids, from->ids, from->count * sizeof *ret->ids);
    ret->count = from->count;
    return 0;
}

int rtmi_listen_value_copy(const rtmi_listen_value *from, rtmi_listen_value *ret)
{
    rtmi_listen_value copy = *from;
    int r = 0;

    for (size_t i = 0; i < RTMI_LISTEN_LISTS; i++)
        copy.lists[i] = (rtmi_ids){NULL, 0};
    for (size_t i = 0; i < RTMI_LISTEN_LISTS && r == 0; i++)
        r = ids_copy(&from->lists[i], &copy.lists[i]);
    if (r < 0) {
        rtmi_listen_value_deinit(&copy);
        return r;
    }
    *ret = copy;
    return 0;
}

static bool ids_equal(const rtmi_ids *a, const rtmi_ids *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->ids, b->ids, a->count * sizeof *a->ids) == 0);
}

static size_t find_event(const rtmi_listen_value *value, const char *name)
{
    for (size_t i = 0; i < value->event_count; i++) {
        if (strcmp(value->events[i], name) == 0)
            return i;
    }
    return value->event_count;
}

bool rtmi_listen_value_equal(const rtmi_listen_value *a, const rtmi_listen_value *b)
{
    if (a->all != b->all || a->event_count != b->event_count)
        return false;
    for (size_t i = 0; i < RTMI_LISTEN_LISTS; i++) {
        if (!ids_equal(&a->lists[i], &b->lists[i]))
            return false;
    }
    for (size_t i = 0; i < a->event_count; i++) {
        if (find_event(b, a->events[i]) == b->event_count)
            return false;
    }
    return true;
}

bool rtmi_listen_value_is_empty(const rtmi_listen_value *value)
{
    size_t count = value->event_count;

    for (size_t i = 0; i < RTMI_LISTEN_LISTS; i++)
        count += value->lists[i].count;
    return count == 0 && value->all == 0;
}

int rtmi_ids_take(rtmi_ids *list, const int64_t *ids, size_t count, size_t max)
{
    *list = (rtmi_ids){NULL, 0};
    if (count == 0)
        return 0;
    if (count > SIZE_MAX / sizeof *ids)
        return RTM_E_LIMIT;
    int64_t *sorted = malloc(count * sizeof *sorted);
    if (sorted == NULL)
        return RTM_E_NOMEM;
    memcpy(sorted, ids, count * sizeof *sorted);
    const size_t kept = rtmi_sort_unique(sorted, count);
    if (kept > max) {
        free(sorted);
        return RTM_E_LIMIT;
    }
    *list = (rtmi_ids){sorted, kept};
    return 0;
}

int rtmi_listen_value_add_event(rtmi_listen_value *value, const char *name, size_t len)
{
    char text[RTMI_LISTEN_EVENT_SIZE] = {0};

    if (len == 0 || len >= sizeof text || memchr(name, '\0', len) != NULL)
        return RTM_E_INVAL;
    memcpy(text, name, len);
    if (find_event(value, text) < value->event_count)
        return 0;
    if (value->event_count == RTMI_LISTEN_EVENT_COUNT)
        return RTM_E_LIMIT;
    memcpy(value->events[value->event_count++], text, sizeof text);
    return 0;
}

/* Union, or difference when `keep_b` is false. */
static int ids_merge(const rtmi_ids *a, const rtmi_ids *b, bool is_union, rtmi_ids *ret)
{
    size_t i = 0;
    size_t j = 0;
    size_t n = 0;
    const size_t room = a->count + (is_union ? b->count : 0);

    *ret = (rtmi_ids){NULL, 0};
    if (room == 0)
        return 0;
    int64_t *out = malloc(room * sizeof *out);
    if (out == NULL)
        return RTM_E_NOMEM;
    while (i < a->count || (is_union && j < b->count)) {
        while (!is_union && j < b->count && b->ids[j] < a->ids[i])
            j++;
        const bool same = i < a->count && j < b->count && a->ids[i] == b->ids[j];
        if (same && !is_union) {
            i++;
        } else if (j >= b->count || (i < a->count && a->ids[i] <= b->ids[j])) {
            out[n++] = a->ids[i++];
            j += same;
        } else {
            out[n++] = b->ids[j++];
        }
    }
    if (n == 0) {
        free(out);
        out = NULL;
    }
    *ret = (rtmi_ids){out, n};
    return 0;
}

static int apply_list(rtmi_ids *list, const rtmi_listen_op *op, size_t i, size_t max_ids)
{
    const bool has = (op->has & (1u << i)) != 0;
    rtmi_ids next = {NULL, 0};
    int r = 0;

    switch (op->verb) {
    case RTMI_LISTEN_ADD:
    case RTMI_LISTEN_REMOVE:
        if (!has)
            return 0;
        r = ids_merge(list, &op->value.lists[i], op->verb == RTMI_LISTEN_ADD, &next);
        break;
    case RTMI_LISTEN_SET:
        if (has)
            r = ids_copy(&op->value.lists[i], &next);
        break;
    default:
        return 0;
    }
    if (r == 0 && next.count > max_ids) {
        free(next.ids);
        r = RTM_E_LIMIT;
    }
    if (r < 0)
        return r;
    free(list->ids);
    *list = next;
    return 0;
}

static int apply_events(rtmi_listen_value *value, const rtmi_listen_op *op)
{
    int r = 0;

    if (op->verb == RTMI_LISTEN_SET)
        value->event_count = 0;
    if (!(op->has & RTMI_LISTEN_HAS_EVENTS))
        return 0;
    for (size_t i = 0; i < op->value.event_count && r == 0; i++) {
        const char *name = op->value.events[i];
        if (op->verb != RTMI_LISTEN_REMOVE) {
            r = rtmi_listen_value_add_event(value, name, strlen(name));
            continue;
        }
        const size_t at = find_event(value, name);
        if (at < value->event_count) {
            value->event_count--;
            memmove(value->events[at], value->events[at + 1],
                    (value->event_count - at) * sizeof value->events[0]);
        }
    }
    return r;
}

int rtmi_listen_apply(rtmi_listen_value *value, const rtmi_listen_op *op, size_t max_ids)
{
    rtmi_listen_value next;
    int r;

    if (op->verb == RTMI_LISTEN_SET_ALL) {
        value->all = op->value.all;
        return 0;
    }
    r = rtmi_listen_value_copy(value, &next);
    if (r < 0)
        return r;
    for (size_t i = 0; i < RTMI_LISTEN_LISTS && r == 0; i++)
        r = apply_list(&next.lists[i], op, i, max_ids);
    if (r == 0)
        r = apply_events(&next, op);
    if (r < 0) {
        rtmi_listen_value_deinit(&next);
        return r;
    }
    rtmi_listen_value_deinit(value);
    *value = next;
    return 0;
}

const char *rtmi_listen_method(rtmi_listen_verb verb)
{
    switch (verb) {
    case RTMI_LISTEN_ADD:
        return "addlisten";
    case RTMI_LISTEN_REMOVE:
        return "removelisten";
    default:
        return "setlisten";
    }
}

static void encode_list(const rtmi_listen_value *value, size_t i, rtmi_buf *out)
{
    rtmi_pack_key(out, list_keys[i]);
    rtmi_pack_array(out, (uint32_t)value->lists[i].count);
    for (size_t n = 0; n < value->lists[i].count; n++)
        rtmi_pack_int(out, value->lists[i].ids[n]);
}

static void encode_events(const rtmi_listen_value *value, rtmi_buf *out)
{
    rtmi_pack_key(out, "events");
    rtmi_pack_array(out, (uint32_t)value->event_count);
    for (size_t n = 0; n < value->event_count; n++)
        rtmi_pack_str(out, rtmi_span_of_text(value->events[n]));
}

static void encode_all(unsigned all, rtmi_buf *out)
{
    rtmi_pack_key_bool(out, "p2p", all & RTMI_LISTEN_P2P);
    rtmi_pack_key_bool(out, "group", all & RTMI_LISTEN_GROUP);
    rtmi_pack_key_bool(out, "room", all & RTMI_LISTEN_ROOM);
    rtmi_pack_key_bool(out, "ev", all & RTMI_LISTEN_EVENT);
}

uint32_t rtmi_listen_encode_op(const rtmi_listen_op *op, rtmi_buf *out)
{
    uint32_t count = 0;

    if (op->verb == RTMI_LISTEN_SET_ALL) {
        encode_all(op->value.all, out);
        return 4;
    }
    /* A replacement names all lists, so that every reading of "replace" gives the same set. */
    const unsigned has = op->verb == RTMI_LISTEN_SET ? ~0u : op->has;
    for (size_t i = 0; i < RTMI_LISTEN_LISTS; i++) {
        if (has & (1u << i)) {
            encode_list(&op->value, i, out);
            count++;
        }
    }
    if (has & RTMI_LISTEN_HAS_EVENTS) {
        encode_events(&op->value, out);
        count++;
    }
    return count;
}

uint32_t rtmi_listen_encode_value(const rtmi_listen_value *value, bool ask_offsets, rtmi_buf *out)
{
    for (size_t i = 0; i < RTMI_LISTEN_LISTS; i++)
        encode_list(value, i, out);
    encode_events(value, out);
    encode_all(value->all, out);
    if (!ask_offsets)
        return 8;
    rtmi_pack_key(out, "rk");
    rtmi_pack_map(out, 2);
    rtmi_pack_key_int(out, "v", 1);
    rtmi_pack_key_bool(out, "offsets", true);
    return 9;
}
