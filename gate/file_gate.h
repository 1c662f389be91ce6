/*
 * All that a gate has for files: the folder where they are kept, and the addresses where they are
 * fetched. What the shards need of it is `shared`.
 */
#ifndef GATE_FILE_GATE_H
#define GATE_FILE_GATE_H

#include "gate/conf_reader.h"
#include "gate/doors.h"
#include "gate/io/files_http.h"

typedef struct file_gate {
    gate_files shared;
    size_t http_count;
    files_http *https[CONF_LISTEN_MAX];
    const char *names[CONF_LISTEN_MAX]; /* of their sections */
} file_gate;

/**
 * Open the folder and bind the addresses. 0, also when no files are configured: then
 * shared.content is NULL; or -1 with a text. `settings` must outlive it.
 */
int file_gate_open(file_gate *self, const conf *settings, const doors *open,
                   uint64_t (*random64)(void *userdata), char *reterr_text, size_t text_size);

/** Begin to give files. 0, or -1 with a text. */
int file_gate_start(file_gate *self, char *reterr_text, size_t text_size);

/** Drop files that are older than messages may be; it may wait for the disk. 0, or -1 with a text.
 */
int file_gate_trim(file_gate *self, int64_t now_ms, int64_t max_age_ms, char *reterr_text,
                   size_t text_size);

/** Give no more. */
void file_gate_stop(file_gate *self);

/** Close the folder, when the shards put nothing into it any more and their bus is still there. */
void file_gate_close(file_gate *self);

#endif
