/*
 * Requests on their way to the owner, packed into three blocks.
 */
#include "gate/core/mail.h"

#include <stdlib.h>

#include "gate/core/file_quest.h"
#include "gate/core/who.h"

/* LIMIT: 64 MiB of one turn of one shard for one project; beyond that 20011 is answered. */
#define MAIL_MAX (64u * 1024 * 1024)

append_mail *append_mail_new(size_t project)
{
    append_mail *mail = calloc(1, sizeof *mail);

    if (mail == NULL)
        return NULL;
    mail->item.kind = MAIL_APPEND;
    mail->project = project;
    rtmi_buf_init(&mail->requests, MAIL_MAX);
    rtmi_buf_init(&mail->targets, MAIL_MAX);
    rtmi_buf_init(&mail->bytes, MAIL_MAX);
    return mail;
}

void append_mail_free(append_mail *mail)
{
    if (mail == NULL)
        return;
    rtmi_buf_deinit(&mail->requests);
    rtmi_buf_deinit(&mail->targets);
    rtmi_buf_deinit(&mail->bytes);
    free(mail);
}

/* Add a row with its targets and two pieces of bytes: all or nothing. */
static bool add(append_mail *mail, mail_request *row, const int64_t *targets, size_t target_count,
                rtmi_span msg, rtmi_span attrs)
{
    const size_t request_len = rtmi_buf_len(&mail->requests);
    const size_t target_len = rtmi_buf_len(&mail->targets);
    const size_t byte_len = rtmi_buf_len(&mail->bytes);

    row->target_at = target_len / sizeof(int64_t);
    row->target_count = target_count;
    row->msg_at = byte_len;
    row->msg_len = msg.len;
    row->attrs_at = byte_len + msg.len;
    row->attrs_len = attrs.len;
    rtmi_buf_append(&mail->targets, targets, target_count * sizeof(int64_t));
    rtmi_buf_append_span(&mail->bytes, msg);
    rtmi_buf_append_span(&mail->bytes, attrs);
    rtmi_buf_append(&mail->requests, row, sizeof *row);
    if (mail->targets.error == 0 && mail->bytes.error == 0 && mail->requests.error == 0)
        return true;
    rtmi_buf_rewind(&mail->targets, target_len);
    rtmi_buf_rewind(&mail->bytes, byte_len);
    rtmi_buf_rewind(&mail->requests, request_len);
    return false;
}

bool append_mail_add(append_mail *mail, const log_request *request)
{
    mail_request row = {
        .sender = request->sender,
        .from = request->from,
        .mid = request->mid,
        .kind = request->kind,
        .mtype = request->mtype,
        .is_binary = request->is_binary,
        .is_client = request->is_client,
    };

    return add(mail, &row, request->targets, request->target_count, request->msg, request->attrs);
}

bool append_mail_add_quest(append_mail *mail, const owner_quest *quest)
{
    mail_request row = {.sender = quest->sender, .method = quest->method, .from = quest->uid};

    return add(mail, &row, NULL, 0, quest->payload, (rtmi_span){NULL, 0});
}

bool append_mail_get(const append_mail *mail, size_t at, log_request *ret_message,
                     owner_quest *ret_quest)
{
    const rtmi_span rows = rtmi_buf_span(&mail->requests);
    const uint8_t *bytes = rtmi_buf_span(&mail->bytes).data;
    mail_request row;

    if (at >= rows.len / sizeof row)
        return false;
    memcpy(&row, rows.data + at * sizeof row, sizeof row);
    const rtmi_span msg = {row.msg_len == 0 ? NULL : bytes + row.msg_at, row.msg_len};
    *ret_quest =
        (owner_quest){.sender = row.sender, .method = row.method, .uid = row.from, .payload = msg};
    if (row.method != NULL)
        return true;
    *ret_message = (log_request){
        .sender = row.sender,
        .from = row.from,
        .mid = row.mid,
        .targets =
            row.target_count == 0
                ? NULL
                : (const int64_t *)(const void *)rtmi_buf_span(&mail->targets).data + row.target_at,
        .target_count = row.target_count,
        .msg = msg,
        .attrs = {row.attrs_len == 0 ? NULL : bytes + row.attrs_at, row.attrs_len},
        .kind = row.kind,
        .mtype = row.mtype,
        .is_binary = row.is_binary,
        .is_client = row.is_client,
    };
    return true;
}

void append_mail_refuse(append_mail *mail, size_t at, int code)
{
    uint8_t *row = mail->requests.data + mail->requests.start + at * sizeof(mail_request);

    memcpy(row + offsetof(mail_request, refused), &code, sizeof code);
    mail->item.kind = MAIL_REFUSED;
}

void append_mail_return(append_mail *mail)
{
    rtmi_buf_deinit(&mail->targets);
    rtmi_buf_deinit(&mail->bytes);
}

int append_mail_get_refused(const append_mail *mail, size_t at, log_sender *ret_sender)
{
    const rtmi_span rows = rtmi_buf_span(&mail->requests);
    mail_request row;

    if (at >= rows.len / sizeof row)
        return -1;
    memcpy(&row, rows.data + at * sizeof row, sizeof row);
    *ret_sender = row.sender;
    return row.refused;
}

void mail_drop(bus_item *item)
{
    switch (item->kind) {
    case MAIL_APPEND:
    case MAIL_REFUSED:
        append_mail_free((append_mail *)(void *)item);
        break;
    case MAIL_COMMITTED:
        feed_item_unref((feed_item *)(void *)item);
        break;
    case MAIL_FEED:
        feed_item_unref(((feed_link *)(void *)item)->feed);
        break;
    case MAIL_SESSION_END:
        free(item);
        break;
    case MAIL_WHO:
        who_mail_free((struct who_mail *)(void *)item);
        break;
    case MAIL_FILE:
        file_quest_free((file_quest *)(void *)item);
        break;
    case MAIL_ANSWERED:
    case MAIL_ASK_REFUSED:
        owner_question_free((owner_question *)(void *)item);
        break;
    default:
        break;
    }
}
