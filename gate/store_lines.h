/*
 * A store as text: one JSON object a line, docs/store-export.md. Both directions; files and
 * command lines are the command's.
 */
#ifndef GATE_STORE_LINES_H
#define GATE_STORE_LINES_H

#include <stdio.h>

#include "gate/store/maintenance.h"

/** Lines are at most so long when they are read: 64 MiB of message, as base64, and the rest. */
enum { STORE_LINE_MAX = 96 << 20 };

/**
 * Write a store, or one project of it if `only_pid` is not NULL, to `out`. 0, or -1 with a text;
 * a failed write is the caller's to notice.
 */
int store_lines_write(store_tool *tool, const int32_t *only_pid, FILE *out,
                      store_counts *ret_counts, char *reterr_text, size_t text_size);

/**
 * Read lines into a store that was opened for it, and commit. 0, or -1 with a text that names
 * the line and nothing stored.
 */
int store_lines_read(store_tool *tool, FILE *in, store_counts *ret_counts, char *reterr_text,
                     size_t text_size);

#endif
