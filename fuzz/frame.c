/*
 * Any bytes as a stream of packages.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "lib/fpnn/frame.h"
#include "lib/fpnn/json.h"
#include "lib/fpnn/payload.h"

/* A limit that inputs of a fuzzer reach. */
#define MAX_BYTES 2048

static void check_package(rtmi_span in, const rtmi_package *package)
{
    rtmi_package shorter;
    const uint8_t *end = in.data + package->size;

    FUZZ_CHECK(package->size >= RTMI_FRAME_HEAD_SIZE && package->size <= in.len);
    FUZZ_CHECK(package->size <= MAX_BYTES);
    FUZZ_CHECK(package->kind <= RTMI_FRAME_ANSWER);
    FUZZ_CHECK(package->method.data >= in.data);
    FUZZ_CHECK(package->method.data + package->method.len == package->payload.data);
    FUZZ_CHECK(package->payload.data + package->payload.len == end);
    FUZZ_CHECK((package->method.len == 0) == (package->kind == RTMI_FRAME_ANSWER));
    /* Not a byte too early, and what follows plays no part. */
    FUZZ_CHECK(rtmi_frame_decode((rtmi_span){in.data, package->size - 1}, MAX_BYTES, &shorter) ==
               0);
    FUZZ_CHECK(rtmi_frame_decode((rtmi_span){in.data, package->size}, MAX_BYTES, &shorter) == 1);
    FUZZ_CHECK(shorter.size == package->size);
    FUZZ_CHECK(rtmi_frame_decode((rtmi_span){in.data, package->size}, package->size - 1,
                                 &shorter) == RTMI_FRAME_E_TOO_BIG);
}

/* The quick look at a usual quest says the same, of all that are and of none else. */
static void check_usual(rtmi_span in, int r, const rtmi_package *package)
{
    rtmi_package usual = {0};
    const bool is_usual = rtmi_frame_decode_usual(in, MAX_BYTES, &usual);

    FUZZ_CHECK(is_usual == (r == 1 && package->kind == RTMI_FRAME_TWOWAY &&
                            (package->flag & RTMI_FLAG_JSON) == 0));
    if (!is_usual)
        return;
    FUZZ_CHECK(usual.version == package->version && usual.flag == package->flag);
    FUZZ_CHECK(usual.kind == package->kind && usual.status == package->status);
    FUZZ_CHECK(usual.seq == package->seq && usual.size == package->size);
    FUZZ_CHECK(usual.method.data == package->method.data);
    FUZZ_CHECK(usual.method.len == package->method.len);
    FUZZ_CHECK(usual.payload.data == package->payload.data);
    FUZZ_CHECK(usual.payload.len == package->payload.len);
}

static void read_payload(const rtmi_package *package)
{
    rtmi_payload map;
    rtmi_buf out;

    if ((package->flag & RTMI_FLAG_JSON) == 0) {
        (void)rtmi_payload_open(package->payload, &map);
        return;
    }
    rtmi_buf_init(&out, 1 << 16);
    if (rtmi_json_to_pack(package->payload, &out) == 0)
        FUZZ_CHECK(rtmi_payload_open(rtmi_buf_span(&out), &map) == 0);
    rtmi_buf_deinit(&out);
}

/* A package made anew of what was read is the same but for version, status and spare flags. */
static void check_written(rtmi_span in, const rtmi_package *package)
{
    rtmi_buf out;

    rtmi_buf_init(&out, MAX_BYTES);
    const size_t mark = package->kind == RTMI_FRAME_ANSWER
                            ? rtmi_frame_begin_answer(&out, package->seq, package->status != 0)
                            : rtmi_frame_begin_quest(&out, package->kind == RTMI_FRAME_TWOWAY,
                                                     package->seq, package->method);
    rtmi_buf_append_span(&out, package->payload);
    rtmi_frame_end(&out, mark);
    FUZZ_CHECK(out.error == 0 && rtmi_buf_len(&out) == package->size);
    FUZZ_CHECK(memcmp(out.data, in.data, 4) == 0);
    FUZZ_CHECK(out.data[6] == in.data[6]);
    FUZZ_CHECK(memcmp(out.data + 8, in.data + 8, package->size - 8) == 0);
    rtmi_buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rtmi_span in = {data, size};
    rtmi_package package;
    int r;

    while ((r = rtmi_frame_decode(in, MAX_BYTES, &package)) == 1) {
        check_usual(in, r, &package);
        check_package(in, &package);
        read_payload(&package);
        check_written(in, &package);
        in = (rtmi_span){in.data + package.size, in.len - package.size};
    }
    check_usual(in, r, &package);
    if (r < 0) {
        /* More bytes do not mend it, and it is never told later than with the whole head. */
        const rtmi_span head = {in.data,
                                in.len < RTMI_FRAME_HEAD_SIZE ? in.len : RTMI_FRAME_HEAD_SIZE};
        FUZZ_CHECK(rtmi_frame_decode(head, MAX_BYTES, &package) == r);
        FUZZ_CHECK(rtmi_frame_error_text(r) != NULL);
    }
    return 0;
}
