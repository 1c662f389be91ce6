/*
 * All connections sign as one project, which is all that a soak needs; salts count up, so that no
 * two quests have the same signature.
 */
#include "tests/soak/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/fpnn/answer.h"
#include "lib/rtm/sign.h"

enum { BUFFER_MAX = 64 << 20, READ_BYTES = 256 << 10, WAIT_MS = 30000 };

static rtmi_signer *signer;
static rtmi_span secret_of_all;
static int32_t pid_of_all;
static int64_t salt = 1;

bool wire_setup(int32_t pid, const char *secret)
{
    pid_of_all = pid;
    secret_of_all = rtmi_span_of_text(secret);
    if (signer == NULL)
        signer = rtmi_signer_new();
    return signer != NULL;
}

void wire_teardown(void)
{
    rtmi_signer_free(signer);
    signer = NULL;
}

bool wire_open(wire *self, const char *endpoint)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    unsigned port = 0;
    const int one = 1;

    *self = (wire){.fd = -1};
    if (sscanf(endpoint, "127.0.0.1:%u", &port) != 1)
        return false;
    to.sin_port = htons((uint16_t)port);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        (void)close(fd);
        return false;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    rtmi_buf_init(&self->in, BUFFER_MAX);
    rtmi_buf_init(&self->out, BUFFER_MAX);
    self->fd = fd;
    return true;
}

void wire_close(wire *self)
{
    if (self->fd < 0)
        return;
    (void)close(self->fd);
    self->fd = -1;
    rtmi_buf_deinit(&self->in);
    rtmi_buf_deinit(&self->out);
}

rtmi_buf *wire_begin(wire *self, const char *method, uint32_t params, bool is_signed)
{
    const rtmi_span name = rtmi_span_of_text(method);
    char sign[RTMI_SIGN_LEN];

    self->mark = rtmi_frame_begin_quest(&self->out, true, ++self->seq, name);
    rtmi_pack_map(&self->out, params + (is_signed ? 4 : 0));
    if (!is_signed)
        return &self->out;
    const int64_t ts_s = (int64_t)time(NULL);
    if (!rtmi_sign(signer, pid_of_all, secret_of_all, ++salt, name, ts_s, sign))
        self->out.error = -1;
    rtmi_pack_key_int(&self->out, "pid", pid_of_all);
    rtmi_pack_key_int(&self->out, "salt", salt);
    rtmi_pack_key_int(&self->out, "ts", ts_s);
    rtmi_pack_key_str(&self->out, "sign", (rtmi_span){(const uint8_t *)sign, sizeof sign});
    return &self->out;
}

uint32_t wire_end(wire *self)
{
    rtmi_frame_end(&self->out, self->mark);
    return self->seq;
}

int wire_flush(wire *self)
{
    while (rtmi_buf_len(&self->out) > 0) {
        const rtmi_span rest = rtmi_buf_span(&self->out);
        const ssize_t len = send(self->fd, rest.data, rest.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return errno == EAGAIN ? 0 : -1;
        rtmi_buf_consume(&self->out, (size_t)len);
    }
    return self->out.error != 0 ? -1 : 1;
}

int wire_read(wire *self)
{
    rtmi_buf_consume(&self->in, self->taken);
    self->taken = 0;
    if (!rtmi_buf_reserve(&self->in, READ_BYTES))
        return -1;
    for (;;) {
        const ssize_t len = recv(self->fd, rtmi_buf_tail(&self->in), READ_BYTES, MSG_DONTWAIT);
        if (len < 0 && errno == EINTR)
            continue;
        if (len <= 0)
            return len < 0 && errno == EAGAIN ? 0 : -1;
        rtmi_buf_commit(&self->in, (size_t)len);
        return 1;
    }
}

int wire_next(wire *self, rtmi_package *ret)
{
    rtmi_buf_consume(&self->in, self->taken);
    self->taken = 0;
    const int got = rtmi_frame_decode(rtmi_buf_span(&self->in), BUFFER_MAX, ret);
    if (got == 1)
        self->taken = ret->size;
    return got < 0 ? -1 : got;
}

void wire_answer(wire *self, uint32_t seq)
{
    rtmi_answer_empty(&self->out, seq);
}

static int read_answer(const rtmi_package *package, rtmi_payload *ret)
{
    rtmi_span text;
    int code;

    if (package->status != 0) {
        rtmi_answer_read_error(package->payload, &code, &text);
        return code;
    }
    return rtmi_payload_open(package->payload, ret) == 0 ? 0 : -1;
}

int wire_wait(wire *self, uint32_t seq, rtmi_payload *ret)
{
    rtmi_package package;

    for (;;) {
        int got;
        while ((got = wire_next(self, &package)) == 1) {
            if (package.kind == RTMI_FRAME_ANSWER && package.seq == seq)
                return read_answer(&package, ret);
        }
        const int sent = wire_flush(self);
        struct pollfd wait = {.fd = self->fd, .events = sent == 0 ? POLLIN | POLLOUT : POLLIN};
        if (got < 0 || sent < 0 || poll(&wait, 1, WAIT_MS) <= 0 || wire_read(self) < 0)
            return -1;
    }
}
