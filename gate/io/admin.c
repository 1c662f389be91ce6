/*
 * libmicrohttpd does the HTTP; here is what is asked of it, and what is refused.
 *
 * Every request is answered at its headers. A body that follows is never taken: the connection
 * ends behind the answer.
 */
#include "gate/io/admin.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include "gate/io/bound.h"

#define BACKLOG 64
#define CONNECTIONS_MAX 64u
#define CONNECTION_BYTES ((size_t)16 * 1024)
#define TIMEOUT_S 10u
#define PAGE_MAX ((size_t)16 * 1024 * 1024)

struct admin {
    admin_options options;
    bound at;
    struct MHD_Daemon *daemon;
};

static const char plain[] = "text/plain; charset=utf-8";

static enum MHD_Result answer(struct MHD_Connection *to, unsigned status, const char *type,
                              const char *allow, rtmi_span body)
{
    struct MHD_Response *const response = MHD_create_response_from_buffer(
        body.len, (void *)(uintptr_t)body.data, MHD_RESPMEM_MUST_COPY);

    if (response == NULL)
        return MHD_NO;
    enum MHD_Result r = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (r == MHD_YES)
        r = MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (r == MHD_YES && allow != NULL)
        r = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
    if (r == MHD_YES)
        r = MHD_queue_response(to, status, response);
    MHD_destroy_response(response);
    return r;
}

static enum MHD_Result answer_page(const admin *self, struct MHD_Connection *to,
                                   const admin_page *page)
{
    rtmi_buf out;

    rtmi_buf_init(&out, PAGE_MAX);
    const unsigned status = page->render(self->options.userdata, &out);
    const enum MHD_Result r =
        out.error == 0 ? answer(to, status, page->content_type, NULL, rtmi_buf_span(&out))
                       : answer(to, MHD_HTTP_INTERNAL_SERVER_ERROR, plain, NULL,
                                rtmi_span_of_text("the page could not be made\n"));
    rtmi_buf_deinit(&out);
    return r;
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *from, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_len, void **request)
{
    const admin *const self = userdata;
    const admin_page *page = NULL;

    (void)version;
    (void)data;
    (void)data_len;
    (void)request;
    for (size_t i = 0; i < self->options.page_count; i++) {
        if (strcmp(self->options.pages[i].path, url) == 0)
            page = &self->options.pages[i];
    }
    if (page == NULL)
        return answer(from, MHD_HTTP_NOT_FOUND, plain, NULL, rtmi_span_of_text("no such page\n"));
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer(from, MHD_HTTP_METHOD_NOT_ALLOWED, plain, "GET, HEAD",
                      rtmi_span_of_text("only GET and HEAD\n"));
    return answer_page(self, from, page);
}

/* Paths are compared as they stand: %00 and its like are nothing that we serve. */
static size_t leave_escapes(void *userdata, struct MHD_Connection *from, char *text)
{
    (void)userdata;
    (void)from;
    return strlen(text);
}

int admin_open(const admin_options *options, admin **ret_admin, char *reterr_text, size_t text_size)
{
    admin *const self = calloc(1, sizeof *self);

    if (self == NULL) {
        (void)snprintf(reterr_text, text_size, "out of memory");
        return -1;
    }
    self->options = *options;
    if (bound_open(&self->at, options->path, options->host, options->port, reterr_text, text_size) <
        0) {
        admin_close(self);
        return -1;
    }
    *ret_admin = self;
    return 0;
}

int admin_start(admin *self, char *reterr_text, size_t text_size)
{
    sigset_t all;
    sigset_t before;

    if (listen(self->at.fd, BACKLOG) < 0) {
        (void)snprintf(reterr_text, text_size, "%s", strerror(errno));
        return -1;
    }
    /* Signals are the main thread's. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    /* With epoll the library has been seen to miss the end of a connection. */
    self->daemon = MHD_start_daemon(
        MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC, 0, NULL, NULL, on_request,
        self, MHD_OPTION_LISTEN_SOCKET, self->at.fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        CONNECTION_BYTES, MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL, MHD_OPTION_END);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (self->daemon != NULL)
        return 0;
    (void)snprintf(reterr_text, text_size, "libmicrohttpd does not start");
    return -1;
}

const char *admin_get_address(const admin *self)
{
    return self->at.address;
}

void admin_close(admin *self)
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
