#include "gate/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "gate/metrics_page.h"

/* A shard publishes four times a second; one that has not for so long is stuck. */
#define STALLED_MS INT64_C(10000)

void watch_init(watch *self)
{
    memset(self, 0, sizeof *self);
    (void)pthread_mutex_init(&self->lock, NULL);
}

static void put_line(rtmi_buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put_line(rtmi_buf *out, const char *format, ...)
{
    char text[CONF_TEXT_SIZE + 128];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    rtmi_buf_append_span(out, rtmi_span_of_text(text));
    rtmi_buf_append(out, "\n", 1);
}

static void check_shards(const watch *self, rtmi_buf *out)
{
    const int64_t now_ms = gate_now_us(self->config) / 1000;

    for (size_t i = 0; i < self->loop_count; i++) {
        shard_metrics metrics;
        shard_cell_read(loop_get_metrics(self->loops[i]), &metrics);
        if (now_ms - (int64_t)metrics.ticked_ms > STALLED_MS)
            put_line(out, "shard %zu does not run", i);
    }
}

/* Nothing is written for the test: the last commits tell, and what the system says of the file. */
static void check_store(const watch *self, rtmi_buf *out)
{
    struct statvfs disk;

    for (size_t i = 0; i < self->config->project_count; i++) {
        const gate_project *const project = &self->config->projects[i];
        log_metrics metrics;
        log_cell_read(&project->live->metrics, &metrics);
        if (metrics.is_failing != 0)
            put_line(out, "project %" PRId32 ": its last commit failed", project->pid);
    }
    if (self->store_path[0] == '\0')
        return;
    if (access(self->store_path, W_OK) < 0)
        put_line(out, "%s: %s", self->store_path, strerror(errno));
    else if (statvfs(self->store_path, &disk) < 0)
        put_line(out, "%s: %s", self->store_path, strerror(errno));
    else if ((disk.f_flag & ST_RDONLY) != 0)
        put_line(out, "%s: read only", self->store_path);
    else if (disk.f_bavail == 0)
        put_line(out, "%s: the disk is full", self->store_path);
}

unsigned watch_ready(watch *self, rtmi_buf *out)
{
    if (!atomic_load(&self->is_serving))
        put_line(out, "starting");
    if (atomic_load(&self->is_draining))
        put_line(out, "draining");
    (void)pthread_mutex_lock(&self->lock);
    check_shards(self, out);
    check_store(self, out);
    (void)pthread_mutex_unlock(&self->lock);
    if (rtmi_buf_len(out) > 0)
        return 503;
    put_line(out, "ready");
    return 200;
}

static unsigned render_ready(void *userdata, rtmi_buf *out)
{
    return watch_ready(userdata, out);
}

static unsigned render_health(void *userdata, rtmi_buf *out)
{
    (void)userdata;
    put_line(out, "alive");
    return 200;
}

static unsigned render_metrics(void *userdata, rtmi_buf *out)
{
    watch *const self = userdata;
    rtmi_buf reasons;

    rtmi_buf_init(&reasons, 1024 * 1024);
    const bool is_ready = watch_ready(self, &reasons) == 200;
    rtmi_buf_deinit(&reasons);
    (void)pthread_mutex_lock(&self->lock);
    metrics_print(self, is_ready, out);
    (void)pthread_mutex_unlock(&self->lock);
    return 200;
}

static const admin_page pages[] = {
    {"/metrics", METRICS_CONTENT_TYPE, render_metrics},
    {"/healthz", "text/plain; charset=utf-8", render_health},
    {"/readyz", "text/plain; charset=utf-8", render_ready},
};

static int open_one(watch *self, const conf_listen *from, char *reterr_text, size_t text_size)
{
    char host[CONF_TEXT_SIZE] = "";
    char why[256] = "not an address";
    admin_options with = {
        .path = conf_address_path(from->address),
        .host = host,
        .pages = pages,
        .page_count = sizeof pages / sizeof pages[0],
        .userdata = self,
    };

    if ((with.path == NULL &&
         conf_address_split(from->address, host, sizeof host, &with.port) < 0) ||
        admin_open(&with, &self->admins[self->count], why, sizeof why) < 0) {
        (void)snprintf(reterr_text, text_size, "cannot listen on %s: %s", from->address, why);
        return -1;
    }
    (void)snprintf(self->names[self->count++], sizeof self->names[0], "%s", from->name);
    return 0;
}

int watch_open(watch *self, const conf *settings, char *reterr_text, size_t text_size)
{
    for (size_t i = 0; i < settings->listen_count; i++) {
        const conf_listen *const from = &settings->listens[i];
        if (from->protocol == CONF_PROTOCOL_ADMIN &&
            open_one(self, from, reterr_text, text_size) < 0)
            return -1;
    }
    return 0;
}

int watch_start(watch *self, char *reterr_text, size_t text_size)
{
    for (size_t i = 0; i < self->count; i++) {
        char why[128];
        if (admin_start(self->admins[i], why, sizeof why) < 0) {
            (void)snprintf(reterr_text, text_size, "cannot serve %s: %s",
                           admin_get_address(self->admins[i]), why);
            return -1;
        }
    }
    return 0;
}

void watch_close(watch *self)
{
    for (size_t i = 0; i < self->count; i++)
        admin_close(self->admins[i]);
    self->count = 0;
}

void watch_set_config(watch *self, const gate_config *config)
{
    (void)pthread_mutex_lock(&self->lock);
    self->config = config;
    (void)pthread_mutex_unlock(&self->lock);
}
