/*
 * Listening: addlisten, removelisten, setlisten; and rkgetlisten, which reads it.
 *
 * The state is the connection's: four switches and four lists, two blocks that do not touch
 * each other. Everything is read and checked before anything is changed, and changed before the
 * answer is queued: what is sent after the answer is not missed.
 *
 * Protocol: RTM section 2.1; our extension `rk`: docs/extensions.md.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <rtm/error.h>

#include "gate/core/shard_impl.h"
#include "gate/ops/ops.h"
#include "lib/base/num.h"
#include "lib/fpnn/payload.h"
#include "lib/rtm/codes.h"

/* The lists of one quest, read. */
typedef struct lists {
    int64_t *ids[LISTEN_CLASSES];
    size_t count[LISTEN_CLASSES];
    bool has[LISTEN_CLASSES];
    bool has_events;
    unsigned events;
} lists;

static const size_t list_params[LISTEN_CLASSES] = {
    [LISTEN_GIDS] = RTMI_P_LISTEN_GIDS,
    [LISTEN_RIDS] = RTMI_P_LISTEN_RIDS,
    [LISTEN_UIDS] = RTMI_P_LISTEN_UIDS,
};

static void lists_free(lists *what)
{
    for (size_t i = 0; i < LISTEN_CLASSES; i++)
        free(what->ids[i]);
}

/* One event name; unknown ones are refused, so that a misspelling is not silence. */
static bool take_event(op *quest, const rtmi_token *token, unsigned *events)
{
    rtmi_span name;

    if (rtmi_token_get_bytes(token, &name)) {
        if (rtmi_span_is(name, "login")) {
            *events |= 1u << LISTEN_LOGIN;
            return true;
        }
        if (rtmi_span_is(name, "logout")) {
            *events |= 1u << LISTEN_LOGOUT;
            return true;
        }
    }
    op_answer_error(quest, RTMI_RC_INVALID_PARAMETER,
                    "%s: parameter events: only login and logout are known", quest->method->name);
    return false;
}

static bool read_events(op *quest, lists *what)
{
    const op_arg *arg = &quest->args[RTMI_P_LISTEN_EVENTS];
    const bool is_map = arg->token.type == RTMI_PACK_MAP;
    rtmi_cursor in = rtmi_cursor_of(arg->raw);
    rtmi_token token;
    size_t count = 1;

    if (is_map || arg->token.type == RTMI_PACK_ARRAY) {
        count = arg->token.count;
        (void)rtmi_pack_read(&in, &token);
    }
    for (size_t i = 0; i < count; i++) {
        if (rtmi_pack_read(&in, &token) < 0 || !take_event(quest, &token, &what->events))
            return false;
        if (is_map)
            (void)rtmi_pack_skip(&in);
    }
    return true;
}

/* False: an error has been answered; what was read is freed. */
static bool read_lists(op *quest, lists *what)
{
    *what = (lists){.events = 0};
    for (size_t i = 0; i < LISTEN_CLASSES; i++) {
        what->has[i] = quest->args[list_params[i]].is_present;
        if (what->has[i] && !op_read_ids(quest, list_params[i], &what->ids[i], &what->count[i])) {
            lists_free(what);
            return false;
        }
    }
    what->has_events = quest->args[RTMI_P_LISTEN_EVENTS].is_present;
    if (what->has_events && !read_events(quest, what)) {
        lists_free(what);
        return false;
    }
    return true;
}

/* Whether what the lists lead to stays within the limit; else an error has been answered. */
static bool check_limit(op *quest, const lists *what, bool is_added)
{
    const size_t max = quest->shard->config->max_listen_ids;

    for (size_t i = 0; i < LISTEN_CLASSES; i++) {
        const rtmi_map *held = &quest->conn->listening.ids[i];
        size_t total = is_added ? held->count : what->count[i];
        for (size_t n = 0; is_added && n < what->count[i]; n++)
            total += rtmi_map_get(held, (uint64_t)what->ids[i][n]) == NULL;
        if (total > max) {
            op_answer_error(quest, RTMI_RC_TOO_MANY_ITEMS,
                            "%s: %s would hold %zu ids, more than the %zu allowed",
                            quest->method->name, quest->method->params[list_params[i]].key, total,
                            max);
            return false;
        }
    }
    return true;
}

static bool add_lists(op *quest, const lists *what)
{
    listeners *to = &op_project(quest)->listeners;

    for (size_t i = 0; i < LISTEN_CLASSES; i++) {
        for (size_t n = 0; n < what->count[i]; n++) {
            if (!listeners_add(to, quest->conn, i, what->ids[i][n]))
                return false;
        }
    }
    return true;
}

/* A set that is half changed must not stay: the connection ends, and with it the set. */
static void out_of_memory(op *quest)
{
    shard_cut(quest->shard, quest->conn, "out of memory for a listen set");
}

/* `rk` of addlisten and removelisten: only the version may stand in it. */
static bool check_small_rk(op *quest)
{
    const op_arg *rk = &quest->args[RTMI_P_LISTEN_RK];
    rtmi_payload map;
    rtmi_span ignored;

    if (!rk->is_present || rtmi_payload_open(rk->raw, &map) < 0 || map.count == 0 ||
        (map.count == 1 && rtmi_payload_find(&map, "v", &ignored)))
        return true;
    op_answer_error(quest, RTMI_RC_INVALID_PARAMETER,
                    "%s: rk: more than v needs a setlisten with four lists and four switches",
                    quest->method->name);
    return false;
}

/* Where the connection stands in the log: all behind it will be pushed. */
static void put_position(op *quest, rtmi_buf *out)
{
    const shard_project *project = op_project(quest);
    const store_state *state = &project->conf->state;
    char epoch[17];
    char from[17 + 1 + RTMI_INT_TEXT_SIZE];

    (void)snprintf(epoch, sizeof epoch, "%016" PRIx64, state->epoch);
    (void)snprintf(from, sizeof from, "%s:%" PRId64, epoch, project->fed_offset);
    rtmi_pack_key_str(out, "epoch", rtmi_span_of_text(epoch));
    rtmi_pack_key_int(out, "head", project->fed_offset);
    rtmi_pack_key_int(out, "tail", atomic_load(&project->conf->live->tail));
    rtmi_pack_key_str(out, "from", rtmi_span_of_text(from));
}

/* {} or, to a peer that speaks our extensions, {rk: {…}}. */
static void answer(op *quest)
{
    if (!quest->args[RTMI_P_LISTEN_RK].is_present) {
        op_answer_empty(quest);
        return;
    }
    rtmi_buf *out = op_answer_begin(quest);
    rtmi_pack_map(out, 1);
    rtmi_pack_key(out, "rk");
    rtmi_pack_map(out, 6);
    rtmi_pack_key_int(out, "v", 1);
    put_position(quest, out);
    rtmi_pack_key(out, "in_force");
    rtmi_pack_map(out, 1);
    rtmi_pack_key_bool(out, "offsets", quest->conn->listening.wants_offsets);
    op_answer_end(quest);
}

void ops_addlisten(op *quest)
{
    lists what;

    if (!check_small_rk(quest) || !read_lists(quest, &what))
        return;
    if (check_limit(quest, &what, true)) {
        if (add_lists(quest, &what) &&
            listeners_set_events(&op_project(quest)->listeners, quest->conn,
                                 quest->conn->listening.events | what.events))
            answer(quest);
        else
            out_of_memory(quest);
    }
    lists_free(&what);
}

void ops_removelisten(op *quest)
{
    listeners *from = &op_project(quest)->listeners;
    lists what;

    if (!check_small_rk(quest) || !read_lists(quest, &what))
        return;
    for (size_t i = 0; i < LISTEN_CLASSES; i++) {
        for (size_t n = 0; n < what.count[i]; n++)
            listeners_remove(from, quest->conn, i, what.ids[i][n]);
    }
    (void)listeners_set_events(from, quest->conn, quest->conn->listening.events & ~what.events);
    answer(quest);
    lists_free(&what);
}

/* What a setlisten asks of our extensions; false: an error has been answered. */
static bool read_rk(op *quest, bool is_complete, bool *ret_offsets)
{
    const op_arg *rk = &quest->args[RTMI_P_LISTEN_RK];
    rtmi_payload map;
    int64_t version;
    rtmi_span from = {NULL, 0};

    *ret_offsets = quest->conn->listening.wants_offsets;
    if (!rk->is_present || rtmi_payload_open(rk->raw, &map) < 0)
        return true;
    if (rtmi_payload_get_int(&map, "v", &version) != 1 || version < 1) {
        op_answer_error(quest, RTMI_RC_INVALID_PARAMETER, "setlisten: rk.v must be 1");
        return false;
    }
    if (map.count > 1 && !is_complete) {
        op_answer_error(quest, RTMI_RC_INVALID_PARAMETER,
                        "setlisten: rk: more than v needs four lists and four switches");
        return false;
    }
    if (rtmi_payload_get_bytes(&map, "from", &from) != 0 && !rtmi_span_is(from, "head")) {
        op_answer_error(quest, RTMI_RC_INVALID_PARAMETER,
                        "setlisten: rk.from: this gate starts at head only");
        return false;
    }
    if (rtmi_payload_get_bool(&map, "offsets", ret_offsets) < 0) {
        op_answer_error(quest, RTMI_RC_INVALID_PARAMETER,
                        "setlisten: rk.offsets must be true or false");
        return false;
    }
    return true;
}

/* The switches of a quest; how many of the four stand in it. */
static size_t read_switches(const op *quest, unsigned *ret_all)
{
    static const struct {
        size_t param;
        unsigned bit;
    } switches[] = {
        {RTMI_P_LISTEN_P2P, 1u << LISTEN_ALL_P2P},
        {RTMI_P_LISTEN_GROUP, 1u << LISTEN_ALL_GROUP},
        {RTMI_P_LISTEN_ROOM, 1u << LISTEN_ALL_ROOM},
        {RTMI_P_LISTEN_EV, 1u << LISTEN_ALL_EVENT},
    };
    size_t count = 0;

    *ret_all = 0;
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        const op_arg *arg = &quest->args[switches[i].param];
        if (!arg->is_present)
            continue;
        count++;
        if (arg->token.boolean)
            *ret_all |= switches[i].bit;
    }
    return count;
}

static bool replace_lists(op *quest, const lists *what)
{
    listeners *to = &op_project(quest)->listeners;

    for (size_t i = 0; i < LISTEN_CLASSES; i++)
        listeners_clear(to, quest->conn, i);
    return add_lists(quest, what) && listeners_set_events(to, quest->conn, what->events);
}

void ops_setlisten(op *quest)
{
    unsigned all;
    bool offsets;
    lists what;

    const size_t switch_count = read_switches(quest, &all);
    if (!read_lists(quest, &what))
        return;
    size_t list_count = what.has_events;
    for (size_t i = 0; i < LISTEN_CLASSES; i++)
        list_count += what.has[i];
    const bool is_complete = list_count == LISTEN_CLASSES + 1 && switch_count == LISTEN_ALLS;
    if (!check_limit(quest, &what, false) || !read_rk(quest, is_complete, &offsets)) {
        lists_free(&what);
        return;
    }
    /* Each block that is present is replaced; a quest with neither clears both. */
    const bool is_bare = list_count == 0 && switch_count == 0;
    bool ok = true;
    if (list_count > 0 || is_bare)
        ok = replace_lists(quest, &what);
    if (ok && (switch_count > 0 || is_bare))
        ok = listeners_set_all(&op_project(quest)->listeners, quest->conn, all);
    quest->conn->listening.wants_offsets = offsets;
    if (ok)
        answer(quest);
    else
        out_of_memory(quest);
    lists_free(&what);
}

/* One list of ids, sorted. False: out of memory. */
static bool put_ids(const rtmi_map *held, const char *key, rtmi_buf *out)
{
    int64_t *ids = malloc((held->count + 1) * sizeof *ids);
    uint64_t id;
    size_t at = 0;
    size_t count = 0;

    if (ids == NULL)
        return false;
    while (rtmi_map_next(held, &at, &id) != NULL)
        ids[count++] = (int64_t)id;
    count = rtmi_sort_unique(ids, count);
    rtmi_pack_key(out, key);
    rtmi_pack_array(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        rtmi_pack_int(out, ids[i]);
    free(ids);
    return true;
}

static void put_events(unsigned events, rtmi_buf *out)
{
    static const char *const names[LISTEN_EVENTS] = {
        [LISTEN_LOGIN] = "login", [LISTEN_LOGOUT] = "logout"};
    uint32_t count = 0;

    for (size_t i = 0; i < LISTEN_EVENTS; i++)
        count += (events >> i) & 1;
    rtmi_pack_key(out, "events");
    rtmi_pack_array(out, count);
    for (size_t i = 0; i < LISTEN_EVENTS; i++) {
        if (((events >> i) & 1) != 0)
            rtmi_pack_str(out, rtmi_span_of_text(names[i]));
    }
}

void ops_rkgetlisten(op *quest)
{
    static const char *const keys[LISTEN_CLASSES] = {
        [LISTEN_GIDS] = "gids", [LISTEN_RIDS] = "rids", [LISTEN_UIDS] = "uids"};
    static const char *const switches[LISTEN_ALLS] = {[LISTEN_ALL_P2P] = "p2p",
                                                      [LISTEN_ALL_GROUP] = "group",
                                                      [LISTEN_ALL_ROOM] = "room",
                                                      [LISTEN_ALL_EVENT] = "ev"};
    const listening *held = &quest->conn->listening;
    rtmi_buf *out = op_answer_begin(quest);

    rtmi_pack_map(out, LISTEN_CLASSES + 1 + LISTEN_ALLS);
    for (size_t i = 0; i < LISTEN_CLASSES; i++) {
        if (!put_ids(&held->ids[i], keys[i], out)) {
            op_answer_error(quest, RTMI_RC_UNKNOWN_ERROR, "out of memory");
            return;
        }
    }
    put_events(held->events, out);
    for (size_t i = 0; i < LISTEN_ALLS; i++)
        rtmi_pack_key_bool(out, switches[i], ((held->all >> i) & 1) != 0);
    if (out->error == RTM_E_LIMIT)
        op_answer_error(quest, RTMI_RC_TOO_MANY_ITEMS, "the set does not fit into an answer");
    else
        op_answer_end(quest);
}
