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

/* An integer of any width that fits; `at` is not the end. The usual widths come first. */
static inline const uint8_t *take_int(const uint8_t *at, const uint8_t *end, int64_t *ret)
{
    const uint8_t first = *at++;

    if (first < 0x80) {
        *ret = first;
        return at;
    }
    if (first == 0xcf && end - at >= 8) {
        *ret = (int64_t)rtmi_load_be64(at);
        return *ret < 0 ? NULL : at + 8;
    }
    if (first == 0xce && end - at >= 4) {
        *ret = rtmi_load_be32(at);
        return at + 4;
    }
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
    return first >= 0xe0 ? at : NULL;
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

/* What stands behind `at`, a head and a key of so many bytes, is that key. */
#define IS_KEY(at, length, text)                                                                   \
    (((rtmi_load_le64(at) ^ KEY(length, text)) & (UINT64_MAX >> (56 - 8 * (length)))) == 0)

/* A key and an integer of one or nine bytes take no more. */
#define ENTRY_MOST (1 + 5 + 9)

/*
 * An integer whose bytes are there, however wide it is: the usual widths, each foreseen for each
 * field by itself, as this is compiled into each place of its use.
 */
static inline const uint8_t *take_int_there(const uint8_t *at, const uint8_t *end, int64_t *ret)
{
    if (*at < 0x80) {
        *ret = *at;
        return at + 1;
    }
    if (*at == 0xcf) {
        *ret = (int64_t)rtmi_load_be64(at + 1);
        return *ret < 0 ? NULL : at + 9;
    }
    if (*at == 0xce) {
        *ret = rtmi_load_be32(at + 1);
        return at + 5;
    }
    return take_int(at, end, ret);
}

/* A text below 256 bytes, or what take_bytes() knows besides; its first two bytes are there. */
static inline const uint8_t *take_text_there(const uint8_t *at, const uint8_t *end, rtm_bytes *ret,
                                             bool *ret_is_binary)
{
    size_t len = *at & 0x1f;

    if (*at == 0xd9)
        len = *++at;
    else if ((*at & 0xe0) != 0xa0)
        return take_bytes(at, end, ret, ret_is_binary);
    at++;
    if ((size_t)(end - at) < len)
        return NULL;
    *ret = (rtm_bytes){len == 0 ? "" : (const char *)at, len};
    *ret_is_binary = false;
    return at + len;
}

static inline rtm_family family_of(const rtmi_push_method *method, int mtype)
{
    if (!method->family_by_mtype)
        return method->family;
    /* All families of their own are among these. */
    return mtype < RTM_MTYPE_CHAT || mtype > RTM_MTYPE_FILE_LAST ? RTM_FAMILY_MESSAGE
                                                                 : rtmi_family_of(mtype);
}

/*
 * All fields in the order in which gates write them, read without asking for each what it is:
 * from, the target, for groups and rooms mostly the same as `to`, mtype, mid, msg, attrs, mtime,
 * and the offset if there is one.
 */
static inline bool decode_in_order(const rtmi_push_method *method, rtmi_span payload,
                                   rtm_message *ret)
{
    const uint8_t *at = payload.data;
    const uint8_t *const end = payload.data + payload.len;
    const uint8_t *const last = end - ENTRY_MOST;
    unsigned left = *at++ - 0x80u; /* entries of the map behind those below */
    int64_t mtype;
    int64_t to;
    bool is_binary;

/* On to the value behind a key, when both are there. */
#define STEP(length, text, take)                                                                   \
    do {                                                                                           \
        if (at == NULL || at > last || !IS_KEY(at, length, text))                                  \
            return false;                                                                          \
        at += 1 + (length);                                                                        \
        at = take;                                                                                 \
        left--;                                                                                    \
    } while (false)

    STEP(4, K4('f', 'r', 'o', 'm'), take_int_there(at, end, &ret->from));
    if (method->kind == RTM_KIND_GROUP)
        STEP(3, K3('g', 'i', 'd'), take_int_there(at, end, &ret->to));
    else if (method->kind == RTM_KIND_ROOM)
        STEP(3, K3('r', 'i', 'd'), take_int_there(at, end, &ret->to));
    else
        STEP(2, K2('t', 'o'), take_int_there(at, end, &ret->to));
    if (method->kind != RTM_KIND_P2P && at != NULL && at <= last && *at == 0xa2)
        STEP(2, K2('t', 'o'), take_int_there(at, end, &to));
    STEP(5, K5('m', 't', 'y', 'p', 'e'), take_int_there(at, end, &mtype));
    STEP(3, K3('m', 'i', 'd'), take_int_there(at, end, &ret->mid));
    STEP(3, K3('m', 's', 'g'), take_text_there(at, end, &ret->msg, &ret->is_binary));
    STEP(5, K5('a', 't', 't', 'r', 's'), take_text_there(at, end, &ret->attrs, &is_binary));
    STEP(5, K5('m', 't', 'i', 'm', 'e'), take_int_there(at, end, &ret->mtime_ms));
#undef STEP
    if (at == NULL || left > 1 || mtype < INT32_MIN || mtype > INT32_MAX)
        return false;
    ret->offset = 0;
    ret->has_offset = left == 1;
    if (ret->has_offset && (end - at < 3 || at[0] != 0xa1 || at[1] != 'o' ||
                            take_int(at + 2, end, &ret->offset) == NULL))
        return false;
    ret->kind = method->kind;
    ret->mtype = (int)mtype;
    ret->family = family_of(method, ret->mtype);
    return true;
}

/* Any order; apart, so that the usual way has the registers for itself. */
__attribute__((noinline)) static bool decode_any_order(const rtmi_push_method *method,
                                                       rtmi_span payload, rtm_message *ret)
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

    if ((*at & 0xf0) != 0x80)
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
        /*
         * Behind a key that was recognised the next byte is at a constant distance, as behind an
         * integer of a known width: so the processor, which foresees branches, reads on without
         * waiting for the lengths to be loaded.
         */
        switch (key) {
        case KEY(4, K4('f', 'r', 'o', 'm')):
            bit = HAS_FROM;
            at = take_int(at + 5, end, &ret->from);
            break;
        case KEY(3, K3('m', 'i', 'd')):
            bit = HAS_MID;
            at = take_int(at + 4, end, &ret->mid);
            break;
        case KEY(5, K5('m', 't', 'y', 'p', 'e')):
            bit = HAS_MTYPE;
            at = take_int(at + 6, end, &mtype);
            break;
        case KEY(5, K5('m', 't', 'i', 'm', 'e')):
            bit = HAS_MTIME;
            at = take_int(at + 6, end, &ret->mtime_ms);
            break;
        case KEY(1, K1('o')):
            bit = HAS_OFFSET;
            at = take_int(at + 2, end, &ret->offset);
            break;
        case KEY(3, K3('m', 's', 'g')):
            bit = HAS_MSG;
            at = take_bytes(at + 4, end, &ret->msg, &ret->is_binary);
            break;
        case KEY(5, K5('a', 't', 't', 'r', 's')):
            bit = HAS_ATTRS;
            at = take_bytes(at + 6, end, &ret->attrs, &is_binary);
            break;
        default:
            if (key == target_key) {
                bit = HAS_TARGET;
                at = take_int(at + 1 + len, end, &target);
            } else if (key == KEY(2, K2('t', 'o'))) {
                bit = HAS_TO;
                at = take_int(at + 3, end, &to);
            } else {
                bit = 0;
                at = pass_over(at + 1 + len, end);
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

bool rtmi_message_decode_quickly(const rtmi_push_method *method, rtmi_span payload,
                                 rtm_message *ret)
{
    if (payload.len < PAYLOAD_LEAST)
        return false;
    return (payload.len >= ENTRY_MOST && decode_in_order(method, payload, ret)) ||
           decode_any_order(method, payload, ret);
}
