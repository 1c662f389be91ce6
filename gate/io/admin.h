/*
 * The address for those who run the gate: a few pages over HTTP, read only, made anew for each
 * request. It has a thread of its own, so that it answers when shards do not.
 *
 * Whoever can reach it may ask: it has no secrets, no TLS and no passwords, and belongs on
 * loopback, a Unix socket, or behind a proxy.
 *
 * Bounds: 64 connections, and more wait in the system's queue; 16 KiB for a connection with its
 * headers; 10 s without progress. Bodies are not read.
 */
#ifndef GATE_IO_ADMIN_H
#define GATE_IO_ADMIN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

typedef struct admin admin;

/** Write the page; returns the HTTP status, 200 or 503. On the thread of the admin address. */
typedef unsigned admin_render_fn(void *userdata, rtmi_buf *out);

typedef struct admin_page {
    const char *path; /* "/metrics" */
    const char *content_type;
    admin_render_fn *render;
} admin_page;

typedef struct admin_options {
    const char *path; /* of a Unix socket; NULL: TCP */
    const char *host; /* empty: every address */
    uint16_t port;    /* 0: a free one */
    const admin_page *pages;
    size_t page_count;
    void *userdata;
} admin_options;

/** Bind, without answering yet. Pages and userdata are kept, not copied. 0, or -1 with a text. */
int admin_open(const admin_options *options, admin **ret_admin, char *reterr_text,
               size_t text_size);

/** Begin to answer. 0, or -1 with a text. */
int admin_start(admin *self, char *reterr_text, size_t text_size);

/** The address that it is bound to, as HOST:PORT or unix:PATH. */
const char *admin_get_address(const admin *self);

/** End its thread and connections, and free it. NULL is allowed. */
void admin_close(admin *self);

#endif
