/*
 * A store for tools: looked into while a gate may serve it, or owned by the tool alone. Beside
 * store.h, because a gate needs none of it. One thread.
 */
#ifndef GATE_STORE_MAINTENANCE_H
#define GATE_STORE_MAINTENANCE_H

#include "gate/store/index.h"
#include "gate/store/store.h"

typedef struct store_tool store_tool;

typedef enum store_access {
    STORE_LOOK,   /* read one state of it, from the opening on; gates may go on */
    STORE_OWN,    /* alone: refused while a gate has it (SQLite) */
    STORE_IMPORT, /* likewise, made if it is missing; it must be empty */
} store_access;

/** A row of the table of epochs. */
typedef struct store_epoch_row {
    int64_t number; /* 1, 2, 3 … in the order of opening */
    uint64_t epoch;
    int64_t first_offset;
    int64_t opened_ms;
} store_epoch_row;

/** A run: a batch or a part of one, encoded; what the columns say is not believed. */
typedef struct store_run_row {
    int64_t first_offset;
    int64_t last_offset;
    int64_t last_ms;
    int64_t before_bytes;
    const uint8_t *data;
    size_t len;
} store_run_row;

/** What is kept about a project beside its rows. */
typedef struct store_project_row {
    int64_t indexed_until;
    bool has_log; /* the rest is kept: PostgreSQL */
    uint64_t epoch;
    int64_t head;
    int64_t last_mtime_ms;
} store_project_row;

/** Visitors: everything is borrowed for the call. False: stop. */
typedef bool store_pid_fn(int32_t pid, void *userdata);
typedef bool store_epoch_row_fn(const store_epoch_row *row, void *userdata);
typedef bool store_run_fn(const store_run_row *row, void *userdata);
typedef bool store_block_fn(const index_row *row, void *userdata);

/** Told of each damage that is found; offset 0: it is at none. */
typedef void store_finding_fn(int32_t pid, int64_t offset, const char *text, void *userdata);

/** The functions of one kind of store. All return 0, or -1 with a text. A visitor that stops is
    no error; it must not call anything else here. */
typedef struct store_tool_ops {
    void (*close)(store_tool *self);

    /** All projects that the store knows of, rising. */
    int (*read_pids)(store_tool *self, store_pid_fn *visit, void *userdata, char *reterr_text,
                     size_t text_size);
    int (*read_project)(store_tool *self, int32_t pid, store_project_row *ret_row,
                        char *reterr_text, size_t text_size);
    int (*read_epochs)(store_tool *self, int32_t pid, store_epoch_row_fn *visit, void *userdata,
                       char *reterr_text, size_t text_size);
    int (*read_entries)(store_tool *self, int32_t pid, store_entry_fn *visit, void *userdata,
                        char *reterr_text, size_t text_size);
    /** The runs that hold offsets of [from, until]. */
    int (*read_runs)(store_tool *self, int32_t pid, int64_t from_offset, int64_t until_offset,
                     store_run_fn *visit, void *userdata, char *reterr_text, size_t text_size);
    /** The blocks of the index, by conversation, then first_id. */
    int (*read_blocks)(store_tool *self, int32_t pid, store_block_fn *visit, void *userdata,
                       char *reterr_text, size_t text_size);
    /** Let the database check itself. */
    int (*check_database)(store_tool *self, store_finding_fn *found, void *userdata,
                          char *reterr_text, size_t text_size);

    /** STORE_OWN: give free room back to the system. */
    int (*vacuum)(store_tool *self, char *reterr_text, size_t text_size);
    /** STORE_LOOK: copy all of it to a file, which must not exist. */
    int (*backup)(store_tool *self, const char *path, char *reterr_text, size_t text_size);

    /** STORE_IMPORT: nothing is there before the commit. Epochs first, by number; then batches
        of one project after the other, and entries. */
    int (*put_epoch)(store_tool *self, int32_t pid, const store_epoch_row *row, char *reterr_text,
                     size_t text_size);
    int (*put_entry)(store_tool *self, int32_t pid, const uint8_t *key, size_t key_len,
                     const uint8_t *value, size_t value_len, char *reterr_text, size_t text_size);
    /** A run as it is to be stored, of a project that has epochs; offsets rise. */
    int (*put_run)(store_tool *self, int32_t pid, const store_run_row *row, char *reterr_text,
                   size_t text_size);
    int (*commit)(store_tool *self, char *reterr_text, size_t text_size);
} store_tool_ops;

/** Every one begins with this. */
struct store_tool {
    const store_tool_ops *ops;
};

/** Open the store of that name, see name.h; not memory:. 0, or -1 with a text that begins with
    what can be shown of the name. */
int store_tool_open(const char *name, store_access access, store_tool **ret_tool, char *reterr_text,
                    size_t text_size);

int store_tool_open_sqlite(const char *path, store_access access, store_tool **ret_tool,
                           char *reterr_text, size_t text_size);
int store_tool_open_postgres(const char *conninfo, store_access access, store_tool **ret_tool,
                             char *reterr_text, size_t text_size);

/** What was looked at. */
typedef struct store_counts {
    int64_t projects;
    int64_t epochs;
    int64_t entries;
    int64_t records;
    int64_t blocks;
} store_counts;

/**
 * Check a project: each run's checksum and columns, that offsets and times rise, the epochs, the
 * directory's keys and values, and the index against the log. Damage is told to `found`; 0 also
 * then, and -1 when it could not be checked to the end. Adds to `counts`.
 */
int store_check_project(store_tool *tool, int32_t pid, store_finding_fn *found, void *userdata,
                        store_counts *counts, char *reterr_text, size_t text_size);

/** Visit the records of a project in order. Damage is an error here. 0 or -1. */
int store_tool_read(store_tool *tool, int32_t pid, store_visit_fn *visit, void *userdata,
                    char *reterr_text, size_t text_size);

/** Makes runs of records, for an import. All zero before the first time. */
typedef struct store_filler {
    store_tool *tool;
    int32_t pid;
    int64_t head;
    int64_t last_mtime_ms;
    int64_t end_bytes;
    store_record *records;
    size_t record_count;
    uint8_t *bytes;
    size_t byte_count;
    size_t byte_cap;
    uint8_t *encoded;
    size_t encoded_cap;
} store_filler;

/** Begin with a project. What was gathered must have been flushed. */
void store_filler_begin(store_filler *self, store_tool *tool, int32_t pid);

/** Add a record; its positions are ignored, and its bytes copied. 0 or -1. */
int store_filler_add(store_filler *self, const store_record *record, const uint8_t *msg,
                     const uint8_t *attrs, char *reterr_text, size_t text_size);

/** Store what is gathered. 0 or -1. */
int store_filler_flush(store_filler *self, char *reterr_text, size_t text_size);

void store_filler_deinit(store_filler *self);

#endif
