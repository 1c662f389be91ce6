/*
 * MQTT 3.1.1 with QoS 0 and 1. A message is PUBLISH, remaining length, topic "g", with QoS 1 a
 * number, text. Remaining lengths of up to two bytes are enough for the texts here.
 */
#include "bench/load/load.h"
#include "lib/base/num.h"

enum { CONNACK = 0x20, PUBLISH = 0x30, PUBACK = 0x40, SUBACK = 0x90, PINGRESP = 0xd0 };

static void append_length(rtmi_buf *out, size_t len)
{
    const uint8_t bytes[2] = {(uint8_t)(len < 128 ? len : (len & 127) | 128), (uint8_t)(len >> 7)};

    rtmi_buf_append(out, bytes, len < 128 ? 1 : 2);
}

static unsigned qos_of(const load *self)
{
    return self->wire == &wire_mqtt1 ? 1 : 0;
}

static bool prepare(load *self)
{
    if (self->group_count > 1 || self->padded)
        return false;
    self->delivery_len = self->text_len + (qos_of(self) > 0 ? 5 : 3);
    self->delivery_len += self->delivery_len < 128 ? 2 : 3;
    return self->text_len + 5 < 16384;
}

static void join(load *self, conn *c)
{
    /* CONNECT: a clean session, no keep-alive, and a client without a name. */
    static const uint8_t hello[] = {0x10, 12, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 0};
    const uint8_t subscribe[] = {0x82, 6, 0, 1, 0, 1, 'g', (uint8_t)qos_of(self)};

    rtmi_buf_append(&c->out, hello, sizeof hello);
    if (c->is_listener)
        rtmi_buf_append(&c->out, subscribe, sizeof subscribe);
}

static void write_message(load *self, conn *c, size_t group)
{
    (void)group;
    const unsigned qos = qos_of(self);
    const uint8_t first = (uint8_t)(PUBLISH | qos << 1);
    const uint8_t topic[3] = {0, 1, 'g'};
    uint8_t number[2];

    rtmi_buf_append(&c->out, &first, 1);
    append_length(&c->out, sizeof topic + (qos > 0 ? 2 : 0) + self->text_len);
    rtmi_buf_append(&c->out, topic, sizeof topic);
    if (qos > 0) {
        c->seq = c->seq % 65535 + 1;
        rtmi_store_be16(number, (uint16_t)c->seq);
        rtmi_buf_append(&c->out, number, sizeof number);
    }
    rtmi_buf_append(&c->out, self->text, self->text_len);
}

static void write_echo(load *self, conn *c)
{
    static const uint8_t ping[] = {0xc0, 0};

    (void)self;
    rtmi_buf_append(&c->out, ping, sizeof ping);
}

static void take_publish(const load *self, conn *c, unsigned flags, rtmi_span rest)
{
    const unsigned qos = flags >> 1 & 3;
    const size_t head = qos > 0 ? 5 : 3;

    if (qos != qos_of(self) || rest.len != head + self->text_len ||
        memcmp(rest.data, "\0\1g", 3) != 0 ||
        memcmp(rest.data + head, self->text, self->text_len) != 0)
        load_fail("mqtt: a message has another content");
    if ((flags & 8) != 0)
        load_fail("mqtt: a message comes again");
    c->got++;
    if (qos == 0)
        return;
    const uint8_t answer[4] = {PUBACK, 2, rest.data[3], rest.data[4]};
    rtmi_buf_append(&c->out, answer, sizeof answer);
}

static void take_package(const load *self, conn *c, unsigned first, rtmi_span rest)
{
    switch (first & 0xf0) {
    case PUBLISH:
        take_publish(self, c, first & 15, rest);
        return;
    case CONNACK:
        if (rest.len != 2 || rest.data[1] != 0)
            load_fail("mqtt: refused");
        c->is_ready = !c->is_listener;
        return;
    case SUBACK:
        if (rest.len != 3 || rest.data[2] != qos_of(self))
            load_fail("mqtt: the subscription is refused");
        c->is_ready = true;
        return;
    case PUBACK:
    case PINGRESP:
        c->answers++;
        return;
    default:
        load_fail("mqtt: an unexpected package: %#x", first);
    }
}

static size_t take(load *self, conn *c, rtmi_span in)
{
    const uint8_t *begin = in.data;

    while (in.len >= 2) {
        const bool is_long = in.data[1] >= 128;
        if (is_long && in.len < 3)
            break;
        if (is_long && in.data[2] >= 128)
            load_fail("mqtt: a package of more than 16 KiB");
        const size_t head = is_long ? 3 : 2;
        const size_t len = (in.data[1] & 127u) | (is_long ? (size_t)in.data[2] << 7 : 0);
        if (in.len < head + len)
            break;
        take_package(self, c, in.data[0], (rtmi_span){in.data + head, len});
        in.data += head + len;
        in.len -= head + len;
    }
    return (size_t)(in.data - begin);
}

const wire wire_mqtt0 = {.name = "mqtt0",
                         .prepare = prepare,
                         .join = join,
                         .write_message = write_message,
                         .write_echo = write_echo,
                         .take = take};

const wire wire_mqtt1 = {.name = "mqtt1",
                         .answers_sender = true,
                         .prepare = prepare,
                         .join = join,
                         .write_message = write_message,
                         .write_echo = write_echo,
                         .take = take};
