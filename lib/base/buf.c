/*
 * Growing of byte queues: by doubling, never beyond the ceiling.
 */
#include "lib/base/buf.h"

#include <stdlib.h>

#include <rtm/error.h>

#include "lib/base/num.h"

#define BUF_CAP_FIRST 256

void rtmi_buf_init(rtmi_buf *buf, size_t max)
{
    *buf = (rtmi_buf){.max = max};
}

void rtmi_buf_deinit(rtmi_buf *buf)
{
    free(buf->data);
    *buf = (rtmi_buf){.max = buf->max};
}

void rtmi_buf_wipe(rtmi_buf *buf)
{
    if (buf->data != NULL)
        explicit_bzero(buf->data, buf->cap);
    rtmi_buf_deinit(buf);
}

bool rtmi_buf_grow(rtmi_buf *buf, size_t len)
{
    const size_t used = rtmi_buf_len(buf);

    if (buf->error != 0)
        return false;
    if (len > buf->max || used > buf->max - len) {
        buf->error = RTM_E_LIMIT;
        return false;
    }
    /* Moving costs `used` bytes: worth it only when at least as many come free. */
    if (buf->cap - used >= len && buf->start >= used) {
        if (used > 0)
            memcpy(buf->data, buf->data + buf->start, used);
        buf->start = 0;
        buf->end = used;
        return true;
    }
    size_t cap = buf->cap < BUF_CAP_FIRST ? BUF_CAP_FIRST : buf->cap;
    while (cap < used + len)
        cap = cap > buf->max / 2 ? buf->max : cap * 2;
    cap = rtmi_min_size(cap < buf->max / 2 && buf->start > 0 ? cap * 2 : cap, buf->max);
    uint8_t *data = malloc(cap);
    if (data == NULL) {
        buf->error = RTM_E_NOMEM;
        return false;
    }
    if (used > 0)
        memcpy(data, buf->data + buf->start, used);
    free(buf->data);
    buf->data = data;
    buf->cap = cap;
    buf->start = 0;
    buf->end = used;
    return true;
}
