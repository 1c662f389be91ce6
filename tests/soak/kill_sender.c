/*
 * The sender's process. Each lane keeps a window of quests under way. What was sent and what was
 * answered is written down when the gate is gone, which nothing that happens to the gate can
 * prevent.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/soak/kill_plan.h"

enum { WINDOW_MAX = 64, BAD_CONNECT = 11, BAD_ANSWER = 12, BAD_RECORD = 13, BAD_MEMORY = 14 };

typedef struct answered {
    int64_t step;
    int64_t mtime_ms; /* of a message */
} answered;

typedef struct lane {
    wire wire;
    int64_t first;
    int64_t next;
    uint32_t base; /* the sequence number of `first` */
    uint32_t repeat_seq;
    int64_t repeat_ms;
    int64_t under_way;
    int64_t window;
    answered *answers;
    size_t answer_count;
    size_t answer_cap;
} lane;

static int take_answer(lane *self, const rtmi_package *package)
{
    const int64_t step = self->first + (int64_t)(package->seq - self->base);
    rtmi_payload payload;
    int64_t mtime_ms = 0;

    self->under_way--;
    if (package->status != 0 || rtmi_payload_open(package->payload, &payload) != 0)
        return BAD_ANSWER;
    (void)rtmi_payload_get_int(&payload, "mtime", &mtime_ms);
    if (self->repeat_seq != 0 && package->seq == self->repeat_seq)
        return mtime_ms == self->repeat_ms ? 0 : BAD_ANSWER;
    if (self->answer_count == self->answer_cap) {
        self->answer_cap = self->answer_cap == 0 ? 1024 : 2 * self->answer_cap;
        answered *grown = realloc(self->answers, self->answer_cap * sizeof *grown);
        if (grown == NULL)
            return BAD_MEMORY;
        self->answers = grown;
    }
    self->answers[self->answer_count++] = (answered){step, mtime_ms};
    return 0;
}

/* 0: go on; -1: the gate is gone; or what the process ends with. */
static int turn(lane *self, int at, int progress_fd)
{
    rtmi_package package;
    int got;

    const int had = wire_read(&self->wire);
    while ((got = wire_next(&self->wire, &package)) == 1) {
        if (package.kind != RTMI_FRAME_ANSWER)
            continue;
        const int bad = take_answer(self, &package);
        if (bad != 0)
            return bad;
        if (write(progress_fd, "", 1) != 1)
            return BAD_RECORD;
    }
    if (got < 0)
        return BAD_ANSWER;
    for (; had >= 0 && self->under_way < self->window; self->under_way++)
        (void)plan_write(&self->wire, at, self->next++);
    return had < 0 || wire_flush(&self->wire) < 0 ? -1 : 0;
}

static int write_record(lane lanes[LANES], const char *path)
{
    FILE *file = fopen(path, "we");

    if (file == NULL)
        return BAD_RECORD;
    for (int i = 0; i < LANES; i++) {
        (void)fprintf(file, "sent %d %lld\n", i, (long long)lanes[i].next);
        for (size_t n = 0; n < lanes[i].answer_count; n++)
            (void)fprintf(file, "answered %d %lld %lld\n", i, (long long)lanes[i].answers[n].step,
                          (long long)lanes[i].answers[n].mtime_ms);
    }
    return fclose(file) == 0 ? 0 : BAD_RECORD;
}

static bool start(lane *self, int at, const char *endpoint, const sender_lane *told)
{
    self->first = self->next = told->first;
    self->repeat_ms = told->repeat_ms;
    if (!wire_open(&self->wire, endpoint))
        return false;
    if (told->repeat >= 0) {
        self->repeat_seq = plan_write(&self->wire, at, told->repeat);
        self->under_way++;
    }
    self->base = self->wire.seq + 1;
    return true;
}

int sender_run(const char *endpoint, const sender_lane told[LANES], uint64_t dice, int progress_fd,
               const char *path)
{
    static lane lanes[LANES];
    struct pollfd fds[LANES];
    int open = LANES;
    int result = 0;

    for (int i = 0; i < LANES; i++) {
        lanes[i].window = 1 + (int64_t)(dice >> (8 * i) & 0xff) % WINDOW_MAX;
        if (!start(&lanes[i], i, endpoint, &told[i]))
            return BAD_CONNECT;
    }
    while (open > 0 && result == 0) {
        for (int i = 0; i < LANES; i++) {
            const int ended = lanes[i].wire.fd < 0 ? 0 : turn(&lanes[i], i, progress_fd);
            if (ended > 0)
                result = ended;
            if (ended < 0) {
                wire_close(&lanes[i].wire);
                open--;
            }
            const bool waits = lanes[i].wire.fd >= 0 && rtmi_buf_len(&lanes[i].wire.out) > 0;
            fds[i] = (struct pollfd){.fd = lanes[i].wire.fd,
                                     .events = waits ? POLLIN | POLLOUT : POLLIN};
        }
        if (open > 0 && result == 0 && poll(fds, LANES, 30000) <= 0)
            result = BAD_ANSWER;
    }
    if (result == 0)
        result = write_record(lanes, path);
    for (int i = 0; i < LANES; i++) {
        wire_close(&lanes[i].wire);
        free(lanes[i].answers);
    }
    return result;
}
