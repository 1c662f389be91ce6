/*
 * What a gate runs with: made by main, then only read by the shards. When settings are read
 * again, another one takes its place (gate/core/reload.h).
 */
#ifndef GATE_CORE_CONFIG_H
#define GATE_CORE_CONFIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/bus/bus.h"
#include "gate/core/metrics.h"
#include "gate/core/quota.h"
#include "gate/store/files.h"
#include "gate/store/store.h"
#include "lib/base/log.h"
#include "lib/fpnn/keyexchange.h"

#define GATE_SECRET_MAX 256
#define GATE_ADMINS_MAX 100 /* as many as a line of the file can hold */

/** Both clocks, read once a turn by the driver. */
typedef struct gate_time {
    int64_t mono_ms;
    int64_t wall_ms;
} gate_time;

/** What happens when a connection's output queue is full. */
typedef enum gate_slow {
    GATE_SLOW_DROP_OLDEST, /* pushes only: answers are never dropped */
    GATE_SLOW_DROP_NEWEST,
    GATE_SLOW_DISCONNECT
} gate_slow;

/** Whether connections may or must agree on FPNN encryption. */
typedef enum gate_encryption {
    GATE_ENCRYPTION_OFF,
    GATE_ENCRYPTION_ALLOWED,
    GATE_ENCRYPTION_REQUIRED
} gate_encryption;

/** What is asked of connections that come in by one address. */
typedef struct gate_door {
    size_t index; /* which address, below METRICS_DOORS */
    gate_encryption encryption;
    rtmi_private_key key; /* of the gate; unless encryption is off */
    bool takes_files;     /* file quests may come in here: gate_config.files is set */
} gate_door;

/** What changes of a project while it is served: shared by all threads, and never moved. */
typedef struct gate_project_live {
    atomic_llong tail;            /* the oldest offset kept; moved by retention */
    atomic_size_t fed_bytes;      /* of committed batches that some shard has not taken yet */
    atomic_size_t answered_bytes; /* of answers of the store that the owner has not taken yet */
    quota quests;
    quota messages;
    log_cell metrics; /* published by the owner */
} gate_project_live;

typedef struct gate_project {
    int32_t pid;
    char secret[GATE_SECRET_MAX + 1];
    size_t secret_len;
    char secret_old[GATE_SECRET_MAX + 1]; /* accepted too while secrets change; may be empty */
    size_t secret_old_len;
    bool is_multi_login;  /* a user may have several sessions; else a login ends the others */
    bool checks_members;  /* programs may send only in the name of members (200041, 200040) */
    bool is_friends_only; /* users may send to friends only (200043) */
    bool is_chat_map;     /* listeners get chat (30) as the map that C# expects */
    bool is_old_file;     /* listeners get files as pushfile and so on */
    bool needs_file_sign; /* a file without a signature is refused (200004) */
    int64_t admins[GATE_ADMINS_MAX]; /* uids that bans do not hold for and that may broadcast; none:
                                        all */
    size_t admin_count;
    bool is_removed;    /* in its place only so that others keep theirs; has no secret */
    size_t owner;       /* the shard that appends to its log */
    store_state state;  /* as open_project() told; its tail is in `live` */
    int64_t quest_rate; /* a second; 0: no limit */
    int64_t message_rate;
    gate_project_live *live;
} gate_project;

/** What the gate does with files. */
typedef struct gate_files {
    files_store *content;
    size_t max_bytes;     /* of one file: 200031 */
    size_t package_bytes; /* of the quest that brings it */
    size_t memory_bytes;  /* of all files that come in or wait for the disk: 20011 */
    int64_t time_ms;      /* how long one may take to come in */
    atomic_size_t memory; /* how much there is */
    char endpoint[64];    /* where they are to be sent, as filetoken tells */
    char url[256];        /* what all addresses begin with, as http://files.example */
} gate_files;

struct op_row; /* gate/core/dispatch.h */

typedef struct gate_config {
    const struct op_row *ops; /* the handlers of methods: gate_ops() of gate/ops/ops.h */
    gate_project *projects;
    size_t project_count;
    size_t project_cap; /* how many there may come to be without a restart; 0: no more */
    size_t shard_count;
    store *store;
    gate_files *files; /* NULL: none are taken */
    bus *bus;

    int64_t time_window_s;    /* quests' ts may differ by so much from our clock */
    int64_t ping_interval_ms; /* `ping` push to each proved connection */
    size_t max_package_bytes; /* of a proved peer */
    size_t unproved_bytes;    /* before that: largest package, and all that is kept */
    int64_t unproved_ms;      /* and how long it may take */
    int64_t address_rate;     /* quests a second of one address; 0: no limit */
    quota_table *addresses;   /* for that; NULL: no limit */
    size_t max_listen_ids;    /* per class and connection */
    size_t queue_bytes;       /* output of one connection */
    size_t queue_pushes;      /* pushes waiting in it */
    gate_slow slow;
    bool exclude_own;         /* a sender's own connection does not hear what it sent */
    size_t log_pending_bytes; /* records on their way through log and feed, per project: 20011 */
    size_t directory_bytes;   /* groups, friends, values and so on, per project: 200035 */
    size_t max_rooms;         /* that a user is in: 200047 */
    size_t max_members;       /* of a group: 200042 */
    size_t max_friends;       /* of a user: 200048 */
    int64_t token_ms;         /* how long a login token is good */
    size_t mid_count;         /* remembered message ids per project */
    int64_t mid_ms;           /* and for how long */
    store_retention retention;
    int64_t retention_interval_ms;
    char endpoint[64]; /* host:port, as `endpoint` in events */

    uint64_t (*random64)(void *userdata); /* the system's CSPRNG; any thread */
    void *random_userdata;
    int64_t (*mono_us)(void); /* the clock, for figures and quotas; any thread. NULL: it stands */
    rtmi_log log;             /* any thread */
} gate_config;

/** Monotonic microseconds; 0 without a clock. */
static inline int64_t gate_now_us(const gate_config *config)
{
    return config->mono_us == NULL ? 0 : config->mono_us();
}

/** The project with that pid, if it is served; or NULL. */
gate_project *gate_config_find(const gate_config *config, int64_t pid);

#endif
