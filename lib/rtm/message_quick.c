/*
 * The hottest code of the SDK: a message in one pass over its bytes, each step checked against
 * the end. It knows the forms that gates write, and gives up at the first that it does not know;
 * the general decoder then begins anew. So whatever is strange, wrong or missing is judged in
 * one place, and here nothing has to be.
 *
 * Steps return where the next value begins, or NULL.
 */
#include "lib/base/num.h"
#include "lib/rtm/message_fields.h"

/* Shorter payloads lack a field: what is needed takes more. */
#define PAYLOAD_LEAST 8

/* A key of up to seven bytes with its head, which tells the length, as one number. */
#define KEY(length, text) ((uint64_t)(0xa0 | (length)) | (text) << 8)

/* The bytes of a head and a key of 0 to 7 bytes. A longer one is known by its head not to be ours.
 */
static const uint64_t key_masks[8] = {
    0xff, 0xffff, 0xffffff, 0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff, UINT64_MAX,
};

/*
 * The eight bytes from `at` on, the first lowest; behind the end are zeros. Near the end the last
 * eight of the payload are read and shifted.
 */
static inline uint64_t peek(const uint8_t *at, const uint8_t *end)
{
    const size_t left = (size_t)(end - at);

    if (left >= 8)
        return rtmi_load_le64(at);
    return left == 0 ? 0 : rtmi_load_le64(end - 8) >> (64 - 8 * left);
}

/* An integer of any width that fits; `at` is not the end. */
static inline const uint8_t *take_int(const uint8_t *at, const uint8_t *end, int64_t *ret)
{
    const uint8_t first = *at++;

    if (first >= 0xcc && first <= 0xd3) {
        const size_t width = (size_t)1 << (first & 3);
        if ((size_t)(end - at) < width)
            return NULL;
        const uint64_t bits = __builtin_bswap64(peek(at, end));
        const unsigned unused = (unsigned)(64 - 8 * width);
        if (first < 0xd0) {
            *ret = (int64_t)(bits >> unused);
            return *ret < 0 ? NULL : at + width;
        }
        *ret = (int64_t)bits >> unused;
        return at + width;
    }
    *ret = (int8_t)first;
    return first < 0x80 || first >= 0xe0 ? at : NULL;
}

/* A text or bytes, shorter than 64 KiB; `at` is not the end. */
static inline const uint8_t *take_bytes(const uint8_t *at, const uint8_t *end, rtm_bytes *ret,
                                        bool *ret_is_binary)
{
    const uint8_t first = *at++;
    size_t len = first & 0x1f;

    *ret_is_binary = false;
    if ((first & 0xe0) != 0xa0) {
        if (end - at < 2)
            return NULL;
        *ret_is_binary = first == 0xc4 || first == 0xc5;
        if (first == 0xd9 || first == 0xc4)
            len = *at++;
        else if (first == 0xda || first == 0xc5)
            len = rtmi_load_be16(at), at += 2;
        else
            return NULL;
    }
    if ((size_t)(end - at) < len)
        return NULL;
    *ret = (rtm_bytes){len == 0 ? "" : (const char *)at, len};
    return at + len;
}

/* Any value. */
static const uint8_t *pass_over(const uint8_t *at, const uint8_t *end)
{
    rtmi_cursor in = {at, end};

    return rtmi_pack_skip(&in) < 0 ? NULL : in.at;
}

bool rtmi_message_decode_quickly(const rtmi_push_method *method, rtmi_span payload,
                                 rtm_message *ret)
{
    const uint64_t target_key = method->kind == RTM_KIND_GROUP  ? KEY(3, K3('g', 'i', 'd'))
                                : method->kind == RTM_KIND_ROOM ? KEY(3, K3('r', 'i', 'd'))
                                                                : KEY(2, K2('t', 'o'));
    const unsigned needed = HAS_FROM | HAS_TARGET | HAS_MID | HAS_MSG |
                            (method->family_by_mtype ? (unsigned)HAS_MTYPE : 0);
    const uint8_t *at = payload.data;
    const uint8_t *const end = payload.data + payload.len;
    int64_t target = 0;
    int64_t to = 0;
    int64_t mtype = 0;
    bool is_binary;
    unsigned met = 0;

    if (payload.len < PAYLOAD_LEAST || (*at & 0xf0) != 0x80)
        return false;
    ret->mtime_ms = ret->offset = 0;
    ret->attrs = (rtm_bytes){"", 0};
    for (unsigned count = *at++ & 0x0f; count > 0; count--) {
        const uint64_t head = peek(at, end);
        const size_t len = head & 0x1f;
        unsigned bit;

        if ((head & 0xe0) != 0xa0 || (size_t)(end - at) < len + 2)
            return false; /* no short text, or nothing behind it */
        const uint64_t key = head & key_masks[len & 7];
        at += 1 + len;
        switch (key) {
        case KEY(4, K4('f', 'r', 'o', 'm')):
            bit = HAS_FROM;
            at = take_int(at, end, &ret->from);
            break;
        case KEY(3, K3('m', 'i', 'd')):
            bit = HAS_MID;
            at = take_int(at, end, &ret->mid);
            break;
        case KEY(5, K5('m', 't', 'y', 'p', 'e')):
            bit = HAS_MTYPE;
            at = take_int(at, end, &mtype);
            break;
        case KEY(5, K5('m', 't', 'i', 'm', 'e')):
            bit = HAS_MTIME;
            at = take_int(at, end, &ret->mtime_ms);
            break;
        case KEY(1, K1('o')):
            bit = HAS_OFFSET;
            at = take_int(at, end, &ret->offset);
            break;
        case KEY(3, K3('m', 's', 'g')):
            bit = HAS_MSG;
            at = take_bytes(at, end, &ret->msg, &ret->is_binary);
            break;
        case KEY(5, K5('a', 't', 't', 'r', 's')):
            bit = HAS_ATTRS;
            at = take_bytes(at, end, &ret->attrs, &is_binary);
            break;
        default:
            if (key == target_key) {
                bit = HAS_TARGET;
                at = take_int(at, end, &target);
            } else if (key == KEY(2, K2('t', 'o'))) {
                bit = HAS_TO;
                at = take_int(at, end, &to);
            } else {
                bit = 0;
                at = pass_over(at, end);
            }
            break;
        }
        if (at == NULL || (met & bit) != 0)
            return false;
        met |= bit;
    }
    if ((met & needed) != needed || mtype < INT32_MIN || mtype > INT32_MAX)
        return false;
    ret->kind = method->kind;
    ret->mtype = (met & HAS_MTYPE) != 0 ? (int)mtype : rtmi_mtype_of(method->family);
    ret->family = method->family_by_mtype ? rtmi_family_of(ret->mtype) : method->family;
    ret->to = target;
    ret->has_offset = (met & HAS_OFFSET) != 0;
    return true;
}
