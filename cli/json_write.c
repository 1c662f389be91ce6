/*
 * The escaper. Chat is mostly plain ASCII, so it goes eight bytes at a time until a byte needs
 * care; one pass both checks UTF-8 and writes, and is taken back when the check fails.
 */
#include "cli/json_write.h"

#include "cli/json_read.h"
#include "cli/utf8.h"

#define ONES 0x0101010101010101U
#define HIGHS 0x8080808080808080U

#define BLOCK 512                  /* bytes of text for which room is made at once */
#define BLOCK_ROOM (6 * BLOCK + 8) /* each may become six; eight are stored together */

/*
 * The top bits of those of the eight bytes that are a control, a quote, a backslash or no ASCII.
 * The lowest is exact; a byte behind it may be marked for no reason, by a borrow.
 */
static inline uint64_t word_care(uint64_t word)
{
    const uint64_t quote = word ^ (ONES * '"');
    const uint64_t backslash = word ^ (ONES * '\\');

    return (word | (word - ONES * 0x20) | (quote - ONES) | (backslash - ONES)) & HIGHS;
}

static char *json_write_escape(char *o, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = "btn-fr"; /* for 8 to 13 */

    o[0] = '\\';
    if (byte == '"' || byte == '\\') {
        o[1] = (char)byte;
        return o + 2;
    }
    if (byte >= 8 && byte <= 13 && byte != 11) {
        o[1] = letters[byte - 8];
        return o + 2;
    }
    memcpy(o + 1, "u00", 3);
    o[4] = hex[byte >> 4];
    o[5] = hex[byte & 15];
    return o + 6;
}

/* Behind the sequences at `at` that are no ASCII, the last of which may reach over `stop`; NULL:
 * not UTF-8. */
static inline const char *pass_sequences(const char *at, const char *stop, const char *end)
{
    while (at < stop && (unsigned char)*at >= 0x80) {
        const size_t n = utf8_sequence(at, end);

        if (n == 0)
            return NULL;
        at += n;
    }
    return at;
}

/* Write what is before `stop`, or a little more; returns where it goes on; NULL: not UTF-8. */
static const char *json_write_block(struct buffer *out, const char *at, const char *stop,
                                    const char *end)
{
    char *o = buffer_reserve(out, BLOCK_ROOM);

    while (at < stop) {
        if (end - at >= 8) {
            uint64_t word;
            memcpy(&word, at, 8);
            const uint64_t care = word_care(word);
            const int plain = care == 0 ? 8 : __builtin_ctzll(care) / 8;
            memcpy(o, &word, 8);
            at += plain;
            o += plain;
            if (care == 0)
                continue;
        }
        const unsigned char byte = (unsigned char)*at;
        if (byte >= 0x80) {
            const char *start = at;
            at = pass_sequences(at, stop, end);
            if (at == NULL)
                return NULL;
            memcpy(o, start, (size_t)(at - start));
            o += at - start;
        } else {
            at++;
            if (byte < 0x20 || byte == '"' || byte == '\\')
                o = json_write_escape(o, byte);
            else
                *o++ = (char)byte;
        }
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
        text = json_write_block(out, text, end - text > BLOCK ? text + BLOCK : end, end);
        if (text == NULL) {
            out->len = old_len;
            return false;
        }
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
