/*
 * The address where files are fetched: GET and HEAD over HTTP of /PID/ID/NAME, nothing else. Who
 * knows the id may have the file; the name is only for the one who saves it. It has a thread of
 * its own.
 *
 * Files are given to be saved, not to be shown: as attachments, with a type by their content, in
 * a sandbox, never guessed at by the browser.
 *
 * Bounds: `max_connections`, of these 32 of one address, and more wait in the system's queue;
 * 16 KiB for a connection with its headers; 30 s without progress. Bodies are not read.
 */
#ifndef GATE_IO_FILES_HTTP_H
#define GATE_IO_FILES_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "gate/store/files.h"

typedef struct files_http files_http;

typedef struct files_http_options {
    const char *path; /* of a Unix socket; NULL: TCP */
    const char *host; /* empty: every address */
    uint16_t port;    /* 0: a free one */
    unsigned max_connections;
} files_http_options;

/** Bind, without answering yet. 0, or -1 with a text. */
int files_http_open(const files_http_options *options, files_http **ret_http, char *reterr_text,
                    size_t text_size);

/** Begin to answer with what is in `from`, which must outlive it. 0, or -1 with a text. */
int files_http_start(files_http *self, files_store *from, char *reterr_text, size_t text_size);

/** The address that it is bound to, as HOST:PORT or unix:PATH. */
const char *files_http_get_address(const files_http *self);

/** End its thread and connections, and free it. NULL is allowed. */
void files_http_close(files_http *self);

#endif
