/*
 * libmicrohttpd does the HTTP; here is what is asked of it, and what is refused.
 *
 * Every request is answered at its headers. A body that follows is never taken: the connection
 * ends behind the answer. All refusals look alike: an id that is wrong, too old or of another
 * project is "no such file".
 */
#include "gate/io/files_http.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "gate/io/bound.h"
#include "gate/io/range.h"
#include "gate/io/sniff.h"
#include "lib/base/num.h"

#define BACKLOG 256
#define PER_ADDRESS_MAX 32u
#define CONNECTION_BYTES ((size_t)16 * 1024)
#define TIMEOUT_S 30u

struct files_http {
    unsigned max_connections;
    bound at;
    files_store *from;
    struct MHD_Daemon *daemon;
};

/* A file that is asked for, as far as the answer needs it. */
typedef struct found {
    files_content content;
    const char *type;
    char tag[FILES_ID_LEN + 3];
    int64_t from;
    int64_t len;
    unsigned status;
} found;

static enum MHD_Result add(struct MHD_Response *response, const char *name, const char *value)
{
    return MHD_add_response_header(response, name, value);
}

/* What holds for all answers. */
static enum MHD_Result add_guards(struct MHD_Response *response)
{
    if (add(response, "X-Content-Type-Options", "nosniff") != MHD_YES ||
        add(response, "Content-Security-Policy", "default-src 'none'; sandbox") != MHD_YES ||
        add(response, "Referrer-Policy", "no-referrer") != MHD_YES)
        return MHD_NO;
    return MHD_YES;
}

static enum MHD_Result queue(struct MHD_Connection *to, unsigned status,
                             struct MHD_Response *response, enum MHD_Result so_far)
{
    enum MHD_Result r = so_far;

    if (r == MHD_YES)
        r = add_guards(response);
    if (r == MHD_YES)
        r = MHD_queue_response(to, status, response);
    MHD_destroy_response(response);
    return r;
}

static enum MHD_Result answer_text(struct MHD_Connection *to, unsigned status, const char *text,
                                   const char *header, const char *value)
{
    struct MHD_Response *const response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);

    if (response == NULL)
        return MHD_NO;
    enum MHD_Result r = add(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8");
    if (r == MHD_YES)
        r = add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (r == MHD_YES && header != NULL)
        r = add(response, header, value);
    return queue(to, status, response, r);
}

static enum MHD_Result answer_missing(struct MHD_Connection *to)
{
    return answer_text(to, MHD_HTTP_NOT_FOUND, "no such file\n", NULL, NULL);
}

/* ---- what is asked for --------------------------------------------------------------------- */

/* Open what stands at /PID/ID/NAME. Only these three parts, and the name is not looked at. */
static bool open_file(const files_http *self, const char *url, found *ret)
{
    int64_t pid;

    if (url[0] != '/')
        return false;
    const char *const pid_text = url + 1;
    const size_t pid_len = strcspn(pid_text, "/");
    if (pid_len == 0 || pid_text[pid_len] != '/' || !rtmi_int_parse(pid_text, pid_len, &pid) ||
        pid <= 0 || pid > INT32_MAX)
        return false;
    const char *const id = pid_text + pid_len + 1;
    const size_t id_len = strcspn(id, "/");
    if (id[id_len] != '/' || id[id_len + 1] == '\0' || strchr(id + id_len + 1, '/') != NULL)
        return false;
    if (self->from->ops->fetch(self->from, (int32_t)pid, id, id_len, &ret->content) < 0)
        return false;
    (void)snprintf(ret->tag, sizeof ret->tag, "\"%.*s\"", FILES_ID_LEN, id);
    return true;
}

static bool look_inside(found *file)
{
    uint8_t start[SNIFF_SIZE];
    const ssize_t n = pread(file->content.fd, start, sizeof start, 0);

    if (n < 0)
        return false;
    file->type = sniff_type((rtmi_span){start, (size_t)n});
    return true;
}

static const char *header_of(struct MHD_Connection *from, const char *name)
{
    return MHD_lookup_connection_value(from, MHD_HEADER_KIND, name);
}

/* Which part of it is wanted, and the status that says so. */
static void choose_part(struct MHD_Connection *from, found *file)
{
    const char *const range = header_of(from, MHD_HTTP_HEADER_RANGE);
    const char *const if_range = header_of(from, MHD_HTTP_HEADER_IF_RANGE);

    file->from = 0;
    file->len = file->content.len;
    file->status = MHD_HTTP_OK;
    if (range == NULL || (if_range != NULL && strcmp(if_range, file->tag) != 0))
        return;
    switch (range_read(range, file->content.len, &file->from, &file->len)) {
    case RANGE_PART:
        file->status = MHD_HTTP_PARTIAL_CONTENT;
        break;
    case RANGE_NONE:
        file->status = MHD_HTTP_RANGE_NOT_SATISFIABLE;
        break;
    case RANGE_ALL:
        break;
    }
}

/* ---- answers ------------------------------------------------------------------------------- */

static enum MHD_Result add_description(struct MHD_Response *response, const found *file)
{
    char range[96];

    (void)snprintf(range, sizeof range, "bytes %" PRId64 "-%" PRId64 "/%" PRId64, file->from,
                   file->from + file->len - 1, file->content.len);
    if (add(response, MHD_HTTP_HEADER_CONTENT_TYPE, file->type) != MHD_YES ||
        add(response, "Content-Disposition", "attachment") != MHD_YES ||
        add(response, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes") != MHD_YES ||
        add(response, MHD_HTTP_HEADER_ETAG, file->tag) != MHD_YES ||
        add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "private, max-age=86400, immutable") !=
            MHD_YES)
        return MHD_NO;
    if (file->status == MHD_HTTP_PARTIAL_CONTENT)
        return add(response, MHD_HTTP_HEADER_CONTENT_RANGE, range);
    return MHD_YES;
}

/* The descriptor is taken over. */
static enum MHD_Result answer_file(struct MHD_Connection *to, const found *file)
{
    struct MHD_Response *response;

    if (file->len == 0) {
        (void)close(file->content.fd);
        response =
            MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    } else {
        response = MHD_create_response_from_fd_at_offset64((uint64_t)file->len, file->content.fd,
                                                           (uint64_t)file->from);
        if (response == NULL)
            (void)close(file->content.fd);
    }
    if (response == NULL)
        return MHD_NO;
    return queue(to, file->status, response, add_description(response, file));
}

static enum MHD_Result answer_found(struct MHD_Connection *to, found *file)
{
    const char *const known = header_of(to, MHD_HTTP_HEADER_IF_NONE_MATCH);
    char whole[64];

    if (known != NULL && strcmp(known, file->tag) == 0) {
        (void)close(file->content.fd);
        return answer_text(to, MHD_HTTP_NOT_MODIFIED, "", MHD_HTTP_HEADER_ETAG, file->tag);
    }
    choose_part(to, file);
    if (file->status == MHD_HTTP_RANGE_NOT_SATISFIABLE) {
        (void)close(file->content.fd);
        (void)snprintf(whole, sizeof whole, "bytes */%" PRId64, file->content.len);
        return answer_text(to, file->status, "no such range\n", MHD_HTTP_HEADER_CONTENT_RANGE,
                           whole);
    }
    if (!look_inside(file)) {
        (void)close(file->content.fd);
        return answer_missing(to);
    }
    return answer_file(to, file);
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *from, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_len, void **request)
{
    const files_http *const self = userdata;
    found file;

    (void)version;
    (void)data;
    (void)data_len;
    (void)request;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer_text(from, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n",
                           MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    if (!open_file(self, url, &file))
        return answer_missing(from);
    return answer_found(from, &file);
}

/* Paths are compared as they stand: %2e and its like are nothing that we serve. */
static size_t leave_escapes(void *userdata, struct MHD_Connection *from, char *text)
{
    (void)userdata;
    (void)from;
    return strlen(text);
}

/* ---- life ---------------------------------------------------------------------------------- */

int files_http_open(const files_http_options *options, files_http **ret_http, char *reterr_text,
                    size_t text_size)
{
    files_http *const self = calloc(1, sizeof *self);

    if (self == NULL) {
        (void)snprintf(reterr_text, text_size, "out of memory");
        return -1;
    }
    self->max_connections = options->max_connections;
    if (bound_open(&self->at, options->path, options->host, options->port, reterr_text, text_size) <
        0) {
        files_http_close(self);
        return -1;
    }
    *ret_http = self;
    return 0;
}

int files_http_start(files_http *self, files_store *from, char *reterr_text, size_t text_size)
{
    sigset_t all;
    sigset_t before;

    self->from = from;
    if (listen(self->at.fd, BACKLOG) < 0) {
        (void)snprintf(reterr_text, text_size, "%s", strerror(errno));
        return -1;
    }
    /* Not epoll: with that it misses now and then that a peer has gone, and waits for its time
       to be over. Signals are the main thread's. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    self->daemon = MHD_start_daemon(
        MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC, 0, NULL, NULL, on_request,
        self, MHD_OPTION_LISTEN_SOCKET, self->at.fd, MHD_OPTION_CONNECTION_LIMIT,
        self->max_connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, PER_ADDRESS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        CONNECTION_BYTES, MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL, MHD_OPTION_END);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (self->daemon != NULL)
        return 0;
    (void)snprintf(reterr_text, text_size, "libmicrohttpd does not start");
    return -1;
}

const char *files_http_get_address(const files_http *self)
{
    return self->at.address;
}

void files_http_close(files_http *self)
{
    if (self == NULL)
        return;
    if (self->daemon != NULL) {
        MHD_stop_daemon(self->daemon); /* closes the socket that it was given */
        self->at.fd = -1;
    }
    bound_close(&self->at);
    free(self);
}
