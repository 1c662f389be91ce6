/*
 * Error answers, written and read.
 */
#include "lib/fpnn/answer.h"

#include "lib/fpnn/code.h"

void rtmi_answer_error(rtmi_buf *out, uint32_t seq, int code, rtmi_span text)
{
    const size_t mark = rtmi_frame_begin_answer(out, seq, true);

    rtmi_pack_map(out, 2);
    rtmi_pack_key_int(out, "code", code);
    rtmi_pack_key_str(out, "ex", text);
    rtmi_frame_end(out, mark);
}

void rtmi_answer_read_error(rtmi_span payload, int *ret_code, rtmi_span *ret_text)
{
    rtmi_payload map;
    int64_t code;

    *ret_code = RTMI_EC_CORE_UNKNOWN_ERROR;
    *ret_text = (rtmi_span){(const uint8_t *)"", 0};
    if (rtmi_payload_open(payload, &map) < 0)
        return;
    /* 0 would say success. */
    if (rtmi_payload_get_int(&map, "code", &code) == 1 && code != 0 && code > INT32_MIN &&
        code <= INT32_MAX)
        *ret_code = (int)code;
    (void)rtmi_payload_get_bytes(&map, "ex", ret_text);
}
