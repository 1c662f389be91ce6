/*
 * Keys are big-endian with the sign turned, so that the order of bytes is the order of ids.
 */
#include "gate/core/directory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rtm/codes.h"

enum {
    NAME_MAX_BYTES = 480,
    ENTRY_COST = 32, /* of the allocation and the slot, on top of key and value */
    SET_MAX = 256 << 20
};

/* What one change has replaced. `fresh` is in the map, until an earlier change is undone. */
typedef struct change_undo {
    ordered_entry *old;   /* NULL: there was none; else the set's until the end */
    ordered_entry *fresh; /* NULL: it was a removal */
} change_undo;

struct directory {
    ordered *map;
    size_t bytes;
    size_t max_bytes;
    bool is_broken;
    size_t counts[256]; /* by space */
};

/* ---- keys ---------------------------------------------------------------------------------- */

static void add_id(dir_key *key, int64_t id)
{
    const uint64_t bits = (uint64_t)id ^ (UINT64_C(1) << 63);

    for (int i = 0; i < 8; i++)
        key->bytes[key->len++] = (uint8_t)(bits >> (56 - 8 * i));
}

dir_key dir_key_of(dir_space space)
{
    dir_key key;

    key.len = 1;
    key.bytes[0] = (uint8_t)space;
    return key;
}

dir_key dir_key_id(dir_space space, int64_t id)
{
    dir_key key = dir_key_of(space);

    add_id(&key, id);
    return key;
}

dir_key dir_key_pair(dir_space space, int64_t id, int64_t second)
{
    dir_key key = dir_key_id(space, id);

    add_id(&key, second);
    return key;
}

dir_key dir_key_triple(dir_space space, int64_t id, int64_t second, int64_t third)
{
    dir_key key = dir_key_pair(space, id, second);

    add_id(&key, third);
    return key;
}

dir_key dir_key_name(dir_space space, int64_t id, rtmi_span name)
{
    dir_key key = dir_key_id(space, id);
    const size_t len = name.len < NAME_MAX_BYTES ? name.len : NAME_MAX_BYTES;

    if (len > 0)
        memcpy(key.bytes + key.len, name.data, len);
    key.len += len;
    return key;
}

dir_key dir_key_copy(rtmi_span key)
{
    dir_key copy;

    assert(key.len <= sizeof copy.bytes);
    copy.len = key.len;
    memcpy(copy.bytes, key.data, key.len);
    return copy;
}

int64_t dir_key_get_id(rtmi_span key, size_t place)
{
    uint64_t bits = 0;

    assert(key.len >= 1 + 8 * (place + 1));
    for (size_t i = 0; i < 8; i++)
        bits = bits << 8 | key.data[1 + 8 * place + i];
    return (int64_t)(bits ^ (UINT64_C(1) << 63));
}

rtmi_span dir_key_get_name(rtmi_span key, size_t ids)
{
    const size_t at = 1 + 8 * ids;

    return key.len <= at ? (rtmi_span){NULL, 0} : (rtmi_span){key.data + at, key.len - at};
}

dir_int dir_int_of(int64_t number)
{
    dir_int value;

    for (int i = 0; i < 8; i++)
        value.bytes[i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
    return value;
}

int64_t dir_int_get(rtmi_span value)
{
    uint64_t bits = 0;

    if (value.len != 8)
        return 0;
    for (size_t i = 0; i < 8; i++)
        bits = bits << 8 | value.data[i];
    return (int64_t)bits;
}

static rtmi_span span_of(const dir_key *key)
{
    return (rtmi_span){key->bytes, key->len};
}

/* ---- sets of changes ----------------------------------------------------------------------- */

void change_set_init(change_set *set)
{
    *set = (change_set){.undo = NULL};
    rtmi_buf_init(&set->rows, SET_MAX);
    rtmi_buf_init(&set->bytes, SET_MAX);
}

void change_set_deinit(change_set *set)
{
    for (size_t i = 0; i < set->undo_count; i++)
        free(set->undo[i].old);
    free(set->undo);
    rtmi_buf_deinit(&set->rows);
    rtmi_buf_deinit(&set->bytes);
    change_set_init(set);
}

change_mark change_set_mark(const change_set *set)
{
    return (change_mark){rtmi_buf_len(&set->rows), rtmi_buf_len(&set->bytes), set->undo_count};
}

/* Room for one undo, and the row of a change that is to be stored. */
static bool note(change_set *set, rtmi_span key, rtmi_span value, bool is_removal)
{
    if (set->undo_count == set->undo_cap) {
        const size_t cap = set->undo_cap == 0 ? 8 : set->undo_cap * 2;
        change_undo *grown = realloc(set->undo, cap * sizeof *grown);
        if (grown == NULL)
            return false;
        set->undo = grown;
        set->undo_cap = cap;
    }
    if (key.data[0] >= DIR_VOLATILE)
        return true;
    const size_t bytes = rtmi_buf_len(&set->bytes);
    const size_t rows = rtmi_buf_len(&set->rows);
    const store_change row = {.key_at = (uint32_t)bytes,
                              .key_len = (uint32_t)key.len,
                              .value_at = (uint32_t)(bytes + key.len),
                              .value_len = (uint32_t)value.len,
                              .is_removal = is_removal};
    rtmi_buf_append_span(&set->bytes, key);
    rtmi_buf_append_span(&set->bytes, value);
    rtmi_buf_append(&set->rows, &row, sizeof row);
    if (set->bytes.error == 0 && set->rows.error == 0)
        return true;
    rtmi_buf_rewind(&set->bytes, bytes);
    rtmi_buf_rewind(&set->rows, rows);
    return false;
}

/* ---- the map ------------------------------------------------------------------------------- */

directory *directory_new(size_t max_bytes)
{
    directory *self = calloc(1, sizeof *self);

    if (self != NULL) {
        self->max_bytes = max_bytes;
        self->map = ordered_new();
    }
    if (self == NULL || self->map == NULL) {
        free(self);
        return NULL;
    }
    return self;
}

void directory_free(directory *self)
{
    if (self == NULL)
        return;
    ordered_free(self->map);
    free(self);
}

static size_t cost_of(const ordered_entry *entry)
{
    return entry == NULL ? 0 : ENTRY_COST + entry->key_len + entry->value_len;
}

/* The map holds `fresh` now and not `old` any more. */
static void account(directory *self, const ordered_entry *old, const ordered_entry *fresh)
{
    const uint8_t space = fresh != NULL ? fresh->bytes[0] : old->bytes[0];

    self->bytes += cost_of(fresh);
    self->bytes -= cost_of(old);
    self->counts[space] += fresh != NULL;
    self->counts[space] -= old != NULL;
}

bool directory_load(directory *self, rtmi_span key, rtmi_span value)
{
    ordered_entry *fresh = ordered_entry_new(key, value);
    ordered_entry *old;

    if (fresh == NULL || !ordered_put(self->map, fresh, &old)) {
        free(fresh);
        return false;
    }
    account(self, old, fresh);
    free(old);
    return true;
}

bool directory_get(const directory *self, const dir_key *key, rtmi_span *ret_value)
{
    const ordered_entry *entry = ordered_get(self->map, span_of(key));

    if (entry != NULL)
        *ret_value = ordered_entry_value(entry);
    return entry != NULL;
}

bool directory_has(const directory *self, const dir_key *key)
{
    return ordered_get(self->map, span_of(key)) != NULL;
}

bool directory_is_until(const directory *self, const dir_key *key, int64_t now_s)
{
    rtmi_span value;

    if (!directory_get(self, key, &value))
        return false;
    const int64_t until_s = dir_int_get(value);
    return until_s == 0 || until_s > now_s;
}

size_t directory_count(const directory *self, const dir_key *prefix)
{
    return ordered_count(self->map, span_of(prefix));
}

size_t directory_space_count(const directory *self, dir_space space)
{
    return self->counts[space];
}

dir_walk directory_walk(const directory *self, const dir_key *prefix)
{
    return directory_walk_from(self, prefix, prefix);
}

dir_walk directory_walk_from(const directory *self, const dir_key *prefix, const dir_key *from)
{
    return (dir_walk){self, ordered_seek(self->map, span_of(from)), *prefix};
}

static bool begins_with(const ordered_entry *entry, const dir_key *prefix)
{
    return entry->key_len >= prefix->len && memcmp(entry->bytes, prefix->bytes, prefix->len) == 0;
}

bool dir_walk_next(dir_walk *walk, rtmi_span *ret_key, rtmi_span *ret_value)
{
    const ordered_entry *entry = ordered_next(walk->of->map, &walk->at);

    if (entry == NULL || !begins_with(entry, &walk->prefix))
        return false;
    *ret_key = ordered_entry_key(entry);
    *ret_value = ordered_entry_value(entry);
    return true;
}

int directory_put(directory *self, change_set *set, const dir_key *key, rtmi_span value)
{
    const change_mark mark = change_set_mark(set);
    ordered_entry *old = NULL;

    if (self->is_broken)
        return RTMI_RC_UNKNOWN_ERROR;
    if (self->bytes + ENTRY_COST + key->len + value.len > self->max_bytes)
        return RTMI_RC_LARGE_DATA;
    ordered_entry *fresh = ordered_entry_new(span_of(key), value);
    if (fresh == NULL || !note(set, span_of(key), value, false)) {
        free(fresh);
        return RTMI_RC_UNKNOWN_ERROR;
    }
    if (!ordered_put(self->map, fresh, &old)) {
        rtmi_buf_rewind(&set->rows, mark.rows);
        rtmi_buf_rewind(&set->bytes, mark.bytes);
        free(fresh);
        return RTMI_RC_UNKNOWN_ERROR;
    }
    set->undo[set->undo_count++] = (change_undo){.old = old, .fresh = fresh};
    account(self, old, fresh);
    return 0;
}

int directory_remove(directory *self, change_set *set, const dir_key *key)
{
    if (self->is_broken)
        return RTMI_RC_UNKNOWN_ERROR;
    if (!directory_has(self, key))
        return 0;
    if (!note(set, span_of(key), (rtmi_span){NULL, 0}, true))
        return RTMI_RC_UNKNOWN_ERROR;
    ordered_entry *old = ordered_take(self->map, span_of(key));
    set->undo[set->undo_count++] = (change_undo){.old = old, .fresh = NULL};
    account(self, old, NULL);
    return 0;
}

int directory_clear(directory *self, change_set *set, const dir_key *prefix)
{
    ordered_at place = ordered_seek(self->map, span_of(prefix));

    if (self->is_broken)
        return RTMI_RC_UNKNOWN_ERROR;
    for (;;) {
        ordered_at next = place;
        const ordered_entry *entry = ordered_next(self->map, &next);
        if (entry == NULL || !begins_with(entry, prefix))
            return 0;
        if (!note(set, ordered_entry_key(entry), (rtmi_span){NULL, 0}, true))
            return RTMI_RC_UNKNOWN_ERROR;
        ordered_entry *old = ordered_take_at(self->map, &place);
        set->undo[set->undo_count++] = (change_undo){.old = old, .fresh = NULL};
        account(self, old, NULL);
    }
}

static void undo(directory *self, const change_undo *row)
{
    ordered_entry *gone = NULL;

    if (self->is_broken) {
        free(row->old); /* what earlier changes have put may not be there, so nothing is touched */
        return;
    }
    if (row->old == NULL) {
        gone = ordered_take(self->map, ordered_entry_key(row->fresh));
    } else if (!ordered_put(self->map, row->old, &gone)) {
        self->is_broken = true;
        free(row->old);
        return;
    }
    assert(gone == row->fresh);
    account(self, row->fresh, row->old);
    free(gone);
}

void directory_rewind(directory *self, change_set *set, change_mark mark)
{
    while (set->undo_count > mark.undo)
        undo(self, &set->undo[--set->undo_count]);
    rtmi_buf_rewind(&set->rows, mark.rows);
    rtmi_buf_rewind(&set->bytes, mark.bytes);
}

bool directory_is_broken(const directory *self)
{
    return self->is_broken;
}

size_t directory_bytes(const directory *self)
{
    return self->bytes;
}
