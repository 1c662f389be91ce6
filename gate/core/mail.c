/*
 * Requests on their way to the owner, packed into three blocks.
 */
#include "gate/core/mail.h"

#include <stdlib.h>

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

bool append_mail_add(append_mail *mail, const log_request *request)
{
    const size_t requests = rtmi_buf_len(&mail->requests);
    const size_t targets = rtmi_buf_len(&mail->targets);
    const size_t bytes = rtmi_buf_len(&mail->bytes);
    const mail_request row = {
        .sender = request->sender,
        .from = request->from,
        .mid = request->mid,
        .target_at = targets / sizeof(int64_t),
        .target_count = request->target_count,
        .msg_at = bytes,
        .msg_len = request->msg.len,
        .attrs_at = bytes + request->msg.len,
        .attrs_len = request->attrs.len,
        .kind = request->kind,
        .mtype = request->mtype,
        .is_binary = request->is_binary,
    };

    rtmi_buf_append(&mail->targets, request->targets, request->target_count * sizeof(int64_t));
    rtmi_buf_append_span(&mail->bytes, request->msg);
    rtmi_buf_append_span(&mail->bytes, request->attrs);
    rtmi_buf_append(&mail->requests, &row, sizeof row);
    if (mail->targets.error == 0 && mail->bytes.error == 0 && mail->requests.error == 0)
        return true;
    rtmi_buf_rewind(&mail->targets, targets);
    rtmi_buf_rewind(&mail->bytes, bytes);
    rtmi_buf_rewind(&mail->requests, requests);
    return false;
}

bool append_mail_get(const append_mail *mail, size_t at, log_request *ret_request)
{
    const rtmi_span rows = rtmi_buf_span(&mail->requests);
    const uint8_t *bytes = rtmi_buf_span(&mail->bytes).data;
    mail_request row;

    if (at >= rows.len / sizeof row)
        return false;
    memcpy(&row, rows.data + at * sizeof row, sizeof row);
    *ret_request = (log_request){
        .sender = row.sender,
        .from = row.from,
        .mid = row.mid,
        .targets =
            row.target_count == 0
                ? NULL
                : (const int64_t *)(const void *)rtmi_buf_span(&mail->targets).data + row.target_at,
        .target_count = row.target_count,
        .msg = {row.msg_len == 0 ? NULL : bytes + row.msg_at, row.msg_len},
        .attrs = {row.attrs_len == 0 ? NULL : bytes + row.attrs_at, row.attrs_len},
        .kind = row.kind,
        .mtype = row.mtype,
        .is_binary = row.is_binary,
    };
    return true;
}

void mail_drop(bus_item *item)
{
    switch (item->kind) {
    case MAIL_APPEND:
        append_mail_free((append_mail *)(void *)item);
        break;
    case MAIL_COMMITTED:
        feed_item_unref((feed_item *)(void *)item);
        break;
    case MAIL_FEED:
        feed_item_unref(((feed_link *)(void *)item)->feed);
        break;
    default:
        break;
    }
}
