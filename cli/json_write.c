/*
 * The escaper. Chat is mostly plain ASCII, so it goes eight bytes at a time until a byte needs
 * care; one pass both checks UTF-8 and writes, and is taken back when the check fails.
 */
#include "cli/json_write.h"

#include "cli/json_read.h"
#include "cli/utf8.h"

#define ONES 0x0101010101010101U
#define HIGHS 0x8080808080808080U

/* Some of the eight bytes is a control, a quote, a backslash or no ASCII. */
static inline bool word_needs_care(uint64_t word)
{
    const uint64_t quote = word ^ (ONES * '"');
    const uint64_t backslash = word ^ (ONES * '\\');

    return ((word | (word - ONES * 0x20) | (quote - ONES) | (backslash - ONES)) & HIGHS) != 0;
}

static void json_write_escape(struct buffer *out, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = "btn-fr"; /* for 8 to 13 */
    char *o = buffer_reserve(out, 6);

    o[0] = '\\';
    if (byte == '"' || byte == '\\') {
        o[1] = (char)byte;
        out->len += 2;
    } else if (byte >= 8 && byte <= 13 && byte != 11) {
        o[1] = letters[byte - 8];
        out->len += 2;
    } else {
        memcpy(o + 1, "u00", 3);
        o[4] = hex[byte >> 4];
        o[5] = hex[byte & 15];
        out->len += 6;
    }
}

/* Write what needs no escape, up to the first byte that does or to the end; NULL: not UTF-8. */
static const char *json_write_run(struct buffer *out, const char *at, const char *end)
{
    char *o = buffer_reserve(out, (size_t)(end - at) + 8);

    while (at < end) {
        uint64_t word;

        if (end - at >= 8) {
            memcpy(&word, at, 8);
            if (!word_needs_care(word)) {
                memcpy(o, &word, 8);
                at += 8;
                o += 8;
                continue;
            }
        }
        const unsigned char byte = (unsigned char)*at;
        if (byte < 0x80) {
            if (byte < 0x20 || byte == '"' || byte == '\\')
                break;
            *o++ = *at++;
            continue;
        }
        const size_t n = utf8_sequence(at, end);
        if (n == 0)
            return NULL;
        memcpy(o, at, n);
        o += n;
        at += n;
    }
    out->len = (size_t)(o - out->data);
    return at;
}

bool json_write_text(struct buffer *out, const char *text, size_t len)
{
    const size_t old_len = out->len;
    const char *end = text + len;

    buffer_append_byte(out, '"');
    while (text < end) {
        text = json_write_run(out, text, end);
        if (text == NULL) {
            out->len = old_len;
            return false;
        }
        if (text < end)
            json_write_escape(out, (unsigned char)*text++);
    }
    buffer_append_byte(out, '"');
    return true;
}

void json_write_shown(struct buffer *out, const char *text, size_t len)
{
    struct buffer clean = {0};
    const char *end = text + len;

    if (json_write_text(out, text, len))
        return;
    while (text < end) {
        const size_t n = utf8_sequence(text, end);

        if (n == 0)
            buffer_append_string(&clean, "\xef\xbf\xbd");
        else
            buffer_append(&clean, text, n);
        text += n == 0 ? 1 : n;
    }
    (void)json_write_text(out, clean.data, clean.len);
    buffer_deinit(&clean);
}

bool json_write_object(struct buffer *out, const char *text, size_t len)
{
    struct json_in in = {.at = text, .end = text + len};

    json_skip_blanks(&in);
    text = in.at;
    if (in.at == in.end || *in.at != '{' || !json_skip_value(&in))
        return false;
    len = (size_t)(in.at - text);
    json_skip_blanks(&in);
    if (in.at != in.end)
        return false;
    char *o = buffer_reserve(out, len);
    for (size_t i = 0; i < len; i++)
        o[i] = text[i] == '\n' || text[i] == '\r' ? ' ' : text[i];
    out->len += len;
    return true;
}
