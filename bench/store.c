/*
 * What the log costs: nanoseconds a record, by kind of store, length of batch and number of
 * conversations. Batches are handed over as fast as the store takes them, 32 to 64 under way, as
 * busy shards would. "cpu" is that of the whole process, the store's threads included, until the
 * index is up to date; "worst" the longest time from an append to its `done`; "page" that of a
 * page of 100 messages of one conversation, newest first; "count" that of counting them all.
 *
 *   bench_store [FOLDER [RECORDS [LOAD]]]   the file is made in FOLDER, /tmp by default; LOAD is
 *                                           0 … 17: that line only
 */
#include "gate/store/store.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BODY_LEN = 100, UNDER_WAY = 64, REFILL = 32, PID = 1 };

typedef struct bench_batch {
    store_batch batch;
    struct bench_batch *next;
    int64_t begin_ns;
} bench_batch;

typedef struct bench {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bench_batch *unused;
    size_t under_way;
    bool is_full; /* then wait for REFILL of them */
    size_t failed;
    int64_t worst_ns;
} bench;

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void die(const char *text)
{
    (void)fprintf(stderr, "bench_store: %s\n", text);
    exit(1);
}

static void is_done(store_batch *batch, int result, const char *text, void *userdata)
{
    bench *self = userdata;
    bench_batch *done = (bench_batch *)batch;
    const int64_t took_ns = now_ns(CLOCK_MONOTONIC) - done->begin_ns;

    (void)text;
    (void)pthread_mutex_lock(&self->mutex);
    if (took_ns > self->worst_ns)
        self->worst_ns = took_ns;
    self->failed += result < 0;
    done->next = self->unused;
    self->unused = done;
    self->under_way--;
    if (self->under_way == UNDER_WAY - REFILL || self->under_way == 0)
        (void)pthread_cond_signal(&self->cond); /* not for each: a wake-up costs as much */
    (void)pthread_mutex_unlock(&self->mutex);
}

static bench_batch *make_batches(bench *self, size_t record_count)
{
    bench_batch *batches = calloc(UNDER_WAY, sizeof *batches);

    if (batches == NULL)
        die("out of memory");
    for (size_t i = 0; i < UNDER_WAY; i++) {
        store_record *records = calloc(record_count, sizeof *records);
        uint8_t *bytes = malloc(record_count * BODY_LEN);

        if (records == NULL || bytes == NULL)
            die("out of memory");
        memset(bytes, 'x', record_count * BODY_LEN);
        batches[i].batch = (store_batch){
            .pid = PID,
            .epoch = 1,
            .records = records,
            .record_count = record_count,
            .bytes = bytes,
            .byte_count = record_count * BODY_LEN,
            .done = is_done,
            .userdata = self,
        };
        batches[i].next = self->unused;
        self->unused = &batches[i];
    }
    return batches;
}

static void fill(store_batch *batch, int64_t first_offset, int64_t conversations)
{
    for (size_t i = 0; i < batch->record_count; i++) {
        const int64_t offset = first_offset + (int64_t)i;

        batch->records[i] = (store_record){
            .offset = offset,
            .mtime_ms = 1700000000000 + offset / 100,
            .from = 100000 + offset % 1000,
            .to = 7000 + offset * 7919 % conversations,
            .mid = offset * 7919,
            .msg_at = (uint32_t)(i * BODY_LEN),
            .msg_len = BODY_LEN,
            .attrs_at = (uint32_t)((i + 1) * BODY_LEN),
            .kind = STORE_GROUP,
            .mtype = 30,
        };
    }
}

static bench_batch *take_unused(bench *self)
{
    (void)pthread_mutex_lock(&self->mutex);
    while (self->unused == NULL || (self->is_full && self->under_way > UNDER_WAY - REFILL))
        (void)pthread_cond_wait(&self->cond, &self->mutex);

    bench_batch *taken = self->unused;

    self->unused = taken->next;
    self->under_way++;
    self->is_full = self->unused == NULL;
    (void)pthread_mutex_unlock(&self->mutex);
    return taken;
}

typedef struct asked {
    bench *bench;
    bool is_done;
} asked;

static void is_answered(store_ask *ask, void *userdata)
{
    asked *self = userdata;

    (void)ask;
    (void)pthread_mutex_lock(&self->bench->mutex);
    self->is_done = true;
    (void)pthread_cond_signal(&self->bench->cond);
    (void)pthread_mutex_unlock(&self->bench->mutex);
}

/* Ask, which needs the index up to date; how long that took. */
static int64_t ask_about(bench *self, store *tested, store_question question,
                         int64_t *ret_message_count)
{
    asked waiting = {.bench = self};
    store_ask ask = {
        .pid = PID,
        .question = question,
        .conversation = {.kind = STORE_GROUP, .a = 7000},
        .is_descending = true,
        .num = 100,
        .done = is_answered,
        .userdata = &waiting,
    };
    const int64_t begin_ns = now_ns(CLOCK_MONOTONIC);

    tested->ops->ask(tested, &ask);
    (void)pthread_mutex_lock(&self->mutex);
    while (!waiting.is_done)
        (void)pthread_cond_wait(&self->cond, &self->mutex);
    (void)pthread_mutex_unlock(&self->mutex);
    if (ask.answer.result < 0)
        die(ask.answer.text);
    *ret_message_count = ask.answer.message_count;
    store_answer_deinit(&ask.answer);
    return now_ns(CLOCK_MONOTONIC) - begin_ns;
}

static void run(store *tested, const char *name, size_t batch_len, int64_t conversations,
                size_t total)
{
    bench self = {.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
    bench_batch *batches = make_batches(&self, batch_len);
    store_state state;
    char text[200];

    if (tested->ops->open_project(tested, PID, 1, 0, &state, text, sizeof text) < 0)
        die(text);

    const int64_t wall_ns = now_ns(CLOCK_MONOTONIC);
    const int64_t cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    int64_t append_ns = 0; /* what a shard pays */
    size_t count = 0;

    for (; count < total; count += batch_len) {
        bench_batch *batch = take_unused(&self);

        fill(&batch->batch, (int64_t)count + 1, conversations);
        batch->begin_ns = now_ns(CLOCK_MONOTONIC);
        tested->ops->append(tested, &batch->batch);
        append_ns += now_ns(CLOCK_MONOTONIC) - batch->begin_ns;
    }
    (void)pthread_mutex_lock(&self.mutex);
    while (self.under_way > 0)
        (void)pthread_cond_wait(&self.cond, &self.mutex);
    (void)pthread_mutex_unlock(&self.mutex);

    const double appended_ns = (double)(now_ns(CLOCK_MONOTONIC) - wall_ns);

    int64_t messages;

    (void)ask_about(&self, tested, STORE_ASK_PAGE, &messages);

    const double used_ns = (double)(now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns);

    const int64_t page_ns = ask_about(&self, tested, STORE_ASK_PAGE, &messages);
    const int64_t count_ns = ask_about(&self, tested, STORE_ASK_COUNT, &messages);

    (void)printf("%-14s batch %5zu, %6" PRId64 " conversations: cpu %8.1f  wall %8.1f  append "
                 "%7.1f ns a record, worst %7.2f ms, page %6.2f ms, "
                 "count %6.1f ns a message%s\n",
                 name, batch_len, conversations, used_ns / (double)count,
                 appended_ns / (double)count, (double)append_ns / (double)count,
                 (double)self.worst_ns / 1e6, (double)page_ns / 1e6,
                 (double)count_ns / (double)messages, self.failed > 0 ? ", FAILED" : "");
    (void)fflush(stdout);
    for (size_t i = 0; i < UNDER_WAY; i++) {
        free(batches[i].batch.records);
        free((void *)(uintptr_t)batches[i].batch.bytes);
    }
    free(batches);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        bool is_memory;
        store_durability durability;
        size_t fewer; /* records: those are slow */
    } kinds[] = {
        {"memory", true, STORE_DURABLE_MEMORY, 1},
        {"sqlite normal", false, STORE_DURABLE_NORMAL, 1},
        {"sqlite full", false, STORE_DURABLE_FULL, 4},
    };
    static const struct {
        size_t len;
        int64_t conversations;
    } loads[] = {
        {1, 1000}, {10, 1000}, {100, 1}, {100, 1000}, {100, 100000}, {1000, 1000},
    };
    const char *folder = argc > 1 ? argv[1] : "/tmp";
    const size_t most = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
    char path[4096];
    char file[4200];

    (void)snprintf(path, sizeof path, "%s/bench_store_XXXXXX", folder);
    if (mkdtemp(path) == NULL)
        die("the folder cannot be written");
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        for (size_t l = 0; l < sizeof loads / sizeof loads[0]; l++) {
            const store_options options = {.durability = kinds[k].durability};
            const size_t line = k * (sizeof loads / sizeof loads[0]) + l;
            const size_t total = loads[l].len < 10 ? most / 5 : most;
            store *tested;
            char text[200];

            if (argc > 3 && strtoul(argv[3], NULL, 10) != line)
                continue;
            (void)snprintf(file, sizeof file, "%s/log.%zu.%zu", path, k, l);
            if ((kinds[k].is_memory
                     ? store_open_memory(&options, &tested, text, sizeof text)
                     : store_open_sqlite(file, &options, &tested, text, sizeof text)) < 0)
                die(text);
            run(tested, kinds[k].name, loads[l].len, loads[l].conversations,
                total / kinds[k].fewer);
            tested->ops->close(tested);
            (void)unlink(file);
            (void)snprintf(file, sizeof file, "%s/log.%zu.%zu-lock", path, k, l);
            (void)unlink(file);
        }
    }
    (void)rmdir(path);
    return 0;
}
