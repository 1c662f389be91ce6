/*
 * Any bytes as a payload: an opened one answers every getter, also for each of its own keys.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "lib/fpnn/answer.h"
#include "lib/fpnn/payload.h"

#define KEY_MAX 32

static void check_key(const rtmi_payload *payload, const char *key, bool is_there)
{
    rtmi_span value = {0};
    rtmi_span bytes;
    int64_t integer;
    double real;
    bool boolean;
    const bool found = rtmi_payload_find(payload, key, &value);
    const int as_int = rtmi_payload_get_int(payload, key, &integer);
    const int as_bool = rtmi_payload_get_bool(payload, key, &boolean);
    const int as_double = rtmi_payload_get_double(payload, key, &real);
    const int as_bytes = rtmi_payload_get_bytes(payload, key, &bytes);

    FUZZ_CHECK(!is_there || found);
    FUZZ_CHECK((as_int == 0) == !found && (as_bool == 0) == !found);
    FUZZ_CHECK((as_double == 0) == !found && (as_bytes == 0) == !found);
    FUZZ_CHECK((as_bool == 1) + (as_double == 1) + (as_bytes == 1) <= 1);
    FUZZ_CHECK(as_int != 1 || as_double == 1);
    if (found) {
        const uint8_t *end = payload->entries.data + payload->entries.len;
        FUZZ_CHECK(value.len > 0 && value.data > payload->entries.data);
        FUZZ_CHECK(value.data + value.len <= end);
    }
    if (as_bytes == 1)
        FUZZ_CHECK(bytes.len < value.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"", "a", "code", "ex", "mid", "attrs"};
    rtmi_payload payload;
    rtmi_span text;
    int code;

    rtmi_answer_read_error((rtmi_span){data, size}, &code, &text);
    FUZZ_CHECK(text.data != NULL);
    if (rtmi_payload_open((rtmi_span){data, size}, &payload) < 0) {
        FUZZ_CHECK(code == 20001 && text.len == 0);
        return 0;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        check_key(&payload, names[i], false);

    rtmi_cursor in = rtmi_cursor_of(payload.entries);
    for (uint32_t i = 0; i < payload.count; i++) {
        rtmi_token key;
        rtmi_span name;
        rtmi_cursor at = in;
        FUZZ_CHECK(rtmi_pack_read(&at, &key) == 0);
        if (i < 16 && rtmi_token_get_bytes(&key, &name) && name.len < KEY_MAX &&
            (name.len == 0 || memchr(name.data, 0, name.len) == NULL)) {
            char copy[KEY_MAX] = {0};
            if (name.len > 0)
                memcpy(copy, name.data, name.len);
            check_key(&payload, copy, true);
        }
        FUZZ_CHECK(rtmi_pack_skip(&in) == 0 && rtmi_pack_skip(&in) == 0);
    }
    FUZZ_CHECK(in.at == in.end);
    return 0;
}
