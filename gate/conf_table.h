/*
 * The one table of the gate's settings. The parser, --check, --print-config, --print-sample
 * and the test of rtmd.conf(5) all come from it: a setting is a row, and nothing else.
 */
#ifndef GATE_CONF_TABLE_H
#define GATE_CONF_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "gate/core/config.h"

#define CONF_TEXT_SIZE 512
#define CONF_URL_SIZE 200

/** Values of section [gate]: durations in ms, sizes in bytes. */
typedef struct conf_gate {
    char listen[CONF_TEXT_SIZE];
    char endpoint[64];
    int64_t shards;
    int64_t max_connections;
    int64_t connections_per_address;
    int64_t quests_per_address;
    char store[CONF_TEXT_SIZE];
    int durability; /* store_durability */
    int64_t memory_bytes;
    int64_t file_bytes;
    int64_t retention_age_ms;
    int64_t retention_bytes;
    int64_t log_pending_bytes;
    int64_t ping_interval_ms;
    int64_t time_window_ms;
    int64_t max_package_bytes;
    int64_t unproved_package_bytes;
    int64_t unproved_time_ms;
    int64_t unproved_per_address;
    int64_t max_listen_ids;
    int64_t queue_bytes;
    int64_t queue_pushes;
    int slow; /* gate_slow */
    bool exclude_own;
    int64_t directory_bytes;
    int64_t max_rooms;
    int64_t max_members;
    int64_t max_friends;
    int64_t token_time_ms;
    int64_t mid_count;
    int64_t mid_time_ms;
    char files_folder[CONF_TEXT_SIZE];
    char files_endpoint[64];
    char files_url[CONF_URL_SIZE];
    int64_t files_max_bytes;
    int64_t files_bytes;
    int64_t files_memory_bytes;
    int64_t files_time_ms;
    int64_t drain_ms;
    int log_level;  /* RTMI_LOG_… */
    int log_format; /* log_lines_format */
} conf_gate;

/** In the order of the setting's words. */
typedef enum conf_file_sign { CONF_FILE_SIGN_LENIENT, CONF_FILE_SIGN_STRICT } conf_file_sign;

/** Values of one section [project PID]. */
typedef struct conf_project {
    int32_t pid;
    int line;      /* of the section's header; 0: from no file */
    uint64_t seen; /* rows that had a value, see conf_row_bit() */
    char secret[GATE_SECRET_MAX + 1];
    char secret_file[CONF_TEXT_SIZE];
    char secret_old[GATE_SECRET_MAX + 1];
    char secret_old_file[CONF_TEXT_SIZE];
    bool multi_login;
    bool member_check;
    bool friends_only;
    bool chat_map;
    bool old_file_push;
    int file_sign; /* conf_file_sign */
    char admins[CONF_TEXT_SIZE];
    int64_t quest_rate;
    int64_t message_rate;
} conf_project;

#define CONF_LISTEN_NAME_SIZE 32

/** In the order of the setting's words. */
typedef enum conf_protocol {
    CONF_PROTOCOL_FPNN,
    CONF_PROTOCOL_ADMIN,
    CONF_PROTOCOL_FILES
} conf_protocol;

/** Values of one section [listen NAME]. */
typedef struct conf_listen {
    char name[CONF_LISTEN_NAME_SIZE];
    int line;
    uint64_t seen;
    char address[CONF_TEXT_SIZE];
    int protocol; /* conf_protocol */
    bool tls;
    char tls_certificate[CONF_TEXT_SIZE];
    char tls_key[CONF_TEXT_SIZE];
    int encryption; /* gate_encryption */
    char encryption_key[CONF_TEXT_SIZE];
    int encryption_curve; /* rtmi_curve; none: as the key file says */
    rtmi_private_key key; /* what stands in that file */
    bool takes_files;
} conf_listen;

typedef enum conf_section { CONF_GATE, CONF_LISTEN, CONF_PROJECT } conf_section;

typedef enum conf_type {
    CONF_INT,
    CONF_BYTES,    /* a number, also with KiB, MiB, GiB */
    CONF_DURATION, /* a number with ms, s, m, h, d; or 0 */
    CONF_BOOL,     /* true, false */
    CONF_ENUM,     /* one word of `words` */
    CONF_ADDRESS,  /* HOST:PORT, [V6]:PORT */
    CONF_SOCKET,   /* the same, or unix:PATH */
    CONF_STORE,    /* a store's name, see name.h; printed without its password */
    CONF_PATH,
    CONF_URL,   /* http:// or https:// and a host, maybe a path */
    CONF_IDS,   /* ids parted by commas */
    CONF_SECRET /* never printed, refused by --set */
} conf_type;

typedef struct conf_row {
    conf_section section;
    const char *name;
    conf_type type;
    size_t at;           /* of the field in its struct */
    size_t room;         /* size of the field */
    const char *initial; /* what it is when not given, as text; NULL: empty */
    int64_t min;         /* of numbers */
    int64_t max;
    const char *const *words; /* CONF_ENUM: ended by NULL, in the order of the numbers */
    bool reloadable;          /* whether a running gate can take a new value */
    const char *help;         /* one line */
} conf_row;

extern const conf_row conf_rows[];
extern const size_t conf_row_count;

/** The row with that name, or NULL. */
const conf_row *conf_row_find(conf_section section, const char *name);

/** A bit for each row of a section. */
uint64_t conf_row_bit(const conf_row *row);

/** The known name most like this one, or NULL when none is near. */
const char *conf_row_nearest(conf_section section, const char *name);

/** The word most like this one, or NULL; `words` ends with NULL. */
const char *conf_nearest_word(const char *const *words, const char *word);

/** Put the initial values into a conf_gate, a conf_listen, a conf_project. */
void conf_gate_init(conf_gate *gate);
void conf_listen_init(conf_listen *listen);
void conf_project_init(conf_project *project);

/** How the section is written in a file: "gate", "listen NAME", "project PID". */
const char *conf_section_text(conf_section section);

/** Read a value into its field of `values` (a conf_gate or conf_project). 0, or -1 with a text. */
int conf_row_parse(const conf_row *row, const char *text, void *values, char *reterr_text,
                   size_t text_size);

/** The value as the file would have it. Secrets are given too: mind where it goes. */
void conf_row_print(const conf_row *row, const void *values, char *ret_text, size_t text_size);

/** What kind of value the row takes, as "duration, 1s to 1h". */
void conf_row_describe(const conf_row *row, char *ret_text, size_t text_size);

/** A configuration file that says all initial values, with help. */
void conf_print_sample(FILE *out);

/**
 * Split HOST:PORT, *:PORT or [V6]:PORT. 0, or -1 when it is not one. An empty host is none;
 * `*` is given as the empty text, which means every address.
 */
int conf_address_split(const char *text, char *ret_host, size_t host_size, uint16_t *ret_port);

/** Read ids parted by commas, at most `max`. How many there are, or -1 when it is no such list. */
int conf_ids_parse(const char *text, int64_t *ret_ids, size_t max);

/** The path of unix:PATH, or NULL when it is no such address. */
const char *conf_address_path(const char *text);

/** Whether it is an address to listen on: one of the two. */
bool conf_address_is_socket(const char *text);

#endif
