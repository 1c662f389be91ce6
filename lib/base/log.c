/*
 * One line into a fixed room, then to the callback.
 */
#include "lib/base/log.h"

#include <stdarg.h>
#include <stdio.h>

void rtmi_log_line(const rtmi_log *log, int level, const char *format, ...)
{
    char line[RTMI_LOG_LINE_SIZE];
    va_list args;

    if (!rtmi_log_wants(log, level))
        return;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    log->write(level, line, log->userdata);
}
