/*
 * Devices of users, and of what they are not to be told: kept for a business system that pushes
 * to devices itself, since this gate does not.
 *
 * An option is a set of message types, a byte each; none stands for all of them.
 *
 * Protocol: RTM sections 2.4 and 9 (34).
 */
#include <stdlib.h>
#include <string.h>

#include "gate/ops/ops.h"
#include "gate/ops/ops_tools.h"
#include "lib/rtm/codes.h"

enum { MTYPE_MAX = 127, MTYPE_COUNT = MTYPE_MAX + 1 };

static dir_key device_of(const op *quest)
{
    return dir_key_name(DIR_DEVICE, op_int(quest, "uid"), op_bytes(quest, "devicetoken"));
}

void ops_adddevice(op *quest)
{
    const dir_key key = device_of(quest);

    ops_answer_did(quest, log_put(quest->log, &key, op_bytes(quest, "apptype")));
}

void ops_removedevice(op *quest)
{
    const dir_key key = device_of(quest);

    ops_answer_did(quest, log_remove(quest->log, &key));
}

/* ---- options ------------------------------------------------------------------------------- */

/* By message type; place 0 is not used. */
typedef struct mtype_set {
    bool has[MTYPE_COUNT];
} mtype_set;

static mtype_set set_of(rtmi_span value)
{
    mtype_set set;

    memset(set.has, value.len == 0, sizeof set.has);
    for (size_t i = 0; i < value.len; i++)
        set.has[value.data[i] & MTYPE_MAX] = true;
    return set;
}

/* As a value: how many bytes; 0 when it holds all. None must not be asked for. */
static size_t put_set(const mtype_set *set, uint8_t value[MTYPE_MAX])
{
    size_t len = 0;

    for (int mtype = 1; mtype <= MTYPE_MAX; mtype++) {
        if (set->has[mtype])
            value[len++] = (uint8_t)mtype;
    }
    return len == MTYPE_MAX ? 0 : len;
}

static bool is_empty(const mtype_set *set)
{
    bool any = false;

    for (int mtype = 1; mtype <= MTYPE_MAX; mtype++)
        any = any || set->has[mtype];
    return !any;
}

/* The types that the quest names, under either key; *ret_any: whether it names some. */
static bool read_mtypes(op *quest, mtype_set *ret_set, bool *ret_any)
{
    static const char *const keys[2] = {"mtypes", "mtype"};

    *ret_any = false;
    memset(ret_set, 0, sizeof *ret_set);
    for (size_t i = 0; i < 2; i++) {
        int64_t *mtypes;
        size_t count;
        if (!op_has(quest, keys[i]))
            continue;
        if (!ops_read_ids(quest, keys[i], RTMI_RC_INVALID_MTYPE, &mtypes, &count))
            return false;
        const bool is_good = count == 0 || mtypes[count - 1] <= MTYPE_MAX;
        for (size_t n = 0; is_good && n < count; n++)
            ret_set->has[mtypes[n]] = *ret_any = true;
        free(mtypes);
        if (!is_good) {
            ops_refuse(quest, RTMI_RC_INVALID_MTYPE);
            return false;
        }
    }
    return true;
}

static dir_key option_of(const op *quest)
{
    return dir_key_triple(DIR_OPTION, op_int(quest, "uid"), op_int(quest, "type"),
                          op_int(quest, "xid"));
}

/* The union with what is there. */
void ops_addoption(op *quest)
{
    const dir_key key = option_of(quest);
    uint8_t value[MTYPE_MAX];
    mtype_set named;
    rtmi_span old;
    bool any;
    size_t len = 0;

    if (!read_mtypes(quest, &named, &any))
        return;
    if (any) {
        if (directory_get(log_directory(quest->log), &key, &old)) {
            const mtype_set before = set_of(old);
            for (int mtype = 1; mtype <= MTYPE_MAX; mtype++)
                named.has[mtype] = named.has[mtype] || before.has[mtype];
        }
        len = put_set(&named, value);
    }
    ops_answer_did(quest, log_put(quest->log, &key, (rtmi_span){value, len}));
}

/* What is there without what is named; without all when nothing is. */
void ops_removeoption(op *quest)
{
    const dir_key key = option_of(quest);
    uint8_t value[MTYPE_MAX];
    mtype_set named;
    rtmi_span old;
    bool any;

    if (!read_mtypes(quest, &named, &any))
        return;
    if (!directory_get(log_directory(quest->log), &key, &old)) {
        op_answer_empty(quest);
        return;
    }
    mtype_set left = set_of(old);
    for (int mtype = 1; mtype <= MTYPE_MAX; mtype++)
        left.has[mtype] = left.has[mtype] && any && !named.has[mtype];
    if (is_empty(&left))
        ops_answer_did(quest, log_remove(quest->log, &key));
    else
        ops_answer_did(quest, log_put(quest->log, &key, (rtmi_span){value, put_set(&left, value)}));
}

void ops_getoption(op *quest)
{
    static const char *const keys[2] = {"p2p", "group"};
    const directory *dir = log_directory(quest->log);
    rtmi_buf *out = op_answer_begin(quest);

    rtmi_pack_map(out, 2);
    for (int type = 0; type < 2; type++) {
        const dir_key prefix = dir_key_pair(DIR_OPTION, op_int(quest, "uid"), type);
        dir_walk walk = directory_walk(dir, &prefix);
        rtmi_span key;
        rtmi_span value;
        rtmi_pack_key(out, keys[type]);
        rtmi_pack_map(out, (uint32_t)directory_count(dir, &prefix));
        while (dir_walk_next(&walk, &key, &value)) {
            ops_pack_id(out, dir_key_get_id(key, 2));
            rtmi_pack_array(out, (uint32_t)value.len);
            for (size_t i = 0; i < value.len; i++)
                rtmi_pack_int(out, value.data[i]);
        }
    }
    op_answer_end(quest);
}
