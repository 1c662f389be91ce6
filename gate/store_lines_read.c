/*
 * Text to a store. Each line is judged as a whole: unknown names, missing ones and values out of
 * bounds are mistakes that end the import. The last line tells how many there were, so a file
 * that was cut is noticed.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "gate/store_lines.h"

typedef struct reading {
    store_tool *tool;
    FILE *in;
    store_counts *counts;
    int64_t line_number;
    char *line;
    size_t line_cap;
    store_filler filler;
    int32_t pid;
    int64_t epoch_number; /* the last one of the project, 0: none yet */
    uint8_t *key;         /* the last one of the project */
    size_t key_len;
    bool has_project;
    bool has_records; /* of the project: no more epochs and entries */
    bool is_ended;
    char *text;
    size_t text_size;
} reading;

static int fail(reading *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(reading *self, const char *format, ...)
{
    char what[200];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    (void)snprintf(self->text, self->text_size, "line %" PRId64 ": %s", self->line_number, what);
    return -1;
}

/* ---- values -------------------------------------------------------------------------------- */

static int get_int(reading *self, json_t *line, const char *name, int64_t min, int64_t max,
                   int64_t *ret_value)
{
    const json_t *value = json_object_get(line, name);

    if (!json_is_integer(value) || json_integer_value(value) < min ||
        json_integer_value(value) > max)
        return fail(self, "\"%s\" is missing, or no number from %" PRId64 " to %" PRId64, name, min,
                    max);
    *ret_value = json_integer_value(value);
    return 0;
}

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decode base64 in place of its own: the length, or -1. */
static int64_t decode_base64(char *text, size_t len)
{
    size_t padding = 0;
    size_t out = 0;

    if (len % 4 != 0)
        return -1;
    while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < len; i += 4) {
        const size_t digits = i + 4 == len ? 4 - padding : 4;
        uint32_t value = 0;

        for (size_t j = 0; j < 4; j++) {
            const int digit = j < digits ? digit_of(text[i + j]) : 0;

            if (digit < 0)
                return -1;
            value = value << 6 | (uint32_t)digit;
        }
        if ((digits == 3 && (value & 0xff) != 0) || (digits == 2 && (value & 0xffff) != 0))
            return -1; /* bits that would be lost */
        for (size_t j = 0; j + 1 < digits; j++)
            text[out++] = (char)(uint8_t)(value >> (16 - 8 * j));
    }
    return (int64_t)out;
}

/* Bytes under `name` or, as base64, `name`64: a copy that the caller frees; never NULL. */
static int get_bytes(reading *self, json_t *line, const char *name, size_t max, uint8_t **ret_bytes,
                     size_t *ret_len)
{
    char name64[32];
    const json_t *text = json_object_get(line, name);
    const json_t *base64;

    (void)snprintf(name64, sizeof name64, "%s64", name);
    base64 = json_object_get(line, name64);
    if (json_is_string(text) == json_is_string(base64))
        return fail(self, "either \"%s\" or \"%s\" is needed, and a string", name, name64);

    const json_t *given = base64 != NULL ? base64 : text;
    const size_t len = json_string_length(given);
    char *copy = malloc(len + 1);
    int64_t decoded = (int64_t)len;

    if (copy == NULL)
        return fail(self, "out of memory");
    memcpy(copy, json_string_value(given), len);
    if (base64 != NULL)
        decoded = decode_base64(copy, len);
    if (decoded < 0 || (uint64_t)decoded > max) {
        free(copy);
        return decoded < 0 ? fail(self, "\"%s\" is not base64", name64)
                           : fail(self, "\"%s\" is longer than %zu bytes", name, max);
    }
    *ret_bytes = (uint8_t *)copy;
    *ret_len = (size_t)decoded;
    return 0;
}

/* A line has so many names: those that were asked for, and no others. */
static int check_names(reading *self, const json_t *line, size_t count)
{
    return json_object_size(line) == count ? 0 : fail(self, "there are names that mean nothing");
}

/* ---- lines --------------------------------------------------------------------------------- */

/* Every line of a project begins like this; projects come one after another, rising. */
static int take_pid(reading *self, json_t *line)
{
    int64_t pid;

    if (get_int(self, line, "pid", INT32_MIN, INT32_MAX, &pid) < 0)
        return -1;
    if (self->has_project && pid == self->pid)
        return 0;
    if (self->has_project && pid < self->pid)
        return fail(self, "project %" PRId64 " comes after project %" PRId32, pid, self->pid);
    if (store_filler_flush(&self->filler, self->text, self->text_size) < 0)
        return -1;
    store_filler_begin(&self->filler, self->tool, (int32_t)pid);
    self->pid = (int32_t)pid;
    self->has_project = true;
    self->has_records = false;
    self->epoch_number = 0;
    free(self->key);
    self->key = NULL;
    self->counts->projects++;
    return 0;
}

static int parse_epoch(reading *self, json_t *line, uint64_t *ret_epoch)
{
    const char *text = json_string_value(json_object_get(line, "epoch"));

    if (text == NULL || strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
        return fail(self, "\"epoch\" is missing, or not 16 hexadecimal digits");
    *ret_epoch = strtoull(text, NULL, 16);
    return *ret_epoch != 0 ? 0 : fail(self, "\"epoch\" is 0");
}

static int read_epoch(reading *self, json_t *line)
{
    store_epoch_row row;

    if (take_pid(self, line) < 0 || check_names(self, line, 6) < 0 ||
        get_int(self, line, "number", 1, INT64_MAX - 1, &row.number) < 0 ||
        parse_epoch(self, line, &row.epoch) < 0 ||
        get_int(self, line, "first_offset", 1, INT64_MAX - 1, &row.first_offset) < 0 ||
        get_int(self, line, "opened_ms", INT64_MIN, INT64_MAX, &row.opened_ms) < 0)
        return -1;
    if (self->has_records || self->key != NULL)
        return fail(self, "epochs of a project come first");
    if (self->epoch_number != 0 && row.number != self->epoch_number + 1)
        return fail(self, "epoch %" PRId64 " follows epoch %" PRId64, row.number,
                    self->epoch_number);
    self->epoch_number = row.number;
    self->counts->epochs++;
    return self->tool->ops->put_epoch(self->tool, self->pid, &row, self->text, self->text_size);
}

static int compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    const int r = memcmp(a, b, a_len < b_len ? a_len : b_len);

    return r != 0 ? r : a_len < b_len ? -1 : a_len > b_len;
}

static int read_entry(reading *self, json_t *line)
{
    uint8_t *key = NULL;
    uint8_t *value = NULL;
    size_t key_len, value_len;
    int r = -1;

    if (take_pid(self, line) < 0 || check_names(self, line, 4) < 0 ||
        get_bytes(self, line, "key", STORE_KEY_MAX, &key, &key_len) < 0 ||
        get_bytes(self, line, "value", STORE_VALUE_MAX, &value, &value_len) < 0)
        goto end;
    if (self->epoch_number == 0 || self->has_records)
        (void)fail(self, "entries of a project come behind its epochs, before its records");
    else if (key_len == 0)
        (void)fail(self, "the key is empty");
    else if (self->key != NULL && compare(self->key, self->key_len, key, key_len) >= 0)
        (void)fail(self, "keys of a project rise");
    else
        r = self->tool->ops->put_entry(self->tool, self->pid, key, key_len, value, value_len,
                                       self->text, self->text_size);
    if (r == 0) {
        free(self->key);
        self->key = key;
        self->key_len = key_len;
        key = NULL;
        self->counts->entries++;
    }

end:
    free(key);
    free(value);
    return r;
}

static int parse_record(reading *self, json_t *line, store_record *ret_record)
{
    const json_t *binary = json_object_get(line, "binary");
    store_record record = {0};
    int64_t ahead_ms, kind, mtype;

    if (get_int(self, line, "offset", 1, INT64_MAX - 1, &record.offset) < 0 ||
        get_int(self, line, "mtime_ms", INT64_MIN, INT64_MAX, &record.mtime_ms) < 0 ||
        get_int(self, line, "ahead_ms", 0, UINT32_MAX, &ahead_ms) < 0 ||
        get_int(self, line, "kind", 1, UINT8_MAX, &kind) < 0 ||
        get_int(self, line, "mtype", 0, UINT8_MAX, &mtype) < 0 ||
        get_int(self, line, "from", INT64_MIN, INT64_MAX, &record.from) < 0 ||
        get_int(self, line, "to", INT64_MIN, INT64_MAX, &record.to) < 0 ||
        get_int(self, line, "mid", INT64_MIN, INT64_MAX, &record.mid) < 0)
        return -1;
    if (!json_is_boolean(binary))
        return fail(self, "\"binary\" is missing, or neither true nor false");
    record.ahead_ms = (uint32_t)ahead_ms;
    record.kind = (uint8_t)kind;
    record.mtype = (uint8_t)mtype;
    record.is_binary = json_is_true(binary);
    *ret_record = record;
    return 0;
}

static int read_record(reading *self, json_t *line)
{
    store_record record;
    uint8_t *msg = NULL;
    uint8_t *attrs = NULL;
    size_t msg_len, attrs_len;
    char what[200];
    int r = -1;

    if (take_pid(self, line) < 0 || check_names(self, line, 13) < 0 ||
        parse_record(self, line, &record) < 0 ||
        get_bytes(self, line, "msg", STORE_LINE_MAX, &msg, &msg_len) < 0 ||
        get_bytes(self, line, "attrs", STORE_LINE_MAX, &attrs, &attrs_len) < 0)
        goto end;
    if (self->epoch_number == 0) {
        (void)fail(self, "records of a project come behind its epochs");
        goto end;
    }
    record.msg_len = (uint32_t)msg_len;
    record.attrs_len = (uint32_t)attrs_len;
    self->has_records = true;
    self->counts->records++;
    r = store_filler_add(&self->filler, &record, msg, attrs, what, sizeof what);
    if (r < 0)
        (void)fail(self, "at or before it: %s", what);

end:
    free(msg);
    free(attrs);
    return r;
}

static int read_end(reading *self, json_t *line)
{
    const store_counts *counts = self->counts;
    int64_t epochs, entries, records;

    if (check_names(self, line, 4) < 0 ||
        get_int(self, line, "epochs", 0, INT64_MAX, &epochs) < 0 ||
        get_int(self, line, "entries", 0, INT64_MAX, &entries) < 0 ||
        get_int(self, line, "records", 0, INT64_MAX, &records) < 0)
        return -1;
    if (epochs != counts->epochs || entries != counts->entries || records != counts->records)
        return fail(self, "there were other numbers of epochs, entries or records before it");
    self->is_ended = true;
    return 0;
}

static int read_head(reading *self, json_t *line)
{
    int64_t version;

    if (check_names(self, line, 2) < 0 ||
        get_int(self, line, "version", 1, INT64_MAX, &version) < 0)
        return -1;
    if (self->line_number != 1)
        return fail(self, "this stands only in the first line");
    if (version != 1)
        return fail(self, "version %" PRId64 " is of a newer release", version);
    return 0;
}

static const struct {
    const char *type;
    int (*read)(reading *self, json_t *line);
} types[] = {
    {"record", read_record}, {"entry", read_entry}, {"epoch", read_epoch},
    {"store", read_head},    {"end", read_end},
};

static int read_object(reading *self, json_t *line)
{
    const char *type = json_string_value(json_object_get(line, "type"));

    if (self->is_ended)
        return fail(self, "the end was told before it");
    if (self->line_number == 1 && (type == NULL || strcmp(type, "store") != 0))
        return fail(self, "this is no export of a store");
    for (size_t i = 0; type != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].type, type) == 0)
            return types[i].read(self, line);
    }
    return fail(self, "its type is unknown");
}

/* Read one line: its length, 0 at the end, or -1. A last line need not be ended. */
static int64_t read_line(reading *self)
{
    size_t len = 0;
    int c;

    while ((c = getc(self->in)) != EOF && c != '\n') {
        if (len == self->line_cap) {
            const size_t cap = self->line_cap == 0 ? 64 << 10 : self->line_cap * 2;
            char *grown = len < STORE_LINE_MAX ? realloc(self->line, cap) : NULL;

            if (grown == NULL)
                return fail(self, len < STORE_LINE_MAX ? "out of memory" : "it is too long");
            self->line = grown;
            self->line_cap = cap;
        }
        self->line[len++] = (char)c;
    }
    if (ferror(self->in))
        return fail(self, "cannot be read");
    return len > 0 || c == '\n' ? (int64_t)len + 1 : 0;
}

static int read_all(reading *self)
{
    int64_t len;

    for (;;) {
        json_error_t error;
        json_t *line;
        int r;

        self->line_number++;
        len = read_line(self);
        if (len <= 0)
            break;
        line = json_loadb(self->line, (size_t)len - 1, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
                          &error);
        if (!json_is_object(line)) {
            json_decref(line);
            return fail(self, "it is no JSON object");
        }
        r = read_object(self, line);
        json_decref(line);
        if (r < 0)
            return -1;
    }
    if (len < 0)
        return -1;
    if (!self->is_ended)
        return fail(self, "the end is missing: the file was cut");
    if (store_filler_flush(&self->filler, self->text, self->text_size) < 0)
        return -1;
    return self->tool->ops->commit(self->tool, self->text, self->text_size);
}

int store_lines_read(store_tool *tool, FILE *in, store_counts *ret_counts, char *reterr_text,
                     size_t text_size)
{
    reading self = {
        .tool = tool, .in = in, .counts = ret_counts, .text = reterr_text, .text_size = text_size};
    int r;

    *ret_counts = (store_counts){0};
    r = read_all(&self);
    store_filler_deinit(&self.filler);
    free(self.line);
    free(self.key);
    return r;
}
