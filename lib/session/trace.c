/*
 * Decoded packages for the log at level trace, both ways: direction, kind, method, number and
 * the payload as JSON, with the signature masked. Costs nothing when nobody listens.
 */
#include "lib/base/num.h"
#include "lib/fpnn/json.h"
#include "lib/session/session_impl.h"

/* A payload larger than that is cut before it is decoded to text: a line is shorter anyway. */
#define TRACE_TEXT_MAX (1024u * 1024)

/* Blank out the digits of "sign":"…" in JSON text that we have just made. */
static void mask_sign(uint8_t *text, size_t len)
{
    static const char key[] = "\"sign\":\"";
    const size_t key_len = sizeof key - 1;

    for (size_t i = 0; i + key_len + RTMI_SIGN_LEN <= len; i++) {
        if (memcmp(text + i, key, key_len) != 0)
            continue;
        memset(text + i + key_len, '*', RTMI_SIGN_LEN);
        return;
    }
}

void session_trace_write(const rtmi_session *session, bool is_sent, const rtmi_package *package)
{
    static const char *const kinds[] = {"one-way quest", "quest", "answer"};
    rtmi_buf text;

    rtmi_buf_init(&text, TRACE_TEXT_MAX);
    const bool is_text = (package->flag & RTMI_FLAG_JSON) == 0 &&
                         rtmi_pack_to_json(package->payload, &text) == 0 && text.error == 0;
    if (is_text)
        mask_sign(text.data + text.start, rtmi_buf_len(&text));
    rtmi_log_line(&session->config.log, RTMI_LOG_TRACE, "%s %s%s %.*s seq=%u bytes=%zu %.*s",
                  is_sent ? ">" : "<", package->status != 0 ? "error " : "", kinds[package->kind],
                  (int)rtmi_min_size(package->method.len, 64),
                  package->method.len == 0 ? "" : (const char *)package->method.data,
                  (unsigned)package->seq, package->size,
                  is_text ? (int)rtmi_min_size(rtmi_buf_len(&text), RTMI_LOG_LINE_SIZE) : 0,
                  is_text ? (const char *)rtmi_buf_span(&text).data : "");
    rtmi_buf_deinit(&text);
}

void session_trace_write_output(const rtmi_session *session, size_t mark)
{
    const rtmi_span out = rtmi_buf_span(&session->out);
    rtmi_package package;

    if (session->out.error == 0 &&
        rtmi_frame_decode((rtmi_span){out.data + mark, out.len - mark}, SIZE_MAX, &package) == 1)
        session_trace_write(session, true, &package);
}
