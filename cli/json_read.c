/*
 * A JSON reader for lines of a known shape. A tree for every line (of 200,000) would cost more
 * than all the rest of sending it, and would lose how attributes were written.
 *
 * Strict: a text that passes here is taken by every JSON reader. So escapes of single
 * surrogates, which the grammar allows and readers do not, are refused.
 */
#include "cli/json_read.h"

#include "cli/number.h"
#include "cli/utf8.h"

#define JSON_DEPTH_MAX 64

void json_skip_blanks(struct json_in *in)
{
    while (in->at < in->end &&
           (*in->at == ' ' || *in->at == '\t' || *in->at == '\n' || *in->at == '\r'))
        in->at++;
}

char json_peek(const struct json_in *in)
{
    return in->at < in->end ? *in->at : '\0';
}

static bool json_take(struct json_in *in, char c)
{
    if (json_peek(in) != c)
        return false;
    in->at++;
    return true;
}

static bool json_read_hex(struct json_in *in, uint32_t *ret_value)
{
    uint32_t value = 0;

    if (in->end - in->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        const char c = *in->at++;

        if (c >= '0' && c <= '9')
            value = value << 4 | (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            value = value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return false;
    }
    *ret_value = value;
    return true;
}

/* Behind a backslash. */
static bool json_read_escape(struct json_in *in, struct buffer *out)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    uint32_t point, low;
    char bytes[4];
    const char c = json_peek(in);
    const char *known = c != '\0' ? strchr(from, c) : NULL;

    if (c == '\0')
        return false;
    in->at++;
    if (known != NULL) {
        if (out != NULL)
            buffer_append_byte(out, to[known - from]);
        return true;
    }
    if (c != 'u' || !json_read_hex(in, &point) || (point >= 0xdc00 && point <= 0xdfff))
        return false;
    if (point >= 0xd800 && point <= 0xdbff) {
        if (!json_take(in, '\\') || !json_take(in, 'u') || !json_read_hex(in, &low) ||
            low < 0xdc00 || low > 0xdfff)
            return false;
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    }
    if (out != NULL)
        buffer_append(out, bytes, utf8_encode(point, bytes));
    return true;
}

/* A string, its text appended to `out` unless that is NULL. */
static bool json_string(struct json_in *in, struct buffer *out)
{
    if (!json_take(in, '"'))
        return false;
    for (;;) {
        const char *run = in->at;

        while (in->at < in->end && *in->at != '"' && *in->at != '\\') {
            if ((unsigned char)*in->at < 0x20)
                return false;
            in->at++;
        }
        if (in->at == in->end || !utf8_is_valid(run, (size_t)(in->at - run)))
            return false;
        if (out != NULL)
            buffer_append(out, run, (size_t)(in->at - run));
        if (*in->at++ == '"')
            return true;
        if (!json_read_escape(in, out))
            return false;
    }
}

bool json_read_text(struct json_in *in, struct buffer *out)
{
    return json_string(in, out);
}

static size_t json_digits(struct json_in *in)
{
    const char *first = in->at;

    while (in->at < in->end && *in->at >= '0' && *in->at <= '9')
        in->at++;
    return (size_t)(in->at - first);
}

static bool json_number(struct json_in *in)
{
    (void)json_take(in, '-');
    const char *first = in->at;
    const size_t digits = json_digits(in);

    if (digits == 0 || (digits > 1 && *first == '0'))
        return false;
    if (json_take(in, '.') && json_digits(in) == 0)
        return false;
    if (json_take(in, 'e') || json_take(in, 'E')) {
        if (!json_take(in, '+'))
            (void)json_take(in, '-');
        if (json_digits(in) == 0)
            return false;
    }
    return true;
}

static bool json_word(struct json_in *in, const char *word)
{
    const size_t len = strlen(word);

    if ((size_t)(in->end - in->at) < len || memcmp(in->at, word, len) != 0)
        return false;
    in->at += len;
    return true;
}

static bool json_scalar(struct json_in *in)
{
    switch (json_peek(in)) {
    case '"':
        return json_string(in, NULL);
    case 't':
        return json_word(in, "true");
    case 'f':
        return json_word(in, "false");
    case 'n':
        return json_word(in, "null");
    default:
        return json_number(in);
    }
}

/* The key of an entry and its colon; nothing inside an array. */
static bool json_entry_begin(struct json_in *in, char bracket)
{
    json_skip_blanks(in);
    if (bracket == ']')
        return true;
    if (!json_string(in, NULL))
        return false;
    json_skip_blanks(in);
    if (!json_take(in, ':'))
        return false;
    json_skip_blanks(in);
    return true;
}

bool json_skip_value(struct json_in *in)
{
    char closing[JSON_DEPTH_MAX]; /* the brackets that are open */
    size_t depth = 0;

    for (;;) {
        const char c = json_peek(in);

        if (c == '{' || c == '[') {
            if (depth == JSON_DEPTH_MAX)
                return false;
            closing[depth++] = c == '{' ? '}' : ']';
            in->at++;
            json_skip_blanks(in);
            if (json_peek(in) != closing[depth - 1]) {
                if (!json_entry_begin(in, closing[depth - 1]))
                    return false;
                continue;
            }
        } else if (!json_scalar(in)) {
            return false;
        }
        /* A value has ended: close brackets until another one follows. */
        for (;;) {
            if (depth == 0)
                return true;
            json_skip_blanks(in);
            if (json_take(in, closing[depth - 1])) {
                depth--;
                continue;
            }
            if (!json_take(in, ',') || !json_entry_begin(in, closing[depth - 1]))
                return false;
            break;
        }
    }
}

bool json_read_int(struct json_in *in, int64_t *ret_value)
{
    struct json_in try = *in;
    const bool is_quoted = json_take(&try, '"');
    int64_t value;
    const size_t used = number_scan(try.at, (size_t)(try.end - try.at), &value);

    if (used == 0)
        return false;
    try.at += used;
    if (is_quoted ? !json_take(&try, '"')
                  : json_peek(&try) == '.' || json_peek(&try) == 'e' || json_peek(&try) == 'E')
        return false;
    *in = try;
    *ret_value = value;
    return true;
}

bool json_enter_object(struct json_in *in)
{
    json_skip_blanks(in);
    return json_take(in, '{');
}

enum json_next json_next_key(struct json_in *in, bool *is_first, struct buffer *key)
{
    json_skip_blanks(in);
    if (json_take(in, '}'))
        return JSON_END;
    if (!*is_first && !json_take(in, ','))
        return JSON_BAD;
    *is_first = false;
    json_skip_blanks(in);
    key->len = 0;
    if (!json_string(in, key))
        return JSON_BAD;
    json_skip_blanks(in);
    if (!json_take(in, ':'))
        return JSON_BAD;
    json_skip_blanks(in);
    return JSON_ENTRY;
}
