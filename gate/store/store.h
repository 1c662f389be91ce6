/*
 * The store: what survives of a project.
 *
 * Unit of storage is the batch: consecutive records of one project, with the bytes of their
 * messages, and the changes of the project's directory that belong to them; made by the
 * project's owner and never changed after it was handed over. A store keeps batches, the
 * directory, the table of epochs, and nothing of the protocol.
 *
 * The directory is an ordered map from key to value, both plain bytes: groups, friends, tokens
 * and so on. The owner holds all of it in memory; the store keeps it for the next start.
 *
 * The index finds messages by conversation. It follows from the records: a store brings it up
 * to date before it answers a question, so a question that is asked after a batch was committed
 * sees all of that batch.
 *
 * Threads: open, close and open_project run before and after all shards. append may be called
 * from any thread; each batch is committed in the background, batches of one project in the
 * order of the calls, and `done` runs once for each on a thread of the store, in that order.
 * What waits is committed together: one COMMIT for all batches at hand.
 */
#ifndef GATE_STORE_STORE_H
#define GATE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct store store;
typedef struct store_batch store_batch;

/** What a record is. The first four are the protocol's message types. */
typedef enum store_kind {
    STORE_P2P = 1,
    STORE_GROUP = 2,
    STORE_ROOM = 3,
    STORE_BROADCAST = 4,
    STORE_EVENT = 5,
    /* What follows acts on messages before it; `mtype` holds the kind of those, from and to
       are theirs. */
    STORE_DELETE = 6, /* the message (from, to, mid) is hidden */
    STORE_EDIT = 7,   /* the message (from, to, mid) has this content from now on */
    STORE_CLEAR = 8   /* many are hidden, see store_clear */
} store_kind;

/*
 * What a STORE_CLEAR hides, of all records before it:
 *
 *   mtype = a kind, from and to   one conversation; between two times if `msg` holds them: begin
 *                                 and end in ms, inclusive, two int64_t as the machine has them
 *   mtype = a kind, from = to = 0 all of that kind
 *   mtype = 0, from               all messages that this user has sent
 *   mtype = 0, from = to = 0      all messages
 */

/** One record. Positions count from store_batch.bytes; several records may share them. */
typedef struct store_record {
    int64_t offset;   /* place in the project's log, from 1, strictly rising in a batch */
    int64_t mtime_ms; /* log time, never falling */
    int64_t from;     /* uid of the sender; of an event its user */
    int64_t to;       /* uid, gid, rid; 0 for broadcasts and events */
    int64_t mid;
    uint32_t msg_at; /* of an event: its name */
    uint32_t msg_len;
    uint32_t attrs_at; /* of an event: its endpoint; and its data behind a 0 byte, if any */
    uint32_t attrs_len;
    uint32_t ahead_ms; /* mtime_ms + ahead_ms is the message's time, which strictly rises in its
                          conversation; log time need not */
    uint8_t kind;      /* store_kind */
    uint8_t mtype;
    bool is_binary; /* the message came as bytes, not as text */
} store_record;

/** Told how a batch ended: 0, or -1 with a text that is borrowed for the call. */
typedef void store_done_fn(store_batch *batch, int result, const char *text, void *userdata);

/** Keys and values of the directory, at most. */
enum { STORE_KEY_MAX = 512, STORE_VALUE_MAX = 1 << 20 };

/** One change of the directory. Positions count from store_batch.change_bytes. */
typedef struct store_change {
    uint32_t key_at;
    uint32_t key_len; /* 1 … STORE_KEY_MAX */
    uint32_t value_at;
    uint32_t value_len;
    bool is_removal; /* the key goes; no error when it is not there */
} store_change;

/**
 * Consecutive records of one project, and changes of its directory in order; one of both may be
 * missing. Committed as one. The caller's until append, then until `done`.
 */
struct store_batch {
    int32_t pid;
    uint64_t epoch;
    store_record *records;
    size_t record_count;
    const uint8_t *bytes;
    size_t byte_count;
    const store_change *changes;
    size_t change_count;
    const uint8_t *change_bytes;
    size_t change_byte_count;
    store_done_fn *done;
    void *userdata;
    store_batch *next; /* for the store's queue */
};

/** How much must be on disk before an append counts as done. */
typedef enum store_durability {
    STORE_DURABLE_MEMORY, /* the record is in RAM */
    STORE_DURABLE_NORMAL, /* survives the death of the process */
    STORE_DURABLE_FULL    /* survives a power cut */
} store_durability;

/** How long records are kept: whichever bound is passed first ends them. 0 = no such bound. */
typedef struct store_retention {
    int64_t max_age_ms;
    int64_t max_bytes; /* of one project's batches */
} store_retention;

/** Where a project's log stands. */
typedef struct store_state {
    uint64_t epoch; /* the one just opened, never 0 */
    int64_t head;   /* newest offset ever given; 0 in an empty log */
    int64_t tail;   /* oldest offset kept; head + 1 when none is */
    int64_t last_mtime_ms;
} store_state;

/**
 * Called for each stored record in rising order; `bytes` belong to its batch. Return false to
 * stop. All borrowed for the call.
 */
typedef bool store_visit_fn(const store_record *record, const uint8_t *bytes, void *userdata);

/** Called for each epoch of a project, oldest first. Return false to stop. */
typedef bool store_epoch_fn(uint64_t epoch, int64_t first_offset, void *userdata);

/** Called for each entry of the directory, keys rising as memcmp() has it. False: stop. */
typedef bool store_entry_fn(const uint8_t *key, size_t key_len, const uint8_t *value,
                            size_t value_len, void *userdata);

/** Whose messages belong together. P2P: both users, in whatever order; else the target in `a`. */
typedef struct store_conversation {
    uint8_t kind; /* STORE_P2P … STORE_BROADCAST */
    int64_t a;
    int64_t b; /* P2P only, else 0 */
} store_conversation;

typedef enum store_question {
    STORE_ASK_PAGE, /* messages of a conversation, in order */
    STORE_ASK_FIND, /* the message of `from` with number `mid`, the newest if there are several */
    STORE_ASK_COUNT /* how many there are, and of how many senders */
} store_question;

/** A message of a conversation. Positions count from store_answer.bytes. */
typedef struct store_row {
    int64_t id; /* rising in its conversation, from 1; gaps where messages were hidden */
    int64_t from;
    int64_t to;
    int64_t mid;
    int64_t mtime_ms; /* the message's time: log time + ahead_ms */
    int64_t offset;   /* of the record that holds its content: of the last edit, if edited */
    uint32_t msg_at;
    uint32_t msg_len;
    uint32_t attrs_at;
    uint32_t attrs_len;
    uint8_t mtype;
    bool is_binary;
} store_row;

/** What a store found. To be ended with store_answer_deinit(). */
typedef struct store_answer {
    int result;      /* 0, or -1 with a text; with 0 it tells of damage that was passed over */
    store_row *rows; /* PAGE: at most `num`; FIND: one or none */
    size_t row_count;
    uint8_t *bytes;
    int64_t message_count; /* COUNT */
    int64_t sender_count;
    char text[160];
} store_answer;

typedef struct store_ask store_ask;
typedef void store_asked_fn(store_ask *ask, void *userdata);

/** A question about a conversation. The caller's until ask(), then until `done`. */
struct store_ask {
    int32_t pid;
    store_question question;
    store_conversation conversation;
    bool is_descending; /* PAGE: newest first */
    uint32_t num;       /* PAGE: rows at most, 1 … STORE_PAGE_MAX */
    int64_t begin_ms;   /* PAGE, COUNT: times from here … */
    int64_t end_ms;     /* … to here, inclusive; 0 = no bound */
    int64_t last_id;    /* PAGE: ids beyond this one in the direction asked for; 0 = from the end */
    uint64_t mtypes[2]; /* PAGE, COUNT: bit n & 63 of word n / 64; both 0 = all */
    int64_t from;       /* FIND */
    int64_t mid;
    store_asked_fn *done;
    void *userdata;
    store_answer answer;
    store_ask *next; /* for the store's queue */
};

enum { STORE_PAGE_MAX = 1000 };

/** The functions of one kind of store. Texts of errors go to `reterr_text`, cut to its size. */
typedef struct store_ops {
    const char *name;

    /** End it: what was appended is committed first. */
    void (*close)(store *self);

    /**
     * Read where the project's log stands and open a new epoch, numbered `epoch`, whose first
     * offset is head + 1; above `memory` that is on disk before this returns. 0 or -1.
     */
    int (*open_project)(store *self, int32_t pid, uint64_t epoch, int64_t now_ms,
                        store_state *ret_state, char *reterr_text, size_t text_size);

    /**
     * Queue a batch. It stays the store's until its `done` has run, which is always. One that
     * fails leaves a gap in the offsets, and those after it may succeed. Refused are batches of
     * another epoch than the open one, offsets that do not rise and times that fall.
     */
    void (*append)(store *self, store_batch *batch);

    /**
     * Visit the committed records with from_offset <= offset, at most until `until_offset`
     * (inclusive). 0 or -1. Any thread; runs beside appends and holds no lock while visiting.
     * Damage ends it with a text that names project and offset; what came before was visited.
     */
    int (*read)(store *self, int32_t pid, int64_t from_offset, int64_t until_offset,
                store_visit_fn *visit, void *userdata, char *reterr_text, size_t text_size);

    /** Visit the whole directory. 0 or -1. Before any batch of the project is appended. */
    int (*read_entries)(store *self, int32_t pid, store_entry_fn *visit, void *userdata,
                        char *reterr_text, size_t text_size);

    /**
     * Answer a question: `done` runs once, on a thread of the store or before this returns.
     * Rows are what is not hidden and not dropped by retention. Questions never wait for
     * batches that are appended later.
     */
    void (*ask)(store *self, store_ask *ask);

    /** The first offset at or after the log time, or head + 1. For refilling and replay. */
    int (*seek_time)(store *self, int32_t pid, int64_t mtime_ms, int64_t *ret_offset,
                     char *reterr_text, size_t text_size);

    /**
     * Drop what retention no longer keeps, `now_ms` being log time; the new tail. Whole batches
     * go, the newest never. 0 or -1. Any thread; may wait for the disk, so not a shard's.
     */
    int (*trim)(store *self, int32_t pid, const store_retention *keep, int64_t now_ms,
                int64_t *ret_tail, char *reterr_text, size_t text_size);

    /**
     * Visit the table of epochs, the open one last. An epoch ends where the next begins; those
     * that began before the newest STORE_EPOCHS_KEPT are forgotten. 0 or -1. Any thread; the
     * visitor must not call the store.
     */
    int (*read_epochs)(store *self, int32_t pid, store_epoch_fn *visit, void *userdata,
                       char *reterr_text, size_t text_size);
} store_ops;

/** Every store begins with this. */
struct store {
    const store_ops *ops;
};

/** Free what an answer holds. */
void store_answer_deinit(store_answer *answer);

/** The conversation that a message belongs to; `kind` is that of the message. */
static inline store_conversation store_conversation_of(uint8_t kind, int64_t from, int64_t to)
{
    if (kind != STORE_P2P)
        return (store_conversation){.kind = kind, .a = to};
    return (store_conversation){
        .kind = kind, .a = from < to ? from : to, .b = from < to ? to : from};
}

/** Options of store_open_memory(), store_open_sqlite() and store_open_postgres(). */
typedef struct store_options {
    store_durability durability; /* memory: ignored; postgres: see there */
    size_t memory_max_bytes;     /* memory: ring of that size a project, oldest batches go;
                                    0 = 64 MiB */
    int64_t checkpoint_bytes;    /* sqlite: checkpoint the WAL beyond that size; 0 = 16 MiB */
    int64_t file_max_bytes;      /* sqlite: appends fail where the file would pass it;
                                    0 = no bound */
} store_options;

/** How many epochs of one project a store remembers. */
enum { STORE_EPOCHS_KEPT = 1000 };

/** A log in RAM. Its `done` runs before append returns, on the caller's thread. */
int store_open_memory(const store_options *options, store **ret_store, char *reterr_text,
                      size_t text_size);

/** A log in one SQLite file, made if missing. One process owns it: a second is refused. */
int store_open_sqlite(const char *path, const store_options *options, store **ret_store,
                      char *reterr_text, size_t text_size);

/**
 * A log in a PostgreSQL database, in the schema rtmkit, made if missing. `conninfo` is a URI or
 * a "key=value" string as libpq takes them; no text ever shows its password. Several processes
 * may use one database: open_project takes a project's log over from whoever has it, and what
 * that one appends afterwards fails. While the server cannot be reached, batches fail after 10 s;
 * one that was under way waits until it is known whether it was stored.
 *
 * Durability is the server's synchronous_commit: off, local, on. `memory`: a commit survives the
 * end of this process, not always that of the server. `normal`: also the end of the server and of
 * its machine. `full`: also the loss of that machine, where the server has synchronous standbys.
 * All of it as far as the server's own fsync is left on.
 */
int store_open_postgres(const char *conninfo, const store_options *options, store **ret_store,
                        char *reterr_text, size_t text_size);

/** The store that a setting names, see name.h. 0 or -1. */
int store_open(const char *name, const store_options *options, store **ret_store, char *reterr_text,
               size_t text_size);

#endif
