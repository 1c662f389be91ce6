/*
 * Any bytes as JSON, and as MessagePack: what is written can be read, and is then written the
 * same again.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "lib/fpnn/json.h"
#include "lib/fpnn/utf8.h"

static const size_t room = 1 << 20;

/* Our own text, of an object: read and written, it stays. */
static void check_own_text(rtmi_span text)
{
    rtmi_buf pack;
    rtmi_buf again;

    rtmi_buf_init(&pack, room);
    rtmi_buf_init(&again, room);
    FUZZ_CHECK(rtmi_json_to_pack(text, &pack) == 0);
    FUZZ_CHECK(rtmi_pack_to_json(rtmi_buf_span(&pack), &again) == 0);
    FUZZ_CHECK(rtmi_span_equal(text, rtmi_buf_span(&again)));
    rtmi_buf_deinit(&pack);
    rtmi_buf_deinit(&again);
}

static void from_json(rtmi_span text)
{
    rtmi_buf pack;
    rtmi_buf ours;
    rtmi_buf again;

    rtmi_buf_init(&pack, room);
    rtmi_buf_init(&ours, room);
    rtmi_buf_init(&again, room);
    const int r = rtmi_json_to_pack(text, &pack);
    if (r < 0) {
        FUZZ_CHECK(rtmi_buf_len(&pack) == 0);
        FUZZ_CHECK(rtmi_json_error_text(r) != NULL);
    } else {
        rtmi_cursor in = rtmi_cursor_of(rtmi_buf_span(&pack));
        FUZZ_CHECK(rtmi_pack_skip(&in) == 0 && in.at == in.end);
        FUZZ_CHECK(rtmi_pack_to_json(rtmi_buf_span(&pack), &ours) == 0);
        FUZZ_CHECK(rtmi_json_to_pack(rtmi_buf_span(&ours), &again) == 0);
        FUZZ_CHECK(rtmi_span_equal(rtmi_buf_span(&pack), rtmi_buf_span(&again)));
    }
    rtmi_buf_deinit(&pack);
    rtmi_buf_deinit(&ours);
    rtmi_buf_deinit(&again);
}

static void from_pack(rtmi_span pack)
{
    rtmi_cursor in = rtmi_cursor_of(pack);
    rtmi_buf text;

    rtmi_buf_init(&text, room);
    const int expected = rtmi_pack_skip(&in);
    FUZZ_CHECK(rtmi_pack_to_json(pack, &text) == expected);
    FUZZ_CHECK(expected == 0 || rtmi_buf_len(&text) == 0);
    FUZZ_CHECK(rtmi_utf8_is_valid(rtmi_buf_span(&text)));
    if (expected == 0 && text.data[0] == '{')
        check_own_text(rtmi_buf_span(&text));
    rtmi_buf_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const rtmi_span bytes = {data, size};

    if (size > room / 16) /* no output reaches the ceiling */
        return 0;
    from_json(bytes);
    from_pack(bytes);
    return 0;
}
