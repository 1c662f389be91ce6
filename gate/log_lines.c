/*
 * Whole lines only: each goes out with one write, so that lines of several threads (or of
 * several processes on one pipe) do not mix. Text of others may hold anything, so it is shown
 * as one line of valid UTF-8.
 */
#include "gate/log_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "gate/text.h"

#define TIME_SIZE sizeof "2026-11-23T22:17:00.123Z"
#define SHOWN_SIZE ((size_t)RTMI_LOG_LINE_SIZE * 4) /* each byte may become \xNN */

static const char *const level_names[] = {"error", "warn", "info", "debug", "trace"};

static _Thread_local int thread_shard = -1;

void log_lines_set_shard(int index)
{
    thread_shard = index;
}

static void print_time(char text[TIME_SIZE])
{
    struct timespec now;
    struct tm parts;
    char second[sizeof "2026-11-23T22:17:00"];

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &parts) == NULL ||
        strftime(second, sizeof second, "%Y-%m-%dT%H:%M:%S", &parts) == 0)
        second[0] = '\0';
    (void)snprintf(text, TIME_SIZE, "%s.%03uZ", second, (unsigned)now.tv_nsec / 1000000 % 1000);
}

static size_t make_text(char *line, size_t size, const char *time, const char *level,
                        const char *text)
{
    char shard[24] = "";

    if (thread_shard >= 0)
        (void)snprintf(shard, sizeof shard, "shard=%d ", thread_shard);
    const int len = snprintf(line, size, "%s %s %s%s", time, level, shard, text);
    return len < 0 ? 0 : (size_t)len;
}

static size_t make_json(char *line, size_t size, const char *time, const char *level,
                        const char *text)
{
    json_t *const object = json_pack("{s:s, s:s}", "time", time, "level", level);
    size_t len = 0;

    if (object != NULL && thread_shard >= 0)
        (void)json_object_set_new(object, "shard", json_integer(thread_shard));
    if (object != NULL && json_object_set_new(object, "text", json_string(text)) == 0)
        len = json_dumpb(object, line, size, 0);
    json_decref(object);
    return len > size ? 0 : len;
}

static bool put_line(log_lines *self, int level, const char *text)
{
    char time[TIME_SIZE];
    char line[SHOWN_SIZE * 2 + 128]; /* JSON may double what is shown */
    size_t len;

    print_time(time);
    if (atomic_load_explicit(&self->format, memory_order_relaxed) == LOG_LINES_JSON)
        len = make_json(line, sizeof line - 1, time, level_names[level], text);
    else
        len = make_text(line, sizeof line - 1, time, level_names[level], text);
    if (len == 0 || len >= sizeof line)
        return false;
    line[len++] = '\n';
    return write(self->fd, line, len) == (ssize_t)len;
}

static void write_line(int level, const char *text, void *userdata)
{
    log_lines *const self = userdata;
    char shown[SHOWN_SIZE];

    if (level < RTMI_LOG_ERROR || level > RTMI_LOG_TRACE)
        level = RTMI_LOG_ERROR;
    const unsigned long lost = atomic_exchange(&self->lost, 0);
    if (lost > 0) {
        (void)snprintf(shown, sizeof shown, "log: %lu lines could not be written", lost);
        if (!put_line(self, RTMI_LOG_WARN, shown))
            (void)atomic_fetch_add(&self->lost, lost);
    }
    (void)text_show(text, strlen(text), shown, sizeof shown);
    if (!put_line(self, level, shown))
        (void)atomic_fetch_add(&self->lost, 1);
}

void log_lines_init(log_lines *self, int fd, log_lines_format format)
{
    self->fd = fd;
    atomic_init(&self->format, (int)format);
    atomic_init(&self->lost, 0);
}

rtmi_log log_lines_as_log(log_lines *self, int level)
{
    return (rtmi_log){.write = write_line, .userdata = self, .level = level};
}
