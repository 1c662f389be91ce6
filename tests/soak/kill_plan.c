/*
 * Steps: five of eight are messages, the others change the directory.
 */
#include "tests/soak/kill_plan.h"

#include <stdio.h>
#include <string.h>

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9U;
    value = (value ^ value >> 27) * 0x94D049BB133111EBU;
    return value ^ value >> 31;
}

act plan_act(int64_t step)
{
    static const act acts[16] = {
        ACT_GROUP, ACT_P2P, ACT_DATA, ACT_ROOM, ACT_GROUP, ACT_JOIN, ACT_BROADCAST, ACT_P2P,
        ACT_GROUP, ACT_P2P, ACT_DATA, ACT_ROOM, ACT_GROUP, ACT_PART, ACT_BROADCAST, ACT_P2P};
    const act what = acts[step % 16];

    /* Every other user stays. */
    return what == ACT_PART && step / 16 % 2 == 0 ? ACT_JOIN : what;
}

int64_t plan_member(int64_t step)
{
    if (step % 16 == 5)
        return 2 * (step / 16);
    return step / 16 % 2 == 0 ? 2 * (step / 16) + 1 : 2 * (step / 16);
}

int plan_key(int64_t step)
{
    return (int)(step / 2 % DATA_KEYS);
}

int64_t plan_target(act what, int lane)
{
    switch (what) {
    case ACT_P2P:
        return 2000 + lane;
    case ACT_BROADCAST:
        return 0;
    case ACT_ROOM:
        return 200 + lane;
    default:
        return 100 + lane;
    }
}

int64_t plan_uid_of_member(int64_t member)
{
    return 1000000 + member;
}

size_t plan_text(int lane, int64_t step, char text[TEXT_MAX])
{
    const uint64_t number = mix((uint64_t)step * LANES + (uint64_t)lane);
    const size_t len = (size_t)snprintf(text, TEXT_MAX, "%d.%lld ", lane, (long long)step);
    const size_t more = number % (number % 16 == 0 ? 600 : 100);

    memset(text + len, 'a' + (int)(number % 26), more);
    return len + more;
}

static uint32_t write_message(wire *out, act what, int lane, int64_t step)
{
    static const char *const methods[] = {"", "sendmsg", "sendgroupmsg", "sendroommsg",
                                          "broadcastmsg"};
    static const char *const keys[] = {"", "to", "gid", "rid", ""};
    const bool has_target = what != ACT_BROADCAST;
    char text[TEXT_MAX];
    const size_t len = plan_text(lane, step, text);
    rtmi_buf *at = wire_begin(out, methods[what], has_target ? 6 : 5, true);

    rtmi_pack_key_int(at, "mtype", 51);
    rtmi_pack_key_int(at, "from", plan_from(lane));
    rtmi_pack_key_int(at, "mid", step);
    rtmi_pack_key_str(at, "msg", (rtmi_span){(const uint8_t *)text, len});
    rtmi_pack_key_str(at, "attrs", (rtmi_span){NULL, 0});
    if (has_target)
        rtmi_pack_key_int(at, keys[what], plan_target(what, lane));
    return wire_end(out);
}

uint32_t plan_write(wire *out, int lane, int64_t step)
{
    const act what = plan_act(step);
    char text[24];
    rtmi_buf *at;

    switch (what) {
    case ACT_DATA:
        at = wire_begin(out, "dataset", 3, true);
        rtmi_pack_key_int(at, "uid", plan_from(lane));
        (void)snprintf(text, sizeof text, "key%d", plan_key(step));
        rtmi_pack_key_str(at, "key", rtmi_span_of_text(text));
        (void)snprintf(text, sizeof text, "%lld", (long long)step);
        rtmi_pack_key_str(at, "val", rtmi_span_of_text(text));
        return wire_end(out);
    case ACT_JOIN:
    case ACT_PART:
        at = wire_begin(out, what == ACT_JOIN ? "addgroupmembers" : "delgroupmembers", 2, true);
        rtmi_pack_key_int(at, "gid", plan_target(what, lane));
        rtmi_pack_key(at, "uids");
        rtmi_pack_array(at, 1);
        rtmi_pack_int(at, plan_uid_of_member(plan_member(step)));
        return wire_end(out);
    default:
        return write_message(out, what, lane, step);
    }
}
