/*
 * Input line by line. Reading and taking apart are two steps, so that a slow pipe is waited
 * for in the loop's poll and not here.
 */
#include "cli/send_lines.h"

#include <errno.h>
#include <unistd.h>

#define READ_SIZE (256U << 10)

void lines_init(struct lines *lines, int fd)
{
    *lines = (struct lines){.fd = fd};
}

void lines_deinit(struct lines *lines)
{
    buffer_deinit(&lines->in);
}

void lines_read(struct lines *lines)
{
    if (lines->at > 0) {
        lines->in.len -= lines->at;
        lines->searched -= lines->at;
        memmove(lines->in.data, lines->in.data + lines->at, lines->in.len);
        lines->at = 0;
    }
    const ssize_t n = read(lines->fd, buffer_reserve(&lines->in, READ_SIZE), READ_SIZE);
    if (n > 0)
        lines->in.len += (size_t)n;
    else if (n == 0)
        lines->is_ended = true;
    else if (errno != EINTR && errno != EAGAIN)
        lines->failure = errno;
}

/* Hand out what is before `end`; `past` is behind the line end. */
static enum lines_next lines_take(struct lines *lines, size_t end, size_t past, rtm_bytes *ret_line)
{
    const bool was_skipping = lines->is_skipping;

    *ret_line = (rtm_bytes){lines->in.data + lines->at, end - lines->at};
    lines->at = past;
    lines->searched = past;
    lines->number++;
    lines->is_skipping = false;
    return was_skipping || ret_line->len > LINES_MAX ? LINES_TOO_LONG : LINES_ONE;
}

enum lines_next lines_next(struct lines *lines, rtm_bytes *ret_line)
{
    const size_t left = lines->in.len - lines->searched;
    const char *found = left > 0 ? memchr(lines->in.data + lines->searched, '\n', left) : NULL;

    if (found != NULL) {
        const size_t end = (size_t)(found - lines->in.data);

        return lines_take(lines, end, end + 1, ret_line);
    }
    lines->searched = lines->in.len;
    if (lines->failure != 0) {
        errno = lines->failure;
        return LINES_FAILED;
    }
    if (lines->is_ended) {
        if (lines->at == lines->in.len && !lines->is_skipping)
            return LINES_END;
        return lines_take(lines, lines->in.len, lines->in.len, ret_line);
    }
    if (lines->in.len - lines->at > LINES_MAX) { /* throw away what cannot become a line */
        lines->at = lines->in.len;
        lines->is_skipping = true;
    }
    return LINES_MORE;
}
