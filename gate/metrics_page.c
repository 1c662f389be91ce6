/*
 * One sum over all shards and one over all logs, then family by family. Labels come from tables
 * of ours only: methods, results, kinds, the names of addresses, the numbers of projects; so
 * their number is bounded by the configuration, whatever peers send.
 *
 * Format: OpenMetrics 1.0.
 */
#include "gate/metrics_page.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rtm/version.h>

static void put(rtmi_buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(rtmi_buf *out, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    const int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len > 0 && (size_t)len < sizeof text)
        rtmi_buf_append(out, text, (size_t)len);
    else
        out->error = -1;
}

/* The head of a family; `unit` is the end of the name, or NULL. */
static void put_family(rtmi_buf *out, const char *name, const char *type, const char *unit,
                       const char *help)
{
    put(out, "# TYPE %s %s\n", name, type);
    if (unit != NULL)
        put(out, "# UNIT %s %s\n", name, unit);
    put(out, "# HELP %s %s\n", name, help);
}

static void put_gauge(rtmi_buf *out, const char *name, const char *unit, const char *help,
                      uint64_t value)
{
    put_family(out, name, "gauge", unit, help);
    put(out, "%s %" PRIu64 "\n", name, value);
}

static void put_counter(rtmi_buf *out, const char *name, const char *help, uint64_t value)
{
    put_family(out, name, "counter", NULL, help);
    put(out, "%s_total %" PRIu64 "\n", name, value);
}

static const char *const time_texts[METRICS_BOUNDS] = {
    "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025",
    "0.05",   "0.1",     "0.25",   "0.5",   "1.0",    "2.5",   "5.0",  "10.0"};

/* `label` is empty, or NAME="VALUE". Durations are shown in seconds. */
static void put_histogram(rtmi_buf *out, const char *name, const char *label, bool is_time,
                          const metrics_histogram *what)
{
    const char *const comma = label[0] != '\0' ? "," : "";
    char braced[64] = "";
    uint64_t count = 0;

    if (label[0] != '\0')
        (void)snprintf(braced, sizeof braced, "{%s}", label);
    for (size_t i = 0; i <= METRICS_BOUNDS; i++) {
        char bound[24] = "+Inf";
        if (i < METRICS_BOUNDS && is_time)
            (void)snprintf(bound, sizeof bound, "%s", time_texts[i]);
        else if (i < METRICS_BOUNDS)
            (void)snprintf(bound, sizeof bound, "%" PRIu64 ".0", metrics_count_bounds[i]);
        count += what->buckets[i];
        put(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", name, label, comma, bound, count);
    }
    put(out, "%s_count%s %" PRIu64 "\n", name, braced, count);
    if (is_time)
        put(out, "%s_sum%s %" PRIu64 ".%06" PRIu64 "\n", name, braced, what->sum / 1000000,
            what->sum % 1000000);
    else
        put(out, "%s_sum%s %" PRIu64 "\n", name, braced, what->sum);
}

static uint64_t resident_bytes(void)
{
    unsigned long long all = 0;
    unsigned long long resident = 0;
    FILE *const file = fopen("/proc/self/statm", "re");

    if (file == NULL)
        return 0;
    if (fscanf(file, "%llu %llu", &all, &resident) != 2)
        resident = 0;
    (void)fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void put_process(const watch *from, bool is_ready, rtmi_buf *out)
{
    const int64_t up_us = gate_now_us(from->config) - from->started_us;

    put_family(out, "rtmd_build", "info", NULL, "The release.");
    put(out, "rtmd_build_info{version=\"%s\"} 1\n", RTMKIT_VERSION_TEXT);
    put_family(out, "rtmd_start_time_seconds", "gauge", "seconds", "When it started, Unix time.");
    put(out, "rtmd_start_time_seconds %" PRId64 ".%03d\n", from->started_wall_ms / 1000,
        (int)(from->started_wall_ms % 1000));
    put_family(out, "rtmd_uptime_seconds", "gauge", "seconds", "How long it has run.");
    put(out, "rtmd_uptime_seconds %" PRId64 ".%06d\n", up_us / 1000000, (int)(up_us % 1000000));
    put_gauge(out, "rtmd_resident_memory_bytes", "bytes", "Memory of the process in RAM.",
              resident_bytes());
    put_gauge(out, "rtmd_ready", NULL, "What /readyz says: 1 for yes.", is_ready);
    put_gauge(out, "rtmd_shards", NULL, "Threads that serve connections.", from->loop_count);
    put_family(out, "rtmd_reloads", "counter", NULL, "Settings read again.");
    put(out, "rtmd_reloads_total{result=\"taken\"} %llu\n",
        (unsigned long long)atomic_load(&from->reloads));
    put(out, "rtmd_reloads_total{result=\"refused\"} %llu\n",
        (unsigned long long)atomic_load(&from->reloads_refused));
}

static void put_connections(const watch *from, const shard_metrics *sum, rtmi_buf *out)
{
    static const char *const reasons[] = {[ADMISSION_FULL] = "full",
                                          [ADMISSION_CROWDED] = "unproved_per_address",
                                          [ADMISSION_MANY] = "connections_per_address",
                                          [ADMISSION_NO_MEMORY] = "memory"};

    put_family(out, "rtmd_connections", "gauge", NULL, "Open connections by address listened on.");
    for (size_t i = 0; i < from->door_count; i++)
        put(out, "rtmd_connections{listen=\"%s\"} %" PRIu64 "\n", from->doors[i], sum->open[i]);
    put_family(out, "rtmd_connections_accepted", "counter", NULL, "Connections served so far.");
    for (size_t i = 0; i < from->door_count; i++)
        put(out, "rtmd_connections_accepted_total{listen=\"%s\"} %" PRIu64 "\n", from->doors[i],
            sum->opened[i]);
    put_gauge(out, "rtmd_connections_proved", NULL, "Open ones with a verified quest.",
              sum->proved);
    put_family(out, "rtmd_connections_refused", "counter", NULL, "Closed as soon as accepted.");
    for (size_t i = ADMISSION_YES + 1; i < ADMISSION_ANSWERS; i++)
        put(out, "rtmd_connections_refused_total{reason=\"%s\"} %" PRIu64 "\n", reasons[i],
            admission_get_refused(from->keeper, (admission_answer)i));
    put_counter(out, "rtmd_connections_cut", "Closed for breaking a rule or a limit.", sum->cut);
}

/* Its labels: who may send it, and its name. */
static void name_method(size_t method, const char **ret_side, const char **ret_name)
{
    *ret_side = "any";
    *ret_name = "unknown";
    if (method == METRICS_METHOD_PING)
        *ret_name = "*ping";
    else if (method == METRICS_METHOD_KEY)
        *ret_name = "*key";
    if (method >= rtmi_method_count())
        return;
    const rtmi_method *const row = rtmi_method_at(method);
    *ret_side = row->side == RTMI_SERVER ? "server" : "client";
    *ret_name = row->name;
}

static void put_quests(const shard_metrics *sum, rtmi_buf *out)
{
    static const char *const results[METRICS_RESULTS] = {
        [METRICS_OK] = "ok",         [METRICS_AUTH] = "auth",       [METRICS_INVALID] = "invalid",
        [METRICS_DENIED] = "denied", [METRICS_LIMITED] = "limited", [METRICS_FAILED] = "failed"};

    put_family(out, "rtmd_quests", "counter", NULL, "Quests that have ended, those seen so far.");
    for (size_t i = 0; i < METRICS_METHODS; i++) {
        const char *side;
        const char *name;
        name_method(i, &side, &name);
        for (size_t r = 0; r < METRICS_RESULTS; r++) {
            if (sum->quests[i][r] > 0)
                put(out, "rtmd_quests_total{side=\"%s\",method=\"%s\",result=\"%s\"} %" PRIu64 "\n",
                    side, name, results[r], sum->quests[i][r]);
        }
    }
    put_family(out, "rtmd_quests_limited", "counter", NULL, "Quests answered 200010, by limit.");
    put(out, "rtmd_quests_limited_total{by=\"address\"} %" PRIu64 "\n",
        sum->quests_limited[METRICS_LIMIT_ADDRESS]);
    put(out, "rtmd_quests_limited_total{by=\"project\"} %" PRIu64 "\n",
        sum->quests_limited[METRICS_LIMIT_PROJECT]);
    put_family(out, "rtmd_answer_seconds", "histogram", "seconds",
               "From a quest's arrival to its answer being written.");
    put_histogram(out, "rtmd_answer_seconds", "path=\"turn\"", true, &sum->answer_us[0]);
    put_histogram(out, "rtmd_answer_seconds", "path=\"later\"", true, &sum->answer_us[1]);
    put_gauge(out, "rtmd_answers_owed", NULL, "Answers that wait for a commit.", sum->owed);
}

static const char *const kinds[METRICS_KINDS] = {NULL,
                                                 "p2p",
                                                 "group",
                                                 "room",
                                                 "broadcast",
                                                 "event",
                                                 "delete",
                                                 "edit",
                                                 "clear",
                                                 NULL,
                                                 NULL,
                                                 NULL,
                                                 NULL,
                                                 NULL,
                                                 [METRICS_KIND_OTHER] = "other",
                                                 [METRICS_KIND_PING] = "ping"};

static void put_pushes(const shard_metrics *sum, rtmi_buf *out)
{
    static const char *const policies[METRICS_POLICIES] = {[GATE_SLOW_DROP_OLDEST] = "drop_oldest",
                                                           [GATE_SLOW_DROP_NEWEST] = "drop_newest",
                                                           [GATE_SLOW_DISCONNECT] = "disconnect"};

    put_family(out, "rtmd_pushes", "counter", NULL, "Pushes put into output queues.");
    for (size_t i = 0; i < METRICS_KINDS; i++) {
        if (kinds[i] != NULL)
            put(out, "rtmd_pushes_total{kind=\"%s\"} %" PRIu64 "\n", kinds[i], sum->pushes[i]);
    }
    put_family(out, "rtmd_pushes_dropped", "counter", NULL,
               "Pushes lost to the policy for slow connections.");
    for (size_t i = 0; i < METRICS_POLICIES; i++)
        put(out, "rtmd_pushes_dropped_total{policy=\"%s\"} %" PRIu64 "\n", policies[i],
            sum->dropped[i]);
    put_counter(out, "rtmd_push_answers", "Pushes that were answered.", sum->push_answers);
    put_counter(out, "rtmd_push_errors", "Pushes answered with an error.", sum->push_errors);
    put_gauge(out, "rtmd_queue_bytes", "bytes", "What waits to be written, all connections.",
              sum->queue_bytes);
    put_gauge(out, "rtmd_queue_pushes", NULL, "Pushes that wait to be written.", sum->queue_pushes);
}

/* One row a project of a family: a number, or two told apart by a label. */
static void put_project(rtmi_buf *out, const char *name, const gate_project *project,
                        const char *label, uint64_t value)
{
    put(out, "%s{project=\"%" PRId32 "\"%s%s} %" PRIu64 "\n", name, project->pid,
        label[0] != '\0' ? "," : "", label, value);
}

typedef struct project_row {
    const gate_project *project;
    log_metrics log;
} project_row;

static void put_counts(const project_row *rows, size_t count, rtmi_buf *out)
{
    put_family(out, "rtmd_messages", "counter", NULL, "Records taken into the log.");
    for (size_t i = 0; i < count; i++) {
        for (size_t kind = 0; kind < METRICS_KINDS; kind++) {
            char label[32];
            if (kinds[kind] == NULL || kind == METRICS_KIND_PING)
                continue;
            (void)snprintf(label, sizeof label, "kind=\"%s\"", kinds[kind]);
            put_project(out, "rtmd_messages_total", rows[i].project, label,
                        rows[i].log.messages[kind]);
        }
    }
    put_family(out, "rtmd_message_repeats", "counter", NULL,
               "Quests with a known mid: answered with its time, or refused (200053).");
    for (size_t i = 0; i < count; i++) {
        put_project(out, "rtmd_message_repeats_total", rows[i].project, "result=\"answered\"",
                    rows[i].log.repeats);
        put_project(out, "rtmd_message_repeats_total", rows[i].project, "result=\"refused\"",
                    rows[i].log.repeats_refused);
    }
    put_family(out, "rtmd_messages_limited", "counter", NULL,
               "Messages refused: by messages-per-second (200010) or log-pending (20011).");
    for (size_t i = 0; i < count; i++) {
        put_project(out, "rtmd_messages_limited_total", rows[i].project, "by=\"rate\"",
                    rows[i].log.limited);
        put_project(out, "rtmd_messages_limited_total", rows[i].project, "by=\"pending\"",
                    rows[i].log.full);
    }
}

static void put_logs(const project_row *rows, size_t count, rtmi_buf *out)
{
    put_family(out, "rtmd_log_head", "gauge", NULL, "Newest offset given.");
    for (size_t i = 0; i < count; i++)
        put_project(out, "rtmd_log_head", rows[i].project, "", rows[i].log.head);
    put_family(out, "rtmd_log_tail", "gauge", NULL, "Oldest offset kept.");
    for (size_t i = 0; i < count; i++)
        put_project(out, "rtmd_log_tail", rows[i].project, "",
                    (uint64_t)atomic_load(&rows[i].project->live->tail));
    put_family(out, "rtmd_log_pending_bytes", "gauge", "bytes",
               "Records on their way to the disk and through the feed.");
    for (size_t i = 0; i < count; i++)
        put_project(out, "rtmd_log_pending_bytes", rows[i].project, "",
                    rows[i].log.pending_bytes + atomic_load(&rows[i].project->live->fed_bytes));
    put_family(out, "rtmd_commits", "counter", NULL, "Batches given to the store.");
    for (size_t i = 0; i < count; i++)
        put_project(out, "rtmd_commits_total", rows[i].project, "", rows[i].log.commits);
    put_family(out, "rtmd_commit_errors", "counter", NULL, "Batches that the store refused.");
    for (size_t i = 0; i < count; i++)
        put_project(out, "rtmd_commit_errors_total", rows[i].project, "",
                    rows[i].log.commits_failed);
}

static void put_commits(const project_row *rows, size_t count, rtmi_buf *out)
{
    log_metrics sum = {.head = 0};

    for (size_t i = 0; i < count; i++)
        metrics_add(&sum, &rows[i].log, sizeof sum);
    put_family(out, "rtmd_commit_records", "histogram", NULL, "Records in a batch.");
    put_histogram(out, "rtmd_commit_records", "", false, &sum.records);
    put_family(out, "rtmd_commit_seconds", "histogram", "seconds",
               "From handing a batch to the store until it is durable.");
    put_histogram(out, "rtmd_commit_seconds", "", true, &sum.commit_us);
}

static void put_projects(const watch *from, rtmi_buf *out)
{
    const gate_config *const config = from->config;
    project_row *const rows = calloc(config->project_count + 1, sizeof *rows);

    if (rows == NULL) {
        out->error = -1;
        return;
    }
    for (size_t i = 0; i < config->project_count; i++) {
        rows[i].project = &config->projects[i];
        log_cell_read(&rows[i].project->live->metrics, &rows[i].log);
    }
    put_counts(rows, config->project_count, out);
    put_logs(rows, config->project_count, out);
    put_commits(rows, config->project_count, out);
    free(rows);
}

void metrics_print(const watch *from, bool is_ready, rtmi_buf *out)
{
    shard_metrics sum = {.owed = 0};
    shard_metrics one;

    for (size_t i = 0; i < from->loop_count; i++) {
        shard_cell_read(loop_get_metrics(from->loops[i]), &one);
        metrics_add(&sum, &one, sizeof sum);
    }
    put_process(from, is_ready, out);
    put_connections(from, &sum, out);
    put_quests(&sum, out);
    put_pushes(&sum, out);
    put_projects(from, out);
    put(out, "# EOF\n");
}
