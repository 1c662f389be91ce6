/*
 * What is measured. Each prints one JSON object a line with what was counted, and no judgement:
 * the suite adds the machine and makes the table.
 *
 * Writing and signing the next burst is not timed: only from its first byte sent to the last
 * delivery and answer does the clock run. The server has nothing to do meanwhile, so its CPU time
 * is that of the bursts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/load/load.h"

typedef struct figures {
    uint64_t messages;
    uint64_t deliveries;
    uint64_t answers;
    int64_t elapsed_ns;
    int64_t server_ns;
    int64_t own_ns;
} figures;

static void print_figures(const load *self, const char *form, size_t window, const figures *f)
{
    (void)printf("{\"form\": \"%s\", \"wire\": \"%s\", \"conns\": %zu, \"senders\": %zu, "
                 "\"groups\": %zu, \"each\": %zu, \"fans\": %zu, \"window\": %zu, "
                 "\"bytes\": %zu, \"delivery_bytes\": %zu, \"messages\": %" PRIu64
                 ", \"deliveries\": %" PRIu64 ", \"answers\": %" PRIu64
                 ", \"seconds\": %.6f, \"server_cpu_s\": %.6f, \"load_cpu_s\": %.6f}\n",
                 form, self->wire->name, self->conn_count, self->sender_count, self->group_count,
                 self->each, self->fans, window, self->text_len, self->delivery_len, f->messages,
                 f->deliveries, f->answers, (double)f->elapsed_ns / 1e9, (double)f->server_ns / 1e9,
                 (double)f->own_ns / 1e9);
    (void)fflush(stdout);
}

/* With one group: what each listener may have got of the burst under way. */
static uint64_t expected_each;

static void count_listener(load *self, conn *c)
{
    if (self->group_count == 1 && c->is_listener && c->got > expected_each)
        load_fail("a listener has got %" PRIu64 " deliveries of %" PRIu64, c->got, expected_each);
}

/* `window` messages of each sender at once, until all has come. */
static void burst(load *self, size_t window, figures *f)
{
    conn *senders = &self->conns[self->conn_count];
    const uint64_t messages = (uint64_t)window * self->sender_count;
    const uint64_t deliveries = messages * self->fans;
    const uint64_t answers = self->wire->answers_sender ? messages : 0;

    self->got = self->answers = 0;
    expected_each = messages;
    for (size_t i = 0; i < self->conn_count + self->sender_count; i++)
        self->conns[i].got = self->conns[i].answers = 0;
    for (size_t s = 0; s < self->sender_count; s++) {
        for (size_t i = 0; i < window; i++)
            load_write_message(self, &senders[s]);
    }
    const int64_t own_ns = load_own_cpu_ns();
    const int64_t start_ns = load_now_ns();
    for (size_t s = 0; s < self->sender_count; s++)
        load_flush(self, &senders[s]);
    while (self->got < deliveries || self->answers < answers)
        load_turn(self, count_listener);
    f->elapsed_ns += load_now_ns() - start_ns;
    f->own_ns += load_own_cpu_ns() - own_ns;
    if (self->got != deliveries || self->answers != answers)
        load_fail("%" PRIu64 " deliveries of %" PRIu64 ", %" PRIu64 " answers to %" PRIu64
                  " messages",
                  self->got, deliveries, self->answers, messages);
    f->messages += messages;
    f->deliveries += self->got;
    f->answers += self->answers;
}

/* What the server has left for later, as an index of its log, belongs to the run. */
static void rest(load *self)
{
    const int64_t end_ns = load_now_ns() + self->rest_ms * 1000000;

    while (load_now_ns() < end_ns)
        load_turn_until(self, count_listener, end_ns);
}

void scenario_fanout(load *self)
{
    load_open_all(self);
    for (size_t w = 0; w < self->window_count; w++) {
        figures warm_up = {.messages = 0};
        figures f = {.messages = 0};
        const size_t window = self->windows[w];
        burst(self, window, &warm_up);
        burst(self, window, &warm_up);
        /* Answers of listeners to the last burst may be on their way: those of the burst before
         * the run are counted instead of those of the last in it. */
        const int64_t server_ns = load_server_cpu_ns(self);
        do {
            burst(self, window, &f);
        } while (f.elapsed_ns < self->run_ms * 1000000 || f.messages < 3 * window);
        rest(self);
        f.server_ns = load_server_cpu_ns(self) - server_ns;
        load_settle(self, self->conn_count + self->sender_count);
        load_check_listeners(self);
        print_figures(self, "fanout", window, &f);
    }
}

static bool is_refilling;

/* What has been answered is asked again. */
static void refill(load *self, conn *c)
{
    for (; is_refilling && c->answers > 0; c->answers--)
        self->wire->write_echo(self, c);
    if (c->answers > self->depth)
        load_fail("more answers than quests");
}

void scenario_echo(load *self)
{
    figures f = {.messages = 0};

    for (size_t i = 0; i < self->conn_count; i++)
        (void)load_open(self, i, false);
    self->answers = 0;
    is_refilling = true;
    const int64_t server_ns = load_server_cpu_ns(self);
    const int64_t own_ns = load_own_cpu_ns();
    const int64_t start_ns = load_now_ns();
    for (size_t i = 0; i < self->conn_count; i++) {
        for (size_t d = 0; d < self->depth; d++)
            self->wire->write_echo(self, &self->conns[i]);
        load_flush(self, &self->conns[i]);
    }
    while (load_now_ns() - start_ns < self->run_ms * 1000000)
        load_turn(self, refill);
    const uint64_t end = self->answers + (uint64_t)self->depth * self->conn_count;
    is_refilling = false;
    while (self->answers < end)
        load_turn(self, refill);
    f.elapsed_ns = load_now_ns() - start_ns;
    f.own_ns = load_own_cpu_ns() - own_ns;
    f.server_ns = load_server_cpu_ns(self) - server_ns;
    f.messages = f.answers = self->answers;
    load_settle(self, self->conn_count);
    print_figures(self, "echo", self->depth, &f);
}
