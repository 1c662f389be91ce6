/*
 * The directory of a project, held by its owner: groups, friends, bans, information, tokens,
 * sessions. One ordered map; a key is a space, then ids, then maybe a name, so that everything
 * of a group or a user stands together. The store keeps all but the volatile spaces.
 *
 * A change takes effect at once and is noted in a change set, which travels with the batch: when
 * the batch is committed the set is forgotten; when it fails the set is undone. Sets are undone
 * in the reverse of the order in which they were made.
 */
#ifndef GATE_CORE_DIRECTORY_H
#define GATE_CORE_DIRECTORY_H

#include "gate/core/ordered.h"
#include "gate/store/store.h"
#include "lib/base/buf.h"

/** Spaces of keys; the numbers are on disk. */
typedef enum dir_space {
    DIR_GROUP_MEMBER = 1,   /* gid, uid */
    DIR_USER_GROUP = 2,     /* uid, gid: the same seen from the user */
    DIR_GROUP_BAN = 3,      /* gid (0: all), uid -> until */
    DIR_GROUP_INFO = 4,     /* gid, 'o' or 'p' -> text */
    DIR_ROOM_BAN = 5,       /* rid (0: all), uid -> until */
    DIR_ROOM_INFO = 6,      /* rid, 'o' or 'p' -> text */
    DIR_USER_INFO = 7,      /* uid, 'o' or 'p' -> text */
    DIR_FRIEND = 8,         /* uid, uid; both ways */
    DIR_BLACK = 9,          /* uid, whom it blocks */
    DIR_PROJECT_BLACK = 10, /* uid -> until */
    DIR_PROJECT_BAN = 11,   /* uid -> until */
    DIR_TOKEN = 12,         /* uid, token -> issued, ms */
    DIR_DEVICE = 13,        /* uid, device token -> service */
    DIR_OPTION = 14,        /* uid, type, xid -> mtypes, a byte each; none: all */
    DIR_DATA = 15,          /* uid, key -> value */
    DIR_CONVERSATION = 16,  /* uid, the other uid */
    DIR_SESSION = 17,       /* uid, shard, connection -> endpoint */
    DIR_VOLATILE = 128,     /* from here on: not stored */
    DIR_ROOM_MEMBER = 128,  /* rid, uid */
    DIR_USER_ROOM = 129,    /* uid, rid */
    DIR_FILE_TOKEN = 140    /* when it was made, ms; token -> whom it is for */
} dir_space;

typedef struct dir_key {
    size_t len;
    uint8_t bytes[STORE_KEY_MAX];
} dir_key;

/* Keys, whole or as a prefix of many. */
dir_key dir_key_of(dir_space space);
dir_key dir_key_id(dir_space space, int64_t id);
dir_key dir_key_pair(dir_space space, int64_t id, int64_t second);
dir_key dir_key_triple(dir_space space, int64_t id, int64_t second, int64_t third);
/** An id, then a name; names longer than 480 bytes are cut: rows of methods forbid them. */
dir_key dir_key_name(dir_space space, int64_t id, rtmi_span name);

/** A key that was found, to be kept: those of a walk do not outlive a change. */
dir_key dir_key_copy(rtmi_span key);

/** The id at a place of a key: 0 is the first. */
int64_t dir_key_get_id(rtmi_span key, size_t place);
/** What stands behind so many ids. */
rtmi_span dir_key_get_name(rtmi_span key, size_t ids);

/** A number as a value. */
typedef struct dir_int {
    uint8_t bytes[8];
} dir_int;

dir_int dir_int_of(int64_t number);
/** 0 for a value that is no number. */
int64_t dir_int_get(rtmi_span value);

/** Changes of one batch. */
typedef struct change_set {
    rtmi_buf rows; /* store_change */
    rtmi_buf bytes;
    struct change_undo *undo;
    size_t undo_count;
    size_t undo_cap;
} change_set;

/** What one change that can be undone takes, about. */
enum { CHANGE_UNDO_BYTES = 64 };

/** A place in a set, to come back to. */
typedef struct change_mark {
    size_t rows;
    size_t bytes;
    size_t undo;
} change_mark;

void change_set_init(change_set *set);
/** Free it; what it could undo stays done. */
void change_set_deinit(change_set *set);
change_mark change_set_mark(const change_set *set);

typedef struct directory directory;

/** An empty one that holds at most so many bytes of keys and values. NULL: out of memory. */
directory *directory_new(size_t max_bytes);
void directory_free(directory *self);

/** Put an entry as it was stored, without a change. False: out of memory. */
bool directory_load(directory *self, rtmi_span key, rtmi_span value);

/** The value of a key; false if there is none. Valid until the next change. */
bool directory_get(const directory *self, const dir_key *key, rtmi_span *ret_value);
bool directory_has(const directory *self, const dir_key *key);
size_t directory_count(const directory *self, const dir_key *prefix);
/** How many entries a space holds, without counting: for checks on the way of each message. */
size_t directory_space_count(const directory *self, dir_space space);

/** Whether a key holds a time in seconds that has not passed; 0 stands for ever. */
bool directory_is_until(const directory *self, const dir_key *key, int64_t now_s);

/** All entries under a prefix; a change ends the walk. */
typedef struct dir_walk {
    const directory *of;
    ordered_at at;
    dir_key prefix;
} dir_walk;

dir_walk directory_walk(const directory *self, const dir_key *prefix);
/** The same, beginning at the first key that is not below `from`. */
dir_walk directory_walk_from(const directory *self, const dir_key *prefix, const dir_key *from);
/** The next entry; false at the end. */
bool dir_walk_next(dir_walk *walk, rtmi_span *ret_key, rtmi_span *ret_value);

/** 0, or the code to answer: 200035 when the directory is full, 200999 when out of memory. */
int directory_put(directory *self, change_set *set, const dir_key *key, rtmi_span value);
int directory_remove(directory *self, change_set *set, const dir_key *key);
/** Remove all under a prefix. */
int directory_clear(directory *self, change_set *set, const dir_key *prefix);

/** Undo what the set holds beyond the mark. */
void directory_rewind(directory *self, change_set *set, change_mark mark);

/**
 * Whether undoing has failed for want of memory: what is held is not what is stored, and the
 * project can be served again only after a start.
 */
bool directory_is_broken(const directory *self);

size_t directory_bytes(const directory *self);

#endif
