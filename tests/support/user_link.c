#include "tests/support/user_link.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/fpnn/answer.h"
#include "lib/fpnn/frame.h"
#include "lib/fpnn/json.h"

enum { DEADLINE_S = 20 };

void user_link_open(user_link *self, const char *endpoint)
{
    const struct timeval deadline = {.tv_sec = DEADLINE_S};
    struct sockaddr_in to = {.sin_family = AF_INET};
    char host[64];
    int port = 0;

    assert_int_equal(sscanf(endpoint, "%63[^:]:%d", host, &port), 2);
    to.sin_port = htons((uint16_t)port);
    assert_int_equal(inet_pton(AF_INET, host, &to.sin_addr), 1);
    self->seq = 0;
    rtmi_buf_init(&self->in, 16 << 20);
    self->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(self->fd >= 0);
    assert_int_equal(setsockopt(self->fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline), 0);
    assert_int_equal(connect(self->fd, (struct sockaddr *)&to, sizeof to), 0);
}

void user_link_close(user_link *self)
{
    if (self->fd >= 0)
        (void)close(self->fd);
    self->fd = -1;
    rtmi_buf_deinit(&self->in);
}

static void send_all(const user_link *self, rtmi_span bytes)
{
    while (bytes.len > 0) {
        const ssize_t n = send(self->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
        assert_true(n > 0);
        bytes = (rtmi_span){bytes.data + n, bytes.len - (size_t)n};
    }
}

/* The next package; it stands in `in` until it is consumed. */
static void receive(user_link *self, rtmi_package *ret)
{
    for (;;) {
        uint8_t bytes[65536];
        const int r = rtmi_frame_decode(rtmi_buf_span(&self->in), SIZE_MAX, ret);
        assert_true(r >= 0);
        if (r == 1)
            return;
        const ssize_t n = recv(self->fd, bytes, sizeof bytes, 0);
        if (n <= 0)
            fail_msg("the gate has ended the connection of a user, or is silent");
        rtmi_buf_append(&self->in, bytes, (size_t)n);
        assert_int_equal(self->in.error, 0);
    }
}

int user_link_call(user_link *self, const char *method, const char *json, char **ret_json)
{
    rtmi_buf out;
    rtmi_package package;
    rtmi_span text;
    int code = 0;

    rtmi_buf_init(&out, 16 << 20);
    const size_t mark = rtmi_frame_begin_quest(&out, true, ++self->seq, rtmi_span_of_text(method));
    assert_int_equal(rtmi_json_to_pack(rtmi_span_of_text(json), &out), 0);
    rtmi_frame_end(&out, mark);
    assert_int_equal(out.error, 0);
    send_all(self, rtmi_buf_span(&out));
    rtmi_buf_deinit(&out);
    for (;;) {
        receive(self, &package);
        if (package.kind == RTMI_FRAME_ANSWER && package.seq == self->seq)
            break;
        rtmi_buf_consume(&self->in, package.size);
    }
    *ret_json = NULL;
    if (package.status != 0) {
        rtmi_answer_read_error(package.payload, &code, &text);
    } else {
        rtmi_buf_init(&out, 16 << 20);
        assert_int_equal(rtmi_pack_to_json(package.payload, &out), 0);
        rtmi_buf_append(&out, "", 1);
        *ret_json = strdup((const char *)rtmi_buf_span(&out).data);
        rtmi_buf_deinit(&out);
    }
    rtmi_buf_consume(&self->in, package.size);
    return code;
}
