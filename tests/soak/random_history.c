/*
 * The end of a run: every conversation is read through pages and has to hold what was accepted, in
 * the order of the log, each once, under ids that count from 1 and leave out only what was deleted.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/soak/random_model.h"

enum { ROWS = 20 };

typedef struct key {
    int kind;
    int32_t first;
    int32_t second;
} key;

static key key_of(const sent *of)
{
    if (of->kind != 1)
        return (key){of->kind, of->kind == 4 ? 0 : of->to, 0};
    return of->from < of->to ? (key){1, of->from, of->to} : (key){1, of->to, of->from};
}

static int compare_keys(const key *a, const key *b)
{
    if (a->kind != b->kind)
        return a->kind - b->kind;
    return a->first != b->first ? a->first - b->first : a->second - b->second;
}

static int compare(const void *x, const void *y)
{
    const sent *a = *(const sent *const *)x;
    const sent *b = *(const sent *const *)y;
    const key ka = key_of(a);
    const key kb = key_of(b);
    const int order = compare_keys(&ka, &kb);
    /* Broadcasts have no known offsets, but times that rise. */
    const int64_t pa = a->kind == 4 ? a->mtime_ms : a->offset;
    const int64_t pb = b->kind == 4 ? b->mtime_ms : b->offset;

    return order != 0 ? order : (pa > pb) - (pa < pb);
}

typedef struct reader {
    model *self;
    key key;
    int64_t last_id;
    int64_t begin_ms;
    int64_t end_ms;
    int64_t mtime_ms; /* of the last row: times rise */
    int64_t rows;
    const sent *const *records; /* of the conversation, in order */
    size_t count;
    size_t next;
} reader;

static void check_row(reader *at, rtmi_cursor *in)
{
    int64_t numbers[8] = {0};
    rtmi_span texts[8];
    rtmi_token token;
    uint8_t text[TEXT_MAX];
    model *self = at->self;

    MUST(self, rtmi_pack_read(in, &token) == 0 && token.type == RTMI_PACK_ARRAY && token.count == 8,
         "a row is no array of eight");
    for (int i = 0; i < 8; i++) {
        MUST(self, rtmi_pack_read(in, &token) == 0, "a row that cannot be read");
        if (i == 5 || i == 6)
            MUST(self, rtmi_token_get_bytes(&token, &texts[i]), "a text is none");
        else if (i != 4)
            MUST(self, rtmi_token_get_int(&token, &numbers[i]), "a number is none");
    }
    while (at->next < at->count && at->records[at->next]->is_deleted)
        at->next++;
    MUST(self, at->next < at->count,
         "conversation %d/%d/%d: the row %lld with mid %lld is too many", at->key.kind,
         (int)at->key.first, (int)at->key.second, (long long)numbers[0], (long long)numbers[3]);
    const sent *of = at->records[at->next++];
    const int64_t sender = of->kind != 1 ? uid_of(of->from) : of->from == at->key.first ? 1 : 2;
    const size_t len = text_of(of->first + 1, of->edits, text);
    MUST(self,
         numbers[0] == (int64_t)at->next && numbers[1] == sender &&
             numbers[2] == mtype_of(of->first + 1) && numbers[3] == of->first + 1,
         "conversation %d/%d/%d: id %lld, sender %lld, mid %lld; it should be %zu, %lld, %u",
         at->key.kind, (int)at->key.first, (int)at->key.second, (long long)numbers[0],
         (long long)numbers[1], (long long)numbers[3], at->next, (long long)sender, of->first + 1);
    MUST(self, texts[5].len == len && memcmp(texts[5].data, text, len) == 0,
         "message %u has another text", of->first + 1);
    MUST(self, numbers[7] > at->mtime_ms, "message %u: its time does not rise", of->first + 1);
    at->mtime_ms = numbers[7];
    MUST(self, of->mtime_ms == 0 || of->mtime_ms == numbers[7],
         "message %u has the time %lld; it was told as %lld", of->first + 1, (long long)numbers[7],
         (long long)of->mtime_ms);
}

static int64_t read_page(reader *at)
{
    static const char *const methods[] = {"", "getp2pmsg", "getgroupmsg", "getroommsg",
                                          "getbroadcastmsg"};
    static const uint32_t params[] = {0, 7, 6, 6, 5};
    model *self = at->self;
    wire *via = &self->servers[0]->wire;
    rtmi_buf *out = wire_begin(via, methods[at->key.kind], params[at->key.kind], true);
    rtmi_payload answer;
    rtmi_span rows;
    rtmi_token head;

    if (at->key.kind == 1) {
        rtmi_pack_key_int(out, "uid", uid_of(at->key.first));
        rtmi_pack_key_int(out, "ouid", uid_of(at->key.second));
    } else if (at->key.kind == 2) {
        rtmi_pack_key_int(out, "gid", gid_of(at->key.first));
    } else if (at->key.kind == 3) {
        rtmi_pack_key_int(out, "rid", rid_of(at->key.first));
    }
    rtmi_pack_key_bool(out, "desc", false);
    rtmi_pack_key_int(out, "num", ROWS);
    rtmi_pack_key_int(out, "begin", at->begin_ms);
    rtmi_pack_key_int(out, "end", at->end_ms);
    rtmi_pack_key_int(out, "lastid", at->last_id);
    const int code = wire_wait(via, wire_end(via), &answer);
    MUST(self, code == 0, "%s: %d", methods[at->key.kind], code);
    MUST(self,
         rtmi_payload_find(&answer, "msgs", &rows) &&
             rtmi_payload_get_int(&answer, "lastid", &at->last_id) == 1 &&
             rtmi_payload_get_int(&answer, "begin", &at->begin_ms) == 1 &&
             rtmi_payload_get_int(&answer, "end", &at->end_ms) == 1,
         "%s: a page without rows or cursor", methods[at->key.kind]);
    rtmi_cursor in = rtmi_cursor_of(rows);
    MUST(self, rtmi_pack_read(&in, &head) == 0 && head.count <= ROWS, "a page that is too long");
    for (uint32_t i = 0; i < head.count; i++)
        check_row(at, &in);
    at->rows += head.count;
    return head.count;
}

static int64_t check_conversation(model *self, const sent *const *records, size_t count)
{
    reader at = {.self = self, .key = key_of(records[0]), .records = records, .count = count};

    while (read_page(&at) == ROWS) {
    }
    while (at.next < count && records[at.next]->is_deleted)
        at.next++;
    MUST(self, at.next == count, "conversation %d/%d/%d: message %u is missing", at.key.kind,
         (int)at.key.first, (int)at.key.second, records[at.next]->first + 1);
    return at.rows;
}

int64_t check_history(model *self)
{
    const sent **records = make(self->sent_count + 1, sizeof *records);
    size_t count = 0;
    int64_t rows = 0;

    for (size_t i = 0; i < self->sent_count; i++) {
        if (self->sent[i].fate == ACCEPTED || self->sent[i].offset != NEVER)
            records[count++] = &self->sent[i];
    }
    qsort(records, count, sizeof *records, compare);
    for (size_t i = 0; i < count;) {
        const key of = key_of(records[i]);
        size_t end = i + 1;
        for (; end < count; end++) {
            const key other = key_of(records[end]);
            if (compare_keys(&of, &other) != 0)
                break;
        }
        rows += check_conversation(self, records + i, end - i);
        i = end;
    }
    free(records);
    return rows;
}
