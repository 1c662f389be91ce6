/*
 * Memory is counted twice the package, since a buffer that grows to hold it may have as much room
 * again; a sealed one stands in two buffers.
 */
#include "gate/core/uploads.h"

#include "lib/fpnn/answer.h"
#include "lib/rtm/codes.h"

bool upload_reserve(gate_files *files, size_t len)
{
    if (atomic_fetch_add(&files->memory, len) + len <= files->memory_bytes)
        return true;
    atomic_fetch_sub(&files->memory, len);
    return false;
}

void upload_give_back(gate_files *files, size_t len)
{
    if (len > 0)
        atomic_fetch_sub(&files->memory, len);
}

bool upload_is_welcome(const shard *self, const conn *from)
{
    return self->config->files != NULL && from->door != NULL && from->door->takes_files;
}

void upload_touch(shard *self, conn *from, gate_time now)
{
    if (from->project != NULL || from->wants_close)
        return;
    rtmi_list_remove(&from->due_link);
    from->due_ms = now.mono_ms + self->config->files->time_ms;
    rtmi_list_push(&self->uploads, &from->due_link);
}

static bool begin(shard *self, conn *from, size_t limit, size_t cost, gate_time now)
{
    if (!upload_reserve(self->config->files, cost))
        return false;
    from->upload_bytes = limit;
    from->upload_cost = cost;
    upload_touch(self, from, now);
    return true;
}

/* Say why, since its number is known; then close. */
static upload_answer refuse(shard *self, conn *from, const rtmi_package *head, int code,
                            const char *text)
{
    if (head->kind == RTMI_FRAME_TWOWAY) {
        rtmi_buf_clear(&self->scratch);
        rtmi_answer_error(&self->scratch, head->seq, code, rtmi_span_of_text(text));
        shard_put_answer(self, from, (head->flag & RTMI_FLAG_JSON) != 0);
    }
    self->stats.refused++;
    shard_cut(self, from, text);
    return UPLOAD_NO;
}

upload_answer upload_begin(shard *self, conn *from, rtmi_span in, gate_time now)
{
    const gate_files *files = self->config->files;
    rtmi_package head;

    if (!upload_is_welcome(self, from) || from->upload_bytes > 0)
        return UPLOAD_NO;
    const int r = rtmi_frame_decode_head(in, SIZE_MAX, &head);
    if (r == 0)
        return UPLOAD_WAIT;
    if (r < 0 || rtmi_method_find(RTMI_FILE, head.method) == NULL)
        return UPLOAD_NO;
    if (head.size > files->package_bytes)
        return refuse(self, from, &head, RTMI_RC_LARGE_FILE_OR_ATTRS, "the file is too large");
    if (!begin(self, from, head.size, 2 * head.size, now))
        return refuse(self, from, &head, RTMI_EC_CORE_WORK_QUEUE_FULL,
                      "the gate cannot take more files now; try again");
    return UPLOAD_YES;
}

upload_answer upload_begin_sealed(shard *self, conn *from, gate_time now)
{
    if (!upload_is_welcome(self, from) || from->upload_bytes > 0)
        return UPLOAD_NO;
    const size_t len = self->config->files->package_bytes;
    return begin(self, from, len, 4 * len, now) ? UPLOAD_YES : UPLOAD_NO;
}

void upload_end(shard *self, conn *from)
{
    if (from->upload_bytes == 0)
        return;
    upload_give_back(self->config->files, from->upload_cost);
    from->upload_bytes = from->upload_cost = 0;
    from->has_uploaded = true;
}

void upload_tick(shard *self, gate_time now)
{
    rtmi_link *link;

    while ((link = rtmi_list_first(&self->uploads)) != NULL) {
        conn *from = RTMI_CONTAINER(link, conn, due_link);
        if (from->due_ms > now.mono_ms)
            return;
        rtmi_list_remove(link);
        shard_cut(self, from, "no file in time");
    }
}
