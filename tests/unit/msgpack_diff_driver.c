/*
 * Our codecs at the end of a pipe, for test_msgpack_diff.py. A line in, a line out:
 *
 *   read HEX        ok USED TOKEN...     the first value, in the words of fpnn_vectors.txt
 *   write TOKEN...  ok HEX               by our writer (no ext)
 *   tojson HEX      ok HEX
 *   fromjson HEX    ok HEX
 *
 * or `error NAME`. HEX is - for nothing.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/fpnn/json.h"
#include "lib/fpnn/pack.h"
#include "tests/support/heap_copy.h"

static const char *error_name(int error)
{
    switch (error) {
    case RTMI_PACK_E_SHORT:
    case RTMI_JSON_E_SHORT:
        return "short";
    case RTMI_PACK_E_RESERVED:
        return "reserved";
    case RTMI_PACK_E_DEPTH:
    case RTMI_JSON_E_DEPTH:
        return "depth";
    case RTMI_JSON_E_SYNTAX:
        return "syntax";
    case RTMI_JSON_E_TEXT:
        return "text";
    case RTMI_JSON_E_ESCAPE:
        return "escape";
    case RTMI_JSON_E_NUMBER:
        return "number";
    case RTMI_JSON_E_NOT_OBJECT:
        return "not_object";
    case RTMI_JSON_E_TRAILING:
        return "trailing";
    default:
        return "other";
    }
}

static unsigned digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void unhex(const char *text, size_t len, rtmi_buf *out)
{
    if (len == 1 && text[0] == '-')
        return;
    for (size_t i = 0; i + 1 < len; i += 2) {
        const uint8_t byte = (uint8_t)(digit(text[i]) << 4 | digit(text[i + 1]));
        rtmi_buf_append(out, &byte, 1);
    }
}

static void print_hex(rtmi_span bytes)
{
    if (bytes.len == 0)
        (void)putchar('-');
    for (size_t i = 0; i < bytes.len; i++) {
        (void)putchar("0123456789abcdef"[bytes.data[i] >> 4]);
        (void)putchar("0123456789abcdef"[bytes.data[i] & 15]);
    }
}

static void print_token(const rtmi_token *token)
{
    uint64_t bits;

    switch (token->type) {
    case RTMI_PACK_NIL:
        (void)printf(" nil");
        break;
    case RTMI_PACK_BOOL:
        (void)printf(token->boolean ? " true" : " false");
        break;
    case RTMI_PACK_INT:
        (void)printf(" i%" PRId64, token->integer);
        break;
    case RTMI_PACK_UINT:
        (void)printf(" i%" PRIu64, token->natural);
        break;
    case RTMI_PACK_FLOAT:
        memcpy(&bits, &token->real, sizeof bits);
        (void)printf(" f%016" PRIx64, bits);
        break;
    case RTMI_PACK_STR:
        (void)printf(" s");
        print_hex(token->bytes);
        break;
    case RTMI_PACK_BIN:
        (void)printf(" b");
        print_hex(token->bytes);
        break;
    case RTMI_PACK_EXT:
        (void)printf(" e%d:", token->ext_type);
        print_hex(token->bytes);
        break;
    case RTMI_PACK_ARRAY:
        (void)printf(" a%" PRIu32, token->count);
        break;
    case RTMI_PACK_MAP:
        (void)printf(" m%" PRIu32, token->count);
        break;
    }
}

static void do_read(rtmi_span bytes)
{
    rtmi_cursor in = rtmi_cursor_of(bytes);
    uint64_t left = 1;
    const int r = rtmi_pack_skip(&in);

    if (r < 0) {
        (void)printf("error %s", error_name(r));
        return;
    }
    (void)printf("ok %zu", (size_t)(in.at - bytes.data));
    in.at = bytes.data;
    while (left-- > 0) {
        rtmi_token token;
        if (rtmi_pack_read(&in, &token) < 0)
            abort(); /* was checked by the skip */
        print_token(&token);
        if (token.type == RTMI_PACK_ARRAY)
            left += token.count;
        else if (token.type == RTMI_PACK_MAP)
            left += (uint64_t)token.count * 2;
    }
}

static void write_word(const char *word, size_t len, rtmi_buf *out)
{
    rtmi_buf bytes;

    rtmi_buf_init(&bytes, SIZE_MAX / 2);
    unhex(word + 1, len - 1, &bytes);
    if (len == 3 && memcmp(word, "nil", 3) == 0) {
        rtmi_pack_nil(out);
    } else if (word[0] == 't' || (len == 5 && word[0] == 'f')) {
        rtmi_pack_bool(out, word[0] == 't');
    } else if (word[0] == 'i' && word[1] == '-') {
        rtmi_pack_int(out, strtoll(word + 1, NULL, 10));
    } else if (word[0] == 'i') {
        rtmi_pack_uint(out, strtoull(word + 1, NULL, 10));
    } else if (word[0] == 'f') {
        const uint64_t bits = strtoull(word + 1, NULL, 16);
        double value;
        memcpy(&value, &bits, sizeof value);
        rtmi_pack_double(out, value);
    } else if (word[0] == 's') {
        rtmi_pack_str(out, rtmi_buf_span(&bytes));
    } else if (word[0] == 'b') {
        rtmi_pack_bin(out, rtmi_buf_span(&bytes));
    } else if (word[0] == 'a') {
        rtmi_pack_array(out, (uint32_t)strtoul(word + 1, NULL, 10));
    } else if (word[0] == 'm') {
        rtmi_pack_map(out, (uint32_t)strtoul(word + 1, NULL, 10));
    } else {
        abort();
    }
    rtmi_buf_deinit(&bytes);
}

static void do_write(char *words)
{
    rtmi_buf out;

    rtmi_buf_init(&out, SIZE_MAX / 2);
    while (*words != '\0') {
        size_t len = 0;
        while (words[len] != '\0' && words[len] != ' ') /* strcspn() may walk to the end */
            len++;
        const bool is_last = words[len] == '\0';
        words[len] = '\0'; /* and so may strtoull() */
        write_word(words, len, &out);
        words += is_last ? len : len + 1;
    }
    (void)printf("ok ");
    print_hex(rtmi_buf_span(&out));
    rtmi_buf_deinit(&out);
}

static void do_convert(int (*convert)(rtmi_span, rtmi_buf *), rtmi_span bytes)
{
    rtmi_buf out;

    rtmi_buf_init(&out, SIZE_MAX / 2);
    const int r = convert(bytes, &out);
    if (r < 0) {
        (void)printf("error %s", error_name(r));
    } else {
        (void)printf("ok ");
        print_hex(rtmi_buf_span(&out));
    }
    rtmi_buf_deinit(&out);
}

static void do_line(char *line)
{
    char *rest = strchr(line, ' ');
    rtmi_buf bytes;

    if (rest == NULL)
        abort();
    *rest++ = '\0';
    if (strcmp(line, "write") == 0) {
        do_write(rest);
    } else {
        rtmi_buf_init(&bytes, SIZE_MAX / 2);
        unhex(rest, strlen(rest), &bytes);
        const rtmi_span exact = heap_copy_span(rtmi_buf_span(&bytes));
        if (strcmp(line, "read") == 0)
            do_read(exact);
        else if (strcmp(line, "tojson") == 0)
            do_convert(rtmi_pack_to_json, exact);
        else if (strcmp(line, "fromjson") == 0)
            do_convert(rtmi_json_to_pack, exact);
        else
            abort();
        heap_copy_free(exact);
        rtmi_buf_deinit(&bytes);
    }
    (void)putchar('\n');
    (void)fflush(stdout);
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    while ((len = getline(&line, &cap, stdin)) > 0) {
        if (line[len - 1] == '\n')
            line[len - 1] = '\0';
        do_line(line);
    }
    free(line);
    return 0;
}
