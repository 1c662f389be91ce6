/*
 * Users, listeners and programs of the server side do random things to a gate, in rounds; after
 * each round everything comes to rest, and what everybody has received is compared with the model.
 * At the end the whole history is.
 *
 * Twice: where a user has one session, for SOAK_SECONDS, and where he may have several, for
 * SOAK_SEVERAL_SECONDS, which are a sixth of that if they are not told.
 *
 * SOAK_SECONDS, SOAK_USERS, SOAK_LISTENERS, SOAK_RATE (operations a second), SOAK_SHARDS,
 * SOAK_SEED.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/soak/random_model.h"
#include "tests/support/gate_process.h"

enum {
    ROUND_S = 3,
    SHORT_S = 5,
    SAMPLE_MS = 10000,
    SAMPLES_MAX = 100000,
    FLAT_SAMPLES = 20,    /* in a third of a run */
    FLAT_BYTES = 2 << 20, /* what may come and go */
    BURST_MAX = 60,
    BUSY_MAX = 600, /* quests under way; beyond that nothing new is begun */
    STALL_MS = 120000,
    EVENTS = 64
};

typedef struct soak {
    gate_process gate;
    model *model;
    int64_t seconds;
    int64_t rate;
    int64_t *memory; /* resident bytes, every SAMPLE_MS */
    size_t memory_count;
    int64_t begin_ms;
    int64_t acts;
} soak;

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t number_of(const char *variable, int64_t otherwise)
{
    const char *text = getenv(variable);

    return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}

static int64_t memory_of(const gate_process *gate)
{
    char path[64];
    long long all = 0;
    long long resident = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/statm", (int)gate->process);
    FILE *file = fopen(path, "re");
    if (file == NULL || fscanf(file, "%lld %lld", &all, &resident) != 2)
        fail_msg("%s: %s", path, strerror(errno));
    (void)fclose(file);
    return resident * sysconf(_SC_PAGESIZE);
}

static void sample(soak *self)
{
    const int64_t due = self->begin_ms + (int64_t)self->memory_count * SAMPLE_MS;

    if (now_ms() < due || self->memory_count == SAMPLES_MAX)
        return;
    self->memory[self->memory_count++] = memory_of(&self->gate);
}

/* Wait for the gate for so long, and take what has come. */
static void pump(soak *self, int timeout_ms)
{
    struct epoll_event events[EVENTS];
    model *of = self->model;
    const int count = epoll_wait(of->epoll_fd, events, EVENTS, timeout_ms);

    for (int i = 0; i < count; i++) {
        peer *at = events[i].data.ptr;
        if (at->wire.fd < 0)
            continue; /* closed by what came before it */
        if ((events[i].events & EPOLLOUT) != 0)
            peer_flush(of, at);
        if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0)
            peer_readable(of, at);
    }
    sample(self);
}

/* ---- to rest ------------------------------------------------------------------------------- */

typedef bool is_reached(const model *self, uint32_t record);

static bool is_quiet(const model *self, uint32_t record)
{
    (void)record;
    if (self->pending_count > 0 || self->doomed_count > 0)
        return false;
    for (int i = 0; i < self->user_count; i++) {
        if (self->users[i].waits != 0)
            return false;
    }
    return true;
}

static bool is_answered(const model *self, uint32_t record)
{
    return self->sent[record].fate != PENDING;
}

static bool is_heard(const model *self, uint32_t record)
{
    for (int i = 0; i < self->user_count; i++) {
        for (size_t n = 0; n < self->users[i].session_count; n++) {
            const peer *at = self->users[i].sessions[n];
            if (session_is_on(at) &&
                (at->got_count == 0 || at->gots[at->got_count - 1].record != record))
                return false;
        }
    }
    return true;
}

static bool is_witnessed(const model *self, uint32_t record)
{
    return self->sent[record].offset != NEVER;
}

static void wait_until(soak *self, is_reached *reached, uint32_t record, const char *what)
{
    const int64_t end = now_ms() + STALL_MS;

    while (!reached(self->model, record)) {
        pump(self, 1000);
        MUST(self->model, now_ms() < end, "%s is not reached", what);
    }
}

/* All listeners have been given everything up to an offset, and have read it. */
static void wait_for_listeners(soak *self, int64_t offset)
{
    const int64_t end = now_ms() + STALL_MS;
    model *of = self->model;

    for (int i = 1; i < of->listener_count; i++) {
        peer *at = of->listeners[i];
        while (at->position < offset) {
            if (at->pending_count == 0)
                listeners_ask_position(of, at);
            pump(self, 1000);
            MUST(of, now_ms() < end, "listener %d does not come to offset %lld", i,
                 (long long)offset);
        }
    }
}

static void come_to_rest(soak *self)
{
    model *of = self->model;

    wait_until(self, is_quiet, 0, "rest");
    const uint32_t message = servers_mark(of, 1);
    wait_until(self, is_answered, message, "the answer to the last message");
    const uint32_t broadcast = servers_mark(of, 4);
    wait_until(self, is_answered, broadcast, "the answer to the last broadcast");
    wait_until(self, is_heard, broadcast, "the last broadcast, for all users,");
    wait_until(self, is_witnessed, message, "the last message");
    wait_for_listeners(self, of->sent[message].offset);
    check_round(of);
}

/* ---- the run ------------------------------------------------------------------------------- */

static void act(model *of)
{
    const int dice = roll(of, 100);

    if (dice < 55)
        users_act(of);
    else if (dice < 98)
        servers_act(of);
    else
        listeners_act(of);
}

/* Bursts, so that much of what is asked for overlaps, and much of that is about one group and one
   room. */
static void run_round(soak *self)
{
    const int64_t begin = now_ms();
    const int64_t count = self->rate * ROUND_S;
    model *of = self->model;
    int64_t burst = 1;

    for (int64_t done = 0; done < count;) {
        const int64_t due = (now_ms() - begin) * self->rate / 1000;
        if (done + burst <= due && of->pending_count < BUSY_MAX) {
            for (int64_t i = 0; i < burst; i++)
                act(of);
            done += burst;
            burst = 1 + roll(of, BURST_MAX);
            of->hot_group = roll(of, GROUPS);
            of->hot_room = roll(of, ROOMS);
        }
        pump(self, 1);
    }
    self->acts += count;
    come_to_rest(self);
}

static void set_up(soak *self, bool is_multi_login)
{
    model *of = make(1, sizeof *of);

    self->model = of;
    of->seed = of->dice = (uint64_t)number_of("SOAK_SEED", 1);
    of->user_count = (int)number_of("SOAK_USERS", 200);
    of->listener_count = (int)number_of("SOAK_LISTENERS", 20);
    self->seconds = number_of("SOAK_SECONDS", SHORT_S);
    if (is_multi_login && self->seconds > SHORT_S)
        self->seconds = number_of("SOAK_SEVERAL_SECONDS", self->seconds / 6 + 1);
    self->rate = number_of("SOAK_RATE", 300);
    assert_in_range(of->user_count, 10, USERS_MAX);
    assert_in_range(of->listener_count, 2, LISTENERS_MAX);
    assert_in_range(self->rate, 1, 100000);
    self->memory = make(SAMPLES_MAX, sizeof *self->memory);
    assert_true(wire_setup(GATE_PID, GATE_SECRET));
    /* Mids are remembered for a minute, so that what is bounded by time is full soon, and growth
       behind that is a leak. */
    gate_init_project(&self->gate, (int)number_of("SOAK_SHARDS", 2), GATE_SQLITE,
                      "unproved-per-address = 10000\nmax-rooms = 100\nretention-bytes = 0\n"
                      "mid-time = 1m\n",
                      is_multi_login ? "multi-login = true\n" : "");
    of->is_multi_login = is_multi_login;
    of->endpoint = self->gate.endpoint;
    of->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    assert_true(of->epoll_fd >= 0);
    for (int i = 0; i < SERVERS; i++)
        of->servers[i] = peer_open(of, ROLE_SERVER);
    for (int i = 0; i < of->listener_count; i++)
        listeners_open(of, i, i == 0);
    self->begin_ms = now_ms();
    wait_until(self, is_quiet, 0, "the listeners' answers");
}

static void free_flip(flip *of)
{
    free(of->changes);
}

static void tear_down(soak *self)
{
    model *of = self->model;

    for (int i = 0; i < SERVERS; i++)
        peer_free(of->servers[i]);
    for (int i = 0; i < of->listener_count; i++)
        peer_free(of->listeners[i]);
    for (int i = 0; i < of->user_count; i++) {
        user *who = &of->users[i];
        for (size_t n = 0; n < who->session_count; n++)
            peer_free(who->sessions[n]);
        free(who->sessions);
        free_flip(&who->ban);
        free_flip(&of->group_bans[i]);
        free_flip(&of->room_bans[i]);
        for (int n = 0; n < of->user_count; n++) {
            if (who->blacks[n] != NULL)
                free_flip(who->blacks[n]);
            free(who->blacks[n]);
        }
        for (int n = 0; n < GROUPS + ROOMS; n++) {
            place *in = n < GROUPS ? &of->groups[n] : &of->rooms[n - GROUPS];
            free_flip(&in->members[i]);
            free_flip(&in->bans[i]);
        }
    }
    free(of->touched);
    free(of->sent);
    (void)close(of->epoll_fd);
    free(of);
    free(self->memory);
    wire_teardown();
    gate_deinit(&self->gate);
}

/* ---- figures ------------------------------------------------------------------------------- */

static int64_t mean(const int64_t *of, size_t count)
{
    int64_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += of[i];
    return count == 0 ? 0 : sum / (int64_t)count;
}

/* A run of ten minutes and more has to be flat from its second third on. */
static void check_memory(const soak *self)
{
    const size_t third = self->memory_count / 3;
    int64_t most = 0;

    if (third == 0)
        return;
    const int64_t second = mean(self->memory + third, third);
    const int64_t last = mean(self->memory + self->memory_count - third, third);
    for (size_t i = 0; i < self->memory_count; i++)
        most = self->memory[i] > most ? self->memory[i] : most;
    print_message("resident memory of rtmd, %zu samples: first third %lld KiB, second %lld KiB, "
                  "last %lld KiB; most %lld KiB\n",
                  self->memory_count, (long long)mean(self->memory, third) / 1024,
                  (long long)second / 1024, (long long)last / 1024, (long long)most / 1024);
    MUST(self->model, third < FLAT_SAMPLES || last <= second + second / 10 + FLAT_BYTES,
         "the gate's memory grows");
}

static void print_figures(const soak *self, int64_t took_ms, int64_t rows)
{
    const model *of = self->model;
    const double seconds = (double)took_ms / 1000;

    print_message(
        "%s, seed %llu: %d users, %d listeners, %d groups, %d rooms; %.0f s, %lld rounds, "
        "%lld operations\n",
        of->is_multi_login ? "several sessions a user" : "one session a user",
        (unsigned long long)of->seed, of->user_count, of->listener_count, GROUPS, ROOMS, seconds,
        (long long)of->rounds, (long long)self->acts);
    print_message("messages: %lld accepted (%.0f a second), %lld quests refused, %lld in flight at "
                  "the end of their connection (%lld of them in the log)\n",
                  (long long)of->accepted, (double)of->accepted / seconds, (long long)of->refused,
                  (long long)(of->lost_kept + of->lost_gone), (long long)of->lost_kept);
    print_message(
        "deliveries: %lld (%.0f a second); logins and logouts: %lld; decisions of the "
        "model: %lld, with a change under way: %lld; left open by a cut connection: %lld\n",
        (long long)of->deliveries, (double)of->deliveries / seconds, (long long)of->events,
        (long long)of->checked, (long long)of->overlapped, (long long)of->cut_tails);
    print_message("history: %lld rows, each accepted message once, deleted ones left out\n",
                  (long long)rows);
    for (int i = 0; i < OP_KINDS; i++)
        print_message("%s%s %lld", i > 0 ? ", " : "operations: ", op_names[i],
                      (long long)of->ops[i]);
    print_message("\nmismatches: 0\n");
    check_memory(self);
}

static void run(bool is_multi_login)
{
    static soak self;

    memset(&self, 0, sizeof self);
    set_up(&self, is_multi_login);
    do
        run_round(&self);
    while (now_ms() - self.begin_ms < self.seconds * 1000);
    const int64_t took_ms = now_ms() - self.begin_ms;
    const int64_t rows = check_history(self.model);
    print_figures(&self, took_ms, rows);
    tear_down(&self);
}

static void what_is_accepted_reaches_whom_it_should(void **state)
{
    (void)state;
    run(false);
}

/* A user may have three sessions here. */
static void every_session_gets_what_its_user_should(void **state)
{
    (void)state;
    run(true);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(what_is_accepted_reaches_whom_it_should),
        cmocka_unit_test(every_session_gets_what_its_user_should),
    };

    return cmocka_run_group_tests_name("soak.random", cases, NULL, NULL);
}
