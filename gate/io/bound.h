/*
 * A socket bound to an address where the gate is to be reached.
 */
#ifndef GATE_IO_BOUND_H
#define GATE_IO_BOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/** Room for any address as HOST:PORT or unix:PATH. */
#define BOUND_ADDRESS_SIZE 128

typedef struct bound {
    int fd;        /* -1: none */
    bool has_file; /* a Unix socket: to be removed while it is still ours */
    struct stat file;
    char address[BOUND_ADDRESS_SIZE]; /* HOST:PORT or unix:PATH */
} bound;

/**
 * Bind without listening yet: `path` of a Unix socket, or NULL and TCP, where an empty host is
 * every address and port 0 a free one. The socket file of a gate that has ended is replaced. 0,
 * or -1 with a text.
 */
int bound_open(bound *self, const char *path, const char *host, uint16_t port, char *reterr_text,
               size_t text_size);

/** Close it and remove its file. More than once is allowed. */
void bound_close(bound *self);

#endif
