/*
 * One thread polls the listening socket, the connections and a wake-up. Writes come from any
 * thread, under the lock, on blocking sockets: tests push little enough for the socket's buffer
 * or run the client meanwhile.
 */
#include "tests/support/peer_script.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/fpnn/answer.h"
#include "lib/fpnn/json.h"

#define LINKS_MAX 64
#define HEARD_MAX 65536
#define BYTES_MAX ((size_t)64 * 1024 * 1024)

typedef struct link_state {
    int fd; /* -1: ended */
    rtmi_buf in;
    int reads;
} link_state;

struct peer {
    peer_script_fn *script;
    void *userdata;
    int listen_fd;
    int wake_fd;  /* tells the thread */
    int heard_fd; /* tells the test */
    char endpoint[32];
    pthread_t thread;
    pthread_cond_t linked;
    pthread_mutex_t lock; /* all below */
    bool is_ending;
    link_state links[LINKS_MAX];
    int link_count;
    uint32_t push_seq;
    peer_quest *quests;
    size_t quest_count;
    peer_heard *answers;
    size_t answer_count;
};

static void ring(int fd)
{
    const uint64_t one = 1;

    (void)!write(fd, &one, sizeof one);
}

static char *dup_json(rtmi_span payload)
{
    rtmi_buf out;

    rtmi_buf_init(&out, BYTES_MAX);
    if (payload.len == 0 || rtmi_pack_to_json(payload, &out) < 0)
        rtmi_buf_append(&out, "(none)", 6);
    rtmi_buf_append(&out, "", 1);
    char *text = strdup(out.data != NULL ? (const char *)out.data + out.start : "");
    rtmi_buf_deinit(&out);
    return text;
}

static void *dup_bytes(rtmi_span bytes)
{
    void *copy = malloc(bytes.len + 1);

    if (bytes.len > 0)
        memcpy(copy, bytes.data, bytes.len);
    ((char *)copy)[bytes.len] = '\0';
    return copy;
}

static void send_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0 && fd >= 0) {
        const ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* a connection that has gone is no error here */
        data += n;
        len -= (size_t)n;
    }
}

/* With the lock held. */
static void send_reply(peer *self, int link, uint32_t seq, peer_reply reply)
{
    rtmi_buf out;

    rtmi_buf_init(&out, BYTES_MAX);
    if (reply.verb == PEER_REFUSE) {
        rtmi_answer_error(&out, seq, reply.code, rtmi_span_of_text(reply.text));
    } else {
        const size_t mark = rtmi_frame_begin_answer(&out, seq, false);
        const char *json = reply.json != NULL ? reply.json : "{}";
        if (rtmi_json_to_pack(rtmi_span_of_text(json), &out) < 0)
            abort();
        rtmi_frame_end(&out, mark);
    }
    send_all(self->links[link].fd, rtmi_buf_span(&out).data, rtmi_buf_len(&out));
    rtmi_buf_deinit(&out);
}

static void end_link(peer *self, int link)
{
    if (self->links[link].fd >= 0)
        (void)close(self->links[link].fd);
    self->links[link].fd = -1;
    ring(self->heard_fd);
}

static void take_quest(peer *self, int link, const rtmi_package *package)
{
    peer_reply reply = {.verb = PEER_ANSWER};

    (void)pthread_mutex_lock(&self->lock);
    if (self->quest_count == HEARD_MAX)
        abort();
    const peer_quest quest = {
        .link = link,
        .seq = package->seq,
        .is_twoway = package->kind == RTMI_FRAME_TWOWAY,
        .method = dup_bytes(package->method),
        .json = dup_json(package->payload),
        .payload = dup_bytes(package->payload),
        .payload_len = package->payload.len,
    };
    self->quests[self->quest_count++] = quest;
    (void)pthread_mutex_unlock(&self->lock);
    if (self->script != NULL)
        reply = self->script(self, &quest, self->userdata);
    (void)pthread_mutex_lock(&self->lock);
    if (reply.verb == PEER_CUT)
        end_link(self, link);
    else if (reply.verb != PEER_SILENT && quest.is_twoway)
        send_reply(self, link, quest.seq, reply);
    (void)pthread_mutex_unlock(&self->lock);
}

static void take_answer(peer *self, int link, const rtmi_package *package)
{
    (void)pthread_mutex_lock(&self->lock);
    if (self->answer_count == HEARD_MAX)
        abort();
    self->answers[self->answer_count++] = (peer_heard){
        .link = link,
        .seq = package->seq,
        .status = package->status,
        .json = dup_json(package->payload),
        .read = self->links[link].reads,
    };
    (void)pthread_mutex_unlock(&self->lock);
}

static void read_link(peer *self, int link, int fd)
{
    rtmi_buf *in = &self->links[link].in; /* the thread's own */
    rtmi_package package;
    int r = 0;

    ssize_t n = -1;
    if (rtmi_buf_reserve(in, 65536))
        n = recv(fd, rtmi_buf_tail(in), 65536, MSG_DONTWAIT);
    if (n > 0) {
        self->links[link].reads++;
        rtmi_buf_commit(in, (size_t)n);
        while ((r = rtmi_frame_decode(rtmi_buf_span(in), BYTES_MAX, &package)) == 1) {
            if (package.kind == RTMI_FRAME_ANSWER)
                take_answer(self, link, &package);
            else
                take_quest(self, link, &package);
            rtmi_buf_consume(in, package.size);
        }
    }
    if (n <= 0 || r < 0) {
        (void)pthread_mutex_lock(&self->lock);
        end_link(self, link);
        (void)pthread_mutex_unlock(&self->lock);
    }
    ring(self->heard_fd);
}

static void accept_one(peer *self)
{
    const int on = 1;
    const int fd = accept4(self->listen_fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)pthread_mutex_lock(&self->lock);
    if (self->link_count == LINKS_MAX)
        abort();
    self->links[self->link_count].fd = fd;
    rtmi_buf_init(&self->links[self->link_count++].in, BYTES_MAX);
    (void)pthread_cond_broadcast(&self->linked);
    (void)pthread_mutex_unlock(&self->lock);
    ring(self->heard_fd);
}

static void *run(void *userdata)
{
    peer *self = userdata;
    struct pollfd fds[LINKS_MAX + 2];
    int links[LINKS_MAX + 2];

    for (;;) {
        nfds_t count = 2;
        uint64_t unused;
        fds[0] = (struct pollfd){.fd = self->wake_fd, .events = POLLIN};
        fds[1] = (struct pollfd){.fd = self->listen_fd, .events = POLLIN};
        (void)pthread_mutex_lock(&self->lock);
        const bool is_ending = self->is_ending;
        for (int i = 0; i < self->link_count; i++) {
            if (self->links[i].fd < 0)
                continue;
            links[count] = i;
            fds[count++] = (struct pollfd){.fd = self->links[i].fd, .events = POLLIN};
        }
        (void)pthread_mutex_unlock(&self->lock);
        if (is_ending)
            return NULL;
        (void)poll(fds, count, -1);
        if (fds[0].revents != 0)
            (void)!read(self->wake_fd, &unused, sizeof unused);
        if (fds[1].revents != 0)
            accept_one(self);
        for (nfds_t i = 2; i < count; i++) {
            /* Ended by a script in this turn? Then its number may be another's by now. */
            if (fds[i].revents != 0 && self->links[links[i]].fd == fds[i].fd)
                read_link(self, links[i], fds[i].fd);
        }
    }
}

static bool open_listener(peer *self)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    self->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (self->listen_fd < 0 ||
        bind(self->listen_fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
        listen(self->listen_fd, 64) < 0 ||
        getsockname(self->listen_fd, (struct sockaddr *)&address, &len) < 0)
        return false;
    (void)snprintf(self->endpoint, sizeof self->endpoint, "127.0.0.1:%u",
                   (unsigned)ntohs(address.sin_port));
    return true;
}

peer *peer_new(peer_script_fn *script, void *userdata)
{
    peer *self = calloc(1, sizeof *self);

    if (self == NULL)
        return NULL;
    self->script = script;
    self->userdata = userdata;
    self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->heard_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->quests = calloc(HEARD_MAX, sizeof *self->quests);
    self->answers = calloc(HEARD_MAX, sizeof *self->answers);
    (void)pthread_mutex_init(&self->lock, NULL);
    (void)pthread_cond_init(&self->linked, NULL);
    if (self->wake_fd < 0 || self->heard_fd < 0 || self->quests == NULL || self->answers == NULL ||
        !open_listener(self) || pthread_create(&self->thread, NULL, run, self) != 0)
        abort(); /* a test machine without this much is no test machine */
    return self;
}

void peer_free(peer *self)
{
    if (self == NULL)
        return;
    (void)pthread_mutex_lock(&self->lock);
    self->is_ending = true;
    (void)pthread_mutex_unlock(&self->lock);
    ring(self->wake_fd);
    (void)pthread_join(self->thread, NULL);
    for (int i = 0; i < self->link_count; i++) {
        end_link(self, i);
        rtmi_buf_deinit(&self->links[i].in);
    }
    for (size_t i = 0; i < self->quest_count; i++) {
        free((void *)self->quests[i].method);
        free((void *)self->quests[i].json);
        free((void *)self->quests[i].payload);
    }
    for (size_t i = 0; i < self->answer_count; i++)
        free((void *)self->answers[i].json);
    free(self->quests);
    free(self->answers);
    (void)close(self->listen_fd);
    (void)close(self->wake_fd);
    (void)close(self->heard_fd);
    (void)pthread_mutex_destroy(&self->lock);
    (void)pthread_cond_destroy(&self->linked);
    free(self);
}

const char *peer_get_endpoint(const peer *self)
{
    return self->endpoint;
}

int peer_get_fd(const peer *self)
{
    return self->heard_fd;
}

void peer_settle(peer *self)
{
    uint64_t unused;

    (void)!read(self->heard_fd, &unused, sizeof unused);
}

static bool is_wanted(const peer_quest *quest, const char *method)
{
    return method == NULL || strcmp(quest->method, method) == 0;
}

size_t peer_count(peer *self, const char *method)
{
    size_t count = 0;

    (void)pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < self->quest_count; i++)
        count += is_wanted(&self->quests[i], method);
    (void)pthread_mutex_unlock(&self->lock);
    return count;
}

bool peer_get_quest(peer *self, const char *method, size_t index, peer_quest *ret)
{
    bool is_found = false;

    (void)pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < self->quest_count && !is_found; i++) {
        if (is_wanted(&self->quests[i], method) && index-- == 0) {
            *ret = self->quests[i];
            is_found = true;
        }
    }
    (void)pthread_mutex_unlock(&self->lock);
    return is_found;
}

int peer_count_links(peer *self)
{
    (void)pthread_mutex_lock(&self->lock);
    const int count = self->link_count;
    (void)pthread_mutex_unlock(&self->lock);
    return count;
}

void peer_wait_links(peer *self, int count)
{
    struct timespec end;

    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 20;
    (void)pthread_mutex_lock(&self->lock);
    while (self->link_count < count) {
        if (pthread_cond_timedwait(&self->linked, &self->lock, &end) != 0)
            abort();
    }
    (void)pthread_mutex_unlock(&self->lock);
}

int peer_count_open(peer *self)
{
    int count = 0;

    (void)pthread_mutex_lock(&self->lock);
    for (int i = 0; i < self->link_count; i++)
        count += self->links[i].fd >= 0;
    (void)pthread_mutex_unlock(&self->lock);
    return count;
}

static void build(peer *self, const char *method, rtmi_span payload, rtmi_buf *out,
                  uint32_t *ret_seq)
{
    *ret_seq = ++self->push_seq;
    const size_t mark = rtmi_frame_begin_quest(out, true, *ret_seq, rtmi_span_of_text(method));
    rtmi_buf_append(out, payload.data, payload.len);
    rtmi_frame_end(out, mark);
}

static void write_newest(peer *self, rtmi_span bytes)
{
    if (self->link_count == 0)
        abort();
    send_all(self->links[self->link_count - 1].fd, bytes.data, bytes.len);
}

uint32_t peer_push_raw(peer *self, const char *method, const void *payload, size_t len)
{
    rtmi_buf out;
    uint32_t seq;

    rtmi_buf_init(&out, BYTES_MAX);
    (void)pthread_mutex_lock(&self->lock);
    build(self, method, (rtmi_span){payload, len}, &out, &seq);
    write_newest(self, rtmi_buf_span(&out));
    (void)pthread_mutex_unlock(&self->lock);
    rtmi_buf_deinit(&out);
    return seq;
}

uint32_t peer_build_push(peer *self, const char *method, const char *json, uint8_t *bytes,
                         size_t cap, size_t *len)
{
    rtmi_buf pack;
    rtmi_buf out;
    uint32_t seq;

    rtmi_buf_init(&pack, BYTES_MAX);
    rtmi_buf_init(&out, BYTES_MAX);
    if (rtmi_json_to_pack(rtmi_span_of_text(json), &pack) < 0)
        abort();
    (void)pthread_mutex_lock(&self->lock);
    build(self, method, rtmi_buf_span(&pack), &out, &seq);
    (void)pthread_mutex_unlock(&self->lock);
    if (rtmi_buf_len(&out) > cap - *len)
        abort();
    memcpy(bytes + *len, rtmi_buf_span(&out).data, rtmi_buf_len(&out));
    *len += rtmi_buf_len(&out);
    rtmi_buf_deinit(&pack);
    rtmi_buf_deinit(&out);
    return seq;
}

uint32_t peer_push(peer *self, const char *method, const char *json)
{
    uint8_t bytes[4096];
    size_t len = 0;
    const uint32_t seq = peer_build_push(self, method, json, bytes, sizeof bytes, &len);

    peer_write(self, bytes, len);
    return seq;
}

void peer_write(peer *self, const void *bytes, size_t len)
{
    (void)pthread_mutex_lock(&self->lock);
    write_newest(self, (rtmi_span){bytes, len});
    (void)pthread_mutex_unlock(&self->lock);
}

void peer_answer(peer *self, const peer_quest *quest, peer_reply reply)
{
    (void)pthread_mutex_lock(&self->lock);
    send_reply(self, quest->link, quest->seq, reply);
    (void)pthread_mutex_unlock(&self->lock);
}

size_t peer_count_answers(peer *self)
{
    (void)pthread_mutex_lock(&self->lock);
    const size_t count = self->answer_count;
    (void)pthread_mutex_unlock(&self->lock);
    return count;
}

bool peer_get_answer(peer *self, uint32_t seq, peer_heard *ret)
{
    bool is_found = false;

    (void)pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < self->answer_count && !is_found; i++) {
        if (self->answers[i].seq == seq) {
            *ret = self->answers[i];
            is_found = true;
        }
    }
    (void)pthread_mutex_unlock(&self->lock);
    return is_found;
}

void peer_cut(peer *self)
{
    /* Only shut: the thread sees the end, and closes. */
    (void)pthread_mutex_lock(&self->lock);
    if (self->link_count > 0 && self->links[self->link_count - 1].fd >= 0)
        (void)shutdown(self->links[self->link_count - 1].fd, SHUT_RDWR);
    (void)pthread_mutex_unlock(&self->lock);
}
