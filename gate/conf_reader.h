/*
 * The configuration: an ini file, then --set, then the environment, then the checks that need
 * all of it. Every mistake is told, not only the first.
 */
#ifndef GATE_CONF_READER_H
#define GATE_CONF_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "gate/conf_table.h"

/** Told each mistake as one line, as "rtmd.conf:12: …". */
typedef void conf_complain_fn(const char *text, void *userdata);

#define CONF_LISTEN_MAX 16
#define CONF_FILE_HEADROOM ((int64_t)64 * 1024) /* what comes in a package with a file */
#define CONF_SHORT_NAME "fpnn"                  /* of the address in [gate] */
#define CONF_ADMIN_ADDRESS "127.0.0.1:13329"

typedef struct conf {
    conf_gate gate;
    uint64_t seen; /* rows of [gate] that were given, see conf_row_bit() */
    conf_listen listens[CONF_LISTEN_MAX];
    size_t listen_count;
    conf_project *projects;
    size_t project_count;
    size_t project_cap;
    char name[CONF_TEXT_SIZE]; /* of the file, for complaints */
    size_t mistakes;
    conf_complain_fn *complain;
    void *userdata;
} conf;

/** Initial values and no projects. `complain` is kept. */
void conf_init(conf *self, conf_complain_fn *complain, void *userdata);

/** Wipe the secrets and free. */
void conf_deinit(conf *self);

/** Read a file. 0, or -1 when there were mistakes, all told. */
int conf_read_file(conf *self, const char *path);

/** The same from memory; `name` is what complaints call it. */
int conf_read_text(conf *self, const char *name, const char *text, size_t len);

/** Add a project, as a section does. NULL: there is one with that pid, or no memory; told. */
conf_project *conf_add_project(conf *self, int32_t pid, int line);

/**
 * One --set: section.key=value. 0; -1 for a value or key that is wrong; 1 when it is not a
 * setting at all, or a secret, which is never given on a command line. Told if not 0.
 */
int conf_set(conf *self, const char *assignment);

/**
 * Fetch the secrets from their files and from RTMD_SECRET_<PID> in `environment` (which wins),
 * then check what no single value shows. 0, or -1 when anything was wrong since conf_init().
 */
int conf_finish(conf *self, char *const *environment);

/** Listen there, as --listen says; the address is one. */
void conf_set_listen(conf *self, const char *address);

/** Whether the short form, `listen` of [gate], is one of the addresses. */
bool conf_has_short_listen(const conf *self);

/** Print the values that hold, as a file; secrets only as being there. */
void conf_print(const conf *self, FILE *out);

#endif
