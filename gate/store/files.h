/*
 * The content of files that were sent: kept once, however often it was sent, and found by ids
 * that cannot be guessed.
 *
 * An id follows from the content, from whose it is and from the day, keyed with a secret of the
 * store: the same file sent twice has the same id, so that a repeat is known as one. Ids, and with
 * them content that no other id has, go by age.
 *
 * Threads: open and close run before and after everybody else. The others are for any thread;
 * content is stored in the background, and `done` runs on a thread of the store.
 */
#ifndef GATE_STORE_FILES_H
#define GATE_STORE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct files_store files_store;
typedef struct files_put files_put;

/** Lower-case hex: 8 digits for the day, 32 that nobody can guess. */
enum { FILES_ID_LEN = 40 };

typedef enum files_result {
    FILES_STORED = 0,
    FILES_REFUSED = 1, /* by `check` */
    FILES_FULL = 2,    /* as much is kept as may be */
    FILES_FAILED = -1  /* with a text */
} files_result;

/** Content to store. The caller's until put(), then until `done`. */
struct files_put {
    int32_t pid;
    int64_t now_ms;
    const uint8_t *content;
    size_t content_len;
    uint8_t kind; /* what tells this sending from others of the same content: of what kind, */
    int64_t from; /* by whom, */
    int64_t mid;  /* under which number, */
    const uint8_t *whose; /* and to whom */
    size_t whose_len;
    bool (*check)(files_put *put); /* on the store's thread, before anything is kept; or NULL */
    void (*done)(files_put *put);  /* always, once */
    void *userdata;
    char id[FILES_ID_LEN + 1]; /* when stored */
    files_result result;
    char text[160];
    files_put *next; /* for the store's queue */
};

/** Content to be read: `fd` is the caller's. */
typedef struct files_content {
    int fd;
    int64_t len;
    int64_t mtime_s;
} files_content;

typedef struct files_ops {
    /** End it: what was put is stored first. */
    void (*close)(files_store *self);

    /** Queue content; `done` may run before this returns. */
    void (*put)(files_store *self, files_put *put);

    /** Open what has that id. 0; -1 when there is none, or it is no id. */
    int (*fetch)(files_store *self, int32_t pid, const char *id, size_t id_len, files_content *ret);

    /**
     * Drop ids older than so many ms, and content that has no id any more. May wait for the disk.
     * 0, or -1 with a text.
     */
    int (*trim)(files_store *self, int64_t now_ms, int64_t max_age_ms, char *reterr_text,
                size_t text_size);

    /** How many bytes are kept. */
    int64_t (*get_bytes)(files_store *self);
} files_ops;

/** Every store of files begins with this. */
struct files_store {
    const files_ops *ops;
};

typedef struct files_options {
    int64_t max_bytes;                    /* of all content together; 0 = no bound */
    bool is_durable;                      /* survives a power cut: folders are synced, too */
    uint64_t (*random64)(void *userdata); /* the system's; for the secret of a new folder */
    void *random_userdata;
} files_options;

/** In a folder, made if missing. One process owns it: a second is refused. 0, or -1 with a text. */
int files_open_folder(const char *path, const files_options *options, files_store **ret_files,
                      char *reterr_text, size_t text_size);

#endif
