/*
 * rtmd: parse, build, run, finish.
 *
 * Threads: this one has the acceptor, signals and the timer of retention on a loop of its own;
 * each shard has one; the store has its own. They end in that order, so that what a shard still
 * hands to the store is committed, and what the store still tells a shard finds it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "gate/core/mail.h"
#include "gate/gate.h"
#include "gate/notify.h"
#include "gate/snapshot.h"
#include "gate/store/name.h"
#include "gate/store_command.h"
#include "lib/base/num.h"

enum { EXIT_GOOD = 0, EXIT_OTHER = 1, EXIT_USAGE = 2, EXIT_CONF = 78 };

#define RETENTION_INTERVAL_MS INT64_C(60000)

/* --- parse --- */

static void complain(const char *text, void *userdata)
{
    (void)userdata;
    fprintf(stderr, "rtmd: %s\n", text);
}

int gate_configure(const options *opts, conf *settings, conf_complain_fn *complain_fn,
                   void *userdata)
{
    int result = EXIT_GOOD;

    conf_init(settings, complain_fn, userdata);
    if (opts->dev ? dev_configure(settings) < 0 : conf_read_file(settings, opts->config) < 0)
        result = EXIT_CONF;
    for (size_t i = 0; i < opts->set_count; i++) {
        const int r = conf_set(settings, opts->sets[i]);
        if (r > 0)
            return EXIT_USAGE;
        if (r < 0)
            result = EXIT_CONF;
    }
    if (opts->listen != NULL)
        conf_set_listen(settings, opts->listen);
    if (conf_finish(settings, environ) < 0)
        result = EXIT_CONF;
    return result;
}

/* --- build --- */

static int fail(const gate *self, const char *what, const char *text)
{
    rtmi_log_line(&self->log, RTMI_LOG_ERROR, "%s: %s", what, text);
    return -1;
}

static int64_t wall_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int make_config(gate *self)
{
    char text[256];

    self->config = snapshot_new(&self->conf, NULL, &self->log, text, sizeof text);
    if (self->config == NULL)
        return fail(self, "projects", text);
    return 0;
}

static int bind_addresses(gate *self)
{
    const char *endpoint = self->conf.gate.endpoint;
    char text[1024] = "";

    if (doors_open(&self->uv, &self->conf, &self->log, &self->doors, text, sizeof text) < 0 ||
        watch_open(&self->watch, &self->conf, text, sizeof text) < 0) {
        rtmi_log_line(&self->log, RTMI_LOG_ERROR, "%s", text);
        return -1;
    }
    /* Not said: the first address that has a port. */
    for (size_t i = 0; endpoint[0] == '\0' && i < doors_count(self->doors); i++) {
        if (conf_address_path(doors_get_address(self->doors, i)) == NULL)
            endpoint = doors_get_address(self->doors, i);
    }
    (void)snprintf(self->config->endpoint, sizeof self->config->endpoint, "%s",
                   endpoint[0] != '\0' ? endpoint : "unix");
    return 0;
}

static int open_files(gate *self)
{
    char text[1024] = "";

    if (file_gate_open(&self->files, &self->conf, self->doors, snapshot_random64, text,
                       sizeof text) < 0) {
        rtmi_log_line(&self->log, RTMI_LOG_ERROR, "%s", text);
        return -1;
    }
    self->config->files = self->files.shared.content == NULL ? NULL : &self->files.shared;
    return 0;
}

/* SQLite would only say that it is "unable to open database file". */
static int check_folder(const gate *self, const char *path)
{
    char copy[CONF_TEXT_SIZE];
    struct stat about;

    (void)snprintf(copy, sizeof copy, "%s", path);
    const char *const folder = dirname(copy);
    errno = 0;
    if (stat(folder, &about) == 0 && S_ISDIR(about.st_mode))
        return 0;
    rtmi_log_line(&self->log, RTMI_LOG_ERROR, "cannot open the store: folder %s: %s", folder,
                  errno != 0 ? strerror(errno) : "is none");
    return -1;
}

int gate_open_project(gate_config *config, size_t at, char *reterr_text, size_t text_size)
{
    gate_project *const project = &config->projects[at];
    uint64_t epoch;

    do
        epoch = snapshot_random64(NULL);
    while (epoch == 0);
    return config->store->ops->open_project(config->store, project->pid, epoch, wall_ms(),
                                            &project->state, reterr_text, text_size);
}

static int open_store(gate *self)
{
    const conf_gate *const from = &self->conf.gate;
    const store_options with = {
        .durability = (store_durability)from->durability,
        .memory_max_bytes = (size_t)from->memory_bytes,
        .file_max_bytes = from->file_bytes,
    };
    const char *const path = store_name_path(from->store);
    char text[512] = "";

    if (path != NULL && check_folder(self, path) < 0)
        return -1;
    if (store_open(from->store, &with, &self->config->store, text, sizeof text) < 0)
        return fail(self, "cannot open the store", text);

    for (size_t i = 0; i < self->config->project_count; i++) {
        if (gate_open_project(self->config, i, text, sizeof text) < 0) {
            char what[64];
            (void)snprintf(what, sizeof what, "cannot open the log of project %" PRId32,
                           self->config->projects[i].pid);
            return fail(self, what, text);
        }
    }
    return 0;
}

static void on_shard_started(size_t index, void *userdata)
{
    (void)userdata;
    log_lines_set_shard((int)index);
}

/* On a shard's thread. */
static void on_shard_drained(void *userdata)
{
    gate *const self = userdata;

    (void)atomic_fetch_add(&self->drained_count, 1);
    (void)uv_async_send(&self->drained);
}

admission_limits gate_admission_limits(const conf_gate *from)
{
    return (admission_limits){
        .connections = (size_t)from->max_connections,
        .unproved_per_address = (size_t)from->unproved_per_address,
        .per_address = (size_t)from->connections_per_address,
    };
}

static int build_shards(gate *self)
{
    gate_config *const config = self->config;
    const admission_limits limits = gate_admission_limits(&self->conf.gate);
    char text[256] = "";

    config->bus = bus_local_new(config->shard_count);
    self->keeper = admission_new(&limits, snapshot_random64(NULL));
    self->loops = calloc(config->shard_count, sizeof(loop *));
    if (config->bus == NULL || self->keeper == NULL || self->loops == NULL)
        return fail(self, "shards", "out of memory");
    for (size_t i = 0; i < config->shard_count; i++) {
        const loop_options with = {
            .config = config,
            .index = i,
            .admission = self->keeper,
            .started = on_shard_started,
            .drained = on_shard_drained,
            .userdata = self,
        };
        if (loop_new(&with, &self->loops[i], text, sizeof text) < 0)
            return fail(self, "cannot make a shard", text);
        self->loop_count++;
    }
    return 0;
}

/* --- run --- */

/* End the main loop: its handles are closed, so it runs out. */
static void stop(gate *self)
{
    if (self->is_stopping)
        return;
    self->is_stopping = true;
    doors_close(self->doors);
    for (size_t i = 0; i < sizeof self->signals / sizeof self->signals[0]; i++)
        uv_close((uv_handle_t *)&self->signals[i], NULL);
    uv_close((uv_handle_t *)&self->drain_timer, NULL);
    uv_close((uv_handle_t *)&self->retention_timer, NULL);
}

static void on_drain_time_over(uv_timer_t *handle)
{
    gate *const self = handle->data;

    rtmi_log_line(&self->log, RTMI_LOG_WARN,
                  "drain-ms is over: closing with answers or pushes still owed");
    stop(self);
}

static void on_drained(uv_async_t *handle)
{
    gate *const self = handle->data;

    if (self->is_draining && atomic_load(&self->drained_count) == self->loop_count)
        stop(self);
}

static void on_reloaded(uv_async_t *handle)
{
    gate_reread_done(handle->data);
}

static void on_signal(uv_signal_t *handle, int number)
{
    gate *const self = handle->data;
    const char *const name = number == SIGINT ? "SIGINT" : "SIGTERM";

    if (number == SIGHUP) {
        if (!self->is_draining)
            gate_reread(self);
        return;
    }
    if (self->is_draining) {
        rtmi_log_line(&self->log, RTMI_LOG_WARN, "%s again: closing now", name);
        stop(self);
        return;
    }
    /* Who has read the line finds the doors closed and the page changed already. */
    self->is_draining = true;
    doors_close(self->doors);
    atomic_store(&self->watch.is_draining, true);
    rtmi_log_line(&self->log, RTMI_LOG_INFO, "%s: draining", name);
    notify_manager("STOPPING=1\nSTATUS=Draining");
    (void)uv_timer_start(&self->drain_timer, on_drain_time_over, (uint64_t)self->conf.gate.drain_ms,
                         0);
    for (size_t i = 0; i < self->loop_count; i++)
        loop_drain(self->loops[i]);
}

/* What a round of retention works with: its own, since settings may be read again meanwhile. */
typedef struct trim_job {
    uv_work_t work;
    gate *gate;
    store *store;
    file_gate *files;
    rtmi_log log;
    store_retention keep;
    size_t count;
    struct {
        int32_t pid;
        gate_project_live *live;
    } projects[];
} trim_job;

/* On a thread of libuv's pool: it may wait for the disk. */
static void trim(uv_work_t *work)
{
    trim_job *const self = work->data;
    char text[256];

    for (size_t i = 0; i < self->count; i++) {
        const int32_t pid = self->projects[i].pid;
        int64_t tail;
        if (self->store->ops->trim(self->store, pid, &self->keep, wall_ms(), &tail, text,
                                   sizeof text) < 0)
            rtmi_log_line(&self->log, RTMI_LOG_ERROR,
                          "project %" PRId32 ": old messages could not be dropped: %s", pid, text);
        else
            atomic_store(&self->projects[i].live->tail, tail);
    }
    if (file_gate_trim(self->files, wall_ms(), self->keep.max_age_ms, text, sizeof text) < 0)
        rtmi_log_line(&self->log, RTMI_LOG_ERROR, "%s", text);
}

static void on_trimmed(uv_work_t *work, int status)
{
    trim_job *const job = work->data;

    (void)status;
    job->gate->trim = NULL;
    free(job);
}

static void on_retention(uv_timer_t *handle)
{
    gate *const self = handle->data;
    const gate_config *const config = self->config;

    if (self->trim != NULL)
        return;
    trim_job *const job = calloc(1, sizeof *job + config->project_count * sizeof job->projects[0]);
    if (job == NULL)
        return; /* the next round will do */
    job->work.data = job;
    job->gate = self;
    job->store = config->store;
    job->files = &self->files;
    job->log = self->log;
    job->keep = config->retention;
    for (size_t i = 0; i < config->project_count; i++) {
        if (config->projects[i].is_removed)
            continue;
        job->projects[job->count].pid = config->projects[i].pid;
        job->projects[job->count++].live = config->projects[i].live;
    }
    if (uv_queue_work(&self->uv, &job->work, trim, on_trimmed) == 0)
        self->trim = job;
    else
        free(job);
}

static void close_handle(uv_handle_t *handle, void *userdata)
{
    (void)userdata;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static int init_main_loop(gate *self)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    int r = uv_loop_init(&self->uv);

    if (r != 0)
        return fail(self, "event loop", uv_strerror(r));
    self->has_uv = true;
    self->drain_timer.data = self->retention_timer.data = self;
    self->drained.data = self->reloaded.data = self;
    /* Closed only when no shard can send them, so they must not keep the loop. */
    r = uv_async_init(&self->uv, &self->drained, on_drained);
    if (r == 0)
        uv_unref((uv_handle_t *)&self->drained);
    if (r == 0)
        r = uv_async_init(&self->uv, &self->reloaded, on_reloaded);
    if (r == 0)
        uv_unref((uv_handle_t *)&self->reloaded);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && r == 0; i++) {
        self->signals[i].data = self;
        r = uv_signal_init(&self->uv, &self->signals[i]);
        if (r == 0)
            r = uv_signal_start(&self->signals[i], on_signal, numbers[i]);
    }
    if (r == 0)
        r = uv_timer_init(&self->uv, &self->drain_timer);
    if (r == 0)
        r = uv_timer_init(&self->uv, &self->retention_timer);
    if (r == 0)
        r = uv_timer_start(&self->retention_timer, on_retention, (uint64_t)RETENTION_INTERVAL_MS,
                           (uint64_t)RETENTION_INTERVAL_MS);
    return r == 0 ? 0 : fail(self, "event loop", uv_strerror(r));
}

/* As many connections as the system lets us have. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int tell_ready(gate *self)
{
    char line[(CONF_LISTEN_MAX + 1) * (CONF_LISTEN_NAME_SIZE + BOUND_ADDRESS_SIZE + 2) + 16] = "";
    size_t len = 0;

    for (size_t i = 0; i < doors_count(self->doors); i++) {
        len += (size_t)snprintf(line + len, sizeof line - len, " %s=%s",
                                doors_get_name(self->doors, i), doors_get_address(self->doors, i));
    }
    for (size_t i = 0; i < self->watch.count; i++) {
        len += (size_t)snprintf(line + len, sizeof line - len, " %s=%s", self->watch.names[i],
                                admin_get_address(self->watch.admins[i]));
    }
    for (size_t i = 0; i < self->files.http_count; i++) {
        len += (size_t)snprintf(line + len, sizeof line - len, " %s=%s", self->files.names[i],
                                files_http_get_address(self->files.https[i]));
    }
    rtmi_log_line(&self->log, RTMI_LOG_INFO, "serving FPNN with %zu shards:%s", self->loop_count,
                  line);
    if (self->opts.dev)
        dev_print(&self->dev, doors_get_address(self->doors, 0));
    notify_manager("READY=1\nSTATUS=Serving");
    if (self->opts.ready_fd < 0)
        return 0;
    const bool told = dprintf(self->opts.ready_fd, "ready%s\n", line) == (int)len + 6;
    (void)close(self->opts.ready_fd);
    self->opts.ready_fd = -1;
    return told ? 0 : fail(self, "the ready descriptor", "cannot be written");
}

static int start_watch(gate *self)
{
    watch *const to = &self->watch;
    char text[256];

    to->loops = self->loops;
    to->loop_count = self->loop_count;
    to->keeper = self->keeper;
    to->door_count = doors_count(self->doors);
    for (size_t i = 0; i < to->door_count; i++)
        (void)snprintf(to->doors[i], sizeof to->doors[i], "%s", doors_get_name(self->doors, i));
    if (strncmp(self->conf.gate.store, "sqlite:", 7) == 0)
        (void)snprintf(to->store_path, sizeof to->store_path, "%s", self->conf.gate.store + 7);
    to->started_wall_ms = wall_ms();
    to->started_us = snapshot_mono_us();
    watch_set_config(to, self->config);
    atomic_store(&to->is_serving, true);
    if (watch_start(to, text, sizeof text) == 0)
        return 0;
    rtmi_log_line(&self->log, RTMI_LOG_ERROR, "%s", text);
    return -1;
}

static int run(gate *self)
{
    char text[256] = "";

    if (init_main_loop(self) < 0 || make_config(self) < 0 || bind_addresses(self) < 0 ||
        open_files(self) < 0 || open_store(self) < 0 || build_shards(self) < 0)
        return EXIT_OTHER;
    if (self->opts.dev && dev_write_secret(&self->dev, &self->conf, text, sizeof text) < 0) {
        (void)fail(self, "secret of --dev", text);
        return EXIT_OTHER;
    }
    for (size_t i = 0; i < self->loop_count; i++) {
        if (loop_start(self->loops[i]) < 0) {
            (void)fail(self, "shard", "no thread to be had");
            return EXIT_OTHER;
        }
    }
    if (file_gate_start(&self->files, text, sizeof text) < 0 ||
        doors_start(self->doors, self->keeper, self->loops, self->loop_count, text, sizeof text) <
            0) {
        rtmi_log_line(&self->log, RTMI_LOG_ERROR, "%s", text);
        return EXIT_OTHER;
    }
    if (start_watch(self) < 0 || tell_ready(self) < 0)
        return EXIT_OTHER;
    (void)uv_run(&self->uv, UV_RUN_DEFAULT);
    return EXIT_GOOD;
}

/* --- finish --- */

static void log_totals(const gate *self)
{
    shard_stats sum = {0};

    for (size_t i = 0; i < self->loop_count; i++) {
        const shard_stats *const stats = loop_get_stats(self->loops[i]);
        sum.connections += stats->connections;
        sum.quests += stats->quests;
        sum.records += stats->records;
        sum.pushes += stats->pushes;
        sum.pushes_dropped += stats->pushes_dropped;
    }
    rtmi_log_line(&self->log, RTMI_LOG_INFO,
                  "stopped: connections=%" PRIu64 " quests=%" PRIu64 " records=%" PRIu64
                  " pushes=%" PRIu64 " pushes_dropped=%" PRIu64,
                  sum.connections, sum.quests, sum.records, sum.pushes, sum.pushes_dropped);
}

static void finish_shards(gate *self)
{
    gate_config *const config = self->config;

    for (size_t i = 0; i < self->loop_count; i++)
        loop_stop(self->loops[i]);
    for (size_t i = 0; i < self->loop_count; i++)
        loop_join(self->loops[i]);
    if (config != NULL && config->store != NULL)
        config->store->ops->close(config->store);
    if (config != NULL)
        config->store = NULL;
    file_gate_close(&self->files); /* whose files come back over the bus */
    if (self->loop_count > 0)
        log_totals(self);
    for (size_t i = 0; i < self->loop_count; i++)
        loop_free(self->loops[i]);
    free(self->loops);
    if (config != NULL && config->bus != NULL)
        bus_free(config->bus, mail_drop);
    admission_free(self->keeper);
}

/* Safe at every stage of building. */
static void finish(gate *self)
{
    doors_close(self->doors);
    watch_close(&self->watch);
    finish_shards(self);
    gate_reread_finish(self);
    if (self->has_uv) {
        uv_walk(&self->uv, close_handle, NULL);
        (void)uv_run(&self->uv, UV_RUN_DEFAULT);
        (void)uv_loop_close(&self->uv);
    }
    doors_free(self->doors);
    dev_deinit(&self->dev);
    snapshot_free_last(self->config);
}

/* Settings are good, or not: what to do with them. */
static int serve(gate *self)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    if (self->opts.print_config) {
        conf_print(&self->conf, stdout);
        return EXIT_GOOD;
    }
    if (self->opts.check) {
        char text[1024];
        if (doors_check(&self->conf, text, sizeof text) < 0) {
            complain(text, NULL);
            return EXIT_CONF;
        }
        printf("%s: good\n", self->opts.dev ? "--dev" : self->opts.config);
        return EXIT_GOOD;
    }
    /* A reader of our log or of stdout that goes away is no reason to stop. */
    (void)sigaction(SIGPIPE, &ignore, NULL);
    raise_descriptors();
    if (self->opts.ready_fd >= 0)
        (void)fcntl(self->opts.ready_fd, F_SETFD, FD_CLOEXEC);
    log_lines_init(&self->lines, STDERR_FILENO, (log_lines_format)self->conf.gate.log_format);
    self->log = log_lines_as_log(&self->lines, self->conf.gate.log_level);
    watch_init(&self->watch);
    if (geteuid() == 0 && !self->opts.dev)
        rtmi_log_line(&self->log, RTMI_LOG_WARN,
                      "running as root, which the gate has no need of: give it a user of its own");
    const int code = run(self);
    finish(self);
    return code;
}

/* stdout was written to the end, or that is a failure too. */
static int finish_output(int code, int failed)
{
    if (fflush(stdout) == 0 || code != EXIT_GOOD)
        return code;
    fprintf(stderr, "rtmd: stdout: %s\n", strerror(errno));
    return failed;
}

int main(int argc, char **argv)
{
    gate self = {.opts = {.ready_fd = -1}};
    int code = EXIT_USAGE;

    if (argc > 1 && strcmp(argv[1], "store") == 0)
        return finish_output(store_command(argc - 1, argv + 1), EXIT_USAGE);
    switch (options_parse(argc, argv, &self.opts)) {
    case OPTIONS_DONE:
        code = EXIT_GOOD;
        break;
    case OPTIONS_USAGE:
        break;
    case OPTIONS_RUN:
        code = gate_configure(&self.opts, &self.conf, complain, NULL);
        if (code == EXIT_GOOD)
            code = serve(&self);
        conf_deinit(&self.conf);
        break;
    }
    options_deinit(&self.opts);
    return finish_output(code, EXIT_OTHER);
}
