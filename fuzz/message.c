/*
 * The two decoders of a message on any payload, for each form of push: whenever the quick one has
 * an opinion it is the general one's, and all views lie inside the payload.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "lib/rtm/message.h"

static void check_view(rtm_bytes got, rtm_bytes wanted, rtmi_span payload)
{
    FUZZ_CHECK(got.data != NULL && got.len == wanted.len);
    FUZZ_CHECK(got.len == 0 || got.data == wanted.data);
    FUZZ_CHECK(got.len == 0 || ((const uint8_t *)got.data >= payload.data &&
                                (const uint8_t *)got.data + got.len <= payload.data + payload.len));
}

static void check(const rtmi_push_method *method, rtmi_span payload)
{
    rtm_message got;
    rtm_message wanted;
    rtmi_push_flaw flaw = "untouched";
    rtmi_push_flaw wanted_flaw = "untouched";
    const int r = rtmi_message_decode(method, payload, &got, &flaw);

    FUZZ_CHECK(rtmi_message_decode_generally(method, payload, &wanted, &wanted_flaw) == r);
    FUZZ_CHECK(flaw == wanted_flaw);
    if (r < 0 || flaw != NULL)
        return;
    FUZZ_CHECK(got.kind == wanted.kind && got.family == wanted.family);
    FUZZ_CHECK(got.mtype == wanted.mtype && got.is_binary == wanted.is_binary);
    FUZZ_CHECK(got.has_offset == wanted.has_offset && got.offset == wanted.offset);
    FUZZ_CHECK(got.from == wanted.from && got.to == wanted.to && got.mid == wanted.mid);
    FUZZ_CHECK(got.mtime_ms == wanted.mtime_ms);
    check_view(got.msg, wanted.msg, payload);
    check_view(got.attrs, wanted.attrs, payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"pushmsg", "pushgroupmsg", "pushroommsg", "pushgroupfile"};
    uint8_t *bytes = malloc(size == 0 ? 1 : size); /* no longer, so that a byte astray is seen */

    if (bytes == NULL)
        return 0;
    if (size > 0)
        memcpy(bytes, data, size);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        check(rtmi_push_method_of(rtmi_span_of_text(names[i])), (rtmi_span){bytes, size});
    }
    free(bytes);
    return 0;
}
