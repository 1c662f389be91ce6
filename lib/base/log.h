/*
 * Log lines for whoever listens: nothing is formatted when nobody does.
 */
#ifndef RTMI_BASE_LOG_H
#define RTMI_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

/** Severities, the same numbers as rtm_log_level. */
enum {
    RTMI_LOG_ERROR = 0,
    RTMI_LOG_WARN = 1,
    RTMI_LOG_INFO = 2,
    RTMI_LOG_DEBUG = 3,
    RTMI_LOG_TRACE = 4
};

/** Longer lines are cut. */
#define RTMI_LOG_LINE_SIZE 512

typedef struct rtmi_log {
    void (*write)(int level, const char *text, void *userdata); /* NULL: nobody listens */
    void *userdata;
    int level; /* the highest that is wanted */
} rtmi_log;

static inline bool rtmi_log_wants(const rtmi_log *log, int level)
{
    return log->write != NULL && level <= log->level;
}

/**
 * Names and texts of a peer are in lines as they came. Make what is no UTF-8, and control
 * characters, which could forge lines or move a terminal's cursor, question marks.
 */
void rtmi_log_make_plain(char *line);

void rtmi_log_line(const rtmi_log *log, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
