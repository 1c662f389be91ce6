/*
 * All published FPNN vectors that framing and payloads are about (tests/data/fpnn_vectors.txt):
 * whole, one byte at a time and at every split, the values compared one by one, and what our
 * writer makes of the same values compared byte by byte.
 *
 * Of a long vector not every split is tried: all in its first and last 64 bytes, and every
 * 1021st between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/base/num.h"
#include "lib/fpnn/answer.h"
#include "lib/fpnn/frame.h"
#include "lib/fpnn/json.h"
#include "lib/fpnn/payload.h"
#include "tests/support/heap_copy.h"

#define VECTORS_PUBLISHED 179
#define VECTOR_MAX 200
#define STEP_MAX 4
#define LONG_VECTOR 2048
#define NEAR_AN_END 64
#define STRIDE 1021

/* One line, and what belongs to it. */
typedef struct step {
    char kind; /* 'p' package, 'r' refused, 'm' more */
    rtmi_package package;
    char *method;
    size_t payload_len;
    const char *payload; /* the result */
    const char *tree;    /* NULL: none */
    int shortest;        /* 1 yes, 0 no, -1 not said */
    int rule;            /* refused: the error */
    size_t seen_at;
} step;

typedef struct vector {
    const char *kind;
    const char *name;
    rtmi_span bytes;
    step steps[STEP_MAX];
    size_t step_count;
} vector;

static vector vectors[VECTOR_MAX];
static size_t vector_count;
static char *file_text;

/* Reading the file. */

static unsigned hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = strchr(digits, c);

    assert_true(c != '\0' && at != NULL);
    return (unsigned)(at - digits);
}

/* HEX, parts joined by +, XX*N for a run, - for nothing. */
static void unhex(const char *text, size_t len, rtmi_buf *out)
{
    size_t i = 0;

    if (len == 1 && text[0] == '-')
        return;
    while (i < len) {
        if (text[i] == '+') {
            i++;
            continue;
        }
        assert_true(i + 1 < len);
        const uint8_t byte = (uint8_t)(hex_digit(text[i]) << 4 | hex_digit(text[i + 1]));
        size_t times = 1;
        i += 2;
        if (i < len && text[i] == '*') {
            char *end;
            times = strtoul(text + i + 1, &end, 10);
            i = (size_t)(end - text);
        }
        while (times-- > 0)
            rtmi_buf_append(out, &byte, 1);
    }
    assert_int_equal(out->error, 0);
}

static const struct {
    const char *name;
    int error;
} error_names[] = {
    {"magic", RTMI_FRAME_E_MAGIC},
    {"encoding", RTMI_FRAME_E_ENCODING},
    {"kind", RTMI_FRAME_E_KIND},
    {"method", RTMI_FRAME_E_METHOD},
    {"empty", RTMI_FRAME_E_EMPTY},
    {"too_big", RTMI_FRAME_E_TOO_BIG},
    {"short", RTMI_PACK_E_SHORT},
    {"reserved", RTMI_PACK_E_RESERVED},
    {"not_map", RTMI_PACK_E_NOT_MAP},
    {"json_short", RTMI_JSON_E_SHORT},
    {"not_object", RTMI_JSON_E_NOT_OBJECT},
    {"map", 0},
    {"json", 0},
};

static int error_of(const char *name)
{
    for (size_t i = 0; i < sizeof error_names / sizeof error_names[0]; i++) {
        if (strcmp(error_names[i].name, name) == 0)
            return error_names[i].error;
    }
    fail_msg("no such result: %s", name);
    return 0;
}

static void read_package_line(char *line, step *to)
{
    unsigned long field[5];
    char *at = line;

    for (size_t i = 0; i < 5; i++)
        field[i] = strtoul(at, &at, i == 1 ? 16 : 10);
    to->package.version = (uint8_t)field[0];
    to->package.flag = (uint8_t)field[1];
    to->package.kind = (uint8_t)field[2];
    to->package.status = (uint8_t)field[3];
    to->package.seq = (uint32_t)field[4];
    to->method = at + 1;
    at = strchr(to->method, ' ');
    assert_non_null(at);
    *at = '\0';
    to->payload_len = strtoul(at + 1, NULL, 10);
}

static step *add_step(vector *v, char kind)
{
    assert_true(v->step_count < STEP_MAX);
    step *added = &v->steps[v->step_count++];
    added->kind = kind;
    added->shortest = -1;
    return added;
}

static void read_line(char *line)
{
    vector *v = vector_count == 0 ? NULL : &vectors[vector_count - 1];
    step *last = v == NULL || v->step_count == 0 ? NULL : &v->steps[v->step_count - 1];
    char *rest = strchr(line, ' ');

    if (line[0] == '\0' || line[0] == '#')
        return;
    if (rest != NULL)
        *rest++ = '\0';
    if (strcmp(line, "vector") == 0) {
        assert_true(vector_count < VECTOR_MAX);
        v = &vectors[vector_count++];
        v->kind = rest;
        char *name = strchr(rest, ' ');
        assert_non_null(name);
        *name++ = '\0';
        v->name = name;
    } else if (strcmp(line, "bytes") == 0) {
        rtmi_buf bytes;
        rtmi_buf_init(&bytes, 1 << 20);
        unhex(rest, strlen(rest), &bytes);
        v->bytes = heap_copy_span(rtmi_buf_span(&bytes));
        rtmi_buf_deinit(&bytes);
    } else if (strcmp(line, "package") == 0) {
        read_package_line(rest, add_step(v, 'p'));
    } else if (strcmp(line, "payload") == 0) {
        last->payload = rest;
    } else if (strcmp(line, "tree") == 0) {
        last->tree = rest;
    } else if (strcmp(line, "shortest") == 0) {
        last->shortest = strcmp(rest, "yes") == 0;
    } else if (strcmp(line, "refused") == 0) {
        last = add_step(v, 'r');
        char *at = strchr(rest, ' ');
        assert_non_null(at);
        *at = '\0';
        last->rule = error_of(rest);
        last->seen_at = strtoul(at + 1, NULL, 10);
    } else if (strcmp(line, "more") == 0) {
        (void)add_step(v, 'm');
    } else if (strcmp(line, "server") != 0 && strcmp(line, "reference") != 0) {
        fail_msg("vectors: unknown line %s", line);
    }
}

static int read_vectors(void **state)
{
    const char *root = getenv("RTMKIT_SOURCE");
    char path[4096];
    long size;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/tests/data/fpnn_vectors.txt", root == NULL ? "." : root);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        (void)fprintf(stderr, "%s: cannot be opened; RTMKIT_SOURCE is the project\n", path);
        return -1;
    }
    if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0)
        size = 0;
    file_text = calloc(1, (size_t)size + 1);
    assert_non_null(file_text);
    assert_int_equal(fread(file_text, 1, (size_t)size, file), (size_t)size);
    (void)fclose(file);
    for (char *line = file_text; line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end++ = '\0';
        read_line(line);
        line = end;
    }
    return 0;
}

static int free_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < vector_count; i++)
        heap_copy_free(vectors[i].bytes);
    free(file_text);
    return 0;
}

static const vector *vector_named(const char *name)
{
    for (size_t i = 0; i < vector_count; i++) {
        if (strcmp(vectors[i].name, name) == 0)
            return &vectors[i];
    }
    fail_msg("no vector %s", name);
    return NULL;
}

/* Values, one word of the tree each. */

static size_t word_len(const char *word)
{
    return strcspn(word, " ");
}

static double double_of_bits(const char *hex)
{
    uint64_t bits = 0;
    double value;

    for (int i = 0; i < 16; i++)
        bits = bits << 4 | hex_digit(hex[i]);
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool bytes_match(const char *hex, size_t len, rtmi_span bytes)
{
    rtmi_buf expected;

    rtmi_buf_init(&expected, 1 << 20);
    unhex(hex, len, &expected);
    const bool same = rtmi_span_equal(rtmi_buf_span(&expected), bytes);
    rtmi_buf_deinit(&expected);
    return same;
}

static bool token_matches(const char *word, const rtmi_token *token)
{
    const size_t len = word_len(word);

    if (strncmp(word, "nil", len) == 0)
        return token->type == RTMI_PACK_NIL;
    if (strncmp(word, "true", len) == 0 || strncmp(word, "false", len) == 0)
        return token->type == RTMI_PACK_BOOL && token->boolean == (word[0] == 't');
    switch (word[0]) {
    case 'm':
        return token->type == RTMI_PACK_MAP && token->count == strtoul(word + 1, NULL, 10);
    case 'a':
        return token->type == RTMI_PACK_ARRAY && token->count == strtoul(word + 1, NULL, 10);
    case 'i':
        if (token->type == RTMI_PACK_UINT)
            return token->natural > INT64_MAX && token->natural == strtoull(word + 1, NULL, 10);
        /* strtoll() saturates: above INT64_MAX only a token of type UINT will do. */
        return token->type == RTMI_PACK_INT && token->integer == strtoll(word + 1, NULL, 10) &&
               (token->integer < 0 || (uint64_t)token->integer == strtoull(word + 1, NULL, 10));
    case 'f': {
        const double expected = double_of_bits(word + 1);
        return token->type == RTMI_PACK_FLOAT &&
               memcmp(&expected, &token->real, sizeof expected) == 0;
    }
    case 's':
        return token->type == RTMI_PACK_STR && bytes_match(word + 1, len - 1, token->bytes);
    case 'b':
        return token->type == RTMI_PACK_BIN && bytes_match(word + 1, len - 1, token->bytes);
    case 'e': {
        const char *colon = strchr(word, ':');
        assert_non_null(colon);
        return token->type == RTMI_PACK_EXT && token->ext_type == strtol(word + 1, NULL, 10) &&
               bytes_match(colon + 1, len - (size_t)(colon + 1 - word), token->bytes);
    }
    default:
        return false;
    }
}

/* Returns how many bytes the tree took. */
static size_t check_tree(const char *name, const char *tree, rtmi_span pack)
{
    rtmi_cursor in = rtmi_cursor_of(pack);

    for (const char *word = tree; *word != '\0';) {
        rtmi_token token;
        assert_int_equal(rtmi_pack_read(&in, &token), 0);
        if (!token_matches(word, &token))
            fail_msg("%s: value differs at %.*s", name, (int)word_len(word), word);
        word += word_len(word);
        word += *word == ' ';
    }
    return pack.len - (size_t)(in.end - in.at);
}

/* The same values by our writer; ext is left out, which we never write. */
static void write_tree(const char *tree, rtmi_buf *out)
{
    rtmi_buf bytes;

    rtmi_buf_init(&bytes, 1 << 20);
    for (const char *word = tree; *word != '\0';) {
        const size_t len = word_len(word);
        rtmi_buf_clear(&bytes);
        if (word[0] == 's' || word[0] == 'b')
            unhex(word + 1, len - 1, &bytes);
        if (strncmp(word, "nil", len) == 0)
            rtmi_pack_nil(out);
        else if (strncmp(word, "true", len) == 0 || strncmp(word, "false", len) == 0)
            rtmi_pack_bool(out, word[0] == 't');
        else if (word[0] == 'm')
            rtmi_pack_map(out, (uint32_t)strtoul(word + 1, NULL, 10));
        else if (word[0] == 'a')
            rtmi_pack_array(out, (uint32_t)strtoul(word + 1, NULL, 10));
        else if (word[0] == 'i' && word[1] == '-')
            rtmi_pack_int(out, strtoll(word + 1, NULL, 10));
        else if (word[0] == 'i')
            rtmi_pack_uint(out, strtoull(word + 1, NULL, 10));
        else if (word[0] == 'f')
            rtmi_pack_double(out, double_of_bits(word + 1));
        else if (word[0] == 's')
            rtmi_pack_str(out, rtmi_buf_span(&bytes));
        else if (word[0] == 'b')
            rtmi_pack_bin(out, rtmi_buf_span(&bytes));
        else
            fail_msg("cannot write %.*s", (int)len, word);
        word += len;
        word += *word == ' ';
    }
    assert_int_equal(out->error, 0);
    rtmi_buf_deinit(&bytes);
}

/* Payloads. */

static void check_json(const vector *v, const step *expected, rtmi_span payload)
{
    rtmi_buf pack;
    rtmi_buf text;
    rtmi_buf again;

    rtmi_buf_init(&pack, 1 << 20);
    rtmi_buf_init(&text, 1 << 20);
    rtmi_buf_init(&again, 1 << 20);
    assert_int_equal(rtmi_json_to_pack(payload, &pack), error_of(expected->payload));
    if (expected->tree != NULL) {
        assert_int_equal(check_tree(v->name, expected->tree, rtmi_buf_span(&pack)),
                         rtmi_buf_len(&pack));
        write_tree(expected->tree, &again);
        assert_true(rtmi_span_equal(rtmi_buf_span(&pack), rtmi_buf_span(&again)));
        rtmi_buf_clear(&again);
        assert_int_equal(rtmi_pack_to_json(rtmi_buf_span(&pack), &text), 0);
        assert_int_equal(rtmi_json_to_pack(rtmi_buf_span(&text), &again), 0);
        assert_true(rtmi_span_equal(rtmi_buf_span(&pack), rtmi_buf_span(&again)));
    } else {
        assert_int_equal(rtmi_buf_len(&pack), 0);
    }
    rtmi_buf_deinit(&pack);
    rtmi_buf_deinit(&text);
    rtmi_buf_deinit(&again);
}

static void check_map(const vector *v, const step *expected, rtmi_span payload)
{
    rtmi_payload map;
    const int r = rtmi_payload_open(payload, &map);

    if (r != error_of(expected->payload))
        fail_msg("%s: payload gives %d: %s", v->name, r, rtmi_pack_error_text(r));
    if (r == 0)
        (void)check_tree(v->name, expected->tree, payload);
}

static void check_package(const vector *v, const step *expected, const rtmi_package *package)
{
    const rtmi_span payload = heap_copy_span(package->payload);

    assert_int_equal(package->version, expected->package.version);
    assert_int_equal(package->flag, expected->package.flag);
    assert_int_equal(package->kind, expected->package.kind);
    assert_int_equal(package->status, expected->package.status);
    assert_int_equal(package->seq, expected->package.seq);
    assert_int_equal(package->payload.len, expected->payload_len);
    assert_true(bytes_match(expected->method, strlen(expected->method), package->method));
    if ((package->flag & RTMI_FLAG_JSON) != 0)
        check_json(v, expected, payload);
    else
        check_map(v, expected, payload);
    heap_copy_free(payload);
}

/* Streams: what a connection does with the bytes as they come. */

typedef struct receiver {
    const vector *vector;
    rtmi_buf in;
    size_t next;     /* the step that comes */
    size_t fed;      /* bytes of the stream so far */
    size_t consumed; /* bytes of complete packages */
    bool is_refused;
} receiver;

static void receive(receiver *to, const uint8_t *data, size_t len)
{
    const vector *v = to->vector;

    if (to->is_refused)
        return;
    rtmi_buf_append(&to->in, data, len);
    to->fed += len;
    for (;;) {
        rtmi_package package;
        const int r = rtmi_frame_decode(rtmi_buf_span(&to->in), RTMI_FRAME_MAX_DEFAULT, &package);
        if (r == 0)
            return;
        if (to->next == v->step_count)
            fail_msg("%s: more than was expected (%d)", v->name, r);
        const step *expected = &v->steps[to->next++];
        if (r < 0) {
            if (expected->kind != 'r' || r != expected->rule)
                fail_msg("%s: refused: %s", v->name, rtmi_frame_error_text(r));
            assert_true(to->fed >= to->consumed + expected->seen_at);
            /* Not a byte later than it can be told. */
            assert_true(to->fed - len < to->consumed + expected->seen_at);
            to->is_refused = true;
            return;
        }
        if (expected->kind != 'p')
            fail_msg("%s: a package was not expected", v->name);
        check_package(v, expected, &package);
        rtmi_buf_consume(&to->in, package.size);
        to->consumed += package.size;
    }
}

static void check_end(receiver *to)
{
    const vector *v = to->vector;

    if (to->next < v->step_count && v->steps[to->next].kind == 'm') {
        assert_true(rtmi_buf_len(&to->in) > 0);
        to->next++;
    } else if (!to->is_refused) {
        assert_int_equal(rtmi_buf_len(&to->in), 0);
    }
    if (to->next != v->step_count)
        fail_msg("%s: only %zu of %zu steps", v->name, to->next, v->step_count);
    rtmi_buf_deinit(&to->in);
}

static receiver receiver_for(const vector *v)
{
    receiver to = {.vector = v};

    rtmi_buf_init(&to.in, RTMI_FRAME_MAX_DEFAULT);
    return to;
}

/* The next place to cut. */
static size_t next_cut(const vector *v, size_t at)
{
    if (v->bytes.len < LONG_VECTOR || at < NEAR_AN_END || at + NEAR_AN_END >= v->bytes.len)
        return at + 1;
    return rtmi_min_size(at + STRIDE, v->bytes.len - NEAR_AN_END);
}

static void run_whole(const vector *v)
{
    receiver to = receiver_for(v);

    receive(&to, v->bytes.data, v->bytes.len);
    check_end(&to);
}

static void run_bytewise(const vector *v)
{
    receiver to = receiver_for(v);

    for (size_t i = 0; i < v->bytes.len; i++)
        receive(&to, v->bytes.data + i, 1);
    check_end(&to);
}

static void run_at_every_split(const vector *v)
{
    for (size_t cut = 1; cut < v->bytes.len; cut = next_cut(v, cut)) {
        receiver to = receiver_for(v);
        receive(&to, v->bytes.data, cut);
        receive(&to, v->bytes.data + cut, v->bytes.len - cut);
        check_end(&to);
    }
}

/* Each beginning of the stream alone, in a block of its size: outputs stay as they were. */
static void run_every_beginning(const vector *v)
{
    rtmi_package first;
    const step *expected = &v->steps[0];
    size_t size = SIZE_MAX;

    if (rtmi_frame_decode(v->bytes, RTMI_FRAME_MAX_DEFAULT, &first) == 1)
        size = first.size;
    for (size_t n = 0; n < v->bytes.len; n = next_cut(v, n)) {
        rtmi_package package = {.seq = 4242, .size = 77};
        uint8_t *part = heap_copy(v->bytes.data, n);
        const int r = rtmi_frame_decode((rtmi_span){part, n}, RTMI_FRAME_MAX_DEFAULT, &package);
        if (expected->kind == 'r' && n >= expected->seen_at) {
            assert_int_equal(r, expected->rule);
        } else {
            assert_int_equal(r, n >= size ? 1 : 0);
        }
        if (r != 1) {
            assert_int_equal(package.seq, 4242);
            assert_int_equal(package.size, 77);
        }
        free(part);
    }
}

/* Each beginning of a good payload is a short one. */
static void run_every_payload_cut(const vector *v)
{
    rtmi_package package;

    if (v->steps[0].kind != 'p' || v->steps[0].tree == NULL)
        return;
    assert_int_equal(rtmi_frame_decode(v->bytes, RTMI_FRAME_MAX_DEFAULT, &package), 1);
    const rtmi_span payload = package.payload;
    const bool is_json = (package.flag & RTMI_FLAG_JSON) != 0;
    const size_t whole = is_json ? payload.len : check_tree(v->name, v->steps[0].tree, payload);
    for (size_t n = 0; n < whole; n = next_cut(v, n)) {
        const rtmi_span part = heap_copy_span((rtmi_span){payload.data, n});
        rtmi_payload map = {.count = 77};
        rtmi_buf out;

        rtmi_buf_init(&out, 1 << 20);
        if (is_json)
            assert_int_equal(rtmi_json_to_pack(part, &out), RTMI_JSON_E_SHORT);
        else
            assert_int_equal(rtmi_payload_open(part, &map), RTMI_PACK_E_SHORT);
        assert_int_equal(map.count, 77);
        rtmi_buf_deinit(&out);
        heap_copy_free(part);
    }
}

/* The same package by our writer. */
static void run_writer(const vector *v)
{
    const step *s = &v->steps[0];
    rtmi_package package;
    rtmi_buf out;

    if (s->shortest < 0)
        return;
    assert_int_equal(rtmi_frame_decode(v->bytes, RTMI_FRAME_MAX_DEFAULT, &package), 1);
    rtmi_buf_init(&out, 1 << 20);
    rtmi_buf_append(&out, "before", 6);
    const size_t mark = package.kind == RTMI_FRAME_ANSWER
                            ? rtmi_frame_begin_answer(&out, package.seq, package.status != 0)
                            : rtmi_frame_begin_quest(&out, package.kind == RTMI_FRAME_TWOWAY,
                                                     package.seq, package.method);
    assert_int_equal(mark, 6);
    write_tree(s->tree, &out);
    rtmi_frame_end(&out, mark);
    rtmi_buf_consume(&out, mark);
    const rtmi_span ours = rtmi_buf_span(&out);

    if (s->shortest == 1) {
        /* We write version 1 and status 0 or 1; the rest must be the same bytes. */
        uint8_t *theirs = heap_copy(v->bytes.data, v->bytes.len);
        theirs[4] = 1;
        if (package.kind == RTMI_FRAME_ANSWER && package.status > 1)
            theirs[7] = 1;
        if (!rtmi_span_equal(ours, (rtmi_span){theirs, v->bytes.len}))
            fail_msg("%s: our writer makes other bytes", v->name);
        free(theirs);
    } else {
        assert_int_equal(rtmi_frame_decode(ours, RTMI_FRAME_MAX_DEFAULT, &package), 1);
        assert_int_equal(check_tree(v->name, s->tree, package.payload), package.payload.len);
        assert_true(package.payload.len <= s->payload_len + 4); /* float32 is written as 64 */
        assert_false(rtmi_span_equal(ours, v->bytes));
    }
    rtmi_buf_deinit(&out);
}

static size_t run_kind(const char *kind)
{
    size_t count = 0;

    for (size_t i = 0; i < vector_count; i++) {
        const vector *v = &vectors[i];
        if (strcmp(v->kind, kind) != 0)
            continue;
        assert_true(v->step_count > 0);
        run_whole(v);
        run_bytewise(v);
        run_at_every_split(v);
        run_every_beginning(v);
        run_every_payload_cut(v);
        run_writer(v);
        count++;
    }
    return count;
}

static void all_vectors_of_these_kinds_are_run(void **state)
{
    const size_t messages = run_kind("message");
    const size_t fragments = run_kind("message_fragment");
    const size_t malformed = run_kind("malformed_stream");
    const size_t divergences = run_kind("divergence");

    (void)state;
    print_message("vectors: ran %zu of %d: %zu message, %zu message_fragment, %zu "
                  "malformed_stream, %zu divergence; the rest is about encryption, HTTP and "
                  "WebSocket\n",
                  messages + fragments + malformed + divergences, VECTORS_PUBLISHED, messages,
                  fragments, malformed, divergences);
    assert_int_equal(messages, 89);
    assert_int_equal(fragments, 1);
    assert_int_equal(malformed, 34);
    assert_int_equal(divergences, 13);
    assert_int_equal(messages + fragments + malformed + divergences, vector_count);
}

static void names_stand_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < vector_count; i++)
        assert_ptr_equal(vector_named(vectors[i].name), &vectors[i]);
}

static void legal_forms_that_are_not_shortest_are_these(void **state)
{
    static const char *const longer[] = {"ints_go_signed_forms", "ints_overlong_forms",
                                         "str_raw16_short", "float_forms"};
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < vector_count; i++)
        count += vectors[i].step_count > 0 && vectors[i].steps[0].shortest == 0;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(vector_named(longer[i])->steps[0].shortest, 0);
    assert_int_equal(count, 4);
}

static rtmi_payload payload_of(const char *name)
{
    const vector *v = vector_named(name);
    rtmi_package package;
    rtmi_payload map;

    assert_int_equal(rtmi_frame_decode(v->bytes, RTMI_FRAME_MAX_DEFAULT, &package), 1);
    assert_int_equal(rtmi_payload_open(package.payload, &map), 0);
    return map;
}

static void getters_read_where_implementations_differ(void **state)
{
    rtmi_payload map;
    rtmi_span bytes;
    int64_t value;

    (void)state;
    map = payload_of("div_duplicate_keys"); /* the first counts */
    assert_int_equal(rtmi_payload_get_int(&map, "a", &value), 1);
    assert_int_equal(value, 1);
    map = payload_of("div_int_key_root"); /* passed over */
    assert_int_equal(rtmi_payload_get_int(&map, "i", &value), 1);
    assert_int_equal(value, 5);
    map = payload_of("div_bin_key_root"); /* a key as good as str */
    assert_int_equal(rtmi_payload_get_int(&map, "i", &value), 1);
    assert_int_equal(value, 5);
    map = payload_of("div_trailing_bytes"); /* ignored */
    assert_int_equal(rtmi_payload_get_int(&map, "a", &value), 1);
    assert_int_equal(value, 1);
    map = payload_of("div_invalid_utf8"); /* bytes, handed on as they are */
    assert_int_equal(rtmi_payload_get_bytes(&map, "v", &bytes), 1);
    assert_true(rtmi_span_is(bytes, "\x80\xff"));
    map = payload_of("ints_js_large_as_float"); /* integral floats are integers */
    assert_int_equal(rtmi_payload_get_int(&map, "a", &value), 1);
    assert_true(value == INT64_C(4294967296));
    assert_int_equal(rtmi_payload_get_int(&map, "b", &value), 1);
    assert_true(value == INT64_C(-3000000000));
}

static void error_answers_are_read(void **state)
{
    static const struct {
        const char *name;
        int code;
        bool has_text;
    } rows[] = {
        {"answer_error_20004", 20004, true},   {"answer_error_20013", 20013, true},
        {"answer_error_20011", 20011, true},   {"answer_error_20014", 20014, true},
        {"answer_error_10009", 10009, true},   {"answer_error_200022", 200022, true},
        {"answer_error_with_raiser", 0, true}, {"answer_error_ss_7", 100007, true},
        {"answer_error_no_ex", 0, false},      {"answer_ok_empty", 20001, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const vector *v = vector_named(rows[i].name);
        rtmi_package package;
        rtmi_span text;
        int code;

        assert_int_equal(rtmi_frame_decode(v->bytes, RTMI_FRAME_MAX_DEFAULT, &package), 1);
        rtmi_answer_read_error(package.payload, &code, &text);
        if (rows[i].code != 0)
            assert_int_equal(code, rows[i].code);
        else
            assert_true(code > 10000);
        assert_int_equal(text.len > 0, rows[i].has_text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_vectors_of_these_kinds_are_run),
        cmocka_unit_test(names_stand_once),
        cmocka_unit_test(legal_forms_that_are_not_shortest_are_these),
        cmocka_unit_test(getters_read_where_implementations_differ),
        cmocka_unit_test(error_answers_are_read),
    };

    return cmocka_run_group_tests_name("fpnn.vectors", tests, read_vectors, free_vectors);
}
