#include "tests/support/odd_values.h"

#include "lib/base/num.h"
#include "lib/fpnn/pack.h"

uint64_t odd_next(uint64_t *state, uint64_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % below;
}

void odd_put_int(rtmi_buf *out, uint64_t *state)
{
    static const int64_t values[] = {
        0,  1,   127, 128,      255,       256,       65535,     65536,     UINT32_MAX,   INT64_MAX,
        -1, -32, -33, INT8_MIN, INT16_MIN, INT32_MIN, INT32_MAX, INT64_MIN, 100123456789, 1};
    const int64_t value = values[odd_next(state, sizeof values / sizeof *values)];
    uint8_t form[9];

    if (odd_next(state, 3) != 0) {
        rtmi_pack_int(out, value);
        return;
    }
    const size_t which = odd_next(state, 8);
    const size_t width = (size_t)1 << (which & 3);
    form[0] = (uint8_t)(0xcc + which);
    rtmi_store_be64(form + 1, (uint64_t)value << (64 - 8 * width));
    rtmi_buf_append(out, form, 1 + width);
}

void odd_put_text(rtmi_buf *out, uint64_t *state)
{
    static const uint8_t text[70000];
    static const size_t sizes[] = {0, 1, 5, 31, 32, 100, 255, 256, 300};
    size_t len = sizes[odd_next(state, sizeof sizes / sizeof *sizes)];
    uint8_t head[5];

    if (odd_next(state, 500) == 0)
        len = odd_next(state, 2) == 0 ? 65535 : 65536;
    switch (odd_next(state, 6)) {
    case 0:
        rtmi_pack_bin(out, (rtmi_span){text, len});
        break;
    case 1: /* a head wider than needed */
        head[0] = odd_next(state, 2) == 0 ? 0xdb : 0xc6;
        rtmi_store_be32(head + 1, (uint32_t)len);
        rtmi_buf_append(out, head, sizeof head);
        rtmi_buf_append(out, text, len);
        break;
    default:
        rtmi_pack_str(out, (rtmi_span){text, len});
        break;
    }
}

void odd_put(rtmi_buf *out, uint64_t *state)
{
    static const uint8_t ext[] = {0xd4, 1, 7};
    static const uint8_t reserved = 0xc1;

    switch (odd_next(state, 9)) {
    case 0:
        rtmi_pack_nil(out);
        break;
    case 1:
        rtmi_pack_bool(out, true);
        break;
    case 2:
        rtmi_pack_double(out, odd_next(state, 2) == 0 ? 4096.0 : 0.5);
        break;
    case 3:
        rtmi_pack_array(out, 2);
        rtmi_pack_int(out, 1);
        odd_put_text(out, state);
        break;
    case 4:
        rtmi_pack_map(out, 1);
        rtmi_pack_key_int(out, "from", 9);
        break;
    case 5:
        rtmi_buf_append(out, ext, sizeof ext);
        break;
    case 6:
        if (odd_next(state, 8) == 0)
            rtmi_buf_append(out, &reserved, 1);
        else
            rtmi_pack_nil(out);
        break;
    case 7:
        odd_put_text(out, state);
        break;
    default:
        odd_put_int(out, state);
        break;
    }
}
