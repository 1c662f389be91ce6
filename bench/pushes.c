#include "bench/pushes.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/rtm/message.h"

#define FIRST_MID (INT64_C(1) << 60) /* of nine bytes on the wire, as the real ones */

int64_t pushes_mid(uint64_t n)
{
    return FIRST_MID + (int64_t)n;
}

/* Where a number of nine bytes stands in the first push. */
static size_t find_number(const pushes *self, int64_t number)
{
    uint8_t wanted[8];

    rtmi_store_be64(wanted, (uint64_t)number);
    const uint8_t *at = memmem(self->bytes.data, self->at[1], wanted, sizeof wanted);
    if (at == NULL)
        abort();
    return (size_t)(at - self->bytes.data);
}

void pushes_make(pushes *self, const rtm_message *message, const lengths *texts)
{
    static char text[LENGTHS_TEXT_MAX];
    rtm_message one = *message;

    memset(text, 'x', sizeof text);
    one.mid = INT64_C(0x0123456789abcdef); /* found again below */
    rtmi_buf_init(&self->bytes, PUSHES_BYTES);
    self->count = 0;
    while (self->count < PUSHES_MAX) {
        const size_t mark = rtmi_buf_len(&self->bytes);
        if (texts != NULL)
            one.msg = (rtm_bytes){text, texts->values[self->count % texts->count]};
        rtmi_message_encode(&self->bytes, 1, &one, 0);
        if (self->bytes.error != 0) {
            rtmi_buf_rewind(&self->bytes, mark);
            break;
        }
        self->at[self->count++] = mark;
    }
    self->at[self->count] = rtmi_buf_len(&self->bytes);
    /* What stands before the one and behind the other is as long in all of them. */
    self->mid_at = find_number(self, one.mid);
    self->mtime_before = self->at[1] - find_number(self, one.mtime_ms);
    self->first_mtime_ms = one.mtime_ms;
}

void pushes_free(pushes *self)
{
    rtmi_buf_deinit(&self->bytes);
}

void pushes_number(pushes *self, unsigned again_every, uint64_t *next)
{
    for (size_t i = 0; i < self->count; i++, ++*next) {
        uint8_t *push = self->bytes.data + self->at[i];
        const bool again = again_every > 0 && *next % again_every == 0 && *next > 0;
        rtmi_store_le32(push + 12, (uint32_t)*next + 1);
        rtmi_store_be64(push + self->mid_at, (uint64_t)pushes_mid(*next - (again ? 1 : 0)));
        rtmi_store_be64(self->bytes.data + self->at[i + 1] - self->mtime_before,
                        (uint64_t)self->first_mtime_ms + *next);
    }
}

static bool discard(int fd)
{
    static char sink[PUSHES_BYTES];
    ssize_t len;

    while ((len = recv(fd, sink, sizeof sink, MSG_DONTWAIT)) > 0)
        continue;
    return len < 0 && errno == EAGAIN;
}

bool pushes_send(const pushes *self, int fd)
{
    const rtmi_span all = rtmi_buf_span(&self->bytes);

    for (size_t sent = 0; sent < all.len;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN | POLLOUT};
        const ssize_t len = send(fd, all.data + sent, all.len - sent, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (len > 0)
            sent += (size_t)len;
        else if (errno != EAGAIN || poll(&wait, 1, -1) < 0)
            return false;
        if (!discard(fd))
            return false;
    }
    return true;
}
