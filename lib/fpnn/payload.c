/*
 * A linear walk for each key: payloads have a dozen entries. Hot paths decode in one pass of
 * their own (lib/rtm/message.c, gate/core/dispatch.c).
 */
#include "lib/fpnn/payload.h"

int rtmi_payload_open(rtmi_span bytes, rtmi_payload *ret)
{
    rtmi_cursor in = rtmi_cursor_of(bytes);
    rtmi_token root;
    int r = rtmi_pack_read(&in, &root);

    if (r < 0)
        return r;
    if (root.type != RTMI_PACK_MAP)
        return RTMI_PACK_E_NOT_MAP;
    const uint8_t *entries = in.at;
    r = rtmi_pack_skip_content(&in, &root);
    if (r < 0)
        return r;
    *ret = (rtmi_payload){.entries = {entries, (size_t)(in.at - entries)}, .count = root.count};
    return 0;
}

/* Stand at the value of a key. */
static bool seek(const rtmi_payload *payload, const char *key, rtmi_cursor *ret_at)
{
    const rtmi_span wanted = rtmi_span_of_text(key);
    rtmi_cursor in = rtmi_cursor_of(payload->entries);

    for (uint32_t i = 0; i < payload->count; i++) {
        rtmi_token token;
        rtmi_span name;
        rtmi_cursor before = in;
        if (rtmi_pack_read(&in, &token) < 0)
            return false;
        if (rtmi_token_get_bytes(&token, &name)) {
            if (rtmi_span_equal(name, wanted)) {
                *ret_at = in;
                return true;
            }
        } else {
            in = before;
            if (rtmi_pack_skip(&in) < 0)
                return false;
        }
        if (rtmi_pack_skip(&in) < 0)
            return false;
    }
    return false;
}

bool rtmi_payload_find(const rtmi_payload *payload, const char *key, rtmi_span *ret_value)
{
    rtmi_cursor in;

    if (!seek(payload, key, &in))
        return false;
    const uint8_t *start = in.at;
    if (rtmi_pack_skip(&in) < 0)
        return false;
    *ret_value = (rtmi_span){start, (size_t)(in.at - start)};
    return true;
}

static bool find_token(const rtmi_payload *payload, const char *key, rtmi_token *ret)
{
    rtmi_cursor in;

    return seek(payload, key, &in) && rtmi_pack_read(&in, ret) == 0;
}

int rtmi_payload_get_int(const rtmi_payload *payload, const char *key, int64_t *ret)
{
    rtmi_token token;

    if (!find_token(payload, key, &token))
        return 0;
    return rtmi_token_get_int(&token, ret) ? 1 : -1;
}

int rtmi_payload_get_bool(const rtmi_payload *payload, const char *key, bool *ret)
{
    rtmi_token token;

    if (!find_token(payload, key, &token))
        return 0;
    if (token.type != RTMI_PACK_BOOL)
        return -1;
    *ret = token.boolean;
    return 1;
}

int rtmi_payload_get_double(const rtmi_payload *payload, const char *key, double *ret)
{
    rtmi_token token;

    if (!find_token(payload, key, &token))
        return 0;
    return rtmi_token_get_double(&token, ret) ? 1 : -1;
}

int rtmi_payload_get_bytes(const rtmi_payload *payload, const char *key, rtmi_span *ret)
{
    rtmi_token token;

    if (!find_token(payload, key, &token))
        return 0;
    return rtmi_token_get_bytes(&token, ret) ? 1 : -1;
}
