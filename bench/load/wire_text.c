/*
 * NATS and Redis: text protocols in which every delivery of a run is the same bytes but for the
 * number of its group, so that a delivery is counted by one comparison, and everything else is read
 * by line. All groups have numbers of the same length.
 */
#include <stdio.h>

#include "bench/load/load.h"

/* Ready bytes, with the places of the group's number in them. */
typedef struct form {
    rtmi_buf bytes;
    size_t number_at[2];
    size_t number_count;
} form;

static form message;
static form delivery;
static size_t first_number;
static size_t number_len;

static void append(rtmi_buf *out, const char *text)
{
    rtmi_buf_append(out, text, strlen(text));
}

static size_t print_number(char *text, size_t size, size_t group)
{
    return (size_t)snprintf(text, size, "%zu", first_number + group);
}

/* Append a pattern, in which # is a group's number and @ the length of its name, g and the number.
 */
static void expand(rtmi_buf *out, const char *pattern, const char *number, form *ret_places)
{
    const char name_len = (char)('1' + number_len);

    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '#') {
            if (ret_places != NULL)
                ret_places->number_at[ret_places->number_count++] = rtmi_buf_len(out);
            append(out, number);
        } else {
            rtmi_buf_append(out, *pattern == '@' ? &name_len : pattern, 1);
        }
    }
}

/* A pattern, in which %zu is the text's length, then the text and a line end. */
static void make_form(form *f, const load *self, const char *pattern)
{
    char sized[128];
    char number[24];

    f->number_count = 0;
    rtmi_buf_init(&f->bytes, LOAD_CARRY_MAX);
    (void)snprintf(sized, sizeof sized, pattern, self->text_len);
    (void)print_number(number, sizeof number, 0);
    expand(&f->bytes, sized, number, f);
    rtmi_buf_append(&f->bytes, self->text, self->text_len);
    append(&f->bytes, "\r\n");
}

static void make_forms(load *self, const char *message_pattern, const char *delivery_pattern)
{
    char number[24];

    for (first_number = 1; first_number * 9 < self->group_count; first_number *= 10)
        ;
    number_len = print_number(number, sizeof number, 0);
    const size_t wanted = self->padded ? rtm_push_len(self->text, self->text_len) : 0;
    make_form(&delivery, self, delivery_pattern);
    while (rtmi_buf_len(&delivery.bytes) < wanted && self->text_len < LOAD_SIZE_MAX) {
        self->text[self->text_len++] = 'x';
        rtmi_buf_deinit(&delivery.bytes);
        make_form(&delivery, self, delivery_pattern);
    }
    make_form(&message, self, message_pattern);
    self->delivery_len = rtmi_buf_len(&delivery.bytes);
}

static void set_number(form *f, const void *digits)
{
    for (size_t i = 0; i < f->number_count; i++)
        memcpy(f->bytes.data + f->bytes.start + f->number_at[i], digits, number_len);
}

static void write_message(load *self, conn *c, size_t group)
{
    char number[24];

    if (self->group_count > 1) {
        (void)print_number(number, sizeof number, group);
        set_number(&message, number);
    }
    rtmi_buf_append_span(&c->out, rtmi_buf_span(&message.bytes));
}

/* The group whose number stands where a delivery has it; one that nobody wants when none does. */
static size_t group_of(rtmi_span in)
{
    const uint8_t *digits = in.data + delivery.number_at[0];
    size_t number = 0;

    for (size_t i = 0; i < number_len; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return SIZE_MAX;
        number = number * 10 + (size_t)(digits[i] - '0');
    }
    return number < first_number ? SIZE_MAX : number - first_number;
}

/* Pass over as many deliveries as stand in front. */
static rtmi_span take_deliveries(const load *self, conn *c, rtmi_span in)
{
    const rtmi_span one = rtmi_buf_span(&delivery.bytes);

    while (in.len >= one.len) {
        if (self->group_count > 1 && load_wants(self, c, group_of(in)))
            set_number(&delivery, in.data + delivery.number_at[0]);
        if (memcmp(in.data, one.data, one.len) != 0)
            break;
        in.data += one.len;
        in.len -= one.len;
        c->got++;
    }
    return in;
}

/* True when `in` may be the begin of a delivery that is not whole yet. */
static bool is_begin(rtmi_span in)
{
    const rtmi_span one = rtmi_buf_span(&delivery.bytes);
    const size_t sure = in.len < delivery.number_at[0] ? in.len : delivery.number_at[0];

    return in.len < one.len && memcmp(in.data, one.data, sure) == 0;
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
    else
        c->is_ready = --c->joins == 0;
}

static void subscribe(const load *self, conn *c, const char *pattern)
{
    char number[24];

    for (size_t i = 0; i < self->each; i++) {
        (void)print_number(number, sizeof number, (c->first + i) % self->group_count);
        expand(&c->out, pattern, number, NULL);
    }
}

static bool nats_prepare(load *self)
{
    make_forms(self, "PUB g# %zu\r\n", "MSG g# # %zu\r\n");
    return !self->all_groups;
}

static void nats_join(load *self, conn *c)
{
    append(&c->out, "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n");
    if (c->is_listener)
        subscribe(self, c, "SUB g# #\r\n");
    append(&c->out, "PING\r\n");
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
        if (line.len == 0 || is_begin(in))
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
    make_forms(self, "*3\r\n$7\r\nPUBLISH\r\n$@\r\ng#\r\n$%zu\r\n",
               "*3\r\n$7\r\nmessage\r\n$@\r\ng#\r\n$%zu\r\n");
    return !self->all_groups;
}

static void redis_join(load *self, conn *c)
{
    if (c->is_listener) {
        c->joins = self->each;
        subscribe(self, c, "*2\r\n$9\r\nSUBSCRIBE\r\n$@\r\ng#\r\n");
    } else {
        append(&c->out, "*1\r\n$4\r\nPING\r\n");
    }
}

static void redis_echo(load *self, conn *c)
{
    (void)self;
    append(&c->out, "*1\r\n$4\r\nPING\r\n");
}

/* Bytes of the first lines; 0 when they are not whole. */
static size_t lines_len(rtmi_span in, size_t count)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        const rtmi_span line = line_of((rtmi_span){in.data + len, in.len - len});
        if (line.len == 0)
            return 0;
        len += line.len;
    }
    return len;
}

static bool begins_with(rtmi_span in, const char *text)
{
    return in.len >= strlen(text) && memcmp(in.data, text, strlen(text)) == 0;
}

/* Bytes of the other answers that it may give; 0 when `in` begins with none of them. */
static size_t redis_answer(const load *self, rtmi_span in)
{
    static const char *const known[] = {"+PONG\r\n", "*2\r\n$4\r\npong\r\n$0\r\n\r\n"};
    char receivers[32];

    (void)snprintf(receivers, sizeof receivers, ":%zu\r\n", self->fans);
    if (begins_with(in, receivers))
        return strlen(receivers);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (begins_with(in, known[i]))
            return strlen(known[i]);
    }
    /* Six lines, of which the last two are a name and how many names there are now. */
    return begins_with(in, "*3\r\n$9\r\nsubscribe\r\n") ? lines_len(in, 6) : 0;
}

static size_t redis_take(load *self, conn *c, rtmi_span in)
{
    const uint8_t *begin = in.data;

    for (;;) {
        in = take_deliveries(self, c, in);
        const size_t len = in.len == 0 ? 0 : redis_answer(self, in);
        if (len == 0) {
            if (in.len >= 64 && !is_begin(in))
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
