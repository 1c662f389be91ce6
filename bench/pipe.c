/*
 * `rtm listen -o ndjson` into a pipe. A process of its own is the gate: it answers the listen quest
 * and then pushes ready bytes as fast as the socket takes them. At the other end of the pipe each
 * record is compared byte for byte with the one that has to come next.
 *
 *   bench_pipe RTM [MESSAGES [MIX]]      of each mix, default 2000000; one JSON object a line
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/clock.h"
#include "bench/pushes.h"
#include "lib/fpnn/answer.h"

enum { TEXT_MAX = 4096, RECORD_MAX = 8192, READ_BYTES = 1024 * 1024 };

#define FIRST_MTIME_MS INT64_C(1795478135997)

typedef struct mix {
    const char *name;
    const char *text; /* repeated up to so many bytes, whole ones */
    size_t text_len;
    const char *json; /* the text as it stands in a record */
    const char *attrs;
} mix;

static size_t repeat(char *out, const char *part, size_t times)
{
    const size_t len = strlen(part);

    for (size_t i = 0; i < times; i++)
        memcpy(out + i * len, part, len);
    return times * len;
}

/* The gate. */

/* Take the one quest that a listener asks, and answer it. */
static void answer_listen(int fd)
{
    rtmi_buf in;
    rtmi_package quest;
    uint8_t answer[RTMI_ANSWER_EMPTY_SIZE];

    rtmi_buf_init(&in, PUSHES_BYTES);
    do {
        if (!rtmi_buf_reserve(&in, 4096))
            abort();
        const ssize_t len = recv(fd, rtmi_buf_tail(&in), 4096, 0);
        if (len <= 0)
            _exit(1);
        rtmi_buf_commit(&in, (size_t)len);
    } while (rtmi_frame_decode(rtmi_buf_span(&in), RTMI_FRAME_MAX_DEFAULT, &quest) != 1);
    rtmi_answer_write_empty(answer, quest.seq);
    if (send(fd, answer, sizeof answer, MSG_NOSIGNAL) != (ssize_t)sizeof answer)
        _exit(1);
    rtmi_buf_deinit(&in);
}

static void push_all(int listener, const mix *m)
{
    static char text[TEXT_MAX];
    static pushes run;
    const size_t len = repeat(text, m->text, m->text_len / strlen(m->text));
    const rtm_message message = {.kind = RTM_KIND_GROUP,
                                 .mtype = 51,
                                 .from = 100123,
                                 .to = 77,
                                 .mtime_ms = FIRST_MTIME_MS,
                                 .msg = {text, len},
                                 .attrs = {m->attrs, strlen(m->attrs)}};
    uint64_t next = 0;

    const int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        bench_die("accept");
    answer_listen(fd);
    pushes_make(&run, &message, NULL);
    do
        pushes_number(&run, 0, &next);
    while (pushes_send(&run, fd));
    _exit(0);
}

/* The reader of the pipe. */

/* What comes next. Only numbers change, and none gets longer. */
typedef struct record {
    char text[RECORD_MAX];
    size_t len;
    char *mid_end; /* behind the last digit */
    char *time;    /* "…T23:55:35.997Z" */
    char *mtime_end;
    int64_t mtime_ms;
} record;

static void make_record(record *self, const mix *m)
{
    static char text[RECORD_MAX / 2];
    const size_t text_len = repeat(text, m->json, m->text_len / strlen(m->text));
    const char *marks[] = {"\",\"time\":\"", "Z\",\"mtime_ms\":", ",\"text\":\""};

    self->mtime_ms = FIRST_MTIME_MS;
    self->len = (size_t)snprintf(
        self->text, sizeof self->text,
        "{\"v\":1,\"ev\":\"message\",\"kind\":\"group\",\"type\":\"msg\",\"mtype\":51,"
        "\"from\":\"100123\",\"to\":\"77\",\"mid\":\"%" PRId64 "%s2026-11-23T23:55:35.997%s%" PRId64
        "%s%.*s\"%s%s}\n",
        pushes_mid(0), marks[0], marks[1], self->mtime_ms, marks[2], (int)text_len, text,
        *m->attrs == '\0' ? "" : ",\"attrs\":", m->attrs);
    if (self->len >= sizeof self->text)
        abort();
    self->mid_end = strstr(self->text, marks[0]);
    self->time = self->mid_end + strlen(marks[0]);
    self->mtime_end = strstr(self->text, marks[2]);
}

static void step_digits(char *end)
{
    for (end--; *end == '9'; end--)
        *end = '0';
    ++*end;
}

/* The next record has the next mid, and is a millisecond later. */
static void step_record(record *self)
{
    const size_t second_len = sizeof "2026-11-23T23:55:35" - 1;

    step_digits(self->mid_end);
    step_digits(self->mtime_end);
    if (++self->mtime_ms % 1000 != 0) {
        step_digits(self->time + second_len + 4);
        return;
    }
    const time_t now = (time_t)(self->mtime_ms / 1000);
    struct tm tm;
    char text[32];
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000", gmtime_r(&now, &tm));
    memcpy(self->time, text, second_len + 4);
}

typedef struct figures {
    uint64_t messages;
    uint64_t reads;
    int64_t ns; /* from the first record to the last */
} figures;

static void read_records(int fd, const mix *m, uint64_t wanted, figures *ret)
{
    static char data[READ_BYTES];
    static record next;
    size_t filled = 0;
    int64_t start_ns = 0;
    ssize_t len;

    make_record(&next, m);
    *ret = (figures){0};
    while ((len = read(fd, data + filled, sizeof data - filled)) > 0) {
        size_t at = 0;
        if (start_ns == 0)
            start_ns = bench_now_ns();
        ret->reads++;
        filled += (size_t)len;
        for (; filled - at >= next.len; at += next.len, ret->messages++) {
            if (memcmp(data + at, next.text, next.len) != 0) {
                (void)fprintf(stderr, "record %" PRIu64 " is wrong: %.*s", ret->messages,
                              (int)next.len, data + at);
                exit(1);
            }
            step_record(&next);
        }
        filled -= at;
        memmove(data, data + at, filled);
    }
    ret->ns = bench_now_ns() - start_ns;
    if (len < 0 || filled > 0 || ret->messages != wanted) {
        (void)fprintf(stderr, "%" PRIu64 " records of %" PRIu64 " came\n", ret->messages, wanted);
        exit(1);
    }
}

static pid_t start_rtm(const char *rtm, unsigned port, uint64_t count, int *ret_pipe)
{
    char gate[32];
    char number[32];
    int ends[2];

    (void)snprintf(gate, sizeof gate, "127.0.0.1:%u", port);
    (void)snprintf(number, sizeof number, "%" PRIu64, count);
    if (pipe2(ends, O_CLOEXEC) != 0)
        bench_die("pipe");
    const pid_t child = fork();
    if (child < 0)
        bench_die("fork");
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (dup2(ends[1], STDOUT_FILENO) < 0 || setenv("RTM_SECRET", "secret", 1) != 0)
            _exit(1);
        (void)execl(rtm, rtm, "listen", "--gate", gate, "--pid", "1", "-g", "77", "-o", "ndjson",
                    "-n", number, "--no-control", (char *)NULL);
        perror(rtm);
        _exit(127);
    }
    (void)close(ends[1]);
    *ret_pipe = ends[0];
    return child;
}

static pid_t start_gate(const mix *m, unsigned *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;

    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, 1) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        bench_die("listen");
    const pid_t child = fork();
    if (child < 0)
        bench_die("fork");
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        push_all(listener, m);
    }
    (void)close(listener);
    *ret_port = ntohs(address.sin_port);
    return child;
}

static void measure(const char *rtm, const mix *m, uint64_t count)
{
    struct rusage used;
    figures got;
    unsigned port;
    int pipe_fd;
    int status;

    const pid_t gate = start_gate(m, &port);
    const pid_t listener = start_rtm(rtm, port, count, &pipe_fd);
    read_records(pipe_fd, m, count, &got);
    if (wait4(listener, &status, 0, &used) != listener || status != 0) {
        (void)fprintf(stderr, "%s has ended with status %#x\n", rtm, (unsigned)status);
        exit(1);
    }
    (void)close(pipe_fd);
    (void)kill(gate, SIGKILL);
    (void)waitpid(gate, NULL, 0);
    const double user_s = (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6;
    const double system_s = (double)used.ru_stime.tv_sec + (double)used.ru_stime.tv_usec / 1e6;
    (void)printf("{\"scenario\": \"pipe\", \"mix\": \"%s\", \"messages\": %" PRIu64
                 ", \"seconds\": %.6f, \"per_second\": %.0f, \"cpu_s\": %.6f, \"user_s\": %.6f, "
                 "\"cpu_s_per_million\": %.4f, \"reads\": %" PRIu64 "}\n",
                 m->name, got.messages, (double)got.ns / 1e9,
                 (double)got.messages * 1e9 / (double)got.ns, user_s + system_s, user_s,
                 (user_s + system_s) * 1e6 / (double)got.messages, got.reads);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    static const mix mixes[] = {
        {"100 bytes", "x", 100, "x", ""},
        {"100 bytes, Chinese", "\xe4\xbd\xa0", 100, "\xe4\xbd\xa0", ""},
        {"100 bytes, quotes", "a \"b\" c.\n", 100, "a \\\"b\\\" c.\\n", ""},
        {"100 bytes, attrs", "x", 100, "x", "{\"lang\":\"en\",\"reply\":12}"},
        {"4 KiB", "x", 4096, "x", ""},
    };
    const long long count = argc > 2 ? strtoll(argv[2], NULL, 10) : 2000000;

    if (argc < 2 || argc > 4 || count <= 0) {
        (void)fprintf(stderr, "usage: bench_pipe RTM [MESSAGES [MIX]]\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof mixes / sizeof *mixes; i++) {
        if (argc == 4 && strcmp(argv[3], mixes[i].name) != 0)
            continue;
        /* Of long texts fewer, so that each mix takes about as long. */
        measure(argv[1], &mixes[i], (uint64_t)count / (mixes[i].text_len > 1000 ? 8 : 1) + 1);
    }
    return 0;
}
