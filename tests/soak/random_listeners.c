/*
 * Listeners. Each listen call asks for `rk`, so its answer tells behind which offset it is in
 * force, and what a listener has to hear is exact.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/soak/random_model.h"

static const hears *now_of(const peer *at)
{
    return at->hearings[at->hearing_count - 1].set;
}

static void add_hearing(peer *at, hears *set, int64_t offset)
{
    at->hearings = realloc(at->hearings, (at->hearing_count + 1) * sizeof *at->hearings);
    if (at->hearings == NULL)
        abort();
    at->hearings[at->hearing_count++] = (hearing){offset, set};
}

static void pack_ids(rtmi_buf *out, const char *key, uint32_t bits, int64_t first)
{
    rtmi_pack_key(out, key);
    rtmi_pack_array(out, (uint32_t)__builtin_popcount(bits));
    for (int i = 0; i < 32; i++) {
        if ((bits >> i & 1) != 0)
            rtmi_pack_int(out, first + i);
    }
}

static void pack_lists(const model *self, rtmi_buf *out, const hears *set)
{
    static const char *const names[2] = {"login", "logout"};
    uint32_t count = 0;

    pack_ids(out, "gids", set->gids, gid_of(0));
    pack_ids(out, "rids", set->rids, rid_of(0));
    for (int i = 0; i < self->user_count; i++)
        count += set->uids[i];
    rtmi_pack_key(out, "uids");
    rtmi_pack_array(out, count);
    for (int i = 0; i < self->user_count; i++) {
        if (set->uids[i])
            rtmi_pack_int(out, uid_of(i));
    }
    rtmi_pack_key(out, "events");
    rtmi_pack_array(out, (uint32_t)set->events[0] + set->events[1]);
    for (int i = 0; i < 2; i++) {
        if (set->events[i])
            rtmi_pack_str(out, rtmi_span_of_text(names[i]));
    }
}

/* `method` is about `lists`; the listener will hear `set` then, which is taken. */
static void listen(model *self, peer *at, const char *method, const hears *lists, hears *set,
                   bool asks_offsets)
{
    const bool is_whole = strcmp(method, "setlisten") == 0;
    pending *op = peer_begin(self, at, is_whole ? OP_RELISTEN : OP_LISTEN);

    op->set = set;
    rtmi_buf *out = wire_begin(&at->wire, method, is_whole ? 9 : 5, true);
    pack_lists(self, out, lists);
    if (is_whole) {
        rtmi_pack_key_bool(out, "p2p", lists->all[0]);
        rtmi_pack_key_bool(out, "group", lists->all[1]);
        rtmi_pack_key_bool(out, "room", lists->all[2]);
        rtmi_pack_key_bool(out, "ev", lists->all[3]);
    }
    rtmi_pack_key(out, "rk");
    rtmi_pack_map(out, asks_offsets ? 2 : 1);
    rtmi_pack_key_int(out, "v", 1);
    if (asks_offsets)
        rtmi_pack_key_bool(out, "offsets", true);
    peer_end(at, op);
    model_trace(self, op, false, 0);
    peer_flush(self, at);
}

static uint32_t some_bits(model *self, int count, int percent)
{
    uint32_t bits = 0;

    for (int i = 0; i < count; i++)
        bits |= (uint32_t)chance(self, percent) << i;
    return bits;
}

static hears *some(model *self, int percent, bool with_all)
{
    hears *set = make(1, sizeof *set);

    set->gids = some_bits(self, GROUPS, percent);
    set->rids = some_bits(self, ROOMS, percent);
    for (int i = 0; i < self->user_count; i++)
        set->uids[i] = chance(self, percent / 2);
    for (int i = 0; i < 2; i++)
        set->events[i] = chance(self, percent);
    for (int i = 0; with_all && i < 4; i++)
        set->all[i] = chance(self, 20);
    return set;
}

void listeners_open(model *self, int at, bool is_witness)
{
    peer *opened = peer_open(self, ROLE_LISTENER);
    hears *set = is_witness ? make(1, sizeof *set) : some(self, 15, true);

    for (int i = 0; is_witness && i < 4; i++)
        set->all[i] = true;
    self->listeners[at] = opened;
    add_hearing(opened, make(1, sizeof *set), 0);
    opened->has_offsets = is_witness || chance(self, 50);
    listen(self, opened, "setlisten", set, set, opened->has_offsets);
    if (is_witness)
        self->witness = opened;
}

static void combine(hears *into, const hears *with, bool adds, int users)
{
    into->gids = adds ? into->gids | with->gids : into->gids & ~with->gids;
    into->rids = adds ? into->rids | with->rids : into->rids & ~with->rids;
    for (int i = 0; i < users; i++)
        into->uids[i] = with->uids[i] ? adds : into->uids[i];
    for (int i = 0; i < 2; i++)
        into->events[i] = with->events[i] ? adds : into->events[i];
}

void listeners_act(model *self)
{
    const int which = 1 + roll(self, self->listener_count - 1);
    peer *at = self->listeners[which];
    const int dice = roll(self, 100);

    if (at->pending_count > 0) /* one change at a time */
        return;
    if (dice < 4) {
        at->ending = CUT;
        peer_close(self, at);
        listeners_open(self, which, false);
    } else if (dice < 30) {
        hears *set = some(self, 15, true);
        listen(self, at, "setlisten", set, set, false);
    } else {
        hears *lists = some(self, 10, false);
        hears *set = make(1, sizeof *set);
        *set = *now_of(at);
        combine(set, lists, dice < 65, self->user_count);
        listen(self, at, dice < 65 ? "addlisten" : "removelisten", lists, set, false);
        free(lists);
    }
}

void listeners_ask_position(model *self, peer *at)
{
    hears none;
    memset(&none, 0, sizeof none);
    pending *op = peer_begin(self, at, OP_POSITION);
    rtmi_buf *out = wire_begin(&at->wire, "addlisten", 5, true);

    pack_lists(self, out, &none);
    rtmi_pack_key(out, "rk");
    rtmi_pack_map(out, 1);
    rtmi_pack_key_int(out, "v", 1);
    peer_end(at, op);
    peer_flush(self, at);
}

void listeners_answered(model *self, peer *at, const pending *op, int code,
                        const rtmi_payload *answer)
{
    rtmi_span bytes;
    rtmi_payload rk;
    int64_t head;

    MUST(self, code == 0, "%s: %d", op_names[op->op], code);
    MUST(self,
         rtmi_payload_find(answer, "rk", &bytes) && rtmi_payload_open(bytes, &rk) == 0 &&
             rtmi_payload_get_int(&rk, "head", &head) == 1,
         "a listen call is answered without rk");
    MUST(self, head >= at->position, "a listener's position moves back");
    at->position = head;
    if (op->set != NULL)
        add_hearing(at, op->set, head);
}
