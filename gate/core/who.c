#include "gate/core/who.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gate/core/mail.h"
#include "gate/core/shard_impl.h"
#include "lib/base/num.h"
#include "lib/rtm/codes.h"

#define ROWS_BYTES_MAX ((size_t)WHO_ROWS_MAX * 1024) /* a row has less than 512 bytes */
#define PLACE_SIZE (2 * RTMI_INT_TEXT_SIZE + 2)

typedef struct who_mail {
    bus_item item; /* MAIL_WHO */
    log_sender sender;
    size_t project;
    who_place place;
    size_t left; /* rows that may still be added */
    uint32_t count;
    bool is_done; /* on its way back; no shard is left */
    bool is_back;
    rtmi_buf rows;
} who_mail;

bool who_place_parse(rtmi_span text, who_place *ret_place)
{
    const char *const start = (const char *)text.data;
    const char *const colon = text.len == 0 ? NULL : memchr(start, ':', text.len);
    int64_t shard_index;
    int64_t id;

    if (colon == NULL || !rtmi_int_parse(start, (size_t)(colon - start), &shard_index) ||
        !rtmi_int_parse(colon + 1, text.len - (size_t)(colon + 1 - start), &id) ||
        shard_index < 0 || id < 0)
        return false;
    *ret_place = (who_place){(uint64_t)shard_index, (uint64_t)id};
    return true;
}

void who_mail_free(who_mail *mail)
{
    if (mail == NULL)
        return;
    rtmi_buf_deinit(&mail->rows);
    free(mail);
}

/* To the shard that is next, or back. */
static void send_on(shard *self, who_mail *mail)
{
    if (mail->place.shard >= self->config->shard_count)
        mail->is_done = mail->is_back = true;
    bus_send(self->config->bus, mail->is_back ? mail->sender.shard : mail->place.shard,
             &mail->item);
}

void who_ask(op *quest, const who_place *place, size_t rows)
{
    shard *const self = quest->shard;
    who_mail *const mail = calloc(1, sizeof *mail);

    if (mail == NULL) {
        op_answer_error(quest, RTMI_RC_UNKNOWN_ERROR, "out of memory");
        return;
    }
    mail->item.kind = MAIL_WHO;
    mail->sender = quest->sender;
    mail->project = op_project(quest)->index;
    mail->place = *place;
    mail->left = rows;
    rtmi_buf_init(&mail->rows, ROWS_BYTES_MAX);
    self->owed++;
    send_on(self, mail);
}

/* The lowest ids above `after` of the project's connections, rising; at most `most`. */
static size_t find_ids(const shard *self, const shard_project *project, uint64_t after, size_t most,
                       uint64_t *ret_ids)
{
    const conn *connection;
    size_t count = 0;
    size_t at = 0;

    while ((connection = rtmi_map_next(&self->conns, &at, NULL)) != NULL) {
        const uint64_t id = connection->id;
        if (connection->project != project || connection->wants_close || id <= after ||
            (count == most && id > ret_ids[count - 1]))
            continue;
        size_t place = count < most ? count++ : count - 1;
        for (; place > 0 && ret_ids[place - 1] > id; place--)
            ret_ids[place] = ret_ids[place - 1];
        ret_ids[place] = id;
    }
    return count;
}

static void put_names(rtmi_buf *out, const char *key, unsigned bits, const char *const *names,
                      size_t count)
{
    uint32_t set = 0;

    for (size_t i = 0; i < count; i++)
        set += (bits >> i) & 1;
    rtmi_pack_key(out, key);
    rtmi_pack_array(out, set);
    for (size_t i = 0; i < count; i++) {
        if (((bits >> i) & 1) != 0)
            rtmi_pack_str(out, rtmi_span_of_text(names[i]));
    }
}

static void put_row(const shard *self, const conn *one, gate_time now, rtmi_buf *out)
{
    static const char *const alls[LISTEN_ALLS] = {[LISTEN_ALL_P2P] = "p2p",
                                                  [LISTEN_ALL_GROUP] = "group",
                                                  [LISTEN_ALL_ROOM] = "room",
                                                  [LISTEN_ALL_EVENT] = "ev"};
    static const char *const events[LISTEN_EVENTS] = {
        [LISTEN_LOGIN] = "login", [LISTEN_LOGOUT] = "logout"};
    char id[PLACE_SIZE];

    (void)snprintf(id, sizeof id, "%zu:%" PRIu64, self->index, one->id);
    rtmi_pack_map(out, 13);
    rtmi_pack_key_str(out, "id", rtmi_span_of_text(id));
    rtmi_pack_key_str(out, "peer", rtmi_span_of_text(one->peer));
    rtmi_pack_key_int(out, "uid", one->session == NULL ? 0 : one->session->uid);
    rtmi_pack_key_int(out, "since", now.wall_ms - (now.mono_ms - one->opened_ms));
    rtmi_pack_key_int(out, "gids", (int64_t)one->listening.ids[LISTEN_GIDS].count);
    rtmi_pack_key_int(out, "rids", (int64_t)one->listening.ids[LISTEN_RIDS].count);
    rtmi_pack_key_int(out, "uids", (int64_t)one->listening.ids[LISTEN_UIDS].count);
    put_names(out, "all", one->listening.all, alls, LISTEN_ALLS);
    put_names(out, "events", one->listening.events, events, LISTEN_EVENTS);
    rtmi_pack_key_bool(out, "offsets", one->listening.wants_offsets);
    rtmi_pack_key_int(out, "queue_bytes", (int64_t)one->out.bytes);
    rtmi_pack_key_int(out, "queue_pushes", (int64_t)one->out.pushes);
    rtmi_pack_key_int(out, "dropped", (int64_t)one->dropped);
}

static void look_here(shard *self, who_mail *mail, gate_time now)
{
    uint64_t ids[WHO_ROWS_MAX];
    const size_t count =
        find_ids(self, &self->projects[mail->project], mail->place.conn_id, mail->left, ids);

    for (size_t i = 0; i < count; i++)
        put_row(self, rtmi_map_get(&self->conns, ids[i]), now, &mail->rows);
    mail->count += (uint32_t)count;
    mail->left -= count;
    if (mail->left == 0) {
        mail->place.conn_id = ids[count - 1];
        mail->is_back = true;
    } else {
        mail->place = (who_place){mail->place.shard + 1, 0};
    }
    send_on(self, mail);
}

static void answer(shard *self, const who_mail *mail)
{
    conn *const to = rtmi_map_get(&self->conns, mail->sender.conn_id);
    rtmi_buf *const out = &self->scratch;
    const bool is_good = mail->rows.error == 0;

    self->owed--;
    shard_count_answer(self, mail->sender.method, is_good ? 0 : RTMI_RC_UNKNOWN_ERROR,
                       mail->sender.arrived_us);
    if (to == NULL || !mail->sender.wants_answer)
        return;
    rtmi_buf_clear(out);
    if (!is_good) {
        rtmi_answer_error(out, mail->sender.seq, RTMI_RC_UNKNOWN_ERROR,
                          rtmi_span_of_text("out of memory"));
    } else {
        const size_t mark = rtmi_frame_begin_answer(out, mail->sender.seq, false);
        rtmi_pack_map(out, mail->is_done ? 1 : 2);
        rtmi_pack_key(out, "rows");
        rtmi_pack_array(out, mail->count);
        rtmi_buf_append_span(out, rtmi_buf_span(&mail->rows));
        if (!mail->is_done) {
            char next[PLACE_SIZE];
            (void)snprintf(next, sizeof next, "%" PRIu64 ":%" PRIu64, mail->place.shard,
                           mail->place.conn_id);
            rtmi_pack_key_str(out, "next", rtmi_span_of_text(next));
        }
        rtmi_frame_end(out, mark);
    }
    shard_put_answer(self, to, mail->sender.is_json);
}

void who_take(shard *self, who_mail *mail, gate_time now)
{
    if (!mail->is_back) {
        look_here(self, mail, now);
        return;
    }
    answer(self, mail);
    who_mail_free(mail);
}
