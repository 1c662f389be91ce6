/*
 * Parameters of any payload, for the row of any method: read with nothing learned, and again with
 * the order learned that they came in. Both times they are what a search for each key finds.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "gate/core/params.h"
#include "lib/fpnn/payload.h"

/* The value that stands first for a key, and its head. */
static bool find(const rtmi_payload *map, const char *key, rtmi_span *ret_raw, rtmi_token *ret)
{
    if (!rtmi_payload_find(map, key, ret_raw))
        return false;
    rtmi_cursor in = rtmi_cursor_of(*ret_raw);
    FUZZ_CHECK(rtmi_pack_read(&in, ret) == 0);
    return true;
}

static void check_arg(const rtmi_payload *map, const rtmi_param *param, const op_arg *got)
{
    rtmi_span raw;
    rtmi_token token;

    if (!find(map, param->key, &raw, &token)) {
        FUZZ_CHECK(!got->is_present);
        return;
    }
    if (token.type == RTMI_PACK_NIL)
        return; /* as if it were absent, so one that comes later counts */
    FUZZ_CHECK(got->is_present && got->token.type == token.type);
    FUZZ_CHECK(got->raw.data == raw.data && got->raw.len == raw.len);
    if (token.type == RTMI_PACK_INT || token.type == RTMI_PACK_FLOAT)
        FUZZ_CHECK(got->token.natural == token.natural);
    if (token.type == RTMI_PACK_STR || token.type == RTMI_PACK_BIN)
        FUZZ_CHECK(got->token.bytes.data == token.bytes.data &&
                   got->token.bytes.len == token.bytes.len);
    if (token.type == RTMI_PACK_ARRAY || token.type == RTMI_PACK_MAP)
        FUZZ_CHECK(got->token.count == token.count);
}

/* Whether a number of a signature has a wrong type. */
static bool check_number(const rtmi_payload *map, const char *key, bool has, int64_t got)
{
    rtmi_span raw;
    rtmi_token token;
    int64_t number = 0;

    FUZZ_CHECK(find(map, key, &raw, &token) == has);
    const bool is_bad = has && !rtmi_token_get_int(&token, &number);
    FUZZ_CHECK(is_bad || got == number);
    return is_bad;
}

static void check_auth(const rtmi_payload *map, const auth_params *got)
{
    rtmi_span raw;
    rtmi_token token;
    rtmi_span sign = {NULL, 0};
    bool is_bad = check_number(map, "pid", got->has_pid, got->pid);

    is_bad |= check_number(map, "salt", got->has_salt, got->salt);
    is_bad |= check_number(map, "ts", got->has_ts, got->ts_s);
    FUZZ_CHECK(find(map, "sign", &raw, &token) == got->has_sign);
    is_bad |= got->has_sign && !rtmi_token_get_bytes(&token, &sign);
    FUZZ_CHECK(got->sign.data == sign.data && got->sign.len == sign.len);
    FUZZ_CHECK(got->is_bad == is_bad);
}

static void check(params_known *known, const rtmi_method *method, rtmi_span payload)
{
    quest_params got;
    rtmi_payload map;

    memset(&got, 0xaa, sizeof got); /* what another quest has left says nothing */
    const int r = params_read(known, method, payload, &got);
    const int wanted = rtmi_payload_open(payload, &map);
    if (wanted == RTMI_PACK_E_DEPTH)
        return; /* it counts the root as a level, too */
    FUZZ_CHECK(r == wanted);
    if (r < 0)
        return;
    for (size_t i = 0; method != NULL && i < method->param_count; i++)
        check_arg(&map, &method->params[i], &got.args[i]);
    check_auth(&map, &got.auth);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static params_known known;

    if (size == 0)
        return 0;
    /* The first byte tells the method; the rest is no longer, so that a byte astray is seen. */
    const rtmi_method *method =
        data[0] == 0xff ? NULL : rtmi_method_at(data[0] % rtmi_method_count());
    uint8_t *bytes = malloc(size == 1 ? 1 : size - 1);
    if (bytes == NULL)
        return 0;
    if (size > 1)
        memcpy(bytes, data + 1, size - 1);
    memset(&known, 0, sizeof known);
    for (int i = 0; i < 2; i++)
        check(&known, method, (rtmi_span){bytes, size - 1});
    free(bytes);
    return 0;
}
