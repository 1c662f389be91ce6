/*
 * NATS and Redis: text protocols in which every delivery of a run is the same bytes, so that a
 * delivery is counted by one comparison, and everything else is read by line.
 */
#include <stdio.h>

#include "bench/load/load.h"

static void append(rtmi_buf *out, const char *text)
{
    rtmi_buf_append(out, text, strlen(text));
}

/* A head, the text, a line end. */
static void append_message(rtmi_buf *out, const load *self, const char *head)
{
    append(out, head);
    rtmi_buf_append(out, self->text, self->text_len);
    append(out, "\r\n");
}

static void write_message(load *self, conn *c)
{
    rtmi_buf_append_span(&c->out, rtmi_buf_span(&self->one));
}

/* Pass over as many deliveries as stand in front. */
static rtmi_span take_deliveries(const load *self, conn *c, rtmi_span in)
{
    const rtmi_span one = rtmi_buf_span(&self->expected);

    while (in.len >= one.len && memcmp(in.data, one.data, one.len) == 0) {
        in.data += one.len;
        in.len -= one.len;
        c->got++;
    }
    return in;
}

/* True when `in` is the begin of a delivery that is not whole yet. */
static bool is_begin(const load *self, rtmi_span in)
{
    const rtmi_span one = rtmi_buf_span(&self->expected);

    return in.len < one.len && memcmp(in.data, one.data, in.len) == 0;
}

/* The first line with its end; of length 0 when it is not whole. */
static rtmi_span line_of(rtmi_span in)
{
    const uint8_t *end = in.len == 0 ? NULL : memchr(in.data, '\n', in.len);

    return (rtmi_span){in.data, end == NULL ? 0 : (size_t)(end - in.data) + 1};
}

/* The server has answered: first to what join() has written. */
static void answered(conn *c)
{
    if (c->is_ready)
        c->answers++;
    c->is_ready = true;
}

static bool nats_prepare(load *self)
{
    char head[64];

    (void)snprintf(head, sizeof head, "PUB g %zu\r\n", self->text_len);
    append_message(&self->one, self, head);
    (void)snprintf(head, sizeof head, "MSG g 1 %zu\r\n", self->text_len);
    append_message(&self->expected, self, head);
    return true;
}

static void nats_join(load *self, conn *c)
{
    (void)self;
    append(&c->out, "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n");
    append(&c->out, c->is_listener ? "SUB g 1\r\nPING\r\n" : "PING\r\n");
}

static void nats_echo(load *self, conn *c)
{
    (void)self;
    append(&c->out, "PING\r\n");
}

static size_t nats_take(load *self, conn *c, rtmi_span in)
{
    const uint8_t *begin = in.data;

    for (;;) {
        in = take_deliveries(self, c, in);
        const rtmi_span line = line_of(in);
        if (is_begin(self, in) || line.len == 0)
            return (size_t)(in.data - begin);
        if (rtmi_span_is(line, "PONG\r\n"))
            answered(c);
        else if (rtmi_span_is(line, "PING\r\n"))
            append(&c->out, "PONG\r\n");
        else if (line.len < 5 || memcmp(line.data, "INFO ", 5) != 0)
            load_fail("nats: %.*s", (int)line.len, (const char *)line.data);
        in.data += line.len;
        in.len -= line.len;
    }
}

static bool redis_prepare(load *self)
{
    char head[96];

    (void)snprintf(head, sizeof head, "*3\r\n$7\r\nPUBLISH\r\n$1\r\ng\r\n$%zu\r\n", self->text_len);
    append_message(&self->one, self, head);
    (void)snprintf(head, sizeof head, "*3\r\n$7\r\nmessage\r\n$1\r\ng\r\n$%zu\r\n", self->text_len);
    append_message(&self->expected, self, head);
    return true;
}

static void redis_join(load *self, conn *c)
{
    (void)self;
    append(&c->out,
           c->is_listener ? "*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\ng\r\n" : "*1\r\n$4\r\nPING\r\n");
}

static void redis_echo(load *self, conn *c)
{
    (void)self;
    append(&c->out, "*1\r\n$4\r\nPING\r\n");
}

/* Bytes of the other answers that it may give; 0 when `in` begins with none of them. */
static size_t redis_answer(const load *self, rtmi_span in)
{
    static const char *const known[] = {"+PONG\r\n", "*2\r\n$4\r\npong\r\n$0\r\n\r\n",
                                        "*3\r\n$9\r\nsubscribe\r\n$1\r\ng\r\n:1\r\n"};
    char receivers[32];

    (void)snprintf(receivers, sizeof receivers, ":%zu\r\n", self->conn_count);
    if (in.len >= strlen(receivers) && memcmp(in.data, receivers, strlen(receivers)) == 0)
        return strlen(receivers);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const size_t len = strlen(known[i]);
        if (in.len >= len && memcmp(in.data, known[i], len) == 0)
            return len;
    }
    return 0;
}

static size_t redis_take(load *self, conn *c, rtmi_span in)
{
    const uint8_t *begin = in.data;

    for (;;) {
        in = take_deliveries(self, c, in);
        const size_t len = in.len == 0 ? 0 : redis_answer(self, in);
        if (len == 0) {
            if (in.len >= 64 && !is_begin(self, in))
                load_fail("redis: %.*s", (int)line_of(in).len, (const char *)in.data);
            if (line_of(in).len > 0 && (in.data[0] == '-' || in.data[0] == ':'))
                load_fail("redis: %.*s", (int)line_of(in).len, (const char *)in.data);
            return (size_t)(in.data - begin);
        }
        answered(c);
        in.data += len;
        in.len -= len;
    }
}

const wire wire_nats = {.name = "nats",
                        .prepare = nats_prepare,
                        .join = nats_join,
                        .write_message = write_message,
                        .write_echo = nats_echo,
                        .take = nats_take};

const wire wire_redis = {.name = "redis",
                         .answers_sender = true,
                         .prepare = redis_prepare,
                         .join = redis_join,
                         .write_message = write_message,
                         .write_echo = redis_echo,
                         .take = redis_take};
